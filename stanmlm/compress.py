"""Identical rows become one cell with a sufficient statistic; the posterior does not change."""

from collections.abc import Mapping
from dataclasses import dataclass

from stanmlm.arrays import Floats, Ints


@dataclass(frozen=True)
class Cells:
    """What the likelihood sees: C cells in place of N rows."""

    row: Ints  # (N,) the cell of each row
    first: Ints  # (C,) a row that stands for each cell
    X: Floats  # (C, F)
    Z: tuple[Floats, ...]  # a group term each: (C, K)
    index: tuple[Ints, ...]  # a group term each: (C,) from 0
    offset: Floats  # (C,); zeros where the family has taken the offset into its statistics
    stats: Mapping[str, Floats | float]  # by Stan data name
