"""The left side of a formula as evaluated, before any family has looked at it."""

from dataclasses import dataclass

import pandas as pd

from stanmlm.base.arrays import Anything


@dataclass(frozen=True)
class RawResponse:
    """The left side of a formula as evaluated, before any family has looked at it."""

    label: str  # as R deparses it
    kind: str  # "numeric", "logical", "factor", "cbind" (successes, failures), "trials" (successes, trials)
    values: Anything  # (N,) numbers, booleans or level codes from 0; (N, 2) for "cbind" and "trials"
    levels: tuple[str, ...] = ()  # of a factor
    rows: pd.Index | None = None  # (N,) labels of the rows in the user's data, for messages; None: 0 to N - 1
    ordered: bool = False  # whether the factor is
