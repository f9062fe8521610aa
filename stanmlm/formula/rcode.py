"""R code as data: the record, R's operators, a walk over it, and R's `deparse`."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Node:
    """R code as R holds it: names, constants, and calls (operators too: `a + b` is `+`(a, b), `x[i]` is `[`(x, i)).

    Two nodes are equal when the code is, wherever it stands.
    """

    kind: str  # "name", "number", "string", "constant" (TRUE FALSE NULL NA NaN Inf), "call", "empty" (as in x[, 1])
    text: str  # the name (back-ticks off), the literal as R deparses it, the function's or operator's name
    args: tuple[tuple[str, "Node"], ...] = ()  # of a call: (argument name or "", value)
    start: int = field(default=-1, compare=False)  # place in the formula's text
    stop: int = field(default=-1, compare=False)

    def __reduce__(self) -> tuple[object, ...]:
        return from_postfix, (postfix(self),)  # pickle and copy go no deeper than a list: nesting has no limit


@dataclass(frozen=True)
class Operator:
    """How an operator of R binds, and how R prints it."""

    symbol: str
    precedence: int
    associativity: str  # "left", "right", "none"
    spaced: bool = False  # blanks on both sides when R deparses it


# R's ?Syntax, loosest first. A sign binds as tightly as `^` and to the right, so that -a^b is -(a^b) and a^-b parses.
COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
_INFIX = (
    Operator("~", 10, "left", spaced=True),
    *(Operator(symbol, 20, "left", spaced=True) for symbol in ("|", "||")),
    *(Operator(symbol, 30, "left", spaced=True) for symbol in ("&", "&&")),
    *(Operator(symbol, 50, "none", spaced=True) for symbol in COMPARISONS),
    *(Operator(symbol, 60, "left", spaced=True) for symbol in ("+", "-")),
    *(Operator(symbol, 70, "left", spaced=symbol == "*") for symbol in ("*", "/")),
    *(Operator(symbol, 80, "left") for symbol in ("%%", "%/%")),
    Operator(":", 90, "left"),
    Operator("^", 100, "right"),
    *(Operator(symbol, 120, "left") for symbol in ("$", "@")),
    *(Operator(symbol, 130, "none") for symbol in ("::", ":::")),
)
_PREFIX = (
    Operator("~", 10, "right"),
    Operator("!", 40, "right"),
    *(Operator(symbol, 100, "right") for symbol in ("+", "-")),
)
INFIX = {operator.symbol: operator for operator in _INFIX}
PREFIX = {operator.symbol: operator for operator in _PREFIX}
POSTFIX_PRECEDENCE, PARENTHESIS_PRECEDENCE = 120, 140
_ATOM = 1000

CONSTANTS = ("TRUE", "FALSE", "NULL", "NA", "NaN", "Inf", "NA_integer_", "NA_real_", "NA_character_")
RESERVED = ("if", "else", "repeat", "while", "function", "for", "next", "break", "in")
# What a formula may name with its package, `splines::ns`: R's functions that are known here.
PACKAGES: Mapping[str, frozenset[str]] = {
    package: frozenset(functions.split())
    for package, functions in {
        "utils": "head tail",
        "stats": "C IQR ave contr.SAS contr.helmert contr.poly contr.sum contr.treatment dnorm mad median offset "
        "plogis pnorm poly qlogis qnorm quantile relevel reorder sd var",
        "splines": "bs ns",
        "survival": "Surv",
        "base": "I NROW abs acos acosh all any as.character as.double as.factor as.integer as.logical "
        "as.matrix as.numeric as.ordered as.vector asin asinh atan atanh c cbind ceiling cos cosh "
        "cummax cummin cumprod cumsum cut diff digamma drop droplevels duplicated exp expm1 factor "
        "factorial findInterval floor gamma identity ifelse interaction intersect is.character "
        "is.element is.factor is.finite is.infinite is.logical is.na is.nan is.numeric is.ordered "
        "length levels lgamma log log10 log1p log2 match max mean min nchar nlevels order ordered "
        "outer paste paste0 pmax pmin prod range rank rep rep_len rev round rowMeans rowSums scale "
        "seq seq_along seq_len setdiff sign signif sin sinh sort sqrt substr sum tan tanh tolower "
        "toupper trunc union unique which xor",
    }.items()
}
SYNTACTIC = re.compile(r"(?:[^\W\d_]|\.(?!\d))[\w.]*")


def infix(symbol: str) -> Operator | None:
    """The operator of two operands that is written `symbol`, `%any%` among them; None where R has none."""
    if len(symbol) > 1 and symbol[0] == symbol[-1] == "%":
        return INFIX.get(symbol, Operator(symbol, 80, "left", spaced=True))
    return INFIX.get(symbol)


def call(function: str, *arguments: Node) -> Node:
    """A call of `function` with unnamed arguments, placed where they stand."""
    start, stop = (arguments[0].start, arguments[-1].stop) if arguments else (-1, -1)
    return Node("call", function, tuple(("", argument) for argument in arguments), start, stop)


def is_call(node: Node, functions: Iterable[str], arity: int | None = None) -> bool:
    """Whether `node` calls one of `functions`, with `arity` arguments where that is given."""
    return node.kind == "call" and node.text in functions and arity in (None, len(node.args))


def operands(node: Node) -> tuple[Node, ...]:
    """The values of a call's arguments."""
    return tuple(value for _, value in node.args)


def fold(node: Node, children: Callable[[Node], Sequence[Node]], combine: Callable[[Node, list[T]], T]) -> T:
    """The value of `node` from those of its `children`, bottom up; no recursion, for a long sum is a deep tree."""
    pending, values = [(node, -1)], list[T]()
    while pending:
        current, count = pending.pop()
        if count < 0:
            below = children(current)
            pending += [(current, len(below)), *((child, -1) for child in reversed(below))]
        else:
            kept = len(values) - count
            values[kept:] = [combine(current, values[kept:])]
    return values[0]


class Part(NamedTuple):
    """A node without what is below it."""

    kind: Literal["name", "number", "string", "constant", "call", "empty"]
    text: str
    names: list[str]  # of its arguments
    start: int
    stop: int


def postfix(node: Node) -> list[list[Any]]:
    """Code in postfix order, a `Part` each."""
    parts: list[list[Any]] = []

    def add(part: Node, below: list[None]) -> None:
        parts.append([part.kind, part.text, [name for name, _ in part.args], part.start, part.stop])

    fold(node, operands, add)
    return parts


def from_postfix(parts: Iterable[Sequence[Any]]) -> Node:
    """The code that `postfix` wrote."""
    stack: list[Node] = []
    for kind, text, names, start, stop in parts:
        below = len(stack) - len(names)
        stack[below:] = [Node(kind, text, tuple(zip(names, stack[below:], strict=True)), start, stop)]
    (node,) = stack
    return node


def height(node: Node) -> int:
    """How deep the calls of `node` nest."""
    return fold(node, operands, lambda _, below: 1 + max(below, default=0))


def replace(node: Node, changed: Callable[[Node], Node | None]) -> Node:
    """`node` with every part for which `changed` gives another replaced, the innermost first."""

    def rebuilt(part: Node, values: list[Node]) -> Node:
        names = [name for name, _ in part.args]
        whole = Node(part.kind, part.text, tuple(zip(names, values, strict=True)), part.start, part.stop)
        return changed(whole) or whole

    return fold(node, operands, rebuilt)


def names_in(node: Node) -> frozenset[str]:
    """R's `all.vars`: every name in `node` that is not a function's."""
    return fold(node, operands, _names)


def _names(node: Node, below: list[frozenset[str]]) -> frozenset[str]:
    if is_call(node, ("$", "@")):
        return below[0]
    return frozenset({node.text}) if node.kind == "name" else frozenset().union(*below)
