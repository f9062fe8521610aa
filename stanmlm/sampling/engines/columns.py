"""Parameters in their declared shapes, out of the flat columns that Stan writes."""

from collections.abc import Mapping, Sequence

import numpy as np

from stanmlm.base.arrays import Anything, Floats

# CmdStan's names (its manual, "Stan CSV output") to ArviZ's, each with its type
_STATS: Mapping[str, tuple[str, type]] = {
    "lp__": ("lp", np.float64),
    "accept_stat__": ("acceptance_rate", np.float64),
    "stepsize__": ("step_size", np.float64),
    "treedepth__": ("tree_depth", np.int64),
    "n_leapfrog__": ("n_steps", np.int64),
    "divergent__": ("diverging", np.bool_),
    "energy__": ("energy", np.float64),
}


def shapes_of(names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The declared shape of each variable, from dotted column names (`theta.1.2`) in Stan's order."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name in names:
        base, *index = name.split(".")
        shapes[base] = tuple(int(i) for i in index)  # the last column of a variable carries its sizes
    return shapes


def split(columns: Floats, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Floats]:
    """Views of `columns` (..., all columns), one a variable: (..., *shape). Nothing is copied."""
    leading, values, start = columns.shape[:-1], {}, 0
    for name, shape in shapes.items():
        stop = start + int(np.prod(shape, dtype=np.int64))
        block = columns[..., start:stop].reshape((*leading, *reversed(shape)))
        order = [*range(len(leading)), *reversed(range(len(leading), block.ndim))]
        values[name] = block.transpose(order)  # Stan writes the first index fastest
        start = stop
    return values


def stats_of(names: Sequence[str], columns: Floats) -> dict[str, Anything]:
    """The sampler's own columns (chains, draws, columns) under ArviZ's names: (chains, draws)."""
    known = [(i, *_STATS[name]) for i, name in enumerate(names) if name in _STATS]
    return {label: columns[..., i].astype(kind) for i, label, kind in known}
