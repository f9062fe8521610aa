"""Summaries within groups, repeated for every row: R's ave(), and the lecture's group_mean()."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import cast

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.errors import DataError, did_you_mean
from stanmlm.data.rfunctions.matching import RFunction, invoke, table
from stanmlm.data.rfunctions.mathematics import MATHEMATICS
from stanmlm.data.rfunctions.summaries import SUMMARY_FUNCTIONS
from stanmlm.data.rfunctions.vectors import VECTORS
from stanmlm.data.rvalues import NUMERIC, Value, as_factor, distinct, double, floats, length

SUMMARIES = ("mean", "median", "sum", "sd", "var", "min", "max", "prod", "length")


def mean_by_group(x: Value, by: Value, state: object = None) -> Value:
    """The mean of `x` in each row's group; new rows have the means that the groups had in the fit."""
    return _within("group_mean", x, (by,), "mean", state)


def ave(x: Value, *args: Value, FUN: Value | None = None, state: object = None) -> Value:
    """R's ave(): a summary of `x`, its mean unless FUN says another, in each row's group or combination of groups."""
    name = "mean" if FUN is None else (*FUN.levels, "")[0] if FUN.type == "closure" else ""
    if name not in SUMMARIES:
        raise DataError(f"FUN in ave() is one value of each group{did_you_mean(name, SUMMARIES)}")
    return _within("ave", x, args, name, state)


def _within(function: str, x: Value, by: Sequence[Value], summary: str, state: object) -> Value:
    """The summaries by row, and, to be remembered, the levels of each combination of groups with its summary."""
    if x.type not in NUMERIC or x.data.ndim != 1:
        raise DataError(f"{function}() needs a column of numbers, not {'a matrix' if x.data.ndim > 1 else x.type}")
    if wrong := next((value for value in by if length(value) != length(x) or value.data.ndim > 1), None):
        raise DataError(f"{function}() needs a group for each value: {length(x)} values, {length(wrong)} groups")
    groups, labels = _combinations([distinct(as_factor(value)) for value in by], length(x))
    known: Mapping[str, object]
    if state is None:
        made = _summaries(floats(x), groups, len(labels), summary)
        known = {
            "groups": [list(label) for label in labels],
            "values": [None if np.isnan(value) else value for value in made.tolist()],
        }
    else:
        known = cast(Mapping[str, object], state)
        made = _recalled(function, labels, known)
    return Value("double", np.append(made, np.nan)[groups], state=known)


def _combinations(by: Sequence[Value], n: int) -> tuple[Ints, list[tuple[str, ...]]]:
    """The combination of levels that each row has, -1 where one is missing, and the levels of each that occurs."""
    codes: Ints = np.zeros(n, dtype=np.int64)
    labels: list[tuple[str, ...]] = [()]
    for factor in by:
        pairs = np.where((codes < 0) | (factor.data < 0), -1, codes * len(factor.levels) + factor.data)
        codes, found = pd.factorize(np.where(pairs < 0, np.nan, pairs), sort=True, use_na_sentinel=True)
        places = [divmod(int(pair), max(1, len(factor.levels))) for pair in found]
        labels = [(*labels[before], factor.levels[level]) for before, level in places]
    return codes, labels


def _summaries(values: Floats, groups: Ints, size: int, summary: str) -> Floats:
    if summary == "mean":
        inside = groups >= 0
        totals = np.bincount(groups[inside], weights=values[inside], minlength=size)
        return np.asarray(totals / np.bincount(groups[inside], minlength=size))
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(size + 1))
    function: RFunction = (MATHEMATICS | SUMMARY_FUNCTIONS | VECTORS)[summary]
    parts = [double(values[order[low:high]]) for low, high in pairwise(starts)]
    return np.array([float(floats(invoke(function, [("", part)]))[0]) for part in parts])


def _recalled(function: str, labels: Sequence[tuple[str, ...]], known: Mapping[str, object]) -> Floats:
    groups = cast(Sequence[Sequence[str]], known["groups"])
    values = dict(zip(map(tuple, groups), cast(Sequence[float | None], known["values"]), strict=True))
    new = [":".join(label) for label in labels if label not in values]
    if new:
        raise DataError(
            f"{function}() has no value for the group{'s' * (len(new) > 1)} {', '.join(new[:5])}"
            f"{', ...' * (len(new) > 5)}, which the fitted data did not have"
        )
    return np.array([values[label] for label in labels], dtype=np.float64)


GROUPS: dict[str, RFunction] = table({"ave": ave, "group_mean": mean_by_group})
