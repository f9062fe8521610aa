"""The steps of a pilot: where they begin and end, and how long they may be."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.model.approximations import Working, within_reach
from stanmlm.model.problem import Problem, prior_at

HALVINGS = 6  # of one step
# What a step may lower the log posterior by: the last steps move it by less than their covariances do.
FALL = 0.1
HOLD = 1e8  # times what data say of a coefficient: nothing moves it
SMALLEST = 1e-20  # of a variance, in the problem's own units: data that leave nothing over


@dataclass(frozen=True)
class State:
    """As `Pilot`, in a problem's own units; numbers without a formula are the last coefficients."""

    beta: Floats
    uncertainty: Floats
    effects: tuple[Floats, ...]
    covariance: tuple[Floats, ...]
    variance: tuple[Floats, ...]
    information: tuple[Floats, ...]
    dispersion: float
    share: float  # of the step that led here: 1 for all of it
    held: Floats  # (F,) where the next step is to leave a coefficient; NaN for one that is free
    eta: Floats  # (P, C) where the likelihood was last looked at
    working: Working
    gram: Floats  # (F, F) what `working` says of the fixed coefficients alone


def prior_of_step(at: State, of: Problem) -> tuple[Floats, Floats]:
    """`prior_at` where the state is, with what holds a number at an end of its range."""
    precision, pull = prior_at(of, at.beta, np.diag(at.gram))
    held = np.isfinite(at.held)
    precision = np.where(held, HOLD * (1 + np.diag(at.gram)), precision)
    return precision, np.where(held, precision * np.where(held, at.held, 0.0), pull)


def beyond(at: State, of: Problem) -> Floats:
    """The ends of the ranges that numbers without a formula are beyond, (F,); NaN for all else."""
    ends = np.full(len(at.beta), np.nan)
    for p in numbers_of(of):
        place, within = of.places[p], np.clip(at.beta[of.places[p]], *of.likelihood.limits[:, p])
        ends[place] = np.where(within == at.beta[place], np.nan, within)
    return ends


def short_enough(at: State, before: State, of: Problem) -> State:
    """As much of the step from `before` as does not lower the log posterior, given the sds that it was taken with.

    A number without a formula goes no farther than it may, and everything with it.
    """
    eta, likelihood = predictors_at(at, of), of.likelihood
    dispersion = max(likelihood.dispersion(eta[0], uncertain(at, of)), SMALLEST)
    numbers = numbers_of(of)
    moves = np.max(np.abs(eta - before.eta)[numbers], axis=1) / likelihood.farthest[numbers]
    longest = 1 / max(1.0, *moves) if len(moves) else 1.0
    at = _part(
        longest, before, replace(at, dispersion=dispersion, eta=eta, share=1.0, held=np.full(len(at.beta), np.nan))
    )
    at = replace(at, eta=within_reach(at.eta, before.eta, likelihood))
    height = _height(before, of)
    if height is None:
        return at
    here = height(before)
    least = here - FALL if np.isfinite(here) else -np.inf
    for share in 0.5 ** np.arange(HALVINGS + 1):
        part = _part(share, before, at)
        if height(part) > least:
            break
    return part


def numbers_of(of: Problem) -> list[int]:
    """The predictors without a formula, by place."""
    return [p for p in range(len(of.places)) if p not in of.formulas]


def _height(before: State, of: Problem) -> Callable[[State], float] | None:
    """The log posterior of coefficients and effects as a step sees it: up to a constant, with sds as they were."""
    density = of.likelihood.density
    if density is None:
        return None
    spread = uncertain(before, of)
    precision, pull = prior_at(of, before.beta, np.diag(before.gram))
    axes = [np.linalg.eigh(S) for S in before.covariance]

    def height(at: State) -> float:
        own = (pull - precision * at.beta / 2) @ at.beta
        away = (np.sum((u @ V) ** 2 / np.maximum(s, SMALLEST)) for (s, V), u in zip(axes, at.effects, strict=True))
        return float(density(at.eta, spread) + own - sum(away) / 2)

    return height


def _part(share: float, before: State, at: State) -> State:
    """The state a share of the way."""
    if share == 1:
        return at

    def between(old: Floats, new: Floats) -> Floats:
        return old + share * (new - old)

    return replace(
        at,
        beta=between(before.beta, at.beta),
        share=share * at.share,
        effects=tuple(map(between, before.effects, at.effects)),
        covariance=tuple(map(between, before.covariance, at.covariance)),
        eta=between(before.eta, at.eta),
    )


def uncertain(at: State, of: Problem) -> Floats:
    """The variance that effects leave the location's linear predictor, (C,), where it counts."""
    total = np.zeros(len(of.X))
    if not of.likelihood.by_variance:
        return total
    for k in (k for k, part in enumerate(of.parts) if 0 in part):
        Z, V, index = of.parts[k][0], at.variance[k], of.index[k]
        for p, q in product(range(Z.shape[1]), repeat=2):
            total += Z[:, p] * Z[:, q] * V[index, p, q]
    return total


def predictors_at(at: State, of: Problem) -> Floats:
    """Linear predictors, (P, C)."""
    eta = added(at, of, range(len(of.parts)))
    for p, place in enumerate(of.places):
        eta[p] += of.X[:, place] @ at.beta[place]
    eta += of.offset
    return eta


def added(at: State, of: Problem, terms: Iterable[int]) -> Floats:
    """What some terms add to eta, (P, C)."""
    total = np.zeros((len(of.places), len(of.X)))
    for k in terms:
        for p, Z in of.parts[k].items():
            for z, u in zip(Z.T, at.effects[k].T, strict=True):
                total[p] += z * u[of.index[k]]
    return total
