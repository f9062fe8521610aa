"""Shares between 0 and 1."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.common import LOG_PRIOR, SHAPE_PRIOR, location_itself, mean_of, trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.incomplete import log_inc_beta
from stanmlm.families.links import LINKS, OF_SCALES, OF_SHARES
from stanmlm.families.reductions import Extra, Reduction, Stats, times, total
from stanmlm.families.responses import Response, read_shares
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta


def beta(link: str = "logit", link_phi: str = "log") -> Family:
    """Shares above 0 and below 1, with mean mu and variance mu (1 - mu) / (1 + phi); brms's `Beta`.

    Weights are exponents of the density. The precision phi has brms's prior gamma(0.01, 0.01) in every preset but
    "flat".

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
    >>> from stanmlm.families import beta
    >>> {name: link.name for name, link in beta().links.items()}
    {'mu': 'logit', 'phi': 'log'}
    """
    return with_links(BETA, [link, link_phi])


def _read(raw: RawResponse, weights: Floats | None) -> Response:
    return read_shares(raw, weights, "beta")


def _shapes(theta: Theta) -> tuple[Floats, Floats]:
    phi = theta["phi"]
    return np.exp(theta.log("mu")) * phi, np.exp(theta.log1m("mu")) * phi


def _log_density(y: Floats, theta: Theta, extra: Extra) -> Floats:
    """With log gamma(x) as log gamma(1 + x) - log x, which stays where x is next to nothing."""
    (a, b), phi = _shapes(theta), theta["phi"]
    logs = theta.log("mu") + theta.log1m("mu") + 2 * np.log(phi)
    constant = special.gammaln(phi) - special.gammaln(1 + a) - special.gammaln(1 + b) + logs
    return np.asarray(extra.weights * (constant + (a - 1) * np.log(y) + (b - 1) * np.log1p(-y)))


def _draw(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    a, b = _shapes(theta)
    return rng.beta(a, b)


def _variance(theta: Theta, extra: Extra) -> Floats:
    mu = theta["mu"]
    return np.asarray(mu * np.exp(theta.log1m("mu")) / (1 + theta["phi"]))


def _cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(special.betainc(*_shapes(theta), np.clip(y, 0.0, 1.0)))


def _log_cdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return log_inc_beta(*_shapes(theta), *_log_shares(y))


def _log_ccdf(y: Floats, theta: Theta, extra: Extra) -> Floats:
    return log_inc_beta(*_shapes(theta)[::-1], *_log_shares(y)[::-1])


def _log_shares(y: Floats) -> tuple[Floats, Floats]:
    """Of a share and of what it leaves."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.clip(y, 0.0, 1.0))), np.asarray(np.log1p(-np.clip(y, 0.0, 1.0)))


def _truncated_mean(low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """Weighted by itself, a share is a beta whose first shape is one larger."""
    a, phi = _shapes(theta)[0], theta["phi"]
    heavier = Theta(natural={"mu": (a + 1) / (phi + 1), "phi": phi + 1})
    shares = [log_mass_of(_log_cdf, _log_ccdf, low, high, of, extra) for of in (heavier, theta)]
    return np.asarray(theta["mu"] * np.exp(shares[0] - shares[1]))


def _information(theta: Theta, extra: Extra) -> Floats:
    """Expected information in the location's predictor and log phi (Ferrari and Cribari-Neto 2004, appendix)."""
    (a, b), phi = _shapes(theta), theta["phi"]
    slope = theta.links["mu"].slope(theta.eta("mu"))
    up, down, whole = special.polygamma(1, a), special.polygamma(1, b), special.polygamma(1, phi)
    location = (phi * slope) ** 2 * (up + down)
    mixed = phi * slope * (a * up - b * down)
    own = a**2 * up + b**2 * down - phi**2 * whole
    return np.asarray(extra.weights * np.array([[location, mixed], [mixed, own]]))


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """Sums over the rows of a cell, weights being exponents."""
    y, weights = response.y, response.weights
    return {
        "n": total(weights, cell, cells),
        "log_y": total(times(weights, np.log(y)), cell, cells),
        "log1m_y": total(times(weights, np.log1p(-y)), cell, cells),
    }


def _phi(response: Response) -> float:
    """By moments."""
    mean, variance = float(np.mean(response.y)), float(np.var(response.y))
    return float(np.clip(mean * (1 - mean) / variance - 1, 0.1, 1e4)) if variance > 0 else 1e4


def _unit(trials: Floats) -> tuple[Floats, Floats]:
    return np.zeros_like(trials), np.ones_like(trials)


def _law(mean: str, _: str) -> str:
    return rf"\text{{Beta}}({mean} \phi, (1 - {mean}) \phi)"


BETA = Family(
    name="beta",
    spellings=("Beta", "beta_family", "betar"),
    parameters=(
        Distributional("mu", LINKS["logit"], OF_SHARES, "unit", mean_of),
        Distributional(
            name="phi",
            link=LINKS["log"],
            links=OF_SCALES,
            support="positive",
            start=_phi,
            words="the variance of a share is mu (1 - mu) / (1 + phi)",
            prior=SHAPE_PRIOR,
            prior_link=LOG_PRIOR,
        ),
    ),
    kind="real",
    read=_read,
    log_density=_log_density,
    draw=_draw,
    mean=location_itself,
    bounds=_unit,
    notation=Notation(r"\mu", "", trials_of, _law),
    variance=_variance,
    cdf=_cdf,
    log_cdf=_log_cdf,
    log_ccdf=_log_ccdf,
    truncated_mean=_truncated_mean,
    information=_information,
    slopes_in=("", "log"),
    reductions=(Reduction(("offset",), _statistic),),
)
