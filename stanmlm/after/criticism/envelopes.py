"""Simultaneous envelopes of empirical distributions: how far all of an ECDF may lie from the uniform one by chance."""

from functools import cache

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.streams import Purpose, Source, stream

SIMULATED = 20_000  # ECDFs at a time, and behind an envelope
NULL = 100_000  # behind p-values
NULL_SOURCE = Source(1)
SORTED, PLACES = 2000, 200  # sets of sorted values behind their bounds, and how many of each are looked at


def statistics_of(counts: Ints) -> Floats:
    """The smallest tail probability of an ECDF at any of its points, (...), from counts of equal bins (..., bins).

    Below is P(at most as many), above P(at least as many), of a binomial (Sailynoja, Burkner and Vehtari 2022, eq. 11).

    Examples
    --------
    >>> statistics_of(np.array([[5, 5], [10, 0]])).round(4).tolist()
    [0.623, 0.001]
    """
    from scipy import stats

    below, bins, n = np.cumsum(counts, axis=-1)[..., :-1], counts.shape[-1], int(counts.sum(axis=-1).flat[0])
    shares, seen = np.arange(1, bins) / bins, np.arange(n + 1)[:, None]
    table = np.minimum(stats.binom.cdf(seen, n, shares), stats.binom.sf(seen - 1, n, shares))
    return np.asarray(table[below, np.arange(bins - 1)].min(axis=-1))


@cache
def null_of(n: int, bins: int, size: int = NULL) -> Floats:
    """What `statistics_of` gives for n uniform values in equal bins, sorted; the same every time."""
    rng, even = stream(NULL_SOURCE, Purpose.ENVELOPES, bins), np.full(bins, 1 / bins)
    parts = [statistics_of(rng.multinomial(n, even, size=SIMULATED)) for _ in range(-(-size // SIMULATED))]
    return np.sort(np.concatenate(parts)[:size])


def p_value(counts: Ints, size: int = NULL) -> Floats:
    """The probability that uniform values have an ECDF as improbable at some point, of counts (..., bins).

    Examples
    --------
    >>> p_value(np.array([[10, 11, 9, 10], [40, 0, 0, 0]])).round(2).tolist()
    [0.99, 0.0]
    """
    null = null_of(int(counts.sum(axis=-1).flat[0]), counts.shape[-1], size)
    return np.asarray((np.searchsorted(null, statistics_of(counts), side="right") + 1) / (len(null) + 1))


def local_level(n: int, bins: int, level: float) -> float:
    """The tail probability on each side, at every point, at which all of an ECDF is inside with probability `level`."""
    return float(np.quantile(null_of(n, bins, SIMULATED), 1 - level))


def ecdf_envelope(n: int, bins: int, level: float = 0.95) -> tuple[Floats, Floats]:
    """The least and greatest ECDF at 0, 1 / bins, 2 / bins, ..., 1 of n uniform values, (bins + 1,) each.

    Examples
    --------
    >>> lower, upper = ecdf_envelope(100, 4)
    >>> lower.tolist(), upper.tolist()
    ([0.0, 0.15, 0.39, 0.65, 1.0], [0.0, 0.35, 0.61, 0.84, 1.0])
    """
    from scipy import stats

    tail, shares = local_level(n, bins, level), np.arange(bins + 1) / bins
    return stats.binom.ppf(tail, n, shares).clip(0) / n, stats.binom.isf(tail, n, shares).clip(0) / n


def order_envelope(n: int, level: float = 0.95) -> tuple[Floats, Floats]:
    """The least and greatest values of n sorted uniform ones, (n,) each, all together with probability `level`.

    Of many values the bounds are set by `PLACES` of them, evenly spaced.

    Examples
    --------
    >>> lower, upper = order_envelope(9)
    >>> bool(np.all(lower < np.arange(1, 10) / 10)) and bool(np.all(upper > np.arange(1, 10) / 10))
    True
    """
    from scipy import stats

    tail, i = float(np.quantile(_order_null(n), 1 - level)), np.arange(1, n + 1)
    return stats.beta.ppf(tail, i, n + 1 - i), stats.beta.isf(tail, i, n + 1 - i)


@cache
def _order_null(n: int) -> Floats:
    """The smallest tail probability of any of n sorted uniform values, of many sets of them."""
    from scipy import stats

    rng, i = stream(NULL_SOURCE, Purpose.ENVELOPES), np.unique(np.linspace(1, n, min(n, PLACES)).astype(int))
    found = []
    for _ in range(SORTED // 100):
        steps = np.cumsum(rng.exponential(size=(100, n + 1)), axis=1)
        below = stats.beta.cdf(steps[:, i - 1] / steps[:, -1:], i, n + 1 - i)
        found.append(np.minimum(below, 1 - below).min(axis=1))
    return np.concatenate(found)
