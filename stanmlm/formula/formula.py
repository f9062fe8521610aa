"""The formula as R reads it: response, fixed terms, bars and offsets, each with its place in the text."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as changed

from stanmlm.base.callers import warn_user
from stanmlm.base.dialects import call_elsewhere
from stanmlm.base.errors import FormulaError, StanmlmWarning
from stanmlm.formula.additions import Addition, split_response
from stanmlm.formula.bars import Bar, expand_bar, split_bars
from stanmlm.formula.bf import LOCATION, FormulaLike, Formulas, written
from stanmlm.formula.rcode import Node, is_call, names_in, operands
from stanmlm.formula.rparse import parse_expression
from stanmlm.formula.rtext import deparse
from stanmlm.formula.specific import split_specific
from stanmlm.formula.terms import Expansion, Expression, Terms, expand, expression

__all__ = [
    "Bar",
    "Expression",
    "Formula",
    "Node",
    "Terms",
    "as_given",
    "by_parameter",
    "deparse",
    "formula_lines",
    "formula_text",
    "items_of",
    "parse_expression",
    "parse_formula",
    "require_alike",
    "with_intercept",
    "with_thresholds",
]


@dataclass(frozen=True)
class Formula:
    """A parsed formula."""

    text: str
    response: Expression | None  # without what is added to it
    fixed: Terms
    bars: tuple[Bar, ...]
    offsets: tuple[Expression, ...]  # each the whole call `offset(...)`
    variables: tuple[Expression, ...] = ()  # right of `~`, bars included: what `-` removed still costs rows with NA
    # by name, those of other distributional parameters, with no response: each has a text, and so places, of its own
    others: tuple[tuple[str, "Formula"], ...] = ()
    additions: tuple[Addition, ...] = ()  # to the response, `trials(n)` of `y | trials(n)`
    constants: tuple[tuple[str, float], ...] = ()  # distributional parameters that are held at a number
    of: tuple[str, ...] = (LOCATION,)  # the parameters whose right side this is, but for those in `others`
    specific: Terms | None = None  # what `cs()` has, whose effects differ from threshold to threshold
    by_threshold: tuple[tuple[str, "Formula"], ...] = ()  # of each threshold, once their number is known
    coded: bool = False  # columns as beside an intercept, which stands elsewhere


def by_parameter(formula: Formula) -> dict[str, Formula]:
    """The formula of each distributional parameter that has one, the location's first, then of shifts of thresholds."""
    return {**dict.fromkeys(formula.of, formula), **dict(formula.others), **dict(formula.by_threshold)}


def with_thresholds(formula: Formula, names: Sequence[str]) -> Formula:
    """The formula with a predictor of what `cs()` has for each of these shifts of a threshold."""
    if formula.specific is None:
        return formula
    own = Formula(formula.text, None, formula.specific, (), (), coded=True)
    return changed(formula, specific=None, by_threshold=tuple((name, own) for name in names))


def items_of(formula: Formula) -> Expression | None:
    """The factor whose levels have thresholds of their own, brms's `y | thres(gr = item)`; None without one."""
    return next((dict(one.arguments).get("gr") for one in formula.additions if one.name == "thres"), None)


def _by_item(formula: Formula) -> Formula:
    """The formula with an intercept for each level of a factor whose levels have thresholds of their own.

    Raises
    ------
    FormulaError
        Where the factor stands on the right as well: its coefficients would move thresholds that move by themselves.
    """
    item = items_of(formula)
    if item is None:
        return formula
    if (item,) in formula.fixed.terms:
        of = next(one for one in formula.additions if one.name == "thres")
        raise FormulaError(
            f"thresholds of each level of `{item.label}` are its effects: leave `{item.label}` out on the right, and "
            f"write `x + x:{item.label}` for `x * {item.label}`",
            formula.text, of.start, of.stop,
        )  # fmt: skip
    fixed = Terms(False, ((item,), *formula.fixed.terms))
    return changed(formula, fixed=fixed, variables=tuple(dict.fromkeys((item, *formula.variables))))


def require_alike(formula: Formula) -> None:
    """Refuse what differs from threshold to threshold, where there are none.

    Raises
    ------
    FormulaError
        With a caret under `cs()`.
    """
    if formula.specific is not None:
        at = formula.text.find("cs(")
        raise FormulaError("cs() is of ordered categories: sratio, cratio or acat", formula.text, at, at + 2)


def parse_formula(text: FormulaLike, columns: Sequence[str] = ()) -> Formula:
    """The formula that `text` spells in the dialect of R and lme4, or the formulas of `bf`.

    Parameters
    ----------
    text
        `response ~ terms + (coefficients | group)`; the response may be left out.
    columns
        The data's names, for `.`: all of them that the response does not use.

    Raises
    ------
    FormulaError
        When R or lme4 would refuse it, or read it as nobody means it; a caret shows where.

    Examples
    --------
    >>> formula = parse_formula("vote ~ avg.income*income + (1 + income | state)")
    >>> [":".join(variable.label for variable in term) for term in formula.fixed.terms]
    ['avg.income', 'income', 'avg.income:income']
    >>> formula.bars[0].group[0].label
    'state'
    """
    if isinstance(text, Formulas):
        return _several(text, columns)
    left, right = sides_of(text)
    response, additions = _response(left, text) if left else (None, ())
    others = tuple(column for column in columns if left is None or column not in names_in(left))
    return _by_item(changed(_one(text, right, response, others), additions=additions))


def _several(given: Formulas, columns: Sequence[str]) -> Formula:
    """The formula of the response with those of other parameters."""
    first = parse_formula(given.text, columns)
    left, _ = sides_of(given.text)
    response = names_in(left) if left else frozenset()
    dots = tuple(column for column in columns if column not in response)
    others = tuple((dpar, _of_other(text, dots)) for dpar, text in given.others)
    return changed(first, others=others, constants=given.constants)


def _one(text: str, right: Node, response: Expression | None, dots: tuple[str, ...]) -> Formula:
    split = split_bars(right, text)
    whole = expand(split.rest, text, dots, response)
    bars = tuple(part for bar in split.bars for part in expand_bar(bar, text))
    fixed, specific = split_specific(whole, text)
    return Formula(
        text,
        response,
        _without_response(fixed.terms, response),
        bars,
        fixed.offsets,
        _variables(fixed, bars),
        specific=specific,
    )


def _of_other(text: str, dots: tuple[str, ...]) -> Formula:
    made = _one(text, sides_of(text)[1], None, dots)
    if made.specific is not None:
        raise FormulaError("cs() is of thresholds, and stands in the formula of the response", text, 0, len(text))
    return made


def sides_of(text: str) -> tuple[Node | None, Node]:
    """What stands left of `~`, if anything, and what stands right."""
    tree = parse_expression(text)
    if not is_call(tree, ["~"]):
        message = call_elsewhere(tree.text) or "a formula needs `~`, with the response to its left"
        raise FormulaError(message, text, tree.start, tree.stop)
    *left, right = operands(tree)
    for side in (*left, right):
        if is_call(side, ["~"]):
            raise FormulaError("a formula has one `~`", text, side.start, side.stop)
    return (left[0] if left else None), right


def _response(node: Node, text: str) -> tuple[Expression, tuple[Addition, ...]]:
    """Any R expression, and what brms's bar adds to it."""
    if "." in names_in(node):
        raise FormulaError("`.` as the response is for update(), which has an old one", text, node.start, node.stop)
    outcome, additions = split_response(node, text)
    return expression(outcome, text), additions


def with_intercept(formula: Formula) -> Formula:
    """The same formula with an intercept, which is in the thresholds of ordered responses whatever it says."""
    if formula.fixed.intercept:
        return formula
    warn_user("thresholds are intercepts: the formula is read as if it had one")
    return changed(formula, fixed=Terms(True, formula.fixed.terms))


def _without_response(terms: Terms, response: Expression | None) -> Terms:
    """As R's model.matrix: the response on the right is dropped, with a warning."""
    kept = tuple(term for term in terms.terms if term != (response,))
    if response and len(kept) < len(terms.terms):
        message = f"the response `{response.label}` stands on the right-hand side too, and was dropped there"
        warnings.warn(StanmlmWarning(message), stacklevel=3)
    return Terms(terms.intercept, kept)


def _variables(fixed: Expansion, bars: tuple[Bar, ...]) -> tuple[Expression, ...]:
    varying = (variable for bar in bars for variable in (*bar.variables, *bar.group))
    return tuple(dict.fromkeys((*fixed.variables, *varying)))


def formula_text(formula: Formula) -> str:
    """The formula in one line, as lme4 prints it, or with those of other parameters as `bf` takes it.

    Examples
    --------
    >>> formula_text(parse_formula("y~x*z+(1|g/h)"))
    'y ~ x * z + (1 | g/h)'
    """
    lines = formula_lines(formula)
    return lines[0] if len(lines) == 1 else f"bf({', '.join(lines)})"


def formula_lines(formula: Formula) -> tuple[str, ...]:
    """The formula as lme4 prints it, and those of other parameters as brms does."""
    given = as_given(formula)
    texts = written(Formulas(given.text, given.others))
    return (*(deparse(parse_expression(text)) for text in texts), *written(given)[len(texts) :])


def as_given(formula: Formula) -> Formulas:
    """The texts of a formula, as `bf` has them."""
    return Formulas(formula.text, tuple((dpar, other.text) for dpar, other in formula.others), formula.constants)
