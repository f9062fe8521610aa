"""Angles."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import location_itself, symmetric, trials_of
from stanmlm.families.distributional import Default, Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.links import LINKS, OF_SCALES
from stanmlm.families.reductions import Extra, Reduction, Stats, times, total
from stanmlm.families.responses import Response, read_angles
from stanmlm.families.theta import Theta

TURN = 2 * np.pi
# Integrands are followed until they have fallen by exp(-this), at so many places.
FALL, NODES = 44.0, 40


def von_mises(link: str = "tan_half", link_kappa: str = "log") -> Family:
    """Angles between -pi and pi about mu, with concentration kappa: a normal law round a circle.

    The density is exact for any kappa, where brms takes the normal one above 100. Weights are exponents of the density.
    kappa has brms's prior gamma(2, 0.01) in every preset but "flat".

    Parameters
    ----------
    link : str
        "tan_half" or "identity".
    link_kappa : str
        For a formula of kappa: "log", "identity", "softplus" or "squareplus".

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
    >>> from stanmlm import von_mises
    >>> {name: link.name for name, link in von_mises().links.items()}
    {'mu': 'tan_half', 'kappa': 'log'}
    """
    return with_links(VON_MISES, [link, link_kappa])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_angles(raw, weights, "von_mises")


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """With cos - 1 as a square of a sine, which keeps its digits next to mu."""
    kappa = theta["kappa"]
    kernel = -2 * kappa * np.sin((y - theta["mu"]) / 2) ** 2 - np.log(2 * np.pi * special.i0e(kappa))
    return np.asarray(extra.weights * kernel)


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    mu = theta["mu"]
    return rng.vonmises(mu, np.broadcast_to(theta["kappa"], mu.shape))


def _mass(low: Floats, high: Floats, theta: Theta) -> Floats:
    """The log chance of an angle between two, at most a turn apart, with its digits however little it is."""
    mu, kappa = theta["mu"], theta["kappa"]
    mu = mu - 2 * np.pi * np.floor(mu / (2 * np.pi) + 0.5)
    return np.asarray(log_arc(low - mu, high - mu, kappa) - np.log(2 * np.pi * special.i0e(kappa)))


def log_arc(low: Floats, high: Floats, kappa: Floats) -> Floats:
    """The logarithm of the integral of exp(kappa (cos t - 1)) from `low` to `high`, both within two half turns of 0.

    On each half turn the integrand falls from one end to the other: from where the arc begins to where nothing is left
    it is a smooth curve, whose integral is Fejer's first rule. In stan/functions/arc.stan likewise.

    Examples
    --------
    >>> float(log_arc(np.array(-1.0), np.array(2.0), np.array(0.0)).round(6))
    1.098612
    """
    nearest = np.minimum(np.maximum(0, np.maximum(low, -high)), np.minimum(low, -high) + 2 * np.pi)
    halves = ((low + TURN, high + TURN), (-high, -low), (low, high), (TURN - high, TURN - low))
    parts = [_half(np.clip(start, 0, np.pi), np.clip(end, 0, np.pi), nearest, kappa) for start, end in halves]
    total = np.sum(parts, axis=0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(total) - 2 * kappa * np.sin(nearest / 2) ** 2)


def _half(start: Floats, end: Floats, nearest: Floats, kappa: Floats) -> Floats:
    """The integral of exp(kappa (cos t - cos nearest)) from `start` on, within a half turn."""
    with np.errstate(divide="ignore"):
        far = 1 / (kappa * np.sin(start) / FALL + np.sqrt(kappa / (5 * FALL)) * np.maximum(np.cos(start), 0))
    width = np.minimum(end - start, far)
    # below 0 only where the half turn has nothing of the arc, and nothing of no width is nothing
    ahead = np.maximum(2 * np.sin((start - nearest) / 2) * np.sin((start + nearest) / 2), 0)
    total = np.zeros(np.broadcast_shapes(np.shape(start), np.shape(kappa)))
    for at, weight in zip(*fejer(NODES), strict=True):
        e = width * at
        total = total + weight * np.exp(-kappa * (ahead + 2 * np.sin(e / 2) * np.sin(start + e / 2)))
    return np.asarray(width * total)


def fejer(nodes: int) -> tuple[Floats, Floats]:
    """Fejer's first rule from 0 to 1: places and weights (Davis and Rabinowitz 1984, section 2.5.5)."""
    angle, j = (np.arange(nodes) + 0.5) * np.pi / nodes, np.arange(1, nodes // 2 + 1)
    weights = (1 - 2 * np.sum(np.cos(2 * np.outer(angle, j)) / (4 * j**2 - 1), axis=1)) / nodes
    return (1 - np.cos(angle)) / 2, weights


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """From -pi."""
    return _mass(np.full_like(y, -np.pi), np.clip(y, -np.pi, np.pi), theta)


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """To pi."""
    return _mass(np.clip(y, -np.pi, np.pi), np.full_like(y, np.pi), theta)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.exp(_log_cdf(y, theta, extra))


def _score(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """In mu and log kappa."""
    kappa, away = theta["kappa"], y - theta["mu"]
    return np.asarray(extra.weights * np.array([kappa * np.sin(away), kappa * (np.cos(away) - _resultant(kappa))]))


def _information(theta: Theta, extra: Extra) -> Floats:
    """Mardia and Jupp (2000), section 5.3: orthogonal."""
    kappa, zero = theta["kappa"], np.zeros_like(theta["mu"])
    mean = _resultant(kappa)
    return extra.weights * symmetric([[zero + kappa * mean], [zero, zero + kappa**2 * (1 - mean**2) - kappa * mean]])


def _resultant(kappa: Floats) -> Floats:
    """The mean cosine, I_1 / I_0."""
    return np.asarray(special.i1e(kappa) / special.i0e(kappa))


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    y, weights = response.y, response.weights
    return {
        "n": total(weights, cell, cells),
        "cos_y": total(times(weights, np.cos(y)), cell, cells),
        "sin_y": total(times(weights, np.sin(y)), cell, cells),
    }


def _direction(response: Response) -> float:
    return float(np.arctan2(np.mean(np.sin(response.y)), np.mean(np.cos(response.y))))


def _concentration(response: Response) -> float:
    """By the mean resultant length (Banerjee et al. 2005)."""
    length = float(np.clip(np.hypot(np.mean(np.sin(response.y)), np.mean(np.cos(response.y))), 0.05, 0.9999))
    return length * (2 - length**2) / (1 - length**2)


def _circle(trials: Floats) -> tuple[Floats, Floats]:
    return np.full_like(trials, -np.pi), np.full_like(trials, np.pi)


def _law(mean: str, _: str) -> str:
    return rf"\text{{VonMises}}({mean}, \kappa)"


VON_MISES = Family(
    name="von_mises",
    spellings=("VonMises", "vonmises"),
    parameters=(
        Distributional("mu", LINKS["tan_half"], ("tan_half", "identity"), "real", _direction),
        Distributional(
            name="kappa",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_concentration,
            words="concentration about mu",
            prior={preset: Default("gamma", (2.0, 0.01)) for preset in ("rstanarm", "brms")},
            prior_link={preset: Default("normal", (5.0, 0.8)) for preset in ("rstanarm", "brms")},
        ),
    ),
    kind="real",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=location_itself,
    bounds=_circle,
    notation=Notation(r"\mu", "", trials_of, _law),
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    score=_score,
    information=_information,
    slopes_in=("identity", "log"),
    reductions=(Reduction(("offset",), _statistic),),
)
