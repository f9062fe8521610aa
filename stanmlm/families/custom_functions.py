"""What a user's family is after the draws: NumPy functions, or that there is none."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError
from stanmlm.families.given import Given
from stanmlm.families.link_functions import log1m_exp
from stanmlm.families.reductions import Extra, beside
from stanmlm.families.theta import Theta

Own = Callable[..., Any]  # a user's
# What functions take before parameters and `vars`.
TAKES = {"log_density": "y, ", "draw": "rng, ", "mean": "", "log_cdf": "y, "}


def called(how: Callable[..., Any], own: Own | None, family: str, function: str, names: tuple[str, ...]) -> Given:
    """A function of ours that calls the user's, or that says that there is none.

    Parameters
    ----------
    how
        One of this module.
    own
        The user's.
    family
        Its name.
    function
        What the argument of `custom_family` is called.
    names
        Of parameters and `vars`, in the order in which the user's function takes them.

    Returns
    -------
    Given
        For a field of `Family`.
    """
    return Given(how, (own, names)) if own else Given(_not_given, (family, function, names))


def log_density_of(own: Own, names: Sequence[str], y: Floats, theta: Theta, extra: Extra) -> Floats:
    """The log density of responses, times their weights."""
    return np.asarray(extra.weights * own(y, *_values(names, theta, extra)), dtype=float)


def drawn_of(own: Own, names: Sequence[str], rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    """New responses, (draws, rows)."""
    return _by_row(own(rng, *_values(names, theta, extra)), theta, extra)


def moment_of(own: Own, names: Sequence[str], theta: Theta, extra: Extra) -> Floats:
    """A mean or variance, (draws, rows)."""
    return _by_row(own(*_values(names, theta, extra)), theta, extra)


def log_chance_of(own: Own, names: Sequence[str], y: Floats, theta: Theta, extra: Extra) -> Floats:
    """The log chance of a tail."""
    return np.asarray(own(y, *_values(names, theta, extra)), dtype=float)


def log_rest_of(own: Own, names: Sequence[str], y: Floats, theta: Theta, extra: Extra) -> Floats:
    """The log chance of the other tail, which loses the digits of this one where it is nearly sure."""
    return np.asarray(log1m_exp(np.minimum(log_chance_of(own, names, y, theta, extra), 0.0)))


def _values(names: Sequence[str], theta: Theta, extra: Extra) -> list[Floats]:
    return [theta[name] if name in theta else beside(extra, name) for name in names]


def _by_row(values: Any, theta: Theta, extra: Extra) -> Floats:
    shape = np.broadcast_shapes(theta["mu"].shape, extra.trials.shape)
    return np.broadcast_to(np.asarray(values, dtype=float), shape)


def _not_given(family: str, function: str, names: tuple[str, ...], *_: object) -> Floats:
    takes = f"{TAKES[function]}{', '.join(names)}"
    raise DataError(
        f"{family} has no {function}=, which this needs: custom_family(..., {function}=) takes a function of "
        f"({takes}); a fit from a file takes it by load(path, family=...)"
    )
