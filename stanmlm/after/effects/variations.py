"""What may change in a predictor, and how the predictions before and after are compared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import cast

import numpy as np
import pandas as pd

from stanmlm.after.effects.datagrid import distinct_values, fitted_data, is_discrete
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.fit.fit import Fit

STEP = 1e-4  # of a derivative, as a share of the range of the data: marginaleffects' choice


@dataclass(frozen=True)
class Change:
    """A predictor that goes from one value to another in every row."""

    term: str
    contrast: str
    low: object  # a value, or a Series of one a row
    high: object
    step: float | None = None  # of a derivative


@dataclass(frozen=True)
class Measure:
    """A way to compare predictions at a high and at a low value."""

    label: str  # of levels
    of: Callable[[Floats, Floats], Floats]  # (high, low)


def _odds(p: Floats) -> Floats:
    return p / (1 - p)


COMPARISONS: Mapping[str, Measure] = {
    "difference": Measure("{hi} - {lo}", lambda hi, lo: hi - lo),
    "ratio": Measure("{hi} / {lo}", lambda hi, lo: hi / lo),
    "lnratio": Measure("ln({hi} / {lo})", lambda hi, lo: np.log(hi / lo)),
    "oddsratio": Measure("odds({hi}) / odds({lo})", lambda hi, lo: _odds(hi) / _odds(lo)),
    "lnor": Measure("ln(odds({hi}) / odds({lo}))", lambda hi, lo: np.log(_odds(hi) / _odds(lo))),
    "lift": Measure("({hi} - {lo}) / {lo}", lambda hi, lo: (hi - lo) / lo),
}

SLOPES: Mapping[str, tuple[str, Callable[[Floats, Floats, Floats], Floats]]] = {
    "dydx": ("dY/dX", lambda slope, x, y: slope),
    "eyex": ("eY/eX", lambda slope, x, y: slope * x / y),
    "eydx": ("eY/dX", lambda slope, x, y: slope / y),
    "dyex": ("dY/eX", lambda slope, x, y: slope * x),
}


def comparison_of(name: str) -> Measure:
    """The comparison of this name."""
    if name not in COMPARISONS:
        raise OptionError(f"comparison is `{name}`" + did_you_mean(name, COMPARISONS))
    return COMPARISONS[name]


def changes_of(fit: Fit, rows: pd.DataFrame, name: str, spec: object, how: Measure) -> list[Change]:
    """The changes of one predictor that `spec` asks for; None stands for the default of its kind."""
    column = _column(fit, name)
    if is_discrete(fit, name):
        pairs = _level_pairs(name, distinct_values(column), "reference" if spec is None else spec)
        return [Change(name, how.label.format(hi=_text(hi), lo=_text(lo)), lo, hi) for lo, hi in pairs]
    if spec is None and set(column.unique()) <= {0, 1}:
        spec = (0, 1)
    return [_number_change(name, column, rows, 1 if spec is None else spec, how)]


def derivative_of(fit: Fit, rows: pd.DataFrame, name: str, slope: str) -> list[Change]:
    """A small step of a number to both sides; the changes of its levels for anything else."""
    column = _column(fit, name)
    if is_discrete(fit, name):
        return changes_of(fit, rows, name, None, COMPARISONS["difference"])
    x = _required(rows, name)
    step = STEP * (float(column.max() - column.min()) or 1.0)
    return [Change(name, SLOPES[slope][0], x - step / 2, x + step / 2, step)]


def _column(fit: Fit, name: str) -> "pd.Series":
    data = fitted_data(fit)
    if name not in data.columns:
        raise DataError(f"`{name}` is not a variable of the model" + did_you_mean(name, map(str, data.columns)))
    return data[name]


def _required(rows: pd.DataFrame, name: str) -> "pd.Series":
    if name not in rows.columns:
        raise DataError(f"the new data lack `{name}`" + did_you_mean(name, map(str, rows.columns)))
    return rows[name]


def _text(level: object) -> str:
    """A level as R spells it."""
    return {"True": "TRUE", "False": "FALSE"}.get(str(level), str(level))


_PAIRS: Mapping[str, Callable[[list[object]], list[tuple[object, object]]]] = {
    "reference": lambda levels: [(levels[0], level) for level in levels[1:]],
    "pairwise": lambda levels: list(combinations(levels, 2)),
    "sequential": lambda levels: list(pairwise(levels)),
}


def _level_pairs(name: str, levels: list[object], spec: object) -> list[tuple[object, object]]:
    if isinstance(spec, str):
        if spec not in _PAIRS:
            raise OptionError(f"`{name}` has levels, which cannot change by `{spec}`" + did_you_mean(spec, _PAIRS))
        return _PAIRS[spec](levels)
    if np.ndim(cast(float, spec)) != 1 or len(cast(Sequence[object], spec)) != 2:
        raise OptionError(f"`{name}` has levels; ask for {', '.join(map(repr, _PAIRS))} or a pair of levels")
    low, high = cast(Sequence[object], spec)
    for level in (low, high):
        if level not in levels:
            raise DataError(f"`{level}` is not a level of `{name}`" + did_you_mean(str(level), map(str, levels)))
    return [(low, high)]


# Low and high values of a column for the rows at hand, and what to call them; all statistics are the fitted data's.
_NUMBERS: Mapping[str, Callable[["pd.Series", "pd.Series"], tuple[object, object, str, str]]] = {
    "sd": lambda data, x: (x - data.std() / 2, x + data.std() / 2, "(x - sd/2)", "(x + sd/2)"),
    "2sd": lambda data, x: (x - data.std(), x + data.std(), "(x - sd)", "(x + sd)"),
    "iqr": lambda data, x: (data.quantile(0.25), data.quantile(0.75), "Q1", "Q3"),
    "minmax": lambda data, x: (data.min(), data.max(), "Min", "Max"),
}


def _number_change(name: str, column: "pd.Series", rows: pd.DataFrame, spec: object, how: Measure) -> Change:
    if isinstance(spec, str):
        if spec not in _NUMBERS:
            raise OptionError(f"`{name}` is a number, which cannot change by `{spec}`" + did_you_mean(spec, _NUMBERS))
        low, high, lo, hi = _NUMBERS[spec](column, _required(rows, name))
        return Change(name, how.label.format(hi=hi, lo=lo), low, high)
    values = np.atleast_1d(np.asarray(spec, dtype=float))
    if len(values) == 2:
        lo, hi = (f"{value:g}" for value in values)
        return Change(name, how.label.format(hi=hi, lo=lo), float(values[0]), float(values[1]))
    if len(values) != 1:
        raise OptionError(f"`{name}` changes by an amount, or between a pair of values; {len(values)} were given")
    x = _required(rows, name)
    return Change(name, f"{values[0]:+g}", x, x + values[0])
