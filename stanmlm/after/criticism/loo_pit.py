"""Where responses lie among leave-one-out predictions."""

from dataclasses import replace

import numpy as np
import pandas as pd

from stanmlm.after.criticism.check_rows import PROBS, x_of
from stanmlm.after.criticism.criticism import smoothed
from stanmlm.after.criticism.densities import GRID, curves_frame, kde, nrd0
from stanmlm.after.criticism.envelopes import order_envelope
from stanmlm.after.criticism.log_lik import observed_pieces
from stanmlm.after.criticism.replicates import CheckOptions, replicates
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


def loo_pit_qq_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """Sorted LOO-PIT values, `y`, beside uniform quantiles, `x`, and the band that holds 95% of all together."""
    values = np.sort(loo_pit(fit, options))
    lower, upper = order_envelope(len(values))
    return pd.DataFrame({"x": (np.arange(len(values)) + 0.5) / len(values), "y": values, "lower": lower,
                         "upper": upper})  # fmt: skip


def loo_intervals_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """For every row, at `x`: `y`, and the median with the 50% and 90% interval that other rows predict."""
    rep = replicates(fit, options, 1)
    pieces = observed_pieces(fit, replace(options.request, draws=None))
    values = new_responses(fit, pieces.target, within(source_of(fit, options.seed), Purpose.TIES))
    found = np.empty((len(PROBS), len(pieces.y)))
    for part in smoothed(fit, pieces, ROWS):
        new = values(theta_of(fit, pieces.target, part.at), part.at)
        found[:, part.at] = _weighted(new, np.exp(part.log_weights), list(PROBS.values()))
    columns = {name: row[pieces.row] / rep.divisor for name, row in zip(PROBS, found, strict=True)}
    return pd.DataFrame({"x": x_of(fit, options), "y": rep.y, **columns})


def _weighted(values: Floats, weights: Floats, probs: list[float]) -> Floats:
    """Quantiles of columns of weighted values, (probs, columns): the least value with so much weight up to it.

    Examples
    --------
    >>> _weighted(np.array([[1.0], [2.0], [3.0]]), np.array([[0.2], [0.2], [0.6]]), [0.3, 0.5]).ravel().tolist()
    [2.0, 3.0]
    """
    order = np.argsort(values, axis=0)
    ordered, total = np.take_along_axis(values, order, 0), np.cumsum(np.take_along_axis(weights, order, 0), axis=0)
    at = [np.minimum((total < p).sum(axis=0), len(values) - 1) for p in probs]
    return np.stack([np.take_along_axis(ordered, row[None], 0)[0] for row in at])
