"""Quantities with draws: a tidy frame of estimates beside the draws that it sums up, and how it prints."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stanmlm.base.arguments import answer_of, numbers_of
from stanmlm.base.arrays import Floats
from stanmlm.base.callers import warn_user
from stanmlm.base.errors import OptionError, check_probability
from stanmlm.base.layout import format_common, html_table, right_aligned_lines

COLUMNS = ("estimate", "conf.low", "conf.high")
HEADINGS = ("Estimate", "CI.low", "CI.high")
SHOWN = 10  # rows at each end of a long table
DIGITS = 3


@dataclass(frozen=True)
class Estimates:
    """Estimates of some quantities, a row each, and their draws; prints as a table.

    Attributes
    ----------
    frame
        What each is of, then `estimate` (the posterior median), `conf.low` and `conf.high`.
    draws
        (draws, rows).
    title
        What prints above the table.
    level
        Posterior probability of the intervals.
    note
        What prints below it, "type: response".
    columns
        What the three columns are called: `.estimate` where a predictor is `estimate`.
    beside
        Columns after those, which have numbers about them.

    Examples
    --------
    >>> from stanmlm import avg_slopes, lmer, simulate_exams
    >>> found = avg_slopes(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1))
    >>> found.draws.shape, found.frame.columns.tolist()
    ((4000, 1), ['term', 'contrast', 'estimate', 'conf.low', 'conf.high'])
    """

    frame: pd.DataFrame  # R rows: what each is of, then `estimate` (posterior median), `conf.low`, `conf.high`
    draws: Floats  # (draws, R)
    title: str
    level: float  # posterior probability of the intervals
    note: str = ""  # "type: response"
    columns: tuple[str, ...] = COLUMNS  # what these three are called: `.estimate` where a predictor is `estimate`
    beside: tuple[str, ...] = ()  # columns after those, which have numbers about them

    def __repr__(self) -> str:
        return estimates_text(self)

    def _repr_html_(self) -> str:
        return html_table(self.frame, self.title, _ending(self), index=False)

    def to_frame(self) -> pd.DataFrame:
        """`frame`."""
        return self.frame


def columns_beside(names: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """What columns of results are called beside the user's own: `.estimate` where `estimate` is taken.

    Examples
    --------
    >>> columns_beside(("estimate", "conf.low"), {"estimate", ".estimate"})
    {'estimate': '..estimate', 'conf.low': 'conf.low'}
    """
    found = {}
    for name in names:
        free = name
        while free in taken:
            free = f".{free}"
        found[name] = free
    return found


def say_what_is_beside(names: Mapping[str, str]) -> None:
    """Name the columns of results that go by another name than usual."""
    moved = [f"`{name}` is `{own}`" for name, own in names.items() if name != own]
    if moved:
        warn_user(f"the data have columns that are called like those of the result, in which {', '.join(moved)}")


def estimates(labels: pd.DataFrame, draws: Floats, title: str, level: float = 0.95, note: str = "") -> Estimates:
    """Medians and central intervals of draws (draws, rows) beside the labels of the rows, as in marginaleffects."""
    check_probability("level", level)
    tails = (0.5, (1 - level) / 2, 1 - (1 - level) / 2)
    summary = np.quantile(draws, tails, axis=0)
    names = columns_beside(COLUMNS, labels.columns)
    say_what_is_beside(names)
    columns = tuple(names.values())
    frame = labels.reset_index(drop=True).assign(**dict(zip(columns, summary, strict=True)))
    return Estimates(frame, draws, title, level, note, columns)


def transformed(made: Estimates, transform: Callable[[Floats], Floats]) -> Estimates:
    """The same quantities after a function of their draws, such as `np.exp`."""
    draws = numbers_of("what transform= gives", answer_of("transform", transform, made.draws))
    if draws.shape != made.draws.shape:
        raise OptionError(f"transform= turned an array of shape {made.draws.shape} into one of shape {draws.shape}")
    tails = (0.5, (1 - made.level) / 2, 1 - (1 - made.level) / 2)
    columns = dict(zip(made.columns, np.quantile(draws, tails, axis=0), strict=True))
    return replace(made, frame=made.frame.assign(**columns), draws=draws)


def estimates_text(made: Estimates) -> str:
    """The table, its middle left out where it is long, and a line on how to read it."""
    rows = len(made.frame)
    cut = rows > 2 * SHOWN
    shown = pd.concat([made.frame.head(SHOWN), made.frame.tail(SHOWN)]) if cut else made.frame
    labels = [name for name in made.frame.columns if name not in (*made.columns, *made.beside)]
    cells = [[str(name), *_texts(shown[name])] for name in labels]
    heads = zip(made.columns, columns_beside(HEADINGS, labels).values(), strict=True)
    cells += [[head, *format_common(list(shown[name]), DIGITS)] for name, head in heads]
    cells += [[name, *format_common(list(shown[name]), DIGITS)] for name in made.beside]
    lines = right_aligned_lines(cells)
    if cut:
        lines.insert(SHOWN + 1, f"--- {rows - 2 * SHOWN} rows omitted; see .frame ---")
    return "\n".join([made.title, "", *lines, "", _ending(made)])


def _ending(made: Estimates) -> str:
    tail = f"Posterior medians and {100 * made.level:g}% intervals of {len(made.draws)} draws"
    return f"{tail}; {made.note}" if made.note else tail


def _texts(column: "pd.Series") -> list[str]:
    """Numbers as R's print has them, the rest as it is."""
    if pd.api.types.is_float_dtype(column):
        return format_common(list(column), 4)
    return [str(value) for value in column]
