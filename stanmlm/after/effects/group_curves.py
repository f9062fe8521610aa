"""What a fit expects of each level of a grouping factor: along a predictor, and as one coefficient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd

from stanmlm.after.effects.datagrid import (
    distinct_values,
    fitted_data,
    is_discrete,
    names_of_side,
    typical,
    typical_of_fit,
    with_value,
)
from stanmlm.after.predict.estimates import columns_beside
from stanmlm.after.predict.expected import OfRows, expectation, linear, require_numbers, theta_of
from stanmlm.after.predict.new_rows import given_offset
from stanmlm.after.predict.outcome import observed_responses
from stanmlm.after.predict.predict import summary_of
from stanmlm.after.predict.row_groups import group_of
from stanmlm.after.predict.target import Target, target_of
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.data.coding import INTERCEPT
from stanmlm.fit.fit import Fit
from stanmlm.formula.rcode import names_in
from stanmlm.formula.rparse import parse_expression
from stanmlm.priors.parameters import groupings

QUANTILES = {"lower95": 0.025, "lower50": 0.25, "estimate": 0.5, "upper50": 0.75, "upper95": 0.975}


@dataclass(frozen=True)
class Levels:
    """The levels of a grouping factor as rows to predict for."""

    rows: pd.DataFrame  # a row a level, under its label: what is constant within it has its value, the rest is typical
    own: frozenset[str]  # the columns that are constant within every level


def group_curves(
    fit: Fit,
    x: str,
    group: str,
    over: Sequence[str] = (),
    at: Mapping[str, object] | None = None,
    points: int = 50,
) -> pd.DataFrame:
    """Expected responses of every level of a group along a predictor, as medians with 50% and 95% intervals.

    A variable that is constant within levels, such as a state's income, has each level's own value; the others stand
    where `datagrid` puts them. Effects of other grouping factors count as zero, unless they are in `over`.

    Parameters
    ----------
    fit
        A fit.
    x
        A numeric variable of the model; its range in the data is used.
    group
        A grouping factor, as `ngrps` names it, or another variable that tells groups.
    over
        Variables whose every value is crossed with `x`, for panels.
    at
        Values of other variables.
    points
        Points of a curve.

    Returns
    -------
    pandas.DataFrame
        The variables of the model, `group` as text, `estimate`, `lower50`, `upper50`, `lower95`, `upper95`.

    Raises
    ------
    DataError, OptionError
        For variables that the model does not have, and an `x` that is no number.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> group_curves(fit, "hours", "student", points=2)[["hours", "student"]].shape
    (200, 2)
    """
    rows = _numeric(fit, x)
    grid = _crossed(fit, level_rows(fit, group), over)
    for name, value in (at or {}).items():
        _check_variable(fit, name)
        grid = with_value(grid, name, value)
    along = np.linspace(float(rows.min()), float(rows.max()), points)
    grid = grid.iloc[np.repeat(np.arange(len(grid)), points)].assign(**{x: np.tile(along, len(grid))})
    target = _target(fit, grid, {*_variables(group), *over})
    names = interval_names(fit, group)
    require_numbers(fit, "curves of expected responses by group")
    return _labelled(_intervals(fit, target, grid, names, expectation(fit, target)), group)


def group_points(fit: Fit, x: str, group: str, over: Sequence[str] = ()) -> pd.DataFrame:
    """The rows behind `group_curves`: `x`, `group` as text, the variables in `over`, and what was observed, last.

    Parameters
    ----------
    fit
        A fit.
    x, group, over
        As in `group_curves`.

    Returns
    -------
    pandas.DataFrame
        A row a row of the data; the last column, `observed`, is on the scale of the curves.

    Raises
    ------
    OptionError
        Where responses are categories, or several numbers.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> group_points(fit, "hours", "student").columns.tolist()
    ['hours', 'student', 'observed']
    """
    seen = observed_responses(fit)
    if seen is None:
        raise OptionError("responses that are categories, or several numbers, are no points beside expected ones")
    labels, rows = group_of(fit, group), fitted_data(fit)[[x, *over]].reset_index(drop=True)
    texts = labels.rename_categories(str)
    (column,) = columns_beside(["observed"], {*rows.columns, group}).values()
    return (
        rows[[x]].assign(**{group: texts}).join(rows[[name for name in over if name != group]]).assign(**{column: seen})
    )


def group_slopes(fit: Fit, x: str, group: str, of: str | None = None) -> pd.DataFrame:
    """One coefficient of every level of a group, all that the model says of it, beside what is known about the level.

    Parameters
    ----------
    fit
        A fit.
    x
        A column of the data that is constant within levels; the model need not have it.
    group
        A grouping factor.
    of
        The variable whose coefficient it is: what the linear predictor gains with one unit of it, about its typical
        value, at the level's own values of the others. "(Intercept)": the linear predictor where all that varies
        within levels is zero, or at its first level. Where None, the variable that varies by the group.

    Returns
    -------
    pandas.DataFrame
        A row a level: `group` as text, `x`, and the intervals of the coefficient.

    Raises
    ------
    DataError, OptionError
        For variables that there are not, and an `x` that varies within levels.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_counties
    >>> fit = lmer("rvs ~ income + conservatism + (1 | state)", simulate_counties(seed=1), seed=1)
    >>> group_slopes(fit, "conservatism", "state").shape
    (15, 7)
    """
    levels, of = level_rows(fit, group), coefficient_of(fit, group, of)
    known = constant_of(fit, x, group)
    names = interval_names(fit, group, x)
    frame = _labelled(_coefficients(fit, levels.rows, of, levels, set(_variables(group)), names), group)
    return frame[[group, *names.values()]].assign(**{x: known.loc[list(frame[group])].to_numpy()})


def expected_slopes(fit: Fit, x: str, group: str, of: str | None = None, points: int = 41) -> pd.DataFrame | None:
    """The coefficient that the model expects of a level by its `x` alone; None where the model does not have `x`.

    The arguments are those of `group_slopes`.
    """
    if x not in fitted_data(fit).columns or is_discrete(fit, x):
        return None
    levels, column = level_rows(fit, group), fitted_data(fit)[x]
    typical_row = levels.rows.iloc[[0] * points].reset_index(drop=True)
    for name in levels.own - {x} - set(_variables(group)):
        typical_row = with_value(typical_row, name, typical(fitted_data(fit)[name]))
    grid = typical_row.assign(**{x: np.linspace(float(column.min()), float(column.max()), points)})
    names = interval_names(fit, group, x)
    frame = _coefficients(fit, grid, coefficient_of(fit, group, of), levels, set(), names)
    return frame[[x, *names.values()]].reset_index(drop=True)


def interval_names(fit: Fit, *beside_these: str) -> Mapping[str, str]:
    """What the columns of intervals are called beside the variables of a fit and others."""
    return columns_beside(QUANTILES, {*fitted_data(fit).columns, *beside_these})


def level_rows(fit: Fit, group: str) -> Levels:
    """The levels of a grouping factor as rows to predict for."""
    rows, labels = fitted_data(fit), group_of(fit, group)
    codes = np.asarray(labels.codes)
    counts = rows.groupby(codes).nunique(dropna=False)
    own = [str(name) for name in rows.columns if counts.loc[counts.index >= 0, name].max() <= 1]
    seen = [int(np.argmax(codes == code)) for code in range(len(labels.categories)) if (codes == code).any()]
    first = rows.iloc[seen].set_axis(pd.Index([str(labels[i]) for i in seen]))
    for name, value in typical_of_fit(fit).items():
        first = first if name in own else with_value(first, name, value)
    return Levels(first, frozenset(own))


def constant_of(fit: Fit, x: str, group: str) -> pd.Series:
    """The value of a column of the data in each level of a group."""
    data = fit.model.frame.data.iloc[fit.model.frame.rows]
    if x not in data.columns:
        raise DataError(f"`{x}` is not a column of the data" + did_you_mean(x, map(str, data.columns)))
    labels = group_of(fit, group)
    by_level = data[x].groupby(pd.Series(labels, index=data.index), observed=True)
    if by_level.nunique(dropna=False).max() > 1:
        raise DataError(f"`{x}` varies within `{group}`: a coefficient is drawn against what is known about a group")
    first: pd.Series = by_level.first()
    return first


def coefficient_of(fit: Fit, group: str, of: str | None) -> str:
    """The variable whose coefficient is meant: as it is given, else the one that varies by the group."""
    if of is not None:
        if of != INTERCEPT:
            _numeric(fit, of)
        return of
    known = set(fitted_data(fit).columns)
    bars = {bar for grouping in groupings(fit.model.design) if grouping.group == group for bar in grouping.bars}
    labels = {label for bar in bars for label in fit.model.design.terms[bar].coef_terms if label}
    names = [name for bar in fit.model.formula.bars for name in names_of_side(bar.left) if name in known]
    varying = [name for name in dict.fromkeys(names) if any(name in names_in(parse_expression(lab)) for lab in labels)]
    if len(varying) > 1:
        raise OptionError(f"several variables vary by `{group}`; say which one with of=: {', '.join(varying)}")
    return varying[0] if varying else INTERCEPT


def _coefficients(
    fit: Fit, rows: pd.DataFrame, of: str, levels: Levels, counted: set[str], names: Mapping[str, str]
) -> pd.DataFrame:
    """The coefficient of `of` at some rows, as intervals; offsets are no part of it."""
    if of == INTERCEPT:
        target = _without_offset(fit, _at_zero(fit, rows, levels), counted)
        return _intervals(fit, target, rows, names, linear(fit))
    middle = float(np.asarray(typical(fitted_data(fit)[of]), dtype=float))
    below, above = (_without_offset(fit, rows.assign(**{of: middle + step}), counted) for step in (-0.5, 0.5))
    eta = linear(fit)
    return _intervals(fit, above, rows, names, lambda theta, at: eta(theta, at) - eta(theta_of(fit, below, at), at))


def _at_zero(fit: Fit, rows: pd.DataFrame, levels: Levels) -> pd.DataFrame:
    for name in map(str, set(rows.columns) - levels.own):
        first = distinct_values(fitted_data(fit)[name])[0] if is_discrete(fit, name) else 0.0
        rows = with_value(rows, name, first)
    return rows


def _target(fit: Fit, rows: pd.DataFrame, counted: set[str], offset: float | None = None) -> Target:
    """Rows to predict for, with the effects of those grouping factors that are made of the counted variables."""
    target = target_of(fit, rows, offset=offset)
    terms = target.design.terms
    used = tuple(np.full(len(term.coefs), set(_variables(term.group)) <= counted) for term in terms)
    return replace(target, used=used)


def _without_offset(fit: Fit, rows: pd.DataFrame, counted: set[str]) -> Target:
    target = _target(fit, rows, counted, None if given_offset(fit) is None else 0.0)
    return replace(target, design=replace(target.design, offset=np.zeros_like(target.design.offset)))


def _intervals(fit: Fit, target: Target, rows: pd.DataFrame, names: Mapping[str, str], values: OfRows) -> pd.DataFrame:
    table = summary_of(fit, target, values, list(QUANTILES.values()))
    columns = dict(zip(names.values(), table.to_numpy().T[2:], strict=True))  # after mean and sd
    return rows.assign(**columns)


def _labelled(frame: pd.DataFrame, group: str) -> pd.DataFrame:
    """The labels of levels as a column, in the order of the levels."""
    labels = frame.index
    return frame.reset_index(drop=True).assign(**{group: pd.Categorical(labels, list(dict.fromkeys(labels)))})


def _crossed(fit: Fit, levels: Levels, over: Sequence[str]) -> pd.DataFrame:
    """The levels' rows with every value of the variables in `over` that are not the level's own."""
    for name in over:
        _check_variable(fit, name)
    free = [name for name in over if name not in levels.own]
    copies = []
    for values in product(*(distinct_values(fitted_data(fit)[name]) for name in free)):
        copy = levels.rows
        for name, value in zip(free, values, strict=True):
            copy = with_value(copy, name, value)
        copies.append(copy)
    return pd.concat(copies)


def _variables(group: str) -> list[str]:
    return sorted(names_in(parse_expression(group)))


def _check_variable(fit: Fit, name: str) -> None:
    known = fitted_data(fit).columns
    if name not in known:
        raise DataError(f"`{name}` is not a variable of the model" + did_you_mean(name, map(str, known)))


def _numeric(fit: Fit, name: str) -> pd.Series:
    _check_variable(fit, name)
    column = fitted_data(fit)[name]
    if is_discrete(fit, name):
        raise OptionError(f"`{name}` tells groups apart, and a curve needs numbers; see conditional_effects")
    return column
