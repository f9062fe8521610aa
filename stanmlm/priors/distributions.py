"""Prior distributions: one row each, and a file of the same name in stan/priors/."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import PriorError

Arguments = Sequence[Any]  # numbers, in the order of the row's names; or arrays that broadcast against x
LogDensity = Callable[[Floats, Arguments], Floats]
Draw = Callable[[np.random.Generator, Arguments, tuple[int, ...], float, float], Floats]


@dataclass(frozen=True)
class Distribution:
    """A prior distribution as the table knows it.

    `log_density(x, arguments)` works on one number at a time for the univariate rows, on vectors of standard deviations
    (last axis) for `decov`, and on correlation matrices (last two axes) for `lkj`, there up to a constant.
    `draw(rng, arguments, size, low, high)` returns an array of shape `size`, whose last axes are the vector or matrix
    of a joint row; `low` and `high` are where a univariate row is cut: at 0 and nowhere for a standard deviation.
    """

    name: str
    arguments: tuple[str, ...]  # Stan's names and order
    defaults: tuple[float | None, ...]  # None: must be given
    scale: str  # the argument that autoscaling multiplies ("scale"), or divides ("rate"); "" for none
    classes: tuple[str, ...]  # where it may stand; "dpar" is any scalar of the family
    joint: bool  # one prior on all standard deviations of a term
    proper: bool
    log_density: LogDensity
    draw: Draw
    within: Callable[[Arguments], tuple[float, float]] = lambda _: (-np.inf, np.inf)  # where its density is not zero

    @property
    def positive(self) -> bool:
        """Whether it is of numbers above zero, whatever its arguments."""
        return self.within is _above_zero


def _above_zero(_: Arguments) -> tuple[float, float]:
    return 0.0, np.inf


def _share(_: Arguments) -> tuple[float, float]:
    return 0.0, 1.0


def _between(ends: Arguments) -> tuple[float, float]:
    return float(ends[0]), float(ends[1])


def log_decov(sd: Floats, concentration: float, shape: float, scale: float) -> Floats:
    """Log density of rstanarm's decov on the standard deviations of one term, without its correlation.

    With P standard deviations, tau^2 is their mean square, and pi their shares of the total variance:
    tau ~ gamma(shape, 1 / scale), pi ~ dirichlet(concentration), and a Jacobian from (tau, pi) to sd.

    Parameters
    ----------
    sd
        (..., P), positive.

    Returns
    -------
    Floats
        (...), normalised.

    Examples
    --------
    >>> float(log_decov(np.array([2.0]), 1.0, 1.0, 1.0))
    -2.0
    """
    P = sd.shape[-1]
    total = np.sum(sd**2, axis=-1)
    tau = np.sqrt(total / P)
    log_pi = 2 * np.log(sd) - np.log(total)[..., None]
    log_tau = (shape - 1) * np.log(tau) - tau / scale - special.gammaln(shape) - shape * np.log(scale)
    log_dirichlet = (
        special.gammaln(P * concentration)
        - P * special.gammaln(concentration)
        + (concentration - 1) * np.sum(log_pi, axis=-1)
    )
    jacobian = np.sum(np.log(2 * sd), axis=-1) - (P - 1) * np.log(total) - np.log(2 * P * tau)
    density: Floats = log_tau + log_dirichlet + jacobian
    return density


def draw_correlations(rng: np.random.Generator, regularization: float, size: tuple[int, ...]) -> Floats:
    """Correlation matrices from LKJ(regularization); `size` ends in (K, K).

    Lewandowski, Kurowicka and Joe (2009), the C-vine: canonical partial correlations are beta on (-1, 1).

    Examples
    --------
    >>> draw_correlations(np.random.default_rng(1), 2.0, (5, 3, 3)).shape
    (5, 3, 3)
    """
    *many, K, _ = size
    L = np.zeros(size)
    left = np.ones((*many, K))  # squared length of each row of L that is still to be filled
    for k in range(K - 1):
        shape = regularization + 0.5 * (K - 2 - k)
        partial = 2 * rng.beta(shape, shape, size=(*many, K - 1 - k)) - 1
        L[..., k, k] = np.sqrt(left[..., k])
        L[..., k + 1 :, k] = partial * np.sqrt(left[..., k + 1 :])
        left[..., k + 1 :] -= L[..., k + 1 :, k] ** 2
    L[..., K - 1, K - 1] = np.sqrt(left[..., K - 1])
    correlation: Floats = L @ np.swapaxes(L, -1, -2)
    return correlation


def _draw_decov(rng: np.random.Generator, arguments: Arguments, size: tuple[int, ...], *_: float) -> Floats:
    concentration, shape, scale = arguments[1:]
    tau = rng.gamma(shape, scale, size=(*size[:-1], 1))
    pi = rng.dirichlet(np.full(size[-1], concentration), size=size[:-1])
    sd: Floats = tau * np.sqrt(size[-1] * pi)
    return sd


def _log_lkj(correlation: Floats, arguments: Arguments) -> Floats:
    density: Floats = (arguments[0] - 1) * np.linalg.slogdet(correlation)[1]
    return density


def _draw_flat(rng: np.random.Generator, arguments: Arguments, size: tuple[int, ...], *_: float) -> Floats:
    raise PriorError("a flat prior is improper: nothing can be drawn from it")


def _univariate(name: str, for_scipy: Callable[..., tuple[Any, ...]] = lambda *same: same) -> tuple[LogDensity, Draw]:
    """The two functions of a row from SciPy's distribution of that name, with its arguments in SciPy's order."""

    def frozen(arguments: Arguments) -> Any:
        from scipy import stats  # a third of a second that most sessions do not need

        return getattr(stats, name)(*for_scipy(*arguments))

    def log_density(x: Floats, arguments: Arguments) -> Floats:
        density: Floats = np.asarray(frozen(arguments).logpdf(x))
        return density

    def draw(rng: np.random.Generator, arguments: Arguments, size: tuple[int, ...], low: float, high: float) -> Floats:
        distribution = frozen(arguments)
        most, least = distribution.sf(low), distribution.sf(high)
        values: Floats = distribution.isf(least + (most - least) * rng.uniform(size=size))
        return values

    return log_density, draw


REAL = ("Intercept", "b", "sd", "dpar")
POSITIVE = ("sd", "dpar")

DISTRIBUTIONS: dict[str, Distribution] = {
    row.name: row
    for row in (
        Distribution("normal", ("location", "scale"), (0.0, None), "scale", REAL, False, True, *_univariate("norm")),
        Distribution(
            "student_t",
            ("df", "location", "scale"),
            (1.0, 0.0, None),
            "scale",
            REAL,
            False,
            True,
            *_univariate("t"),
        ),
        Distribution("cauchy", ("location", "scale"), (0.0, None), "scale", REAL, False, True, *_univariate("cauchy")),
        Distribution(
            "exponential",
            ("rate",),
            (1.0,),
            "rate",
            POSITIVE,
            False,
            True,
            *_univariate("expon", lambda rate: (0.0, 1 / rate)),
            _above_zero,
        ),
        Distribution(
            "gamma",
            ("shape", "rate"),
            (None, None),
            "rate",
            POSITIVE,
            False,
            True,
            *_univariate("gamma", lambda shape, rate: (shape, 0.0, 1 / rate)),
            _above_zero,
        ),
        Distribution(
            "logistic", ("location", "scale"), (0.0, None), "scale", REAL, False, True, *_univariate("logistic")
        ),
        Distribution(
            "uniform",
            ("lower", "upper"),
            (None, None),
            "",
            REAL,
            False,
            True,
            *_univariate("uniform", lambda lower, upper: (lower, np.subtract(upper, lower))),
            _between,
        ),
        Distribution(
            "beta", ("alpha", "beta"), (None, None), "", ("b", "dpar"), False, True, *_univariate("beta"), _share
        ),
        Distribution(
            "lognormal",
            ("location", "scale"),
            (0.0, None),
            "",
            ("Intercept", *POSITIVE),
            False,
            True,
            *_univariate("lognorm", lambda location, scale: (scale, 0.0, np.exp(location))),
            _above_zero,
        ),
        Distribution(
            "inv_gamma",
            ("shape", "scale"),
            (None, None),
            "scale",
            POSITIVE,
            False,
            True,
            *_univariate("invgamma", lambda shape, scale: (shape, 0.0, scale)),
            _above_zero,
        ),
        Distribution("flat", (), (), "", REAL, False, False, lambda x, _: np.zeros_like(x), _draw_flat),
        Distribution(
            "decov",
            ("regularization", "concentration", "shape", "scale"),
            (1.0, 1.0, 1.0, 1.0),
            "scale",
            ("sd",),
            True,
            True,
            lambda sd, arguments: log_decov(sd, *arguments[1:]),
            _draw_decov,
        ),
        Distribution(
            "lkj",
            ("regularization",),
            (1.0,),
            "",
            ("cor",),
            False,
            True,
            _log_lkj,
            lambda rng, arguments, size, *_: draw_correlations(rng, arguments[0], size),
        ),
    )
}
