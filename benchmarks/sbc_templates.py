"""Models whose calibration is checked: one for every shape of program, with priors that need no data.

Parameters are drawn and responses simulated here, in NumPy, from the formulas of DESIGN.md; nothing of the package
takes part before the fit.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special, stats

import stanmlm as sm

LEVELS, NEW = 8, 4  # groups of a factor, and rows that are predicted in fitted groups and in a new one
LKJ = 2.0
COUNTS = 0.4  # the scale of the priors of counts


@dataclass(frozen=True)
class Term:
    """A group term: its factor, its columns, and whether they correlate."""

    group: str
    columns: tuple[str, ...]
    within: str = ""  # nested: the factor whose levels this one splits
    decov: bool = False  # decov(1) on its sds, else exponential(1) on each


@dataclass(frozen=True)
class Template:
    """A formula as a user writes it, and what it says, spelled out for the simulator."""

    name: str
    formula: str
    family: str
    link: str
    fixed: tuple[str, ...] = ("1", "x")
    terms: tuple[Term, ...] = ()
    offset: bool = False
    weights: bool = False
    trials: int = 1
    rows: int = 80
    ratio: bool = False  # sds are priors on sd / sigma, rstanarm's
    spread: float = 1.0  # the scale of all priors: counts of exp(20) are no use
    options: dict[str, object] = field(default_factory=dict)
    sizes: tuple[str, ...] = ()  # columns of the predictor of log sigma

    @property
    def gaussian(self) -> bool:
        return self.family == "gaussian"

    @property
    def scalars(self) -> tuple[str, ...]:
        """The parameters of the family beside the mean that are one number."""
        return tuple(name for name in SCALARS[self.family] if name != "sigma" or not self.sizes)


@dataclass(frozen=True)
class Truth:
    """Parameters of one replication."""

    b: np.ndarray  # (F,) uncentred, the intercept first where there is one
    effects: tuple[np.ndarray, ...]  # a term each: (levels + 1, K); the last is a level that no row has
    sds: tuple[np.ndarray, ...]  # a term each: (K,)
    correlations: tuple[np.ndarray, ...]  # a term each: (K, K)
    scalars: dict[str, float]
    sizes: np.ndarray  # coefficients of log sigma, uncentred


# What families have beside the mean, each with its prior.
SCALARS = {"gaussian": ("sigma",), "student": ("sigma", "nu"), "negbinomial": ("shape",), "binomial": (), "poisson": ()}
PRIORS = {"sigma": "exponential(1)", "nu": "gamma(4, 0.5)", "shape": "gamma(4, 2)"}
DF = stats.gamma(4, scale=2)
DRAWN = {
    "sigma": lambda rng: rng.exponential(),
    "nu": lambda rng: DF.ppf(rng.uniform(DF.cdf(1), 1)),  # it is above 1
    "shape": lambda rng: rng.gamma(4.0) / 2,
}
SIZES = 0.5  # the scale of the priors of the coefficients of log sigma


ONE, SLOPE, OTHER = Term("g", ("1",)), Term("g", ("1", "x")), Term("h", ("1",))
DECOV = Term("g", ("1", "x"), decov=True)
HARD = {"centering": "noncentered"}

TEMPLATES = {
    each.name: each
    for each in (
        Template("gaussian none", "y ~ x", "gaussian", "identity"),
        Template("gaussian intercepts", "y ~ x + (1 | g)", "gaussian", "identity", terms=(ONE,)),
        Template("gaussian weights", "y ~ x + (1 | g)", "gaussian", "identity", terms=(ONE,), weights=True),
        Template("gaussian singletons", "y ~ 1 + (1 | g)", "gaussian", "identity", fixed=("1",), terms=(ONE,), rows=12),
        Template("gaussian slopes", "y ~ u*x + (1 + x | g)", "gaussian", "identity", ("1", "u", "x", "u:x"), (SLOPE,)),
        Template("gaussian decov", "y ~ x + (1 + x | g)", "gaussian", "identity", terms=(DECOV,), ratio=True),
        Template(
            "gaussian independent",
            "y ~ x + (1 + x || g)",
            "gaussian",
            "identity",
            terms=(ONE, Term("g", ("x",))),
        ),
        Template("gaussian noncentered", "y ~ x + (1 + x | g)", "gaussian", "identity", terms=(SLOPE,), options=HARD),
        Template("gaussian crossed", "y ~ x + (1 | g) + (1 | h)", "gaussian", "identity", terms=(ONE, OTHER)),
        Template(
            "gaussian crossed slopes",
            "y ~ x + (1 + x | g) + (1 | h)",
            "gaussian",
            "identity",
            terms=(SLOPE, OTHER),
        ),
        Template(
            "gaussian nested",
            "y ~ x + (1 | g/h)",
            "gaussian",
            "identity",
            terms=(Term("h:g", ("1",), within="g"), ONE),
            rows=120,
        ),
        Template("logit none", "y ~ x", "binomial", "logit"),
        Template("logit intercepts", "y ~ u + x + (1 | g)", "binomial", "logit", ("1", "u", "x"), (ONE,)),
        Template(
            "logit slopes",
            "cbind(y, n - y) ~ u*x + (1 + x | g)",
            "binomial",
            "logit",
            ("1", "u", "x", "u:x"),
            (SLOPE,),
            trials=4,
        ),
        Template("logit crossed", "y ~ x + (1 | g) + (1 | h)", "binomial", "logit", terms=(ONE, OTHER)),
        Template("logit observations", "y ~ x + (1 | g)", "binomial", "logit", terms=(ONE,), rows=40),
        Template("probit offset", "y ~ x + offset(z) + (1 | g)", "binomial", "probit", terms=(ONE,), offset=True),
        Template(
            "cloglog two terms",
            "y ~ x + (1 | g) + (0 + x | h)",
            "binomial",
            "cloglog",
            terms=(ONE, Term("h", ("x",))),
        ),
        Template(
            "poisson offset", "y ~ x + offset(z) + (1 | g)", "poisson", "log", terms=(ONE,), offset=True, spread=COUNTS
        ),
        Template("poisson slopes", "y ~ x + (1 + x | g)", "poisson", "log", terms=(SLOPE,), spread=COUNTS),
        Template(
            "poisson no intercept",
            "y ~ 0 + x + (1 | g) + (1 | h)",
            "poisson",
            "log",
            spread=COUNTS,
            fixed=("x",),
            terms=(ONE, OTHER),
        ),
        Template(
            "poisson nested",
            "y ~ x + (1 | g/h)",
            "poisson",
            "log",
            spread=COUNTS,
            terms=(Term("h:g", ("1",), within="g"), ONE),
            rows=120,
        ),
        Template(
            "poisson far from zero",
            "y ~ d + (1 + d || g)",
            "poisson",
            "log",
            ("1", "d"),
            terms=(ONE, Term("g", ("d",))),
            spread=0.2,
        ),
        Template("negbinomial", "y ~ x + (1 | g)", "negbinomial", "log", terms=(ONE,), spread=COUNTS),
        Template("student", "y ~ x + (1 | g)", "student", "identity", terms=(ONE,)),
        Template("student crossed", "y ~ x + (1 | g) + (1 | h)", "student", "identity", terms=(ONE, OTHER)),
        Template("gaussian sigma", "y ~ x + (1 | g)", "gaussian", "identity", terms=(ONE,), sizes=("1", "x")),
    )
}
SINGLE = {"gaussian singletons", "logit observations"}  # a group each row


def frame_of(of: Template) -> pd.DataFrame:
    """The covariates of a template, the same in every replication."""
    rng = np.random.default_rng(zlib.crc32(of.name.encode()))
    N = of.rows
    g = np.arange(N) if of.name in SINGLE else np.sort(rng.integers(0, LEVELS, N))
    g[:LEVELS] = np.arange(LEVELS)
    h = rng.integers(0, 3 if any(term.within for term in of.terms) else 5, N)
    h[: h.max() + 1] = np.arange(h.max() + 1)
    u = rng.normal(size=g.max() + 1)
    return pd.DataFrame(
        {
            "g": [f"g{j:02d}" for j in g],
            "h": [f"h{j}" for j in h],
            "x": rng.normal(size=N),
            "u": u[g],
            "d": rng.normal(4, 1, N),
            "z": rng.normal(0, 0.4, N) if of.offset else 0.0,
            "w": rng.choice([0.5, 1.0, 4.0], N) if of.weights else 1.0,
            "n": of.trials,
        }
    )


def new_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows to predict: the first ones again, and as many of a level that was not fitted."""
    old = frame.iloc[:NEW]
    return pd.concat([old, old.assign(g="new", h="new")], ignore_index=True).assign(w=1.0)


def column(name: str, frame: pd.DataFrame) -> np.ndarray:
    """A column of a design by its name: "1", a variable, or a product of two."""
    out = np.ones(len(frame))
    for part in name.split(":"):
        out = out * (1.0 if part == "1" else frame[part].to_numpy(float))
    return out


def labels(term: Term, frame: pd.DataFrame) -> pd.Series:
    """Levels of a term's rows, as lme4 names them."""
    if term.within:
        return frame["h"] + ":" + frame["g"]
    return frame[term.group]


def levels_of(term: Term, frame: pd.DataFrame) -> list[str]:
    return sorted(set(labels(term, frame)))


def priors_of(of: Template) -> dict[str, object]:
    """The arguments that state the priors `draw_truth` draws from."""
    rows = [sm.set_prior(f"normal(0, {of.spread})", class_="b")] if set(of.fixed) - {"1"} else []
    rows += [sm.set_prior(f"normal(0, {of.spread})", class_="Intercept")] if "1" in of.fixed else []
    rows += [sm.set_prior(PRIORS[name], class_=name) for name in of.scalars]
    rows += [sm.set_prior(f"normal(0, {SIZES})", class_=each, dpar="sigma") for each in ("b", "Intercept") if of.sizes]
    if of.ratio:
        return {"priors": rows, "prior_covariance": sm.decov(LKJ, 1, 1, 1)}
    rows += [sm.set_prior(f"exponential({1 / of.spread})", class_="sd")] if of.terms else []
    rows += [sm.set_prior(f"lkj({LKJ})", class_="cor")] if any(len(term.columns) > 1 for term in of.terms) else []
    return {"priors": rows}


def draw_truth(of: Template, frame: pd.DataFrame, rng: np.random.Generator) -> Truth:
    """Parameters from the priors; the intercept's is at centred predictors."""
    b = _coefficients(of.fixed, of.spread, frame, rng)
    scalars = {name: float(DRAWN[name](rng)) for name in of.scalars}
    sds, correlations, effects = [], [], []
    for term in of.terms:
        K, J = len(term.columns), len(levels_of(term, frame))
        sd = _sds(term, K, rng) * (scalars["sigma"] if of.ratio else of.spread)
        correlation = np.eye(K)
        if K > 1:  # of two coefficients, LKJ is a beta distribution on (-1, 1)
            correlation[0, 1] = correlation[1, 0] = 2 * rng.beta(LKJ, LKJ) - 1
        factor = sd[:, None] * np.linalg.cholesky(correlation)
        sds.append(sd)
        correlations.append(correlation)
        effects.append(rng.normal(size=(J + 1, K)) @ factor.T)
    sizes = _coefficients(of.sizes, SIZES, frame, rng)
    return Truth(b, tuple(effects), tuple(sds), tuple(correlations), scalars, sizes)


def _coefficients(columns: tuple[str, ...], spread: float, frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    b = spread * rng.normal(size=len(columns))
    if "1" in columns:
        b[0] -= np.array([column(name, frame).mean() for name in columns[1:]]) @ b[1:]
    return b


def _sds(term: Term, K: int, rng: np.random.Generator) -> np.ndarray:
    if not term.decov:
        return rng.exponential(size=K)
    return rng.gamma(1.0, 1.0) * np.sqrt(K * rng.dirichlet(np.ones(K)))


def linear_predictor(of: Template, truth: Truth, fitted: pd.DataFrame, frame: pd.DataFrame) -> np.ndarray:
    """Eta of the rows of `frame`; a level that `fitted` lacks has the last effect."""
    eta = frame["z"].to_numpy() + sum(
        column(name, frame) * value for name, value in zip(of.fixed, truth.b, strict=True)
    )
    for term, effects in zip(of.terms, truth.effects, strict=True):
        place = {level: j for j, level in enumerate(levels_of(term, fitted))}
        at = np.array([place.get(level, len(place)) for level in labels(term, frame)])
        eta = eta + sum(column(name, frame) * effects[at, k] for k, name in enumerate(term.columns))
    return eta


INVERSE = {
    "identity": lambda eta: eta,
    "logit": special.expit,
    "probit": special.ndtr,
    "cloglog": lambda eta: -np.expm1(-np.exp(eta)),
    "log": np.exp,
}


def _law(of: Template, truth: Truth, eta: np.ndarray, frame: pd.DataFrame):
    mean = INVERSE[of.link](eta)
    return LAWS[of.family](mean, of, truth, frame)


def _sigma(of: Template, truth: Truth, frame: pd.DataFrame) -> np.ndarray | float:
    if not of.sizes:
        return truth.scalars["sigma"]
    return np.exp(sum(column(name, frame) * value for name, value in zip(of.sizes, truth.sizes, strict=True)))


LAWS = {
    "gaussian": lambda mean, of, truth, frame: stats.norm(
        mean, _sigma(of, truth, frame) / np.sqrt(frame["w"].to_numpy())
    ),
    "student": lambda mean, of, truth, _: stats.t(truth.scalars["nu"], mean, truth.scalars["sigma"]),
    "poisson": lambda mean, of, truth, _: stats.poisson(mean),
    "binomial": lambda mean, of, truth, _: stats.binom(of.trials, mean),
    "negbinomial": lambda mean, of, truth, _: stats.nbinom(
        truth.scalars["shape"], truth.scalars["shape"] / (truth.scalars["shape"] + mean)
    ),
}
CONTINUOUS = ("gaussian", "student")


def respond(of: Template, truth: Truth, eta: np.ndarray, frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Responses of some rows."""
    return np.asarray(_law(of, truth, eta, frame).rvs(random_state=rng), dtype=float)


def log_likelihood(of: Template, truth: Truth, eta: np.ndarray, frame: pd.DataFrame, y: np.ndarray) -> float:
    """The log density of all rows, with its constants."""
    law = _law(of, truth, eta, frame)
    return float(np.sum(law.logpdf(y) if of.family in CONTINUOUS else law.logpmf(y)))
