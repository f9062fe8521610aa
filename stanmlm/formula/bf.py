"""brms's `bf` and `lf`: a formula for each distributional parameter, as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

from stanmlm.base.arguments import shown
from stanmlm.base.errors import FormulaError
from stanmlm.formula.rcode import is_call, operands
from stanmlm.formula.rparse import parse_expression

LOCATION = "mu"  # the parameter that the formula with the response is of

LONGEST = 1e300  # numbers that a parameter is held at are below


@dataclass(frozen=True)
class LinearFormulas:
    """What `lf` makes: formulas to add to those of `bf`.

    Attributes
    ----------
    others
        Pairs of a parameter and its formula's text.

    Examples
    --------
    >>> from stanmlm import lf
    >>> lf("sigma ~ x").others
    (('sigma', 'sigma ~ x'),)
    """

    others: tuple[tuple[str, str], ...]  # (distributional parameter, text with or without it left of `~`)


@dataclass(frozen=True)
class Formulas:
    """What `bf` makes: the formula of the response, and one for each other parameter that has one.

    Attributes
    ----------
    text
        The formula of the response.
    others
        Pairs of a parameter and its formula's text.
    constants
        Pairs of a parameter and the number that it is held at.

    Examples
    --------
    >>> from stanmlm import bf
    >>> bf("y ~ x", nu=4).constants
    (('nu', 4.0),)
    """

    text: str
    others: tuple[tuple[str, str], ...] = ()  # (distributional parameter, text with or without it left of `~`)
    constants: tuple[tuple[str, float], ...] = ()  # parameters that are held at a number

    def __add__(self, more: LinearFormulas) -> "Formulas":
        if not isinstance(more, LinearFormulas):
            return NotImplemented
        return Formulas(self.text, _unique((*self.others, *more.others), self.constants), self.constants)

    def __repr__(self) -> str:
        return "\n".join(written(self))


FormulaLike = str | Formulas


def bf(formula: str, *others: str, **by_parameter: object) -> Formulas:
    """A formula with predictors of more than the location, as brms's `bf`.

    Parameters
    ----------
    formula
        R's formula of the response, bars included, `"y ~ x + (1 | g)"`.
    *others
        A formula for another parameter of the family with its name left of `~`, `"sigma ~ x"`; its predictor is on the
        scale of the parameter's link, for a standard deviation the log.
    **by_parameter
        The same by name: `sigma="~ x"`; or a number that the parameter is held at, `nu=4`.

    Returns
    -------
    Formulas
        For `brm`, `lmer`, `glmer`, `lm` and `glm`.

    Raises
    ------
    FormulaError
        For what is no formula, and for two of one parameter.

    Examples
    --------
    >>> from stanmlm import bf
    >>> bf("y ~ x + (1 | g)", "sigma ~ x")
    y ~ x + (1 | g)
    sigma ~ x
    """
    _require_text(formula, "the formula of the response")
    constants = tuple((dpar, float(value)) for dpar, value in by_parameter.items() if _is_number(value))
    texts = {dpar: value for dpar, value in by_parameter.items() if not _is_number(value)}
    return Formulas(formula, _unique((*map(_named, others), *_by_parameter(texts)), constants), constants)


def lf(*others: str, **by_parameter: str) -> LinearFormulas:
    """Formulas of other parameters, to be added to `bf(...)` with `+`.

    Parameters
    ----------
    *others
        A formula for a parameter of the family with its name left of `~`, `"sigma ~ x"`.
    **by_parameter
        The same by name, `sigma="~ x"`.

    Returns
    -------
    LinearFormulas
        To the right of `bf(...) +`.

    Raises
    ------
    FormulaError
        For what is no formula, and for two of one parameter.

    Examples
    --------
    >>> from stanmlm import bf, lf
    >>> bf("y ~ x") + lf("sigma ~ x")
    y ~ x
    sigma ~ x
    """
    return LinearFormulas(_unique((*map(_named, others), *_by_parameter(by_parameter))))


def written(formulas: Formulas) -> tuple[str, ...]:
    """Every formula with what it is of left of `~`, the response's first."""
    texts = (text if _left(text) else f"{dpar} {text}" for dpar, text in formulas.others)
    return (formulas.text, *texts, *(f"{dpar} = {value:g}" for dpar, value in formulas.constants))


def _is_number(value: object) -> TypeGuard[float]:
    """One that a parameter may be held at: longer ones than any parameter are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LONGEST


def _named(text: str) -> tuple[str, str]:
    """A formula that says itself which parameter it is of."""
    _require_text(text, "a formula of a parameter")
    dpar = _left(text)
    if not dpar:
        raise FormulaError("which parameter is this of? Write `sigma ~ x`, or pass sigma=", text, 0, len(text))
    return dpar, text


def _by_parameter(given: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple((dpar, _one_of(dpar, text)) for dpar, text in given.items())


def _one_of(dpar: str, text: object) -> str:
    if not isinstance(text, str):
        raise FormulaError(f'{dpar}= takes a formula as text, such as "~ x", not {shown(text)}')
    left = _left(text)
    if left and left != dpar:
        raise FormulaError(f"{dpar}= was given a formula of `{left}`", text, 0, len(left))
    return text


def _require_text(text: object, what: str) -> None:
    if not isinstance(text, str):
        raise FormulaError(f'{what} is text, such as "y ~ x", not {shown(text)}')


def _left(text: str) -> str:
    """The name left of `~`, "" where nothing stands there."""
    tree = parse_expression(text)
    if not is_call(tree, ["~"]):
        raise FormulaError("a formula needs `~`", text, tree.start, tree.stop)
    *left, _ = operands(tree)
    if left and left[0].kind != "name":
        raise FormulaError("left of `~` stands the name of one parameter", text, left[0].start, left[0].stop)
    return left[0].text if left else ""


def _unique(
    others: tuple[tuple[str, str], ...], constants: tuple[tuple[str, float], ...] = ()
) -> tuple[tuple[str, str], ...]:
    seen = {dpar for dpar, _ in constants}
    if LOCATION in seen:
        raise FormulaError("mu is what the first formula, the response's, is of; it cannot be held at a number")
    for dpar, text in others:
        if dpar == LOCATION:
            raise FormulaError("mu is what the first formula, the response's, is of", text, 0, len(text))
        if dpar in seen:
            what = "a number and a formula" if dpar in dict(constants) else "two formulas"
            raise FormulaError(f"`{dpar}` has {what}", text, 0, len(text))
        seen.add(dpar)
    return others
