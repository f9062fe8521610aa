"""Responses with heavy tails."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, SCALE_PRIOR, location_itself, mean_of, symmetric, trials_of, unbounded
from stanmlm.families.distributional import Default, Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.incomplete import log_inc_beta
from stanmlm.families.links import LINKS, OF_DEGREES, OF_REALS_AND_SHARES, OF_SCALES
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import Response, read_reals
from stanmlm.families.rising import log_rising, rising_slopes
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta


def student(link: str = "identity", link_sigma: str = "log", link_nu: str = "logm1") -> Family:
    """Student t responses about mu, with scale sigma and nu degrees of freedom: outliers pull less than in gaussian.

    Weights are exponents of the density, as in brms, not precisions. By default sigma has the prior that it has in
    gaussian models, and nu, which is above 1, brms's gamma(2, 0.1), in every preset but "flat".

    Parameters
    ----------
    link : str
        "identity", "log", "inverse", "softplus", "squareplus", or a link of shares such as "logit".
    link_sigma, link_nu : str
        For formulas of sigma and nu: "log", "identity", "softplus" or "squareplus" and "logm1" or "identity".

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
    >>> from stanmlm import student
    >>> {name: link.name for name, link in student().links.items()}
    {'mu': 'identity', 'sigma': 'log', 'nu': 'logm1'}
    """
    return with_links(STUDENT, [link, link_sigma, link_nu])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_reals(raw, weights, "student")


def _scale(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(np.hypot(theta["sigma"], extra.se if np.any(extra.se) else 0.0))


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """The normal density's constant, and what the tails change; exact for any nu."""
    sigma, nu = _scale(theta, extra), theta["nu"]
    tails = log_rising(nu / 2, np.asarray(0.5)) - (nu + 1) / 2 * np.log1p(((y - theta["mu"]) / sigma) ** 2 / nu)
    return np.asarray(extra.weights * (tails - np.log(sigma) - 0.5 * np.log(2 * np.pi)))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    mu = theta["mu"]
    return np.asarray(mu + _scale(theta, extra) * rng.standard_t(np.broadcast_to(theta["nu"], mu.shape)))


def _variance(theta: Theta, extra: Extra) -> Floats:
    """Infinite up to two degrees of freedom."""
    nu = theta["nu"]
    factor = np.where(nu > 2, nu / np.where(nu > 2, nu - 2, 1.0), np.inf)
    return np.broadcast_to(_scale(theta, extra) ** 2 * factor, theta["mu"].shape)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(special.stdtr(theta["nu"], (y - theta["mu"]) / _scale(theta, extra)))


def _log_tail(z: Floats, nu: Floats) -> Floats:
    """The log chance of a Student t variable below z."""
    square = z**2
    tail = log_inc_beta(nu / 2, np.asarray(0.5), -np.log1p(square / nu), -np.log1p(nu / square)) - np.log(2)
    return np.asarray(np.where(z < 0, tail, np.log1p(-np.exp(tail))))


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    with np.errstate(divide="ignore"):
        return _log_tail((y - theta["mu"]) / _scale(theta, extra), theta["nu"])


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    with np.errstate(divide="ignore"):
        return _log_tail((theta["mu"] - y) / _scale(theta, extra), theta["nu"])


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """The integral of z times the density is -(nu + z^2) / (nu - 1) times the density."""
    mu, nu, scale = theta["mu"], theta["nu"], _scale(theta, extra)
    mass = log_mass_of(_log_cdf, _log_ccdf, low, high, theta, extra)

    def end(at: Floats) -> Floats:
        z = np.where(np.isfinite(at), at - mu, 0.0) / scale
        log_density = log_rising(nu / 2, np.asarray(0.5)) - (nu + 1) / 2 * np.log1p(z**2 / nu) - 0.5 * np.log(2 * np.pi)
        return np.where(np.isfinite(at), (nu + z**2) / (nu - 1) * np.exp(log_density - mass), 0.0)

    return np.asarray(mu + scale * (end(low) - end(high)))


def _score(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """In mu, log sigma and log(nu - 1)."""
    sigma, nu = theta["sigma"], theta["nu"]
    z = (y - theta["mu"]) / sigma
    pull = (nu + 1) * z / (nu + z**2)
    df = rising_slopes(nu / 2, np.asarray(0.5))[0] / nu + (z * pull / nu - np.log1p(z**2 / nu)) / 2
    return np.asarray(extra.weights * np.array([pull / sigma, z * pull - 1, (nu - 1) * df]))


def _information(theta: Theta, extra: Extra) -> Floats:
    """Expected, in mu, log sigma and log(nu - 1) (Lange, Little and Taylor 1989, appendix B).

    Their trigamma functions of nu / 2 and (nu + 1) / 2 are those of `rising_slopes`, which keep digits for large nu.
    """
    nu, zero = theta["nu"], np.zeros_like(theta["mu"])
    mu, sigma = (nu + 1) / (nu + 3) / theta["sigma"] ** 2, 2 * nu / (nu + 3)
    both = -2 * (nu - 1) / ((nu + 1) * (nu + 3))
    first, second = rising_slopes(nu / 2, np.asarray(0.5))
    df = ((nu - 1) / nu) ** 2 * (first - second + (3 - nu) / (2 * (nu + 1) * (nu + 3)))
    return extra.weights * symmetric([[mu], [zero, sigma], [zero, both, df]])


def _size(response: Response) -> float:
    """As if normal, from the middle of the responses about their median."""
    middle = float(np.median(np.abs(response.y - np.median(response.y))))
    return 1.4826 * middle or float(np.std(response.y)) or 1.0


def _five(_: Response) -> float:
    return 5.0


def _law(mean: str, _: str) -> str:
    return rf"\text{{Student}}(\nu, {mean}, \sigma)"


TAILS = {preset: Default("gamma", (2.0, 0.1)) for preset in ("rstanarm", "brms")}

STUDENT = Family(
    name="student",
    spellings=("t", "student_t", "Student", "t_family", "scat", "StudentT", "studentt"),
    parameters=(
        Distributional("mu", LINKS["identity"], OF_REALS_AND_SHARES, "real", mean_of),
        Distributional(
            name="sigma",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_size,
            words="scale of the responses about mu",
            scales_groups=True,
            prior=SCALE_PRIOR,
            prior_link=LOG_PRIOR,
        ),
        Distributional(
            name="nu",
            link=LINKS["logm1"],
            links=OF_DEGREES,
            support="above_one",
            start=_five,
            words="degrees of freedom",
            prior=TAILS,
            prior_link={preset: Default("normal", (2.7, 0.8)) for preset in ("rstanarm", "brms")},
        ),
    ),
    kind="real",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=location_itself,
    bounds=unbounded,
    notation=Notation(r"\mu", "", trials_of, _law),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    truncated_mean=_truncated_mean,
    score=_score,
    information=_information,
    slopes_in=("identity", "log", "logm1"),
    extras=("se",),
    autoscales=True,
    saturates=True,
)
