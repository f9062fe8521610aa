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
    default_scale: float  # rstanarm's factor on the scale of default priors (1.6 for probit)
    written: Callable[[str], str]  # LaTeX of the parameter, from that of eta
    # What a probability with this link is the chance of: that a variable of this name and variance is over 0.
    latent: tuple[str, float] | None = None


def _same(values: Floats) -> Floats:
    return values


def _ones(eta: Floats) -> Floats:
    return np.ones_like(eta)


def _log(mu: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(mu))


def _log1m(mu: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log1p(-mu))


def _exp(eta: Floats) -> Floats:
    return np.asarray(np.exp(eta))


def _log1m_exp(eta: Floats) -> Floats:
    with np.errstate(divide="ignore"):
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


def _log_one_and_exp(eta: Floats) -> Floats:
    return np.asarray(np.logaddexp(0.0, eta))


def _not_a_share(eta: Floats) -> Floats:
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


def _write_one_and_exp(eta: str) -> str:
    return rf"1 + \exp({eta})"


# dnorm(0) / dlogis(0): rstanarm, R/stan_glm.fit.R, "the scale for probit is multiplied by".
PROBIT_SCALE = float(1 / np.sqrt(2 * np.pi) / 0.25)

# Functions of this module by name, so that a link crosses processes; NumPy's own are found wherever Python looks first.
LINKS: dict[str, Link] = {
    link.name: link
    for link in (
        Link("identity", _same, _same, _ones, _log, _log1m, 1.0, _write_same),
        Link("log", _log, _exp, _exp, _same, _log1m_exp, 1.0, _write_exp),
        Link(
            "logit",
            _logit,
            _logistic,
            _logistic_density,
            _log_logistic,
            _log1m_logistic,
            1.0,
            _write_logistic,
            ("pi^2/3, of the latent logistic", float(np.pi**2 / 3)),
        ),
        Link(
            "probit",
            _probit,
            _normal,
            _normal_density,
            _log_normal,
            _log1m_normal,
            PROBIT_SCALE,
            _write_normal,
            ("1, of the latent normal", 1.0),
        ),
        Link(
            "cloglog",
            _cloglog,
            _cloglog_inverse,
            _cloglog_slope,
            _log_cloglog,
            _log1m_cloglog,
            1.0,
            _write_cloglog_inverse,
            ("pi^2/6, of the latent Gumbel", float(np.pi**2 / 6)),
        ),
        Link("logm1", _log_less_one, _one_and_exp, _exp, _log_one_and_exp, _not_a_share, 1.0, _write_one_and_exp),
    )
}
