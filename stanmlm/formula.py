"""The formula as R reads it: response, fixed terms, bars and offsets, each with its place in the text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Expression:
    """One variable of a formula, R's `attr(terms, "variables")`: a name or a call."""

    label: str  # as R deparses it: `log(avg.income)`, `I(x^2)`
    start: int  # place in the text
    stop: int


@dataclass(frozen=True)
class Terms:
    """One side of `~`, or the left of a bar, expanded by R's algebra and in R's order."""

    intercept: bool
    terms: tuple[tuple[Expression, ...], ...]  # each an interaction of variables


@dataclass(frozen=True)
class Bar:
    """One random term after expansion: `(x | g/h)` is two, `(x || g)` is one a coefficient block."""

    left: Terms
    group: tuple[Expression, ...]  # factors whose interaction groups the rows
    start: int
    stop: int


@dataclass(frozen=True)
class Formula:
    """A parsed formula."""

    text: str
    response: Expression | None
    fixed: Terms
    bars: tuple[Bar, ...]
    offsets: tuple[Expression, ...]
