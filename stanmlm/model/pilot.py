"""A quick look at the posterior: penalised quasi-likelihood, to learn what the data say of each effect."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from stanmlm.base.arrays import Bools, Floats, Ints
from stanmlm.data.design import Design
from stanmlm.families import Family
from stanmlm.model.approximations import Working, weighted
from stanmlm.model.compress import Cells
from stanmlm.model.crossed import by_predictor, joint_system, solved
from stanmlm.model.equations import Equations, coarser, solve
from stanmlm.model.nesting import Nesting, nestings
from stanmlm.model.problem import Problem, problem
from stanmlm.model.steps import SMALLEST, State, added, beyond, numbers_of, prior_of_step, short_enough, uncertain
from stanmlm.priors.priors import Priors

STEPS = 40
TOLERANCE = 0.02  # largest relative change of an sd, a weight moves by less than that; of a coefficient, in its sd
SMALL = 0.3  # sd of the logarithm of a multiplier, to begin with: where nothing differs nothing tells it


@dataclass(frozen=True)
class Pilot:
    """Where the posterior is, roughly; fixed coefficients are those of centred columns."""

    beta: Floats  # (F,) of all predictors; an intercept is the one at centred columns of its predictor
    uncertainty: Floats  # (F, F) posterior covariance of beta, over all effects
    effects: tuple[Floats, ...]  # a group term each: (J, K) deviations
    covariance: tuple[Floats, ...]  # a group term each: (K, K) of the coefficients
    variance: tuple[Floats, ...]  # a group term each: (J, K, K) of the posterior, given everything else
    # a group term each: (J, K, K) of the data on each level, finer terms integrated out
    information: tuple[Floats, ...]
    working: Working  # the least squares problem of the last step, in the predictors that have a formula
    scalars: Mapping[str, float] = field(default_factory=dict)  # natural values of the parameters without one
    scalar_variance: Mapping[str, float] = field(default_factory=dict)  # on their links' scales, where it is known


def pilot(design: Design, cells: Cells, family: Family, priors: Priors, correlated: tuple[Bools, ...] = ()) -> Pilot:
    """Find the neighbourhood of the posterior mode without a sampler.

    Iteratively reweighted least squares in the fixed coefficients of all predictors and the effects of one term at a
    time, each followed by an EM step of that term's covariance (Laird and Ware 1982; Breslow and Clayton 1993,
    section 2), in units of the problem's own (`problem.problem`); at last all terms together, where there are several.

    Parameters
    ----------
    design : Design
    cells : Cells
    family : Family
    priors : Priors
        Those of the coefficients keep separated data finite.
    correlated : tuple of arrays
        (K, K) a group term: which coefficients may correlate in the population; all where there are none.

    Returns
    -------
    Pilot

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> model = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1).model
    >>> at = model.design, model.cells, model.family, model.priors
    >>> [Sigma.shape for Sigma in pilot(*at).covariance]
    [(1, 1)]
    """
    of, nested = problem(design, cells, family, priors, correlated), nestings(design, cells)
    at = _start(of)
    for _ in range(STEPS):
        before, at = at, _stepped(at, of, nested)
        held = beyond(at, of)
        if np.any(np.isfinite(held)):
            at = replace(_stepped(replace(before, held=held), of, nested), uncertainty=at.uncertainty)
        at = _look(short_enough(at, before, of), of)
        if _settled(at, before):
            break
    at = _together(at, of) if len(of.parts) > 1 else at
    return _in_users_units(replace(at, uncertainty=_as_seen(at, of, nested)), of)


def _stepped(at: State, of: Problem, nested: tuple[Nesting | None, ...]) -> State:
    """Where a step leads if what `at` has seen holds all the way."""
    if not of.parts:
        return _fixed_step(at, of)
    for k in range(len(of.parts)):
        at = _term_step(at, k, _equations(at, k, of, nested), of.correlated[k])
    return at


def _start(of: Problem) -> State:
    """No effects; their sds by moments of the response about its mean, a little large: steps come from above."""
    eta, F = of.likelihood.start, of.X.shape[1]
    working = of.likelihood.working(eta, np.zeros(eta.shape[1]), 1.0)
    sds = [_by_moments(part, index, J, working) for part, index, J in zip(of.parts, of.index, of.levels, strict=True)]
    multipliers = {of.dpars.index(one.name) for one in of.family.optional if one.name in of.dpars}
    most = [SMALL if set(part) <= multipliers else of.likelihood.widest for part in of.parts]
    sds = [np.minimum(sd, one) for sd, one in zip(sds, most, strict=True)]
    return State(
        beta=_first_coefficients(of),
        uncertainty=np.eye(F),
        effects=tuple(np.zeros((J, len(sd))) for J, sd in zip(of.levels, sds, strict=True)),
        covariance=tuple(np.diag(sd**2) for sd in sds),
        variance=tuple(np.tile(np.diag(sd**2), (J, 1, 1)) for J, sd in zip(of.levels, sds, strict=True)),
        information=(),
        dispersion=1.0,
        share=1.0,
        held=np.full(F, np.nan),
        eta=eta,
        working=working,
        gram=_gram(of, working),
    )


def _first_coefficients(of: Problem) -> Floats:
    """Zeros, and the numbers without a formula where they start."""
    beta = np.zeros(of.X.shape[1])
    for p in numbers_of(of):
        beta[of.places[p]] = of.likelihood.start[p, :1]
    return beta


def _by_moments(part: Mapping[int, Floats], index: Ints, J: int, working: Working) -> Floats:
    """Roots of sum_j s_j^2 / sum_j i_j^2, (K,): scores and information of each level, a coefficient at a time."""
    K = next(iter(part.values())).shape[1]
    scores, information = np.zeros((J, K)), np.zeros((J, K))
    for p, Z in part.items():
        weight = working.weight[p, p]
        response = working.right[p] / np.where(weight > 0, weight, 1.0)
        e = response - (weight / max(float(weight.sum()), SMALLEST)) @ response
        scores += _by_level(Z * weight[:, None], e[:, None], index, J)[..., 0]
        information += np.stack([np.bincount(index, weight * z**2, J) for z in Z.T], axis=1)
    total = np.sum(information**2, axis=0)
    moments = np.sum(scores**2, axis=0) / np.where(total > 0, total, 1.0)
    return np.sqrt(np.where(moments > SMALLEST, moments, 1.0))


def _look(at: State, of: Problem) -> State:
    """See the likelihood from where linear predictors are now."""
    working = of.likelihood.working(at.eta, uncertain(at, of), at.dispersion)
    return replace(at, working=working, gram=_gram(of, working))


def _term_step(at: State, k: int, equations: Equations, correlated: Bools) -> State:
    """Solve for beta and the effects of term k together, then update that term's covariance."""
    found = solve(equations, at.covariance[k])
    moments: Floats = (found.effects.T @ found.effects + found.variance.sum(axis=0)) / len(found.effects)
    covariance = np.where(correlated, moments, 0.0)
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
    at: State, k: int, of: Problem, nested: tuple[Nesting | None, ...], free: frozenset[int] = frozenset()
) -> Equations:
    """The equations of term k: effects within its own are integrated out, those of other terms held but the free."""
    free = free | {k}
    for finer, nesting in enumerate(nested):
        if nesting and nesting.coarser == k:
            within = _equations(at, finer, of, nested, free)
            return coarser(within, at.covariance[finer], nesting, of.levels[k])
    part, index, J, W = of.parts[k], of.index[k], of.levels[k], at.working.weight
    held = [j for j in range(len(of.parts)) if j not in free]
    right = at.working.right - weighted(W, added(at, of, held)) if held else at.working.right
    K = at.covariance[k].shape[0]
    information, scores, cross = np.zeros((J, K, K)), np.zeros((J, K)), np.zeros((J, K, of.X.shape[1]))
    for p, Z in part.items():
        scores += _by_level(Z, right[p][:, None], index, J)[..., 0]
        for q, place in enumerate(of.places):
            WZ = Z * W[p, q][:, None]
            cross[..., place] += _by_level(WZ, of.X[:, place], index, J)
            if q in part:
                information += _by_level(WZ, part[q], index, J)
    fixed, fixed_right = _fixed(at, of, right)
    return Equations(information, cross, scores, fixed, fixed_right)


def _fixed(at: State, of: Problem, right: Floats) -> tuple[Floats, Floats]:
    """Information and right side of the fixed coefficients, their priors' with it."""
    precision, pull = prior_of_step(at, of)
    for place, row in zip(of.places, right, strict=True):
        pull[place] += of.X[:, place].T @ row
    return at.gram + np.diag(precision), pull


def _gram(of: Problem, working: Working) -> Floats:
    """What data say of the fixed coefficients, (F, F)."""
    gram = np.zeros((of.X.shape[1],) * 2)
    for p, place in enumerate(of.places):
        for q, other in enumerate(of.places[: p + 1]):
            gram[place, other] = (of.X[:, place] * working.weight[p, q][:, None]).T @ of.X[:, other]
            gram[other, place] = gram[place, other].T
    return gram


def _fixed_step(at: State, of: Problem) -> State:
    information, right = _fixed(at, of, at.working.right)
    uncertainty = np.linalg.inv(information).astype(float)
    return replace(at, beta=uncertainty @ right, uncertainty=uncertainty)


def _together(at: State, of: Problem) -> State:
    """Coefficients and the effects of all terms at once, as the last covariances and weights have them."""
    system = joint_system(of.parts, of.index, of.levels, at.working.weight)
    F = of.X.shape[1]
    cross = system.scores(by_predictor(of.X, of.places))
    found = solved(system, at.covariance, np.column_stack([cross, system.pulls(at.working.right)]))
    fixed, right = _fixed(at, of, at.working.right)
    U = np.linalg.inv(fixed - cross.T @ found[:, :F]).astype(float)
    beta = U @ (right - cross.T @ found[:, F])
    return replace(at, beta=beta, uncertainty=U, effects=system.by_term(found[:, F] - found[:, :F] @ beta))


def _as_seen(at: State, of: Problem, nested: tuple[Nesting | None, ...]) -> Floats:
    """The covariance of the coefficients with rows' information as it is, where that is positive in their sum.

    Steps climb by rows lifted to positive. A mixture's single rows are not: what a zero tells of its two sources is
    their trade alone, and lifted it would tell of each.
    """
    if of.likelihood.observed is None:
        return at.uncertainty
    working = replace(at.working, weight=of.likelihood.observed(at.eta))
    seen = replace(at, working=working, gram=_gram(of, working))
    try:
        if len(of.parts) > 1:
            found = _together(seen, of).uncertainty
        elif of.parts:
            solution = solve(_equations(seen, 0, of, nested), at.covariance[0])
            np.linalg.cholesky(solution.variance)
            found = solution.uncertainty
        else:
            found = _fixed_step(seen, of).uncertainty
        np.linalg.cholesky(found)
    except np.linalg.LinAlgError:  # a saddle, or nearly: not where a posterior is
        return at.uncertainty
    return found


def _in_users_units(at: State, of: Problem) -> Pilot:
    """The same numbers in the units of the response and of the columns as they are."""
    units, F = of.units, len(of.prior.location)
    beta = at.beta[:F] * units.X
    for p in of.formulas:
        if units.shifted[p] and of.places[p].stop > of.places[p].start:
            beta[of.places[p].start] += units.predictors.center[p]
    Z = units.Z
    scalars, variance = _scalars(at, of)
    return Pilot(
        beta=beta,
        uncertainty=at.uncertainty[:F, :F] * np.outer(units.X, units.X),
        effects=tuple(effects * z for effects, z in zip(at.effects, Z, strict=True)),
        covariance=tuple(S * np.outer(z, z) for S, z in zip(at.covariance, Z, strict=True)),
        variance=tuple(V * np.outer(z, z) for V, z in zip(at.variance, Z, strict=True)),
        information=tuple(data / np.outer(z, z) for data, z in zip(at.information, Z, strict=True)),
        working=_users_working(at, of),
        scalars=scalars,
        scalar_variance=variance,
    )


def _users_working(at: State, of: Problem) -> Working:
    """The least squares problem of the predictors with a formula, the numbers without one held."""
    formulas = [*of.formulas]
    held = numbers_of(of)
    W, unit, shift = at.working.weight, of.units.predictors.unit, of.units.shifted * of.units.predictors.center
    right = at.working.right - weighted(W[:, held], (at.eta - of.offset)[held])
    own = W[np.ix_(formulas, formulas)] / np.multiply.outer(unit[formulas], unit[formulas])[..., None]
    shifted = np.einsum("pqc,q->pc", own, shift[formulas])
    return Working(right[formulas] / unit[formulas, None] + shifted, own)


def _scalars(at: State, of: Problem) -> tuple[dict[str, float], dict[str, float]]:
    """Natural values of the numbers without a formula, and variances on their links' scales."""
    scale = of.units.predictors
    if of.likelihood.has_dispersion:
        return {one.name: float(at.dispersion**0.5 * scale.unit[0]) for one in of.family.scalars}, {}
    links, values, variance = of.family.numbers, dict[str, float](), dict[str, float]()
    for k, (name, p) in enumerate(of.alone, len(of.prior.location)):
        eta = scale.center[p] + scale.unit[p] * at.beta[k]
        values[name] = float(links[of.dpars[p]].inverse(np.asarray(eta)))
        variance[name] = float(at.uncertainty[k, k] * scale.unit[p] ** 2)
    return values, variance


def _with(arrays: tuple[Floats, ...], k: int, array: Floats) -> tuple[Floats, ...]:
    return (*arrays[:k], array, *arrays[k + 1 :])


def _by_level(left: Floats, right: Floats, index: Ints, J: int) -> Floats:
    """Sums over the cells of each level of left_p right_q, (J, P, Q)."""
    P, Q = left.shape[1], right.shape[1]
    sums = [np.bincount(index, weights=left[:, p] * right[:, q], minlength=J) for p in range(P) for q in range(Q)]
    return np.array(sums, dtype=float).reshape(P * Q, J).T.reshape(J, P, Q)


def _settled(at: State, before: State) -> bool:
    """Whether sds have stopped moving, and coefficients in theirs."""
    errors = np.sqrt(np.diag(at.uncertainty))
    still = np.all(np.abs(at.beta - before.beta) < TOLERANCE * errors)
    return bool(at.share == 1 and still and np.all(np.abs(_sds(at) - _sds(before)) < TOLERANCE * _sds(before)))


def _sds(at: State) -> Floats:
    return np.asarray(np.sqrt(np.concatenate([[at.dispersion], *(np.diag(S) for S in at.covariance)])))
