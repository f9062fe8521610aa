"""The Stan program of a model: text that depends on structure only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Structure:
    """All that the text depends on; two models that share it share the program."""

    family: str
    link: str
    intercept: bool
    offset: bool  # an offset in the linear predictor
    several: tuple[bool, ...]  # a group term each: more than one coefficient
    priors: tuple[tuple[str, str], ...]  # (class, distribution) pairs in use, sorted
    likelihood: bool  # False under prior_only


@dataclass(frozen=True)
class Program:
    """Stan text and its key."""

    text: str
    sha256: str
    structure: Structure
