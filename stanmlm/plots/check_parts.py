"""What the figures of posterior predictive checks have in common: words, theme, names of y and of its replicates."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stanmlm.plots.theme import INK, theme_paper

if TYPE_CHECKING:
    from plotnine import guide_legend, theme

Y, YREP = "$y$", "$y_{rep}$"


@dataclass(frozen=True)
class Subject:
    """What the words of a check speak of."""

    response: str  # as most checks show it: a share where rows have several trials
    counted: str  # as bars show it
    expected: str
    stat: str
    categories: tuple[str, ...] = ()  # what codes from 1 stand for
    along: str = "row"  # what rows stand along
    stats: tuple[str, str] = ("mean", "sd")  # of two statistics


def no_heights() -> "theme":
    """No vertical axis: heights of densities and counts say nothing by themselves."""
    from plotnine import element_blank, theme

    return theme(axis_text_y=element_blank(), axis_ticks_major_y=element_blank(), axis_line_y=element_blank())


def check_theme() -> "theme":
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


def large_keys() -> "guide_legend":
    """A legend whose points are seen, however small those of the figure are."""
    from plotnine import guide_legend

    return guide_legend(override_aes={"size": 2.4})


def whole_breaks(limits: tuple[float, float]) -> list[float]:
    """Ticks at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    return [float(tick) for tick in MaxNLocator(nbins=9, integer=True).tick_values(*limits)]
