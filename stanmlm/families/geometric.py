"""Counts of failures before a success, whose chance is the same at each try."""

from dataclasses import replace

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_link
from stanmlm.families.common import from_zero, location_itself, mean_of, moderately, trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.link_functions import log1m_exp
from stanmlm.families.links import LINKS, OF_COUNTS
from stanmlm.families.negbinomial import NEGBINOMIAL
from stanmlm.families.reductions import Extra, Reduction, Stats, ratio, times, total
from stanmlm.families.responses import Response, read_counts
from stanmlm.families.theta import Theta


def geometric(link: str = "log") -> Family:
    """Counts with mean mu and variance mu + mu^2: a negative binomial with shape 1. Weights are exponents.

    Parameters
    ----------
    link : str
        "log", "identity", "sqrt", "softplus" or "squareplus".

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
    >>> from stanmlm import geometric
    >>> {name: link.name for name, link in geometric().links.items()}
    {'mu': 'log'}
    """
    return with_link(GEOMETRIC, link)


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_counts(raw, weights, "geometric")


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """For reals by its continuation."""
    log_mu = theta.log("mu")
    return np.asarray(extra.weights * (moderately(y, log_mu) - (y + 1) * np.logaddexp(0.0, log_mu)))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    mu = theta["mu"]
    return rng.poisson(rng.standard_exponential(mu.shape) * mu).astype(float)


def _variance(theta: Theta, extra: Extra) -> Floats:
    mu = theta["mu"]
    return np.asarray(mu + mu**2)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """All but the chance that each of the first y + 1 tries fails."""
    whole = np.floor(y)
    return np.where(whole < 0, 0.0, -np.expm1(-(whole + 1) * np.logaddexp(0.0, -theta.log("mu"))))


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    with np.errstate(divide="ignore"):
        return log1m_exp(_log_ccdf(y, theta, extra))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """Each of the first y + 1 tries fails."""
    return np.asarray(-np.maximum(np.floor(y) + 1, 0.0) * np.logaddexp(0.0, -theta.log("mu")))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """That of a negative binomial with shape 1."""
    assert NEGBINOMIAL.truncated_mean is not None
    return NEGBINOMIAL.truncated_mean(low, high, replace(theta, natural={**theta.natural, "shape": np.ones(1)}), extra)


def _information(theta: Theta, extra: Extra) -> Floats:
    """The share mu / (1 + mu), in log mu."""
    return np.asarray(extra.weights * special.expit(theta.log("mu")))[None, None]


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """Sums over the rows of a cell, weights being exponents."""
    weights = response.weights
    return {"n": total(weights, cell, cells), "y": total(times(weights, response.y), cell, cells)}


def _means(stats: Stats) -> tuple[Floats, Floats]:
    return ratio(stats, "n")


def _law(mean: str, _: str) -> str:
    return rf"\text{{Geometric}}(1 / (1 + {mean}))"


GEOMETRIC = Family(
    name="geometric",
    spellings=("Geometric",),
    parameters=(Distributional("mu", LINKS["log"], OF_COUNTS, "positive", mean_of),),
    kind="count",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=location_itself,
    bounds=from_zero,
    notation=Notation(r"\lambda", "", trials_of, _law),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    truncated_mean=_truncated_mean,
    information=_information,
    slopes_in=("log",),
    reductions=(Reduction(("offset",), _statistic, means=_means),),
    saturates=True,
)
