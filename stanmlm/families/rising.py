"""Logarithms of ratios of gamma functions, to full precision however large or small they are."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats

# From here on four terms of Stirling's series have all digits.
LARGE = 15.0
# Below, 1 + a is 1 to more digits than there are, and its logarithm is that of gamma(1 + a).
SMALLEST = 1e-290
# From here on five terms of the series of its derivatives have, and recurrence leads there.
SHIFT = 10


def log_rising(a: Floats, y: Floats) -> Floats:
    """Give log(gamma(a + y) / (gamma(a) a^y)), which goes to 0 as a grows; stan/functions/rising.stan is its twin.

    Parameters
    ----------
    a : array
        Above 0.
    y : array
        0 or more; both broadcast.

    Returns
    -------
    array

    Notes
    -----
    The difference of Stirling's series at a + y and at a (NIST handbook of mathematical functions, 5.11.1), in terms
    that stay small; a difference of log gamma functions loses as many digits as they have before the point.

    Examples
    --------
    >>> float(log_rising(np.array(1e8), np.array(2.0)).round(15))
    1e-08
    """
    b = a + y
    small = special.gammaln(b) - special.gammaln(a) - y * np.log(a)
    large = (b - 0.5) * np.log1p(y / a) - y + (_stirling(b) - _stirling(a))
    return np.asarray(np.where(a < LARGE, small, large))


def log_ascending(log_a: Floats, y: Floats) -> Floats:
    """Give log(gamma(a + y) / gamma(a)) from log a, for an a next to nothing too; 0 where y is.

    Parameters
    ----------
    log_a : array
    y : array
        0 or more; both broadcast.

    Returns
    -------
    array

    Examples
    --------
    >>> float(log_ascending(np.array(-800.0), np.array(1.0)))
    -800.0
    """
    a = np.maximum(np.exp(log_a), SMALLEST)
    small = special.gammaln(a + y) - special.gammaln(1 + a) + log_a
    large = log_rising(np.maximum(a, LARGE), y) + y * log_a
    return np.asarray(np.where(y == 0, 0.0, np.where(a < LARGE, small, large)))


def rising_slopes(a: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Give the first and second derivative of `log_rising` in log a, to full precision as well.

    Parameters
    ----------
    a : array
        Above 0.
    y : array
        0 or more; both broadcast.

    Returns
    -------
    tuple
        Two arrays.

    Notes
    -----
    The first is a (psi(a + y) - psi(a)) - y. Digamma and trigamma functions by recurrence up to a + 10 and their series
    from there (NIST handbook of mathematical functions, 5.5.2, 5.11.2 and 5.15.5, 5.15.8), in terms that stay small.

    Examples
    --------
    >>> [float(slope.round(15)) for slope in rising_slopes(np.array(1e8), np.array(2.0))]
    [-1e-08, 1e-08]
    """
    b, far = a + y, a + SHIFT
    digamma, trigamma = np.zeros_like(b), np.zeros_like(b)
    for i in range(SHIFT):
        near = 1 / ((a + i) * (b + i))
        digamma += near
        trigamma += near**2 * (a + b + 2 * i)
    ends = far * (b + SHIFT)
    first = a * np.log1p(y / far) - y + a * (y * digamma + _digamma(b + SHIFT) - _digamma(far))
    rest = y * (a * (y + 2 * SHIFT) + SHIFT * (y + SHIFT)) / ends
    second = first + rest + a**2 * (_trigamma(b + SHIFT) - _trigamma(far) - y * trigamma)
    return first, second


def _digamma(z: Floats) -> Floats:
    """What log z leaves of it."""
    u = 1 / (z * z)
    return np.asarray(-0.5 / z - u * (1 / 12 - u * (1 / 120 - u * (1 / 252 - u * (1 / 240 - u / 132)))))


def _trigamma(z: Floats) -> Floats:
    """What 1 / z leaves of it."""
    u = 1 / (z * z)
    return np.asarray(u * (0.5 + (1 / 6 - u * (1 / 30 - u * (1 / 42 - u * (1 / 30 - u * 5 / 66)))) / z))


def _stirling(z: Floats) -> Floats:
    """What Stirling's formula for log gamma leaves."""
    u = 1 / (z * z)
    return np.asarray((1 / 12 - u * (1 / 360 - u * (1 / 1260 - u / 1680))) / z)
