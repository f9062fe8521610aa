"""Default priors: what is measured on the rows, and the presets that turn it into priors."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from stanmlm.base.arrays import Floats, constant, is_constant
from stanmlm.data.design import Design, predictors
from stanmlm.data.whole_rows import counts
from stanmlm.families import Family
from stanmlm.families.distributional import Default
from stanmlm.families.family import as_they_are
from stanmlm.families.links import LINKS
from stanmlm.families.responses import Response
from stanmlm.priors.covariance_spec import decov, lkj
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.prior_records import CovariancePrior, Prior
from stanmlm.priors.prior_spec import flat, normal, student_t

COEFFICIENT_SCALE = 2.5  # rstanarm's default scale of the intercept and the coefficients


@dataclass(frozen=True)
class Scales:
    """What default priors are scaled by, from the rows as the user gave them."""

    y: float  # sd of the response where the family autoscales, else 1
    predictor: float  # the same where the location is its own predictor, else 1
    x: Floats  # (coefficients,) sd of the columns of all predictors beside intercepts; 1 where constant
    z: Floats  # (sds,) spread of the columns of all group terms, in their order
    center: float  # rstanarm's location of the intercept
    coefficient: float  # rstanarm's default scale under this link
    # brms's location and scale, from the response on the link's scale; its medians are found when first asked for
    brms: Callable[[], tuple[float, float]]
    locations: tuple[str, ...]  # the parameters that the response's formula is of


def measure_scales(design: Design, family: Family, response: Response) -> Scales:
    """The numbers that default priors are made of.

    Sources: rstanarm 2.32.2, R/stan_glm.fit.R (y, x, center) and R/jm_data_block.R, `get_scale_value` (z);
    brms 2.23.1, R/priors.R, `def_scale_prior`.
    """
    centered = family.autoscales and family.is_linear
    located = family.located(response.y)
    y = located[np.isfinite(located)]
    y = y if len(y) else np.zeros(1)  # nothing but the zeros of a hurdle
    spread = _sd(y, constant(1.0, len(y))) if family.autoscales else 1.0
    X = [column for of in predictors(design) for column in of.X[:, of.intercept :].T]
    Z = [column for term in design.terms for column in term.Z.T]
    often = counts(design)
    return Scales(
        y=spread,
        predictor=spread if family.is_linear else 1.0,
        x=np.array([_sd(column, often) for column in X]),
        z=np.array([_spread(column, often) for column in Z]),
        center=float(np.mean(y)) if centered else 0.0,
        coefficient=COEFFICIENT_SCALE * family.link.default_scale,
        brms=cache(lambda: _brms_location_scale(design.offset, family, located)),
        locations=family.locations,
    )


def _sd(x: Floats, often: Floats) -> float:
    """R's sd of values that stand there so often, and 1 for a constant."""
    if not np.ptp(x) > 0:
        return 1.0
    if is_constant(often):
        return float(np.std(x, ddof=1))
    n = often.sum()
    return float(np.sqrt(often @ (x - often @ x / n) ** 2 / (n - 1)))


def _spread(x: Floats, often: Floats) -> float:
    """The sd of a numeric column, the range of one with two values, 1 for a constant."""
    low, high = x.min(), x.max()
    return float(high - low) if low < high and np.all((x == low) | (x == high)) else _sd(x, often)


# The links under which brms looks at the response, and what it puts in the place of a zero.
BRMS_ZEROS = {"identity": 0.0, "log": 0.1, "inverse": 0.1, "sqrt": 0.0, "1/mu^2": 0.1}


def _brms_location_scale(offset: Floats, family: Family, y: Floats) -> tuple[float, float]:
    # Responses that are on another scale already, such as logarithms, stay there whatever the link is.
    link = family.link if family.located is as_they_are else LINKS["identity"]
    if link.name not in BRMS_ZEROS:
        return 0.0, COEFFICIENT_SCALE
    with np.errstate(all="ignore"):
        linked = link.forward(np.where(y == 0, BRMS_ZEROS[link.name], y))
        linked = np.where(np.isneginf(linked), np.log(BRMS_ZEROS["log"]), linked)  # the logarithm of a zero
        median = float(np.median(linked))
        mad = round(1.4826 * float(np.median(np.abs(linked - median))), 1)
    location = round(median, 1) if np.isfinite(median) else 0.0
    return location - float(np.mean(offset)), max(COEFFICIENT_SCALE, mad) if np.isfinite(mad) else COEFFICIENT_SCALE


@dataclass(frozen=True)
class Preset:
    """A complete set of default priors, each made from the scales of the data."""

    name: str
    source: str  # what the prior table says
    intercept: Callable[[Scales], Prior]
    coefficients: Callable[[Scales], Prior]
    of_family: Callable[[Scales, Default], Prior]  # from a default that a family's parameter declares
    covariance: Callable[[Scales], CovariancePrior]


def _autoscaled(_: Scales, default: Default) -> Prior:
    return Prior(default.distribution, tuple((number,) for number in default.arguments), default.scaled)


def _brms_scaled(scales: Scales, default: Default) -> Prior:
    unit = scales.brms()[1] if default.scaled else 1.0
    names, scale = DISTRIBUTIONS[default.distribution].arguments, DISTRIBUTIONS[default.distribution].scale
    factors = {"scale": unit, "rate": 1 / unit}
    given = zip(names, default.arguments, strict=True)
    scaled = (number * factors[name] if name == scale else number for name, number in given)
    return Prior(default.distribution, tuple((number,) for number in scaled))


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "rstanarm",
            "default",
            lambda scales: normal(scales.center, scales.coefficient, autoscale=True),
            lambda scales: normal(0, scales.coefficient, autoscale=True),
            _autoscaled,
            lambda _: decov(),
        ),
        Preset(
            "brms",
            "brms",
            lambda scales: student_t(3, *scales.brms()),
            lambda _: flat(),
            _brms_scaled,
            lambda scales: lkj(1, scale=scales.brms()[1], df=3, autoscale=False),
        ),
        Preset(
            "flat",
            "flat",
            lambda _: flat(),
            lambda _: flat(),
            _autoscaled,
            lambda _: CovariancePrior(flat(), lkj().cor),
        ),
    )
}
