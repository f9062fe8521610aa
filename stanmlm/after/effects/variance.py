"""Where the variance lies: by grouping factor and residual, as shares of variance and as ratios of sds, with draws."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from stanmlm.after.predict.chunks import chunks, chunks_of
from stanmlm.after.predict.estimates import Estimates, columns_beside, estimates
from stanmlm.after.predict.expected import natural, theta_of
from stanmlm.after.predict.linear_predictor import linear_predictor
from stanmlm.after.predict.request import Request
from stanmlm.after.predict.target import target_of
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError
from stanmlm.data.design import dpars_of
from stanmlm.data.whole_rows import counts, places
from stanmlm.families.reductions import Extra
from stanmlm.fit.draws import covariances_of
from stanmlm.fit.fit import Fit, n_draws
from stanmlm.formula.bf import LOCATION
from stanmlm.priors.parameters import groupings

RESIDUAL = "Residual"


def icc(fit: Fit, group: str | None = None, *, level: float = 0.95) -> Estimates:
    """The intraclass correlation: the share of variance that lies between groups, fixed effects held.

    Parameters
    ----------
    fit
        A fit with group terms.
    group
        One grouping factor; where None a row a factor, and their total where there are several.
    level
        Posterior probability of the intervals.

    Returns
    -------
    Estimates
        `.frame` has `group`, `estimate`, `conf.low`, `conf.high`.

    Raises
    ------
    DataError
        Without group terms, for an unknown group, and for families without a residual variance.

    Notes
    -----
    See `variance_decomposition` for what counts as the variance of a factor with slopes, and as residual variance.

    Examples
    --------
    >>> from stanmlm import icc, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> bool(0.85 < icc(fit).frame["estimate"][0] < 0.97)
    True
    """
    check_arguments(icc, locals())
    groups, residual = _variances(fit)
    if group is not None and group not in groups:
        raise DataError(f"`{group}` is not a grouping factor; there is {', '.join(map(repr, groups))}")
    total = np.sum([*groups.values(), residual], axis=0)
    shares = [(name, variance / total) for name, variance in groups.items() if group in (None, name)]
    if group is None and len(groups) > 1:
        shares.append(("(all groups)", 1 - residual / total))
    labels, draws = zip(*shares, strict=True)
    frame = pd.DataFrame({"group": list(labels)})
    return estimates(frame, np.stack(draws, axis=1), "Intraclass correlation", level, _note(fit))


def variance_decomposition(fit: Fit, *, level: float = 0.95) -> Estimates:
    """Variances by level of the model, their shares of the total, and ratios of sds to the residual sd.

    Parameters
    ----------
    fit
        A fit with group terms.
    level
        Posterior probability of the intervals.

    Returns
    -------
    Estimates
        `.frame` has `group`, `quantity` ("variance", "variance share", "sd ratio" to the residual sd), `estimate`,
        `conf.low`, `conf.high`.

    Raises
    ------
    DataError
        Without group terms, and for families without a residual variance.

    Notes
    -----
    With slopes the variance of a factor is the mean over rows of z' Sigma z (Johnson 2014, Methods in Ecology and
    Evolution 5:944). The residual variance is that of a response given its mean under an identity link, sigma^2 in
    gaussian models; on the latent scale pi^2/3 for logit, 1 for probit, pi^2/6 for cloglog; and log(1 + v/lambda^2)
    under a log link, the lognormal approximation of Nakagawa, Johnson and Schielzeth (2017, Journal of the Royal
    Society Interface 14:20170213), lambda being the mean over rows of the expected response, groups integrated out,
    and v the variance of a response with that mean: lambda itself in poisson models.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams, variance_decomposition
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> variance_decomposition(fit).frame["quantity"].unique().tolist()
    ['variance', 'variance share', 'sd ratio']
    """
    check_arguments(variance_decomposition, locals())
    groups, residual = _variances(fit)
    (own,) = columns_beside([RESIDUAL], groups).values()  # of a grouping factor that is called Residual
    variances = [*groups.items(), (own, residual)]
    total = np.sum([variance for _, variance in variances], axis=0)
    rows = [(name, "variance", variance) for name, variance in variances]
    rows += [(name, "variance share", variance / total) for name, variance in variances]
    rows += [(name, "sd ratio", np.sqrt(variance / residual)) for name, variance in groups.items()]
    labels = pd.DataFrame([row[:2] for row in rows], columns=["group", "quantity"])
    note = f"{_note(fit)}; sd ratio: sd over residual sd"
    return estimates(labels, np.stack([draws for *_, draws in rows], axis=1), "Variance decomposition", level, note)


def _note(fit: Fit) -> str:
    return f"residual variance: {_residual(fit)[0]}"


def _variances(fit: Fit) -> tuple[dict[str, Floats], Floats]:
    """Draws of the variance of every grouping factor, and of the residual one, (draws,) each."""
    of_mean = _of_location(fit)
    if not of_mean:
        raise DataError("a variance decomposition needs group terms, such as (1 | group); this model has none")
    groups = {
        grouping.group: np.sum([_mean_variance(fit, bar) for bar in bars], axis=0)
        for grouping in groupings(fit.model.design)
        if (bars := [bar for bar in grouping.bars if bar in of_mean])
    }
    return groups, _residual(fit)[1](fit)


def _of_location(fit: Fit) -> list[int]:
    """The group terms that vary what is expected, and not another parameter alone."""
    if len(fit.model.family.locations) > 1:
        raise DataError(f"a variance decomposition is of one predictor; {fit.model.family.name} models have several")
    return [bar for bar, term in enumerate(fit.model.design.terms) if LOCATION in dpars_of(term)]


def _varying(fit: Fit, bar: int) -> Floats:
    """The columns (D, K) of a term, zero where they enter another parameter."""
    term = fit.model.design.terms[bar]
    return np.asarray(term.Z * (np.array(dpars_of(term)) == LOCATION))


def _mean_variance(fit: Fit, bar: int) -> Floats:
    """The mean over rows of z' Sigma z, which is the trace of Sigma times the mean of z z'."""
    Z, often = _varying(fit, bar), counts(fit.model.design)
    return np.asarray(np.einsum("dkl,kl->d", covariances_of(fit, bar), (Z.T * often) @ Z / often.sum()))


def _expected_count(fit: Fit) -> Floats:
    """The mean over rows of exp(fixed part + z' Sigma z / 2), which integrates lognormal group effects out."""
    target = target_of(fit, request=Request("NA"))
    terms = [(_varying(fit, bar), covariances_of(fit, bar)) for bar in _of_location(fit)]
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


def _of_response(fit: Fit) -> Floats:
    return _variance(fit, np.zeros(n_draws(fit)))


def _lognormal(fit: Fit) -> Floats:
    count = _expected_count(fit)
    return np.log1p(_variance(fit, count) / count**2)


# By link of the location: what the residual variance is, in words and of a fit. Links of probabilities have a latent
# variable of known variance.
_RESIDUALS: Mapping[str, tuple[str, Callable[[Fit], Floats]]] = {
    "identity": ("that of a response given its mean", _of_response),
    "log": ("log(1 + variance / mean^2), lognormal approximation", _lognormal),
}


def _residual(fit: Fit) -> tuple[str, Callable[[Fit], Floats]]:
    family = fit.model.family
    if latent := family.link.latent:
        words, value = latent
        return words, lambda fit: np.full(n_draws(fit), value)
    if family.link.name not in _RESIDUALS:
        raise DataError(f"no residual variance is known for {family.name} with {family.link.name} link")
    return _RESIDUALS[family.link.name]
