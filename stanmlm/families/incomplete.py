"""Logarithms of integrals: of incomplete gamma and beta functions, with their digits in both tails."""

from collections.abc import Callable

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats

# SciPy's functions have their digits above this; below, logarithms of series go on.
LEAST = 1e-290
STEPS = 20_000  # at most; what is no number, at infinite ends, is waited for no longer


def log_integral(integrand: Callable[[Floats], Floats], slope: Floats, finer: int = 1) -> Floats:
    """The logarithm of an integral from 0 on over what falls about as fast as exp(-slope e), without a peak.

    By the trapezoidal rule after e = w exp(v - exp(-v)) (Takahasi and Mori 1974), as stan/functions/incomplete.stan; in
    `finer` times as many steps where the integrand is not all but exponential.

    Examples
    --------
    >>> float(log_integral(lambda e: 2 * np.exp(-2 * e), np.array(1.5)).round(10)) + 0.0
    0.0
    """
    v = (np.arange(64 * finer + 1) - 27 * finer) / (8 * finer)
    t = np.exp(v - np.exp(-v))
    total = sum(w * integrand(e / slope) for e, w in zip(t, t * (1 + np.exp(-v)) / (8 * finer), strict=True))
    return np.asarray(np.log(total / slope))


def log_gamma_p(a: Floats, log_x: Floats) -> Floats:
    """The logarithm of the regularised lower incomplete gamma function P(a, x).

    Examples
    --------
    >>> float(log_gamma_p(np.array(2.0), np.array(-1000.0)).round(3))
    -2000.693
    """
    x = np.exp(log_x)
    return _log_of(special.gammainc(a, x), special.gammaincc(a, x), _gamma_series, a, log_x)


def log_gamma_q(a: Floats, log_x: Floats) -> Floats:
    """The logarithm of the regularised upper incomplete gamma function Q(a, x).

    Examples
    --------
    >>> float(log_gamma_q(np.array(1.0), np.log(5000.0)).round(9))
    -5000.0
    """
    x = np.exp(log_x)
    return _log_of(special.gammaincc(a, x), special.gammainc(a, x), _gamma_fraction, a, log_x)


def log_inc_beta(a: Floats, b: Floats, log_x: Floats, log1m_x: Floats) -> Floats:
    """The logarithm of the regularised incomplete beta function I_x(a, b).

    Examples
    --------
    >>> float(log_inc_beta(np.array(2.0), np.array(1.0), np.array(-900.0), np.array(0.0)))
    -1800.0
    """
    # SciPy takes x alone: near one, where 1 - x has lost its digits, the other end is asked
    near = log1m_x < log_x
    x, rest = np.exp(log_x), np.exp(log1m_x)
    low = np.where(near, special.betaincc(b, a, rest), special.betainc(a, b, x))
    high = np.where(near, special.betainc(b, a, rest), special.betaincc(a, b, x))
    return _log_of(low, high, _beta_fraction, a, b, log_x, log1m_x)


def _log_of(low: Floats, high: Floats, series, *arguments: Floats) -> Floats:  # type: ignore[no-untyped-def]
    """log `low`, of two that add up to one; where it is next to nothing by a series."""
    with np.errstate(divide="ignore"):
        out = np.array(np.where(low < 0.5, np.log(low), np.log1p(-high)))
    tiny = low < LEAST
    if tiny.any():
        some = [np.broadcast_to(values, low.shape)[tiny] for values in arguments]
        out[tiny] = series(*some)
    return out


def _gamma_series(a: Floats, log_x: Floats) -> Floats:
    """NIST handbook, 8.11.4."""
    x, term, total = np.exp(log_x), np.ones_like(a), np.ones_like(a)
    for i in range(1, STEPS):
        term = term * x / (a + i)
        total = total + term
        if not np.any(term >= 1e-17 * total):
            break
    return np.asarray(a * log_x - x - special.gammaln(a + 1) + np.log(total))


def _gamma_fraction(a: Floats, log_x: Floats) -> Floats:
    """NIST handbook, 8.9.2, by Lentz's method."""
    x = np.exp(log_x)
    b = x + 1 - a
    c, d = np.full_like(b, 1e30), 1 / b
    h = d
    for i in range(1, STEPS):
        part = i * (a - i)
        b = b + 2
        d = 1 / (part * d + b)
        c = b + part / c
        h = h * c * d
        if not np.any(np.abs(c * d - 1) >= 1e-15):
            break
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(np.isinf(x), -np.inf, a * log_x - x - special.gammaln(a) + np.log(h)))


def _beta_fraction(a: Floats, b: Floats, log_x: Floats, log1m_x: Floats) -> Floats:
    """NIST handbook, 8.17.22, by Lentz's method."""
    x, c = np.exp(log_x), np.ones_like(a)
    d = 1 / (1 - (a + b) * x / (a + 1))
    h = d
    for m in range(1, STEPS):
        for part in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + part * d)
            c = 1 + part / c
            h = h * c * d
        if not np.any(np.abs(c * d - 1) >= 1e-15):
            break
    return np.asarray(a * log_x + b * log1m_x - np.log(a) - special.betaln(a, b) + np.log(h))
