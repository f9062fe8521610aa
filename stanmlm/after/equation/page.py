"""What every line of an equation needs: symbols, indices and names, products and sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from stanmlm.after.equation.coefficients import Anatomy, Coefficient, Varying, anatomy
from stanmlm.after.equation.latex import Symbol, at, name
from stanmlm.after.equation.variable_levels import LevelPart, Parts, level_of
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.formula.formula import deparse, items_of
from stanmlm.formula.rcode import is_call, operands
from stanmlm.model.model import Model
from stanmlm.priors.parameters import groupings

LETTERS = "jklmnopqrstuvwxyz"  # an index for each grouping factor, but for what laws call something
THRESHOLD = "k"  # the index of thresholds
ACROSS = 4  # summands on a line
ETA = Symbol(r"\eta")
ALPHA, GAMMA, MU, EPSILON = Symbol(r"\alpha"), Symbol(r"\gamma"), Symbol(r"\mu"), Symbol(r"\varepsilon")
BETA = Symbol(r"\boldsymbol{\beta}")  # of a term of many columns
SIGMA, RHO = Symbol(r"\sigma"), Symbol(r"\rho")

Line = tuple[str, str]  # left side; relation and right side


@dataclass(frozen=True, eq=False)
class Page:
    """What every line of an equation needs."""

    model: Model
    anatomy: Anatomy
    symbols: tuple[Symbol, ...]  # one a coefficient
    names: Mapping[str, str]
    letters: tuple[str, ...]  # the index of each grouping factor
    row: str  # the index of a row, "ij"
    own: str = ""  # subscript of what does not vary: the group, where each has a model of its own
    category: str = ""  # whose predictor it is, where each has one: a subscript of all
    varies: Mapping[int, list[tuple[Symbol, Coefficient, Varying]]] = field(default_factory=dict)  # by group term


def page_of(model: Model, names: Mapping[str, str], category: str = "", whole: Model | None = None) -> Page:
    """The page of a model, or of a category's part of the whole, where variables are called by `names`."""
    found = anatomy(model)
    order = [grouping.group for grouping in groupings((whole or model).design)]
    notation = model.family.notation
    taken = {*notation.symbols.values(), *([THRESHOLD] if notation.event else [])}
    free = [letter for letter in LETTERS if letter not in taken]
    every = tuple(free[: len(order) or any(block.indicators for block in found.blocks)])
    letters = tuple(every[order.index(grouping.group)] for grouping in groupings(model.design)) or every
    symbols = tuple(at(symbol, category) for symbol in _symbols(found.coefficients))
    varies: dict[int, list[tuple[Symbol, Coefficient, Varying]]] = {bar: [] for bar in range(len(model.design.terms))}
    for symbol, coefficient in zip(symbols, found.coefficients, strict=True):
        for varying in coefficient.varying:
            varies[varying.bar].append((symbol, coefficient, varying))
    return Page(model, found, symbols, names, letters, "i" + "".join(every), varies=varies, category=category)


def _symbols(coefficients: Sequence[Coefficient]) -> tuple[Symbol, ...]:
    """Alpha for the intercept; beta for one slope, numbered for several."""
    slopes = sum(bool(c.parts) for c in coefficients)
    numbers = iter(range(1, slopes + 1))
    return tuple(
        Symbol(r"\beta", (str(next(numbers)),) if slopes > 1 else ()) if c.parts else ALPHA for c in coefficients
    )


def check_page_names(pages: Sequence[Page]) -> None:
    """Refuse names of what is on none of the pages.

    Raises
    ------
    OptionError
    """
    known = set[str]().union(*map(_variables, pages))
    for given in pages[0].names:
        if given not in known:
            raise OptionError(f"the equation has no variable `{given}`{did_you_mean(given, sorted(known))}")


def _variables(page: Page) -> set[str]:
    products = [c.parts for c in page.anatomy.coefficients]
    products += [parts for c in page.anatomy.coefficients for v in c.varying for parts in v.predictors]
    known = {part.name for parts in products for part in parts}
    known |= {block.label for block in page.anatomy.blocks} | {g.group for g in groupings(page.model.design)}
    item = items_of(page.model.formula)
    return known | {response_name(page.model), *offsets(page.model), *([item.label] if item else [])}


def predictor_on(page: Page) -> Symbol:
    """The linear predictor of a row: mu, or eta where the law has another mu, which is a function of it."""
    family = page.model.family
    is_mean = family.notation.mean == str(MU) and not family.notation.event
    return at(ETA if is_mean and not family.is_linear and not page.category else MU, page.category, page.row)


def name_on(page: Page, text: str) -> str:
    """What a variable is called on a page."""
    given = page.names.get(text, text)
    return given if text in page.names and len(given) == 1 else name(given.strip("`"))


def response_name(model: Model) -> str:
    """The response; of successes and failures, or trials, the successes."""
    expression = model.formula.response
    assert expression is not None
    if is_call(expression.node, ["cbind"]) and not model.family.categories:
        return deparse(operands(expression.node)[0])
    return model.response.label


def has_several(page: Page) -> bool:
    """With several grouping factors, what they bring are deviations, and the mean stands in the row's equation."""
    return len(groupings(page.model.design)) > 1


def factor_over(page: Page, varying: Varying) -> str:
    """The factor's name above a symbol, where there are several."""
    return name_on(page, groupings(page.model.design)[varying.grouping].group) if has_several(page) else ""


def _variable(page: Page, part: LevelPart) -> str:
    level = level_of(part, page.model.design)
    return f"{name_on(page, part.name)}_{{{page.row if level is None else page.letters[level]}}}"


def product(page: Page, parts: Parts) -> str:
    """The variables of a product."""
    return r" \times ".join(_variable(page, part) for part in parts)


def multiplied(page: Page, pieces: Sequence[str], parts: Parts, brackets: bool = False) -> str:
    """A coefficient, a sum of pieces, times its variables."""
    total = " + ".join(pieces)
    if brackets or (parts and len(pieces) > 1):
        total = f"({total})"
    return rf"{total}\,{product(page, parts)}" if parts else total


def offsets(model: Model) -> list[str]:
    """What each offset is called."""
    texts = [deparse(operands(offset.node)[0]) for offset in model.formula.offsets]
    given = model.frame.memory["offset"]
    if isinstance(given, str) and np.any(model.design.offset != 0):
        return [*texts, given]
    return texts or (["offset"] if np.any(model.design.offset != 0) else [])


def sum_lines(left: str, summands: Sequence[str]) -> list[Line]:
    """A sum, `ACROSS` summands to a line."""
    shown = [text for text in summands if text] or ["0"]
    rows = [" + ".join(shown[k : k + ACROSS]) for k in range(0, len(shown), ACROSS)]
    return [(left, f"= {rows[0]}"), *(("", rf"\quad + {row}") for row in rows[1:])]
