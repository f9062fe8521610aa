"""Positive responses whose sd is a share of their mean."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, SHAPE_PRIOR, from_zero, location_itself, mean_of, trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.incomplete import log_gamma_p, log_gamma_q
from stanmlm.families.links import LINKS, OF_SCALES, OF_TIMES
from stanmlm.families.reductions import Extra, Reduction, Stats, times, total
from stanmlm.families.responses import Response, read_positive
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta


def Gamma(link: str = "log", link_shape: str = "log") -> Family:  # noqa: N802 - R's name
    """Positive responses with mean mu and variance mu^2 / shape.

    The link is the log, as in brms's `brmsfamily("gamma")`; R's `Gamma()` has "inverse". Weights are exponents of the
    density. The shape has brms's prior gamma(0.01, 0.01) in every preset but "flat".

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
    >>> from stanmlm import Gamma
    >>> {name: link.name for name, link in Gamma().links.items()}
    {'mu': 'log', 'shape': 'log'}
    """
    return with_links(GAMMA, [link, link_shape])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_positive(raw, weights, "Gamma")


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """With x = y / mu, shape (log x - x) and what the shape and y say alone."""
    shape, log_x = theta["shape"], np.log(y) - theta.log("mu")
    constant = shape * np.log(shape) - special.gammaln(shape)
    return np.asarray(extra.weights * (constant + shape * (log_x - np.exp(log_x)) - np.log(y)))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    mu, shape = theta["mu"], theta["shape"]
    return np.asarray(rng.standard_gamma(np.broadcast_to(shape, mu.shape)) * (mu / shape))


def _variance(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(theta["mu"] ** 2 / theta["shape"])


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    shape = theta["shape"]
    return np.asarray(special.gammainc(shape, shape * np.maximum(y, 0.0) / theta["mu"]))


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return log_gamma_p(theta["shape"], _log_ratio(y, theta))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return log_gamma_q(theta["shape"], _log_ratio(y, theta))


def _log_ratio(y: Floats, theta: Theta) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.maximum(y, 0.0)) + np.log(theta["shape"]) - theta.log("mu"))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """Weighted by itself, a response is Gamma with a shape one larger and the same scale."""
    mu, shape = theta["mu"], theta["shape"]
    heavier = Theta(natural={"mu": mu * (shape + 1) / shape, "shape": shape + 1})
    shares = [log_mass_of(_log_cdf, _log_ccdf, low, high, of, extra) for of in (heavier, theta)]
    return np.asarray(mu * np.exp(shares[0] - shares[1]))


def _information(theta: Theta, extra: Extra) -> Floats:
    """Orthogonal: shape in log mu, shape^2 (trigamma(shape) - 1 / shape) in log shape."""
    shape = np.broadcast_to(theta["shape"], theta["mu"].shape)
    zero = np.zeros_like(shape)
    own = shape * (shape * special.polygamma(1, shape) - 1)
    return np.asarray(extra.weights * np.array([[shape, zero], [zero, own]]))


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """Sums over the rows of a cell, weights being exponents."""
    y, weights = response.y, response.weights
    return {
        "n": total(weights, cell, cells),
        "y": total(times(weights, y), cell, cells),
        "log_y": total(times(weights, np.log(y)), cell, cells),
    }


def shape_by_moments(response: Response) -> float:
    """The squared mean over the variance, within what a pilot may start from."""
    mean, variance = float(np.mean(response.y)), float(np.var(response.y))
    return float(np.clip(mean**2 / variance, 0.1, 1e3)) if variance > 0 else 1e3


def _law(mean: str, _: str) -> str:
    return rf"\text{{Gamma}}(\alpha, \alpha / {mean})"


GAMMA = Family(
    name="Gamma",
    spellings=("gamma",),
    parameters=(
        Distributional("mu", LINKS["log"], OF_TIMES, "positive", mean_of),
        Distributional(
            name="shape",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=shape_by_moments,
            words="the variance of a response is mu^2 / shape",
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
    notation=Notation(r"\mu", "", trials_of, _law, symbols={"shape": r"\alpha"}),
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
