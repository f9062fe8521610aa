"""Contrasts of marginal means, in each group of `by=`: of named kinds, of given coefficients, of interactions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd

from stanmlm.after.margins.contrast_methods import Coefficients, Wanted, method_named
from stanmlm.after.margins.grid import Grid, combined, part_of_grid, stacked_grids
from stanmlm.after.margins.means import MarginalMeans
from stanmlm.after.margins.scales import contrasted
from stanmlm.after.margins.specs import require_known
from stanmlm.base.arguments import numbers_of
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError, did_you_mean

Method = str | Mapping[str, object]
ZERO = 1e-6  # of the sum of a contrast's coefficients, over the largest
_PARENS = re.compile(r"[-+/*]")  # emmeans puts names with signs in parentheses


@dataclass(frozen=True)
class How:
    """How contrasts are made and called."""

    method: Method
    by: tuple[str, ...]
    ref: object = None
    reverse: bool = False
    max_degree: int | None = None
    ratios: bool = True
    name: str = "contrast"
    enhanced: bool = True  # whether levels that are numbers have the name of their factor before them


def contrasts_of(means: MarginalMeans, how: How) -> MarginalMeans:
    """The contrasts of the rows that are shown, group by group."""
    require_known(how.by, means.grid.levels, "by")
    by = tuple(dict.fromkeys(n for name in how.by for n in (*means.nests.get(name, ()), name)))
    how = replace(how, by=by)
    grid = part_of_grid(means.grid, means.shown)
    name = _free(how.name, by)
    parts = [_group(part, how, name) for part in _groups(grid, by)]
    made = stacked_grids([part for part, _ in parts], {})
    unlike = bool(means.nests) and len(parts) > 1  # groups of different factors, which emmeans names first
    rows = made.rows[[*by, name]] if unlike else made.rows
    levels = {str(column): tuple(dict.fromkeys(rows[column])) for column in rows}
    are_contrasts = all(sums_to_zero for _, sums_to_zero in parts)
    scale, note = contrasted(means.scale, how.ratios and are_contrasts)
    grid = replace(made, levels=levels, rows=rows)
    return replace(means, partly=means.partly or unlike, grid=grid, scale=scale, estimate="estimate", by=by, nests={},
                   notes=(note,) if note else ())  # fmt: skip


def interaction_of(means: MarginalMeans, methods: Sequence[str], by: tuple[str, ...]) -> MarginalMeans:
    """Contrasts of contrasts, variable by variable, the last first."""
    require_known(by, means.grid.levels, "by")
    variables = [*(name for name in means.grid.levels if name not in by), *by]
    k = len(variables) - len(by)
    asked = [methods[i % len(methods)] for i in range(k)]
    found = means
    for i in reversed(range(k)):
        name = f"{variables[i]}_{asked[i]}"
        others = tuple(variables[:i] + variables[i + 1 :])
        found = contrasts_of(found, How(asked[i], others, name=name, enhanced=False))
        variables[i] = name
    return replace(found, by=by)


def _free(name: str, taken: Sequence[str]) -> str:
    """`contrast`, or `contrast1` within groups of contrasts."""
    before = sum(1 for other in taken if re.match(rf"{re.escape(name)}\d?$", other))
    return f"{name}{before or ''}"


def _groups(grid: Grid, by: Sequence[str]) -> list[Grid]:
    if not by:
        return [grid]
    groups = grid.rows.groupby(list(by), observed=True, sort=False).ngroup().to_numpy()
    return [part_of_grid(grid, groups == group) for group in range(groups.max() + 1)]


def _group(grid: Grid, how: How, name: str) -> tuple[Grid, bool]:
    """The contrasts of one group, and whether their coefficients sum to zero."""
    texts = _texts(grid, how)
    raw = [" ".join(map(str, row)) for row in grid.rows.drop(columns=list(how.by)).itertuples(index=False, name=None)]
    coefficients = _coefficients(texts, raw, how)
    by = np.array(list(coefficients.values()), dtype=float).reshape(len(coefficients), len(texts))
    first = grid.rows[list(how.by)].iloc[[0] * len(by)].reset_index(drop=True)
    rows = pd.concat([pd.DataFrame({name: list(coefficients)}, dtype=object), first], axis=1)
    weights = np.full(len(by), grid.weights.mean())
    sums = np.abs(by.sum(axis=1)) / (ZERO + np.abs(by).max(axis=1, initial=0.0))
    return combined(grid, by, {}, rows, weights), bool((sums < ZERO).all())


def _texts(grid: Grid, how: How) -> list[str]:
    """What rows are called in contrasts."""
    columns = []
    for name in grid.rows:
        if name not in how.by:
            texts = [_as_in_r(value) for value in grid.rows[name]]
            numbers = how.enhanced and all(map(_is_number, texts))
            columns.append([f"{name}{text}" if numbers else text for text in texts])
    rows = [" ".join(parts) for parts in zip(*columns, strict=True)] if columns else [""] * len(grid.rows)
    return [f"({text})" if _PARENS.search(text) else text for text in rows]


def _as_in_r(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.15g}"
    return {"True": "TRUE", "False": "FALSE"}.get(str(value), str(value))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _coefficients(texts: Sequence[str], raw: Sequence[str], how: How) -> Coefficients:
    if isinstance(how.method, str):
        if len(set(texts)) == 1 and how.method not in ("eff", "identity"):
            return {"(nothing)": np.full(len(texts), np.nan)}
        return method_named(how.method)(texts, Wanted(_places(how.ref, raw), how.reverse, how.max_degree))
    return {str(name): _given(str(name), values, texts) for name, values in how.method.items()}


def _given(name: str, values: object, texts: Sequence[str]) -> Floats:
    numbers = numbers_of(f"the contrast `{name}`", values)
    if numbers.shape != (len(texts),) or not np.isfinite(numbers).all():
        listed = ", ".join(texts[:10])
        raise OptionError(f"the contrast `{name}` needs {len(texts)} numbers, one for each of {listed}")
    return numbers


def _places(ref: object, levels: Sequence[str]) -> tuple[int, ...]:
    """Control levels by name, or by their number from 1 as in emmeans."""
    if ref is None:
        return ()
    several = [ref] if isinstance(ref, str | int) else list(cast(Sequence[object], ref))
    return tuple(_place(one, levels) for one in several)


def _place(ref: object, levels: Sequence[str]) -> int:
    if isinstance(ref, str) and ref in levels:
        return levels.index(ref)
    if isinstance(ref, int) and not isinstance(ref, bool) and 1 <= ref <= len(levels):
        return ref - 1
    raise OptionError(f"ref is {ref!r}, no level and no number from 1 to {len(levels)}" + did_you_mean(ref, levels))


def all_but(names: Sequence[str], means: MarginalMeans) -> tuple[str, ...]:
    """All variables but these: what `simple=` leaves as groups."""
    require_known(names, means.grid.levels, "simple")
    return tuple(name for name in means.grid.levels if name not in names)
