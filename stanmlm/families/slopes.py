"""Slopes of a family's log density along its predictors, row by row: what a pilot climbs by."""

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.families.family import Family
from stanmlm.families.reductions import Extra
from stanmlm.families.theta import Theta

# Steps of difference quotients, on link scales: they err by a share of step^2, the same whatever the units of the
# data, and by rounding over the step, or its square, which is noise.
FIRST, SECOND = 1e-4, 1e-2


def slopes(family: Family, y: Floats, etas: Floats, extra: Extra) -> tuple[Floats, Floats]:
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

    Returns
    -------
    tuple
        Score, (P, rows), and information, (P, P, rows).

    Examples
    --------
    >>> from stanmlm.families.poisson import POISSON
    >>> one = np.ones(1)
    >>> score, information = slopes(POISSON, 3 * one, np.zeros((1, 1)), Extra(one, one))
    >>> float(score.round(6)[0, 0]), float(information[0, 0, 0])
    (2.0, 1.0)
    """
    up, down = _both_ways(family, y, etas, extra, FIRST)
    score = (up - down) / (2 * FIRST)
    if family.information is not None:
        return score, family.information(_theta(family, etas), extra)
    return score, _observed(family, y, etas, extra)


def _observed(family: Family, y: Floats, etas: Floats, extra: Extra) -> Floats:
    """Minus the matrix of second differences, (P, P, rows)."""
    P = len(etas)
    steps, here = SECOND * np.eye(P)[:, :, None], _density(family, y, etas, extra)
    up, down = _both_ways(family, y, etas, extra, SECOND)
    information = np.empty((P, P, *here.shape))
    for p in range(P):
        information[p, p] = -(up[p] + down[p] - 2 * here)
        for q in range(p):
            both = [_density(family, y, etas + sign * (steps[p] + steps[q]), extra) for sign in (1, -1)]
            apart = up[p] + down[p] + up[q] + down[q]
            information[p, q] = information[q, p] = -0.5 * (both[0] + both[1] - apart + 2 * here)
    return information / SECOND**2


def _both_ways(family: Family, y: Floats, etas: Floats, extra: Extra, size: float) -> tuple[Floats, Floats]:
    """The log density a step up and a step down along each predictor, (P, rows) each."""
    steps = size * np.eye(len(etas))[:, :, None]
    up, down = ([_density(family, y, etas + sign * step, extra) for step in steps] for sign in (1, -1))
    return np.array(up), np.array(down)


def _density(family: Family, y: Floats, etas: Floats, extra: Extra) -> Floats:
    return family.log_density(y, _theta(family, etas), extra)


def _theta(family: Family, etas: Floats) -> Theta:
    return family.theta(dict(zip(family.links, etas, strict=True)), {})
