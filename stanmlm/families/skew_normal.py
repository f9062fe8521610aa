"""Normal responses that lean to one side."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, SCALE_PRIOR, location_itself, mean_of, trials_of, unbounded
from stanmlm.families.distributional import Default, Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.incomplete import log_integral
from stanmlm.families.link_functions import log1m_exp
from stanmlm.families.links import LINKS, OF_REALS_AND_SHARES, OF_SCALES
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import Response, read_reals
from stanmlm.families.theta import Theta


def skew_normal(link: str = "identity", link_sigma: str = "log", link_alpha: str = "identity") -> Family:
    """Skew normal responses with mean mu and standard deviation sigma; alpha says to which side they lean.

    As in brms mu and sigma are moments, whatever alpha is (Azzalini 1985). Weights are exponents of the density. By
    default sigma has the prior that it has in gaussian models, and alpha brms's normal(0, 4).

    Parameters
    ----------
    link : str
        "identity", "log", "inverse", "softplus", "squareplus", or a link of shares such as "logit".
    link_sigma, link_alpha : str
        For formulas of them: "log", "identity", "softplus" or "squareplus".

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
    >>> from stanmlm import skew_normal
    >>> {name: link.name for name, link in skew_normal().links.items()}
    {'mu': 'identity', 'sigma': 'log', 'alpha': 'identity'}
    """
    return with_links(SKEW_NORMAL, [link, link_sigma, link_alpha])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_reals(raw, weights, "skew_normal")


def _standard(theta: Theta) -> tuple[Floats, Floats, Floats]:
    """delta, and the mean and the sd of a skew normal with location 0 and scale 1."""
    alpha = theta["alpha"]
    delta = alpha / np.hypot(1.0, alpha)
    center = delta * np.sqrt(2 / np.pi)
    return delta, center, np.sqrt(1 - center**2)


def _score_of(y: Floats, theta: Theta) -> Floats:
    _, center, spread = _standard(theta)
    return np.asarray(center + spread * (y - theta["mu"]) / theta["sigma"])


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    z, spread = _score_of(y, theta), _standard(theta)[2]
    kernel = -0.5 * z**2 + special.log_ndtr(theta["alpha"] * z) + 0.5 * np.log(2 / np.pi)
    return np.asarray(extra.weights * (kernel + np.log(spread) - theta.log("sigma")))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    mu = theta["mu"]
    delta, center, spread = _standard(theta)
    half, whole = np.abs(rng.standard_normal(mu.shape)), rng.standard_normal(mu.shape)
    z = delta * half + np.sqrt(1 - delta**2) * whole
    return np.asarray(mu + theta["sigma"] * (z - center) / spread)


def _variance(theta: Theta, extra: Extra) -> Floats:
    return np.broadcast_to(theta["sigma"] ** 2, theta["mu"].shape)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    z = _score_of(y, theta)
    return np.asarray(special.ndtr(z) - 2 * special.owens_t(z, theta["alpha"]))


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return _log_below(_score_of(y, theta), theta["alpha"])


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return _log_below(-_score_of(y, theta), -theta["alpha"])


def _log_below(z: Floats, alpha: Floats) -> Floats:
    """Of a skew normal with location 0 and scale 1, by the nearer tail."""
    far, a = np.abs(z), np.where(z < 0, alpha, -alpha)
    wedge, half = _log_wedge(far, np.abs(a)), np.log(2) + special.log_ndtr(-far)
    tail = np.where(a < 0, half + log1m_exp(wedge - half), wedge)
    return np.where(z < 0, tail, log1m_exp(tail))


def _log_wedge(h: Floats, a: Floats) -> Floats:
    """The logarithm of Phi(-h) - 2 T(h, a), of h and a 0 or more, T being Owen's.

    It is the integral from a on of exp(-h^2 (1 + x^2) / 2) / (pi (1 + x^2)); with x = sinh it has an exponential tail.
    """
    c = np.hypot(1.0, a)
    slope = h**2 * a * c + a / c + np.sqrt(h**2 * (1 + 2 * a**2) + 1 / c**2)

    def integrand(e: Floats) -> Floats:
        sinh, cosh = np.sinh(e), np.cosh(e)
        return np.exp(-(h**2) / 2 * (2 * a * c * cosh + (1 + 2 * a**2) * sinh) * sinh) / (c * cosh + a * sinh)

    return np.asarray(log_integral(integrand, slope, finer=3) - np.log(np.pi) - (h * c) ** 2 / 2)


def _size(response: Response) -> float:
    return float(np.std(response.y)) or 1.0


def _alpha(response: Response) -> float:
    """By the third moment, within what a skew normal may have."""
    away = response.y - np.mean(response.y)
    skewness = float(np.clip(np.mean(away**3) / _size(response) ** 3, -0.9, 0.9))
    share = abs(skewness) ** (2 / 3)
    delta = np.sign(skewness) * np.sqrt(np.pi / 2 * share / (share + ((4 - np.pi) / 2) ** (2 / 3)))
    return float(delta / np.sqrt(1 - delta**2))


def _law(mean: str, _: str) -> str:
    return rf"\text{{SkewNormal}}({mean}, \sigma, \alpha)"


SKEW_NORMAL = Family(
    name="skew_normal",
    spellings=("SkewNormal", "skewnormal"),
    parameters=(
        Distributional("mu", LINKS["identity"], OF_REALS_AND_SHARES, "real", mean_of),
        Distributional(
            name="sigma",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_size,
            words="residual standard deviation",
            scales_groups=True,
            prior=SCALE_PRIOR,
            prior_link=LOG_PRIOR,
        ),
        Distributional(
            name="alpha",
            link=LINKS["identity"],
            links=("identity", "log", "softplus", "squareplus"),
            support="real",
            start=_alpha,
            words="to which side responses lean",
            prior={preset: Default("normal", (0.0, 4.0)) for preset in ("rstanarm", "brms")},
            prior_link={preset: Default("normal", (0.0, 4.0)) for preset in ("rstanarm", "brms")},
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
    autoscales=True,
)
