"""Successes in trials that vary more than those of a coin."""

from dataclasses import replace

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.binomial import share_of, up_to_trials
from stanmlm.families.common import LOG_PRIOR, SHAPE_PRIOR, moderately, trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.links import LINKS, OF_SCALES, OF_SHARES
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import Response, read_successes
from stanmlm.families.rising import log_ascending, rising_slopes
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta


def beta_binomial(link: str = "logit", link_phi: str = "log") -> Family:
    """Successes in trials: a binomial whose chance is a beta with mean mu and precision phi.

    The variance of y of n trials is n mu (1 - mu) (1 + (n - 1) / (1 + phi)); as phi grows it is binomial's. Responses
    are written as binomial's are, `y | trials(n)` among them. Weights are exponents of the density. The precision has
    brms's prior gamma(0.01, 0.01) in every preset but "flat".

    Parameters
    ----------
    link : str
        "logit", "probit", "probit_approx", "cloglog", "loglog", "cauchit", "softit", "identity" or "log".
    link_phi : str
        For a formula of phi: "log", "identity", "softplus" or "squareplus".

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
    >>> from stanmlm import beta_binomial
    >>> {name: link.name for name, link in beta_binomial().links.items()}
    {'mu': 'logit', 'phi': 'log'}
    """
    return with_links(BETA_BINOMIAL, [link, link_phi])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_successes(raw, weights, "beta_binomial")


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """For reals by its continuation."""
    failures, log_phi = extra.trials - y, theta.log("phi")
    choose = special.gammaln(extra.trials + 1) - special.gammaln(y + 1) - special.gammaln(failures + 1)
    kernel = log_ascending(theta.log("mu") + log_phi, y) + log_ascending(theta.log1m("mu") + log_phi, failures)
    return np.asarray(extra.weights * (choose + kernel - log_ascending(log_phi, extra.trials)))


def _score(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """In the location's predictor and log phi: slopes of `log_ascending` in the logarithms of the beta's shapes."""
    phi, slope, failures = theta["phi"], theta.links["mu"].slope(theta.eta("mu")), extra.trials - y
    up, down, whole = (
        rising_slopes(shape, count)[0] + count
        for shape, count in ((theta["mu"] * phi, y), (np.exp(theta.log1m("mu")) * phi, failures), (phi, extra.trials))
    )
    location = moderately(slope * up, np.exp(-theta.log("mu"))) - moderately(slope * down, np.exp(-theta.log1m("mu")))
    return np.asarray(extra.weights * np.array([location, up + down - whole]))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    """Out of `trials`, rounded to whole ones; the chance by its odds, a ratio of gammas."""
    phi = theta["phi"]
    up, down = rng.standard_gamma(theta["mu"] * phi), rng.standard_gamma(np.exp(theta.log1m("mu")) * phi)
    none = up + down == 0  # shapes next to nothing: all or nothing
    chance = np.where(none, rng.random(up.shape) < theta["mu"], up / np.where(none, 1.0, up + down))
    return rng.binomial(np.round(extra.trials).astype(np.int64), chance).astype(float)


def _mean(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(extra.trials * theta["mu"])


def _variance(theta: Theta, extra: Extra) -> Floats:
    more = 1 + (extra.trials - 1) / (1 + theta["phi"])
    return np.asarray(extra.trials * theta["mu"] * np.exp(theta.log1m("mu")) * more)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """The sum of the chances of 0, 1, ... up to y."""
    out = np.zeros(np.broadcast_shapes(np.shape(y), theta["mu"].shape))
    one = replace(extra, weights=np.ones_like(extra.trials))
    for count in np.arange(np.floor(np.max(np.minimum(y, extra.trials), initial=-1.0)) + 1):
        some = np.minimum(np.full_like(extra.trials, count), extra.trials)
        chance = np.exp(_log_density(some, theta, one))
        out += np.where((count <= y) & (count <= extra.trials), chance, 0.0)
    return np.minimum(out, 1.0)


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    log_phi = theta.log("phi")
    shapes = theta.log("mu") + log_phi, theta.log1m("mu") + log_phi
    return _log_below(np.floor(y), extra.trials, *shapes)


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """No more failures than are left."""
    log_phi = theta.log("phi")
    shapes = theta.log1m("mu") + log_phi, theta.log("mu") + log_phi
    return _log_below(extra.trials - np.floor(y) - 1, extra.trials, *shapes)


def _log_below(y: Floats, trials: Floats, log_up: Floats, log_down: Floats) -> Floats:
    """The log chance of no more than y, by the ratios of chances from y down to 0."""
    count = np.clip(y, 0.0, trials)
    up, down = np.exp(log_up), np.exp(log_down)
    term = np.ones(np.broadcast_shapes(np.shape(count), up.shape))
    total = term
    for step in range(int(np.max(count, initial=0.0))):
        k = np.maximum(count - step, 1.0)
        term = np.where(count > step, term * k / (trials - k + 1) * (down + trials - k) / (up + k - 1), 0.0)
        total = total + term
    choose = special.gammaln(trials + 1) - special.gammaln(count + 1) - special.gammaln(trials - count + 1)
    own = choose + log_ascending(log_up, count) + log_ascending(log_down, trials - count)
    both = own - log_ascending(np.logaddexp(log_up, log_down), trials) + np.log(total)
    return np.where(y < 0, -np.inf, np.where(y >= trials, 0.0, both))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """Weighted by itself, a count is one more than one of a trial less, whose beta's first shape is one larger."""
    mu, phi = theta["mu"], theta["phi"]
    heavier, fewer = Theta(natural={"mu": (mu * phi + 1) / (phi + 1), "phi": phi + 1}), extra.trials - 1
    shares = [
        log_mass_of(_log_cdf, _log_ccdf, low - 1, high - 1, heavier, replace(extra, trials=fewer)),
        log_mass_of(_log_cdf, _log_ccdf, low, high, theta, extra),
    ]
    return np.asarray(_mean(theta, extra) * np.exp(shares[0] - shares[1]))


def _phi_by_moments(response: Response) -> float:
    """From the variance of shares against binomial's."""
    y, trials = response.y, response.trials
    mean = float((y.sum() + 0.5) / (trials.sum() + 1))
    squares, alone = float(np.sum((y - trials * mean) ** 2)), float(np.sum(trials * mean * (1 - mean)))
    most = float(np.sum(trials * (trials - 1) * mean * (1 - mean)))
    shared = (squares - alone) / most if most > 0 else 0.0  # 1 / (1 + phi)
    return float(np.clip(1 / shared - 1, 0.1, 100.0)) if shared > 0 else 100.0


def _law(mean: str, trials: str) -> str:
    return rf"\text{{BetaBinomial}}({trials or 1}, {mean} \phi, (1 - {mean}) \phi)"


BETA_BINOMIAL = Family(
    name="beta_binomial",
    spellings=("betabinomial", "beta.binomial", "BetaBinomial", "betabin"),
    parameters=(
        Distributional("mu", LINKS["logit"], OF_SHARES, "unit", share_of),
        Distributional(
            name="phi",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_phi_by_moments,
            words="precision of the chances about mu",
            prior=SHAPE_PRIOR,
            prior_link=LOG_PRIOR,
        ),
    ),
    kind="count",
    read=_read,
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
    score=_score,
    slopes_in=("", "log"),
    extras=("trials",),
)
