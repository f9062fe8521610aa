"""What several families share: bounds, starts, products with their limits, default priors."""

from collections.abc import Sequence

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.families.distributional import Default
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import Response
from stanmlm.families.theta import Theta


def moderately(term: Floats, log: Floats) -> Floats:
    """`term * log`, and 0 where the term is, whatever the logarithm."""
    with np.errstate(invalid="ignore"):
        return np.where(term == 0, 0.0, term * log)


def unbounded(trials: Floats) -> tuple[Floats, Floats]:
    """Reals have no bound."""
    return np.full_like(trials, -np.inf), np.full_like(trials, np.inf)


def from_zero(trials: Floats) -> tuple[Floats, Floats]:
    """Counts start at zero."""
    return np.zeros_like(trials), np.full_like(trials, np.inf)


def weights_of(response: Response) -> Floats:
    """The weights of rows."""
    return response.weights


def trials_of(response: Response) -> Floats:
    """The trials of rows; ones where they have none."""
    return response.trials


def mean_of(response: Response) -> float:
    """The mean response."""
    return float(np.mean(response.y))


def symmetric(rows: Sequence[Sequence[Floats]]) -> Floats:
    """Matrices, (P, P, rows), from the entries of their lower triangles."""
    out = np.empty((len(rows), len(rows), *np.broadcast_shapes(*(entry.shape for row in rows for entry in row))))
    for p, row in enumerate(rows):
        for q, entry in enumerate(row):
            out[p, q] = out[q, p] = entry
    return out


def location_itself(theta: Theta, _: Extra) -> Floats:
    """The location, where that is the mean."""
    return theta["mu"]


# brms's default of shapes and precisions, which may be of any size.
SHAPE_PRIOR = {preset: Default("gamma", (0.01, 0.01)) for preset in ("rstanarm", "brms")}
# rstanarm's default of what scales a response, and brms's.
SCALE_PRIOR = {
    "rstanarm": Default("exponential", (1.0,), scaled=True),
    "brms": Default("student_t", (3.0, 0.0, 1.0), scaled=True),
}
# brms's default on the log scale, and the same about the log of sd(y) where a family is scaled by that.
LOG_PRIOR = {preset: Default("student_t", (3.0, 0.0, 2.5), preset == "rstanarm") for preset in ("rstanarm", "brms")}
