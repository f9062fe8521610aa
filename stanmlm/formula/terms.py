"""R's algebra of formulas: from code to an intercept and a list of interactions, as `terms.formula` finds them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import NoReturn

from stanmlm.base.errors import FormulaError
from stanmlm.formula.rcode import Node, fold, height, is_call, operands
from stanmlm.formula.rtext import label

MAX_TERMS = 5_000  # what no model has, and a slip of the pen can ask for
MAX_PRODUCTS = 100_000
MAX_HEIGHT = 200  # calls within calls in one variable


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
class Expansion:
    """What `terms.formula` says of a sum."""

    terms: Terms
    variables: tuple[Expression, ...]  # in order of appearance, those that `-` removed and offsets among them
    offsets: tuple[Expression, ...]


@dataclass(frozen=True)
class _Sum:
    """A part of a formula: its terms as bits, one a variable, and what it says of the intercept, if anything."""

    terms: tuple[int, ...] = ()
    intercept: bool | None = None


@dataclass(frozen=True)
class _Reading:
    text: str
    columns: tuple[str, ...]  # what `.` stands for
    index: dict[Node, int]  # each variable's bit


class _TooManyError(Exception):
    """A product of sums that no model asks for on purpose."""


def expression(node: Node, text: str = "") -> Expression:
    """The variable that `node` computes, labelled as R labels it."""
    if height(node) > MAX_HEIGHT:
        raise FormulaError(f"calls nest more than {MAX_HEIGHT} deep", text, node.start, node.stop)
    return Expression(label(node), node)


def expand(node: Node | None, text: str, columns: Sequence[str] = (), response: Expression | None = None) -> Expansion:
    """The terms of a sum in R's order: by degree, then as they appear; each names its variables as they appear.

    Parameters
    ----------
    node
        What stands right of `~`; None is an empty sum.
    text
        The formula's text, for errors.
    columns
        What `.` stands for.
    response
        The variable left of `~`: R counts it as the first of all.
    """
    reading = _Reading(text, tuple(columns), {})
    found = dict.fromkeys([response.node] if response else [])
    for leaf in _leaves(node):
        found |= dict.fromkeys(_variables(reading, leaf))
    variables = tuple(expression(variable, text) for variable in found)
    reading = _Reading(text, reading.columns, {variable: place for place, variable in enumerate(found)})
    total = fold(node, _inside, lambda part, below: _value(reading, part, below)) if node else _Sum()
    first = 1 if response else 0
    offsets = [place for place, variable in enumerate(found) if is_call(variable, ["offset"]) and place >= first]
    offset_bits = sum(1 << place for place in offsets)
    kept = [term for term in total.terms if not term & offset_bits]
    return Expansion(
        Terms(total.intercept is not False, tuple(_named(term, variables) for term in sorted(kept, key=int.bit_count))),
        variables[first:],
        tuple(variables[place] for place in offsets),
    )


def _named(term: int, variables: Sequence[Expression]) -> tuple[Expression, ...]:
    named = []
    while term:
        lowest = term & -term
        named.append(variables[lowest.bit_length() - 1])
        term ^= lowest
    return tuple(named)


def is_algebra(node: Node) -> bool:
    """Whether `node` is one of the operators that combine terms, rather than a variable."""
    return node.kind == "call" and (node.text, len(node.args)) in _ALGEBRA


def _inside(node: Node) -> tuple[Node, ...]:
    """The parts that are sums themselves; an exponent is not, and `a + b + c` has three."""
    if not is_algebra(node):
        return ()
    return _PARTS.get((node.text, len(node.args)), operands)(node)


def _summands(node: Node) -> tuple[Node, ...]:
    parts: list[Node] = []
    while is_call(node, ["+"], 2):
        node, last = operands(node)
        parts.append(last)
    return (node, *reversed(parts))


_PARTS: dict[tuple[str, int], Callable[[Node], tuple[Node, ...]]] = {
    ("+", 2): _summands,
    ("^", 2): lambda node: operands(node)[:1],
}


def _leaves(node: Node | None) -> Iterator[Node]:
    pending = [node] if node else []
    while pending:
        current = pending.pop()
        pending += reversed(_inside(current))
        if not is_algebra(current):
            yield current


def _variables(reading: _Reading, leaf: Node) -> tuple[Node, ...]:
    """The variables that a leaf brings: none for 0 and 1, many for `.`."""
    if leaf.kind == "name" and leaf.text == ".":
        if not reading.columns:
            _refuse(reading, leaf, "`.` stands for all other columns of the data, and none are known here")
        return tuple(Node("name", column, (), leaf.start, leaf.stop) for column in reading.columns)
    if is_call(leaf, ["~"]):
        _refuse(reading, leaf, "a formula has one `~`")
    if leaf.kind in ("name", "call"):
        expression(leaf, reading.text)
        return (leaf,)
    if leaf.text not in _INTERCEPTS:
        _refuse(reading, leaf, _MISPLACED[leaf.kind])
    return ()


_INTERCEPTS = {"0": False, "0L": False, "FALSE": False, "1": True, "1L": True, "TRUE": True}
_MISPLACED = {
    "number": "only 0 and 1 can stand alone in a formula, for the intercept; `I(2 * x)` computes with numbers",
    "string": "text cannot be a term; a column's name stands without quotes, or in back-ticks",
    "constant": "this constant cannot be a term",
    "empty": "a term is missing here",
}


def _refuse(reading: _Reading, node: Node, message: str) -> NoReturn:
    raise FormulaError(message, reading.text, node.start, node.stop)


def _value(reading: _Reading, node: Node, below: list[_Sum]) -> _Sum:
    if not is_algebra(node):
        bits = [1 << reading.index[variable] for variable in _variables(reading, node)]
        return _Sum(tuple(dict.fromkeys(bits)), _INTERCEPTS.get(node.text) if not bits else None)
    try:
        total = _ALGEBRA[node.text, len(node.args)](*_sums(reading, node, below))
    except _TooManyError:
        _refuse(reading, node, f"this expands to more than {MAX_TERMS} terms")
    return total


def _sums(reading: _Reading, node: Node, below: list[_Sum]) -> list[_Sum]:
    """What an operator works on: `-x` takes x from nothing, `x^3` multiplies three."""
    if node.text == "^":
        return below * _exponent(reading, node.args[1][1])
    return [_Sum(), *below] if len(node.args) == 1 else below


def _exponent(reading: _Reading, node: Node) -> int:
    power = float(node.text.rstrip("L")) if node.kind == "number" else 0.0
    if not power.is_integer() or power < 2:
        _refuse(reading, node, "a power in a formula is a whole number from 2; `I(x^p)` computes one")
    return min(int(power), len(reading.index) + 1)


def _bounded(terms: Iterable[int]) -> tuple[int, ...]:
    unique = tuple(dict.fromkeys(terms))
    if len(unique) > MAX_TERMS:
        raise _TooManyError
    return unique


def _products(left: _Sum, right: _Sum) -> list[int]:
    if len(left.terms) * len(right.terms) > MAX_PRODUCTS:
        raise _TooManyError
    return [one | other for one in left.terms for other in right.terms]


def _last(left: _Sum, right: _Sum) -> _Sum:
    """Whichever spoke last of the intercept."""
    return left if right.intercept is None else right


def _plus(*parts: _Sum) -> _Sum:
    return _Sum(_bounded(term for part in parts for term in part.terms), reduce(_last, parts).intercept)


def _minus(left: _Sum, right: _Sum) -> _Sum:
    """What is taken away from the intercept is the opposite of what is said: `x - 1`, `x - (z - 1)`."""
    removed = set(right.terms)
    opposite = _Sum((), None if right.intercept is None else not right.intercept)
    return _Sum(tuple(term for term in left.terms if term not in removed), _last(left, opposite).intercept)


def _interact(left: _Sum, right: _Sum) -> _Sum:
    return _Sum(_bounded(_products(left, right)), _last(left, right).intercept)


def _cross(left: _Sum, right: _Sum) -> _Sum:
    """`a*b`; an empty left side stays empty, as in R: `1*b` is no term."""
    alone = right.terms if left.terms else ()
    return _Sum(_bounded((*left.terms, *alone, *_products(left, right))), _last(left, right).intercept)


def _nest(left: _Sum, right: _Sum) -> _Sum:
    """`a/b`: what is left, and each on the right within all that is left."""
    around = reduce(or_, left.terms, 0)
    inner = tuple(around | term for term in right.terms) if left.terms else ()
    return _Sum(_bounded(left.terms + inner), _last(left, right).intercept)


def _within(left: _Sum, right: _Sum) -> _Sum:
    around = reduce(or_, right.terms, 0)
    return _Sum(_bounded(term | around for term in left.terms), _last(left, right).intercept)


def _power(*factors: _Sum) -> _Sum:
    return reduce(lambda power, base: _interact(base, power), factors)


_ALGEBRA: dict[tuple[str, int], Callable[..., _Sum]] = {
    ("+", 2): _plus,
    ("-", 2): _minus,
    ("*", 2): _cross,
    (":", 2): _interact,
    ("/", 2): _nest,
    ("%in%", 2): _within,
    ("^", 2): _power,
    ("+", 1): _plus,
    ("-", 1): _minus,
    ("(", 1): _plus,
}
