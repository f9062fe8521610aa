"""R's matrices: outer products, and sums and means of rows."""

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, did_you_mean
from stanmlm.data.budget import spend
from stanmlm.data.rfunctions.matching import LOOKUP, RFunction, invoke, table
from stanmlm.data.rfunctions.mathematics import MATHEMATICS
from stanmlm.data.rfunctions.operators import OPERATORS
from stanmlm.data.rfunctions.single import one_flag, one_text
from stanmlm.data.rvalues import NUMERIC, Value, floats, take

COPIES = 4  # of the elements, beside the result
ELEMENTWISE = (
    *("+", "-", "*", "/", "^", "%%", "%/%", "==", "!=", "<", "<=", ">", ">=", "&", "|"),
    *("pmin", "pmax", "xor"),
)


def outer(X: Value, Y: Value, FUN: Value | None = None) -> Value:
    """R's outer(): a row for each element of one vector, a column for each of another; their products unless FUN."""
    name = FUN.levels[0] if FUN is not None and FUN.type == "closure" else one_text(FUN, "FUN", "*")
    if name not in ELEMENTWISE:
        raise DataError(f"FUN in outer() takes two elements{did_you_mean(name, ELEMENTWISE)}")
    rows, columns = X.data.size, Y.data.size
    spend(float(rows) * columns * COPIES)
    down, along = np.tile(np.arange(rows), columns), np.repeat(np.arange(columns), rows)
    x, y = (take(Value(v.type, v.data.ravel(order="F"), v.levels), at) for v, at in ((X, down), (Y, along)))
    made = invoke((OPERATORS | MATHEMATICS)[name], [("", x), ("", y)])
    return Value(made.type, made.data.reshape((rows, columns), order="F"))


def _rows(x: Value, na_rm: Value | None, function: str) -> tuple[Floats, Floats]:
    """The sum of each row, and how many numbers it has."""
    if x.data.ndim != 2 or x.type not in NUMERIC:
        raise DataError(f"'x' must be a matrix of numbers in {function}(), such as cbind(a, b)")
    matrix = floats(x)
    kept = ~np.isnan(matrix) if one_flag(na_rm, "na.rm", False) else np.ones(matrix.shape, dtype=bool)
    return np.where(kept, matrix, 0.0).sum(axis=1), kept.sum(axis=1).astype(np.float64)


def row_sums(x: Value, na_rm: Value | None = None) -> Value:
    """R's rowSums()."""
    return Value("double", _rows(x, na_rm, "rowSums")[0])


def row_means(x: Value, na_rm: Value | None = None) -> Value:
    """R's rowMeans()."""
    total, count = _rows(x, na_rm, "rowMeans")
    with np.errstate(all="ignore"):
        return Value("double", total / count)


MATRICES: dict[str, RFunction] = table({"outer": outer, "rowSums": row_sums, "rowMeans": row_means}, LOOKUP)
