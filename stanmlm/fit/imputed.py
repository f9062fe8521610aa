"""A model of one data set, or of several imputed ones, whose draws are joined (brms's `brm_multiple`)."""

from collections.abc import Mapping
from dataclasses import replace

from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import DataError, OptionError
from stanmlm.data.imputed import data_sets
from stanmlm.families import Family
from stanmlm.fit.call import Scope, fit_verb
from stanmlm.fit.fit import Call, Fit
from stanmlm.fit.joined import combine_models
from stanmlm.fit.many import Job, fit_jobs
from stanmlm.formula.bf import FormulaLike


def fit_data(call: Call, formula: FormulaLike, data: object, family: Family, scope: Scope) -> Fit:
    """The fit of a verb; of several data sets the joined one, each data set with a seed of its own.

    Raises
    ------
    DataError
        Of the first data set that cannot be fitted, and where their models have different parameters.
    """
    sets = data_sets(data)
    if sets is None:
        return fit_verb(call, formula, data, family, scope)
    if call.arguments.get("file") is not None:
        raise OptionError("file= keeps the fit of one data set; save(fit, path) keeps that of several")
    _check_rows(sets)
    fits, errors = fit_jobs({name: Job(call, formula, each, family, scope) for name, each in sets.items()}, None)
    for name, error in errors.items():
        raise DataError(f"data set `{name}` of {len(sets)}: {error}") from error
    try:
        whole = combine_models(*fits.values(), check_data=False)
    except DataError as error:
        raise DataError(f"data sets of one model need the same levels and columns: {error}") from error
    seed = {name: value for name, value in call.arguments.items() if name == "seed"}
    return replace(whole, call=replace(whole.call, arguments={**whole.call.arguments, **seed}))


def _check_rows(sets: Mapping[str, object]) -> None:
    """Imputations are of the same rows."""
    rows = {name: len(table) if (table := to_pandas(each)) is not None else 0 for name, each in sets.items()}
    first, *others = rows
    for name in others:
        if rows[name] != rows[first]:
            raise DataError(
                f"data set `{name}` has {rows[name]} rows and data set `{first}` {rows[first]}: imputations have the "
                "same rows; fits(formula, data) fits data sets of other sizes apart"
            )
