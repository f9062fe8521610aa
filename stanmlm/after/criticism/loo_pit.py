"""Where responses lie among leave-one-out predictions."""

from dataclasses import replace

import numpy as np
import pandas as pd

from stanmlm.after.criticism.criticism import smoothed
from stanmlm.after.criticism.densities import GRID, curves_frame, kde, nrd0
from stanmlm.after.criticism.log_lik import observed_pieces
from stanmlm.after.criticism.replicates import (
    CheckOptions,
)
from stanmlm.after.predict.expected import new_responses, theta_of
from stanmlm.base.arrays import Floats
from stanmlm.base.streams import ROWS, Purpose, stream, within
from stanmlm.fit.fit import Fit, source_of

UNIFORMS = 100  # reference curves of `loo_pit`, as in bayesplot


def loo_pit(fit: Fit, options: CheckOptions) -> Floats:
    """Leave-one-out predictive probability of a response up to the observed one, (N,); ties are broken at random."""
    pieces = observed_pieces(fit, replace(options.request, draws=None))
    source = source_of(fit, options.seed)
    below, equal = np.empty(len(pieces.y)), np.empty(len(pieces.y))
    values = new_responses(fit, pieces.target, within(source, Purpose.TIES))
    for part in smoothed(fit, pieces, ROWS):
        new = values(theta_of(fit, pieces.target, part.at), part.at)
        weights = np.exp(part.log_weights)
        below[part.at] = np.sum(weights * (new < pieces.y[part.at]), axis=0)
        equal[part.at] = np.sum(weights * (new == pieces.y[part.at]), axis=0)
    ties = stream(source, Purpose.TIES).random(len(pieces.row))
    return np.clip(below[pieces.row] + equal[pieces.row] * ties, 0, 1)


def loo_pit_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """Density curves of the LOO-PIT values (`draw` 0) and of uniform ones (1, 2, ...), reflected at 0 and 1."""
    values = loo_pit(fit, options)
    rng = stream(source_of(fit, options.seed), Purpose.UNIFORMS)
    sets = [values, *rng.random((UNIFORMS, len(values)))]
    return curves_frame([_reflected(each) for each in sets], np.linspace(0, 1, GRID))


def _reflected(values: Floats) -> Floats:
    """A density on [0, 1] without the kernel's loss at the ends."""
    return 3 * kde(np.concatenate([-values, values, 2 - values]), 0, 1, nrd0(values))
