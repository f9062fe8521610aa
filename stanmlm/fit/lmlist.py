"""`lmList`: one model a group, the lecture's "no pooling", and which groups could not be estimated without a prior."""

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments, check_options
from stanmlm.base.arrays import Bools, Floats, Ints
from stanmlm.base.callers import caller_scope, warn_user
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import DataError, FormulaError, OptionError, did_you_mean
from stanmlm.data.factors import group_factor, level_names
from stanmlm.data.foreign_values import as_value
from stanmlm.data.frame import ModelFrame, model_frame
from stanmlm.data.rvalues import as_series, length, take
from stanmlm.data.whole_rows import whole
from stanmlm.families import FamilyLike, as_family, gaussian
from stanmlm.fit.call import Options, name_of
from stanmlm.fit.fit import Call
from stanmlm.fit.fitlist import FitList
from stanmlm.fit.many import Job, fit_jobs
from stanmlm.fit.reasons import failures
from stanmlm.formula.formula import deparse, parse_expression, parse_formula
from stanmlm.formula.rcode import Node, fold, names_in, operands
from stanmlm.model.model import Model


@dataclass(frozen=True)
class Part:
    """What one level is fitted from."""

    data: pd.DataFrame | None
    scope: Mapping[str, object]
    arguments: Mapping[str, object]


def lmList(  # noqa: N802, lme4's name
    formula: str,
    data: object = None,
    family: FamilyLike = "gaussian",
    *,
    n_jobs: int | None = None,
    **options: Unpack[Options],
) -> FitList:
    """Separate models for the levels of a factor, `lmList("vote ~ income | state", voters, family=binomial)`.

    Each is what `lm` or `glm` makes of the rows of that level, under its own priors and with a seed made of the call's
    and the level's name, so that every level has a posterior; `inestimable` tells which of them maximum likelihood
    could not have estimated. Calls such as `scale(x)` are computed on the rows of the level, as in lme4. A level that
    cannot be fitted is named in a warning and in `failed`, and the others are kept.

    Parameters
    ----------
    formula
        `response ~ terms | factor`; the factor is a variable or an interaction, `a:b`. Other bars are for `lmer`.
    data
        A data frame, or None for variables of the caller's scope.
    family
        `gaussian`, `binomial`, `"poisson"`, `binomial(link="probit")` and so on.
    n_jobs
        Levels that are fitted at a time, as joblib has it: -1 is as many as there are cores, None is one, or what
        `joblib.parallel_config` says around the call.
    **options
        Those of the verbs (see `Options`) but `file`: vectors of weights, offsets and `subset` have a value a row of
        the whole data.

    Returns
    -------
    FitList
        `fits["AL"]` is a fit, `coef(fits)` R's table of them.

    Raises
    ------
    FormulaError
        Where the formula is not `response ~ terms | factor`.
    DataError
        Where no level has a row.
    StanmlmError
        That of the first level, where none can be fitted.

    Examples
    --------
    >>> from stanmlm import lmList, simulate_exams
    >>> fits = lmList("score ~ hours | exam", simulate_exams(seed=1), seed=1, iter=500)
    >>> list(fits)
    ['1', '2', '3', '4', '5']
    """
    check_arguments(lmList, {"formula": formula, "data": data, "family": family, "n_jobs": n_jobs})
    check_many("lmList", options)
    scope, table, made = caller_scope(1), to_pandas(data), as_family(family)
    model_text, group = _split(formula)
    verb, name = "lm" if made == gaussian() else "glm", name_of(data, scope)
    parts = parts_by(table, (model_text,), group, scope, options)
    jobs = {
        level: Job(Call(verb, name, part.arguments), model_text, part.data, made, part.scope) for level, part in parts
    }
    found = fit_list("lmList", model_text, group, jobs, n_jobs)
    why = {level: reason for level, fit in found.items() if (reason := why_inestimable(fit.model))}
    return replace(found, inestimable=why)


def fit_list(verb: str, text: str, group: str, jobs: Mapping[str, Job], n_jobs: int | None) -> FitList:
    """Fits by level; a warning names those that failed, whose words are kept."""
    fits, errors = fit_jobs(jobs, n_jobs)
    if errors and not fits:
        raise next(iter(errors.values()))
    if errors:
        warn_user(failures(f"levels of `{group}`", errors, len(fits)))
    return FitList(text, group, fits, {}, {level: str(error) for level, error in errors.items()}, verb)


def coefficients(fits: FitList) -> pd.DataFrame:
    """Posterior means by level, as R's `coef(lmList(...))`; NaN where maximum likelihood has no estimate.

    `coef(fits)` has the posterior means of those as well.

    Parameters
    ----------
    fits
        What `lmList` returns.

    Returns
    -------
    pandas.DataFrame
        A row a level, a column a coefficient.

    Raises
    ------
    OptionError
        For anything else, a single fit among it.

    Examples
    --------
    >>> from stanmlm import coefficients, lmList, simulate_exams
    >>> fits = lmList("score ~ hours | exam", simulate_exams(seed=1), seed=1, iter=500)
    >>> coefficients(fits).shape
    (5, 2)
    """
    check_arguments(coefficients, locals())
    return fits.estimable_means()


def why_inestimable(model: Model) -> str:
    """Why maximum likelihood has no estimate, or "": collinear columns, too few rows, or separation.

    Separation is tested by the linear program of Konis (2007): a direction in which the likelihood never falls.
    """
    design, response = model.design, model.response
    if design.dropped:
        return f"`{design.dropped[0]}` does not vary apart from the others"
    if model.family.scalars and len(response.y) <= design.X.shape[1]:
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
    """`y ~ x | g` as `y ~ x` and `g`; places in the first are those in the formula."""
    node = parse_expression(formula)
    if node.text != "~" or len(node.args) != 2 or node.args[1][1].text != "|":
        raise FormulaError("lmList() needs a formula such as `y ~ x | group`", formula, 0, len(formula))
    terms, group = operands(operands(node)[1])
    if bars := _bars_in(terms):
        raise FormulaError(
            "lmList() takes no random effects: its only bar is that of `| group`; use lmer() or glmer()",
            formula,
            bars[0].start,
            bars[0].stop,
        )
    return formula[: terms.stop], deparse(group)


def _bars_in(node: Node) -> list[Node]:
    """The bars of a formula's right side, those inside calls apart."""

    def children(part: Node) -> tuple[Node, ...]:
        return operands(part) if part.text in ("+", "-", "(", "*", ":", "/", "|", "||") else ()

    def found(part: Node, below: list[list[Node]]) -> list[Node]:
        own = [part] if part.kind == "call" and part.text in ("|", "||") else []
        return own + [bar for bars in below for bar in bars]

    return fold(node, children, found)


_VECTORS = ("weights", "subset", "offset")


def check_many(verb: str, options: Mapping[str, object]) -> None:
    """Refuse a file, and vectors that are none: they are cut before any model is made."""
    if options.get("file") is not None:
        raise OptionError(f"{verb}() makes many fits and keeps no file; save(fits[level], path) keeps one")
    check_options(Options, {name: value for name, value in options.items() if name in _VECTORS})


def parts_by(
    table: pd.DataFrame | None,
    texts: Sequence[str],
    group: str,
    scope: Mapping[str, object],
    options: Mapping[str, object],
) -> Iterator[tuple[str, Part]]:
    """Each level with its rows of the data, of the caller's vectors and of those that are arguments."""
    columns = () if table is None else tuple(table.columns)
    bars = parse_formula(f"~ 1 + (1 | {group})", columns)
    if len(bars.bars) != 1:
        raise FormulaError("the right of `|` must name one grouping factor", group, 0, len(group))
    for name in sorted(names_in(parse_expression(group))):
        if name not in columns and not {name, name.replace(".", "_")} & set(scope):
            near = did_you_mean(name, scope if table is None else columns)
            raise DataError(f"the right of `|` must name a grouping factor; there is no `{name}`{near}")
    vectors = {name: options.get(name) for name in _VECTORS}
    frame = model_frame(bars, table, scope, **vectors, na_action="pass")
    factor = group_factor(bars.bars[0].group, frame.values)
    others = _callers_vectors(texts, options, columns, scope, frame)
    for code, level in enumerate(level_names(factor.levels)):
        at = np.flatnonzero(factor.data == code)
        rows = frame.rows[at]
        arrays = {"weights": frame.weights, "offset": frame.offset}
        given = {name: array[at] for name, array in arrays.items() if array is not None and _is_vector(options, name)}
        arguments = {name: value for name, value in options.items() if name != "subset"} | given
        part = {name: _some(name, thing, rows) for name, thing in others.items()}
        yield level, Part(None if table is None else table.iloc[rows], ChainMap(part, dict(scope)), arguments)


def _is_vector(options: Mapping[str, object], name: str) -> bool:
    return options.get(name) is not None and not isinstance(options[name], str)


def _callers_vectors(
    texts: Sequence[str],
    options: Mapping[str, object],
    columns: tuple[str, ...],
    scope: Mapping[str, object],
    frame: ModelFrame,
) -> dict[str, object]:
    """What the formula, the weights and the offset take from the caller that has a value a row."""
    code = [*texts, *(value for name in ("weights", "offset") if isinstance(value := options.get(name), str))]
    names = frozenset[str]().union(*(names_in(parse_expression(one)) for one in code if one not in columns))
    spelled = names - set(columns) | {name.replace(".", "_") for name in names - set(columns)}
    n = len(frame.data)
    return {name: scope[name] for name in sorted(spelled) if name in scope and _rows_in(name, scope[name]) == n}


def _rows_in(name: str, thing: object) -> int:
    if isinstance(thing, pd.DataFrame):
        return len(thing)
    value = as_value(thing, name)
    return -1 if value.type == "closure" else length(value)


def _some(name: str, thing: object, rows: Ints) -> object:
    """Some rows of a vector, a matrix or a frame."""
    if isinstance(thing, pd.DataFrame):
        return thing.iloc[rows]
    value = take(as_value(thing, name), rows)
    return as_series(value, pd.RangeIndex(len(rows))) if value.data.ndim == 1 else np.asarray(thing)[rows]
