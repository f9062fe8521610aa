"""The formula as R reads it: response, fixed terms, bars and offsets, each with its place in the text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """R code as R holds it: names, constants, and calls (operators too: `a + b` is `+`(a, b), `x[i]` is `[`(x, i))."""

    kind: str  # "name", "number", "string", "constant" (TRUE FALSE NULL NA NaN Inf), "call", "empty" (as in x[, 1])
    text: str  # the name (back-ticks off), the literal as R deparses it, the function's or operator's name
    args: tuple[tuple[str, "Node"], ...] = ()  # of a call: (argument name or "", value)
    start: int = -1  # place in the formula's text
    stop: int = -1


@dataclass(frozen=True)
class Expression:
    """One variable of a formula, R's `attr(terms, "variables")`: a name or a call."""

    label: str  # as R deparses it: `log(avg.income)`, `I(x^2)`
    node: Node


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
    response: Expression | None  # for `y | trials(n)` the node is a call `trials` of (y, n)
    fixed: Terms
    bars: tuple[Bar, ...]
    offsets: tuple[Expression, ...]
