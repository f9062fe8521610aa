"""Convergence of draws whose chains are of one posterior, or of several that are joined: each is judged by itself."""

from collections.abc import Sequence

import numpy as np

from stanmlm.base import arviz_compat
from stanmlm.base.arrays import Floats


def _apart(draws: Floats, sizes: Sequence[int]) -> list[Floats]:
    """Draws (chains, draws, ...) of each posterior, from the numbers of their chains; () where there is one."""
    return np.split(draws, np.cumsum(sizes)[:-1]) if sizes else [draws]


def rhat(draws: Floats, sizes: Sequence[int] = ()) -> Floats:
    """Rhat, that of the worst posterior.

    Examples
    --------
    >>> one = np.random.default_rng(1).normal(size=(2, 500, 1))
    >>> far = np.concatenate([one, one + 100])
    >>> bool(rhat(far, (2, 2))[0] < 1.02 < rhat(far)[0])
    True
    """
    return np.asarray(np.fmax.reduce([arviz_compat.rhat(part) for part in _apart(draws, sizes)]))


def ess_bulk(draws: Floats, sizes: Sequence[int] = ()) -> Floats:
    """Bulk effective size, the sum over posteriors."""
    return np.asarray(sum(arviz_compat.ess_bulk(part) for part in _apart(draws, sizes)))


def ess_tail(draws: Floats, sizes: Sequence[int] = ()) -> Floats:
    """Tail effective size, likewise."""
    return np.asarray(sum(arviz_compat.ess_tail(part) for part in _apart(draws, sizes)))


def mcse_mean(draws: Floats, sizes: Sequence[int] = ()) -> Floats:
    """Monte Carlo standard error of the mean over all, whose parts are independent."""
    parts = _apart(draws, sizes)
    squares = [(arviz_compat.mcse_mean(part) * len(part) / len(draws)) ** 2 for part in parts]
    return np.asarray(np.sqrt(sum(squares)))


def relative_efficiency(draws: Floats, sizes: Sequence[int] = ()) -> Floats:
    """Effective size of the mean over the number of draws, likewise."""
    parts = _apart(draws, sizes)
    return np.asarray(sum(arviz_compat.relative_efficiency(part) * len(part) for part in parts) / len(draws))
