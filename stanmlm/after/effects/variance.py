"""Where the variance lies: by grouping factor and residual, as shares of variance and as ratios of sds, with draws."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stanmlm.after.effects.nakagawa import fixed_variance, random_variance, shares
from stanmlm.after.effects.residual_variance import COUNTS, bars_of_location, residual_of, typical_of, varying
from stanmlm.after.predict.estimates import Estimates, columns_beside, estimates
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.data.whole_rows import counts
from stanmlm.fit.draws import covariances_of
from stanmlm.fit.fit import Fit, draws_of, n_draws
from stanmlm.priors.parameters import groupings

RESIDUAL = "Residual"


# Where a log link has its residual variance evaluated.
MEANS = ("typical", "marginal")
ADJUSTED = ("adjusted", "unadjusted")


@dataclass(frozen=True)
class Parts:
    """Draws of the parts of the variance, (draws,) each."""

    fixed: Floats
    groups: Mapping[str, Floats]  # by grouping factor, all of them
    random: Floats  # of groups, but for those with a level a row
    residual: Floats  # what responses vary around their means, and those


def icc(
    fit: Fit,
    group: str | None = None,
    *,
    by_group: bool | None = None,
    mean: str = "typical",
    level: float = 0.95,
) -> Estimates:
    """The intraclass correlation: the share of variance that lies between groups, fixed effects held.

    Parameters
    ----------
    fit
        A fit with group terms.
    group
        One grouping factor; where None a row a factor, and their total where there are several.
    by_group
        True gives the rows of the factors alone; False performance's two numbers for all of them together, "adjusted",
        fixed effects held, and "unadjusted", with their variance among the total.
    mean
        Of a log link, where residual variance is evaluated: "typical", exp of the mean linear predictor, which is near
        the intercept-only model that performance 0.10 fits; "marginal", the expected response, groups integrated out,
        as Nakagawa, Johnson and Schielzeth (2017) recommend.
    level
        Posterior probability of the intervals.

    Returns
    -------
    Estimates
        `.frame` has `group` (with `by_group=False` `icc`), `estimate`, `conf.low`, `conf.high`.

    Raises
    ------
    DataError
        Without group terms, for an unknown group, and for families without a residual variance.

    Notes
    -----
    See `variance_decomposition` for what counts as the variance of a factor with slopes, and as residual variance. A
    factor with a level for each row is overdispersion outside gaussian models: residual in the total and with
    `by_group=False`.

    Examples
    --------
    >>> from stanmlm import icc, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> bool(0.85 < icc(fit).frame["estimate"][0] < 0.97)
    True
    """
    check_arguments(icc, locals())
    of = parts(fit, mean)
    if group is not None and group not in of.groups:
        raise DataError(f"`{group}` is not a grouping factor; there is {', '.join(map(repr, of.groups))}")
    if group is not None and by_group is False:
        raise OptionError("by_group=False is of all groups together, and group= names one")
    if by_group is False:
        found = shares(of.fixed, of.random, of.residual)
        labels, rows = pd.DataFrame({"icc": ADJUSTED}), [found.adjusted, found.unadjusted]
    else:
        total = of.random + of.residual
        named = {name: variance / total for name, variance in of.groups.items() if group in (None, name)}
        if group is None and by_group is None and len(of.groups) > 1:
            named |= {"(all groups)": of.random / total}
        labels, rows = pd.DataFrame({"group": list(named)}), list(named.values())
    return estimates(labels, np.stack(rows, axis=1), "Intraclass correlation", level, _note(fit))


def variance_decomposition(fit: Fit, *, mean: str = "typical", level: float = 0.95) -> Estimates:
    """Variances by level of the model, their shares of the total, and ratios of sds to the residual sd.

    Parameters
    ----------
    fit
        A fit with group terms.
    mean
        Of a log link, where residual variance is evaluated: "typical", exp of the mean linear predictor, which is near
        the intercept-only model that performance 0.10 fits; "marginal", the expected response, groups integrated out,
        as Nakagawa, Johnson and Schielzeth (2017) recommend.
    level
        Posterior probability of the intervals.

    Returns
    -------
    Estimates
        `.frame` has `group`, `quantity` ("variance", "variance share", "sd ratio" to the residual sd), `estimate`,
        `conf.low`, `conf.high`.

    Raises
    ------
    DataError
        Without group terms, and for families without a residual variance.

    Notes
    -----
    With slopes the variance of a factor is the mean over rows of z' Sigma z (Johnson 2014, Methods in Ecology and
    Evolution 5:944). The residual variance is that of a response given its mean under an identity link, sigma^2 in
    gaussian models; on the latent scale pi^2/3 for logit, 1 for probit, pi^2/6 for cloglog; and log(1 + v/lambda^2)
    under a log link, the lognormal approximation of Nakagawa, Johnson and Schielzeth (2017, Journal of the Royal
    Society Interface 14:20170213), lambda being the mean that `mean` says, and v the variance of a response with that
    mean: lambda itself in poisson models. It is sigma^2 of the logarithms that `lognormal` and `shifted_lognormal` have
    their location for. Of other families, such as `beta`, none is known.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams, variance_decomposition
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> variance_decomposition(fit).frame["quantity"].unique().tolist()
    ['variance', 'variance share', 'sd ratio']
    """
    check_arguments(variance_decomposition, locals())
    of = parts(fit, mean)
    groups = of.groups
    residual = of.random + of.residual - np.sum([*groups.values()], axis=0)
    (own,) = columns_beside([RESIDUAL], groups).values()  # of a grouping factor that is called Residual
    variances = [*groups.items(), (own, residual)]
    total = np.sum([variance for _, variance in variances], axis=0)
    rows = [(name, "variance", variance) for name, variance in variances]
    rows += [(name, "variance share", variance / total) for name, variance in variances]
    rows += [(name, "sd ratio", np.sqrt(variance / residual)) for name, variance in groups.items()]
    labels = pd.DataFrame([row[:2] for row in rows], columns=["group", "quantity"])
    note = f"{_note(fit)}; sd ratio: sd over residual sd"
    return estimates(labels, np.stack([draws for *_, draws in rows], axis=1), "Variance decomposition", level, note)


def _note(fit: Fit) -> str:
    return f"residual variance: {residual_of(fit)[0]}"


def parts(fit: Fit, mean: str = "typical", null: Fit | None = None) -> Parts:
    """The parts of the variance of a fit; `null` is the model without fixed effects, whose intercept is a log's mean.

    Raises
    ------
    DataError
        Without group terms, and for families without a residual variance.
    OptionError
        For another `mean`.
    """
    if mean not in MEANS:
        raise OptionError(f"mean is `{mean}`" + did_you_mean(mean, MEANS))
    of_mean = bars_of_location(fit)
    if not of_mean:
        raise DataError("a variance decomposition needs group terms, such as (1 | group); this model has none")
    groups = {
        grouping.group: np.sum([_mean_variance(fit, bar) for bar in bars], axis=0)
        for grouping in groupings(fit.model.design)
        if (bars := [bar for bar in grouping.bars if bar in of_mean])
    }
    residual = residual_of(fit)[1](fit, typical_of(null) if null is not None else COUNTS[mean])
    rows = {name for name in groups if fit.model.family.name != "gaussian" and _is_a_row(fit, name)}
    random = np.sum([np.zeros(n_draws(fit)), *(draws for name, draws in groups.items() if name not in rows)], axis=0)
    scattered = residual + np.sum([np.zeros(n_draws(fit)), *(groups[name] for name in rows)], axis=0)
    return Parts(_fixed(fit), groups, random, scattered)


def _is_a_row(fit: Fit, group: str) -> bool:
    """Whether a grouping factor has a level for each row, which is overdispersion."""
    levels = next(len(one.levels) for one in groupings(fit.model.design) if one.group == group)
    return levels == len(fit.model.response.y)


def _fixed(fit: Fit) -> Floats:
    """Draws of the variance over rows of the fixed part of the linear predictor."""
    X, beta = fit.model.design.X, draws_of(fit, "b")
    return fixed_variance(X[:, X.shape[1] - beta.shape[1] :], beta, counts(fit.model.design))


def _mean_variance(fit: Fit, bar: int) -> Floats:
    """The mean over rows of z' Sigma z, which is the trace of Sigma times the mean of z z'."""
    return random_variance(varying(fit, bar), covariances_of(fit, bar), counts(fit.model.design))
