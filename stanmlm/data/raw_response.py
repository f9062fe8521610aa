"""The left side of a formula as evaluated, before any family has looked at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from stanmlm.base.arrays import Anything, Floats


@dataclass(frozen=True)
class RawResponse:
    """The left side of a formula as evaluated, before any family has looked at it."""

    label: str  # as R deparses it
    kind: str  # "numeric", "logical", "factor", "cbind" (columns: successes and failures, or one a category)
    values: Anything  # (N,) numbers, booleans or level codes from 0; (N, K) for "cbind"
    levels: tuple[str, ...] = ()  # of a factor; names of columns, where they have some
    rows: pd.Index | None = None  # (N,) labels of the rows in the user's data, for messages; None: 0 to N - 1
    ordered: bool = False  # whether the factor is
    # What is added to it, (N,) each: "trials", "weights", "cens" (-1 left, 0 not, 1 right, 2 between y and y2), "y2",
    # "lb", "ub", "se", "rate", "dec", "thres" and "cat", how many thresholds or categories there are; and, as they are
    # numbered, "vint1" and "vreal1".
    added: Mapping[str, Floats] = field(default_factory=dict)
    options: tuple[str, ...] = ()  # of additions: "sigma" of se, "scale" of weights


def some_of_raw(raw: RawResponse, at: Anything) -> RawResponse:
    """Some rows."""
    return replace(
        raw,
        values=raw.values[at],
        rows=None if raw.rows is None else raw.rows[at],
        added={name: values[at] for name, values in raw.added.items()},
    )
