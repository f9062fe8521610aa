"""Normal responses."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, SCALE_PRIOR, location_itself, mean_of, symmetric, unbounded, weights_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.links import LINKS, OF_REALS_AND_SHARES, OF_SCALES
from stanmlm.families.reductions import Extra, Reduction, Stats, counted, times, total
from stanmlm.families.responses import Response, read_reals
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta


def gaussian(link: str = "identity", link_sigma: str = "log") -> Family:
    """Normal responses; `weights` are precisions, as in lme4.

    Parameters
    ----------
    link : str
        "identity", "log", "inverse", "softplus", "squareplus", or a link of shares such as "logit".
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
    >>> from stanmlm import gaussian
    >>> {name: link.name for name, link in gaussian().links.items()}
    {'mu': 'identity', 'sigma': 'log'}
    """
    return with_links(GAUSSIAN, [link, link_sigma])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_reals(raw, weights, "gaussian")


def _sd(theta: Theta, extra: Extra) -> Floats:
    with np.errstate(divide="ignore"):
        sd = np.asarray(theta["sigma"] / np.sqrt(extra.weights))
    return np.hypot(sd, extra.se) if np.any(extra.se) else sd


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    sd = _sd(theta, extra)
    return np.asarray(extra.exponents * (-0.5 * ((y - theta["mu"]) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    """Infinite where the weight is zero, as `predict.lm`'s intervals."""
    mu = theta["mu"]
    noise = rng.standard_normal(mu.shape)
    return np.asarray(mu + noise * _sd(theta, extra))


def _variance(theta: Theta, extra: Extra) -> Floats:
    return np.broadcast_to(_sd(theta, extra) ** 2, theta["mu"].shape)


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(special.ndtr((y - theta["mu"]) / _sd(theta, extra)))


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(special.log_ndtr((y - theta["mu"]) / _sd(theta, extra)))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(special.log_ndtr((theta["mu"] - y) / _sd(theta, extra)))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """Johnson, Kotz and Balakrishnan (1994), section 13.10.1."""
    mu, sd = theta["mu"], _sd(theta, extra)
    mass = log_mass_of(_log_cdf, _log_ccdf, low, high, theta, extra)
    ends = [np.exp(-0.5 * ((end - mu) / sd) ** 2 - 0.5 * np.log(2 * np.pi) - mass) for end in (low, high)]
    return np.asarray(mu + sd * (ends[0] - ends[1]))


def _score(y: Floats, theta: Theta, extra: Extra) -> Floats:
    sd = _sd(theta, extra)
    z = (y - theta["mu"]) / sd
    return np.array([z / sd, z**2 - 1])


def _information(theta: Theta, extra: Extra) -> Floats:
    zero = np.zeros_like(theta["mu"])
    return symmetric([[_sd(theta, extra) ** -2.0], [zero, zero + 2.0]])


def squares_of_all(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """Weights, means and squares within cells, weights being precisions; a row of weight 0 is not an observation."""
    y, weights = response.y - offset, counted(response)
    n = total(weights, cell, cells)
    mean = total(times(weights, y), cell, cells) / np.where(n > 0, n, 1)
    squares = float(np.sum(times(weights, (y - mean[cell]) ** 2)))
    often = _observations(response)
    N = float(np.sum(often)) if np.any(response.exponents != 1) else int(np.count_nonzero(often))
    return {"N": N, "n": n, "y": mean, "ss": squares}


def _observations(response: Response) -> Floats:
    """How many observations each row is: exponents of densities count them, precisions do not."""
    return np.where(response.weights > 0, response.exponents, 0.0)


def squares_by_cell(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """The same with observations and squares of each cell, for an sd of each."""
    y, weights = response.y - offset, counted(response)
    mean = np.asarray(squares_of_all(response, offset, cell, cells)["y"])
    return {
        "N": total(_observations(response), cell, cells),
        "n": total(weights, cell, cells),
        "y": mean,
        "ss": total(times(weights, (y - mean[cell]) ** 2), cell, cells),
    }


def _squares_about_links(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """Those of each cell where its offset is within the link."""
    return squares_by_cell(response, 0 * offset, cell, cells)


def _means(stats: Stats) -> tuple[Floats, Floats]:
    return np.asarray(stats["y"], dtype=float), np.asarray(stats["n"], dtype=float)


def _spread(stats: Stats) -> tuple[float, float]:
    return float(np.sum(stats["N"])), float(np.sum(stats["ss"]))


def _size(response: Response) -> float:
    return float(np.std(response.y)) or 1.0


def _law(mean: str, weight: str) -> str:
    return rf"\text{{Normal}}({mean}, \sigma^2{'/' if weight else ''}{weight})"


GAUSSIAN = Family(
    name="gaussian",
    spellings=(),
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
    ),
    kind="real",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=location_itself,
    bounds=unbounded,
    notation=Notation(r"\mu", "w", weights_of, _law),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    truncated_mean=_truncated_mean,
    score=_score,
    information=_information,
    slopes_in=("identity", "log"),
    reductions=(
        Reduction(
            (),
            squares_of_all,
            scalars=("sigma",),
            links=("identity",),
            means=_means,
            spread=_spread,
            reads=("exponents",),
        ),
        Reduction((), squares_by_cell, links=("identity",), reads=("exponents", "masses")),
        Reduction(("offset",), _squares_about_links, reads=("exponents", "masses")),
    ),
    extras=("weights", "se"),
    autoscales=True,
    weights_are_precisions=True,
    squares=True,
    saturates=True,
)
