"""Posterior predictive checks with bayesplot's looks."""

from typing import TYPE_CHECKING

from stanmlm.after.criticism.ppcheck import FRAMES, check_order, statistic_of, usual_check
from stanmlm.after.criticism.replicates import CheckOptions, Statistic
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
    stat: str | Statistic = "mean",
    style: str = "standing",
    seed: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> "ggplot":
    """A posterior predictive check: responses that the model draws, beside the observed ones.

    Parameters
    ----------
    fit
        A fit.
    type
        "dens_overlay", "ecdf_overlay" and "hist" show distributions, "bars" those of counts, and "rootogram" square
        roots of these, in which rare counts and zeros are seen as well as others; "stat" and "stat_grouped" a
        statistic, and "bars_grouped" bars, for the rows of each group by themselves;
        "intervals" every row; "error" and "error_binned" what is left unexplained; "loo_pit" whether leave-one-out
        predictions are calibrated; "km_overlay" Kaplan and Meier's curve of a right-censored response. Where None,
        that for such a response, "bars" for zeros and ones and for small counts, whose densities say nothing, else
        "dens_overlay".
    draws
        Replicates; where None 50 for the overlays, 8 for "hist", for the others as many as there is time for.
    group
        For "stat_grouped" and "bars_grouped": a variable of the model, or an array with a value a row; the only
        grouping factor where None.
    stat
        "mean", "sd", "median", "mad", "min", "max", "prop_zero", or a function of a vector.
    style
        Of a rootogram: "standing", "hanging" (bars hang from what is expected) or "suspended" (what they miss).
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

    Examples
    --------
    >>> from stanmlm import lm, pp_check, simulate_exams
    >>> fit = lm("score ~ hours", simulate_exams(seed=1), seed=1)
    >>> pp_check(fit, "stat", stat="sd").data.columns.tolist()
    ['value', 'observed']
    """
    check_arguments(pp_check, locals())
    if type is not None and type not in FRAMES:
        raise OptionError(f"there is no check `{type}`{did_you_mean(type, FRAMES)}")
    check_order(fit, type)
    type = usual_check(fit) if type is None else type
    options = CheckOptions(Request(draws=draws, max_bytes=max_bytes), group, stat, style, seed)
    subject = Subject(
        shown_text(fit), outcome(fit), expected_text(fit), statistic_of(stat)[0], fit.model.family.categories
    )
    return FIGURES[type](FRAMES[type](fit, options), subject)
