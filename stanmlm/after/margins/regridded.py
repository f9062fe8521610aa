"""Marginal means on another scale, on which averages and contrasts are then taken."""

from dataclasses import replace

import numpy as np

from stanmlm.after.margins.bases import basis_by_row
from stanmlm.after.margins.grid import drawn_on_grid
from stanmlm.after.margins.means import MarginalMeans
from stanmlm.after.margins.scales import NONE, Transformed, require_way_back, scale_named
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError

RESPONSE = ("response", "mu", "unlink")


def regridded(means: MarginalMeans, transform: str) -> MarginalMeans:
    """The draws of each row on the response's scale, or from there on a link's, as functions of themselves."""
    values, estimate = drawn_on_grid(means.grid, means.beta), means.estimate
    if transform != "none" and not means.scale.is_none:
        values, estimate = require_way_back(means.scale)(values), means.scale.label
    scale = means.scale if transform == "none" else NONE
    if transform not in (*RESPONSE, "none"):
        scale = scale_named(transform)
        values = _forward(values, transform)
    return _of_draws(means, values, estimate, scale)


def _forward(values: Floats, transform: str) -> Floats:
    forward = scale_named(transform).forward
    assert forward is not None
    with np.errstate(all="ignore"):
        moved = forward(values)
    bad = ~np.isfinite(moved) & np.isfinite(values)
    if bad.any():
        raise OptionError(f'transform="{transform}" has no value where draws are {values[bad][0]:.3g}')
    return np.asarray(moved)


def _of_draws(means: MarginalMeans, values: Floats, estimate: str, scale: Transformed) -> MarginalMeans:
    known = np.isfinite(values).all(axis=0)
    labels = (".".join(map(str, row)) for row in means.grid.rows.itertuples(index=False, name=None))
    made = basis_by_row(np.where(known, values, 0.0), tuple(labels))
    grid = replace(means.grid, linfct=made.linfct, offset=made.offset, null=made.linfct[:, ~known])
    return replace(means, grid=grid, beta=made.beta, columns=made.columns, estimate=estimate, scale=scale)
