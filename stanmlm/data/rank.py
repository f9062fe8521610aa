"""Which columns of a design R keeps: LINPACK's dqrdc2, a Householder QR from left to right with limited pivoting."""

import numpy as np

from stanmlm.base.arrays import Floats

TOLERANCE = 1e-7  # of lm, glm and lme4
CLEAR = 1e-3  # a column this far from those before it is kept, whatever the rounding of a Gram matrix
BLOCK_ROWS = 16384


def pivoted_rank(X: Floats, counts: Floats | None = None, tolerance: float = TOLERANCE) -> tuple[int, ...]:
    """The columns that R's `qr(X)` finds independent, ascending.

    A column moves to the end when what is left of its norm, after projection on the columns kept before it, is less
    than `tolerance` times the norm it had.

    Parameters
    ----------
    X : (N, F) array
    counts : (N,) array, optional
        How often each row stands there, where that is not once.
    tolerance : float
        R's own for `lm`, `glm` and lme4.

    Returns
    -------
    tuple of int
        Positions of the columns that stay; the others are aliased, in R's order.

    Notes
    -----
    LINPACK's `dqrdc2` as R modified it (`src/appl/dqrdc2.f`). The rule needs inner products of columns only, so it is
    applied to the triangular factor of X, which LAPACK finds block by block.

    Examples
    --------
    >>> import numpy as np
    >>> pivoted_rank(np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 1.0], [1.0, 2.0, 5.0]]))
    (0, 2)
    """
    if counts is not None:
        X = X * np.sqrt(counts)[:, None]
    if _clearly_full(X):
        return tuple(range(X.shape[1]))
    return _dqrdc2(triangle(X), tolerance)


def _clearly_full(X: Floats) -> bool:
    """Whether a Cholesky factorisation of the scaled cross-products already shows full rank beyond doubt."""
    N, F = len(X), int(X.shape[1])
    if F == 0 or N < F:
        return F == 0
    gram = X.T @ X
    norms = np.sqrt(np.diag(gram))
    if not (np.all(norms > 0) and np.all(np.isfinite(norms))):
        return False
    try:
        factor = np.linalg.cholesky(gram / np.outer(norms, norms))
    except np.linalg.LinAlgError:
        return False
    return bool(np.diag(factor).min() > CLEAR)


def triangle(X: Floats) -> Floats:
    """The triangular factor R of X = QR, with memory for one block of rows."""
    N, F = X.shape
    R: Floats = np.zeros((0, F))
    for start in range(0, N, BLOCK_ROWS):
        R = np.asarray(np.linalg.qr(np.vstack([R, X[start : start + BLOCK_ROWS]]), mode="r"))
    return R


def _dqrdc2(R: Floats, tolerance: float) -> tuple[int, ...]:
    """Greedy left to right: a kept column is projected out of all that follow."""
    work = R.copy()
    original = np.linalg.norm(work, axis=0)
    original[original == 0] = 1.0
    kept: list[int] = []
    for j in range(work.shape[1]):
        if len(kept) == work.shape[0]:
            break
        left = work[len(kept) :, j]
        norm = np.linalg.norm(left)
        if norm < original[j] * tolerance:
            continue
        _reflect(work, len(kept), j)
        kept.append(j)
    return tuple(kept)


def _reflect(work: Floats, row: int, column: int) -> None:
    """Householder: turn the rest of a column onto one row, and all later columns with it."""
    v = work[row:, column].copy()
    v[0] += np.copysign(np.linalg.norm(v), v[0])
    length = v @ v
    if length > 0:
        work[row:, column:] -= np.outer(2 * v / length, v @ work[row:, column:])
