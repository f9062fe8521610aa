"""Values as JSON and arrays, and back: a table of types, a table of records, and nothing that is executed."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from stanmlm.base.arguments import shown
from stanmlm.base.arrays import Anything
from stanmlm.base.errors import StanmlmError
from stanmlm.base.files.annotations import kinds_of

Json = Any  # None, bool, int, float, str, lists and dicts of these
Put = Callable[[Anything], str]  # keeps an array, and gives the name that it is found by
Get = Callable[[str], Anything]
Encode = Callable[[Any, Callable[[Any], Json], Put], Json]
Decode = Callable[[Any, Callable[[Json], Any], Get], Any]

KEPT = "biufcmMUS"  # kinds of NumPy's types that .npy holds as they are
TAG = "$"  # the key that marks a JSON object as one of the table's types


class UnknownTypeError(StanmlmError):
    """A value that no row of the table can write down."""


class DamageError(ValueError):
    """What was read is not what was written; the message completes a sentence about the file."""


@dataclass(frozen=True)
class Coder:
    """How values of one type are written: `encode(value, inner, put)` gives what `decode(written, inner, get)` reads.

    `inner` is the whole codec, for values within.
    """

    tag: str
    type: type
    encode: Encode
    decode: Decode


@dataclass(frozen=True)
class Codec:
    """A table of coders, in which the first whose type fits writes a value, and the records by name."""

    coders: tuple[Coder, ...]
    records: Mapping[str, type]
    names: Mapping[str, object] = field(default_factory=dict)  # what the records' annotations name and do not import
    renewed: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = field(default_factory=dict)
    #          of records by name, the fields that older JSON has as they are now


def encode(codec: Codec, value: object, put: Put) -> Json:
    """`value` as JSON, its arrays handed to `put`.

    Raises
    ------
    UnknownTypeError
        For a value, or one within, that the codec cannot write.

    Examples
    --------
    >>> encode(Codec(PLAIN, {}), {"x": (1, 2.5, None)}, lambda array: "")
    {'x': {'$': 'tuple', 'is': [1, 2.5, None]}}
    """

    def inner(part: Any) -> Json:
        if part is None or isinstance(part, bool | int | str) or (isinstance(part, float) and math.isfinite(part)):
            return part
        if type(part) is list:
            return [inner(item) for item in part]
        if type(part) is dict and TAG not in part and all(isinstance(key, str) for key in part):
            return {key: inner(item) for key, item in part.items()}
        if is_dataclass(part) and codec.records.get(type(part).__name__) is type(part):
            return {TAG: type(part).__name__, **{f.name: inner(getattr(part, f.name)) for f in fields(part)}}
        for coder in codec.coders:
            if isinstance(part, coder.type):
                return {TAG: coder.tag, "is": coder.encode(part, inner, put)}
        raise UnknownTypeError(f"a {type(part).__name__} cannot be kept in a file")

    return inner(value)


def decode(codec: Codec, written: Json, get: Get, older: bool = False) -> Any:
    """What `encode` wrote; `get` finds arrays by name.

    A record's fields must be what its annotations say. Fields that it has no more are left out where `older` JSON has
    them.

    Raises
    ------
    KeyError, TypeError, ValueError
        For JSON that `encode` did not write.

    Examples
    --------
    >>> decode(Codec(PLAIN, {}), {"x": {"$": "tuple", "is": [1, 2.5, None]}}, lambda name: np.zeros(0))
    {'x': (1, 2.5, None)}
    """
    coders = {coder.tag: coder for coder in codec.coders}

    def inner(part: Json) -> Any:
        if isinstance(part, list):
            return [inner(item) for item in part]
        if not isinstance(part, dict):
            return part
        tag = part.get(TAG)
        if tag in coders:
            return coders[tag].decode(part["is"], inner, get)
        values = {name: inner(item) for name, item in part.items() if name != TAG}
        return values if tag is None else _record(codec, tag, values, older)

    return inner(written)


def _record(codec: Codec, name: object, values: Mapping[str, object], older: bool) -> object:
    kind = codec.records.get(name) if isinstance(name, str) else None
    if kind is None:
        raise DamageError(f"it holds a record of a kind that stanmlm does not know, {shown(name)}")
    values = codec.renewed[kind.__name__](values) if older and kind.__name__ in codec.renewed else values
    known = {field.name: field for field in fields(kind)}
    required = {name for name, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    if (values.keys() - known.keys() and not older) or required - values.keys():
        raise DamageError(f"the fields of its {name} are others than here")
    wanted = kinds_of(kind, codec.names)
    for field_name, value in values.items():
        if field_name in known and not wanted[field_name](value):
            raise DamageError(f"`{field_name}` of its {name} is {shown(value)}, which that cannot be")
    return kind(**{name: value for name, value in values.items() if name in known})


def _encode_array(array: Anything, inner: Callable[[Any], Json], put: Put) -> Json:
    if array.dtype.kind in KEPT and array.dtype.itemsize:
        return put(array)
    return {"shape": list(array.shape), "items": [inner(item) for item in array.ravel().tolist()]}


def _decode_array(written: Json, inner: Callable[[Json], Any], get: Get) -> Anything:
    if isinstance(written, str):
        return get(written)
    flat = np.empty(len(written["items"]), dtype=object)
    flat[:] = [inner(item) for item in written["items"]]
    return flat.reshape(written["shape"])


def _sequence(make: Callable[[Sequence[Any]], Any]) -> tuple[Encode, Decode]:
    return (
        lambda values, inner, put: [inner(value) for value in values],
        lambda written, inner, get: make([inner(item) for item in written]),
    )


PLAIN = (
    Coder("number", float, lambda value, *_: repr(float(value)), lambda written, *_: float(written)),
    Coder("tuple", tuple, *_sequence(tuple)),
    Coder("list", list, *_sequence(list)),
    Coder("frozenset", frozenset, *_sequence(frozenset)),
    Coder(
        "mapping",
        Mapping,
        lambda value, inner, put: [[inner(key), inner(item)] for key, item in value.items()],
        lambda written, inner, get: {inner(key): inner(item) for key, item in written},
    ),
    Coder("path", PurePath, lambda value, *_: str(value), lambda written, *_: Path(written)),
    Coder("array", np.ndarray, _encode_array, _decode_array),
    Coder(
        "scalar", np.generic, lambda value, inner, put: put(np.asarray(value)), lambda name, inner, get: get(name)[()]
    ),
)
