"""Random terms: the bars of a sum, and what lme4 makes of their two sides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import NoReturn

from stanmlm.base.dialects import call_elsewhere
from stanmlm.base.errors import FormulaError
from stanmlm.formula.rcode import INFIX, Node, fold, is_call, operands
from stanmlm.formula.rtext import label
from stanmlm.formula.terms import Expression, Terms, expand, expression, is_algebra

BARS = ("|", "||")
MAX_GROUPS = 50
Group = tuple[Node, ...]


@dataclass(frozen=True)
class Bar:
    """One random term after expansion: `(x | g/h)` is two, `(x || g)` is one a coefficient block."""

    left: Terms
    group: tuple[Expression, ...]  # factors whose interaction groups the rows
    start: int = field(compare=False)
    stop: int = field(compare=False)
    variables: tuple[Expression, ...] = ()  # that the left names, those that `-` removed among them
    label: str = ""  # brms's ID of `(x | ID | g)`: bars that share one are one term, with one covariance


@dataclass(frozen=True)
class Split:
    """A sum in two: without its bars (None when nothing else is there), and the bars."""

    rest: Node | None
    bars: tuple[Node, ...] = ()


def split_bars(node: Node, text: str) -> Split:
    """`node` without its random terms, then those as calls of `|` or `||`.

    Raises
    ------
    FormulaError
        For a bar outside parentheses, inside a call, taken away, or combined by anything but `+`.
    """
    if is_call(node, BARS):
        _refuse(text, node, "a random term stands in parentheses: write `(x | g)`")
    return fold(node, _summands, lambda part, below: _split(text, part, below))


def _summands(node: Node) -> tuple[Node, ...]:
    return operands(node) if is_algebra(node) else ()


def _split(text: str, node: Node, below: list[Split]) -> Split:
    if is_call(node, BARS, 2):
        return Split(None, (node,))
    if not is_algebra(node):
        _refuse_buried(text, node)
        return Split(node)
    kept = [part.rest for part in below if part.rest]
    bars = tuple(bar for part in below for bar in part.bars)
    movable = bars if node.text in ("+", "(") else below[0].bars if node.text == "-" and len(below) == 2 else ()
    if len(movable) < len(bars):
        _refuse(text, bars[len(movable)], _FIXED.get(node.text, _FIXED["*"]))
    return Split(_without(node, below, kept), bars)


_FIXED = {
    "-": "a random term cannot be taken away; leave it out",
    "*": "a random term stands by itself in a sum: write `x + (1 | g)`; `(x | g)` lets x vary by g",
}


def _without(node: Node, below: list[Split], kept: list[Node]) -> Node | None:
    """`node` with only those of its parts that are not random terms."""
    if len(kept) == len(below):
        return Node("call", node.text, tuple(("", part) for part in kept), node.start, node.stop)
    if node.text == "-" and kept and below[0].rest is None:
        return Node("call", "-", (("", kept[0]),), node.start, node.stop)
    return kept[0] if kept else None


def _refuse_buried(text: str, node: Node) -> None:
    """Refuse a bar inside a call, unless a side of it can only be logical: `I(x > 1 | z > 1)` is no random term."""
    for part in _descendants(node):
        if is_call(part, BARS) and not any(_is_logical(side) for side in operands(part)):
            message = "a random term stands by itself in a sum, not inside a call; for `or`, compare values"
            _refuse(text, part, call_elsewhere(node.text) or message)


def _is_logical(node: Node) -> bool:
    while is_call(node, ["("], 1):
        node = node.args[0][1]
    return node.kind == "call" and node.text not in _ARITHMETIC


_ARITHMETIC = ("+", "-", "*", "/", "^", ":", "%in%", "%%", "%/%", "|", "||", "~")


def _descendants(node: Node) -> Iterator[Node]:
    pending = [node]
    while pending:
        current = pending.pop()
        pending += reversed(operands(current))
        yield current


def expand_bar(bar: Node, text: str) -> tuple[Bar, ...]:
    """The random terms of one call of `|` or `||`, in lme4's order.

    `||` gives the intercept, then each term of the left side, a term of its own; `/` on the right gives the inner
    groups before the outer: `(1 | a/b)` groups by `b:a`, then by `a`.
    """
    left, right = operands(bar)
    named, left = _labelled(bar, text) if is_call(left, BARS, 2) else ("", left)
    for side in (left, right):
        if is_call(side, BARS) or (side is left and split_bars(side, text).bars):
            _refuse(text, bar, "a random term has one bar, with coefficients to its left and a factor to its right")
    groups = [tuple(expression(factor, text) for factor in group) for group in _groups(text, right)]
    varying = expand(left, text)
    if specific := [e for e in varying.variables if is_call(e.node, ["cs"])]:
        _refuse(text, specific[0].node, "effects of groups on each threshold are not fitted (brms 2.18's program adds "
                "them twice): write `(1 | g)`, whose effects all thresholds share")  # fmt: skip
    if varying.offsets:
        offset = varying.offsets[0].node
        _refuse(text, offset, "an offset stands outside the random terms")
    blocks = (varying.terms,) if bar.text == "|" else _independent(varying.terms)
    if not any(block.intercept or block.terms for block in blocks):
        _refuse(text, left, "the left of the bar leaves nothing to vary; `(1 | g)` lets the intercept vary")
    return tuple(
        Bar(block, group, bar.start, bar.stop, varying.variables, named) for block, group in product(blocks, groups)
    )


def _labelled(bar: Node, text: str) -> tuple[str, Node]:
    """The label of `(x | label | g)` as text, and x."""
    inner = bar.args[0][1]
    left, named = operands(inner)
    if is_call(left, BARS) or is_call(named, BARS):
        _refuse(text, bar, "a random term has at most two bars, `(x | label | g)`, the label between them")
    if "||" in (bar.text, inner.text):
        _refuse(text, bar, _UNCORRELATED)
    return label(named), left


_UNCORRELATED = (
    "coefficients under a label have one covariance, and `||` takes correlations away: write `(x | label | g)`, "
    "or `(x || g)` without a label"
)


def linked(bars: Sequence[tuple[Bar, str]]) -> tuple[tuple[int, ...], ...]:
    """The bars of each random term, as places: those under one label together, in the order of their first.

    Parameters
    ----------
    bars
        Of all formulas in turn, each with the text that it stands in.

    Raises
    ------
    FormulaError
        For one label at several grouping factors.
    """
    terms: dict[str | int, list[int]] = {}
    for place, (bar, text) in enumerate(bars):
        term = terms.setdefault(bar.label or place, [])
        if term and _factors(bars[term[0]][0]) != _factors(bar):
            first = ":".join(_factors(bars[term[0]][0]))
            message = f"bars under one label have one grouping factor: `{bar.label}` stands at `{first}` too"
            raise FormulaError(message, text, bar.start, bar.stop)
        term.append(place)
    return tuple(map(tuple, terms.values()))


def _factors(bar: Bar) -> tuple[str, ...]:
    return tuple(factor.label for factor in bar.group)


def _independent(terms: Terms) -> tuple[Terms, ...]:
    """A block for the intercept and one for each term; the columns of one factor stay together."""
    intercept = (Terms(True, ()),) if terms.intercept else ()
    return (*intercept, *(Terms(False, (term,)) for term in terms.terms))


def _groups(text: str, node: Node) -> tuple[Group, ...]:
    return fold(node, _nested, lambda part, below: _grouped(text, part, below))


def _nested(node: Node) -> tuple[Node, ...]:
    return operands(node) if is_call(node, ("/", ":"), 2) or is_call(node, ["("], 1) else ()


def _grouped(text: str, node: Node, below: list[tuple[Group, ...]]) -> tuple[Group, ...]:
    if not below:
        if node.kind not in ("name", "call") or is_call(node, _NOT_FACTORS) or node.text == ".":
            _refuse(text, node, "the right of `|` must name a grouping factor")
        return ((node,),)
    if node.text == "(":
        return below[0]
    outer, inner = below
    if len(outer) + len(inner) > MAX_GROUPS:
        _refuse(text, node, f"one bar has at most {MAX_GROUPS} grouping factors")
    if node.text == "/":
        return (*(_union(group, outer[0]) for group in inner), *outer)
    if len(outer) > 1 or len(inner) > 1:
        _refuse(text, node, "`a/b` cannot stand inside `:`; write the groups out, each with its bar")
    return (_union(outer[0], inner[0]),)


def _union(one: Group, other: Group) -> Group:
    return tuple(dict.fromkeys(one + other))


_NOT_FACTORS = frozenset(INFIX) - {"$", "@", "==", "!=", "<", ">", "<=", ">=", "&"}


def _refuse(text: str, node: Node, message: str) -> NoReturn:
    raise FormulaError(message, text, node.start, node.stop)
