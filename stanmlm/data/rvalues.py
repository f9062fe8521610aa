"""R's vectors: the values that R code is evaluated to, made from Python's and turned back into them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from stanmlm.base.arrays import Anything, Floats, Ints, stretches
from stanmlm.base.errors import DataError
from stanmlm.data.budget import spend_texts
from stanmlm.formula.rtext import number_text

NUMERIC = ("logical", "integer", "double")
CODED = ("character", "factor", "ordered")
FACTORS = ("factor", "ordered")


@dataclass(frozen=True, eq=False)
class Contrast:
    """A contrast matrix with the names of its columns; R numbers the columns that have none."""

    matrix: Floats  # (levels, columns)
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Value:
    """An R vector or matrix; NaN is NA among numbers, -1 among codes."""

    type: str  # "logical", "integer", "double", "character", "factor", "ordered", "closure", "null"
    data: Anything  # (n,) or (n, p) numbers; (n,) codes into `levels` for "character", "factor" and "ordered"
    levels: tuple[str, ...] = ()  # of a character vector: the distinct strings, in no order
    columns: tuple[str, ...] = ()  # of a matrix with column names
    contrasts: Contrast | str | None = None  # R's attribute "contrasts": what C() has set
    state: Mapping[str, object] | None = None  # what makepredictcall would keep: JSON-able


NULL = Value("null", np.zeros(0))


def double(data: ArrayLike) -> Value:
    """Numbers as R's double."""
    return Value("double", np.asarray(data, dtype=np.float64))


def logical(data: ArrayLike) -> Value:
    """Truth values, NaN for NA."""
    return Value("logical", np.asarray(data))


def strings(data: list[str | None]) -> Value:
    """A character vector."""
    codes, levels = pd.factorize(np.array(data, dtype=object), use_na_sentinel=True)
    return Value("character", codes, tuple(map(str, levels)))


def length(value: Value) -> int:
    """Rows of a matrix, length of a vector."""
    return len(value.data)


def width(value: Value) -> int:
    """Columns that a numeric value takes in a design."""
    return 1 if value.data.ndim == 1 else value.data.shape[1]


def is_missing(value: Value) -> Anything:
    """R's is.na, by element."""
    if value.type in CODED:
        return value.data < 0
    if value.data.dtype.kind in "bi":
        return np.zeros(value.data.shape, dtype=bool)
    return np.isnan(value.data)


def has_missing(value: Value) -> bool:
    """Whether any element is NA; no mask is made where none is."""
    if value.type in CODED or value.data.dtype.kind in "bi":
        return value.type in CODED and bool(value.data.min(initial=0) < 0)
    return bool(np.isnan(value.data.sum())) and bool(np.isnan(value.data).any())


def floats(value: Value) -> Floats:
    """The numbers of a numeric or logical value."""
    if value.type not in (*NUMERIC, "null"):
        raise DataError(NOT_NUMBERS.get(value.type, "numbers are needed here, not a {type}").format(type=value.type))
    return np.asarray(value.data, dtype=np.float64)


NOT_NUMBERS = {
    "factor": "numbers are needed here, not a factor; as.numeric() gives its codes",
    "ordered": "numbers are needed here, not an ordered factor; as.numeric() gives its codes",
    "character": "numbers are needed here, not strings",
    "closure": "numbers are needed here, not a function",
}


TRUTH = {0.0: "FALSE", 1.0: "TRUE"}


def texts(value: Value) -> list[str]:
    """The texts of a numeric value's finite elements, for use on distinct values only."""
    write = {
        "logical": lambda number: TRUTH[float(number)],
        "integer": lambda number: str(int(number)),
        "double": number_text,
    }[value.type]
    return [write(number) for number in value.data.tolist()]


def as_character(value: Value) -> Value:
    """R's as.character."""
    if value.type in CODED:
        return Value("character", value.data, value.levels)
    if value.type not in NUMERIC:
        raise DataError(f"text is needed here, not {'NULL' if value.type == 'null' else 'a function'}")
    spend_texts(length(value))
    codes, distinct = pd.factorize(value.data.ravel(), use_na_sentinel=True)
    return Value("character", codes, tuple(texts(Value(value.type, np.asarray(distinct)))))


def distinct(value: Value) -> Value:
    """A character vector or factor without the levels that no element has, order kept."""
    present = np.zeros(len(value.levels) + 1, dtype=bool)
    for at in stretches(len(value.data)):
        present[value.data[at]] = True
        if present[:-1].all():
            return value
    kept = np.flatnonzero(present[:-1])
    if not value.levels:
        return value
    recode = np.full(len(value.levels) + 1, -1)
    recode[kept] = np.arange(len(kept))
    return replace(value, data=recode[value.data], levels=tuple(value.levels[k] for k in kept))


def levels_as_factor(value: Value) -> tuple[str, ...]:
    """The levels that `as_factor` gives strings or a factor."""
    return value.levels if value.type in FACTORS else tuple(sorted(distinct(value).levels))


def as_factor(value: Value) -> Value:
    """R's as.factor: levels sorted by value, strings by code point (LC_COLLATE=C); a factor is kept."""
    if value.type in FACTORS:
        return value
    if value.type == "character":
        return with_levels(value, levels_as_factor(value))
    if value.type not in NUMERIC:
        raise DataError(f"a factor is needed here, not {'NULL' if value.type == 'null' else 'a function'}")
    spend_texts(length(value))
    codes, found = pd.factorize(value.data.ravel(), sort=True, use_na_sentinel=True)
    return merge_levels(codes, texts(Value(value.type, np.asarray(found))))


def merge_levels(codes: Ints, labels: list[str]) -> Value:
    """A factor whose equal labels are one level."""
    levels = tuple(dict.fromkeys(labels))
    place = {level: k for k, level in enumerate(levels)}
    recode = np.array([*(place[label] for label in labels), -1])
    return Value("factor", recode[codes], levels)


def with_levels(value: Value, levels: tuple[str, ...], type_: str = "factor") -> Value:
    """`factor(value, levels)`: elements whose label is not among the levels are NA."""
    place = {level: k for k, level in enumerate(levels)}
    recode = np.array([*(place.get(level, -1) for level in value.levels), -1])
    return Value(type_, recode[value.data], levels)


def take(value: Value, rows: Anything | slice) -> Value:
    """The same value on some of its rows."""
    return replace(value, data=value.data[rows])


def recycle(value: Value, n: int) -> Value:
    """The same value repeated to n elements."""
    if length(value) == n:
        return value
    return take(value, np.arange(n) % max(1, length(value)))


STRINGS = ("string", "empty")
HEAD = 1000  # elements that suggest what a column of objects holds

OBJECTS = {
    "boolean": "logical",
    "integer": "integer",
    "floating": "double",
    "mixed-integer-float": "double",
    "decimal": "double",
}


def as_series(value: Value, index: pd.Index) -> "pd.Series[Any]":
    """A vector as a pandas Series: factors categorical, strings as objects."""
    if value.type in FACTORS:
        ordered = value.type == "ordered"
        data: object = pd.Categorical.from_codes(value.data, categories=pd.Index(value.levels), ordered=ordered)
    elif value.type == "character":
        written = np.array([*value.levels, None], dtype=object)[value.data]
        return pd.Series(written, index=index, dtype=object, copy=False)
    elif value.type == "logical" and not has_missing(value):
        data = value.data.astype(bool)
    else:
        data = value.data
    return pd.Series(data, index=index, copy=False)
