"""The panels of `check_model`, a figure each."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.criticism.model_checks import Panel
from stanmlm.plots.check_figures import FIGURES
from stanmlm.plots.check_parts import YREP, Subject, Y, check_theme, no_heights
from stanmlm.plots.parts import plain
from stanmlm.plots.rows import names_down
from stanmlm.plots.theme import ACCENT, DARK, DARK_EDGE, LIGHT, LIGHT_EDGE, MID, MID_EDGE, QUIET

if TYPE_CHECKING:
    from plotnine import ggplot

MANY = 500  # points from which they are small


def panel_figure(panel: Panel, subject: Subject) -> "ggplot":
    """One panel, with its title and what it looks like where all is well."""
    from plotnine import element_text, labs, theme

    made = FIGURES[panel.kind](panel.frame, subject) if panel.kind in FIGURES else OWN[panel.kind](panel, subject)
    axes = {"x": panel.x, "y": panel.y}
    own = panel.kind in FIGURES  # whose axes are named there
    words = labs(title=panel.title, subtitle=panel.advice, **({} if own else axes))
    inside = theme(
        plot_title=element_text(size=11), plot_subtitle=element_text(size=8.5), legend_position=_corner(panel.kind)
    )
    return made + words + inside


def _corner(kind: str) -> str:
    return "right" if kind in FIGURES or kind == "totals" else "none"


def _levels(panel: Panel) -> list[object]:
    from plotnine import geom_hline

    return [geom_hline(yintercept=at, color=QUIET, linetype="dashed", size=0.4) for at in panel.levels]


def _points(rows: pd.DataFrame) -> list[object]:
    """Points, those that stand out in orange."""
    from plotnine import aes, geom_point, scale_color_manual

    size, alpha = (1.5, 0.7) if len(rows) <= MANY else (0.6, 0.5)
    return [
        geom_point(aes("x", "y", color="outside"), rows, size=size, alpha=alpha, stroke=0, show_legend=False),
        scale_color_manual({False: MID, True: ACCENT}),
    ]


def _along(panel: Panel, subject: Subject) -> "ggplot":
    from plotnine import aes, geom_line, geom_ribbon

    rows, smooth = (panel.frame[panel.frame["of"] == of] for of in ("row", "smooth"))
    band = [geom_ribbon(aes("x", ymin="lower", ymax="upper"), smooth, fill=LIGHT_EDGE, alpha=0.6)]
    line = [geom_line(aes("x", "y"), smooth, color=DARK, size=0.9)] if len(smooth) > 1 else []
    return _sheet(panel) + _points(rows) + (band if len(smooth) > 1 else []) + _levels(panel) + line


def _binned(panel: Panel, subject: Subject) -> "ggplot":
    from plotnine import aes, geom_line

    bounds = [geom_line(aes("x", side), panel.frame, color=LIGHT_EDGE, size=0.8) for side in ("lower", "upper")]
    return _sheet(panel) + _levels(panel) + (bounds if len(panel.frame) > 1 else []) + _points(panel.frame)


def _rows(panel: Panel, subject: Subject) -> "ggplot":
    return _sheet(panel) + _levels(panel) + _points(panel.frame)


def _terms(panel: Panel, subject: Subject) -> "ggplot":
    """A row a term, on a logarithmic axis from one on."""
    from plotnine import aes, geom_point, geom_segment, geom_vline, scale_x_log10

    frame = panel.frame.assign(place=np.arange(len(panel.frame), 0, -1), one=1.0)
    top = max(12.0, 1.1 * float(frame["x"].max()))
    return (
        _sheet(panel)
        + [geom_vline(xintercept=at, color=QUIET, linetype="dashed", size=0.4) for at in panel.levels]
        + geom_segment(aes("one", "place", xend="x", yend="place"), frame, color=MID_EDGE, size=0.9)
        + geom_point(aes("x", "place"), frame, color=DARK_EDGE, fill=MID, size=2.4)
        + scale_x_log10(breaks=[1, 2, 5, 10, 20, 50, 100, 1000, 10_000], labels=plain, limits=(1, top))
        + names_down([str(label) for label in frame["label"]][::-1])
    )


def _quantiles(panel: Panel, subject: Subject) -> "ggplot":
    from plotnine import aes, geom_abline, geom_ribbon

    band = geom_ribbon(aes("x", ymin="lower", ymax="upper"), panel.frame, fill=LIGHT, color=LIGHT_EDGE, size=0.3)
    outside = (panel.frame["y"] < panel.frame["lower"]) | (panel.frame["y"] > panel.frame["upper"])
    line = geom_abline(intercept=0, slope=1, color=QUIET, linetype="dashed", size=0.4)
    return _sheet(panel) + band + line + _points(panel.frame.assign(outside=outside))


def _histogram(panel: Panel, subject: Subject) -> "ggplot":
    from plotnine import aes, geom_histogram, geom_vline, scale_x_continuous, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    return (
        Sheet(panel.frame, aes("x"))
        + check_theme()
        + geom_histogram(bins=30, fill=LIGHT, color=LIGHT_EDGE, size=0.25)
        + geom_vline(aes(xintercept="observed"), panel.frame.iloc[:1], color=DARK, size=1.2)
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(expand=(0, 0, 0.05, 0))
        + no_heights()
    )


def _effects(panel: Panel, subject: Subject) -> "ggplot":
    from plotnine import aes, facet_wrap, geom_line, geom_linerange, geom_point

    frame = panel.frame
    thin = 1.0 if len(frame) <= MANY else 0.5
    return (
        _sheet(panel)
        + geom_linerange(aes("x", ymin="lower", ymax="upper"), frame, color=LIGHT_EDGE, size=0.7 * thin)
        + geom_line(aes("x", "line"), frame, color=QUIET, linetype="dashed", size=0.4)
        + geom_point(aes("x", "y"), frame, color=MID_EDGE, size=1.8 * thin, stroke=0)
        + facet_wrap("label", nrow=1, scales="free_y")
    )


def _totals(panel: Panel, subject: Subject) -> "ggplot":
    from plotnine import aes, geom_col, geom_pointrange, scale_color_manual, scale_fill_manual, scale_x_continuous

    frame, names = panel.frame, subject.categories
    return (
        _sheet(panel)
        + geom_col(aes("x", "y", fill="seen"), frame.assign(seen=Y), color=LIGHT_EDGE, size=0.25, width=0.9)
        + geom_pointrange(
            aes("x", "middle", ymin="lower", ymax="upper", color="new"), frame.assign(new=YREP), size=0.4, fatten=3
        )
        + scale_fill_manual({Y: LIGHT})
        + scale_color_manual({YREP: DARK_EDGE})
        + scale_x_continuous(breaks=[*range(1, len(names) + 1)], labels=[*names])
    )


def _sheet(panel: Panel) -> "ggplot":
    from plotnine import scale_x_continuous, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    own = panel.kind in ("terms", "totals")  # whose axes have names
    scales = [] if own else [scale_x_continuous(labels=plain), scale_y_continuous(labels=plain)]
    return Sheet(panel.frame) + check_theme() + scales


OWN: Mapping[str, Callable[[Panel, Subject], "ggplot"]] = {
    "along": _along,
    "binned": _binned,
    "rows": _rows,
    "terms": _terms,
    "quantiles": _quantiles,
    "histogram": _histogram,
    "effects": _effects,
    "totals": _totals,
}
