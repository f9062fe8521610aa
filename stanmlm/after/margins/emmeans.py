"""Marginal means, trends and reference grids: emmeans's verbs of a fit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict, Unpack, cast

import numpy as np
import pandas as pd

from stanmlm.after.margins.averages import SHOW_LEVELS, averaged_levels, averaged_within, check_weights
from stanmlm.after.margins.bases import Basis, What, basis_of, parameters_of
from stanmlm.after.margins.contrasts import How, contrasts_of
from stanmlm.after.margins.grid import Grid
from stanmlm.after.margins.means import MarginalMeans, MeansAndContrasts, nesting_note, shown_as
from stanmlm.after.margins.nests import Nests, nests_of
from stanmlm.after.margins.reference import FEW, Covariates, Reference, reference_grid, terms_of
from stanmlm.after.margins.regridded import regridded
from stanmlm.after.margins.specs import OVERALL, Specs, names_given, require_known, specs_of
from stanmlm.base.arguments import check_arguments, check_options
from stanmlm.base.errors import OptionError
from stanmlm.fit.fit import Fit

INTERACTIONS = "NOTE: Results may be misleading due to involvement in interactions"


class GridOptions(TypedDict, total=False):
    """What reference grids take by name.

    at : dict
        Values by predictor, one, several or a function of the fitted column. Factors stand at all of their levels
        otherwise, numbers with two values at both, other numbers at their mean.
    cov_reduce : function, bool or dict
        Where numbers stand that `at` does not name: a function of their column such as `numpy.median`, by predictor in
        a dict; True (the default) for the mean, False for all of their values.
    cov_keep : int, str or list of str
        Numbers that stand at all of their values: those with so many or fewer (2 by default), or those of these names.
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
    cov_reduce: bool | Callable[..., object] | Mapping[str, object]
    cov_keep: int | str | Sequence[str]
    dpar: str
    epred: bool
    mode: str
    offset: float
    regrid: str
    nesting: Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class GridAsked:
    """`GridOptions` with their defaults."""

    covariates: Covariates
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
    asked = asked_of(options)
    dpars = parameters_of(fit, asked.what)
    reference = reference_grid(fit, dpars, asked.covariates)
    return gridded(fit, reference, basis_of(fit, reference.table, asked.what), dpars, asked)


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
    return shown_means(grid, wanted, weights, type, level)


def shown_means(
    grid: MarginalMeans, wanted: Specs, weights: object, type: str | None, level: float | None
) -> MarginalMeans | MeansAndContrasts:
    """The averages over a grid that are wanted, with their contrasts where there is a method."""
    made = shown_as(means_of(grid, wanted, weights), type, level)
    if not wanted.method:
        return made
    return MeansAndContrasts(made, contrasts_of(made, How(wanted.method, made.by)))


def asked_of(options: Mapping[str, object]) -> GridAsked:
    """Options by name with their defaults."""
    check_options(GridOptions, options)
    given = cast(GridOptions, options)
    what = What(given.get("dpar"), given.get("epred", False), given.get("mode"), given.get("offset"))
    nesting = given.get("nesting")
    nests = None if nesting is None else {name: names_given("nesting", within) for name, within in nesting.items()}
    covariates = Covariates(given.get("at"), given.get("cov_reduce", True), given.get("cov_keep", FEW))
    return GridAsked(covariates, what, given.get("regrid", "none"), nests)


def _given_grid(means: MarginalMeans, options: Mapping[str, object]) -> MarginalMeans:
    if options:
        raise OptionError(f"{next(iter(options))}= is for fits; what was given is a grid already")
    return means


def gridded(fit: Fit, reference: Reference, basis: Basis, dpars: tuple[str, ...], asked: GridAsked) -> MarginalMeans:
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


def means_of(grid: MarginalMeans, wanted: Specs, weights: object) -> MarginalMeans:
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
