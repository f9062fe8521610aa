"""Intervals of parameters, as bayesplot's `mcmc_intervals` and arm's `coefplot` have them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.tables.picked import NamedValues, named_draws, named_subset
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.data.design import predictors
from stanmlm.data.whole_rows import whole
from stanmlm.fit.fit import Fit
from stanmlm.plots.frames import interval_frame
from stanmlm.plots.parts import NO_WORDS, Words, captioned, labels_of, plain
from stanmlm.plots.rows import BAYESPLOT, check_interval_probs, interval_bars, names_down, size_for, zero_line
from stanmlm.plots.theme import theme_rows
from stanmlm.priors.parameters import MU, SIGMA, Element, Parameter, is_intercept

if TYPE_CHECKING:
    from plotnine import ggplot, labs

NARROW = 0.01  # of the axis: an interval of less is a dot


def plot_intervals(
    fit: Fit,
    pars: Sequence[str] | str | None = None,
    regex_pars: str | None = None,
    *,
    prob: float = 0.5,
    prob_outer: float = 0.95,
    standardize: bool = False,
    words: Words = NO_WORDS,
) -> "ggplot":
    """Posterior medians with an inner and an outer central interval, a row a parameter.

    Parameters
    ----------
    fit : Fit
        A fit.
    pars, regex_pars : optional
        Which parameters, as in `named_draws`: names of `summary(fit)` or ArviZ's labels. Where both are None, as in
        arm's `coefplot`, the coefficients but the intercept: standard deviations, correlations and other parameters
        have scales of their own, and stand alone where there is no coefficient.
    standardize : bool
        Coefficients per two standard deviations of their predictor, and per step of one with two values (Gelman 2008,
        Statistics in Medicine 27:2865), so that predictors in any units share an axis.
    prob, prob_outer : float
        Probabilities of the two intervals.
    words : Words
        Title, subtitle, axes and caption.

    Returns
    -------
    plotnine.ggplot
        Its `data` has `parameter`, `place` (from the bottom), `estimate` and the intervals (`lower50`, ...).

    Raises
    ------
    DataError, OptionError
        For a name that is no parameter, and for probabilities that are none.

    Examples
    --------
    >>> from stanmlm import lmer, plot_intervals, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> plot_intervals(fit).data["parameter"].tolist()
    ['hours']
    >>> plot_intervals(fit, ["sd_student", "sigma"]).data["parameter"].tolist()
    ['sd_student[(Intercept)]', 'sigma']
    """
    check_arguments(plot_intervals, locals())
    from plotnine import scale_x_continuous

    from stanmlm.plots.sheet import Sheet

    check_interval_probs((prob, prob_outer))
    frame = parameter_intervals(shown_draws(fit, pars, regex_pars, standardize), (prob, prob_outer))
    names = list(frame["parameter"])[::-1]
    said = captioned(words, "" if standardize else too_narrow(frame, f"{100 * prob_outer:g}"))
    scales = [scale_x_continuous(labels=plain), names_down(names), axis_of(said, standardize), theme_rows()]
    layers = [zero_line(), *interval_bars(frame, (prob, prob_outer), BAYESPLOT)]
    return Sheet(frame) + layers + scales + size_for(len(frame))


def shown_draws(
    fit: Fit, pars: Sequence[str] | str | None, regex_pars: str | None, standardize: bool = False
) -> NamedValues:
    """The draws that are asked for; where nothing is, parameters that make sense on one axis."""
    named = named_draws(fit, pars, regex_pars)
    if pars is None and regex_pars is None:
        named = named_subset(named, _on_one_axis(fit, named))
    return _standardized(fit, named) if standardize else named


def _on_one_axis(fit: Fit, named: NamedValues) -> list[int]:
    """Coefficients of the location but intercepts; else standard deviations, else all that there is."""
    own = _locations(fit)
    choices: tuple[Callable[[Parameter], bool], ...] = (
        lambda row: row.address.kind == "b" and row.address.dpar in own and not is_intercept(row),
        lambda row: row.address.kind == "sd" or row.address == SIGMA,
        lambda row: True,
    )
    found = ([i for i, e in enumerate(named.elements) if wanted(e.parameter)] for wanted in choices)
    return next(places for places in found if places)


def _locations(fit: Fit) -> set[str]:
    """The location, or where each category has one all of these."""
    first, links = fit.model.design.dpar, fit.model.family.links
    return {first} if first == MU else {dpar for dpar, link in links.items() if link.name == links[first].name}


def _standardized(fit: Fit, named: NamedValues) -> NamedValues:
    """Coefficients times two standard deviations of their column, or the distance of its two values."""
    steps: dict[Element, float] = {}
    for of in predictors(whole(fit.model.design)):
        rows = [row for row in fit.model.ledger.of("b") if row.address.dpar == of.dpar]
        rows = rows[len(rows) - of.X.shape[1] :]  # after thresholds
        steps |= {Element(row): _step(x) for row, x in zip(rows, of.X.T, strict=True) if not is_intercept(row)}
    factors = np.array([steps.get(element, 1.0) for element in named.elements])
    bounds = tuple((low * f, high * f) for (low, high), f in zip(named.bounds, factors.tolist(), strict=True))
    return replace(named, draws=named.draws * factors, bounds=bounds)


def _step(column: Floats) -> float:
    return float(np.ptp(column) if len(np.unique(column)) == 2 else 2 * np.std(column, ddof=1))


def too_narrow(frame: pd.DataFrame, outer: str) -> str:
    """What to say of intervals that the widest leave no width for."""
    ends = [f"lower{outer}", f"upper{outer}"]
    widths = (frame[ends[1]] - frame[ends[0]]).to_numpy()
    whole_axis = float(max(frame[ends[1]].max(), 0) - min(frame[ends[0]].min(), 0))
    names = frame["parameter"][widths < NARROW * whole_axis].tolist()
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (f"Too narrow to be seen on this axis: {', '.join(names[:3])}{more}. standardize=True draws coefficients "
            "per two standard deviations of their predictors")  # fmt: skip


def axis_of(words: Words, standardize: bool) -> "labs":
    """What the axis of parameters is called."""
    return labels_of(words, "per two standard deviations of a predictor" if standardize else "", "")


def parameter_intervals(named: NamedValues, probs: Sequence[float]) -> pd.DataFrame:
    """A row a parameter, the first at the top: `parameter`, `place` and its intervals."""
    rows = pd.DataFrame({"parameter": named.names, "place": np.arange(len(named.names), 0, -1, dtype=float)})
    return interval_frame(rows, named.draws.reshape(-1, len(named.names)), probs)
