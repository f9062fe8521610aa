"""Coefficients without a prior that the data push to infinity: responses that a combination of columns separates."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Bools, Floats, Ints
from stanmlm.data.coefficients import places_of
from stanmlm.families import Family
from stanmlm.families.observation import log_likelihood
from stanmlm.families.reductions import Extra, extra_at
from stanmlm.families.responses import ONE, Response
from stanmlm.families.thresholds import THRESHOLDS
from stanmlm.model.model import Model

# Predictors where a density has no more to lose; it has lost less than this between one and twice that.
FAR, STILL = 1e3, 1e-6
# The posterior sd of a coefficient times its column's range, in a pilot, from which separation is looked for at all.
WIDE = 2.0
# Share of the largest singular value, or of a column's size, that is none.
NOTHING = 1e-7
# Numbers in the largest linear programme.
MOST = 2_000_000


def improper(model: Model) -> Iterator[str]:
    """What to say where flat priors and separated responses leave no posterior.

    Along a direction in which every density of a row stays where it is or grows, the likelihood does not fall, and a
    flat prior has no end (Albert and Anderson 1984; the linear programme is Konis's, 2007, section 4.2).
    """
    flat, family = _flat(model), model.family
    if (
        not flat
        or family.items is not None
        or len(family.locations) > 1
        or {"log_density", "log_cdf"} & {*family.unknown}
    ):
        return
    X = _columns(model, flat)
    if X.size > MOST or not _may_be_wide(model, flat, X):
        return
    found = separating(X, *_may_move(model))
    if found.any():
        names = ", ".join(f"`{model.design.names[k]}`" for k, here in zip(flat, found, strict=True) if here)
        yield (
            f"the posterior is improper: no prior holds {names}, and some combination of these separates the responses "
            f"`{model.response.label}` (lme4 and glm: fitted probabilities of 0 or 1 occurred), so that they run to "
            'infinity and draws are of no distribution; give them a prior, priors=[set_prior("normal(0, 2.5)", '
            'class_="b"), set_prior("normal(0, 2.5)", class_="Intercept")]'
        )


def separating(X: Floats, up: Bools, down: Bools) -> Bools:
    """The columns of a direction along which predictors of rows move to where they may go, some of them; none if none.

    Parameters
    ----------
    X : array
        (C, F) columns.
    up, down : array
        (C,) whether the density of a row loses nothing where its predictor grows, and where it falls, without end.

    Returns
    -------
    array
        (F,) whether each column is in it.

    Examples
    --------
    >>> X, y = np.array([[1.0, -1.0], [1.0, 0.0], [1.0, 2.0]]), np.array([0, 0, 1])
    >>> separating(X, y == 1, y == 0).tolist()
    [True, True]
    >>> separating(X, np.array([True, False, True]), np.array([False, True, False])).tolist()
    [False, False]
    """
    from scipy import linalg, optimize

    none = np.zeros(X.shape[1], dtype=bool)
    size = np.abs(X).max(axis=0, initial=0.0)
    X = X / np.where(size > 0, size, 1.0)
    fixed, signed = ~up & ~down, up != down
    free = linalg.null_space(X[fixed], rcond=NOTHING) if fixed.any() else np.eye(X.shape[1])
    A = np.unique((np.where(up, 1.0, -1.0)[:, None] * X)[signed] @ free, axis=0)
    if not A.size:
        return none
    best = optimize.linprog(-A.sum(axis=0), A_ub=-A, b_ub=np.zeros(len(A)), bounds=(-1, 1), method="highs")
    if not best.success or -best.fun <= NOTHING * len(A):
        return none
    return np.asarray(np.abs(free @ best.x) > NOTHING)


def _flat(model: Model) -> list[int]:
    """Places of the location's coefficients that have neither a prior nor bounds; thresholds are not among them."""
    own = [row for row in model.priors.rows if row.dpar == model.design.dpar and row.class_ in ("b", "Intercept")]
    free = [row for row in own if row.distribution == "flat" and np.all(np.isinf(row.bounds))]
    names = {row.address.coef for row in free if row.class_ == "b"}
    has_intercept = model.design.intercept and not model.family.shared
    first = [0] if has_intercept and any(row.class_ == "Intercept" for row in free) else []
    return first + [k for k, name in enumerate(model.design.names) if name in names]


def _columns(model: Model, flat: list[int]) -> Floats:
    """(C, F) these columns in cells; about their means where the intercept is there, whose prior is at these."""
    X = model.cells.X[:, places_of(model.design)[model.design.dpar]][:, flat]
    if not model.design.intercept:
        return X
    often = np.bincount(model.cells.row, minlength=len(X))
    inner = [k for k, place in enumerate(flat) if place > 0]
    centred = X.copy()
    centred[:, inner] -= often @ X[:, inner] / often.sum()
    return centred


def _may_be_wide(model: Model, flat: list[int], X: Floats) -> bool:
    """Whether a pilot leaves some of these coefficients open; true without a pilot."""
    at = model.centering.pilot
    if at is None:
        return True
    own = at.uncertainty[places_of(model.design)[model.design.dpar]][:, places_of(model.design)[model.design.dpar]]
    sd = np.sqrt(np.diag(own)[flat])
    return not bool(np.all(sd * np.maximum(np.ptp(X, axis=0), 1.0 * (np.array(flat) == 0)) < WIDE))


def _may_move(model: Model) -> tuple[Bools, Bools]:
    """Whether all densities of a cell lose nothing where its predictor grows, and where it falls, (C,) each."""
    response, family, C = model.response, model.family, len(model.cells.X)
    there = np.flatnonzero((response.weights > 0) & (response.exponents > 0))
    extra = replace(extra_at(response, there), weights=np.ones(len(there)), exponents=ONE)
    lost = {
        sign: np.bincount(model.cells.row[there], _loses(family, response, there, extra, sign), C) for sign in (1, -1)
    }
    return lost[1] == 0, lost[-1] == 0


def _loses(family: Family, response: Response, there: Ints, extra: Extra, sign: int) -> Bools:
    """Whether the density of a response still falls, far out on one side."""
    starts = {one.name: one.within.inside(np.asarray(one.start(response))) for one in family.scalars}
    held = {name: np.full((1, 1), float(value)) for name, value in starts.items()}
    theta = family.theta({family.location.name: np.zeros((1, len(there)))}, held)
    thresholds = {THRESHOLDS: np.arange(float(len(family.categories) - 1))[None]} if family.shared else {}

    def density(far: float) -> Floats:
        etas = {**theta.etas, family.location.name: np.full((1, len(there)), sign * far)}
        return np.asarray(
            log_likelihood(family, response.y[there], replace(theta, etas=etas, shared=thresholds), extra)[0]
        )

    with np.errstate(all="ignore"):
        near, far = density(FAR), density(2 * FAR)
    return ~(np.isfinite(near) & np.isfinite(far) & (np.abs(far - near) < STILL))
