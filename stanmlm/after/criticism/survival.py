"""Kaplan and Meier's curve of a right-censored response, and of replicates that nothing censors."""

import numpy as np
import pandas as pd

from stanmlm.after.criticism.check_shapes import grouped
from stanmlm.after.criticism.replicates import CheckOptions, by_draws, members_of, replicates
from stanmlm.base.arrays import Bools, Floats
from stanmlm.base.errors import OptionError
from stanmlm.fit.fit import Fit

CURVES = 50  # replicates that are shown


def kaplan_meier(time: Floats, event: Bools) -> tuple[Floats, Floats]:
    """The share that is still without an event after each time at which there is one (Kaplan and Meier 1958).

    Parameters
    ----------
    time : array
        (N,)
    event : array
        (N,) whether it was seen; what was censored at the time of an event was still at risk then.

    Returns
    -------
    tuple
        Times, in their order, and shares.

    Examples
    --------
    >>> kaplan_meier(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, True]))[1].tolist()
    [0.75, 0.5, 0.0]
    """
    times, place = np.unique(time, return_inverse=True)
    events, all_ = (np.bincount(place, some.astype(float), len(times)) for some in (event, np.ones(len(time))))
    at_risk = len(time) - np.concatenate([[0.0], np.cumsum(all_)[:-1]])
    there = events > 0
    return times[there], np.cumprod(1 - events[there] / at_risk[there])


def km_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """Curves `x`, `survival` of y (`draw` 0), as it was censored, and of some replicates (1, 2, ...)."""
    return _curves(*_seen(fit, options))


def km_grouped_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """The same for the rows of each `group`."""
    (y, event, new), (levels, members) = _seen(fit, options), members_of(fit, options)
    return grouped(levels, [_curves(y[rows], event[rows], new[:, rows]) for rows in members])


def _seen(fit: Fit, options: CheckOptions) -> tuple[Floats, Bools, Floats]:
    """Times (N,), whether their events were seen, and replicates (draws, N)."""
    rep = replicates(fit, options, CURVES)
    code = np.broadcast_to(fit.model.response.censored, fit.model.response.y.shape)[rep.rows]
    if np.any((code != 0) & (code != 1)):
        raise OptionError(
            'type="km_overlay" is for right-censored responses; some here are left-censored, or intervals'
        )
    return rep.y, code == 0, np.concatenate(list(by_draws(rep)))


def _curves(y: Floats, event: Bools, new: Floats) -> pd.DataFrame:
    whole = np.ones(len(y), dtype=bool)
    curves = [kaplan_meier(y, event), *(kaplan_meier(draw, whole) for draw in new)]
    start, end = min(0.0, float(y.min()), float(new.min())), y.max()
    parts = [
        pd.DataFrame({"x": np.r_[start, times], "survival": np.r_[1.0, shares], "draw": draw})
        for draw, (times, shares) in enumerate(curves)
    ]
    # beyond the last time that was seen, replicates are compared with nothing
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    kept: pd.DataFrame = frame[frame["x"] <= end]
    return kept
