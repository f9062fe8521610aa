"""Shares from 0 to 1, ends included, by one predictor and two cutpoints."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.beta import BETA
from stanmlm.families.common import trials_of
from stanmlm.families.distributional import Default, Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.inflated_beta import at_end, share_statistic, starting_inside
from stanmlm.families.link_functions import log1m_exp
from stanmlm.families.links import LINKS
from stanmlm.families.mixture_tails import one_case
from stanmlm.families.mixtures import SOMEWHERE
from stanmlm.families.reductions import Extra, Reduction
from stanmlm.families.responses import Response, read_some_shares
from stanmlm.families.theta import Theta

LOGIT = LINKS["logit"]


def ordbeta(link: str = "logit", link_phi: str = "log") -> Family:
    """Shares from 0 to 1 that are 0, 1 or between as ordered categories are, and beta between (Kubinec 2022).

    With eta the logit of mu, a share is above 0 with chance logit^-1(eta - cutzero) and 1 with chance logit^-1(eta -
    cutzero - exp(cutone)), the parameters of the R package ordbetareg and of glmmTMB's ordbeta: one predictor says how
    large shares are and how often they are at an end. The mean is the chance of a 1 plus mu times that of between.

    Parameters
    ----------
    link : str
        "logit", on whose scale the cutpoints are.
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

    Notes
    -----
    Kubinec (2022), Political Analysis 31(4), equations 2 to 4. By default cutpoints have normal priors with the means
    and sds that a uniform prior on the three chances at eta = 0, ordbetareg's, gives each.

    Examples
    --------
    >>> from stanmlm import ordbeta
    >>> {name: link.name for name, link in ordbeta().links.items()}
    {'mu': 'logit', 'phi': 'log', 'cutzero': 'identity', 'cutone': 'identity'}
    """
    return with_links(ORDBETA, [link, link_phi])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_some_shares(raw, weights, "ordbeta", (0.0, 1.0))


def _logs(theta: Theta) -> tuple[Floats, Floats, Floats]:
    """Log chances of a zero, of what is between and of a one; differences of chances would lose their digits."""
    gap = np.exp(theta["cutone"])
    low = theta.eta("mu") - theta["cutzero"]
    high = low - gap
    between = LOGIT.log_inverse(low) + LOGIT.log1m_inverse(high) + log1m_exp(-gap)
    return LOGIT.log1m_inverse(low), between, LOGIT.log_inverse(high)


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    zero, between, one = _logs(theta)
    inside = BETA.log_density(np.where(at_end(y) > 0, SOMEWHERE, y), theta, one_case(extra)) + between
    return np.asarray(extra.weights * np.where(y == 0, zero, np.where(y == 1, one, inside)))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    inside, (zero, _, one) = BETA.draw(rng, theta, extra), map(np.exp, _logs(theta))
    chance = rng.random(inside.shape)
    return np.where(chance < zero, 0.0, np.where(chance > 1 - one, 1.0, inside))


def _mean(theta: Theta, extra: Extra) -> Floats:
    _, between, one = map(np.exp, _logs(theta))
    return np.asarray(one + between * theta["mu"])


def _variance(theta: Theta, extra: Extra) -> Floats:
    """Within what a share is, and between: at an end, or inside."""
    zero, between, one = map(np.exp, _logs(theta))
    mu = theta["mu"]
    within = between * BETA.variance_of(theta, extra)
    return np.asarray(within + zero * between * mu**2 + one * between * (1 - mu) ** 2 + zero * one)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    assert BETA.cdf is not None
    zero, between, one = map(np.exp, _logs(theta))
    return np.asarray(zero * (y >= 0) + between * BETA.cdf(y, theta, extra) + one * (y >= 1))


def _chances(response: Response) -> tuple[float, float]:
    """Log odds of more than a zero, and of a one, about what the responses have."""
    n = len(response.y) + 1.5
    zero, one = ((np.sum(response.y == end) + 0.5) / n for end in (0.0, 1.0))
    return float(np.log(1 - zero) - np.log(zero)), float(np.log(one) - np.log(1 - one))


def _center(response: Response) -> float:
    """The logit of mu where the chains of thought begin: that of the shares between."""
    inside = response.y[at_end(response.y) == 0]
    return float(LOGIT.forward(np.clip(np.mean(inside) if len(inside) else 0.5, 0.01, 0.99)))


def _cutzero(response: Response) -> float:
    return _center(response) - _chances(response)[0]


def _log_gap(response: Response) -> float:
    above, one = _chances(response)
    return float(np.log(max(above - one, 0.01)))


def _law(mean: str, _: str) -> str:
    return rf"\text{{OrderedBeta}}({mean}, \phi, c_0, c_1)"


def _cut(name: str, words: str, start: Callable[[Response], float], location: float, scale: float) -> Distributional:
    prior = dict.fromkeys(("rstanarm", "brms"), Default("normal", (location, scale)))
    return Distributional(name, LINKS["identity"], ("identity",), "real", start, words, prior=prior, prior_link=prior)


LOCATION, *OTHERS = starting_inside()

ORDBETA = Family(
    name="ordbeta",
    spellings=("ord_beta_reg", "ordered_beta"),
    parameters=(
        replace(LOCATION, links=("logit",)),  # cutpoints lie on this scale
        *OTHERS,
        _cut("cutzero", "shares are above 0 where the predictor is, but for logistic noise", _cutzero, -1.0, 1.5),
        _cut("cutone", "the log of how far above it they become 1", _log_gap, 0.25, 1.15),
    ),
    kind="real",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=_mean,
    bounds=BETA.bounds,
    notation=Notation(r"\mu", "", trials_of, _law),
    variance=_variance,
    cdf=_cdf,
    reductions=(Reduction(("offset",), share_statistic),),
)
