"""New data in the columns of a fit's design, by what the fit remembers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import cast

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import DataError, FormulaError, did_you_mean
from stanmlm.data.additions import evaluated
from stanmlm.data.budget import budgeted
from stanmlm.data.coding import Contrasts, model_columns
from stanmlm.data.design import Design, GroupTerm, Spec, bars_of, predictors
from stanmlm.data.distinct import Distinct, distinct_rows
from stanmlm.data.evaluate import evaluate, learn, warn_anew
from stanmlm.data.factors import group_factor, match_levels
from stanmlm.data.frame import scope_of, total_offset
from stanmlm.data.learned import (
    Description,
    conform_column,
    conform_variable,
    recall_contrasts,
    recall_learned,
    recall_whole,
)
from stanmlm.data.rvalues import Value, floats, recycle
from stanmlm.data.scope import Scope
from stanmlm.formula.additions import NUMBERED
from stanmlm.formula.formula import Bar, Expression, by_parameter
from stanmlm.formula.rcode import Node, call, is_call, names_in
from stanmlm.formula.rparse import parse_expression
from stanmlm.formula.variables import texts_of, variables_in


@dataclass(frozen=True)
class Encoded:
    """The design of new data."""

    design: Design
    index: pd.Index  # (N,) row labels
    trials: Floats | None  # (N,) of a response `y | trials(n)` or `cbind(s, f)` whose variables the new data have
    added: Mapping[str, Floats]  # (N,) what else responses are distributed by and the new data have: rates, bounds


@budgeted
def encode(
    made: Design,
    newdata: object,
    scope: Mapping[str, object] | None = None,
    groups: Sequence[bool] | None = None,
) -> Encoded:
    """The design of new data, by what the fit remembers: scale, poly, splines, cut points, levels, contrasts.

    Rows with missing values give NaN. New levels of a grouping factor get an index past the fitted ones.

    Parameters
    ----------
    made
        The design of a fit.
    newdata
        Rows with the variables of the formula's right side.
    scope
        The caller's variables, for functions and vectors that the formula takes from there.
    groups
        For each group term whether it is needed; new data may lack the variables of the others, whose index is -1.

    Raises
    ------
    DataError
        For missing columns, unseen levels of a fixed factor, and variables of another type.

    Examples
    --------
    >>> import pandas as pd
    >>> from stanmlm.formula.formula import parse_formula
    >>> from stanmlm.data.design import design
    >>> from stanmlm.data.frame import model_frame
    >>> data = pd.DataFrame({"y": [1.0, 2.0, 4.0], "x": [1.0, 2.0, 3.0], "g": ["a", "b", "b"]})
    >>> formula = parse_formula("y ~ scale(x) + (1 | g)", tuple(data))
    >>> made = design(formula, model_frame(formula, data, {}))
    >>> new = encode(made, pd.DataFrame({"x": [4.0], "g": ["z"]})).design
    >>> new.X.tolist(), new.terms[0].index.tolist(), new.terms[0].labels
    ([[1.0, 2.0]], [2], ('z',))
    """
    assert made.spec is not None
    table = to_pandas(newdata)
    if table is None:
        raise DataError("new data are needed: a data frame with the variables of the formula")
    spec, n = made.spec, len(table)
    needed = [True] * len(made.terms) if groups is None else list(groups)
    every, texts, coding = [bar for _, bar in bars_of(spec.formula)], texts_of(spec.formula), coding_of(spec)
    bars = [every[k] for term, wanted in zip(spec.bars, needed, strict=True) if wanted for k in term]
    formulas = by_parameter(spec.formula)
    coded = variables_in([*(one.fixed for one in formulas.values()), *(bar.left for bar in bars)])
    grouping = list({e.label: e for bar in bars for e in bar.group}.values())
    offsets = {dpar: _offset_nodes(spec, dpar) for dpar in formulas}
    nodes = [e.node for e in (*coded, *grouping)] + [node for some in offsets.values() for node in some]
    place = _new_scope(spec, nodes, table, scope or {})
    made_of = {e.label: _new_variable(e, replace(place, text=texts[e.label]), n) for e in (*coded, *grouping)}
    few = distinct_rows(made_of, n)
    values = {e.label: _known_variable(few.values[e.label], spec, e.label) for e in coded}
    terms = tuple(
        _encode_group(term, [every[k] for k in own], values, few, coding) if wanted else _absent_group(term, few.n)
        for term, own, wanted in zip(made.terms, spec.bars, needed, strict=True)
    )
    location, *others = (
        replace(
            of,
            X=model_columns(formulas[of.dpar].fixed, values, coding, few.n).X[:, of.keep],
            offset=_new_offset(offsets[of.dpar], place, n),
        )
        for of in predictors(made)
    )
    new = replace(
        made,
        X=location.X,
        terms=terms,
        offset=location.offset,
        row=few.row,
        counts=few.counts,
        others=tuple(others),
    )
    added = _new_added(spec, table, scope or {}, n)
    return Encoded(new, table.index, added.pop("trials", None), added)


def _new_scope(spec: Spec, nodes: list[Node], table: pd.DataFrame, caller: Mapping[str, object]) -> Scope:
    """New columns with the fitted levels; names that were columns must be columns again."""
    columns = cast(Mapping[str, Description], spec.memory["columns"])
    names = frozenset[str]().union(*map(names_in, nodes))
    absent = sorted(name for name in names if name in columns and name not in table.columns)
    if absent:
        listed = ", ".join(f"`{name}`" for name in absent)
        raise DataError(f"the new data lack {listed}{did_you_mean(absent[0], table.columns)}")
    constants = cast(Mapping[str, Description], spec.memory["scope"])
    remembered = {name: recall_whole(kept) for name, kept in constants.items()}
    renamed, whole = table.rename(columns=_dotted(names, table)), {**caller, **remembered}
    place = scope_of(nodes, renamed, whole, spec.formula.text, recall_learned(spec.memory))
    data = {name: conform_column(v, columns[name]) if name in columns else v for name, v in place.data.items()}
    return replace(place, data=data)


def _dotted(names: frozenset[str], table: pd.DataFrame) -> Mapping[str, str]:
    """A variable that the fit found in scope, `avg_income` for `avg.income`, may be a column of new data as well."""
    absent = {name.replace(".", "_"): name for name in names if name not in table.columns}
    return {column: absent[column] for column in table.columns if column in absent}


def _known_variable(value: Value, spec: Spec, label: str) -> Value:
    kept = cast(Mapping[str, Description], spec.memory["variables"])[label]
    return conform_variable(value, kept, label)


def _new_variable(expression: Expression, place: Scope, n: int) -> Value:
    made = learn(expression.node, place)
    value = made.value
    if n > 1 and not made.by_row and len(value.data) == n:  # rep(0:1, 30)
        warn_anew(expression.node, "does not depend on a column of the data")
    if len(value.data) != n:
        message = f"variable lengths differ (found for '{expression.label}'): it has {len(value.data)} values"
        node = expression.node
        raise FormulaError(f"{message}, the new data have {n} rows", place.text, node.start, node.stop)
    return value


def coding_of(spec: Spec) -> Contrasts:
    """How the fit coded its factors."""
    kept = cast(Mapping[str, object], spec.memory["contrasts"])
    given = {label: contrast for label, thing in kept.items() if (contrast := recall_contrasts(thing)) is not None}
    unordered, ordered = cast(Sequence[str], spec.memory["default_contrasts"])
    return Contrasts(given, (unordered, ordered))


def _encode_group(
    term: GroupTerm, bars: Sequence[Bar], values: Mapping[str, Value], raw: Distinct, coding: Contrasts
) -> GroupTerm:
    index, labels = match_levels(group_factor(bars[0].group, raw.values, allow_missing=True), term.levels)
    default = Contrasts({}, coding.default)
    Z = np.concatenate([model_columns(bar.left, values, default, raw.n).X for bar in bars], axis=1)
    Z[index < 0] = np.nan
    return replace(term, index=index, labels=labels, Z=Z)


def _absent_group(term: GroupTerm, n: int) -> GroupTerm:
    return replace(term, index=np.full(n, -1, dtype=np.int64), Z=np.full((n, len(term.coefs)), np.nan), labels=())


def _offset_nodes(spec: Spec, dpar: str) -> list[Node]:
    """Offsets of a parameter's formula, and the location's `offset=` where it was a column's name or R code."""
    formula = by_parameter(spec.formula)[dpar]
    text = cast(str | None, spec.memory["offset"]) if formula is spec.formula else None
    nodes = [o.node for o in formula.offsets]
    if text is None:
        return nodes
    columns = cast(Mapping[str, Description], spec.memory["columns"])
    return [*nodes, Node("name", text) if text in columns else parse_expression(text)]


def _new_offset(nodes: list[Node], place: Scope, n: int) -> Floats:
    return total_offset([recycle(evaluate(node, place), n) for node in nodes], n)


# Additions to a response that its distribution reads; the others say what was seen of it.
OF_DISTRIBUTIONS = ("trials", "rate", "trunc", "se", *NUMBERED)


def _new_added(spec: Spec, table: pd.DataFrame, caller: Mapping[str, object], n: int) -> dict[str, Floats]:
    """What the formula adds to responses, where the new data have its variables."""
    formula = spec.formula
    constants = cast(Mapping[str, Description], spec.memory["scope"])
    remembered = {name: recall_whole(kept) for name, kept in constants.items()}
    learned = recall_learned(spec.memory)

    def value(node: Node) -> Value:
        return evaluate(node, scope_of([node], table, {**caller, **remembered}, formula.text, learned))

    known = {*map(str, table.columns), *remembered}
    there = frozenset(
        one.name
        for one in formula.additions
        if one.name in OF_DISTRIBUTIONS and all(names_in(e.node) <= known for _, e in one.arguments)
    )
    out = {name: floats(v) for name, v in evaluated(formula, lambda e: value(e.node), n, there).items()}
    response = formula.response.node if formula.response else None
    if response and is_call(response, ("cbind",)) and names_in(response) <= known:
        total = reduce(lambda so_far, one: call("+", so_far, one), (node for _, node in response.args))
        out["trials"] = floats(recycle(value(total), n)).reshape(n)
    return out
