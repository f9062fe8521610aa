"""What a fit keeps of its variables, as JSON, and how new data are made to agree with it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import cast

import numpy as np

from stanmlm.base.arrays import Anything
from stanmlm.base.errors import DataError
from stanmlm.data.rvalues import (
    CODED,
    FACTORS,
    Contrast,
    Value,
    as_character,
    distinct,
    is_missing,
    levels_as_factor,
    width,
    with_levels,
)

Description = Mapping[str, object]


@dataclass(frozen=True)
class Learned:
    """What calls in R code learned from the fitted rows, by R's text of the call; JSON-able."""

    states: Mapping[str, object] = field(default_factory=dict)  # of scale(x), poly(x, 2), cut(x, 3)
    values: Mapping[str, Description] = field(default_factory=dict)  # one for all rows, whole: mean(x)
    levels: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of factors made inside other calls
    samples: Mapping[str, object] = field(default_factory=dict)  # of Python functions: a few rows in, and out

    def __bool__(self) -> bool:
        return any(getattr(self, part.name) for part in fields(self))


NOTHING = Learned()


def joined_memory(parts: Sequence[Learned]) -> Learned:
    """All that several pieces of code learned."""
    some = [part for part in parts if part]
    if len(some) < 2:
        return some[0] if some else NOTHING
    named = {each.name: [getattr(part, each.name) for part in some] for each in fields(Learned)}
    return Learned(**{name: {k: v for part in learned for k, v in part.items()} for name, learned in named.items()})


def describe_learned(learned: Learned) -> Description:
    """What calls learned; JSON-able."""
    return asdict(learned)


def recall_learned(memory: Mapping[str, object]) -> Learned:
    """What the calls of a fit learned; a fit of version 0.1 kept the state of outermost calls alone."""
    if "learned" in memory:
        return Learned(**cast(Mapping[str, Mapping[str, object]], memory["learned"]))  # type: ignore[arg-type]
    kept = cast(Mapping[str, Description], memory["variables"])
    return Learned({label: variable["state"] for label, variable in kept.items() if variable.get("state")})


def describe(value: Value, levels: bool) -> Description:
    """All of a value but its elements, and its levels where they are asked for; JSON-able."""
    return {
        "type": value.type,
        "levels": list(levels_as_factor(value)) if levels and value.type in CODED else [],
        "width": width(value),
        "columns": list(value.columns),
        "contrasts": describe_contrasts(value.contrasts),
    }


def describe_contrasts(contrasts: Contrast | str | None) -> object:
    """A name, None, or a matrix with its column names; JSON-able."""
    if isinstance(contrasts, Contrast):
        return {"matrix": contrasts.matrix.tolist(), "columns": list(contrasts.columns)}
    return contrasts


def recall_contrasts(kept: object) -> Contrast | str | None:
    """The inverse of `describe_contrasts`."""
    if isinstance(kept, Mapping):
        return Contrast(np.asarray(kept["matrix"], dtype=np.float64), tuple(kept["columns"]))
    return cast(str | None, kept)


def describe_whole(value: Value) -> Description:
    """A short value with its elements; JSON-able."""
    return {
        "type": value.type,
        "data": value.data.tolist(),
        "levels": list(value.levels),
        "columns": list(value.columns),
    }


def recall_whole(kept: Description) -> Value:
    """The inverse of `describe_whole`."""
    dtype = np.int64 if kept["type"] in CODED else np.float64
    data: Anything = np.asarray(kept["data"], dtype=dtype)
    return Value(str(kept["type"]), data, _strings(kept["levels"]), _strings(kept["columns"]))


def _strings(kept: object) -> tuple[str, ...]:
    return tuple(map(str, cast(Sequence[object], kept)))


def levels_of(kept: Description) -> tuple[str, ...]:
    """The levels that a described factor had."""
    return _strings(kept["levels"])


def conform_column(value: Value, kept: Description) -> Value:
    """A column of new data with the levels of the fitted column first, so that codes and contrasts agree."""
    type_ = str(kept["type"])
    return with_known(value, levels_of(kept), type_) if type_ in FACTORS and value.type in CODED else value


def with_known(value: Value, known: tuple[str, ...], type_: str) -> Value:
    """A factor with the known levels first, and those that are new after them."""
    present, old = distinct(as_character(value)).levels, set(known)
    return with_levels(value, (*known, *(level for level in present if level not in old)), type_)


def conform_variable(value: Value, kept: Description, label: str) -> Value:
    """A variable of new data as the fit had it: type, levels, contrasts, columns.

    Raises
    ------
    DataError
        For another type, for a level that the fit did not see, and for a matrix of another width.
    """
    was = str(kept["type"])
    if bool(is_missing(value).all()):
        value = _all_missing(value, was)
    if CLASSES[value.type] != CLASSES[was]:
        raise DataError(
            f'variable \'{label}\' was fitted with type "{CLASSES[was]}" but type "{CLASSES[value.type]}" was supplied'
        )
    if width(value) != kept["width"]:
        raise DataError(f"variable '{label}' was fitted with {kept['width']} columns but {width(value)} were supplied")
    if CLASSES[was] != "factor":
        return value
    contrasts = recall_contrasts(kept["contrasts"])
    return replace(_relevel(value, kept, label), contrasts=contrasts)


CLASSES = {
    "logical": "logical",
    "integer": "numeric",
    "double": "numeric",
    "character": "factor",
    "factor": "factor",
    "ordered": "factor",
    "closure": "function",
    "null": "NULL",
}


def _all_missing(value: Value, type_: str) -> Value:
    if CLASSES[type_] == "factor":
        return Value("character", np.full(len(value.data), -1))
    return value if CLASSES[value.type] == CLASSES[type_] else Value(type_, np.full(len(value.data), np.nan))


def _relevel(value: Value, kept: Description, label: str) -> Value:
    known = levels_of(kept)
    new = [level for level in distinct(as_character(value)).levels if level not in set(known)]
    if new:
        shown = ", ".join(f"`{level}`" for level in known[:20]) + (", ..." if len(known) > 20 else "")
        raise DataError(
            f"factor {label} has new level{'s' * (len(new) > 1)} {', '.join(new)}: it was fitted with {shown}, "
            "and a fixed effect says nothing of others; drop those rows, or make it a grouping factor, (1 | ...)"
        )
    return with_levels(value, known, "ordered" if kept["type"] == "ordered" else "factor")
