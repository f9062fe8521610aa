"""Figures of the distribution of responses beside that of replicates, and of the places that these give them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.base.errors import OptionError
from stanmlm.plots.check_parts import YREP, Subject, Y, check_theme, no_heights
from stanmlm.plots.parts import plain
from stanmlm.plots.theme import DARK, DARK_EDGE, LIGHT, LIGHT_EDGE, MID, QUIET

if TYPE_CHECKING:
    from plotnine import ggplot

Figure = Callable[[pd.DataFrame, Subject], "ggplot"]
PANELS = 25  # of groups


def in_panels(figure: Figure) -> Figure:
    """The same figure in a panel a group."""

    def grouped(frame: pd.DataFrame, subject: Subject) -> "ggplot":
        from plotnine import facet_wrap, theme

        groups = len(frame["group"].cat.categories)
        if groups > PANELS:
            raise OptionError(f"up to {PANELS} groups have room for a panel each, these are {groups}; "
                              'type="stat_grouped" has a row for each')  # fmt: skip
        across = int(np.ceil(np.sqrt(groups)))
        size = theme(figure_size=(7, max(4, 1.5 * np.ceil(groups / across) + 1)), legend_position="top")
        return figure(frame, subject) + facet_wrap("group", ncol=across, scales="free") + size

    return grouped


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """With what each draw is of, and the name of its panel."""
    of = np.where(frame["draw"] == 0, Y, YREP)
    order = [Y if draw == 0 else f"{YREP} {draw}" for draw in sorted(set(frame["draw"]))]
    panel = np.where(frame["draw"] == 0, Y, f"{YREP} " + frame["draw"].astype(str))
    return frame.assign(of=of, panel=pd.Categorical(panel, order))


def densities_apart(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """A density in a panel each."""
    from plotnine import aes, facet_wrap, geom_area, guides, labs, scale_fill_manual, scale_x_continuous

    from stanmlm.plots.sheet import Sheet

    return (
        Sheet(named(frame), aes("x", "density", fill="of"))
        + check_theme()
        + geom_area(color=DARK_EDGE, size=0.4)
        + facet_wrap("panel")
        + scale_fill_manual({Y: DARK, YREP: LIGHT})
        + scale_x_continuous(labels=plain)
        + labs(x=subject.response, y="")
        + guides(fill=False)
        + no_heights()
    )


def polygons(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """Histograms as lines, those of replicates behind that of y."""
    from plotnine import aes, geom_line, labs, scale_color_manual, scale_x_continuous

    from stanmlm.plots.sheet import Sheet

    shown = named(frame)
    return (
        Sheet(frame, aes("x", "count", group="draw", color="of"))
        + check_theme()
        + geom_line(data=shown[shown["draw"] > 0], size=0.4, alpha=0.8)
        + geom_line(data=shown[shown["draw"] == 0], size=0.9)
        + scale_color_manual([DARK_EDGE, LIGHT_EDGE], breaks=[Y, YREP])
        + scale_x_continuous(labels=plain)
        + labs(x=subject.response, y="")
        + no_heights()
    )


def boxes(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """A box of y, and one of each replicate."""
    from plotnine import aes, geom_boxplot, guides, labs, scale_color_manual, scale_fill_manual, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    return (
        Sheet(named(frame), aes("panel", "y", fill="of", color="of"))
        + check_theme()
        + geom_boxplot(size=0.5, outlier_size=0.8)
        + scale_fill_manual({Y: MID, YREP: LIGHT})
        + scale_color_manual({Y: DARK_EDGE, YREP: LIGHT_EDGE})
        + scale_y_continuous(labels=plain)
        + labs(x="", y=subject.response)
        + guides(fill=False, color=False)
    )


def violins(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """All replicates of a group as a violin, and its responses as points."""
    from plotnine import aes, geom_jitter, geom_violin, labs, scale_color_manual, scale_fill_manual, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    shown = named(frame)
    old, new = shown[shown["draw"] == 0], shown[shown["draw"] > 0]
    return (
        Sheet(frame, aes("group", "y"))
        + check_theme()
        + geom_violin(aes(fill="of"), new, color=LIGHT_EDGE, size=0.4)
        + geom_jitter(aes(color="of"), old, width=0.12, height=0, size=1.2, alpha=0.7, random_state=1)
        + scale_fill_manual({YREP: LIGHT})
        + scale_color_manual({Y: DARK_EDGE})
        + scale_y_continuous(labels=plain)
        + labs(x="", y=subject.response)
    )


def places(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """The ECDF of places less the uniform one, in its envelope."""
    from plotnine import aes, geom_hline, geom_ribbon, geom_step, labs, scale_x_continuous, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    return (
        Sheet(frame, aes("x"))
        + check_theme()
        + geom_ribbon(aes(ymin="lower", ymax="upper"), fill=LIGHT, color=LIGHT_EDGE, size=0.3)
        + geom_hline(yintercept=0, color=QUIET, linetype="dashed", size=0.4)
        + geom_step(aes(y="y"), color=DARK, size=0.8)
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(labels=plain)
        + labs(x="PIT", y="ECDF less the uniform")
    )


def quantiles(frame: pd.DataFrame, subject: Subject) -> "ggplot":
    """LOO-PIT values beside uniform quantiles, in their band."""
    from plotnine import aes, geom_abline, geom_point, geom_ribbon, labs, scale_x_continuous, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    return (
        Sheet(frame, aes("x"))
        + check_theme()
        + geom_ribbon(aes(ymin="lower", ymax="upper"), fill=LIGHT, color=LIGHT_EDGE, size=0.3)
        + geom_abline(intercept=0, slope=1, color=QUIET, linetype="dashed", size=0.4)
        + geom_point(aes(y="y"), color=DARK, size=1.2, stroke=0)
        + scale_x_continuous(labels=plain)
        + scale_y_continuous(labels=plain)
        + labs(x="uniform quantile", y="LOO-PIT")
    )
