"""A quick look at the posterior: penalised quasi-likelihood, to learn what the data say of each effect."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.design import Design
from stanmlm.families import Family
from stanmlm.model.compress import Cells
from stanmlm.model.crossed import joint_system, solved
from stanmlm.model.nesting import Nesting, nestings
from stanmlm.model.profile import Scalars, first_scalars, in_users_units
from stanmlm.model.working import (
    Problem,
    Working,
    bounds,
    first_eta,
    prior_precision,
    problem,
    working_at,
    working_by_slopes,
)
from stanmlm.priors.priors import Priors

STEPS = 40
TOLERANCE = 0.02  # largest relative change of an sd, a weight moves by less than that; of a coefficient, in its sd
SMALLEST = 1e-20  # of a variance, in the problem's own units: data that leave nothing over


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


@dataclass(frozen=True)
class Pilot:
    """Where the posterior is, roughly; fixed coefficients are those of centred columns."""

    beta: Floats  # (F,) the first is the intercept at centred predictors where there is one
    uncertainty: Floats  # (F, F) posterior covariance of beta, over all effects
    effects: tuple[Floats, ...]  # a group term each: (J, K) deviations
    covariance: tuple[Floats, ...]  # a group term each: (K, K) of the coefficients
    variance: tuple[Floats, ...]  # a group term each: (J, K, K) of the posterior, given everything else
    information: tuple[
        Floats, ...
    ]  # a group term each: (J, K, K) of the data on each level, finer terms integrated out
    dispersion: float  # sigma^2; 1 in families without it
    working: Working  # the least squares problem of the last step
    scalars: Scalars = field(default_factory=dict)  # natural values of the family's parameters without a predictor
    scalar_variance: Scalars = field(default_factory=dict)  # on links' scales; where it is known


def pilot(design: Design, cells: Cells, family: Family, priors: Priors) -> Pilot:
    """Find the neighbourhood of the posterior mode without a sampler.

    Iteratively reweighted least squares in the fixed coefficients and the effects of one term at a time, each followed
    by an EM step of that term's covariance (Laird and Ware 1982; Breslow and Clayton 1993, section 2), in units of the
    problem's own (`working.problem`); at last all terms together, where there are several.

    Parameters
    ----------
    design : Design
    cells : Cells
    family : Family
    priors : Priors
        Those of the coefficients keep separated data finite.

    Returns
    -------
    Pilot

    Examples
    --------
    >>> def sds(design, cells, family, priors):
    ...     return [np.sqrt(np.diag(S)) for S in pilot(design, cells, family, priors).covariance]
    """
    of, nested = problem(design, cells, family, priors), nestings(design, cells)
    at, limits = _start(of), bounds(of)
    for _ in range(STEPS):
        before = at
        at = at if of.Z else _fixed_step(at, of)
        for k in range(len(of.Z)):
            at = _term_step(at, k, _equations(at, k, of, nested))
        at = _approximated(replace(at, dispersion=_dispersion(at, of)), np.clip(_eta(at, of), *limits), of)
        if _settled(at, before):
            break
    return _in_users_units(_together(at, of) if len(of.Z) > 1 else at, of)


def _approximated(at: Pilot, eta: Floats, of: Problem) -> Pilot:
    """With the least squares problem at eta: of a generalised linear model by its means, else by slopes."""
    if of.observed is None:
        names = [one.name for one in of.family.scalars]
        return replace(at, working=working_at(eta, at.dispersion, of), scalars=dict.fromkeys(names, at.dispersion**0.5))
    working, scalars, variance = working_by_slopes(eta, at.scalars, of)
    return replace(at, working=working, scalars=scalars, scalar_variance=variance)


def _start(of: Problem) -> Pilot:
    """No effects; their sds by moments of the response about its mean, a little large: steps come from above."""
    F, J = of.X.shape[1], of.levels
    scalars = first_scalars(of.family, of.observed) if of.observed else {one.name: 1.0 for one in of.family.scalars}
    nothing = Pilot(np.zeros(F), np.eye(F), (), (), (), (), 1.0, Working(of.y, of.n), scalars)
    working = _approximated(nothing, first_eta(of), of).working
    weight = working.weight / max(float(working.weight.sum()), SMALLEST)
    e = working.response - weight @ working.response
    sds = [_by_moments(Z, index, J, working.weight, e) for Z, index, J in zip(of.Z, of.index, of.levels, strict=True)]
    return replace(
        nothing,
        effects=tuple(np.zeros((j, len(sd))) for j, sd in zip(J, sds, strict=True)),
        covariance=tuple(np.diag(sd**2) for sd in sds),
        variance=tuple(np.tile(np.diag(sd**2), (j, 1, 1)) for j, sd in zip(J, sds, strict=True)),
        working=working,
    )


def _by_moments(Z: Floats, index: Ints, J: int, weight: Floats, e: Floats) -> Floats:
    """Roots of sum_j s_j^2 / sum_j i_j^2, (K,): scores and information of each level, a coefficient at a time."""
    scores = _by_level(Z * weight[:, None], e[:, None], index, J)[..., 0]
    information = np.stack([np.bincount(index, weights=weight * z**2, minlength=J) for z in Z.T], axis=1)
    total = np.sum(information**2, axis=0)
    moments = np.sum(scores**2, axis=0) / np.where(total > 0, total, 1.0)
    return np.sqrt(np.where(moments > SMALLEST, moments, 1.0))


def _eta(at: Pilot, of: Problem) -> Floats:
    return np.asarray(of.offset + of.X @ at.beta + sum(_parts(at, of)))


def _parts(at: Pilot, of: Problem) -> Iterator[Floats]:
    """What each term adds to eta, (C,)."""
    for Z, index, effects in zip(of.Z, of.index, at.effects, strict=True):
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
        covariance=_with(at.covariance, k, covariance + SMALLEST * np.eye(len(covariance))),
        variance=_with(at.variance, k, found.variance),
        information=_with(at.information, k, equations.information),
    )


def _equations(
    at: Pilot, k: int, of: Problem, nested: tuple[Nesting | None, ...], free: frozenset[int] = frozenset()
) -> Equations:
    """The equations of term k: effects within its own are integrated out, those of other terms held but the free."""
    free = free | {k}
    for finer, nesting in enumerate(nested):
        if nesting and nesting.coarser == k:
            within = _equations(at, finer, of, nested, free)
            return _coarser(within, at.covariance[finer], nesting, of.levels[k])
    Z, index, J = of.Z[k], of.index[k], of.levels[k]
    others = sum((part for j, part in enumerate(_parts(at, of)) if j not in free), np.zeros(len(Z)))
    response, weight = at.working.response - others, at.working.weight
    wZ, wX = Z * weight[:, None], of.X * weight[:, None]
    precision = prior_precision(of.prior, at.beta)
    return Equations(
        information=_by_level(wZ, Z, index, J),
        cross=_by_level(wZ, of.X, index, J),
        right=_by_level(wZ, response[:, None], index, J)[..., 0],
        fixed=wX.T @ of.X + np.diag(precision),
        fixed_right=wX.T @ response + precision * of.prior.location,
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
    return Solution(
        beta=beta,
        uncertainty=uncertainty,
        effects=np.einsum("jkl,jl->jk", V, equations.right - equations.cross @ beta),
        variance=V,
    )


def _fixed_step(at: Pilot, of: Problem) -> Pilot:
    weight, precision = at.working.weight, prior_precision(of.prior, at.beta)
    wX = of.X * weight[:, None]
    uncertainty = np.linalg.inv(wX.T @ of.X + np.diag(precision)).astype(float)
    beta = uncertainty @ (wX.T @ at.working.response + precision * of.prior.location)
    return replace(at, beta=beta, uncertainty=uncertainty)


def _together(at: Pilot, of: Problem) -> Pilot:
    """Coefficients and the effects of all terms at once, as the last covariances and weights have them."""
    system = joint_system(of.Z, of.index, of.levels, at.working.weight)
    wX, precision = of.X * at.working.weight[:, None], prior_precision(of.prior, at.beta)
    columns = np.column_stack([of.X, at.working.response])
    found = solved(system, at.covariance, system.scores(columns))
    F, cross = of.X.shape[1], system.scores(of.X)
    U = np.linalg.inv(wX.T @ of.X + np.diag(precision) - cross.T @ found[:, :F]).astype(float)
    left = wX.T @ at.working.response + precision * of.prior.location - cross.T @ found[:, F]
    beta = U @ left
    return replace(at, beta=beta, uncertainty=U, effects=system.by_term(found[:, F] - found[:, :F] @ beta))


def _in_users_units(at: Pilot, of: Problem) -> Pilot:
    """The same numbers in the units of the response and of the columns as they are."""
    units, size = of.units, of.units.response
    X, Z = size / units.X, [size / unit for unit in units.Z]
    working = at.working
    return Pilot(
        beta=at.beta * X + np.where(np.arange(len(X)) == 0, units.center, 0.0),
        uncertainty=at.uncertainty * np.outer(X, X),
        effects=tuple(effects * z for effects, z in zip(at.effects, Z, strict=True)),
        covariance=tuple(S * np.outer(z, z) for S, z in zip(at.covariance, Z, strict=True)),
        variance=tuple(V * np.outer(z, z) for V, z in zip(at.variance, Z, strict=True)),
        information=tuple(data / np.outer(z, z) for data, z in zip(at.information, Z, strict=True)),
        dispersion=at.dispersion * size**2,
        working=Working(working.response * size + units.center, working.weight / size**2),
        scalars=in_users_units(of.family, at.scalars, size),
        scalar_variance=at.scalar_variance,
    )


def _with(arrays: tuple[Floats, ...], k: int, array: Floats) -> tuple[Floats, ...]:
    return (*arrays[:k], array, *arrays[k + 1 :])


def _by_level(left: Floats, right: Floats, index: Ints, J: int) -> Floats:
    """Sums over the cells of each level of left_p right_q, (J, P, Q)."""
    P, Q = left.shape[1], right.shape[1]
    sums = [np.bincount(index, weights=left[:, p] * right[:, q], minlength=J) for p in range(P) for q in range(Q)]
    return np.array(sums, dtype=float).reshape(P * Q, J).T.reshape(J, P, Q)


def _dispersion(at: Pilot, of: Problem) -> float:
    """EM step of sigma^2 where the family has it."""
    if of.spread is None:
        return 1.0
    rows, squares = of.spread
    uncertain = sum(
        np.sum(of.n * np.einsum("cp,cpq,cq->c", Z, V[index], Z))
        for Z, V, index in zip(of.Z, at.variance, of.index, strict=True)
    )
    return max(float(squares + np.sum(of.n * (of.y - _eta(at, of)) ** 2) + uncertain) / max(rows, 1), SMALLEST)


def _settled(at: Pilot, before: Pilot) -> bool:
    """Whether sds have stopped moving, and coefficients in theirs."""
    errors = np.sqrt(np.diag(at.uncertainty))
    still = np.all(np.abs(at.beta - before.beta) < TOLERANCE * errors)
    return bool(still and np.all(np.abs(_sds(at) - _sds(before)) < TOLERANCE * _sds(before)))


def _sds(at: Pilot) -> Floats:
    variances = np.sqrt(np.concatenate([[at.dispersion], *(np.diag(S) for S in at.covariance)]))
    return np.concatenate([variances, list(at.scalars.values())])
