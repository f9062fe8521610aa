"""Counts that vary more than their mean."""

from dataclasses import replace

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.distinct import cells_of, factorize
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, from_zero, mean_of, moderately, symmetric, trials_of
from stanmlm.families.distributional import Default, Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.incomplete import log_inc_beta
from stanmlm.families.links import LINKS, OF_COUNTS, OF_SCALES
from stanmlm.families.reductions import Extra, Reduction, Stats, times, total
from stanmlm.families.responses import ONE, Response, read_counts
from stanmlm.families.rising import log_rising, rising_slopes
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta


def negbinomial(link: str = "log", link_shape: str = "log") -> Family:
    """Counts with variance mu + mu^2 / shape: a poisson whose rate is a gamma of that shape.

    `shape` is brms's, rstanarm's `reciprocal_dispersion`, glmmTMB's and MASS's theta; as it grows the counts become
    poisson. Weights are exponents of the density. By default its prior is exponential(1), as rstanarm's `stan_glm.nb`
    has it; gamma(0.01, 0.01), as in brms, under `priors="brms"`.

    Parameters
    ----------
    link : str
        "log", "identity", "sqrt", "softplus" or "squareplus".
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
    >>> from stanmlm import negbinomial
    >>> {name: link.name for name, link in negbinomial().links.items()}
    {'mu': 'log', 'shape': 'log'}
    """
    return with_links(NEGBINOMIAL, [link, link_shape])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_counts(raw, weights, "negbinomial")


def _over_rate(theta: Theta, extra: Extra) -> tuple[Floats, Floats]:
    """Shape and log mean of a count; as in brms a rate multiplies both: counts of several units of time add up."""
    return theta["shape"] * extra.rate, theta.log("mu") + np.log(extra.rate)


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """In terms that stay small however large the shape is; for reals by its continuation."""
    shape, log_mu = _over_rate(theta, extra)
    spread = (y + shape) * np.logaddexp(0.0, log_mu - np.log(shape))
    kernel = log_rising(shape, y) - special.gammaln(y + 1) + moderately(y, log_mu) - spread
    return np.asarray(extra.weights * kernel)


def _score(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """In log mu and log shape; all but the series of gamma functions is of the share mu / (mu + shape)."""
    shape, log_odds = theta["shape"] * extra.rate, theta.log("mu") - theta.log("shape")
    both = (y + shape) * special.expit(log_odds)
    of_shape = rising_slopes(shape, y)[0] + both - shape * np.logaddexp(0.0, log_odds)
    return np.asarray(extra.weights * np.array([y - both, of_shape]))


def _observed(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """Minus second derivatives: expected ones of the shape are sums without end."""
    shape, log_odds = theta["shape"] * extra.rate, theta.log("mu") - theta.log("shape")
    share = special.expit(log_odds)
    bend = (y + shape) * share * special.expit(-log_odds)
    of_shape = bend + shape * (np.logaddexp(0.0, log_odds) - 2 * share) - rising_slopes(shape, y)[1]
    return extra.weights * symmetric([[bend], [shape * share - bend, of_shape]])


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    mu, shape = theta["mu"] * extra.rate, theta["shape"] * extra.rate
    rate = rng.standard_gamma(np.broadcast_to(shape, mu.shape)) * (mu / shape)
    return rng.poisson(rate).astype(float)


def _variance(theta: Theta, extra: Extra) -> Floats:
    mu = theta["mu"]
    return np.asarray(extra.rate * (mu + mu**2 / theta["shape"]))


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    whole, mu, shape = np.floor(y), theta["mu"], theta["shape"]
    share = mu / (mu + shape)
    return np.where(whole < 0, 0.0, special.betaincc(np.maximum(whole, 0.0) + 1, shape * extra.rate, share))


def _mean(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(theta["mu"] * extra.rate)


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    whole, shape, odds = np.floor(y), theta["shape"] * extra.rate, theta.log("mu") - theta.log("shape")
    shares = -np.logaddexp(0.0, odds), -np.logaddexp(0.0, -odds)
    return np.where(whole < 0, -np.inf, log_inc_beta(shape, np.maximum(whole, 0.0) + 1, *shares))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    whole, shape, odds = np.floor(y), theta["shape"] * extra.rate, theta.log("mu") - theta.log("shape")
    shares = -np.logaddexp(0.0, -odds), -np.logaddexp(0.0, odds)
    return np.where(whole < 0, 0.0, log_inc_beta(np.maximum(whole, 0.0) + 1, shape, *shares))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """Weighted by itself, a count is one more than one whose shape is one larger, with the same odds."""
    shape = theta["shape"] * extra.rate
    odds = theta["mu"] / theta["shape"]
    one = replace(extra, rate=ONE)
    of, heavier = (Theta(natural={"mu": odds * size, "shape": size}) for size in (shape, shape + 1))
    shares = [
        log_mass_of(_log_cdf, _log_ccdf, low - less, high - less, law, one) for less, law in ((1, heavier), (0, of))
    ]
    return np.asarray(_mean(theta, extra) * np.exp(shares[0] - shares[1]))


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """With a shape that all rows share, counts enter through sums a cell, and one histogram of all."""
    y, weights = response.y, response.weights
    rates = np.any(response.rate != 1)
    code, first = cells_of([y, response.rate], len(y)) if rates else factorize(y)
    often = total(weights, code, len(first))
    order = np.lexsort((response.rate[first], y[first])) if rates else np.argsort(y[first])
    order = order[(y[first] > 0)[order] & (often > 0)[order]]
    sums = {"n": total(times(weights, response.rate) if rates else weights, cell, cells)}
    sums |= {"y": total(times(weights, y), cell, cells)}
    counts: Stats = {"U": len(order), "count": y[first][order], "often": often[order]}
    return {**sums, **counts, **({"rate": response.rate[first][order]} if rates else {})}


def _shape_by_moments(response: Response) -> float:
    mean, variance = float(np.mean(response.y)), float(np.var(response.y))
    return float(np.clip(mean**2 / (variance - mean), 0.1, 10.0)) if variance > mean else 10.0


def _law(mean: str, _: str) -> str:
    return rf"\text{{NegBinomial}}({mean}, \phi)"


NEGBINOMIAL = Family(
    name="negbinomial",
    spellings=(
        *("neg_binomial_2", "nbinom2", "negative.binomial", "negative_binomial", "neg_binomial", "negbin", "nbinom"),
        *("NegBinomial", "neg_binomial_2_log", "NegativeBinomial", "nb", "glm.nb", "glmer.nb"),
    ),
    parameters=(
        Distributional("mu", LINKS["log"], OF_COUNTS, "positive", mean_of),
        Distributional(
            name="shape",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_shape_by_moments,
            words="the variance of a count is mu + mu^2 / shape",
            prior={"rstanarm": Default("exponential", (1.0,)), "brms": Default("gamma", (0.01, 0.01))},
            prior_link=LOG_PRIOR,
        ),
    ),
    kind="count",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=_mean,
    bounds=from_zero,
    notation=Notation(r"\lambda", "", trials_of, _law, symbols={"shape": r"\phi"}),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    truncated_mean=_truncated_mean,
    score=_score,
    observed=_observed,
    slopes_in=("log", "log"),
    reductions=(Reduction(("offset",), _statistic, scalars=("shape",), reads=("rate", "masses")),),
    extras=("rate",),
    saturates=True,
)
