"""A smooth line through points, as R's `loess`, with its error."""

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats

POINTS = 60  # of a line
SPAN = 0.75  # of the points, that each place of it is made from: R's


def local_lines(x: Floats, y: Floats) -> pd.DataFrame:
    """Local straight lines through points, `x`, `y`, and two standard errors to both sides, `lower` and `upper`.

    Cleveland (1979, Journal of the American Statistical Association 74:829): tricube weights of the nearest points.

    Examples
    --------
    >>> x = np.linspace(0, 1, 50)
    >>> bool(np.allclose(local_lines(x, 3 * x)["y"], 3 * np.linspace(0, 1, 60)))
    True
    """
    grid = np.linspace(x.min(), x.max(), POINTS) if np.ptp(x) > 0 else x[:1]
    apart = np.abs(x - grid[:, None])
    near = np.partition(apart, min(len(x) - 1, int(SPAN * len(x))), axis=1)[:, min(len(x) - 1, int(SPAN * len(x)))]
    reach = np.maximum(near, 0.1 * np.ptp(x) or 1.0)[:, None]  # ties may leave a neighbourhood no width
    w = (1 - np.minimum(apart / reach, 1) ** 3) ** 3
    w /= w.sum(axis=1, keepdims=True)
    centre = x - (w @ x)[:, None]
    spread = np.sum(w * centre**2, axis=1, keepdims=True)
    steep = np.where(spread > 1e-12 * reach**2, spread, np.inf)
    smoother = w * (1 + (grid[:, None] - (w @ x)[:, None]) * centre / steep)  # (grid, rows): y to the line
    line = smoother @ y
    slope = np.sum(w * centre * y, axis=1, keepdims=True) / steep
    left = y - (w @ y)[:, None] - slope * centre
    sd = np.sqrt(np.sum(w * left**2, axis=1) * np.sum(smoother**2, axis=1))
    return pd.DataFrame({"x": grid, "y": line, "lower": line - 2 * sd, "upper": line + 2 * sd})
