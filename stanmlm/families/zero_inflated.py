"""Counts with more zeros than their family has."""

from stanmlm.families.altered import with_links
from stanmlm.families.beta_binomial import BETA_BINOMIAL
from stanmlm.families.binomial import BINOMIAL
from stanmlm.families.family import Family
from stanmlm.families.mixtures import called, inflated
from stanmlm.families.negbinomial import NEGBINOMIAL
from stanmlm.families.poisson import POISSON
from stanmlm.families.responses import read_counts, read_successes


def zero_inflated_poisson(link: str = "log", link_zi: str = "logit") -> Family:
    """Counts that with chance zi are 0 whatever they would be, and poisson else; the mean is mu (1 - zi).

    `bf("y ~ x", "zi ~ x")` gives zi a predictor on the logit scale. Priors are brms's: beta(1, 1) for the one number,
    logistic(0, 1) for an intercept.

    Parameters
    ----------
    link : str
        "log", "identity", "sqrt", "softplus" or "squareplus".
    link_zi : str
        For a formula of zi: "logit" or "identity".

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
    >>> from stanmlm import zero_inflated_poisson
    >>> {name: link.name for name, link in zero_inflated_poisson().links.items()}
    {'mu': 'log', 'zi': 'logit'}
    """
    return with_links(ZERO_INFLATED_POISSON, [link, link_zi])


def zero_inflated_negbinomial(link: str = "log", link_shape: str = "log", link_zi: str = "logit") -> Family:
    """Counts that with chance zi are 0 whatever they would be, and negative binomial else; the mean is mu (1 - zi).

    Parameters
    ----------
    link : str
        "log", "identity", "sqrt", "softplus" or "squareplus".
    link_shape : str
        For a formula of shape: "log", "identity", "softplus" or "squareplus".
    link_zi : str
        For a formula of zi: "logit" or "identity".

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
    >>> from stanmlm import zero_inflated_negbinomial
    >>> {name: link.name for name, link in zero_inflated_negbinomial().links.items()}
    {'mu': 'log', 'shape': 'log', 'zi': 'logit'}
    """
    return with_links(ZERO_INFLATED_NEGBINOMIAL, [link, link_shape, link_zi])


def zero_inflated_binomial(link: str = "logit", link_zi: str = "logit") -> Family:
    """Successes in trials that with chance zi are none; binomial else.

    Parameters
    ----------
    link : str
        "logit", "probit", "probit_approx", "cloglog", "loglog", "cauchit", "softit", "identity" or "log".
    link_zi : str
        For a formula of zi: "logit" or "identity".

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
    >>> from stanmlm import zero_inflated_binomial
    >>> {name: link.name for name, link in zero_inflated_binomial().links.items()}
    {'mu': 'logit', 'zi': 'logit'}
    """
    return with_links(ZERO_INFLATED_BINOMIAL, [link, link_zi])


def zero_inflated_beta_binomial(link: str = "logit", link_phi: str = "log", link_zi: str = "logit") -> Family:
    """Successes in trials that with chance zi are none; beta-binomial else.

    Parameters
    ----------
    link : str
        "logit", "probit", "probit_approx", "cloglog", "loglog", "cauchit", "softit", "identity" or "log".
    link_phi : str
        For a formula of phi: "log", "identity", "softplus" or "squareplus".
    link_zi : str
        For a formula of zi: "logit" or "identity".

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
    >>> from stanmlm import zero_inflated_beta_binomial
    >>> {name: link.name for name, link in zero_inflated_beta_binomial().links.items()}
    {'mu': 'logit', 'phi': 'log', 'zi': 'logit'}
    """
    return with_links(ZERO_INFLATED_BETA_BINOMIAL, [link, link_phi, link_zi])


ZERO_INFLATED_POISSON = inflated(
    called("zero_inflated_poisson", ("zip", "zipoisson", "ZIP", "ziP"), read_counts), POISSON
)
ZERO_INFLATED_NEGBINOMIAL = inflated(called("zero_inflated_negbinomial", ("zinb", "ZINB"), read_counts), NEGBINOMIAL)
ZERO_INFLATED_BINOMIAL = inflated(called("zero_inflated_binomial", ("zib", "ZIB"), read_successes), BINOMIAL)
ZERO_INFLATED_BETA_BINOMIAL = inflated(called("zero_inflated_beta_binomial", ("zibb",), read_successes), BETA_BINOMIAL)
