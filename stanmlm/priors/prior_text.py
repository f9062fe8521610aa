"""Priors as text, as Stan writes them."""

import ast
import operator
from collections.abc import Callable

from stanmlm.base.errors import PriorError, did_you_mean
from stanmlm.priors.distributions import DISTRIBUTIONS, Distribution
from stanmlm.priors.prior_records import Prior, prior_of


def parse_prior(text: str) -> Prior:
    """The prior that `text` spells, as Stan would: `"normal(0, 10)"`; empty text is flat.

    Examples
    --------
    >>> parse_prior("gamma(2, 1/10)").arguments
    ((2.0,), (0.1,))
    """
    call = _parse_call(text)
    if call is None:
        return prior_of("flat", (), False)
    row = _known(call.func.id if isinstance(call.func, ast.Name) else ast.unparse(call.func))
    if row.joint:
        raise PriorError(f"`{text}` is a prior on a whole term: pass prior_covariance={row.name}(...)")
    given = dict(zip(row.arguments, (_number(node, text) for node in call.args), strict=False))
    keywords = {str(keyword.arg): _number(keyword.value, text) for keyword in call.keywords}
    unknown = [name for name in keywords if name not in row.arguments or name in given]
    numbers = [
        {**given, **keywords}.get(name, default) for name, default in zip(row.arguments, row.defaults, strict=True)
    ]
    if len(call.args) > len(row.arguments) or unknown or None in numbers:
        raise PriorError(f"`{text}`: {row.name} takes ({', '.join(row.arguments)})")
    return prior_of(row.name, tuple(numbers), False)


def _known(name: str) -> Distribution:
    if name not in DISTRIBUTIONS:
        raise PriorError(f"`{name}` is not a prior distribution" + did_you_mean(name, DISTRIBUTIONS))
    return DISTRIBUTIONS[name]


def _parse_call(text: str) -> ast.Call | None:
    if not text.strip():
        return None
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # text that Python cannot encode or nest so deep
        node = None
    if not isinstance(node, ast.Call):
        raise PriorError(f'`{text}` is not a prior; write for example "normal(0, 2.5)", or "" for a flat one')
    return node


OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def _number(node: ast.expr, text: str) -> float:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand, text)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATIONS:
            try:
                return float(OPERATIONS[type(op)](_number(left, text), _number(right, text)))
            except (ArithmeticError, TypeError) as error:
                raise PriorError(f"`{text}`: `{ast.unparse(node)}` has no value") from error
    raise PriorError(f"`{text}`: `{ast.unparse(node)}` is not a number")
