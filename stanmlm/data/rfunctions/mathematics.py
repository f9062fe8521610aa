"""R's mathematics: elementwise functions and cumulative ones."""

import warnings
from collections.abc import Callable

import numpy as np
from scipy import special

from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.errors import DataError, StanmlmWarning
from stanmlm.data.rfunctions.matching import OTHERS, RFunction, table
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


def keeping_whole(function: str, compute: Unary) -> Callable[[Value], Value]:
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
MATHEMATICS: dict[str, RFunction] = table(
    {name: elementwise(name, compute) for name, compute in ELEMENTWISE.items()}
    | {name: keeping_whole(name, compute) for name, compute in WHOLE.items()}
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
) | table(
    {
        "cumsum": cumulative("cumsum", np.cumsum),
        "cumprod": cumulative("cumprod", np.cumprod),
        "cummax": cumulative("cummax", np.maximum.accumulate),
        "cummin": cumulative("cummin", np.minimum.accumulate),
    },
    OTHERS,
)
