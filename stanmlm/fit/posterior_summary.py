"""brms's `posterior_summary`: Estimate, Est.Error and quantiles of draws, in frames."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError

PROBS = (0.025, 0.975)  # brms's


def check_probs(probs: Sequence[float] | None) -> None:
    """Refuse quantiles that are no probabilities."""
    for prob in () if probs is None else probs:
        if not 0 <= prob <= 1:
            raise OptionError(f"probs has {prob}; it lists probabilities from 0 to 1")


def posterior_summary(draws: Floats, probs: Sequence[float], index: Iterable[object]) -> pd.DataFrame:
    """Columns Estimate, Est.Error, Q2.5 ... of draws (draws, R), a row each.

    Examples
    --------
    >>> posterior_summary(np.array([[1.0], [3.0]]), (0.5,), ["x"]).columns.tolist()
    ['Estimate', 'Est.Error', 'Q50']
    """
    columns = {"Estimate": draws.mean(axis=0), "Est.Error": draws.std(axis=0, ddof=int(len(draws) > 1))}
    columns |= {f"Q{100 * p:.10g}": row for p, row in zip(probs, np.quantile(draws, probs, axis=0), strict=True)}
    return pd.DataFrame(columns, index=list(index))


def by_coefficient(
    found: Iterable[tuple[str, Floats]], probs: Sequence[float], levels: Sequence[object]
) -> pd.DataFrame:
    """A frame of levels whose columns are pairs, a coefficient's table each: `frame["x"]` is R's `[, , "x"]`."""
    return pd.concat({name: posterior_summary(draws, probs, levels) for name, draws in found}, axis=1)


class NumberDraws(np.ndarray[tuple[int, ...], np.dtype[np.float64]]):
    """Draws of one number, (draws,): an array in everything, which prints as brms's row of it.

    What is computed from them is a plain array.

    Attributes
    ----------
    label
        What the number is called.
    probs
        Quantiles of the print.

    Examples
    --------
    >>> from stanmlm import bayes_R2, lm, simulate_exams
    >>> found = bayes_R2(lm("score ~ hours", simulate_exams(seed=1), seed=1))
    >>> found.shape, found.to_frame().columns.tolist()
    ((4000,), ['Estimate', 'Est.Error', 'Q2.5', 'Q97.5'])
    """

    label: str
    probs: tuple[float, ...]

    def __array_finalize__(self, made: object) -> None:
        """What is made from one keeps its name."""
        self.label, self.probs = getattr(made, "label", ""), getattr(made, "probs", PROBS)

    def __array_wrap__(self, made: Any, context: object = None, return_scalar: bool = False) -> Any:
        """What is computed from draws is no such number any more: a plain array."""
        return made[()] if return_scalar else np.asarray(made)

    def to_frame(self) -> pd.DataFrame:
        """One row: Estimate, Est.Error and the quantiles."""
        return posterior_summary(np.asarray(self, dtype=float).reshape(-1, 1), self.probs, [self.label])

    def __repr__(self) -> str:
        return self.to_frame().round(4).to_string() if self.ndim == 1 and self.size else repr(np.asarray(self))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return str(self.to_frame().round(4).to_html()) if self.ndim == 1 and self.size else repr(np.asarray(self))


def number_draws(draws: Floats, label: str, probs: Sequence[float] = PROBS) -> NumberDraws:
    """Draws (draws,) of the number that is called `label`."""
    made = np.asarray(draws).view(NumberDraws)
    made.label, made.probs = label, tuple(probs)
    return made
