"""Factors within factors: how emmeans finds them, in the cells that have data and in the terms of the model."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from stanmlm.after.margins.grid import Grid, Levels
from stanmlm.base.arrays import Bools, Floats

Nests = Mapping[str, tuple[str, ...]]  # of a factor, those that it is within

Term = tuple[str, ...]  # names of variables


def nests_of(rows: pd.DataFrame, weights: Floats, levels: Levels, terms: Sequence[Term]) -> Nests:
    """emmeans's `.find_nests`: each level of a factor is seen within one of another, or terms say so."""
    names = [name for name, values in levels.items() if len(values) > 1]
    if len(names) < 2:
        return {}
    found = _seen(rows.loc[weights > 0, names], names)
    for name in _without_own_term(names, terms):
        within = _said(name, names, terms)
        if within:
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *within)))
    return _closed(found)


def _seen(rows: pd.DataFrame, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        others = [other for other in names if other != name and name not in found.get(other, ())]
        most = {other: rows.groupby(name, observed=True)[other].nunique().max() for other in others}
        within = tuple(other for other in others if most[other] == 1)
        if within:
            found[name] = within
    return found


def _without_own_term(names: Sequence[str], terms: Sequence[Term]) -> list[str]:
    own = {term[0] for term in terms if len(term) == 1}
    return [name for name in names if any(name in term for term in terms) and name not in own]


def _said(name: str, names: Sequence[str], terms: Sequence[Term]) -> list[str]:
    """R's `factors` of a terms object: 1 where a variable of a term is coded by contrasts, 2 by dummies."""
    sets = [frozenset(term) for term in terms]
    holds = [term for term in sets if name in term]
    by_contrasts = [term for term in holds if not term - {name} or term - {name} in sets]
    used = by_contrasts or holds
    within = [[n for n in names if n in t and n != name and not (t - {n} in sets or t == {n})] for t in used]
    smallest = [w for w in within if not any(set(v) < set(w) for v in within if v)]
    return list(dict.fromkeys(n for w in smallest for n in w))


def _closed(found: dict[str, tuple[str, ...]]) -> Nests:
    """With those that the others are within; what would be within itself is not."""
    for name in list(found):
        further = [n for other in found[name] for n in found.get(other, ())]
        found[name] = tuple(dict.fromkeys((*further, *found[name])))
    return {name: within for name, within in found.items() if name not in within}


def nests_text(nests: Nests) -> str:
    """`town %in% state`, as emmeans has it."""
    texts = (f"{name} %in% {w[0] if len(w) == 1 else '(' + '*'.join(w) + ')'}" for name, w in nests.items())
    return ", ".join(texts)


def is_shown(grid: Grid, names: Sequence[str], nests: Nests) -> Bools:
    """(R,) whether there are data where a row is, as far as factors and those that they are within are concerned."""
    keep = np.ones(len(grid.rows), dtype=bool)
    for name in names:
        own = [n for n in dict.fromkeys((name, *nests.get(name, ()))) if n in grid.rows]
        if own:
            total = pd.Series(grid.weights).groupby([grid.rows[n] for n in own], observed=True).transform("sum")
            keep &= (total > 0).to_numpy()
    return keep
