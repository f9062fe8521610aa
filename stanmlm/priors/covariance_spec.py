"""rstanarm's priors of a whole group term: `decov` and `lkj`."""

from stanmlm.base.arguments import check_arguments
from stanmlm.priors.prior_records import CovariancePrior, Numbers, prior_of
from stanmlm.priors.prior_spec import student_t


def decov(
    regularization: Numbers = 1, concentration: Numbers = 1, shape: Numbers = 1, scale: Numbers = 1
) -> CovariancePrior:
    """rstanarm's prior on a covariance matrix: LKJ correlations, and a total variance cut by a Dirichlet simplex.

    The root mean square of a term's standard deviations is gamma(shape, 1 / scale); in gaussian models all of them are
    in units of sigma, as in rstanarm. Each argument is one number, or one a group term in the order of the design.

    Parameters
    ----------
    regularization
        Of the LKJ distribution of correlations: 1 is uniform over matrices, more draws them to zero.
    concentration
        Of the Dirichlet distribution of variances: 1 is uniform over their shares, more makes them alike.
    shape, scale
        Of the gamma distribution of the root mean square; 1 and 1 are the exponential distribution with mean 1.

    Returns
    -------
    CovariancePrior
        For `prior_covariance=` of the verbs.

    Raises
    ------
    PriorError
        For numbers that are not positive and finite.

    References
    ----------
    rstanarm, `help("priors")`, "Covariance matrices".

    Examples
    --------
    >>> from stanmlm import decov
    >>> decov(regularization=2).cor.arguments
    ((2.0,),)
    """
    check_arguments(decov, locals())
    sd = prior_of("decov", (regularization, concentration, shape, scale), False)
    return CovariancePrior(sd, prior_of("lkj", (regularization,), False))


def lkj(regularization: Numbers = 1, scale: Numbers = 10, df: Numbers = 1, autoscale: bool = True) -> CovariancePrior:
    """rstanarm's `lkj`: LKJ correlations, and a half Student t(df, 0, scale) on every standard deviation.

    Parameters
    ----------
    regularization
        Of the LKJ distribution of correlations: 1 is uniform over matrices, more draws them to zero.
    scale
        Of the standard deviations, in their units: a number, or one each.
    df
        Degrees of freedom: a number, or one a standard deviation; 1 is a half Cauchy distribution.
    autoscale
        Whether the scale is multiplied by sd(y) in gaussian models and divided by the spread of the column that varies
        by group: its sd, its range where it has two values, 1 where it is constant.

    Returns
    -------
    CovariancePrior
        For `prior_covariance=` of the verbs.

    Raises
    ------
    PriorError
        For numbers that are not positive and finite.

    References
    ----------
    Lewandowski, Kurowicka and Joe (2009), Journal of Multivariate Analysis 100:1989.

    Examples
    --------
    >>> from stanmlm import lkj
    >>> lkj(2).sd.distribution
    'student_t'
    """
    check_arguments(lkj, locals())
    return CovariancePrior(student_t(df, 0, scale, autoscale), prior_of("lkj", (regularization,), False))
