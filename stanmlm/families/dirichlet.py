"""Shares of a whole."""

from dataclasses import replace

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats, Ints, constant
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_links
from stanmlm.families.beta import BETA
from stanmlm.families.categories import category_parts
from stanmlm.families.common import trials_of
from stanmlm.families.family import Family, Notation
from stanmlm.families.given import Given
from stanmlm.families.nominal import PATTERN, Places, log_probabilities, nominal_probabilities, one_each, reference_of
from stanmlm.families.reductions import Extra, Reduction, Stats, total
from stanmlm.families.refusals import refuse
from stanmlm.families.responses import Response, weights_of_rows
from stanmlm.families.theta import Theta

# How far from one a sum of shares may be: they were rounded, to single precision at worst.
ROUNDING = 1e-6


def dirichlet(link: str = "logit", link_phi: str = "log", refcat: str | None = None) -> Family:
    """Shares of a whole, as brms has them: predictors of expected shares are those of `categorical`.

    Responses are `cbind(a, b, c)`, or a matrix, of shares above 0 that sum to 1 in each row. `phi` is what the
    Dirichlet's parameters sum to: the variance of a share is mu (1 - mu) / (1 + phi). Weights are exponents of the
    density.

    Parameters
    ----------
    link : str
        "logit".
    link_phi : str
        Of a formula of `phi`: "log", "identity", "softplus" or "squareplus".
    refcat : str, optional
        The category that others are counted from, a column; the first by default.

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
    >>> from stanmlm import dirichlet
    >>> [one.name for one in dirichlet().bound(("a", "b", "c"), ()).parameters]
    ['mub', 'muc', 'phi']
    """
    return replace(with_links(DIRICHLET, [link, link_phi]), reference=reference_of(refcat))


def _read(raw: RawResponse, weights: Floats | None, categories: tuple[str, ...] = ()) -> Response:
    y, names = category_parts(raw, "dirichlet", categories)
    edge = np.flatnonzero((y <= 0).any(axis=1))
    refuse(raw, edge, f"dirichlet needs shares above 0: `{raw.label}` has {{values}} with one that is not")
    other = np.flatnonzero(np.abs(y.sum(axis=1) - 1) > ROUNDING)
    refuse(raw, other, f"dirichlet needs shares that sum to 1: `{raw.label}` has {{values}} that do not")
    return Response(raw.label, y, constant(1.0, len(y)), weights_of_rows(raw, weights), names)


def _log_sizes(of: Places, theta: Theta) -> Floats:
    """The logarithms of the Dirichlet's parameters, (..., rows, K)."""
    return np.asarray(log_probabilities(of, theta) + theta.log("phi")[..., None])


def _log_density(of: Places, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """With lgamma(a) as lgamma(1 + a) - log a, which keeps its digits."""
    log_a = _log_sizes(of, theta)
    a = np.exp(log_a)
    each = log_a - special.gammaln(1 + a) + (a - 1) * np.log(y)
    return np.asarray(extra.weights * (special.gammaln(theta["phi"]) + each.sum(axis=-1)))


def _draw(of: Places, rng: np.random.Generator, theta: Theta, _: Extra) -> Floats:
    """Shares of Gamma variables, on the log scale: G(a) is G(a + 1) U^(1 / a), where small a would give zeros alone."""
    a = np.exp(_log_sizes(of, theta))
    logs = np.log(rng.standard_gamma(a + 1)) + np.log(rng.random(a.shape)) / a
    return np.asarray(special.softmax(logs, axis=-1))


def _along(of: Places, theta: Theta) -> tuple[Floats, Floats]:
    """Parameters of one draw, (rows, K), and their slopes along predictors and the logarithm of phi, (P, rows, K)."""
    logs = log_probabilities(of, theta)
    shares, a = np.exp(logs), np.exp(_log_sizes(of, theta))
    own = np.flatnonzero(of)
    steps = np.eye(len(of))[own][:, None, :] - shares[:, own].T[:, :, None]
    return a, np.concatenate([a * steps, a[None]])


def _score(of: Places, y: Floats, theta: Theta, extra: Extra) -> Floats:
    a, along = _along(of, theta)
    of_sum = np.zeros((len(along), 1))
    of_sum[-1] = 1.0
    score = np.sum(along * (np.log(y) - special.digamma(a)), axis=-1)
    return np.asarray(extra.weights * (score + of_sum * theta["phi"] * special.digamma(theta["phi"])))


def _information(of: Places, theta: Theta, extra: Extra) -> Floats:
    """The covariance of log shares has trigamma(a) on its diagonal, and takes trigamma(phi) off everywhere."""
    a, along = _along(of, theta)
    information = np.einsum("prk,qrk,rk->pqr", along, along, special.polygamma(1, a), optimize=True)
    phi = np.broadcast_to(theta["phi"], information.shape[-1:])
    information[-1, -1] -= phi**2 * special.polygamma(1, phi)
    return np.asarray(extra.weights * information)


def _statistic(of: Places, response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """Sums of log shares over the rows of a cell, those of the reference first; weights are exponents."""
    weights = response.weights
    logs = [total(weights * np.log(own), cell, cells) for own in response.y.T]
    order = sorted(range(len(of)), key=lambda k: bool(of[k]))
    return {"n": total(weights, cell, cells), "log_y": np.stack([logs[k] for k in order])}


def _phi(response: Response) -> float:
    """By moments of all shares."""
    mean, variance = response.y.mean(axis=0), float(response.y.var(axis=0).sum())
    return float(np.clip((mean * (1 - mean)).sum() / variance - 1, 0.1, 1e4)) if variance > 0 else 1e4


def _unit(trials: Floats) -> tuple[Floats, Floats]:
    return np.zeros_like(trials), np.ones_like(trials)


def _law(mean: str, _: str) -> str:
    return rf"\text{{Dirichlet}}({mean} \phi)"


DIRICHLET = Family(
    name="dirichlet",
    spellings=(),
    parameters=(
        PATTERN,
        replace(BETA.parameters[1], start=_phi),
    ),
    kind="shares",
    read=_read,
    log_density=Given(_log_density),
    draw=Given(_draw),
    mean=Given(nominal_probabilities),
    bounds=_unit,
    notation=Notation(r"\pi", "", trials_of, _law),
    score=Given(_score),
    information=Given(_information),
    reductions=(Reduction(("offset",), Given(_statistic)),),
    spread=one_each,
)
