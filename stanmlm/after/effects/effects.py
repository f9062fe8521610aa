"""Predictions, comparisons and slopes in marginaleffects' sense, always with draws."""

from collections.abc import Mapping, Sequence
from typing import Unpack

import numpy as np
import pandas as pd

from stanmlm.after.effects.datagrid import counterfactual, fitted_data, known_name, newdata_of, roles_of, with_value
from stanmlm.after.effects.estimands import (
    Asked,
    EffectOptions,
    Parts,
    Quantity,
    estimate,
    read_asked,
    with_columns,
)
from stanmlm.after.effects.variations import SLOPES, Change, changes_of, comparison_of, derivative_of
from stanmlm.after.predict.estimates import Estimates
from stanmlm.after.predict.new_rows import given_offset
from stanmlm.after.predict.target import Target, target_of
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.fit.fit import Fit


def predictions(
    fit: Fit, newdata: object = None, *, variables: Mapping[str, object] | None = None, **options: Unpack[EffectOptions]
) -> Estimates:
    """Expected responses: of each row, at a grid, or averaged.

    Parameters
    ----------
    fit
        A fit.
    newdata
        The fitted rows where None; a data frame, `datagrid(fit, ...)`; "mean", "median" or "balanced" for a grid at
        means, at medians, or of all combinations of levels.
    variables
        Counterfactual values by variable: every row is repeated with each of them; None for rows as they are.
    **options
        See `EffectOptions`.

    Returns
    -------
    Estimates
        `.frame` has the rows' columns, `estimate`, `conf.low`, `conf.high`; `.draws` is (draws, rows).

    Raises
    ------
    DataError
        For unknown columns, and where the draws of all rows would be over `max_bytes`.
    OptionError
        For unknown options.

    Examples
    --------
    >>> from stanmlm import datagrid, lmer, predictions, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> predictions(fit, datagrid(fit, hours=[0, 1]), re_formula="NA").frame.columns.tolist()
    ['hours', 'student', 'estimate', 'conf.low', 'conf.high']
    """
    check_arguments(predictions, locals())
    asked = read_asked(options)
    plain = with_columns(fit, newdata_of(fit, newdata), newdata, asked)
    rows = counterfactual(plain, variables or {})
    if newdata is None and not variables:
        target = target_of(fit, request=asked.request)
    else:
        offset = _offset(fit, newdata)
        target = target_of(fit, rows, asked.request, offset=None if offset is None else np.resize(offset, len(rows)))
    return estimate(fit, rows, [Quantity({}, (target,), lambda parts: parts[0])], asked, "Predictions")


def avg_predictions(
    fit: Fit, newdata: object = None, *, variables: Mapping[str, object] | None = None, **options: Unpack[EffectOptions]
) -> Estimates:
    """`predictions` averaged over rows: `by=True` where it is not given, or over each of the values in `variables`.

    Parameters
    ----------
    fit
        A fit.
    newdata
        The fitted rows where None; a data frame, `datagrid(fit, ...)`; "mean", "median" or "balanced" for a grid at
        means, at medians, or of all combinations of levels.
    variables
        Counterfactual values by variable: every row is repeated with each of them; None for rows as they are.
    **options
        See `EffectOptions`.

    Returns
    -------
    Estimates
        `.frame` has the columns of `by` or of `variables`, `estimate`, `conf.low` and `conf.high`; `.draws` is (draws,
        rows).

    Raises
    ------
    DataError, OptionError
        For unknown variables and options.

    Examples
    --------
    >>> from stanmlm import avg_predictions, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> len(avg_predictions(fit).frame)
    1
    """
    check_arguments(avg_predictions, locals())
    options.setdefault("by", list(variables) if variables else True)
    return predictions(fit, newdata, variables=variables, **options)


def comparisons(
    fit: Fit,
    variables: Sequence[str] | str | Mapping[str, object] | None = None,
    newdata: object = None,
    *,
    comparison: str = "difference",
    **options: Unpack[EffectOptions],
) -> Estimates:
    """What a change of one predictor does to the expected response: of each row, at a grid, or averaged.

    Parameters
    ----------
    fit
        A fit.
    variables
        Predictors, all where None; a mapping says how each changes. Numbers: an amount (1 by default), a pair of
        values, "sd", "2sd", "iqr" or "minmax". Factors: "reference" (each level against the first, the default),
        "pairwise", "sequential", or a pair of levels.
    newdata
        The fitted rows where None; a data frame, `datagrid(fit, ...)`; "mean", "median" or "balanced" for a grid at
        means, at medians, or of all combinations of levels.
    comparison
        "difference", "ratio", "lnratio", "oddsratio", "lnor" or "lift". Averages of the last five are those of the
        averaged predictions, as marginaleffects' `ratioavg` and its kin.
    **options
        See `EffectOptions`.

    Returns
    -------
    Estimates
        `.frame` has `term`, `contrast`, the rows' columns, `estimate`, `conf.low`, `conf.high`.

    Raises
    ------
    DataError, OptionError
        For unknown variables, changes that they cannot have, and unknown comparisons or options.

    Examples
    --------
    >>> from stanmlm import comparisons, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> comparisons(fit, {"hours": 2}, by=True).frame[["term", "contrast"]].values.tolist()
    [['hours', '+2']]
    """
    check_arguments(comparisons, locals())
    asked, how = read_asked(options), comparison_of(comparison)
    rows = with_columns(fit, newdata_of(fit, newdata), newdata, asked)
    changes = [c for name, spec in _specs(fit, variables) for c in changes_of(fit, rows, name, spec, how)]
    offset = _offset(fit, newdata)
    quantities = [
        Quantity(_labels(change), _both(fit, rows, change, asked, offset), lambda parts: how.of(parts[0], parts[1]))
        for change in changes
    ]
    return estimate(fit, rows, quantities, asked, "Comparisons", comparison)


def avg_comparisons(
    fit: Fit,
    variables: Sequence[str] | str | Mapping[str, object] | None = None,
    newdata: object = None,
    *,
    comparison: str = "difference",
    **options: Unpack[EffectOptions],
) -> Estimates:
    """`comparisons` averaged over rows: `by=True` where it is not given.

    Parameters
    ----------
    fit
        A fit.
    variables
        Predictors, all where None; a mapping says how each changes. Numbers: an amount (1 by default), a pair of
        values, "sd", "2sd", "iqr" or "minmax". Factors: "reference" (each level against the first, the default),
        "pairwise", "sequential", or a pair of levels.
    newdata
        The fitted rows where None; a data frame, `datagrid(fit, ...)`; "mean", "median" or "balanced" for a grid at
        means, at medians, or of all combinations of levels.
    comparison
        "difference", "ratio", "lnratio", "oddsratio", "lnor" or "lift". Averages of the last five are those of the
        averaged predictions, as marginaleffects' `ratioavg` and its kin.
    **options
        See `EffectOptions`.

    Returns
    -------
    Estimates
        `.frame` has `term`, `contrast`, the columns of `by`, `estimate`, `conf.low` and `conf.high`; `.draws` is
        (draws, rows).

    Raises
    ------
    DataError, OptionError
        For unknown variables, changes that they cannot have, unknown comparisons and options.

    Examples
    --------
    >>> from stanmlm import avg_comparisons, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> round(float(avg_comparisons(fit, "hours").frame["estimate"][0]), 1)
    0.7
    """
    options.setdefault("by", True)
    return comparisons(fit, variables, newdata, comparison=comparison, **options)


def slopes(
    fit: Fit,
    variables: Sequence[str] | str | None = None,
    newdata: object = None,
    *,
    slope: str = "dydx",
    **options: Unpack[EffectOptions],
) -> Estimates:
    """Partial derivatives of the expected response: of each row, at a grid, or averaged.

    Parameters
    ----------
    fit
        A fit.
    variables
        Predictors, all where None; those that are not numbers are compared with their first level instead.
    newdata
        The fitted rows where None; a data frame, `datagrid(fit, ...)`; "mean", "median" or "balanced" for a grid at
        means, at medians, or of all combinations of levels.
    slope
        "dydx", or the elasticities "eyex", "eydx", "dyex".
    **options
        See `EffectOptions`.

    Returns
    -------
    Estimates
        `.frame` has `term`, `contrast`, the rows' columns, `estimate`, `conf.low` and `conf.high`; `.draws` is (draws,
        rows). Derivatives are central differences over 1e-4 of the range of the data.

    Raises
    ------
    DataError, OptionError
        For unknown variables, slopes and options.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams, slopes
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> slopes(fit, "hours", newdata="mean").frame["contrast"].tolist()
    ['dY/dX']
    """
    check_arguments(slopes, locals())
    asked = read_asked(options)
    if slope not in SLOPES:
        raise OptionError(f"slope is `{slope}`" + did_you_mean(slope, SLOPES))
    rows = with_columns(fit, newdata_of(fit, newdata), newdata, asked)
    changes = [c for name, _ in _specs(fit, variables) for c in derivative_of(fit, rows, name, slope)]
    offset = _offset(fit, newdata)
    quantities = [_slope(change, slope, _both(fit, rows, change, asked, offset)) for change in changes]
    return estimate(fit, rows, quantities, asked, "Slopes")


def avg_slopes(
    fit: Fit,
    variables: Sequence[str] | str | None = None,
    newdata: object = None,
    *,
    slope: str = "dydx",
    **options: Unpack[EffectOptions],
) -> Estimates:
    """`slopes` averaged over rows: `by=True` where it is not given.

    Parameters
    ----------
    fit
        A fit.
    variables
        Predictors, all where None; those that are not numbers are compared with their first level instead.
    newdata
        The fitted rows where None; a data frame, `datagrid(fit, ...)`; "mean", "median" or "balanced" for a grid at
        means, at medians, or of all combinations of levels.
    slope
        "dydx", or the elasticities "eyex", "eydx", "dyex".
    **options
        See `EffectOptions`.

    Returns
    -------
    Estimates
        `.frame` has `term`, `contrast`, the columns of `by`, `estimate`, `conf.low` and `conf.high`; `.draws` is
        (draws, rows).

    Raises
    ------
    DataError, OptionError
        For unknown variables, unknown slopes and options.

    Examples
    --------
    >>> from stanmlm import avg_slopes, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> round(float(avg_slopes(fit).frame["estimate"][0]), 1)
    0.7
    """
    options.setdefault("by", True)
    return slopes(fit, variables, newdata, slope=slope, **options)


def _specs(fit: Fit, variables: Sequence[str] | str | Mapping[str, object] | None) -> list[tuple[str, object]]:
    """Each predictor with how it changes, None for the default."""
    names = roles_of(fit).focal if variables is None else [variables] if isinstance(variables, str) else variables
    if not names:
        given = "the model has" if variables is None else "variables names"
        raise OptionError(f"{given} no predictor that could change")
    data = fitted_data(fit)
    specs = names.items() if isinstance(names, Mapping) else [(name, None) for name in names]
    return [(known_name(name, data), spec) for name, spec in specs]


def _offset(fit: Fit, newdata: object) -> Floats | None:
    """What of the rows' offset no column tells: the fitted ones have it."""
    return given_offset(fit) if newdata is None else None


def _labels(change: Change) -> dict[str, str]:
    return {"term": change.term, "contrast": change.contrast}


def _both(fit: Fit, rows: pd.DataFrame, change: Change, asked: Asked, offset: Floats | None) -> tuple[Target, Target]:
    """The targets after and before a change."""
    high, low = (with_value(rows, change.term, value) for value in (change.high, change.low))
    return target_of(fit, high, asked.request, offset=offset), target_of(fit, low, asked.request, offset=offset)


def _slope(change: Change, slope: str, targets: tuple[Target, Target]) -> Quantity:
    """A derivative is taken row by row, before any average; levels are compared by their difference."""
    step, of = change.step, SLOPES[slope][1]
    if step is None:
        return Quantity(_labels(change), targets, lambda parts: parts[0] - parts[1])
    x = (np.asarray(change.low, dtype=float) + np.asarray(change.high, dtype=float)) / 2

    def pieces(parts: Parts, at: slice) -> Parts:
        high, low = parts
        return [of((high - low) / step, x[at], (high + low) / 2)]

    return Quantity(_labels(change), targets, lambda parts: parts[0], pieces)
