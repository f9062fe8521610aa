"""How well a fit predicts: `loo`, `waic`, comparisons and weights of fits."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy.special import logsumexp, ndtri

from stanmlm.after.criticism.elpd import Comparison, Elpd, elpd_from, k_threshold
from stanmlm.after.criticism.log_lik import Pieces, observed_pieces, observed_rows, row_log_likelihood
from stanmlm.after.criticism.model_weights import compare, weigh
from stanmlm.after.criticism.refit import log_mean_exp, predictive_density, refit_without
from stanmlm.after.predict.chunks import chunks_of
from stanmlm.after.predict.request import MAX_BYTES, Request
from stanmlm.after.predict.target import some_of
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.arviz_compat import psis
from stanmlm.base.callers import caller_scope
from stanmlm.base.errors import OptionError, StanmlmWarning
from stanmlm.base.streams import Purpose, seed_within
from stanmlm.fit.call import name_of
from stanmlm.fit.fit import Fit, n_draws, source_of
from stanmlm.fit.within import relative_efficiency

FEWEST_DRAWS = 100  # below, a Pareto tail has fewer than 20 draws
SPACED = 500  # rows whose effective size is computed, where there are more; the others have their mean
SHOWN = 5  # rows that a warning names


@dataclass(frozen=True)
class Smoothed:
    """What leaving each of some distinct rows out makes of the draws."""

    at: slice
    log_lik: Floats  # (draws, rows)
    log_weights: Floats  # (draws, rows), normalised
    k: Floats  # (rows,)
    efficiency: Floats  # (rows,)


def loo(fit: Fit, *, reloo: bool = False, max_bytes: int = MAX_BYTES) -> Elpd:
    """Leave-one-out cross-validation by Pareto-smoothed importance sampling (Vehtari, Gelman and Gabry 2017).

    Rows that the likelihood cannot tell apart are smoothed once; sums and standard errors are over all rows.

    Parameters
    ----------
    fit
        A fit.
    reloo
        Refit without each row whose Pareto k is too large (over 0.7, or less with fewer than 2,200 draws), and use
        the exact value. Priors stay as they are.
    max_bytes
        Of the arrays that are held at once.

    Returns
    -------
    Elpd
        `estimates` has `elpd_loo`, `p_loo` and `looic` with standard errors, `pointwise` a row a row of the data, with
        `pareto_k`; it prints as R's.

    Raises
    ------
    OptionError
        For a fit of the prior, or of fewer than 100 draws.

    Warns
    -----
    StanmlmWarning
        Where some k is too large and `reloo` is not asked for.

    Examples
    --------
    >>> from stanmlm import lmer, loo, simulate_exams
    >>> found = loo(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1), reloo=True)
    >>> list(found.estimates.index)
    ['elpd_loo', 'p_loo', 'looic']
    """
    check_arguments(loo, locals())
    pieces = _observed(fit, "loo", max_bytes)
    columns = _loo_columns(fit, pieces)
    bad = np.flatnonzero(columns["pareto_k"] > k_threshold(n_draws(fit)))
    if reloo:
        columns = _with_exact(fit, pieces, columns, bad)
    elif len(bad):
        _warn_of_k(pieces, bad, k_threshold(n_draws(fit)))
    rows = {name: values[pieces.row] for name, values in columns.items()}
    y = pieces.y[pieces.row]
    found = elpd_from(fit, "loo", rows["elpd"], rows["p"], y, pieces.index)
    extra = {name: rows[name] for name in ("mcse_elpd_loo", "pareto_k", "n_eff")}
    spread = (float(columns["efficiency"].min()), float(columns["efficiency"].max()))
    return replace(found, pointwise=found.pointwise.assign(**extra), efficiency=spread)


def _observed(fit: Fit, name: str, max_bytes: int) -> Pieces:
    """The rows that are observations, of a fit that has a likelihood."""
    if fit.model.prior_only:
        raise OptionError(f"{name} needs a posterior, and this fit has prior_only=True")
    if n_draws(fit) < FEWEST_DRAWS:
        raise OptionError(f"{name} needs at least {FEWEST_DRAWS} draws; the fit has {n_draws(fit)}")
    return observed_pieces(fit, Request(max_bytes=max_bytes))


def smoothed(fit: Fit, pieces: Pieces, block: int = 1) -> Iterator[Smoothed]:
    """Leave each distinct row out, as many blocks of rows at a time as memory allows."""
    efficiency = _efficiency(fit, pieces)
    for at in chunks_of(pieces.target, block):
        values = row_log_likelihood(fit, pieces, at)
        weights, k = psis(-values, efficiency[at])
        yield Smoothed(at, values, weights, k, efficiency[at])


def _efficiency(fit: Fit, pieces: Pieces) -> Floats:
    """Relative efficiency of the likelihood's mean for each distinct row."""
    C, sizes = len(pieces.y), fit.imputed or (fit.sampling.chains,)
    some = np.unique(np.linspace(0, C - 1, min(C, SPACED)).astype(np.int64))
    few = _subset(pieces, some)
    found = np.empty(len(some))
    for at in chunks_of(few.target):
        found[at] = _efficiency_of(row_log_likelihood(fit, few, at), sizes)
    return found if len(some) == C else np.full(C, found.mean())


def _efficiency_of(log_likelihoods: Floats, sizes: Sequence[int]) -> Floats:
    """Of draws whose chains are of so many each of some data sets, one after another."""
    likelihood = np.exp(log_likelihoods - log_likelihoods.max(axis=0))
    return relative_efficiency(likelihood.reshape(sum(sizes), -1, likelihood.shape[1]), sizes)


def _subset(pieces: Pieces, at: Ints) -> Pieces:
    return replace(pieces, target=some_of(pieces.target, at), y=pieces.y[at])


def _loo_columns(fit: Fit, pieces: Pieces) -> dict[str, Floats]:
    """Pointwise values of distinct rows, (C,) each."""
    parts = [_loo_part(part) for part in smoothed(fit, pieces)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _loo_part(part: Smoothed) -> dict[str, Floats]:
    elpd = logsumexp(part.log_lik + part.log_weights, axis=0)
    return {
        "elpd": elpd,
        "p": log_mean_exp(part.log_lik) - elpd,
        "mcse_elpd_loo": _mcse(part.log_lik, part.log_weights, elpd, part.efficiency),
        "pareto_k": part.k,
        "n_eff": part.efficiency / np.exp(logsumexp(2 * part.log_weights, axis=0)),
        "efficiency": part.efficiency,
    }


def _mcse(log_lik: Floats, log_weights: Floats, elpd: Floats, efficiency: Floats) -> Floats:
    """Monte Carlo error of elpd: that of the weighted mean, carried to the log by quantiles of a normal, as in loo."""
    relative = np.expm1(log_lik - elpd)
    sd = np.sqrt(np.sum(np.exp(2 * log_weights) * relative**2, axis=0))
    grid = 1 + sd * ndtri((np.arange(1, 1001) - 0.375) / 1000.25)[:, None]
    logs = np.where(grid > 0, np.log(np.where(grid > 0, grid, 1.0)), np.nan)
    return np.asarray(np.sqrt(np.nanvar(logs, axis=0, ddof=1) / efficiency))


def _with_exact(fit: Fit, pieces: Pieces, columns: Mapping[str, Floats], bad: Ints) -> dict[str, Floats]:
    """The values of fits without a row in the place of each bad one; equal rows share a fit."""
    out = {name: values.copy() for name, values in columns.items()}
    for piece in bad:
        row = observed_rows(fit)[np.flatnonzero(pieces.row == piece)[0]]
        exact = _exact(fit, row, seed_within(source_of(fit), Purpose.RELOO, int(row)), pieces.target.request)
        for name, value in exact.items():
            out[name][piece] = value
    out["p"][bad] += columns["elpd"][bad] - out["elpd"][bad]
    return out


def _exact(fit: Fit, row: int, seed: int, request: Request) -> dict[str, float]:
    """What a fit without a row says of it."""
    again, held = refit_without(fit, np.arange(len(fit.model.response.y)) == row, seed, request)
    elpd = predictive_density(again, held)
    values = row_log_likelihood(again, held, slice(0, 1))
    efficiency = _efficiency_of(values, (again.sampling.chains,))
    error = _mcse(values, np.full_like(values, -np.log(len(values))), elpd, efficiency)
    n_eff = len(values) * float(efficiency[0])
    return {"elpd": float(elpd[0]), "mcse_elpd_loo": float(error[0]), "pareto_k": np.nan, "n_eff": n_eff}


def _warn_of_k(pieces: Pieces, bad: Ints, limit: float) -> None:
    where = np.flatnonzero(np.isin(pieces.row, bad))
    shown = ", ".join(str(label) for label in pieces.index[where[:SHOWN]]) + (", ..." if len(where) > SHOWN else "")
    warnings.warn(
        f"Pareto k is over {limit:.2g} in {len(where)} row{'s' * (len(where) > 1)} ({shown}): loo cannot be trusted "
        f"there; reloo=True refits the model without each ({len(bad)} fit{'s' * (len(bad) > 1)}), kfold(fit) makes 10",
        StanmlmWarning,
        stacklevel=3,
    )


def pareto_k(fit: Fit | Elpd) -> "pd.Series[float]":
    """Pareto k of every row, from a fit or from `loo(fit)`; NaN where `reloo` has computed the row exactly.

    Parameters
    ----------
    fit
        A fit, or what `loo` gives.

    Returns
    -------
    pandas.Series
        A row of the data each. From 0.7 on (less with fewer than 2,200 draws) loo cannot be trusted there.

    Raises
    ------
    OptionError
        For a fit of the prior, of fewer than 100 draws, and for what `waic` or `kfold` gives, which have none.

    References
    ----------
    Vehtari, Simpson, Gelman, Yao and Gabry (2024), Journal of Machine Learning Research 25(72).

    Examples
    --------
    >>> from stanmlm import lm, pareto_k, simulate_exams
    >>> bool(pareto_k(lm("score ~ hours", simulate_exams(seed=1), seed=1)).max() < 0.5)
    True
    """
    check_arguments(pareto_k, locals())
    found = loo(fit) if isinstance(fit, Fit) else fit
    if "pareto_k" not in found.pointwise:
        raise OptionError(f"{found.criterion} has no Pareto k; loo has")
    return found.pointwise["pareto_k"]


def waic(fit: Fit, *, max_bytes: int = MAX_BYTES) -> Elpd:
    """The widely applicable information criterion (Watanabe 2010), from the same pointwise pieces as `loo`.

    Parameters
    ----------
    fit
        A fit.
    max_bytes
        Of the arrays that are held at once.

    Returns
    -------
    Elpd
        `estimates` has `elpd_waic`, `p_waic` and `waic` with standard errors, `pointwise` the same of every row.

    Raises
    ------
    OptionError
        For a fit of the prior, or of fewer than 100 draws.

    References
    ----------
    Watanabe (2010), Journal of Machine Learning Research 11:3571. `loo` says where it fails, this does not.

    Examples
    --------
    >>> from stanmlm import lm, simulate_exams, waic
    >>> waic(lm("score ~ hours", simulate_exams(seed=1), seed=1)).estimates.index.tolist()
    ['elpd_waic', 'p_waic', 'waic']
    """
    check_arguments(waic, locals())
    pieces = _observed(fit, "waic", max_bytes)
    lpd, p = np.empty(len(pieces.y)), np.empty(len(pieces.y))
    for at in chunks_of(pieces.target):
        values = row_log_likelihood(fit, pieces, at)
        lpd[at], p[at] = log_mean_exp(values), values.var(axis=0, ddof=1)
    at_rows = pieces.row
    return elpd_from(fit, "waic", (lpd - p)[at_rows], p[at_rows], pieces.y[at_rows], pieces.index)


def loo_compare(*models: Fit | Elpd | Mapping[str, Fit | Elpd]) -> Comparison:
    """Models from best to worst by expected log predictive density, with the errors of the differences.

    Parameters
    ----------
    *models
        Fits, or results of `loo`, `waic` or `kfold`, which go by the names of the caller's variables; or one mapping of
        them by name. They must be of the same data.

    Returns
    -------
    Comparison
        It prints as rstanarm's; `table` has every estimate.

    Raises
    ------
    DataError
        For fewer than two models, or other responses.

    Examples
    --------
    >>> from stanmlm import lm, lmer, loo_compare, simulate_exams
    >>> data = simulate_exams(seed=1)
    >>> pooled, partial = lm("score ~ hours", data, seed=1), lmer("score ~ hours + (1 | student)", data, seed=1)
    >>> loo_compare({"pooled": pooled, "partial": partial}).table.index.tolist()
    ['partial', 'pooled']
    """
    check_arguments(loo_compare, locals())
    return compare(_as_loos(named_models(models, caller_scope(1))))


def loo_model_weights(
    *models: Fit | Elpd | Mapping[str, Fit | Elpd], method: str = "stacking", seed: int = 0
) -> "pd.Series[float]":
    """Weights of models for averaging their predictions, by stacking or by pseudo-BMA (Yao et al. 2018).

    Parameters
    ----------
    *models
        Fits, or results of `loo`, which go by the names of the caller's variables; or one mapping of them by name. They
        must be of the same data.
    method
        "stacking", or "pseudobma" with weights that are averaged over a Bayesian bootstrap of the rows.
    seed
        Of the bootstrap.

    Returns
    -------
    pandas.Series
        A weight a model; they sum to 1.

    Raises
    ------
    DataError
        For fewer than two models, or other responses.
    OptionError
        For another method.

    References
    ----------
    Yao, Vehtari, Simpson and Gelman (2018), Bayesian Analysis 13:917.

    Examples
    --------
    >>> from stanmlm import lm, loo_model_weights, simulate_exams
    >>> data = simulate_exams(seed=1)
    >>> fits = {"hours": lm("score ~ hours", data, seed=1), "none": lm("score ~ 1", data, seed=1)}
    >>> bool(loo_model_weights(fits)["hours"] > 0.5)
    True
    """
    check_arguments(loo_model_weights, locals())
    return weigh(_as_loos(named_models(models, caller_scope(1))), method, seed)


Model = TypeVar("Model", Fit, Fit | Elpd)


def named_models(models: tuple[Model | Mapping[str, Model], ...], scope: Mapping[str, object]) -> dict[str, Model]:
    """Models by the names of the caller's variables, as R has them; `model2` of what has none."""
    given: dict[str, Model] = {}
    for number, model in enumerate(models, start=1):
        if isinstance(model, Mapping):
            given |= model
        else:
            name = name_of(model, scope)
            given[name if name and name not in given else f"model{number}"] = model
    return given


def _as_loos(models: Mapping[str, Fit | Elpd]) -> dict[str, Elpd]:
    return {name: loo(model) if isinstance(model, Fit) else model for name, model in models.items()}
