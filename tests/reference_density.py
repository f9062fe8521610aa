"""The log density of a model written out over rows in NumPy, independent of templates, cells and absorbed columns.

Everything works on complex numbers, so that a complex step gives gradients without rounding (Squire and Trapp 1998).
"""

import re
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy import special
from scipy.linalg import block_diag

from stanmlm.base.arrays import Anything, Floats
from stanmlm.data.design import Predictor, dpars_of, predictors
from stanmlm.data.whole_rows import whole
from stanmlm.model.centering import sampled_in
from stanmlm.model.model import Model
from stanmlm.model.spreads import log_slope
from stanmlm.priors.priors import PriorRow

# Kernels of the prior distributions: (x, arguments) -> log density up to a constant.
PRIORS: dict[str, Callable[..., Anything]] = {
    "flat": lambda x: 0.0,
    "normal": lambda x, location, scale: -0.5 * ((x - location) / scale) ** 2,
    "student_t": lambda x, df, location, scale: -(df + 1) / 2 * np.log(1 + ((x - location) / scale) ** 2 / df),
    "cauchy": lambda x, location, scale: -np.log(1 + ((x - location) / scale) ** 2),
    "exponential": lambda x, rate: -rate * x,
    "gamma": lambda x, shape, rate: (shape - 1) * np.log(x) - rate * x,
    "logistic": lambda x, location, scale: -(x - location) / scale - 2 * np.log1p(np.exp(-(x - location) / scale)),
    "uniform": lambda x, lower, upper: 0.0,
    "beta": lambda x, alpha, beta: (alpha - 1) * np.log(x) + (beta - 1) * np.log1p(-x),
    "lognormal": lambda x, location, scale: -np.log(x) - 0.5 * ((np.log(x) - location) / scale) ** 2,
    "inv_gamma": lambda x, shape, scale: -(shape + 1) * np.log(x) - scale / x,
}

# (eta, response, trials, parameters, offset already in eta) -> log likelihood of each row.
LIKELIHOODS: dict[tuple[str, str], Callable[..., Anything]] = {
    ("binomial", "logit"): lambda eta, y, n, _: y * eta - n * np.log1p(np.exp(eta)),
    ("binomial", "probit"): lambda eta, y, n, _: y * special.log_ndtr(eta) + (n - y) * special.log_ndtr(-eta),
    ("binomial", "cloglog"): lambda eta, y, n, _: y * np.log(1 - np.exp(-np.exp(eta))) - (n - y) * np.exp(eta),
    ("poisson", "log"): lambda eta, y, n, _: y * eta - np.exp(eta),
    ("negbinomial", "log"): lambda eta, y, n, values: _negbinomial(eta, y, values["shape"]),
    ("geometric", "log"): lambda eta, y, n, _: y * eta - (y + 1) * np.log1p(np.exp(eta)),
    ("nbinom1", "log"): lambda eta, y, n, v: (
        _ascending(np.exp(eta) / v["phi"], y)
        + y * np.log(v["phi"] / (1 + v["phi"]))
        - np.exp(eta) / v["phi"] * log1p(v["phi"])
    ),
    ("beta_binomial", "logit"): lambda eta, y, n, v: _beta_binomial(
        y, n, 1 / (1 + np.exp(-eta)), 1 / (1 + np.exp(eta)), v["phi"]
    ),
    ("student", "identity"): lambda eta, y, n, values: _student((y - eta) / values["sigma"], **values),
    ("lognormal", "identity"): lambda eta, y, n, v: -np.log(v["sigma"]) - 0.5 * ((np.log(y) - eta) / v["sigma"]) ** 2,
    ("Gamma", "log"): lambda eta, y, n, v: _gamma(y, v["shape"], np.exp(eta)),
    ("exponential", "log"): lambda eta, y, n, _: -eta - y * np.exp(-eta),
    ("inverse_gaussian", "log"): lambda eta, y, n, v: (
        0.5 * np.log(v["shape"]) - 0.5 * v["shape"] * (y - np.exp(eta)) ** 2 / (y * np.exp(2 * eta))
    ),
    ("weibull", "log"): lambda eta, y, n, v: _weibull(
        y, v["shape"], np.exp(eta - special.loggamma(1 + 1 / v["shape"] + 0j))
    ),
    ("skew_normal", "identity"): lambda eta, y, n, v: _skew_normal(y, eta, v["sigma"], v["alpha"]),
    ("exgaussian", "identity"): lambda eta, y, n, v: _exgaussian(y, eta, v["sigma"], v["beta"]),
    ("asym_laplace", "identity"): lambda eta, y, n, v: _asym_laplace(y, eta, v["sigma"], v["quantile"]),
    ("shifted_lognormal", "identity"): lambda eta, y, n, v: _shifted(y, eta, v["sigma"], v["ndt"]),
    ("von_mises", "tan_half"): lambda eta, y, n, v: (
        v["kappa"] * np.cos(y - 2 * np.arctan(eta)) - np.log(special.iv(0, v["kappa"]))
    ),
    ("beta", "logit"): lambda eta, y, n, v: _beta(y, -np.log1p(np.exp(-eta)), -np.log1p(np.exp(eta)), v["phi"]),
    ("beta", "probit"): lambda eta, y, n, v: _beta(y, special.log_ndtr(eta), special.log_ndtr(-eta), v["phi"]),
    ("beta", "cloglog"): lambda eta, y, n, v: _beta(y, np.log(-np.expm1(-np.exp(eta))), -np.exp(eta), v["phi"]),
}


# Natural values of a parameter at a linear predictor.
INVERSES: dict[str, Callable[[Anything], Anything]] = {
    "identity": lambda eta: eta,
    "log": np.exp,
    "inverse": lambda eta: 1 / eta,
    "sqrt": lambda eta: eta**2,
    "1/mu^2": lambda eta: eta**-0.5,
    "logit": lambda eta: 1 / (1 + np.exp(-eta)),
    "probit": lambda eta: np.exp(special.log_ndtr(eta)),
    "probit_approx": lambda eta: 1 / (1 + np.exp(-(0.07056 * eta**3 + 1.5976 * eta))),
    "cauchit": lambda eta: 0.5 + np.arctan(eta) / np.pi,
    "cloglog": lambda eta: 1 - np.exp(-np.exp(eta)),
    "loglog": lambda eta: np.exp(-np.exp(-eta)),
    "softit": lambda eta: np.log(1 + np.exp(eta)) / (1 + np.log(1 + np.exp(eta))),
    "tan_half": lambda eta: 2 * np.arctan(eta),
    "logm1": lambda eta: 1 + np.exp(eta),
    "softplus": lambda eta: np.log(1 + np.exp(eta)),
    "squareplus": lambda eta: (eta + np.sqrt(eta**2 + 4)) / 2,
}
# The linear predictor under a family's usual link.
FORWARD: dict[str, Callable[[Anything], Anything]] = {
    "identity": lambda mu: mu,
    "log": np.log,
    "logit": lambda mu: np.log(mu / (1 - mu)),
    "tan_half": lambda mu: np.tan(mu / 2),
}


def log1p(z: Anything) -> Anything:
    """NumPy's of a complex number has no digits next to 0; a complex step changes the real part by nothing."""
    return np.log1p(np.real(z)) + 1j * np.imag(z) / (1 + np.real(z)) if np.iscomplexobj(z) else np.log1p(z)


def mixed(base: str, link: str, dpar: str, atoms: bool) -> Callable[..., Anything]:
    """Zeros beside those of a base (zi), or in their place; `atoms`: where the base has none."""
    own = LIKELIHOODS[base, link]

    def log_density(eta: Anything, y: Anything, n: Anything, v: Anything) -> Anything:
        p, f = v[dpar], own(eta, np.where((y == 0) & atoms, 0.5, y), n, v)
        if atoms:
            return np.where(y == 0, np.log(p), np.log1p(-p) + f)
        if dpar == "zi":
            return np.where(y == 0, np.log(p + (1 - p) * np.exp(f)), np.log1p(-p) + f)
        return np.where(y == 0, np.log(p), np.log1p(-p) + f - np.log(-np.expm1(own(eta, 0 * y, n, v))))

    return log_density


def _zoib(link: str) -> Callable[..., Anything]:
    def log_density(eta: Anything, y: Anything, n: Anything, v: Anything) -> Anything:
        inside = LIKELIHOODS["beta", link](eta, np.where((y == 0) | (y == 1), 0.5, y), n, v) + np.log1p(-v["zoi"])
        ends = np.log(v["zoi"]) + np.where(y == 1, np.log(v["coi"]), np.log1p(-v["coi"]))
        return np.where((y == 0) | (y == 1), ends, inside)

    return log_density


def _ordbeta(eta: Anything, y: Anything, n: Anything, v: Anything) -> Anything:
    low, high = eta - v["cutzero"], eta - v["cutzero"] - np.exp(v["cutone"])
    inside = LIKELIHOODS["beta", "logit"](eta, np.where((y == 0) | (y == 1), 0.5, y), n, v)
    between = np.log(1 / (1 + np.exp(-low)) - 1 / (1 + np.exp(-high)))
    return np.where(y == 0, -np.log1p(np.exp(low)), np.where(y == 1, -np.log1p(np.exp(-high)), between + inside))


def _skew_normal(y: Anything, mu: Anything, sigma: Anything, alpha: Anything) -> Anything:
    """In Azzalini's location and scale."""
    delta = alpha / np.sqrt(1 + alpha**2)
    omega = sigma / np.sqrt(1 - 2 / np.pi * delta**2)
    z = (y - mu + omega * delta * np.sqrt(2 / np.pi)) / omega
    return -np.log(omega) - z**2 / 2 + special.log_ndtr(alpha * z)


def _exgaussian(y: Anything, mu: Anything, sigma: Anything, beta: Anything) -> Anything:
    """As Stan's manual writes exp_mod_normal, with rate 1 / beta."""
    rate, away = 1 / beta, y - (mu - beta)
    return np.log(rate) + rate / 2 * (rate * sigma**2 - 2 * away) + special.log_ndtr(away / sigma - rate * sigma)


def _asym_laplace(y: Anything, mu: Anything, sigma: Anything, quantile: Anything) -> Anything:
    z = (y - mu) / sigma
    return np.log(quantile * (1 - quantile) / sigma) - z * (quantile - (np.real(z) < 0))


def _shifted(y: Anything, mu: Anything, sigma: Anything, ndt: Anything) -> Anything:
    return -np.log(sigma * (y - ndt)) - 0.5 * ((np.log(y - ndt) - mu) / sigma) ** 2


def _cumulative(
    link: str, eta: Anything, y: Anything, steps: Anything, disc: Anything = 1.0, **_: Anything
) -> Anything:
    """The logarithm of what the distribution function grows by between two thresholds, or beyond the outer ones."""
    away = (steps - eta[:, None]) * np.reshape(disc, (-1, 1))
    rows, infinite = np.arange(len(y)), np.full((len(y), 1), np.inf)
    ends = np.concatenate([-infinite, away, infinite], axis=1)
    low, high = ends[rows, y.astype(int) - 1], ends[rows, y.astype(int)]
    with np.errstate(invalid="ignore"):
        if link == "logit":
            return np.log(1 - np.exp(low - high)) - np.log1p(np.exp(low)) - np.log1p(np.exp(-high))
        if link == "cloglog":
            return np.log(1 - np.exp(np.exp(low) - np.exp(high))) - np.exp(low)
        below = np.pad(INVERSES[link](away), ((0, 0), (1, 1)), constant_values=(0, 1))
        return np.log(np.diff(below, axis=1)[rows, y.astype(int) - 1])


def _in_turn(
    law: str, link: str, eta: Anything, y: Anything, steps: Anything, disc: Anything = 1.0, **v: Anything
) -> Anything:
    """Category by category: to be in one of those that are left, or beyond it; or next to each other."""
    shifts = np.stack([v[f"cs{t}"] for t in range(1, len(steps) + 1)], axis=1) if "cs1" in v else 0.0
    away = (steps - eta[:, None] - shifts) * np.reshape(disc, (-1, 1))
    logs = TAILS.get(link, (lambda x: np.log(INVERSES[link](x)), lambda x: np.log(1 - INVERSES[link](x))))
    if law == "acat":
        odds = np.cumsum(logs[0](-away) - logs[1](-away), axis=1)
        odds = np.concatenate([np.zeros((len(y), 1)), odds], axis=1)
        top = np.max(np.real(odds), axis=1, keepdims=True)
        return (odds - top - np.log(np.exp(odds - top).sum(axis=1, keepdims=True)))[
            np.arange(len(y)), y.astype(int) - 1
        ]
    stop, go = (logs[0](away), logs[1](away)) if law == "sratio" else (logs[1](-away), logs[0](-away))
    k = np.arange(away.shape[1])
    return np.sum(stop * (k == y[:, None] - 1) + go * (k < y[:, None] - 1), axis=1)


# Logarithms of a probability and of one minus it, where these have more digits than the logarithm of an inverse link.
TAILS = {
    "logit": (lambda x: -np.log1p(np.exp(-x)), lambda x: -np.log1p(np.exp(x))),
    "probit": (special.log_ndtr, lambda x: special.log_ndtr(-x)),
    "cloglog": (lambda x: np.log(1 - np.exp(-np.exp(x))), lambda x: -np.exp(x)),
}
OF_CATEGORIES = (*TAILS, "probit_approx", "cauchit", "softit")
LIKELIHOODS |= {
    (law, link): lambda eta, y, n, v, law=law, link=link: _in_turn(law, link, eta, y, **v)
    for law in ("sratio", "cratio", "acat")
    for link in OF_CATEGORIES
}
LIKELIHOODS |= {
    ("cumulative", link): lambda eta, y, n, v, link=link: _cumulative(link, eta, y, **v) for link in OF_CATEGORIES
}


def _gamma(y: Anything, a: Anything, mu: Anything) -> Anything:
    return a * np.log(a / mu) - special.loggamma(a + 0j) + (a - 1) * np.log(y) - a * y / mu


def _weibull(y: Anything, k: Anything, scale: Anything) -> Anything:
    return np.log(k / scale) + (k - 1) * np.log(y / scale) - (y / scale) ** k


def _beta(y: Anything, log_mu: Anything, log1m_mu: Anything, phi: Anything) -> Anything:
    a, b = np.exp(log_mu) * phi, np.exp(log1m_mu) * phi
    logs = log_mu + log1m_mu + 2 * np.log(phi)
    norm = special.loggamma(phi + 0j) - special.loggamma(1 + a + 0j) - special.loggamma(1 + b + 0j) + logs
    return norm + (a - 1) * np.log(y) + (b - 1) * np.log(1 - y)


def _negbinomial(eta: Anything, y: Anything, a: Anything) -> Anything:
    """With gamma(y + a) / (gamma(a) a^y) as the product of 1 + k / a for k below y."""
    k = np.arange(int(y.max()))
    rising = np.sum(np.log1p(k / a) * (k < y[:, None]), axis=1)
    return rising + y * eta - (y + a) * log1p(np.exp(eta - np.log(a)))


def _ascending(a: Anything, y: Anything) -> Anything:
    """The logarithm of the product of a + k for k below y."""
    k = np.arange(int(np.max(y)))
    factors = np.where(k < np.reshape(y, (-1, 1)), np.reshape(a, (-1, 1)) + k, 1.0)
    return np.sum(np.log(factors), axis=1)


def _beta_binomial(y: Anything, n: Anything, mu: Anything, nu: Anything, phi: Anything) -> Anything:
    return _ascending(mu * phi, y) + _ascending(nu * phi, n - y) - _ascending(phi, n)


def _student(z: Anything, sigma: Anything, nu: Anything, **_: Anything) -> Anything:
    """The ratio of gamma functions by its series, 60 steps of the recurrence above (NIST handbook, 5.11.13)."""
    k = np.arange(60) + nu / 2
    a = nu / 2 + 60
    series = -1 / (8 * a) + 1 / (128 * a**2) + 5 / (1024 * a**3) - 21 / (32768 * a**4) - 399 / (262144 * a**5)
    steps = np.sum(np.log1p(-0.5 / (k + 0.5))) + 0.5 * np.log1p(120 / nu)
    return steps + np.log1p(series) - np.log(sigma) - (nu + 1) / 2 * np.log1p(z**2 / nu)


LIKELIHOODS |= {
    ("zero_inflated_poisson", "log"): mixed("poisson", "log", "zi", False),
    ("zero_inflated_negbinomial", "log"): mixed("negbinomial", "log", "zi", False),
    ("zero_inflated_binomial", "logit"): mixed("binomial", "logit", "zi", False),
    ("zero_inflated_binomial", "probit"): mixed("binomial", "probit", "zi", False),
    ("zero_inflated_beta_binomial", "logit"): mixed("beta_binomial", "logit", "zi", False),
    ("hurdle_poisson", "log"): mixed("poisson", "log", "hu", False),
    ("hurdle_negbinomial", "log"): mixed("negbinomial", "log", "hu", False),
    ("hurdle_gamma", "log"): mixed("Gamma", "log", "hu", True),
    ("hurdle_lognormal", "identity"): mixed("lognormal", "identity", "hu", True),
    ("zero_inflated_beta", "logit"): mixed("beta", "logit", "zi", True),
    ("zero_one_inflated_beta", "logit"): _zoib("logit"),
    ("ordbeta", "logit"): _ordbeta,
}


def log_density(model: Model, q: Anything) -> Anything:
    """At unconstrained values in Stan's order, with the Jacobians, up to a constant."""
    values, jacobian = constrained(model, q)
    prior = jacobian + log_priors(model, values)
    if model.centering.marginal:
        return prior + log_marginal(model, values)
    return prior + log_effects(model, values) + log_likelihood(model, values)


def gradient(model: Model, q: Floats) -> Floats:
    steps = 1e-30j * np.eye(len(q))
    return np.array([log_density(model, q + step).imag for step in steps]) / 1e-30


def dimension(model: Model) -> int:
    sizes = [(len(term.levels), len(term.coefs)) for term in model.design.terms]
    drawn = not model.centering.marginal
    effects = sum(drawn * J * K + K * (K - 1) // 2 + K for J, K in sizes)
    return (
        sum(of.X.shape[1] for of in predictors(model.design))
        + effects
        + len(model.scalars)
        + model.family.sums.shape[1]
    )


def constrained(model: Model, q: Anything) -> tuple[dict[str, Anything], Anything]:
    """Parameters by Stan name, and the log Jacobian (Stan reference manual, "Constraint transforms")."""
    design, values, jacobian, place = model.design, {}, 0.0, 0

    def take(count: int) -> Anything:
        nonlocal place
        place += count
        return q[place - count : place]

    of = sampled_in(model.centering, design)
    values["z_fix"] = take(len(of.hat))
    if of.bounds is not None:
        each = [within(*ends, z) for *ends, z in zip(*of.bounds, values["z_fix"], strict=True)]
        values["z_fix"], jacobian = np.array([z for z, _ in each]), sum(lp for _, lp in each)
    values["swept"] = of.hat + of.factor @ values["z_fix"]
    if design.terms:
        values["z_sd"] = take(sum(len(term.coefs) for term in design.terms))
        log_sd, slope = of.log_sds(values["z_sd"]), log_slope(values["z_sd"], of.sd_bend)
        values["sd"], jacobian = np.exp(log_sd), jacobian + log_sd.sum() + slope.sum()
    for one in model.scalars:
        values[one.name], lp = within(one.within.low, one.within.high, take(1)[0])
        jacobian = jacobian + lp
    if of_thresholds := model.family.shared:
        numbers = take(model.family.sums.shape[1])
        if of_thresholds.support == "positive":
            numbers, jacobian = np.exp(numbers), jacobian + numbers.sum()
        values[of_thresholds.number] = numbers[0] if of_thresholds.told and len(numbers) == 1 else numbers
        values["steps"] = model.family.sums @ numbers
    for block in sampled_together(model):
        for k in block:
            K = len(design.terms[k].coefs)
            values[f"L_{k + 1}"], lp = cholesky_factor(take(K * (K - 1) // 2), K)
            jacobian = jacobian + lp
        if not model.centering.marginal:
            J, K = len(design.terms[block[0]].levels), sum(len(design.terms[k].coefs) for k in block)
            values[scores_of(block)] = take(J * K).reshape(K, J).T
    assert place == len(q)
    off = (sweep.S @ effect(model, values, sweep.term)[1][:, 0] for sweep in model.centering.sweeps)
    values["fix"] = values["swept"] - sum(off)
    parts = blocks(model, values["fix"])
    values["alpha_c"] = np.array([part[0] for of, part in parts if of.intercept])
    values["b"] = np.concatenate([part[of.intercept :] for of, part in parts])
    if items := model.family.items:  # whose thresholds have the priors as they are
        values["alpha_c"] = np.concatenate(
            [values["steps"] - np.repeat(values["b"][: len(items.sizes)], items.sizes), values["alpha_c"]]
        )
    elif model.family.shared:
        values["alpha_c"] = np.concatenate([values["steps"] - values["alpha_c"][0], values["alpha_c"][1:]])
    return values, jacobian


def within(low: float, high: float, free: Anything) -> tuple[Anything, Anything]:
    """A number between two ends, and the log Jacobian."""
    if np.isfinite(low) and np.isfinite(high):
        share = 1 / (1 + np.exp(-free))
        return low + (high - low) * share, np.log(high - low) + np.log(share) + np.log(1 - share)
    if np.isfinite(low):
        return low + np.exp(free), free
    return (high - np.exp(free), free) if np.isfinite(high) else (free, 0.0)


def sampled_together(model: Model) -> list[tuple[int, ...]]:
    """The terms of each block, by their positions."""
    return list(model.centering.blocks) or [(k,) for k in range(len(model.design.terms))]


def scores_of(block: tuple[int, ...]) -> str:
    """What Stan calls the sampled effects of a block."""
    return "_".join(["t", *(str(k + 1) for k in block)])


def factors(model: Model, values: dict[str, Anything]) -> list[Anything]:
    """T of each term, T T' the covariance of the user's coefficients."""
    return [tau[:, None] * values[f"L_{k}"] for k, tau in enumerate(taus(model, values), 1)]


def in_basis(model: Model, values: dict[str, Anything], k: int) -> Anything:
    """C, the Cholesky factor of the covariance of the effects that are sampled, of block k."""
    T = block_diag(*(factors(model, values)[term] for term in sampled_together(model)[k]))
    T = np.linalg.solve(sampled_in(model.centering, model.design).bases[k], T)
    S, C = T @ T.T, np.zeros_like(T)
    for p, q in zip(*np.tril_indices(len(S)), strict=True):  # of complex numbers without conjugates
        entry = S[p, q] - C[p, :q] @ C[q, :q]
        C[p, q] = np.sqrt(entry) if p == q else entry / C[q, q]
    return C


def cholesky_factor(y: Anything, K: int) -> tuple[Anything, Anything]:
    L, lp, partial = np.eye(K, dtype=y.dtype), np.sum(np.log(1 - np.tanh(y) ** 2)), iter(np.tanh(y))
    for i in range(1, K):
        left = 1.0
        for j in range(i):
            lp = lp + (0.5 * np.log(left) if j else 0.0)
            L[i, j] = next(partial) * np.sqrt(left)
            left = left - L[i, j] ** 2
        L[i, i] = np.sqrt(left)
    return L, lp


def blocks(model: Model, fix: Anything) -> list[tuple[Predictor, Anything]]:
    """The coefficients of each predictor in turn."""
    every = predictors(whole(model.design))
    return list(zip(every, np.split(fix, np.cumsum([of.X.shape[1] for of in every])[:-1]), strict=True))


def beta_full(model: Model, fix: Anything) -> Anything:
    """Coefficients of the columns as they are, not centred."""
    return np.concatenate(
        [
            np.concatenate([part[:1] - of.X[:, 1:].mean(axis=0) @ part[1:], part[1:]]) if of.intercept else part
            for of, part in blocks(model, fix)
        ]
    )


def taus(model: Model, values: dict[str, Anything]) -> list[Anything]:
    """The sds of each term's coefficients."""
    ends = np.cumsum([len(term.coefs) for term in model.design.terms])
    return np.split(values["sd"], ends[:-1]) if len(ends) else []


def effect(model: Model, values: dict[str, Anything], k: int) -> tuple[Anything, Anything]:
    """(z, the user's deviations) of block k, level by level and effect by effect."""
    t, C, M = values[scores_of(sampled_together(model)[k])], in_basis(model, values, k), mean_in_basis(model, values, k)
    w, c = model.centering.weights[k], model.centering.units[k]
    for sweep in model.centering.sweeps:
        if sweep.term == k:
            z = t / scale_at(w, c, C[0, 0])
            return z, sweep.Q @ z * C[0, 0]
    z = np.zeros_like(t)
    for j, p in np.ndindex(*t.shape):
        m = M[j, p] + sum(C[p, q] * z[j, q] for q in range(p))
        v = C[p, p]
        z[j, p] = t[j, p] / scale_at(w[j, p], c[p], v) - share_at(w[j, p], c[p], v) * m / v
    return z, z @ C.T @ sampled_in(model.centering, model.design).bases[k].T


def mean(model: Model, values: dict[str, Anything], k: int) -> Anything:
    """M - M_0 of term k's coefficients: fixed columns, and the whole effect of the coarser term that it lies around.

    Swept coefficients stand in for the user's: this is what sampled effects lie about, and nothing else.
    """
    hat = sampled_in(model.centering, model.design).hat
    M = (model.centering.A[k] @ (beta_full(model, values["swept"]) - beta_full(model, hat))).T
    nesting = model.centering.nested[k]
    if nesting is None:
        return M
    above = mean(model, values, nesting.coarser) + effect(model, values, nesting.coarser)[1]
    return M + above[nesting.parent] @ nesting.carries


def mean_in_basis(model: Model, values: dict[str, Anything], k: int) -> Anything:
    return np.linalg.solve(sampled_in(model.centering, model.design).bases[k], mean(model, values, k).T).T


def share_at(w: Anything, c: Anything, v: Anything) -> Anything:
    """The share of information on an effect at sd v where it is w at sd c."""
    return w * v**2 / ((1 - w) * c**2 + w * v**2)


def scale_at(w: Anything, c: Anything, v: Anything) -> Anything:
    """The sd of t in the population: proportional to sqrt(1 + I v^2 / 2) with I = w / (c^2 (1 - w)), 1 at c."""
    return np.sqrt((2 * (1 - w) + w * (v / c) ** 2) / (2 - w))


def log_effects(model: Model, values: dict[str, Anything]) -> Anything:
    total = 0.0
    for k, _ in enumerate(sampled_together(model)):
        z, _ = effect(model, values, k)
        v, c = np.diag(in_basis(model, values, k)), model.centering.units[k]
        total = total - 0.5 * np.sum(z**2) - np.sum(np.log(scale_at(model.centering.weights[k], c, v)))
    return total


def predictors_of(model: Model, values: dict[str, Anything]) -> dict[str, Anything]:
    """The linear predictors of all rows, by parameter."""
    design = whole(model.design)
    etas = {of.dpar: of.offset + of.X @ beta for of, beta in blocks(model, beta_full(model, values["fix"]))}
    for k, block in enumerate(sampled_together(model)):
        terms = [design.terms[term] for term in block]
        Z = np.concatenate([term.Z for term in terms], axis=1)
        added = Z * effect(model, values, k)[1][terms[0].index]
        for column, dpar in zip(added.T, [dpar for term in terms for dpar in dpars_of(term)], strict=True):
            etas[dpar] = etas[dpar] + column
    return etas


def log_likelihood(model: Model, values: dict[str, Anything]) -> Anything:
    if model.prior_only:
        return 0.0
    etas, response = predictors_of(model, values), model.response
    if model.family.name in NOMINAL:
        logs = log_shares(model.family.categories, etas)
        values = values | {dpar: INVERSES[model.family.links[dpar].name](etas[dpar]) for dpar in etas if dpar == "phi"}
        rows = NOMINAL[model.family.name](logs, response.y, values)
        return np.sum(response.weights * rows)
    eta = etas.pop("mu")
    links = {one.name: one.link.name for one in model.family.parameters}
    values = values | {dpar: INVERSES[links[dpar]](others) for dpar, others in etas.items()}
    usual = model.family.location.links[0]
    known = links["mu"] if (model.family.name, links["mu"]) in LIKELIHOODS else usual
    if known != links["mu"]:
        eta = FORWARD[usual](INVERSES[links["mu"]](eta))
    if model.family.name == "gaussian":
        sigma = values["sigma"]
        return np.sum(-np.log(sigma) - 0.5 * response.weights * ((response.y - eta) / sigma) ** 2)
    law = LIKELIHOODS[model.family.name, known]
    if model.family.items:
        return item_by_item(model, law, eta, values)
    return np.sum(response.weights * law(eta, response.y, response.trials, values))


def item_by_item(model: Model, law: Callable[..., Anything], eta: Anything, values: dict[str, Anything]) -> Anything:
    """Of rows with the thresholds of their item: each item is a response of its own."""
    response, ends = model.response, np.cumsum([0, *model.family.items.sizes])
    by_row = {name: v for name, v in values.items() if np.shape(v) == np.shape(eta)}
    total = 0.0
    for k, (start, stop) in enumerate(pairwise(ends)):
        at = response.item == k
        own = values | {name: v[at] for name, v in by_row.items()} | {"steps": values["steps"][start:stop]}
        total = total + np.sum(response.weights[at] * law(eta[at], response.y[at], response.trials[at], own))
    return total


def log_shares(categories: tuple[str, ...], etas: dict[str, Anything]) -> Anything:
    """Of categories, (N, K), of which the one without a predictor has odds of one."""
    names = ["mu" + re.sub("[^a-zA-Z0-9]", "", category) for category in categories]
    zero = 0 * next(iter(etas.values()))
    odds = np.stack([etas.get(name, zero) for name in names], axis=1)
    return odds - np.log(np.sum(np.exp(odds), axis=1, keepdims=True))


# (log shares (N, K), response, parameters) -> log likelihood of each row.
NOMINAL: dict[str, Callable[..., Anything]] = {
    "categorical": lambda logs, y, _: logs[np.arange(len(y)), y.astype(int) - 1],
    "multinomial": lambda logs, y, _: np.sum(y * logs, axis=1),
    "dirichlet": lambda logs, y, values: _dirichlet(np.exp(logs), y, values["phi"]),
}


def _dirichlet(shares: Anything, y: Anything, phi: Anything) -> Anything:
    a = shares * np.reshape(phi, (-1, 1))
    each = (a - 1) * np.log(y) - special.loggamma(a + 0j)
    return special.loggamma(phi + 0j) + np.sum(each, axis=1)


def log_marginal(model: Model, values: dict[str, Anything]) -> Anything:
    """Normal rows with group effects integrated out, a group at a time with the covariance of all of its rows."""
    design, response = model.design, model.response
    e = response.y - design.offset - design.X @ beta_full(model, values["fix"])
    total = 0.0
    for level in range(len(design.terms[0].levels)):
        at = design.terms[0].index == level
        V = np.diag(values["sigma"] ** 2 / response.weights[at])
        for term, T in zip(design.terms, factors(model, values), strict=True):
            G = term.Z[at] @ T
            V = V + G @ G.T
        size = np.sqrt(np.real(V[0, 0]))  # of numbers whose product would overflow
        V, scaled = V / size**2, e[at] / size
        total = (
            total - 0.5 * np.log(np.linalg.det(V)) - 0.5 * scaled @ np.linalg.inv(V) @ scaled - len(V) * np.log(size)
        )
    return total


def log_priors(model: Model, values: dict[str, Anything]) -> Anything:
    total = 0.0
    for row in model.priors.rows:
        total = total + _PRIOR_OF.get(row.class_, _auxiliary)(model, values, row)
    return total


def _b(model: Model, values: dict[str, Anything], row: PriorRow) -> Anything:
    return PRIORS[row.distribution](values["b"][row.position], *row.arguments)


def _intercept(model: Model, values: dict[str, Anything], row: PriorRow) -> Anything:
    return PRIORS[row.distribution](values["alpha_c"][row.position], *row.arguments)


def _auxiliary(model: Model, values: dict[str, Anything], row: PriorRow) -> Anything:
    value = values[row.class_]
    return PRIORS[row.distribution](value[row.position] if np.ndim(value) else value, *row.arguments)


def _sd(model: Model, values: dict[str, Anything], row: PriorRow) -> Anything:
    scale = values["sigma"] if row.ratio else 1.0
    if row.distribution != "decov":
        x = values["sd"][row.position] / scale
        return PRIORS[row.distribution](x, *row.arguments) - (np.log(scale) if row.distribution != "flat" else 0.0)
    _, concentration, shape, size = row.arguments
    sd = values["sd"][row.position :][: len(model.design.terms[row.term].coefs)] / scale
    P, tau = len(sd), np.sqrt(np.mean(sd**2))
    pi = sd**2 / (P * tau**2)
    dirichlet = (concentration - 1) * np.sum(np.log(pi))
    jacobian = np.sum(np.log(2 * sd)) - (P - 1) * np.log(P * tau**2) - np.log(2 * P * tau)
    return PRIORS["gamma"](tau, shape, 1 / size) + dirichlet + jacobian - P * np.log(scale)


def _cor(model: Model, values: dict[str, Anything], row: PriorRow) -> Anything:
    L = values[f"L_{row.term + 1}"]
    K = len(L)
    eta = row.arguments[0] if row.distribution == "lkj" else 1.0
    return sum((K - k - 1 + 2 * eta - 2) * np.log(L[k, k]) for k in range(1, K))


_PRIOR_OF = {"b": _b, "Intercept": _intercept, "sd": _sd, "cor": _cor}
