"""DHARMa's figure of scaled residuals: quantiles against the uniform, and residuals along what is expected."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.criticism.residual_tests import residual_tests
from stanmlm.after.criticism.scaled_residuals import ScaledResiduals, simulate_residuals
from stanmlm.base.arguments import check_arguments
from stanmlm.base.layout import format_signif
from stanmlm.fit.fit import Fit
from stanmlm.plots.parts import NO_WORDS, Words, captioned, labels_of
from stanmlm.plots.theme import ACCENT, DARK, FAINT, MID_EDGE, theme_paper

if TYPE_CHECKING:
    from plotnine import ggplot

QUANTILES, ALONG = "Quantiles against the uniform", "Residuals along what is expected"
QUARTILES = (0.25, 0.5, 0.75)
BINS = 10  # of rows by rank, whose quartiles are joined


def plot_residuals(residuals: Fit | ScaledResiduals, *, words: Words = NO_WORDS) -> "ggplot":
    """Scaled residuals in two panels, with the tests below them.

    Left, their quantiles against those of the uniform distribution; right, residuals by the rank of the fitted value,
    with the quartiles of each tenth of the rows, which are level where the model is right. Rows outside all of their
    simulations stand out.

    Parameters
    ----------
    residuals : Fit or ScaledResiduals
        A fit, or what `simulate_residuals` makes of one.
    words : Words
        Title, subtitle, axes and caption.

    Returns
    -------
    plotnine.ggplot
        Its `data` has `panel`, `x` and `y`.

    Raises
    ------
    OptionError
        For what is no fit, and no result of `simulate_residuals`.

    Examples
    --------
    >>> from stanmlm import lmer, plot_residuals, simulate_exams, simulate_residuals
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> plot_residuals(simulate_residuals(fit, n=100)).data["panel"].cat.categories.tolist()
    ['Quantiles against the uniform', 'Residuals along what is expected']
    """
    check_arguments(plot_residuals, locals())
    residuals = simulate_residuals(residuals) if isinstance(residuals, Fit) else residuals
    from plotnine import (
        aes,
        element_text,
        facet_wrap,
        geom_abline,
        geom_hline,
        geom_line,
        geom_point,
        ggplot,
        scale_color_manual,
        theme,
    )

    frame, quartiles = residual_frame(residuals), _quartiles(residuals)
    tested = residual_tests(residuals)
    told = "; ".join(f"{row['test']}: p = {format_signif(row['p.value'], 2)}" for _, row in tested.iterrows())
    diagonal = pd.DataFrame({"panel": pd.Categorical([QUANTILES], frame["panel"].cat.categories)})
    level = pd.DataFrame({"panel": pd.Categorical([ALONG] * 3, frame["panel"].cat.categories), "y": QUARTILES})
    size = 1.6 if len(residuals.observed) <= 500 else 0.7
    return (
        ggplot(frame, aes("x", "y"))
        + geom_abline(diagonal, aes(intercept=0, slope=1), color=FAINT)
        + geom_hline(level, aes(yintercept="y"), color=FAINT, linetype="dashed")
        + geom_point(aes(color="outside"), size=size, alpha=0.7, show_legend=False)
        + geom_line(aes(group="quartile"), quartiles, color=DARK, size=0.8)
        + scale_color_manual({False: MID_EDGE, True: ACCENT})
        + facet_wrap("panel", ncol=2, scales="free_x")
        + labels_of(captioned(words, told), "Uniform quantile, or rank of the fitted value", "Scaled residual")
        + theme_paper(10)
        + theme(figure_size=(8, 4), strip_text=element_text(size=10))
    )


def residual_frame(residuals: ScaledResiduals) -> pd.DataFrame:
    """A row a point: `panel`, `x`, `y`, and whether it lies outside all simulations."""
    x, N = residuals.residuals, len(residuals.residuals)
    order = np.argsort(x)
    quantiles = pd.DataFrame({"panel": QUANTILES, "x": (np.arange(N) + 0.5) / N, "y": x[order], "of": order})
    along = pd.DataFrame({"panel": ALONG, "x": _ranks(residuals), "y": x, "of": np.arange(N)})
    frame = pd.concat([quantiles, along], ignore_index=True)
    outside = (residuals.lower_or_equal == 0) | (residuals.lower == 1)
    panels = pd.Categorical(frame["panel"], [QUANTILES, ALONG])
    return frame.assign(panel=panels, outside=outside[frame["of"]]).drop(columns="of")


def _ranks(residuals: ScaledResiduals) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """DHARMa's transformation of fitted values: ranks over the greatest of them."""
    from scipy.stats import rankdata

    ranks = rankdata(residuals.fitted)
    return np.asarray(ranks / ranks.max())


def _quartiles(residuals: ScaledResiduals) -> pd.DataFrame:
    """Quartiles of the residuals in each tenth of the rows by rank."""
    ranks = _ranks(residuals)
    bins = np.minimum((ranks * BINS).astype(int), BINS - 1)
    rows = [
        (p, float(ranks[bins == b].mean()), float(np.quantile(residuals.residuals[bins == b], p)))
        for b in np.unique(bins)
        for p in QUARTILES
    ]
    frame = pd.DataFrame(rows, columns=["quartile", "x", "y"])
    return frame.assign(panel=pd.Categorical([ALONG] * len(frame), [QUANTILES, ALONG]))
