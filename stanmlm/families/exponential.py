"""Waiting times without memory."""

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_link
from stanmlm.families.common import from_zero, location_itself, mean_of, trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.links import LINKS, OF_TIMES
from stanmlm.families.reductions import Extra, Reduction, Stats, times, total
from stanmlm.families.responses import Response, read_positive
from stanmlm.families.tails import log_below_of
from stanmlm.families.theta import Theta


def exponential(link: str = "log") -> Family:
    """Positive responses with mean mu and variance mu^2: a Gamma with shape 1, a weibull with shape 1.

    Parameters
    ----------
    link : str
        "log", "identity", "inverse", "softplus" or "squareplus".

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
    >>> from stanmlm.families import exponential
    >>> {name: link.name for name, link in exponential().links.items()}
    {'mu': 'log'}
    """
    return with_link(EXPONENTIAL, link)


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_positive(raw, weights, "exponential")


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    log_mu = theta.log("mu")
    return np.asarray(-extra.weights * (log_mu + np.exp(np.log(y) - log_mu)))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    mu = theta["mu"]
    return np.asarray(mu * rng.standard_exponential(mu.shape))


def _variance(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(theta["mu"] ** 2)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(-np.expm1(-np.maximum(y, 0.0) / theta["mu"]))


def _log_hazard(y: Floats, theta: Theta) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.maximum(y, 0.0)) - theta.log("mu"))


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return log_below_of(_log_hazard(y, theta))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(-np.exp(_log_hazard(y, theta)))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """From `low` on time is as from zero: mu, less what lies beyond `high`."""
    mu, start = theta["mu"], np.maximum(low, 0.0)
    width = (high - start) / mu
    with np.errstate(over="ignore", invalid="ignore"):
        beyond = np.where(np.isinf(high), 0.0, np.where(width < 1e-8, 1 - width / 2, width / np.expm1(width)))
    return np.asarray(start + mu * (1 - beyond))


def _information(theta: Theta, extra: Extra) -> Floats:
    return np.broadcast_to(extra.weights, (1, 1, *theta["mu"].shape))


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """Sums over the rows of a cell, weights being exponents."""
    weights = response.weights
    return {"n": total(weights, cell, cells), "y": total(times(weights, response.y), cell, cells)}


def _law(mean: str, _: str) -> str:
    return rf"\text{{Exponential}}(1 / {mean})"


EXPONENTIAL = Family(
    name="exponential",
    spellings=(),
    parameters=(Distributional("mu", LINKS["log"], OF_TIMES, "positive", mean_of),),
    kind="real",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=location_itself,
    bounds=from_zero,
    notation=Notation(r"\mu", "", trials_of, _law),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    truncated_mean=_truncated_mean,
    information=_information,
    slopes_in=("log",),
    reductions=(Reduction(("offset",), _statistic),),
    saturates=True,
)
