"""Successes in trials."""

from dataclasses import replace

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints
from stanmlm.families.altered import with_link
from stanmlm.families.common import moderately, trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.incomplete import log_inc_beta
from stanmlm.families.links import LINKS, OF_SHARES
from stanmlm.families.reductions import Extra, Reduction, Stats, ratio, times, total
from stanmlm.families.responses import Response, read_successes
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta


def binomial(link: str = "logit") -> Family:
    """Successes in trials: 0/1, logical, a factor, `cbind(s, f)`, `s | trials(n)`, or a proportion with `weights`.

    Parameters
    ----------
    link : str
        "logit", "probit", "probit_approx", "cloglog", "loglog", "cauchit", "softit", "identity" or "log".

    Returns
    -------
    Family
        For `family=` of the verbs.

    Raises
    ------
    OptionError
        For a link that the family does not have.

    Examples
    --------
    >>> from stanmlm import binomial
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


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    whole = np.floor(y)
    inside = np.minimum(np.maximum(whole, 0.0), extra.trials - 1)
    below = log_inc_beta(extra.trials - inside, inside + 1, theta.log1m("mu"), theta.log("mu"))
    return np.where(whole < 0, -np.inf, np.where(whole >= extra.trials, 0.0, below))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    whole = np.floor(y)
    inside = np.minimum(np.maximum(whole, 0.0), extra.trials - 1)
    above = log_inc_beta(inside + 1, extra.trials - inside, theta.log("mu"), theta.log1m("mu"))
    return np.where(whole < 0, 0.0, np.where(whole >= extra.trials, -np.inf, above))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """Weighted by themselves, successes are one more than those of one trial less."""
    fewer = replace(extra, trials=np.maximum(extra.trials - 1, 0.0))
    shares = [
        log_mass_of(_log_cdf, _log_ccdf, low - less, high - less, theta, of) for less, of in ((1, fewer), (0, extra))
    ]
    return np.asarray(_mean(theta, extra) * np.exp(shares[0] - shares[1]))


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
    parameters=(Distributional("mu", LINKS["logit"], OF_SHARES, "unit", share_of),),
    kind="count",
    read=read_successes,
    log_density=_log_density,
    draw=_draw,
    mean=_mean,
    bounds=up_to_trials,
    notation=Notation(r"\pi", "n", trials_of, _law),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    truncated_mean=_truncated_mean,
    information=_information,
    reductions=(Reduction(("offset",), _statistic, means=_means),),
    extras=("trials",),
    saturates=True,
)
