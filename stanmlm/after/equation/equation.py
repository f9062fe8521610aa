"""`equation`: a model in the notation of multilevel textbooks, levels apart or in one line, as LaTeX."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from stanmlm.after.equation.coefficients import Anatomy, Coefficient, Varying, anatomy
from stanmlm.after.equation.latex import Symbol, aligned, at, column, matrix, name
from stanmlm.after.equation.variable_levels import Part, Parts, level_of
from stanmlm.base.arguments import check_arguments
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.fit.fit import Fit
from stanmlm.fit.fitlist import FitList
from stanmlm.formula.formula import deparse
from stanmlm.formula.rcode import is_call, operands
from stanmlm.model.model import Model
from stanmlm.priors.parameters import groupings

LETTERS = "jklmnopqrstuvwxyz"  # an index for each grouping factor
ACROSS = 4  # summands on a line
FULL = 3  # coefficients of a group term up to which their covariance matrix is written out
ALPHA, GAMMA, MU, EPSILON = Symbol(r"\alpha"), Symbol(r"\gamma"), Symbol(r"\mu"), Symbol(r"\varepsilon")
SIGMA, RHO = Symbol(r"\sigma"), Symbol(r"\rho")

Line = tuple[str, str]  # left side; relation and right side


@dataclass(frozen=True)
class Equation:
    """LaTeX of a model: `print` shows the source, notebooks and Quarto set it."""

    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return aligned(self.lines)

    def __repr__(self) -> str:
        return aligned(self.lines)

    def _repr_latex_(self) -> str:
        return f"$$\n{aligned(self.lines)}\n$$"


@dataclass(frozen=True, eq=False)
class _Writing:
    """What every line of an equation needs."""

    model: Model
    anatomy: Anatomy
    symbols: tuple[Symbol, ...]  # one a coefficient
    names: Mapping[str, str]
    letters: tuple[str, ...]  # the index of each grouping factor
    row: str  # the index of a row, "ij"
    own: str = ""  # subscript of what does not vary: the group, where each has a model of its own
    varies: Mapping[int, list[tuple[Symbol, Coefficient, Varying]]] = field(default_factory=dict)  # by group term


def equation(fit: Fit | FitList, *, substituted: bool = False, names: Mapping[str, str] | None = None) -> Equation:
    """The model as equations: the distribution of a row, its linear predictor, and what varies by group.

    Greek letters as in Gelman and Hill (2007) and their courses: alpha an intercept and beta a slope, with the group's
    index where it varies; mu its mean, gamma the coefficients of group-level predictors, sigma and rho the standard
    deviations and correlations. A variable that is constant within groups is written with their index, and where it
    explains a varying coefficient, by itself or in an interaction, it stands in that coefficient's own equation.

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
        For names of variables that the model does not have, and for models where other parameters have a formula.

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
    if fit.model.design.others:
        listed = " and ".join(f"`{of.dpar}`" for of in fit.model.design.others)
        raise OptionError(f"equation() writes models with one predictor; here {listed} has a formula too")
    page = _writing(fit.model, given)
    body = _in_one(page) if substituted else _apart(page)
    return Equation((*_response_lines(page), *body))


def _writing(model: Model, names: Mapping[str, str]) -> _Writing:
    found = anatomy(model)
    groups = len(groupings(model.design)) or any(block.indicators for block in found.blocks)
    letters = tuple(LETTERS[:groups])
    symbols = _symbols(found.coefficients)
    varies: dict[int, list[tuple[Symbol, Coefficient, Varying]]] = {bar: [] for bar in range(len(model.design.terms))}
    for symbol, coefficient in zip(symbols, found.coefficients, strict=True):
        for varying in coefficient.varying:
            varies[varying.bar].append((symbol, coefficient, varying))
    page = _Writing(model, found, symbols, names, letters, "i" + "".join(letters), varies=varies)
    _check_names(page)
    return page


def _symbols(coefficients: Sequence[Coefficient]) -> tuple[Symbol, ...]:
    """Alpha for the intercept; beta for one slope, numbered for several."""
    slopes = sum(bool(c.parts) for c in coefficients)
    numbers = iter(range(1, slopes + 1))
    return tuple(
        Symbol(r"\beta", (str(next(numbers)),) if slopes > 1 else ()) if c.parts else ALPHA for c in coefficients
    )


def _check_names(page: _Writing) -> None:
    products = [c.parts for c in page.anatomy.coefficients]
    products += [parts for c in page.anatomy.coefficients for v in c.varying for parts in v.predictors]
    known = {part.name for parts in products for part in parts}
    known |= {block.label for block in page.anatomy.blocks} | {g.group for g in groupings(page.model.design)}
    known |= {_response_name(page.model), *_offsets(page.model)}
    for given in page.names:
        if given not in known:
            raise OptionError(f"the equation has no variable `{given}`{did_you_mean(given, sorted(known))}")


def _called(page: _Writing, text: str) -> str:
    given = page.names.get(text, text)
    return given if given is not text and len(given) == 1 else name(given.strip("`"))


# The response.


def _response_lines(page: _Writing) -> list[Line]:
    """The distribution of a row's response, and the link where there is one."""
    family, response = page.model.family, page.model.response
    notation, eta = family.notation, f"\\mu_{{{page.row}}}"
    mean = f"{notation.mean}_{{{page.row}}}"
    size = "" if np.all(notation.sizes(response) == 1) else f"{notation.size}_{{{page.row}}}"
    outcome = f"{_called(page, _response_name(page.model))}_{{{page.row}}}"
    lines = [(outcome, rf"\sim {notation.law(mean, size)}")]
    return lines if mean == eta else [*lines, (mean, f"= {family.link.written(eta)}")]


def _response_name(model: Model) -> str:
    """The response; of successes and failures, or trials, the successes."""
    expression = model.formula.response
    assert expression is not None
    if is_call(expression.node, ["cbind", "trials"]):
        return deparse(operands(expression.node)[0])
    return model.response.label


# Levels apart.


def _apart(page: _Writing) -> list[Line]:
    summands = [
        _times(page, _apart_pieces(page, symbol, coefficient), coefficient.parts)
        for symbol, coefficient in zip(page.symbols, page.anatomy.coefficients, strict=True)
    ]
    lines = _sum_lines(f"\\mu_{{{page.row}}}", [*_indicators(page), *summands, *_others(page)])
    return [*lines, *(line for bar in page.varies for line in _group_lines(page, bar))]


def _apart_pieces(page: _Writing, symbol: Symbol, coefficient: Coefficient) -> list[str]:
    varying = [str(_of_group(page, symbol, v)) for v in coefficient.varying]
    if coefficient.fixed and (_several(page) or not varying):
        return [str(at(symbol, page.own)), *varying]
    return varying


def _of_group(page: _Writing, symbol: Symbol, varying: Varying) -> Symbol:
    return at(symbol, page.letters[varying.grouping], over=_over(page, varying))


def _several(page: _Writing) -> bool:
    """With several grouping factors, what they bring are deviations, and the mean stands in the row's equation."""
    return len(groupings(page.model.design)) > 1


def _over(page: _Writing, varying: Varying) -> str:
    """The factor's name above a symbol, where there are several."""
    return _called(page, groupings(page.model.design)[varying.grouping].group) if _several(page) else ""


def _group_lines(page: _Writing, bar: int) -> list[Line]:
    """The distribution of a group term, and the equations of means that have predictors."""
    rows = sorted(page.varies[bar], key=lambda row: row[2].position)
    left = [str(_of_group(page, symbol, v)) for symbol, _, v in rows]
    means = [_mean(page, symbol, c, v) for symbol, c, v in rows]
    lines = [(_vector(left), _law(page, means, rows))]
    lines += [
        (str(_mean_symbol(page, symbol, v)), "= " + " + ".join(_mean_pieces(page, symbol, c, v)))
        for symbol, c, v in rows
        if v.predictors
    ]
    return lines + _covariance_line(page, rows)


def _mean_symbol(page: _Writing, symbol: Symbol, varying: Varying) -> Symbol:
    return at(MU, str(symbol), page.letters[varying.grouping], over=_over(page, varying))


def _mean(page: _Writing, symbol: Symbol, coefficient: Coefficient, varying: Varying) -> str:
    if varying.predictors:
        return str(_mean_symbol(page, symbol, varying))
    return str(at(MU, str(symbol))) if coefficient.fixed and not _several(page) else "0"


def _mean_pieces(page: _Writing, symbol: Symbol, coefficient: Coefficient, varying: Varying) -> list[str]:
    """What a varying coefficient is on average, without its deviation."""
    over = _over(page, varying)
    predictors = [
        rf"{at(GAMMA, str(symbol), str(number), over=over)}\,{_product(page, parts)}"
        for number, parts in enumerate(varying.predictors, start=1)
    ]
    if not coefficient.fixed or _several(page):
        return predictors
    return [str(at(GAMMA, str(symbol), "0")), *predictors] if predictors else [str(at(MU, str(symbol)))]


# One line.


def _in_one(page: _Writing) -> list[Line]:
    pairs = list(zip(page.symbols, page.anatomy.coefficients, strict=True))
    whole = [_times(page, _all_pieces(page, s, c), c.parts, brackets=_explained(c)) for s, c in pairs]
    lines = _sum_lines(f"\\mu_{{{page.row}}}", [*_indicators(page), *whole, *_others(page)])
    if any(_explained(c) for _, c in pairs):
        plain = [_times(page, _plain_pieces(page, s, c), c.parts, brackets=_explained(c)) for s, c in pairs]
        crossed = [text for s, c in pairs for text in _cross_level(page, s, c)]
        lines += _sum_lines("", [*plain, *crossed, *_others(page)])
    return [*lines, *(line for bar in page.varies for line in _deviation_lines(page, bar))]


def _explained(coefficient: Coefficient) -> bool:
    return any(v.predictors for v in coefficient.varying)


def _all_pieces(page: _Writing, symbol: Symbol, coefficient: Coefficient) -> list[str]:
    pieces = [str(symbol)] if coefficient.fixed and (_several(page) or not coefficient.varying) else []
    for v in coefficient.varying:
        pieces += [*_mean_pieces(page, symbol, coefficient, v), str(_deviation(page, symbol, v))]
    return pieces


def _plain_pieces(page: _Writing, symbol: Symbol, coefficient: Coefficient) -> list[str]:
    """The pieces without group-level predictors."""
    without = [replace(v, predictors=()) for v in coefficient.varying]
    pieces = _all_pieces(page, symbol, replace(coefficient, varying=tuple(without)))
    zero = {str(at(MU, str(symbol))): str(at(GAMMA, str(symbol), "0"))} if _explained(coefficient) else {}
    return [zero.get(piece, piece) for piece in pieces]


def _cross_level(page: _Writing, symbol: Symbol, coefficient: Coefficient) -> list[str]:
    return [
        rf"{at(GAMMA, str(symbol), str(number), over=_over(page, v))}\," + _product(page, (*coefficient.parts, *parts))
        for v in coefficient.varying
        for number, parts in enumerate(v.predictors, start=1)
    ]


def _deviation(page: _Writing, symbol: Symbol, varying: Varying) -> Symbol:
    return at(EPSILON, str(symbol), page.letters[varying.grouping], over=_over(page, varying))


def _deviation_lines(page: _Writing, bar: int) -> list[Line]:
    rows = sorted(page.varies[bar], key=lambda row: row[2].position)
    left = [str(_deviation(page, symbol, v)) for symbol, _, v in rows]
    return [(_vector(left), _law(page, ["0"] * len(rows), rows)), *_covariance_line(page, rows)]


# Distributions of group terms.

Rows = Sequence[tuple[Symbol, Coefficient, Varying]]


def _vector(entries: Sequence[str]) -> str:
    return entries[0] if len(entries) == 1 else column(entries)


def _law(page: _Writing, means: Sequence[str], rows: Rows) -> str:
    if len(rows) == 1:
        return rf"\sim \text{{Normal}}({means[0]}, {_sd(page, rows[0])}^2)"
    return rf"\sim \text{{Multivariate Normal}}\left({column(means)}, {_covariance(page, rows)}\right)"


def _sd(page: _Writing, row: tuple[Symbol, Coefficient, Varying]) -> Symbol:
    return at(SIGMA, str(row[0]), _over(page, row[2]))


def _covariance(page: _Writing, rows: Rows) -> str:
    if len(rows) > FULL:
        return str(_sigma_matrix(page, rows))
    sds = [_sd(page, row) for row in rows]
    places = range(len(rows))
    return matrix([[_covariance_entry(page, rows, sds, min(p, q), max(p, q)) for q in places] for p in places])


def _covariance_entry(page: _Writing, rows: Rows, sds: Sequence[Symbol], p: int, q: int) -> str:
    if p == q:
        return f"{sds[p]}^2"
    pair = (str(rows[p][0]), str(rows[q][0])) if len(rows) > 2 else ()
    return f"{at(RHO, *pair, over=_over(page, rows[0][2]))} {sds[p]} {sds[q]}"


def _sigma_matrix(page: _Writing, rows: Rows) -> Symbol:
    return Symbol(r"\boldsymbol{\Sigma}", over=_over(page, rows[0][2]))


def _covariance_line(page: _Writing, rows: Rows) -> list[Line]:
    """What stands in a covariance matrix that is too large to write out."""
    if len(rows) <= FULL:
        return []
    entry = at(Symbol(r"\Sigma", over=_over(page, rows[0][2])), "p", "q")
    return [(str(entry), r"= \rho_{p,q} \sigma_{p} \sigma_{q}, \quad \rho_{p,p} = 1")]


# Products and sums.


def _variable(page: _Writing, part: Part) -> str:
    level = level_of(part, page.model.design)
    return f"{_called(page, part.name)}_{{{page.row if level is None else page.letters[level]}}}"


def _product(page: _Writing, parts: Parts) -> str:
    return r" \times ".join(_variable(page, part) for part in parts)


def _times(page: _Writing, pieces: Sequence[str], parts: Parts, brackets: bool = False) -> str:
    total = " + ".join(pieces)
    if brackets or (parts and len(pieces) > 1):
        total = f"({total})"
    return rf"{total}\,{_product(page, parts)}" if parts else total


def _indicators(page: _Writing) -> list[str]:
    """An intercept for every level of a variable, in models without grouping factors."""
    return [str(at(ALPHA, page.letters[0])) for block in page.anatomy.blocks if block.indicators]


def _others(page: _Writing) -> list[str]:
    """Terms of many columns, and offsets."""
    wide = [
        rf"{_called(page, block.label)}_{{{page.row}}}^{{\top}}\,\boldsymbol{{\beta}}_{{{_called(page, block.label)}}}"
        for block in page.anatomy.blocks
        if not block.indicators
    ]
    return wide + [f"{_called(page, text)}_{{{page.row}}}" for text in _offsets(page.model)]


def _offsets(model: Model) -> list[str]:
    texts = [deparse(operands(offset.node)[0]) for offset in model.formula.offsets]
    given = model.frame.memory["offset"]
    if isinstance(given, str):
        return [*texts, given]
    return texts or (["offset"] if np.any(model.design.offset != 0) else [])


def _sum_lines(left: str, summands: Sequence[str]) -> list[Line]:
    """A sum, `ACROSS` summands to a line."""
    shown = [text for text in summands if text] or ["0"]
    rows = [" + ".join(shown[k : k + ACROSS]) for k in range(0, len(shown), ACROSS)]
    return [(left, f"= {rows[0]}"), *(("", rf"\quad + {row}") for row in rows[1:])]


def _separate(model: Model, names: Mapping[str, str]) -> list[Line]:
    """A model a group: the first, the last, and dots between."""
    first, last = (replace(_writing(model, names), row=f"i{j}", own=j) for j in ("1", "J"))
    return [*_response_lines(first), *_apart(first), ("", r"\;\;\vdots"), *_response_lines(last), *_apart(last)]
