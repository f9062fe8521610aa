"""R code as data: the record, R's operators, a walk over it, and R's `deparse`."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

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


def postfix(node: Node) -> list[list[Any]]:
    """Code in postfix order: kind, text, argument names, start and stop of each part."""
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


def number_text(value: float) -> str:
    """`value` as R prints it at 15 digits: fixed unless scientific is shorter."""
    if value in (float("inf"), float("-inf")) or value != value:
        return {"inf": "Inf", "-inf": "-Inf"}.get(repr(value), "NaN")
    mantissa, exponent = f"{value:.14e}".split("e")
    digits = mantissa.replace("-", "").replace(".", "").rstrip("0") or "0"
    decimals = max(0, len(digits) - 1 - int(exponent))
    fixed = f"{value:.{decimals}f}"
    scientific = f"{value:.{len(digits) - 1}e}"
    return fixed if len(fixed) <= len(scientific) else scientific


def quoted(name: str) -> str:
    """`name` in back-ticks where R's grammar asks for them."""
    if SYNTACTIC.fullmatch(name) and name not in RESERVED + CONSTANTS:
        return name
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def deparse(node: Node) -> str:
    """R's `deparse` of `node`, on one line.

    Examples
    --------
    >>> from stanmlm.formula.rparse import parse_expression
    >>> deparse(parse_expression("I(x^2+1)/ n*'a'"))
    'I(x^2 + 1)/n * "a"'
    """
    return (
        node.text if node.kind == "name" else fold(node, operands, lambda part, below: _TEXTS[part.kind](part, below))
    )


def label(node: Node) -> str:
    """`node` as R labels a term: as `deparse`, but a name that needs back-ticks has them, and `2L` is 2."""
    text: str = fold(node, operands, lambda part, below: _LABELS[part.kind](part, below))
    return text


def _number(node: Node, below: list[str]) -> str:
    return node.text if node.text.endswith("L") else number_text(float(node.text))


def _call(node: Node, below: list[str]) -> str:
    if all(name == "" for name, _ in node.args):
        layout = _LAYOUTS.get((node.text, len(below)))
        if layout:
            return layout(node, below)
        if len(below) == 2 and infix(node.text):
            return _infix(node, below)
    if node.text in _SUBSCRIPTS and below:
        return _subscript(node, below)
    return f"{_function(node.text)}({_arguments(node, below)})"


def _function(name: str) -> str:
    return "::".join(quoted(part) for part in name.split("::"))


def _arguments(node: Node, below: list[str], first: int = 0) -> str:
    """A call's arguments; R writes an empty last one as `x[1, ]`."""
    named = zip([name for name, _ in node.args], below, strict=True)
    return ", ".join(f"{quoted(name)} = {text}" if name else text for name, text in list(named)[first:])


def _infix(node: Node, below: list[str]) -> str:
    operator = infix(node.text)
    assert operator
    level = operator.precedence
    left, right = (
        _wrapped(value, text, level + (operator.associativity != side))
        for (_, value), text, side in zip(node.args, below, ("left", "right"), strict=True)
    )
    return f"{left} {node.text} {right}" if operator.spaced else f"{left}{node.text}{right}"


def _prefix(node: Node, below: list[str]) -> str:
    return node.text + _wrapped(node.args[0][1], below[0], PREFIX[node.text].precedence)


def _parenthesis(node: Node, below: list[str]) -> str:
    return f"({below[0]})"


def _subscript(node: Node, below: list[str]) -> str:
    opening, closing = _SUBSCRIPTS[node.text]
    head = _wrapped(node.args[0][1], below[0], POSTFIX_PRECEDENCE)
    return f"{head}{opening}{_arguments(node, below, first=1)}{closing}"


def _wrapped(node: Node, text: str, least: int) -> str:
    """`text` of an operand, in parentheses where the operator around it binds tighter."""
    return f"({text})" if _precedence(node) < least else text


def _precedence(node: Node) -> int:
    """How tightly a node's own operator binds; anything else stands by itself."""
    if node.kind != "call" or any(name for name, _ in node.args):
        return _ATOM
    operator = _OPERATORS.get(len(node.args), _no_operator)(node.text)
    return operator.precedence if operator else _ATOM


def _no_operator(symbol: str) -> Operator | None:
    return None


_OPERATORS: dict[int, Callable[[str], Operator | None]] = {1: PREFIX.get, 2: infix}


_SUBSCRIPTS = {"[": ("[", "]"), "[[": ("[[", "]]")}
_LAYOUTS: dict[tuple[str, int], Callable[[Node, list[str]], str]] = {
    ("(", 1): _parenthesis,
    **{(symbol, 1): _prefix for symbol in PREFIX},
}
_TEXTS: dict[str, Callable[[Node, list[str]], str]] = {
    "name": lambda node, _: quoted(node.text),
    "number": _number,
    "string": lambda node, _: node.text,
    "constant": lambda node, _: node.text,
    "empty": lambda node, _: "",
    "call": _call,
}
_LABELS = _TEXTS | {"number": lambda node, below: _number(node, below).removesuffix("L")}
