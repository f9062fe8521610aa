"""Posterior predictive checks with bayesplot's looks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.criticism.ppcheck import BINS, FRAMES, CheckOptions, Statistic, statistic_of, usual_check
from stanmlm.after.predict.outcome import expected, outcome, shown
from stanmlm.after.predict.request import MAX_BYTES, Request
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Anything
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.fit.fit import Fit
from stanmlm.plots.parts import plain
from stanmlm.plots.rows import names_down, size_for
from stanmlm.plots.theme import DARK, DARK_EDGE, INK, LIGHT, LIGHT_EDGE, MID, QUIET, theme_paper, theme_rows

if TYPE_CHECKING:
    from plotnine import ggplot, guide_legend, theme

Breaks = Callable[[tuple[float, float]], list[float]]
Y, YREP = "$y$", "$y_{rep}$"
SPARSE = 200  # rows up to which intervals have their full width
PANELS = 25  # of grouped statistics; of more groups, or with longer names, each is a row
LETTERS = 120  # of the names over a row of panels, in two lines


@dataclass(frozen=True)
class _Subject:
    """What the words of a check speak of."""

    response: str  # as most checks show it: a share where rows have several trials
    counted: str  # as bars show it
    expected: str
    stat: str


def pp_check(
    fit: Fit,
    type: str | None = None,
    *,
    draws: int | None = None,
    group: str | Anything | None = None,
    stat: str | Statistic = "mean",
    seed: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> "ggplot":
    """A posterior predictive check: do responses that the model draws look like the observed ones?

    Parameters
    ----------
    fit
        A fit.
    type
        "dens_overlay" and "hist" show distributions, "bars" those of counts; "stat" and "stat_grouped" a statistic;
        "intervals" every row; "error" and "error_binned" what is left unexplained; "loo_pit" whether leave-one-out
        predictions are calibrated. Where None, "bars" for zeros and ones and for small counts, whose densities say
        nothing, else "dens_overlay".
    draws
        Replicates: 50 for "dens_overlay", 8 for "hist", for the others as many as there is time for.
    group
        For "stat_grouped": a variable of the model, or an array with a value a row; the only grouping factor where
        None.
    stat
        "mean", "sd", "median", "mad", "min", "max", "prop_zero", or a function of a vector.
    seed
        Of the replicates; the fit's own where None.
    max_bytes
        Of the arrays that are held at once.

    Returns
    -------
    plotnine.ggplot
        Its `data` is the frame that is drawn. Binomial responses with trials are shown as shares, but counts in bars.

    Raises
    ------
    OptionError
        For an unknown type, statistic or group.

    Examples
    --------
    >>> from stanmlm import lm, pp_check, simulate_exams
    >>> fit = lm("score ~ hours", simulate_exams(seed=1), seed=1)
    >>> pp_check(fit, "stat", stat="sd").data.columns.tolist()
    ['value', 'observed']
    """
    check_arguments(pp_check, locals())
    type = usual_check(fit) if type is None else type
    if type not in FRAMES:
        raise OptionError(f"there is no check `{type}`{did_you_mean(type, FRAMES)}")
    options = CheckOptions(Request(draws=draws, max_bytes=max_bytes), group, stat, seed)
    subject = _Subject(shown(fit), outcome(fit), expected(fit), statistic_of(stat)[0])
    return _DRAW[type](FRAMES[type](fit, options), subject)


def _no_heights() -> "theme":
    from plotnine import element_blank, theme

    return theme(axis_text_y=element_blank(), axis_ticks_major_y=element_blank(), axis_line_y=element_blank())


def _large_keys() -> "guide_legend":
    """A legend whose points are seen, however small those of the figure are."""
    from plotnine import guide_legend

    return guide_legend(override_aes={"size": 2.4})


def _theme() -> "theme":
    """bayesplot's: two axes, no grid, the legend to the right."""
    from plotnine import element_blank, element_line, element_text, theme

    return theme_paper(10) + theme(
        panel_border=element_blank(),
        panel_grid_major_y=element_blank(),
        axis_line=element_line(color=INK, size=0.5),
        strip_text=element_text(size=9, weight="normal"),
        legend_position="right",
        legend_title=element_blank(),
        legend_key=element_blank(),
        figure_size=(6, 4),
    )


def _overlay(frame: pd.DataFrame, subject: _Subject) -> "ggplot":
    from plotnine import labs

    return _densities(frame, (Y, YREP)) + labs(x=subject.response, y="")


def _loo_pit(frame: pd.DataFrame, subject: _Subject) -> "ggplot":
    from plotnine import labs

    return _densities(frame, ("PIT", "uniform")) + labs(x="LOO-PIT", y="")


def _densities(frame: pd.DataFrame, names: tuple[str, str]) -> "ggplot":
    """The curve of draw 0 over those of the others."""
    from plotnine import aes, geom_line, scale_color_manual, scale_x_continuous, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    new = frame[frame["draw"] > 0].assign(of=names[1])
    old = frame[frame["draw"] == 0].assign(of=names[0])
    return (
        Sheet(frame, aes("x", "density", group="draw", color="of"))
        + _theme()
        + geom_line(data=new, size=0.3, alpha=0.7)
        + geom_line(data=old, size=0.9)
        + scale_color_manual([DARK_EDGE, LIGHT_EDGE], breaks=list(names))
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(expand=(0, 0, 0.05, 0))
        + _no_heights()
    )


def _hist(frame: pd.DataFrame, subject: _Subject) -> "ggplot":
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
        + _theme()
        + geom_col(aes(width="width"), size=0.25)
        + facet_wrap("panel")
        + scale_fill_manual({Y: DARK, YREP: LIGHT})
        + scale_color_manual({Y: DARK_EDGE, YREP: LIGHT_EDGE})
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(expand=(0, 0, 0.05, 0))
        + labs(x=subject.response, y="")
        + guides(fill=False, color=False)
        + _no_heights()
    )


def _bars(frame: pd.DataFrame, subject: _Subject) -> "ggplot":
    from plotnine import (
        aes,
        geom_col,
        geom_pointrange,
        labs,
        scale_color_manual,
        scale_fill_manual,
        scale_x_continuous,
        scale_y_continuous,
    )

    from stanmlm.plots.sheet import Sheet

    return (
        Sheet(frame, aes("x"))
        + _theme()
        + geom_col(aes(y="y", fill="seen"), data=frame.assign(seen=Y), color=LIGHT_EDGE, size=0.25, width=0.9)
        + geom_pointrange(
            aes(y="middle", ymin="lower", ymax="upper", color="new"), data=frame.assign(new=YREP), size=0.4, fatten=3
        )
        + scale_fill_manual({Y: LIGHT})
        + scale_color_manual({YREP: DARK_EDGE})
        + scale_x_continuous(breaks=_whole_breaks, labels=plain)
        + scale_y_continuous(expand=(0, 0, 0.05, 0), labels=plain)
        + labs(x=subject.counted, y="rows")
    )


def _whole_breaks(limits: tuple[float, float]) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    return [float(tick) for tick in MaxNLocator(nbins=9, integer=True).tick_values(*limits)]


def _some_breaks(limits: tuple[float, float]) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    return [float(tick) for tick in MaxNLocator(nbins=6).tick_values(*limits)]


def _few_breaks(limits: tuple[float, float]) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    return [float(tick) for tick in MaxNLocator(nbins=3).tick_values(*limits)]


def _stat(frame: pd.DataFrame, subject: _Subject) -> "ggplot":
    return _statistics(frame, subject, _some_breaks)


def _stat_grouped(frame: pd.DataFrame, subject: _Subject) -> "ggplot":
    from plotnine import facet_wrap, theme

    groups = len(frame["group"].cat.categories)
    across = int(np.ceil(np.sqrt(groups)))
    longest = max(len(str(level)) for level in frame["group"].cat.categories)
    if groups > PANELS or longest > LETTERS / across:
        return _stat_rows(frame, subject)
    panels = facet_wrap("group", ncol=across, scales="free_x")
    size = theme(figure_size=(6, max(4, 0.95 * np.ceil(groups / across) + 0.9)), legend_position="top")
    return _statistics(frame, subject, _few_breaks) + panels + size


def _stat_rows(frame: pd.DataFrame, subject: _Subject) -> "ggplot":
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
        + scale_color_manual({new: MID, old: DARK_EDGE}, breaks=[old, new], guide=_large_keys())
        + scale_x_continuous(labels=plain)
        + names_down([str(level) for level in rows["group"]])
        + labs(x=f"{subject.stat} of {subject.response}", y="", color="")
        + size_for(len(rows))
        + theme(legend_position="top")
    )


def _statistics(frame: pd.DataFrame, subject: _Subject, breaks: Breaks) -> "ggplot":
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
        + _theme()
        + geom_histogram(aes(fill="of"), data=frame.assign(of=new), bins=BINS, color=LIGHT_EDGE, size=0.25)
        + geom_vline(aes(xintercept="observed", color="of"), data=lines.assign(of=old), size=1.2)
        + scale_fill_manual({new: LIGHT})
        + scale_color_manual({old: DARK})
        + scale_x_continuous(breaks=breaks, labels=plain)
        + scale_y_continuous(expand=(0, 0, 0.05, 0))
        + labs(x=f"{subject.stat} of {subject.response}", y="")
        + _no_heights()
    )


def _intervals(frame: pd.DataFrame, subject: _Subject) -> "ggplot":
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
        + _theme()
        + geom_linerange(aes(ymin="lower90", ymax="upper90"), color=LIGHT_EDGE, size=0.5 * thin)
        + geom_linerange(aes(ymin="lower50", ymax="upper50"), color=MID, size=1.1 * thin)
        + geom_point(aes(y="middle", color="of"), data=new, size=1.4 * thin, stroke=0)
        + geom_point(aes(y="y", color="of"), data=old, size=1.8 * thin, stroke=0)
        + scale_color_manual([DARK_EDGE, MID], breaks=[Y, YREP], guide=_large_keys())
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(labels=plain)
        + labs(x="row", y=subject.response)
    )


def _error(frame: pd.DataFrame, subject: _Subject) -> "ggplot":
    from plotnine import aes, geom_point, geom_vline, labs, scale_x_continuous, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    return (
        Sheet(frame, aes("error", "y"))
        + _theme()
        + geom_vline(xintercept=0, color=QUIET, linetype="dashed", size=0.4)
        + geom_point(color=DARK_EDGE, fill=MID, shape="o", stroke=0.3, size=1.8, alpha=0.8)
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(labels=plain)
        + labs(x="average error, $y - y_{rep}$", y=subject.response)
    )


def _error_binned(frame: pd.DataFrame, subject: _Subject) -> "ggplot":
    from plotnine import aes, geom_hline, geom_path, geom_point, labs, scale_x_continuous, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    return (
        Sheet(frame, aes("x", "error"))
        + _theme()
        + geom_hline(yintercept=0, color=QUIET, linetype="dashed", size=0.4)
        + geom_path(aes(y="bound"), color=LIGHT_EDGE, size=0.8)
        + geom_path(aes(y="-bound"), color=LIGHT_EDGE, size=0.8)
        + geom_point(color=DARK_EDGE, fill=MID, shape="o", stroke=0.3, size=1.8)
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(labels=plain)
        + labs(x=subject.expected, y="average error")
    )


_DRAW: Mapping[str, Callable[[pd.DataFrame, _Subject], "ggplot"]] = {
    "dens_overlay": _overlay,
    "hist": _hist,
    "bars": _bars,
    "stat": _stat,
    "stat_grouped": _stat_grouped,
    "intervals": _intervals,
    "error": _error,
    "error_binned": _error_binned,
    "loo_pit": _loo_pit,
}
