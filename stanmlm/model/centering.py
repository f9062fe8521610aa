"""Partial centring: which fixed columns a group term absorbs, and the weight of each effect."""

from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Bools, Floats, Ints
from stanmlm.base.errors import OptionError
from stanmlm.data.design import Design
from stanmlm.families.families import Family
from stanmlm.model.compress import Cells
from stanmlm.model.coordinates import (
    Coordinates,
    in_bases,
    of_pilot,
    of_prior,
    share,
    users_own,
    variances_in_turn,
)
from stanmlm.model.marginal import Marginal, marginal
from stanmlm.model.nesting import Nesting, depth, nestings
from stanmlm.model.pilot import Pilot, pilot
from stanmlm.model.sweeping import Sweep, sweeps, swept_pilot
from stanmlm.priors.priors import Priors

# A column is absorbed where it equals Z A up to this share of its largest value: rounding, and nothing else.
ROUNDING = 1e-13

# With more coefficients a group, integrating effects out costs more than it saves: a cube against a square.
MOST = 10

NAMED = {"noncentered": 0.0, "centered": 1.0}


@dataclass(frozen=True)
class Centering:
    """`M_p = A_p beta_full` is the part of coefficient p that fixed columns explain; w = 0 is non-centred.

    A is for the user's coefficients; weights and units are for the effects in the bases of `coordinates`.
    """

    absorbed: Bools  # (F,) columns of X that are zero in X0 and travel through a group term
    A: tuple[Floats, ...]  # a group term each: (K, J, F)
    weights: tuple[Floats, ...]  # a group term each: (J, K), in [0, 1]
    # a group term each: (K,) about the sd of an effect given those before it. A weight means what it says only in
    # these units: t = w m / c + (v / c)^w z, and posterior t is free of m where v is c.
    units: tuple[Floats, ...]
    nested: tuple[Nesting | None, ...]  # a group term each: the coarser term whose effects are part of M
    pilot: Pilot | None = None  # what weights by information came from; chains start there
    marginal: Marginal | None = None  # group effects are integrated out, and no weight serves them
    coordinates: Coordinates | None = None  # what is sampled; None for the user's own, as in files of version 0.1
    sweeps: tuple[Sweep, ...] = ()  # one a rotated term, whose weights are those of z


def centering(
    choice: float | str, design: Design, cells: Cells, family: Family, priors: Priors, prior_only: bool = False
) -> Centering:
    """Decide how each group effect is centred, and in which coordinates everything is sampled.

    Parameters
    ----------
    choice : float or str
        "auto", "noncentered", "centered", or one weight for all effects, from 0 to 1. "auto" integrates the effects
        out where it can (docs/decisions/008), and takes weights by information elsewhere.
    design : Design
    cells : Cells
    family : Family
    priors : Priors
    prior_only : bool
        The data are left out, so that "auto" has nothing to learn from: the prior itself is the non-centred case.

    Returns
    -------
    Centering
        All choices sample the same posterior.

    Raises
    ------
    OptionError
        If `choice` is none of these.

    Examples
    --------
    >>> def never(design, cells, family, priors):
    ...     return centering("noncentered", design, cells, family, priors).weights
    """
    if choice == "auto" and not prior_only:
        decide = integrated if integrable(design, family) else automatic
        return decide(design, cells, family, priors)
    weight = 0.0 if choice == "auto" else _weight(choice)
    if choice in ("auto", "noncentered") or not design.terms:
        at = None if prior_only else _quick_look(design, cells, family, priors)
        return replace(noncentered(design), coordinates=_coordinates(design, priors, at))
    return forced(design, cells, family, priors, weight, prior_only)


def noncentered(design: Design) -> Centering:
    """Non-centred effects: nothing absorbed, every weight zero.

    Parameters
    ----------
    design : Design

    Returns
    -------
    Centering

    Examples
    --------
    >>> noncentered(Design(np.ones((4, 1)), ("(Intercept)",), (0,), True, (), (), np.zeros(4))).absorbed
    array([False])
    """
    F = design.X.shape[1]
    shapes = [(len(term.coefs), len(term.levels)) for term in design.terms]
    return Centering(
        absorbed=np.zeros(F, dtype=bool),
        A=tuple(np.zeros((K, J, F)) for K, J in shapes),
        weights=tuple(np.zeros((J, K)) for K, J in shapes),
        units=tuple(np.ones(K) for K, _ in shapes),
        nested=(None,) * len(shapes),
    )


def automatic(design: Design, cells: Cells, family: Family, priors: Priors) -> Centering:
    """Weights by information: w = 1 - V / v^2, with V and v^2 the variances of an effect given those before it.

    V is its variance given the data and all other parameters, v^2 that in the population (docs/decisions/002).
    Papaspiliopoulos, Roberts and Skold (2007), section 4, with Fisher weights at a pilot in the place of known ones.

    Parameters
    ----------
    design : Design
    cells : Cells
    family : Family
    priors : Priors

    Returns
    -------
    Centering

    Examples
    --------
    >>> def mean_weights(design, cells, family, priors):
    ...     return [w.mean(axis=0) for w in automatic(design, cells, family, priors).weights]
    """
    at = _quick_look(design, cells, family, priors)
    if at is None:
        return replace(noncentered(design), coordinates=_coordinates(design, priors, at))
    nested = nestings(design, cells)
    rotated = sweeps(design, cells, family, priors, nested, at)
    of_scores = {sweep.term: sweep.weights[:, None] for sweep in rotated}
    own = in_bases(at, of := of_pilot(swept_pilot(rotated, design, cells, at)))
    shares = tuple(of_scores.get(k, share) for k, share in enumerate(informed(own)))
    absorbed, A = absorption(design, cells, shares, of.bases, frozenset(of_scores))
    weights = shares if family.squares else tuple(map(_worth, shares))
    return Centering(absorbed, A, weights, units(own), nested, at, coordinates=of, sweeps=rotated)


def _worth(share: Floats) -> Floats:
    """Weights for shares of information where the likelihood is not normal: as they are, but for those below a half.

    A normal likelihood's share grows with the sd of the effects. That of a few events does not: a row of all successes
    tells a sign and no more, and effects that are sampled as if it told a place stick where the sd is large. What is
    lost is little: non-centred effects are as correlated with their means as their share says.
    """
    return np.asarray(share * np.minimum(1.0, 2 * share) ** 2)


def _quick_look(design: Design, cells: Cells, family: Family, priors: Priors) -> Pilot | None:
    """The pilot, or None where there is nothing to learn from the data: the prior's own case."""
    try:
        with np.errstate(all="ignore"):
            at = pilot(design, cells, family, priors)
            of = of_pilot(at)
            informed(in_bases(at, of))  # raises too, where a covariance is singular
    except np.linalg.LinAlgError:
        return None
    return at if all(np.all(np.isfinite(part)) for part in (of.hat, of.factor, of.sd_factor, *of.bases)) else None


def integrable(design: Design, family: Family) -> bool:
    """Whether group effects can be integrated out: squares alone, one grouping factor, and few coefficients.

    Parameters
    ----------
    design : Design
    family : Family

    Returns
    -------
    bool

    Examples
    --------
    >>> from stanmlm.families.families import gaussian
    >>> integrable(Design(np.ones((4, 1)), ("(Intercept)",), (0,), True, (), (), np.zeros(4)), gaussian())
    False
    """
    groups = {term.group for term in design.terms}
    coefs = sum(len(term.coefs) for term in design.terms)
    return family.squares and len(groups) == 1 and coefs <= MOST


def integrated(design: Design, cells: Cells, family: Family, priors: Priors) -> Centering:
    """Integrate group effects out: nothing to centre, and the pilot still says where to start."""
    at, J = _quick_look(design, cells, family, priors), len(design.terms[0].levels)
    of = _coordinates(design, priors, at)
    return replace(noncentered(design), pilot=at, marginal=marginal(cells.rows, J), coordinates=of)


def forced(
    design: Design, cells: Cells, family: Family, priors: Priors, weight: float, prior_only: bool = False
) -> Centering:
    """One weight for all effects; the data still say which term absorbs which column.

    Parameters
    ----------
    design : Design
    cells : Cells
    family : Family
    priors : Priors
    weight : float
        0 is non-centred, 1 hierarchically centred.
    prior_only : bool

    Returns
    -------
    Centering

    Examples
    --------
    >>> def centered(design, cells, family, priors):
    ...     return forced(design, cells, family, priors, 1.0)
    """
    at = pilot(design, cells, family, priors)
    own = in_bases(at, of := _coordinates(design, priors, None if prior_only else at))
    absorbed, A = absorption(design, cells, informed(own), of.bases)
    weights = tuple(np.full(effects.shape, weight) for effects in own.effects)
    return Centering(absorbed, A, weights, units(own), nestings(design, cells), coordinates=of)


def sampled_in(centres: Centering, design: Design) -> Coordinates:
    """The coordinates that the program samples in."""
    return centres.coordinates or users_own(design)


def _coordinates(design: Design, priors: Priors, at: Pilot | None) -> Coordinates:
    return of_pilot(at) if at else of_prior(design, priors)


def informed(at: Pilot) -> tuple[Floats, ...]:
    """The share of information that the data bring on each effect given those before it, (J, K) a term."""
    return tuple(share(information, S) for information, S in zip(at.information, at.covariance, strict=True))


def units(at: Pilot) -> tuple[Floats, ...]:
    """The sd of each effect given those before it, in the population, (K,) a term."""
    return tuple(np.sqrt(variances_in_turn(S)) for S in at.covariance)


def absorption(
    design: Design,
    cells: Cells,
    information: tuple[Floats, ...],
    bases: tuple[Floats, ...] | None = None,
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
    bases : tuple of arrays
        (K, K) a term, as in `Coordinates`; the user's own where None.
    rotated : frozenset of int
        Terms that absorb nothing.

    Returns
    -------
    tuple
        Which columns are absorbed, (F,), and A of each term, (K, J, F).

    Examples
    --------
    >>> def absorbed_columns(design, cells, information):
    ...     return [name for name, is_in in zip(design.names, absorption(design, cells, information)[0]) if is_in]
    """
    absorbed = np.zeros(design.X.shape[1], dtype=bool)
    A, bases = noncentered(design).A, bases or users_own(design).bases
    taken: list[tuple[int, int]] = []
    places = [place for place in _by_information(information, nestings(design, cells)) if place[0] not in rotated]
    for k, p in places:
        Z, index = cells.Z[k][:, p], cells.index[k]
        levels = _representatives(Z, index, len(information[k]))
        for column in map(int, np.flatnonzero(~absorbed)):
            values = _quotients(cells.X[:, column], Z, index, levels)
            if values is not None:
                A[k][p, :, column], absorbed[column] = values, True
                taken.append((k, column))
    for k, column in taken:
        _centre(A, cells, k, column, np.linalg.inv(bases[k]))
    _centre_within(A, cells, places, ~absorbed)
    return absorbed, A


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


def _centre(A: tuple[Floats, ...], cells: Cells, k: int, column: int, T: Floats) -> None:
    """Leave the means of term k's effects T A where the columns that Z itself has have gone, if elsewhere, in place.

    Two terms whose means can shift against each other by a coefficient are a ridge of the posterior.
    """
    for p in reversed(range(len(T))):  # T is upper triangular: a shift changes this effect and those before it
        mean = (T[p] @ A[k][:, cells.index[k], column])[cells.row].mean() / T[p, p]
        for itself in np.flatnonzero(np.all(cells.Z[k][:, [p]] == cells.X, axis=0)):
            gone = [(other, q) for other, a in enumerate(A) for q in np.flatnonzero(np.any(a[:, :, itself], axis=1))]
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


def _weight(choice: float | str) -> float:
    weight = NAMED.get(choice, -1.0) if isinstance(choice, str) else float(choice)
    if not 0 <= weight <= 1:
        raise OptionError(f'centering must be "auto", "noncentered", "centered" or from 0 to 1, not {choice!r}')
    return weight
