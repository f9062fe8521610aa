"""The model frame: every variable of the formula evaluated, on the rows that R's `na.action` keeps."""

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Anything, Floats, Ints, constant
from stanmlm.base.dataframes import require_order, to_pandas
from stanmlm.base.errors import DataError, FormulaError, OptionError, StanmlmWarning, did_you_mean
from stanmlm.data.additions import ITEMS, OF_THRESHOLDS, SUBSET, evaluated, lacks_ends, needed, options_of, survival
from stanmlm.data.budget import budgeted
from stanmlm.data.evaluate import learn
from stanmlm.data.foreign_values import as_value
from stanmlm.data.kept_rows import complete_rows, subset_rows
from stanmlm.data.learned import Learned, describe, describe_learned, describe_whole, joined_memory
from stanmlm.data.raw_response import RawResponse
from stanmlm.data.rvalues import (
    CODED,
    FACTORS,
    NUMERIC,
    Value,
    as_factor,
    as_series,
    distinct,
    floats,
    has_missing,
    length,
    take,
    width,
)
from stanmlm.data.scope import Evaluated, Scope
from stanmlm.formula.formula import Expression, Formula, by_parameter
from stanmlm.formula.rcode import Node, names_in
from stanmlm.formula.rparse import parse_expression
from stanmlm.formula.variables import coded_in, texts_of, variables_of

NA_ACTIONS = ("omit", "exclude", "fail", "pass")


@dataclass(frozen=True)
class ModelFrame:
    """R's `model.frame`: N complete rows."""

    variables: pd.DataFrame  # the vectors among `values`, R's names as columns
    values: Mapping[str, Value]  # every variable, matrices such as poly() too, by the label of its expression
    response: RawResponse | None
    weights: Floats | None  # (N,)
    offset: Floats  # (N,) the sum of all offsets; zeros without one
    rows: Ints  # (N,) positions of these rows in the user's data
    index: pd.Index  # (N,) their labels there
    n_data: int  # rows of the user's data after `subset`
    na_action: str  # "omit", "exclude", "fail" or "pass"
    memory: Mapping[str, object]  # JSON: "variables" by label, "columns" and "scope" by name, "offset", "learned"
    data: pd.DataFrame  # the user's data, every row and column as given, with the vectors that come from the scope
    given: pd.Index  # (n_data,) row labels after `subset`
    place: Ints  # (N,) positions of these rows among the `n_data`
    other_offsets: Mapping[str, Floats] = field(default_factory=dict)  # (N,) of other parameters that have one, by name


@budgeted
def model_frame(
    formula: Formula,
    data: object,
    scope: Mapping[str, object],
    weights: object = None,
    subset: object = None,
    na_action: str = "omit",
    offset: object = None,
) -> ModelFrame:
    """R's model frame: calls are evaluated on all rows, then `subset`, then `na_action`.

    Parameters
    ----------
    formula
        A parsed formula.
    data
        A data frame (pandas, polars, Arrow, anything that Narwhals reads), a dict of columns, or None.
    scope
        The caller's variables, for names that the data lack.
    weights, offset
        Numbers, one a row; the name of a column; or R code on the data, `"log(exposure)"`.
    subset
        Truth values, or positions counted from 0; a string is R code, `"year == 2000"`.
    na_action
        "omit" drops rows with missing values, "exclude" drops them and pads fitted values later, "fail" refuses
        them, "pass" keeps them.

    Raises
    ------
    FormulaError
        With a caret, for unknown names, calls that fail, and variables of different lengths.
    DataError
        For duplicated columns, missing values under "fail", and when no row is left.

    Examples
    --------
    >>> import pandas as pd
    >>> from stanmlm.formula.formula import parse_formula
    >>> data = pd.DataFrame({"y": [1.0, 2.0, 3.0], "x": [0.5, None, 2.5]})
    >>> model_frame(parse_formula("y ~ scale(x)", tuple(data)), data, {}).rows.tolist()
    [0, 2]
    """
    if na_action not in NA_ACTIONS:
        raise OptionError(f"na_action is `{na_action}`{did_you_mean(na_action, NA_ACTIONS)}")
    table = to_pandas(data)
    extras = [_extra("weights", weights, table), _extra("subset", subset, table), _extra("offset", offset, table)]
    expressions, texts = list(variables_of(formula)), texts_of(formula)
    nodes = [*(e.node for e in (*expressions, *_added(formula))), *(x.code for x in extras if x.code)]
    place = scope_of(nodes, table, scope, formula.text)
    _say_other_case(place)
    values, given, learned, n = _evaluated(expressions, extras, place, texts, table)
    added = evaluated(formula, lambda e: learn(e.node, place).value, n)
    everything = np.arange(n)
    chosen = subset_rows(given.pop("(subset)", None), subset, everything)
    chosen = _used(added, chosen)
    index = _row_labels(table, n)
    kept = complete_rows(_needed(formula, values, added) | given, chosen, na_action, index)
    whole = kept is everything
    final = _final(values if whole else {label: take(value, kept) for label, value in values.items()}, formula, added)
    labels = index if whole else index[kept]
    offsets = [final[o.label] for o in formula.offsets] + _some([given.get("(offset)")], kept, whole)
    weights = _some([given.get("(weights)")], kept, whole)
    return ModelFrame(
        variables=_columns(expressions, final, labels, table if whole and table is not None else pd.DataFrame()),
        values=final,
        response=_response(formula, final, added, kept, whole),
        weights=floats(weights[0]) if weights else None,
        offset=total_offset(offsets, len(kept)),
        rows=kept,
        index=labels,
        n_data=len(chosen),
        na_action=na_action,
        memory=_memory(formula, final, place, n, offset, learned),
        data=_whole_data(place, table, n),
        given=index if chosen is everything else index[chosen],
        place=everything if whole else np.flatnonzero(np.isin(chosen, kept)),
        other_offsets={
            dpar: total_offset([final[o.label] for o in other.offsets], len(kept))
            for dpar, other in formula.others
            if other.offsets
        },
    )


def _added(formula: Formula) -> list[Expression]:
    """The arguments of what is added to the response."""
    return [e for one in formula.additions for _, e in one.arguments]


def _needed(formula: Formula, values: Mapping[str, Value], added: Mapping[str, Value]) -> dict[str, Value]:
    """What rows must have: of a censored response without ends, what was added to it."""
    y = formula.response.label if formula.response else ""
    told = {label: value for label, value in values.items() if label != y or not lacks_ends(formula)}
    return told | needed(added, values.get(y))


def _some(values: list[Value | None], kept: Ints, whole: bool) -> list[Value]:
    """The rows kept of those values that there are."""
    return [value if whole else take(value, kept) for value in values if value is not None]


def scope_of(
    nodes: list[Node],
    table: pd.DataFrame | None,
    caller: Mapping[str, object],
    text: str,
    learned: Learned | None = None,
) -> Scope:
    """Where R code looks names up; only the columns that it names are read, and `learned` tells that they are new."""
    names = frozenset[str]().union(*map(names_in, nodes))
    known = () if table is None else tuple(table.columns)
    data = {} if table is None else {name: as_value(table[name], name) for name in known if name in names}
    free = names - data.keys()
    wanted = free | {name.replace(".", "_") for name in free}
    return Scope(data, caller, text, known, wanted, None if table is None else len(table), learned)


def _say_other_case(place: Scope) -> None:
    """A variable of the scope is taken though a column differs from its name in upper and lower case alone."""
    columns = {column.casefold(): column for column in place.known}
    for name in sorted(place.wanted & place.caller.keys()):
        if column := columns.get(name.casefold()):
            message = f"`{name}` is taken from your variables: the data have no such column, but they have `{column}`"
            warnings.warn(StanmlmWarning(message), stacklevel=2)


@dataclass(frozen=True)
class _Extra:
    """An argument of a verb: numbers, or R code on the data."""

    name: str
    thing: object
    code: Node | None
    text: str


def _extra(name: str, thing: object, table: pd.DataFrame | None) -> _Extra:
    if not isinstance(thing, str):
        require_order(name, thing, None if table is None else table.index)
        return _Extra(name, thing, None, "")
    if table is not None and thing in table.columns:
        return _Extra(name, thing, Node("name", thing), "")
    return _Extra(name, thing, parse_expression(thing), thing)


def _extra_value(extra: _Extra, place: Scope, n: int) -> Evaluated:
    made = (
        Evaluated(as_value(extra.thing, extra.name), True)
        if extra.code is None
        else learn(extra.code, replace(place, text=extra.text))
    )
    if extra.name == "subset":
        return made
    value = made.value
    if value.type not in NUMERIC:
        raise DataError(f"{extra.name} must be numbers, not a {value.type}")
    if length(value) != n:
        raise DataError(f"variable lengths differ: {extra.name} has {length(value)} values for {n} rows")
    return replace(made, value=replace(value, data=value.data.reshape(n)))


def _evaluated(
    expressions: list[Expression],
    extras: list[_Extra],
    place: Scope,
    texts: Mapping[str, str],
    table: pd.DataFrame | None,
) -> tuple[dict[str, Value], dict[str, Value], Learned, int]:
    """The values of variables and of the arguments beside them, on all rows; what they have learned; how many rows."""
    made = {e.label: _variable(e, replace(place, text=texts[e.label])) for e in expressions}
    values = {label: variable.value for label, variable in made.items()}
    n = _common_rows(expressions, values, table, texts)
    others = {f"({x.name})": _extra_value(x, place, n) for x in extras if x.thing is not None}
    learned = joined_memory([one.learned for one in (*made.values(), *others.values())])
    return values, {name: other.value for name, other in others.items()}, learned, n


def _variable(expression: Expression, place: Scope) -> Evaluated:
    made = learn(expression.node, place)
    type_ = made.value.type
    if type_ in ("closure", "null"):
        kind = "function" if type_ == "closure" else "NULL"
        raise _at(expression, place.text, f"invalid type ({type_}) for variable '{expression.label}': it is a {kind}")
    return made


def _at(expression: Expression, text: str, message: str) -> FormulaError:
    return FormulaError(message, text, expression.node.start, expression.node.stop)


def _common_rows(
    expressions: list[Expression], values: Mapping[str, Value], table: pd.DataFrame | None, texts: Mapping[str, str]
) -> int:
    """The number of rows of the first variable, which all others must have."""
    if not expressions:
        if table is None:
            raise DataError("a formula without variables needs data=")
        return len(table)
    first = expressions[0]
    n = length(values[first.label])
    for e in expressions:
        if length(values[e.label]) != n:
            raise _at(e, texts[e.label], f"variable lengths differ (found for '{e.label}'): it has "
                      f"{length(values[e.label])} values, '{first.label}' has {n}")  # fmt: skip
    return n


def _row_labels(table: pd.DataFrame | None, n: int) -> pd.Index:
    return table.index if table is not None and len(table) == n else pd.RangeIndex(n)


def _final(values: Mapping[str, Value], formula: Formula, added: Collection[str]) -> dict[str, Value]:
    """Factors with the levels that are used; all levels of a response whose number of categories is told."""
    told = formula.response.label if formula.response and set(added) & {*OF_THRESHOLDS} else None
    return {label: value if label == told else _used_levels(value, label) for label, value in values.items()}


def _used_levels(value: Value, label: str) -> Value:
    """Levels that no row has are gone, and with them the factor's own contrasts, as in R."""
    if value.type not in FACTORS:
        return value
    used = distinct(value)
    if used is value or value.contrasts is None:
        return used
    warnings.warn(f"contrasts dropped from factor {label} due to missing levels", StanmlmWarning, stacklevel=2)
    return replace(used, contrasts=None)


def _columns(
    expressions: list[Expression], values: Mapping[str, Value], index: pd.Index, own: pd.DataFrame
) -> pd.DataFrame:
    """Vectors as pandas columns; strings that are a column of the user's `own` stay that."""
    vectors = {}
    for e in expressions:
        name, value = e.node.text if e.node.kind == "name" else e.label, values[e.label]
        if value.type == "character" and e.node.kind == "name" and name in own:
            vectors[name] = own[name]
        elif width(value) == 1:
            vectors[name] = as_series(replace(value, data=value.data.reshape(len(value.data))), index)
    return pd.DataFrame(vectors, index=index, copy=False)


def _used(added: Mapping[str, Value], chosen: Ints) -> Ints:
    """The chosen rows that brms's `subset()` keeps."""
    if "subset" not in added:
        return chosen
    used = np.nan_to_num(floats(added["subset"])) != 0
    if not used[chosen].any():
        raise DataError(f"0 (non-NA) cases: subset() keeps none of the {len(chosen)} rows")
    return np.asarray(chosen[used[chosen]])


def _response(
    formula: Formula, values: Mapping[str, Value], added: Mapping[str, Value], kept: Ints, whole: bool
) -> RawResponse | None:
    """The response with what is added to it, on the rows kept."""
    if formula.response is None:
        return None
    read = _outcome(formula.response, values[formula.response.label])
    own = {name: value for name, value in added.items() if name not in (SUBSET, ITEMS)}
    numbers = {name: floats(value if whole else take(value, kept)) for name, value in own.items()}
    y, rest = survival(formula, read.values, numbers)
    return replace(read, values=y, added=rest, options=options_of(formula)) if formula.additions else read


def _outcome(expression: Expression, value: Value) -> RawResponse:
    label = expression.node.text if expression.node.kind == "name" else expression.label
    if width(value) > 1:
        return RawResponse(label, "cbind", value.data, value.columns)
    flat: Anything = value.data.reshape(len(value.data))
    if value.type in CODED:
        coded = as_factor(value)
        return RawResponse(label, "factor", coded.data, coded.levels, ordered=value.type == "ordered")
    if value.type == "logical":
        return RawResponse(label, "logical", flat if has_missing(value) else flat.astype(bool))
    return RawResponse(label, "numeric", floats(replace(value, data=flat)))


def total_offset(offsets: list[Value], n: int) -> Floats:
    """The sum of offsets, (n,); zeros that take no memory without one.

    Raises
    ------
    DataError
        For an offset that is no column of numbers.
    """
    if not offsets:
        return constant(0.0, n)
    total = np.zeros(n)
    for value in offsets:
        if value.type not in NUMERIC or width(value) > 1:
            raise DataError("an offset must be one column of numbers")
        total += floats(value).reshape(n)
    return total


def _whole_data(place: Scope, table: pd.DataFrame | None, n: int) -> pd.DataFrame:
    """The data with the caller's vectors of n values, under the names that the formula has for them."""
    whole = pd.DataFrame(index=_row_labels(table, n)) if table is None else table
    if len(whole) != n:
        return whole
    taken = {name: _from_caller(place, name) for name in sorted(place.wanted - set(whole.columns))}
    values = {name: as_value(thing, name) for name, thing in taken.items() if thing is not None}
    vectors = {name: v for name, v in values.items() if v.type != "closure" and v.data.ndim == 1 and length(v) == n}
    return whole.assign(**{name: as_series(value, whole.index) for name, value in vectors.items()})


def _from_caller(place: Scope, name: str) -> object:
    """A dotted name is the caller's with underscores where it has no other; whole frames are no vectors."""
    thing = place.caller.get(name, place.caller.get(name.replace(".", "_")))
    return None if isinstance(thing, pd.DataFrame) else thing


def _memory(
    formula: Formula, values: Mapping[str, Value], place: Scope, n: int, offset: object, learned: Learned
) -> Mapping[str, object]:
    """What new data will need; of the caller's variables, those that are not one a row."""
    coded = {e.label for one in by_parameter(formula).values() for e in coded_in(one)}
    taken = {name: place.caller[name] for name in place.wanted if name in place.caller}
    plain = {name: as_value(thing, name) for name, thing in taken.items() if not isinstance(thing, pd.DataFrame)}
    constants = {name: value for name, value in plain.items() if value.type != "closure" and length(value) != n}
    return {
        "variables": {label: describe(value, label in coded) for label, value in values.items()},
        "columns": {name: describe(value, value.type in FACTORS) for name, value in place.data.items()},
        "scope": {name: describe_whole(value) for name, value in constants.items()},
        "offset": offset if isinstance(offset, str) else None,
        "learned": describe_learned(learned),
    }
