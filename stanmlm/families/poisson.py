"""Counts that vary as much as their mean."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_link
from stanmlm.families.common import from_zero, mean_of, moderately, trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.incomplete import log_gamma_p, log_gamma_q
from stanmlm.families.links import LINKS, OF_COUNTS
from stanmlm.families.reductions import Extra, Reduction, Stats, ratio, times, total
from stanmlm.families.responses import Response, read_counts
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta


def poisson(link: str = "log") -> Family:
    """Counts.

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
    >>> from stanmlm import poisson
    >>> {name: link.name for name, link in poisson().links.items()}
    {'mu': 'log'}
    """
    return with_link(POISSON, link)


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_counts(raw, weights, "poisson")


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """For reals by its continuation."""
    kernel = moderately(y, theta.log("mu") + np.log(extra.rate)) - theta["mu"] * extra.rate - special.gammaln(y + 1)
    return np.asarray(extra.weights * kernel)


def _mean(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(theta["mu"] * extra.rate)


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    return rng.poisson(theta["mu"] * extra.rate).astype(float)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    whole = np.floor(y)
    return np.where(whole < 0, 0.0, special.gammaincc(np.maximum(whole, 0.0) + 1, theta["mu"] * extra.rate))


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """The chance of no more than y events is that of a Gamma time beyond one."""
    whole = np.floor(y)
    below = log_gamma_q(np.maximum(whole, 0.0) + 1, theta.log("mu") + np.log(extra.rate))
    return np.where(whole < 0, -np.inf, below)


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    whole = np.floor(y)
    above = log_gamma_p(np.maximum(whole, 0.0) + 1, theta.log("mu") + np.log(extra.rate))
    return np.where(whole < 0, 0.0, above)


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """Weighted by itself, a count is one more than a count of the same law."""
    shares = [log_mass_of(_log_cdf, _log_ccdf, low - less, high - less, theta, extra) for less in (1, 0)]
    return np.asarray(_mean(theta, extra) * np.exp(shares[0] - shares[1]))


def _information(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(extra.weights * theta["mu"] * extra.rate)[None, None]


def _score(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """In log mu."""
    return np.asarray(extra.weights * (y - theta["mu"]))[None]


def _observed(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """What is expected: the link is canonical."""
    return _information(theta, extra)


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    weights = response.weights
    exposure = total(times(weights, np.exp(offset) * response.rate), cell, cells)
    return {"y": total(times(weights, response.y), cell, cells), "exposure": exposure}


def _statistic_beside_offset(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """The same where the offset is no factor of the mean: an exposure is a number of rows."""
    return _statistic(response, 0 * offset, cell, cells)


def _means(stats: Stats) -> tuple[Floats, Floats]:
    return ratio(stats, "exposure")


def _law(mean: str, _: str) -> str:
    return rf"\text{{Poisson}}({mean})"


POISSON = Family(
    name="poisson",
    spellings=(),
    parameters=(Distributional("mu", LINKS["log"], OF_COUNTS, "positive", mean_of),),
    kind="count",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=_mean,
    bounds=from_zero,
    notation=Notation(r"\lambda", "", trials_of, _law),
    variance=_mean,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    truncated_mean=_truncated_mean,
    score=_score,
    information=_information,
    observed=_observed,
    slopes_in=("log",),
    reductions=(
        Reduction((), _statistic, links=("log",), means=_means, reads=("rate",)),
        Reduction(("offset",), _statistic_beside_offset, means=_means, reads=("rate", "masses")),
    ),
    extras=("rate",),
    saturates=True,
)
