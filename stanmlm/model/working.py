"""A model in units of its own, and the least squares problem that its likelihood is near a linear predictor."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.design import Design
from stanmlm.data.whole_rows import means_over_rows
from stanmlm.families import Family
from stanmlm.families.reductions import Extra, Observed
from stanmlm.model.compress import Cells
from stanmlm.model.profile import Scalars, profile
from stanmlm.priors.priors import PriorRow, Priors

# The least precision of a prior, and the greatest, in a problem's own units: flat priors, and fixed numbers.
FLATTEST, TIGHTEST = 1e-10, 1e20
# A response whose spread is below this share of its size is a constant with rounding.
ROUNDING = 1e-15
# Slopes and variances of the mean stay above this share of what they are at the overall mean.
LEAST = 1e-12


@dataclass(frozen=True)
class Units:
    """What a problem's own numbers are multiples of; no number of the pilot is compared with one in other units."""

    response: float
    center: float  # of the response
    X: Floats  # (F,)
    Z: tuple[Floats, ...]  # a group term each: (K,)


@dataclass(frozen=True)
class NormalPrior:
    """The priors of fixed coefficients, normal or Student t; flat ones have an infinite scale."""

    location: Floats  # (F,)
    scale: Floats  # (F,)
    df: Floats  # (F,) infinite for a normal


@dataclass(frozen=True)
class Problem:
    """A model whose columns have root mean square one, and a response that a family scales mean 0 and sd 1."""

    X: Floats  # (C, F) columns beside the intercept centred over rows
    Z: tuple[Floats, ...]  # a group term each: (C, K)
    index: tuple[Ints, ...]  # a group term each: (C,)
    levels: tuple[int, ...]  # a group term each
    offset: Floats  # (C,)
    y: Floats  # (C,) mean response of each cell
    n: Floats  # (C,) its prior weight
    spread: tuple[float, float] | None  # rows, and squares within cells, where there is a dispersion
    observed: Observed | None  # the responses, where means of cells do not say all
    prior: NormalPrior
    scalar_priors: Mapping[str, PriorRow]  # in the user's units
    family: Family
    units: Units


@dataclass(frozen=True)
class Working:
    """The weighted least squares problem of one step."""

    response: Floats  # (C,) on the link scale, the offset taken off
    weight: Floats  # (C,)


def problem(design: Design, cells: Cells, family: Family, priors: Priors) -> Problem:
    """Put a model into its own units, so that a constant means the same whatever the user's units are.

    Parameters
    ----------
    design : Design
    cells : Cells
    family : Family
    priors : Priors

    Returns
    -------
    Problem

    Examples
    --------
    >>> def size_of_columns(design, cells, family, priors):
    ...     return problem(design, cells, family, priors).units.X
    """
    rows = np.bincount(cells.row, minlength=len(cells.X)).astype(float)
    X, (y, n, spread) = _centred(design, cells), _means(cells, family)
    center, size = _location_and_size(y, n, spread, design.intercept) if family.autoscales else (0.0, 1.0)
    units = Units(size, center, _size(X, rows), tuple(_size(Z, rows) for Z in cells.Z))
    return Problem(
        X=X / units.X,
        Z=tuple(Z / unit for Z, unit in zip(cells.Z, units.Z, strict=True)),
        index=cells.index,
        levels=tuple(len(term.levels) for term in design.terms),
        offset=cells.offset / size,
        y=(y - center) / size,
        n=n,
        spread=(spread[0], spread[1] / size**2) if spread and cells.observed is None else None,
        observed=cells.observed and replace(cells.observed, y=(cells.observed.y - center) / size),
        scalar_priors={row.class_: row for row in priors.rows if row.class_ in family.links},
        prior=_own(_prior(design, priors), units, design.intercept),
        family=family,
        units=units,
    )


def _means(cells: Cells, family: Family) -> tuple[Floats, Floats, tuple[float, float] | None]:
    """The mean response of each cell and how much it weighs; rows and squares within cells, where they are told."""
    seen = cells.observed
    if seen is None:
        reduction = family.reduction(())
        assert reduction is not None
        assert reduction.means is not None
        return *reduction.means(cells.stats), reduction.spread(cells.stats) if reduction.spread else None
    C = len(cells.first)
    n = np.asarray(np.bincount(seen.cell, seen.n, C), dtype=float)
    mean = np.asarray(np.bincount(seen.cell, seen.n * seen.y, C) / np.where(n > 0, n, 1))
    return mean, n, (float(n.sum()), float(seen.n @ (seen.y - mean[seen.cell]) ** 2))


def first_eta(of: Problem) -> Floats:
    """A linear predictor that differs between rows by their offsets alone."""
    return np.asarray(of.family.link.forward(_overall(of)) + _offset_about_its_mean(of))


def working_by_slopes(eta: Floats, scalars: Scalars, of: Problem) -> tuple[Working, Scalars, Scalars]:
    """The same from the slopes of the log density, with the scalars one step further and their variances."""
    assert of.observed is not None
    found = profile(of.family, of.observed, eta, scalars, of.scalar_priors, of.units.response)
    response = eta - of.offset + found.score / np.where(found.information > 0, found.information, np.inf)
    return Working(response, found.information), found.scalars, found.variance


def working_at(eta: Floats, dispersion: float, of: Problem) -> Working:
    """The linear approximation of the likelihood at eta (McCullagh and Nelder 1989, section 2.5)."""
    link, overall = of.family.link, _overall(of)
    mu = link.inverse(eta)
    slope = np.maximum(link.slope(eta), LEAST * link.slope(link.forward(overall)))
    least = LEAST * _unit_variance(of.family, overall)
    weight = of.n * slope**2 / (np.maximum(_unit_variance(of.family, mu), least) * dispersion)
    return Working(eta - of.offset + (of.y - mu) / slope, weight)


def _unit_variance(family: Family, mu: Floats) -> Floats:
    """Of one response of weight one at these means, over the dispersion."""
    one = np.ones_like(mu)
    natural = {family.location.name: mu, **{scalar.name: one for scalar in family.scalars}}
    return family.variance_of(family.theta({}, natural), Extra(one, one))


def bounds(of: Problem) -> tuple[float, float]:
    """Where the linear predictor may go: beyond the data's own range a step has overshot.

    At an end of the range of means the data say no more than that it is a hundredth of one event away.
    """
    if not np.isfinite(of.family.bounds(np.ones(1))).any():
        return -np.inf, np.inf
    mean = _overall(of)[0]
    share = 0.01 / (1 + float(of.n @ of.y))
    ends = np.array([min(of.y.min(), mean), max(of.y.max(), mean)])
    low, high = of.family.link.forward(ends + share * (mean - ends))
    offsets = _offset_about_its_mean(of)
    return float(low + offsets.min()) - 1, float(high + offsets.max()) + 1


def _offset_about_its_mean(of: Problem) -> Floats:
    total = float(of.n.sum())
    return of.offset - (float(of.n @ of.offset) / total if total > 0 else 0.0)


def _overall(of: Problem) -> Floats:
    """The mean response, (1,), with half an observation at each end of the range that the family has."""
    low, high = of.family.bounds(np.ones(1))
    total = of.n.sum() + np.isfinite(high)
    return np.asarray((of.n @ of.y + 0.5 * np.isfinite(low)) / np.where(total > 0, total, 1.0))


def _centred(design: Design, cells: Cells) -> Floats:
    """X in cells with its columns beside the intercept centred over rows."""
    means = means_over_rows(design)
    return cells.X - np.where(np.arange(len(means)) == 0, 0, means) if design.intercept else cells.X


def _size(columns: Floats, rows: Floats) -> Floats:
    """Root mean squares over rows, and 1 for a column of zeros."""
    largest = np.max(np.abs(columns), axis=0, initial=0.0)
    largest = np.where(largest > 0, largest, 1.0)
    root = np.sqrt(rows @ (columns / largest) ** 2 / max(rows.sum(), 1.0))
    return np.asarray(np.where(root > 0, root, 1.0) * largest)


def _location_and_size(
    y: Floats, n: Floats, spread: tuple[float, float] | None, intercept: bool
) -> tuple[float, float]:
    """The mean of a response and its root mean square around it; around zero without an intercept."""
    total = n.sum()
    if not total > 0:
        return 0.0, 1.0
    center = float(n @ y / total) if intercept else 0.0
    size = float(np.sqrt(((spread[1] if spread else 0.0) + n @ (y - center) ** 2) / total))
    return center, size if size > ROUNDING * float(np.max(np.abs(y))) else 1.0


def _prior(design: Design, priors: Priors) -> NormalPrior:
    """In the user's units; whatever is neither normal nor Student t is flat."""
    F = design.X.shape[1]
    location, scale, df = np.zeros(F), np.full(F, np.inf), np.full(F, np.inf)
    for row in priors.rows:
        if row.class_ in ("b", "Intercept") and row.distribution in ("normal", "student_t", "cauchy"):
            place = row.position + design.intercept if row.class_ == "b" else 0
            location[place], scale[place] = row.arguments[-2:]
            df[place] = {"normal": np.inf, "student_t": row.arguments[0], "cauchy": 1.0}[row.distribution]
    return NormalPrior(location, scale, df)


def _own(prior: NormalPrior, units: Units, intercept: bool) -> NormalPrior:
    unit, location = units.X / units.response, prior.location.copy()
    location[:1] -= units.center if intercept else 0.0
    return NormalPrior(location * unit, prior.scale * unit, prior.df)


def prior_precision(prior: NormalPrior, beta: Floats) -> Floats:
    """Of each coefficient, (F,); a Student t is as precise as the normal with its slope there (Lange et al. 1989)."""
    heavy = np.isfinite(prior.df)
    df = np.where(heavy, prior.df, 1.0)
    squares = np.where(heavy, (df * prior.scale**2 + (beta - prior.location) ** 2) / (df + 1), prior.scale**2)
    return np.clip(1 / squares, FLATTEST, TIGHTEST)
