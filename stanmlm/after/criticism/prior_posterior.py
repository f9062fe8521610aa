"""Each prior beside the posterior of what it is a prior on: the density of the one, the draws of the other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from stanmlm.after.predict.target import scales_of
from stanmlm.after.tables.picked import BOUNDS
from stanmlm.base.arrays import Floats
from stanmlm.base.streams import Purpose, Source, stream, words_of
from stanmlm.fit.diagnostics import label
from stanmlm.fit.fit import Fit, draws_of
from stanmlm.fit.prior_summary import spelled
from stanmlm.model.model import Parameter, groupings, parameters
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.priors import PriorRow
from stanmlm.sampling.standata import column_means

Density = Callable[[Floats], Floats]
WHOLE = (-np.inf, np.inf)
SAMPLE = 4000  # prior draws, which tell where a prior lies
NODES = 2000  # of the average over shares of variance


@dataclass(frozen=True)
class Compared:
    """One parameter on the scale of its prior."""

    names: tuple[str, ...]  # what `named_draws` may call it
    title: str  # with the unit: "sd_Subject[Days] / sigma"
    prior: str  # as `prior_summary` spells it, "(flat)" for none
    posterior: Floats  # (draws,)
    bounds: tuple[float, float]
    density: Density | None  # None where the prior is flat
    sample: Floats  # draws of the prior; empty where it is flat


def compared(fit: Fit) -> tuple[Compared, ...]:
    """Every parameter that has a prior, in the order of the prior table; a joint prior gives its margins.

    The intercept is that at centred predictors, and group standard deviations are in units of sigma where their prior
    is.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> [each.title for each in compared(fit)]
    ['(Intercept), predictors centred', 'hours', 'sd_student[(Intercept)] / sigma', 'sigma']
    """
    return tuple(each for row in fit.model.priors.rows for each in _BY_CLASS.get(row.class_, _auxiliary)(fit, row))


def _intercept(fit: Fit, row: PriorRow) -> Iterator[Compared]:
    b = draws_of(fit, "b")
    centred = b[:, 0] + b[:, 1:] @ column_means(fit.model)
    yield _univariate(row, ("(Intercept)", "b[(Intercept)]"), "(Intercept), predictors centred", centred, WHOLE)


def _coefficient(fit: Fit, row: PriorRow) -> Iterator[Compared]:
    column = fit.model.design.names.index(row.coef)
    yield _univariate(row, (row.coef, f"b[{row.coef}]"), row.coef, draws_of(fit, "b")[:, column], WHOLE)


def _auxiliary(fit: Fit, row: PriorRow) -> Iterator[Compared]:
    within = next(one.within for one in fit.model.family.scalars if one.name == row.class_)
    yield _univariate(row, (row.class_,), row.class_, draws_of(fit, row.class_), (within.low, within.high))


def _deviation(fit: Fit, row: PriorRow) -> Iterator[Compared]:
    names, coefs = _names(fit, row, "sd"), fit.model.design.terms[row.term].coefs
    unit = next((a.name for a in fit.model.family.scalars if a.scales_groups and row.ratio), "")
    sd = scales_of(fit, row.term)[0] / (draws_of(fit, unit)[:, None] if unit else 1.0)
    joint = DISTRIBUTIONS[row.distribution].joint
    for k in range(len(coefs)) if joint else [coefs.index(row.coef)]:
        title = f"{names[k]} / {unit}" if unit else names[k]
        if joint:
            yield _margin(row, names[k], title, sd[:, k], BOUNDS["sd"], (len(coefs),))
        else:
            yield _univariate(row, (names[k],), title, sd[:, k], BOUNDS["sd"])


def _correlation(fit: Fit, row: PriorRow) -> Iterator[Compared]:
    L = scales_of(fit, row.term)[1]
    cor, K = L @ L.swapaxes(-1, -2), L.shape[-1]
    for name, i, j in zip(_names(fit, row, "cor"), *np.triu_indices(K, 1), strict=True):
        yield _margin(row, name, name, cor[:, i, j], BOUNDS["cor"], (K, K))


_BY_CLASS: Mapping[str, Callable[[Fit, PriorRow], Iterator[Compared]]] = MappingProxyType(
    {"Intercept": _intercept, "b": _coefficient, "sd": _deviation, "cor": _correlation}
)


# How many of a class a term with K coefficients has.
_COUNTS: Mapping[str, Callable[[int], int]] = MappingProxyType({"sd": lambda K: K, "cor": lambda K: K * (K - 1) // 2})


def _names(fit: Fit, row: PriorRow, class_: str) -> list[str]:
    """ArviZ's labels of the standard deviations or correlations of the row's term."""
    terms = fit.model.design.terms
    grouping = next(g for g in groupings(fit.model.design) if row.term in g.bars)
    start = sum(_COUNTS[class_](len(terms[bar].coefs)) for bar in grouping.bars if bar < row.term)
    variable: Parameter = next(p for p in parameters(fit.model) if (p.class_, p.group) == (class_, grouping.group))
    return [label(variable, (start + i,)) for i in range(_COUNTS[class_](len(terms[row.term].coefs)))]


def _univariate(
    row: PriorRow, names: tuple[str, ...], title: str, posterior: Floats, bounds: tuple[float, float]
) -> Compared:
    known, rng = DISTRIBUTIONS[row.distribution], _stream(title)
    if not known.proper:
        return Compared(names, title, spelled(row), posterior, bounds, None, np.empty(0))
    low = bounds[0]
    sample = known.draw(rng, row.arguments, (SAMPLE,), low)
    mass = _mass(row, low, float(np.median(sample - low))) if np.isfinite(low) else 1.0

    def density(x: Floats) -> Floats:
        return np.asarray(np.exp(known.log_density(x, row.arguments)) / mass)

    return Compared(names, title, spelled(row), posterior, bounds, density, sample)


def _stream(name: str) -> np.random.Generator:
    """A prior looks the same every time."""
    return stream(Source(0), Purpose.PRIORS, *words_of(name))


def _mass(row: PriorRow, low: float, middle: float) -> float:
    """The probability above the bound at which a prior is cut; in units of its median's distance from there."""
    from scipy.integrate import quad

    log_density = DISTRIBUTIONS[row.distribution].log_density
    found = quad(lambda u: middle * float(np.exp(log_density(np.asarray(low + u * middle), row.arguments))), 0, np.inf)
    return float(found[0])


def _margin(
    row: PriorRow, name: str, title: str, posterior: Floats, bounds: tuple[float, float], shape: tuple[int, ...]
) -> Compared:
    """One element of a joint prior: all elements have the same margin."""
    known, rng = DISTRIBUTIONS[row.distribution], _stream(name)
    sample = known.draw(rng, row.arguments, (SAMPLE, *shape), 0.0).reshape(SAMPLE, -1)[:, shape[-1] * (len(shape) - 1)]
    density = MARGINS[row.distribution](row.arguments, shape[0])
    return Compared((name,), title, spelled(row), posterior, bounds, density, sample)


def decov_margin(arguments: tuple[float, ...], K: int) -> Density:
    """The density of one of K standard deviations under decov: a gamma scale times the root of a beta share.

    With sd = tau sqrt(K pi) and pi ~ beta(c, (K - 1) c), it is the mean over pi of the density of tau, rescaled.

    Examples
    --------
    >>> decov_margin((1.0, 1.0, 1.0, 2.0), 1)(np.array([0.0])).tolist()
    [0.5]
    """
    from scipy import stats

    _, concentration, shape, scale = arguments
    tau = stats.gamma(shape, scale=scale)
    u = (np.arange(NODES) + 0.5) / NODES
    root = np.sqrt(K * stats.beta(concentration, (K - 1) * concentration).ppf(u)) if K > 1 else np.ones(1)

    def density(x: Floats) -> Floats:
        return np.asarray((tau.pdf(np.asarray(x)[..., None] / root) / root).mean(axis=-1))

    return density


def lkj_margin(arguments: tuple[float, ...], K: int) -> Density:
    """The density of one correlation of K coefficients under LKJ: a beta on (-1, 1).

    Lewandowski, Kurowicka and Joe (2009), section 3.2: both parameters are eta - 1 + K / 2.

    Examples
    --------
    >>> lkj_margin((1.0,), 2)(np.array([-0.5, 0.9])).round(9).tolist()
    [0.5, 0.5]
    """
    from scipy import stats

    law = stats.beta(arguments[0] - 1 + K / 2, arguments[0] - 1 + K / 2, loc=-1, scale=2)
    return lambda x: np.asarray(law.pdf(x))


MARGINS: Mapping[str, Callable[[tuple[float, ...], int], Density]] = MappingProxyType(
    {"decov": decov_margin, "lkj": lkj_margin}
)
