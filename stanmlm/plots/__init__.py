"""Figures in plotnine: pure frames come in, ggplots go out."""

from stanmlm.plots.curves import plot_curves
from stanmlm.plots.effects import plot_conditional_effects
from stanmlm.plots.frames import interval_frame
from stanmlm.plots.parts import Words
from stanmlm.plots.ppcheck import pp_check
from stanmlm.plots.save import save_figure
from stanmlm.plots.scatter import plot_codes
from stanmlm.plots.slopes import plot_slopes
from stanmlm.plots.theme import caption

__all__ = [
    "Words",
    "caption",
    "interval_frame",
    "plot_codes",
    "plot_conditional_effects",
    "plot_curves",
    "plot_slopes",
    "pp_check",
    "save_figure",
]
