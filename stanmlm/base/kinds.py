"""What annotations ask of a value, in words and as a check."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, TypeGuard, Union, get_args, get_origin

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Anything


@dataclass(frozen=True)
class Kind:
    """What a value must be."""

    one: str  # "a whole number"
    many: str  # "whole numbers"
    holds: Callable[[object], bool]


def kind_of(annotation: object) -> Kind:
    """What an annotation asks of a value; `ANYTHING` where this module does not know it."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _either([kind_of(part) for part in parts])
    if origin is Literal:
        return _either([_constant(part) for part in parts])
    if origin is tuple:
        return _so_many(len(parts), kind_of(parts[0]))
    if origin is Sequence:
        return several(kind_of(parts[0]))
    if origin is Mapping:
        return _by_name(kind_of(parts[1])) if parts[0] is str else _MAPPING
    if isinstance(annotation, type) and annotation.__module__.startswith("stanmlm."):
        return _record(annotation)
    return KINDS.get(origin or annotation, ANYTHING)


def several(kind: Kind) -> Kind:
    """A list, an array or a column of that."""

    def holds(value: object) -> bool:
        return _is_list(value) and all(map(kind.holds, value))

    return Kind(f"a list of {kind.many}", f"lists of {kind.many}", holds)


def _so_many(size: int, kind: Kind) -> Kind:
    def holds(value: object) -> bool:
        return _is_list(value) and len(value) == size and all(map(kind.holds, value))

    return Kind(f"{size} {kind.many}", f"lists of {size} {kind.many}", holds)


def _constant(wanted: object) -> Kind:
    return Kind(repr(wanted), repr(wanted), lambda value: isinstance(value, str) and value == wanted)


def _by_name(kind: Kind) -> Kind:
    def holds(value: object) -> bool:
        return isinstance(value, Mapping) and all(map(_is_text, value)) and all(map(kind.holds, value.values()))

    return Kind(f"a dict of {kind.many} by name", f"dicts of {kind.many} by name", holds)


def _either(kinds: Sequence[Kind]) -> Kind:
    if ANYTHING in kinds:
        return ANYTHING
    one, many = _listed([kind.one for kind in kinds]), _listed([kind.many for kind in kinds])
    return Kind(one, many, lambda value: any(kind.holds(value) for kind in kinds))


def _listed(words: Sequence[str]) -> str:
    """`a, b or c`, of parts that may be such lists themselves."""
    *first, last = dict.fromkeys(part for text in words for part in text.split(" or "))
    return f"{', '.join(first)} or {last}" if first else last


def _record(cls: type) -> Kind:
    if cls.__name__ in PROTOCOLS:
        return PROTOCOLS[cls.__name__]
    one, many = RECORDS.get(cls.__name__, (with_article(cls.__name__), f"{cls.__name__}s"))
    return Kind(one, many, _of(cls))


def with_article(noun: str) -> str:
    """`an array`, `a dict`."""
    return f"{'an' if noun[0] in 'aeioAEIO' else 'a'} {noun}"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_list(value: object) -> TypeGuard[Collection[object]]:
    """Whether values stand in it one after the other; those of a set have no order, and a 0-d array has none."""
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Collection) and not isinstance(value, _NO_LISTS)


_NO_LISTS = (str, bytes, bytearray, memoryview, Mapping, set, frozenset, pd.DataFrame)


def is_whole(value: object) -> TypeGuard[Integral]:
    """Whether it is a whole number, which a truth value is not."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    if not isinstance(value, Real) or isinstance(value, bool | np.bool_):
        return False
    try:
        return float(value) == float(value)
    except OverflowError:  # of a whole number beyond 1e308
        return False


def _of(*types: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, types)


ANYTHING = Kind("anything", "values", lambda value: True)
_MAPPING = Kind("a dict", "dicts", _of(Mapping))
_ARRAY = Kind("an array", "arrays", _is_list)

KINDS: Mapping[object, Kind] = {
    NoneType: Kind("None", "None", lambda value: value is None),
    bool: Kind("True or False", "truth values", _of(bool, np.bool_)),
    int: Kind("a whole number", "whole numbers", is_whole),
    float: Kind("a number", "numbers", _is_number),
    str: Kind("text", "names", _is_text),
    Mapping: _MAPPING,
    Callable: Kind("a function", "functions", callable),
    **dict.fromkeys((PathLike, Path), Kind("a path", "paths", _of(PathLike))),
    # On Python 3.12 and later NumPy's NDArray is an alias with a name of its own.
    **dict.fromkeys((np.ndarray, get_origin(Anything)), _ARRAY),
    pd.DataFrame: Kind("a data frame", "data frames", _of(pd.DataFrame)),
}


def _is_engine(value: object) -> bool:
    """Whether it samples, and has a name and a version: looked up without running its properties."""
    found = {name: inspect.getattr_static(value, name, None) for name in ("sample", "name", "version")}
    return not isinstance(value, type) and None not in found.values() and callable(found["sample"])


PROTOCOLS: Mapping[str, Kind] = {"Engine": Kind("an engine such as CmdStan()", "engines", _is_engine)}

# Records of later stages, by name; the others are called by their names.
RECORDS: Mapping[str, tuple[str, str]] = {
    "Fit": ("a fit, as lm(), glm(), lmer() and glmer() return", "fits"),
    "Fitted": ("a fit", "fits"),
    "FitList": ("what lmList() returns", "lmList() fits"),
    "Calibration": ("what sbc() returns", "calibrations"),
    "Elpd": ("what loo(), waic() or kfold() returns", "Elpds"),
    "Family": ("a family such as `binomial`", "families"),
    "Prior": ("a prior such as normal(0, 1)", "priors"),
    "VarCorrTable": ("what VarCorr() returns", "VarCorr() tables"),
    "MarginalMeans": ("what emmeans() returns", "marginal means"),
    "MeansAndContrasts": ("what emmeans() returns", "marginal means"),
    "ConditionalEffects": ("what conditional_effects() returns", "conditional_effects() tables"),
}
