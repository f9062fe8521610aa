"""Intervals of parameters, as bayesplot's `mcmc_intervals` and arm's `coefplot` have them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.tables.picked import NamedValues, named_draws, named_subset
from stanmlm.base.arguments import check_arguments
from stanmlm.data.coding import INTERCEPT
from stanmlm.fit.fit import Fit
from stanmlm.plots.frames import interval_frame
from stanmlm.plots.parts import NO_WORDS, Words, labels_of, plain
from stanmlm.plots.rows import BAYESPLOT, check_interval_probs, interval_bars, names_down, size_for, zero_line
from stanmlm.plots.theme import theme_rows

if TYPE_CHECKING:
    from plotnine import ggplot


def plot_intervals(
    fit: Fit,
    pars: Sequence[str] | str | None = None,
    regex_pars: str | None = None,
    *,
    prob: float = 0.5,
    prob_outer: float = 0.95,
    words: Words = NO_WORDS,
) -> "ggplot":
    """Posterior medians with an inner and an outer central interval, a row a parameter.

    Parameters
    ----------
    fit : Fit
        A fit.
    pars, regex_pars : optional
        Which parameters, as in `named_draws`: names of `summary(fit)` or ArviZ's labels. Where both are None, all but
        the group effects and, as in arm's `coefplot`, the intercept, which is often of another size.
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
    ['hours', 'sd_student[(Intercept)]', 'sigma']
    """
    check_arguments(plot_intervals, locals())
    from plotnine import scale_x_continuous

    from stanmlm.plots.sheet import Sheet

    check_interval_probs((prob, prob_outer))
    frame = parameter_intervals(shown_draws(fit, pars, regex_pars), (prob, prob_outer))
    names = list(frame["parameter"])[::-1]
    scales = [scale_x_continuous(labels=plain), names_down(names), labels_of(words, "", ""), theme_rows()]
    layers = [zero_line(), *interval_bars(frame, (prob, prob_outer), BAYESPLOT)]
    return Sheet(frame) + layers + scales + size_for(len(frame))


def shown_draws(fit: Fit, pars: Sequence[str] | str | None, regex_pars: str | None) -> NamedValues:
    """The draws that are asked for; without the intercept where nothing is, unless there is nothing else."""
    named = named_draws(fit, pars, regex_pars)
    kept = [i for i, name in enumerate(named.names) if name != INTERCEPT]
    if pars is not None or regex_pars is not None or not kept:
        return named
    return named_subset(named, kept)


def parameter_intervals(named: NamedValues, probs: Sequence[float]) -> pd.DataFrame:
    """A row a parameter, the first at the top: `parameter`, `place` and its intervals."""
    rows = pd.DataFrame({"parameter": named.names, "place": np.arange(len(named.names), 0, -1, dtype=float)})
    return interval_frame(rows, named.draws.reshape(-1, len(named.names)), probs)
