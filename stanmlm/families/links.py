"""Link functions: from the linear predictor to the mean, and back."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats


@dataclass(frozen=True)
class Link:
    """One link; `inverse(eta)` is the mean, `forward(mu)` the linear predictor, both elementwise."""

    name: str
    forward: Callable[[Floats], Floats]
    inverse: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]  # d mu / d eta, at eta
    default_scale: float  # rstanarm's factor on the scale of default priors (1.6 for probit)
    written: Callable[[str], str]  # LaTeX of the mean, from that of eta


def _same(values: Floats) -> Floats:
    return values


def _ones(eta: Floats) -> Floats:
    return np.ones_like(eta)


def _log(mu: Floats) -> Floats:
    return np.asarray(np.log(mu))


def _exp(eta: Floats) -> Floats:
    return np.asarray(np.exp(eta))


def _logit(mu: Floats) -> Floats:
    return np.asarray(special.logit(mu))


def _logistic(eta: Floats) -> Floats:
    return np.asarray(special.expit(eta))


def _logistic_density(eta: Floats) -> Floats:
    return np.asarray(special.expit(eta) * special.expit(-eta))


def _probit(mu: Floats) -> Floats:
    return np.asarray(special.ndtri(mu))


def _normal(eta: Floats) -> Floats:
    return np.asarray(special.ndtr(eta))


def _normal_density(eta: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * eta**2) / np.sqrt(2 * np.pi))


def _cloglog(mu: Floats) -> Floats:
    return np.asarray(np.log(-np.log1p(-mu)))


def _cloglog_inverse(eta: Floats) -> Floats:
    return np.asarray(-np.expm1(-np.exp(eta)))


def _cloglog_slope(eta: Floats) -> Floats:
    return np.asarray(np.exp(eta - np.exp(eta)))


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


# dnorm(0) / dlogis(0): rstanarm, R/stan_glm.fit.R, "the scale for probit is multiplied by".
PROBIT_SCALE = float(1 / np.sqrt(2 * np.pi) / 0.25)

# Functions of this module by name, so that a link crosses processes; NumPy's own are found wherever Python looks first.
LINKS: dict[str, Link] = {
    link.name: link
    for link in (
        Link("identity", _same, _same, _ones, 1.0, _write_same),
        Link("log", _log, _exp, _exp, 1.0, _write_exp),
        Link("logit", _logit, _logistic, _logistic_density, 1.0, _write_logistic),
        Link("probit", _probit, _normal, _normal_density, PROBIT_SCALE, _write_normal),
        Link("cloglog", _cloglog, _cloglog_inverse, _cloglog_slope, 1.0, _write_cloglog_inverse),
    )
}
