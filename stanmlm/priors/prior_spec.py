"""Priors as users write them: rstanarm's constructors and brms's `set_prior`."""

import math
from dataclasses import replace

from stanmlm.base.arguments import check_arguments
from stanmlm.base.errors import PriorError
from stanmlm.priors.prior_records import CovariancePrior, Numbers, Prior, SetPrior, prior_of
from stanmlm.priors.prior_text import parse_prior


def normal(location: Numbers = 0, scale: Numbers | None = None, autoscale: bool = False) -> Prior:
    """A normal prior, of coefficients, an intercept, or an auxiliary parameter, which is then cut at zero.

    Parameters
    ----------
    location
        Its mean: a number, or one a coefficient.
    scale
        Its standard deviation: a number, or one a coefficient. By default 2.5 (times 1.6 under a probit link), and 1
        for an auxiliary parameter.
    autoscale
        Whether the scale is multiplied by sd(y) in gaussian models, and for a coefficient divided by sd(x).

    Returns
    -------
    Prior
        For `prior=`, `prior_intercept=` and `prior_aux=` of the verbs, and for `set_prior`.

    Raises
    ------
    PriorError
        For numbers that are not finite, and for a scale that is not positive.

    References
    ----------
    rstanarm, `help("priors")`.

    Examples
    --------
    >>> from stanmlm import normal
    >>> normal(0, [2.5, 10]).arguments
    ((0.0,), (2.5, 10.0))
    """
    check_arguments(normal, locals())
    return prior_of("normal", (location, scale), autoscale)


def student_t(df: Numbers = 1, location: Numbers = 0, scale: Numbers | None = None, autoscale: bool = False) -> Prior:
    """A Student t prior, whose tails are heavier than those of `normal`.

    Parameters
    ----------
    df
        Degrees of freedom; 1 is the Cauchy distribution.
    location
        Its centre: a number, or one a coefficient.
    scale
        As the standard deviation of `normal`, with the same defaults: 2.5 for coefficients and intercepts, else 1.
    autoscale
        Whether the scale is multiplied by sd(y) in gaussian models, and for a coefficient divided by sd(x).

    Returns
    -------
    Prior
        For `prior=`, `prior_intercept=` and `prior_aux=` of the verbs, and for `set_prior`.

    Raises
    ------
    PriorError
        For numbers that are not finite, and for a scale or degrees of freedom that are not positive.

    Examples
    --------
    >>> from stanmlm import student_t
    >>> student_t(4, 0, 2.5).distribution
    'student_t'
    """
    check_arguments(student_t, locals())
    return prior_of("student_t", (df, location, scale), autoscale)


def cauchy(location: Numbers = 0, scale: Numbers | None = None, autoscale: bool = False) -> Prior:
    """A Cauchy prior: Student's t with one degree of freedom, which has no mean.

    Parameters
    ----------
    location
        Its median: a number, or one a coefficient.
    scale
        Half of its interquartile range. By default as that of `normal`: 2.5 for coefficients and intercepts, else 1.
    autoscale
        Whether the scale is multiplied by sd(y) in gaussian models, and for a coefficient divided by sd(x).

    Returns
    -------
    Prior
        For `prior=`, `prior_intercept=` and `prior_aux=` of the verbs, and for `set_prior`.

    Raises
    ------
    PriorError
        For numbers that are not finite, and for a scale that is not positive.

    Examples
    --------
    >>> from stanmlm import cauchy
    >>> cauchy(0, 5).arguments
    ((0.0,), (5.0,))
    """
    check_arguments(cauchy, locals())
    return prior_of("cauchy", (location, scale), autoscale)


def exponential(rate: Numbers = 1, autoscale: bool = False) -> Prior:
    """An exponential prior on a positive parameter, such as sigma or a group's standard deviation.

    Parameters
    ----------
    rate
        One over its mean, in one over the units of the parameter.
    autoscale
        Whether the rate is divided by sd(y) in gaussian models.

    Returns
    -------
    Prior
        For `prior_aux=` of the verbs, and for `set_prior`.

    Raises
    ------
    PriorError
        For a rate that is not positive and finite.

    Examples
    --------
    >>> from stanmlm import exponential
    >>> exponential(0.5).arguments
    ((0.5,),)
    """
    check_arguments(exponential, locals())
    return prior_of("exponential", (rate,), autoscale)


def gamma(shape: Numbers, rate: Numbers) -> Prior:
    """A gamma prior on a positive parameter, with mean shape / rate and variance shape / rate^2.

    Parameters
    ----------
    shape
        Its shape; under 1 the density is greatest at zero.
    rate
        Its rate, one over the scale.

    Returns
    -------
    Prior
        For `prior_aux=` of the verbs, and for `set_prior`.

    Raises
    ------
    PriorError
        For numbers that are not positive and finite.

    Examples
    --------
    >>> from stanmlm import gamma
    >>> gamma(2, 0.1).arguments
    ((2.0,), (0.1,))
    """
    check_arguments(gamma, locals())
    return prior_of("gamma", (shape, rate), False)


def logistic(location: Numbers = 0, scale: Numbers | None = None, autoscale: bool = False) -> Prior:
    """A logistic prior: logistic(0, 1) of a logit is uniform on the share.

    Parameters
    ----------
    location
        Its mean: a number, or one a coefficient.
    scale
        Its scale, of which its standard deviation is pi / sqrt(3) times. By default as that of `normal`: 2.5 for
        coefficients and intercepts, else 1.
    autoscale
        Whether the scale is multiplied by sd(y) in gaussian models, and for a coefficient divided by sd(x).

    Returns
    -------
    Prior
        For `prior=`, `prior_intercept=` and `prior_aux=` of the verbs, and for `set_prior`.

    Raises
    ------
    PriorError
        For numbers that are not finite, and for a scale that is not positive.

    Examples
    --------
    >>> from stanmlm import logistic
    >>> logistic(0, 1).arguments
    ((0.0,), (1.0,))
    """
    check_arguments(logistic, locals())
    return prior_of("logistic", (location, scale), autoscale)


def uniform(lower: Numbers, upper: Numbers) -> Prior:
    """A uniform prior between two numbers, beyond which the parameter cannot be.

    Parameters
    ----------
    lower
        Its lower end.
    upper
        Its upper end.

    Returns
    -------
    Prior
        For `set_prior` and the arguments `prior...=` of the verbs.

    Raises
    ------
    PriorError
        For ends that are not finite or not in order.

    Examples
    --------
    >>> from stanmlm import uniform
    >>> uniform(-1, 1).arguments
    ((-1.0,), (1.0,))
    """
    check_arguments(uniform, locals())
    return prior_of("uniform", (lower, upper), False)


def beta(alpha: Numbers, beta: Numbers) -> Prior:
    """A beta prior on a share, with mean alpha / (alpha + beta).

    Parameters
    ----------
    alpha
        How much speaks for 1: as many successes in earlier trials, plus 1.
    beta
        How much speaks for 0.

    Returns
    -------
    Prior
        For `set_prior`, of a parameter between 0 and 1 such as `zi`.

    Raises
    ------
    PriorError
        For numbers that are not positive and finite.

    Notes
    -----
    The family of shares is `family="beta"` of the verbs.

    Examples
    --------
    >>> from stanmlm import beta
    >>> beta(1, 4).arguments
    ((1.0,), (4.0,))
    """
    check_arguments(globals()["beta"], locals())  # an argument has the name of the function
    return prior_of("beta", (alpha, beta), False)


def inv_gamma(shape: Numbers, scale: Numbers) -> Prior:
    """An inverse gamma prior on a positive parameter, with mean scale / (shape - 1).

    Parameters
    ----------
    shape
        Its shape; the mean exists above 1.
    scale
        Its scale, in units of the parameter.

    Returns
    -------
    Prior
        For `prior_aux=` of the verbs, and for `set_prior`.

    Raises
    ------
    PriorError
        For numbers that are not positive and finite.

    Examples
    --------
    >>> from stanmlm import inv_gamma
    >>> inv_gamma(3, 2).arguments
    ((3.0,), (2.0,))
    """
    check_arguments(inv_gamma, locals())
    return prior_of("inv_gamma", (shape, scale), False)


def flat() -> Prior:
    """The improper uniform prior, which `None` means as well.

    Returns
    -------
    Prior
        For `prior=` and its kin; no draws can be made from it alone.

    Examples
    --------
    >>> from stanmlm import flat
    >>> flat().arguments
    ()
    """
    return prior_of("flat", (), False)


def set_prior(
    prior: str | Prior,
    class_: str = "b",
    group: str = "",
    coef: str = "",
    dpar: str = "",
    lb: float | None = None,
    ub: float | None = None,
) -> SetPrior:
    """A prior with its address, as brms has it; later rows win over earlier ones, and narrower rows over wider ones.

    Parameters
    ----------
    prior
        A distribution as Stan writes it, `"student_t(3, 0, 2.5)"`, or made by `student_t` and the like; `""` is flat.
    class_
        `"Intercept"` (at centred predictors), `"b"`, `"sd"`, `"cor"`, or an auxiliary such as `"sigma"`. A prior of
        class `"sd"` is on the standard deviation itself, never on its ratio to sigma. Or a whole parameter as any
        package spells it: `"sd_Subject__Days"`, `"sd_Days|Subject"`, `"b_Days"`.
    group
        The label of a group term, `"Subject"`; every group where empty.
    coef
        A coefficient, `"Days"`; every one where empty.
    dpar
        The distributional parameter with a formula of its own that the prior is for, `"sigma"`, on the scale of its
        link; the location where empty.
    lb, ub
        Bounds of a coefficient, an intercept (at centred predictors) or a parameter of the family, within which the
        prior is cut; None where there is none. As in brms; unlike there one coefficient may have them by itself.

    Returns
    -------
    SetPrior
        For `priors=` of the verbs, alone, in a list, or after a preset: `["brms", set_prior(...)]`.

    Raises
    ------
    PriorError
        If the text is no distribution that is known here, or its numbers are impossible.

    Examples
    --------
    >>> from stanmlm import set_prior
    >>> set_prior("exponential(0.02)", class_="sd", group="Subject", coef="Days").prior.arguments
    ((0.02,),)
    """
    if isinstance(prior, CovariancePrior):
        raise PriorError("decov() and lkj() are priors on a whole term: pass them as prior_covariance=")
    check_arguments(set_prior, locals())
    own = parse_prior(prior) if isinstance(prior, str) else prior
    ends = -math.inf if lb is None else float(lb), math.inf if ub is None else float(ub)
    if not ends[0] < ends[1] or math.nan in ends:
        raise PriorError(f"set_prior(lb={lb!r}, ub={ub!r}): lb must be below ub")
    return SetPrior(replace(own, bounds=ends), class_, group, coef, dpar)
