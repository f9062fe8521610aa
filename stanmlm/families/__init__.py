"""What a response may be: how it is read, its parameters with their links, its density; a module a family."""

from stanmlm.families.beta import beta
from stanmlm.families.binomial import binomial
from stanmlm.families.cumulative import cumulative
from stanmlm.families.exponential import exponential
from stanmlm.families.family import Family, FamilyLike
from stanmlm.families.gamma import Gamma
from stanmlm.families.gaussian import gaussian
from stanmlm.families.inverse_gaussian import inverse_gaussian
from stanmlm.families.lognormal import lognormal
from stanmlm.families.negbinomial import negbinomial
from stanmlm.families.poisson import poisson
from stanmlm.families.registry import FAMILIES, as_family
from stanmlm.families.sequential import acat, cratio, sratio
from stanmlm.families.student import student
from stanmlm.families.weibull import weibull

__all__ = [
    "FAMILIES",
    "Family",
    "FamilyLike",
    "Gamma",
    "acat",
    "as_family",
    "beta",
    "binomial",
    "cratio",
    "cumulative",
    "exponential",
    "gaussian",
    "inverse_gaussian",
    "lognormal",
    "negbinomial",
    "poisson",
    "sratio",
    "student",
    "weibull",
]
