"""Grouping factors as lme4 makes them: an index and the levels that occur, in R's order."""

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Ints
from stanmlm.base.errors import DataError
from stanmlm.data.foreign_values import as_value
from stanmlm.data.rvalues import Value, as_character, as_factor, distinct, width
from stanmlm.formula.formula import Bar, Expression, Node, deparse, parse_expression
from stanmlm.formula.rcode import call, is_call, operands
from stanmlm.formula.rtext import label

Level = str | tuple[str, ...]  # of one variable, or of several that cross: a part of each


@dataclass(frozen=True)
class GroupFactor:
    """A grouping factor with the levels that occur."""

    data: Ints  # (n,) codes into `levels`, -1 for a missing one
    levels: tuple[Level, ...]


def group_factor(group: Sequence[Expression], values: Mapping[str, Value], allow_missing: bool = False) -> GroupFactor:
    """The interaction of the grouping variables, with the levels that occur.

    Levels are ordered by the first variable, then the next, as lme4's `%i%`; `level_names` writes them.

    Raises
    ------
    DataError
        When a grouping variable is a matrix, or missing everywhere.
    """
    crossed = _single(group[0], values)
    for part in group[1:]:
        crossed = _cross(crossed, _single(part, values))
    if not allow_missing and (crossed.data < 0).all():
        written = ":".join(part.label for part in group)
        raise DataError(f"Invalid grouping factor specification, {written}: it is missing in all rows")
    return crossed


def group_label(bar: Bar, text: str) -> str:
    """lme4's name of a grouping factor: as it was written; `a/b/c` gives `c:(b:a)`, `b:a` and `a`."""
    written = operands(parse_expression(text[bar.start : bar.stop]))[1]
    parts = [part.label for part in bar.group]
    return next((deparse(node) for node in _nested(written) if _factors(node) == parts), ":".join(parts))


def _nested(node: Node) -> list[Node]:
    """The groups of `a/b/c`, innermost first, as lme4's makeInteraction nests them."""
    if not is_call(node, ["/"], 2):
        return [node]
    outer, inner = operands(node)
    around = _nested(outer)
    return [call(":", inner, around[0]), *around]


def _factors(node: Node) -> list[str]:
    if is_call(node, [":", "("]):
        return [part for child in operands(node) for part in _factors(child)]
    return [label(node)]


def _single(part: Expression, values: Mapping[str, Value]) -> GroupFactor:
    value = values[part.label]
    if width(value) > 1 or value.data.ndim > 1:
        raise DataError(f"Invalid grouping factor specification, {part.label}: it is a matrix")
    factor = distinct(as_factor(value))
    return GroupFactor(factor.data, factor.levels)


def _cross(a: GroupFactor, b: GroupFactor) -> GroupFactor:
    pairs = np.where((a.data < 0) | (b.data < 0), -1, a.data.astype(np.int64) * len(b.levels) + b.data)
    codes, found = pd.factorize(pairs, sort=True, use_na_sentinel=True)
    if len(found) and found[0] == -1:
        codes, found = codes - 1, found[1:]
    quotient, remainder = np.divmod(found, max(1, len(b.levels)))
    pairs_found = zip(quotient.tolist(), remainder.tolist(), strict=True)
    return GroupFactor(codes, tuple((*factor_parts(a.levels[i]), *factor_parts(b.levels[j])) for i, j in pairs_found))


def factor_parts(level: Level) -> tuple[str, ...]:
    """A level's part of each variable that crosses."""
    return (level,) if isinstance(level, str) else level


def level_key(level: Level) -> str:
    """A text that no other level of its factor has: what random numbers of the level go by.

    Examples
    --------
    >>> level_key(("a", "b")), level_key(("a:b", "c")), level_key(("a", "b:c"))
    ('a:b', 'a\\\\:b:c', 'a:b\\\\:c')
    """
    if isinstance(level, str):
        return level
    return ":".join(part.replace("\\", "\\\\").replace(":", "\\:") for part in level)


def level_names(levels: Sequence[Level], taken: Collection[str] = ()) -> tuple[str, ...]:
    """Levels as lme4 writes them, parts joined by colons; where two would read alike, odd parts are in back-ticks.

    Parameters
    ----------
    levels
        Of one factor.
    taken
        Names that others have, of the fitted levels beside new ones.

    Examples
    --------
    >>> level_names([("x", "1"), ("x:y", "z"), ("x", "y:z")])
    ('x:1', '`x:y`:z', 'x:`y:z`')
    """
    plain = [level if isinstance(level, str) else ":".join(level) for level in levels]
    often = Counter([*plain, *taken])
    if len(often) == len(plain) + len(taken):
        return tuple(plain)
    names = [_ticked(level) if often[text] > 1 else text for level, text in zip(levels, plain, strict=True)]
    return make_unique(names, taken)


def _ticked(level: Level) -> str:
    return ":".join(f"`{part}`" if ":" in part or "`" in part else part for part in factor_parts(level))


def match_levels(factor: GroupFactor, levels: tuple[Level, ...]) -> tuple[Ints, tuple[Level, ...]]:
    """The index of each row among fitted levels, and the new levels, which the index counts on; -1 is NA."""
    place = {level: k for k, level in enumerate(levels)}
    new = tuple(level for level in factor.levels if level not in place)
    place.update({level: len(levels) + k for k, level in enumerate(new)})
    recode = np.array([*(place[level] for level in factor.levels), -1], dtype=np.int64)
    return recode[factor.data], new


def own_values(levels: Sequence[str], column: "pd.Series[Any]") -> list[Any]:
    """The levels of a factor made from a column as the column has them: the number 3 for "3".

    Examples
    --------
    >>> own_values(("1", "10", "2"), pd.Series([2, 1, 10, 1]))
    [1, 10, 2]
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        found, names = column.cat.categories, list(as_value(column.iloc[:0], str(column.name)).levels)
    else:
        found = pd.Index(column.dropna().unique())
        names = level_texts(pd.Series(found, name=column.name)).tolist()
    values = dict(zip(names, found.tolist(), strict=True))
    return [values.get(level, level) for level in levels]


def level_texts(column: "pd.Series[Any]") -> "pd.Series[str]":
    """The labels of levels that the values of a column have in a factor: "3" for 3 and for 3.0."""
    found = as_character(as_value(column, str(column.name)))
    return pd.Series(np.array([*found.levels, None], dtype=object)[found.data], index=column.index, dtype=object)


def make_unique(names: Iterable[str], taken: Collection[str] = ()) -> tuple[str, ...]:
    """R's `make.unique`: a second `g` is `g.1`, or the next that no other is; `taken` are names of others.

    Examples
    --------
    >>> make_unique(["g", "g", "g.1", "h"], taken=["h"])
    ('g', 'g.2', 'g.1', 'h.1')
    """
    given, used = list(names), set(taken)
    if len(set(given)) == len(given) and used.isdisjoint(given):
        return tuple(given)
    used |= set(given)
    count: Counter[str] = Counter(taken)
    unique = []
    for name in given:
        new = name
        while count[name] and new in used:
            new = f"{name}.{count[name]}"
            count[name] += new in used
        count[name] += 1
        used.add(new)
        unique.append(new)
    return tuple(unique)


def make_names(labels: Iterable[str], spell: Callable[[str], str], taken: Collection[str] = ()) -> dict[str, str]:
    """What each label is spelled, no two alike; a label that needs no other spelling keeps its own.

    Examples
    --------
    >>> make_names(["g/h", "g_h"], lambda label: label.replace("/", "_"))
    {'g_h': 'g_h', 'g/h': 'g_h.1'}
    """
    every = list(labels)
    plain = {label: label for label in every if spell(label) == label and label not in taken}
    others = [label for label in every if label not in plain]
    return plain | dict(zip(others, make_unique(map(spell, others), (*plain, *taken)), strict=True))


def lme4_order(sizes: Sequence[int]) -> list[int]:
    """Positions of terms by number of levels, as `mkReTrms`: kept when descending, else the reverse of R's order()."""
    if all(a >= b for a, b in itertools.pairwise(sizes)):
        return list(range(len(sizes)))
    ascending = np.argsort(sizes, kind="stable")
    return [int(k) for k in ascending[::-1]]
