"""R code evaluated on data: a walk over the tree with a table of R functions, never Python's `eval`."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stanmlm.contrasts import CONTRASTS, SHORT_NAMES
from stanmlm.dialects import call_elsewhere, name_elsewhere
from stanmlm.errors import DataError, FormulaError, StanmlmError, did_you_mean
from stanmlm.rcode import Node
from stanmlm.rfunctions import FUNCTIONS
from stanmlm.rfunctions.matching import invoke
from stanmlm.rparse import string_value
from stanmlm.rvalues import (
    CODED,
    FACTORS,
    NULL,
    Value,
    as_character,
    as_series,
    as_value,
    double,
    length,
    logical,
    strings,
)
from stanmlm.spellings import call_in_r, name_in_r


@dataclass(frozen=True)
class Scope:
    """Where the names of R code are looked up: the data first, then the caller's variables."""

    data: Mapping[str, Value]  # columns by name
    caller: Mapping[str, object]
    text: str = ""  # the code, for carets
    known: tuple[str, ...] = ()  # all column names, for suggestions
    wanted: frozenset[str] = frozenset()  # names that the code takes from the caller


def evaluate(node: Node, scope: Scope, state: Mapping[str, object] | None = None) -> Value:
    """The value of R code.

    Parameters
    ----------
    node
        The code.
    scope
        Columns of the data, and the caller's variables. A dotted name that the data lack is looked up in the caller's
        scope with underscores.
    state
        What the outermost call remembered when it saw the data first (`Value.state`): scale, poly, bs, ns and cut
        apply it in place of learning anew, as R's `makepredictcall` has it. Calls inside others learn anew, as in R.

    Returns
    -------
    Value
        With `state` set where the outermost call learns from its argument.

    Raises
    ------
    FormulaError
        With a caret under the name or the call that failed.

    Examples
    --------
    >>> from stanmlm.rparse import parse_expression
    >>> from stanmlm.rvalues import double
    >>> evaluate(parse_expression("log(x, base = 2) + 1"), Scope({"x": double([1, 8])}, {})).data.tolist()
    [1.0, 4.0]
    """
    try:
        return _KINDS[node.kind](node, scope, state)
    except FormulaError:
        raise
    except StanmlmError as error:
        raise FormulaError(str(error), scope.text, node.start, node.stop) from error


def _name(node: Node, scope: Scope, state: object) -> Value:
    name = node.text
    if name in scope.data:
        return scope.data[name]
    for spelling in (name, name.replace(".", "_")):
        if spelling in scope.caller:
            return as_value(scope.caller[spelling], spelling)
    if name in R_VARIABLES:
        return R_VARIABLES[name]
    if name in FUNCTIONS or name in CONTRASTS:
        return Value("closure", np.zeros(1), (name,))
    raise DataError(missing_variable(name, scope))


def missing_variable(name: str, scope: Scope) -> str:
    """What to say of a name that nothing answers to."""
    if not (scope.known or scope.data):
        return f"`{name}` is not a variable in scope; pass data=, or define `{name.replace('.', '_')}` first"
    near = name_elsewhere(name) or name_in_r(name, scope.known, scope.caller)
    near = near or did_you_mean(name, scope.known or scope.data)
    return f"`{name}` is not a column of the data, nor a variable in scope{near}"


def _number(node: Node, scope: Scope, state: object) -> Value:
    if node.text.endswith("L"):
        return Value("integer", np.array([float(node.text[:-1])]))
    return double([float(node.text)])


def _string(node: Node, scope: Scope, state: object) -> Value:
    return strings([string_value(node)])


def _constant(node: Node, scope: Scope, state: object) -> Value:
    return R_CONSTANTS[node.text]


def _empty(node: Node, scope: Scope, state: object) -> Value:
    return NULL


def _call(node: Node, scope: Scope, state: Mapping[str, object] | None) -> Value:
    name = node.text.rpartition("::")[2]
    try:
        return FORMS[name](node, scope) if name in FORMS else _call_function(name, node, scope, state)
    except StanmlmError:
        raise
    except Exception as error:
        raise DataError(f"{name}() failed: {error}") from error


def _call_function(name: str, node: Node, scope: Scope, state: Mapping[str, object] | None) -> Value:
    arguments = [(label, evaluate(argument, scope)) for label, argument in node.args]
    function = FUNCTIONS.get(name)
    if function is None:
        return _call_python(name, node, arguments, scope)
    if state is not None:
        function = replace(function, call=_with_state(function.call, state))
    return invoke(function, arguments)


def _with_state(call: Callable[..., Value], state: Mapping[str, object]) -> Callable[..., Value]:
    def apply(*args: Value, **named: Value) -> Value:
        return call(*args, **named, state=state)

    return apply


def _call_python(name: str, node: Node, arguments: list[tuple[str, Value]], scope: Scope) -> Value:
    """A function of the caller's: it sees arrays, categoricals and plain scalars."""
    function = next((scope.caller[s] for s in (name, name.replace(".", "_")) if callable(scope.caller.get(s))), None)
    if not callable(function):
        elsewhere = call_elsewhere(name) or call_in_r(node, scope.known, scope.caller)
        raise DataError(elsewhere or f'could not find function "{name}"{_near_function(name)}')
    placed = [_to_python(value) for label, value in arguments if not label]
    named = {label.replace(".", "_"): _to_python(value) for label, value in arguments if label}
    return as_value(function(*placed, **named), name)


def _near_function(name: str) -> str:
    near = difflib.get_close_matches(name, [known for known in FUNCTIONS if known[0].isalpha()], n=1)
    return f"; did you mean `{near[0]}`?" if near else "; a Python function of that name in scope would be called"


def _to_python(value: Value) -> object:
    if value.type == "null":
        return None
    if value.data.ndim == 2:
        return value.data
    if length(value) == 1 and value.type not in FACTORS:
        return as_character(value).levels[0] if value.type in CODED else value.data[0].item()
    plain = as_series(value, pd.RangeIndex(length(value)))
    return plain if value.type in FACTORS else plain.to_numpy()


def _dollar(node: Node, scope: Scope) -> Value:
    """`frame$column`, of a data frame in the caller's scope."""
    (_, owner), (_, column) = node.args
    frame = scope.caller.get(owner.text)
    if owner.kind != "name" or owner.text in scope.data or not isinstance(frame, pd.DataFrame):
        raise DataError("$ operator is invalid for atomic vectors: its left must be a data frame in scope")
    name = string_value(column) if column.kind == "string" else column.text
    if name not in frame.columns:
        raise DataError(f"`{owner.text}` has no column `{name}`{did_you_mean(name, map(str, frame.columns))}")
    return as_value(frame[name], name)


def _cbind(node: Node, scope: Scope) -> Value:
    """Columns take the names of the arguments, or the variables that stand there by themselves."""
    arguments = []
    for label, argument in node.args:
        value = evaluate(argument, scope)
        name = label or (argument.text if argument.kind == "name" else "")
        arguments.append(("", replace(value, columns=(name,)) if name and value.data.ndim == 1 else value))
    return invoke(FUNCTIONS["cbind"], arguments)


def _contrast_code(node: Node, scope: Scope) -> Value:
    """C(f, sum): the symbol names contrasts, whatever else it may name."""
    arguments = [
        (label, strings([SHORT_NAMES[argument.text]]) if k and _is_short(argument) else evaluate(argument, scope))
        for k, (label, argument) in enumerate(node.args)
    ]
    return invoke(FUNCTIONS["C"], arguments)


def _is_short(argument: Node) -> bool:
    return argument.kind == "name" and argument.text in SHORT_NAMES


def _trials(node: Node, scope: Scope) -> Value:
    """The response `y | trials(n)`: successes beside trials."""
    return invoke(FUNCTIONS["cbind"], [("", evaluate(argument, scope)) for _, argument in node.args])


Evaluator = Callable[[Node, Scope, Mapping[str, object] | None], Value]
_KINDS: dict[str, Evaluator] = {
    "name": _name,
    "number": _number,
    "string": _string,
    "constant": _constant,
    "empty": _empty,
    "call": _call,
}
FORMS: dict[str, Callable[[Node, Scope], Value]] = {
    "$": _dollar,
    "cbind": _cbind,
    "C": _contrast_code,
    "trials": _trials,
}
R_CONSTANTS: dict[str, Value] = {
    "TRUE": logical([True]),
    "FALSE": logical([False]),
    "NA": logical([np.nan]),
    "NA_integer_": Value("integer", np.array([np.nan])),
    "NA_real_": double([np.nan]),
    "NA_character_": strings([None]),
    "NaN": double([np.nan]),
    "Inf": double([np.inf]),
    "NULL": NULL,
}
R_VARIABLES: dict[str, Value] = {"pi": double([np.pi]), "T": R_CONSTANTS["TRUE"], "F": R_CONSTANTS["FALSE"]}
