"""Helpers of the lecture's R code: `makeFEdummies` of simcf, and the group means that it makes by a loop."""

from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from stanmlm.base.arguments import numbers_of, shown
from stanmlm.base.arrays import Anything, Floats, Ints
from stanmlm.base.errors import DataError, StanmlmError, rows_named

Array = TypeVar("Array", Anything, Floats)


def makeFEdummies(x: ArrayLike) -> pd.DataFrame:  # noqa: N802
    """One column of 0 and 1 for every level of `x`, in the order in which the levels appear, as simcf does.

    Parameters
    ----------
    x : array-like, (N,)
        The grouping variable.

    Returns
    -------
    pandas.DataFrame
        N rows, a column a level. In a formula `vote ~ income + stateFE - 1` its columns are named
        `stateFEAL`, `stateFEAZ`, ..., as R names those of a matrix.

    Raises
    ------
    DataError
        Where `x` has missing values: R would drop these rows, and the dummies would no longer match the data.

    Examples
    --------
    >>> from stanmlm import makeFEdummies
    >>> makeFEdummies(["b", "a", "b"])
         b    a
    0  1.0  0.0
    1  0.0  1.0
    2  1.0  0.0
    """
    index = x.index if isinstance(x, pd.Series) else None
    codes, levels = _codes("makeFEdummies needs a level for every row", "x", x)
    return pd.DataFrame(np.eye(len(levels))[codes], columns=levels, index=index)


def group_mean(x: ArrayLike, by: ArrayLike) -> Floats:
    """The mean of `x` within the groups of `by`, repeated for every row: the lecture's `avg.income[state]`.

    Parameters
    ----------
    x : array-like, (N,)
        Numbers; a missing one makes its group's mean missing, as R's `mean` does.
    by : array-like, (N,)
        The group of each row.

    Returns
    -------
    numpy.ndarray
        (N,), in units of `x`.

    Raises
    ------
    DataError
        Where the two differ in length or a group is missing.

    Examples
    --------
    >>> from stanmlm import group_mean
    >>> group_mean([1, 3, 5], ["a", "a", "b"])
    array([2., 2., 5.])
    """
    values = _vector("x", numbers_of("x", x))
    codes, levels = _codes("group_mean needs a group for every row", "by", by)
    if len(values) != len(codes):
        raise DataError(f"group_mean needs a group for each value: {len(values)} values, {len(codes)} groups")
    totals = np.bincount(codes, weights=values, minlength=len(levels))
    means: Floats = totals / np.bincount(codes, minlength=len(levels))
    return means[codes]


def _codes(need: str, name: str, groups: ArrayLike) -> tuple[Ints, list[str]]:
    """The level of each row, and the levels in the order in which they appear."""
    try:
        codes, levels = pd.factorize(_vector(name, np.asarray(groups)))
        texts = [str(level) for level in levels]
    except (TypeError, ValueError) as error:
        if isinstance(error, StanmlmError):
            raise
        raise DataError(f"{name} is {shown(groups)}; it must be labels, one a row") from None
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        labels = groups.index[missing] if isinstance(groups, pd.Series) else missing
        raise DataError(f"{need}: {len(missing)} missing {rows_named(labels.tolist())}")
    return codes, texts


def _vector(name: str, values: Array) -> Array:
    if values.ndim != 1:
        raise DataError(f"{name} has {values.ndim} dimensions; it is one value a row")
    return values
