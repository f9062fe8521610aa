"""`fits`: one model of each part of the data, at a time over joblib."""

from collections.abc import Mapping, Sequence
from typing import Unpack

from stanmlm.base.arguments import check_arguments
from stanmlm.base.callers import caller_scope
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.data.imputed import data_sets
from stanmlm.families import Family, FamilyLike, as_family, gaussian
from stanmlm.fit.call import Options, Scope, name_of
from stanmlm.fit.fit import Call
from stanmlm.fit.fitlist import FitList
from stanmlm.fit.lmlist import check_many, fit_list, parts_by
from stanmlm.fit.many import Job
from stanmlm.fit.update import VERBS
from stanmlm.formula.bf import FormulaLike, Formulas
from stanmlm.formula.formula import by_parameter, parse_formula

SETS = "data"  # the factor, where data sets are the parts


def fits(
    formula: FormulaLike,
    data: object,
    family: FamilyLike = "gaussian",
    *,
    by: Sequence[str] | str | None = None,
    n_jobs: int | None = None,
    **options: Unpack[Options],
) -> FitList:
    """The same model for each part of the data, `fits("y ~ x + (1 | school)", data, by="state", n_jobs=4)`.

    Each is what `lm`, `glm`, `lmer` or `glmer` makes of its rows. A model's seed is made of `seed` and of the name of
    its part, so that its draws are the same whatever other parts there are, and in which order. A part that cannot be
    fitted is named in a warning and in `failed`, and the others are kept.

    Parameters
    ----------
    formula
        A formula with bars or without, or `bf(...)`.
    data
        A data frame; or several, as a list or a dict by name, or with a column `.imp`: these are the parts then.
    family
        `gaussian`, `binomial`, `"poisson"`, `binomial(link="probit")` and so on.
    by
        The column whose levels are the parts, or several, whose combinations are.
    n_jobs
        Models at a time, as joblib has it: -1 is as many as there are cores, None is one, or what
        `joblib.parallel_config(backend="dask", n_jobs=8)` says around the call. The cores are shared among them.
        Processes sample at the same time, joblib's threads one after another.
    **options
        Those of the verbs (see `Options`) but `file`: vectors of weights, offsets and `subset` have a value a row of
        the whole data. `progress` shows one bar, of models.

    Returns
    -------
    FitList
        `found["AL"]` is a fit, `found.to_frame()` has the rows of `tidy` of all; `coef`, `confint`, `summary`, `tidy`
        and `modeltable` take it.

    Raises
    ------
    OptionError
        Without `by`, where the data are one frame.
    DataError
        For a column that there is none of.
    StanmlmError
        That of the first part, where none can be fitted.

    Examples
    --------
    >>> from stanmlm import fits, simulate_exams
    >>> found = fits("score ~ hours", simulate_exams(seed=1), by="exam", seed=1, iter=500)
    >>> found.to_frame().columns.tolist()[:4]
    ['exam', 'effect', 'group', 'term']
    """
    check_arguments(fits, {"formula": formula, "data": data, "family": family, "by": by, "n_jobs": n_jobs})
    check_many("fits", options)
    scope, made = caller_scope(1), as_family(family)
    own = formula if isinstance(formula, Formulas) else Formulas(formula)
    sets = data_sets(data) if by is None else None
    if sets is not None:
        jobs = {name: _job(own, each, options, made, scope) for name, each in sets.items()}
        return fit_list("fits", own.text, SETS, jobs, n_jobs)
    if by is None:
        raise OptionError("fits() needs by=, the column whose levels are fitted apart, or a list of data sets as data=")
    table = to_pandas(data)
    columns = [by] if isinstance(by, str) else list(by)
    if not columns:
        raise OptionError("by is empty; it is a column, or several, whose levels are fitted apart")
    for name in columns:
        if table is None or name not in table.columns:
            raise DataError(
                f"`{name}` is not a column of the data{did_you_mean(name, () if table is None else map(str, table))}"
            )
    texts = (own.text, *(text for _, text in own.others))
    group = ":".join(f"`{name}`" for name in columns)
    parts = parts_by(table, texts, group, scope, options)
    jobs = {level: _job(own, part.data, part.arguments, made, part.scope) for level, part in parts}
    return fit_list("fits", own.text, ":".join(columns), jobs, n_jobs)


def _job(formula: Formulas, data: object, arguments: Mapping[str, object], family: Family, scope: Scope) -> Job:
    """A part, fitted by the verb that its formula and family ask for."""
    table = to_pandas(data)
    parsed = by_parameter(parse_formula(formula, () if table is None else tuple(table.columns)))
    bars = any(one.bars for one in parsed.values())
    call = Call(VERBS[family == gaussian(), bars], name_of(data, scope), dict(arguments))
    return Job(call, formula if formula.others or formula.constants else formula.text, table, family, scope)
