"""Positive responses with a long tail: the times at which a drifting Brownian motion meets a bound."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, SHAPE_PRIOR, from_zero, location_itself, mean_of, trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.link_functions import log1m_exp
from stanmlm.families.links import LINKS, OF_INVERSES, OF_SCALES
from stanmlm.families.reductions import Extra, Reduction, Stats, times, total
from stanmlm.families.responses import Response, read_positive
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta


def inverse_gaussian(link: str = "log", link_shape: str = "log") -> Family:
    """Positive responses with mean mu and variance mu^3 / shape; brms's and R's `inverse.gaussian`.

    The link is the log; R's and brms's default is "1/mu^2". Weights are exponents of the
    density. The shape, in units of the response, has brms's prior gamma(0.01, 0.01) in every preset but "flat".

    Parameters
    ----------
    link : str
        "log", "1/mu^2", "inverse", "identity", "softplus" or "squareplus".
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
    >>> from stanmlm import inverse_gaussian
    >>> {name: link.name for name, link in inverse_gaussian().links.items()}
    {'mu': 'log', 'shape': 'log'}
    """
    return with_links(INVERSE_GAUSSIAN, [link, link_shape])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_positive(raw, weights, "inverse_gaussian")


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """With r = y / mu - 1, half of minus shape r^2 / y, and what the shape and y say alone."""
    shape, r = theta["shape"], np.expm1(np.log(y) - theta.log("mu"))
    constant = 0.5 * np.log(shape / (2 * np.pi))
    return np.asarray(extra.weights * (constant - 1.5 * np.log(y) - 0.5 * shape * r**2 / y))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    mu = theta["mu"]
    return rng.wald(mu, np.broadcast_to(theta["shape"], mu.shape))


def _variance(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(theta["mu"] ** 3 / theta["shape"])


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """Shuster (1968, Journal of the American Statistical Association 63:1514), the second term on the log scale."""
    mu, shape = theta["mu"], theta["shape"]
    with np.errstate(divide="ignore"):
        root = np.sqrt(shape / np.maximum(y, 0.0))
        up, down = root * (y / mu - 1), -root * (y / mu + 1)
        below = special.ndtr(up) + np.exp(2 * shape / mu + special.log_ndtr(down))
    return np.where(y > 0, below, 0.0)


def _parts(y: Floats, theta: Theta) -> tuple[Floats, Floats]:
    """Where Shuster's first term has its normal variable, and the log of his second, as it falls with the first's."""
    mu, shape = theta["mu"], theta["shape"]
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(shape / np.maximum(y, 0.0))
        up, down = root * (y / mu - 1), root * (y / mu + 1)
        second = -0.5 * up**2 + np.log(0.5 * special.erfcx(down / np.sqrt(2)))
        return np.where(y > 0, up, -np.inf), np.where(y > 0, second, -np.inf)


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    up, second = _parts(y, theta)
    return np.asarray(np.logaddexp(special.log_ndtr(up), second))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    up, second = _parts(y, theta)
    first = special.log_ndtr(-up)
    return np.asarray(first + log1m_exp(second - first))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """Weighted by itself, a response is mu^2 over one of the same law: Shuster's terms with the other sign."""

    def below(y: Floats, theta: Theta, extra: Extra) -> Floats:
        up, second = _parts(y, theta)
        first = special.log_ndtr(up)
        return np.asarray(first + log1m_exp(second - first))

    def above(y: Floats, theta: Theta, extra: Extra) -> Floats:
        up, second = _parts(y, theta)
        return np.asarray(np.logaddexp(special.log_ndtr(-up), second))

    share = log_mass_of(below, above, low, high, theta, extra)
    return np.asarray(theta["mu"] * np.exp(share - log_mass_of(_log_cdf, _log_ccdf, low, high, theta, extra)))


def _information(theta: Theta, extra: Extra) -> Floats:
    """Orthogonal: shape / mu in log mu, a half in log shape."""
    mu = theta["mu"]
    zero = np.zeros_like(mu)
    return np.asarray(extra.weights * np.array([[theta["shape"] / mu, zero], [zero, zero + 0.5]]))


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """Number and mean, and the sum of 1 / y less its least value with that mean, weights being exponents."""
    y, weights = response.y, response.weights
    n = total(weights, cell, cells)
    mean = total(times(weights, y), cell, cells) / np.where(n > 0, n, 1)
    mean = np.where(n > 0, mean, 1.0)
    return {"n": n, "y": mean, "ss": total(times(weights, (y / mean[cell] - 1) ** 2 / y), cell, cells)}


def _shape(response: Response) -> float:
    """At the mean of all, the maximum of the likelihood."""
    deviance = float(np.mean(1 / response.y) - 1 / np.mean(response.y))
    return 1 / deviance if deviance > 0 else float(np.mean(response.y)) * 1e3


def _law(mean: str, _: str) -> str:
    return rf"\text{{InverseGaussian}}({mean}, \lambda)"


INVERSE_GAUSSIAN = Family(
    name="inverse_gaussian",
    spellings=("inverse.gaussian", "inverse_gauss", "InverseGaussian", "wald"),
    parameters=(
        Distributional("mu", LINKS["log"], OF_INVERSES, "positive", mean_of),
        Distributional(
            name="shape",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_shape,
            words="the variance of a response is mu^3 / shape",
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
    notation=Notation(r"\mu", "", trials_of, _law, symbols={"shape": r"\lambda"}),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    truncated_mean=_truncated_mean,
    information=_information,
    slopes_in=("log", "log"),
    reductions=(Reduction(("offset",), _statistic),),
    saturates=True,
)
