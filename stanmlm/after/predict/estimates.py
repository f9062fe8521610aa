"""Quantities with draws: a tidy frame of estimates beside the draws that it sums up, and how it prints."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stanmlm.base.arguments import answer_of, numbers_of
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError, check_probability
from stanmlm.base.layout import format_common, html_text, right_aligned_lines

COLUMNS = ("estimate", "conf.low", "conf.high")
HEADINGS = ("Estimate", "CI.low", "CI.high")
SHOWN = 10  # rows at each end of a long table
DIGITS = 3


@dataclass(frozen=True)
class Estimates:
    """Estimates of some quantities, a row each, and their draws; prints as a table."""

    frame: pd.DataFrame  # R rows: what each is of, then `estimate` (posterior median), `conf.low`, `conf.high`
    draws: Floats  # (draws, R)
    title: str
    level: float  # posterior probability of the intervals
    note: str = ""  # "type: response"

    def __repr__(self) -> str:
        return estimates_text(self)

    def _repr_html_(self) -> str:
        return html_text(estimates_text(self))


def estimates(labels: pd.DataFrame, draws: Floats, title: str, level: float = 0.95, note: str = "") -> Estimates:
    """Medians and central intervals of draws (draws, rows) beside the labels of the rows, as in marginaleffects."""
    check_probability("level", level)
    tails = (0.5, (1 - level) / 2, 1 - (1 - level) / 2)
    summary = np.quantile(draws, tails, axis=0)
    taken = [name for name in labels.columns if name in COLUMNS]
    kept = labels.drop(columns=taken).reset_index(drop=True)
    return Estimates(kept.assign(**dict(zip(COLUMNS, summary, strict=True))), draws, title, level, note)


def transformed(made: Estimates, transform: Callable[[Floats], Floats]) -> Estimates:
    """The same quantities after a function of their draws, such as `np.exp`."""
    draws = numbers_of("what transform= gives", answer_of("transform", transform, made.draws))
    if draws.shape != made.draws.shape:
        raise OptionError(f"transform= turned an array of shape {made.draws.shape} into one of shape {draws.shape}")
    return estimates(made.frame.drop(columns=list(COLUMNS)), draws, made.title, made.level, made.note)


def estimates_text(made: Estimates) -> str:
    """The table, its middle left out where it is long, and a line on how to read it."""
    rows = len(made.frame)
    cut = rows > 2 * SHOWN
    shown = pd.concat([made.frame.head(SHOWN), made.frame.tail(SHOWN)]) if cut else made.frame
    labels = [name for name in made.frame.columns if name not in COLUMNS]
    cells = [[str(name), *_texts(shown[name])] for name in labels]
    cells += [[head, *format_common(list(shown[name]), DIGITS)] for name, head in zip(COLUMNS, HEADINGS, strict=True)]
    lines = right_aligned_lines(cells)
    if cut:
        lines.insert(SHOWN + 1, f"--- {rows - 2 * SHOWN} rows omitted; see .frame ---")
    tail = f"Posterior medians and {100 * made.level:g}% intervals of {len(made.draws)} draws"
    return "\n".join([made.title, "", *lines, "", f"{tail}; {made.note}" if made.note else tail])


def _texts(column: "pd.Series") -> list[str]:
    """Numbers as R's print has them, the rest as it is."""
    if pd.api.types.is_float_dtype(column):
        return format_common(list(column), 4)
    return [str(value) for value in column]
