"""R's order of values: sorting, ranks, places in a table, what is distinct, what stands first or last."""

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Bools, Floats, Ints
from stanmlm.base.errors import DataError
from stanmlm.data.rfunctions.matching import ALL, LOOKUP, OTHERS, RFunction, table
from stanmlm.data.rfunctions.operators import is_in
from stanmlm.data.rfunctions.single import described, one_flag, one_number, one_text, one_whole
from stanmlm.data.rfunctions.vectors import combine
from stanmlm.data.rvalues import (
    CODED,
    FACTORS,
    NUMERIC,
    Value,
    as_character,
    floats,
    is_missing,
    length,
    logical,
    take,
)

TIES = ("average", "min", "max")


def _vector(x: Value, function: str) -> Value:
    if x.data.ndim > 1 or x.type not in (*NUMERIC, *CODED):
        raise DataError(f"{function}() needs a vector, not {'a matrix' if x.data.ndim > 1 else described(x)}")
    return x


def _keys(x: Value) -> Floats:
    """Numbers in the order of the elements, NaN where one is missing: codes of levels, texts by code point."""
    if x.type not in CODED:
        return floats(x)
    order = range(len(x.levels)) if x.type in FACTORS else np.argsort(np.argsort(np.array(x.levels, dtype=object)))
    return np.array([*order, np.nan], dtype=np.float64)[x.data]


def _places(keys: Sequence[Floats], decreasing: bool, na_last: Value | None, default: bool | None) -> Ints:
    """Places from 0 in the order of the first keys, of the next where they tie; NA at an end, or left out."""
    last = default if na_last is None else _end(na_last)
    missing = [np.isnan(key) for key in keys]
    columns: list[Floats | Bools] = []
    for key, gap in zip(reversed(keys), reversed(missing), strict=True):
        columns += [np.where(gap, 0.0, -key if decreasing else key), gap if last is not False else ~gap]
    order: Ints = np.lexsort(columns) if columns else np.zeros(0, dtype=np.int64)
    return order[~np.logical_or.reduce(missing)[order]] if last is None and missing else order


def _end(na_last: Value) -> bool | None:
    if length(na_last) == 1 and na_last.type in NUMERIC and np.isnan(na_last.data.astype(np.float64)).all():
        return None
    return one_flag(na_last, "na.last", True)


def order(*args: Value, na_last: Value | None = None, decreasing: Value | None = None) -> Value:
    """R's order(): places, from 1, of the elements in order; later arguments break ties."""
    keys = [_keys(_vector(value, "order")) for value in args]
    if len({len(key) for key in keys}) > 1:
        raise DataError("argument lengths differ in order()")
    return Value("integer", _places(keys, one_flag(decreasing, "decreasing", False), na_last, True) + 1.0)


def sort(x: Value, decreasing: Value | None = None, na_last: Value | None = None) -> Value:
    """R's sort(), which leaves out what is missing."""
    keys = _keys(_vector(x, "sort"))
    return take(x, _places([keys], one_flag(decreasing, "decreasing", False), na_last, None))


def rank(x: Value, na_last: Value | None = None, ties_method: Value | None = None, state: object = None) -> Value:
    """R's rank(), without one where a value is missing (`na.last = "keep"`); new values rank among the fitted ones.

    A value that was not there stands midway between its neighbours' ranks.
    """
    ties = one_text(ties_method, "ties.method", "average")
    if ties not in TIES:
        more = '; order(order(x)) is "first"' if ties == "first" else ""
        raise DataError(f"'ties.method' of rank() is {' or '.join(map(repr, TIES))} in a formula, not {ties!r}{more}")
    if na_last is not None and not (na_last.type == "character" and one_text(na_last, "na.last", "") == "keep"):
        raise DataError("'na.last' of rank() is \"keep\" in a formula: what is missing has no rank")
    known = cast(dict[str, list[object]], state) if state else _counted(_vector(x, "rank"))
    upto = np.cumsum([0, *cast(list[int], known["counts"])])
    low, high = _among(x, known["values"])
    ranks = {"average": (upto[low] + upto[high] + 1) / 2, "min": upto[low] + 1.0, "max": upto[high] + 0.0}
    data = np.where(is_missing(x), np.nan, ranks[ties])
    return Value("double" if ties == "average" else "integer", data, state=known)


def _counted(x: Value) -> dict[str, list[object]]:
    """The distinct elements in order, and how often each occurs."""
    elements = np.array([*x.levels, None], dtype=object)[x.data] if x.type == "character" else _keys(x)
    found, counts = np.unique(elements[~is_missing(x)], return_counts=True)
    return {"values": found.tolist(), "counts": counts.tolist()}


def _among(x: Value, values: list[object]) -> tuple[Ints, Ints]:
    """How many of the sorted values lie below each element, and how many not above it."""
    if x.type != "character":
        known, keys = np.array(values, dtype=np.float64), _keys(x)
        return np.searchsorted(known, keys, "left"), np.searchsorted(known, keys, "right")
    texts, levels = np.array(values, dtype=object), np.array([*x.levels, ""], dtype=object)
    return np.searchsorted(texts, levels, "left")[x.data], np.searchsorted(texts, levels, "right")[x.data]


def _first(x: Value) -> Bools:
    """Whether an element occurs for the first time; what is missing is one value."""
    return ~pd.Series(_vector(x, "unique").data).duplicated().to_numpy()


def unique(x: Value) -> Value:
    """R's unique(), in the order of appearance."""
    return take(x, _first(x))


def ends(function: str, some: Callable[[int, int], slice]) -> Callable[..., Value]:
    """head() and tail(): six elements, or rows of a matrix, unless `n` says how many; all but so many below 0."""

    def apply(x: Value, n: Value | None = None) -> Value:
        wanted, rows = one_whole(n, "n", 6), length(x)
        return take(x, some(min(wanted, rows) if wanted >= 0 else max(0, rows + wanted), rows))

    return apply


def difference(x: Value, lag: Value | None = None, differences: Value | None = None) -> Value:
    """R's diff(): each element less the one `lag` places before it, shorter by so many."""
    if x.type not in NUMERIC:
        raise DataError(f"diff() needs numbers, not {described(x)}")
    step, times = one_whole(lag, "lag", 1), one_whole(differences, "differences", 1)
    if step < 1 or times < 1:
        raise DataError("'lag' and 'differences' must be integers >= 1 in diff()")
    data = floats(x)
    for _ in range(min(times, len(data))):
        data = data[step:] - data[: len(data[step:])]
    return Value("double" if x.type == "double" else "integer", data if step * times < length(x) else data[:0])


def find_interval(
    x: Value,
    vec: Value,
    rightmost_closed: Value | None = None,
    all_inside: Value | None = None,
    left_open: Value | None = None,
) -> Value:
    """R's findInterval(): how many of the sorted points lie at or below each element."""
    points, values = floats(vec).ravel(), floats(x).ravel(order="F")
    if np.isnan(points).any() or (np.diff(points) < 0).any():
        raise DataError("'vec' must be sorted non-decreasingly and not contain NAs in findInterval()")
    opened, n = one_flag(left_open, "left.open", False), len(points)
    found = np.searchsorted(points, values, "left" if opened else "right").astype(np.float64)
    if n and one_flag(rightmost_closed, "rightmost.closed", False):
        edge, inside = (points[0], 1) if opened else (points[-1], n - 1)
        found[values == edge] = inside
    if one_flag(all_inside, "all.inside", False):
        found = np.clip(found, 1, n - 1)
    return Value("integer", np.where(np.isnan(values), np.nan, found))


def match(x: Value, table: Value, nomatch: Value | None = None) -> Value:
    """R's match(): the first place of each element in a table."""
    otherwise = np.trunc(one_number(nomatch, "nomatch", np.nan, missing=True))
    if x.type in CODED or table.type in CODED:
        haystack, needles = as_character(table), as_character(x)
        labels: list[str | None] = [*haystack.levels, None]
        place: dict[str | None, float] = {}
        for k, at in enumerate(haystack.data, 1):
            place.setdefault(labels[at], k)
        found = np.array([place.get(text, otherwise) for text in (*needles.levels, None)])[needles.data]
        return Value("integer", found)
    known = pd.Index(floats(table).ravel(order="F"))
    places = pd.Index(known[~known.duplicated()]).get_indexer(pd.Index(floats(x).ravel(order="F")))
    first = np.append(np.flatnonzero(~known.duplicated()) + 1.0, otherwise)
    return Value("integer", first[places])


def _plain(x: Value) -> Value:
    """As R's as.vector() has it."""
    return as_character(x) if x.type in CODED else Value(x.type, x.data.ravel(order="F"))


def intersect(x: Value, y: Value) -> Value:
    """R's intersect(), in the order of the first."""
    places = match(_plain(x), _plain(y)).data
    return unique(take(_plain(y), places[~np.isnan(places)].astype(np.int64) - 1))


def difference_of_sets(x: Value, y: Value) -> Value:
    """R's setdiff()."""
    return unique(take(_plain(x), floats(is_in(_plain(x), _plain(y))) == 0))


ORDERING: dict[str, RFunction] = (
    table({"rank": rank})
    | table({"findInterval": find_interval, "match": match, "is.element": lambda el, table: is_in(el, table)}, LOOKUP)
    | table(
        {
            "unique": unique,
            "head": ends("head", lambda n, rows: slice(0, n)),
            "tail": ends("tail", lambda n, rows: slice(rows - n, rows)),
            "union": lambda x, y: unique(combine(_plain(x), _plain(y))),
            "intersect": intersect,
            "setdiff": difference_of_sets,
        },
        ALL,
    )
    | table({"order": order, "sort": sort, "diff": difference, "duplicated": lambda x: logical(~_first(x))}, OTHERS)
)
