"""Responses that are a normal and an exponential variable together: reaction times."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, SCALE_PRIOR, location_itself, mean_of, symmetric, trials_of, unbounded
from stanmlm.families.distributional import Default, Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.incomplete import log_integral
from stanmlm.families.link_functions import log1m_exp
from stanmlm.families.links import LINKS, OF_REALS, OF_SCALES
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import Response, read_reals
from stanmlm.families.theta import Theta


def exgaussian(link: str = "identity", link_sigma: str = "log", link_beta: str = "log") -> Family:
    """Responses with mean mu: a normal variable with sd sigma and an exponential one with mean beta together.

    Weights are exponents of the density. By default sigma has the prior that it has in gaussian models, and beta
    brms's gamma(1, 0.1), which does not know the units of the response.

    Parameters
    ----------
    link : str
        "identity", "log", "inverse", "softplus" or "squareplus".
    link_sigma, link_beta : str
        For formulas of them: "log", "identity", "softplus" or "squareplus".

    Returns
    -------
    Family
        For `family=` of the verbs.

    Raises
    ------
    OptionError
        For a link that the parameter does not have.

    Examples
    --------
    >>> from stanmlm import exgaussian
    >>> {name: link.name for name, link in exgaussian().links.items()}
    {'mu': 'identity', 'sigma': 'log', 'beta': 'log'}
    """
    return with_links(EXGAUSSIAN, [link, link_sigma, link_beta])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_reals(raw, weights, "exgaussian")


def _parts(y: Floats, theta: Theta) -> tuple[Floats, Floats]:
    """The response about the normal part's mean, and the sd over the mean of the exponential part."""
    sigma, beta = theta["sigma"], theta["beta"]
    return np.asarray((y - theta["mu"] + beta) / sigma), np.asarray(sigma / beta)


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """With w = r - z: where w is large the squares cancel, and what is left is a scaled error function."""
    z, r = _parts(y, theta)
    w = r - z
    far = np.log(0.5 * special.erfcx(np.maximum(w, 0.0) / np.sqrt(2))) - z**2 / 2
    near = r * (r / 2 - z) + special.log_ndtr(-np.minimum(w, 0.0))
    return np.asarray(extra.weights * (np.where(w > 0, far, near) - theta.log("beta")))


def _score(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """In mu, log sigma and log beta."""
    z, r = _parts(y, theta)
    q, mills = z - r, _mills(z - r)
    of_sigma, of_beta = r**2 - mills * (z + r), mills / r - 2 + r * (mills + q)
    return np.asarray(extra.weights * np.array([(r - mills) / theta["sigma"], of_sigma, of_beta]))


def _mills(q: Floats) -> Floats:
    """The normal density over its distribution function, the inverse of Mills' ratio."""
    return np.asarray(np.exp(-(q**2) / 2 - special.log_ndtr(q)) / np.sqrt(2 * np.pi))


def _observed(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """Minus second derivatives."""
    (z, r), sigma = _parts(y, theta), theta["sigma"]
    q, m = z - r, _mills(z - r)
    bend = -m * (q + m)  # the slope of m, which log sigma and log beta move along `by_sigma` and `by_beta`
    by_sigma, by_beta = -(z + r), 1 / r + r
    mixed = (m - bend * by_sigma) / sigma, (-r - bend * by_beta) / sigma
    of_sigma = 2 * r**2 - bend * by_sigma * (z + r) - m * (r - z)
    both = -2 * r**2 - bend * by_beta * (z + r) - m * (1 / r - r)
    of_beta = (bend * by_beta + m) / r - r * (m + q) + r * by_beta * (1 + bend)
    rows = [[bend / sigma**2], [mixed[0], of_sigma], [mixed[1], both, of_beta]]
    return -extra.weights * symmetric(rows)


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    mu, beta = theta["mu"], theta["beta"]
    normal = theta["sigma"] * rng.standard_normal(mu.shape)
    return np.asarray(mu - beta + normal + beta * rng.standard_exponential(mu.shape))


def _variance(theta: Theta, extra: Extra) -> Floats:
    return np.broadcast_to(theta["sigma"] ** 2 + theta["beta"] ** 2, theta["mu"].shape)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    z, r = _parts(y, theta)
    above = np.log(0.5 * special.erfcx(np.maximum(r - z, 0.0) / np.sqrt(2))) - z**2 / 2
    near = r * (r / 2 - z) + special.log_ndtr(np.maximum(z - r, 0.0))
    return np.asarray(np.clip(special.ndtr(z) - np.exp(np.where(r > z, above, near)), 0.0, 1.0))


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """Below the normal part's mean by parts, an integral without a difference in it."""
    z, r = _parts(y, theta)
    low = np.minimum(z, 0.0)
    part = log_integral(lambda e: -np.expm1(-r * e) * np.exp(low * e - e**2 / 2), 1 - low)
    far = part - (low**2 + np.log(2 * np.pi)) / 2
    return np.where(z < 0, far, log1m_exp(_log_above(z, r)))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return _log_above(*_parts(y, theta))


def _log_above(z: Floats, r: Floats) -> Floats:
    """A normal variable above z, or an exponential one that takes it there."""
    q, m = z - r, np.minimum(r, z)
    scaled = np.where(q < 0, np.log(special.erfcx(np.maximum(-q, 0.0) / np.sqrt(2)) / 2), special.log_ndtr(q))
    return np.asarray(np.logaddexp(special.log_ndtr(-z), m * (m / 2 - z) + scaled))


def _moments(response: Response) -> tuple[float, float]:
    """The sd of the responses, and what part of it is exponential: its third moment is 2 beta^3."""
    away = response.y - np.mean(response.y)
    size = float(np.std(response.y)) or 1.0
    skewness = float(np.mean(away**3)) / size**3
    return size, float(np.clip(np.cbrt(skewness / 2), 0.2, 0.95))


def _sigma(response: Response) -> float:
    size, share = _moments(response)
    return size * float(np.sqrt(1 - share**2))


def _beta(response: Response) -> float:
    size, share = _moments(response)
    return size * share


def _law(mean: str, _: str) -> str:
    return rf"\text{{ExGaussian}}({mean}, \sigma, \beta)"


EXGAUSSIAN = Family(
    name="exgaussian",
    spellings=("ex_gaussian", "ExGaussian"),
    parameters=(
        Distributional("mu", LINKS["identity"], OF_REALS, "real", mean_of),
        Distributional(
            name="sigma",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_sigma,
            words="standard deviation of the normal part",
            scales_groups=True,
            prior=SCALE_PRIOR,
            prior_link=LOG_PRIOR,
        ),
        Distributional(
            name="beta",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_beta,
            words="mean of the exponential part",
            symbol="exp_mean",
            prior={preset: Default("gamma", (1.0, 0.1)) for preset in ("rstanarm", "brms")},
            prior_link={preset: Default("normal", (1.7, 1.3)) for preset in ("rstanarm", "brms")},
        ),
    ),
    kind="real",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=location_itself,
    bounds=unbounded,
    notation=Notation(r"\mu", "", trials_of, _law),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    score=_score,
    observed=_observed,
    slopes_in=("identity", "log", "log"),
    autoscales=True,
)
