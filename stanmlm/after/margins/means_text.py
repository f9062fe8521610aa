"""How marginal means print: emmeans's tables, one of each group of `by=`, and the lines under them."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from stanmlm.base.layout import format_common, table

FIGURES = 7  # R's option `digits`, to which it rounds what prints beside larger numbers


def means_text(frame: pd.DataFrame, numbers: Sequence[str], by: Sequence[str], notes: Sequence[str]) -> str:
    """The frame as emmeans prints it; `numbers` are the columns of estimate and interval."""
    cells = _cells(frame, numbers)
    shown = [(_head(frame, name, cells[name]), cells[name]) for name in frame.columns if name not in by]
    blocks = []
    for head, rows in _groups(cells, frame, by):
        body = table([""] * len(rows), [(name, [column[i] for i in rows]) for name, column in shown])
        blocks.append(f"{head}\n{body}\n" if head else f"{body}\n")
    return "\n".join([*blocks, *notes])


def _cells(frame: pd.DataFrame, numbers: Sequence[str]) -> dict[str, list[str]]:
    """Texts of one width by column, whose name is padded where its texts stand to the left."""
    digits = _digits(frame[list(numbers)].to_numpy(dtype=float))
    cells = {}
    for name in frame.columns:
        if _is_number(frame[name]):
            values = frame[name].to_numpy(dtype=float)
            missing = ["nonEst" if name == numbers[0] else "NA"] * len(values)
            texts = format_common(_zapped(values[np.isfinite(values)]), digits) if np.isfinite(values).any() else []
            found = iter(texts)
            cells[name] = [next(found) if math.isfinite(v) else missing[i] for i, v in enumerate(values)]
        else:
            texts = [_as_in_r(value) for value in frame[name]]
            texts = [text.rjust(max(map(len, texts))) for text in texts] if _is_truth(frame[name]) else texts
            cells[name] = [text.ljust(max(map(len, [str(name), *texts]))) for text in texts]
    return {name: cells[name] for name in frame.columns}


def _head(frame: pd.DataFrame, name: str, texts: Sequence[str]) -> str:
    """The name of a column, to the left where its texts are."""
    return name if _is_number(frame[name]) else name.ljust(max(map(len, texts), default=0))


def _is_truth(column: "pd.Series") -> bool:
    return pd.api.types.is_bool_dtype(column)


def _is_number(column: "pd.Series") -> bool:
    return pd.api.types.is_numeric_dtype(column) and not _is_truth(column)


def _as_in_r(value: object) -> str:
    return {"True": "TRUE", "False": "FALSE"}.get(str(value), str(value))


def _groups(cells: dict[str, list[str]], frame: pd.DataFrame, by: Sequence[str]) -> list[tuple[str, list[int]]]:
    """`recipe = A:` with its rows, in the order in which groups come."""
    if not by:
        return [("", list(range(len(frame))))]
    own = {name: [text[: _width(cells[name])] for text in cells[name]] for name in by}
    groups: dict[str, list[int]] = {}
    for i in range(len(frame)):
        groups.setdefault(", ".join(f"{name} = {own[name][i]}" for name in by) + ":", []).append(i)
    return list(groups.items())


def _width(texts: Sequence[str]) -> int:
    """What the texts themselves need, without their padding to the width of a column's name."""
    return max(len(text.rstrip()) for text in texts)


def _zapped(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> list[float]:
    """R's `zapsmall`: what is next to nothing beside the largest is 0."""
    largest = float(np.max(np.abs(values), initial=0.0))
    places = max(0, FIGURES - math.ceil(math.log10(largest))) if largest > 0 else FIGURES
    return [round(float(value), places) for value in values]


def _digits(rows: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> int:
    """emmeans's `opt.digits`: as many as tell the ends of the narrowest interval apart."""
    needed = [3]
    for row in rows[np.isfinite(rows).all(axis=1)]:
        largest = np.abs(row).max()
        spread = round(float(np.ptp(row) / largest), 8) if largest > 0 else 0.0
        needed.append(round(1.51 - math.log10(spread)) if spread > 0 else 3)
    return max(needed)
