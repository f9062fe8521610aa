"""Rows of the codec's table for pandas: frames, series and indexes, column by column."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from stanmlm.base.errors import StanmlmWarning
from stanmlm.base.files.codec import Coder, Get, Json, Put, UnknownTypeError

NUMERIC = "biufcmM"  # kinds of NumPy's types that .npy holds as they are


def _encode_frame(frame: pd.DataFrame, inner: Callable[[Any], Json], put: Put) -> Json:
    """Columns of odd objects stay behind, with a warning: one that no formula uses must not cost the fit its file."""
    columns, kept = [], []
    for place, name in enumerate(frame.columns):
        try:
            columns.append(_encode_values(frame.iloc[:, place], inner, put))
            kept.append(place)
        except UnknownTypeError as error:
            warnings.warn(StanmlmWarning(f"column `{name}` is not kept in the file: {error}"), stacklevel=2)
    return {"index": inner(frame.index), "names": inner(frame.columns[kept]), "columns": columns}


def _decode_frame(written: Json, inner: Callable[[Json], Any], get: Get) -> pd.DataFrame:
    index = inner(written["index"])
    columns = [_decode_values(values, inner, get) for values in written["columns"]]
    series = {k: pd.Series(column, index=index, dtype=column.dtype) for k, column in enumerate(columns)}
    frame = pd.DataFrame(series, index=index)
    frame.columns = inner(written["names"])
    return frame


def _encode_series(series: "pd.Series[Any]", inner: Callable[[Any], Json], put: Put) -> Json:
    return {
        "name": inner(series.name),
        "index": inner(series.index),
        "values": _encode_values(series, inner, put),
    }


def _decode_series(written: Json, inner: Callable[[Json], Any], get: Get) -> "pd.Series[Any]":
    values = _decode_values(written["values"], inner, get)
    name, index = inner(written["name"]), inner(written["index"])
    series: pd.Series[Any] = pd.Series(values, index=index, name=name, dtype=values.dtype)
    return series


def _encode_index(index: pd.Index, inner: Callable[[Any], Json], put: Put) -> Json:
    return {"name": inner(index.name), "values": _encode_values(index, inner, put)}


def _decode_index(written: Json, inner: Callable[[Json], Any], get: Get) -> pd.Index:
    values = _decode_values(written["values"], inner, get)
    index: pd.Index = pd.Index(values, name=inner(written["name"]), dtype=values.dtype)
    return index


def _encode_levels(index: pd.MultiIndex, inner: Callable[[Any], Json], put: Put) -> Json:
    return [inner(index.get_level_values(place)) for place in range(index.nlevels)]


def _decode_levels(written: Json, inner: Callable[[Json], Any], get: Get) -> pd.MultiIndex:
    levels = [inner(level) for level in written]
    return pd.MultiIndex.from_arrays(levels, names=[level.name for level in levels])


def _encode_values(values: Any, inner: Callable[[Any], Json], put: Put) -> Json:
    """A column: numbers as an array, categories as codes, all else as codes into its distinct objects."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = values.cat.codes if isinstance(values, pd.Series) else values.codes
        return {"codes": put(np.asarray(codes)), "categories": inner(dtype.categories), "ordered": bool(dtype.ordered)}
    if isinstance(dtype, np.dtype) and dtype.kind in NUMERIC:
        return {"numbers": put(values.to_numpy())}
    levels: dict[tuple[type, object], int] = {}
    try:
        codes = [levels.setdefault((type(item), item), len(levels)) for item in values.astype(object)]
    except TypeError as error:
        raise UnknownTypeError(f"its values cannot be compared ({error})") from error
    return {
        "dtype": str(dtype),
        "codes": put(np.array(codes, dtype=np.int64)),
        "objects": [inner(item) for _, item in levels],
    }


def _decode_values(written: Json, inner: Callable[[Json], Any], get: Get) -> Any:
    if "numbers" in written:
        return get(written["numbers"])
    codes = get(written["codes"])
    if "categories" in written:
        return pd.Categorical.from_codes(codes, inner(written["categories"]), ordered=written["ordered"])
    objects = np.empty(len(written["objects"]), dtype=object)
    objects[:] = [inner(item) for item in written["objects"]]
    # pandas 2 holds as objects what pandas 3 calls "str".
    dtype: Any = pd.Series(["a"]).dtype if written["dtype"] == "str" else written["dtype"]
    values: Any = objects[codes]
    return values if dtype == "object" else pd.array(values, dtype=dtype)


PANDAS = (
    Coder("frame", pd.DataFrame, _encode_frame, _decode_frame),
    Coder("series", pd.Series, _encode_series, _decode_series),
    Coder(
        "range",
        pd.RangeIndex,
        lambda index, inner, put: [index.start, index.stop, index.step, inner(index.name)],
        lambda written, inner, get: pd.RangeIndex(written[0], written[1], written[2], name=inner(written[3])),
    ),
    Coder("levels", pd.MultiIndex, _encode_levels, _decode_levels),
    Coder("index", pd.Index, _encode_index, _decode_index),
    Coder("NA", type(pd.NA), lambda *_: None, lambda *_: pd.NA),
    Coder("NaT", type(pd.NaT), lambda *_: None, lambda *_: pd.NaT),
    Coder("time", pd.Timestamp, lambda value, *_: value.isoformat(), lambda written, *_: pd.Timestamp(written)),
)
