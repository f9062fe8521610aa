"""The rows that a check of a model looks at: residuals on the scale of the response, and DHARMa's."""

from dataclasses import dataclass, replace

import numpy as np

from stanmlm.after.criticism.log_lik import observed_rows
from stanmlm.after.criticism.scaled_residuals import ScaledResiduals, placed
from stanmlm.after.predict.fitted import point_of
from stanmlm.after.predict.row_residuals import row_weights
from stanmlm.after.predict.simulated import simulations
from stanmlm.after.predict.target import some_of, target_of
from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.streams import Purpose, stream
from stanmlm.families.reductions import extra_at
from stanmlm.families.responses import Response, some_rows
from stanmlm.fit.fit import Fit, source_of

MOST = 5000  # rows that are looked at, where there are more
SIMULATIONS = 250  # DHARMa's
SYMMETRIC = ("gaussian", "student")  # whose responses scatter alike to both sides of what is expected
NORMAL = ("gaussian",)


@dataclass(frozen=True)
class CheckedRows:
    """Some rows of a fit; of responses in categories residuals are those of each category by itself."""

    fit: Fit
    at: Ints  # (n,) positions of the rows
    standardised: Floats  # (n,) residuals over their sd; NaN where those of the family say nothing
    scaled: ScaledResiduals  # (n,), or (n categories,)

    @property
    def symmetric(self) -> bool:
        """Whether residuals on the scale of the response say something."""
        return not np.any(np.isnan(self.standardised))

    @property
    def normal(self) -> bool:
        """Whether they are normal where the model is right."""
        return self.symmetric and self.fit.model.family.name in NORMAL

    @property
    def varied(self) -> bool:
        """Whether the model expects different things of different rows."""
        return bool(np.ptp(self.scaled.fitted) > 1e-9 * np.abs(self.scaled.fitted).max(initial=0))


def checked_rows(fit: Fit, seed: int | None) -> CheckedRows:
    """All observed rows, or many of them at random."""
    source = source_of(fit, seed)
    at = observed_rows(fit)
    if len(at) > MOST:
        at = np.sort(stream(source, Purpose.CHECKS).choice(at, MOST, replace=False))
    point = point_of(fit, alone=True)
    response = some_rows(fit.model.response, at)
    mean = point.mu[at] * response.trials.reshape(-1, *[1] * (point.mu.ndim - 1))
    drawn = simulations(fit, some_of(target_of(fit), at), SIMULATIONS, False, source)  # (simulations, rows[, parts])
    simulated, response, fitted = _numbers(fit, np.moveaxis(drawn, 0, -1), response, mean)
    scaled = placed(simulated.reshape(-1, SIMULATIONS), response, fitted.ravel(), source)
    return CheckedRows(fit, at, _standardised(fit)[at], scaled)


def _numbers(fit: Fit, simulated: Floats, response: Response, fitted: Floats) -> tuple[Floats, Response, Floats]:
    """Simulations, responses and expectations of some rows as numbers in order, those of categories one by one."""
    family = fit.model.family
    codes = np.arange(1.0, len(family.categories) + 1)
    if family.parts:
        return simulated, replace(response, y=response.y.ravel()), fitted
    if family.spread:  # codes without order: whether each was seen
        seen = (response.y[:, None] == codes).astype(float)
        return (simulated[:, None] == codes[:, None]).astype(float), replace(response, y=seen.ravel()), fitted
    return simulated, response, fitted @ codes if family.categories else fitted


def _standardised(fit: Fit) -> Floats:
    """Residuals of all rows over their sd, NaN where they say nothing."""
    model = fit.model
    if model.family.name not in SYMMETRIC or not extra_at(model.response).whole:
        return np.full(len(model.response.y), np.nan)
    point = point_of(fit)
    pearson = (point.observed - point.mu) * row_weights(point)
    rows = observed_rows(fit)
    return np.asarray(pearson / (np.sqrt(np.mean(pearson[rows] ** 2)) or 1.0))
