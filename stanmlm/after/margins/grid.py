"""Rows of linear functions of parameters, each at some values of variables: what emmeans calls a grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Bools, Floats, Ints

NULL = 1e-8  # R's tolerance of what a rank-deficient design leaves of a function that it can estimate

Levels = Mapping[str, tuple[object, ...]]


@dataclass(frozen=True)
class Grid:
    """R linear functions of P parameters."""

    levels: Levels  # the variables that rows differ in, with their values in order
    rows: pd.DataFrame  # (R) a column a variable
    linfct: Floats  # (R, P)
    offset: Floats  # (R,)
    weights: Floats  # (R,) how many rows of the data are there
    null: Floats  # (R, Q) the part that a rank-deficient design does not tell; zero of what it does


def cells_of_rows(grid: Grid, names: Sequence[str]) -> Ints:
    """(R,) the place of each row among all combinations of the values of some variables, the first fastest."""
    at, stride = np.zeros(len(grid.rows), dtype=np.int64), 1
    for name in names:
        order = {value: i for i, value in enumerate(grid.levels[name])}
        at += stride * np.array([order[value] for value in grid.rows[name]], dtype=np.int64)
        stride *= len(order)
    return at


def first_of_each(grid: Grid, names: Sequence[str], places: Ints) -> Ints:
    """A row that has each of these combinations."""
    _, first = np.unique(cells_of_rows(grid, names), return_index=True)
    found = dict(zip(cells_of_rows(grid, names)[first].tolist(), first.tolist(), strict=True))
    return np.array([found[place] for place in places.tolist()], dtype=np.int64)


def part_of_grid(grid: Grid, at: Ints | Bools) -> Grid:
    """Some rows; variables keep the values that are left."""
    rows = grid.rows.iloc[np.arange(len(grid.rows))[at]].reset_index(drop=True)
    levels = {name: tuple(v for v in values if v in set(rows[name])) for name, values in grid.levels.items()}
    return Grid(levels, rows, grid.linfct[at], grid.offset[at], grid.weights[at], grid.null[at])


def combined(grid: Grid, by: Floats, levels: Levels, rows: pd.DataFrame, weights: Floats) -> Grid:
    """Linear combinations of rows, `by` (new rows, rows), called `rows`."""
    made = replace(grid, levels=levels, rows=rows.reset_index(drop=True), weights=weights)
    return replace(made, linfct=by @ grid.linfct, offset=by @ grid.offset, null=by @ grid.null)


def stacked_grids(grids: Sequence[Grid], levels: Levels) -> Grid:
    """One grid under the other."""
    rows = pd.concat([grid.rows for grid in grids], ignore_index=True)
    stacked = (np.concatenate([getattr(grid, part) for grid in grids]) for part in _ARRAYS)
    return Grid(levels, _with_levels(rows, grids[0].rows), *stacked)


_ARRAYS = ("linfct", "offset", "weights", "null")


def _with_levels(rows: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Factors as they were: pandas makes texts of factors that it joins."""
    return rows.astype({name: like[name].dtype for name in rows if name in like and rows[name].dtype != like[name].dtype
                        and isinstance(like[name].dtype, pd.CategoricalDtype)})  # fmt: skip


def is_estimable(grid: Grid) -> Bools:
    """(R,) whether the data tell each row: False in empty cells of a rank-deficient design, and for no weight."""
    told = np.isfinite(grid.linfct).all(axis=1)
    size = np.maximum(1.0, (grid.linfct**2).sum(axis=1))
    return np.asarray(told & (np.abs(grid.null) < NULL * size[:, None]).all(axis=1))


def drawn_on_grid(grid: Grid, beta: Floats) -> Floats:
    """(draws, R) what the functions are of draws of the parameters; NaN where the data do not tell."""
    known = is_estimable(grid)
    values = beta @ np.where(known[:, None], grid.linfct, 0.0).T + grid.offset
    values[:, ~known] = np.nan
    return np.asarray(values)
