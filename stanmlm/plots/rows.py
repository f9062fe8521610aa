"""What figures of rows share: intervals as bars and points, names down the side, a size that fits them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from stanmlm.base.errors import OptionError
from stanmlm.plots.frames import interval_columns
from stanmlm.plots.theme import DARK_EDGE, LIGHT, MID_EDGE, QUIET

if TYPE_CHECKING:
    from plotnine import geom_vline, scale_y_continuous, theme

WIDTH = 6.0  # inches of a figure
ROW = 0.24  # inches of a row, where there is room
TALLEST = 11.0  # inches of all rows: more of them stand closer
CLOSE = 0.13  # inches of a row, in less than which bars are thinner
SMALLEST = 5.0  # points of a name; where rows stand closer, some stay without
POINTS = 72  # an inch


@dataclass(frozen=True)
class Bars:
    """How intervals are drawn."""

    inner: float  # line widths
    outer: float
    point: float
    colour: str
    outer_colour: str
    fill: str


BAYESPLOT = Bars(1.9, 0.5, 2.6, DARK_EDGE, MID_EDGE, LIGHT)


def interval_bars(frame: pd.DataFrame, probs: Sequence[float], bars: Bars) -> list[object]:
    """A thin and a thick bar and a point for each row of `frame`, at its `place`; thinner where rows are close."""
    from plotnine import aes, geom_point, geom_segment

    inner, outer = (list(interval_columns([prob]))[1:] for prob in probs)
    thinner = min(1.0, row_height(frame["place"].nunique()) / CLOSE)

    def segment(ends: Sequence[str], size: float, colour: str) -> geom_segment:
        mapping = aes(x=ends[0], xend=ends[1], y="place", yend="place")
        return geom_segment(mapping, frame, size=size * thinner, color=colour)

    return [
        segment(outer, bars.outer, bars.outer_colour),
        segment(inner, bars.inner, bars.colour),
        geom_point(
            aes("estimate", "place"),
            frame,
            size=bars.point * thinner,
            color=bars.colour,
            fill=bars.fill,
            stroke=0.5 * thinner,
        ),
    ]


def check_interval_probs(probs: Sequence[float]) -> None:
    """Refuse an outer interval that is not wider than the inner one."""
    if probs[0] >= probs[1]:
        raise OptionError(f"prob is {probs[0]:g} and prob_outer {probs[1]:g}: the outer interval is the wider one")


def zero_line() -> "geom_vline":
    """A line at zero."""
    from plotnine import geom_vline

    return geom_vline(xintercept=0, color=QUIET, size=0.4)


def names_down(names: Sequence[str], below: float = 0.6, above: float = 0.6) -> "scale_y_continuous":
    """Names at places 1, 2, ... from the bottom; where all would overlap, the first, the last and some between.

    `below` and `above` are the room, in rows, beyond the lowest and the highest place.
    """
    from plotnine import scale_y_continuous

    room = int(TALLEST * POINTS / (SMALLEST * 1.2))
    shown = list(range(len(names) - 1, -1, -max(1, -(-len(names) // room))))
    shown[-1] = 0
    places, edges = [float(i + 1) for i in shown], (1 - below, len(names) + above)
    return scale_y_continuous(breaks=places, labels=[names[i] for i in shown], limits=edges, expand=(0, 0, 0, 0))


def row_height(rows: int, row: float = ROW) -> float:
    """Inches of one of so many rows, `row` where there is room."""
    return min(row, TALLEST / rows)


def size_for(rows: int, row: float = ROW, width: float = WIDTH) -> "theme":
    """A figure as tall as its rows need, with names as large as fit."""
    from plotnine import element_text, theme

    text = min(8.0, max(SMALLEST, row_height(rows, row) * POINTS / 1.2))
    height = rows * row_height(rows, row) + 0.9
    return theme(figure_size=(width, height), axis_text_y=element_text(size=text))
