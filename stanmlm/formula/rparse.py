"""Text to R code: formulaic cuts and arranges it, the tables here say what each piece means in R."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from stanmlm.base.arguments import shown
from stanmlm.base.errors import FormulaError
from stanmlm.formula.formulaic_compat import Item, Token, arrange, masked, tokens
from stanmlm.formula.rcode import (
    COMPARISONS,
    CONSTANTS,
    PACKAGES,
    PARENTHESIS_PRECEDENCE,
    POSTFIX_PRECEDENCE,
    PREFIX,
    RESERVED,
    SYNTACTIC,
    Node,
    infix,
    is_call,
)
from stanmlm.formula.rtext import number_text

MAX_LENGTH = 50_000  # characters: formulaic's time grows with the square of some formulas' length
MAX_NESTING = 50  # brackets within brackets, as in R's own parser
MAX_SIGNS = 50  # prefix operators in a row

_QUOTE = re.compile(r"""(["'`])((?:\\.|(?!\1)[^\\])*)\1""", re.DOTALL)
_NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)L?(?![\w.])", re.ASCII)
_ARGUMENT_NAME = re.compile(r"\s*([\w.]+)\s*=(?!=)")
_SYMBOL = re.compile(r"%[^%\n]*%|<<-|<-|->>|->|\|>|:=|:::|::|\*\*|&&|\|\||==|!=|<=|>=|\S")
_SPELLINGS = {"**": "^"}
_CLOSING = {"(": ")", "[": "]"}

_REFUSED = {
    "{": "braces have no place in a formula",
    "}": "braces have no place in a formula",
    "\\": "a backslash has no place in a formula",
    '"': "this quote is never closed",
    "'": "this quote is never closed",
    "`": "this back-tick is never closed",
    "%": "this `%` is never closed",
    ";": "a formula is one expression; `;` has no place in it",
    "?": "`?` has no place in a formula",
    **dict.fromkeys("“”„«»", "this is a typographic quote; strings stand between \" or '"),
    **dict.fromkeys("‘’´", "this is a typographic quote; strings stand between \" or ', odd names between back-ticks"),
    **dict.fromkeys("–—−", "this is a typographic dash; minus is `-`"),
    "\0": "a formula is text without null characters",
}
_REFUSED_SYMBOLS = {
    "=": "`=` only names an argument inside a call; to compare, write `==`",
    "<-": "`<-` assigns in R; to compare with a negative number, put a blank between `<` and `-`",
    "<<-": "`<<-` assigns in R, which a formula cannot",
    "->": "`->` assigns in R, which a formula cannot",
    "->>": "`->>` assigns in R, which a formula cannot",
    ":=": "`:=` has no meaning in a formula",
    "|>": "pipes have no place in a formula; write the call itself",
    ",": "a comma only separates the arguments of a call; nlme's `random = ~ x | g` is a term here, `(x | g)`",
}


@dataclass(frozen=True)
class _Code:
    text: str
    masked: str  # at the same places, without what formulaic would stumble over
    closing: dict[int, int]  # of each opening bracket, the place of the one that closes it

    def refuse(self, message: str, start: int, stop: int) -> NoReturn:
        raise FormulaError(message, self.text, start, stop)


def parse_expression(text: str) -> Node:
    """The R expression that `text` spells, a formula among them.

    Parameters
    ----------
    text
        One expression in R's syntax. Comments and line ends are blanks.

    Raises
    ------
    FormulaError
        Where R's parser would stop, and for control flow, assignments, pipes and braces.

    Examples
    --------
    >>> parse_expression("log(avg.income)").args[0][1].text
    'avg.income'
    """
    if not isinstance(text, str):
        raise FormulaError(f"a formula is text, such as 'y ~ x + (1 | g)', not {shown(text)}")
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"a formula has at most {MAX_LENGTH} characters; this one has {len(text)}")
    code = _scanned(text)
    return _expression(code, 0, len(text))


def string_value(node: Node) -> str:
    """The characters that a string node stands for.

    Examples
    --------
    >>> string_value(parse_expression(r"'it\\'s'"))
    "it's"
    """
    return _unescaped(node.text[1:-1])


def _scanned(text: str) -> _Code:
    """The text with its brackets matched; refuses what R code in a formula cannot hold."""
    code = _Code(text, masked(text), {})
    opened: list[int] = []
    closing: dict[int, int] = {}
    for place, character in enumerate(code.masked):
        if character in _REFUSED:
            code.refuse(_REFUSED[character], place, place + 1)
        if character in "([":
            opened.append(place)
        if len(opened) > MAX_NESTING:
            code.refuse(f"brackets nest more than {MAX_NESTING} deep", place, place + 1)
        if character in ")]":
            if not opened or _CLOSING[code.masked[opened[-1]]] != character:
                code.refuse(f"this `{character}` closes nothing", place, place + 1)
            closing[opened.pop()] = place
    if opened:
        code.refuse(f"this `{code.masked[opened[-1]]}` is never closed", opened[-1], opened[-1] + 1)
    return _Code(text, code.masked, closing)


def _expression(code: _Code, start: int, stop: int) -> Node:
    items = _items(code, start, stop)
    if not items:
        code.refuse("an expression is missing here", start, stop)
    if not _complete(items):
        code.refuse(f"nothing stands right of {_shown(code, items[-1])}", items[-1].start, items[-1].stop)
    node: Node = arrange(items)
    return node


def _shown(code: _Code, item: Item) -> str:
    return f"`{code.text[item.start : item.stop]}`"


def _complete(items: list[Item]) -> bool:
    """Whether an operand has just ended, so that an operator may follow."""
    return bool(items) and items[-1].role in ("operand", "postfix", "close")


def _items(code: _Code, start: int, stop: int) -> list[Item]:
    items: list[Item] = []
    taken = start  # tokens before this place belong to an item already
    for token in tokens(code.masked, start, stop):
        if token.start >= taken:
            items += _READERS[token.kind](code, token, items)
            taken = max(token.stop, items[-1].stop if items[-1].role != "prefix" else 0)
    return items


def _word(code: _Code, token: Token, before: list[Item]) -> list[Item]:
    node = _atom(code, token.start, token.stop)
    if _complete(before):
        code.refuse(f"an operator is missing before `{code.text[node.start : node.stop]}`", node.start, node.stop)
    return [Item("operand", node.start, node.stop, node)]


def _atom(code: _Code, start: int, stop: int) -> Node:
    """A name, a number (formulaic cuts `1e-3` in three), a string or a constant."""
    number = _NUMBER.match(code.text, start)
    if number and number.end() >= stop:
        return _number(number[0], start, number.end())
    word = code.text[start:stop]
    quote = _QUOTE.fullmatch(word)
    if quote and quote[1] == "`":
        return Node("name", _unescaped(quote[2]), (), start, stop)
    if quote:
        return Node("string", _string_text(_unescaped(quote[2])), (), start, stop)
    if word in RESERVED:
        code.refuse(f"`{word}` is a word of R's language, not a variable; put a name in back-ticks", start, stop)
    if word in CONSTANTS:
        return Node("constant", word, (), start, stop)
    if not SYNTACTIC.fullmatch(word):
        code.refuse(f"`{word}` cannot be read; an unusual name goes in back-ticks", start, stop)
    return Node("name", word, (), start, stop)


def _number(literal: str, start: int, stop: int) -> Node:
    digits = literal.rstrip("L")
    value = _hexadecimal(digits) if digits[:2] in ("0x", "0X") else float(digits)
    if value == float("inf"):
        return Node("constant", "Inf", (), start, stop)
    if literal.endswith("L") and value.is_integer() and value < 2**31:
        return Node("number", _integer_text(value), (), start, stop)
    text = number_text(value)
    return Node("number", text if float(text) == value else repr(value), (), start, stop)


def _hexadecimal(digits: str) -> float:
    try:
        return float(int(digits, 16))
    except OverflowError:  # R's is infinite, as a decimal's is here
        return float("inf")


def _integer_text(value: float) -> str:
    return f"{int(value)}L"


def _operators(code: _Code, token: Token, before: list[Item]) -> list[Item]:
    """A run of operators, which formulaic leaves together: `~ -` or `*-`."""
    items: list[Item] = []
    for match in _SYMBOL.finditer(code.text, token.start, token.stop):
        symbol = _SPELLINGS.get(match[0], match[0])
        if symbol in _REFUSED_SYMBOLS:
            code.refuse(_REFUSED_SYMBOLS[symbol], match.start(), match.end())
        reader = _infix_item if _complete(items or before) else _prefix_item
        items.append(reader(code, symbol, match.start(), match.end(), [*before[-MAX_SIGNS:], *items]))
    return items


def _infix_item(code: _Code, symbol: str, start: int, stop: int, before: list[Item]) -> Item:
    operator = infix(symbol)
    if operator is None:
        code.refuse(f"`{symbol}` is not an operator of a formula", start, stop)
    if before[-1].role == "postfix" and operator.precedence > POSTFIX_PRECEDENCE:
        code.refuse(f"only a name can stand left of `{symbol}`", start, stop)
    check = _CHECKS.get(symbol, _unchecked)

    def combine(left: Node, right: Node) -> Node:
        check(code, symbol, left, right)
        return Node("call", symbol, (("", left), ("", right)), left.start, right.stop)

    return Item("infix", start, stop, None, combine, operator.precedence, operator.associativity)


def _prefix_item(code: _Code, symbol: str, start: int, stop: int, before: list[Item]) -> Item:
    operator = PREFIX.get(symbol)
    if operator is None:
        code.refuse(f"nothing stands left of `{symbol}`" + _after(code, before), start, stop)
    if all(item.role == "prefix" for item in before[-MAX_SIGNS:]) and len(before) >= MAX_SIGNS:
        code.refuse(f"more than {MAX_SIGNS} signs in a row", start, stop)
    if before and before[-1].precedence > operator.precedence:
        code.refuse(f"`{symbol}` binds looser than {_shown(code, before[-1])}; put it in parentheses", start, stop)

    def combine(operand: Node) -> Node:
        return Node("call", symbol, (("", operand),), start, operand.stop)

    return Item("prefix", start, stop, None, combine, operator.precedence, operator.associativity)


def _after(code: _Code, before: list[Item]) -> str:
    return f", only {_shown(code, before[-1])}" if before else ""


def _open(code: _Code, token: Token, before: list[Item]) -> list[Item]:
    stop = code.closing[token.start] + 1
    if _complete(before):
        return _group(code, Token("group", token.start, stop), before)
    if code.masked[token.start] == "[":
        code.refuse("`[` takes elements of what stands left of it, and nothing does", token.start, token.stop)

    def combine(inner: Node) -> Node:
        return Node("call", "(", (("", inner),), token.start, stop)

    parenthesis = Item("prefix", token.start, token.stop, None, combine, PARENTHESIS_PRECEDENCE, "right")
    return [parenthesis, Item("open", token.start, token.stop)]


def _close(code: _Code, token: Token, before: list[Item]) -> list[Item]:
    if not _complete(before):
        code.refuse(f"something is missing after {_shown(code, before[-1])}", before[-1].start, token.stop)
    return [Item("close", token.start, token.stop)]


def _group(code: _Code, token: Token, before: list[Item]) -> list[Item]:
    """The arguments of a call or of a subscript, as an operator on what stands left of them."""
    inner = token.start + 1
    double = code.masked[inner] == "[" and code.closing.get(inner) == token.stop - 2
    opening = "[[" if double and code.masked[token.start] == "[" else code.masked[token.start]
    width = len(opening)
    arguments = tuple(_arguments(code, token.start + width, token.stop - width))
    build = _called if opening == "(" else _subscripted

    def combine(head: Node) -> Node:
        return build(code, head, opening, arguments, token.stop)

    return [Item("postfix", token.start, token.stop, None, combine, POSTFIX_PRECEDENCE, "left")]


def _called(code: _Code, head: Node, opening: str, arguments: tuple[tuple[str, Node], ...], stop: int) -> Node:
    name = _function_name(head)
    if not name:
        code.refuse("only a function's name can stand before `(`", head.start, head.stop)
    empty = len(arguments) == 1 and arguments[0] == ("", Node("empty", ""))
    return Node("call", name, () if empty else arguments, head.start, stop)


def _function_name(head: Node) -> str:
    if is_call(head, ("::", ":::")):
        return "::".join(_function_name(value) for _, value in head.args)
    return {"name": head.text, "string": string_value(head)}.get(head.kind, "")


def _subscripted(code: _Code, head: Node, opening: str, arguments: tuple[tuple[str, Node], ...], stop: int) -> Node:
    return Node("call", opening, (("", head), *arguments), head.start, stop)


def _arguments(code: _Code, start: int, stop: int) -> Iterator[tuple[str, Node]]:
    """Each argument between two brackets, with its name if it has one."""
    first = start
    for last in [*_commas(code, start, stop), stop]:
        named = _ARGUMENT_NAME.match(code.masked, first, last)
        name = _atom(code, named.start(1), named.end(1)) if named else Node("name", "")
        value = named.end() if named else first
        blank = not code.masked[value:last].strip()
        yield _argument_name(name), Node("empty", "", (), value, last) if blank else _expression(code, value, last)
        first = last + 1


def _argument_name(name: Node) -> str:
    return string_value(name) if name.kind == "string" else name.text


def _commas(code: _Code, start: int, stop: int) -> Iterator[int]:
    place = start
    while place < stop:
        if code.masked[place] == ",":
            yield place
        place = code.closing.get(place, place) + 1


def _unchecked(code: _Code, symbol: str, left: Node, right: Node) -> None:
    """Most operators take anything."""


def _one_comparison(code: _Code, symbol: str, left: Node, right: Node) -> None:
    if is_call(left, COMPARISONS) or is_call(right, COMPARISONS):
        code.refuse("comparisons cannot be chained; join two with `&`", left.start, right.stop)


def _component(code: _Code, symbol: str, left: Node, right: Node) -> None:
    if right.kind not in ("name", "string"):
        code.refuse(f"the right of `{symbol}` must be a name", right.start, right.stop)


def _qualified(code: _Code, symbol: str, left: Node, right: Node) -> None:
    for side in (left, right):
        _component(code, symbol, left, side)
    package, name = map(_function_name, (left, right))
    if name not in PACKAGES.get(package, ()):
        home = next((known for known, functions in PACKAGES.items() if name in functions), "")
        what = f"write `{name}`, which is of R's {home}" if home else "a function of the scope is called without prefix"
        code.refuse(f"`{package}{symbol}{name}` is no function that a formula knows; {what}", left.start, right.stop)


_CHECKS: dict[str, Callable[[_Code, str, Node, Node], None]] = {
    **dict.fromkeys(COMPARISONS, _one_comparison),
    **dict.fromkeys(("$", "@"), _component),
    **dict.fromkeys(("::", ":::"), _qualified),
}

_READERS: dict[str, Callable[[_Code, Token, list[Item]], list[Item]]] = {
    "word": _word,
    "operators": _operators,
    "open": _open,
    "close": _close,
    "group": _group,
}

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[uU]\{?[0-9a-fA-F]{1,8}\}?|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_PRINTED = {value: "\\" + key for key, value in _ESCAPED.items()} | {'"': '\\"', "\\": "\\\\"}


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _character(match[1]), text)


def _character(escape: str) -> str:
    if len(escape) == 1:
        return _ESCAPED.get(escape, escape)
    octal = escape[0] not in "xuU"
    number = int(escape, 8) if octal else int(escape[1:].strip("{}"), 16)
    return chr(min(number, 0x10FFFF))


def _string_text(value: str) -> str:
    return '"' + "".join(_PRINTED.get(character, character) for character in value) + '"'
