"""Figures of the frames of posterior predictive checks, as bayesplot draws them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.plots import check_rows, check_shapes
from stanmlm.plots.check_parts import YREP, Subject, Y, check_theme, large_keys, no_heights, whole_breaks
from stanmlm.plots.check_shapes import in_panels
from stanmlm.plots.check_statistics import grouped_statistic, one_polygon, one_statistic, two_statistics
from stanmlm.plots.parts import plain
from stanmlm.plots.theme import DARK, DARK_EDGE, LIGHT, LIGHT_EDGE, MID, QUIET

if TYPE_CHECKING:
    from plotnine import ggplot, scale_x_continuous

SPARSE = 200  # rows up to which intervals have their full width


def _overlay(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    from plotnine import labs

    return _densities(frame, (Y, YREP)) + labs(x=subject.response, y="")


def _loo_pit(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    from plotnine import labs

    return _densities(frame, ("PIT", "uniform")) + labs(x="LOO-PIT", y="")


def _survival(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    return _steps(frame, "survival", subject, "share beyond")


def _ecdf(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    return _steps(frame, "share", subject, "share up to here")


def _steps(frame: pd.DataFrame, column: str, subject: Subject, title: str) -> "ggplot":
    """The steps of draw 0 over those of the others."""
    from plotnine import aes, geom_step, labs, scale_color_manual, scale_x_continuous, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    new = frame[frame["draw"] > 0].assign(of=YREP)
    old = frame[frame["draw"] == 0].assign(of=Y)
    return (
        Sheet(frame, aes("x", column, group="draw", color="of"))
        + check_theme()
        + geom_step(data=new, size=0.3, alpha=0.7)
        + geom_step(data=old, size=0.9)
        + scale_color_manual([DARK_EDGE, LIGHT_EDGE], breaks=[Y, YREP])
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(limits=(0, 1), expand=(0, 0, 0.02, 0))
        + labs(x=subject.response, y=title)
    )


def _densities(frame: pd.DataFrame, names: tuple[str, str]) -> "ggplot":
    """The curve of draw 0 over those of the others."""
    from plotnine import aes, geom_line, scale_color_manual, scale_x_continuous, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    new = frame[frame["draw"] > 0].assign(of=names[1])
    old = frame[frame["draw"] == 0].assign(of=names[0])
    return (
        Sheet(frame, aes("x", "density", group="draw", color="of"))
        + check_theme()
        + geom_line(data=new, size=0.3, alpha=0.7)
        + geom_line(data=old, size=0.9)
        + scale_color_manual([DARK_EDGE, LIGHT_EDGE], breaks=list(names))
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(expand=(0, 0, 0.05, 0))
        + no_heights()
    )


def _hist(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    from plotnine import (
        aes,
        facet_wrap,
        geom_col,
        guides,
        labs,
        scale_color_manual,
        scale_fill_manual,
        scale_x_continuous,
        scale_y_continuous,
    )

    from stanmlm.plots.sheet import Sheet

    named = frame.assign(
        of=np.where(frame["draw"] == 0, Y, YREP),
        panel=pd.Categorical(np.where(frame["draw"] == 0, Y, "$y_{rep}$ " + frame["draw"].astype(str))),
    )
    order = [Y, *(f"{YREP} {draw}" for draw in sorted(set(frame["draw"]) - {0}))]
    named = named.assign(panel=named["panel"].cat.set_categories(order))
    return (
        Sheet(named, aes("x", "count", fill="of", color="of"))
        + check_theme()
        + geom_col(aes(width="width"), size=0.25)
        + facet_wrap("panel")
        + scale_fill_manual({Y: DARK, YREP: LIGHT})
        + scale_color_manual({Y: DARK_EDGE, YREP: LIGHT_EDGE})
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(expand=(0, 0, 0.05, 0))
        + labs(x=subject.response, y="")
        + guides(fill=False, color=False)
        + no_heights()
    )


def _bars(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    from plotnine import (
        aes,
        geom_col,
        geom_pointrange,
        labs,
        scale_color_manual,
        scale_fill_manual,
        scale_y_continuous,
    )

    from stanmlm.plots.sheet import Sheet

    return (
        Sheet(frame, aes("x"))
        + check_theme()
        + geom_col(aes(y="y", fill="seen"), data=frame.assign(seen=Y), color=LIGHT_EDGE, size=0.25, width=0.9)
        + geom_pointrange(
            aes(y="middle", ymin="lower", ymax="upper", color="new"), data=frame.assign(new=YREP), size=0.4, fatten=3
        )
        + scale_fill_manual({Y: LIGHT})
        + scale_color_manual({YREP: DARK_EDGE})
        + _scale_of_counts(subject)
        + scale_y_continuous(expand=(0, 0, 0.05, 0), labels=plain)
        + labs(x=subject.counted, y="rows")
    )


def _bars_grouped(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """The same in a panel a group."""
    from plotnine import element_text, facet_wrap, theme

    groups = len(frame["group"].cat.categories)
    across = int(np.ceil(np.sqrt(groups)))
    size = theme(figure_size=(7, max(4, 1.5 * np.ceil(groups / across) + 1)), legend_position="top")
    turned = theme(axis_text_x=element_text(rotation=40, ha="right")) if subject.categories else theme()
    return _bars(frame, subject) + facet_wrap("group", ncol=across, scales="free_y") + size + turned


def _scale_of_counts(subject: Subject) -> "scale_x_continuous":
    """Whole numbers, or the categories that they stand for."""
    from plotnine import scale_x_continuous

    names = subject.categories
    if not names:
        return scale_x_continuous(breaks=whole_breaks, labels=plain)
    return scale_x_continuous(breaks=[*range(1, len(names) + 1)], labels=[*names])


def _rootogram(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """Bars of what is seen, and what is expected as a line in its band."""
    from plotnine import (
        aes,
        geom_hline,
        geom_line,
        geom_rect,
        geom_ribbon,
        labs,
        scale_color_manual,
        scale_fill_manual,
        scale_x_continuous,
        scale_y_continuous,
    )

    from stanmlm.plots.sheet import Sheet

    ends = aes(xmin="x - 0.45", xmax="x + 0.45", ymin="bottom", ymax="top", fill="seen")
    return (
        Sheet(frame, aes("x"))
        + check_theme()
        + geom_rect(ends, data=frame.assign(seen=Y), color=LIGHT_EDGE, size=0.25)
        + geom_ribbon(aes(ymin="lower", ymax="upper"), fill=MID, alpha=0.5)
        + geom_line(aes(y="middle", color="new"), data=frame.assign(new=YREP), size=0.9)
        + geom_hline(yintercept=0, color=QUIET, size=0.4)
        + scale_fill_manual({Y: LIGHT})
        + scale_color_manual({YREP: DARK_EDGE})
        + scale_x_continuous(breaks=whole_breaks, labels=plain)
        + scale_y_continuous(labels=plain)
        + labs(x=subject.counted, y="$\\sqrt{\\mathrm{rows}}$")
    )


def _intervals(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    from plotnine import (
        aes,
        geom_linerange,
        geom_point,
        labs,
        scale_color_manual,
        scale_x_continuous,
        scale_y_continuous,
    )

    from stanmlm.plots.sheet import Sheet

    new, old = frame.assign(of=YREP), frame.assign(of=Y)
    thin = float(np.clip(SPARSE / len(frame), 0.2, 1.0))
    return (
        Sheet(frame, aes("x"))
        + check_theme()
        + geom_linerange(aes(ymin="lower90", ymax="upper90"), color=LIGHT_EDGE, size=0.5 * thin)
        + geom_linerange(aes(ymin="lower50", ymax="upper50"), color=MID, size=1.1 * thin)
        + geom_point(aes(y="middle", color="of"), data=new, size=1.4 * thin, stroke=0)
        + geom_point(aes(y="y", color="of"), data=old, size=1.8 * thin, stroke=0)
        + scale_color_manual([DARK_EDGE, MID], breaks=[Y, YREP], guide=large_keys())
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(labels=plain)
        + labs(x=subject.along, y=subject.response)
    )


def _error_binned(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    from plotnine import aes, geom_hline, geom_path, geom_point, labs, scale_x_continuous, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    return (
        Sheet(frame, aes("x", "error"))
        + check_theme()
        + geom_hline(yintercept=0, color=QUIET, linetype="dashed", size=0.4)
        + geom_path(aes(y="bound"), color=LIGHT_EDGE, size=0.8)
        + geom_path(aes(y="-bound"), color=LIGHT_EDGE, size=0.8)
        + geom_point(color=DARK_EDGE, fill=MID, shape="o", stroke=0.3, size=1.8)
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(labels=plain)
        + labs(x=subject.expected, y="average error")
    )


FIGURES: Mapping[str, Callable[[pd.DataFrame, Subject], "ggplot"]] = {
    "dens_overlay": _overlay,
    "dens_overlay_grouped": in_panels(_overlay),
    "dens": check_shapes.densities_apart,
    "ecdf_overlay": _ecdf,
    "ecdf_overlay_grouped": in_panels(_ecdf),
    "hist": _hist,
    "freqpoly": check_shapes.polygons,
    "freqpoly_grouped": in_panels(check_shapes.polygons),
    "boxplot": check_shapes.boxes,
    "violin_grouped": check_shapes.violins,
    "bars": _bars,
    "bars_grouped": _bars_grouped,
    "rootogram": _rootogram,
    "stat": one_statistic,
    "stat_grouped": grouped_statistic,
    "stat_2d": two_statistics,
    "stat_freqpoly": one_polygon,
    "stat_freqpoly_grouped": in_panels(one_polygon),
    "intervals": _intervals,
    "intervals_grouped": in_panels(_intervals),
    "ribbon": check_rows.ribbon,
    "ribbon_grouped": in_panels(check_rows.ribbon),
    "scatter": check_rows.scatter,
    "scatter_avg": check_rows.average,
    "scatter_avg_grouped": in_panels(check_rows.average),
    "error": check_rows.error_average,
    "error_scatter_avg": check_rows.error_average,
    "error_scatter_avg_grouped": in_panels(check_rows.error_average),
    "error_scatter_avg_vs_x": check_rows.error_along,
    "error_scatter": check_rows.error_scatter,
    "error_hist": check_rows.error_histograms,
    "error_hist_grouped": check_rows.error_histograms,
    "error_binned": _error_binned,
    "pit_ecdf": check_shapes.places,
    "pit_ecdf_grouped": in_panels(check_shapes.places),
    "loo_pit": _loo_pit,
    "loo_pit_overlay": _loo_pit,
    "loo_pit_qq": check_shapes.quantiles,
    "loo_intervals": _intervals,
    "loo_ribbon": check_rows.ribbon,
    "km_overlay": _survival,
    "km_overlay_grouped": in_panels(_survival),
}
