"""R's `update` of a formula: dots stand for what was there."""

from stanmlm.base.errors import FormulaError
from stanmlm.formula.bars import BARS, split_bars
from stanmlm.formula.formula import Formula, items_of, sides_of
from stanmlm.formula.rcode import Node, is_call, names_in, replace
from stanmlm.formula.rparse import parse_expression
from stanmlm.formula.rtext import label
from stanmlm.formula.terms import Expression, expand


def update_terms(old: Formula, new_text: str) -> str:
    """R's `update.formula`: `new_text` with each `.` standing for that side of `old`, simplified.

    A random term is a term like others here, so that `. ~ . - (1 | g)` removes it, as it is written in `old`.

    Parameters
    ----------
    old
        The formula to start from.
    new_text
        A formula; without a left side it keeps the old response.

    Returns
    -------
    str
        Terms in R's order, then offsets, then `- 1` where there is no intercept.

    Examples
    --------
    >>> from stanmlm.formula.formula import parse_formula
    >>> update_terms(parse_formula("y ~ x*z + (1 | g)"), "log(.) ~ . - x:z + w")
    'log(y) ~ x + z + (1 | g) + w'
    """
    old_left, _ = sides_of(old.text)
    left, right = sides_of(new_text)
    response = _filled(left, old_left) if left and old_left else old_left if not left or _is_dot(left) else left
    total = expand(_filled(right, _right_of(old)), new_text)
    parts = [_summand(term) for term in total.terms.terms]
    parts += [offset.label for offset in total.offsets]
    right_text = " + ".join(parts or ["1"]) + ("" if total.terms.intercept else " - 1")
    return f"{label(response)} ~ {right_text}" if response else f"~{right_text}"


def _is_dot(node: Node) -> bool:
    return node.kind == "name" and node.text == "."


def _filled(node: Node, old: Node) -> Node:
    """`node` with `old` in place of each dot."""
    return replace(node, lambda part: old if _is_dot(part) else None)


def _right_of(old: Formula) -> Node:
    """The old right side; its own dots become the terms that they stood for."""
    _, right = sides_of(old.text)
    if "." not in names_in(right):
        return right
    bars = [f"({label(bar)})" for bar in split_bars(right, old.text).bars]
    item = items_of(old)  # whose term the response brings
    terms = [":".join(variable.label for variable in term) for term in old.fixed.terms if term != (item,)]
    offsets = [offset.label for offset in old.offsets]
    intercept = "1" if old.fixed.intercept else "0"
    return parse_expression(" + ".join([intercept, *terms, *bars, *offsets]))


def _summand(term: tuple[Expression, ...]) -> str:
    name = ":".join(variable.label for variable in term)
    if not any(is_call(variable.node, BARS, 2) for variable in term):
        return name
    if len(term) > 1:
        raise FormulaError(f"a random term cannot interact with other terms, as in `{name}`")
    return f"({name})"
