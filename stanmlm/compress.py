"""Identical rows become one cell with a sufficient statistic; the posterior does not change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stanmlm.arrays import Anything, Floats, Ints
from stanmlm.design import Design
from stanmlm.errors import OptionError
from stanmlm.families import Family
from stanmlm.responses import Response
from stanmlm.rotation import rotated, weighted
from stanmlm.rows import Rows, factorize, plain_rows

# `collapse="auto"` keeps the rows unless cells are fewer than this share of them: a gradient costs in proportion to
# cells, and tables of rows are easier to read than a row map that saves nothing.
WORTH = 0.9
# Rows that say which columns tell cells apart.
SAMPLE = 5000
CHUNK = 2**15

Codes = NDArray[np.uint64]


@dataclass(frozen=True)
class Cells:
    """What the likelihood can tell apart: C cells in place of N rows."""

    row: Ints  # (N,) the cell of each row
    first: Ints  # (C,) a row that stands for each cell
    X: Floats  # (C, F)
    Z: tuple[Floats, ...]  # a group term each: (C, K)
    index: tuple[Ints, ...]  # a group term each: (C,) from 0
    offset: Floats  # (C,); zeros where the family has taken the offset into its statistics
    stats: Mapping[str, Floats | float]  # as `Family.means` and `Family.spread` read them
    rows: Rows  # what the program reads: these cells, or fewer rows with the same squares


def compress(design: Design, response: Response, family: Family, collapse: bool | str = "auto") -> Cells:
    """Collapse rows that the likelihood cannot tell apart.

    Parameters
    ----------
    design : Design
        N rows.
    response : Response
        Read by `family`.
    family : Family
        Says what is sufficient, and whether an offset keeps rows apart.
    collapse : bool or "auto"
        False keeps a cell a row; "auto" does where fewer cells would save little. Gaussian cells are then rotated to
        fewer rows with the same squares, under the same rule.

    Returns
    -------
    Cells
        Cells in the order in which rows first meet them.

    Raises
    ------
    OptionError
        If `collapse` is none of these.

    Examples
    --------
    >>> from stanmlm.families import poisson
    >>> from stanmlm.responses import Response
    >>> X = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    >>> design = Design(X, ("(Intercept)", "x"), (0, 1), True, (), (), np.zeros(3))
    >>> counts = Response("y", np.array([2.0, 1.0, 4.0]), np.ones(3), np.ones(3))
    >>> compress(design, counts, poisson()).stats["y"]
    array([6., 1.])
    """
    if collapse not in (True, False, "auto"):
        raise OptionError(f'collapse must be True, False or "auto", not {collapse!r}')
    rows = np.arange(len(design.X))
    cell, first = (rows, rows) if collapse is False else cells_of(list(_key(design, family)))
    if collapse == "auto" and len(first) > WORTH * len(rows):
        cell, first = rows, rows
    X, Z = design.X[first], tuple(term.Z[first] for term in design.terms)
    index = tuple(term.index[first] for term in design.terms)
    offset = design.offset[first] if family.offset_in_key else np.zeros(len(first))
    stats = family.sufficient(response, design.offset, cell, len(first))
    plain = plain_rows(X, Z, index, offset, stats)
    return Cells(cell, first, X, Z, index, offset, stats, _summed(plain, collapse) if family.squares else plain)


def _summed(cells: Rows, collapse: bool | str) -> Rows:
    """Rows of weight one, rotated where that is wanted and saves some."""
    rows = weighted(cells)
    fewer = rows if collapse is False else rotated(rows)
    return fewer if len(fewer.X) <= (WORTH if collapse == "auto" else 1) * len(rows.X) else rows


def cells_of(columns: list[Anything]) -> tuple[Ints, Ints]:
    """The cell of each row and the first row of each cell, for columns of numbers that must all agree."""
    n = len(columns[0]) if columns else 0
    for some in (_telling(columns), columns):
        cell, first = _cells_by_hash(some, n)
        firsts = [(column[first], column) for column in columns]
        if all(np.array_equal(values[cell[at]], column[at]) for values, column in firsts for at in _chunks(n)):
            return cell, first
    return _cells_by_columns(columns)


def _telling(columns: list[Anything]) -> list[Anything]:
    """The columns that tell rows of a sample apart, given those before; products and repeats of them do not."""
    chosen: list[Anything] = []
    found = 1
    for column in columns:
        step = max(1, len(column) // SAMPLE)
        tried = [*(known[::step] for known in chosen), column[::step]]
        cells = len(_cells_by_hash(tried, len(tried[0]))[1])
        if cells > found:
            chosen, found = [*chosen, column], cells
    return chosen


def _cells_by_hash(columns: list[Anything], n: int) -> tuple[Ints, Ints]:
    hashed = np.zeros(n, dtype=np.uint64)
    for at in _chunks(n):
        for column in columns:
            hashed[at] = _mix(hashed[at] ^ _bits(column[at]))
    return factorize(hashed)


def _chunks(n: int) -> Iterator[slice]:
    """Stretches of rows that stay in the processor's cache while they are worked on."""
    return (slice(start, start + CHUNK) for start in range(0, n, CHUNK))


def _cells_by_columns(columns: list[Anything]) -> tuple[Ints, Ints]:
    """The same without a hash, a column at a time: for the day when two rows collide."""
    cell = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes, _ = factorize(_bits(column))
        cell, _ = factorize(cell * (codes.max() + 1) + codes)
    return factorize(cell)


def _key(design: Design, family: Family) -> Iterator[Anything]:
    """Every column that rows of one cell must share."""
    yield from (term.index for term in design.terms)
    yield from design.X.T
    for term in design.terms:
        yield from term.Z.T
    if family.offset_in_key:
        yield design.offset


def _bits(column: Anything) -> Codes:
    """A number's bits, with -0.0 as 0.0."""
    if column.dtype.kind == "f":
        return np.ascontiguousarray(column + 0.0).view(np.uint64)
    return column.astype(np.uint64)


def _mix(bits: Codes) -> Codes:
    """Spread every bit over all 64: the finaliser of splitmix64 (Steele, Lea and Flood 2014)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (bits ^ (bits >> np.uint64(31))) + np.uint64(0x9E3779B97F4A7C15)
