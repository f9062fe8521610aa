"""Priors and posteriors on one scale."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.criticism.prior_posterior import Compared, compared
from stanmlm.after.tables.picked import named_draws, table_names
from stanmlm.base.arguments import check_arguments
from stanmlm.base.errors import DataError
from stanmlm.fit.fit import Fit
from stanmlm.plots.density import density_curve
from stanmlm.plots.parts import NO_WORDS, Words, captioned, labels_of, plain
from stanmlm.plots.theme import ACCENT, LIGHT, MID_EDGE, theme_paper

if TYPE_CHECKING:
    from plotnine import ggplot

GRID = 401  # points of a prior's curve
STEEPEST = 3.0  # times all else: what is higher at an end is not drawn
REACH = 1.5  # widths of the posterior, that a wide prior is shown beyond it
TAILS = (0.0005, 0.9995)  # of the posterior
PRIOR_TAILS = (0.02, 0.98)
SAYS = "Area: posterior. Line: prior; a flat one has none"


def plot_prior_posterior(
    fit: Fit, pars: Sequence[str] | str | None = None, regex_pars: str | None = None, *, words: Words = NO_WORDS
) -> "ggplot":
    """Each parameter's posterior over its prior, a panel a parameter, under the prior that `prior_summary` prints.

    Both are on the scale of the prior: the intercept at centred predictors, group standard deviations in units of
    sigma where their prior is. Prior densities are exact, those of joint priors (decov, LKJ) are margins. A prior much
    wider than its posterior is cut at the sides.

    Parameters
    ----------
    fit : Fit
        A fit.
    pars, regex_pars : optional
        Which parameters, as in `named_draws`; all that have a prior where both are None.
    words : Words
        Title, subtitle, axes and caption.

    Returns
    -------
    plotnine.ggplot
        Its `data` is the curves: `parameter`, `prior` (its text), `panel`, `of` ("prior" or "posterior"), `x`,
        `density`.

    Raises
    ------
    DataError
        For a name that is no parameter, or that has no prior of its own.

    Examples
    --------
    >>> from stanmlm import lmer, plot_prior_posterior, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> plot_prior_posterior(fit, "hours").data["of"].unique().tolist()
    ['posterior', 'prior']
    """
    check_arguments(plot_prior_posterior, locals())
    from plotnine import (
        aes,
        element_blank,
        facet_wrap,
        geom_line,
        geom_ribbon,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    from stanmlm.plots.sheet import Sheet

    chosen = _chosen(fit, pars, regex_pars)
    frame = pd.concat([prior_curves(each) for each in chosen], ignore_index=True)
    frame = frame.assign(panel=pd.Categorical(frame["panel"], list(dict.fromkeys(frame["panel"]))))
    words = captioned(words, SAYS)
    posterior, prior = (frame[frame["of"] == of] for of in ("posterior", "prior"))
    wide = min(3, len(chosen))
    layers = [
        geom_ribbon(aes("x", ymin=0, ymax="density"), posterior, fill=LIGHT, color=MID_EDGE, size=0.4),
        geom_line(aes("x", "density"), prior, color=ACCENT, size=0.8),
    ]
    scales = [
        facet_wrap("panel", ncol=wide, scales="free"),
        scale_x_continuous(labels=plain),
        scale_y_continuous(expand=(0, 0, 0.06, 0)),
        labels_of(words, "", ""),
        theme_paper(),
        theme(
            figure_size=(2.5 * wide + 0.3, 1.9 * -(-len(chosen) // wide) + 0.5),
            axis_text_y=element_blank(),
            axis_ticks_major_y=element_blank(),
            panel_grid_major_y=element_blank(),
        ),
    ]
    return Sheet(frame) + layers + scales


def _chosen(fit: Fit, pars: Sequence[str] | str | None, regex_pars: str | None) -> list[Compared]:
    every = compared(fit)
    if pars is None and regex_pars is None:
        return list(every)
    known, wanted = {each.element: each for each in every}, named_draws(fit, pars, regex_pars)
    for name, element in zip(wanted.names, wanted.elements, strict=True):
        if element not in known:
            called = table_names(fit)
            listed = ", ".join(called[each] for each in known)
            raise DataError(f"`{name}` has no prior of its own; those that have: {listed}")
    return [known[element] for element in wanted.elements]


def prior_curves(each: Compared) -> pd.DataFrame:
    """The two densities of one parameter, the prior's within the window of the panel."""
    x, density = density_curve(each.posterior, each.bounds)
    parts = [pd.DataFrame({"x": x, "density": density, "of": "posterior"})]
    if each.density is not None:
        at = np.linspace(*window(each), GRID)
        with np.errstate(all="ignore"):
            height = each.density(at)
        seen = height <= STEEPEST * max(density.max(), height[1:-1].max())  # gamma(0.01, 0.01) has no end at zero
        parts.append(pd.DataFrame({"x": at[seen], "density": height[seen], "of": "prior"}))
    curves = pd.concat(parts, ignore_index=True)
    return curves.assign(parameter=each.title, prior=each.prior, panel=f"{each.title}\n{each.prior}")


def window(each: Compared) -> tuple[float, float]:
    """Where the prior is drawn: all of it, or so much as the posterior lets see."""
    if np.isfinite(each.bounds).all():
        return each.bounds
    low, high = np.quantile(each.posterior, TAILS)
    first, last = np.quantile(each.sample, PRIOR_TAILS)
    reach = REACH * (high - low)
    if last - first > 2 * reach:
        first, last = max(first, low - reach), min(last, high + reach)
    return max(each.bounds[0], min(low, first)), min(each.bounds[1], max(high, last))
