"""Laws of ordered categories: probabilities from a predictor's distances to thresholds, and their slopes."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from scipy import special

from stanmlm.base.arguments import shown
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.families.categories import at_codes, drawn
from stanmlm.families.distributional import Default, Distributional
from stanmlm.families.family import Family
from stanmlm.families.link_functions import log1m_exp
from stanmlm.families.links import LINKS, OF_SCALES, Link
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import Response
from stanmlm.families.theta import Theta
from stanmlm.families.thresholds import THRESHOLDS, Shared, middle


def one(_: Response) -> float:
    """A discrimination of no effect."""
    return 1.0


# Thresholds that category specific effects may be on: each has coefficients of its own.
MOST_SHIFTED = 20
# (distances to the thresholds (..., T), link) -> log probabilities (..., K) and their slopes along distances
# (T, ..., K)
Law = Callable[[Floats, Link], tuple[Floats, Floats]]


def shift_of(threshold: int) -> str:
    """The parameter that category specific effects on a threshold are of, from 1."""
    return f"cs{threshold}"


def distances(theta: Theta) -> Floats:
    """From the predictor up to each threshold, times the discrimination, (..., rows, T)."""
    eta, thresholds = theta.eta("mu"), theta.shared[THRESHOLDS]
    away = (thresholds if thresholds.ndim > eta.ndim else thresholds[..., None, :]) - eta[..., None]
    if shift_of(1) in theta:
        shifts = [theta.eta(shift_of(t)) for t in range(1, away.shape[-1] + 1)]
        away = away - np.stack(np.broadcast_arrays(*shifts), axis=-1)
    return away * theta["disc"][..., None] if "disc" in theta else away


def reached(law: Law, away: Floats, link: Link) -> tuple[Floats, Floats]:
    """What a law says where some rows have fewer thresholds, the rest infinite: no response lies beyond these."""
    beyond = np.isposinf(away)
    if not beyond.any():
        return law(away, link)
    with np.errstate(all="ignore"):
        logs, along = law(away, link)
    logs[..., 1:][beyond] = -np.inf
    return logs, np.where(np.isnan(along), 0.0, along)


def log_density(law: Law, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """Of codes, weighted."""
    return np.asarray(extra.weights * at_codes(reached(law, distances(theta), theta.links["mu"])[0], y))


def probabilities(law: Law, theta: Theta, _: Extra) -> Floats:
    """Of all categories, (..., rows, K)."""
    return np.exp(reached(law, distances(theta), theta.links["mu"])[0])


def draw(law: Law, rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    """Codes."""
    return drawn(rng, probabilities(law, theta, extra))


def slopes_by_category(law: Law, theta: Theta) -> tuple[Floats, Floats]:
    """Log probabilities of one draw, (rows, K), and slopes along predictors and thresholds, (Q, rows, K)."""
    away = distances(theta)
    logs, along = reached(law, away, theta.links["mu"])
    away = np.where(np.isfinite(away), away, 0.0)
    disc = theta["disc"][..., None] if "disc" in theta else np.ones((1, 1))
    of_disc = [np.einsum("rt,trk->rk", away, along)] if "disc" in theta else []
    steps = disc * along
    of_shifts = [*-steps] if shift_of(1) in theta else []
    return logs, np.array([-steps.sum(axis=0), *of_disc, *of_shifts, *steps])


def with_disc(family: Family, link: str) -> Family:
    """A family with another link of formulas of `disc`.

    Raises
    ------
    OptionError
        For a link that it does not have.
    """
    if not isinstance(link, str) or link not in DISC.links:
        text = link if isinstance(link, str) else shown(link)
        raise OptionError(f"`{text}` is not a link of `disc` in {family.name}" + did_you_mean(text, DISC.links))
    prior = dict.fromkeys(DISC.prior_link, BY_ITSELF[link]) if link in BY_ITSELF else DISC.prior_link
    return replace(family, optional=(replace(DISC, link=LINKS[link], prior_link=prior),))


def threshold_of(kinds: Mapping[str, Shared], threshold: str) -> Shared:
    """The kind of thresholds that a user names.

    Raises
    ------
    OptionError
        For one that there is not.
    """
    if isinstance(threshold, str) and threshold == "sum_to_zero":
        raise OptionError(
            'threshold="sum_to_zero" is brms\'s; here thresholds are "flexible" or "equidistant": take their mean off '
            "draws of flexible ones, and it is the intercept"
        )
    if not isinstance(threshold, str) or threshold not in kinds:
        text = threshold if isinstance(threshold, str) else shown(threshold)
        raise OptionError(f"`{text}` is not a kind of threshold" + did_you_mean(text, kinds))
    return kinds[threshold]


def log_between(link: Link, low: Floats, high: Floats) -> Floats:
    """The logarithm of what the inverse link grows by from low to high, with its digits in both tails."""
    if link.name == "logit":
        return np.asarray(special.log_expit(high) + special.log_expit(-low) + log1m_exp(low - high))
    below, above = link.log_inverse(high), link.log1m_inverse(low)
    with np.errstate(invalid="ignore"):
        from_below = below + log1m_exp(link.log_inverse(low) - below)
        from_above = above + log1m_exp(link.log1m_inverse(high) - above)
    return np.where(below < above, from_below, from_above)


def cumulative_law(away: Floats, link: Link) -> tuple[Floats, Floats]:
    """P(Y <= k) is the inverse link of the distance to threshold k."""
    T = away.shape[-1]
    first, last = link.log_inverse(away[..., :1]), link.log1m_inverse(away[..., -1:])
    logs = np.concatenate([first, log_between(link, away[..., :-1], away[..., 1:]), last], axis=-1)
    along = np.zeros((T, *logs.shape))
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        slope = np.log(link.slope(away))
        up, down = np.exp(slope - logs[..., :-1]), np.exp(slope - logs[..., 1:])
    for t in range(T):
        along[t, ..., t], along[t, ..., t + 1] = up[..., t], -down[..., t]
    return logs, along


def stopping_law(away: Floats, link: Link) -> tuple[Floats, Floats]:
    """P(Y = k | Y >= k) is the inverse link of the distance to threshold k."""
    return _in_turn(link.log_inverse(away), link.log1m_inverse(away), *_slopes_of_logs(link, away))


def continuing_law(away: Floats, link: Link) -> tuple[Floats, Floats]:
    """P(Y > k | Y >= k) is the inverse link of minus the distance to threshold k."""
    stay, go = _slopes_of_logs(link, -away)
    return _in_turn(link.log1m_inverse(-away), link.log_inverse(-away), -go, -stay)


def _slopes_of_logs(link: Link, x: Floats) -> tuple[Floats, Floats]:
    """Derivatives of the logarithms of a probability and of one minus it."""
    with np.errstate(divide="ignore", over="ignore"):
        slope = np.log(link.slope(x))
        return np.exp(slope - link.log_inverse(x)), -np.exp(slope - link.log1m_inverse(x))


def _in_turn(stop: Floats, go: Floats, of_stop: Floats, of_go: Floats) -> tuple[Floats, Floats]:
    """From log probabilities to stop at each threshold and to go beyond it, (..., T), and their slopes."""
    T, passed = stop.shape[-1], np.cumsum(go, axis=-1)
    logs = np.concatenate([stop[..., :1], stop[..., 1:] + passed[..., :-1], passed[..., -1:]], axis=-1)
    along = np.zeros((T, *logs.shape))
    for t in range(T):
        along[t, ..., t] = of_stop[..., t]
        along[t, ..., t + 1 :] = of_go[..., t, None]
    return logs, along


def adjacent_law(away: Floats, link: Link) -> tuple[Floats, Floats]:
    """P(Y = k + 1) over P(Y = k or k + 1) is the inverse link of minus the distance to threshold k."""
    T, (stay, go) = away.shape[-1], _slopes_of_logs(link, -away)
    odds = -away if link.name == "logit" else link.log_inverse(-away) - link.log1m_inverse(-away)
    sums = np.concatenate([np.zeros_like(away[..., :1]), np.cumsum(odds, axis=-1)], axis=-1)
    logs = sums - special.logsumexp(sums, axis=-1, keepdims=True)
    below = np.cumsum(np.exp(logs), axis=-1)  # P(Y <= k)
    beyond = np.arange(T + 1) > np.arange(T)[:, None]
    along = (stay - go)[..., None] * (1 - below[..., :-1, None] - beyond)
    return logs, np.moveaxis(along, -2, 0)


def _differences(T: int) -> Floats:
    """Thresholds as sums of the gaps between neighbours."""
    sums = np.tril(np.ones((T, T)), -1)[:, : T - 1]
    return np.asarray(sums - sums[middle(T)])


def _others(T: int) -> Floats:
    """Thresholds in any order, all but the middle one by themselves."""
    return np.delete(np.eye(T), middle(T), axis=1)


def _multiples(T: int) -> Floats:
    """Thresholds as multiples of one distance; one threshold has none."""
    return np.asarray(np.arange(T) - middle(T), dtype=float)[:, None] if T > 1 else np.zeros((1, 0))


FLEXIBLE = Shared("flexible", "gap", "from each threshold to the next", LINKS["log"], "positive", _differences)
EQUIDISTANT = Shared(
    name="equidistant",
    number="delta",
    words="from each threshold to the next",
    link=LINKS["log"],
    support="positive",
    sums=_multiples,
    told=True,
    priors=1,
)
FREE = Shared("free", "step", "from the threshold in the middle to each other one", LINKS["identity"], "real", _others)
ORDERED = {shared.name: shared for shared in (FLEXIBLE, EQUIDISTANT)}
UNORDERED = {"flexible": FREE, "equidistant": EQUIDISTANT}
SHARED = {shared.name: shared for shared in (FLEXIBLE, EQUIDISTANT, FREE)}


# What an answer's distance to thresholds is multiplied by, where a formula says so.
def _nowhere(_: Response) -> float:
    """A threshold that is where all rows have it."""
    return 0.0


# What a threshold is moved down by in a row: thresholds that have predictors.
SHIFTS = tuple(
    Distributional(shift_of(t), LINKS["identity"], ("identity",), "real", _nowhere, "category specific effects")
    for t in range(1, MOST_SHIFTED + 1)
)
DISC = Distributional(
    name="disc",
    link=LINKS["log"],
    links=OF_SCALES,
    support="positive",
    start=one,
    words="discrimination: what distances to thresholds are multiplied by",
    prior_link={preset: Default("normal", (0.0, 1.0)) for preset in ("rstanarm", "brms")},
)
# brms's default of its intercept where the predictor is disc itself.
BY_ITSELF = {"identity": Default("lognormal", (0.0, 1.0))}
