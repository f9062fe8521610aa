"""R's vectors: the values that R code is evaluated to, made from Python's and turned back into them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from stanmlm.base.arguments import is_single, shown
from stanmlm.base.arrays import Anything, Floats, Ints, stretches
from stanmlm.base.dataframes import own_types
from stanmlm.base.errors import DataError
from stanmlm.data.budget import data_have, spend_texts
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


def as_value(thing: object, name: str) -> Value:
    """A Python object (number, string, array, Series, frame, list) as an R value.

    Raises
    ------
    DataError
        When R has nothing like it; `name` is what the message calls it.
    """
    if isinstance(thing, Value):
        return thing
    if callable(thing):
        return Value("closure", np.zeros(1), (name,))
    if thing is None:
        return NULL
    value = _from_python(thing, name)
    data_have(length(value))
    return value


def _from_python(thing: object, name: str) -> Value:
    if isinstance(thing, pd.DataFrame):
        return _from_frame(thing, name)
    if isinstance(thing, np.ndarray) and thing.ndim == 2:
        return _from_matrix(thing, name)
    return _from_series(_series(thing, name), name)


def _series(thing: object, name: str) -> "pd.Series[Any]":
    if isinstance(thing, pd.Series):
        return own_types(thing)
    try:
        return pd.Series([thing] if is_single(thing) else thing, copy=False)
    except (TypeError, ValueError, OverflowError) as error:  # the last of pandas 2.2, for whole numbers beyond floats
        raise DataError(f"`{name}` cannot be read as a vector: it is {shown(thing)}") from error


def _from_frame(frame: pd.DataFrame, name: str) -> Value:
    if not len(frame.columns):
        raise DataError(f"`{name}` is a data frame without columns")
    columns = [floats(_from_series(own_types(frame[c]), f"{name}${c}")) for c in frame.columns]
    return Value("double", np.column_stack(columns), columns=tuple(map(str, frame.columns)))


def _from_matrix(matrix: Anything, name: str) -> Value:
    if matrix.dtype.kind not in "biuf":
        raise DataError(f"`{name}` is a matrix of {matrix.dtype}; a formula takes matrices of numbers")
    return Value("double", matrix.astype(np.float64, copy=False))


def _from_series(series: "pd.Series[Any]", name: str) -> Value:
    if isinstance(series.dtype, pd.CategoricalDtype):
        return _from_categories(series)
    kind = series.dtype.kind
    if kind == "M":
        return _from_times(series)
    if kind == "O" or isinstance(series.dtype, pd.StringDtype):
        return _from_objects(series, name)
    if kind not in KINDS:
        raise DataError(f"`{name}` is of type {series.dtype}; a column must hold numbers, strings, or truth values")
    if isinstance(series.dtype, pd.api.extensions.ExtensionDtype):
        plain = series.to_numpy(dtype=np.float64, na_value=np.nan)
        return Value(KINDS[kind], plain)
    data = series.to_numpy()
    return Value(KINDS[kind], data.astype(np.float64) if kind == "f" and data.itemsize != 8 else data)


KINDS = {"b": "logical", "i": "integer", "u": "integer", "f": "double"}


def _from_categories(series: "pd.Series[Any]") -> Value:
    categories = series.cat.categories
    labels = texts(as_value(categories, "categories")) if categories.dtype.kind in KINDS else map(str, categories)
    type_ = "ordered" if series.cat.ordered else "factor"
    return Value(type_, series.cat.codes.to_numpy(), tuple(labels))


def _from_times(series: "pd.Series[Any]") -> Value:
    """Seconds since 1970, as R's POSIXct."""
    naive = pd.to_datetime(series, utc=True).dt.tz_localize(None)
    seconds = (naive - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    return double(seconds.to_numpy())


def _from_objects(series: "pd.Series[Any]", name: str) -> Value:
    if pd.api.types.infer_dtype(series.iloc[:HEAD], skipna=True) in STRINGS and (value := _from_strings(series)):
        return value
    inferred = pd.api.types.infer_dtype(series, skipna=True)
    if inferred in OBJECTS:
        try:
            plain = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        except OverflowError:
            raise DataError(f"`{name}` has whole numbers of more than 308 digits; R has none, nor has Stan") from None
        return Value(OBJECTS[inferred], plain)
    if inferred in ("datetime", "datetime64"):
        return _from_times(series)
    if inferred == "date":
        return double((pd.to_datetime(series) - pd.Timestamp(0)).dt.days.to_numpy(dtype=np.float64, na_value=np.nan))
    value = _from_strings(series) if inferred in STRINGS else None
    if value is None:
        wrong = f"mixes types ({inferred})" if inferred.startswith("mixed") else f"is of type {inferred}"
        raise DataError(f"`{name}` {wrong}; a column must hold numbers, strings, or truth values")
    return value


def _from_strings(series: "pd.Series[Any]") -> Value | None:
    """A character vector, in one pass; None where some element is no string."""
    try:
        codes, levels = pd.factorize(series, use_na_sentinel=True)
    except TypeError:  # a list, say, which cannot be hashed
        return None
    strings_only = pd.api.types.infer_dtype(levels, skipna=True) in STRINGS
    return Value("character", codes, tuple(map(str, levels))) if strings_only else None


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
