"""Thresholds between categories: an intercept, and numbers that all rows share, or all of a group of rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.families.links import Link
from stanmlm.families.support import SUPPORTS, Support

THRESHOLDS = "thresholds"  # the name of thresholds in `Theta.shared`


@dataclass(frozen=True)
class Shared:
    """Thresholds between categories, which all rows share.

    The location's intercept, turned around, is the one in the middle, so that all that is done with intercepts is done
    with thresholds; what is sampled beside it are numbers that the others are sums of.
    """

    name: str  # as users write it: "flexible", "equidistant", "free"
    number: str  # what the numbers are in Stan; a parameter of the user's, too, where `told`
    words: str
    link: Link  # on whose scale a pilot moves them
    support: str  # of each number, a key of SUPPORTS
    sums: Callable[[int], Floats]  # (T, G): T thresholds, counted from the middle one, as sums of G numbers
    told: bool = False  # few numbers say more than thresholds
    priors: int | None = None  # how many thresholds, from the first on, take a prior; all where None

    @property
    def within(self) -> Support:
        """Where the numbers may lie."""
        return SUPPORTS[self.support]


@dataclass(frozen=True)
class Items:
    """Groups of rows with thresholds of their own, brms's `thres(gr = item)`; those of each stand together."""

    levels: tuple[str, ...]  # I
    sizes: tuple[int, ...]  # I, how many thresholds each has

    @property
    def of_threshold(self) -> Ints:
        """(T,) the item of each threshold, from 0."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def first(self) -> Ints:
        """(I,) the place of the first threshold of each."""
        return np.cumsum([0, *self.sizes[:-1]])

    @property
    def at(self) -> Ints:
        """(I, most) the places of each item's thresholds; -1 beyond its last."""
        reached = np.arange(max(self.sizes))
        return np.where(reached < np.array(self.sizes)[:, None], self.first[:, None] + reached, -1)


def ladder(items: Items | None, item: Floats, thresholds: int) -> tuple[Ints, Ints]:
    """How many thresholds stand before those of each row, and how many these are, (rows,), or (1,) where rows share."""
    if items is None:
        return np.zeros(1, dtype=int), np.array([thresholds])
    return items.first[item.astype(int)], np.array(items.sizes)[item.astype(int)]


def middle(thresholds: int) -> int:
    """The place of the threshold that the location's intercept is."""
    return (thresholds - 1) // 2


def in_a_row(matrices: Sequence[Floats]) -> Floats:
    """Matrices along the diagonal of one."""
    out, row, column = np.zeros(np.sum([m.shape for m in matrices], axis=0)), 0, 0
    for one in matrices:
        out[row : row + one.shape[0], column : column + one.shape[1]] = one
        row, column = row + one.shape[0], column + one.shape[1]
    return out


def stacked(matrices: Sequence[Floats]) -> Floats:
    """(matrices, rows, columns) as many of each as the largest has, the rest zeros."""
    out = np.zeros((len(matrices), *np.max([one.shape for one in matrices], axis=0)))
    for whole, one in zip(out, matrices, strict=True):
        whole[: one.shape[0], : one.shape[1]] = one
    return out


def thresholds_of_rows(thresholds: Floats, items: Items | None, item: Floats) -> Floats:
    """The thresholds of rows, (..., rows, most), infinite beyond an item's last: no response is there.

    Parameters
    ----------
    thresholds : array
        (..., T) of all items.
    items : Items or None
        None where rows share all of them: they then stay as they are.
    item : array
        (rows,) the item of each row.

    Returns
    -------
    array

    Examples
    --------
    >>> thresholds_of_rows(np.array([1.0, 2.0, 3.0]), Items(("a", "b"), (1, 2)), np.array([1.0, 0.0])).tolist()
    [[2.0, 3.0], [1.0, inf]]
    """
    if items is None:
        return thresholds
    at = items.at[item.astype(int)]
    return np.where(at < 0, np.inf, thresholds[..., at])
