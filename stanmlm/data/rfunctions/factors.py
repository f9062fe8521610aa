"""R's factors: making, ordering, crossing and cutting them, and their contrasts."""

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.errors import DataError, did_you_mean
from stanmlm.data.budget import spend_texts
from stanmlm.data.contrasts import CONTRASTS
from stanmlm.data.rfunctions.contrast_functions import code, contr_poly, contr_treatment, contrast_function
from stanmlm.data.rfunctions.matching import ALL, LOOKUP, RFunction, table
from stanmlm.data.rfunctions.operators import paste_text
from stanmlm.data.rfunctions.single import one_flag, one_text, one_whole
from stanmlm.data.rvalues import (
    FACTORS,
    Value,
    as_character,
    as_factor,
    distinct,
    double,
    floats,
    is_missing,
    length,
    merge_levels,
    strings,
    take,
    with_levels,
)
from stanmlm.formula.rtext import number_text


def factor(
    x: Value,
    levels: Value | None = None,
    labels: Value | None = None,
    exclude: Value | None = None,
    ordered: Value | None = None,
    state: object = None,
) -> Value:
    """R's factor(): given levels or those that occur, sorted; `labels` stay those of the levels that were there."""
    keep = paste_text(take(levels, ~is_missing(levels))) if levels is not None else list(_sorted_levels(x))
    drop = set(paste_text(exclude)) if exclude is not None and exclude.type != "null" else set()
    kept = tuple(level for level in dict.fromkeys(keep) if level not in drop)
    type_ = "ordered" if one_flag(ordered, "ordered", x.type == "ordered") else "factor"
    if labels is None:
        return with_levels(as_character(x), kept, type_)
    known = tuple(state["levels"]) if isinstance(state, dict) else kept
    new = tuple(level for level in kept if level not in known)
    made = with_levels(as_character(x), (*known, *new), type_)
    names = _labels(paste_text(labels), len(known))
    return replace(merge_levels(made.data, [*names, *new]), type=type_, state={"levels": list(known)})


def _sorted_levels(x: Value) -> tuple[str, ...]:
    return distinct(x).levels if x.type in FACTORS else as_factor(x).levels


def _labels(labels: list[str], levels: int) -> list[str]:
    """A label a level; a single one is numbered."""
    if len(labels) == 1 and levels > 1:
        return [f"{labels[0]}{k}" for k in range(1, levels + 1)]
    if len(labels) != levels:
        raise DataError(f"invalid 'labels'; length {len(labels)} should be 1 or {levels}")
    return labels


def ordered(x: Value, levels: Value | None = None, labels: Value | None = None, state: object = None) -> Value:
    """A factor whose levels have an order."""
    return factor(x, levels, labels, ordered=double([1]), state=state)


def as_ordered(x: Value) -> Value:
    """R's as.ordered."""
    return x if x.type == "ordered" else replace(as_factor(x), type="ordered")


def relevel(x: Value, ref: Value) -> Value:
    """The same factor with another first level."""
    if x.type != "factor":
        raise DataError("'relevel' only for (unordered) factors; wrap the variable in factor()")
    if length(ref) != 1:
        raise DataError("'ref' must be of length one")
    name = ref.levels[0] if ref.levels else _level_at(x, one_whole(ref, "ref"))
    if name not in x.levels:
        raise DataError(f"'ref' must be an existing level: `{name}` is none{did_you_mean(name, x.levels)}")
    return with_levels(x, (name, *(level for level in x.levels if level != name)))


def _level_at(x: Value, place: int) -> str:
    if not 1 <= place <= len(x.levels):
        raise DataError(f"ref = {place} must be in 1:{len(x.levels)}")
    return x.levels[place - 1]


def drop_levels(x: Value) -> Value:
    """Without the levels that do not occur."""
    if x.type not in FACTORS:
        raise DataError("droplevels() needs a factor")
    return distinct(x)


def interaction(
    *args: Value, drop: Value | None = None, sep: Value | None = None, lex_order: Value | None = None
) -> Value:
    """R's interaction(): all combinations of levels, the first factor's fastest unless `lex.order`."""
    if not args:
        raise DataError("No factors specified in interaction()")
    glue = one_text(sep, "sep", ".")
    factors = [as_factor(value) for value in args]
    crossed = factors[-1]
    for other in reversed(factors[:-1]):
        crossed = _cross(other, crossed, glue, one_flag(lex_order, "lex.order", False))
    return distinct(crossed) if one_flag(drop, "drop", False) else crossed


def _cross(f: Value, rest: Value, glue: str, lexical: bool) -> Value:
    if length(f) != length(rest):
        raise DataError("the factors of interaction() differ in length")
    spend_texts(len(f.levels) * len(rest.levels))
    a, b = f.data.astype(np.int64), rest.data.astype(np.int64)
    codes = a * len(rest.levels) + b if lexical else b * len(f.levels) + a
    pairs = (
        [(x, y) for x in f.levels for y in rest.levels] if lexical else [(x, y) for y in rest.levels for x in f.levels]
    )
    names = [f"{x}{glue}{y}" for x, y in pairs]
    if len(set(names)) < len(names):  # R makes one level of them
        twice = next(name for name, often in Counter(names).items() if often > 1)
        raise DataError(f"interaction() would call two pairs of levels `{twice}`; pass another sep, such as sep = '/'")
    return merge_levels(np.where((a < 0) | (b < 0), -1, codes), names)


def cut(
    x: Value,
    breaks: Value,
    labels: Value | None = None,
    include_lowest: Value | None = None,
    right: Value | None = None,
    dig_lab: Value | None = None,
    ordered_result: Value | None = None,
    state: object = None,
) -> Value:
    """R's cut(): intervals closed on the right unless told otherwise; break points are remembered."""
    if x.type not in ("integer", "double"):
        raise DataError("'x' must be numeric in cut()")
    values, closed_right = floats(x).ravel(), one_flag(right, "right", True)
    lowest = one_flag(include_lowest, "include.lowest", False)
    points = np.asarray(state["breaks"]) if isinstance(state, dict) else _break_points(values, floats(breaks).ravel())
    codes = _bins(values, points, closed_right, lowest)
    remembered = {"breaks": points.tolist()}
    if labels is not None and labels.type == "logical" and not one_flag(labels, "labels", True):
        return Value("integer", np.where(codes < 0, np.nan, codes + 1.0), state=remembered)
    digits = 3 if dig_lab is None else one_whole(dig_lab, "dig.lab")
    names = _interval_names(points, closed_right, lowest, digits) if labels is None else paste_text(labels)
    if len(names) != len(points) - 1:
        raise DataError("lengths of 'breaks' and 'labels' differ in cut()")
    type_ = "ordered" if one_flag(ordered_result, "ordered.result", False) else "factor"
    return replace(merge_levels(codes, names), type=type_, state=remembered)


def _break_points(x: Floats, breaks: Floats) -> Floats:
    if len(breaks) != 1:
        spend_texts(len(breaks))
        points = np.sort(breaks)
        if len(points) < 2 or np.isnan(points).any():
            raise DataError("'breaks' in cut() must be a number of intervals, or two points or more, none of them NA")
        if len(np.unique(points)) < len(points):
            raise DataError("'breaks' are not unique in cut()")
        return points
    if not breaks[0] >= 2:
        raise DataError("invalid number of intervals in cut()")
    spend_texts(breaks[0])
    if not np.isfinite(x).any():
        raise DataError("cut() needs values that are not missing, to put its breaks between")
    low, high = float(np.nanmin(x)), float(np.nanmax(x))
    margin = (high - low or abs(low) or 1.0) / 1000
    if high == low:
        return np.linspace(low - margin, high + margin, int(breaks[0]) + 1)
    points = np.linspace(low, high, int(breaks[0]) + 1)
    points[[0, -1]] = low - margin, high + margin
    return points


def _bins(x: Floats, points: Floats, right: bool, lowest: bool) -> Anything:
    codes = np.searchsorted(points, x, side="left" if right else "right") - 1
    if lowest:
        edge, first = (points[0], 0) if right else (points[-1], len(points) - 2)
        codes[x == edge] = first
    return np.where(np.isnan(x) | (codes < 0) | (codes > len(points) - 2), -1, codes)


def _interval_names(points: Floats, right: bool, lowest: bool, digits: int) -> list[str]:
    for significant in range(digits, max(12, digits) + 1):
        texts = _padded([_point_text(point, significant) for point in points])
        if all(a != b for a, b in itertools.pairwise(texts)):
            break
    else:
        return [f"Range_{k}" for k in range(1, len(points))]
    opening, closing = ("(", "]") if right else ("[", ")")
    names = [f"{opening}{a},{b}{closing}" for a, b in itertools.pairwise(texts)]
    if lowest:
        end = 0 if right else -1
        names[end] = "[" + names[end][1:-1] + "]"
    return names


def _point_text(point: float, digits: int) -> str:
    return f"{point:.{digits}g}" if np.isfinite(point) else number_text(float(point))


def _padded(texts: list[str]) -> list[str]:
    """R's formatC pads infinities to one width: `(0, Inf]` where -Inf is there too."""
    return [" Inf" if text == "Inf" and "-Inf" in texts else text for text in texts]


def reorder(x: Value, X: Value) -> Value:
    """Levels sorted by the mean of another variable."""
    f, numbers = as_factor(x), floats(X).ravel()
    if length(f) != len(numbers):
        raise DataError(f"reorder() needs a number a row: 'x' has {length(f)} values and 'X' {len(numbers)}")
    means = [numbers[f.data == k].mean() if (f.data == k).any() else np.inf for k in range(len(f.levels))]
    order = np.argsort(means, kind="stable")
    return with_levels(f, tuple(f.levels[k] for k in order), f.type)


FACTOR_FUNCTIONS: dict[str, RFunction] = (
    table({"as.factor": as_factor, "as.ordered": as_ordered, "droplevels": drop_levels, "interaction": interaction})
    | table(
        {"factor": factor, "ordered": ordered, "relevel": relevel, "cut": cut, "reorder": reorder, "C": code}
        | {name: contrast_function(name) for name in CONTRASTS}
        | {"contr.treatment": contr_treatment, "contr.poly": contr_poly},
        LOOKUP,
    )
    | table(
        {
            "levels": lambda x: strings(list(x.levels)) if x.type in FACTORS else Value("null", np.zeros(0)),
            "nlevels": lambda x: Value("integer", np.array([float(len(x.levels)) if x.type in FACTORS else 0.0])),
        },
        ALL,
    )
)
