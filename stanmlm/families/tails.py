"""The chance of lying between two numbers, from those of lying below and above one, with its digits in both tails."""

from collections.abc import Callable

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.families.link_functions import log1m_exp
from stanmlm.families.reductions import Extra
from stanmlm.families.theta import Theta

HALF = np.log(0.5)
LogTail = Callable[[Floats, Theta, Extra], Floats]  # (number, theta, extra)


def log_mass_of(log_cdf: LogTail, log_ccdf: LogTail, low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """The log chance of a response above `low` and not above `high`, (rows,) each or infinite.

    Examples
    --------
    >>> from scipy import special
    >>> one = np.ones(1)
    >>> tails = lambda y, *_: special.log_ndtr(y), lambda y, *_: special.log_ndtr(-y)
    >>> float(log_mass_of(*tails, 40 * one, 41 * one, Theta(), Extra(one, one)).round(6)[0])
    -804.608442
    """
    no_low, no_high = np.isneginf(low), np.isposinf(high)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        if no_low.all():
            return np.where(no_high, 0.0, log_cdf(high, theta, extra))
        if no_high.all():
            return np.where(no_low, 0.0, log_ccdf(low, theta, extra))
        below, above = log_cdf(high, theta, extra), log_ccdf(low, theta, extra)
        to_low, to_high = log_cdf(low, theta, extra), log_ccdf(high, theta, extra)
        between = np.where(below < HALF, below + log1m_exp(to_low - below), above + log1m_exp(to_high - above))
        return np.where(no_low & no_high, 0.0, np.where(no_low, below, np.where(no_high, above, between)))


def log_below_of(above: Floats) -> Floats:
    """The log chance of lying below, where that of lying above is exp(-hazard): of its logarithm, log hazard."""
    with np.errstate(over="ignore"):
        return np.where(above < -36, above, log1m_exp(-np.exp(above)))
