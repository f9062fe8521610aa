"""Formulaic's tokenizer and shunting yard, told R's operators; the only module that imports formulaic."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stanmlm.base.errors import FormulaError

_QUOTED = re.compile(r"""(["'`])(?:\\.|(?!\1)[^\\])*\1""", re.DOTALL)
_MASKED = re.compile(rf"{_QUOTED.pattern}|(?P<comment>#[^\n]*)|(?P<percent>%[^%\n]*%)", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """A stretch of text as formulaic cuts it, with its place."""

    kind: str  # "word", "operators" (a run of them), "open", "close", "group" (brackets glued to what is before)
    start: int
    stop: int


@dataclass(frozen=True)
class Item:
    """What the shunting yard arranges: an operand, an operator with its arguments to find, or a bracket."""

    role: str  # "operand", "prefix", "infix", "postfix", "open", "close"
    start: int
    stop: int
    value: Any = None  # of an operand
    combine: Callable[..., Any] | None = None  # of an operator: from its operands' values to its own
    precedence: int = 0
    associativity: str = "none"  # "left", "right", "none"


def masked(text: str) -> str:
    """`text`, at the same length, with quoted things as words, `%in%` as operators and comments as blanks.

    Formulaic knows neither R's strings inside calls, nor its comments, nor `%%`.
    """
    return _MASKED.sub(lambda match: _mask_for(match) * len(match[0]), text)


def _mask_for(match: re.Match[str]) -> str:
    return " " if match["comment"] else "~" if match["percent"] else "_"


def tokens(code: str, start: int, stop: int) -> Iterator[Token]:
    """Formulaic's tokens of `code[start:stop]`, `code` being masked and its brackets balanced."""
    from formulaic.parser.algos.tokenize import tokenize

    for token in tokenize(code[start:stop]):
        first, last = start + token.source_start, start + token.source_end + 1
        if token.kind is token.Kind.PYTHON:
            yield from _glued(code, first, last)
        elif token.kind is token.Kind.CONTEXT:
            yield Token("open" if token.token in "([" else "close", first, last)
        else:
            yield Token("operators" if token.kind is token.Kind.OPERATOR else "word", first, last)


def _glued(code: str, start: int, stop: int) -> Iterator[Token]:
    """`f(x)[1]`, which formulaic takes for one piece of Python, as a word and its groups."""
    head = re.compile(r"[\w.]*").match(code, start, stop)
    assert head
    yield Token("word", start, head.end())
    depth, opened = 0, head.end()
    for place in range(head.end(), stop):
        depth += (code[place] in "([") - (code[place] in ")]")
        if depth == 0:
            yield Token("group", opened, place + 1)
            opened = place + 1


def arrange(items: Sequence[Item]) -> Any:
    """The value of `items` once formulaic's shunting yard has found every operator's operands.

    The items alternate as operands and operators do and their brackets match: the caller has checked it, and knows
    the place of what is wrong better than formulaic.
    """
    from formulaic.errors import FormulaSyntaxError
    from formulaic.parser.algos.tokens_to_ast import tokens_to_ast

    try:
        tree = tokens_to_ast(_foreign(items), _Resolver(items))
    except FormulaSyntaxError as error:
        raise FormulaError(f"formulaic cannot read this: {str(error).splitlines()[0]}") from error
    return _evaluate(tree, items)


@dataclass(frozen=True)
class _Resolver:
    """Formulaic's `OperatorResolver`: each token names its item by its place in the sequence."""

    items: Sequence[Item]

    def resolve(self, token: Any) -> Iterator[tuple[Any, list[Any]]]:
        from formulaic.parser.types import Operator

        item = self.items[token.source_start]
        operator = Operator(
            str(token.source_start),
            arity=2 if item.role == "infix" else 1,
            precedence=item.precedence,
            associativity=item.associativity,
            fixity=item.role,
            to_terms=item.combine,
        )
        yield token, [operator]


_KINDS = {"operand": "name", "prefix": "operator", "infix": "operator", "postfix": "operator"}
_BRACKETS = {"open": "(", "close": ")"}


def _foreign(items: Sequence[Item]) -> list[Any]:
    from formulaic.parser.types import Token as Foreign

    return [
        Foreign(_BRACKETS.get(item.role, item.role), kind=_KINDS.get(item.role, "context"), source_start=index)
        for index, item in enumerate(items)
    ]


def _evaluate(tree: Any, items: Sequence[Item]) -> Any:
    """Operands first, and without recursion: a sum of a thousand terms is a deep tree."""
    from formulaic.parser.types import ASTNode

    pending, values = [(tree, False)], list[Any]()
    while pending:
        node, ready = pending.pop()
        if ready:
            count = len(node.args)
            values[-count:] = [node.operator.to_terms(*values[-count:])]
        elif isinstance(node, ASTNode):
            pending += [(node, True), *((argument, False) for argument in reversed(node.args))]
        else:
            values.append(items[node.source_start].value)
    return values[0]
