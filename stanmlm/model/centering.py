"""Partial centring: the weight of each effect, and in which coordinates everything is sampled."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Bools, Floats
from stanmlm.base.errors import OptionError
from stanmlm.data.coefficients import n_coefficients, places_of
from stanmlm.data.design import Design, dpars_of
from stanmlm.families import Family
from stanmlm.formula.bf import LOCATION
from stanmlm.model.absorption import absorption
from stanmlm.model.compress import Cells
from stanmlm.model.coordinates import (
    Coordinates,
    bounded,
    in_bases,
    of_pilot,
    of_prior,
    share,
    users_own,
    variances_in_turn,
)
from stanmlm.model.joining import (
    Blocks,
    Joined,
    apart,
    correlated,
    joinable,
    joined,
    order_of,
    separated,
    worth_joining,
)
from stanmlm.model.marginal import Marginal, marginal
from stanmlm.model.nesting import Nesting, nestings
from stanmlm.model.pilot import Pilot, pilot
from stanmlm.model.sweeping import Sweep, sweeps, swept_coordinates
from stanmlm.priors.priors import Priors

# With more coefficients a group, integrating effects out costs more than it saves: a cube against a square.
MOST = 10

# Shares of information below this count for less where likelihoods are not normal (docs/decisions/011).
SMALL = 0.3
# Events in a level from which its likelihood is about normal, whatever the share.
MANY = 2.0

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
    # Terms that are sampled as one: positions of the user's, a block each, which is then what a group term is above;
    # none for each by itself.
    blocks: Blocks = ()

    @property
    def rotated(self) -> Mapping[int, Sweep]:
        """The sweeps by the positions of their terms."""
        return {sweep.term: sweep for sweep in self.sweeps}


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
    >>> from stanmlm import lmer, simulate_exams
    >>> model = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1).model
    >>> at = model.design, model.cells, model.family, model.priors
    >>> float(centering("noncentered", *at).weights[0].max())
    0.0
    """
    chosen = _centred(choice, design, cells, family, priors, prior_only)
    fenced = bounded(sampled_in(chosen, design), design, priors)
    return chosen if fenced.bounds is None else replace(chosen, coordinates=fenced)


def _centred(
    choice: float | str, design: Design, cells: Cells, family: Family, priors: Priors, prior_only: bool
) -> Centering:
    if choice == "auto" and not prior_only:
        decide = integrated if integrable(design, family) and not cells.observed else automatic
        return decide(design, cells, family, priors)
    weight = 0.0 if choice == "auto" else _weight(choice)
    if choice in ("auto", "noncentered") or not design.terms:
        of = of_prior(design, priors) if prior_only else _quick_look(design, cells, family, priors).coordinates
        return replace(noncentered(design), coordinates=of)
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
    F = n_coefficients(design)
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
    >>> from stanmlm import lmer, simulate_exams
    >>> model = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1).model
    >>> at = model.design, model.cells, model.family, model.priors
    >>> automatic(*at).weights[0].shape  # (levels, coefficients)
    (100, 1)
    """
    look = _quick_look(design, cells, family, priors, join=True)
    at, of, design, cells = look.pilot, look.coordinates, look.terms.design, look.terms.cells
    if at is None:
        return replace(noncentered(design), coordinates=of)
    nested = nestings(design, cells)
    rotated = sweeps(design, cells, priors, nested, at)
    of_scores = {sweep.term: sweep.weights[:, None] for sweep in rotated}
    own = in_bases(at, of := swept_coordinates(rotated, design, cells, at, of))
    shares = tuple(of_scores.get(k, share) for k, share in enumerate(informed(own)))
    absorbed, A = absorption(design, cells, shares, of, frozenset(of_scores))
    events = events_of(design, cells, family, at)
    normal = family.sees_squares and not cells.masses
    weights = shares if normal else tuple(_worth(*each) for each in zip(shares, events, strict=True))
    blocks = look.terms.blocks if look.joined else ()
    return Centering(absorbed, A, weights, units(own), nested, at, coordinates=of, sweeps=rotated, blocks=blocks)


def _worth(share: Floats, events: Floats) -> Floats:
    """Weights for shares of information where the likelihood is not normal: less for small ones of few events.

    A normal likelihood's share grows with the sd of the effects. That of a few events does not: a row of all successes
    tells a sign and no more, and effects that are sampled as if it told a place stick where the sd is large. What is
    lost is little: non-centred effects are as correlated with their means as their share says.
    """
    return np.asarray(share * np.minimum(1.0, np.maximum(share / SMALL, events / MANY)) ** 4)


def events_of(design: Design, cells: Cells, family: Family, at: Pilot) -> list[Floats]:
    """What data say of each coefficient's predictor in each level, (J, K) a term: with a log link, expected counts.

    A predictor in the units of the response is counted in those of its scale; where that is none number, as nothing.
    """
    unit = {LOCATION: float(at.scalars.get(family.scale, 0.0)) if family.scale else 1.0}
    places, out = [*places_of(design)], []
    for term, index in zip(design.terms, cells.index, strict=True):
        weights = {dpar: at.working.weight[(places.index(dpar),) * 2] for dpar in dpars_of(term)}
        of = {
            dpar: np.bincount(index, weights=weight * unit.get(dpar, 1.0) ** 2, minlength=len(term.levels))
            for dpar, weight in weights.items()
        }
        out.append(np.stack([of[dpar] for dpar in dpars_of(term)], axis=1).astype(float))
    return out


@dataclass(frozen=True)
class _Look:
    """A quick look at the posterior, and the terms that it sees."""

    pilot: Pilot | None  # None where there is nothing to learn from the data
    coordinates: Coordinates
    terms: Joined
    joined: bool = False


def _quick_look(design: Design, cells: Cells, family: Family, priors: Priors, join: bool = False) -> _Look:
    """The pilot and its coordinates; none and the prior's own where there is nothing to learn from the data.

    Terms of one factor are looked at together, and stay so where that is asked for and the data correlate them.
    """
    alone = joined(design, cells, apart(design))
    nothing = _Look(None, of_prior(design, priors), alone)
    if "log_density" in family.unknown or (cells.masses and "log_cdf" in family.unknown):
        return nothing
    try:
        with np.errstate(all="ignore"):
            look = _looked(design, cells, family, priors, join)
    except np.linalg.LinAlgError:
        return nothing
    of = look.coordinates
    known = all(np.all(np.isfinite(part)) for part in (of.hat, of.factor, of.sd_factor, *of.bases))
    return look if known else nothing


def _looked(design: Design, cells: Cells, family: Family, priors: Priors, join: bool) -> _Look:
    together = joined(design, cells, joinable(design))
    blocks = together.blocks
    may = correlated(design, blocks)
    at = pilot(together.design, together.cells, family, priors, may)
    if join and worth_joining(at, may):
        of = of_pilot(at, may, order_of(design, blocks))
        look = _Look(at, of, together, joined=True)
    else:
        at = separated(at, design, blocks)
        of = of_pilot(at)
        look = _Look(at, of, joined(design, cells, apart(design)))
    informed(in_bases(at, of))  # raises too, where a covariance is singular
    return look


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
    >>> from stanmlm.families import gaussian
    >>> integrable(Design(np.ones((4, 1)), ("(Intercept)",), (0,), True, (), (), np.zeros(4)), gaussian())
    False
    """
    if design.others:
        return False
    groups = {term.group for term in design.terms}
    coefs = sum(len(term.coefs) for term in design.terms)
    return family.sees_squares and len(groups) == 1 and coefs <= MOST


def integrated(design: Design, cells: Cells, family: Family, priors: Priors) -> Centering:
    """Integrate group effects out: nothing to centre, and the pilot still says where to start."""
    look, J = _quick_look(design, cells, family, priors), len(design.terms[0].levels)
    return replace(
        noncentered(design), pilot=look.pilot, marginal=marginal(cells.rows, J), coordinates=look.coordinates
    )


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
    >>> from stanmlm import lmer, simulate_exams
    >>> model = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1).model
    >>> at = model.design, model.cells, model.family, model.priors
    >>> float(forced(*at, 1.0).weights[0].min())
    1.0
    """
    at = pilot(design, cells, family, priors)
    own = in_bases(at, of := of_prior(design, priors) if prior_only else of_pilot(at))
    absorbed, A = absorption(design, cells, informed(own), of)
    weights = tuple(np.full(effects.shape, weight) for effects in own.effects)
    return Centering(absorbed, A, weights, units(own), nestings(design, cells), coordinates=of)


def sampled_in(centres: Centering, design: Design) -> Coordinates:
    """The coordinates that the program samples in."""
    return centres.coordinates or users_own(design)


def informed(at: Pilot) -> tuple[Floats, ...]:
    """The share of information that the data bring on each effect given those before it, (J, K) a term."""
    return tuple(share(information, S) for information, S in zip(at.information, at.covariance, strict=True))


def units(at: Pilot) -> tuple[Floats, ...]:
    """The sd of each effect given those before it, in the population, (K,) a term."""
    return tuple(np.sqrt(variances_in_turn(S)) for S in at.covariance)


def _weight(choice: float | str) -> float:
    weight = NAMED.get(choice, -1.0) if isinstance(choice, str) else float(choice)
    if not 0 <= weight <= 1:
        raise OptionError(f'centering must be "auto", "noncentered", "centered" or from 0 to 1, not {choice!r}')
    return weight
