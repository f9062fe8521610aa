"""R code evaluated on data: a walk over the tree with a table of R functions, never Python's `eval`."""

import difflib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stanmlm.base.dialects import call_elsewhere, name_elsewhere
from stanmlm.base.errors import DataError, FormulaError, StanmlmError, StanmlmWarning, did_you_mean
from stanmlm.data.contrasts import CONTRASTS, SHORT_NAMES
from stanmlm.data.foreign_values import as_value
from stanmlm.data.learned import NOTHING, Learned, describe_whole, joined_memory, recall_whole, with_known
from stanmlm.data.python_calls import agrees, call_python, function_of, sample
from stanmlm.data.rfunctions import FUNCTIONS
from stanmlm.data.rfunctions.matching import ALL, EACH, LEARNS, LOOKUP, OTHERS, PICK, RFunction, invoke
from stanmlm.data.rvalues import FACTORS, NULL, Value, double, length, logical, strings
from stanmlm.data.scope import Evaluated, Scope, is_by_row
from stanmlm.data.spellings import call_in_r, name_in_r
from stanmlm.formula.rcode import Node, fold, operands
from stanmlm.formula.rparse import string_value
from stanmlm.formula.rtext import label


def evaluate(node: Node, scope: Scope) -> Value:
    """The value of R code.

    Parameters
    ----------
    node
        The code.
    scope
        Columns of the data, and the caller's variables. A dotted name that the data lack is looked up in the caller's
        scope with underscores.

    Raises
    ------
    FormulaError
        With a caret under the name or the call that failed.

    Examples
    --------
    >>> from stanmlm.formula.rparse import parse_expression
    >>> from stanmlm.data.rvalues import double
    >>> evaluate(parse_expression("log(x, base = 2) + 1"), Scope({"x": double([1, 8])}, {})).data.tolist()
    [1.0, 4.0]
    """
    return learn(node, scope).value


def learn(node: Node, scope: Scope) -> Evaluated:
    """The value of R code, and what its calls learn from all rows, which new data must be told.

    Calls such as `scale(x)`, `poly(x, 2)`, `mean(x)` or `factor(s)` remember at any depth, where R's `makepredictcall`
    knows the outermost call alone: a row of new data has the value that it would have had among the fitted ones. What
    cannot be remembered, `cumsum(x)` say, is computed anew in new data with a warning.

    Raises
    ------
    FormulaError
        With a caret under the name or the call that failed.

    Examples
    --------
    >>> from stanmlm.formula.rparse import parse_expression
    >>> from stanmlm.data.rvalues import double
    >>> code = parse_expression("exp(x - mean(x))")
    >>> learned = learn(code, Scope({"x": double([1.0, 3.0])}, {})).learned
    >>> evaluate(code, Scope({"x": double([2.0])}, {}, learned=learned)).data.tolist()
    [1.0]
    """
    try:
        return _KINDS[node.kind](node, scope)
    except FormulaError:
        raise
    except StanmlmError as error:
        raise FormulaError(str(error), scope.text, node.start, node.stop) from error


def _name(node: Node, scope: Scope) -> Evaluated:
    name = node.text
    if name in scope.data:
        return Evaluated(scope.data[name], True)
    for spelling in (name, name.replace(".", "_")):
        if spelling in scope.caller:
            value = as_value(scope.caller[spelling], spelling)
            return Evaluated(value, is_by_row(value, scope))
    if name in R_VARIABLES:
        return Evaluated(R_VARIABLES[name], False)
    if name in FUNCTIONS or name in CONTRASTS:
        return Evaluated(Value("closure", np.zeros(1), (name,)), False)
    raise DataError(missing_variable(name, scope))


def missing_variable(name: str, scope: Scope) -> str:
    """What to say of a name that nothing answers to."""
    if not (scope.known or scope.data):
        return f"`{name}` is not a variable in scope; pass data=, or define `{name.replace('.', '_')}` first"
    near = name_elsewhere(name) or name_in_r(name, scope.known, scope.caller)
    near = near or did_you_mean(name, scope.known or scope.data)
    return f"`{name}` is not a column of the data, nor a variable in scope{near}"


def _number(node: Node, scope: Scope) -> Evaluated:
    if node.text.endswith("L"):
        return Evaluated(Value("integer", np.array([float(node.text[:-1])])), False)
    return Evaluated(double([float(node.text)]), False)


def _string(node: Node, scope: Scope) -> Evaluated:
    return Evaluated(strings([string_value(node)]), False)


def _constant(node: Node, scope: Scope) -> Evaluated:
    return Evaluated(R_CONSTANTS[node.text], False)


def _empty(node: Node, scope: Scope) -> Evaluated:
    return Evaluated(NULL, False)


def _call(node: Node, scope: Scope) -> Evaluated:
    name = called(node)
    try:
        if name == "$":
            return _dollar(node, scope)
        function = FUNCTIONS.get(name)
        return _USES[function.rows](function, node, scope) if function else _python(name, node, scope)
    except StanmlmError:
        raise
    except Exception as error:
        raise DataError(f"{name}() failed: {error}") from error


def called(node: Node) -> str:
    """The name of the function that a call calls, without its package."""
    return node.text.rpartition("::")[2]


def python_functions(node: Node) -> frozenset[str]:
    """The names of the functions that only the caller's scope can have."""

    def named(part: Node, below: list[frozenset[str]]) -> frozenset[str]:
        name = called(part) if part.kind == "call" else "$"
        own = frozenset({name} - FUNCTIONS.keys() - {"$", "~", "|"})
        return own.union(*below)

    return fold(node, operands, named)


@dataclass(frozen=True)
class _Given:
    """The arguments of a call."""

    named: list[tuple[str, Value]]  # name or "", value
    by_row: list[bool]
    learned: Learned

    @property
    def rows(self) -> int:
        """The most rows that one of them has; 0 where none belongs to rows."""
        pairs = zip(self.named, self.by_row, strict=True)
        return max((length(value) for (_, value), by_row in pairs if by_row), default=0)


def _arguments(node: Node, scope: Scope) -> _Given:
    name = called(node)
    parts = [
        _READ.get(name, _argument)(place, written, argument, scope)
        for place, (written, argument) in enumerate(node.args)
    ]
    made = [part for _, part in parts]
    named = [(written, part.value) for written, part in parts]
    return _Given(named, [part.by_row for part in made], joined_memory([part.learned for part in made]))


def _argument(place: int, written: str, node: Node, scope: Scope) -> tuple[str, Evaluated]:
    """A factor that a call makes keeps its levels, as a column does: their codes may count."""
    made = learn(node, scope)
    if node.kind != "call" or not made.by_row or made.value.type not in FACTORS:
        return written, made
    code, value = label(node), made.value
    if scope.learned is None:
        return written, replace(made, learned=joined_memory([made.learned, Learned(levels={code: list(value.levels)})]))
    known = scope.learned.levels.get(code)
    return written, made if known is None else replace(made, value=with_known(value, tuple(known), value.type))


def _each(function: RFunction, node: Node, scope: Scope) -> Evaluated:
    if function.name[0].isalpha() and (known := _remembered(node, scope)):
        return known
    given = _arguments(node, scope)
    if scope.learned is not None and given.rows and _recycles(function, given):
        warn_anew(node, "recycles a vector along the rows")
    value = invoke(function, given.named)
    if length(value) < given.rows:  # paste(s, collapse = "")
        return _for_all(value, given, node, scope)
    return Evaluated(value, given.rows > 0, given.learned)


def _recycles(function: RFunction, given: _Given) -> bool:
    pairs = zip(given.named, given.by_row, strict=True)
    return function.rows == EACH and any(not by_row and length(value) > 1 for (_, value), by_row in pairs)


def _for_all(value: Value, given: _Given, node: Node, scope: Scope) -> Evaluated:
    """One value for all rows, which new data take as it was."""
    if not given.rows:
        return Evaluated(value, False, given.learned)
    if scope.learned is None:
        return Evaluated(value, False, Learned(values={label(node): describe_whole(value)}))
    warn_anew(node, "sums up all rows")
    return Evaluated(value, False)


def _remembered(node: Node, scope: Scope) -> Evaluated | None:
    if scope.learned is None or not scope.learned.values:
        return None
    kept = scope.learned.values.get(label(node))
    return None if kept is None else Evaluated(recall_whole(kept), False)


def _all(function: RFunction, node: Node, scope: Scope) -> Evaluated:
    if known := _remembered(node, scope):
        return known
    given = _arguments(node, scope)
    return _for_all(invoke(function, given.named), given, node, scope)


def _pick(function: RFunction, node: Node, scope: Scope) -> Evaluated:
    """Rows by an index that has a row for each, all rows of a matrix, or elements that are the same for all."""
    if known := _remembered(node, scope):
        return known
    given = _arguments(node, scope)
    value = invoke(function, given.named)
    all_rows = len(given.named) == 3 and given.named[1][1].type == "null"
    if all_rows or any(given.by_row[1:]):
        return Evaluated(value, given.rows > 0, given.learned)
    return _for_all(value, given, node, scope)


def _others(function: RFunction, node: Node, scope: Scope) -> Evaluated:
    given = _arguments(node, scope)
    if scope.learned is not None and given.rows:
        warn_anew(node, "depends on the other rows and their order")
    value = invoke(function, given.named)
    return Evaluated(value, given.rows > 0, given.learned)


def _learning(function: RFunction, node: Node, scope: Scope) -> Evaluated:
    given = _arguments(node, scope)
    if scope.learned is None:
        value = invoke(function, given.named)
        own = Learned(states={label(node): value.state}) if given.rows and value.state else NOTHING
        return Evaluated(value, given.rows > 0, joined_memory([given.learned, own]))
    state = scope.learned.states.get(label(node))
    value = invoke(function, given.named, state)
    if state is None and given.rows and value.state:
        warn_anew(node, "learns from all rows")
    return Evaluated(value, given.rows > 0)


def warn_anew(node: Node, why: str) -> None:
    """Say that new data get a value of their own where the fitted rows had another."""
    message = (
        f"`{label(node)}` {why}: it is computed anew from the new data, so that a row of the fitted data may not "
        "get its fitted value; make it a column of the data and of the new data"
    )
    warnings.warn(StanmlmWarning(message), stacklevel=2)


def _python(name: str, node: Node, scope: Scope) -> Evaluated:
    """A function of the caller's."""
    if known := _remembered(node, scope):
        return known
    given = _arguments(node, scope)
    function = function_of(name, scope.caller)
    if function is None:
        raise DataError(_no_function(name, node, scope))
    arguments = [(written, value, by_row) for (written, value), by_row in zip(given.named, given.by_row, strict=True)]
    value = call_python(function, name, arguments)
    by_row = length(value) == given.rows or (not given.rows and is_by_row(value, scope))
    if scope.learned is not None:
        kept = scope.learned.samples.get(label(node))
        if kept is not None and not agrees(function, name, kept):  # type: ignore[arg-type]
            warn_anew(node, "gives single rows of the fitted data other values than in the fit, where it saw them all")
        return Evaluated(value, by_row)
    if not by_row:
        return Evaluated(value, False, Learned(values={label(node): describe_whole(value)}))
    own = Learned(samples={label(node): sample(arguments, value)})
    return Evaluated(value, True, joined_memory([given.learned, own]))


def _no_function(name: str, node: Node, scope: Scope) -> str:
    if scope.learned is not None and label(node) in scope.learned.samples:
        return (
            f"the formula calls `{name}`, a Python function, and files keep no functions: "
            f"define `{name}` where load() is called, and load the fit again"
        )
    elsewhere = call_elsewhere(name) or call_in_r(node, scope.known, scope.caller)
    return elsewhere or f'could not find function "{name}"{_near_function(name)}'


# Calls that formulas have and that are no functions of columns.
OF_FORMULAS = ("Surv", "cs", "offset")


def _near_function(name: str) -> str:
    known = [other for other in (*FUNCTIONS, *OF_FORMULAS) if other[0].isalpha() and other != name]
    if name in OF_FORMULAS:
        return f": `{name}()` stands by itself in a formula, as the response or a term"
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean `{near[0]}`?" if near else "; a Python function of that name in scope would be called"


def _dollar(node: Node, scope: Scope) -> Evaluated:
    """`frame$column`, of a data frame in the caller's scope."""
    (_, owner), (_, column) = node.args
    frame = scope.caller.get(owner.text)
    if scope.learned is not None and frame is None:
        raise DataError(f"`{label(node)}` is of the fitted rows; make it a column of the data and of the new data")
    if owner.kind != "name" or owner.text in scope.data or not isinstance(frame, pd.DataFrame):
        raise DataError("$ operator is invalid for atomic vectors: its left must be a data frame in scope")
    name = string_value(column) if column.kind == "string" else column.text
    if name not in frame.columns:
        raise DataError(f"`{owner.text}` has no column `{name}`{did_you_mean(name, map(str, frame.columns))}")
    value = as_value(frame[name], name)
    return Evaluated(value, is_by_row(value, scope))


def _column(place: int, written: str, node: Node, scope: Scope) -> tuple[str, Evaluated]:
    """Columns take the names of the arguments, or the variables that stand there by themselves."""
    _, made = _argument(place, written, node, scope)
    name = written or (node.text if node.kind == "name" else "")
    named = name and made.value.data.ndim == 1
    return "", replace(made, value=replace(made.value, columns=(name,))) if named else made


def _contrast(place: int, written: str, node: Node, scope: Scope) -> tuple[str, Evaluated]:
    """C(f, sum): the symbol names contrasts, whatever else it may name."""
    if place and node.kind == "name" and node.text in SHORT_NAMES:
        return written, Evaluated(strings([SHORT_NAMES[node.text]]), False)
    return _argument(place, written, node, scope)


_KINDS: dict[str, Callable[[Node, Scope], Evaluated]] = {
    "name": _name,
    "number": _number,
    "string": _string,
    "constant": _constant,
    "empty": _empty,
    "call": _call,
}
_USES: dict[str, Callable[[RFunction, Node, Scope], Evaluated]] = {
    EACH: _each,
    LOOKUP: _each,
    PICK: _pick,
    ALL: _all,
    OTHERS: _others,
    LEARNS: _learning,
}
# How calls read their arguments, where that is not as they stand.
_READ: dict[str, Callable[[int, str, Node, Scope], tuple[str, Evaluated]]] = {
    "cbind": _column,
    "C": _contrast,
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
