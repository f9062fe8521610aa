"""Coefficients by group, the fixed part with the group's deviation, as draws."""

from collections.abc import Iterator

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.data.coding import INTERCEPT
from stanmlm.fit.draws import coefficient_names, coefficients_of, effects_of
from stanmlm.fit.fit import Fit
from stanmlm.priors.parameters import THRESHOLDS, Grouping


def group_effects(fit: Fit, grouping: Grouping) -> Iterator[tuple[str, Floats]]:
    """Deviations of every level by coefficient, draws (draws, J) each."""
    columns = (draws for bar in grouping.bars for draws in np.moveaxis(effects_of(fit, bar), -1, 0))
    yield from zip(grouping.terms, columns, strict=True)


def group_coefficients(fit: Fit, grouping: Grouping) -> Iterator[tuple[str, Floats]]:
    """What each coefficient is in every level, draws (draws, J) each.

    In lme4's order: coefficients without a fixed part, then the fixed ones. A deviation of the intercept lowers every
    threshold of an ordinal model, as in brms.
    """
    rows, fixed = fit.model.ledger.of("b"), coefficients_of(fit)
    effects = dict(group_effects(fit, grouping))
    thresholds = [row.variable == THRESHOLDS for row in rows]
    lowered = effects.pop(INTERCEPT, 0.0) if any(thresholds) else 0.0
    names = coefficient_names(fit)
    yield from ((name, draws) for name, draws in effects.items() if name not in names)
    nothing = np.zeros((len(fixed), len(grouping.levels)))
    for name, column, threshold in zip(names, fixed.T, thresholds, strict=True):
        yield name, column[:, None] + (nothing - lowered if threshold else effects.get(name, nothing))
