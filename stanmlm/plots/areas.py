"""Densities of parameters in rows, as bayesplot's `mcmc_areas` has them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.tables.picked import NamedValues
from stanmlm.base.arguments import check_arguments
from stanmlm.fit.fit import Fit
from stanmlm.plots.density import density_curve
from stanmlm.plots.frames import interval_columns
from stanmlm.plots.intervals import axis_of, parameter_intervals, shown_draws, too_narrow
from stanmlm.plots.parts import NO_WORDS, Words, captioned, plain
from stanmlm.plots.rows import check_interval_probs, names_down, size_for, zero_line
from stanmlm.plots.theme import DARK, LIGHT, MID, MID_EDGE, theme_rows

if TYPE_CHECKING:
    from plotnine import ggplot

HEIGHT = 0.85  # of the highest density, in rows


def plot_areas(
    fit: Fit,
    pars: Sequence[str] | str | None = None,
    regex_pars: str | None = None,
    *,
    prob: float = 0.5,
    prob_outer: float = 0.99,
    standardize: bool = False,
    words: Words = NO_WORDS,
) -> "ggplot":
    """Posterior densities, a row a parameter: median, an inner interval in a darker shade, cut at an outer one.

    Each density is as high as its row, so that narrow ones do not flatten wide ones (bayesplot's
    `area_method="equal height"`).

    Parameters
    ----------
    fit : Fit
        A fit.
    pars, regex_pars : optional
        Which parameters: names of `summary(fit)` or ArviZ's labels, or a regular expression. Where both are None, those
        of `plot_intervals`: the coefficients but the intercept.
    standardize : bool
        Coefficients per two standard deviations of their predictor, as in `plot_intervals`.
    prob, prob_outer : float
        Probabilities of the shaded interval and of the whole area.
    words : Words
        Title, subtitle, axes and caption.

    Returns
    -------
    plotnine.ggplot
        Its `data` is the curves: `parameter`, `place`, `x`, `density` (which integrates to one), `top`, `inner`.

    Raises
    ------
    DataError, OptionError
        For a name that is no parameter, and for probabilities that are none.

    Examples
    --------
    >>> from stanmlm import lmer, plot_areas, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> plot_areas(fit, "hours").data.columns.tolist()
    ['parameter', 'place', 'x', 'density', 'top', 'inner']
    """
    check_arguments(plot_areas, locals())
    from plotnine import aes, geom_ribbon, geom_segment, scale_x_continuous

    from stanmlm.plots.sheet import Sheet

    check_interval_probs((prob, prob_outer))
    named = shown_draws(fit, pars, regex_pars, standardize)
    intervals = parameter_intervals(named, (prob, prob_outer))
    frame = area_frame(named, intervals, (prob, prob_outer))
    medians = intervals.assign(top=_height_at(frame, intervals))
    layers = [
        zero_line(),
        geom_ribbon(aes("x", ymin="place", ymax="top", group="parameter"), frame, fill=LIGHT, color=MID_EDGE, size=0.4),
        geom_ribbon(aes("x", ymin="place", ymax="top", group="parameter"), frame[frame["inner"]], fill=MID),
        geom_segment(aes("estimate", "place", xend="estimate", yend="top"), medians, color=DARK, size=0.9),
    ]
    said = captioned(words, "" if standardize else too_narrow(intervals, f"{100 * prob_outer:g}"))
    names = names_down(list(intervals["parameter"])[::-1], below=0.25, above=HEIGHT + 0.1)
    scales = [scale_x_continuous(labels=plain), names, axis_of(said, standardize), theme_rows()]
    return Sheet(frame) + layers + scales + size_for(len(intervals), row=0.5)


def area_frame(named: NamedValues, intervals: pd.DataFrame, probs: Sequence[float]) -> pd.DataFrame:
    """The density of each parameter within its outer interval; `inner` marks what lies in the inner one."""
    inner, outer = (list(interval_columns([prob]))[1:] for prob in probs)
    curves = []
    for k, row in enumerate(intervals.to_dict("records")):
        x, density = density_curve(named.draws[..., k].ravel(), named.bounds[k])
        ends = np.array([row[column] for column in (*outer, *inner)])
        # The ends of the intervals are points of the curve, so that areas stop where intervals do.
        at = np.unique(np.concatenate([x[(x > ends[0]) & (x < ends[1])], ends]))
        height = np.interp(at, x, density)
        curve = pd.DataFrame({"parameter": row["parameter"], "place": row["place"], "x": at, "density": height})
        within = (at >= ends[2]) & (at <= ends[3])
        curves.append(curve.assign(top=row["place"] + HEIGHT * height / (height.max() or 1.0), inner=within))
    return pd.concat(curves, ignore_index=True)


def _height_at(frame: pd.DataFrame, intervals: pd.DataFrame) -> list[float]:
    """The top of each curve at its median."""
    curves = dict(iter(frame.groupby("parameter", sort=False)))
    return [
        float(np.interp(median, curves[name]["x"], curves[name]["top"]))
        for name, median in zip(intervals["parameter"], intervals["estimate"], strict=True)
    ]
