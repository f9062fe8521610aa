"""Rotate and sweep: a basis of one term's effects in which they are as good as independent, of coefficients too."""

from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.data.design import Design
from stanmlm.families.families import Family
from stanmlm.model.compress import Cells
from stanmlm.model.crossed import joint_system, solved, sparse_columns
from stanmlm.model.nesting import Nesting
from stanmlm.model.pilot import Pilot
from stanmlm.model.working import Problem, centred, prior_precision, problem
from stanmlm.priors.priors import Priors

# A rotation costs J^2 a gradient: with more levels than this it is not worth its price.
MOST_LEVELS = 100
# Information on what effects share with coefficients, over their precision in the population, from which sweeping pays.
WORTH = 1.0
# Precisions that are the same are told apart by up to this share of them: rounding does not choose the basis.
TIES = 1e-3


@dataclass(frozen=True)
class Sweep:
    """Effects a = tau Q z of one term; sampled are z, and the fixed coefficients plus S a."""

    term: int  # its position
    Q: Floats  # (J, J) orthonormal
    S: Floats  # (F, J), the coefficients those at centred columns
    weights: Floats  # (J,) the share of information on each z


def sweeps(
    design: Design, cells: Cells, family: Family, priors: Priors, nested: tuple[Nesting | None, ...], at: Pilot
) -> tuple[Sweep, ...]:
    """Find the terms that are better rotated, and their sweeps.

    With D the information on the effects, W that on the coefficients, their priors' with it, and C that on both,
    S = W^-1 C makes the coefficients plus S a independent of a, and leaves G = D - C' S on the effects, diagonal in the
    basis of its eigenvectors: all of this as a pilot has it, the other terms' effects held. Any Q and S are exact.

    Parameters
    ----------
    design : Design
    cells : Cells
    family : Family
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
    >>> def rotated_terms(design, cells, family, priors, nested, at):
    ...     return [sweep.term for sweep in sweeps(design, cells, family, priors, nested, at)]
    """
    small = candidates(design, nested)
    if len(design.terms) == 1 or not small:
        return ()
    of = problem(design, cells, family, priors)
    found = [_sweep(of, at, k) for k in small]
    return tuple(sweep for sweep, confounded in found if confounded > WORTH)


def candidates(design: Design, nested: tuple[Nesting | None, ...]) -> list[int]:
    """Terms of one coefficient and few levels that neither lie within another nor have one within them."""
    chained = {k for k, nesting in enumerate(nested) if nesting} | {n.coarser for n in nested if n}
    few = [k for k, t in enumerate(design.terms) if len(t.coefs) == 1 and len(t.levels) <= MOST_LEVELS]
    return [k for k in few if k not in chained]


def _sweep(of: Problem, at: Pilot, k: int) -> tuple[Sweep, float]:
    """In the user's units; and the largest share of information on what effects and coefficients share."""
    size, unit = of.units.response, float(of.units.Z[k][0])
    weight = at.working.weight * size**2
    Z = sparse_columns(of.Z[k], of.index[k], of.levels[k])
    wX = of.X * weight[:, None]
    beta = (at.beta - of.units.center * (np.arange(len(at.beta)) == 0)) * of.units.X / size
    W = wX.T @ of.X + np.diag(prior_precision(of.prior, beta))
    D, C = np.asarray((Z.T.power(2)) @ weight).ravel(), np.asarray((Z.T @ wX).T)
    S = np.linalg.solve(W, C)
    variance = float(at.covariance[k][0, 0]) * (unit / size) ** 2
    left = variance * (np.diag(D) - C.T @ S)
    Q = basis(left)
    information = np.maximum(np.einsum("ij,ik,kj->j", Q, left, Q, optimize=True), 0.0)
    confounded = variance * float(np.max(np.linalg.eigvalsh(C.T @ S), initial=0.0))
    return Sweep(k, Q, S * unit / of.units.X[:, None], information / (1 + information)), confounded


def basis(information: Floats) -> Floats:
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
    >>> basis(np.diag([2.0, 2.0])).round(3).tolist()
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


def swept_pilot(of: tuple[Sweep, ...], design: Design, cells: Cells, at: Pilot) -> Pilot:
    """The pilot with the coefficients that are sampled in the place of the user's.

    Effects given coefficients have mean u_0 - H^-1 C fix and covariance H^-1, H being their precision and C what the
    data say of both; so swept coefficients have covariance (I - S H^-1 C) U (I - S H^-1 C)' + S H^-1 S'.

    Parameters
    ----------
    of : tuple of Sweep
    design : Design
    cells : Cells
    at : Pilot

    Returns
    -------
    Pilot

    Examples
    --------
    >>> def sds(of, design, cells, at):
    ...     return np.sqrt(np.diag(swept_pilot(of, design, cells, at).uncertainty))
    """
    if not of:
        return at
    levels = tuple(len(term.levels) for term in design.terms)
    system = joint_system(cells.Z, cells.index, levels, at.working.weight)
    F = len(at.beta)
    S = np.concatenate([_whole(of, k, J * K, F) for k, (J, K) in enumerate(system.shapes)], axis=1)
    found = solved(system, at.covariance, np.column_stack([system.scores(centred(design, cells)), S.T]))
    left = np.eye(F) - S @ found[:, :F]
    covariance = left @ at.uncertainty @ left.T + S @ found[:, F:]
    return replace(at, beta=swept(of, at.beta, at.effects), uncertainty=(covariance + covariance.T) / 2)


def _whole(of: tuple[Sweep, ...], k: int, q: int, F: int) -> Floats:
    """S of term k, or zeros where it is not rotated, (F, q)."""
    return next((sweep.S for sweep in of if sweep.term == k), np.zeros((F, q)))
