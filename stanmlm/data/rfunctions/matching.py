"""R's argument matching (exact names, then partial names, then places), and what a function does with rows."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stanmlm.base.errors import DataError, StanmlmError
from stanmlm.data.budget import spend
from stanmlm.data.rfunctions.single import described
from stanmlm.data.rvalues import Value, length

Arguments = Sequence[tuple[str, Value]]  # (name or "", value)

# What the rows of a value have to do with the rows of the arguments:
EACH = "each"  # each belongs to its own: x + 1; shorter vectors are recycled along them
LOOKUP = "lookup"  # likewise, but other vectors are parameters: x %in% c(1, 2)
PICK = "pick"  # chosen rows: x[g == "a"], or one for all: x[1]
ALL = "all"  # one value of all of them: mean(x)
OTHERS = "others"  # each depends on the others, or on where it stands: order(x), cumsum(x)
LEARNS = "learns"  # each belongs to its own, given a state that was learned from all: scale(x)


@dataclass(frozen=True)
class RFunction:
    """A Python function with R's formals: `na_rm` is `na.rm`, `from_` is `from`, `*args` is `...`."""

    name: str
    call: Callable[..., Value]
    formals: tuple[str, ...]  # those that may be matched by place, by Python's names
    after_dots: tuple[str, ...]  # those that only their full name matches
    required: frozenset[str]
    dots: bool
    rows: str = EACH


def rfunction(name: str, call: Callable[..., Value], rows: str = EACH) -> RFunction:
    """The record of a Python function whose parameters are R's; one with a `state` learns."""
    signature = inspect.signature(call).parameters
    parameters = [parameter for parameter in signature.values() if parameter.name != STATE]
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    return RFunction(
        name=name,
        call=call,
        formals=tuple(p.name for p in positional),
        after_dots=tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY),
        required=frozenset(p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_POSITIONAL),
        dots=any(p.kind is p.VAR_POSITIONAL for p in parameters),
        rows=LEARNS if STATE in signature else rows,
    )


STATE = "state"  # the parameter that takes what a function learned before


def table(functions: Mapping[str, Any], rows: str = EACH) -> dict[str, RFunction]:
    """Records of Python functions by R's name."""
    return {name: rfunction(name, call, rows) for name, call in functions.items()}


def invoke(function: RFunction, arguments: Arguments, state: object = None) -> Value:
    """The function's value at arguments matched as R matches them, given what it learned before.

    Raises
    ------
    DataError
        For an argument that matches nothing, and for a formal without default that nothing matches.
    """
    named, rest = _match_names(function, [(_python(name), value) for name, value in arguments])
    free = [formal for formal in function.formals if formal not in named]
    placed = dict(zip(free, rest, strict=False))
    surplus = rest[len(placed) :]
    if surplus and not function.dots:
        raise DataError(f"unused argument in {function.name}(): it takes {_signature(function)}")
    for formal in function.formals + function.after_dots:
        if formal in function.required and formal not in named and formal not in placed:
            raise DataError(f'argument "{_r(formal)}" of {function.name}() is missing, with no default')
    bound: dict[str, Any] = placed | named | ({} if state is None else {STATE: state})
    first = [bound.pop(formal) for formal in function.formals] if surplus else []
    return _called(function, [*first, *surplus], bound)


def _called(function: RFunction, placed: list[Value], named: Mapping[str, Any]) -> Value:
    """What the function makes; where it fails on what no check of its own has refused, its arguments are named."""
    values = [value for value in (*placed, *named.values()) if isinstance(value, Value)]
    for value in values:
        spend(value.data.size, rows=length(value))
    try:
        with np.errstate(all="ignore"):
            return function.call(*placed, **named)
    except DataError as error:
        raise DataError(_with_name(function.name, str(error))) from error
    except StanmlmError:
        raise
    except Exception as error:
        given = ", ".join(map(described, values)) or "no arguments"
        raise DataError(f"{function.name}() has no value for what it was given: {given}") from error


def _with_name(name: str, message: str) -> str:
    """An error names the call, in which a caret may point far from where it stands."""
    return message if name in message or not name[0].isalpha() else f"{name}(): {message}"


def _match_names(function: RFunction, arguments: list[tuple[str, Value]]) -> tuple[dict[str, Value], list[Value]]:
    named: dict[str, Value] = {}
    rest: list[Value] = []
    exact = {name for name, _ in arguments if name in function.formals + function.after_dots}
    for name, value in arguments:
        formal = name if name in exact else _partial(function, name, exact)
        if not formal and name and not function.dots:
            raise DataError(f"unused argument ({_r(name)}) in {function.name}(): it takes {_signature(function)}")
        if formal in named:
            raise DataError(f'formal argument "{_r(formal)}" of {function.name}() is matched by several arguments')
        if formal:
            named[formal] = value
        else:
            rest.append(value)
    return named, rest


def _partial(function: RFunction, name: str, taken: set[str]) -> str:
    near = [formal for formal in function.formals if name and formal.startswith(name) and formal not in taken]
    if len(near) > 1:
        raise DataError(f"argument `{_r(name)}` of {function.name}() matches several: {', '.join(map(_r, near))}")
    return near[0] if near else ""


def _python(name: str) -> str:
    """R's name of an argument as the Python parameter: dots are underscores."""
    plain = name.replace(".", "_")
    return PYTHON_KEYWORDS.get(plain, plain)


PYTHON_KEYWORDS = {"from": "from_", "lambda": "lambda_"}


def _r(formal: str) -> str:
    return formal if formal in UNDERSCORED else formal.rstrip("_").replace("_", ".")


UNDERSCORED = ("ordered_result",)


def _signature(function: RFunction) -> str:
    formals = [_r(f) for f in function.formals] + ["..."] * function.dots + [_r(f) for f in function.after_dots]
    return ", ".join(formals) or "no arguments"
