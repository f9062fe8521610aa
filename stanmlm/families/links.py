"""Link functions: from the linear predictor to the mean, and back."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.families import link_functions as of
from stanmlm.families import powers as by


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
    Link("identity", of.same, of.same, of.ones, of.log, of.log1m, _write_same, REAL),
    Link("log", of.log, of.exp, of.exp, of.same, of.log1m_exp, _write_exp, POSITIVE),
    Link(
        *(
            "inverse",
            by.reciprocal,
            by.reciprocal,
            by.reciprocal_slope,
            by.log_reciprocal,
            by.log1m_reciprocal,
        ),
        *(_write_reciprocal, REAL),
    ),
    # A predictor below zero squares too: the sign of all of it together is then nobody's to tell.
    Link(
        "sqrt",
        by.root,
        by.square,
        by.square_slope,
        by.log_square,
        by.log1m_square,
        _write_square,
        POSITIVE,
    ),
    # No parameter at all has a predictor below zero.
    Link(
        *(
            "1/mu^2",
            by.inverse_square,
            by.inverse_root,
            by.inverse_root_slope,
            by.log_inverse_root,
            by.log1m_inverse_root,
        ),
        *(_write_inverse_root, REAL),
        file="inverse_square",
    ),
    Link(
        *(
            "logit",
            of.logit,
            of.logistic,
            of.logistic_density,
            of.log_logistic,
            of.log1m_logistic,
            _write_logistic,
            UNIT,
        ),
        latent=_LOGISTIC,
    ),
    Link(
        *("probit", of.probit, of.normal, of.standard_density, of.log_normal, of.log1m_normal, _write_normal, UNIT),
        *(PROBIT_SCALE, _NORMAL),
    ),
    Link(
        *("probit_approx", of.probit_approx, of.normal_approx, of.normal_approx_slope, of.log_normal_approx),
        *(of.log1m_normal_approx, _write_normal, UNIT, PROBIT_SCALE, _NORMAL),
    ),
    Link("cauchit", of.cauchit, of.cauchy, of.cauchy_density, of.log_cauchy, of.log1m_cauchy, _write_cauchy, UNIT),
    Link(
        *("cloglog", of.cloglog, of.cloglog_inverse, of.cloglog_slope, of.log_cloglog, of.log1m_cloglog),
        *(_write_cloglog_inverse, UNIT),
        latent=_GUMBEL,
    ),
    Link(
        *(
            "loglog",
            of.loglog,
            of.loglog_inverse,
            of.loglog_slope,
            of.log_loglog,
            of.log1m_loglog,
            _write_loglog_inverse,
            UNIT,
        ),
        latent=_GUMBEL,
    ),
    Link("softit", of.softit, of.softit_inverse, of.softit_slope, of.log_softit, of.log1m_softit, _write_softit, UNIT),
    Link(
        *("tan_half", of.tan_half, of.two_arctan, of.two_arctan_slope, of.no_log, of.no_log, _write_two_arctan),
        (-float(np.pi), float(np.pi)),
    ),
    Link("logm1", of.log_less_one, of.one_and_exp, of.exp, of.softplus, of.no_log, _write_one_and_exp, (1.0, np.inf)),
    Link(
        *("softplus", of.softplus_forward, of.softplus, of.logistic, of.log_softplus, of.log1m_softplus),
        *(_write_softplus, POSITIVE),
    ),
    Link(
        *(
            "squareplus",
            by.squareplus_forward,
            by.squareplus,
            by.squareplus_slope,
            by.log_squareplus,
            by.log1m_squareplus,
        ),
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
OF_CATEGORIES = ("logit", "probit", "probit_approx", "cloglog", "cauchit", "softit")
OF_STEPS = OF_CATEGORIES[:-1]
OF_COUNTS = ("log", "identity", "sqrt", "softplus", "squareplus")
OF_TIMES = ("log", "identity", "inverse", "softplus", "squareplus")
OF_CHANCES = ("logit", "identity")
OF_SCALES = ("log", "identity", "softplus", "squareplus")
