"""Several models as one: their predictions or parameters, mixed by weights."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from stanmlm.after.criticism.criticism import loo_model_weights, named_models
from stanmlm.after.criticism.model_weights import METHODS
from stanmlm.after.predict.predict import posterior_epred, posterior_linpred, posterior_predict
from stanmlm.base.arguments import check_arguments, shown
from stanmlm.base.arrays import Ints
from stanmlm.base.callers import caller_scope
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.fit.fit import Fit, n_draws
from stanmlm.fit.posterior_summary import PROBS, by_coefficient, check_probs, posterior_summary
from stanmlm.fit.raw import as_draws_df

if TYPE_CHECKING:
    from xarray import DataArray

Weights = str | Sequence[float] | Mapping[str, float]

PREDICTIONS: Mapping[str, Callable[..., Any]] = {
    "posterior_predict": posterior_predict,
    "posterior_epred": posterior_epred,
    "posterior_linpred": posterior_linpred,
}
COUNTERS = (".chain", ".iteration", ".draw")


def pp_average(
    *models: Fit | Mapping[str, Fit],
    weights: str | Sequence[float] | Mapping[str, float] = "stacking",
    method: str = "posterior_predict",
    newdata: object = None,
    re_formula: object = None,
    trials: object = None,
    draws: int | None = None,
    new_levels: str = "draw",
    summary: bool = True,
    probs: Sequence[float] = PROBS,
    seed: int = 0,
) -> "DataArray | pd.DataFrame":
    """Predictions of several models as one: each gives draws in proportion to its weight, as brms's `pp_average`.

    Parameters
    ----------
    *models
        Fits with the same response, which go by the names of the caller's variables; or one mapping of them by name.
    weights
        "stacking" or "pseudobma", as of `loo_model_weights`; or a number a model, in their order or by name.
    method
        "posterior_predict" for new responses, "posterior_epred" for expected ones, "posterior_linpred" for linear
        predictors.
    newdata
        Rows to predict for; the fitted rows where None.
    re_formula
        None for all group effects, "NA" (or NaN) for none, or a formula with some of them.
    trials
        Of new data whose trials the formula does not give; None for any other.
    draws
        Draws of the mixture; as many as the first model has where None.
    new_levels
        For levels that were not fitted: "draw" gives each its own draws from N(0, Sigma), with a warning that names
        them; "zero" gives them none; "error" refuses.
    summary
        brms's table, `Estimate`, `Est.Error` and quantiles; False for the draws.
    probs
        The quantiles.
    seed
        Of the bootstrap of "pseudobma".

    Returns
    -------
    pandas.DataFrame or xarray.DataArray
        A row a row; or dims (sample, row), the first model's draws first. `.attrs` has `weights` and `draws`, each by
        model.

    Raises
    ------
    DataError
        For fewer than two models, other responses, or rows that differ.
    OptionError
        For another method, and for weights that are none.

    References
    ----------
    Yao, Vehtari, Simpson and Gelman (2018), Bayesian Analysis 13:917.

    Examples
    --------
    >>> from stanmlm import lm, pp_average, simulate_exams
    >>> exams = simulate_exams(seed=1)
    >>> none, hours = lm("score ~ 1", exams, seed=1), lm("score ~ hours", exams, seed=1)
    >>> found = pp_average(none, hours, weights=[1, 3], method="posterior_epred", newdata={"hours": [0.0]})
    >>> found.columns.tolist(), found.attrs["draws"]
    (['Estimate', 'Est.Error', 'Q2.5', 'Q97.5'], {'none': 1000, 'hours': 3000})
    """
    check_arguments(pp_average, {**locals(), "models": models})
    check_probs(probs)
    if method not in PREDICTIONS:
        raise OptionError(f"there is no method `{method}`{did_you_mean(method, PREDICTIONS)}")
    named = _fits(models, caller_scope(1), "pp_average")
    _check_response(named)
    share = _weights(named, weights, seed)
    sizes = _sizes(share, n_draws(next(iter(named.values()))) if draws is None else draws)
    asked = {} if method == "posterior_linpred" else {"trials": trials}
    parts = [
        PREDICTIONS[method](named[name], newdata, re_formula, draws=size, new_levels=new_levels, **asked)
        for name, size in sizes.items()
        if size
    ]
    whole = _joined(parts)
    found = _summary(whole, probs) if summary else whole
    found.attrs |= {"weights": share, "draws": sizes}
    return found


def posterior_average(
    *models: Fit | Mapping[str, Fit],
    variables: Sequence[str] | str | None = None,
    weights: str | Sequence[float] | Mapping[str, float] = "stacking",
    missing: float | Mapping[str, float] | None = None,
    draws: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Draws of parameters that models have in common, from each in proportion to its weight, as in brms.

    A coefficient means in each model what it means beside the model's other predictors: averages of them are seldom
    what is wanted, and `pp_average` averages what models predict.

    Parameters
    ----------
    *models
        Fits, which go by the names of the caller's variables; or one mapping of them by name.
    variables
        Variables or parameters by any spelling, as of `as_draws_df`; those that all models have where None.
    weights
        "stacking" or "pseudobma", as of `loo_model_weights`; or a number a model, in their order or by name.
    missing
        What a parameter is in models without it: a number for all, or by label, `{"b[hours]": 0}`; None refuses it.
    draws
        How many; as many as the first model has where None.
    seed
        Of the bootstrap of "pseudobma".

    Returns
    -------
    pandas.DataFrame
        A row a draw, the first model's first, a column a parameter; `.attrs` has `weights` and `draws`, each by model.

    Raises
    ------
    DataError
        For fewer than two models, and for parameters that not all models have.
    OptionError
        For weights that are none.

    Examples
    --------
    >>> from stanmlm import lm, posterior_average, simulate_exams
    >>> exams = simulate_exams(seed=1)
    >>> fits = {"none": lm("score ~ 1", exams, seed=1), "hours": lm("score ~ hours", exams, seed=1)}
    >>> posterior_average(fits, weights=[1, 3]).columns.tolist()
    ['b[(Intercept)]', 'sigma']
    """
    check_arguments(posterior_average, {**locals(), "models": models})
    named = _fits(models, caller_scope(1), "posterior_average")
    share = _weights(named, weights, seed)
    sizes = _sizes(share, n_draws(next(iter(named.values()))) if draws is None else draws)
    tables = {name: _parameters(fit, variables) for name, fit in named.items()}
    columns = _columns(tables, variables, missing)
    parts = []
    for name, size in sizes.items():
        table = tables[name].reindex(columns=columns)
        absent = [label for label in columns if label not in tables[name]]
        filled = table.assign(**{label: _value(label, missing) for label in absent})
        parts.append(filled.iloc[_spaced(len(table), size)])
    whole = pd.concat(parts, ignore_index=True)
    whole.attrs |= {"weights": share, "draws": sizes}
    return whole


def _fits(models: tuple[Fit | Mapping[str, Fit], ...], scope: Mapping[str, object], verb: str) -> dict[str, Fit]:
    named = named_models(models, scope)
    for name, model in named.items():
        if not isinstance(model, Fit):
            raise OptionError(f"{verb} averages fits, and `{name}` is {shown(model)}")
    if len(named) < 2:
        raise DataError(f"{verb} needs two models or more")
    return named


def _check_response(models: Mapping[str, Fit]) -> None:
    """As brms's `match_response`: the same observations of the same thing."""
    (first, start), *others = models.items()
    for name, fit in others:
        one, two = start.model.response, fit.model.response
        alike = one.y.shape == two.y.shape and np.allclose(one.y, two.y, equal_nan=True)
        if not alike or start.model.family.categories != fit.model.family.categories:
            raise DataError(f"{first} and {name} have different responses: models of the same data are averaged")


def _weights(models: Mapping[str, Fit], given: Weights, seed: int) -> dict[str, float]:
    """By model, with sum 1."""
    if isinstance(given, str):
        if given not in METHODS:
            raise OptionError(f"there are no weights by `{given}`{did_you_mean(given, METHODS)}")
        found = loo_model_weights(dict(models), method=given, seed=seed)
        return dict(zip(models, found.tolist(), strict=True))
    if isinstance(given, Mapping):
        if set(given) != set(models):
            raise OptionError(f"weights are of {', '.join(map(str, given))}, and the models are {', '.join(models)}")
        given = [given[name] for name in models]
    values = np.array(list(given), dtype=float)
    if len(values) != len(models):
        raise OptionError(f"weights has {len(values)} numbers for {len(models)} models")
    if not (np.all(np.isfinite(values)) and np.all(values >= 0) and values.sum() > 0):
        raise OptionError(f"weights are {', '.join(f'{value:g}' for value in values)}; they are numbers from 0 on")
    return dict(zip(models, (values / values.sum()).tolist(), strict=True))


def _sizes(weights: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers in proportion to weights, whose sum is `total`: the largest remainders are rounded up."""
    if total < 1:
        raise OptionError(f"draws is {total}; it is a number from 1 on")
    exact = np.array(list(weights.values())) * total
    sizes = np.floor(exact).astype(np.int64)
    sizes[np.argsort(sizes - exact, kind="stable")[: total - sizes.sum()]] += 1
    return dict(zip(weights, sizes.tolist(), strict=True))


def _joined(parts: "Sequence[DataArray]") -> "DataArray":
    import xarray as xr

    for part in parts[1:]:
        if not np.array_equal(part["row"], parts[0]["row"]):
            raise DataError("the models were fitted to different rows; newdata= says which are predicted")
    return xr.concat(parts, dim="sample", combine_attrs="drop_conflicts")


def _summary(whole: "DataArray", probs: Sequence[float]) -> pd.DataFrame:
    rows, draws = whole["row"].to_numpy(), whole.to_numpy()
    if draws.ndim == 2:
        return posterior_summary(draws, probs, rows)
    names = [str(name) for name in whole["category"].to_numpy()]
    return by_coefficient([(name, draws[..., k]) for k, name in enumerate(names)], probs, list(rows))


def _parameters(fit: Fit, variables: Sequence[str] | str | None) -> pd.DataFrame:
    """Draws of what a fit has of some variables."""
    if variables is None:
        return as_draws_df(fit).drop(columns=list(COUNTERS))
    tables = []
    for name in [variables] if isinstance(variables, str) else variables:
        try:
            tables.append(as_draws_df(fit, name).drop(columns=list(COUNTERS)))
        except DataError:
            continue
    return pd.concat(tables, axis=1) if tables else pd.DataFrame(index=range(n_draws(fit)))


def _columns(
    tables: Mapping[str, pd.DataFrame],
    variables: Sequence[str] | str | None,
    missing: float | Mapping[str, float] | None,
) -> list[str]:
    """The parameters of the result; those that a model lacks need a value."""
    every = list(dict.fromkeys(str(label) for table in tables.values() for label in table))
    common = [label for label in every if all(label in table for table in tables.values())]
    if missing is None:
        if lacking := [label for label in every if label not in common and variables is not None]:
            raise DataError(f"`{lacking[0]}` is not in all models; missing= says what it is in the others, such as 0")
        every = common
    if not every:
        raise DataError("the models have no such parameter" if variables is not None else "no parameter is in all")
    return every


def _value(label: str, missing: float | Mapping[str, float] | None) -> float:
    if not isinstance(missing, Mapping):
        assert missing is not None
        return float(missing)
    if label not in missing:
        raise DataError(f"`{label}` is not in all models, and missing= has no value for it")
    return float(missing[label])


def _spaced(n: int, size: int) -> Ints:
    """So many of n draws, evenly spaced."""
    if size > n:
        raise OptionError(f"draws are {size} of a model that has {n}")
    return np.linspace(0, n - 1, size).astype(np.int64)
