"""Slopes at the rows of a reference grid: emmeans's `emtrends`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np
import pandas as pd

from stanmlm.after.effects.datagrid import fitted_data, known_name
from stanmlm.after.margins.averages import check_weights
from stanmlm.after.margins.bases import basis_by_row, basis_of, parameters_of
from stanmlm.after.margins.emmeans import GridAsked, GridOptions, asked_of, gridded, shown_means
from stanmlm.after.margins.grid import Grid
from stanmlm.after.margins.means import MarginalMeans, MeansAndContrasts
from stanmlm.after.margins.reference import Reference, reference_grid
from stanmlm.after.margins.scales import NONE
from stanmlm.after.margins.specs import OVERALL, require_known, specs_of
from stanmlm.after.predict.new_rows import value_on
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, OptionError
from stanmlm.data.rvalues import floats
from stanmlm.fit.fit import Fit
from stanmlm.formula.rcode import names_in
from stanmlm.formula.rparse import parse_expression

STEP = 0.001  # of a trend, as a share of the range of the data: emmeans's `delta.var`


def emtrends(
    fit: Fit,
    specs: str | Sequence[str],
    var: str,
    by: str | Sequence[str] | None = None,
    *,
    weights: str | Sequence[float] = "equal",
    level: float | None = None,
    **options: Unpack[GridOptions],
) -> MarginalMeans | MeansAndContrasts:
    """Slopes of a predictor at each level of some factors, averaged over those of the others.

    Parameters
    ----------
    fit
        A fit.
    specs
        `"f"`, `["f", "g"]`, `"~ f * g"`, `"~ f | g"`, `"~ 1"`, or with contrasts `"pairwise ~ f | g"`.
    var
        A predictor that is a number, or a function of one such as `"log(x)"`.
    by
        Factors whose combinations are tables of their own; None for those behind the bar of `specs`.
    weights
        How levels of other factors are averaged: "equal", "proportional" (to how often they are seen), "outer"
        (products of margins), "cells" (how often they are seen in each cell), "flat" (cells that are seen), or numbers.
    level
        Of the intervals, 0.95 where None.
    **options
        See `GridOptions`.

    Returns
    -------
    MarginalMeans
        `.frame` has `x.trend`: difference quotients over a thousandth of the range of the predictor, as in emmeans.

    Raises
    ------
    DataError, OptionError
        For factors and predictors that the model does not have, or that are no numbers, and for unknown options.

    Examples
    --------
    >>> from stanmlm import emtrends, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> emtrends(fit, "~ 1", var="hours").frame.columns.tolist()
    ['1', 'hours.trend', 'lower.HPD', 'upper.HPD']
    """
    check_arguments(emtrends, locals())
    check_weights(weights)
    wanted = specs_of(specs, by)
    grid = _trends(fit, var, asked_of(options))
    require_known((*wanted.names, *wanted.by), {*grid.grid.levels, OVERALL})
    return shown_means(grid, wanted, weights, None, level)


def _trends(fit: Fit, var: str, asked: GridAsked) -> MarginalMeans:
    """Difference quotients of what is asked, at each row of the reference grid."""
    dpars = parameters_of(fit, asked.what)
    reference = reference_grid(fit, dpars, asked.covariates)
    name, step = _variable(fit, var, reference)
    moved = reference.table.assign(**{name: reference.table[name].to_numpy(dtype=float) + step})
    here, there = (gridded(fit, reference, basis_of(fit, table, asked.what), dpars, asked)
                   for table in (reference.table, moved))  # fmt: skip
    width = _difference(fit, var, name, reference.table, moved)
    rows = np.resize(width, len(here.grid.rows))
    quotient = _quotient(here, there, rows)
    return replace(here, grid=quotient[0], beta=quotient[1], columns=quotient[2], scale=NONE, trend=(name,),
                   estimate=f"{var}.trend")  # fmt: skip


def _quotient(here: MarginalMeans, there: MarginalMeans, width: Floats) -> tuple[Grid, Floats, tuple[str, ...]]:
    """The slope from one grid to another: of the functions where these are of the same parameters, else of draws."""
    zero = np.zeros(len(width))
    if np.array_equal(here.beta, there.beta) and here.grid.linfct.shape == there.grid.linfct.shape:
        slope = (there.grid.linfct - here.grid.linfct) / width[:, None]
        null = np.column_stack([here.grid.null, there.grid.null])
        return replace(here.grid, linfct=slope, offset=zero, null=null), here.beta, here.columns
    draws = (there.beta @ there.grid.linfct.T - here.beta @ here.grid.linfct.T) / width
    made = basis_by_row(draws, here.columns if len(here.columns) == len(width) else ())
    return replace(here.grid, linfct=made.linfct, offset=zero, null=made.null), draws, made.columns


def _variable(fit: Fit, var: str, reference: Reference) -> tuple[str, float]:
    """The predictor that a trend is along, and how far it moves."""
    data = fitted_data(fit)
    names = sorted(names_in(parse_expression(var))) if var not in data.columns else [var]
    if len(names) != 1:
        raise OptionError(f"var is `{var}`; it must be a predictor, or a function of one")
    name = known_name(names[0], reference.rows)
    if not pd.api.types.is_numeric_dtype(data[name]) or pd.api.types.is_bool_dtype(data[name]):
        raise DataError(f"`{name}` is no number, so that it has no slope; emmeans() compares its levels")
    column = data[name].to_numpy(dtype=float)
    return name, STEP * (float(np.ptp(column)) or 1.0)


def _difference(fit: Fit, var: str, name: str, here: pd.DataFrame, there: pd.DataFrame) -> Floats:
    """How far the variable, or the function of it, moves at each row."""
    if var == name:
        return np.asarray(there[name].to_numpy(dtype=float) - here[name].to_numpy(dtype=float))
    code = parse_expression(var)
    low, high = (floats(value_on(fit, table, code, var)) for table in (here, there))
    return np.asarray(high - low, dtype=float)
