"""What a record's annotations let its fields be: the schema of what comes from a file."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from stanmlm.base.arrays import Anything

Holds = Callable[[Any], bool]

KINDS_OF_NUMBERS = {np.float64: "f", np.int64: "iu", np.bool_: "b"}


def kinds_of(record: type, names: Mapping[str, object]) -> Mapping[str, Holds]:
    """For each field of a dataclass a question of a value: whether the field may have it.

    Parameters
    ----------
    record
        A dataclass.
    names
        What its annotations name and its module imports for type checkers only.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Point:
    ...     x: float
    ...     label: str | None
    >>> holds = kinds_of(Point, {})
    >>> holds["x"](2), holds["x"]("2"), holds["label"](None)
    (True, False, True)
    """
    return _kinds_of(record, tuple(names.items()))


@cache
def _kinds_of(record: type, names: tuple[tuple[str, object], ...]) -> Mapping[str, Holds]:
    return {name: _holds(hint) for name, hint in get_type_hints(record, localns=dict(names)).items()}


def _holds(hint: object) -> Holds:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (np.ndarray, get_origin(Anything)):
        return _array(parts)
    if origin in (Union, UnionType):
        return _any([_holds(part) for part in parts])
    if origin in _CONTAINERS:
        return _CONTAINERS[origin](parts)
    if hint in _PLAIN:
        return _PLAIN[hint]
    return _instance(hint) if isinstance(hint, type) else _anything


def _anything(value: object) -> bool:
    return True


def _instance(kind: type) -> Holds:
    return lambda value: isinstance(value, kind)


def _any(options: Sequence[Holds]) -> Holds:
    return lambda value: any(holds(value) for holds in options)


def _array(parts: tuple[Any, ...]) -> Holds:
    """The kind of an array's numbers, which may be of any precision."""
    scalar = get_args(parts[-1])[0] if get_origin(parts[-1]) is np.dtype else parts[-1]
    letters = KINDS_OF_NUMBERS.get(scalar, "")
    return lambda value: isinstance(value, np.ndarray) and (not letters or value.dtype.kind in letters)


def _tuple(parts: tuple[Any, ...]) -> Holds:
    holds = [_holds(part) for part in parts if part is not Ellipsis]
    if Ellipsis in parts:
        return lambda value: isinstance(value, tuple) and all(map(holds[0], value))
    return lambda value: (
        isinstance(value, tuple)
        and len(value) == len(holds)
        and all(each(part) for each, part in zip(holds, value, strict=True))
    )


def _mapping(parts: tuple[Any, ...]) -> Holds:
    key, item = _holds(parts[0]), _holds(parts[1])
    return lambda value: isinstance(value, Mapping) and all(map(key, value)) and all(map(item, value.values()))


def _collection(kind: Any) -> Callable[[tuple[Any, ...]], Holds]:
    def of(parts: tuple[Any, ...]) -> Holds:
        holds = _holds(parts[0])
        return lambda value: isinstance(value, kind) and not isinstance(value, str | bytes) and all(map(holds, value))

    return of


def _literal(parts: tuple[Any, ...]) -> Holds:
    return lambda value: any(type(value) is type(part) and value == part for part in parts)


_CONTAINERS: Mapping[object, Callable[[tuple[Any, ...]], Holds]] = {
    tuple: _tuple,
    Mapping: _mapping,
    dict: _mapping,
    frozenset: _collection(frozenset),
    list: _collection(list),
    Sequence: _collection(Sequence),
    AbstractSet: _collection(AbstractSet),
    Literal: _literal,
}
_PLAIN: Mapping[object, Holds] = {
    object: _anything,
    NoneType: lambda value: value is None,
    bool: lambda value: isinstance(value, bool | np.bool_),
    int: lambda value: isinstance(value, Integral) and not isinstance(value, bool),
    float: lambda value: isinstance(value, Real) and not isinstance(value, bool),
}
