"""Slopes of a family's log density along its predictors, row by row: what a pilot climbs by."""

from collections.abc import Sequence

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.families.categories import at_codes
from stanmlm.families.family import Family
from stanmlm.families.reductions import Extra
from stanmlm.families.theta import Theta

# Steps of difference quotients, in the units of each predictor: they err by a share of step^2, the same whatever the
# units of the data, and by rounding over the step, or its square, which is noise.
FIRST, SECOND = 1e-4, 1e-2


def slopes(
    family: Family, y: Floats, etas: Sequence[Floats], extra: Extra, units: Floats | None = None
) -> tuple[Floats, Floats]:
    """Give score and information of each row in its predictors.

    The information is the family's own, expected one, or where it has none the observed one, minus second derivatives,
    which need not be positive. What of these a family does not have in closed form is taken by differences of its log
    density.

    Parameters
    ----------
    family : Family
    y : array
        (rows,)
    etas : sequence of arrays
        A parameter each, on its link's scale: (rows,), or (1,) where all rows share it.
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
    if family.by_category is not None:
        return _of_categories(family, y, etas, extra, sizes)
    score = scores(family, y, etas, extra, sizes, np.arange(len(etas)))
    if family.information is not None:
        own = family.information(_theta(family, etas), extra)
    elif family.observed is not None:
        own = family.observed(y, _theta(family, etas), extra)
    else:
        return score, _observed(family, y, etas, extra, sizes)
    return score, np.asarray(own * np.multiply.outer(sizes, sizes)[..., None])


def scores(family: Family, y: Floats, etas: Sequence[Floats], extra: Extra, units: Floats, which: Ints) -> Floats:
    """The score in some of the predictors alone, (which, rows); all else as in `slopes`."""
    if family.by_category is not None:
        return _of_categories(family, y, etas, extra, units)[0][which]
    if family.score is not None:
        return np.asarray(family.score(y, _theta(family, etas), extra)[which] * units[which, None])
    up, down = (
        np.array([_density(family, y, _moved(etas, {p: sign * FIRST * units[p]}), extra) for p in which])
        for sign in (1, -1)
    )
    return np.asarray((up - down) / (2 * FIRST))


def _of_categories(
    family: Family, y: Floats, etas: Sequence[Floats], extra: Extra, units: Floats
) -> tuple[Floats, Floats]:
    """Score and expected information: what the scores of all categories come to in the mean."""
    assert family.by_category is not None
    logs, along = family.by_category(family.theta_at(etas))
    P = len(family.parameters)
    own = [along[:P]]
    if family.shared:
        slope = family.shared.link.slope(np.concatenate([*etas[P:], np.zeros(0)]))
        own.append(np.einsum("tg,trk->grk", family.sums * slope, along[P:]))
    every = np.concatenate(own) * units[:, None, None]
    flat = every * np.sqrt(extra.weights[:, None] * np.exp(logs))
    information = np.einsum("prk,qrk->pqr", flat, flat, optimize=True)
    return extra.weights * at_codes(every, y), information


def _observed(family: Family, y: Floats, etas: Sequence[Floats], extra: Extra, units: Floats) -> Floats:
    """Minus the matrix of second differences, (P, P, rows)."""
    P, steps, here = len(etas), SECOND * units, _density(family, y, etas, extra)
    up, down = (
        np.array([_density(family, y, _moved(etas, {p: sign * steps[p]}), extra) for p in range(P)]) for sign in (1, -1)
    )
    information = np.empty((P, P, *here.shape))
    for p in range(P):
        information[p, p] = -(up[p] + down[p] - 2 * here)
        for q in range(p):
            ends = [_moved(etas, {p: sign * steps[p], q: sign * steps[q]}) for sign in (1, -1)]
            both = [_density(family, y, end, extra) for end in ends]
            apart = up[p] + down[p] + up[q] + down[q]
            information[p, q] = information[q, p] = -0.5 * (both[0] + both[1] - apart + 2 * here)
    return information / SECOND**2


def _moved(etas: Sequence[Floats], steps: dict[int, float]) -> list[Floats]:
    return [eta + steps[p] if p in steps else eta for p, eta in enumerate(etas)]


def _density(family: Family, y: Floats, etas: Sequence[Floats], extra: Extra) -> Floats:
    return family.log_density(y, _theta(family, etas), extra)


def _theta(family: Family, etas: Sequence[Floats]) -> Theta:
    return family.theta_at(etas)
