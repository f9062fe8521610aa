"""Rows that agree in every column, found by hashing bits: nothing is sorted, and no loop runs over rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stanmlm.base.arrays import Anything, Floats, Ints, is_constant, stretches
from stanmlm.data.rvalues import Value, take

# Rows stay as they are unless the distinct ones are fewer than this share of them: tables of rows are easier to read
# than a row map that saves nothing.
WORTH = 0.9
# Rows that say which columns tell rows apart.
SAMPLE = 5000
WORD = 64  # bits

Codes = NDArray[np.uint64]


@dataclass(frozen=True)
class Distinct:
    """Variables on the rows that differ in them, in the order in which rows meet them."""

    values: Mapping[str, Value]  # by label, D elements each
    n: int  # D
    row: Ints | None  # (N,) the distinct row of each row; None where that would save little, and D = N
    counts: Floats | None  # (D,) how many rows each stands for; None where `row` is


def distinct_rows(values: Mapping[str, Value], n: int) -> Distinct:
    """The distinct rows of variables with n elements each, where they are few.

    Examples
    --------
    >>> from stanmlm.data.rvalues import double
    >>> distinct_rows({"x": double([5.0, 7.0, 5.0])}, 3).values["x"].data
    array([5., 7.])
    """
    row, first = cells_of([column for value in values.values() for column in np.atleast_2d(value.data.T)], n)
    if len(first) > WORTH * n:
        return Distinct(values, n, None, None)
    few = {label: take(value, first) for label, value in values.items()}
    return Distinct(few, len(first), row, how_often(row, len(first)))


def how_often(code: Ints, size: int) -> Floats:
    """How many rows have each of `size` codes."""
    return np.bincount(code, minlength=size).astype(float)


def cells_of(columns: Sequence[Anything], n: int | None = None) -> tuple[Ints, Ints]:
    """The cell of each row and the first row of each cell, for columns of numbers that must all agree.

    Cells are numbered in the order in which rows first meet them; NaN agrees with itself, and 0.0 with -0.0.

    Parameters
    ----------
    columns : sequence of (N,) arrays
    n : int, optional
        N, which no column may be there to tell.

    Examples
    --------
    >>> cells_of([np.array([1.0, 2.0, 1.0]), np.array([0, 0, 0])])
    (array([0, 1, 0]), array([0, 1]))
    """
    n = len(columns[0]) if n is None else n
    # Whole numbers first: if they tell the rows apart, they make exact keys.
    varying = sorted((column for column in columns if not is_constant(column)), key=lambda c: c.dtype.kind == "f")
    for some in (_telling(varying), varying):
        cell, first = factorize(_keys(some, n))
        if all(_agree(column, cell, first) for column in varying):
            return cell, first
    return _cells_by_columns(varying)


def factorize(values: Anything) -> tuple[Ints, Ints]:
    """Codes from 0 in order of appearance, (N,), and where each appears first."""
    code, found = pd.factorize(values)
    return code.astype(np.int64, copy=False), first_rows(code, len(found))


def first_rows(code: Ints, size: int) -> Ints:
    """Where each of `size` codes, numbered in order of appearance, appears first; rows after the last are not read."""
    first = np.empty(size, dtype=np.int64)
    found = 0
    for at in stretches(len(code)):
        if found == size:
            break
        highest = np.maximum.accumulate(np.maximum(code[at], found - 1))
        places = np.flatnonzero(np.diff(highest, prepend=found - 1))
        first[found : found + len(places)] = at.start + places
        found += len(places)
    return first


def _agree(column: Anything, cell: Ints, first: Ints) -> bool:
    """Whether every row has what the first row of its cell has."""
    values = _bits(column[first])
    return all(np.array_equal(values[cell[at]], _bits(column[at])) for at in stretches(len(column)))


def _telling(columns: list[Anything]) -> list[Anything]:
    """The columns that tell rows of a sample apart, given those before; products and repeats of them do not."""
    chosen: list[Anything] = []
    found = 1
    for column in columns:
        step = max(1, len(column) // SAMPLE)
        tried = [*(known[::step] for known in chosen), column[::step]]
        cells = len(pd.unique(_hashed(tried, len(tried[0]))))
        if cells > found:
            chosen, found = [*chosen, column], cells
    return chosen


def _keys(columns: list[Anything], n: int) -> Anything:
    """A number a row, the same for equal rows: whole numbers side by side in one word, or a hash."""
    ranges = [_range(column) for column in columns]
    bits = [_width(low, high) for low, high in ranges]
    if sum(bits) > WORD:
        return _hashed(columns, n)
    packed: Anything = np.zeros(n, dtype=np.uint32 if sum(bits) <= 32 else np.uint64)
    for at in stretches(n):
        for column, (low, _), width in zip(columns, ranges, bits, strict=True):
            part = _bits(column[at]) - _bits(np.array([low]))
            packed[at] = packed[at] << width | part.astype(packed.dtype, copy=False)
    return packed


def _range(column: Anything) -> tuple[int, int]:
    """The least and the greatest of whole numbers; of others bounds too wide to pack."""
    if column.dtype.kind == "f" or not len(column):
        return 0, 2**WORD
    return int(column.min()), int(column.max())


def _width(low: int, high: int) -> int:
    return (high - low).bit_length()


def _hashed(columns: list[Anything], n: int) -> Codes:
    hashed = np.zeros(n, dtype=np.uint64)
    for at in stretches(n):
        for column in columns:
            hashed[at] = _mix(hashed[at] ^ _bits(column[at]))
    return hashed


def _cells_by_columns(columns: list[Anything]) -> tuple[Ints, Ints]:
    """The same without a hash, a column at a time: for the day when two rows collide."""
    cell = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes, _ = factorize(_bits(column))
        cell, _ = factorize(cell * (codes.max() + 1) + codes)
    return factorize(cell)


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
