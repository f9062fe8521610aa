"""Terms of one factor that are sampled as one: in a basis of all of their coefficients, with no correlation between."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Bools, Floats
from stanmlm.data.design import Design, GroupTerm, dpars_of, side_by_side
from stanmlm.model.compress import Cells
from stanmlm.model.coordinates import WORTH, block_diagonal, correlations
from stanmlm.model.pilot import Pilot
from stanmlm.model.stan_rows import joint_of

# Positions of the user's terms, a block each.
Blocks = tuple[tuple[int, ...], ...]

# With more coefficients terms stay apart: a factor's columns have no common origin.
MOST = 20


@dataclass(frozen=True)
class Joined:
    """A model's terms as they are sampled: `design` and `cells` have a term for each block."""

    design: Design
    cells: Cells
    blocks: Blocks


def joined(design: Design, cells: Cells, blocks: Blocks) -> Joined:
    """Put the columns of each block's terms side by side.

    Parameters
    ----------
    design : Design
    cells : Cells
    blocks : tuple of tuples
        Of each block the positions of its terms; none for each term by itself.

    Returns
    -------
    Joined

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> model = lmer("score ~ hours + (1 + hours || student)", simulate_exams(seed=1), seed=1).model
    >>> [term.coefs for term in joined(model.design, model.cells, ((0, 1),)).design.terms]
    [('(Intercept)', 'hours')]
    """
    if all(len(block) == 1 for block in blocks):
        return Joined(design, cells, apart(design))
    terms = tuple(side_by_side([design.terms[k] for k in block]) for block in blocks)
    index = tuple(cells.index[block[0]] for block in blocks)
    rows, location = cells.rows, [k for k, term in enumerate(terms) if set(dpars_of(term)) == {design.dpar}]
    Z, rows_index = _columns(rows.Z, blocks), tuple(rows.index[block[0]] for block in blocks)
    rows = replace(rows, Z=Z, index=rows_index, joint=joint_of(Z, rows_index, location))
    return Joined(
        replace(design, terms=terms), replace(cells, Z=_columns(cells.Z, blocks), index=index, rows=rows), blocks
    )


def apart(design: Design) -> Blocks:
    """Each term by itself."""
    return tuple((k,) for k in range(len(design.terms)))


def joinable(design: Design) -> Blocks:
    """Terms of the same levels in the same predictor, as long as they are not too many coefficients."""
    blocks: list[tuple[int, ...]] = []
    for k, term in enumerate(design.terms):
        alike = (b for b in blocks if _alike(design.terms[b[0]], term) and _sizes(design, (*b, k)).sum() <= MOST)
        found = next(alike, ())
        blocks = [(*block, k) if block == found else block for block in blocks] + ([] if found else [(k,)])
    return tuple(blocks)


def correlated(design: Design, blocks: Blocks) -> tuple[Bools, ...]:
    """Which coefficients of a block may correlate in the population: those of one term, (K, K) a block."""
    of = [np.repeat(block, _sizes(design, block)) for block in blocks]
    return tuple(term[:, None] == term for term in of)


def order_of(design: Design, blocks: Blocks) -> list[int]:
    """Where coefficients, block after block, stand among those of the user's terms."""
    starts = np.cumsum([0, *_sizes(design, range(len(design.terms)))])
    return [place for block in blocks for k in block for place in range(int(starts[k]), int(starts[k + 1]))]


def worth_joining(at: Pilot, correlated: tuple[Bools, ...]) -> bool:
    """Whether the data correlate effects of terms of one block, given everything else."""
    for information, S, own in zip(at.information, at.covariance, correlated, strict=True):
        if np.any(correlations(information, S)[~own] > WORTH):
            return True
    return False


def separated(at: Pilot, design: Design, blocks: Blocks) -> Pilot:
    """A pilot of blocks as one of the user's terms."""
    where = {}
    for b, block in enumerate(blocks):
        ends = np.cumsum(_sizes(design, block))
        for k, stop, size in zip(block, ends, _sizes(design, block), strict=True):
            where[k] = b, slice(int(stop - size), int(stop))
    places = [where[k] for k in range(len(where))]
    return replace(
        at,
        effects=tuple(at.effects[b][:, part] for b, part in places),
        covariance=tuple(at.covariance[b][part, part] for b, part in places),
        variance=tuple(at.variance[b][:, part, part] for b, part in places),
        information=tuple(at.information[b][:, part, part] for b, part in places),
    )


def by_block(blocks: Blocks, factors: Sequence[Floats]) -> list[Floats]:
    """A factor of each block's covariance from those of its terms, (..., K, K)."""
    return [block_diagonal([factors[k] for k in block]) for block in blocks]


def by_term(design: Design, blocks: Blocks, effects: Sequence[Floats]) -> tuple[Floats, ...]:
    """Effects (..., J, K) of each of the user's terms, from those of blocks."""
    parts: dict[int, Floats] = {}
    for block, values in zip(blocks, effects, strict=True):
        ends = np.cumsum(_sizes(design, block))[:-1]
        parts |= dict(zip(block, np.split(values, ends, axis=-1), strict=True))
    return tuple(parts[k] for k in range(len(parts)))


def block_name(block: tuple[int, ...]) -> str:
    """How the program numbers a block: by its terms, from 1."""
    return "_".join(str(k + 1) for k in block)


def _alike(one: GroupTerm, other: GroupTerm) -> bool:
    dpars = {*dpars_of(one), *dpars_of(other)}
    return one.levels == other.levels and len(dpars) == 1 and np.array_equal(one.index, other.index)


def _sizes(design: Design, block: Sequence[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.array([len(design.terms[k].coefs) for k in block], dtype=np.int64)


def _columns(Z: tuple[Floats, ...], blocks: Blocks) -> tuple[Floats, ...]:
    return tuple(np.concatenate([Z[k] for k in block], axis=1) if len(block) > 1 else Z[block[0]] for block in blocks)
