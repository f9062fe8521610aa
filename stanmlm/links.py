"""Link functions: from the linear predictor to the mean, and back."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from stanmlm.arrays import Floats


@dataclass(frozen=True)
class Link:
    """One link; `inverse(eta)` is the mean, `forward(mu)` the linear predictor, both elementwise."""

    name: str
    forward: Callable[[Floats], Floats]
    inverse: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]  # d mu / d eta, at eta
    default_scale: float  # rstanarm's factor on the scale of default priors (1.6 for probit)
    written: Callable[[str], str]  # LaTeX of the mean, from that of eta


def _cloglog_inverse(eta: Floats) -> Floats:
    return -np.expm1(-np.exp(eta))


def _normal_density(eta: Floats) -> Floats:
    density: Floats = np.exp(-0.5 * eta**2) / np.sqrt(2 * np.pi)
    return density


def _logistic_density(eta: Floats) -> Floats:
    density: Floats = special.expit(eta) * special.expit(-eta)
    return density


# dnorm(0) / dlogis(0): rstanarm, R/stan_glm.fit.R, "the scale for probit is multiplied by".
PROBIT_SCALE = float(1 / np.sqrt(2 * np.pi) / 0.25)

LINKS: dict[str, Link] = {
    link.name: link
    for link in (
        Link("identity", lambda mu: mu, lambda eta: eta, np.ones_like, 1.0, lambda eta: eta),
        Link("log", np.log, np.exp, np.exp, 1.0, lambda eta: rf"\exp({eta})"),
        Link(
            "logit", special.logit, special.expit, _logistic_density, 1.0, lambda eta: rf"\text{{logit}}^{{-1}}({eta})"
        ),
        Link("probit", special.ndtri, special.ndtr, _normal_density, PROBIT_SCALE, lambda eta: rf"\Phi({eta})"),
        Link(
            "cloglog",
            lambda mu: np.log(-np.log1p(-mu)),
            _cloglog_inverse,
            lambda eta: np.exp(eta - np.exp(eta)),
            1.0,
            lambda eta: rf"1 - \exp(-\exp({eta}))",
        ),
    )
}
