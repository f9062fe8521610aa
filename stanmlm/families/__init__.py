"""What a response may be: how it is read, its links and its densities."""

from stanmlm.families.families import Family, binomial, gaussian, poisson

__all__ = ["Family", "binomial", "gaussian", "poisson"]
