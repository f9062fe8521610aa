"""The effects of all group terms at once: their precision as one sparse matrix, solved by conjugate gradients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.design import Design, dpars_of

# Residuals fall to this share of what they were, in the norm of the terms' own blocks.
TOLERANCE = 1e-10
# A solution takes some tens of steps; more would mean data that say next to nothing.
STEPS = 500


@dataclass(frozen=True)
class JointSystem:
    """What data say of q effects, term after term, level after level, coefficient after coefficient."""

    rows: Any  # (P C, q) sparse: rows @ effects is what they add to each predictor, one after another
    weight: Any  # (P C, P C) sparse
    information: Any  # (q, q) sparse: rows' W rows
    shapes: tuple[tuple[int, int], ...]  # (J, K) a term

    def scores(self, values: Floats) -> Floats:
        """rows' W values, (q, ...), of (P C, ...)."""
        return np.asarray(self.rows.T @ (self.weight @ values))

    def pulls(self, right: Floats) -> Floats:
        """rows' right, (q,), of (P, C)."""
        return np.asarray(self.rows.T @ right.ravel())

    def by_term(self, effects: Floats) -> tuple[Floats, ...]:
        """(J, K) a term, of (q,)."""
        ends = np.cumsum([J * K for J, K in self.shapes])
        parts = np.split(effects, ends[:-1])
        return tuple(part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True))


def joint_system(
    parts: tuple[Mapping[int, Floats], ...], index: tuple[Ints, ...], levels: tuple[int, ...], weight: Floats
) -> JointSystem:
    """The system of all terms.

    Parameters
    ----------
    parts : tuple of mappings
        A term each: its columns (C, K) by the predictor that they enter.
    index : tuple of arrays
        (C,) a term.
    levels : tuple of int
        J of each term.
    weight : array
        (P, P, C)

    Returns
    -------
    JointSystem

    Examples
    --------
    >>> one = np.ones((3, 1))
    >>> groups = (np.array([0, 0, 1]), np.array([0, 1, 0]))
    >>> of = joint_system(({0: one}, {0: one}), groups, (2, 2), np.ones((1, 1, 3)))
    >>> of.information.toarray().tolist()[0]
    [2.0, 0.0, 1.0, 1.0]
    """
    from scipy import sparse  # not before a model needs it

    shapes = tuple((J, next(iter(part.values())).shape[1]) for J, part in zip(levels, parts, strict=True))
    rows = effects_to_rows(parts, index, shapes, len(weight))
    block = sparse.block_array([[sparse.diags_array(w) for w in row] for row in weight], format="csr")
    information = (rows.T @ (block @ rows)).tocsr()
    return JointSystem(rows, block, information, shapes)


def effects_to_rows(
    parts: Sequence[Mapping[int, Floats]], index: Sequence[Ints], shapes: Sequence[tuple[int, int]], P: int = 1
) -> Any:
    """The sparse matrix (P C, q) that takes effects to each of P predictors: written row by row, as it is kept.

    Parameters
    ----------
    parts, index
        As in `joint_system`.
    shapes : sequence of (J, K)
        A term each.
    P : int

    Examples
    --------
    >>> effects_to_rows([{0: np.array([[1.0], [3.0]])}], [np.array([1, 0])], [(2, 1)]).toarray().tolist()
    [[0.0, 1.0], [3.0, 0.0]]
    """
    from scipy import sparse

    C, starts = len(index[0]), np.cumsum([0, *(J * K for J, K in shapes)])
    columns, values, widths = [], [], []
    for p in range(P):
        own = [k for k, part in enumerate(parts) if p in part]
        at = [starts[k] + index[k][:, None] * shapes[k][1] + np.arange(shapes[k][1]) for k in own]
        columns.append(np.concatenate([np.empty((C, 0), np.int64), *at], axis=1))
        values.append(np.concatenate([np.empty((C, 0)), *(parts[k][p] for k in own)], axis=1).ravel())
        widths.append(columns[-1].shape[1])
    ends = np.concatenate([[0], np.cumsum(np.repeat(widths, C))])
    places = np.concatenate([one.ravel() for one in columns])
    return sparse.csr_array((np.concatenate(values), places, ends), shape=(P * C, int(starts[-1])))


def parts_of(design: Design, Z: Sequence[Floats], dpars: Sequence[str]) -> tuple[Mapping[int, Floats], ...]:
    """The columns (C, K) of each term by the place of the predictor that they enter, zero where they enter another."""
    own = [np.array([dpars.index(dpar) for dpar in dpars_of(term)]) for term in design.terms]
    return tuple({int(p): _columns_of(int(p), at, z) for p in np.unique(at)} for at, z in zip(own, Z, strict=True))


def _columns_of(p: int, own: Ints, Z: Floats) -> Floats:
    return Z if np.all(own == p) else np.asfortranarray(np.where(own == p, Z, 0.0))


def by_predictor(X: Floats, places: Sequence[slice]) -> Floats:
    """The columns (P C, F) of all predictors, zero where they are another's, of X (C, F) and the places of each."""
    whole = np.zeros((len(places) * len(X), X.shape[1]))
    for p, place in enumerate(places):
        whole[p * len(X) : (p + 1) * len(X), place] = X[:, place]
    return whole


def roots(weight: Floats) -> Any:
    """A sparse (P C, P C) matrix that, times its transpose, is W (P, P, C)."""
    from scipy import sparse

    if len(weight) == 1:
        return sparse.diags_array(np.sqrt(np.maximum(weight[0, 0], 0.0)))
    sizes, axes = np.linalg.eigh(np.moveaxis(weight, -1, 0))
    root = np.einsum("cpk,ck->pkc", axes, np.sqrt(np.maximum(sizes, 0.0)))
    return sparse.block_array([[sparse.diags_array(w) for w in row] for row in root], format="csr")


def solved(of: JointSystem, covariance: tuple[Floats, ...], right: Floats) -> Floats:
    """Solve (information + prior precision) x = right by conjugate gradients, the terms' own blocks preconditioning.

    Parameters
    ----------
    of : JointSystem
    covariance : tuple of arrays
        (K, K) a term, of its effects in the population.
    right : array
        (q, columns), each column a system of its own.

    Returns
    -------
    array
        (q, columns)

    Raises
    ------
    LinAlgError
        Where the matrix is found not to be positive definite.

    Notes
    -----
    Saad (2003), algorithm 9.1. Units of effects do not matter: the preconditioner has them.

    Examples
    --------
    >>> one = np.ones((3, 1))
    >>> groups = (np.array([0, 0, 1]), np.array([0, 1, 0]))
    >>> of = joint_system(({0: one}, {0: one}), groups, (2, 2), np.ones((1, 1, 3)))
    >>> x = solved(of, (np.eye(1), np.eye(1)), np.eye(4))
    >>> bool(np.allclose(x, np.linalg.inv(of.information.toarray() + np.eye(4))))
    True
    """
    from scipy import sparse

    precisions = [np.linalg.inv(S).astype(float) for S in covariance]
    prior = sparse.block_diag(
        [sparse.kron(sparse.eye_array(J), P) for P, (J, _) in zip(precisions, of.shapes, strict=True)], format="csr"
    )
    whole, near = of.information + prior, _blocks(of, precisions)
    x, residual = np.zeros_like(right), right.copy()
    step = towards = near @ residual
    size = np.sum(residual * towards, axis=0)
    enough = TOLERANCE**2 * size
    for _ in range(STEPS):
        going = size > enough
        if not np.any(going):
            break
        ahead = whole @ step
        curvature = np.where(going, np.sum(step * ahead, axis=0), 1.0)
        if np.any(curvature <= 0):
            raise np.linalg.LinAlgError("the precision of the effects is not positive definite")
        length = np.where(going, size / curvature, 0.0)
        x = x + length * step
        residual = residual - length * ahead
        towards = near @ residual
        now = np.sum(residual * towards, axis=0)
        step = towards + np.where(going, now / np.where(size > 0, size, 1.0), 0.0) * step
        size = np.where(going, now, size)
    return x


def _blocks(of: JointSystem, precisions: list[Floats]) -> Any:
    """The inverse of each level's own block, (q, q) sparse."""
    from scipy import sparse

    start, parts = 0, []
    for (J, K), P in zip(of.shapes, precisions, strict=True):
        stop = start + J * K
        own = of.information[start:stop, start:stop].tocoo()
        blocks = np.tile(P, (J, 1, 1))
        inside = own.row // K == own.col // K
        np.add.at(blocks, (own.row[inside] // K, own.row[inside] % K, own.col[inside] % K), own.data[inside])
        inverse = np.linalg.inv(blocks).astype(float)
        parts.append(sparse.bsr_array((inverse, np.arange(J), np.arange(J + 1)), shape=(J * K, J * K)))
        start = stop
    return sparse.block_diag(parts, format="csr")
