"""The logarithm of a ratio of gamma functions, to full precision however large they are."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats

# From here on four terms of Stirling's series have all digits.
LARGE = 15.0


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


def _stirling(z: Floats) -> Floats:
    """What Stirling's formula for log gamma leaves."""
    u = 1 / (z * z)
    return np.asarray((1 / 12 - u * (1 / 360 - u * (1 / 1260 - u / 1680))) / z)
