"""What R's extractors give: `fixef ranef coef VarCorr sigma ngrps nobs vcov confint as_draws_df ...`."""

from collections.abc import Callable, Mapping, Sequence
from typing import overload

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.errors import OptionError, check_probability
from stanmlm.data.factors import own_values
from stanmlm.fit.draws import (
    coefficient_means,
    coefficient_names,
    coefficients_of,
    effects_of,
    values_of,
)
from stanmlm.fit.fit import Fit, draws_of, n_draws
from stanmlm.fit.fitlist import FitList
from stanmlm.fit.group_coefficients import group_coefficients, group_effects
from stanmlm.fit.pooled import pooled_sd
from stanmlm.fit.posterior_summary import by_coefficient, check_probs, posterior_summary
from stanmlm.priors.parameter_names import find, label_of, names_of
from stanmlm.priors.parameters import SIGMA, Element, Grouping, groupings, is_intercept


@overload
def fixef(fit: Fit | FitList, add_dropped: bool = False, *, probs: None = None) -> pd.Series: ...


@overload
def fixef(fit: Fit | FitList, add_dropped: bool = False, *, probs: Sequence[float]) -> pd.DataFrame: ...


def fixef(
    fit: Fit | FitList, add_dropped: bool = False, *, probs: Sequence[float] | None = None
) -> pd.Series | pd.DataFrame:
    """Posterior means of the population-level coefficients, by R's names; `sigma_x` is one of another parameter.

    Parameters
    ----------
    fit
        A fit of `lm`, `glm`, `lmer`, `glmer` or `brm`; of `lmList`, the means over its levels.
    add_dropped
        Show columns that were dropped from a rank-deficient design, as NaN (lme4's `add.dropped`).
    probs
        None for means. Quantiles: brms's table in their place, `Estimate`, `Est.Error` and `Q2.5` of 0.025, intercepts
        of all parameters first.

    Returns
    -------
    pandas.Series or pandas.DataFrame
        A number a coefficient; with `probs` a row each.

    Raises
    ------
    OptionError
        For a quantile that is no probability.

    Examples
    --------
    >>> from stanmlm import fixef, lmer, simulate_exams
    >>> fixef(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)).index.tolist()
    ['(Intercept)', 'hours']
    """
    check_arguments(fixef, locals())
    check_probs(probs)
    if probs is not None:
        return _fixed_summary(fit, probs)
    if isinstance(fit, FitList):
        return fit.means(add_dropped).mean().rename("Estimate")
    return coefficient_means(fit, add_dropped)


def _fixed_summary(fit: Fit | FitList, probs: Sequence[float]) -> pd.DataFrame:
    if isinstance(fit, FitList):
        raise OptionError("fixef of an lmList has means alone; summary(fits) has quantiles")
    rows, names = fit.model.ledger.of("b"), coefficient_names(fit)
    table = posterior_summary(coefficients_of(fit), probs, names)
    return table.iloc[sorted(range(len(rows)), key=lambda k: not is_intercept(rows[k]))]


def vcov(fit: Fit) -> pd.DataFrame:
    """Posterior covariance matrix of the population-level coefficients.

    Parameters
    ----------
    fit
        A fit.

    Returns
    -------
    pandas.DataFrame
        (coefficients, coefficients), both axes by R's names; the square roots of the diagonal are posterior sds.

    Raises
    ------
    OptionError
        For something else than a fit.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams, vcov
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> vcov(fit).shape
    (2, 2)
    """
    check_arguments(vcov, locals())
    names = list(coefficient_names(fit))
    covariance = np.cov(coefficients_of(fit), rowvar=False).reshape(len(names), len(names))
    return pd.DataFrame(covariance, index=names, columns=names)


def ranef(fit: Fit, *, probs: Sequence[float] | None = None) -> dict[str, pd.DataFrame]:
    """Posterior means of the group effects, deviations from the fixed part: a frame a grouping factor.

    Rows are levels, as the data have them (numbers stay numbers); columns are coefficients, as in lme4.
    `frame.attrs["postVar"]` is the posterior covariance of each level's coefficients, an array (coefficients,
    coefficients, levels) as lme4's attribute of that name.

    Parameters
    ----------
    fit
        A fit.
    probs
        None for means. Quantiles: columns are pairs then, and `frame["hours"]` is brms's table of a coefficient,
        `Estimate`, `Est.Error` and `Q2.5` of 0.025.

    Returns
    -------
    dict
        A pandas.DataFrame by grouping factor: rows are levels, columns coefficients.

    Raises
    ------
    OptionError
        For a quantile that is no probability.

    Examples
    --------
    >>> from stanmlm import ranef, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> ranef(fit)["student"].shape
    (100, 1)
    >>> ranef(fit, probs=(0.025, 0.975))["student"]["(Intercept)"].columns.tolist()
    ['Estimate', 'Est.Error', 'Q2.5', 'Q97.5']
    """
    check_arguments(ranef, locals())
    check_probs(probs)
    if probs is not None:
        return {g.group: by_coefficient(group_effects(fit, g), probs, _levels(fit, g)) for g in _groupings(fit)}
    return {g.group: _effects(fit, g) for g in _groupings(fit)}


def _effects(fit: Fit, grouping: Grouping) -> pd.DataFrame:
    draws = np.concatenate([effects_of(fit, bar) for bar in grouping.bars], axis=-1)
    frame = pd.DataFrame(draws.mean(axis=0), index=_levels(fit, grouping), columns=list(grouping.terms))
    centred = draws - draws.mean(axis=0)
    frame.attrs["postVar"] = np.einsum("djk,djl->klj", centred, centred) / (len(draws) - 1)
    return frame


def _levels(fit: Fit, grouping: Grouping) -> list[object]:
    """As the data have them."""
    data = fit.model.frame.data
    return own_values(grouping.levels, data[grouping.group]) if grouping.group in data else list(grouping.levels)


def coef(
    fit: Fit | FitList, *, probs: Sequence[float] | None = None
) -> pd.Series | pd.DataFrame | dict[str, pd.DataFrame]:
    """Coefficients by group, fixed part plus group effects: a frame a grouping factor, every fixed column in it.

    A fit without group terms gives a Series, aliased columns of a rank-deficient design as NaN, as R's `coef`; the fits
    of `lmList` give a frame with a row a level, NaN where a level has no such coefficient or no fit. A deviation of the
    intercept lowers every threshold of an ordinal model, as in brms.

    Parameters
    ----------
    fit
        A fit, or what `lmList` returns.
    probs
        None for means. Quantiles: columns are pairs then, a coefficient and `Estimate`, `Est.Error` and `Q2.5` of
        0.025; of a fit without group terms the table of `fixef`.

    Returns
    -------
    dict, pandas.DataFrame or pandas.Series
        A frame by grouping factor, a row a level and a column a coefficient; of `lmList` one frame; without group terms
        a Series, or with `probs` a frame of coefficients.

    Raises
    ------
    OptionError
        For a quantile that is no probability, and for quantiles of an `lmList`.

    Examples
    --------
    >>> from stanmlm import coef, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> coef(fit)["student"].columns.tolist()
    ['(Intercept)', 'hours']
    """
    check_arguments(coef, locals())
    check_probs(probs)
    if isinstance(fit, FitList):
        return fit.means(add_dropped=True) if probs is None else _fixed_summary(fit, probs)
    if not fit.model.design.terms:
        return fixef(fit, add_dropped=True) if probs is None else _fixed_summary(fit, probs)
    if probs is not None:
        return {g.group: by_coefficient(group_coefficients(fit, g), probs, _levels(fit, g)) for g in _groupings(fit)}
    return {grouping.group: _coefficients(fit, grouping) for grouping in _groupings(fit)}


def _coefficients(fit: Fit, grouping: Grouping) -> pd.DataFrame:
    means = {name: draws.mean(axis=0) for name, draws in group_coefficients(fit, grouping)}
    return pd.DataFrame(means, index=_levels(fit, grouping))


def sigma(fit: Fit | FitList) -> float:
    """Posterior mean of the residual standard deviation; 1 for families without one, as in lme4.

    Parameters
    ----------
    fit
        A fit; of linear models of `lmList` or `fits` lme4's pooled one, from the squared residuals of all, weighted,
        over the degrees of freedom that they have left.

    Returns
    -------
    float
        In units of the response.

    Raises
    ------
    OptionError
        Where it has a formula, and so differs from row to row: `fitted(fit, dpar="sigma")` gives it; and where models
        of several parts are not linear ones with one sigma each.

    Examples
    --------
    >>> from stanmlm import lmer, sigma, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> 0.15 < sigma(fit) < 0.25
    True
    """
    check_arguments(sigma, locals())
    if isinstance(fit, FitList):
        return pooled_sd(fit)
    if any(of.dpar == SIGMA.dpar for of in fit.model.design.others):
        raise OptionError('sigma has a formula, and differs from row to row: fitted(fit, dpar="sigma") gives it')
    return (
        float(draws_of(fit, "sigma").mean())
        if fit.model.ledger.has(SIGMA)
        else fit.model.family.constants.get("sigma", 1.0)
    )


def ngrps(fit: Fit) -> dict[str, int]:
    """Number of levels of each grouping factor.

    Parameters
    ----------
    fit
        A fit.

    Returns
    -------
    dict
        A number by grouping factor; empty without any.

    Raises
    ------
    OptionError
        For something else than a fit.

    Examples
    --------
    >>> from stanmlm import lmer, ngrps, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> ngrps(fit)
    {'student': 100}
    """
    check_arguments(ngrps, locals())
    return {grouping.group: len(grouping.levels) for grouping in _groupings(fit)}


def nobs(fit: Fit) -> int:
    """Number of rows used, after missing values were dropped (rows as given, not cells).

    Parameters
    ----------
    fit
        A fit.

    Returns
    -------
    int
        A row with trials or a weight counts once.

    Raises
    ------
    OptionError
        For something else than a fit.

    Examples
    --------
    >>> from stanmlm import lmer, nobs, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> nobs(fit)
    500
    """
    check_arguments(nobs, locals())
    return len(fit.model.response.y)


def confint(fit: Fit | FitList, parm: Sequence[str] | str | None = None, level: float = 0.95) -> pd.DataFrame:
    """Central posterior intervals of fixed effects, group sds, correlations and sigma.

    Parameters
    ----------
    fit
        A fit; of `lmList`, the intervals of its levels stand below each other.
    parm
        Which rows, all where None: by lme4's names, or as any package spells a parameter (`sd_Subject[Days]`,
        `Sigma[Subject:Days,Days]`); lme4's "beta_" is all fixed effects, "theta_" all others.
    level
        Posterior probability between the bounds.

    Returns
    -------
    pandas.DataFrame
        Rows by lme4's names (`sd_(Intercept)|Subject`, `cor_Days.(Intercept)|Subject`, `sigma`, `(Intercept)`), columns
        the percentages, "2.5 %" and "97.5 %".

    Raises
    ------
    OptionError
        For a level that is no probability.
    DataError
        For a name that is no parameter.

    Examples
    --------
    >>> from stanmlm import confint, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> confint(fit).index.tolist()
    ['sd_(Intercept)|student', 'sigma', '(Intercept)', 'hours']
    """
    check_arguments(confint, locals())
    check_probability("level", level)
    if isinstance(fit, FitList):
        return pd.concat({name: confint(one, parm, level) for name, one in fit.items()}, names=[fit.group, None])
    chosen = _interval_rows(fit, [parm] if isinstance(parm, str) else parm)
    tails = (1 - level) / 2, 1 - (1 - level) / 2
    values = values_of(fit, list(chosen.values()))
    bounds = np.quantile(values.reshape(n_draws(fit), len(chosen)), tails, axis=0)
    return pd.DataFrame(bounds.T, index=list(chosen), columns=[f"{100 * tail:.3g} %" for tail in tails])


def _interval_rows(fit: Fit, parm: Sequence[str] | None) -> dict[str, Element]:
    """lme4's rows, or those of any spelling that `parm` names."""
    book = fit.model.ledger
    rows = [*(row for row in book.few if row.parameter.address.kind != "b"), *map(Element, book.of("b"))]
    names = dict(zip(names_of(book, rows, "lme4"), rows, strict=True))
    if parm is None:
        return names
    called = {row: name for name, row in names.items()}
    parm = [name for asked in parm for name in (_KINDS[asked](names) if asked in _KINDS else [asked])]
    found = [names[name] if name in names else find(fit.model.spellings, name) for name in parm]
    return {called.get(row, label_of(book, row)): row for row in found}


def _of_kind(names: Mapping[str, Element], fixed: bool) -> list[str]:
    return [name for name, row in names.items() if (row.parameter.address.kind == "b") is fixed]


# lme4's words for several rows.
_KINDS: Mapping[str, Callable[[Mapping[str, Element]], list[str]]] = {
    "beta_": lambda names: _of_kind(names, fixed=True),
    "theta_": lambda names: _of_kind(names, fixed=False),
}


def _groupings(fit: Fit) -> tuple[Grouping, ...]:
    return groupings(fit.model.design)
