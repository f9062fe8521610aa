"""Figures in plotnine: fits or pure frames come in, ggplots go out."""

from stanmlm.plots.areas import plot_areas
from stanmlm.plots.calibration import plot_sbc
from stanmlm.plots.chains import plot_rank, plot_trace
from stanmlm.plots.check_model import check_model
from stanmlm.plots.curves import plot_curves
from stanmlm.plots.effects import plot_conditional_effects
from stanmlm.plots.frames import interval_frame
from stanmlm.plots.intervals import plot_intervals
from stanmlm.plots.pairs import plot_pairs
from stanmlm.plots.parts import Words
from stanmlm.plots.ppcheck import pp_check
from stanmlm.plots.prior import plot_prior_posterior
from stanmlm.plots.ranef import plot_ranef
from stanmlm.plots.residuals import plot_residuals
from stanmlm.plots.save import save_figure
from stanmlm.plots.scatter import plot_codes
from stanmlm.plots.slopes import plot_slopes
from stanmlm.plots.theme import caption

__all__ = [
    "Words",
    "caption",
    "check_model",
    "interval_frame",
    "plot_areas",
    "plot_codes",
    "plot_conditional_effects",
    "plot_curves",
    "plot_intervals",
    "plot_pairs",
    "plot_prior_posterior",
    "plot_ranef",
    "plot_rank",
    "plot_residuals",
    "plot_sbc",
    "plot_slopes",
    "plot_trace",
    "pp_check",
    "save_figure",
]
