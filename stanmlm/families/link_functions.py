"""The functions that links are made of, elementwise: each keeps the digits that its formula as written would lose."""

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats


def same(values: Floats) -> Floats:
    """The value itself."""
    return values


def ones(eta: Floats) -> Floats:
    """The slope of the identity."""
    return np.ones_like(eta)


def log(mu: Floats) -> Floats:
    """log mu; NaN below 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(mu))


def log1m(mu: Floats) -> Floats:
    """log(1 - mu); NaN above 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log1p(-mu))


def exp(eta: Floats) -> Floats:
    """exp eta."""
    return np.asarray(np.exp(eta))


def log1m_exp(eta: Floats) -> Floats:
    """log(1 - exp eta), with its digits on both sides (Maechler 2012); NaN above 0.

    Examples
    --------
    >>> float(log1m_exp(np.array(-1e-300)).round(6))
    -690.775528
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(eta > -np.log(2), np.log(-np.expm1(eta)), np.log1p(-np.exp(np.minimum(eta, -0.5))))


def logit(mu: Floats) -> Floats:
    """The log odds."""
    return np.asarray(special.logit(mu))


def logistic(eta: Floats) -> Floats:
    """Its inverse."""
    return np.asarray(np.exp(np.minimum(eta, 0.0)) / (1 + np.exp(-np.abs(eta))))


def logistic_density(eta: Floats) -> Floats:
    """The slope of that."""
    tail = np.exp(-np.abs(eta))
    return np.asarray(tail / (1 + tail) ** 2)


def log_logistic(eta: Floats) -> Floats:
    """The logarithm of the logistic."""
    return np.asarray(special.log_expit(eta))


def log1m_logistic(eta: Floats) -> Floats:
    """The logarithm of one minus it."""
    return np.asarray(special.log_expit(-eta))


def probit(mu: Floats) -> Floats:
    """The normal quantile."""
    return np.asarray(special.ndtri(mu))


def normal(eta: Floats) -> Floats:
    """The normal distribution function."""
    return np.asarray(special.ndtr(eta))


def standard_density(eta: Floats) -> Floats:
    """Its slope."""
    return np.asarray(np.exp(-0.5 * eta**2) / np.sqrt(2 * np.pi))


def log_normal(eta: Floats) -> Floats:
    """Its logarithm."""
    return np.asarray(special.log_ndtr(eta))


def log1m_normal(eta: Floats) -> Floats:
    """The logarithm of one minus it."""
    return np.asarray(special.log_ndtr(-eta))


def cloglog(mu: Floats) -> Floats:
    """log(-log(1 - mu))."""
    return np.asarray(np.log(-np.log1p(-mu)))


def cloglog_inverse(eta: Floats) -> Floats:
    """1 - exp(-exp eta)."""
    return np.asarray(-np.expm1(-np.exp(eta)))


def cloglog_slope(eta: Floats) -> Floats:
    """The slope of that."""
    return np.asarray(np.exp(eta - np.exp(eta)))


def log_cloglog(eta: Floats) -> Floats:
    """With h = exp(eta), of 1 - exp(-h): near 0 that is h times something near 1."""
    hazard = np.exp(eta)
    near_one = np.log1p(-np.exp(-np.maximum(hazard, 0.5)))
    return np.where(eta > 0, near_one, eta + np.log(special.exprel(-np.minimum(hazard, 1.0))))


def log1m_cloglog(eta: Floats) -> Floats:
    """The logarithm of one minus it."""
    return np.asarray(-np.exp(eta))


def log_less_one(nu: Floats) -> Floats:
    """log(nu - 1)."""
    return np.asarray(np.log(nu - 1))


def one_and_exp(eta: Floats) -> Floats:
    """1 + exp eta."""
    return np.asarray(1 + np.exp(eta))


def softplus(eta: Floats) -> Floats:
    """log(1 + exp(eta)), which is the logarithm of 1 + exp(eta) too."""
    return np.asarray(np.logaddexp(0.0, eta))


def softplus_forward(mu: Floats) -> Floats:
    """log(exp(mu) - 1)."""
    with np.errstate(divide="ignore"):
        return np.asarray(mu + np.log(-np.expm1(-mu)))


def log_softplus(eta: Floats) -> Floats:
    """Next to exp(eta) log(1 + x) / x is 1, where x itself is zero to the machine too."""
    x = np.exp(np.minimum(eta, 0.0))
    near_zero = eta + np.log(np.divide(np.log1p(x), x, out=np.ones_like(x), where=x > 0))
    return np.where(eta < 0, near_zero, np.log(np.logaddexp(0.0, np.maximum(eta, 0.0))))


def log1m_softplus(eta: Floats) -> Floats:
    """log(1 - softplus); NaN where that is above 1."""
    return log1m(softplus(eta))


# Stan's Phi_approx (Bowling et al. 2009): the logistic of a cubic.
CUBIC, LINEAR = 0.07056, 1.5976


def cubic(eta: Floats) -> Floats:
    """The polynomial of Phi_approx."""
    return np.asarray(CUBIC * eta**3 + LINEAR * eta)


def probit_approx(mu: Floats) -> Floats:
    """The one real root of the cubic, by hyperbolic functions."""
    root = np.sqrt(LINEAR / (3 * CUBIC))
    return np.asarray(2 * root * np.sinh(np.arcsinh(1.5 * special.logit(mu) / (LINEAR * root)) / 3))


def normal_approx(eta: Floats) -> Floats:
    """Stan's Phi_approx."""
    return logistic(cubic(eta))


def normal_approx_slope(eta: Floats) -> Floats:
    """The slope of that."""
    return np.asarray(logistic_density(cubic(eta)) * (3 * CUBIC * eta**2 + LINEAR))


def log_normal_approx(eta: Floats) -> Floats:
    """Its logarithm."""
    return np.asarray(special.log_expit(cubic(eta)))


def log1m_normal_approx(eta: Floats) -> Floats:
    """The logarithm of one minus it."""
    return np.asarray(special.log_expit(-cubic(eta)))


def cauchit(mu: Floats) -> Floats:
    """The Cauchy quantile."""
    return np.asarray(np.tan(np.pi * (mu - 0.5)))


def cauchy(eta: Floats) -> Floats:
    """The angle of (-eta, 1), a share of half a turn, which keeps its digits in the lower tail."""
    return np.asarray(np.arctan2(1.0, -eta) / np.pi)


def cauchy_density(eta: Floats) -> Floats:
    """The slope of the Cauchy distribution function."""
    return np.asarray(1 / (np.pi * (1 + eta**2)))


def log_cauchy(eta: Floats) -> Floats:
    """The logarithm of that function, from the nearer tail."""
    return np.where(eta > 0, np.log1p(-cauchy(-eta)), np.log(cauchy(eta)))


def log1m_cauchy(eta: Floats) -> Floats:
    """The logarithm of one minus it."""
    return log_cauchy(-eta)


def loglog(mu: Floats) -> Floats:
    """-log(-log mu)."""
    return np.asarray(-np.log(-np.log(mu)))


def loglog_inverse(eta: Floats) -> Floats:
    """exp(-exp(-eta))."""
    return np.asarray(np.exp(-np.exp(-eta)))


def loglog_slope(eta: Floats) -> Floats:
    """The slope of that."""
    return cloglog_slope(-eta)


def log_loglog(eta: Floats) -> Floats:
    """Its logarithm."""
    return log1m_cloglog(-eta)


def log1m_loglog(eta: Floats) -> Floats:
    """The logarithm of one minus it."""
    return log_cloglog(-eta)


def softit(mu: Floats) -> Floats:
    """log(expm1(odds))."""
    return softplus_forward(mu / (1 - mu))


def softit_inverse(eta: Floats) -> Floats:
    """A share whose odds are softplus."""
    odds = softplus(eta)
    return np.asarray(odds / (1 + odds))


def softit_slope(eta: Floats) -> Floats:
    """The slope of that."""
    return np.asarray(logistic(eta) / (1 + softplus(eta)) ** 2)


def log_softit(eta: Floats) -> Floats:
    """Its logarithm."""
    return np.asarray(log_softplus(eta) - np.log1p(softplus(eta)))


def log1m_softit(eta: Floats) -> Floats:
    """The logarithm of one minus it."""
    return np.asarray(-np.log1p(softplus(eta)))


def tan_half(mu: Floats) -> Floats:
    """tan(mu / 2)."""
    return np.asarray(np.tan(mu / 2))


def two_arctan(eta: Floats) -> Floats:
    """2 arctan eta."""
    return np.asarray(2 * np.arctan(eta))


def two_arctan_slope(eta: Floats) -> Floats:
    """The slope of that."""
    return np.asarray(2 / (1 + eta**2))


def no_log(eta: Floats) -> Floats:
    """Of a parameter that may be below zero, or above one."""
    return np.full_like(eta, np.nan)
