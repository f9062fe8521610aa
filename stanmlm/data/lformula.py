"""Model frames and matrices without a fit, and lme4's lFormula and getME: the same parts by lme4's names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd
from scipy import sparse

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.callers import caller_scope
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import FormulaError, OptionError, did_you_mean
from stanmlm.data import frame as frames
from stanmlm.data.coding import Contrasts, check_contrasts, model_columns, unique_names
from stanmlm.data.contrasts import DEFAULT, read_contrasts, read_default
from stanmlm.data.design import Design, GroupTerm, design
from stanmlm.data.factors import level_names, make_unique
from stanmlm.data.frame import ModelFrame
from stanmlm.data.whole_rows import n_rows, whole
from stanmlm.formula.formula import Formula, parse_formula, require_alike


class ObservedFrame(Protocol):
    """A response as any family reads it."""

    @property
    def y(self) -> Floats: ...  # noqa: D102
    @property
    def weights(self) -> Floats: ...  # noqa: D102


class FittedModel(Protocol):
    """What getME and the like read of a model."""

    @property
    def formula(self) -> Formula: ...  # noqa: D102
    @property
    def frame(self) -> ModelFrame: ...  # noqa: D102
    @property
    def design(self) -> Design: ...  # noqa: D102
    @property
    def response(self) -> ObservedFrame: ...  # noqa: D102


@runtime_checkable
class Fitted(Protocol):
    """A fit, as far as its model goes."""

    @property
    def model(self) -> FittedModel: ...  # noqa: D102


@dataclass(frozen=True)
class ReTrms:
    """lme4's `reTrms`: group terms with most levels first."""

    flist: Mapping[str, pd.Series]  # grouping factors by name, categorical, a row a row
    assign: tuple[int, ...]  # for each term the position of its factor in flist, from 0
    cnms: Mapping[str, tuple[str, ...]]  # coefficients by term; a second term of a factor `g` is `g.1`
    Gp: Ints  # (terms + 1,) where each term's rows of Zt begin
    Zt: sparse.csc_matrix  # (q, N); within a term level by level, within a level coefficient by coefficient
    nl: tuple[int, ...]  # levels a term


@dataclass(frozen=True)
class LFormula:
    """What `lme4::lFormula` gives: fixed columns, model frame, random terms.

    Attributes
    ----------
    X
        Fixed columns, (N, F), under R's names.
    fr
        The model frame.
    reTrms
        lme4's: `flist`, `cnms`, `Gp`, `nl`, `assign` and the sparse `Zt`, (q, N).
    formula
        Its text.

    Examples
    --------
    >>> from stanmlm import lFormula, simulate_exams
    >>> lFormula("score ~ hours + (1 | student)", simulate_exams(seed=1)).X.columns.tolist()
    ['(Intercept)', 'hours']
    """

    X: pd.DataFrame
    fr: pd.DataFrame
    reTrms: ReTrms  # noqa: N815
    formula: str


def lFormula(  # noqa: N802
    formula: str,
    data: object = None,
    *,
    weights: object = None,
    subset: object = None,
    na_action: str = "omit",
    offset: object = None,
    contrasts: Mapping[str, object] | None = None,
    default_contrasts: tuple[str, str] = DEFAULT,
) -> LFormula:
    """The parts of a mixed model without a fit, as `lme4::lFormula` gives them.

    Parameters
    ----------
    formula
        A formula with at least one random term.
    data
        A data frame, a dict of columns, or None for variables in scope.
    weights
        Numbers, a column's name, or R code as text; None for ones.
    subset
        The rows to use, truth values, positions from 0 or R code as text; None for all.
    na_action
        What to do with missing values: "omit" and "exclude" drop their rows, "fail" refuses.
    offset
        Numbers, a column's name, or R code as text, added to the linear predictor; None for zero.
    contrasts
        By variable, a name such as "contr.sum" or a matrix with a row a level; None for the default ones.
    default_contrasts
        R's `options("contrasts")`: for unordered and for ordered factors.

    Returns
    -------
    LFormula
        `X` and `fr` are data frames, `reTrms` has `flist`, `cnms`, `Gp` and a sparse `Zt`.

    Raises
    ------
    FormulaError
        When the formula cannot be read, or has no random term.

    Examples
    --------
    >>> from stanmlm import lFormula
    >>> import pandas as pd
    >>> data = pd.DataFrame({"y": [1.0, 2.0, 4.0, 3.0], "x": [0.0, 1.0, 2.0, 3.0], "g": list("aabb")})
    >>> parts = lFormula("y ~ x + (1 + x | g)", data)
    >>> parts.reTrms.cnms, parts.reTrms.Zt.shape
    ({'g': ('(Intercept)', 'x')}, (4, 4))
    """
    check_arguments(lFormula, locals())
    table = to_pandas(data)
    parsed = parse_formula(formula, () if table is None else tuple(table.columns))
    if not parsed.bars:
        raise FormulaError("No random effects terms specified in formula", formula)
    made = frames.model_frame(parsed, table, caller_scope(1), weights, subset, na_action, offset)
    columns = whole(design(parsed, made, contrasts, default_contrasts))
    X = pd.DataFrame(columns.X, index=made.index, columns=list(columns.names), copy=False)
    return LFormula(X, made.variables, random_terms(columns.terms, made.index), formula)


def model_matrix(
    formula: str | Fitted,
    data: object = None,
    *,
    subset: object = None,
    na_action: str = "omit",
    contrasts: Mapping[str, object] | None = None,
    default_contrasts: tuple[str, str] = DEFAULT,
) -> pd.DataFrame:
    """The fixed columns of a formula, or of a fit, under R's names.

    Parameters
    ----------
    formula
        A formula, or a fit. The random terms of a formula are left out; aliased columns stay in.
    data
        A data frame, a dict of columns, or None for variables in scope.
    subset
        The rows to use, truth values, positions from 0 or R code as text; None for all.
    na_action
        What to do with missing values: "omit" and "exclude" drop their rows, "fail" refuses.
    contrasts
        By variable: a name such as "contr.sum", or a matrix with a row a level; None for the default ones.
    default_contrasts
        R's `options("contrasts")`: for unordered and for ordered factors.

    Returns
    -------
    pandas.DataFrame
        A row a row that is used, a column a coefficient.

    Raises
    ------
    FormulaError
        With a caret, for a formula that cannot be read or evaluated.

    Examples
    --------
    >>> from stanmlm import model_matrix
    >>> import pandas as pd
    >>> model_matrix("~ x * f", pd.DataFrame({"x": [1.0, 2.0], "f": ["a", "b"]})).columns.tolist()
    ['(Intercept)', 'x', 'fb', 'x:fb']
    """
    check_arguments(model_matrix, locals())
    if not isinstance(formula, str):
        fitted = whole(formula.model.design)
        return pd.DataFrame(fitted.X, index=formula.model.frame.index, columns=list(fitted.names), copy=False)
    table = to_pandas(data)
    parsed = parse_formula(formula, () if table is None else tuple(table.columns))
    made = frames.model_frame(parsed, table, caller_scope(1), None, subset, na_action)
    coding = Contrasts(read_contrasts(contrasts), read_default(default_contrasts))
    check_contrasts(coding, made.values)
    require_alike(parsed)
    columns = model_columns(parsed.fixed, made.values, coding, len(made.rows))
    return pd.DataFrame(columns.X, index=made.index, columns=list(unique_names([columns])[0]), copy=False)


def model_frame(
    formula: str | Fitted, data: object = None, *, subset: object = None, na_action: str = "omit"
) -> pd.DataFrame:
    """The variables of a formula, or of a fit, on the rows that are used.

    Parameters
    ----------
    formula
        A formula, or a fit.
    data
        A data frame, a dict of columns, or None for variables in scope.
    subset
        The rows to use, truth values, positions from 0 or R code as text; None for all.
    na_action
        What to do with missing values: "omit" and "exclude" drop their rows, "fail" refuses.

    Returns
    -------
    pandas.DataFrame
        R's labels as columns; calls that give several columns, such as `poly(x, 2)`, are left out.

    Raises
    ------
    FormulaError
        With a caret, for a formula that cannot be read or evaluated.
    DataError
        For variables that are nowhere, and with `na_action="fail"` for missing values.

    Examples
    --------
    >>> from stanmlm import model_frame
    >>> import pandas as pd
    >>> model_frame("log(y) ~ x", pd.DataFrame({"y": [1.0, 1.0], "x": [2.0, None]})).columns.tolist()
    ['log(y)', 'x']
    """
    check_arguments(model_frame, locals())
    if not isinstance(formula, str):
        return formula.model.frame.variables
    table = to_pandas(data)
    parsed = parse_formula(formula, () if table is None else tuple(table.columns))
    return frames.model_frame(parsed, table, caller_scope(1), None, subset, na_action).variables


def getME(fit: Fitted, name: str) -> object:  # noqa: N802
    """A part of a fit's design by lme4's name: X, Z, Zt, y, offset, Gp, flist, cnms, nl, n, p, q.

    Parameters
    ----------
    fit
        A fit.
    name
        The part; `Z` (N, q) and `Zt` (q, N) are sparse.

    Returns
    -------
    object
        An array, a sparse matrix, a mapping or a number, as lme4 has that part.

    Raises
    ------
    OptionError
        For a name that there is none of.

    Examples
    --------
    >>> from stanmlm import getME, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> getME(fit, "Zt").shape
    (100, 500)
    """
    check_arguments(getME, locals())
    if name not in PARTS:
        raise OptionError(f"getME has no `{name}`{did_you_mean(name, PARTS)}")
    return PARTS[name](fit.model, random_terms(whole(fit.model.design).terms, fit.model.frame.index))


PARTS: Mapping[str, Callable[[FittedModel, ReTrms], object]] = {
    "X": lambda model, re: whole(model.design).X,
    "Z": lambda model, re: sparse.csr_matrix(re.Zt.T),
    "Zt": lambda model, re: re.Zt,
    "y": lambda model, re: model.response.y,
    "offset": lambda model, re: model.design.offset,
    "Gp": lambda model, re: re.Gp,
    "flist": lambda model, re: re.flist,
    "cnms": lambda model, re: re.cnms,
    "nl": lambda model, re: re.nl,
    "n": lambda model, re: n_rows(model.design),
    "p": lambda model, re: model.design.X.shape[1],
    "q": lambda model, re: int(re.Gp[-1]),
}


def random_terms(terms: tuple[GroupTerm, ...], index: pd.Index) -> ReTrms:
    """lme4's `reTrms` of group terms."""
    factors = {term.group: term for term in terms}
    sizes = [len(term.levels) * len(term.coefs) for term in terms]
    Gp = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    flist = {group: _factor_column(term, index) for group, term in factors.items()}
    return ReTrms(
        flist=flist,
        assign=tuple(list(factors).index(term.group) for term in terms),
        cnms=dict(zip(make_unique(term.group for term in terms), (term.coefs for term in terms), strict=True)),
        Gp=Gp,
        Zt=_transposed(terms, Gp, len(index)),
        nl=tuple(len(term.levels) for term in terms),
    )


def _factor_column(term: GroupTerm, index: pd.Index) -> "pd.Series[str]":
    categories = pd.Index(level_names(term.levels))
    return pd.Series(pd.Categorical.from_codes(term.index, categories=categories), index=index, name=term.group)


def _transposed(terms: tuple[GroupTerm, ...], Gp: Ints, n: int) -> sparse.csc_matrix:
    rows = [Gp[t] + term.index[:, None] * len(term.coefs) + np.arange(len(term.coefs)) for t, term in enumerate(terms)]
    row = np.concatenate([part.ravel() for part in rows])
    column = np.concatenate([np.repeat(np.arange(n), len(term.coefs)) for term in terms])
    entries = np.concatenate([term.Z.ravel() for term in terms])
    Zt = sparse.csc_matrix((entries, (row, column)), shape=(int(Gp[-1]), n))
    Zt.eliminate_zeros()
    return Zt
