"""R's functions that make one value, or a few, of many: sums, moments, quantiles, extremes."""

import warnings
from collections.abc import Callable

import numpy as np

from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.errors import DataError, StanmlmWarning
from stanmlm.data.rfunctions.matching import ALL, RFunction, table
from stanmlm.data.rfunctions.mathematics import numbers
from stanmlm.data.rfunctions.single import one_flag, one_number
from stanmlm.data.rvalues import FACTORS, Value, double, floats, logical


def summarised(function: str, compute: Callable[[Floats], Anything]) -> Callable[..., Value]:
    """One number of all arguments together; NA if any is, unless `na.rm`."""

    def apply(*args: Value, na_rm: Value | None = None) -> Value:
        pooled = np.concatenate([numbers(value, function).ravel() for value in args] or [np.zeros(0)])
        kept = _without_missing(pooled, na_rm)
        if np.isnan(kept).any():
            return double([np.nan])
        if not len(kept) and function in OF_NOTHING:
            message = f"no non-missing arguments to {function}; returning {OF_NOTHING[function]}"
            warnings.warn(message, StanmlmWarning, stacklevel=2)
            return double([OF_NOTHING[function]])
        return double([compute(kept)])

    return apply


OF_NOTHING = {"min": np.inf, "max": -np.inf}


def _without_missing(values: Floats, na_rm: Value | None) -> Floats:
    return values[~np.isnan(values)] if one_flag(na_rm, "na.rm", False) else values


def moment(function: str, compute: Callable[[Floats], float]) -> Callable[..., Value]:
    """A summarised of one argument."""

    def apply(x: Value, na_rm: Value | None = None) -> Value:
        kept = _without_missing(numbers(x, function).ravel(), na_rm)
        return double([np.nan if len(kept) == 0 or np.isnan(kept).any() else compute(kept)])

    return apply


def mean(x: Value, trim: Value | None = None, na_rm: Value | None = None) -> Value:
    """Arithmetic mean, after trimming a share of each end."""
    kept = np.sort(_without_missing(numbers(x, "mean").ravel(), na_rm))
    cut = int(len(kept) * min(max(one_number(trim, "trim", 0.0), 0.0), 0.5))
    inner = kept[cut : len(kept) - cut] if len(kept) > 2 * cut else np.array([np.median(kept)])
    return double([np.nan if len(kept) == 0 or np.isnan(kept).any() else inner.mean()])


def interquartile(x: Floats) -> float:
    """R's IQR()."""
    low, high = np.quantile(x, (0.25, 0.75))
    return float(high - low)


def median_deviation(
    x: Value, center: Value | None = None, constant: Value | None = None, na_rm: Value | None = None
) -> Value:
    """R's mad(): the median absolute deviation, times 1.4826 to be a normal distribution's sd."""
    kept = _without_missing(numbers(x, "mad").ravel(), na_rm)
    if not len(kept) or np.isnan(kept).any():
        return double([np.nan])
    middle = float(np.median(kept)) if center is None else one_number(center, "center")
    return double([one_number(constant, "constant", 1.4826) * np.median(np.abs(kept - middle))])


def variance(x: Floats) -> float:
    """Sample variance, NaN for fewer than two."""
    return float(x.var(ddof=1)) if len(x) > 1 else np.nan


def quantile(x: Value, probs: Value | None = None, na_rm: Value | None = None) -> Value:
    """R's type 7 quantiles."""
    kept = _without_missing(numbers(x, "quantile").ravel(), na_rm)
    if np.isnan(kept).any():
        raise DataError("missing values and NaN's not allowed in quantile() without na.rm = TRUE")
    wanted = np.linspace(0, 1, 5) if probs is None else floats(probs).ravel()
    if not ((wanted >= 0) & (wanted <= 1)).all():
        raise DataError("'probs' outside [0,1] in quantile()")
    return double(np.quantile(kept, wanted) if len(kept) else np.full(len(wanted), np.nan))


def span(*args: Value, na_rm: Value | None = None) -> Value:
    """Smallest and largest."""
    return double(
        [summarised("min", np.min)(*args, na_rm=na_rm).data[0], summarised("max", np.max)(*args, na_rm=na_rm).data[0]]
    )


def any_true(*args: Value, na_rm: Value | None = None) -> Value:
    """Whether one is TRUE."""
    pooled = np.concatenate([floats(value).ravel() for value in args] or [np.zeros(0)])
    kept = _without_missing(pooled, na_rm)
    return logical([1.0 if (kept == 1).any() else np.nan if np.isnan(kept).any() else 0.0])


def all_true(*args: Value, na_rm: Value | None = None) -> Value:
    """Whether all are TRUE."""
    pooled = np.concatenate([floats(value).ravel() for value in args] or [np.zeros(0)])
    kept = _without_missing(pooled, na_rm)
    return logical([0.0 if (kept == 0).any() else np.nan if np.isnan(kept).any() else 1.0])


def kind_test(test: Callable[[Value], bool]) -> Callable[[Value], Value]:
    """A question about the type of a value."""
    return lambda x: logical([test(x)])


SUMMARY_FUNCTIONS: dict[str, RFunction] = table(
    {
        "sum": summarised("sum", np.sum),
        "prod": summarised("prod", np.prod),
        "min": summarised("min", np.min),
        "max": summarised("max", np.max),
        "range": span,
        "mean": mean,
        "median": moment("median", lambda x: float(np.median(x))),
        "var": moment("var", variance),
        "sd": moment("sd", lambda x: variance(x) ** 0.5),
        "IQR": moment("IQR", interquartile),
        "mad": median_deviation,
        "quantile": quantile,
        "any": any_true,
        "all": all_true,
        "is.factor": kind_test(lambda x: x.type in FACTORS),
        "is.ordered": kind_test(lambda x: x.type == "ordered"),
        "is.numeric": kind_test(lambda x: x.type in ("integer", "double")),
        "is.character": kind_test(lambda x: x.type == "character"),
        "is.logical": kind_test(lambda x: x.type == "logical"),
    },
    ALL,
)
