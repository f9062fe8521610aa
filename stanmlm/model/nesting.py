"""Terms within terms: which coarser term's effects the effects of a finer one lie around."""

from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.design import Design, dpars_of
from stanmlm.model.compress import Cells


@dataclass(frozen=True)
class Nesting:
    """A coarser term, each level of which is levels of a finer one, and whose columns are among the finer one's."""

    coarser: int  # its position
    parent: Ints  # (J,) its level, for each level of the finer term
    carries: Floats  # (K of the coarser, K) 1 where the columns are the same


def nestings(design: Design, cells: Cells) -> tuple[Nesting | None, ...]:
    """Find the coarser term of each group term; a coarser term serves one finer one.

    Parameters
    ----------
    design : Design
    cells : Cells

    Returns
    -------
    tuple of Nesting or None
        One a group term: for `(1 | batch/cask)` that of `cask:batch` names `batch`.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> model = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1).model
    >>> nestings(model.design, model.cells)
    (None,)
    """
    found: list[Nesting | None] = []
    for fine, _ in enumerate(design.terms):
        taken = {nesting.coarser for nesting in found if nesting}
        candidates = [
            _nesting(design, cells, fine, coarse) for coarse, _ in enumerate(design.terms) if coarse not in taken
        ]
        found.append(max(filter(None, candidates), key=lambda n: len(design.terms[n.coarser].levels), default=None))
    return tuple(found)


def parents_first(nested: tuple[Nesting | None, ...]) -> list[int]:
    """Positions of the terms, a coarser one before those within it."""
    return sorted(range(len(nested)), key=lambda k: depth(nested, k))


def depth(nested: tuple[Nesting | None, ...], k: int) -> int:
    """How many terms the effects of term k lie around, one within the other."""
    nesting = nested[k]
    return 1 + depth(nested, nesting.coarser) if nesting else 0


def _nesting(design: Design, cells: Cells, fine: int, coarse: int) -> Nesting | None:
    J = len(design.terms[fine].levels)
    one, other = design.terms[fine], design.terms[coarse]
    if len(other.levels) >= J or set(dpars_of(one)) != set(dpars_of(other)):
        return None
    parent = np.zeros(J, dtype=int)
    parent[cells.index[fine]] = cells.index[coarse]
    own, wanted = dpars_of(one), dpars_of(other)
    same = np.array(
        [
            [p == q and np.array_equal(z, x) for x, p in zip(cells.Z[fine].T, own, strict=True)]
            for z, q in zip(cells.Z[coarse].T, wanted, strict=True)
        ],
        dtype=float,
    )
    carries = same * (np.cumsum(same, axis=1) == 1)
    within = np.array_equal(parent[cells.index[fine]], cells.index[coarse])
    return Nesting(coarse, parent, carries) if within and np.all(carries.sum(axis=1) == 1) else None
