"""Python functions of the caller's in R code: what they see, and whether they give a row what they gave it before."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Ints
from stanmlm.data.foreign_values import as_value
from stanmlm.data.learned import Description, describe_whole, recall_whole
from stanmlm.data.rvalues import (
    CODED,
    FACTORS,
    Value,
    as_character,
    as_series,
    distinct,
    floats,
    is_missing,
    length,
    take,
)

Argument = tuple[str, Value, bool]  # its name or "", its value, and whether that has a row for each of the data
SAME = 1e-8  # relative: NumPy rounds a vector's last digit otherwise than a number's


def function_of(name: str, caller: Mapping[str, object]) -> Callable[..., object] | None:
    """The caller's function of this name, whose dots may be underscores."""
    for spelling in (name, name.replace(".", "_")):
        thing = caller.get(spelling)
        if callable(thing):
            return thing
    return None


def call_python(function: Callable[..., object], name: str, arguments: Sequence[Argument]) -> Value:
    """What a function of the caller's gives: it sees arrays, categoricals and plain scalars."""
    placed = [_to_python(value, by_row) for label, value, by_row in arguments if not label]
    named = {label.replace(".", "_"): _to_python(value, by_row) for label, value, by_row in arguments if label}
    return as_value(function(*placed, **named), name)


def _to_python(value: Value, by_row: bool) -> object:
    """A column of one row is an array all the same."""
    if value.type == "null":
        return None
    if value.data.ndim == 2:
        return value.data
    if length(value) == 1 and value.type not in FACTORS and not by_row:
        return as_character(value).levels[0] if value.type in CODED else value.data[0].item()
    plain = as_series(value, pd.RangeIndex(length(value)))
    return plain if value.type in FACTORS else plain.to_numpy()


def sample(arguments: Sequence[Argument], value: Value) -> Description:
    """A few telling rows of the arguments and of what the function made of them; JSON-able."""
    rows = _telling_rows([argument for _, argument, by_row in arguments if by_row])
    return {
        "rows": len(rows),
        "arguments": [
            [label, describe_whole(_few(argument, rows) if by_row else argument), by_row]
            for label, argument, by_row in arguments
        ],
        "value": describe_whole(_few(value, rows)),
    }


def _telling_rows(columns: Sequence[Value]) -> Ints:
    """The first row, the last, and those of each column's extremes: what is centred or ranked differs there alone."""
    rows: set[int] = set()
    for column in columns:
        first = column.data if column.data.ndim == 1 else column.data[:, 0]
        present = np.flatnonzero(~is_missing(Value(column.type, first)))
        if len(present):
            some = first[present]
            rows |= {int(present[k]) for k in (0, -1, some.argmin(), some.argmax())}
    return np.array(sorted(rows), dtype=np.int64)


def _few(value: Value, rows: Ints) -> Value:
    some = take(value, rows)
    return distinct(some) if value.type == "character" else some


def agrees(function: Callable[..., object], name: str, kept: Description) -> bool:
    """Whether the function gives single rows what it gave them among all others."""
    written = cast(Sequence[tuple[str, Description, bool]], kept["arguments"])
    arguments = [(label, recall_whole(argument), by_row) for label, argument, by_row in written]
    value = recall_whole(cast(Description, kept["value"]))
    rows = range(cast(int, kept["rows"]))
    return bool(rows) and all(_gives(function, name, _row(arguments, k), _at(value, k)) for k in rows)


def _row(arguments: Sequence[Argument], k: int) -> list[Argument]:
    return [(label, _at(value, k) if by_row else value, by_row) for label, value, by_row in arguments]


def _at(value: Value, k: int) -> Value:
    return take(value, slice(k, k + 1))


def _gives(function: Callable[..., object], name: str, arguments: Sequence[Argument], value: Value) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _same(call_python(function, name, arguments), value)
        except Exception:  # of whatever kind: the function is the user's
            return False


def _same(made: Value, value: Value) -> bool:
    if made.data.shape != value.data.shape or (made.type in CODED) != (value.type in CODED):
        return False
    if made.type in CODED:
        a, b = ([*text.levels, None] for text in (as_character(made), as_character(value)))
        return [a[code] for code in made.data] == [b[code] for code in value.data]
    return np.allclose(floats(made), floats(value), rtol=SAME, atol=0.0, equal_nan=True)
