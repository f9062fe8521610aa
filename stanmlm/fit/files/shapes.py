"""Whether the arrays of a fit have the shapes of one model: what a file's records cannot say of each other."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from stanmlm.base.files.codec import DamageError
from stanmlm.data.design import Design
from stanmlm.fit.fit import Fit, chains_of
from stanmlm.model.model import Model

Expected = tuple[str, Any, tuple[int, ...]]  # what it is, an array or None, the shape that it must have


def check_shapes(fit: Fit) -> None:
    """Refuse a fit whose parts do not go together.

    Raises
    ------
    DamageError
        It names the part.
    """
    for what, array, shape in (*_rows(fit.model), *_columns(fit.model.design), *_draws(fit)):
        if array is not None and np.shape(array) != shape:
            raise DamageError(f"{what} has the shape {np.shape(array)} where the model has {shape}")
    for what, places, size in _places(fit.model):
        if places is not None and len(places) and not -1 <= int(places.min()) <= int(places.max()) < size:
            raise DamageError(f"{what} leads to places that there are not")


def _rows(model: Model) -> Iterator[Expected]:
    frame, response = model.frame, model.response
    n = len(frame.rows)
    yield "`y` of its response", response.y, (n, *model.family.parts)
    for name in ("trials", "weights"):
        yield f"`{name}` of its response", getattr(response, name), (n,)
    for name in ("weights", "offset", "place"):
        yield f"`{name}` of its frame", getattr(frame, name), (n,)
    yield "the index of its frame", frame.index, (n,)
    yield "the offset of its design", model.design.offset, (n,)
    yield "`row` of its design", model.design.row, (n,)
    yield "`row` of its cells", model.cells.row, (n,)


def _columns(design: Design) -> Iterator[Expected]:
    D = len(design.X)
    yield "the matrix of its design", design.X, (D, len(design.names))
    yield "`assign` of its design", design.assign, (len(design.names),)
    yield "`counts` of its design", design.counts, (D,)
    for term in design.terms:
        yield f"the index of `{term.group}`", term.index, (D,)
        yield f"the matrix of `{term.group}`", term.Z, (D, len(term.coefs))


def _draws(fit: Fit) -> Iterator[Expected]:
    groups = {name: fit.posterior[name] for name in ("posterior", "sample_stats")}
    sizes = groups["posterior"].sizes
    drawn = (int(sizes["chain"]), int(sizes["draw"]))
    for row in fit.model.ledger.variables:
        yield f"`{row.name}` of its draws", chains_of(fit, row.name), (*drawn, *row.shape)
    for name, statistic in groups["sample_stats"].data_vars.items():
        yield f"`{name}` of its sampler", statistic, (*drawn, *statistic.shape[2:])


def _places(model: Model) -> Iterator[tuple[str, Any, int]]:
    yield "`row` of its design", model.design.row, len(model.design.X)
    yield "`row` of its cells", model.cells.row, len(model.cells.first)
    for term in model.design.terms:
        yield f"the index of `{term.group}`", term.index, len(term.levels) + len(term.labels)
