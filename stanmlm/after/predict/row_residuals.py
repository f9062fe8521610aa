"""Residuals of rows at the posterior mean of their expectation, by R's types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError
from stanmlm.families import Family
from stanmlm.families.observation import log_likelihood
from stanmlm.families.reductions import extra_at
from stanmlm.families.responses import Response


@dataclass(frozen=True)
class Point:
    """Rows at the posterior mean of their expectation; arrays (N,)."""

    family: Family
    response: Response
    mu: Floats
    # Natural values of the parameters, (1, 1) or (1, N); the location's where residuals look at it apart from the mean.
    others: Mapping[str, Floats]

    @property
    def observed(self) -> Floats:
        """R's: 0 where there are no trials."""
        return self.response.y / np.where(self.response.trials > 0, self.response.trials, 1.0)


def _response_residuals(at: Point) -> Floats:
    return at.observed - at.mu


def row_weights(at: Point) -> Floats:
    """What makes of a difference from the mean one in units of the sd of the row's response; 0 without trials.

    Of a share where there are trials; weights count as in R.
    """
    one, trials = np.ones_like(at.mu), at.response.trials
    extra = replace(extra_at(at.response), weights=one, exponents=one)
    counts = trials > 0  # others are no observations
    variance = at.family.variance_of(at.family.theta({}, at.others), extra)[0] / np.where(counts, trials, 1.0) ** 2
    return np.where(counts, np.sqrt(at.response.weights / np.where(counts, variance, 1.0)), 0.0)


def _pearson_residuals(at: Point) -> Floats:
    return np.asarray((at.observed - at.mu) * row_weights(at))


def _deviance_residuals(at: Point) -> Floats:
    """McCullagh and Nelder (1989), section 2.3: twice the log density lost against the saturated model."""
    y = at.response.y
    counts = at.response.weights > 0  # others are no observations, and lose nothing
    extra = replace(extra_at(at.response), weights=np.where(counts, at.response.weights, 1.0))

    def log_density(mu: Floats) -> Floats:
        theta = at.family.theta({}, {**at.others, at.family.location.name: (mu / at.response.rate)[None]})
        return np.asarray(log_likelihood(at.family, y, theta, extra)[0])

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
# Those that set the mean against a response that it could be.
SATURATED = ("deviance", "working")


def require_type(family: Family, type_: str) -> None:
    """Refuse residuals that a family has not.

    Raises
    ------
    DataError
        For those of generalised linear models where the family is none.
    """
    if type_ in SATURATED and not family.saturates:
        raise DataError(f"{type_} residuals are of generalised linear models, whose density is greatest where the mean "
                        f'is the response; {family.name} has type="response" and "pearson"')  # fmt: skip
