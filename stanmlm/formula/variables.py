"""The variables of a formula: every expression whose value a model frame needs."""

from collections.abc import Iterable, Iterator

from stanmlm.formula.formula import Expression, Formula, Terms, by_parameter


def variables_of(formula: Formula) -> Iterator[Expression]:
    """Every variable of all predictors once, the response first."""
    return iter({e.label: e for one in by_parameter(formula).values() for e in _variables(one)}.values())


def texts_of(formula: Formula) -> dict[str, str]:
    """The text that names each variable, by its label: where a caret can stand."""
    texts: dict[str, str] = {}
    for one in reversed(by_parameter(formula).values()):
        texts |= dict.fromkeys((e.label for e in _variables(one)), one.text)
    return texts


def _variables(formula: Formula) -> tuple[Expression, ...]:
    response = (formula.response,) if formula.response else ()
    return (*response, *formula.variables, *formula.offsets)


def coded_in(formula: Formula) -> list[Expression]:
    """The variables of one predictor that columns are made of, grouping factors aside."""
    specific = [formula.specific] if formula.specific else []
    return variables_in([formula.fixed, *specific, *(bar.left for bar in formula.bars)])


def variables_in(sides: Iterable[Terms]) -> list[Expression]:
    """The variables of terms, each once."""
    return list({e.label: e for side in sides for term in side.terms for e in term}.values())
