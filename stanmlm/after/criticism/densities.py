"""Curves of densities, as R has them."""

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats

GRID = 512  # points of a density curve
FINE = 8  # bins a point, on which densities are smoothed


def curves_frame(curves: list[Floats], grid: Floats) -> pd.DataFrame:
    """A row a point of a curve: `x`, `density`, and `draw`, the number of the curve."""
    draw = np.repeat(np.arange(len(curves)), len(grid))
    return pd.DataFrame({"x": np.tile(grid, len(curves)), "density": np.concatenate(curves), "draw": draw})


def kde(values: Floats, low: float, high: float, bandwidth: float | None = None) -> Floats:
    """A Gaussian kernel density at `GRID` points from low to high, by default with R's `bw.nrd0`.

    Examples
    --------
    >>> float(kde(np.random.default_rng(1).normal(size=100_000), -4, 4).max().round(1))
    0.4
    """
    from scipy.signal import fftconvolve

    h = bandwidth or nrd0(values)
    cell = (high - low) / ((GRID - 1) * FINE) or 1.0
    margin = int(np.ceil(4 * h / cell))
    edges = low + cell * (np.arange(-margin, (GRID - 1) * FINE + margin + 2) - 0.5)
    counts = np.histogram(values, edges)[0] / (len(values) * cell)
    kernel = np.exp(-0.5 * (cell * np.arange(-margin, margin + 1) / h) ** 2)
    smooth = fftconvolve(counts, kernel / kernel.sum(), mode="same")
    return np.asarray(np.clip(smooth[margin : margin + (GRID - 1) * FINE + 1 : FINE], 0, None))


def nrd0(values: Floats) -> float:
    """Silverman's rule of thumb (1986, eq. 3.31), as R's `bw.nrd0`."""
    quartiles = float(np.subtract(*np.quantile(values, (0.75, 0.25)))) / 1.34
    sd = float(values.std(ddof=1))
    return float(0.9 * (min(sd, quartiles) or sd or abs(values[0]) or 1.0) * len(values) ** -0.2)
