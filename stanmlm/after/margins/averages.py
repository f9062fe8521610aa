"""Averages over the rows of a grid, by emmeans's weights and within its nests."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import numpy as np
import pandas as pd

from stanmlm.after.margins.grid import Grid, cells_of_rows, combined, first_of_each, part_of_grid, stacked_grids
from stanmlm.after.margins.nests import Nests
from stanmlm.after.margins.specs import OVERALL
from stanmlm.base.arguments import numbers_of
from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.errors import OptionError, did_you_mean


def averaged(grid: Grid, names: Sequence[str], weights: object) -> tuple[Grid, tuple[str, ...]]:
    """The average at each combination of the values of some variables, and the variables that it is over."""
    grid = _with_overall(grid) if OVERALL in names and OVERALL not in grid.levels else grid
    over = tuple(name for name, values in grid.levels.items() if len(values) > 1 and name not in names)
    cell, counts = cells_of_rows(grid, names), _counts(grid)
    cells = int(np.prod([len(grid.levels[name]) for name in names], dtype=int))
    shares = _shares(grid, over, counts, weights)
    by = np.zeros((cells, len(cell)))
    by[cell, np.arange(len(cell))] = shares
    with np.errstate(invalid="ignore"):
        by /= by.sum(axis=1, keepdims=True)
    rows = grid.rows.iloc[first_of_each(grid, names, np.arange(cells))][list(names)]
    levels = {name: grid.levels[name] for name in names}
    return combined(grid, by, levels, rows, np.bincount(cell, grid.weights, cells).astype(float)), over


def _with_overall(grid: Grid) -> Grid:
    return Grid({**grid.levels, OVERALL: ("overall",)}, grid.rows.assign(**{OVERALL: "overall"}), grid.linfct,
                grid.offset, grid.weights, grid.null)  # fmt: skip


def _counts(grid: Grid) -> Floats:
    return grid.weights if grid.weights.any() else np.ones(len(grid.weights))


def averaged_levels(grid: Grid, names: Sequence[str]) -> pd.DataFrame:
    """The combinations that averages are over, in the order of weights given as numbers."""
    over = [name for name, values in grid.levels.items() if len(values) > 1 and name not in names]
    size = int(np.prod([len(grid.levels[name]) for name in over], dtype=int))
    return grid.rows.iloc[first_of_each(grid, over, np.arange(size))][over].reset_index(drop=True)


def _equal(grid: Grid, over: Sequence[str], counts: Floats) -> Floats:
    return np.ones(len(counts))


def _proportional(grid: Grid, over: Sequence[str], counts: Floats) -> Floats:
    """How often each combination of what is averaged over is seen, wherever it is."""
    at = cells_of_rows(grid, over)
    return np.asarray(np.bincount(at, counts)[at])


def _outer(grid: Grid, over: Sequence[str], counts: Floats) -> Floats:
    """The product of how often each value is seen by itself."""
    return np.asarray(np.prod([_proportional(grid, [name], counts) for name in over], axis=0) * np.ones(len(counts)))


def _cells(grid: Grid, over: Sequence[str], counts: Floats) -> Floats:
    return counts


def _flat(grid: Grid, over: Sequence[str], counts: Floats) -> Floats:
    return (counts > 0).astype(float)


WEIGHTS: Mapping[str, Callable[[Grid, Sequence[str], Floats], Floats]] = {
    "equal": _equal,
    "proportional": _proportional,
    "outer": _outer,
    "cells": _cells,
    "flat": _flat,
}
SHOW_LEVELS = "show.levels"


def check_weights(weights: object) -> None:
    """Refuse what is neither a rule nor numbers."""
    if isinstance(weights, str):
        if weights not in (*WEIGHTS, SHOW_LEVELS):
            raise OptionError(f"weights is `{weights}`" + did_you_mean(weights, (*WEIGHTS, SHOW_LEVELS)))
        return
    numbers = numbers_of("weights", weights)
    if numbers.ndim != 1 or not np.isfinite(numbers).all() or (numbers < 0).any() or not numbers.sum() > 0:
        raise OptionError("weights must be a list of numbers of zero or more that are not all zero, or a rule: "
                          + ", ".join(f'"{name}"' for name in WEIGHTS))  # fmt: skip


def _shares(grid: Grid, over: Sequence[str], counts: Floats, weights: object) -> Floats:
    if isinstance(weights, str):
        return WEIGHTS[weights](grid, over, counts)
    numbers = numbers_of("weights", weights)
    size = int(np.prod([len(grid.levels[name]) for name in over], dtype=int))
    if len(numbers) != size:
        raise OptionError(f"weights has {len(numbers)} numbers, and averages are over {size} combinations: "
                          f'weights="{SHOW_LEVELS}" lists them')  # fmt: skip
    return numbers[cells_of_rows(grid, over)]


def averaged_within(grid: Grid, names: Sequence[str], weights: object, nests: Nests) -> tuple[Grid, tuple[str, ...]]:
    """`averaged`, where factors are within others: first over their levels in each of these, as emmeans does."""
    grid = _with_overall(grid) if OVERALL in names and OVERALL not in grid.levels else grid
    inner = [name for name in grid.levels if name in nests and name not in names]
    if not inner:
        return averaged(grid, names, weights)
    first = max(reversed(inner), key=lambda name: len(nests[name]))
    around = tuple(dict.fromkeys((*nests[first], *(name for name in inner if name != first))))
    kept = tuple(dict.fromkeys((*names, *around)))
    at, parts, over = cells_of_rows(grid, around), list[Grid](), dict[str, None]()
    for place in np.unique(at):
        part, also = averaged(part_of_grid(grid, _seen(grid, first, at == place)), kept, weights)
        parts.append(part)
        over |= dict.fromkeys(also)
    levels = {name: tuple(v for v in grid.levels[name] if any(v in p.levels[name] for p in parts)) for name in kept}
    left = {name: within for name, within in nests.items() if name in kept}
    result, more = averaged_within(stacked_grids(parts, levels), names, _for_nests(weights), left)
    return result, tuple(name for name in dict.fromkeys((*over, *more)) if name not in names)


def _seen(grid: Grid, name: str, here: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Ints:
    """The rows of a place whose level of a factor has data there; all of them where none has."""
    some = set(grid.rows.loc[here & (grid.weights > 0), name])
    rows = np.flatnonzero(here)
    seen = np.array([value in some for value in grid.rows[name].iloc[rows]], dtype=bool)
    return rows[seen] if seen.any() else rows


def _for_nests(weights: object) -> object:
    """A rule serves each step; numbers are for one."""
    return weights if isinstance(weights, str) else cast(object, "equal")
