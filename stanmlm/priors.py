"""Priors as one table: a row a parameter, scaled, with its source."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PriorRow:
    """One prior as the program will see it."""

    class_: str  # "Intercept", "b", "sd", "cor", or an auxiliary such as "sigma"
    coef: str  # "income"; "" where the class has none or the row covers a term
    group: str  # the label of the group term, "" elsewhere
    term: int  # position of the group term in design.terms, -1 elsewhere
    position: int  # b: column among the non-intercept columns; sd: place in the concatenation of all terms' sds
    distribution: str  # "normal", "student_t", "cauchy", "exponential", "gamma", "lkj", "decov", "flat"
    arguments: tuple[float, ...]  # after scaling, in the order of the distribution's own names
    specified: tuple[float, ...]  # before scaling
    ratio: bool  # sd: the prior is on sd / auxiliary
    source: str  # "default", "prior=", "set_prior", or the preset's name


@dataclass(frozen=True)
class Priors:
    """All priors of a model; a `decov` row stands at the first sd of its term and covers them all."""

    rows: tuple[PriorRow, ...]
    preset: str
