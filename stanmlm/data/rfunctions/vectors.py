"""R's vectors: putting together, repeating, choosing, converting."""

from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Anything
from stanmlm.base.errors import DataError
from stanmlm.data.budget import spend, spend_characters
from stanmlm.data.rfunctions.matching import ALL, OTHERS, RFunction, table
from stanmlm.data.rfunctions.operators import common_length, paste_text, truth
from stanmlm.data.rfunctions.single import described, one_count, one_number, one_text, one_whole
from stanmlm.data.rfunctions.subsets import positions
from stanmlm.data.rvalues import (
    CODED,
    FACTORS,
    NULL,
    NUMERIC,
    Value,
    as_character,
    double,
    floats,
    is_missing,
    length,
    logical,
    recycle,
    strings,
    take,
)

WIDER = {"logical": 0, "integer": 1, "double": 2}


def combine(*args: Value) -> Value:
    """R's c(): the widest type wins; factors are joined."""
    parts = [value for value in args if value.type != "null"]
    if not parts:
        return NULL
    if any(value.type in CODED for value in parts):
        return _combine_texts(parts)
    type_ = max((value.type for value in parts), key=lambda t: WIDER.get(t, -1))
    return Value(type_, np.concatenate([floats(value).ravel(order="F") for value in parts]))


def _combine_texts(parts: list[Value]) -> Value:
    levels = tuple(dict.fromkeys(level for value in parts for level in as_character(value).levels))
    place = {level: k for k, level in enumerate(levels)}
    codes = [np.array([*(place[level] for level in text.levels), -1])[text.data] for text in map(as_character, parts)]
    return Value(_combined_type(parts), np.concatenate(codes), levels)


def _combined_type(parts: list[Value]) -> str:
    if any(value.type not in FACTORS for value in parts):
        return "character"
    alike = all(value.type == "ordered" and value.levels == parts[0].levels for value in parts)
    return "ordered" if alike else "factor"


def cbind(*args: Value) -> Value:
    """Columns side by side, shorter ones recycled."""
    parts = [value for value in args if value.type != "null"]
    if not parts:
        return NULL
    n = common_length(*parts)
    numbers = [floats(_codes(value)) for value in parts]
    if any(len(x) != n for x in numbers if x.ndim == 2):
        raise DataError(f"number of rows of matrices must match in cbind(): there are {n} and others")
    columns = [x if x.ndim == 2 else x[np.arange(n) % max(1, len(x)), None] for x in numbers]
    return Value("double", np.hstack(columns), columns=_joined_names(parts, columns))


def _joined_names(parts: list[Value], columns: list[Anything]) -> tuple[str, ...]:
    """Column names of the matrices; the evaluator adds the names of plain arguments."""
    if not any(value.columns for value in parts):
        return ()
    return tuple(
        name for value, x in zip(parts, columns, strict=True) for name in (value.columns or ("",) * x.shape[1])
    )


def _codes(value: Value) -> Value:
    return as_numeric(value) if value.type in FACTORS else value


def repeat(x: Value, times: Value | None = None, each: Value | None = None, length_out: Value | None = None) -> Value:
    """R's rep()."""
    copies = one_count(each, "each")
    spend(length(x) * copies)
    places = np.arange(length(x)).repeat(int(copies))
    if length_out is not None:
        n = one_count(length_out, "length.out")
        spend(n)
        if not len(places):
            raise DataError("attempt to replicate an object without elements in rep()")
        return take(x, places[np.arange(int(n)) % len(places)])
    if times is None:
        return take(x, places)
    counts = np.trunc(floats(times).ravel())
    if len(counts) not in (1, len(places)) or not (counts >= 0).all():
        raise DataError("invalid 'times' argument in rep()")
    spend(len(places) * counts[0] if len(counts) == 1 else counts.sum())
    whole = counts.astype(np.int64)
    return take(x, np.tile(places, whole[0]) if len(whole) == 1 else places.repeat(whole))


def count_to(stop: float) -> Value:
    """1, 2, ... up to a number."""
    spend(stop)
    return Value("integer", np.arange(1.0, stop + 1))


def sequence(
    from_: Value | None = None, to: Value | None = None, by: Value | None = None, length_out: Value | None = None
) -> Value:
    """R's seq()."""
    if from_ is not None and to is None and by is None and length_out is None:
        return count_to(length(from_) if length(from_) != 1 else one_count(from_, "from"))
    start = one_number(from_, "from", 1.0)
    if length_out is not None:
        return _by_length(start, to, by, one_count(length_out, "length.out"))
    stop_at = one_number(to, "to", 1.0)
    step = (1.0 if stop_at >= start else -1.0) if by is None else one_number(by, "by")
    if step == 0 or (stop_at - start) / step < 0:
        raise DataError("wrong sign in 'by' argument of seq()")
    spend((stop_at - start) / step)
    return double(start + step * np.arange(np.floor((stop_at - start) / step + 1e-10) + 1))


def _by_length(start: float, to: Value | None, by: Value | None, n: float) -> Value:
    spend(n)
    if to is not None:
        return double(np.linspace(start, one_number(to, "to"), int(n)))
    return double(start + one_number(by, "by", 1.0) * np.arange(int(n)))


def ifelse(test: Value, yes: Value, no: Value) -> Value:
    """Elements of `yes` or `no`; factors lend their codes, as in R."""
    condition = truth(test, "ifelse").ravel()
    n = len(condition)
    choices = [replace(value, data=value.data.ravel(order="F")) for value in map(_codes, (yes, no))]
    if n and not all(length(c) for c in choices):
        raise DataError("'yes' and 'no' of ifelse() must have a value")
    used = [c for c, wanted in zip(choices, (condition == 1, condition == 0), strict=True) if wanted.any()]
    if any(value.type in CODED for value in used):
        return _ifelse_texts(condition, [paste_text(recycle(as_character(c), n)) for c in choices], choices)
    a, b = (floats(recycle(c, n)) if c in used else np.full(n, np.nan) for c in choices)
    chosen = np.where(np.isnan(condition), np.nan, np.where(condition == 1, a, b))
    type_ = max((value.type for value in used), key=lambda t: WIDER[t], default="logical")
    return Value(type_, chosen)


def _ifelse_texts(condition: Anything, options: list[list[str]], choices: list[Value]) -> Value:
    n = len(condition)
    missing = [is_missing(recycle(as_character(c), n)) for c in choices]
    first = condition == 1
    unknown = np.isnan(condition) | np.where(first, missing[0], missing[1])
    chosen = np.where(first, np.array(options[0], dtype=object), np.array(options[1], dtype=object))
    return strings([None if na else text for text, na in zip(chosen, unknown, strict=True)])


def as_numeric(x: Value) -> Value:
    """R's as.numeric: codes of a factor, numbers that strings spell."""
    if x.type in FACTORS:
        return Value("double", np.where(x.data < 0, np.nan, x.data + 1.0))
    if x.type == "character":
        return double(np.array([*map(_spelled, x.levels), np.nan])[x.data])
    return Value("double", floats(x))


def _spelled(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def as_integer(x: Value) -> Value:
    """R's as.integer: towards zero."""
    return Value("integer", np.trunc(as_numeric(x).data))


def as_logical(x: Value) -> Value:
    """R's as.logical."""
    if x.type in NUMERIC:
        return logical(truth(x, "as.logical"))
    if x.type not in CODED:
        raise DataError(f"truth values are needed in as.logical(), not {described(x)}")
    known = [SPELLED_TRUTH.get(level, np.nan) for level in x.levels]
    return logical(np.array([*known, np.nan])[x.data])


SPELLED_TRUTH = {"TRUE": 1.0, "true": 1.0, "T": 1.0, "True": 1.0, "FALSE": 0.0, "false": 0.0, "F": 0.0, "False": 0.0}


def paste(*args: Value, sep: Value | None = None, collapse: Value | None = None) -> Value:
    """Strings joined element by element."""
    glue, joint = one_text(sep, "sep", " "), one_text(collapse, "collapse", "") if _is_given(collapse) else None
    args = tuple(replace(value, data=value.data.ravel(order="F")) for value in args)
    n = common_length(*args)
    spend_characters(n, sum(max(map(len, as_character(value).levels), default=0) + len(glue) for value in args))
    parts = [paste_text(recycle(value, n)) for value in args]
    rows = [glue.join(row) for row in zip(*parts, strict=True)]
    return strings([joint.join(rows)] if joint is not None else list(rows))


def _is_given(value: Value | None) -> bool:
    return value is not None and value.type != "null"


def substring(x: Value, start: Value, stop: Value) -> Value:
    """R's substr(), places counted from 1."""
    texts = as_character(x)
    first, last = one_whole(start, "start"), one_whole(stop, "stop")
    return _over_levels(texts, [level[max(0, first - 1) : last] for level in texts.levels])


def _over_levels(texts: Value, changed: list[str]) -> Value:
    levels = tuple(dict.fromkeys(changed))
    place = {level: k for k, level in enumerate(levels)}
    return Value("character", np.array([*(place[text] for text in changed), -1])[texts.data], levels)


def to_upper(x: Value) -> Value:
    """Upper case."""
    return _over_levels(as_character(x), [level.upper() for level in as_character(x).levels])


def to_lower(x: Value) -> Value:
    """Lower case."""
    return _over_levels(as_character(x), [level.lower() for level in as_character(x).levels])


def character_count(x: Value) -> Value:
    """Length of each string."""
    texts = as_character(x)
    return Value("integer", np.array([*map(float, map(len, texts.levels)), 2.0])[texts.data])


def reverse(x: Value) -> Value:
    """Last element first."""
    return take(x, slice(None, None, -1))


def as_matrix(x: Value) -> Value:
    """One column of numbers; a formula has no matrix of strings or levels."""
    return x if x.data.ndim == 2 else replace(x, type=x.type, data=floats(x)[:, None])


def which(x: Value) -> Value:
    """Places of TRUE, from 1."""
    return Value("integer", positions(logical(np.nan_to_num(truth(x, "which").ravel(order="F"))), x.data.size) + 1.0)


VECTORS: dict[str, RFunction] = (
    table(
        {
            "c": combine,
            "cbind": cbind,
            "rep": repeat,
            "rep_len": lambda x, length_out: repeat(x, length_out=length_out),
            "seq": sequence,
            "seq_len": lambda length_out: count_to(one_count(length_out, "length.out")),
            "ifelse": ifelse,
            "as.numeric": as_numeric,
            "as.double": as_numeric,
            "as.integer": as_integer,
            "as.logical": as_logical,
            "as.character": as_character,
            "as.vector": lambda x: as_character(x) if x.type in CODED else Value(x.type, x.data.ravel(order="F")),
            "as.matrix": as_matrix,
            "drop": lambda x: Value(x.type, x.data[:, 0]) if x.data.ndim == 2 and x.data.shape[1] == 1 else x,
            "paste": paste,
            "paste0": lambda *args, collapse=None: paste(*args, sep=strings([""]), collapse=collapse),
            "substr": substring,
            "toupper": to_upper,
            "tolower": to_lower,
            "nchar": character_count,
        }
    )
    | table(
        {
            "length": lambda x: Value("integer", np.array([float(x.data.size)])),
            "NROW": lambda x: Value("integer", np.array([float(length(x))])),
        },
        ALL,
    )
    | table(
        {
            "rev": reverse,
            "which": which,
            "seq_along": lambda along_with: count_to(length(along_with)),
        },
        OTHERS,
    )
)
