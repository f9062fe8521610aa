"""`lmList`: one model a group, the lecture's "no pooling", and which groups could not be estimated without a prior."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
import pandas as pd

from stanmlm.arguments import check_arguments
from stanmlm.arrays import Bools, Floats
from stanmlm.callers import caller_scope
from stanmlm.design_rows import whole
from stanmlm.errors import DataError, FormulaError, OptionError, did_you_mean
from stanmlm.extract import fixef
from stanmlm.families import FamilyLike, as_family
from stanmlm.fit import Call, Fit
from stanmlm.formula import deparse, parse_expression
from stanmlm.model import Model
from stanmlm.pipeline import ModelOptions, build_model, fit_model
from stanmlm.rstyle import Options, name_of, read_options
from stanmlm.tables import to_pandas


@dataclass(frozen=True)
class FitList:
    """A fit a group; `coefficients(fits)` is R's table of them."""

    formula: str
    group: str
    fits: Mapping[str, Fit]  # by level, in the order of the data's levels
    inestimable: Mapping[str, str]  # levels whose likelihood has no maximum or cannot tell coefficients apart, and why

    def __repr__(self) -> str:
        return f"lmList: {self.formula} | {self.group}\n{coefficients(self).round(4).to_string(na_rep='NA')}"


def lmList(  # noqa: N802, lme4's name
    formula: str, data: object = None, family: FamilyLike = "gaussian", **options: Unpack[Options]
) -> FitList:
    """Separate models for the levels of a factor, `lmList("vote ~ income | state", voters, family=binomial)`.

    Each is fitted under its own priors, as `glm` on the rows of that level would be, so that every level has a
    posterior; `inestimable` tells which of them maximum likelihood could not have estimated. The arguments are those
    of `glm`.

    Raises
    ------
    FormulaError
        Where the formula is not `response ~ terms | factor`.
    DataError
        Where no level has a row.

    Examples
    --------
    >>> from stanmlm import lmList, simulate_exams
    >>> fits = lmList("score ~ hours | exam", simulate_exams(seed=1), seed=1, iter=500)
    >>> list(fits.fits)
    ['1', '2', '3', '4', '5']
    """
    if options.get("file") is not None:
        raise OptionError("lmList() makes many fits and keeps no file; save(fits.fits[level], path) keeps one")
    scope = caller_scope(1)
    model_text, group = _split(formula)
    model_options, run = read_options(options)
    frame = to_pandas(data)
    fits: dict[str, Fit] = {}
    reasons: dict[str, str] = {}
    for level, part, some in _parts(frame, group, scope, model_options):
        model = build_model(model_text, part, as_family(family), scope, some)
        fits[level] = fit_model(Call("glm", name_of(data, scope), dict(options)), model, run)
        if reason := why_inestimable(model):
            reasons[level] = reason
    if not fits:
        raise DataError(f"`{group}` has no level with rows")
    return FitList(model_text, group, fits, reasons)


def coefficients(fits: FitList) -> pd.DataFrame:
    """Posterior means by level, as R's `coef(lmList(...))`; NaN where maximum likelihood has no estimate.

    Examples
    --------
    >>> from stanmlm import coefficients, lmList, simulate_exams
    >>> fits = lmList("score ~ hours | exam", simulate_exams(seed=1), seed=1, iter=500)
    >>> coefficients(fits).shape
    (5, 2)
    """
    check_arguments(coefficients, locals())
    table = pd.DataFrame({level: fixef(fit) for level, fit in fits.fits.items()}).T
    table.loc[list(fits.inestimable)] = np.nan
    return table


def why_inestimable(model: Model) -> str:
    """Why maximum likelihood has no estimate, or "": collinear columns, too few rows, or separation.

    Separation is tested by the linear program of Konis (2007): a direction in which the likelihood never falls.
    """
    design, response = model.design, model.response
    if design.dropped:
        return f"`{design.dropped[0]}` does not vary apart from the others"
    if model.family.auxiliary and len(response.y) <= design.X.shape[1]:
        return f"{len(response.y)} rows for {design.X.shape[1]} coefficients leave no residuals"
    low, high = model.family.bounds(response.trials)
    if _separated(whole(design).X, response.y <= low, response.y >= high):
        return "the response is separated: the likelihood grows without end"
    return ""


def _separated(X: Floats, at_low: Bools, at_high: Bools) -> bool:
    """Whether some direction raises eta only where y is at its upper bound and lowers it only at its lower one."""
    from scipy.optimize import linprog

    signs = at_high.astype(float) - at_low
    pushed = X[signs != 0] * signs[signs != 0, None]
    if not len(pushed):
        return False
    fixed = X[signs == 0]
    found = linprog(
        -pushed.sum(axis=0),
        A_ub=-pushed,
        b_ub=np.zeros(len(pushed)),
        A_eq=fixed if len(fixed) else None,
        b_eq=np.zeros(len(fixed)) if len(fixed) else None,
        bounds=[(-1, 1)] * X.shape[1],
    )
    return bool(found.status == 0 and -found.fun > 1e-8)


def _split(formula: str) -> tuple[str, str]:
    """`y ~ x | g` as `y ~ x` and `g`."""
    node = parse_expression(formula)
    if node.text != "~" or len(node.args) != 2 or node.args[1][1].text != "|":
        raise FormulaError("lmList() needs a formula such as `y ~ x | group`", formula, 0, len(formula))
    (_, left), (_, right) = node.args
    (_, terms), (_, group) = right.args
    return f"{deparse(left)} ~ {deparse(terms)}", deparse(group)


def _grouping(frame: pd.DataFrame | None, group: str, scope: Mapping[str, object]) -> pd.Series:
    if frame is not None and group in frame:
        return frame[group]
    if group not in scope:
        near = did_you_mean(group, scope if frame is None else frame.columns)
        raise DataError(f"the right of `|` must name a grouping factor; there is no `{group}`{near}")
    return pd.Series(scope[group])


def _parts(
    frame: pd.DataFrame | None, group: str, scope: Mapping[str, object], options: ModelOptions
) -> Iterator[tuple[str, pd.DataFrame | None, ModelOptions]]:
    """Each level with its rows: a part of the data, or a `subset` where variables come from the scope."""
    by = _grouping(frame, group, scope)
    levels = by.cat.categories if isinstance(by.dtype, pd.CategoricalDtype) else sorted(by.dropna().unique())
    for level in levels:
        mask = (by == level).to_numpy()
        if frame is not None:
            yield str(level), frame[mask], options
        else:
            yield str(level), None, replace(options, subset=mask)
