"""The reference grid of a fit: the values of its predictors, with all combinations, as emmeans's `ref_grid`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from stanmlm.after.effects.datagrid import (
    distinct_values,
    fitted_data,
    grid_of,
    known_name,
    listed_values,
    typical_of_fit,
)
from stanmlm.after.margins.grid import Levels
from stanmlm.base.arguments import shown
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.base.kinds import is_whole
from stanmlm.data.rvalues import CODED
from stanmlm.fit.fit import Fit
from stanmlm.formula.formula import Formula, by_parameter
from stanmlm.formula.rcode import names_in

LIMIT = 10_000  # rows of a grid: emmeans's option `rg.limit`
WEIGHT = "\0weight"  # a column that no user's is called as
FEW = 2  # values of a number that are all kept: emmeans's option `cov.keep`


@dataclass(frozen=True)
class Covariates:
    """Where numbers stand: emmeans's `at`, `cov.reduce` and `cov.keep`."""

    at: Mapping[str, object] | None = None
    reduce: object = True  # a function of a column, by name or of all; True for the mean, False for all values
    keep: object = FEW  # how many values a number may have that stands at all of them, or names


@dataclass(frozen=True)
class Reference:
    """All combinations of the values of some predictors, the first varying fastest."""

    levels: Levels
    rows: pd.DataFrame  # (R) of these predictors
    table: pd.DataFrame  # (R) with all else that the fit predicts from, at typical values
    weights: Floats  # (R,) how many rows of the data, or what weights, have the same factors


def reference_grid(fit: Fit, dpars: tuple[str, ...], covariates: Covariates) -> Reference:
    """The grid of the predictors of some parameters.

    Factors, texts, truth values and what `factor()` is made of stand at each of their values, numbers that take two as
    well; other numbers at their mean. `covariates` says otherwise.
    """
    data, names = fitted_data(fit), predictors_of(fit, dpars)
    given = {known_name(name, data): value for name, value in (covariates.at or {}).items()}
    given = {name: value for name, value in given.items() if name in names}  # not those of other parameters
    factors = factors_of(fit, dpars, data[names])
    whole = factors | _kept(covariates.keep, data[names])
    reduced = _reduced(covariates.reduce, data, [name for name in names if name not in whole])
    levels = {name: _values(data[name], name in factors, (reduced | given).get(name)) for name in names}
    size = int(np.prod([len(values) for values in levels.values()], dtype=float))
    if size > LIMIT:
        raise DataError(f"the reference grid would have {size} rows, over the limit of {LIMIT}: at= keeps few values "
                        "of a predictor")  # fmt: skip
    others = {name: [one] for name, one in typical_of_fit(fit).items() if name not in levels}
    table = grid_of(data, {**others, **{name: levels[name] for name in reversed(names)}})
    table = table if len(table.columns) else pd.DataFrame(index=[0])
    counted = [name for name in names if name in factors or (name in whole and name not in given)]
    return Reference(levels, table[names], table, _weights(fit, data, counted, table))


def predictors_of(fit: Fit, dpars: tuple[str, ...]) -> list[str]:
    """The variables of the fixed parts and offsets of some parameters, as the formula has them."""
    data, formulas = fitted_data(fit), by_parameter(fit.model.formula)
    used = [name for dpar in dpars for name in _names(formulas[dpar])]
    return [name for name in dict.fromkeys(used) if name in data.columns]


def _names(formula: Formula) -> list[str]:
    fixed = [e for term in formula.fixed.terms for e in term]
    wanted = {name for e in (*fixed, *formula.offsets) for name in names_in(e.node)}
    ordered = [
        n for e in (*formula.variables, *fixed, *formula.offsets) for n in sorted(names_in(e.node), key=e.label.find)
    ]
    return [name for name in ordered if name in wanted]


def factors_of(fit: Fit, dpars: tuple[str, ...], data: pd.DataFrame) -> set[str]:
    """The predictors that stand at all of their values: factors by themselves, or made factors by the formula."""
    kept = cast(Mapping[str, Mapping[str, object]], fit.model.frame.memory["variables"])
    formulas = by_parameter(fit.model.formula)
    made = [e for dpar in dpars for term in formulas[dpar].fixed.terms for e in term]
    coerced = {n for e in made if e.label in kept and kept[e.label]["type"] in CODED for n in names_in(e.node)}
    return {str(name) for name in data if name in coerced or not _is_number(data[name])}


def _is_number(column: "pd.Series") -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _kept(keep: object, data: pd.DataFrame) -> set[str]:
    """Numbers that stand at all of their values: those with few, or those that are named."""
    number = int(keep) if isinstance(keep, str) and keep.isdecimal() and keep not in data else keep
    if is_whole(number):
        return {str(name) for name in data if len(distinct_values(data[name])) <= int(number)}
    listed = [keep] if isinstance(keep, str) else list(cast(Sequence[str], keep))
    return {known_name(name, data) for name in listed}


def _reduced(reduce: object, data: pd.DataFrame, names: Sequence[str]) -> dict[str, object]:
    """What other numbers stand at, by name: a function of their column, or nothing for all of their values."""
    by_name = {known_name(name, data): one for name, one in reduce.items()} if isinstance(reduce, Mapping) else {}
    ways = {name: by_name.get(name, True if isinstance(reduce, Mapping) else reduce) for name in names}
    for name, way in ways.items():
        if not (isinstance(way, bool) or callable(way)):
            raise OptionError(f"cov_reduce is {shown(way)} for `{name}`; it is a function of a column, True or False")
    return {name: _mean if way is True else way for name, way in ways.items() if way is not False}


def _mean(column: "pd.Series") -> float:
    return float(np.mean(column.to_numpy(dtype=float)))


def _values(column: "pd.Series", factor: bool, given: object) -> tuple[object, ...]:
    values = distinct_values(column)
    if given is None:
        return tuple(values)
    listed = list(dict.fromkeys(listed_values(given, column)))
    if not factor:
        return tuple(_numbers(str(column.name), listed))
    for value in listed:
        if value not in values:
            raise DataError(f"`{value}` is not a value of `{column.name}`" + did_you_mean(value, map(str, values)))
    return tuple(listed)


def _numbers(name: str, listed: list[object]) -> list[float]:
    try:
        numbers = [float(cast(float, value)) for value in listed]
    except (TypeError, ValueError):
        raise OptionError(f"at= gives `{name}` values that are no numbers") from None
    if not np.isfinite(numbers).all():
        raise OptionError(f"at= gives `{name}` a value that is missing or infinite")
    return [int(number) if isinstance(value, int) else number for value, number in zip(listed, numbers, strict=True)]


def _weights(fit: Fit, data: pd.DataFrame, counted: list[str], table: pd.DataFrame) -> Floats:
    """The weights of the data with the same factors, summed: their number, where they have none."""
    if not counted:
        return np.ones(len(table))
    own = fit.model.frame.weights
    weights = pd.Series(np.ones(len(data)) if own is None else own, name=WEIGHT)
    sums = weights.groupby([data[name].reset_index(drop=True) for name in counted], observed=True).sum().reset_index()
    keys = sums[counted].itertuples(index=False, name=None)
    found = dict(zip(keys, sums[WEIGHT].tolist(), strict=True))
    return np.array([found.get(key, 0.0) for key in table[counted].itertuples(index=False, name=None)])


def terms_of(fit: Fit, dpars: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The fixed terms of some parameters, by the names of what they are made of."""
    formulas = by_parameter(fit.model.formula)
    terms = [term for dpar in dpars for term in formulas[dpar].fixed.terms]
    return [tuple(":".join(sorted(names_in(e.node), key=e.label.find)) or e.label for e in term) for term in terms]
