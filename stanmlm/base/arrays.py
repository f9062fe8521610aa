"""Names for the arrays that travel between stages, and how long ones are walked through."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Anything = NDArray[Any]

STRETCH = 2**15


def stretches(n: int) -> Iterator[slice]:
    """Stretches of rows that stay in the processor's cache while they are worked on."""
    return (slice(start, min(start + STRETCH, n)) for start in range(0, n, STRETCH))


def constant(value: float, n: int) -> Floats:
    """One number a row that takes the memory of one; not to be written to."""
    return np.broadcast_to(np.float64(value), (n,))


def is_constant(column: Anything) -> bool:
    """Whether a column is one number for all rows, as `constant` makes it; the numbers themselves are not read."""
    return column.strides == (0,) and len(column) > 0
