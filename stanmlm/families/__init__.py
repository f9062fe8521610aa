"""What a response may be: how it is read, its parameters with their links, its density; a module a family."""

from stanmlm.families.binomial import binomial
from stanmlm.families.family import Family, FamilyLike
from stanmlm.families.gaussian import gaussian
from stanmlm.families.negbinomial import negbinomial
from stanmlm.families.poisson import poisson
from stanmlm.families.registry import FAMILIES, as_family
from stanmlm.families.student import student

__all__ = ["FAMILIES", "Family", "FamilyLike", "as_family", "binomial", "gaussian", "negbinomial", "poisson", "student"]
