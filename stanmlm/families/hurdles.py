"""Responses that are zero by a decision of their own, and above zero otherwise."""

from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.families.altered import with_links
from stanmlm.families.family import Family
from stanmlm.families.gamma import GAMMA
from stanmlm.families.lognormal import LOGNORMAL
from stanmlm.families.mixtures import called, hurdle
from stanmlm.families.negbinomial import NEGBINOMIAL
from stanmlm.families.poisson import POISSON
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import read_counts, read_from_zero
from stanmlm.families.theta import Theta


def hurdle_poisson(link: str = "log", link_hu: str = "logit") -> Family:
    """Counts that are 0 with chance hu, and else poisson above 0; the mean is mu (1 - hu) / (1 - exp(-mu)).

    `bf("y ~ x", "hu ~ x")` gives hu a predictor on the logit scale. Priors are brms's: beta(1, 1) for the one number,
    logistic(0, 1) for an intercept. In pscl's `hurdle` the zero part is of counts above 0: the opposite sign.

    Parameters
    ----------
    link : str
        "log", "identity", "sqrt", "softplus" or "squareplus".
    link_hu : str
        For a formula of hu: "logit" or "identity".

    Returns
    -------
    Family
        For `family=` of the verbs.

    Raises
    ------
    OptionError
        For a link that the parameter does not have.

    Examples
    --------
    >>> from stanmlm import hurdle_poisson
    >>> {name: link.name for name, link in hurdle_poisson().links.items()}
    {'mu': 'log', 'hu': 'logit'}
    """
    return with_links(HURDLE_POISSON, [link, link_hu])


def hurdle_negbinomial(link: str = "log", link_shape: str = "log", link_hu: str = "logit") -> Family:
    """Counts that are 0 with chance hu, and else negative binomial above 0; mu is the mean before zeros are cut off.

    Parameters
    ----------
    link : str
        "log", "identity", "sqrt", "softplus" or "squareplus".
    link_shape : str
        For a formula of shape: "log", "identity", "softplus" or "squareplus".
    link_hu : str
        For a formula of hu: "logit" or "identity".

    Returns
    -------
    Family
        For `family=` of the verbs.

    Raises
    ------
    OptionError
        For a link that the parameter does not have.

    Examples
    --------
    >>> from stanmlm import hurdle_negbinomial
    >>> {name: link.name for name, link in hurdle_negbinomial().links.items()}
    {'mu': 'log', 'shape': 'log', 'hu': 'logit'}
    """
    return with_links(HURDLE_NEGBINOMIAL, [link, link_shape, link_hu])


def hurdle_gamma(link: str = "log", link_shape: str = "log", link_hu: str = "logit") -> Family:
    """Responses that are 0 with chance hu, and else Gamma; the mean is mu (1 - hu). glmmTMB's `ziGamma`.

    Parameters
    ----------
    link : str
        "log", "identity", "inverse", "softplus" or "squareplus".
    link_shape : str
        For a formula of shape: "log", "identity", "softplus" or "squareplus".
    link_hu : str
        For a formula of hu: "logit" or "identity".

    Returns
    -------
    Family
        For `family=` of the verbs.

    Raises
    ------
    OptionError
        For a link that the parameter does not have.

    Examples
    --------
    >>> from stanmlm import hurdle_gamma
    >>> {name: link.name for name, link in hurdle_gamma().links.items()}
    {'mu': 'log', 'shape': 'log', 'hu': 'logit'}
    """
    return with_links(HURDLE_GAMMA, [link, link_shape, link_hu])


def hurdle_lognormal(link: str = "identity", link_sigma: str = "log", link_hu: str = "logit") -> Family:
    """Responses that are 0 with chance hu, and else lognormal; mu and sigma are those of logarithms above zero.

    Parameters
    ----------
    link : str
        "identity" or "inverse".
    link_sigma : str
        For a formula of sigma: "log", "identity", "softplus" or "squareplus".
    link_hu : str
        For a formula of hu: "logit" or "identity".

    Returns
    -------
    Family
        For `family=` of the verbs.

    Raises
    ------
    OptionError
        For a link that the parameter does not have.

    Examples
    --------
    >>> from stanmlm import hurdle_lognormal
    >>> {name: link.name for name, link in hurdle_lognormal().links.items()}
    {'mu': 'identity', 'sigma': 'log', 'hu': 'logit'}
    """
    return with_links(HURDLE_LOGNORMAL, [link, link_sigma, link_hu])


def poisson_above(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    """Poisson counts above 0: the first event of a unit of time, given that there is one, and those of what is left."""
    mu = theta["mu"]
    first = first_event(rng, mu)
    return 1 + rng.poisson(np.maximum(mu - first, 0.0)).astype(float)


def negbinomial_above(rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    """Negative binomial counts above 0, as sums of logarithmic clusters that come as events of a poisson do.

    Clusters are as many as events in time `shape`, at the rate log(1 + mu / shape) (Quenouille 1949): the first one,
    given that there is one, and a negative binomial of the time that is left.
    """
    mu = theta["mu"]
    shape = np.broadcast_to(theta["shape"], mu.shape)
    rate = np.log1p(mu / shape)
    left = np.maximum(shape - first_event(rng, shape * rate) / np.maximum(rate, np.finfo(float).tiny), 0.0)
    more = rng.poisson(rng.standard_gamma(left) * (mu / shape))
    return rng.logseries(mu / (mu + shape)).astype(float) + more


def first_event(rng: np.random.Generator, length: Floats) -> Floats:
    """When the first of events of rate one is, given that it is within a length."""
    return np.asarray(-np.log1p(rng.random(length.shape) * np.expm1(-length)))


def _log(y: Floats) -> Floats:
    """Zeros are minus infinity."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(y))


HURDLE_POISSON = hurdle(called("hurdle_poisson", (), read_counts), POISSON, poisson_above)
HURDLE_NEGBINOMIAL = hurdle(called("hurdle_negbinomial", (), read_counts), NEGBINOMIAL, negbinomial_above)
HURDLE_GAMMA = hurdle(called("hurdle_gamma", ("ziGamma", "zigamma"), read_from_zero), GAMMA)
# Cells by squares of their own: no rotation of all rows serves two predictors.
HURDLE_LOGNORMAL = replace(
    hurdle(called("hurdle_lognormal", (), read_from_zero), replace(LOGNORMAL, reductions=LOGNORMAL.reductions[1:])),
    located=_log,
)
