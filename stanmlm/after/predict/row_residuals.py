"""Residuals of rows at the posterior mean of their expectation, by R's types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.families import Family
from stanmlm.families.reductions import extra_at
from stanmlm.families.responses import Response
from stanmlm.families.theta import Theta


@dataclass(frozen=True)
class Point:
    """Rows at the posterior mean of their expectation; arrays (N,)."""

    family: Family
    response: Response
    mu: Floats
    others: Mapping[str, Floats]  # natural values of the other parameters, (1, 1) or (1, N)

    @property
    def observed(self) -> Floats:
        """R's: 0 where there are no trials."""
        return self.response.y / np.where(self.response.trials > 0, self.response.trials, 1.0)


def _response_residuals(at: Point) -> Floats:
    return at.observed - at.mu


def unit_variance(at: Point) -> Floats:
    """R's variance function of the family at the expectation, (N,): of one trial of weight one."""
    one = np.ones_like(at.mu)
    extra = replace(extra_at(at.response), trials=one, weights=one, exponents=one)
    variance: Floats = at.family.variance_of(_theta(at, at.mu), extra)[0]
    return variance


def _pearson_residuals(at: Point) -> Floats:
    weights = at.response.weights * at.response.trials
    return np.asarray((at.observed - at.mu) * np.sqrt(weights / unit_variance(at)))


def _theta(at: Point, mu: Floats) -> Theta:
    return at.family.theta({}, {at.family.location.name: (mu / at.response.rate)[None], **at.others})


def _deviance_residuals(at: Point) -> Floats:
    """McCullagh and Nelder (1989), section 2.3: twice the log density lost against the saturated model."""
    y = at.response.y
    counts = at.response.weights > 0  # others are no observations, and lose nothing
    extra = replace(extra_at(at.response), weights=np.where(counts, at.response.weights, 1.0))

    def log_density(mu: Floats) -> Floats:
        density: Floats = at.family.log_density(y, _theta(at, mu), extra)[0]
        return density

    lost = 2 * np.where(counts, log_density(at.observed) - log_density(at.mu), 0.0)
    return np.asarray(np.sign(at.observed - at.mu) * np.sqrt(np.maximum(lost, 0.0)))


def _working_residuals(at: Point) -> Floats:
    link = at.family.link
    return np.asarray((at.observed - at.mu) / link.slope(link.forward(at.mu)))


RESIDUALS: Mapping[str, Callable[[Point], Floats]] = {
    "response": _response_residuals,
    "pearson": _pearson_residuals,
    "deviance": _deviance_residuals,
    "working": _working_residuals,
}
