"""The design: fixed columns X with R's names, group terms in lme4's order."""

from dataclasses import dataclass

from stanmlm.arrays import Floats, Ints


@dataclass(frozen=True)
class GroupTerm:
    """One random term: J levels, K coefficients, correlated whenever K > 1 (`||` has split it otherwise)."""

    group: str  # lme4's label: "state", "cask:batch"
    coefs: tuple[str, ...]  # K names as R has them: "(Intercept)", "income"
    levels: tuple[str, ...]  # J labels in R's order
    index: Ints  # (N,) level of each row from 0; -1 in new data where the level is new
    Z: Floats  # (N, K)
    labels: tuple[str, ...] = ()  # in new data: the labels that `index` counts from J on, the new levels


@dataclass(frozen=True)
class Design:
    """What the formula makes of the rows."""

    X: Floats  # (N, F) with the intercept first where there is one; rank-deficient columns are gone
    names: tuple[str, ...]  # F
    assign: tuple[int, ...]  # F, the term of each column, 0 the intercept
    intercept: bool
    dropped: tuple[str, ...]  # aliased columns in R's order
    terms: tuple[GroupTerm, ...]  # most levels first
    offset: Floats  # (N,)
