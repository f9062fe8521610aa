"""Category specific effects, brms's `cs(x)`: terms of a sum whose effects differ from threshold to threshold."""

from dataclasses import replace

from stanmlm.base.errors import FormulaError
from stanmlm.formula.rcode import is_call, operands
from stanmlm.formula.terms import Expansion, Expression, Terms, expand

CALL = ("cs",)


def split_specific(whole: Expansion, text: str) -> tuple[Expansion, Terms | None]:
    """A sum without its `cs()`, whose variables it keeps, and the terms of these; None where there is none.

    Raises
    ------
    FormulaError
        For `cs()` within an interaction, of several arguments, or without a term.
    """
    found = [e for e in whole.variables if is_call(e.node, CALL)]
    if not found:
        return whole, None
    for term in whole.terms.terms:
        if len(term) > 1 and any(e in found for e in term):
            node = next(e for e in term if e in found).node
            raise FormulaError("cs() stands by itself in a sum: write cs(x * z)", text, node.start, node.stop)
    inside = [_inside(e, text) for e in found if (e,) in whole.terms.terms]
    terms = tuple(dict.fromkeys(term for one in inside for term in one.terms.terms))
    rest = tuple(term for term in whole.terms.terms if not any(e in found for e in term))
    variables = tuple(dict.fromkeys(
        [e for e in whole.variables if e not in found] + [e for one in inside for e in one.variables]
    ))  # fmt: skip
    kept = replace(whole, terms=Terms(whole.terms.intercept, rest), variables=variables)
    return kept, Terms(True, terms) if terms else None


def _inside(call: Expression, text: str) -> Expansion:
    if not is_call(call.node, CALL, 1):
        raise FormulaError("cs() takes one sum of terms, cs(x + z)", text, call.node.start, call.node.stop)
    (sum_,) = operands(call.node)
    made = expand(sum_, text)
    if made.offsets or not made.terms.terms:
        raise FormulaError("cs() takes terms, cs(x + z)", text, call.node.start, call.node.stop)
    return made
