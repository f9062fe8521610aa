"""Absorption: which fixed columns travel through a group term, and what is left of them in X."""

from collections.abc import Iterable, Mapping

import numpy as np

from stanmlm.base.arrays import Bools, Floats, Ints
from stanmlm.data.coefficients import n_coefficients, places_of
from stanmlm.data.design import Design, dpars_of
from stanmlm.model.compress import Cells
from stanmlm.model.coordinates import Coordinates, users_own
from stanmlm.model.nesting import Nesting, depth, nestings

# A column is absorbed where it equals Z A up to this share of its largest value: rounding, and nothing else.
ROUNDING = 1e-13


def absorption(
    design: Design,
    cells: Cells,
    information: tuple[Floats, ...],
    of: Coordinates | None = None,
    rotated: frozenset[int] = frozenset(),
) -> tuple[Bools, tuple[Floats, ...]]:
    """Find the fixed columns that are a column of Z times something constant within the group.

    Parameters
    ----------
    design : Design
    cells : Cells
    information : tuple of arrays
        (J, K) a term, in its basis; a column that several coefficients could absorb goes to the one with the largest
        mean.
    of : Coordinates
        Whose bases effects are sampled in; the user's own where None.
    rotated : frozenset of int
        Terms that absorb nothing.

    Returns
    -------
    tuple
        Which columns are absorbed, (F,), and A of each term, (K, J, F).

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> from stanmlm.model.pilot import pilot
    >>> model = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1).model
    >>> at = model.design, model.cells, model.family, model.priors
    >>> absorption(model.design, model.cells, pilot(*at).information)[0]
    array([ True, False])
    """
    absorbed = np.zeros(n_coefficients(design), dtype=bool)
    A = tuple(np.zeros((len(term.coefs), len(term.levels), len(absorbed))) for term in design.terms)
    inverses = (of or users_own(design)).inverses
    every = [place for place in _by_information(information, nestings(design, cells)) if place[0] not in rotated]
    for dpar, at in places_of(design).items():
        own = np.zeros(len(absorbed), dtype=bool)
        own[at] = True
        places = [(k, p) for k, p in every if dpars_of(design.terms[k])[p] == dpar]
        for k, column in _absorb(A, absorbed, cells, places, own):
            entering = [p for p, name in enumerate(dpars_of(design.terms[k])) if name == dpar]
            _centre(A, cells, (k, entering), column, inverses[k], own)
        _centre_within(A, cells, places, own & ~absorbed)
    return absorbed, A


def carried(design: Design, cells: Cells, absorbed: Bools, rotated: Iterable[int]) -> Mapping[int, Floats]:
    """What is left of X that rotated terms carry into the predictor: columns that are Z times something by level.

    Parameters
    ----------
    design : Design
    cells : Cells
    absorbed : array
        (F,) columns that travel through other terms.
    rotated : iterable of int
        Terms of one coefficient, which absorb nothing: these columns stay out of their means.

    Returns
    -------
    mapping
        By term: (J, F), zeros but for the columns that are the term's.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> model = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1).model
    >>> carried(model.design, model.cells, np.array([False, False]), [0])[0].any(axis=0)
    array([ True, False])
    """
    rows, out, left = cells.rows, {}, ~absorbed
    for k in rotated:
        Z, index, J = rows.Z[k][:, 0], rows.index[k], len(design.terms[k].levels)
        out[k], levels = np.zeros((J, len(left))), _representatives(Z, index, J)
        own = np.arange(len(left))[places_of(design)[dpars_of(design.terms[k])[0]]]
        for column in own[left[own]]:
            values = _quotients(rows.X[:, column], Z, index, levels)
            if values is not None:
                out[k][:, column], left[column] = values, False
    return out


def _absorb(
    A: tuple[Floats, ...], absorbed: Bools, cells: Cells, places: list[tuple[int, int]], own: Bools
) -> list[tuple[int, int]]:
    """What the terms of one predictor take of its columns, in place: (term, column) pairs."""
    taken = []
    for k, p in places:
        Z, index = cells.Z[k][:, p], cells.index[k]
        levels = _representatives(Z, index, A[k].shape[1])
        for column in map(int, np.flatnonzero(own & ~absorbed)):
            values = _quotients(cells.X[:, column], Z, index, levels)
            if values is not None:
                A[k][p, :, column], absorbed[column] = values, True
                taken.append((k, column))
    return taken


def _centre_within(A: tuple[Floats, ...], cells: Cells, places: list[tuple[int, int]], left: Bools) -> None:
    """Give the group means of the columns left in X to varying intercepts, in place: X keeps what is within groups.

    An effect and a coefficient are as correlated as the column differs between groups.
    """
    X, rows = cells.X[:, left].copy(), np.bincount(cells.row, minlength=len(cells.X)).astype(float)
    for k, p in places:
        if X.size and np.all(cells.Z[k][:, p] == 1):
            index, J = cells.index[k], A[k].shape[1]
            sizes = np.maximum(np.bincount(index, rows, J), 1)
            means = np.stack([np.bincount(index, rows * x, J) / sizes for x in X.T], axis=1)
            A[k][p][:, left] += means
            X -= means[index]


def remainder(X: Floats, Z: tuple[Floats, ...], index: tuple[Ints, ...], A: tuple[Floats, ...]) -> Floats:
    """X without what group terms absorb, (R, F)."""
    parts = (np.einsum("rp,prf->rf", z, a[:, g]) for z, g, a in zip(Z, index, A, strict=True) if np.any(a))
    return np.asarray(X - sum(parts, np.zeros(())))


def _centre(A: tuple[Floats, ...], cells: Cells, of: tuple[int, list[int]], column: int, T: Floats, own: Bools) -> None:
    """Leave the means of a term's effects T A where the columns that Z itself has have gone, if elsewhere, in place.

    `of` is the term, with those of its coefficients that enter the predictor. Two terms whose means can shift against
    each other by a coefficient are a ridge of the posterior.
    """
    k, entering = of
    for p in reversed(entering):  # T is upper triangular: a shift changes this effect and those before it
        mean = (T[p] @ A[k][:, cells.index[k], column])[cells.row].mean() / T[p, p]
        for itself in np.flatnonzero(own & np.all(cells.Z[k][:, [p]] == cells.X, axis=0)):
            gone = [
                (other, q)
                for other, a in enumerate(A)
                for q in map(int, np.flatnonzero(np.any(a[:, :, itself], axis=1)))
            ]
            if gone and (k, p) not in gone:
                A[k][p, :, column] -= mean
                for other, q in gone:
                    A[other][q, :, column] += mean * A[other][q, :, itself]


def _by_information(information: tuple[Floats, ...], nested: tuple[Nesting | None, ...]) -> list[tuple[int, int]]:
    """(term, coefficient) pairs, the best informed first, and coarser terms before those within them."""
    means = {(k, p): mean for k, share in enumerate(information) for p, mean in enumerate(share.mean(axis=0))}
    return sorted(means, key=lambda place: (depth(nested, place[0]), -means[place]))


def _representatives(Z: Floats, index: Ints, J: int) -> Ints:
    """A cell of each level where Z is not zero, or -1."""
    chosen = np.full(J, -1)
    there = np.flatnonzero(Z)
    chosen[index[there]] = there
    return chosen


def _quotients(x: Floats, Z: Floats, index: Ints, levels: Ints) -> Floats | None:
    """The values by level of which x is the product with Z, or None where there are none."""
    values = np.divide(x[levels], Z[levels], out=np.zeros(len(levels)), where=levels >= 0)
    error = np.max(np.abs(x - Z * values[index]), initial=0.0)
    return values if error <= ROUNDING * np.max(np.abs(x), initial=0.0) else None
