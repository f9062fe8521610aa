"""A prior before it meets a model, with its numbers checked; and a prior with its address."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stanmlm.base.errors import PriorError
from stanmlm.priors.distributions import DISTRIBUTIONS, Distribution

Numbers = float | Sequence[float]


@dataclass(frozen=True)
class Prior:
    """A prior before it meets a model: made by `normal`, `exponential` and the like, or from the text of any.

    Attributes
    ----------
    distribution
        Its name, as Stan and brms have it.
    arguments
        In the order of the constructor's: one number, or one a parameter; () where it is not given.
    autoscale
        Whether its scale is adjusted to the data when it meets them.
    bounds
        What `lb` and `ub` of `set_prior` cut it to.

    Examples
    --------
    >>> from stanmlm import student_t
    >>> prior = student_t(3, 0, [2.5, 10])
    >>> prior.distribution, prior.arguments
    ('student_t', ((3.0,), (0.0,), (2.5, 10.0)))
    """

    distribution: str
    arguments: tuple[tuple[float, ...], ...]  # in the table's order: one number, or one a parameter; () not given
    autoscale: bool = False
    bounds: tuple[float, float] = (-math.inf, math.inf)  # that the user sets beside it


@dataclass(frozen=True)
class CovariancePrior:
    """A prior on the covariance of group terms: made by `decov` or `lkj`.

    Attributes
    ----------
    sd
        Of the standard deviations.
    cor
        Of the correlation matrix.

    Examples
    --------
    >>> from stanmlm import lkj
    >>> lkj(2).cor.distribution, lkj(2).cor.arguments
    ('lkj', ((2.0,),))
    """

    sd: Prior
    cor: Prior


@dataclass(frozen=True)
class SetPrior:
    """A prior with its address: made by `set_prior`.

    Attributes
    ----------
    prior
        The prior itself.
    class_
        "b", "Intercept", "sd", "cor", or a parameter of the family; or one parameter's whole name.
    group
        A grouping factor; "" every one.
    coef
        A coefficient; "" every one.
    dpar
        A parameter of the family with a formula of its own; "" the location.

    Examples
    --------
    >>> from stanmlm import set_prior
    >>> set_prior("normal(0, 1)", coef="hours").coef
    'hours'
    """

    prior: Prior
    class_: str
    group: str
    coef: str
    dpar: str = ""


def prior_of(name: str, arguments: tuple[Numbers | None, ...], autoscale: bool) -> Prior:
    """The prior of a distribution in the table, its numbers checked."""

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
