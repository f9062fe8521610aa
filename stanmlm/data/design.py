"""The design: fixed columns X with R's names, group terms in lme4's order, and the same of new data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.callers import warn_user
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import DataError, FormulaError, did_you_mean
from stanmlm.data.budget import budgeted
from stanmlm.data.coding import Columns, Contrasts, check_contrasts, model_columns, unique_names
from stanmlm.data.contrasts import DEFAULT, read_contrasts, read_default
from stanmlm.data.distinct import Distinct, distinct_rows
from stanmlm.data.evaluate import evaluate, learn, warn_anew
from stanmlm.data.factors import Level, group_factor, group_label, lme4_order, match_levels
from stanmlm.data.frame import ModelFrame, scope_of, total_offset, variables_in
from stanmlm.data.learned import (
    Description,
    conform_column,
    conform_variable,
    describe_contrasts,
    recall_contrasts,
    recall_learned,
    recall_whole,
)
from stanmlm.data.rank import pivoted_rank
from stanmlm.data.rvalues import Value, as_factor, floats, recycle
from stanmlm.data.scope import Scope
from stanmlm.formula.formula import Bar, Expression, Formula
from stanmlm.formula.rcode import Node, call, is_call, names_in
from stanmlm.formula.rparse import parse_expression


@dataclass(frozen=True)
class GroupTerm:
    """One random term: J levels, K coefficients, correlated whenever K > 1 (`||` has split it otherwise)."""

    group: str  # lme4's label: "state", "cask:batch"
    coefs: tuple[str, ...]  # K names as R has them, no two alike: "(Intercept)", "income"
    levels: tuple[Level, ...]  # J in R's order
    index: Ints  # (D,) level of each row from 0; in new data J and more for new levels, -1 for a missing one
    Z: Floats  # (D, K); NaN where the level is missing
    labels: tuple[Level, ...] = ()  # in new data: those that `index` counts from J on, the new levels
    coef_terms: tuple[str, ...] = ()  # K, the term that each coefficient comes from: "" the intercept, "x:f"
    called: tuple[str, ...] = ()  # K, what R calls the coefficients; empty where it is `coefs`


@dataclass(frozen=True)
class Spec:
    """What encodes new data: the formula, and JSON."""

    formula: Formula
    memory: Mapping[str, object]  # of the frame, with "contrasts" by variable and "default_contrasts"
    bars: tuple[int, ...]  # the bar of each group term
    names: tuple[str, ...]  # columns before aliased ones were dropped
    keep: tuple[int, ...]  # positions of those that stay


@dataclass(frozen=True)
class Design:
    """What the formula makes of N rows, of which it keeps the D distinct ones, in the order in which rows meet them.

    `design_rows` gives what is asked of all N.
    """

    X: Floats  # (D, F) with the intercept first where there is one; rank-deficient columns are gone
    names: tuple[str, ...]  # F, R's, no two alike
    assign: tuple[int, ...]  # F, the term of each column, 0 the intercept
    intercept: bool
    dropped: tuple[str, ...]  # aliased columns in R's order
    terms: tuple[GroupTerm, ...]  # most levels first
    offset: Floats  # (N,) one a row: likelihoods may add over rows that differ in it
    spec: Spec | None = None
    row: Ints | None = None  # (N,) the distinct row of each row; None: each is its own, and D = N
    counts: Floats | None = None  # (D,) how many rows each distinct one stands for; None where `row` is
    called: tuple[str, ...] = ()  # F, what R calls the columns; empty where it is `names`


@dataclass(frozen=True)
class Encoded:
    """The design of new data."""

    design: Design
    index: pd.Index  # (N,) row labels
    trials: Floats | None  # (N,) of a response `y | trials(n)` or `cbind(s, f)` whose variables the new data have


def design(
    formula: Formula,
    frame: ModelFrame,
    contrasts: Mapping[str, object] | None = None,
    default_contrasts: tuple[str, str] = DEFAULT,
) -> Design:
    """Fixed columns as R's `model.matrix`, group terms as `lme4::lFormula`.

    Parameters
    ----------
    formula
        A parsed formula.
    frame
        Its model frame.
    contrasts
        By variable, a name such as "contr.sum" or a matrix with a row a level; they code the fixed part.
    default_contrasts
        For unordered and for ordered factors, R's `options("contrasts")`.

    Returns
    -------
    Design
        Without the columns that R finds aliased (`rank.pivoted_rank`), which `dropped` names.

    Raises
    ------
    DataError
        For missing or infinite values, for a factor with one level, and when no column is left.

    Examples
    --------
    >>> import pandas as pd
    >>> from stanmlm.formula.formula import parse_formula
    >>> from stanmlm.data.frame import model_frame
    >>> data = pd.DataFrame({"y": [1.0, 2.0, 3.0, 5.0], "f": list("abab"), "g": list("ssuu")})
    >>> formula = parse_formula("y ~ f + (1 | g)", tuple(data))
    >>> made = design(formula, model_frame(formula, data, {}))
    >>> made.names, made.terms[0].levels
    (('(Intercept)', 'fb'), ('s', 'u'))
    """
    coding = Contrasts(read_contrasts(contrasts), read_default(default_contrasts))
    check_contrasts(coding, frame.values)
    check_finite(frame)
    few = distinct_rows({e.label: frame.values[e.label] for e in _right(formula)}, len(frame.rows))
    whole = model_columns(formula.fixed, few.values, coding, few.n)
    keep = pivoted_rank(whole.X, few.counts)
    columns = [_bar_columns(bar, few.values, coding.default, few.n, formula.text) for bar in formula.bars]
    names, *coefs = unique_names([whole, *columns])
    _say_what_is_told_apart([whole, *columns], [names, *coefs])
    made = [
        _group_term(bar, few.values, one, own, formula.text)
        for bar, one, own in zip(formula.bars, columns, coefs, strict=True)
    ]
    bars = lme4_order([len(term.levels) for term in made])
    called = tuple(whole.names[k] for k in keep)
    return Design(
        X=whole.X if len(keep) == len(names) else whole.X[:, keep],
        names=tuple(names[k] for k in keep),
        assign=tuple(whole.assign[k] for k in keep),
        intercept=formula.fixed.intercept,
        dropped=tuple(name for k, name in enumerate(names) if k not in set(keep)),
        terms=tuple(made[k] for k in bars),
        offset=frame.offset,
        spec=Spec(formula, _memory(frame, coding), tuple(bars), names, keep),
        row=few.row,
        counts=few.counts,
        called=() if whole.names == names else called,
    )


def _say_what_is_told_apart(sides: Sequence[Columns], names: Sequence[tuple[str, ...]]) -> None:
    """Name the columns that R would call alike."""
    ours: dict[str, dict[str, None]] = {}
    for side, own in zip(sides, names, strict=True):
        for called, name in zip(side.names, own, strict=True):
            ours.setdefault(called, {})[name] = None
    for called, apart in ours.items():
        if len(apart) > 1:
            listed = " and ".join(f"`{name}`" for name in apart)
            warn_user(f"R would call {len(apart)} coefficients `{called}`: they are {listed} here")


def _right(formula: Formula) -> list[Expression]:
    """The variables that make the columns."""
    sides = variables_in([formula.fixed, *(bar.left for bar in formula.bars)])
    return list({e.label: e for e in (*sides, *(e for bar in formula.bars for e in bar.group))}.values())


def check_finite(frame: ModelFrame) -> None:
    """Refuse what no fit can use.

    Raises
    ------
    DataError
        Naming the variable and the first rows with NA, NaN or Inf.
    """
    for label, value in frame.values.items():
        if value.type == "double":
            _require_finite(floats(value).reshape(len(value.data), -1), label, frame.index)
    for label, numbers in (("offset", frame.offset), ("weights", frame.weights)):
        if numbers is not None:
            _require_finite(numbers.reshape(len(numbers), 1), label, frame.index)


def _require_finite(numbers: Floats, label: str, index: pd.Index) -> None:
    if np.isfinite(numbers.sum()):
        return
    bad = np.flatnonzero(~np.isfinite(numbers).all(axis=1))
    if len(bad):
        rows = ", ".join(str(index[k]) for k in bad[:5]) + (", ..." if len(bad) > 5 else "")
        raise DataError(f"NA/NaN/Inf in '{label}': {len(bad)} row{'s' * (len(bad) > 1)} ({rows})")


def _memory(frame: ModelFrame, coding: Contrasts) -> Mapping[str, object]:
    given = {label: describe_contrasts(contrast) for label, contrast in coding.given.items()}
    return {**frame.memory, "contrasts": given, "default_contrasts": list(coding.default)}


def _bar_columns(bar: Bar, values: Mapping[str, Value], default: tuple[str, str], n: int, text: str) -> Columns:
    """The columns left of a bar."""
    try:
        columns = model_columns(bar.left, _with_factors(bar, values), Contrasts({}, default), n)
    except DataError as error:
        raise FormulaError(str(error), text, bar.start, bar.stop) from error
    if not columns.names:
        raise FormulaError("no coefficient is left of `|`", text, bar.start, bar.stop)
    return columns


def _group_term(
    bar: Bar, values: Mapping[str, Value], columns: Columns, coefs: tuple[str, ...], text: str
) -> GroupTerm:
    try:
        factor = group_factor(bar.group, _with_factors(bar, values))
    except DataError as error:
        raise FormulaError(str(error), text, bar.start, bar.stop) from error
    if len(factor.levels) < 2:
        only = f"grouping factors must have > 1 sampled level: `{group_label(bar, text)}` has {len(factor.levels)}"
        raise FormulaError(only, text, bar.start, bar.stop)
    labels = ["", *(":".join(e.label for e in term) for term in bar.left.terms)]
    return GroupTerm(
        group=group_label(bar, text),
        coefs=coefs,
        levels=factor.levels,
        index=factor.data.astype(np.int64),
        Z=columns.X,
        coef_terms=tuple(labels[k] for k in columns.assign),
        called=() if columns.names == coefs else columns.names,
    )


def _with_factors(bar: Bar, values: Mapping[str, Value]) -> Mapping[str, Value]:
    """lme4 makes a factor of a grouping variable before it looks at the left of the bar."""
    grouping = {part.label: values[part.label] for part in bar.group}
    return {**values, **{label: as_factor(v) if v.data.ndim == 1 else v for label, v in grouping.items()}}


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
    bars = [spec.formula.bars[k] for k, wanted in zip(spec.bars, needed, strict=True) if wanted]
    coded = variables_in([spec.formula.fixed, *(bar.left for bar in bars)])
    grouping = list({e.label: e for bar in bars for e in bar.group}.values())
    offsets = _offset_nodes(spec)
    place = _new_scope(spec, [e.node for e in (*coded, *grouping)] + offsets, table, scope or {})
    few = distinct_rows({e.label: _new_variable(e, place, n) for e in (*coded, *grouping)}, n)
    values = {e.label: _known_variable(few.values[e.label], spec, e.label) for e in coded}
    coding = coding_of(spec)
    terms = tuple(
        _encode_group(term, spec.formula.bars[k], values, few, coding) if wanted else _absent_group(term, few.n)
        for term, k, wanted in zip(made.terms, spec.bars, needed, strict=True)
    )
    X = model_columns(spec.formula.fixed, values, coding, few.n).X[:, spec.keep]
    new = replace(made, X=X, terms=terms, offset=_new_offset(offsets, place, n), row=few.row, counts=few.counts)
    return Encoded(new, table.index, _new_trials(spec, table, scope or {}, n))


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
    term: GroupTerm, bar: Bar, values: Mapping[str, Value], raw: Distinct, coding: Contrasts
) -> GroupTerm:
    index, labels = match_levels(group_factor(bar.group, raw.values, allow_missing=True), term.levels)
    Z = model_columns(bar.left, values, Contrasts({}, coding.default), raw.n).X
    Z[index < 0] = np.nan
    return replace(term, index=index, labels=labels, Z=Z)


def _absent_group(term: GroupTerm, n: int) -> GroupTerm:
    return replace(term, index=np.full(n, -1, dtype=np.int64), Z=np.full((n, len(term.coefs)), np.nan), labels=())


def _offset_nodes(spec: Spec) -> list[Node]:
    """Offsets of the formula, and `offset=` where it was a column's name or R code."""
    text = cast(str | None, spec.memory["offset"])
    nodes = [o.node for o in spec.formula.offsets]
    if text is None:
        return nodes
    columns = cast(Mapping[str, Description], spec.memory["columns"])
    return [*nodes, Node("name", text) if text in columns else parse_expression(text)]


def _new_offset(nodes: list[Node], place: Scope, n: int) -> Floats:
    return total_offset([recycle(evaluate(node, place), n) for node in nodes], n)


def _new_trials(spec: Spec, table: pd.DataFrame, caller: Mapping[str, object], n: int) -> Floats | None:
    response = spec.formula.response
    node = None if response is None else _trials_of(response.node)
    if node is None or not names_in(node) <= set(table.columns):
        return None
    value = evaluate(node, scope_of([node], table, caller, spec.formula.text, recall_learned(spec.memory)))
    return floats(recycle(value, n)).reshape(n)


def _trials_of(response: Node) -> Node | None:
    """The code of the trials that a response spells: `y | trials(n)`, or the sum of `cbind(successes, failures)`."""
    arguments = [node for _, node in response.args]
    if is_call(response, ("trials",), 2):
        return arguments[1]
    return call("+", *arguments) if is_call(response, ("cbind",), 2) else None
