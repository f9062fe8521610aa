"""Responses about a quantile: what quantile regression fits."""

import numpy as np

from stanmlm.base.arrays import Bools, Floats
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, SCALE_PRIOR, symmetric, trials_of, unbounded
from stanmlm.families.distributional import Default, Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.link_functions import log1m_exp
from stanmlm.families.links import LINKS, OF_CHANCES, OF_REALS, OF_SCALES
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import Response, read_reals
from stanmlm.families.theta import Theta


def asym_laplace(link: str = "identity", link_sigma: str = "log", link_quantile: str = "logit") -> Family:
    """Asymmetric Laplace responses: a share `quantile` of them lies below mu (Yu and Moyeed 2001).

    Weights are exponents of the density. By default sigma has the prior that it has in gaussian models, and quantile
    brms's beta(1, 1).

    Parameters
    ----------
    link : str
        "identity", "log", "inverse", "softplus" or "squareplus".
    link_sigma, link_quantile : str
        For formulas of them: "log", "identity", "softplus" or "squareplus" of sigma, "logit" or "identity" of quantile.

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
    >>> from stanmlm import asym_laplace
    >>> {name: link.name for name, link in asym_laplace().links.items()}
    {'mu': 'identity', 'sigma': 'log', 'quantile': 'logit'}
    """
    return with_links(ASYM_LAPLACE, [link, link_sigma, link_quantile])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_reals(raw, weights, "asym_laplace")


def _check(z: Floats, quantile: Floats) -> Floats:
    """The check function of quantile regression, which is exponential with mean 1."""
    return np.asarray(z * (quantile - (z < 0)))


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    sigma, q = theta["sigma"], theta["quantile"]
    constant = theta.log("quantile") + theta.log1m("quantile") - theta.log("sigma")
    return np.asarray(extra.weights * (constant - _check((y - theta["mu"]) / sigma, q)))


def _score(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """In mu, log sigma and logit quantile."""
    sigma, q = theta["sigma"], theta["quantile"]
    z = (y - theta["mu"]) / sigma
    return np.asarray(extra.weights * np.array([(q - (z < 0)) / sigma, _check(z, q) - 1, 1 - 2 * q - q * (1 - q) * z]))


def _information(theta: Theta, extra: Extra) -> Floats:
    """Variances of the score, whose check function is exponential on either side."""
    sigma, q, zero = theta["sigma"], theta["quantile"], np.zeros_like(theta["mu"])
    both = q * (1 - q)
    rows = [[zero + both / sigma**2], [zero, zero + 1], [zero - both / sigma, zero - (1 - 2 * q), zero + 1 - 2 * both]]
    return extra.weights * symmetric(rows)


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    mu, q = theta["mu"], theta["quantile"]
    below = rng.uniform(size=mu.shape) < q
    size = rng.standard_exponential(mu.shape)
    return np.asarray(mu + theta["sigma"] * np.where(below, -size / (1 - q), size / q))


def _mean(theta: Theta, extra: Extra) -> Floats:
    q = theta["quantile"]
    return np.asarray(theta["mu"] + theta["sigma"] * (1 - 2 * q) / (q * (1 - q)))


def _variance(theta: Theta, extra: Extra) -> Floats:
    q = theta["quantile"]
    own = theta["sigma"] ** 2 * (1 - 2 * q * (1 - q)) / (q * (1 - q)) ** 2
    return np.broadcast_to(own, theta["mu"].shape)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    q, z = theta["quantile"], (y - theta["mu"]) / theta["sigma"]
    below = q * np.exp((1 - q) * np.minimum(z, 0.0))
    return np.where(z < 0, below, 1 - (1 - q) * np.exp(-q * np.maximum(z, 0.0)))


def _log_sides(y: Floats, theta: Theta) -> tuple[Bools, Floats, Floats]:
    """Whether a number is below mu, and the log chances of lying farther below, and farther above, on its own side."""
    q, z = theta["quantile"], (y - theta["mu"]) / theta["sigma"]
    below = theta.log("quantile") + (1 - q) * np.minimum(z, 0.0)
    return np.asarray(z < 0), np.asarray(below), np.asarray(theta.log1m("quantile") - q * np.maximum(z, 0.0))


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    under, below, above = _log_sides(y, theta)
    return np.where(under, below, log1m_exp(above))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    under, below, above = _log_sides(y, theta)
    return np.where(under, log1m_exp(below), above)


def _median(response: Response) -> float:
    return float(np.median(response.y))


def _size(response: Response) -> float:
    """Where half of the responses lie below mu, sigma is half of the mean distance from it."""
    return 0.5 * float(np.mean(np.abs(response.y - np.median(response.y)))) or 1.0


def _half(_: Response) -> float:
    return 0.5


def _law(mean: str, _: str) -> str:
    return rf"\text{{AsymLaplace}}({mean}, \sigma, \tau)"


ASYM_LAPLACE = Family(
    name="asym_laplace",
    spellings=("asymmetric_laplace", "AsymmetricLaplace", "asymlaplace"),
    parameters=(
        Distributional("mu", LINKS["identity"], OF_REALS, "real", _median),
        Distributional(
            name="sigma",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_size,
            words="scale of the responses about mu",
            scales_groups=True,
            prior=SCALE_PRIOR,
            prior_link=LOG_PRIOR,
        ),
        Distributional(
            name="quantile",
            link=LINKS["logit"],
            links=OF_CHANCES,
            support="unit",
            start=_half,
            words="share of the responses below mu",
            prior={preset: Default("beta", (1.0, 1.0)) for preset in ("rstanarm", "brms")},
            prior_link={preset: Default("logistic", (0.0, 1.0)) for preset in ("rstanarm", "brms")},
        ),
    ),
    kind="real",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=_mean,
    bounds=unbounded,
    notation=Notation(r"\mu", "", trials_of, _law, symbols={"quantile": r"\tau"}),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    score=_score,
    information=_information,
    slopes_in=("identity", "log", "logit"),
    autoscales=True,
)
