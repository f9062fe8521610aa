"""Waiting times whose hazard is a power of time."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, SHAPE_PRIOR, from_zero, location_itself, mean_of, trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.incomplete import log_gamma_p, log_gamma_q
from stanmlm.families.links import LINKS, OF_SCALES, OF_TIMES
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import Response, read_positive
from stanmlm.families.tails import log_below_of, log_mass_of
from stanmlm.families.theta import Theta


def weibull(link: str = "log", link_shape: str = "log") -> Family:
    """Positive responses with mean mu and a hazard that goes as y^(shape - 1).

    As in brms mu is the mean, the scale being mu / gamma(1 + 1 / shape); R's `survreg` has the intercept of the log
    scale, and 1 / shape as its scale. Weights are exponents of the density. The shape has brms's prior
    gamma(0.01, 0.01) in every preset but "flat".

    Parameters
    ----------
    link : str
        "log", "identity", "inverse", "softplus" or "squareplus".
    link_shape : str
        For a formula of shape: "log", "identity", "softplus" or "squareplus".

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
    >>> from stanmlm import weibull
    >>> {name: link.name for name, link in weibull().links.items()}
    {'mu': 'log', 'shape': 'log'}
    """
    return with_links(WEIBULL, [link, link_shape])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_positive(raw, weights, "weibull")


def _log_scale(theta: Theta) -> Floats:
    return np.asarray(theta.log("mu") - special.gammaln(1 + 1 / theta["shape"]))


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """Of the log response over the scale, times the shape: a Gumbel variable's."""
    shape, log_y = theta["shape"], np.log(y)
    z = shape * (log_y - _log_scale(theta))
    return np.asarray(extra.weights * (np.log(shape) + z - np.exp(z) - log_y))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    shape, mu = theta["shape"], theta["mu"]
    return np.asarray(np.exp(_log_scale(theta)) * rng.standard_exponential(mu.shape) ** (1 / shape))


def _variance(theta: Theta, extra: Extra) -> Floats:
    """Of squares of coefficients of variation that keep their digits where the shape is large."""
    k = 1 / theta["shape"]
    return np.asarray(theta["mu"] ** 2 * np.expm1(special.gammaln(1 + 2 * k) - 2 * special.gammaln(1 + k)))


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    with np.errstate(divide="ignore"):
        log_y = np.log(np.maximum(y, 0.0))
    return np.asarray(-np.expm1(-np.exp(theta["shape"] * (log_y - _log_scale(theta)))))


def _log_hazard(y: Floats, theta: Theta) -> Floats:
    """Of the hazard that has passed by y."""
    with np.errstate(divide="ignore"):
        return np.asarray(theta["shape"] * (np.log(np.maximum(y, 0.0)) - _log_scale(theta)))


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return log_below_of(_log_hazard(y, theta))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(-np.exp(_log_hazard(y, theta)))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """Of hazards, which are exponential: y is the scale times their power 1 / shape."""
    a = 1 + 1 / np.broadcast_to(theta["shape"], theta["mu"].shape)

    def below(y: Floats, theta: Theta, extra: Extra) -> Floats:
        return log_gamma_p(a, _log_hazard(y, theta))

    def above(y: Floats, theta: Theta, extra: Extra) -> Floats:
        return log_gamma_q(a, _log_hazard(y, theta))

    share = log_mass_of(below, above, low, high, theta, extra)
    return np.asarray(theta["mu"] * np.exp(share - log_mass_of(_log_cdf, _log_ccdf, low, high, theta, extra)))


def _information(theta: Theta, extra: Extra) -> Floats:
    """Expected information in log mu and log shape, from that in the logs of scale and shape."""
    shape = np.broadcast_to(theta["shape"], theta["mu"].shape)
    turn = special.digamma(1 + 1 / shape) / shape  # d log scale / d log shape where the mean stays
    both = -shape * (1 - np.euler_gamma)
    mixed = shape**2 * turn + both
    own = (shape * turn) ** 2 + 2 * turn * both + (1 - np.euler_gamma) ** 2 + np.pi**2 / 6
    return np.asarray(extra.weights * np.array([[shape**2, mixed], [mixed, own]]))


def _shape(response: Response) -> float:
    """From the sd of the logarithms, which is pi / sqrt(6) over the shape."""
    spread = float(np.std(np.log(response.y)))
    return float(np.clip(np.pi / np.sqrt(6) / spread, 0.05, 1e3)) if spread > 0 else 1e3


def _law(mean: str, _: str) -> str:
    return rf"\text{{Weibull}}(k, {mean} / \Gamma(1 + 1/k))"


WEIBULL = Family(
    name="weibull",
    spellings=("Weibull",),
    parameters=(
        Distributional("mu", LINKS["log"], OF_TIMES, "positive", mean_of),
        Distributional(
            name="shape",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_shape,
            words="the hazard goes as y^(shape - 1)",
            prior=SHAPE_PRIOR,
            prior_link=LOG_PRIOR,
        ),
    ),
    kind="real",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=location_itself,
    bounds=from_zero,
    notation=Notation(r"\mu", "", trials_of, _law, symbols={"shape": "k"}),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    truncated_mean=_truncated_mean,
    information=_information,
    slopes_in=("log", "log"),
)
