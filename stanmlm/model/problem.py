"""A model in units of its own, all of its predictors side by side: what the pilot solves."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from stanmlm.base.arrays import Bools, Floats, Ints, constant
from stanmlm.data.coefficients import centers, intercepts, n_coefficients, places_of, slopes
from stanmlm.data.design import Design, dpars_of, predictors
from stanmlm.families import Family
from stanmlm.families.categories import shares_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.reductions import Observed, response_columns
from stanmlm.families.responses import Response
from stanmlm.families.thresholds import middle
from stanmlm.model.alone import alone_in
from stanmlm.model.approximations import Likelihood, Means, Scale, bounds_of, of_means, of_responses
from stanmlm.model.compress import Cells
from stanmlm.model.crossed import parts_of
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.priors import PriorRow, Priors

# The least precision of a prior, and the greatest, in a problem's own units: flat priors, and fixed numbers.
FLATTEST, TIGHTEST = 1e-10, 1e20
# A response whose spread is below this share of its size is a constant with rounding.
ROUNDING = 1e-15
# Quantiles of the response that starting values are taken from, and how far each is into its share: none is at an edge.
TYPICAL, SHIFT = 1000, 2**0.5 - 1
# The sd of the logarithm of a multiplier that data do not tell from what it multiplies.
HELD = 0.1
# That of what changes it, a standard deviation of a column each.
LOOSELY = 1.0
# How near a predictor comes to where it may not be, as a share of the way from its start: differences stay inside.
NEAR = 0.05
# How far beyond the means of responses that were not seen whole a location may lie, on its link's scale.
UNSEEN = 10.0
# The step of difference quotients of a scalar's prior, on its link's scale.
STEP = 1e-3
# Priors about a location: degrees of freedom of the Student t that each is, or is next to, and the factor on its scale
# (a logistic has the variance of a normal with pi / sqrt(3) times its scale).
BELLS: Mapping[str, Callable[[Sequence[float]], tuple[float, float]]] = {
    "normal": lambda _: (np.inf, 1.0),
    "student_t": lambda arguments: (arguments[0], 1.0),
    "cauchy": lambda _: (1.0, 1.0),
    "logistic": lambda _: (np.inf, np.pi / 3**0.5),
}

# The log density of the prior of one number, at linear predictors in a problem's own units.
LogPrior = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Units:
    """What a problem's own numbers are multiples of; no number of the pilot is compared with one in other units."""

    predictors: Scale  # linear predictors
    shifted: Floats  # (P,) 1 where an intercept takes up what a predictor is counted from
    X: Floats  # (F,) of coefficients
    Z: tuple[Floats, ...]  # a group term each: (K,) of effects


@dataclass(frozen=True)
class NormalPrior:
    """The priors of fixed coefficients, normal or Student t; flat ones have an infinite scale."""

    location: Floats  # (F,)
    scale: Floats  # (F,)
    df: Floats  # (F,) infinite for a normal


@dataclass(frozen=True)
class Problem:
    """A model with P linear predictors whose columns have root mean square one, and a real response mean 0 and sd 1.

    A parameter of the family without a formula is a predictor with a column of ones, its coefficient after all others,
    unless the likelihood has a dispersion in its place. What thresholds of items are sums of has a column an item.
    """

    dpars: tuple[str, ...]  # P
    X: Floats  # (C, F + scalars) columns of all predictors, each contiguous, centred over rows beside an intercept
    places: tuple[slice, ...]  # P, the columns of each
    formulas: tuple[int, ...]  # those of the P with a formula, in the design's order
    parts: tuple[Mapping[int, Floats], ...]  # a group term each: by predictor, columns (C, K), zero where not its own
    index: tuple[Ints, ...]  # a group term each: (C,)
    levels: tuple[int, ...]  # a group term each
    correlated: tuple[Bools, ...]  # a group term each: (K, K) which coefficients may correlate in the population
    offset: Floats  # (P, C)
    prior: NormalPrior  # of the F coefficients
    scalars: tuple[LogPrior, ...]
    alone: tuple[tuple[str, int], ...]  # what those are called, each with its predictor
    likelihood: Likelihood
    family: Family
    units: Units


def problem(
    design: Design, cells: Cells, family: Family, priors: Priors, correlated: tuple[Bools, ...] = ()
) -> Problem:
    """Put a model into its own units, so that a constant means the same whatever the user's units are.

    Parameters
    ----------
    design : Design
    cells : Cells
    family : Family
    priors : Priors
    correlated : tuple of arrays
        (K, K) a group term: which coefficients may correlate in the population; all where there are none.

    Returns
    -------
    Problem

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> model = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1).model
    >>> at = model.design, model.cells, model.family, model.priors
    >>> problem(*at).units.X.shape
    (2,)
    """
    seen = cells.observed
    dpars = (design.dpar,) if seen is None else tuple(family.numbers)
    starts = [] if seen is None else _starts(family, seen)
    scale = _scale_of_means(design, cells, family) if seen is None else _scale_of_start(family, starts, seen)
    X, columns = np.asfortranarray(cells.X) - centers(design), places_of(design)
    formulas = tuple(dpars.index(dpar) for dpar in columns)
    scalars = [dpar for dpar in dpars if dpar not in columns]
    alone, F = alone_in(family, scalars, cells.X), X.shape[1]
    shared = [] if family.items else [dpars.index(dpar) for dpar in scalars]
    ends = F + np.cumsum([0, *(len(one.names) for one in alone)])
    columns |= {dpar: slice(a, b) for dpar, (a, b) in zip(scalars, pairwise(ends.tolist()), strict=True)}
    units, offset = _units(design, X, cells, scale, dpars), _offsets(design, cells, scale, dpars)
    sizes = _unit_of_columns(design, scale, dpars) / units.X
    return Problem(
        dpars=dpars,
        X=np.asfortranarray(np.column_stack([X / sizes, *(one.columns for one in alone)])) if alone else X / sizes,
        places=tuple(columns[dpar] for dpar in dpars),
        formulas=formulas,
        parts=_parts(design, cells, units, dpars),
        index=cells.index,
        levels=tuple(len(term.levels) for term in design.terms),
        correlated=correlated or tuple(np.ones((len(term.coefs),) * 2, dtype=bool) for term in design.terms),
        offset=offset,
        prior=_own(coefficient_priors(design, priors), design, units, dpars, [one.name for one in family.optional]),
        scalars=tuple(
            _scalar_prior(family, dpar, priors, scale, dpars.index(dpar))
            for dpar, one in zip(scalars, alone, strict=True)
            for _ in one.names
        ),
        alone=tuple((name, dpars.index(dpar)) for dpar, one in zip(scalars, alone, strict=True) for name in one.names),
        likelihood=_likelihood(cells, family, scale, offset, starts, shared),
        family=family,
        units=units,
    )


def _units(design: Design, X: Floats, cells: Cells, scale: Scale, dpars: tuple[str, ...]) -> Units:
    rows = np.bincount(cells.row, minlength=len(cells.X)).astype(float)
    own = {of.dpar: of.intercept for of in predictors(design)}
    return Units(
        predictors=scale,
        shifted=np.array([float(own.get(dpar, True)) for dpar in dpars]),
        X=_unit_of_columns(design, scale, dpars) / _size(X, rows),
        Z=tuple(
            scale.unit[[dpars.index(dpar) for dpar in dpars_of(term)]] / _size(Z, rows)
            for term, Z in zip(design.terms, cells.Z, strict=True)
        ),
    )


def _unit_of_columns(design: Design, scale: Scale, dpars: tuple[str, ...]) -> Floats:
    """The unit of the predictor that each column is of, (F,)."""
    return np.repeat(
        [scale.unit[dpars.index(of.dpar)] for of in predictors(design)], [len(of.names) for of in predictors(design)]
    )


def _parts(design: Design, cells: Cells, units: Units, dpars: tuple[str, ...]) -> tuple[Mapping[int, Floats], ...]:
    """The columns of each term, in these units, by the predictor that they enter."""
    own = [units.predictors.unit[[dpars.index(dpar) for dpar in dpars_of(term)]] for term in design.terms]
    columns = [np.asfortranarray(Z) * (z / unit) for Z, z, unit in zip(cells.Z, units.Z, own, strict=True)]
    return parts_of(design, columns, dpars)


def _offsets(design: Design, cells: Cells, scale: Scale, dpars: tuple[str, ...]) -> Floats:
    """(P, C); where no intercept takes up what a predictor is counted from, the offset does."""
    nothing, own = constant(0.0, len(cells.X)), {of.dpar: of for of in predictors(design)}
    given = {design.dpar: cells.offset, **{of.dpar: of.offset[cells.first] for of in design.others}}
    rows = [
        (given.get(dpar, nothing) - (0.0 if dpar not in own or own[dpar].intercept else center)) / unit
        for dpar, center, unit in zip(dpars, scale.center, scale.unit, strict=True)
    ]
    return np.stack(rows)


def _likelihood(
    cells: Cells,
    family: Family,
    scale: Scale,
    offset: Floats,
    starts: list[tuple[Distributional, float]],
    shared: list[int],
) -> Likelihood:
    seen = cells.observed
    if seen is None:
        y, n, spread = _means(family, cells)
        center, size = scale.center[0], scale.unit[0]
        return of_means(Means((y - center) / size, n, offset[0], spread and (spread[0], spread[1] / size**2), family))
    start = np.array([one.link.forward(np.asarray(value)) for one, value in starts])
    y, trials = (seen.y.T / seen.extra.trials).T, seen.extra.trials
    means = Means(y, seen.n * trials, offset[0, seen.cell], None, family)
    own = bounds_of(means)
    if not seen.extra.whole:  # the mean of what was seen is not that of what there was
        own = (own[0] - UNSEEN, own[1] + UNSEEN)
    of = Response("", seen.y, seen.extra.trials, seen.n)
    others = [
        own if one.name in family.locations else _room(one.safe(of), at)
        for (one, _), at in zip(starts[1:], start[1:], strict=True)
    ]
    if family.shared:
        start = _among_thresholds(family, _typical(seen, family), start)
        others += [(-np.inf, np.inf)] * (len(start) - len(starts))
    limits = ((np.array([own, *others]) - scale.center[:, None]) / scale.unit[:, None]).T
    return of_responses(family, seen, scale, offset, (start - scale.center) / scale.unit, limits, shared)


def _room(safe: tuple[float, float], start: float) -> tuple[float, float]:
    """Where the predictor of a parameter may go: most of the way from where it starts to where it may not."""
    low, high = (end + NEAR * (start - end) if np.isfinite(end) else end for end in safe)
    return low, high


def _starts(family: Family, seen: Observed) -> list[tuple[Distributional, float]]:
    """Every parameter with a natural value to begin at."""
    response = _typical(seen, family)
    return [(one, float(one.within.inside(np.asarray(one.start(response))))) for one in family.parameters]


def _among_thresholds(family: Family, response: Response, start: Floats) -> Floats:
    """Where to begin: the location at minus the middle threshold, and last the numbers that the others are sums of."""
    assert family.shared is not None
    assert family.thresholds is not None
    at = family.thresholds(shares_of(response, len(family.categories)), family.link)
    sums = family.shared.sums(len(at))
    numbers = np.linalg.lstsq(sums, at - at[middle(len(at))])[0]
    return np.concatenate([-at[[middle(len(at))]], start[1:], family.shared.link.forward(numbers)])


def _typical(seen: Observed, family: Family) -> Response:
    """Quantiles of the responses: the same whatever order, cells and weights tell them in."""
    order = np.lexsort((seen.extra.trials, *response_columns(seen.y)))
    reached = np.cumsum(seen.n[order])
    at = order[np.searchsorted(reached, reached[-1] * (np.arange(TYPICAL) + SHIFT) / TYPICAL)]
    ones = constant(1.0, TYPICAL)
    return Response("", seen.y[at], seen.extra.trials[at], ones, family.categories)


def _means(family: Family, cells: Cells) -> tuple[Floats, Floats, tuple[float, float] | None]:
    """Mean responses of cells, their prior weights, and rows and squares within cells where there is a dispersion."""
    reduction = family.reduction(family.locations)
    assert reduction is not None
    assert reduction.means is not None
    return *reduction.means(cells.stats), reduction.spread(cells.stats) if reduction.spread else None


def _scale_of_means(design: Design, cells: Cells, family: Family) -> Scale:
    """The mean of a real response and its root mean square around it; around zero without an intercept."""
    y, n, spread = _means(family, cells)
    total = n.sum()
    if not family.sees_squares or not total > 0:
        return Scale(np.zeros(1), np.ones(1))
    center = float(n @ y / total) if design.intercept else 0.0
    size = float(np.sqrt(((spread[1] if spread else 0.0) + n @ (y - center) ** 2) / total))
    size = size if size > ROUNDING * float(np.max(np.abs(y))) else 1.0
    return Scale(np.array([center]), np.array([size]))


def _scale_of_start(family: Family, starts: list[tuple[Distributional, float]], seen: Observed) -> Scale:
    """A real response about its location in units of its scale, whose own predictor is then about zero."""
    spread = float(np.std(_typical(seen, family).y)) or 1.0 if family.autoscales else 1.0
    centers, units = np.zeros(len(family.numbers)), np.ones(len(family.numbers))
    if family.is_linear and not np.any(np.isfinite(family.location.domain)):
        own = next((value for one, value in starts if one.scales_groups), None)
        centers[0], units[0] = starts[0][1], spread if own is None else own
        for p, (one, value) in enumerate(starts):
            if one.scales_groups and one.link.name == "identity":
                units[p] = value
            elif one.scales_groups:
                centers[p] = one.link.forward(np.asarray(value))
    return Scale(centers, units)


def _size(columns: Floats, rows: Floats) -> Floats:
    """Root mean squares over rows, and 1 for a column of zeros."""
    largest = np.maximum(columns.max(axis=0, initial=0.0), -columns.min(axis=0, initial=0.0))
    largest = np.where(largest > 0, largest, 1.0)
    shares = columns / largest
    root = np.sqrt(rows @ np.square(shares, out=shares) / max(rows.sum(), 1.0))
    return np.asarray(np.where(root > 0, root, 1.0) * largest)


def coefficient_priors(design: Design, priors: Priors) -> NormalPrior:
    """Of the coefficients of centred columns, in the user's units; what is not about a location is flat."""
    F, columns = n_coefficients(design), slopes(design)
    starting = {dpar: at.start for dpar, at in places_of(design).items()}
    location, scale, df = np.zeros(F), np.full(F, np.inf), np.full(F, np.inf)
    for row, k in _of_coefficients(priors):
        if row.distribution in BELLS:
            place = columns[row.position] if row.class_ == "b" else starting[row.dpar] + k
            # A threshold is the intercept turned around.
            turned = -1 if row.class_ == "Intercept" and row.coef else 1
            df[place], factor = BELLS[row.distribution](row.arguments)
            location[place], scale[place] = turned * row.arguments[-2], factor * row.arguments[-1]
    return NormalPrior(location, scale, df)


def _of_coefficients(priors: Priors) -> list[tuple[PriorRow, int]]:
    """The priors of coefficients; of thresholds that in the middle, of each item with the item's place."""
    rows = [row for row in priors.rows if row.class_ in ("b", "Intercept")]
    thresholds: dict[str, list[PriorRow]] = {}
    for row in rows:
        if row.class_ == "Intercept" and row.coef:
            thresholds.setdefault(row.group, []).append(row)
    others = [(row, 0) for row in rows if not (row.class_ == "Intercept" and row.coef)]
    return others + [(own[middle(len(own))], k) for k, own in enumerate(thresholds.values())]


def _own(
    prior: NormalPrior, design: Design, units: Units, dpars: tuple[str, ...], scales: Collection[str]
) -> NormalPrior:
    """In a problem's units; intercepts of `scales`, which only priors tell from what they multiply, are held."""
    location = prior.location.copy()
    starting = [dpars.index(of.dpar) for of in predictors(design) if of.intercept]
    location[intercepts(design)] -= units.predictors.center[starting]
    scale, places = prior.scale / units.X, places_of(design)
    for dpar in scales:
        if dpar in places:
            scale[places[dpar]] = np.minimum(scale[places[dpar]], LOOSELY)
    for place, p in zip(intercepts(design), starting, strict=True):
        if dpars[p] in scales:
            scale[place] = min(scale[place], HELD)
    return NormalPrior(location / units.X, scale, prior.df)


def _scalar_prior(family: Family, dpar: str, priors: Priors, scale: Scale, p: int) -> LogPrior:
    """Of a parameter without a formula, whose prior is on its natural value: with the slope of the inverse link."""
    link = family.numbers[dpar]
    row = next((row for row in priors.rows if row.class_ == dpar), None)

    def log_density(own: Floats) -> Floats:
        eta = scale.center[p] + scale.unit[p] * own
        log_prior = DISTRIBUTIONS[row.distribution].log_density(link.inverse(eta), row.arguments) if row else 0.0
        return np.asarray(log_prior + np.log(np.abs(link.slope(eta))))

    return log_density


def prior_precision(prior: NormalPrior, beta: Floats) -> Floats:
    """The precision of each coefficient's prior at some values, (F,).

    A Student t is as precise as the normal with its slope there (Lange et al. 1989).
    """
    heavy = np.isfinite(prior.df)
    df = np.where(heavy, prior.df, 1.0)
    away = beta - prior.location
    squares = np.where(heavy, (df * prior.scale**2 + away**2) / (df + 1), prior.scale**2)
    return np.asarray(1 / np.maximum(squares, np.finfo(float).tiny))


def prior_at(of: Problem, beta: Floats, known: Floats) -> tuple[Floats, Floats]:
    """The precision of each coefficient's prior at some values, and that times its location, (F + scalars,) each.

    `known` is what data say of each, (F + scalars,).
    """
    prior, F = of.prior, len(of.prior.location)
    precision = np.clip(prior_precision(prior, beta[:F]), FLATTEST, TIGHTEST)
    others = [_quadratic(*one) for one in zip(of.scalars, beta[F:], known[F:], strict=True)]
    return (
        np.concatenate([precision, [bend for bend, _ in others]]),
        np.concatenate([precision * prior.location, [pull for _, pull in others]]),
    )


def _quadratic(log_prior: LogPrior, at: float, known: float) -> tuple[float, float]:
    """Minus the curvature of a log density, and that times the place where its parabola is highest.

    Data that draw a parameter to the edge of its range tell less and less on its link's scale, where the prior falls
    towards the edge as a line, without curvature. Where the two balance, the likelihood's own curvature is that slope:
    so data and prior together are taken to say at least as much.
    """
    low, here, high = log_prior(at + STEP * np.array([-1.0, 0.0, 1.0]))
    slope = float(high - low) / (2 * STEP)
    bend = max(float(2 * here - low - high) / STEP**2, abs(slope) - known)
    bend = float(np.clip(bend, FLATTEST, TIGHTEST))
    return bend, bend * at + slope
