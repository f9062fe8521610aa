"""R's performance on a posterior: `r2`, `check_collinearity` and `model_performance`."""

from contextlib import suppress

import numpy as np
import pandas as pd

from stanmlm.after.criticism.criticism import loo as leave_one_out
from stanmlm.after.criticism.criticism import waic
from stanmlm.after.effects.nakagawa import inflation, shares
from stanmlm.after.effects.variance import icc, parts
from stanmlm.after.predict.estimates import Estimates, estimates
from stanmlm.after.predict.fitted import residuals
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, check_probability
from stanmlm.fit.extract import nobs, sigma, vcov
from stanmlm.fit.fit import Fit
from stanmlm.fit.update import update
from stanmlm.priors.parameters import MU

LEVEL_1 = "Level 1"


def r2(
    fit: Fit, *, by_group: bool = False, mean: str = "typical", null: Fit | None = None, level: float = 0.95
) -> Estimates:
    """Nakagawa's R-squared: of fixed part and group effects (conditional), and of the fixed part alone (marginal).

    Parameters
    ----------
    fit
        A fit with group terms.
    by_group
        The share of each level's variance that the fixed part explains in its place: what it lacks to the variance of
        the model without fixed effects, residual ("Level 1") and by grouping factor.
    mean
        Of a log link, where residual variance is evaluated, as in `icc`.
    null
        The model without fixed effects. `by_group` needs it, and fits it where None; of a log link its intercept is
        then the mean, as in performance 0.10.
    level
        Posterior probability of the intervals.

    Returns
    -------
    Estimates
        `.frame` has `R2` ("conditional", "marginal"; with `by_group` `level`), `estimate`, `conf.low`, `conf.high`.

    Raises
    ------
    DataError
        Without group terms, where `bayes_R2(fit)` is the share that is explained, and for families without a residual
        variance.

    Notes
    -----
    Nakagawa, Johnson and Schielzeth (2017, Journal of the Royal Society Interface 14:20170213), draw by draw; see
    `variance_decomposition` for the parts.

    Examples
    --------
    >>> from stanmlm import lmer, r2, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> r2(fit).frame["R2"].tolist()
    ['conditional', 'marginal']
    """
    check_arguments(r2, locals())
    check_probability("level", level)
    if by_group:
        return _by_group(fit, mean, update(fit, _null_text(fit)) if null is None else null, level)
    of = parts(fit, mean, null)
    found = shares(of.fixed, of.random, of.residual)
    labels = pd.DataFrame({"R2": ["conditional", "marginal"]})
    return estimates(labels, np.stack([found.conditional, found.marginal], axis=1), "Nakagawa's R-squared", level)


def _terms(fit: Fit) -> list[str]:
    """What the terms of the fixed part are called."""
    return [":".join(part.label for part in term) for term in fit.model.formula.fixed.terms]


def _null_text(fit: Fit) -> str:
    """The formula without the terms of the fixed part."""
    return ". ~ . " + " ".join(f"- {label}" for label in _terms(fit))


def _by_group(fit: Fit, mean: str, null: Fit, level: float) -> Estimates:
    whole, without = parts(fit, mean, null), parts(null, mean, null)
    if set(whole.groups) != set(without.groups):
        raise DataError("null= has other grouping factors than the fit")
    rows = {LEVEL_1: 1 - whole.residual / _as_many(without.residual, whole.residual)}
    rows |= {name: 1 - own / _as_many(without.groups[name], own) for name, own in whole.groups.items()}
    labels = pd.DataFrame({"level": list(rows)})
    return estimates(labels, np.stack(list(rows.values()), axis=1), "R-squared by level", level)


def _as_many(draws: Floats, own: Floats) -> Floats:
    """Draws of another posterior, repeated or cut to as many."""
    return np.resize(draws, own.shape)


def check_collinearity(fit: Fit, *, level: float = 0.95) -> pd.DataFrame:
    """Generalised variance inflation of the terms of the fixed part: how much others make of their variance.

    Parameters
    ----------
    fit
        A fit with two terms or more beside the intercept.
    level
        Of the intervals of `VIF` and `Tolerance`.

    Returns
    -------
    pandas.DataFrame
        performance's columns, a row a term: `VIF` (over 5 is moderate, over 10 high), its interval, `SE_factor`, its
        root, and `Tolerance`, its inverse. No row where there are fewer than two terms.

    Raises
    ------
    DataError
        For models of several predictors, such as categorical ones.
    OptionError
        For a level that is no probability.

    Notes
    -----
    Fox and Monette (1992, Journal of the American Statistical Association 87:178) of the posterior covariance of the
    coefficients; intervals by Marcoulides and Raykov (2019, appendix B). With interactions of variables that are not
    centred it is large and means little.

    Examples
    --------
    >>> from stanmlm import check_collinearity, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + exam + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> check_collinearity(fit)["Term"].tolist()
    ['hours', 'exam']
    """
    check_arguments(check_collinearity, locals())
    check_probability("level", level)
    if len(fit.model.family.locations) > 1:
        raise DataError(f"collinearity is of one predictor; {fit.model.family.name} models have several")
    terms = _terms(fit)
    own = [k for k, row in enumerate(fit.model.ledger.of("b")) if row.address.dpar == MU]
    assign = _assign(fit, len(own))
    columns = inflation(terms, assign, vcov(fit).to_numpy()[np.ix_(own, own)], nobs(fit), len(own), level)
    return columns if len(terms) > 1 else columns.iloc[:0]


def _assign(fit: Fit, size: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """The term of each coefficient of the location; 0 of intercept and thresholds."""
    assign = np.array(fit.model.design.assign)
    return np.concatenate([np.zeros(max(0, size - len(assign)), dtype=int), assign])[-size:]


def model_performance(fit: Fit, *, loo: bool = True) -> pd.DataFrame:
    """Indices of a model in one row, under performance's names.

    Parameters
    ----------
    fit
        A fit.
    loo
        `ELPD`, `LOOIC` and their errors, and `WAIC`, which take longer on long data.

    Returns
    -------
    pandas.DataFrame
        Then `R2_conditional`, `R2_marginal` and `ICC` (posterior medians; of models with group terms), `RMSE` of fitted
        values, and `Sigma`; each where the model has it.

    Raises
    ------
    OptionError
        For something else than a fit, and with `loo` for a fit of the prior or of fewer than 100 draws.

    Notes
    -----
    `AIC` and `BIC` are of an estimate that maximises a likelihood; leave-one-out stands in their place.

    Examples
    --------
    >>> from stanmlm import lmer, model_performance, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> model_performance(fit, loo=False).columns.tolist()
    ['R2_conditional', 'R2_marginal', 'ICC', 'RMSE', 'Sigma']
    """
    check_arguments(model_performance, locals())
    row: dict[str, float] = {}
    if loo:
        sums = leave_one_out(fit).estimates
        row = {"ELPD": sums["Estimate"]["elpd_loo"], "ELPD_SE": sums["SE"]["elpd_loo"]}
        row |= {"LOOIC": sums["Estimate"]["looic"], "LOOIC_SE": sums["SE"]["looic"]}
        row["WAIC"] = waic(fit).estimates["Estimate"]["waic"]
    with suppress(DataError):  # without group terms, or of a family whose residual variance is unknown
        found = r2(fit).frame["estimate"]
        row |= {"R2_conditional": found[0], "R2_marginal": found[1]}
        row["ICC"] = icc(fit, by_group=False).frame["estimate"][0]
    if not fit.model.family.categories:
        row["RMSE"] = float(np.sqrt(np.mean(residuals(fit) ** 2)))
    if "sigma" not in {of.dpar for of in fit.model.design.others}:
        row["Sigma"] = sigma(fit)
    return pd.DataFrame([row])
