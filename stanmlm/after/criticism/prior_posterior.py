"""Each prior beside the posterior of what it is a prior on: the density of the one, the draws of the other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from stanmlm.after.tables.picked import table_names
from stanmlm.base.arrays import Floats
from stanmlm.base.streams import Purpose, Source, stream, words_of
from stanmlm.fit.draws import at_center, correlations_of, scales_of, values_of
from stanmlm.fit.fit import Fit, draws_of
from stanmlm.fit.prior_summary import spelled
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.parameters import THRESHOLDS, Element
from stanmlm.priors.priors import PriorRow

Density = Callable[[Floats], Floats]
SAMPLE = 4000  # prior draws, which tell where a prior lies
NODES = 2000  # of the average over shares of variance


@dataclass(frozen=True)
class Compared:
    """One parameter on the scale of its prior."""

    element: Element  # what it is in the ledger
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
    names = table_names(fit)
    return tuple(each for row in fit.model.priors.rows for each in _BY_KIND[row.address.kind](fit, row, names))


Names = Mapping[Element, str]


def _intercept(fit: Fit, row: PriorRow, names: Names) -> Iterator[Compared]:
    own = [one for one in fit.model.ledger.of("b") if one.address.dpar == row.address.dpar]
    element = Element(next((one for one in own if one.variable == THRESHOLDS and one.label == row.coef), own[0]))
    yield _univariate(row, element, f"{names[element]}, predictors centred", at_center(fit)[:, row.position])


def _number(fit: Fit, row: PriorRow, names: Names) -> Iterator[Compared]:
    element = Element(fit.model.ledger.at(row.address))
    yield _univariate(row, element, names[element], values_of(fit, [element])[..., 0].ravel())


def _deviation(fit: Fit, row: PriorRow, names: Names) -> Iterator[Compared]:
    rows = fit.model.ledger.of("sd", row.term)
    unit = fit.model.family.scale if row.ratio else ""
    sd = scales_of(fit, row.term)[0] / (draws_of(fit, unit)[:, None] if unit else 1.0)
    joint = DISTRIBUTIONS[row.distribution].joint
    for k, element in enumerate(map(Element, rows)):
        title = f"{names[element]} / {unit}" if unit else names[element]
        if joint:
            yield _margin(row, element, (names[element], title), sd[:, k], (len(rows),))
        elif element.parameter.address == row.address:
            yield _univariate(row, element, title, sd[:, k])


def _correlation(fit: Fit, row: PriorRow, names: Names) -> Iterator[Compared]:
    cor, rows = correlations_of(fit, row.term), fit.model.ledger.of("cor", row.term)
    K = cor.shape[-1]
    for element, i, j in zip(map(Element, rows), *np.triu_indices(K, 1), strict=True):
        yield _margin(row, element, (names[element], names[element]), cor[:, i, j], (K, K))


_BY_KIND: Mapping[str, Callable[[Fit, PriorRow, Names], Iterator[Compared]]] = MappingProxyType(
    {"Intercept": _intercept, "b": _number, "dpar": _number, "sd": _deviation, "cor": _correlation}
)


def _univariate(row: PriorRow, element: Element, title: str, posterior: Floats) -> Compared:
    known, rng, own = DISTRIBUTIONS[row.distribution], _stream(title), element.parameter.bounds
    bounds = max(own[0], row.bounds[0]), min(own[1], row.bounds[1])
    if not known.proper:
        return Compared(element, title, spelled(row), posterior, bounds, None, np.empty(0))
    low, high = bounds
    sample = known.draw(rng, row.arguments, (SAMPLE,), low, high)
    mass = _mass(row, bounds, float(np.median(sample - low))) if np.isfinite(low) else 1.0

    def density(x: Floats) -> Floats:
        return np.asarray(np.exp(known.log_density(x, row.arguments)) / mass)

    return Compared(element, title, spelled(row), posterior, bounds, density, sample)


def _stream(name: str) -> np.random.Generator:
    """A prior looks the same every time."""
    return stream(Source(0), Purpose.PRIORS, *words_of(name))


def _mass(row: PriorRow, bounds: tuple[float, float], middle: float) -> float:
    """The probability between the bounds at which a prior is cut; in units of its median's distance from the lower."""
    from scipy.integrate import quad

    log_density, low = DISTRIBUTIONS[row.distribution].log_density, bounds[0]
    end = (bounds[1] - low) / middle
    found = quad(lambda u: middle * float(np.exp(log_density(np.asarray(low + u * middle), row.arguments))), 0, end)
    return float(found[0])


def _margin(
    row: PriorRow, element: Element, titles: tuple[str, str], posterior: Floats, shape: tuple[int, ...]
) -> Compared:
    """One element of a joint prior: all elements have the same margin. Its name goes before its title with a unit."""
    known, rng = DISTRIBUTIONS[row.distribution], _stream(titles[0])
    sample = known.draw(rng, row.arguments, (SAMPLE, *shape), 0.0, np.inf).reshape(SAMPLE, -1)[
        :, shape[-1] * (len(shape) - 1)
    ]
    density = MARGINS[row.distribution](row.arguments, shape[0])
    return Compared(element, titles[1], spelled(row), posterior, element.parameter.bounds, density, sample)


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
