"""A model in units of its own, and the least squares problem that its likelihood is near a linear predictor."""

from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.design import Design
from stanmlm.data.whole_rows import means_over_rows
from stanmlm.families.families import Family
from stanmlm.model.compress import Cells
from stanmlm.priors.priors import Priors

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
    """A model whose columns have root mean square one, and a gaussian response mean 0 and sd 1."""

    X: Floats  # (C, F) columns beside the intercept centred over rows
    Z: tuple[Floats, ...]  # a group term each: (C, K)
    index: tuple[Ints, ...]  # a group term each: (C,)
    levels: tuple[int, ...]  # a group term each
    offset: Floats  # (C,)
    y: Floats  # (C,) mean response of each cell
    n: Floats  # (C,) its prior weight
    spread: tuple[float, float] | None  # rows, and squares within cells, where there is a dispersion
    prior: NormalPrior
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
    X, (y, n), spread = centred(design, cells), family.means(cells.stats), family.spread(cells.stats)
    center, size = _location_and_size(y, n, spread, design.intercept) if family.squares else (0.0, 1.0)
    units = Units(size, center, _size(X, rows), tuple(_size(Z, rows) for Z in cells.Z))
    return Problem(
        X=X / units.X,
        Z=tuple(Z / unit for Z, unit in zip(cells.Z, units.Z, strict=True)),
        index=cells.index,
        levels=tuple(len(term.levels) for term in design.terms),
        offset=cells.offset,
        y=(y - center) / size,
        n=n,
        spread=spread and (spread[0], spread[1] / size**2),
        prior=_own(coefficient_priors(design, priors), units, design.intercept),
        family=family,
        units=units,
    )


def first_working(of: Problem) -> Working:
    """At a linear predictor that differs between rows by their offsets alone."""
    return working_at(of.family.link.forward(_overall(of)) + _offset_about_its_mean(of), 1.0, of)


def working_at(eta: Floats, dispersion: float, of: Problem) -> Working:
    """The linear approximation of the likelihood at eta (McCullagh and Nelder 1989, section 2.5)."""
    link, variance, overall = of.family.link, of.family.variance, _overall(of)
    mu = link.inverse(eta)
    slope = np.maximum(link.slope(eta), LEAST * link.slope(link.forward(overall)))
    weight = of.n * slope**2 / (np.maximum(variance(mu), LEAST * variance(overall)) * dispersion)
    return Working(eta - of.offset + (of.y - mu) / slope, weight)


def bounds(of: Problem) -> tuple[float, float]:
    """Where the linear predictor may go: beyond the data's own range a step has overshot.

    At an end of the range of means the data say no more than that it is a hundredth of one event away.
    """
    if of.family.squares:
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


def centred(design: Design, cells: Cells) -> Floats:
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


def coefficient_priors(design: Design, priors: Priors) -> NormalPrior:
    """Of the coefficients of centred columns, in the user's units; what is neither normal nor Student t is flat."""
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
