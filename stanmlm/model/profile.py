"""A step of a pilot by the slopes of the log density itself: the working response, and the scalars beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.families import Family
from stanmlm.families.family import Distributional
from stanmlm.families.reductions import Observed
from stanmlm.families.responses import Response
from stanmlm.families.slopes import slopes
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.priors import PriorRow

# Information below this share of what the scores themselves say is not believed; and steps on link scales stay short.
LEAST, LONGEST = 1e-3, 1.0
STEP = 1e-3  # of difference quotients of priors

Scalars = Mapping[str, float]  # natural values by parameter


@dataclass(frozen=True)
class Profile:
    """Score and information of each cell along the location, and where the scalars go from here."""

    score: Floats  # (C,)
    information: Floats  # (C,)
    scalars: Scalars
    variance: Scalars  # of each on its link's scale


def profile(
    family: Family, seen: Observed, eta: Floats, scalars: Scalars, priors: Mapping[str, PriorRow], unit: float
) -> Profile:
    """Take one Newton step of the scalars at a linear predictor, and give the slopes of all cells along it.

    Parameters
    ----------
    family : Family
    seen : Observed
        Responses in units of `unit`, where the family has parameters that scale them.
    eta : array
        (C,) the location's linear predictor, in the same units.
    scalars : mapping
        Where they are, natural, in the same units.
    priors : mapping
        Those of the scalars, in the user's units.
    unit : float

    Returns
    -------
    Profile

    Examples
    --------
    >>> def slopes_of_cells(family, seen, eta):
    ...     return profile(family, seen, eta, {}, {}, 1.0).score
    """
    here = np.array([one.link.forward(np.asarray(scalars[one.name])) for one in family.scalars])
    etas = np.vstack([eta[seen.cell], *(np.full(len(seen.y), value) for value in here)])
    score, information = slopes(family, seen.y, etas, seen.extra)
    score, information, n = score * seen.n, information * seen.n, seen.n
    along = np.bincount(seen.cell, score[0], len(eta))
    bent = np.bincount(seen.cell, information[0, 0], len(eta))
    squares = np.bincount(seen.cell, score[0] ** 2 / n, len(eta))
    counts = np.bincount(seen.cell, n, len(eta))
    least = LEAST * np.maximum(squares, counts * squares.sum() / max(counts.sum(), 1.0))
    slope, curve = score[1:].sum(axis=1), information[1:, 1:].sum(axis=-1)
    for i, one in enumerate(family.scalars):
        first, second = _prior_slopes(one, float(here[i]), priors.get(one.name), unit if one.scales_groups else 1.0)
        slope[i], curve[i, i] = slope[i] + first, curve[i, i] - second
    moved, spread = _newton(here, slope, curve)
    names = [one.name for one in family.scalars]
    values = [float(one.link.inverse(np.asarray(at))) for one, at in zip(family.scalars, moved, strict=True)]
    return Profile(
        np.asarray(along, dtype=float),
        np.maximum(bent, least),
        dict(zip(names, values, strict=True)),
        dict(zip(names, spread.tolist(), strict=True)),
    )


def first_scalars(family: Family, seen: Observed) -> Scalars:
    """Where the scalars start, from the responses."""
    response = Response("", seen.y, seen.extra.trials, seen.n)
    return {one.name: one.start(response) for one in family.scalars}


def in_users_units(family: Family, scalars: Scalars, unit: float) -> Scalars:
    """Those that scale the response, times its unit."""
    return {one.name: scalars[one.name] * (unit if one.scales_groups else 1.0) for one in family.scalars}


def _newton(at: Floats, slope: Floats, curve: Floats) -> tuple[Floats, Floats]:
    """A short step uphill, and the variances; curvature that is not one is as if it were the other way round."""
    if not len(at):
        return at, at
    values, vectors = np.linalg.eigh(curve)
    values = np.maximum(np.abs(values), LEAST)
    step = vectors @ ((vectors.T @ slope) / values)
    return at + np.clip(step, -LONGEST, LONGEST), np.asarray((vectors**2) @ (1 / values))


def _prior_slopes(one: Distributional, at: float, row: PriorRow | None, unit: float) -> tuple[float, float]:
    """Slope and curvature of a log prior with its Jacobian on the link's scale; a flat one has the Jacobian's alone."""
    three = at + STEP * np.array([-1.0, 0.0, 1.0])
    value = np.log(np.abs(one.link.slope(three)))
    if row is not None:
        value = value + DISTRIBUTIONS[row.distribution].log_density(one.link.inverse(three) * unit, row.arguments)
    return float(value[2] - value[0]) / (2 * STEP), float(value[2] + value[0] - 2 * value[1]) / STEP**2
