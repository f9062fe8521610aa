"""The one vector of all fixed coefficients: where those of each predictor stand, and what centring does to them."""

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.design import Design, GroupTerm, Predictor, dpars_of, predictors
from stanmlm.data.whole_rows import means_over_rows


def places_of(design: Design) -> dict[str, slice]:
    """Where the coefficients of each predictor stand, by distributional parameter.

    Examples
    --------
    >>> places_of(Design(np.ones((4, 1)), ("(Intercept)",), (0,), True, (), (), np.zeros(4)))
    {'mu': slice(0, 1, None)}
    """
    every = predictors(design)
    ends = np.cumsum([0, *(len(of.names) for of in every)]).tolist()
    return {of.dpar: slice(start, stop) for of, start, stop in zip(every, ends[:-1], ends[1:], strict=True)}


def predictor_of(design: Design, term: GroupTerm) -> int:
    """The place, among predictors, of the one that a term's first coefficient enters."""
    return [*places_of(design)].index(dpars_of(term)[0])


def n_coefficients(design: Design) -> int:
    """How many there are."""
    return sum(len(of.names) for of in predictors(design))


def beside_intercept(design: Design) -> list[tuple[Predictor, slice]]:
    """The predictors that have an intercept, each with its places: the intercept's is the first."""
    places = places_of(design)
    return [(of, places[of.dpar]) for of in predictors(design) if of.intercept]


def intercepts(design: Design) -> Ints:
    """The places of the intercepts."""
    return np.array([at.start for _, at in beside_intercept(design)], dtype=np.int64)


def slopes(design: Design) -> Ints:
    """The places of all others."""
    return np.setdiff1d(np.arange(n_coefficients(design)), intercepts(design))


def centers(design: Design) -> Floats:
    """What columns are counted from, (F,): their means beside an intercept, and else 0."""
    means, out = means_over_rows(design), np.zeros(n_coefficients(design))
    for _, at in beside_intercept(design):
        out[at.start + 1 : at.stop] = means[at.start + 1 : at.stop]
    return out


def centred(design: Design, coefficients: Floats) -> Floats:
    """The inverse of `uncentred`: with intercepts at centred columns, (..., F)."""
    return 2 * coefficients - uncentred(design, coefficients)


def uncentred(design: Design, coefficients: Floats) -> Floats:
    """Coefficients of the columns as they are, (..., F), from those with intercepts at centred columns.

    Examples
    --------
    >>> X = np.array([[1.0, 2.0], [1.0, 4.0]])
    >>> uncentred(Design(X, ("(Intercept)", "x"), (0, 1), True, (), (), np.zeros(2)), np.array([5.0, 1.0]))
    array([2., 1.])
    """
    out, means = np.array(coefficients, dtype=float), centers(design)
    for _, at in beside_intercept(design):
        out[..., at.start] -= coefficients[..., at] @ means[at]
    return out
