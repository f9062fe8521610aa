"""R code as text: what a piece of code is called."""

from collections.abc import Callable

from stanmlm.formula.rcode import (
    _ATOM,
    CONSTANTS,
    POSTFIX_PRECEDENCE,
    PREFIX,
    RESERVED,
    SYNTACTIC,
    Node,
    Operator,
    fold,
    infix,
    operands,
)


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
