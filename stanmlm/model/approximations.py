"""What a likelihood is near its linear predictors: a quadratic, from means of cells or from distinct responses."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.families import Family
from stanmlm.families.observation import log_likelihood
from stanmlm.families.reductions import Extra, Observed
from stanmlm.families.slopes import curvature, has_information, information_of, scores, slopes, theta_at

# Slopes and variances of the mean stay above this share of what they are at the overall mean.
LEAST = 1e-12
# What data say of a combination of predictors stays above this share of what they say of the best known one.
FLATTEST = 1e-3
# A step moves a parameter beside the location by no more than this, on its link's scale, and the location where
# responses are truncated or censored: what they say of it fades in both directions, and steps would go to and fro.
FARTHEST = 2.0
# Links through which both ends of the line meet: beyond this all is one direction, and data tell no place from another.
FLAT = {"tan_half": 10.0}
WIDEST = 1.0  # sd of effects under these, to begin with


@dataclass(frozen=True)
class Working:
    """The least squares problem of one step: W (eta - offset) + s, and W, for P predictors in C cells."""

    right: Floats  # (P, C)
    weight: Floats  # (P, P, C)


@dataclass(frozen=True)
class Likelihood:
    """A likelihood in the units of a problem."""

    start: Floats  # (P, C) linear predictors to begin at, offsets and all
    limits: Floats  # (2, P): beyond them a step has overshot
    farthest: Floats  # (P,) how far a step may go
    # (eta (P, C), variance of the location's eta (C,), dispersion) -> the problem of a step
    working: Callable[[Floats, Floats, float], Working]
    # (location's eta (C,), its variance) -> the dispersion that goes with them, 1 where it is none or a predictor
    dispersion: Callable[[Floats, Floats], float]
    has_dispersion: bool  # in the place of the family's parameters beside the location
    by_variance: bool  # whether the variance of eta counts
    # eta -> W as rows have it, none lifted to positive; None where the information is expected, which needs no lift
    observed: Callable[[Floats], Floats] | None = None
    # (eta, variance of the location's eta) -> the log likelihood, a mean over two points of that; None where steps
    # need no watching
    density: Callable[[Floats, Floats], float] | None = None
    widest: float = np.inf  # sd of effects, to begin with


@dataclass(frozen=True)
class Means:
    """Mean responses of cells, where the likelihood is that of a generalised linear model."""

    y: Floats  # (C,)
    n: Floats  # (C,) their prior weights
    offset: Floats  # (C,)
    spread: tuple[float, float] | None  # rows, and squares within cells, where there is a dispersion
    family: Family


def of_means(at: Means) -> Likelihood:
    """A generalised linear model (McCullagh and Nelder 1989, section 2.5): one predictor, and perhaps a dispersion.

    Parameters
    ----------
    at : Means

    Returns
    -------
    Likelihood

    Examples
    --------
    >>> from stanmlm.families import poisson
    >>> one = np.ones(2)
    >>> of_means(Means(one, one, 0 * one, None, poisson())).start.shape
    (1, 2)
    """
    link, overall, about = at.family.link, _overall(at), _offset_about_its_mean(at)
    middle = link.forward(overall)
    flattest, stillest = LEAST * link.slope(middle), LEAST * _information(at.family, middle)

    def working(eta: Floats, _: Floats, dispersion: float) -> Working:
        mu = link.inverse(eta[0])
        slope = np.maximum(link.slope(eta[0]), flattest)
        weight = at.n * np.maximum(_information(at.family, eta[0]), stillest) / dispersion
        return Working(weight * (eta - at.offset + (at.y - mu) / slope), weight[None, None])

    def dispersion(eta: Floats, uncertain: Floats) -> float:
        if at.spread is None:
            return 1.0
        rows, squares = at.spread
        return float(squares + at.n @ ((at.y - eta) ** 2 + uncertain)) / max(rows, 1)

    start, has = (middle + about)[None], at.spread is not None
    limits = np.array(bounds_of(at))[:, None]
    anywhere = np.full(1, np.inf)
    return Likelihood(start, limits, anywhere, working, dispersion, has_dispersion=has, by_variance=has)


def _information(family: Family, eta: Floats) -> Floats:
    """What one response says of the location's predictor, times the dispersion."""
    one = np.ones(1)
    others = [parameter.link.forward(one) for parameter in family.scalars]
    return np.asarray(information_of(family, [eta, *others], Extra(one, one))[0, 0])


def bounds_of(at: Means) -> tuple[float, float]:
    """Where the location's predictor may go: beyond the data's own range a step has overshot.

    At an end of the range of means the data say no more than that it is a hundredth of one event away. Where the link
    would leave what the location may be, a hundredth of the way from there to the data is as far as a step goes.
    """
    within, about = np.isfinite(at.family.location.domain), _offset_about_its_mean(at)
    if at.family.link.name in FLAT:
        return -FLAT[at.family.link.name], FLAT[at.family.link.name]
    if at.family.categories:
        farthest = 1 + 2 * abs(float(at.family.link.forward(np.asarray(0.01 / (1 + float(at.n.sum()))))))
        return -farthest, farthest
    if at.family.kind == "real":
        with np.errstate(invalid="ignore"):  # responses need not be where the location is
            ends = np.sort(at.family.link.forward(_ends_of_reals(at)))
        low, high = np.where(within, ends, [-np.inf, np.inf])
    else:
        mean, share = _overall(at)[0], 0.01 / (1 + float(at.n @ at.y))
        ends = np.array([min(at.y.min(), mean), max(at.y.max(), mean)])
        room = np.where(within, 0.0, [about.min() - 1, about.max() + 1])
        low, high = np.sort(at.family.link.forward(ends + share * (mean - ends))) + room
    return float(low), float(high)


def _ends_of_reals(at: Means) -> Floats:
    """Next to the bounds of the location that the data come close to; none where it has none."""
    least, most = at.family.location.within.low, at.family.location.within.high
    low = least + 0.01 * (at.y.min() - least) if np.isfinite(least) else at.y.min()
    high = most - 0.01 * (most - at.y.max()) if np.isfinite(most) else 100 * abs(at.y).max()
    return np.array([low, high])


def _offset_about_its_mean(at: Means) -> Floats:
    total = float(at.n.sum())
    return np.asarray(at.offset - (float(at.n @ at.offset) / total if total > 0 else 0.0))


def _overall(at: Means) -> Floats:
    """The mean response, (1,), with half an observation at each end of the range that the family has."""
    low, high = at.family.bounds(np.ones(1))
    total = at.n.sum() + np.isfinite(high)
    return np.asarray((at.n @ at.y + 0.5 * np.isfinite(low)) / np.where(total > 0, total, 1.0))


@dataclass(frozen=True)
class Scale:
    """Linear predictors in a problem's units: the user's are center + unit times these."""

    center: Floats  # (P,)
    unit: Floats  # (P,)


def of_responses(
    family: Family,
    seen: Observed,
    scale: Scale,
    offset: Floats,
    start: Floats,
    limits: Floats,
    shared: Collection[int] = (),
) -> Likelihood:
    """Any family, all of its parameters predictors, by slopes of its log density.

    Scores are means over what the location's linear predictor is uncertain by, two points of it: for a normal response
    they are those of an EM algorithm (Laird and Ware 1982, section 4), and steps climb the mean of the log density.

    Parameters
    ----------
    family : Family
    seen : Observed
    scale : Scale
        Of each parameter.
    offset : array
        (P, C), in these units.
    start : array
        (P,) linear predictors to begin at, in these units.
    limits : array
        (2, P) where they may go, in these units.
    shared : collection of int
        The parameters that all rows share, by place: their density is evaluated at one number.

    Returns
    -------
    Likelihood

    Examples
    --------
    >>> from stanmlm.families import poisson
    >>> from stanmlm.families.reductions import Extra, Observed
    >>> one = np.ones(2)
    >>> seen = Observed(np.arange(2), np.array([1.0, 3.0]), Extra(one, one), one)
    >>> scale, limits = Scale(np.zeros(1), np.ones(1)), np.array([[-np.inf], [np.inf]])
    >>> of_responses(poisson(), seen, scale, np.zeros((1, 2)), np.zeros(1), limits).start.shape
    (1, 2)
    """
    (P, C), rows = offset.shape, _Rows(family, seen, offset.shape[1], scale, limits, shared)

    def working(eta: Floats, uncertain: Floats, _: float) -> Working:
        score, information = rows.slopes(eta, uncertain)
        weight = rows.total(information if rows.known else positive(information))
        return Working(weighted(weight, eta - offset) + rows.total(score), weight)

    often = np.bincount(seen.cell, seen.n, C)
    first = start[:, None] + offset - (offset @ often / max(float(often.sum()), 1e-300))[:, None]
    first = np.clip(first, *limits[..., None])
    flat = family.link.name in FLAT
    return Likelihood(
        first,
        limits,
        np.array([np.inf if seen.extra.whole and not flat else FARTHEST, *np.full(P - 1, FARTHEST)]),
        working,
        lambda *_: 1.0,
        has_dispersion=False,
        by_variance=P > 1 and not family.categories,
        observed=None if rows.known else rows.observed,
        density=rows.density,
        widest=WIDEST if flat else np.inf,
    )


@dataclass(frozen=True)
class _Rows:
    """What was seen, and a family's density of it where linear predictors are."""

    family: Family
    seen: Observed
    cells: int
    scale: Scale
    limits: Floats
    shared: Collection[int]

    @property
    def known(self) -> bool:
        """Whether the information is expected."""
        return has_information(self.family, self.seen.extra)

    def slopes(self, eta: Floats, uncertain: Floats) -> tuple[Floats, Floats]:
        """Score and information over what the location is uncertain by.

        Observed information is taken in the middle: that of a steep side's two ends has little to do with the side.
        """
        etas, seen, units = self._by_row(eta), self.seen, self.scale.unit
        points = self._points(etas, uncertain)
        if self.known or len(points) == 1:
            each = [slopes(self.family, seen.y, one, seen.extra, units) for one in points]
            score, information = (np.mean(one, axis=0) for one in zip(*each, strict=True))
            return score, information
        every = np.arange(len(etas))
        each_score = [scores(self.family, seen.y, one, seen.extra, units, every) for one in points]
        return np.asarray(np.mean(each_score, axis=0)), curvature(self.family, seen.y, etas, seen.extra, units)

    def observed(self, eta: Floats) -> Floats:
        return self.total(curvature(self.family, self.seen.y, self._by_row(eta), self.seen.extra, self.scale.unit))

    def density(self, eta: Floats, uncertain: Floats) -> float:
        family, seen = self.family, self.seen
        points = self._points(self._by_row(eta), uncertain)
        rows = [log_likelihood(family, seen.y, theta_at(family, one, seen.extra.item), seen.extra) for one in points]
        return float(np.mean([seen.n @ row for row in rows]))

    def total(self, rows: Floats) -> Floats:
        """Sums over the rows of each cell."""
        flat = (rows * self.seen.n).reshape(-1, len(self.seen.n))
        sums = [np.bincount(self.seen.cell, row, self.cells) for row in flat]
        return np.array(sums, dtype=float).reshape(*rows.shape[:-1], self.cells)

    def _by_row(self, eta: Floats) -> list[Floats]:
        """Every parameter's in the user's units, (rows,) or (1,)."""
        own = [row[:1] if p in self.shared else row[self.seen.cell] for p, row in enumerate(eta)]
        return [at + unit * row for at, unit, row in zip(self.scale.center, self.scale.unit, own, strict=True)]

    def _points(self, etas: list[Floats], uncertain: Floats) -> list[list[Floats]]:
        """Two points of what the location's predictor is uncertain by, or where it is."""
        if not np.any(uncertain):
            return [etas]
        unit, center = self.scale.unit[0], self.scale.center[0]
        away = unit * np.sqrt(uncertain)[self.seen.cell]
        least, most = center + unit * self.limits[:, 0]
        return [[np.clip(etas[0] + step, least, most), *etas[1:]] for step in (away, -away)]


def positive(weight: Floats) -> Floats:
    """The same matrices, (P, P, rows), with directions of no information, or less, lifted to a little.

    Row by row: so it does not matter which rows share a cell.
    """
    if len(weight) == 1:
        return weight + _lift(weight, np.abs(weight))
    if len(weight) == 2:
        return _positive_pairs(weight)
    sizes, axes = np.linalg.eigh(np.moveaxis(weight, -1, 0))
    lifted = sizes + _lift(sizes, np.max(np.abs(sizes), axis=1, keepdims=True))
    return np.asarray(np.einsum("cpk,ck,cqk->pqc", axes, lifted, axes))


def _positive_pairs(weight: Floats) -> Floats:
    """The same of two predictors, whose eigenvalues are a middle and a distance from it either way."""
    (a, b), (_, c) = weight
    middle, half = (a + c) / 2, (a - c) / 2
    away = np.hypot(half, b)
    largest = np.abs(middle) + away
    up, down = _lift(middle + away, largest), _lift(middle - away, largest)
    both = (up + down) / 2
    # (up - down) / 2 along the axis of the larger, in which the matrix less its middle is `away`
    turned = np.where(away > 0, (up - down) / (2 * np.where(away > 0, away, 1.0)), 0.0)
    return np.array([[a + both + turned * half, b + turned * b], [b + turned * b, c + both - turned * half]])


def _lift(sizes: Floats, largest: Floats) -> Floats:
    """What eigenvalues lack of a share of the largest."""
    return np.maximum(FLATTEST * np.where(largest > 0, largest, 1.0) - sizes, 0.0)


def weighted(weight: Floats, values: Floats) -> Floats:
    """W v in every cell, (P, C), of (P, Q, C) and (Q, C)."""
    alone = len(weight) == len(values) == 1
    return np.asarray(weight[0] * values if alone else np.einsum("pqc,qc->pc", weight, values))


def within_reach(eta: Floats, before: Floats, likelihood: Likelihood) -> Floats:
    """Linear predictors (P, C) where a step may end: in limits, and not too far from `before`."""
    low, high = (before + sign * likelihood.farthest[:, None] for sign in (-1, 1))
    return np.asarray(np.clip(np.clip(eta, low, high), *likelihood.limits[..., None]))
