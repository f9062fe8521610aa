"""What responses vary around their means: the residual variance of a variance decomposition, by link and family."""

from collections.abc import Callable, Mapping

import numpy as np

from stanmlm.after.effects.nakagawa import lognormal_variance
from stanmlm.after.predict.chunks import chunks, chunks_of
from stanmlm.after.predict.expected import natural, theta_of
from stanmlm.after.predict.linear_predictor import linear_predictor
from stanmlm.after.predict.request import Request
from stanmlm.after.predict.target import target_of
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError
from stanmlm.data.design import dpars_of
from stanmlm.data.whole_rows import places
from stanmlm.families.family import as_they_are
from stanmlm.families.reductions import Extra
from stanmlm.fit.draws import covariances_of
from stanmlm.fit.fit import Fit, draws_of, n_draws
from stanmlm.formula.bf import LOCATION


def bars_of_location(fit: Fit) -> list[int]:
    """The group terms that vary what is expected, and not another parameter alone."""
    if len(fit.model.family.locations) > 1:
        raise DataError(f"a variance decomposition is of one predictor; {fit.model.family.name} models have several")
    return [bar for bar, term in enumerate(fit.model.design.terms) if LOCATION in dpars_of(term)]


def varying(fit: Fit, bar: int) -> Floats:
    """The columns (D, K) of a term, zero where they enter another parameter."""
    term = fit.model.design.terms[bar]
    return np.asarray(term.Z * (np.array(dpars_of(term)) == LOCATION))


def _typical_count(fit: Fit) -> Floats:
    """Exp of the mean over rows of the fixed part, offset included."""
    target, total = target_of(fit, request=Request("NA")), np.zeros(n_draws(fit))
    for rows in chunks_of(target):
        total += linear_predictor(fit, target, rows).sum(axis=1)
    return np.asarray(np.exp(total / len(target.index)))


def typical_of(null: Fit) -> Callable[[Fit], Floats]:
    """Exp of the intercept of the model without fixed effects, its posterior mean."""
    typical = float(np.exp(draws_of(null, "b")[:, 0].mean()))
    return lambda fit: np.full(n_draws(fit), typical)


def _expected_count(fit: Fit) -> Floats:
    """The mean over rows of exp(fixed part + z' Sigma z / 2), which integrates lognormal group effects out."""
    target = target_of(fit, request=Request("NA"))
    terms = [(varying(fit, bar), covariances_of(fit, bar)) for bar in bars_of_location(fit)]
    total = np.zeros(n_draws(fit))
    for rows in chunks_of(target):
        eta, at = linear_predictor(fit, target, rows), places(target.design, rows)
        for Z, sigma in terms:
            eta += 0.5 * np.einsum("nk,dkl,nl->dn", Z[at], sigma, Z[at], optimize=True)
        total += np.exp(eta).sum(axis=1)
    return total / len(target.index)


def _variance(fit: Fit, mean: Floats) -> Floats:
    """Draws of the variance of a response of weight one with these means, (draws,): over rows, where they differ."""
    family, target, several = fit.model.family, target_of(fit), bool(fit.model.design.others)
    size, total = len(target.index) if several else 1, np.zeros(len(mean))
    for rows in chunks(size, len(mean)):
        theta, n = theta_of(fit, target, rows), rows.stop - rows.start
        others = {name: natural(fit, name)(theta, rows) for name in tuple(family.links)[1:]}
        at = family.theta({}, {family.location.name: np.repeat(mean[:, None], n, axis=1), **others})
        total += family.variance_of(at, Extra(np.ones(n), np.ones(n))).sum(axis=1)
    return total / size


COUNTS: Mapping[str, Callable[[Fit], Floats]] = {"typical": _typical_count, "marginal": _expected_count}


def _of_response(fit: Fit, mean: Callable[[Fit], Floats]) -> Floats:
    return _variance(fit, np.zeros(n_draws(fit)))


def _of_logarithm(fit: Fit, mean: Callable[[Fit], Floats]) -> Floats:
    target, sigma, total = target_of(fit), natural(fit, "sigma"), np.zeros(n_draws(fit))
    for rows in chunks_of(target):
        total += (sigma(theta_of(fit, target, rows), rows) ** 2).sum(axis=1)
    return total / len(target.index)


def _lognormal(fit: Fit, mean: Callable[[Fit], Floats]) -> Floats:
    count = mean(fit)
    return lognormal_variance(count, _variance(fit, count))


# By link of the location: what the residual variance is, in words and of a fit. Links of probabilities have a latent
# variable of known variance.
ResidualOf = Callable[[Fit, Callable[[Fit], Floats]], Floats]  # of a fit, and of what gives the mean of a log link
_RESIDUALS: Mapping[str, tuple[str, ResidualOf]] = {
    "identity": ("that of a response given its mean", _of_response),
    "log": ("log(1 + variance / mean^2), lognormal approximation", _lognormal),
}
# Families whose responses are a latent variable of known variance, cut at thresholds.
_CUT = ("binomial", "cumulative")
# Families whose location is of the logarithm of responses, which varies by sigma.
_OF_LOGARITHMS = ("lognormal", "shifted_lognormal")


def residual_of(fit: Fit) -> tuple[str, ResidualOf]:
    """The residual variance of a fit in words, and how it is computed.

    Raises
    ------
    DataError
        Where none is known.
    """
    family = fit.model.family
    if (latent := family.link.latent) and family.name in _CUT:
        words, value = latent
        return words, lambda fit, mean: np.full(n_draws(fit), value)
    if family.name in _OF_LOGARITHMS and family.link.name == "identity":
        return "sigma^2, of the logarithm of a response", _of_logarithm
    apart = family.located is not as_they_are  # the location is not on the scale of responses
    if family.link.name not in _RESIDUALS or apart:
        raise DataError(f"no residual variance is known for {family.name} with {family.link.name} link")
    return _RESIDUALS[family.link.name]
