"""The rows of the data that a model uses: a subset, without missing values."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Bools, Ints
from stanmlm.base.errors import DataError, rows_named
from stanmlm.data.rfunctions.subsets import positions
from stanmlm.data.rvalues import Value, floats, has_missing, is_missing, length, width

SHOWN = 5  # variables that a message names


def subset_rows(subset: Value | None, given: object, everything: Ints) -> Ints:
    """Rows that `subset` keeps; NA is no."""
    n = len(everything)
    if subset is None:
        return everything
    if width(subset) > 1:
        raise DataError(f"subset has {width(subset)} columns; it must be truth values or positions, one column of them")
    if subset.type == "logical" and length(subset) not in (1, n):
        raise DataError(f"subset has {length(subset)} values for {n} rows")
    chosen = everything[:0]
    if length(subset) and (subset.type == "logical" or isinstance(given, str)):
        chosen = (at := positions(subset, n))[at >= 0]
    elif length(subset):
        asked = np.trunc(floats(subset).ravel())
        # One that no integer holds is as far beyond the rows as one next to them.
        chosen = np.clip(asked[~np.isnan(asked)], -n - 1, n).astype(np.int64)
    if len(chosen) and not (-n <= chosen.min() and chosen.max() < n):
        raise DataError(f"subset asks for rows beyond the {n} that there are")
    if n and not len(chosen):
        raise DataError(f"0 (non-NA) cases: subset keeps none of the {n} rows")
    return chosen % n if n else chosen


def complete_rows(values: Mapping[str, Value], chosen: Ints, na_action: str, index: pd.Index) -> Ints:
    """The chosen rows, of those that `index` labels, that the na_action keeps."""
    n = len(index)
    if na_action == "pass":
        return chosen
    if not n:
        raise DataError("0 (non-NA) cases: the data have no rows")
    gaps = {label: _gaps(value) for label, value in values.items() if has_missing(value)}
    missing: Bools = np.logical_or.reduce([*gaps.values(), np.zeros(n, dtype=bool)])
    if not (gaps and missing[chosen].any()):
        _require_rows(chosen, {}, n)
        return chosen
    if na_action == "fail":
        label, gap = next((label, gap) for label, gap in gaps.items() if gap[chosen].any())
        bad = chosen[gap[chosen]]
        raise DataError(f"missing values in object: `{label}` has {len(bad)} {rows_named(index[bad].tolist())}")
    kept: Ints = chosen[~missing[chosen]]
    _require_rows(kept, {label: int(gap[chosen].sum()) for label, gap in gaps.items()}, len(chosen))
    return kept


def _gaps(value: Value) -> Bools:
    missing: Bools = is_missing(value).reshape(length(value), -1)
    return np.asarray(missing.any(axis=1))


def _require_rows(kept: Ints, gaps: Mapping[str, int], n: int) -> None:
    if len(kept):
        return
    worst = sorted(gaps.items(), key=lambda item: -item[1])
    why = ": " + ", ".join(f"`{label}` is missing in {count}" for label, count in worst[:SHOWN]) if worst else ""
    raise DataError(f"0 (non-NA) cases: none of the {n} rows can be used{why}")
