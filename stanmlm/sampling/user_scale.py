"""Draws of the program's parameters back on the user's scale: the inverse of the transformation in stan/."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.streams import Purpose, Source, stream
from stanmlm.data.coefficients import uncentred
from stanmlm.model.centering import sampled_in
from stanmlm.model.coordinates import lower_factor
from stanmlm.model.joining import block_name, by_block, by_term
from stanmlm.model.marginal import Marginal, draw_effects
from stanmlm.model.model import Model, Unrolled
from stanmlm.model.nesting import parents_first
from stanmlm.model.sweeping import swept
from stanmlm.priors.parameters import told_numbers
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
    >>> from stanmlm import lm, simulate_exams
    >>> model = lm("score ~ hours", simulate_exams(seed=1), seed=1).model
    >>> unroll(model, {"z_fix": np.zeros((4, 1000, 2)), "sigma": np.ones((4, 1000))}).b.shape
    (4, 1000, 2)
    """
    fix = coefficients(model, draws)
    b = uncentred(model.design, fix)
    sd = deviations(model, draws) if model.design.terms else np.zeros((*b.shape[:2], 0))
    factors = list(_factors(model, draws, b.shape[:2]))
    starts = np.cumsum([0, *(len(term.coefs) for term in model.design.terms)])
    scaled = [sd[..., start:stop, None] * L for L, (start, stop) in zip(factors, pairwise(starts), strict=True)]
    auxiliary = {one.name: np.asarray(draws[one.in_stan]) for one in model.scalars}
    numbers = _numbers(model, draws, b.shape[:2])
    shared = model.family.shared
    auxiliary |= {name: numbers[..., k] for k, (_, name) in enumerate(told_numbers(model.family))}
    r = (
        _drawn(of, b, scaled, auxiliary["sigma"], stream(Source(seed, model.words), Purpose.EFFECTS))
        if (of := model.centering.marginal)
        else _deviations(model, draws, b, scaled)
    )
    return Unrolled(
        b=uncentred(model.design, swept(model.centering.sweeps, fix, r, -1)),
        sd=sd,
        cor=tuple(L @ np.swapaxes(L, -1, -2) for L in factors),
        r=r if of else by_term(model.design, model.joined.blocks, r),
        auxiliary=auxiliary,
        steps=numbers @ model.family.sums.T if shared else None,
    )


def _numbers(model: Model, draws: Mapping[str, Floats], leading: tuple[int, ...]) -> Floats:
    """The numbers that thresholds are sums of, (chains, draws, G)."""
    of = model.family.shared
    return np.asarray(draws.get(of.number if of else "", np.zeros((*leading, 0))), dtype=float)


def coefficients(model: Model, draws: Mapping[str, Floats]) -> Floats:
    """The fixed coefficients at centred columns, with what is swept into them, (chains, draws, F)."""
    of = sampled_in(model.centering, model.design)
    leading = np.shape(next(iter(draws.values())))[:2]  # engines leave out a variable without elements
    z = np.asarray(draws.get("z_fix", np.zeros((*leading, 0))), dtype=float)
    return np.asarray(of.hat + z @ of.factor.T)


def deviations(model: Model, draws: Mapping[str, Floats]) -> Floats:
    """The standard deviations of all group coefficients, (chains, draws, S)."""
    of = sampled_in(model.centering, model.design)
    return np.asarray(np.exp(of.log_sds(np.asarray(draws["z_sd"], dtype=float))))


def _factors(model: Model, draws: Mapping[str, Floats], leading: tuple[int, ...]) -> Iterator[Floats]:
    """The Cholesky factor of each term's correlation, (chains, draws, K, K)."""
    for k, term in enumerate(model.design.terms, 1):
        one = len(term.coefs) == 1
        yield np.ones((*leading, 1, 1)) if one else np.asarray(draws[f"L_{k}"], dtype=float)


def _drawn(
    of: Marginal, b: Floats, scaled: Sequence[Floats], sigma: Floats, rng: np.random.Generator
) -> tuple[Floats, ...]:
    """Effects that were integrated out, (chains, draws, J, K) a term; `scaled` are diag(sd) L."""
    draws = b.shape[0] * b.shape[1]
    flat = [T.reshape(draws, *T.shape[2:]) for T in scaled]
    r = draw_effects(of, b.reshape(draws, b.shape[-1]), flat, sigma.reshape(draws), rng)
    ends = np.cumsum([T.shape[-1] for T in flat])
    return tuple(np.split(r.reshape(*b.shape[:2], *r.shape[1:]), ends[:-1], axis=-1))


def _deviations(model: Model, draws: Mapping[str, Floats], b: Floats, scaled: Sequence[Floats]) -> tuple[Floats, ...]:
    """Effects about their means, (chains, draws, J, K) a term; coarser terms first, for others lie around them."""
    nested, of = model.centering.nested, sampled_in(model.centering, model.design)
    b, inverses, rotated = b - origin(model), of.inverses, model.centering.rotated
    scaled, blocks = by_block(model.joined.blocks, scaled), model.joined.blocks
    r: dict[int, Floats] = {}
    whole: dict[int, Floats] = {}  # a - M_0 of the terms that others lie around
    for k in parents_first(nested):
        w, T = model.centering.weights[k], inverses[k]
        M, C = means(model, k, b, whole), lower_factor(T @ scaled[k])
        t = np.asarray(draws[f"t_{block_name(blocks[k])}"], dtype=float).reshape(*b.shape[:2], *w.shape)
        z = standard_scores(t, M @ T.T, w, model.centering.units[k], C)
        z = rotated[k].Q @ z if k in rotated else z
        r[k] = z @ np.swapaxes(of.bases[k] @ C, -1, -2)
        if any(nesting and nesting.coarser == k for nesting in nested):
            whole[k] = M + r[k]
    return tuple(r[k] for k in range(len(nested)))


def origin(model: Model) -> Floats:
    """The coefficients of X's own columns about which the means of effects are taken, (F,)."""
    return uncentred(model.design, sampled_in(model.centering, model.design).hat)


def means(model: Model, k: int, b: Floats, whole: Mapping[int, Floats]) -> Floats:
    """M: what fixed columns and the effects of the coarser term give to the user's coefficients, (..., J, K)."""
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


def standard_scores(t: Floats, M: Floats, w: Floats, c: Floats, C: Floats) -> Floats:
    """Standard normal z from t, effect by effect, as `scores` in stan/fragments/several.stan does.

    Parameters
    ----------
    t, M
        (..., J, K)
    w
        (J, K)
    c
        (K,)
    C
        (..., K, K)

    Returns
    -------
    Floats
        (..., J, K)

    Examples
    --------
    >>> one = np.array([1.0])
    >>> standard_scores(np.array([[3.0]]), np.array([[1.0]]), np.array([[1.0]]), one, np.array([[2.0]]))
    array([[1.]])
    """
    z = np.empty_like(t)
    for p in range(t.shape[-1]):
        m = M[..., p] + np.squeeze(z[..., :p] @ C[..., p, :p, None], axis=-1)
        r, pull = _scale_and_pull(w[:, p], c[p], C[..., p, p, None])
        z[..., p] = t[..., p] / r - pull * m
    return z


def sampled(u: Floats, M: Floats, w: Floats, c: Floats, C: Floats) -> Floats:
    """The effects as the program samples them, (J, K), from deviations u: the inverse of `scores`.

    Parameters
    ----------
    u, M, w
        (J, K)
    c
        (K,)
    C
        (K, K)

    Returns
    -------
    Floats
        (J, K)

    Examples
    --------
    >>> one = np.array([1.0])
    >>> sampled(np.array([[2.0]]), np.array([[1.0]]), np.array([[1.0]]), one, np.array([[2.0]]))
    array([[3.]])
    """
    z = np.linalg.solve(C, u.T).T
    m = M + z @ np.tril(C, -1).T
    r, pull = _scale_and_pull(w, c, np.diag(C))
    t: Floats = r * (z + pull * m)
    return t


def _scale_and_pull(w: Floats, c: Floats, v: Floats) -> tuple[Floats, Floats]:
    """r and pull of t = r (z + pull m), for sds v."""
    h, uu = w / (2 - w), (v / c) ** 2
    return np.sqrt(1 - h + h * uu), w * v / c**2 / (1 - w + w * uu)
