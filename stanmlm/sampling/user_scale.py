"""Draws of the program's parameters back on the user's scale: the inverse of the transformation in stan/."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.streams import Purpose, Source, stream
from stanmlm.model.centering import origin
from stanmlm.model.marginal import Marginal, draw_effects
from stanmlm.model.model import Model, Unrolled
from stanmlm.model.nesting import parents_first
from stanmlm.model.sweeping import swept
from stanmlm.sampling.standata import absorbed_by


def unroll(model: Model, draws: Mapping[str, Floats], seed: int = 0) -> Unrolled:
    """Undo the centring of predictors and of group effects, or draw those that the program integrates out.

    Parameters
    ----------
    model : Model
        The model that was sampled.
    draws : Mapping
        By Stan name, each (chains, draws, *declared shape).
    seed : int
        Of the effects that are drawn here, given each draw of everything else.

    Returns
    -------
    Unrolled
        `b` with the intercept for uncentred predictors first; `r` is the deviation a - M of each group's coefficients
        from what fixed effects and coarser terms explain, as `ranef` of lme4 has it, whatever the centring weights.

    Examples
    --------
    >>> def effects_of_the_first_term(model, draws):
    ...     return unroll(model, draws).r[0].mean(axis=(0, 1))
    """
    fix = coefficients(model, draws)
    b = origin(model.design, fix)
    sd = np.asarray(draws["sd"]) if model.design.terms else np.zeros((*b.shape[:2], 0))
    factors = list(_factors(model, draws))
    starts = np.cumsum([0, *(len(term.coefs) for term in model.design.terms)])
    taus = [sd[..., start:stop] for start, stop in pairwise(starts)]
    auxiliary = {auxiliary.name: np.asarray(draws[auxiliary.name]) for auxiliary in model.family.auxiliary}
    r = (
        _drawn(of, b, taus, factors, auxiliary["sigma"], stream(Source(seed, model.words), Purpose.EFFECTS))
        if (of := model.centering.marginal)
        else _deviations(model, draws, b, taus, factors)
    )
    return Unrolled(
        b=origin(model.design, swept(model.centering.sweeps, fix, r, -1)),
        sd=sd,
        cor=tuple(L @ np.swapaxes(L, -1, -2) for L in factors),
        r=r,
        auxiliary=auxiliary,
    )


def coefficients(model: Model, draws: Mapping[str, Floats]) -> Floats:
    """The fixed coefficients as sampled, at centred columns and with what is swept into them, (chains, draws, F)."""
    leading = np.shape(next(iter(draws.values())))[:2]  # engines leave out a variable without elements
    if model.centering.sweeps:
        return np.asarray(draws.get("swept", np.zeros((*leading, 0))), dtype=float)
    b = np.asarray(draws.get("b", np.zeros((*leading, 0))), dtype=float)
    return np.concatenate([np.asarray(draws["alpha_c"])[..., None], b], axis=-1) if model.design.intercept else b


def _factors(model: Model, draws: Mapping[str, Floats]) -> Iterator[Floats]:
    """The Cholesky factor of each term's correlation, (chains, draws, K, K)."""
    for k, term in enumerate(model.design.terms, 1):
        one = len(term.coefs) == 1
        yield np.ones((*np.shape(draws["sd"])[:2], 1, 1)) if one else np.asarray(draws[f"L_{k}"], dtype=float)


def _drawn(
    of: Marginal,
    b: Floats,
    taus: Sequence[Floats],
    factors: Sequence[Floats],
    sigma: Floats,
    rng: np.random.Generator,
) -> tuple[Floats, ...]:
    """Effects that were integrated out, (chains, draws, J, K) a term."""
    scaled = [tau[..., :, None] * L for tau, L in zip(taus, factors, strict=True)]
    draws = b.shape[0] * b.shape[1]
    flat = [T.reshape(draws, *T.shape[2:]) for T in scaled]
    r = draw_effects(of, b.reshape(draws, b.shape[-1]), flat, sigma.reshape(draws), rng)
    ends = np.cumsum([T.shape[-1] for T in flat])
    return tuple(np.split(r.reshape(*b.shape[:2], *r.shape[1:]), ends[:-1], axis=-1))


def _deviations(
    model: Model, draws: Mapping[str, Floats], b: Floats, taus: Sequence[Floats], factors: Sequence[Floats]
) -> tuple[Floats, ...]:
    """diag(tau) L z of each level, (chains, draws, J, K) a term; coarser terms first, for others lie around them."""
    nested, rotated = model.centering.nested, {sweep.term: sweep for sweep in model.centering.sweeps}
    r: dict[int, Floats] = {}
    whole: dict[int, Floats] = {}  # a - M_0 of the terms that others lie around
    for k in parents_first(nested):
        w, c, tau, L = model.centering.weights[k], model.centering.units[k], taus[k], factors[k]
        M = means(model, k, b - model.centering.origin, whole)
        t = np.asarray(draws[f"t_{k + 1}"], dtype=float).reshape(*b.shape[:2], *w.shape)
        z = scores(t, M, w, c, tau, L)
        z = rotated[k].Q @ z if k in rotated else z
        r[k] = z @ np.swapaxes(tau[..., :, None] * L, -1, -2)
        if any(nesting and nesting.coarser == k for nesting in nested):
            whole[k] = M + r[k]
    return tuple(r[k] for k in range(len(nested)))


def means(model: Model, k: int, b: Floats, whole: Mapping[int, Floats]) -> Floats:
    """M: what fixed columns and the effects of the coarser term give to term k's, (..., J, K)."""
    nesting = model.centering.nested[k]
    M = explained(model, k, b)
    return M + whole[nesting.coarser][..., nesting.parent, :] @ nesting.carries if nesting else M


def explained(model: Model, k: int, b: Floats) -> Floats:
    """M: the part of term k's coefficients that fixed columns explain, (chains, draws, J, K)."""
    weights, A = model.centering.weights[k], model.centering.A[k]
    M = np.zeros((*b.shape[:-1], *weights.shape))
    for column, p in zip(*absorbed_by(model, k), strict=True):
        M[..., p] += b[..., column, None] * A[p, :, column]
    return M


def scores(t: Floats, M: Floats, w: Floats, c: Floats, tau: Floats, L: Floats) -> Floats:
    """Standard normal z from t, coefficient by coefficient, as `scores` in stan/fragments/several.stan does.

    Parameters
    ----------
    t, M
        (..., J, K)
    w
        (J, K)
    c
        (K,)
    tau
        (..., K)
    L
        (..., K, K)

    Returns
    -------
    Floats
        (..., J, K)

    Examples
    --------
    >>> one = np.array([1.0])
    >>> scores(np.array([[3.0]]), np.array([[1.0]]), np.array([[1.0]]), one, 2 * one, np.array([[1.0]]))
    array([[1.]])
    """
    z = np.empty_like(t)
    for p in range(t.shape[-1]):
        v = tau[..., p, None] * L[..., p, p, None]
        m = M[..., p] + tau[..., p, None] * np.squeeze(z[..., :p] @ L[..., p, :p, None], axis=-1)
        r, pull = _scale_and_pull(w[:, p], c[p], v)
        z[..., p] = t[..., p] / r - pull * m
    return z


def sampled(u: Floats, M: Floats, w: Floats, c: Floats, tau: Floats, L: Floats) -> Floats:
    """The effects as the program samples them, (J, K), from deviations u: the inverse of `scores`.

    Parameters
    ----------
    u, M, w
        (J, K)
    c, tau
        (K,)
    L
        (K, K)

    Returns
    -------
    Floats
        (J, K)

    Examples
    --------
    >>> one = np.array([1.0])
    >>> sampled(np.array([[2.0]]), np.array([[1.0]]), np.array([[1.0]]), one, 2 * one, np.array([[1.0]]))
    array([[3.]])
    """
    v = tau * np.diag(L)
    z = np.linalg.solve(L, (u / tau).T).T
    m = M + tau * (z @ np.tril(L, -1).T)
    r, pull = _scale_and_pull(w, c, v)
    t: Floats = r * (z + pull * m)
    return t


def _scale_and_pull(w: Floats, c: Floats, v: Floats) -> tuple[Floats, Floats]:
    """r and pull of t = r (z + pull m), for sds v."""
    h, uu = w / (2 - w), (v / c) ** 2
    return np.sqrt(1 - h + h * uu), w * v / c**2 / (1 - w + w * uu)
