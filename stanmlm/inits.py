"""Where chains start, and with which metric: from a pilot, so that warm-up need not find the posterior first."""

from collections.abc import Mapping

import numpy as np

from stanmlm.arrays import Floats
from stanmlm.centering import informed
from stanmlm.model import Model
from stanmlm.nesting import parents_first
from stanmlm.pilot import Pilot
from stanmlm.standata import column_means
from stanmlm.streams import Purpose, Source, stream
from stanmlm.unroll import means, sampled

# In posterior sds: chains which agree have come from different places.
SPREAD = 1.5


def starting_points(model: Model, chains: int, seed: int) -> tuple[Mapping[str, Floats], ...]:
    """Draw one starting point a chain.

    Parameters
    ----------
    model : Model
    chains : int
    seed : int

    Returns
    -------
    tuple of dict
        Constrained values by Stan name; none without a pilot, without data, or where the pilot's numbers do not serve.

    Examples
    --------
    >>> def first_intercept(model):
    ...     return starting_points(model, chains=4, seed=1)[0]["alpha_c"]
    """
    at = model.centering.pilot
    if model.prior_only or at is None:
        return ()
    source = Source(seed, model.words)
    streams = [stream(source, Purpose.STARTS, chain) for chain in range(chains)]
    try:
        points = tuple(_point(model, at, rng) for rng in streams)
    except np.linalg.LinAlgError:  # a covariance on its boundary
        return ()
    return points if all(np.all(np.isfinite(v)) for point in points for v in point.values()) else ()


def _point(model: Model, at: Pilot, rng: np.random.Generator) -> dict[str, Floats]:
    beta = at.beta + SPREAD * _normal(rng, at.uncertainty)
    b = beta[1:] if model.design.intercept else beta
    point = {"b": b} | ({"alpha_c": beta[0]} if model.design.intercept else {})
    full = np.concatenate([[beta[0] - column_means(model) @ b], b]) if model.design.intercept else b
    sds: dict[int, Floats] = {}
    whole: dict[int, Floats] = {}
    for k in parents_first(model.centering.nested):
        tau, L = _scales(at.covariance[k], len(at.effects[k]), rng)
        sds[k] = tau
        point |= {f"L_{k + 1}": L} if len(tau) > 1 else {}
        if model.centering.marginal:
            continue
        u = at.effects[k] + _normal(rng, at.variance[k])
        M = means(model, k, full - model.centering.origin, whole)
        t = sampled(u, M, model.centering.weights[k], model.centering.units[k], tau, L)
        whole[k] = M + u
        point[f"t_{k + 1}"] = t if len(tau) > 1 else t[:, 0]
    point |= {"sd": np.concatenate([sds[k] for k in range(len(sds))])} if sds else {}
    return point | {auxiliary.name: np.asarray(at.dispersion**0.5) for auxiliary in model.family.auxiliary}


def _scales(covariance: Floats, J: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Standard deviations and the Cholesky factor of a correlation, off the boundary."""
    tau = np.sqrt(np.diag(covariance))
    R = covariance / np.outer(tau, tau)
    shrunk = np.eye(len(tau)) + rng.uniform(0.5, 0.9) * (R - np.eye(len(tau)))
    return tau * np.exp(SPREAD / np.sqrt(2 * J) * rng.standard_normal(len(tau))), np.linalg.cholesky(shrunk)


def _normal(rng: np.random.Generator, covariance: Floats) -> Floats:
    """A draw from N(0, covariance), (..., K) for (..., K, K)."""
    noise = rng.standard_normal(covariance.shape[:-1])
    draw: Floats = np.einsum("...pq,...q->...p", np.linalg.cholesky(covariance), noise)
    return draw


def inverse_metric(model: Model) -> Floats | None:
    """Guess the posterior variance of each parameter on the unconstrained scale, to start the adaptation from.

    Fixed coefficients have the pilot's; the log of an sd has 1 / (2 sum_j w_j^2) and a correlation's inverse hyperbolic
    tangent 1 / (sum_j w_j w'_j), the balanced model's inverse information; an effect has what the data leave, 1 - w.

    Parameters
    ----------
    model : Model

    Returns
    -------
    array
        One variance a free parameter, in the order of the program's parameter block, a matrix column after column;
        None without a pilot, without data, or where the pilot's numbers do not serve.

    Examples
    --------
    >>> def largest(model):
    ...     return inverse_metric(model).max()
    """
    at = model.centering.pilot
    if model.prior_only or at is None:
        return None
    shares = informed(at)
    rows = max(float(np.sum(model.response.weights > 0)), 1.0)
    variances: Floats = np.concatenate(
        [
            np.diag(at.uncertainty),
            *(_inverse(2 * np.sum(share**2, axis=0)) for share in shares),
            np.full(len(model.family.auxiliary), 1 / (2 * rows)),
            *(_factor_variances(share) if model.centering.marginal else _effect_variances(share) for share in shares),
        ]
    )
    return variances if np.all((variances > 0) & np.isfinite(variances)) else None


def _effect_variances(share: Floats) -> Floats:
    """Variances of the free elements of L, then of t, for one term."""
    return np.concatenate([_factor_variances(share), np.maximum(1 - share, 0.01).T.ravel()])


def _factor_variances(share: Floats) -> Floats:
    """Variances of the free elements of L."""
    below, left = np.tril_indices(share.shape[1], -1)
    return _inverse(np.sum(share[:, below] * share[:, left], axis=0))


def _inverse(information: Floats) -> Floats:
    """What the prior leaves at most."""
    return 1 / np.maximum(information, 1.0)
