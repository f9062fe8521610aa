"""The design: fixed columns X with R's names, group terms in lme4's order, and the same of new data."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats, Ints, constant
from stanmlm.base.callers import warn_user
from stanmlm.base.errors import DataError, FormulaError
from stanmlm.data.additions import lacks_ends
from stanmlm.data.coding import Columns, Contrasts, check_contrasts, model_columns, unique_names
from stanmlm.data.contrasts import DEFAULT, read_contrasts, read_default
from stanmlm.data.distinct import Distinct, distinct_rows
from stanmlm.data.factors import Level, group_factor, group_label, lme4_order
from stanmlm.data.frame import ModelFrame
from stanmlm.data.learned import (
    describe_contrasts,
)
from stanmlm.data.rank import pivoted_rank
from stanmlm.data.rvalues import Value, as_factor, floats
from stanmlm.formula.bars import linked
from stanmlm.formula.bf import LOCATION
from stanmlm.formula.formula import Bar, Expression, Formula, by_parameter, require_alike
from stanmlm.formula.variables import coded_in


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
    dpars: tuple[str, ...] = ()  # K, the distributional parameter that each enters; () where all enter the location


@dataclass(frozen=True)
class Predictor:
    """The fixed columns of one distributional parameter, on the distinct rows of its design."""

    dpar: str
    X: Floats  # (D, F) as in `Design`
    names: tuple[str, ...]  # F
    assign: tuple[int, ...]  # F
    intercept: bool
    dropped: tuple[str, ...]
    offset: Floats  # (N,)
    keep: tuple[int, ...] = ()  # positions of the columns that stay among those that new data give
    called: tuple[str, ...] = ()  # F as in `Design`


@dataclass(frozen=True)
class Spec:
    """What encodes new data: the formula, and JSON."""

    formula: Formula
    memory: Mapping[str, object]  # of the frame, with "contrasts" by variable and "default_contrasts"
    bars: tuple[tuple[int, ...], ...]  # the bars of each group term, counted through the formulas of all parameters
    keep: tuple[int, ...]  # of the location: positions of the columns that stay among those that new data give


@dataclass(frozen=True)
class Design:
    """What the formula makes of N rows, of which it keeps the D distinct ones, in the order in which rows meet them.

    Fixed columns here are those of the location; `predictors` gives all. `whole_rows` gives what is asked of all N.

    Attributes
    ----------
    X
        Fixed columns, (D, F), the intercept first where there is one; those that others make are gone.
    names
        Their names, R's, no two alike.
    assign
        The term of each column, 0 the intercept.
    intercept
        Whether there is one.
    dropped
        Columns that others make, in R's order.
    terms
        Group terms: the location's, most levels first, then those of each other parameter.
    offset
        (N,), one a row.
    spec
        What the formula has learned from the data, for new ones.
    row
        The distinct row of each row, (N,); None where each is its own, and D = N.
    counts
        How many rows each distinct one stands for, (D,); None where `row` is.
    called
        What R calls the columns; empty where it is `names`.
    others
        Predictors of the parameters beside the location that have a formula.
    dpar
        The location's name.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> design = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1).model.design
    >>> design.names, [term.group for term in design.terms]
    (('(Intercept)', 'hours'), ['student'])
    """

    X: Floats  # (D, F) with the intercept first where there is one; rank-deficient columns are gone
    names: tuple[str, ...]  # F, R's, no two alike
    assign: tuple[int, ...]  # F, the term of each column, 0 the intercept
    intercept: bool
    dropped: tuple[str, ...]  # aliased columns in R's order
    terms: tuple[GroupTerm, ...]  # the location's, most levels first, then those of each other parameter
    offset: Floats  # (N,) one a row: likelihoods may add over rows that differ in it
    spec: Spec | None = None
    row: Ints | None = None  # (N,) the distinct row of each row; None: each is its own, and D = N
    counts: Floats | None = None  # (D,) how many rows each distinct one stands for; None where `row` is
    called: tuple[str, ...] = ()  # F, what R calls the columns; empty where it is `names`
    others: tuple[Predictor, ...] = ()  # of the parameters beside the location that have a formula
    dpar: str = LOCATION  # the location


def predictors(design: Design) -> tuple[Predictor, ...]:
    """The fixed part of every parameter that has one, the location's first: one vector has their coefficients in turn.

    Examples
    --------
    >>> one = Design(np.ones((4, 1)), ("(Intercept)",), (0,), True, (), (), np.zeros(4))
    >>> [predictor.dpar for predictor in predictors(one)]
    ['mu']
    """
    keep = design.spec.keep if design.spec else ()
    of = design
    location = Predictor(of.dpar, of.X, of.names, of.assign, of.intercept, of.dropped, of.offset, keep, of.called)
    return (location, *of.others)


def dpars_of(term: GroupTerm) -> tuple[str, ...]:
    """The parameter that each coefficient of a group term enters, (K,)."""
    return term.dpars or (LOCATION,) * len(term.coefs)


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
    check_finite(frame, _unended(formula))
    require_alike(formula)
    few = distinct_rows({e.label: frame.values[e.label] for e in _right(formula)}, len(frame.rows))
    location, *others = (
        _predictor(dpar, one, few, coding, frame, one is formula) for dpar, one in by_parameter(formula).items()
    )
    every = [term for of in (location, *others) for term in of.terms]
    bars = _in_order(formula, [len(term.levels) for term in every])
    return Design(
        X=location.predictor.X,
        names=location.predictor.names,
        assign=location.predictor.assign,
        intercept=location.predictor.intercept,
        dropped=location.predictor.dropped,
        terms=tuple(_linked_term([every[k] for k in term], formula) for term in bars),
        offset=location.predictor.offset,
        spec=Spec(formula, _memory(frame, coding), bars, location.predictor.keep),
        row=few.row,
        counts=few.counts,
        called=location.predictor.called,
        others=tuple(of.predictor for of in others),
        dpar=location.predictor.dpar,
    )


def _in_order(formula: Formula, levels: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The bars of each term, in lme4's order among those that begin in one predictor."""
    found, order = bars_of(formula), []
    terms = linked([(bar, by_parameter(formula)[dpar].text) for dpar, bar in found])
    for own in by_parameter(formula):
        beginning = [term for term in terms if found[term[0]][0] == own]
        order += [beginning[k] for k in lme4_order([levels[term[0]] for term in beginning])]
    return tuple(order)


def _linked_term(terms: Sequence[GroupTerm], formula: Formula) -> GroupTerm:
    """One term of those under one label.

    Raises
    ------
    FormulaError
        Where a coefficient varies twice.
    """
    if len(terms) == 1:
        return terms[0]
    term = side_by_side(terms)
    often = Counter(zip(dpars_of(term), term.coefs, strict=True))
    for (dpar, coef), times in often.items():
        if times > 1:
            text = by_parameter(formula)[dpar].text
            raise FormulaError(f"under one label `{coef}` varies by `{term.group}` more than once", text, 0, len(text))
    return term


def side_by_side(terms: Sequence[GroupTerm]) -> GroupTerm:
    """One term with the coefficients of several that have the same levels in the same rows."""
    return replace(
        terms[0],
        coefs=sum((term.coefs for term in terms), ()),
        Z=np.concatenate([term.Z for term in terms], axis=1),
        coef_terms=sum((term.coef_terms for term in terms), ()),
        called=sum((term.called or term.coefs for term in terms), ()) if any(term.called for term in terms) else (),
        dpars=sum((dpars_of(term) for term in terms), ()) if any(term.dpars for term in terms) else (),
    )


@dataclass(frozen=True)
class _Side:
    """The right side of one formula."""

    predictor: Predictor
    terms: tuple[GroupTerm, ...]  # a bar each


def _predictor(
    dpar: str, formula: Formula, few: Distinct, coding: Contrasts, frame: ModelFrame, of_response: bool
) -> _Side:
    """Fixed columns but for those that R finds aliased, and group terms, of the formula of the response or another."""
    whole = model_columns(formula.fixed, few.values, coding, few.n)
    there = pivoted_rank(whole.X, few.counts)
    keep = tuple(k for k in there if not (formula.coded and whole.assign[k] == 0))
    columns = [_bar_columns(bar, few.values, coding.default, few.n, formula.text) for bar in formula.bars]
    names, *coefs = unique_names([whole, *columns])
    _say_what_is_told_apart([whole, *columns], [names, *coefs])
    made = Predictor(
        dpar=dpar,
        X=whole.X if len(keep) == len(names) else whole.X[:, keep],
        names=tuple(names[k] for k in keep),
        assign=tuple(whole.assign[k] for k in keep),
        intercept=formula.fixed.intercept and not formula.coded,
        dropped=tuple(name for k, name in enumerate(names) if k not in set(there)),
        offset=frame.offset if of_response else frame.other_offsets.get(dpar, constant(0.0, len(frame.rows))),
        keep=keep,
        called=() if whole.names == names else tuple(whole.names[k] for k in keep),
    )
    terms = (
        _group_term(bar, few.values, one, own, formula.text)
        for bar, one, own in zip(formula.bars, columns, coefs, strict=True)
    )
    dpars = () if dpar == LOCATION else (dpar,)
    return _Side(made, tuple(replace(term, dpars=dpars * len(term.coefs)) for term in terms))


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
    """The variables that make the columns of all predictors."""
    every = by_parameter(formula).values()
    coded = [e for one in every for e in coded_in(one)]
    return list({e.label: e for e in (*coded, *(e for _, bar in bars_of(formula) for e in bar.group))}.values())


def _unended(formula: Formula) -> str:
    """The response whose missing values are ends of intervals, as `Surv` has them; "" where there is none."""
    label = formula.response.label if formula.response and lacks_ends(formula) else ""
    return "" if label in {e.label for e in _right(formula)} else label


def bars_of(formula: Formula) -> list[tuple[str, Bar]]:
    """Every bar with the parameter that it is of, in the order of the formulas."""
    return [(dpar, bar) for dpar, one in by_parameter(formula).items() for bar in one.bars]


def check_finite(frame: ModelFrame, but: str = "") -> None:
    """Refuse what no fit can use.

    Raises
    ------
    DataError
        Naming the variable and the first rows with NA, NaN or Inf.
    """
    for label, value in frame.values.items():
        if value.type == "double" and label != but:
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
