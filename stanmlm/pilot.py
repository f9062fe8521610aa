"""A quick look at the posterior: penalised quasi-likelihood, to learn what the data say of each effect."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.arrays import Floats, Ints
from stanmlm.compress import Cells
from stanmlm.design import Design
from stanmlm.design_rows import means_over_rows
from stanmlm.families import Family
from stanmlm.nesting import Nesting, nestings
from stanmlm.priors import Priors

STEPS = 40
TOLERANCE = 0.02  # largest relative change of an sd, a weight moves by less than that; of a coefficient, in its sd


@dataclass(frozen=True)
class Equations:
    """Weighted least squares in the fixed coefficients and one term's effects, the other terms' effects held."""

    information: Floats  # (J, K, K) of the data on the effects of each level
    cross: Floats  # (J, K, F)
    right: Floats  # (J, K)
    fixed: Floats  # (F, F) information on the fixed coefficients, their priors' with it
    fixed_right: Floats  # (F,)


@dataclass(frozen=True)
class Solution:
    """What equations say under one covariance of the effects."""

    beta: Floats  # (F,)
    uncertainty: Floats  # (F, F)
    effects: Floats  # (J, K)
    variance: Floats  # (J, K, K) of the effects given beta
    log_marginal: float  # of the covariance, beta and the effects integrated out, up to a constant


@dataclass(frozen=True)
class Pilot:
    """Where the posterior is, roughly; fixed coefficients are those of centred columns."""

    beta: Floats  # (F,) the first is the intercept at centred predictors where there is one
    uncertainty: Floats  # (F, F) posterior covariance of beta
    effects: tuple[Floats, ...]  # a group term each: (J, K) deviations
    covariance: tuple[Floats, ...]  # a group term each: (K, K) of the coefficients
    variance: tuple[Floats, ...]  # a group term each: (J, K, K) of the posterior, given everything else
    equations: tuple[Equations, ...]  # a group term each
    dispersion: float  # sigma^2; 1 in families without it


@dataclass(frozen=True)
class _Working:
    """The weighted least squares problem of one step."""

    response: Floats  # (C,) on the link scale, the offset taken off
    weight: Floats  # (C,)


def pilot(design: Design, cells: Cells, family: Family, priors: Priors) -> Pilot:
    """Find the neighbourhood of the posterior mode without a sampler.

    Iteratively reweighted least squares in the fixed coefficients and the effects of one term at a time, each followed
    by an EM step of that term's covariance (Laird and Ware 1982; Breslow and Clayton 1993, section 2).

    Parameters
    ----------
    design : Design
    cells : Cells
    family : Family
    priors : Priors
        Scales of the coefficients keep separated data finite.

    Returns
    -------
    Pilot

    Examples
    --------
    >>> def sds(design, cells, family, priors):
    ...     return [np.sqrt(np.diag(S)) for S in pilot(design, cells, family, priors).covariance]
    """
    X = _centred(design, cells)
    ridge = _ridge(design, priors)
    at = _start(design, cells, family)
    working = _first_working(cells, family)
    bounds = _bounds(working, cells.offset)
    nested = nestings(design, cells)
    for _ in range(STEPS):
        before = at
        at = at if design.terms else _fixed_step(at, X, working, ridge)
        for k in range(len(design.terms)):
            at = _term_step(at, k, _equations(at, k, X, cells, working, ridge, nested))
        at = replace(at, dispersion=_dispersion(at, X, cells, family))
        working = _working(at, X, cells, family, bounds)
        if _settled(at, before):
            break
    return at


def _centred(design: Design, cells: Cells) -> Floats:
    """X in cells with its columns beside the intercept centred over rows."""
    means = means_over_rows(design)
    return cells.X - np.where(np.arange(len(means)) == 0, 0, means) if design.intercept else cells.X


def _ridge(design: Design, priors: Priors) -> Floats:
    """Prior precision of each coefficient, (F,): that of a normal with the prior's scale."""
    precision = np.full(design.X.shape[1], 1e-10)
    for row in priors.rows:
        if row.class_ in ("b", "Intercept") and row.distribution in ("normal", "student_t", "cauchy"):
            place = row.position + design.intercept if row.class_ == "b" else 0
            precision[place] = max(row.arguments[-1], 1e-8) ** -2
    return precision


def _start(design: Design, cells: Cells, family: Family) -> Pilot:
    """Group sds of half the spread of the response on the link scale."""
    spread = max(float(np.std(_first_working(cells, family).response)), 1e-6)
    sds = [0.5 * spread / np.maximum(np.sqrt(np.mean(Z**2, axis=0)), 1e-12) for Z in cells.Z]
    shapes = [(len(term.levels), len(term.coefs)) for term in design.terms]
    return Pilot(
        beta=np.zeros(design.X.shape[1]),
        uncertainty=np.eye(design.X.shape[1]),
        effects=tuple(np.zeros(shape) for shape in shapes),
        covariance=tuple(np.diag(sd**2) for sd in sds),
        variance=tuple(np.tile(np.diag(sd**2), (J, 1, 1)) for sd, (J, _) in zip(sds, shapes, strict=True)),
        equations=(),
        dispersion=spread**2 if family.spread(cells.stats) else 1.0,
    )


def _first_working(cells: Cells, family: Family) -> _Working:
    """As R's `mustart`: the response drawn a little to its overall mean."""
    y, n = family.means(cells.stats)
    mean = (np.sum(n * y) + 0.5) / (np.sum(n) + 1)
    return _working_at(family.link.forward((n * y + mean) / (n + 1)), 1.0, cells, family)


def _working(at: Pilot, X: Floats, cells: Cells, family: Family, bounds: tuple[float, float]) -> _Working:
    eta = cells.offset + X @ at.beta + sum(_parts(at, cells))
    return _working_at(np.clip(eta, *bounds), at.dispersion, cells, family)


def _working_at(eta: Floats, dispersion: float, cells: Cells, family: Family) -> _Working:
    """The linear approximation of the likelihood at eta (McCullagh and Nelder 1989, section 2.5)."""
    y, n = family.means(cells.stats)
    mu = family.link.inverse(eta)
    slope = np.maximum(family.link.slope(eta), 1e-12)
    weight = n * slope**2 / (np.maximum(family.variance(mu), 1e-12) * dispersion)
    return _Working(eta - cells.offset + (y - mu) / slope, weight)


def _bounds(working: _Working, offset: Floats) -> tuple[float, float]:
    """Where eta may go: far from the data's own range means that a step has overshot."""
    eta = working.response + offset
    room = 10 * (float(np.std(eta)) + 1e-6)
    return float(eta.min()) - room, float(eta.max()) + room


def _parts(at: Pilot, cells: Cells) -> Iterator[Floats]:
    """What each term adds to eta, (C,)."""
    for Z, index, effects in zip(cells.Z, cells.index, at.effects, strict=True):
        yield np.sum(Z * effects[index], axis=1)


def _term_step(at: Pilot, k: int, equations: Equations) -> Pilot:
    """Solve for beta and the effects of term k together, then update that term's covariance."""
    found = solve(equations, at.covariance[k])
    covariance: Floats = (found.effects.T @ found.effects + found.variance.sum(axis=0)) / len(found.effects)
    return replace(
        at,
        beta=found.beta,
        uncertainty=found.uncertainty,
        effects=_with(at.effects, k, found.effects),
        covariance=_with(at.covariance, k, covariance),
        variance=_with(at.variance, k, found.variance),
        equations=(*at.equations[:k], equations, *at.equations[k + 1 :]),
    )


def _equations(
    at: Pilot,
    k: int,
    X: Floats,
    cells: Cells,
    working: _Working,
    ridge: Floats,
    nested: tuple[Nesting | None, ...],
    free: frozenset[int] = frozenset(),
) -> Equations:
    """The equations of term k: effects within its own are integrated out, those of other terms held but the free."""
    free = free | {k}
    for finer, nesting in enumerate(nested):
        if nesting and nesting.coarser == k:
            within = _equations(at, finer, X, cells, working, ridge, nested, free)
            return _coarser(within, at.covariance[finer], nesting, len(at.effects[k]))
    Z, index, J = cells.Z[k], cells.index[k], len(at.effects[k])
    others = sum((part for j, part in enumerate(_parts(at, cells)) if j not in free), np.zeros(len(Z)))
    response, weight = working.response - others, working.weight
    wZ, wX = Z * weight[:, None], X * weight[:, None]
    return Equations(
        information=_by_level(wZ, Z, index, J),
        cross=_by_level(wZ, X, index, J),
        right=_by_level(wZ, response[:, None], index, J)[..., 0],
        fixed=wX.T @ X + np.diag(ridge),
        fixed_right=wX.T @ response,
    )


def _coarser(finer: Equations, covariance: Floats, nesting: Nesting, J: int) -> Equations:
    """The equations of a coarser term with its columns among those of the finer, whose effects are integrated out."""
    V = np.linalg.inv(np.linalg.inv(covariance) + finer.information).astype(float)
    kept = np.eye(len(covariance)) - finer.information @ V
    carried = nesting.carries @ kept  # (J of the finer, K of the coarser, K of the finer)
    shrunk = V @ finer.cross

    def by_parent(values: Floats) -> Floats:
        out = np.zeros((J, *values.shape[1:]))
        np.add.at(out, nesting.parent, values)
        return out

    return Equations(
        information=by_parent(carried @ finer.information @ nesting.carries.T),
        cross=by_parent(carried @ finer.cross),
        right=by_parent(np.einsum("jkl,jl->jk", carried, finer.right)),
        fixed=finer.fixed - np.einsum("jkf,jkg->fg", finer.cross, shrunk),
        fixed_right=finer.fixed_right - np.einsum("jkf,jk->f", shrunk, finer.right),
    )


def solve(equations: Equations, covariance: Floats) -> Solution:
    """Solve the mixed model equations (Henderson 1975) of one term, level by level.

    Parameters
    ----------
    equations : Equations
    covariance : array
        (K, K) of the effects in the population.

    Returns
    -------
    Solution

    Examples
    --------
    >>> one = np.ones((2, 1, 1))
    >>> solve(Equations(one, one, np.array([[1.0], [3.0]]), np.array([[2.0]]), np.array([4.0])), np.eye(1)).beta
    array([2.])
    """
    precision = np.linalg.inv(covariance) + equations.information
    V = np.linalg.inv(precision).astype(float)
    shrunk = V @ equations.cross
    uncertainty = np.linalg.inv(equations.fixed - np.einsum("jkf,jkg->fg", equations.cross, shrunk))
    left = equations.fixed_right - np.einsum("jkf,jk->f", shrunk, equations.right)
    beta = uncertainty @ left
    squares = np.einsum("jk,jkl,jl->", equations.right, V, equations.right) + left @ beta
    sizes = len(V) * np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(precision)[1].sum()
    return Solution(
        beta=beta,
        uncertainty=uncertainty,
        effects=np.einsum("jkl,jl->jk", V, equations.right - equations.cross @ beta),
        variance=V,
        log_marginal=float(squares - sizes + np.linalg.slogdet(uncertainty)[1]) / 2,
    )


def _fixed_step(at: Pilot, X: Floats, working: _Working, ridge: Floats) -> Pilot:
    wX = X * working.weight[:, None]
    uncertainty = np.linalg.inv(wX.T @ X + np.diag(ridge)).astype(float)
    return replace(at, beta=uncertainty @ (wX.T @ working.response), uncertainty=uncertainty)


def _with(arrays: tuple[Floats, ...], k: int, array: Floats) -> tuple[Floats, ...]:
    return (*arrays[:k], array, *arrays[k + 1 :])


def _by_level(left: Floats, right: Floats, index: Ints, J: int) -> Floats:
    """Sums over the cells of each level of left_p right_q, (J, P, Q)."""
    P, Q = left.shape[1], right.shape[1]
    sums = [np.bincount(index, weights=left[:, p] * right[:, q], minlength=J) for p in range(P) for q in range(Q)]
    return np.array(sums, dtype=float).reshape(P * Q, J).T.reshape(J, P, Q)


def _dispersion(at: Pilot, X: Floats, cells: Cells, family: Family) -> float:
    """EM step of sigma^2 where the family has it."""
    spread = family.spread(cells.stats)
    if spread is None:
        return 1.0
    rows, squares = spread
    y, n = family.means(cells.stats)
    eta = cells.offset + X @ at.beta + sum(_parts(at, cells))
    uncertain = sum(
        np.sum(n * np.einsum("cp,cpq,cq->c", Z, V[index], Z))
        for Z, V, index in zip(cells.Z, at.variance, cells.index, strict=True)
    )
    return float(squares + np.sum(n * (y - eta) ** 2) + uncertain) / max(rows, 1)


def _settled(at: Pilot, before: Pilot) -> bool:
    """Whether the sds of groups have stopped moving; without groups, the coefficients."""
    if not at.effects:
        errors = np.sqrt(np.diag(at.uncertainty))
        return bool(np.all(np.abs(at.beta - before.beta) < TOLERANCE * errors))
    return bool(np.all(np.abs(_sds(at) - _sds(before)) < TOLERANCE * _sds(before)))


def _sds(at: Pilot) -> Floats:
    return np.concatenate([np.sqrt(np.diag(S)) for S in at.covariance])
