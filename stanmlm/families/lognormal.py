"""Positive responses whose logarithms are normal."""

from dataclasses import replace

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, SCALE_PRIOR, from_zero, trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.gaussian import squares_by_cell, squares_of_all
from stanmlm.families.links import LINKS, OF_LOGS, OF_SCALES
from stanmlm.families.reductions import Extra, Reduction, Stats, total
from stanmlm.families.responses import Response, read_positive
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta


def lognormal(link: str = "identity", link_sigma: str = "log") -> Family:
    """Positive responses whose logarithms are normal with mean mu and standard deviation sigma.

    As in brms mu and sigma are those of the logarithms; the mean of a response is exp(mu + sigma^2 / 2). Weights are
    exponents of the density. Default priors look at the logarithms as gaussian's do at the responses.

    Parameters
    ----------
    link : str
        "identity" or "inverse".
    link_sigma : str
        For a formula of sigma: "log", "identity", "softplus" or "squareplus".

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
    >>> from stanmlm import lognormal
    >>> {name: link.name for name, link in lognormal().links.items()}
    {'mu': 'identity', 'sigma': 'log'}
    """
    return with_links(LOGNORMAL, [link, link_sigma])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_positive(raw, weights, "lognormal")


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    sigma, log_y = theta["sigma"], np.log(y)
    kernel = -0.5 * ((log_y - theta["mu"]) / sigma) ** 2 - np.log(sigma) - log_y
    return np.asarray(extra.weights * (kernel - 0.5 * np.log(2 * np.pi)))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    mu = theta["mu"]
    return np.asarray(np.exp(mu + theta["sigma"] * rng.standard_normal(mu.shape)))


def _mean(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(np.exp(theta["mu"] + 0.5 * theta["sigma"] ** 2))


def _variance(theta: Theta, extra: Extra) -> Floats:
    return np.asarray(_mean(theta, extra) ** 2 * np.expm1(theta["sigma"] ** 2))


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(special.ndtr((np.log(np.maximum(y, 0.0)) - theta["mu"]) / theta["sigma"]))


def _z(y: Floats, theta: Theta) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray((np.log(np.maximum(y, 0.0)) - theta["mu"]) / theta["sigma"])


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(special.log_ndtr(_z(y, theta)))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(special.log_ndtr(-_z(y, theta)))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """Weighted by itself, the logarithm of a response is normal about mu + sigma^2."""
    heavier = Theta(natural={"mu": theta["mu"] + theta["sigma"] ** 2, "sigma": theta["sigma"]})
    shares = [log_mass_of(_log_cdf, _log_ccdf, low, high, of, extra) for of in (heavier, theta)]
    return np.asarray(_mean(theta, extra) * np.exp(shares[0] - shares[1]))


def _information(theta: Theta, extra: Extra) -> Floats:
    zero = np.zeros_like(theta["mu"])
    return np.asarray(extra.weights * np.array([[zero + theta["sigma"] ** -2.0, zero], [zero, zero + 2.0]]))


def _log(y: Floats) -> Floats:
    return np.asarray(np.log(y))


def _logs(response: Response) -> Response:
    return replace(response, y=np.log(response.y))


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """Gaussian's of the logarithms, where a weight counts rows."""
    return {**squares_of_all(_logs(response), offset, cell, cells), "N": float(response.weights.sum())}


def _statistic_by_cell(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    return {
        **squares_by_cell(_logs(response), 0 * offset, cell, cells),
        "N": total(response.weights, cell, cells),
    }


def _means(stats: Stats) -> tuple[Floats, Floats]:
    return np.asarray(stats["y"], dtype=float), np.asarray(stats["n"], dtype=float)


def _spread(stats: Stats) -> tuple[float, float]:
    return float(np.sum(stats["N"])), float(np.sum(stats["ss"]))


def _center(response: Response) -> float:
    return float(np.mean(np.log(response.y)))


def _size(response: Response) -> float:
    return float(np.std(np.log(response.y))) or 1.0


def _law(mean: str, _: str) -> str:
    return rf"\text{{LogNormal}}({mean}, \sigma^2)"


LOGNORMAL = Family(
    name="lognormal",
    spellings=("LogNormal", "log_normal"),
    parameters=(
        Distributional("mu", LINKS["identity"], OF_LOGS, "real", _center),
        Distributional(
            name="sigma",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_size,
            words="standard deviation of the logarithms",
            scales_groups=True,
            prior=SCALE_PRIOR,
            prior_link=LOG_PRIOR,
        ),
    ),
    kind="real",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=_mean,
    bounds=from_zero,
    notation=Notation(r"\mu", "", trials_of, _law),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    truncated_mean=_truncated_mean,
    information=_information,
    slopes_in=("identity", "log"),
    reductions=(
        Reduction((), _statistic, scalars=("sigma",), links=("identity",), means=_means, spread=_spread, reads=()),
        Reduction(("offset",), _statistic_by_cell),
    ),
    autoscales=True,
    squares=True,
    located=_log,
)
