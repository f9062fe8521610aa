"""Rows of any family under any link: parameters inside what they may be, and responses that follow."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats
from stanmlm.families import Family
from stanmlm.families.distributional import Distributional
from stanmlm.families.reductions import Extra

ROWS, TRIALS = 60, 7.0


def natural_rows(family: Family, seed: int = 4) -> tuple[list[Floats], Floats, Floats, Extra]:
    """Linear predictors of all parameters, the natural location, responses, and what else a density reads."""
    rng = np.random.default_rng(seed)
    natural = [_natural(one, rng) for one in family.parameters]
    etas = [one.link.forward(values) for one, values in zip(family.parameters, natural, strict=True)]
    extra = Extra(np.full(ROWS, TRIALS), rng.uniform(0.5, 3, ROWS))
    y = family.draw(rng, family.theta({}, dict(zip(family.links, natural, strict=True))), extra)
    return etas, natural[0], y, extra


def _natural(one: Distributional, rng: np.random.Generator) -> Floats:
    """Within the support and the range of the link, away from their ends; those of reals about a half."""
    low, high = max(one.within.low, one.link.range[0]), min(one.within.high, one.link.range[1])
    share = special.expit(rng.uniform(-1.5, 1.5, ROWS))
    if np.isfinite(low):
        return low + (share * (high - low) if np.isfinite(high) else 3 * share)
    return 0.2 + 2 * share
