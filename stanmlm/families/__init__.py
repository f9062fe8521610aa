"""What a response may be: how it is read, its parameters with their links, its density; a module a family."""

from stanmlm.families.asym_laplace import asym_laplace
from stanmlm.families.beta import beta
from stanmlm.families.binomial import binomial
from stanmlm.families.exgaussian import exgaussian
from stanmlm.families.exponential import exponential
from stanmlm.families.family import Family, FamilyLike
from stanmlm.families.gamma import Gamma
from stanmlm.families.gaussian import gaussian
from stanmlm.families.inverse_gaussian import inverse_gaussian
from stanmlm.families.lognormal import lognormal
from stanmlm.families.negbinomial import negbinomial
from stanmlm.families.poisson import poisson
from stanmlm.families.registry import FAMILIES, as_family
from stanmlm.families.shifted_lognormal import shifted_lognormal
from stanmlm.families.skew_normal import skew_normal
from stanmlm.families.student import student
from stanmlm.families.von_mises import von_mises
from stanmlm.families.weibull import weibull

__all__ = [
    "FAMILIES",
    "Family",
    "FamilyLike",
    "Gamma",
    "as_family",
    "asym_laplace",
    "beta",
    "binomial",
    "exgaussian",
    "exponential",
    "gaussian",
    "inverse_gaussian",
    "lognormal",
    "negbinomial",
    "poisson",
    "shifted_lognormal",
    "skew_normal",
    "student",
    "von_mises",
    "weibull",
]
