"""Slopes of a family's log density along its predictors, row by row: what a pilot climbs by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.families.categories import of_each_response
from stanmlm.families.family import Family
from stanmlm.families.links import LINKS, Link
from stanmlm.families.observation import log_likelihood
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import ZERO
from stanmlm.families.theta import Theta
from stanmlm.families.thresholds import THRESHOLDS, stacked

# Steps of difference quotients, in the units of each predictor: they err by a share of step^2, the same whatever the
# units of the data, and by rounding over the step, or its square, which is noise.
FIRST, SECOND = 1e-4, 1e-2


def slopes(
    family: Family, y: Floats, etas: Sequence[Floats], extra: Extra, units: Floats | None = None
) -> tuple[Floats, Floats]:
    """Give score and information of each row in its predictors.

    The information is the family's own, expected one, or where it has none the observed one, minus second derivatives
    along the links that slopes are written in, which need not be positive. What of these a family does not have in
    closed form is taken by differences of its log density.

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
    return scores(family, y, etas, extra, sizes, np.arange(len(etas))), curvature(family, y, etas, extra, sizes)


def curvature(family: Family, y: Floats, etas: Sequence[Floats], extra: Extra, units: Floats) -> Floats:
    """The information of `slopes` alone, (P, P, rows)."""
    if family.by_category is not None:
        return _of_categories(family, y, etas, extra, units)[1]
    at = _as_written(family, etas, units)
    if family.information is not None and _closed(extra):
        own = _free(family, family.information(at.theta, extra))
    elif family.observed is not None and _closed(extra):
        own = _free(family, family.observed(y, at.theta, extra))
    else:
        own = _observed(family, y, at, extra)
    return np.asarray(own * at.rates[:, None] * at.rates[None])


def information_of(family: Family, etas: Sequence[Floats], extra: Extra) -> Floats:
    """A family's expected information in its predictors, (P, P, rows)."""
    assert family.information is not None
    at = _as_written(family, etas, np.ones(len(etas)))
    return np.asarray(family.information(at.theta, extra) * at.rates[:, None] * at.rates[None])


def scores(family: Family, y: Floats, etas: Sequence[Floats], extra: Extra, units: Floats, which: Ints) -> Floats:
    """The score in some of the predictors alone, (which, rows); all else as in `slopes`."""
    if family.by_category is not None:
        return _of_categories(family, y, etas, extra, units)[0][which]
    at = _as_written(family, etas, units)
    if family.score is not None and _closed(extra):
        score = family.score(y, at.theta, extra)[np.array(family.free)]
        return np.asarray((score * at.rates)[which])
    up, down = (
        np.array([_density(family, y, at, {p: sign * FIRST * at.steps[p]}, extra) for p in which]) for sign in (1, -1)
    )
    return np.asarray((up - down) / (2 * FIRST * at.steps[which, None]) * at.rates[which])


def _of_categories(
    family: Family, y: Floats, etas: Sequence[Floats], extra: Extra, units: Floats
) -> tuple[Floats, Floats]:
    """Score and expected information: what the scores of all categories come to in the mean."""
    assert family.by_category is not None
    P = len(family.parameters)
    logs, along = family.by_category(theta_at(family, etas, extra.item))
    own = [along[:P]]
    if family.shared:
        eta, sums = _numbers(family, etas, extra.item)
        own.append(np.einsum("rtg,trk->grk", sums * family.shared.link.slope(eta)[:, None, :], along[P:]))
    every = np.concatenate(own) * units[:, None, None]
    flat = every * np.sqrt((extra.weights * extra.trials)[:, None] * np.exp(logs))
    information = np.einsum("prk,qrk->pqr", flat, flat, optimize=True)
    return extra.weights * of_each_response(every, y), information


def theta_at(family: Family, etas: Sequence[Floats], item: Floats = ZERO) -> Theta:
    """A family's parameters where a pilot is; thresholds are steps from the intercept, which the location has.

    Parameters
    ----------
    family : Family
    etas : sequence of arrays
        `Family.numbers` in their order, on their links' scales: (rows,) each, or (1,) where all rows share it.
    item : array
        (rows,) where rows of items have thresholds of their own.

    Returns
    -------
    Theta
    """
    theta = family.theta(dict(zip(family.links, etas, strict=False)), {})
    if family.shared is None:
        return theta
    eta, sums = _numbers(family, etas, item)
    steps = np.einsum("rtg,rg->rt", sums, family.shared.link.inverse(eta))
    steps = np.where(family.items.at[item.astype(int)] < 0, np.inf, steps) if family.items else steps[0]
    return replace(theta, shared={THRESHOLDS: steps})


def _numbers(family: Family, etas: Sequence[Floats], item: Floats) -> tuple[Floats, Floats]:
    """Linear predictors of what thresholds are sums of, (rows, G), and the sums, (rows, T, G); one row for all."""
    own, sums = etas[len(family.parameters) :], stacked(family.sums_of_items)
    rows = len(item) if family.items else 1
    eta = np.array([np.broadcast_to(one, rows) for one in own]).reshape(len(own), rows).T
    return eta, sums[item.astype(int)] if family.items else sums


@dataclass(frozen=True)
class _Written:
    """Predictors under the links in which slopes are written, or else their differences taken: those know no bounds."""

    theta: Theta
    steps: Floats  # (P,) what differences are counted in
    rates: Floats  # (P, rows) or (P, 1): how fast they move with the predictors in the caller's units


def _as_written(family: Family, etas: Sequence[Floats], units: Floats) -> _Written:
    links = _written_in(family)
    moved, rates, steps = dict[str, Floats](), list[Floats](), units.copy()
    for p, (one, eta) in enumerate(zip(family.parameters, etas, strict=True)):
        to = links[one.name]
        moved[one.name], rate = (eta, np.ones_like(eta)) if to == one.link else _under(one.link, to, eta)
        rates.append(rate * units[p])
        steps[p] = units[p] if to == one.link else 1.0
    held = family.theta(moved, {}).natural
    return _Written(Theta.from_eta(moved, links, held), steps, np.array(np.broadcast_arrays(*rates)))


def _written_in(family: Family) -> dict[str, Link]:
    every = (family.whole or family).parameters
    named = dict(zip((one.name for one in every), family.slopes_in, strict=False))
    return {
        one.name: LINKS[named[one.name]]
        if named.get(one.name)
        else one.alone.link
        if one.name in family.domains
        else one.link
        for one in family.parameters
    }


def _under(own: Link, to: Link, eta: Floats) -> tuple[Floats, Floats]:
    """A predictor under another link, and its derivative along its own."""
    new = own.log_inverse(eta) if to.name == "log" else to.forward(own.inverse(eta))
    return new, np.asarray(own.slope(eta) / to.slope(new))


def _observed(family: Family, y: Floats, at: _Written, extra: Extra) -> Floats:
    """Minus the matrix of second differences, (P, P, rows)."""
    P, steps, here = len(at.steps), SECOND * at.steps, _density(family, y, at, {}, extra)
    up, down = (np.array([_density(family, y, at, {p: sign * steps[p]}, extra) for p in range(P)]) for sign in (1, -1))
    information = np.empty((P, P, *here.shape))
    for p in range(P):
        information[p, p] = -(up[p] + down[p] - 2 * here)
        for q in range(p):
            both = [_density(family, y, at, {p: sign * steps[p], q: sign * steps[q]}, extra) for sign in (1, -1)]
            apart = up[p] + down[p] + up[q] + down[q]
            information[p, q] = information[q, p] = -0.5 * (both[0] + both[1] - apart + 2 * here)
    return information / np.multiply.outer(steps, steps)[..., None]


def _density(family: Family, y: Floats, at: _Written, moves: Mapping[int, float], extra: Extra) -> Floats:
    etas = at.theta.etas.items()
    moved = {name: eta + moves[p] if p in moves else eta for p, (name, eta) in enumerate(etas)}
    return log_likelihood(family, y, replace(at.theta, etas=moved), extra)


def _closed(extra: Extra) -> bool:
    """Whether what a family has in closed form holds: for responses seen whole, whose sd is all their own."""
    return extra.whole and not np.any(extra.se)


def _free(family: Family, matrices: Floats) -> Floats:
    """Of the parameters that are not held at a number."""
    return matrices[np.ix_(family.free, family.free)] if family.constants else matrices


def has_information(family: Family, extra: Extra) -> bool:
    """Whether `slopes` gives expected information, which is never negative."""
    return family.by_category is not None or (family.information is not None and _closed(extra))
