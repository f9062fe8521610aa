"""The distribution of responses beside that of replicates, whole or by group, as frames."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from stanmlm.after.criticism.densities import GRID, curves_frame, kde
from stanmlm.after.criticism.envelopes import ecdf_envelope
from stanmlm.after.criticism.replicates import CheckOptions, Replicates, by_draws, by_rows, members_of, replicates
from stanmlm.base.arrays import Floats
from stanmlm.base.streams import Purpose, stream
from stanmlm.fit.fit import Fit

BINS = 30  # of histograms, as in ggplot2
PITS = 100  # places of an ECDF of PIT values, at most

Frame = Callable[[Fit, CheckOptions], pd.DataFrame]
Shape = Callable[[Floats, Floats], pd.DataFrame]  # y (rows,), replicates (draws, rows)


def density(y: Floats, new: Floats) -> pd.DataFrame:
    """Density curves `x`, `density` of y (`draw` 0) and of replicates (1, 2, ...)."""
    low, high = min(y.min(), new.min()), max(y.max(), new.max())
    curves = [kde(values, low, high) for values in (y, *new)]
    return curves_frame(curves, np.linspace(low, high, GRID))


def ecdf(y: Floats, new: Floats) -> pd.DataFrame:
    """Steps `x`, `share` of y (`draw` 0) and of replicates (1, 2, ...): how many rows have x or less."""
    values = np.unique(np.concatenate([y, *new]))
    grid = values if len(values) <= GRID else np.linspace(values[0], values[-1], GRID)
    shares = [np.searchsorted(np.sort(one), grid, side="right") / len(one) for one in (y, *new)]
    return curves_frame(shares, grid).rename(columns={"density": "share"})


def histogram(y: Floats, new: Floats) -> pd.DataFrame:
    """Histograms of y (`draw` 0) and of replicates, a row a bin: `x` its middle, `width`, `count`."""
    sets = [y, *new]
    edges = np.linspace(min(map(np.min, sets)), max(map(np.max, sets)), BINS + 1)
    edges = edges if edges[-1] > edges[0] else edges + np.linspace(-0.5, 0.5, BINS + 1)
    bins = pd.DataFrame({"x": (edges[1:] + edges[:-1]) / 2, "width": np.diff(edges)})
    return pd.concat(
        [bins.assign(count=np.histogram(values, edges)[0], draw=i) for i, values in enumerate(sets)], ignore_index=True
    )


def values(y: Floats, new: Floats) -> pd.DataFrame:
    """Responses themselves: `y` of draw 0, and of replicates."""
    sets = [y, *new]
    return pd.DataFrame({"y": np.concatenate(sets), "draw": np.repeat(np.arange(len(sets)), len(y))})


def whole(shape: Shape, draws: int) -> Frame:
    """The frame of all rows together, with so many replicates by default."""

    def frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
        rep = replicates(fit, options, draws)
        return shape(rep.y, np.concatenate(list(by_draws(rep))))

    return frame


def by_group(shape: Shape, draws: int) -> Frame:
    """The same for the rows of each `group`."""

    def frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
        rep = replicates(fit, options, draws)
        new, (levels, members) = np.concatenate(list(by_draws(rep))), members_of(fit, options)
        return grouped(levels, [shape(rep.y[rows], new[:, rows]) for rows in members])

    return frame


def grouped(levels: Sequence[str], frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The frames of groups below each other, with a column `group`."""
    named = [frame.assign(group=level) for level, frame in zip(levels, frames, strict=True)]
    frame = pd.concat(named, ignore_index=True)
    return frame.assign(group=pd.Categorical(frame["group"], list(levels)))


def places(rep: Replicates) -> Floats:
    """The share of replicates below each response, (N,), at random among those that tie."""
    ties = stream(rep.source, Purpose.TIES).random(len(rep.y))
    parts, at = [], 0
    for new in by_rows(rep):
        y = rep.y[at : at + new.shape[1]]
        below, equal = (new < y).mean(axis=0), (new == y).mean(axis=0)
        parts.append(below + equal * ties[at : at + len(y)])
        at += len(y)
    return np.concatenate(parts)


def _pit(values: Floats) -> pd.DataFrame:
    """The ECDF of places less the uniform one, `y` at `x`, and its simultaneous envelope."""
    bins = int(np.clip(len(values), 2, PITS))
    x, (lower, upper) = np.arange(bins + 1) / bins, ecdf_envelope(len(values), bins)
    share = np.searchsorted(np.sort(values), x, side="right") / len(values)
    return pd.DataFrame({"x": x, "y": share - x, "lower": lower - x, "upper": upper - x})


def pit_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """Sailynoja, Burkner and Vehtari's (2022) ECDF of PIT values."""
    return _pit(places(replicates(fit, options, None)))


def pit_grouped_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """The same for the rows of each `group`."""
    found, (levels, members) = places(replicates(fit, options, None)), members_of(fit, options)
    return grouped(levels, [_pit(found[rows]) for rows in members])


SHAPES: Mapping[str, Frame] = {
    "dens_overlay": whole(density, 50),
    "dens_overlay_grouped": by_group(density, 50),
    "dens": whole(density, 8),
    "ecdf_overlay": whole(ecdf, 50),
    "ecdf_overlay_grouped": by_group(ecdf, 50),
    "hist": whole(histogram, 8),
    "freqpoly": whole(histogram, 8),
    "freqpoly_grouped": by_group(histogram, 3),
    "boxplot": whole(values, 8),
    "violin_grouped": by_group(values, 50),
    "pit_ecdf": pit_frame,
    "pit_ecdf_grouped": pit_grouped_frame,
}
