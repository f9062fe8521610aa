"""Successes in trials."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints
from stanmlm.families.family import Distributional, Family, Notation, moderately, trials_of, with_link
from stanmlm.families.links import LINKS
from stanmlm.families.reductions import Extra, Reduction, Stats, ratio, times, total
from stanmlm.families.responses import Response, read_successes
from stanmlm.families.theta import Theta


def binomial(link: str = "logit") -> Family:
    """Successes in trials: 0/1, logical, a factor, `cbind(s, f)`, `s | trials(n)`, or a proportion with `weights`.

    Parameters
    ----------
    link : str
        "logit", "probit" or "cloglog".

    Returns
    -------
    Family

    Raises
    ------
    OptionError
        For a link that the family does not have.

    Examples
    --------
    >>> binomial(link="probit").link.name
    'probit'
    """
    return with_link(BINOMIAL, link)


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """For reals by its continuation."""
    failures = extra.trials - y
    choose = special.gammaln(extra.trials + 1) - special.gammaln(y + 1) - special.gammaln(failures + 1)
    kernel = moderately(y, theta.log("mu")) + moderately(failures, theta.log1m("mu"))
    return np.asarray(extra.weights * (choose + kernel))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    """Out of `trials`, rounded to whole ones."""
    return rng.binomial(np.round(extra.trials).astype(np.int64), theta["mu"]).astype(float)


def _mean(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(extra.trials * theta["mu"])


def _variance(theta: Theta, extra: Extra) -> Floats:
    mu = theta["mu"]
    return np.asarray(extra.trials * mu * (1 - mu))


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """The chance of no more than y of n successes is that of an order statistic above mu."""
    whole = np.floor(y)
    inside = special.betaincc(np.maximum(whole, 0.0) + 1, np.maximum(extra.trials - whole, 1.0), theta["mu"])
    return np.where(whole < 0, 0.0, np.where(whole >= extra.trials, 1.0, inside))


def _information(theta: Theta, extra: Extra) -> Floats:
    """trials (d mu / d eta)^2 / (mu (1 - mu)), from logarithms: in the tails both go to zero."""
    with np.errstate(divide="ignore"):
        log_slope = np.log(theta.links["mu"].slope(theta.eta("mu")))
    return np.asarray(extra.weights * extra.trials * np.exp(2 * log_slope - theta.log("mu") - theta.log1m("mu")))[
        None, None
    ]


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    y, trials = times(response.weights, response.y), times(response.weights, response.trials)
    return {"y": total(y, cell, cells), "trials": total(trials, cell, cells)}


def _means(stats: Stats) -> tuple[Floats, Floats]:
    return ratio(stats, "trials")


def up_to_trials(trials: Floats) -> tuple[Floats, Floats]:
    """From none to all."""
    return np.zeros_like(trials), trials


def share_of(response: Response) -> float:
    """The share of successes, with half of one and half of a failure more."""
    return float((response.y.sum() + 0.5) / (response.trials.sum() + 1))


def _law(mean: str, trials: str) -> str:
    return rf"\text{{Binomial}}({trials}, {mean})" if trials else rf"\text{{Bernoulli}}({mean})"


BINOMIAL = Family(
    name="binomial",
    spellings=(),
    parameters=(Distributional("mu", LINKS["logit"], ("logit", "probit", "cloglog"), "unit", share_of),),
    kind="count",
    read=read_successes,
    log_density=_log_density,
    draw=_draw,
    mean=_mean,
    bounds=up_to_trials,
    notation=Notation(r"\pi", "n", trials_of, _law),
    variance=_variance,
    cdf=_cdf,
    information=_information,
    reductions=(Reduction(("offset",), _statistic, means=_means),),
    extras=("trials",),
)
