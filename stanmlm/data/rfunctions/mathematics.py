"""R's mathematics: elementwise functions, cumulative ones, and summaries."""

import warnings
from collections.abc import Callable

import numpy as np
from scipy import special

from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.errors import DataError, StanmlmWarning
from stanmlm.data.rfunctions.matching import ALL, OTHERS, RFunction, table
from stanmlm.data.rfunctions.operators import matched
from stanmlm.data.rfunctions.single import one_flag, one_number, one_whole
from stanmlm.data.rvalues import FACTORS, NUMERIC, Value, double, floats, is_missing, logical

Unary = Callable[[Floats], Floats]


def numbers(value: Value, function: str) -> Floats:
    """The argument of a mathematical function, refused in R's words where it is none."""
    if value.type in FACTORS:
        raise DataError(f"'{function}' not meaningful for factors; as.numeric() gives their codes")
    if value.type not in NUMERIC:
        raise DataError(f"non-numeric argument to mathematical function {function}(): it is {_a(value.type)}")
    return floats(value)


def _a(type_: str) -> str:
    return {"null": "NULL", "closure": "a function", "character": "a character vector"}.get(type_, type_)


def elementwise(function: str, compute: Unary) -> Callable[[Value], Value]:
    """A function of one argument, with R's warning where it makes NaN of a number."""

    def apply(x: Value) -> Value:
        argument = numbers(x, function)
        with np.errstate(all="ignore"):
            result = compute(argument)
        _warn_nan(function, argument, result)
        return Value("double", result, columns=x.columns)

    return apply


def _warn_nan(function: str, argument: Floats, result: Floats) -> None:
    made = np.isnan(result) & ~np.isnan(argument)
    if made.any():
        warnings.warn(
            f"NaNs produced by {function}() at {int(made.sum())} of {made.size} values", StanmlmWarning, stacklevel=2
        )


def log(x: Value, base: Value | None = None) -> Value:
    """Logarithm, natural unless a base is given."""
    natural = elementwise("log", np.log)(x)
    if base is None:
        return natural
    numerator, denominator = matched(natural, elementwise("log", np.log)(base))
    return Value("double", numerator / denominator, columns=x.columns)


def gamma(x: Floats) -> Floats:
    """Gamma function, NaN at its poles as in R."""
    return np.where((x <= 0) & (x == np.floor(x)), np.nan, special.gamma(x))


def rounded(x: Value, digits: Value | None = None) -> Value:
    """To a number of decimal places: the nearer of the two candidates, the even one where both are as near (R 4)."""
    values, shift = numbers(x, "round"), 10.0 ** min(300, max(-300, one_whole(digits, "digits")))
    size = np.abs(values)
    below, above = np.floor(size * shift), np.ceil(size * shift)
    with np.errstate(invalid="ignore"):
        down, up = size - below / shift, above / shift - size
    nearest = np.where((down < up) | ((down == up) & (below % 2 == 0)), below, above)
    return Value("double", np.copysign(nearest / shift, values), columns=x.columns)


def significant(x: Value, digits: Value | None = None) -> Value:
    """To a number of significant digits, six by default."""
    places = min(300, max(1, one_whole(digits, "digits", 6)))
    values = numbers(x, "signif")
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = 10.0 ** (places - 1 - np.floor(np.log10(np.abs(values))))
        return double(np.where(values == 0, 0.0, np.round(values * shift) / shift))


def whole(function: str, compute: Unary) -> Callable[[Value], Value]:
    """A function that keeps integers integers."""

    def apply(x: Value) -> Value:
        return Value("double" if x.type == "double" else "integer", compute(numbers(x, function)), columns=x.columns)

    return apply


def normal_quantile(p: Value, mean: Value | None = None, sd: Value | None = None) -> Value:
    """Quantile of the normal distribution."""
    return _located(elementwise("qnorm", special.ndtri)(p), mean, sd)


def normal_probability(q: Value, mean: Value | None = None, sd: Value | None = None) -> Value:
    """Distribution function of the normal distribution."""
    centred, scale = matched(double(numbers(q, "pnorm") - _number(mean, "mean", 0.0)), double([_number(sd, "sd", 1.0)]))
    return double(special.ndtr(centred / scale))


def normal_density(x: Value, mean: Value | None = None, sd: Value | None = None) -> Value:
    """Density of the normal distribution."""
    scale = _number(sd, "sd", 1.0)
    z = (numbers(x, "dnorm") - _number(mean, "mean", 0.0)) / scale
    return double(np.exp(-0.5 * z**2) / (scale * np.sqrt(2 * np.pi)))


def _located(z: Value, mean: Value | None, sd: Value | None) -> Value:
    return double(z.data * _number(sd, "sd", 1.0) + _number(mean, "mean", 0.0))


def _number(value: Value | None, name: str, default: float) -> float:
    return one_number(value, name, default, missing=True)


def cumulative(function: str, compute: Unary) -> Callable[[Value], Value]:
    """A running total, NA from the first NA on."""

    def apply(x: Value) -> Value:
        return Value("integer" if x.type != "double" else "double", compute(numbers(x, function).ravel(order="F")))

    return apply


def summary(function: str, compute: Callable[[Floats], Anything]) -> Callable[..., Value]:
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
    """A summary of one argument."""

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
        [summary("min", np.min)(*args, na_rm=na_rm).data[0], summary("max", np.max)(*args, na_rm=na_rm).data[0]]
    )


def parallel(function: str, choose: Callable[[Anything, Anything], Anything]) -> Callable[..., Value]:
    """pmin and pmax: NA where any is, unless `na.rm`."""

    def apply(*args: Value, na_rm: Value | None = None) -> Value:
        skip = one_flag(na_rm, "na.rm", False)
        result = Value("logical", numbers(args[0], function)) if args else double([])
        for value in args[1:]:
            x, y = matched(result, Value("double", numbers(value, function)))
            chosen = choose(x, y)
            result = double(np.where(np.isnan(x), y, np.where(np.isnan(y), x, chosen)) if skip else chosen)
        return Value("double" if any(v.type == "double" for v in args) else "integer", result.data)

    return apply


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


ELEMENTWISE: dict[str, Unary] = {
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "gamma": gamma,
    "lgamma": special.gammaln,
    "digamma": special.digamma,
    "factorial": lambda x: gamma(x + 1),
    "qlogis": special.logit,
    "plogis": special.expit,
}
WHOLE: dict[str, Unary] = {
    "abs": np.abs,
    "floor": np.floor,
    "ceiling": np.ceil,
    "trunc": np.trunc,
    "sign": np.sign,
}
MATHEMATICS: dict[str, RFunction] = (
    table(
        {name: elementwise(name, compute) for name, compute in ELEMENTWISE.items()}
        | {name: whole(name, compute) for name, compute in WHOLE.items()}
        | {
            "log": log,
            "round": rounded,
            "signif": significant,
            "qnorm": normal_quantile,
            "pnorm": normal_probability,
            "dnorm": normal_density,
            "pmin": parallel("pmin", np.minimum),
            "pmax": parallel("pmax", np.maximum),
            "is.na": lambda x: logical(is_missing(x)),
            "is.finite": lambda x: logical(np.isfinite(numbers(x, "is.finite"))),
            "is.infinite": lambda x: logical(np.isinf(numbers(x, "is.infinite"))),
            "is.nan": lambda x: logical(np.isnan(numbers(x, "is.nan"))),
        }
    )
    | table(
        {
            "sum": summary("sum", np.sum),
            "prod": summary("prod", np.prod),
            "min": summary("min", np.min),
            "max": summary("max", np.max),
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
    | table(
        {
            "cumsum": cumulative("cumsum", np.cumsum),
            "cumprod": cumulative("cumprod", np.cumprod),
            "cummax": cumulative("cummax", np.maximum.accumulate),
            "cummin": cumulative("cummin", np.minimum.accumulate),
        },
        OTHERS,
    )
)
