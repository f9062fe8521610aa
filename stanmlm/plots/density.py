"""Densities of draws, smoothed within the bounds that a parameter has."""

import numpy as np

from stanmlm.after.criticism.densities import FINE, GRID, nrd0
from stanmlm.base.arrays import Floats

EMPTY = 4.0  # bandwidths beyond the draws, where the density has died away
WHOLE = (-np.inf, np.inf)


def density_curve(values: Floats, bounds: tuple[float, float] = WHOLE) -> tuple[Floats, Floats]:
    """A Gaussian kernel density with R's `bw.nrd0`, reflected at the bounds so that no mass leaves them.

    Parameters
    ----------
    values : numpy.ndarray, (S,)
        Draws.
    bounds : tuple of float
        Where the parameter can be: (0, inf) for a standard deviation.

    Returns
    -------
    tuple of numpy.ndarray, (512,)
        Places and the density there, which integrates to one.

    Examples
    --------
    >>> x, density = density_curve(np.random.default_rng(1).exponential(size=100_000), (0, np.inf))
    >>> float(x[0]), bool(0.9 < density[0] < 1.0)
    (0.0, True)
    """
    from scipy.ndimage import gaussian_filter1d

    h = nrd0(values)
    low, high = max(bounds[0], values.min() - EMPTY * h), min(bounds[1], values.max() + EMPTY * h)
    edges = np.linspace(low, high, GRID * FINE + 1)
    cell = edges[1] - edges[0]
    share = np.histogram(values, edges)[0] / (len(values) * cell)
    smooth = gaussian_filter1d(share, h / cell, mode="reflect", truncate=EMPTY)
    grid = np.linspace(low, high, GRID)
    middles = (edges[1:] + edges[:-1]) / 2
    return grid, np.asarray(np.interp(grid, middles, smooth), dtype=float)
