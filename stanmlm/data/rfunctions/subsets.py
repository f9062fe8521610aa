"""R's `[`: elements of vectors and rows of matrices, by place, by truth or by name."""

import numpy as np

from stanmlm.base.arrays import Anything, Ints
from stanmlm.base.errors import DataError
from stanmlm.data.rvalues import CODED, NUMERIC, Value, double, floats, length, recycle, take


def subset(x: Value, *index: Value, drop: Value | None = None) -> Value:
    """R's `[` on a vector by places, negative places or truth; `[ , j]` on a matrix."""
    if len(index) > 2 or (len(index) == 2 and x.data.ndim == 1):
        raise DataError("incorrect number of dimensions")
    if len(index) == 2:
        return _subset_matrix(x, *index)
    if x.data.ndim == 2:
        x = Value(x.type, x.data.ravel(order="F"))
    if not index or index[0].type == "null":
        return x
    return take_padded(x, positions(index[0], length(x)))


def _subset_matrix(x: Value, rows: Value, columns: Value) -> Value:
    names = x.columns
    if columns.type == "character":
        columns = _by_name(columns, names)
    j = np.arange(x.data.shape[1]) if columns.type == "null" else positions(columns, x.data.shape[1])
    i = np.arange(length(x)) if rows.type == "null" else positions(rows, length(x))
    if (j < 0).any() or (j >= x.data.shape[1]).any() or (i < 0).any() or (i >= length(x)).any():
        raise DataError("subscript out of bounds")
    if len(j) == 1:
        return Value(x.type, x.data[i, j[0]])
    return Value(x.type, x.data[np.ix_(i, j)], columns=tuple(names[k] for k in j) if names else ())


def _by_name(wanted: Value, names: tuple[str, ...]) -> Value:
    labels = [wanted.levels[k] for k in wanted.data]
    if not set(labels) <= set(names):
        raise DataError(
            f"subscript out of bounds: the matrix has no column {', '.join(sorted(set(labels) - set(names)))}"
        )
    return double([names.index(label) + 1 for label in labels])


def positions(index: Value, n: int) -> Ints:
    """Places from 0 that an index selects of n elements, -1 for NA: R's, which count from 1 and drop what is negative.

    Raises
    ------
    DataError
        For 0, where R silently selects nothing, and for an index of both signs.
    """
    if index.type not in NUMERIC and index.type != "factor":
        column = "; a column is written by its name, or `frame$column`" if index.type == "character" else ""
        raise DataError(f"an index must be numbers or truth values, not {index.type}{column}")
    if index.type == "logical":
        chosen = floats(recycle(index, max(n, length(index))))
        places = np.where(np.isnan(chosen), -1, np.arange(len(chosen)))
        picked: Ints = places[np.isnan(chosen) | (chosen == 1)]
        return picked
    wanted = np.where(index.data < 0, np.nan, index.data + 1.0) if index.type == "factor" else np.trunc(floats(index))
    if (wanted == 0).any():
        raise DataError("an index of 0: positions count from 1 in a formula, where Python counts from 0")
    wanted = np.clip(wanted, -n - 1, n + 1)  # past the end is past the end, if no integer holds it
    if not (wanted < 0).any():
        found: Ints = np.nan_to_num(wanted).astype(np.int64) - 1
        return found
    if not (wanted < 0).all():
        raise DataError("can't mix positive and negative subscripts")
    kept: Ints = np.setdiff1d(np.arange(n), (-wanted).astype(np.int64) - 1)
    return kept


def take_padded(x: Value, places: Anything) -> Value:
    """Elements at places from 0; NA at places below 0 or past the end."""
    inside = (places >= 0) & (places < length(x))
    if inside.all():
        return take(x, places)
    if x.type in CODED:
        return Value(x.type, np.where(inside, np.append(x.data, -1)[np.where(inside, places, -1)], -1), x.levels)
    return Value(x.type, np.where(inside, np.append(floats(x), np.nan)[np.where(inside, places, -1)], np.nan))
