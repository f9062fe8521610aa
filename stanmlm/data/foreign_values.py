"""Columns and arrays of Python's libraries as R's values."""

from typing import Any

import numpy as np
import pandas as pd

from stanmlm.base.arguments import is_single, shown
from stanmlm.base.arrays import Anything
from stanmlm.base.dataframes import own_types
from stanmlm.base.errors import DataError
from stanmlm.data.budget import data_have
from stanmlm.data.rvalues import HEAD, NULL, OBJECTS, STRINGS, Value, double, floats, length, texts


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
