"""Figures of a statistic of y and of its replicates: one, a panel a group, or a row a group."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.criticism.check_shapes import BINS
from stanmlm.plots.check_parts import Subject, check_theme, large_keys, no_heights
from stanmlm.plots.parts import plain
from stanmlm.plots.rows import names_down, size_for
from stanmlm.plots.theme import DARK, DARK_EDGE, LIGHT, LIGHT_EDGE, MID, theme_rows

if TYPE_CHECKING:
    from plotnine import ggplot

Breaks = Callable[[tuple[float, float]], list[float]]

PANELS = 25  # of grouped statistics; of more groups, or with longer names, each is a row
LETTERS = 120  # of the names over a row of panels, in two lines


def _some_breaks(limits: tuple[float, float]) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    return [float(tick) for tick in MaxNLocator(nbins=6).tick_values(*limits)]


def _few_breaks(limits: tuple[float, float]) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    return [float(tick) for tick in MaxNLocator(nbins=3).tick_values(*limits)]


def one_statistic(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """A histogram of the statistic of replicates, and a line at that of y."""
    return _statistics(frame, subject, _some_breaks)


def one_polygon(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """A histogram of the statistic of replicates as a line, and a line at that of y."""
    from plotnine import (
        aes,
        geom_freqpoly,
        geom_vline,
        labs,
        scale_color_manual,
        scale_x_continuous,
        scale_y_continuous,
    )

    from stanmlm.plots.sheet import Sheet

    new, old = f"$T(y_{{rep}})$, {subject.stat}", "$T(y)$"
    lines = frame.drop_duplicates([column for column in ("group", "observed") if column in frame])
    return (
        Sheet(frame, aes("value"))
        + check_theme()
        + geom_freqpoly(aes(color="of"), data=frame.assign(of=new), bins=BINS, size=0.8)
        + geom_vline(aes(xintercept="observed", color="of"), data=lines.assign(of=old), size=1.2)
        + scale_color_manual({new: MID, old: DARK}, breaks=[old, new])
        + scale_x_continuous(breaks=_few_breaks if "group" in frame else _some_breaks, labels=plain)
        + scale_y_continuous(expand=(0, 0, 0.05, 0))
        + labs(x=f"{subject.stat} of {subject.response}", y="")
        + no_heights()
    )


def two_statistics(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """Two statistics of replicates as points, and those of y."""
    from plotnine import (
        aes,
        geom_hline,
        geom_point,
        geom_vline,
        labs,
        scale_color_manual,
        scale_x_continuous,
        scale_y_continuous,
    )

    from stanmlm.plots.sheet import Sheet

    first, second = subject.stats
    new, old, one = f"$T(y_{{rep}})$, {first} and {second}", "$T(y)$", frame.iloc[:1]
    return (
        Sheet(frame)
        + check_theme()
        + geom_point(aes("value", "value2", color="of"), frame.assign(of=new), size=0.9, alpha=0.5, stroke=0)
        + geom_vline(aes(xintercept="observed"), one, color=DARK, size=0.5)
        + geom_hline(aes(yintercept="observed2"), one, color=DARK, size=0.5)
        + geom_point(aes("observed", "observed2", color="of"), one.assign(of=old), size=3.5)
        + scale_color_manual({new: MID, old: DARK}, breaks=[old, new], guide=large_keys())
        + scale_x_continuous(breaks=_some_breaks, labels=plain)
        + scale_y_continuous(labels=plain)
        + labs(x=f"{first} of {subject.response}", y=f"{second} of {subject.response}")
    )


def grouped_statistic(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """The same in a panel a group; many groups, or long names of them, a row each."""
    from plotnine import facet_wrap, theme

    groups = len(frame["group"].cat.categories)
    across = int(np.ceil(np.sqrt(groups)))
    longest = max(len(str(level)) for level in frame["group"].cat.categories)
    if groups > PANELS or longest > LETTERS / across:
        return _stat_rows(frame, subject)
    panels = facet_wrap("group", ncol=across, scales="free_x")
    size = theme(figure_size=(6, max(4, 0.95 * np.ceil(groups / across) + 0.9)), legend_position="top")
    return _statistics(frame, subject, _few_breaks) + panels + size


def _stat_rows(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """A row a group in the order of the observed statistic: it, and 50% and 90% intervals of the replicates'."""
    from plotnine import aes, geom_point, geom_segment, labs, scale_color_manual, scale_x_continuous, theme

    from stanmlm.plots.sheet import Sheet

    new, old = f"$T(y_{{rep}})$, {subject.stat}", "$T(y)$"
    groups = frame.groupby("group", observed=True)
    ends = {"lower90": 0.05, "lower50": 0.25, "middle": 0.5, "upper50": 0.75, "upper90": 0.95}
    columns = {name: groups["value"].quantile(at) for name, at in ends.items()}
    rows = pd.DataFrame(columns | {"observed": groups["observed"].first()}).sort_values("observed").reset_index()
    rows = rows.assign(place=np.arange(1.0, len(rows) + 1))
    thin = min(1.0, 25 / len(rows))
    return (
        Sheet(frame)
        + theme_rows(10)
        + geom_segment(aes("lower90", "place", xend="upper90", yend="place"), rows, color=LIGHT_EDGE, size=0.4 + thin)
        + geom_segment(aes("lower50", "place", xend="upper50", yend="place"), rows, color=MID, size=0.4 + 1.5 * thin)
        + geom_point(aes("middle", "place", color="of"), rows.assign(of=new), size=1 + 1.6 * thin, stroke=0)
        + geom_point(aes("observed", "place", color="of"), rows.assign(of=old), size=1 + 1.6 * thin, stroke=0)
        + scale_color_manual({new: MID, old: DARK_EDGE}, breaks=[old, new], guide=large_keys())
        + scale_x_continuous(labels=plain)
        + names_down([str(level) for level in rows["group"]])
        + labs(x=f"{subject.stat} of {subject.response}", y="", color="")
        + size_for(len(rows))
        + theme(legend_position="top")
    )


def _statistics(frame: pd.DataFrame, subject: Subject, breaks: Breaks) -> "ggplot":
    from plotnine import (
        aes,
        geom_histogram,
        geom_vline,
        labs,
        scale_color_manual,
        scale_fill_manual,
        scale_x_continuous,
        scale_y_continuous,
    )

    from stanmlm.plots.sheet import Sheet

    new, old = f"$T(y_{{rep}})$, {subject.stat}", "$T(y)$"
    lines = frame.drop_duplicates([column for column in ("group", "observed") if column in frame])
    return (
        Sheet(frame, aes("value"))
        + check_theme()
        + geom_histogram(aes(fill="of"), data=frame.assign(of=new), bins=BINS, color=LIGHT_EDGE, size=0.25)
        + geom_vline(aes(xintercept="observed", color="of"), data=lines.assign(of=old), size=1.2)
        + scale_fill_manual({new: LIGHT})
        + scale_color_manual({old: DARK})
        + scale_x_continuous(breaks=breaks, labels=plain)
        + scale_y_continuous(expand=(0, 0, 0.05, 0))
        + labs(x=f"{subject.stat} of {subject.response}", y="")
        + no_heights()
    )
