"""Group effects integrated out of a likelihood of squares, and drawn again given all else."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.distinct import cells_of
from stanmlm.model.rotation import padded, triangular
from stanmlm.model.stan_rows import Rows

# Groups are of one kind where their Z agree to this many decimals of each column's size: rounding of a rotation.
DECIMALS = 12
# Numbers that drawing works on at once: they stay in the processor's cache.
AT_ONCE = 2**17


@dataclass(frozen=True)
class Groups:
    """H groups of D kinds: those of one kind share Z, and with it the covariance of their K rows."""

    kind: Ints  # (H,) from 0
    X: Floats  # (H, K, F)
    y: Floats  # (H, K)


@dataclass(frozen=True)
class Marginal:
    """Rows whose squares around eta, with `ss`, are the data's; effects enter K of each group, as many as it has.

    Rows of zeros stand in where a group has fewer.
    """

    Z: Floats  # (D, K, K) of each kind, the columns of all terms side by side
    all: Groups  # J of them
    few: Groups  # the same squares in fewer: groups of a kind are rotated among each other
    X_rest: Floats  # (R, F) rows that no effect enters
    y_rest: Floats  # (R,)
    ss: float


def marginal(rows: Rows, J: int) -> Marginal:
    """Rotate the rows of each group so that its effects enter as few as there are effects.

    The triangular factor of [Z X y] has zeros for Z below its first K rows; what is below, of all groups, is one least
    squares problem in the fixed coefficients, and rotated once more. Groups with the same Z have one covariance V, and
    sum_j e_j' V^-1 e_j sees [X y] of such groups only through the squares of their rotation.

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
    >>> from stanmlm.model.stan_rows import plain_rows
    >>> one, group = np.ones((6, 1)), np.array([0, 0, 1, 1, 2, 2])
    >>> y = np.array([1.0, 3.0, 5.0, 5.0, 1.0, 1.0])
    >>> of = marginal(plain_rows(one, (one,), (group,), np.zeros(6), {"y": y, "ss": 0.0}), 3)
    >>> of.all.y.round(3).tolist(), of.Z.round(3).tolist(), len(of.few.y)
    ([[2.828], [7.071], [1.414]], [[[1.414]]], 2)
    """
    A = np.column_stack([*rows.Z, rows.X, np.asarray(rows.stats["y"])])
    K, F = sum(Z.shape[1] for Z in rows.Z), rows.X.shape[1]
    top, rest = np.zeros((J, K, A.shape[1])), [np.zeros((0, F + 1))]
    for at in padded(rows.index[0], least=K):
        R = triangular(A, at)
        top[rows.index[0][at[:, 0]]] = R[:, :K]
        rest.append(R[:, K:, K:].reshape(-1, F + 1))
    top *= np.where(np.diagonal(top, axis1=1, axis2=2) < 0, -1.0, 1.0)[..., None]
    kind, first = _kinds(top[..., :K])
    below = np.concatenate(rest)
    R = triangular(below, np.arange(len(below))[None])[0]
    return Marginal(
        Z=top[first, :, :K],
        all=Groups(kind, X=top[..., K:-1], y=top[..., -1]),
        few=_fewer(kind, top[..., K:]),
        X_rest=R[:F, :F],
        y_rest=R[:F, F],
        ss=float(rows.stats["ss"]) + float(np.sum(R[F:, F] ** 2)),
    )


def _kinds(Z: Floats) -> tuple[Ints, Ints]:
    """The kind of each group, and a group of each kind; Z (J, K, K), each column compared in its own size."""
    size = np.linalg.norm(Z, axis=1).max(axis=0)
    shares = np.round(Z / np.where(size > 0, size, 1.0), DECIMALS)
    return cells_of(list(shares.reshape(len(Z), -1).T))


def _fewer(kind: Ints, Xy: Floats) -> Groups:
    """Groups of a kind that has more than they have numbers, [X y] (J, K, F + 1), become as many as that."""
    wide = Xy.reshape(len(Xy), -1)
    numbers = wide.shape[1]
    alone = np.bincount(kind)[kind] <= numbers
    kinds, values = [kind[alone]], [wide[alone]]
    for at in padded(kind, smallest=numbers + 1):
        kinds.append(np.repeat(kind[at[:, 0]], numbers))
        values.append(triangular(wide, at).reshape(-1, numbers))
    some = np.concatenate(values).reshape(-1, *Xy.shape[1:])
    return Groups(np.concatenate(kinds), X=some[..., :-1], y=some[..., -1])


def draw_effects(
    of: Marginal, beta: Floats, factors: Sequence[Floats], sigma: Floats, rng: np.random.Generator
) -> Floats:
    """Draw the effects of each group from their distribution given the data and all other parameters.

    With z the effects' standard normal scores and G = Z T it is normal with precision I + G'G / sigma^2 and mean its
    inverse times G'(y - X beta) / sigma^2 (Laird and Ware 1982, equations 3.2 and 3.4); independent over groups.

    Parameters
    ----------
    of : Marginal
    beta : array
        (S, F) draws of coefficients.
    factors : sequence of arrays
        (S, k, k) a group term each: T, a factor of the covariance of its effects.
    sigma : array
        (S,)
    rng : numpy.random.Generator

    Returns
    -------
    array
        (S, J, K) deviations from what fixed columns explain.

    Examples
    --------
    >>> from stanmlm.model.stan_rows import plain_rows
    >>> one, y = np.ones((100, 1)), np.full(100, 3.0)
    >>> of = marginal(plain_rows(one, (one,), (np.zeros(100, int),), y, {"y": y, "ss": 0.0}), 1)
    >>> rng = np.random.default_rng(1)
    >>> float(draw_effects(of, np.zeros((1, 1)), [np.ones((1, 1, 1))], np.array([1e-6]), rng).round(3)[0, 0, 0])
    3.0
    """
    T, (J, K) = _side_by_side(factors), of.all.y.shape
    Z = of.Z.swapaxes(0, 1).reshape(-1, K)  # (K D, K)
    out = np.empty((len(beta), J, K))
    step = max(1, AT_ONCE // (J * K * K))
    for at in (slice(start, start + step) for start in range(0, len(beta), step)):
        G = (Z @ T[at]).reshape(-1, K, len(of.Z), K)
        e = of.all.y - np.einsum("sf,jkf->sjk", beta[at], of.all.X, optimize=True)
        noise = rng.standard_normal(e.shape)
        out[at] = _scores(G, of.all.kind, e, sigma[at, None], noise) @ np.swapaxes(T[at], 1, 2)
    return out


def _side_by_side(factors: Sequence[Floats]) -> Floats:
    """One factor for all terms, between which there is no correlation, (S, K, K)."""
    ends = np.cumsum([0, *(T.shape[-1] for T in factors)])
    whole = np.zeros((len(factors[0]), ends[-1], ends[-1]))
    for T, start, stop in zip(factors, ends[:-1], ends[1:], strict=True):
        whole[:, start:stop, start:stop] = T
    return whole


def _scores(G: Floats, kind: Ints, e: Floats, sigma: Floats, noise: Floats) -> Floats:
    """Standard normal scores given residuals, (S, J, K), of G (S, K, D, K), e and noise (S, J, K), sigma (S, 1).

    With C the Cholesky factor of the precision and C w = G'e / sigma^2, the draw solves C'z = w + noise.
    """
    K = e.shape[-1]
    columns = [np.ascontiguousarray(G[..., p]) / sigma[..., None] for p in range(K)]  # (S, K, D)
    C = [[entry[:, kind] for entry in row] for row in _cholesky(columns)]
    e, w = e / sigma[..., None], list[Floats]()
    for p in range(K):
        right = np.einsum("skj,sjk->sj", columns[p][..., kind], e)
        w.append((right - sum(C[p][r] * w[r] for r in range(p))) / C[p][p])
    z = np.empty_like(e)
    for p in reversed(range(K)):
        above = sum(C[q][p] * z[..., q] for q in range(p + 1, K))
        z[..., p] = (w[p] + noise[..., p] - above) / C[p][p]
    return z


def _cholesky(columns: Sequence[Floats]) -> list[list[Floats]]:
    """The factor of I + G'G, an entry at a time for all draws and kinds: LAPACK takes matrices one by one."""
    C: list[list[Floats]] = []
    for p, column in enumerate(columns):
        C.append([])
        for q in range(p + 1):
            entry = np.einsum("skd,skd->sd", column, columns[q]) + (p == q)
            entry -= sum(C[p][r] * C[q][r] for r in range(q))
            C[p].append(np.sqrt(entry) if p == q else entry / C[q][q])
    return C
