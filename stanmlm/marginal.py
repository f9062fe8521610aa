"""Group effects integrated out of a likelihood of squares, and drawn again given all else."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stanmlm.arrays import Floats
from stanmlm.rotation import padded
from stanmlm.rows import Rows

# Numbers that drawing holds at once: 32 MB.
AT_ONCE = 2**22


@dataclass(frozen=True)
class Marginal:
    """Rows whose squares around eta, with `ss`, are the data's; effects enter K of each group, as many as it has.

    Rows of zeros stand in where a group has fewer.
    """

    Z: Floats  # (J, K, K), the columns of all terms side by side
    X: Floats  # (J, K, F)
    y: Floats  # (J, K)
    X_rest: Floats  # (R, F) rows that no effect enters
    y_rest: Floats  # (R,)
    ss: float


def marginal(rows: Rows, J: int) -> Marginal:
    """Rotate the rows of each group so that its effects enter as few as there are effects.

    The triangular factor of [Z X y] has zeros for Z below its first K rows; what is below, of all groups, is one least
    squares problem in the fixed coefficients, and rotated once more (Bates and others 2015, section 3.4, for the idea).

    Parameters
    ----------
    rows : Rows
        Of weight one, with "y" and "ss" in their statistics; all terms have the same levels.
    J : int
        Levels.

    Returns
    -------
    Marginal

    Examples
    --------
    >>> from stanmlm.rows import plain_rows
    >>> one, group = np.ones((4, 1)), np.array([0, 0, 1, 1])
    >>> four = plain_rows(one, (one,), (group,), np.zeros(4), {"y": np.array([1.0, 3.0, 5.0, 5.0]), "ss": 0.0})
    >>> few = marginal(four, 2)
    >>> np.abs(few.y).round(3).tolist(), round(few.ss, 6)
    ([[2.828], [7.071]], 2.0)
    """
    A = np.column_stack([*rows.Z, rows.X, np.asarray(rows.stats["y"])])
    K, F = sum(Z.shape[1] for Z in rows.Z), rows.X.shape[1]
    top, rest = np.zeros((J, K, A.shape[1])), [np.zeros((0, F + 1))]
    for at in padded(rows.index[0], least=K):
        R = _triangular(np.where(at[..., None] >= 0, A[at], 0.0))
        top[rows.index[0][at[:, 0]]] = R[:, :K]
        rest.append(R[:, K:, K:].reshape(-1, F + 1))
    R = _triangular(np.concatenate(rest))
    ss = float(rows.stats["ss"]) + float(np.sum(R[F:, F] ** 2))
    return Marginal(Z=top[..., :K], X=top[..., K:-1], y=top[..., -1], X_rest=R[:F, :F], y_rest=R[:F, F], ss=ss)


def _triangular(A: Floats) -> Floats:
    R: Floats = np.asarray(np.linalg.qr(A, mode="r"), dtype=float)
    return R


def draw_effects(of: Marginal, beta: Floats, factors: Sequence[Floats], sigma: Floats, seed: int | None) -> Floats:
    """Draw the effects of each group from their distribution given the data and all other parameters.

    With z the effects' standard normal scores and G = Z T it is normal with precision I + G'G / sigma^2 and mean its
    inverse times G'(y - X beta) / sigma^2 (Laird and Ware 1982, equations 3.2 and 3.4); independent over groups.

    Parameters
    ----------
    of : Marginal
    beta : array
        (D, F) coefficients.
    factors : sequence of arrays
        (D, k, k) a group term each: T, a factor of the covariance of its effects.
    sigma : array
        (D,)
    seed : int

    Returns
    -------
    array
        (D, J, K) deviations from what fixed columns explain.

    Examples
    --------
    >>> from stanmlm.rows import plain_rows
    >>> one, y = np.ones((100, 1)), np.full(100, 3.0)
    >>> of = marginal(plain_rows(one, (one,), (np.zeros(100, int),), y, {"y": y, "ss": 0.0}), 1)
    >>> float(draw_effects(of, np.zeros((1, 1)), [np.ones((1, 1, 1))], np.array([1e-6]), seed=1).round(3)[0, 0, 0])
    3.0
    """
    rng = np.random.default_rng(None if seed is None else (seed, 0))
    T, (J, K) = _side_by_side(factors), of.y.shape
    out = np.empty((len(beta), J, K))
    step = max(1, AT_ONCE // (J * K * K))
    for at in (slice(start, start + step) for start in range(0, len(beta), step)):
        G = of.Z.swapaxes(0, 1).reshape(K * J, K) @ T[at]  # (D, K J, K)
        e = of.y - np.einsum("df,jkf->djk", beta[at], of.X, optimize=True)
        noise = rng.standard_normal(e.shape)
        out[at] = _scores(G.reshape(len(G), K, J, K), e, sigma[at, None], noise) @ np.swapaxes(T[at], 1, 2)
    return out


def _side_by_side(factors: Sequence[Floats]) -> Floats:
    """One factor for all terms, between which there is no correlation, (D, K, K)."""
    ends = np.cumsum([0, *(T.shape[-1] for T in factors)])
    whole = np.zeros((len(factors[0]), ends[-1], ends[-1]))
    for T, start, stop in zip(factors, ends[:-1], ends[1:], strict=True):
        whole[:, start:stop, start:stop] = T
    return whole


def _scores(G: Floats, e: Floats, sigma: Floats, noise: Floats) -> Floats:
    """Standard normal scores given residuals, (D, J, K), of G (D, K, J, K), e and noise (D, J, K), sigma (D, 1).

    C is the Cholesky factor of the precision, an entry at a time for all draws and groups: LAPACK takes matrices one by
    one. With C w = G'e / sigma^2, the draw solves C'z = w + noise.
    """
    K = e.shape[-1]
    columns = [np.ascontiguousarray(G[..., p]) for p in range(K)]  # (D, K, J)
    C: list[list[Floats]] = [[] for _ in range(K)]
    w: list[Floats] = []
    for p in range(K):
        for q in range(p + 1):
            entry = np.einsum("dkj,dkj->dj", columns[p], columns[q]) / sigma**2 + (p == q)
            entry -= sum(C[p][r] * C[q][r] for r in range(q))
            C[p].append(np.sqrt(entry) if p == q else entry / C[q][q])
        right = np.einsum("dkj,djk->dj", columns[p], e) / sigma**2
        w.append((right - sum(C[p][r] * w[r] for r in range(p))) / C[p][p])
    z = np.empty_like(e)
    for p in reversed(range(K)):
        above = sum(C[q][p] * z[..., q] for q in range(p + 1, K))
        z[..., p] = (w[p] + noise[..., p] - above) / C[p][p]
    return z
