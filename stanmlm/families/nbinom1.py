"""Counts whose variance is a multiple of their mean."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, from_zero, location_itself, mean_of, symmetric, trials_of
from stanmlm.families.distributional import Default, Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.incomplete import log_inc_beta
from stanmlm.families.links import LINKS, OF_COUNTS, OF_SCALES
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import Response, read_counts
from stanmlm.families.rising import log_ascending, rising_slopes
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta


def nbinom1(link: str = "log", link_phi: str = "log") -> Family:
    """Counts with variance mu (1 + phi): a poisson whose rate is a gamma, whose variance is a multiple of its mean.

    glmmTMB's `nbinom1`, whose documents write phi and whose `sigma()` gives it; brms has no such family. As phi goes to
    0 the counts become poisson. Weights are exponents of the density. The prior of phi is half student_t(3, 0, 2.5) in
    every preset but "flat".

    Parameters
    ----------
    link : str
        "log", "identity", "sqrt", "softplus" or "squareplus".
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
    >>> from stanmlm import nbinom1
    >>> {name: link.name for name, link in nbinom1().links.items()}
    {'mu': 'log', 'phi': 'log'}
    """
    return with_links(NBINOM1, [link, link_phi])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_counts(raw, weights, "nbinom1")


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """A negative binomial of size mu / phi; for reals by its continuation."""
    log_phi, log_size = theta.log("phi"), theta.log("mu") - theta.log("phi")
    zeros = -np.exp(log_size) * np.log1p(theta["phi"])
    kernel = log_ascending(log_size, y) + y * special.log_expit(log_phi) + zeros - special.gammaln(y + 1)
    return np.asarray(extra.weights * kernel)


def _parts(y: Floats, theta: Theta) -> tuple[Floats, ...]:
    """The size, what `rising_slopes` gives of it, its share of log(1 + phi), and phi / (1 + phi)."""
    size, phi = theta["mu"] / theta["phi"], theta["phi"]
    first, second = rising_slopes(size, y)
    return size, first, second, size * np.log1p(phi), phi / (1 + phi)


def _score(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """In log mu and log phi."""
    size, first, _, logs, share = _parts(y, theta)
    return np.asarray(extra.weights * np.array([first + y - logs, logs - first - (size + y) * share]))


def _observed(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """Minus second derivatives: expected ones are sums without end."""
    size, _, second, logs, share = _parts(y, theta)
    location = logs - second
    of_phi = location - 2 * size * share + (size + y) * share * (1 - share)
    return extra.weights * symmetric([[location], [size * share - location, of_phi]])


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    phi = theta["phi"]
    return rng.poisson(rng.standard_gamma(theta["mu"] / phi) * phi).astype(float)


def _variance(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(theta["mu"] * (1 + theta["phi"]))


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    whole, phi = np.floor(y), theta["phi"]
    inside = special.betaincc(np.maximum(whole, 0.0) + 1, theta["mu"] / phi, phi / (1 + phi))
    return np.where(whole < 0, 0.0, inside)


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    whole, size, log_phi = np.floor(y), theta["mu"] / theta["phi"], theta.log("phi")
    shares = special.log_expit(-log_phi), special.log_expit(log_phi)
    return np.where(whole < 0, -np.inf, log_inc_beta(size, np.maximum(whole, 0.0) + 1, *shares))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    whole, size, log_phi = np.floor(y), theta["mu"] / theta["phi"], theta.log("phi")
    shares = special.log_expit(log_phi), special.log_expit(-log_phi)
    return np.where(whole < 0, 0.0, log_inc_beta(np.maximum(whole, 0.0) + 1, size, *shares))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """Weighted by itself, a count is one more than one whose size is one larger, with the same phi."""
    mu, phi = theta["mu"], theta["phi"]
    of, heavier = (Theta(natural={"mu": mu + more, "phi": phi}) for more in (0.0, phi))
    shares = [
        log_mass_of(_log_cdf, _log_ccdf, low - less, high - less, law, extra) for less, law in ((1, heavier), (0, of))
    ]
    return np.asarray(mu * np.exp(shares[0] - shares[1]))


def _phi_by_moments(response: Response) -> float:
    mean, variance = float(np.mean(response.y)), float(np.var(response.y))
    return float(np.clip(variance / mean - 1, 0.1, 10.0)) if mean > 0 else 1.0


def _law(mean: str, _: str) -> str:
    return rf"\text{{NegBinomial}}({mean}, {mean} / \phi)"


NBINOM1 = Family(
    name="nbinom1",
    spellings=("negbinomial1", "nb1", "NegBinomial1"),
    parameters=(
        Distributional("mu", LINKS["log"], OF_COUNTS, "positive", mean_of),
        Distributional(
            name="phi",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_phi_by_moments,
            words="the variance of a count is mu (1 + phi)",
            prior={preset: Default("student_t", (3.0, 0.0, 2.5)) for preset in ("rstanarm", "brms")},
            prior_link=LOG_PRIOR,
        ),
    ),
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
    score=_score,
    observed=_observed,
    slopes_in=("log", "log"),
)
