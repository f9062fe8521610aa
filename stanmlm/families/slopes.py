"""Slopes of a family's log density along its predictors, row by row: what a pilot climbs by."""

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.families.family import Family
from stanmlm.families.reductions import Extra
from stanmlm.families.theta import Theta

# Steps of difference quotients, in the units of each predictor: they err by a share of step^2, the same whatever the
# units of the data, and by rounding over the step, or its square, which is noise.
FIRST, SECOND = 1e-4, 1e-2


def slopes(family: Family, y: Floats, etas: Floats, extra: Extra, units: Floats | None = None) -> tuple[Floats, Floats]:
    """Give score and information of each row in its predictors.

    The score is a difference quotient of the log density. The information is the family's own, expected one, or where
    it has none the observed one, minus second differences, which need not be positive.

    Parameters
    ----------
    family : Family
    y : array
        (rows,)
    etas : array
        (P, rows) of all parameters, on their links' scales.
    extra : Extra
    units : array, optional
        (P,) what a difference in each predictor is counted in: about the size of what matters; 1 by default.

    Returns
    -------
    tuple
        Score, (P, rows), and information, (P, P, rows), of predictors in these units.

    Examples
    --------
    >>> from stanmlm.families.poisson import POISSON
    >>> one = np.ones(1)
    >>> score, information = slopes(POISSON, 3 * one, np.zeros((1, 1)), Extra(one, one))
    >>> float(score.round(6)[0, 0]), float(information[0, 0, 0])
    (2.0, 1.0)
    """
    sizes = np.ones(len(etas)) if units is None else units
    score = scores(family, y, etas, extra, sizes, np.arange(len(etas)))
    if family.information is not None:
        information = family.information(_theta(family, etas), extra)
        return score, np.asarray(information * np.multiply.outer(sizes, sizes)[..., None])
    return score, _observed(family, y, etas, extra, sizes)


def scores(family: Family, y: Floats, etas: Floats, extra: Extra, units: Floats, which: Ints) -> Floats:
    """The score in some of the predictors alone, (which, rows); all else as in `slopes`."""
    steps = np.diag(units)[which, :, None]
    up, down = (
        np.array([_density(family, y, etas + sign * FIRST * step, extra) for step in steps]) for sign in (1, -1)
    )
    return np.asarray((up - down) / (2 * FIRST))


def _observed(family: Family, y: Floats, etas: Floats, extra: Extra, units: Floats) -> Floats:
    """Minus the matrix of second differences, (P, P, rows)."""
    P = len(etas)
    steps, here = SECOND * np.diag(units)[:, :, None], _density(family, y, etas, extra)
    up, down = (np.array([_density(family, y, etas + sign * step, extra) for step in steps]) for sign in (1, -1))
    information = np.empty((P, P, *here.shape))
    for p in range(P):
        information[p, p] = -(up[p] + down[p] - 2 * here)
        for q in range(p):
            both = [_density(family, y, etas + sign * (steps[p] + steps[q]), extra) for sign in (1, -1)]
            apart = up[p] + down[p] + up[q] + down[q]
            information[p, q] = information[q, p] = -0.5 * (both[0] + both[1] - apart + 2 * here)
    return information / SECOND**2


def _density(family: Family, y: Floats, etas: Floats, extra: Extra) -> Floats:
    return family.log_density(y, _theta(family, etas), extra)


def _theta(family: Family, etas: Floats) -> Theta:
    return family.theta(dict(zip(family.links, etas, strict=True)), {})
