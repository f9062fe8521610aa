"""Counts that vary as much as their mean."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.family import (
    Distributional,
    Family,
    Notation,
    from_zero,
    location_itself,
    mean_of,
    moderately,
    trials_of,
    with_link,
)
from stanmlm.families.links import LINKS
from stanmlm.families.reductions import Extra, Reduction, Stats, ratio, times, total
from stanmlm.families.responses import Response, read_counts
from stanmlm.families.theta import Theta


def poisson(link: str = "log") -> Family:
    """Counts.

    Parameters
    ----------
    link : str
        "log".

    Returns
    -------
    Family

    Examples
    --------
    >>> poisson().link.name
    'log'
    """
    return with_link(POISSON, link)


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_counts(raw, weights, "poisson")


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """For reals by its continuation."""
    kernel = moderately(y, theta.log("mu")) - theta["mu"] - special.gammaln(y + 1)
    return np.asarray(extra.weights * kernel)


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    return rng.poisson(theta["mu"]).astype(float)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    whole = np.floor(y)
    return np.where(whole < 0, 0.0, special.gammaincc(np.maximum(whole, 0.0) + 1, theta["mu"]))


def _information(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(extra.weights * theta["mu"])[None, None]


def _score(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """In log mu."""
    return np.asarray(extra.weights * (y - theta["mu"]))[None]


def _observed(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """What is expected: the link is canonical."""
    return _information(theta, extra)


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    weights = response.weights
    exposure = total(times(weights, np.exp(offset)), cell, cells)
    return {"y": total(times(weights, response.y), cell, cells), "exposure": exposure}


def _means(stats: Stats) -> tuple[Floats, Floats]:
    return ratio(stats, "exposure")


def _law(mean: str, _: str) -> str:
    return rf"\text{{Poisson}}({mean})"


POISSON = Family(
    name="poisson",
    spellings=(),
    parameters=(Distributional("mu", LINKS["log"], ("log",), "positive", mean_of),),
    kind="count",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=location_itself,
    bounds=from_zero,
    notation=Notation(r"\lambda", "", trials_of, _law),
    variance=location_itself,
    cdf=_cdf,
    score=_score,
    information=_information,
    observed=_observed,
    reductions=(Reduction((), _statistic, means=_means),),
)
