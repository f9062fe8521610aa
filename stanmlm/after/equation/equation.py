"""`equation`: a model in the notation of multilevel textbooks, levels apart or in one line, as LaTeX."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.after.equation.by_category import (
    ANY,
    by_category,
    by_parameters,
    by_threshold,
    category_numbers,
    reference_number,
)
from stanmlm.after.equation.coefficients import Coefficient, Varying
from stanmlm.after.equation.group_laws import covariance_lines, law, vector
from stanmlm.after.equation.latex import Symbol, aligned, at
from stanmlm.after.equation.page import (
    ALPHA,
    BETA,
    EPSILON,
    GAMMA,
    MU,
    THRESHOLD,
    Line,
    Page,
    check_page_names,
    factor_over,
    has_several,
    multiplied,
    name_on,
    offsets,
    page_of,
    predictor_on,
    product,
    response_name,
    sum_lines,
)
from stanmlm.base.arguments import check_arguments
from stanmlm.fit.fit import Fit
from stanmlm.fit.fitlist import FitList
from stanmlm.formula.formula import items_of
from stanmlm.model.model import Model


@dataclass(frozen=True)
class Equation:
    """LaTeX of a model: `print` shows the source, notebooks and Quarto set it.

    Attributes
    ----------
    lines
        The equations, a pair each: left of the sign at which they are aligned, and the rest.

    Examples
    --------
    >>> from stanmlm import equation, lm, simulate_exams
    >>> found = equation(lm("score ~ hours", simulate_exams(seed=1), seed=1))
    >>> len(found.lines)
    2
    """

    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return aligned(self.lines)

    def __repr__(self) -> str:
        return aligned(self.lines)

    def _repr_latex_(self) -> str:
        return f"$$\n{aligned(self.lines)}\n$$"


def equation(fit: Fit | FitList, *, substituted: bool = False, names: Mapping[str, str] | None = None) -> Equation:
    """The model as equations: the distribution of a row, its linear predictor, and what varies by group.

    Greek letters as in Gelman and Hill (2007) and their courses: alpha an intercept and beta a slope, with the group's
    index where it varies; mu its mean, gamma the coefficients of group-level predictors, sigma and rho the standard
    deviations and correlations. A variable that is constant within groups is written with their index, and where it
    explains a varying coefficient, by itself or in an interaction, it stands in that coefficient's own equation.
    Predictors of categories in no order are written once, for any category c, or each where their formulas differ; then
    those of other parameters, and category specific effects once, for any threshold k.

    Parameters
    ----------
    fit
        A fit; or the separate fits of `lmList`, of which the first and the last are written.
    substituted
        One equation in place of two levels: means and deviations in the place of varying coefficients.
    names
        What to call variables, by their names in the model; a single letter is set as mathematics.

    Returns
    -------
    Equation
        `str()` gives LaTeX that needs amsmath, and notebooks set it.

    Raises
    ------
    OptionError
        For names of variables that the model does not have, and for effects of several predictors that correlate.

    Examples
    --------
    >>> from stanmlm import equation, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1, chains=1, iter=200)
    >>> print(equation(fit, names={"score": "y", "hours": "x"}))
    \\begin{aligned}
    y_{ij} &\\sim \\text{Normal}(\\mu_{ij}, \\sigma^2) \\\\
    \\mu_{ij} &= \\alpha_{j} + \\beta\\,x_{ij} \\\\
    \\alpha_{j} &\\sim \\text{Normal}(\\mu_{\\alpha}, \\sigma_{\\alpha}^2)
    \\end{aligned}
    """
    check_arguments(equation, locals())
    given = names or {}
    if isinstance(fit, FitList):
        return Equation(tuple(_separate(next(iter(fit.fits.values())).model, given)))
    model, lines = fit.model, _in_one if substituted else _apart
    pages = [page_of(of, given, category, model) for category, of in by_category(model)]
    beside = [(symbol, link, page_of(of, given, symbol, model)) for symbol, link, of in by_parameters(model)]
    shift = by_threshold(model)
    shifts = [page_of(shift, given, THRESHOLD, model)] if shift else []
    check_page_names([*pages, *(page for *_, page in beside), *shifts])
    body = [line for page in (*pages, *shifts) for line in lines(page)]
    for symbol, link, page in beside:
        body += [(_by_row(symbol, page), f"= {link.written(str(predictor_on(page)))}"), *lines(page)]
    first = _response_lines(pages[0], [symbol for symbol, *_ in beside], shifts)
    return Equation((*first, *_odds(model, pages[0]), *body))


# The response.


def _response_lines(page: Page, beside: Sequence[str] = (), shifts: Sequence[Page] = ()) -> list[Line]:
    """The distribution of a row's response, and the link where there is one.

    Parameters
    ----------
    page
        Of the location.
    beside
        Symbols of other parameters that rows differ in.
    shifts
        The page of what thresholds are moved by, where there is one.
    """
    family, response = page.model.family, page.model.response
    notation, eta = family.notation, str(predictor_on(page))
    mean = f"{notation.mean}_{{{page.row}}}"
    size = "" if np.all(notation.sizes(response) == 1) else f"{notation.size}_{{{page.row}}}"
    outcome = f"{name_on(page, response_name(page.model))}_{{{page.row}}}"
    if notation.event:
        event = notation.event.replace("y", outcome)
        threshold, own = rf"\tau_{{{_item(page)}{THRESHOLD}}}", [eta, *map(str, map(predictor_on, shifts))]
        away = f"{' + '.join(own)} - {threshold}" if notation.beyond else f"{threshold} - {' - '.join(own)}"
        times = "".join(rf"{_by_row(symbol, page)}\," for symbol in beside)
        return [(rf"\Pr({event})", f"= {family.link.written(f'{times}({away})' if times else away)}")]
    law = notation.law(mean, size)
    for symbol in beside:
        law = law.replace(symbol, _by_row(symbol, page))
    lines = [(outcome, rf"\sim {law}")]
    return lines if mean == eta or page.category else [*lines, (mean, f"= {family.link.written(eta)}")]


def _by_row(symbol: str, page: Page) -> str:
    return f"{symbol}_{{{page.row}}}"


def _item(page: Page) -> str:
    """The factor whose levels have thresholds of their own, as their first index."""
    item = items_of(page.model.formula)
    return f"{name_on(page, item.label)}[{page.row}]," if item else ""


def _odds(model: Model, page: Page) -> list[Line]:
    """What predictors of categories are: the logarithms of odds against the one without."""
    if not page.category:
        return []
    chance, row = model.family.notation.mean, page.row
    odds = rf"\log \frac{{{chance}_{{{ANY},{row}}}}}{{{chance}_{{{reference_number(model)},{row}}}}}"
    which = ", ".join(map(str, category_numbers(model)))
    return [(odds, rf"= {at(MU, ANY, row)}, \quad {ANY} = {which}")]


# Levels apart.


def _apart(page: Page) -> list[Line]:
    summands = [
        multiplied(page, _apart_pieces(page, symbol, coefficient), coefficient.parts)
        for symbol, coefficient in zip(page.symbols, page.anatomy.coefficients, strict=True)
    ]
    lines = sum_lines(str(predictor_on(page)), [*_indicators(page), *summands, *_others(page)])
    return [*lines, *(line for bar in page.varies for line in _group_lines(page, bar))]


def _apart_pieces(page: Page, symbol: Symbol, coefficient: Coefficient) -> list[str]:
    varying = [str(_of_group(page, symbol, v)) for v in coefficient.varying]
    if coefficient.fixed and (has_several(page) or not varying):
        return [str(at(symbol, page.own)), *varying]
    return varying


def _of_group(page: Page, symbol: Symbol, varying: Varying) -> Symbol:
    return at(symbol, page.letters[varying.grouping], over=factor_over(page, varying))


def _group_lines(page: Page, bar: int) -> list[Line]:
    """The distribution of a group term, and the equations of means that have predictors."""
    rows = sorted(page.varies[bar], key=lambda row: row[2].position)
    left = [str(_of_group(page, symbol, v)) for symbol, _, v in rows]
    means = [_mean(page, symbol, c, v) for symbol, c, v in rows]
    lines = [(vector(left), law(page, means, rows))]
    lines += [
        (str(_mean_symbol(page, symbol, v)), "= " + " + ".join(_mean_pieces(page, symbol, c, v)))
        for symbol, c, v in rows
        if v.predictors
    ]
    return lines + covariance_lines(page, rows)


def _mean_symbol(page: Page, symbol: Symbol, varying: Varying) -> Symbol:
    return at(MU, str(symbol), page.letters[varying.grouping], over=factor_over(page, varying))


def _mean(page: Page, symbol: Symbol, coefficient: Coefficient, varying: Varying) -> str:
    if varying.predictors:
        return str(_mean_symbol(page, symbol, varying))
    return str(at(MU, str(symbol))) if coefficient.fixed and not has_several(page) else "0"


def _mean_pieces(page: Page, symbol: Symbol, coefficient: Coefficient, varying: Varying) -> list[str]:
    """What a varying coefficient is on average, without its deviation."""
    over = factor_over(page, varying)
    predictors = [
        rf"{at(GAMMA, str(symbol), str(number), over=over)}\,{product(page, parts)}"
        for number, parts in enumerate(varying.predictors, start=1)
    ]
    if not coefficient.fixed or has_several(page):
        return predictors
    return [str(at(GAMMA, str(symbol), "0")), *predictors] if predictors else [str(at(MU, str(symbol)))]


# One line.


def _in_one(page: Page) -> list[Line]:
    pairs = list(zip(page.symbols, page.anatomy.coefficients, strict=True))
    whole = [multiplied(page, _all_pieces(page, s, c), c.parts, brackets=_explained(c)) for s, c in pairs]
    lines = sum_lines(str(predictor_on(page)), [*_indicators(page), *whole, *_others(page)])
    if any(_explained(c) for _, c in pairs):
        plain = [multiplied(page, _plain_pieces(page, s, c), c.parts, brackets=_explained(c)) for s, c in pairs]
        crossed = [text for s, c in pairs for text in _cross_level(page, s, c)]
        lines += sum_lines("", [*plain, *crossed, *_others(page)])
    return [*lines, *(line for bar in page.varies for line in _deviation_lines(page, bar))]


def _explained(coefficient: Coefficient) -> bool:
    return any(v.predictors for v in coefficient.varying)


def _all_pieces(page: Page, symbol: Symbol, coefficient: Coefficient) -> list[str]:
    pieces = [str(symbol)] if coefficient.fixed and (has_several(page) or not coefficient.varying) else []
    for v in coefficient.varying:
        pieces += [*_mean_pieces(page, symbol, coefficient, v), str(_deviation(page, symbol, v))]
    return pieces


def _plain_pieces(page: Page, symbol: Symbol, coefficient: Coefficient) -> list[str]:
    """The pieces without group-level predictors."""
    without = [replace(v, predictors=()) for v in coefficient.varying]
    pieces = _all_pieces(page, symbol, replace(coefficient, varying=tuple(without)))
    zero = {str(at(MU, str(symbol))): str(at(GAMMA, str(symbol), "0"))} if _explained(coefficient) else {}
    return [zero.get(piece, piece) for piece in pieces]


def _cross_level(page: Page, symbol: Symbol, coefficient: Coefficient) -> list[str]:
    return [
        rf"{at(GAMMA, str(symbol), str(number), over=factor_over(page, v))}\,"
        + product(page, (*coefficient.parts, *parts))
        for v in coefficient.varying
        for number, parts in enumerate(v.predictors, start=1)
    ]


def _deviation(page: Page, symbol: Symbol, varying: Varying) -> Symbol:
    return at(EPSILON, str(symbol), page.letters[varying.grouping], over=factor_over(page, varying))


def _deviation_lines(page: Page, bar: int) -> list[Line]:
    rows = sorted(page.varies[bar], key=lambda row: row[2].position)
    left = [str(_deviation(page, symbol, v)) for symbol, _, v in rows]
    return [(vector(left), law(page, ["0"] * len(rows), rows)), *covariance_lines(page, rows)]


# What both have.


def _indicators(page: Page) -> list[str]:
    """An intercept for every level of a variable, in models without grouping factors."""
    return [str(at(ALPHA, page.category, page.letters[0])) for block in page.anatomy.blocks if block.indicators]


def _others(page: Page) -> list[str]:
    """Terms of many columns, and offsets."""
    wide = [
        rf"{name_on(page, block.label)}_{{{page.row}}}^{{\top}}\,{at(BETA, page.category, name_on(page, block.label))}"
        for block in page.anatomy.blocks
        if not block.indicators
    ]
    return wide + [f"{name_on(page, text)}_{{{page.row}}}" for text in offsets(page.model)]


def _separate(model: Model, names: Mapping[str, str]) -> list[Line]:
    """A model a group: the first, the last, and dots between."""
    first, last = (replace(page_of(model, names), row=f"i{j}", own=j) for j in ("1", "J"))
    check_page_names([first])
    return [*_response_lines(first), *_apart(first), ("", r"\;\;\vdots"), *_response_lines(last), *_apart(last)]
