"""Rotate and sweep: a basis of one term's effects in which they are as good as independent, of coefficients too."""

from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.data.coefficients import centers, places_of, predictor_of
from stanmlm.data.design import Design, dpars_of
from stanmlm.model.compress import Cells
from stanmlm.model.coordinates import Coordinates, coefficient_bounds, root_of
from stanmlm.model.crossed import by_predictor, effects_to_rows, joint_system, parts_of, solved
from stanmlm.model.nesting import Nesting
from stanmlm.model.pilot import Pilot
from stanmlm.model.problem import coefficient_priors, prior_precision
from stanmlm.priors.priors import Priors

# A rotation costs J^2 a gradient: with more levels than this it is not worth its price.
MOST_LEVELS = 100
# Information on what effects share with coefficients, over their precision in the population, from which sweeping pays.
WORTH = 1.0
# Precisions that are the same are told apart by up to this share of them: rounding does not choose the basis.
TIES = 1e-3
# A share of the information on each coefficient that is added to it: rounding alone may tell columns apart.
LEAST = 1e-12
# A prior is at most so many times as precise as the data.
TIGHTEST = 1e20


@dataclass(frozen=True)
class Sweep:
    """Effects a = tau Q z of one term; sampled are z, and the fixed coefficients plus S a."""

    term: int  # its position
    Q: Floats  # (J, J) orthonormal
    S: Floats  # (F, J), the coefficients those of all predictors at centred columns
    weights: Floats  # (J,) the share of information on each z


@dataclass(frozen=True)
class _Data:
    """What data and priors say of the coefficients, as a pilot has it."""

    weighted: Floats  # (P, C, F) weights times columns
    W: Floats  # (F, F) information


def sweeps(
    design: Design, cells: Cells, priors: Priors, nested: tuple[Nesting | None, ...], at: Pilot
) -> tuple[Sweep, ...]:
    """Find the terms that are better rotated, and their sweeps.

    With D the information on the effects, W that on the coefficients of all predictors, their priors' with it, and C
    that on both, S = W^-1 C makes the coefficients plus S a independent of a, and leaves G = D - C' S on the effects,
    diagonal in the basis of its eigenvectors: all of this as a pilot has it, the other terms' effects held. Any Q and S
    are exact.

    Parameters
    ----------
    design : Design
    cells : Cells
    priors : Priors
    nested : tuple of Nesting or None
        One a group term; terms within terms stay as they are.
    at : Pilot

    Returns
    -------
    tuple of Sweep
        One a rotated term.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> exams = simulate_exams(seed=1).assign(room=lambda frame: frame.index % 7)
    >>> model = lmer("score ~ hours + (1 | student) + (1 | room)", exams, seed=1).model
    >>> [(sweep.term, sweep.Q.shape) for sweep in model.centering.sweeps]
    [(0, (100, 100))]
    """
    small = candidates(design, nested)
    if not small or np.any(np.isfinite(coefficient_bounds(design, priors))):  # of the user's own, not of swept ones
        return ()
    data = _data(design, cells, priors, at)
    found = [_sweep(design, cells, at, data, k) for k in small]
    return tuple(sweep for sweep, confounded in found if confounded > WORTH)


def candidates(design: Design, nested: tuple[Nesting | None, ...]) -> list[int]:
    """Terms of one coefficient and few levels that neither lie within another nor have one within them.

    Terms of the only grouping factor of a predictor stay: what they share with fixed columns they absorb.
    """
    chained = {k for k, nesting in enumerate(nested) if nesting} | {n.coarser for n in nested if n}
    few = [k for k, t in enumerate(design.terms) if len(t.coefs) == 1 and len(t.levels) <= MOST_LEVELS]
    factors: dict[str, set[str]] = {}
    for term in design.terms:
        for dpar in dpars_of(term):
            factors.setdefault(dpar, set()).add(term.group)
    return [k for k in few if k not in chained and len(factors[dpars_of(design.terms[k])[0]]) > 1]


def _data(design: Design, cells: Cells, priors: Priors, at: Pilot) -> _Data:
    P, C, F = len(at.working.weight), len(cells.X), len(at.beta)
    columns = by_predictor(cells.X - centers(design), [*places_of(design).values()])
    weighted = np.einsum("pqc,qcf->pcf", at.working.weight, columns.reshape(P, C, F))
    W = columns.T @ weighted.reshape(P * C, F)
    known = np.diag(W)
    most = TIGHTEST * np.where(known > 0, known, 1.0)
    return _Data(weighted, W + np.diag(np.minimum(prior_precision(coefficient_priors(design, priors), at.beta), most)))


def _sweep(design: Design, cells: Cells, at: Pilot, data: _Data, k: int) -> tuple[Sweep, float]:
    """A term's sweep; and the largest share of information on what its effects and coefficients share."""
    p = predictor_of(design, design.terms[k])
    Z = effects_to_rows([{0: cells.Z[k]}], [cells.index[k]], [(len(design.terms[k].levels), 1)])
    D, both = np.asarray(Z.T.power(2) @ at.working.weight[p, p]), np.asarray(Z.T @ data.weighted[p]).T
    S = _solve(data.W, both)
    variance, shared = float(at.covariance[k][0, 0]), both.T @ S
    left = variance * (np.diag(D) - shared)
    Q = eigenbasis(left)
    information = np.maximum(np.einsum("ij,ik,kj->j", Q, left, Q, optimize=True), 0.0)
    return Sweep(k, Q, S, information / (1 + information)), variance * float(np.max(np.linalg.eigvalsh(shared)))


def _solve(W: Floats, C: Floats) -> Floats:
    """W^-1 C; in units in which W has ones on its diagonal, so that the user's do not matter."""
    size = np.sqrt(np.diag(W))
    size = np.where(size > 0, size, 1.0)[:, None]
    return np.asarray(np.linalg.solve(W / size / size.T + LEAST * np.eye(len(W)), C / size) / size)


def eigenbasis(information: Floats) -> Floats:
    """An orthonormal basis in which a symmetric matrix is as good as diagonal, and which rounding does not change.

    Parameters
    ----------
    information : array
        (J, J), over the precision in the population.

    Returns
    -------
    array
        (J, J), a vector a column, those with least information first.

    Examples
    --------
    >>> eigenbasis(np.diag([2.0, 2.0])).round(3).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    J = len(information)
    values, vectors = np.linalg.eigh(np.eye(J) + information)
    root = (vectors * np.sqrt(np.maximum(values, 1.0))) @ vectors.T
    _, Q = np.linalg.eigh(root @ np.diag(1 + TIES * np.arange(J) / J) @ root)
    return np.asarray(Q * np.where(np.sqrt(np.arange(J) + 1) @ Q < 0, -1.0, 1.0))


def swept(of: tuple[Sweep, ...], fix: Floats, effects: tuple[Floats, ...], sign: int = 1) -> Floats:
    """Add to coefficients what is swept into them, or take it off again.

    Parameters
    ----------
    of : tuple of Sweep
    fix : array
        (..., F) at centred columns.
    effects : tuple of arrays
        (..., J, K) a group term.
    sign : int
        -1 takes off.

    Returns
    -------
    array
        (..., F)

    Examples
    --------
    >>> one = Sweep(0, np.eye(2), np.array([[0.5, 0.5]]), np.ones(2))
    >>> swept((one,), np.array([1.0]), (np.array([[1.0], [2.0]]),))
    array([2.5])
    """
    return fix + sign * sum((effects[sweep.term][..., 0] @ sweep.S.T for sweep in of), np.zeros(()))


def swept_coordinates(of: tuple[Sweep, ...], design: Design, cells: Cells, at: Pilot, own: Coordinates) -> Coordinates:
    """Coordinates for the coefficients that are sampled in the place of the user's.

    Effects given coefficients have mean u_0 - H^-1 C fix and covariance H^-1, H being their precision and C what the
    data say of both; so swept coefficients have covariance (I - S H^-1 C) U (I - S H^-1 C)' + S H^-1 S'.

    Parameters
    ----------
    of : tuple of Sweep
    design : Design
    cells : Cells
    at : Pilot
    own : Coordinates
        Those for the user's coefficients.

    Returns
    -------
    Coordinates

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> model = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1).model
    >>> at = model.centering
    >>> swept_coordinates(at.sweeps, model.design, model.cells, at.pilot, at.coordinates) is at.coordinates
    True
    """
    if not of:
        return own
    places, F = places_of(design), len(at.beta)
    levels = tuple(len(term.levels) for term in design.terms)
    system = joint_system(parts_of(design, cells.Z, [*places]), cells.index, levels, at.working.weight)
    columns = by_predictor(cells.X - centers(design), [*places.values()])
    S = np.concatenate([_whole(of, k, J * K, F) for k, (J, K) in enumerate(system.shapes)], axis=1)
    found = solved(system, at.covariance, np.column_stack([system.scores(columns), S.T]))
    left = np.eye(F) - S @ found[:, :F]
    covariance = left @ at.uncertainty @ left.T + S @ found[:, F:]
    return replace(own, hat=swept(of, at.beta, at.effects), factor=root_of((covariance + covariance.T) / 2))


def _whole(of: tuple[Sweep, ...], k: int, q: int, F: int) -> Floats:
    """S of term k, or zeros where it is not rotated, (F, q)."""
    return next((sweep.S for sweep in of if sweep.term == k), np.zeros((F, q)))
