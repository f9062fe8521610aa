"""Figures of responses beside replicates row by row, and of errors."""

from typing import TYPE_CHECKING

import pandas as pd

from stanmlm.after.criticism.check_shapes import BINS
from stanmlm.plots.check_parts import YREP, Subject, Y, check_theme, large_keys, no_heights
from stanmlm.plots.parts import plain
from stanmlm.plots.theme import DARK_EDGE, LIGHT, LIGHT_EDGE, MID, QUIET

if TYPE_CHECKING:
    from plotnine import ggplot

AVERAGE = "average $y_{rep}$"


def ribbon(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """Medians and intervals along x as a band."""
    from plotnine import aes, geom_line, geom_point, geom_ribbon, labs, scale_color_manual, scale_x_continuous

    from stanmlm.plots.sheet import Sheet

    return (
        Sheet(frame.sort_values("x"), aes("x"))
        + check_theme()
        + geom_ribbon(aes(ymin="lower90", ymax="upper90"), fill=LIGHT)
        + geom_ribbon(aes(ymin="lower50", ymax="upper50"), fill=LIGHT_EDGE)
        + geom_line(aes(y="middle", color="of"), frame.sort_values("x").assign(of=YREP), size=0.7)
        + geom_point(aes(y="y", color="of"), frame.assign(of=Y), size=1.4, stroke=0)
        + scale_color_manual([DARK_EDGE, MID], breaks=[Y, YREP], guide=large_keys())
        + scale_x_continuous(labels=plain)
        + labs(x=subject.along, y=subject.response)
    )


def _points(frame: pd.DataFrame, x: str, y: str) -> "ggplot":
    from plotnine import aes, geom_point, scale_x_continuous, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    return (
        Sheet(frame, aes(x, y))
        + check_theme()
        + geom_point(color=DARK_EDGE, fill=MID, shape="o", stroke=0.3, size=1.8, alpha=0.8)
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(labels=plain)
    )


def average(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """Responses beside the means of their replicates, and the line of equals."""
    from plotnine import geom_abline, labs

    line = geom_abline(intercept=0, slope=1, color=QUIET, linetype="dashed", size=0.4)
    return _points(frame, "mean", "y") + line + labs(x=AVERAGE, y=subject.response)


def scatter(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """The same beside single replicates, a panel each."""
    from plotnine import facet_wrap, geom_abline, labs

    line = geom_abline(intercept=0, slope=1, color=QUIET, linetype="dashed", size=0.4)
    return _points(_of_draws(frame), "new", "y") + line + facet_wrap("panel") + labs(x=YREP, y=subject.response)


def error_scatter(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """Responses beside errors of single replicates, a panel each."""
    from plotnine import facet_wrap, geom_vline, labs

    line = geom_vline(xintercept=0, color=QUIET, linetype="dashed", size=0.4)
    shown = _of_draws(frame)
    return (
        _points(shown, "error", "y") + line + facet_wrap("panel") + labs(x="error, $y - y_{rep}$", y=subject.response)
    )


def error_average(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """Responses beside their mean errors."""
    from plotnine import geom_vline, labs

    line = geom_vline(xintercept=0, color=QUIET, linetype="dashed", size=0.4)
    return _points(frame, "error", "y") + line + labs(x="average error, $y - y_{rep}$", y=subject.response)


def error_along(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """Mean errors along a variable."""
    from plotnine import geom_hline, labs

    line = geom_hline(yintercept=0, color=QUIET, linetype="dashed", size=0.4)
    return _points(frame, "x", "error") + line + labs(x=subject.along, y="average error, $y - y_{rep}$")


def error_histograms(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """Errors of single replicates, a panel each, or a grid of these and of groups."""
    from plotnine import (
        aes,
        facet_grid,
        facet_wrap,
        geom_histogram,
        geom_vline,
        labs,
        scale_x_continuous,
        scale_y_continuous,
    )

    from stanmlm.plots.sheet import Sheet

    panels = facet_grid(rows=["group"], cols=["panel"]) if "group" in frame else facet_wrap("panel")
    return (
        Sheet(_of_draws(frame), aes("error"))
        + check_theme()
        + geom_histogram(bins=BINS, fill=LIGHT, color=LIGHT_EDGE, size=0.25)
        + geom_vline(xintercept=0, color=QUIET, linetype="dashed", size=0.4)
        + panels
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(expand=(0, 0, 0.05, 0))
        + labs(x="error, $y - y_{rep}$", y="")
        + no_heights()
    )


def _of_draws(frame: pd.DataFrame) -> pd.DataFrame:
    order = [f"{YREP} {draw}" for draw in sorted(set(frame["draw"]))]
    return frame.assign(panel=pd.Categorical(f"{YREP} " + frame["draw"].astype(str), order))
