"""Marginal means, trends and reference grids: emmeans's verbs of a fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict, Unpack, cast

import numpy as np
import pandas as pd

from stanmlm.after.effects.datagrid import fitted_data, known_name
from stanmlm.after.margins.averages import SHOW_LEVELS, averaged_levels, averaged_within, check_weights
from stanmlm.after.margins.bases import Basis, What, basis_by_row, basis_of, parameters_of
from stanmlm.after.margins.contrasts import How, contrasts_of
from stanmlm.after.margins.grid import Grid
from stanmlm.after.margins.means import MarginalMeans, MeansAndContrasts, nesting_note, shown_as
from stanmlm.after.margins.nests import Nests, nests_of
from stanmlm.after.margins.reference import Reference, reference_grid, terms_of
from stanmlm.after.margins.regridded import regridded
from stanmlm.after.margins.scales import NONE
from stanmlm.after.margins.specs import OVERALL, Specs, names_given, require_known, specs_of
from stanmlm.after.predict.new_rows import value_on
from stanmlm.base.arguments import check_arguments, check_options
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, OptionError
from stanmlm.data.rvalues import floats
from stanmlm.fit.fit import Fit
from stanmlm.formula.rcode import names_in
from stanmlm.formula.rparse import parse_expression

STEP = 0.001  # of a trend, as a share of the range of the data: emmeans's `delta.var`
INTERACTIONS = "NOTE: Results may be misleading due to involvement in interactions"


class GridOptions(TypedDict, total=False):
    """What reference grids take by name.

    at : dict
        Values by predictor, one, several or a function of the fitted column. Factors stand at all of their levels
        otherwise, numbers with two values at both, other numbers at their mean.
    dpar : str
        The parameter whose predictor it is, such as "sigma" or "zi"; the location by default.
    epred : bool
        Expected responses, as brms has them, in place of a linear predictor: zeros of a zero-inflated model count.
    mode : str
        Of ordered categories, as emmeans has it for `ordinal::clm`: "latent" (the default; less the mean threshold),
        "linear.predictor", "cum.prob", "exc.prob", "prob" or "mean.class"; "prob" of other categories.
    offset : float
        In place of the model's own, which is evaluated at the grid.
    regrid : str
        "response", or a link such as "log": the scale that grids are moved to before anything is averaged.
    nesting : dict
        Of a factor, the factors that it is within, in place of what is found; {} for none.
    """

    at: Mapping[str, object]
    dpar: str
    epred: bool
    mode: str
    offset: float
    regrid: str
    nesting: Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class _Asked:
    """`GridOptions` with their defaults."""

    at: Mapping[str, object] | None
    what: What
    regrid: str
    nesting: Nests | None


def ref_grid(fit: Fit, **options: Unpack[GridOptions]) -> MarginalMeans:
    """Every combination of the values of the predictors: what marginal means are averages of.

    Parameters
    ----------
    fit
        A fit.
    **options
        See `GridOptions`.

    Returns
    -------
    MarginalMeans
        `.frame` has a row a combination; `emmeans`, `contrast` and `regrid` take it. Group effects are at zero.

    Raises
    ------
    DataError
        For unknown predictors, values that a factor has not, and grids of over 10000 rows.
    OptionError
        For unknown options, parameters and modes.

    Notes
    -----
    `ref_grid` of R's emmeans 1.8 (Lenth), with its rules for `at`, `cov.keep`, offsets, weights and nesting.

    Examples
    --------
    >>> from stanmlm import lmer, ref_grid, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> ref_grid(fit, at={"hours": [0, 1]}).linfct.values.tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    check_arguments(ref_grid, locals())
    asked = _asked(options)
    dpars = parameters_of(fit, asked.what)
    reference = reference_grid(fit, dpars, asked.at)
    return _gridded(fit, reference, basis_of(fit, reference.table, asked.what), dpars, asked)


def emmeans(
    fit: Fit | MarginalMeans,
    specs: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    *,
    weights: str | Sequence[float] = "equal",
    type: str | None = None,
    level: float | None = None,
    **options: Unpack[GridOptions],
) -> MarginalMeans | MeansAndContrasts | pd.DataFrame:
    """Means at each level of some factors, averaged over those of the others: estimated marginal means.

    Parameters
    ----------
    fit
        A fit, or a grid of `ref_grid` or `regrid`.
    specs
        `"f"`, `["f", "g"]`, `"~ f * g"`, `"~ f | g"`, `"~ 1"`, or with contrasts `"pairwise ~ f | g"`.
    by
        Factors whose combinations are tables of their own, and that `contrast` and `pairs` stay within.
    weights
        How levels of other factors are averaged: "equal", "proportional" (to how often they are seen), "outer"
        (products of margins), "cells" (how often they are seen in each cell), "flat" (cells that are seen), or
        numbers; "show.levels" gives the combinations that numbers are for.
    type
        "link", the default, or "response": the means are transformed back after they are averaged.
    level
        Posterior probability of the intervals, 0.95 by default.
    **options
        See `GridOptions`.

    Returns
    -------
    MarginalMeans
        `.frame` has the factors, `emmean` (the posterior median; with `type="response"` `prob`, `rate` or `response`),
        `lower.HPD` and `upper.HPD`; `.draws` is (draws, rows), `.linfct` the coefficients. With contrasts left of `~`
        a pair of such results, `.emmeans` and `.contrasts`.

    Raises
    ------
    DataError, OptionError
        For unknown factors, levels, weights, parameters and modes.
    FormulaError
        With a caret, where specs cannot be read.

    Notes
    -----
    R's emmeans 1.8 (Lenth; Searle, Speed and Milliken 1980), whose numbers these are: linear functions agree exactly,
    and point estimates are medians with intervals of highest density, as it has them for posterior draws.

    Examples
    --------
    >>> from stanmlm import emmeans, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> emmeans(fit, "~ hours", at={"hours": [0, 1]}).frame.columns.tolist()
    ['hours', 'emmean', 'lower.HPD', 'upper.HPD']
    """
    check_arguments(emmeans, locals())
    check_weights(weights)
    wanted = specs_of(specs, by)
    grid = _given_grid(fit, options) if isinstance(fit, MarginalMeans) else ref_grid(fit, **options)
    require_known((*wanted.names, *wanted.by), {*grid.grid.levels, OVERALL})
    if isinstance(weights, str) and weights == SHOW_LEVELS:
        return averaged_levels(grid.grid, (*wanted.names, *wanted.by))
    made = shown_as(_means(grid, wanted, weights), type, level)
    if not wanted.method:
        return made
    return MeansAndContrasts(made, contrasts_of(made, How(wanted.method, made.by)))


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
    specs, by, weights, level
        As in `emmeans`.
    var
        A predictor that is a number, or a function of one such as `"log(x)"`.
    **options
        See `GridOptions`.

    Returns
    -------
    MarginalMeans
        `.frame` has `x.trend`: difference quotients over a thousandth of the range of the predictor, as in emmeans.

    Raises
    ------
    DataError, OptionError
        As `emmeans`, and for predictors that are no numbers.

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
    grid = _trends(fit, var, _asked(options))
    require_known((*wanted.names, *wanted.by), {*grid.grid.levels, OVERALL})
    made = shown_as(_means(grid, wanted, weights), None, level)
    if not wanted.method:
        return made
    return MeansAndContrasts(made, contrasts_of(made, How(wanted.method, made.by)))


def _asked(options: Mapping[str, object]) -> _Asked:
    check_options(GridOptions, options)
    given = cast(GridOptions, options)
    what = What(given.get("dpar"), given.get("epred", False), given.get("mode"), given.get("offset"))
    nesting = given.get("nesting")
    nests = None if nesting is None else {name: names_given("nesting", within) for name, within in nesting.items()}
    return _Asked(given.get("at"), what, given.get("regrid", "none"), nests)


def _given_grid(means: MarginalMeans, options: Mapping[str, object]) -> MarginalMeans:
    if options:
        raise OptionError(f"{next(iter(options))}= is for fits; what was given is a grid already")
    return means


def _gridded(fit: Fit, reference: Reference, basis: Basis, dpars: tuple[str, ...], asked: _Asked) -> MarginalMeans:
    """The rows of a reference grid with what is asked of the fit there."""
    terms = terms_of(fit, dpars)
    nests = nests_of(reference.rows, reference.weights, reference.levels, terms)
    if asked.nesting is not None:
        nests = asked.nesting
        require_known([n for name, within in nests.items() for n in (name, *within)], reference.levels, "nesting")
    grid = _with_factor(reference, basis)
    made = MarginalMeans(grid, basis.beta, basis.columns, basis.scale, basis.estimate, nests=nests,
                         notes=nesting_note(nests), terms=tuple(terms))  # fmt: skip
    return made if asked.regrid == "none" else regridded(made, asked.regrid)


def _with_factor(reference: Reference, basis: Basis) -> Grid:
    """Rows once for each value of the factor that categories or cuts are, the values varying slowest."""
    levels, rows, weights = dict(reference.levels), reference.rows, reference.weights
    if basis.factor:
        name, values = basis.factor
        while name in levels:
            name = f".{name}"
        copies = [rows.assign(**{name: value}) for value in values]
        rows, weights = pd.concat(copies, ignore_index=True), np.tile(weights, len(values))
        levels[name] = values
    return Grid(levels, rows.reset_index(drop=True), basis.linfct, basis.offset, weights, basis.null)


def _means(grid: MarginalMeans, wanted: Specs, weights: object) -> MarginalMeans:
    """The averages that are wanted, with factors that others are within beside these."""
    inner = [name for name in (*wanted.names, *wanted.by) if name in grid.nests]
    around = [outer for name in inner for outer in grid.nests[name]]
    by = tuple(name for name in wanted.by if name not in inner)
    names = tuple(dict.fromkeys([*inner, *around, *wanted.names])) if inner else wanted.names
    kept = tuple(dict.fromkeys((*names, *by)))
    made, over = averaged_within(grid.grid, kept, weights, grid.nests)
    left = {name: within for name, within in grid.nests.items() if name in kept}
    groups = tuple(dict.fromkeys(o for name in wanted.by for o in (*left.get(name, ()), name)))
    notes = grid.notes if left or not grid.nests else tuple(n for n in grid.notes if n not in nesting_note(grid.nests))
    also = (INTERACTIONS,) if _in_interactions(grid, kept) and INTERACTIONS not in notes else ()
    return replace(
        grid,
        grid=made,
        estimate="emmean" if grid.estimate == "prediction" else grid.estimate,
        by=groups,
        averaged=tuple(dict.fromkeys((*grid.averaged, *over))),
        nests=left,
        notes=(*also, *notes),
    )


def _in_interactions(grid: MarginalMeans, names: Sequence[str]) -> bool:
    """Whether a term has all of some variables and others beside them."""
    own = {*names, *grid.trend}
    return OVERALL not in own and any(own < {n for part in term for n in part.split(":")} for term in grid.terms)


def _trends(fit: Fit, var: str, asked: _Asked) -> MarginalMeans:
    """Difference quotients of what is asked, at each row of the reference grid."""
    dpars = parameters_of(fit, asked.what)
    reference = reference_grid(fit, dpars, asked.at)
    name, step = _variable(fit, var, reference)
    moved = reference.table.assign(**{name: reference.table[name].to_numpy(dtype=float) + step})
    here, there = (_gridded(fit, reference, basis_of(fit, table, asked.what), dpars, asked)
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
