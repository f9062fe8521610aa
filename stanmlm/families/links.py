"""Link functions: from the linear predictor to the mean, and back."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats


@dataclass(frozen=True)
class Link:
    """One link of a parameter; all functions are elementwise.

    The logarithms of the parameter, and of one minus it, keep their digits where the parameter is next to 0 or 1.
    """

    name: str
    forward: Callable[[Floats], Floats]  # the linear predictor, eta, of the parameter
    inverse: Callable[[Floats], Floats]  # the parameter at eta
    slope: Callable[[Floats], Floats]  # its derivative, at eta
    log_inverse: Callable[[Floats], Floats]
    log1m_inverse: Callable[[Floats], Floats]  # of a parameter in (0, 1)
    written: Callable[[str], str]  # LaTeX of the parameter, from that of eta
    range: tuple[float, float]  # of the parameter over all eta: where its support is narrower, eta has bounds
    default_scale: float = 1.0  # rstanarm's factor on the scale of default priors (1.6 for probit)
    # What a probability with this link is the chance of: that a variable of this name and variance is over 0.
    latent: tuple[str, float] | None = None
    file: str = ""  # of stan/links, where the name is none of a file

    @property
    def stem(self) -> str:
        """The name of its file in stan/links."""
        return self.file or self.name

    def within(self, low: float, high: float) -> tuple[float, float]:
        """Where eta may lie for the parameter to lie there."""
        if low <= self.range[0] and self.range[1] <= high:
            return -np.inf, np.inf
        with np.errstate(all="ignore"):
            ends = np.sort(self.forward(np.array([low, high])))
        return float(ends[0]), float(ends[1])


def _same(values: Floats) -> Floats:
    return values


def _ones(eta: Floats) -> Floats:
    return np.ones_like(eta)


def _log(mu: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(mu))


def _log1m(mu: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log1p(-mu))


def _exp(eta: Floats) -> Floats:
    return np.asarray(np.exp(eta))


def _log1m_exp(eta: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(-np.expm1(eta)))


def _logit(mu: Floats) -> Floats:
    return np.asarray(special.logit(mu))


def _logistic(eta: Floats) -> Floats:
    return np.asarray(np.exp(np.minimum(eta, 0.0)) / (1 + np.exp(-np.abs(eta))))


def _logistic_density(eta: Floats) -> Floats:
    tail = np.exp(-np.abs(eta))
    return np.asarray(tail / (1 + tail) ** 2)


def _log_logistic(eta: Floats) -> Floats:
    return np.asarray(special.log_expit(eta))


def _log1m_logistic(eta: Floats) -> Floats:
    return np.asarray(special.log_expit(-eta))


def _probit(mu: Floats) -> Floats:
    return np.asarray(special.ndtri(mu))


def _normal(eta: Floats) -> Floats:
    return np.asarray(special.ndtr(eta))


def _normal_density(eta: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * eta**2) / np.sqrt(2 * np.pi))


def _log_normal(eta: Floats) -> Floats:
    return np.asarray(special.log_ndtr(eta))


def _log1m_normal(eta: Floats) -> Floats:
    return np.asarray(special.log_ndtr(-eta))


def _cloglog(mu: Floats) -> Floats:
    return np.asarray(np.log(-np.log1p(-mu)))


def _cloglog_inverse(eta: Floats) -> Floats:
    return np.asarray(-np.expm1(-np.exp(eta)))


def _cloglog_slope(eta: Floats) -> Floats:
    return np.asarray(np.exp(eta - np.exp(eta)))


def _log_cloglog(eta: Floats) -> Floats:
    """With h = exp(eta), of 1 - exp(-h): near 0 that is h times something near 1."""
    hazard = np.exp(eta)
    near_one = np.log1p(-np.exp(-np.maximum(hazard, 0.5)))
    return np.where(eta > 0, near_one, eta + np.log(special.exprel(-np.minimum(hazard, 1.0))))


def _log1m_cloglog(eta: Floats) -> Floats:
    return np.asarray(-np.exp(eta))


def _log_less_one(nu: Floats) -> Floats:
    return np.asarray(np.log(nu - 1))


def _one_and_exp(eta: Floats) -> Floats:
    return np.asarray(1 + np.exp(eta))


def _softplus(eta: Floats) -> Floats:
    """log(1 + exp(eta)), which is the logarithm of 1 + exp(eta) too."""
    return np.asarray(np.logaddexp(0.0, eta))


def _softplus_forward(mu: Floats) -> Floats:
    """log(exp(mu) - 1)."""
    with np.errstate(divide="ignore"):
        return np.asarray(mu + np.log(-np.expm1(-mu)))


def _log_softplus(eta: Floats) -> Floats:
    """Next to exp(eta) log(1 + x) / x is 1, where x itself is zero to the machine too."""
    x = np.exp(np.minimum(eta, 0.0))
    near_zero = eta + np.log(np.divide(np.log1p(x), x, out=np.ones_like(x), where=x > 0))
    return np.where(eta < 0, near_zero, np.log(np.logaddexp(0.0, np.maximum(eta, 0.0))))


def _log1m_softplus(eta: Floats) -> Floats:
    return _log1m(_softplus(eta))


def _reciprocal(values: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(1 / values)


def _reciprocal_slope(eta: Floats) -> Floats:
    return np.asarray(-1 / eta**2)


def _log_reciprocal(eta: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(-np.log(eta))


def _log1m_reciprocal(eta: Floats) -> Floats:
    return _log1m(_reciprocal(eta))


def _root(mu: Floats) -> Floats:
    return np.asarray(np.sqrt(mu))


def _square(eta: Floats) -> Floats:
    return np.asarray(eta**2)


def _square_slope(eta: Floats) -> Floats:
    return np.asarray(2 * eta)


def _log_square(eta: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(2 * np.log(np.abs(eta)))


def _log1m_square(eta: Floats) -> Floats:
    return _log1m(_square(eta))


def _inverse_square(mu: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(mu**-2.0)


def _inverse_root(eta: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 / np.sqrt(eta))


def _inverse_root_slope(eta: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(-0.5 * eta**-1.5)


def _log_inverse_root(eta: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(-0.5 * np.log(eta))


def _log1m_inverse_root(eta: Floats) -> Floats:
    return _log1m(_inverse_root(eta))


def _squareplus_forward(mu: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(mu - 1 / mu)


def _log_squareplus(eta: Floats) -> Floats:
    """Of (eta + sqrt(eta^2 + 4)) / 2, that is of an inverse hyperbolic sine."""
    return np.asarray(np.arcsinh(eta / 2))


def _squareplus(eta: Floats) -> Floats:
    return np.asarray(np.exp(np.arcsinh(eta / 2)))


def _squareplus_slope(eta: Floats) -> Floats:
    return np.asarray(np.exp(np.arcsinh(eta / 2)) / np.hypot(eta, 2.0))


def _log1m_squareplus(eta: Floats) -> Floats:
    return _log1m(_squareplus(eta))


# Stan's Phi_approx (Bowling et al. 2009): the logistic of a cubic.
CUBIC, LINEAR = 0.07056, 1.5976


def _cubic(eta: Floats) -> Floats:
    return np.asarray(CUBIC * eta**3 + LINEAR * eta)


def _probit_approx(mu: Floats) -> Floats:
    """The one real root of the cubic, by hyperbolic functions."""
    root = np.sqrt(LINEAR / (3 * CUBIC))
    return np.asarray(2 * root * np.sinh(np.arcsinh(1.5 * special.logit(mu) / (LINEAR * root)) / 3))


def _normal_approx(eta: Floats) -> Floats:
    return _logistic(_cubic(eta))


def _normal_approx_slope(eta: Floats) -> Floats:
    return np.asarray(_logistic_density(_cubic(eta)) * (3 * CUBIC * eta**2 + LINEAR))


def _log_normal_approx(eta: Floats) -> Floats:
    return np.asarray(special.log_expit(_cubic(eta)))


def _log1m_normal_approx(eta: Floats) -> Floats:
    return np.asarray(special.log_expit(-_cubic(eta)))


def _cauchit(mu: Floats) -> Floats:
    return np.asarray(np.tan(np.pi * (mu - 0.5)))


def _cauchy(eta: Floats) -> Floats:
    """The angle of (-eta, 1), a share of half a turn, which keeps its digits in the lower tail."""
    return np.asarray(np.arctan2(1.0, -eta) / np.pi)


def _cauchy_density(eta: Floats) -> Floats:
    return np.asarray(1 / (np.pi * (1 + eta**2)))


def _log_cauchy(eta: Floats) -> Floats:
    return np.where(eta > 0, np.log1p(-_cauchy(-eta)), np.log(_cauchy(eta)))


def _log1m_cauchy(eta: Floats) -> Floats:
    return _log_cauchy(-eta)


def _loglog(mu: Floats) -> Floats:
    return np.asarray(-np.log(-np.log(mu)))


def _loglog_inverse(eta: Floats) -> Floats:
    return np.asarray(np.exp(-np.exp(-eta)))


def _loglog_slope(eta: Floats) -> Floats:
    return _cloglog_slope(-eta)


def _log_loglog(eta: Floats) -> Floats:
    return _log1m_cloglog(-eta)


def _log1m_loglog(eta: Floats) -> Floats:
    return _log_cloglog(-eta)


def _softit(mu: Floats) -> Floats:
    """log(expm1(odds))."""
    return _softplus_forward(mu / (1 - mu))


def _softit_inverse(eta: Floats) -> Floats:
    odds = _softplus(eta)
    return np.asarray(odds / (1 + odds))


def _softit_slope(eta: Floats) -> Floats:
    return np.asarray(_logistic(eta) / (1 + _softplus(eta)) ** 2)


def _log_softit(eta: Floats) -> Floats:
    return np.asarray(_log_softplus(eta) - np.log1p(_softplus(eta)))


def _log1m_softit(eta: Floats) -> Floats:
    return np.asarray(-np.log1p(_softplus(eta)))


def _tan_half(mu: Floats) -> Floats:
    return np.asarray(np.tan(mu / 2))


def _two_arctan(eta: Floats) -> Floats:
    return np.asarray(2 * np.arctan(eta))


def _two_arctan_slope(eta: Floats) -> Floats:
    return np.asarray(2 / (1 + eta**2))


def _no_log(eta: Floats) -> Floats:
    """Of a parameter that may be below zero, or above one."""
    return np.full_like(eta, np.nan)


def _write_same(eta: str) -> str:
    return eta


def _write_exp(eta: str) -> str:
    return rf"\exp({eta})"


def _write_logistic(eta: str) -> str:
    return rf"\text{{logit}}^{{-1}}({eta})"


def _write_normal(eta: str) -> str:
    return rf"\Phi({eta})"


def _write_cloglog_inverse(eta: str) -> str:
    return rf"1 - \exp(-\exp({eta}))"


def _write_loglog_inverse(eta: str) -> str:
    return rf"\exp(-\exp(-({eta})))"


def _write_one_and_exp(eta: str) -> str:
    return rf"1 + \exp({eta})"


def _write_softplus(eta: str) -> str:
    return rf"\log(1 + \exp({eta}))"


def _write_reciprocal(eta: str) -> str:
    return rf"1 / ({eta})"


def _write_square(eta: str) -> str:
    return rf"({eta})^2"


def _write_inverse_root(eta: str) -> str:
    return rf"1 / \sqrt{{{eta}}}"


def _write_squareplus(eta: str) -> str:
    return rf"\text{{squareplus}}({eta})"


def _write_cauchy(eta: str) -> str:
    return rf"1/2 + \arctan({eta}) / \pi"


def _write_softit(eta: str) -> str:
    return rf"\text{{softit}}^{{-1}}({eta})"


def _write_two_arctan(eta: str) -> str:
    return rf"2 \arctan({eta})"


# dnorm(0) / dlogis(0): rstanarm, R/stan_glm.fit.R, "the scale for probit is multiplied by".
PROBIT_SCALE = float(1 / np.sqrt(2 * np.pi) / 0.25)
REAL, POSITIVE, UNIT = (-np.inf, np.inf), (0.0, np.inf), (0.0, 1.0)
_LOGISTIC = ("pi^2/3, of the latent logistic", float(np.pi**2 / 3))
_GUMBEL = ("pi^2/6, of the latent Gumbel", float(np.pi**2 / 6))
_NORMAL = ("1, of the latent normal", 1.0)

# Functions of this module by name, so that a link crosses processes; NumPy's own are found wherever Python looks first.
# brms's definitions, and beside them R's of `loglog`.
_ROWS = (
    Link("identity", _same, _same, _ones, _log, _log1m, _write_same, REAL),
    Link("log", _log, _exp, _exp, _same, _log1m_exp, _write_exp, POSITIVE),
    Link(
        *("inverse", _reciprocal, _reciprocal, _reciprocal_slope, _log_reciprocal, _log1m_reciprocal),
        *(_write_reciprocal, REAL),
    ),
    # A predictor below zero squares too: the sign of all of it together is then nobody's to tell.
    Link("sqrt", _root, _square, _square_slope, _log_square, _log1m_square, _write_square, POSITIVE),
    # No parameter at all has a predictor below zero.
    Link(
        *("1/mu^2", _inverse_square, _inverse_root, _inverse_root_slope, _log_inverse_root, _log1m_inverse_root),
        *(_write_inverse_root, REAL),
        file="inverse_square",
    ),
    Link(
        *("logit", _logit, _logistic, _logistic_density, _log_logistic, _log1m_logistic, _write_logistic, UNIT),
        latent=_LOGISTIC,
    ),
    Link(
        *("probit", _probit, _normal, _normal_density, _log_normal, _log1m_normal, _write_normal, UNIT),
        *(PROBIT_SCALE, _NORMAL),
    ),
    Link(
        *("probit_approx", _probit_approx, _normal_approx, _normal_approx_slope, _log_normal_approx),
        *(_log1m_normal_approx, _write_normal, UNIT, PROBIT_SCALE, _NORMAL),
    ),
    Link("cauchit", _cauchit, _cauchy, _cauchy_density, _log_cauchy, _log1m_cauchy, _write_cauchy, UNIT),
    Link(
        *("cloglog", _cloglog, _cloglog_inverse, _cloglog_slope, _log_cloglog, _log1m_cloglog),
        *(_write_cloglog_inverse, UNIT),
        latent=_GUMBEL,
    ),
    Link(
        *("loglog", _loglog, _loglog_inverse, _loglog_slope, _log_loglog, _log1m_loglog, _write_loglog_inverse, UNIT),
        latent=_GUMBEL,
    ),
    Link("softit", _softit, _softit_inverse, _softit_slope, _log_softit, _log1m_softit, _write_softit, UNIT),
    Link(
        *("tan_half", _tan_half, _two_arctan, _two_arctan_slope, _no_log, _no_log, _write_two_arctan),
        (-float(np.pi), float(np.pi)),
    ),
    Link("logm1", _log_less_one, _one_and_exp, _exp, _softplus, _no_log, _write_one_and_exp, (1.0, np.inf)),
    Link(
        *("softplus", _softplus_forward, _softplus, _logistic, _log_softplus, _log1m_softplus),
        *(_write_softplus, POSITIVE),
    ),
    Link(
        *("squareplus", _squareplus_forward, _squareplus, _squareplus_slope, _log_squareplus, _log1m_squareplus),
        *(_write_squareplus, POSITIVE),
    ),
)
LINKS: dict[str, Link] = {link.name: link for link in _ROWS}

# The links that brms has for a parameter of each range, the usual default first.
OF_REALS = ("identity", "log", "inverse", "softplus", "squareplus")
OF_REALS_AND_SHARES = (*OF_REALS, "logit", "probit", "probit_approx", "cloglog", "loglog", "cauchit", "softit")
OF_LOGS = ("identity", "inverse")
OF_INVERSES = ("log", "1/mu^2", "inverse", "identity", "softplus", "squareplus")
OF_DEGREES = ("logm1", "identity")
OF_SHARES = ("logit", "probit", "probit_approx", "cloglog", "loglog", "cauchit", "softit", "identity", "log")
OF_COUNTS = ("log", "identity", "sqrt", "softplus", "squareplus")
OF_TIMES = ("log", "identity", "inverse", "softplus", "squareplus")
OF_SCALES = ("log", "identity", "softplus", "squareplus")
