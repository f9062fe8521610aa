"""Priors as users write them: rstanarm's constructors and brms's `set_prior`."""

import ast
import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arguments import check_arguments
from stanmlm.base.errors import PriorError, did_you_mean
from stanmlm.priors.distributions import DISTRIBUTIONS, Distribution

Numbers = float | Sequence[float]


@dataclass(frozen=True)
class Prior:
    """A prior before it meets a model: made by `normal`, `exponential` and the like, or from the text of any."""

    distribution: str
    arguments: tuple[tuple[float, ...], ...]  # in the table's order: one number, or one a parameter; () not given
    autoscale: bool = False
    bounds: tuple[float, float] = (-math.inf, math.inf)  # that the user sets beside it


@dataclass(frozen=True)
class CovariancePrior:
    """A prior on the covariance of group terms: made by `decov` or `lkj`."""

    sd: Prior
    cor: Prior


@dataclass(frozen=True)
class SetPrior:
    """A prior with its address: made by `set_prior`."""

    prior: Prior
    class_: str
    group: str
    coef: str
    dpar: str = ""


def normal(location: Numbers = 0, scale: Numbers | None = None, autoscale: bool = False) -> Prior:
    """A normal prior; the scale defaults to 2.5 (times 1.6 under a probit link), or to 1 for an auxiliary parameter.

    With `autoscale` the scale is multiplied by sd(y) in gaussian models, and for a coefficient divided by sd(x).
    Sequences hold one number a coefficient.

    Examples
    --------
    >>> normal(0, [2.5, 10]).arguments
    ((0.0,), (2.5, 10.0))
    """
    check_arguments(normal, locals())
    return _prior("normal", (location, scale), autoscale)


def student_t(df: Numbers = 1, location: Numbers = 0, scale: Numbers | None = None, autoscale: bool = False) -> Prior:
    """A Student t prior; defaults and autoscaling as in `normal`.

    Examples
    --------
    >>> student_t(4, 0, 2.5).distribution
    'student_t'
    """
    check_arguments(student_t, locals())
    return _prior("student_t", (df, location, scale), autoscale)


def cauchy(location: Numbers = 0, scale: Numbers | None = None, autoscale: bool = False) -> Prior:
    """A Cauchy prior; defaults and autoscaling as in `normal`.

    Examples
    --------
    >>> cauchy(0, 5).arguments
    ((0.0,), (5.0,))
    """
    check_arguments(cauchy, locals())
    return _prior("cauchy", (location, scale), autoscale)


def exponential(rate: Numbers = 1, autoscale: bool = False) -> Prior:
    """An exponential prior on a positive parameter; `autoscale` divides the rate by sd(y) in gaussian models.

    Examples
    --------
    >>> exponential(0.5).arguments
    ((0.5,),)
    """
    check_arguments(exponential, locals())
    return _prior("exponential", (rate,), autoscale)


def gamma(shape: Numbers, rate: Numbers) -> Prior:
    """A gamma prior on a positive parameter, with mean shape / rate.

    Examples
    --------
    >>> gamma(2, 0.1).arguments
    ((2.0,), (0.1,))
    """
    check_arguments(gamma, locals())
    return _prior("gamma", (shape, rate), False)


def logistic(location: Numbers = 0, scale: Numbers | None = None, autoscale: bool = False) -> Prior:
    """A logistic prior; defaults and autoscaling as in `normal`. logistic(0, 1) on a logit is uniform on the share.

    Examples
    --------
    >>> logistic(0, 1).arguments
    ((0.0,), (1.0,))
    """
    check_arguments(logistic, locals())
    return _prior("logistic", (location, scale), autoscale)


def uniform(lower: Numbers, upper: Numbers) -> Prior:
    """A uniform prior between two numbers.

    Examples
    --------
    >>> uniform(-1, 1).arguments
    ((-1.0,), (1.0,))
    """
    check_arguments(uniform, locals())
    return _prior("uniform", (lower, upper), False)


def beta(alpha: Numbers, beta: Numbers) -> Prior:
    """A beta prior on a share, with mean alpha / (alpha + beta).

    Examples
    --------
    >>> beta(1, 4).arguments
    ((1.0,), (4.0,))
    """
    check_arguments(globals()["beta"], locals())  # an argument has the name of the function
    return _prior("beta", (alpha, beta), False)


def inv_gamma(shape: Numbers, scale: Numbers) -> Prior:
    """An inverse gamma prior on a positive parameter, with mean scale / (shape - 1).

    Examples
    --------
    >>> inv_gamma(3, 2).arguments
    ((3.0,), (2.0,))
    """
    check_arguments(inv_gamma, locals())
    return _prior("inv_gamma", (shape, scale), False)


def flat() -> Prior:
    """The improper uniform prior, which `None` means as well.

    Examples
    --------
    >>> flat().arguments
    ()
    """
    return _prior("flat", (), False)


def decov(
    regularization: Numbers = 1, concentration: Numbers = 1, shape: Numbers = 1, scale: Numbers = 1
) -> CovariancePrior:
    """rstanarm's prior on a covariance matrix: LKJ correlations, and a total variance cut by a Dirichlet simplex.

    The root mean square of a term's standard deviations is gamma(shape, 1 / scale); in gaussian models all of them are
    in units of sigma, as in rstanarm. Each argument is one number, or one a group term in the order of the design.

    Examples
    --------
    >>> decov(regularization=2).cor.arguments
    ((2.0,),)
    """
    check_arguments(decov, locals())
    sd = _prior("decov", (regularization, concentration, shape, scale), False)
    return CovariancePrior(sd, _prior("lkj", (regularization,), False))


def lkj(regularization: Numbers = 1, scale: Numbers = 10, df: Numbers = 1, autoscale: bool = True) -> CovariancePrior:
    """rstanarm's `lkj`: LKJ correlations, and a half Student t(df, 0, scale) on every standard deviation.

    With `autoscale` the scale is multiplied by sd(y) in gaussian models and divided by the spread of the column
    that varies by group: its sd, its range where it has two values, 1 where it is constant. `scale` and `df` are one
    number, or one a standard deviation.

    Examples
    --------
    >>> lkj(2).sd.distribution
    'student_t'
    """
    check_arguments(lkj, locals())
    return CovariancePrior(student_t(df, 0, scale, autoscale), _prior("lkj", (regularization,), False))


def set_prior(
    prior: str | Prior,
    class_: str = "b",
    group: str = "",
    coef: str = "",
    dpar: str = "",
    lb: float | None = None,
    ub: float | None = None,
) -> SetPrior:
    """A prior with its address, as brms has it; later rows win over earlier ones, and narrower rows over wider ones.

    Parameters
    ----------
    prior
        A distribution as Stan writes it, `"student_t(3, 0, 2.5)"`, or made by `student_t` and the like; `""` is flat.
    class_
        `"Intercept"` (at centred predictors), `"b"`, `"sd"`, `"cor"`, or an auxiliary such as `"sigma"`. A prior of
        class `"sd"` is on the standard deviation itself, never on its ratio to sigma. Or a whole parameter as any
        package spells it: `"sd_Subject__Days"`, `"sd_Days|Subject"`, `"b_Days"`.
    group
        The label of a group term, `"Subject"`; every group where empty.
    coef
        A coefficient, `"Days"`; every one where empty.
    dpar
        The distributional parameter with a formula of its own that the prior is for, `"sigma"`, on the scale of its
        link; the location where empty.
    lb, ub
        Bounds of a coefficient, an intercept (at centred predictors) or a parameter of the family, within which the
        prior is cut. As in brms; unlike there one coefficient may have them by itself.

    Raises
    ------
    PriorError
        If the text is no distribution that is known here, or its numbers are impossible.

    Examples
    --------
    >>> set_prior("exponential(0.02)", class_="sd", group="Subject", coef="Days").prior.arguments
    ((0.02,),)
    """
    if isinstance(prior, CovariancePrior):
        raise PriorError("decov() and lkj() are priors on a whole term: pass them as prior_covariance=")
    check_arguments(set_prior, locals())
    own = parse_prior(prior) if isinstance(prior, str) else prior
    ends = -math.inf if lb is None else float(lb), math.inf if ub is None else float(ub)
    if not ends[0] < ends[1] or math.nan in ends:
        raise PriorError(f"set_prior(lb={lb!r}, ub={ub!r}): lb must be below ub")
    return SetPrior(replace(own, bounds=ends), class_, group, coef, dpar)


def parse_prior(text: str) -> Prior:
    """The prior that `text` spells, as Stan would: `"normal(0, 10)"`; empty text is flat.

    Examples
    --------
    >>> parse_prior("gamma(2, 1/10)").arguments
    ((2.0,), (0.1,))
    """
    call = _parse_call(text)
    if call is None:
        return flat()
    row = _known(call.func.id if isinstance(call.func, ast.Name) else ast.unparse(call.func))
    if row.joint:
        raise PriorError(f"`{text}` is a prior on a whole term: pass prior_covariance={row.name}(...)")
    given = dict(zip(row.arguments, (_number(node, text) for node in call.args), strict=False))
    keywords = {str(keyword.arg): _number(keyword.value, text) for keyword in call.keywords}
    unknown = [name for name in keywords if name not in row.arguments or name in given]
    numbers = [
        {**given, **keywords}.get(name, default) for name, default in zip(row.arguments, row.defaults, strict=True)
    ]
    if len(call.args) > len(row.arguments) or unknown or None in numbers:
        raise PriorError(f"`{text}`: {row.name} takes ({', '.join(row.arguments)})")
    return _prior(row.name, tuple(numbers), False)


def _known(name: str) -> Distribution:
    if name not in DISTRIBUTIONS:
        raise PriorError(f"`{name}` is not a prior distribution" + did_you_mean(name, DISTRIBUTIONS))
    return DISTRIBUTIONS[name]


def _parse_call(text: str) -> ast.Call | None:
    if not text.strip():
        return None
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # text that Python cannot encode or nest so deep
        node = None
    if not isinstance(node, ast.Call):
        raise PriorError(f'`{text}` is not a prior; write for example "normal(0, 2.5)", or "" for a flat one')
    return node


OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def _number(node: ast.expr, text: str) -> float:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand, text)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATIONS:
            try:
                return float(OPERATIONS[type(op)](_number(left, text), _number(right, text)))
            except (ArithmeticError, TypeError) as error:
                raise PriorError(f"`{text}`: `{ast.unparse(node)}` has no value") from error
    raise PriorError(f"`{text}`: `{ast.unparse(node)}` is not a number")


def _prior(name: str, arguments: tuple[Numbers | None, ...], autoscale: bool) -> Prior:
    row = DISTRIBUTIONS[name]
    checked = tuple(_numbers(name, argument, value) for argument, value in zip(row.arguments, arguments, strict=True))
    _check_range(row, checked)
    return Prior(name, checked, autoscale)


_ANY_SIGN = ("location", "lower", "upper")  # arguments that may be zero, or below it


def _numbers(distribution: str, argument: str, value: Numbers | None) -> tuple[float, ...]:
    """One argument as a tuple; every one but a location or an end must be positive."""
    if value is None:
        return ()
    where = f"{distribution}({argument}={value!r})"
    try:
        numbers = tuple(float(number) for number in np.atleast_1d(np.asarray(value)).ravel())
    except (TypeError, ValueError) as error:
        raise PriorError(f"{where}: {argument} must be a number, or one a coefficient") from error
    if not numbers or not all(math.isfinite(number) for number in numbers):
        raise PriorError(f"{where}: {argument} must be finite; a flat prior is flat()")
    if argument not in _ANY_SIGN and min(numbers) <= 0:
        raise PriorError(f"{where}: {argument} must be positive")
    return numbers


def _check_range(row: Distribution, arguments: Sequence[tuple[float, ...]]) -> None:
    """Of a uniform prior: its ends in order."""
    given = dict(zip(row.arguments, arguments, strict=True))
    lower, upper = given.get("lower", ()), given.get("upper", ())
    if lower and upper and not np.all(np.less(*np.broadcast_arrays(lower, upper))):
        raise PriorError(f"{row.name}({lower[0]:g}, {upper[0]:g}): lower must be below upper")
