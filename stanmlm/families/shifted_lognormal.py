"""Positive responses that are lognormal after a time in which nothing happens."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, SCALE_PRIOR, from_zero, symmetric, trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.links import LINKS, OF_LOGS, OF_SCALES
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import Response, read_positive
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta


def shifted_lognormal(link: str = "identity", link_sigma: str = "log", link_ndt: str = "log") -> Family:
    """Positive responses that are lognormal above `ndt`, the part of a reaction time that is no decision.

    As in brms mu and sigma are those of the logarithm of what is above ndt; the mean of a response is
    ndt + exp(mu + sigma^2 / 2), and ndt is uniform between 0 and the least response. Weights are exponents of the
    density.

    Parameters
    ----------
    link : str
        "identity" or "inverse".
    link_sigma, link_ndt : str
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
    >>> from stanmlm import shifted_lognormal
    >>> {name: link.name for name, link in shifted_lognormal().links.items()}
    {'mu': 'identity', 'sigma': 'log', 'ndt': 'log'}
    """
    return with_links(SHIFTED_LOGNORMAL, [link, link_sigma, link_ndt])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_positive(raw, weights, "shifted_lognormal")


def _log_above(y: Floats, theta: Theta) -> Floats:
    """The logarithm of what is above ndt, minus infinity where nothing is."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.maximum(y - theta["ndt"], 0.0)))


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    log_y = _log_above(y, theta)
    z = (np.where(np.isfinite(log_y), log_y, 0.0) - theta["mu"]) / theta["sigma"]
    kernel = np.where(np.isfinite(log_y), -0.5 * z**2 - log_y, -np.inf)
    return np.asarray(extra.weights * (kernel - theta.log("sigma") - 0.5 * np.log(2 * np.pi)))


def _score(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """In mu, log sigma and log ndt."""
    sigma, z, rate = theta["sigma"], *_standard(y, theta)
    return np.asarray(extra.weights * np.array([z / sigma, z**2 - 1, rate * (1 + z / sigma)]))


def _observed(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """Minus second derivatives."""
    sigma, z, rate = theta["sigma"], *_standard(y, theta)
    own = rate**2 / sigma**2 - rate * (1 + rate) * (1 + z / sigma)
    rows = [[np.zeros_like(z) + sigma**-2.0], [2 * z / sigma, 2 * z**2], [rate / sigma**2, 2 * z * rate / sigma, own]]
    return extra.weights * symmetric(rows)


def _standard(y: Floats, theta: Theta) -> tuple[Floats, Floats]:
    """The standardised logarithm, and how fast it falls with log ndt, times sigma."""
    ndt = theta["ndt"]
    return np.asarray((_log_above(y, theta) - theta["mu"]) / theta["sigma"]), np.asarray(ndt / (y - ndt))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    mu = theta["mu"]
    return np.asarray(theta["ndt"] + np.exp(mu + theta["sigma"] * rng.standard_normal(mu.shape)))


def _above(theta: Theta) -> Floats:
    """The mean of what is above ndt."""
    return np.asarray(np.exp(theta["mu"] + 0.5 * theta["sigma"] ** 2))


def _mean(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(theta["ndt"] + _above(theta))


def _variance(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(_above(theta) ** 2 * np.expm1(theta["sigma"] ** 2))


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(special.ndtr(_z(y, theta)))


def _z(y: Floats, theta: Theta) -> Floats:
    return np.asarray((_log_above(y, theta) - theta["mu"]) / theta["sigma"])


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(special.log_ndtr(_z(y, theta)))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(special.log_ndtr(-_z(y, theta)))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """Weighted by itself, the logarithm of what is above ndt is normal about mu + sigma^2."""
    mu, sigma, ndt = theta["mu"], theta["sigma"], theta["ndt"]
    heavier = Theta(natural={"mu": mu + sigma**2, "sigma": sigma, "ndt": ndt})
    shares = [log_mass_of(_log_cdf, _log_ccdf, low, high, of, extra) for of in (heavier, theta)]
    return np.asarray(ndt + _above(theta) * np.exp(shares[0] - shares[1]))


def _ndt(response: Response) -> float:
    return 0.5 * least(response)


def _logs(response: Response) -> Floats:
    return np.asarray(np.log(response.y - _ndt(response)))


def _center(response: Response) -> float:
    return float(np.mean(_logs(response)))


def _size(response: Response) -> float:
    return float(np.std(_logs(response))) or 1.0


def least(response: Response) -> float:
    """The least response that is an observation."""
    return float(np.min(response.y[response.weights > 0], initial=np.inf))


def _log(y: Floats) -> Floats:
    return np.asarray(np.log(y))


def _law(mean: str, _: str) -> str:
    return rf"\text{{ShiftedLogNormal}}({mean}, \sigma^2, \delta)"


SHIFTED_LOGNORMAL = Family(
    name="shifted_lognormal",
    spellings=("ShiftedLogNormal",),
    parameters=(
        Distributional("mu", LINKS["identity"], OF_LOGS, "real", _center),
        Distributional(
            name="sigma",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_size,
            words="standard deviation of the logarithms",
            scales_groups=True,
            prior=SCALE_PRIOR,
            prior_link=LOG_PRIOR,
        ),
        Distributional(
            name="ndt",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_ndt,
            words="time before which there is no response",
            upper=least,
        ),
    ),
    kind="real",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=_mean,
    bounds=from_zero,
    notation=Notation(r"\mu", "", trials_of, _law, symbols={"ndt": r"\delta"}),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    truncated_mean=_truncated_mean,
    score=_score,
    observed=_observed,
    slopes_in=("identity", "log", "log"),
    autoscales=True,
    located=_log,
)
