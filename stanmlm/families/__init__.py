"""What a response may be: how it is read, its parameters with their links, its density; a module a family."""

from stanmlm.families.asym_laplace import asym_laplace
from stanmlm.families.beta import beta
from stanmlm.families.beta_binomial import beta_binomial
from stanmlm.families.binomial import binomial
from stanmlm.families.categorical import categorical
from stanmlm.families.cumulative import cumulative
from stanmlm.families.custom import custom_family
from stanmlm.families.dirichlet import dirichlet
from stanmlm.families.exgaussian import exgaussian
from stanmlm.families.exponential import exponential
from stanmlm.families.family import Family, FamilyLike
from stanmlm.families.gamma import Gamma
from stanmlm.families.gaussian import gaussian
from stanmlm.families.geometric import geometric
from stanmlm.families.hurdles import hurdle_gamma, hurdle_lognormal, hurdle_negbinomial, hurdle_poisson
from stanmlm.families.inflated_beta import zero_inflated_beta, zero_one_inflated_beta
from stanmlm.families.inverse_gaussian import inverse_gaussian
from stanmlm.families.lognormal import lognormal
from stanmlm.families.multinomial import multinomial
from stanmlm.families.nbinom1 import nbinom1
from stanmlm.families.negbinomial import negbinomial
from stanmlm.families.ordbeta import ordbeta
from stanmlm.families.poisson import poisson
from stanmlm.families.registry import FAMILIES, as_family
from stanmlm.families.sequential import acat, cratio, sratio
from stanmlm.families.shifted_lognormal import shifted_lognormal
from stanmlm.families.skew_normal import skew_normal
from stanmlm.families.student import student
from stanmlm.families.von_mises import von_mises
from stanmlm.families.weibull import weibull
from stanmlm.families.zero_inflated import (
    zero_inflated_beta_binomial,
    zero_inflated_binomial,
    zero_inflated_negbinomial,
    zero_inflated_poisson,
)

__all__ = [
    "FAMILIES",
    "Family",
    "FamilyLike",
    "Gamma",
    "acat",
    "as_family",
    "asym_laplace",
    "beta",
    "beta_binomial",
    "binomial",
    "categorical",
    "cratio",
    "cumulative",
    "custom_family",
    "dirichlet",
    "exgaussian",
    "exponential",
    "gaussian",
    "geometric",
    "hurdle_gamma",
    "hurdle_lognormal",
    "hurdle_negbinomial",
    "hurdle_poisson",
    "inverse_gaussian",
    "lognormal",
    "multinomial",
    "nbinom1",
    "negbinomial",
    "ordbeta",
    "poisson",
    "shifted_lognormal",
    "skew_normal",
    "sratio",
    "student",
    "von_mises",
    "weibull",
    "zero_inflated_beta",
    "zero_inflated_beta_binomial",
    "zero_inflated_binomial",
    "zero_inflated_negbinomial",
    "zero_inflated_poisson",
    "zero_one_inflated_beta",
]
