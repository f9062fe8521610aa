"""Fewer rows with the same squares, for families whose density sees rows through nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.model.stan_rows import Rows, combinations, joint_of

# A direction of a block's predictors is rounding, and left out, where it is below this share of the largest.
ROUNDING = 1e-13
# Numbers that are gathered at once: 128 MB.
AT_ONCE = 2**24


def weighted_columns(rows: Rows) -> Rows:
    """Rows times the square roots of their weights `n`, so that all weigh one."""
    n = np.asarray(rows.stats["n"])
    stats = {name: value for name, value in rows.stats.items() if name != "n"}
    if np.all(n == 1):
        return replace(rows, stats=stats)
    root = np.sqrt(n)[:, None]
    Z = tuple(part * root for part in rows.Z)
    stats["y"] = rows.stats["y"] * root[:, 0]
    return replace(rows, X=rows.X * root, Z=Z, stats=stats, joint=joint_of(Z, rows.index))


def rotated(rows: Rows) -> Rows:
    """As many rows a block as its predictors have dimensions, and the rest as one sum of squares.

    Rows that share all of their levels form a block; with A = [Z X y] its rows and U an orthonormal basis of the
    columns of [Z X], the squares |y - eta|^2 are those of U'A plus |y - U U'y|^2, whatever the coefficients. QR comes
    first, so that a basis is sought among as many rows as there are columns (Golub and Van Loan 2013, section 5.4).

    Parameters
    ----------
    rows : Rows
        Of weight one, with "y" and "ss" in their statistics.

    Returns
    -------
    Rows
        With the same log density but for rounding.

    Examples
    --------
    >>> from stanmlm.model.stan_rows import plain_rows
    >>> X = np.column_stack([np.ones(5), np.arange(5.0)])
    >>> five = plain_rows(X, (), (), np.zeros(5), {"N": 5, "y": np.array([1.0, 3.0, 2.0, 5.0, 4.0]), "ss": 0.0})
    >>> few = rotated(five)
    >>> few.X.shape, round(few.stats["ss"], 12)
    ((2, 2), 3.6)
    """
    A = np.column_stack([*rows.Z, rows.X, np.asarray(rows.stats["y"])])
    block = combinations(rows.index, len(A))
    parts = [_of_blocks(A, at) for at in padded(block, smallest=2)]
    alone = np.flatnonzero(np.bincount(block)[block] == 1)
    values = np.concatenate([A[alone], *(part.values for part in parts)])
    of_row = np.concatenate([alone, *(part.of_row for part in parts)])
    squares = float(rows.stats["ss"]) + sum(part.squares for part in parts)
    ends = np.cumsum([part.shape[1] for part in (*rows.Z, rows.X)])
    *Z, X, y = np.split(values, ends, axis=1)
    index = tuple(level[of_row] for level in rows.index)
    return Rows(
        X=X,
        Z=tuple(Z),
        index=index,
        offset=rows.offset[of_row],
        stats={**rows.stats, "y": y[:, 0], "ss": squares},
        joint=joint_of(tuple(Z), index),
    )


@dataclass(frozen=True)
class _Blocks:
    """What some blocks become."""

    values: Floats  # (rows, columns) of [Z X y]
    of_row: Ints  # (rows,) a row of the same block
    squares: float  # around them


def padded(block: Ints, smallest: int = 1, least: int = 1) -> Iterator[Ints]:
    """Rows of the blocks with `smallest` or more, (blocks, height) with -1 beyond a block's last.

    Heights are powers of two from `least`, so that there are few shapes; a row of zeros adds nothing to a square.

    Parameters
    ----------
    block : array
        (N,) the block of each row, from 0.
    smallest : int
        Blocks with fewer rows are left out.
    least : int
        No block is shorter.

    Examples
    --------
    >>> [places.tolist() for places in padded(np.array([0, 1, 0, 1, 1]))]
    [[[0, 2]], [[1, 3, 4, -1]]]
    """
    order, size = np.argsort(block, kind="stable"), np.bincount(block)
    start = np.cumsum(size) - size
    height = 2 ** np.ceil(np.log2(np.maximum(size, least))).astype(np.int64)
    for h in np.unique(height[size >= smallest]):
        blocks = np.flatnonzero((height == h) & (size >= smallest))
        for some in np.array_split(blocks, max(1, len(blocks) * h // AT_ONCE)):
            at = np.arange(h)
            places = np.minimum(start[some, None] + at, len(order) - 1)
            yield np.where(at < size[some, None], order[places], -1)


def triangular(A: Floats, places: Ints) -> Floats:
    """R of a QR of each block, (blocks, min(height, columns), columns), for places as `padded` gives them."""
    rows = np.where(places[..., None] >= 0, A[places], 0.0)
    return np.asarray(np.linalg.qr(rows, mode="r"), dtype=float)


def _of_blocks(A: Floats, places: Ints) -> _Blocks:
    """Rotate the rows of blocks of one height; a block that stays as long as it was is left alone."""
    R = triangular(A, places)
    predictors = R[..., :-1]
    scale = np.sqrt(np.sum(predictors**2, axis=-2, keepdims=True))
    U, sizes, _ = np.linalg.svd(predictors / np.where(scale > 0, scale, 1), full_matrices=False)
    kept = sizes > ROUNDING * sizes[:, :1]
    U = U * kept[:, None, :]
    turned = np.swapaxes(U, -1, -2) @ R
    rest = R[..., -1] - np.squeeze(U @ turned[..., -1:], axis=-1)
    shorter = kept.sum(axis=1) < np.sum(places >= 0, axis=1)
    kept &= shorter[:, None]
    as_is = places[~shorter]
    as_is = as_is[as_is >= 0]
    return _Blocks(
        values=np.concatenate([turned[kept], A[as_is]]),
        of_row=np.concatenate([np.repeat(places[:, 0], kept.sum(axis=1)), as_is]),
        squares=float(np.sum(rest[shorter] ** 2)),
    )
