"""The chance of lying between two numbers, from those of lying below and above one, with its digits in both tails."""

from collections.abc import Callable

import numpy as np

from stanmlm.base.arrays import Floats
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
        between = np.where(below < HALF, below + _log1m_exp(below - to_low), above + _log1m_exp(above - to_high))
        return np.where(no_low & no_high, 0.0, np.where(no_low, below, np.where(no_high, above, between)))


def _log1m_exp(gap: Floats) -> Floats:
    """log(1 - exp(-gap)) of gaps of zero or more."""
    return np.where(gap < np.log(2), np.log(-np.expm1(-gap)), np.log1p(-np.exp(-gap)))


def log1m_exp(value: Floats) -> Floats:
    """log(1 - exp(value)) of values of zero or less."""
    with np.errstate(divide="ignore"):
        return _log1m_exp(-value)


def log_below_of(above: Floats) -> Floats:
    """The log chance of lying below, where that of lying above is exp(-hazard): of its logarithm, log hazard."""
    with np.errstate(over="ignore"):
        return np.where(above < -36, above, log1m_exp(-np.exp(above)))
