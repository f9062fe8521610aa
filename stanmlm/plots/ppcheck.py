"""Posterior predictive checks with bayesplot's looks."""

from dataclasses import replace
from typing import TYPE_CHECKING

from stanmlm.after.criticism.ppcheck import FRAMES, check_order, pair_of, statistic_of, usual_check
from stanmlm.after.criticism.replicates import CheckOptions, Stat
from stanmlm.after.criticism.simulated_data import prior_of, prior_seed
from stanmlm.after.predict.outcome import expected_text, outcome, shown_text
from stanmlm.after.predict.request import MAX_BYTES, Request
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Anything
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.fit.fit import Fit
from stanmlm.plots.check_figures import FIGURES
from stanmlm.plots.check_parts import Subject

if TYPE_CHECKING:
    from plotnine import ggplot


def pp_check(
    fit: Fit,
    type: str | None = None,
    *,
    draws: int | None = None,
    group: str | Anything | None = None,
    x: str | Anything | None = None,
    stat: Stat = "mean",
    style: str = "standing",
    prior: bool = False,
    seed: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> "ggplot":
    """A posterior predictive check: responses that the model draws, beside the observed ones.

    Parameters
    ----------
    fit
        A fit.
    type
        brms's names, which are bayesplot's. Distributions: "dens_overlay", "dens", "ecdf_overlay", "hist", "freqpoly",
        "boxplot", "violin_grouped"; counts: "bars", and "rootogram", square roots of these, in which rare counts and
        zeros are seen as well as others; statistics: "stat", "stat_2d", "stat_freqpoly"; rows: "intervals", "ribbon",
        "scatter", "scatter_avg"; errors: "error_hist", "error_scatter", "error_scatter_avg", "error_scatter_avg_vs_x",
        "error_binned"; calibration: "pit_ecdf", and of leave-one-out predictions "loo_pit_overlay", "loo_pit_qq",
        "loo_intervals", "loo_ribbon"; "km_overlay" is Kaplan and Meier's curve of a right-censored response. Most have
        a panel a group as `"..._grouped"`. Where None, "km_overlay" for such a response, "bars" for zeros and ones and
        for small counts, whose densities say nothing, else "dens_overlay".
    draws
        Replicates; where None 50 for the overlays, 8 or 3 where each has a panel, for the others as many as there is
        time for.
    group
        For `"..._grouped"`: a variable of the model, or an array with a value a row; the only grouping factor where
        None.
    x
        What rows stand along, for intervals, ribbons and "error_scatter_avg_vs_x": a variable of the model or a number
        a row; their order where None.
    stat
        "mean", "sd", "median", "mad", "min", "max", "prop_zero", or a function of a vector; a pair for "stat_2d".
    style
        Of a rootogram: "standing", "hanging" (bars hang from what is expected) or "suspended" (what they miss).
    prior
        Replicates from the prior of the model, which is sampled first: do they look like data that could be? All of its
        priors must be proper. Of a fit with `prior_only=True`, brms's `sample_prior="only"`, they are that anyway.
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
    PriorError
        For replicates from a prior that is flat.

    Examples
    --------
    >>> from stanmlm import lm, pp_check, simulate_exams
    >>> fit = lm("score ~ hours", simulate_exams(seed=1), seed=1)
    >>> pp_check(fit, "stat", stat="sd").data.columns.tolist()
    ['value', 'observed']
    """
    check_arguments(pp_check, locals())
    if type is not None and type not in FRAMES:
        close = did_you_mean(type, FRAMES)
        raise OptionError(f"there is no check `{type}`{close}; checks are {', '.join(FRAMES)}")
    check_order(fit, type)
    fit = prior_of(fit, prior_seed(fit, seed)) if prior else fit
    if fit.model.prior_only and (type or "").startswith("loo"):
        raise OptionError(f'"{type}" leaves rows out of a posterior, and these replicates are from the prior')
    type = usual_check(fit) if type is None else type
    if stat != "mean" and not type.startswith("stat"):
        statistic_of(stat)  # what is none is told, where it is not used too
    options = CheckOptions(Request(draws=draws, max_bytes=max_bytes), group, stat, x, style, seed)
    subject = replace(subject_of(fit), along="row" if x is None else x if isinstance(x, str) else "x")
    if type == "stat_2d":
        (first, _), (second, _) = pair_of(stat)
        subject = replace(subject, stats=(first, second))
    elif type.startswith("stat"):
        subject = replace(subject, stat=statistic_of(stat)[0])
    return FIGURES[type](FRAMES[type](fit, options), subject)


def subject_of(fit: Fit) -> Subject:
    """What the words of a check speak of."""
    categories = fit.model.family.categories
    return Subject(shown_text(fit), outcome(fit), expected_text(fit), "mean", categories)
