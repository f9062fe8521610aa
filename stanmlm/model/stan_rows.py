"""What the program reads of the data."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.distinct import factorize
from stanmlm.families.reductions import Stats

# Effects are summed by combinations of levels where there are fewer than this share of the rows.
FEW = 0.25
# With fewer rows than this, models that differ in such things share a program.
MANY = 1000


@dataclass(frozen=True)
class Joint:
    """Terms whose effects are added up once a combination of levels, not once a row."""

    terms: tuple[int, ...]  # positions in design.terms; none where it does not pay
    combination: Ints  # (R,) of each row, from 0
    first: Ints  # (H,) a row of each combination


@dataclass(frozen=True)
class Rows:
    """R rows with the log density of the data's own."""

    X: Floats  # (R, F)
    Z: tuple[Floats, ...]  # a group term each: (R, K)
    index: tuple[Ints, ...]  # a group term each: (R,) from 0
    offset: Floats  # (R,)
    stats: Stats  # by Stan data name
    joint: Joint


def plain_rows(
    X: Floats,
    Z: tuple[Floats, ...],
    index: tuple[Ints, ...],
    offset: Floats,
    stats: Stats,
    among: Collection[int] | None = None,
) -> Rows:
    """Rows as they are; effects of the terms `among`, all where None, may be added up."""
    return Rows(X, Z, index, offset, stats, joint_of(Z, index, among))


def combinations(index: tuple[Ints, ...], n: int) -> Ints:
    """The combination of levels of each row, (n,) from 0 in the order in which rows meet them."""
    code = np.zeros(n, dtype=np.int64)
    for levels in index:
        code, _ = factorize(code * (int(levels.max(initial=0)) + 1) + levels)
    return code


def joint_of(Z: tuple[Floats, ...], index: tuple[Ints, ...], among: Collection[int] | None = None) -> Joint:
    """The terms with Z = 1 to add up by combinations of levels: those with fewest levels, while combinations are few.

    Gathering effects, and spreading their derivatives, is most of the cost of a gradient with many rows.
    """
    ones = [k for k in intercept_rows(Z) if among is None or k in among]
    chosen: tuple[int, ...] = ()
    code = np.zeros(len(index[0]) if index else 0, dtype=np.int64)
    first = np.zeros(0, dtype=np.int64)
    for k in sorted(ones, key=lambda k: int(index[k].max(initial=0))):
        tried, at = factorize(code * (int(index[k].max(initial=0)) + 1) + index[k])
        if len(at) > FEW * len(tried):
            break
        chosen, code, first = (*chosen, k), tried, at
    nothing = np.zeros(0, dtype=np.int64)
    return Joint(tuple(sorted(chosen)), code, first) if len(chosen) > 1 else Joint((), nothing, nothing)


def intercept_rows(Z: tuple[Floats, ...]) -> list[int]:
    """The terms with Z = 1, which rows need not multiply by, where that saves something."""
    return [k for k, part in enumerate(Z) if many(part) and part.shape[1] == 1 and np.all(part == 1)]


def many(rows: Floats) -> bool:
    """Whether there are so many rows that a program of its own is worth what it saves."""
    return len(rows) >= MANY
