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
from stanmlm import families

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
    sizes: tuple[str, ...] = ()  # columns of the predictor of another parameter on its link's scale
    sized: str = "sigma"  # which that is
    level: float = 0.0  # about where its intercept is
    n: int = 300  # replications

    numeric = True  # means and sds of responses are checked

    @property
    def gaussian(self) -> bool:
        return self.family == "gaussian"

    @property
    def scalars(self) -> tuple[str, ...]:
        """The parameters of the family beside the mean that are one number."""
        return tuple(name for name in SCALARS[self.family] if name != self.sized or not self.sizes)


@dataclass(frozen=True)
class Truth:
    """Parameters of one replication."""

    b: np.ndarray  # (F,) uncentred, the intercept first where there is one
    effects: tuple[np.ndarray, ...]  # a term each: (levels + 1, K); the last is a level that no row has
    sds: tuple[np.ndarray, ...]  # a term each: (K,)
    correlations: tuple[np.ndarray, ...]  # a term each: (K, K)
    scalars: dict[str, float]
    sizes: np.ndarray  # coefficients of the other predictor, uncentred


@dataclass(frozen=True)
class Made:
    """Data that were simulated, and the truth behind them by the name of each quantity."""

    data: pd.DataFrame
    true: dict[str, float]
    future: np.ndarray  # new responses of the rows of `new_rows`; a category's number, or the first of several columns


# What families have beside the mean, each with its prior.
SCALARS = {
    **dict.fromkeys(("binomial", "poisson", "exponential", "geometric"), ()),
    **dict.fromkeys(("gaussian", "lognormal"), ("sigma",)),
    **dict.fromkeys(("negbinomial", "Gamma", "inverse_gaussian", "weibull"), ("shape",)),
    **dict.fromkeys(("beta", "beta_binomial", "nbinom1"), ("phi",)),
    "student": ("sigma", "nu"),
    "zero_inflated_poisson": ("zi",),
    "zero_inflated_negbinomial": ("shape", "zi"),
    "zero_inflated_binomial": ("zi",),
    "zero_inflated_beta_binomial": ("phi", "zi"),
    "zero_inflated_beta": ("phi", "zi"),
    "zero_one_inflated_beta": ("phi", "zoi", "coi"),
    "ordbeta": ("phi", "cutzero", "cutone"),
    "hurdle_poisson": ("hu",),
    "hurdle_negbinomial": ("shape", "hu"),
    "hurdle_gamma": ("shape", "hu"),
    "hurdle_lognormal": ("sigma", "hu"),
    "shifted_lognormal": ("sigma", "ndt"),
    "skew_normal": ("sigma", "alpha"),
    "exgaussian": ("sigma", "beta"),
    "asym_laplace": ("sigma", "quantile"),
    "von_mises": ("kappa",),
}
SHARE = ("beta(2, 3)", lambda rng: rng.beta(2.0, 3.0))
DF = stats.gamma(4, scale=2)
LAW_OF_SCALARS = {
    "sigma": ("exponential(1)", lambda rng: rng.exponential()),
    "nu": ("gamma(4, 0.5)", lambda rng: DF.ppf(rng.uniform(DF.cdf(1), 1))),  # it is above 1
    "shape": ("gamma(4, 2)", lambda rng: rng.gamma(4.0) / 2),
    "phi": ("gamma(10, 1)", lambda rng: rng.gamma(10.0)),
    **dict.fromkeys(("zi", "hu", "zoi", "coi", "quantile"), SHARE),
    "cutzero": ("normal(-1, 1)", lambda rng: rng.normal() - 1),
    "cutone": ("normal(0.5, 0.5)", lambda rng: 0.5 * rng.normal() + 0.5),
    "ndt": ("gamma(4, 8)", lambda rng: rng.gamma(4.0) / 8),
    "alpha": ("normal(0, 2)", lambda rng: 2 * rng.normal()),
    "beta": ("gamma(4, 4)", lambda rng: rng.gamma(4.0) / 4),
    "kappa": ("gamma(4, 1)", lambda rng: rng.gamma(4.0)),
}
PRIORS = {name: text for name, (text, _) in LAW_OF_SCALARS.items()}
DRAWN = {name: draw for name, (_, draw) in LAW_OF_SCALARS.items()}
SIZES = 0.5  # the scale of the priors of the coefficients of the other predictor


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


def one_of(family: str, link: str, **more: object) -> Template:
    """A family with one group term, fewer replications."""
    name = f"{family} {more['sized']}" if "sized" in more else family
    left = "y | trials(n)" if "trials" in more else "y"
    return Template(name, f"{left} ~ x + (1 | g)", family, link, terms=(ONE,), n=FEWER, **more)


FEWER = 100
COUNT, TRIALS, PREDICTED = {"spread": COUNTS}, {"trials": 5}, ("1", "x")
TEMPLATES |= {
    each.name: each
    for each in (
        one_of("lognormal", "identity"),
        *(one_of(name, "log", spread=COUNTS) for name in ("Gamma", "inverse_gaussian", "weibull", "exponential")),
        *(one_of(name, "log", spread=COUNTS) for name in ("geometric", "nbinom1", "hurdle_gamma")),
        one_of("hurdle_lognormal", "identity", spread=COUNTS),
        one_of("beta", "logit", **COUNT),
        one_of("beta_binomial", "logit", **TRIALS),
        *(
            one_of(f"{how}_{name}", "log", **COUNT)
            for how in ("zero_inflated", "hurdle")
            for name in ("poisson", "negbinomial")
        ),
        *(one_of(f"zero_inflated_{name}", "logit", **TRIALS) for name in ("binomial", "beta_binomial")),
        *(one_of(name, "logit", **COUNT) for name in ("zero_inflated_beta", "zero_one_inflated_beta", "ordbeta")),
        *(one_of(name, "identity") for name in ("skew_normal", "exgaussian", "asym_laplace")),
        one_of("shifted_lognormal", "identity", spread=COUNTS),
        one_of("von_mises", "tan_half", spread=COUNTS),
        one_of("student", "identity", sized="nu", sizes=PREDICTED),
        *(
            one_of(name, "log", spread=COUNTS, sized="shape", sizes=PREDICTED)
            for name in ("negbinomial", "Gamma", "weibull")
        ),
        one_of("beta", "logit", **COUNT, sized="phi", sizes=PREDICTED, level=4.0),
        one_of("zero_inflated_poisson", "log", **COUNT, sized="zi", sizes=PREDICTED),
        one_of("hurdle_negbinomial", "log", **COUNT, sized="hu", sizes=PREDICTED),
        one_of("von_mises", "tan_half", spread=COUNTS, sized="kappa", sizes=PREDICTED),
    )
}
SINGLE = {"gaussian singletons", "logit observations"}  # a group each row


def simulate(of: Template, frame: pd.DataFrame, new: pd.DataFrame, rng: np.random.Generator) -> Made:
    """Parameters from the priors, and responses from them."""
    truth = draw_truth(of, frame, rng)
    eta = linear_predictor(of, truth, frame, frame)
    y, again = (respond(of, truth, eta, frame, rng) for _ in range(2))
    future = respond(of, truth, linear_predictor(of, truth, frame, new), new, rng)
    true = {**named(of, truth, frame), "log likelihood": log_likelihood(of, truth, eta, frame, y)}
    true |= {"replicate's mean": again.mean() / of.trials, "replicate's sd": np.std(again / of.trials, ddof=1)}
    return Made(frame.assign(y=y), true, future)


def named(of: Template, truth: Truth, frame: pd.DataFrame) -> dict[str, float]:
    """The truth under the names of `as_draws_df`; of effects those of each term's first level."""
    out = {f"b[{coef_of(name)}]": value for name, value in zip(of.fixed, truth.b, strict=True)}
    for term, effects, sd, correlation in zip(of.terms, truth.effects, truth.sds, truth.correlations, strict=True):
        level = levels_of(term, frame)[0]
        for k, column in enumerate(term.columns):
            out |= labels_of_effects(term.group, level, coef_of(column), sd[k], effects[0, k])
        if len(term.columns) > 1:
            out[f"cor_{term.group}[(Intercept),{term.columns[1]}]"] = correlation[0, 1]
    sizes = {f"b_{of.sized}[{coef_of(name)}]": value for name, value in zip(of.sizes, truth.sizes, strict=True)}
    return out | truth.scalars | sizes


def labels_of_effects(group: str, level: str, coef: str, sd: float, effect: float) -> dict[str, float]:
    return {f"sd_{group}[{coef}]": sd, f"r_{group}[{level}, {coef}]": effect}


def coef_of(column: str) -> str:
    return "(Intercept)" if column == "1" else column


def fitted(of: Template, data: pd.DataFrame, seed: int, options: dict[str, object]) -> sm.Fit:
    options = {**options, **priors_of(of), **of.options, "seed": seed}
    family = getattr(families, of.family)(link=of.link)
    verb = sm.glmer if of.terms else sm.glm
    formula = sm.bf(of.formula, f"{of.sized} ~ {' + '.join(of.sizes)}") if of.sizes else of.formula
    return verb(formula, data, family, **options, **({"weights": "w"} if of.weights else {}))


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
    about = {"b": 0.0, "Intercept": of.level} if of.sizes else {}
    rows += [sm.set_prior(f"normal({at}, {SIZES})", class_=each, dpar=of.sized) for each, at in about.items()]
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
    sizes = _coefficients(of.sizes, SIZES, frame, rng, of.level)
    return Truth(b, tuple(effects), tuple(sds), tuple(correlations), scalars, sizes)


def _coefficients(
    columns: tuple[str, ...], spread: float, frame: pd.DataFrame, rng: np.random.Generator, level: float = 0.0
) -> np.ndarray:
    b = spread * rng.normal(size=len(columns))
    if "1" in columns:
        b[0] += level - np.array([column(name, frame).mean() for name in columns[1:]]) @ b[1:]
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
    "logm1": lambda eta: 1 + np.exp(eta),
    "tan_half": lambda eta: 2 * np.arctan(eta),
}
LINK_OF_SCALARS = {
    "nu": "logm1",
    **dict.fromkeys(("zi", "hu", "zoi", "coi", "quantile"), "logit"),
}  # the others have the log


@dataclass(frozen=True)
class Mixed:
    """With chance `p` a row is 0, and else of a law: `beside` that law's own zeros, or in their place."""

    p: np.ndarray | float
    law: Law
    beside: bool = False

    def rvs(self, random_state: np.random.Generator) -> np.ndarray:
        y = np.asarray(self.law.rvs(random_state=random_state), dtype=float)
        while not self.beside and np.any(y == 0):
            y = np.where(y == 0, self.law.rvs(random_state=random_state), y)
        return np.where(random_state.random(len(y)) < self.p, 0, y)

    def log(self, y: np.ndarray) -> np.ndarray:
        own = log_of(self.law, np.where((y == 0) & ~self._discrete, 0.5, y))
        at_atom = log_of(self.law, np.zeros(len(y))) if self._discrete else np.full(len(y), -np.inf)
        if self.beside:
            return np.where(y == 0, np.logaddexp(np.log(self.p), np.log1p(-self.p) + at_atom), np.log1p(-self.p) + own)
        return np.where(y == 0, np.log(self.p), np.log1p(-self.p) + own - np.log(-np.expm1(at_atom)))

    @property
    def _discrete(self) -> bool:
        return hasattr(self.law, "pmf")


@dataclass(frozen=True)
class ZeroOne:
    """Zeros and ones with chance zoi, ones among them with chance coi, and else of a law between."""

    zoi: float
    coi: float
    law: Law

    def rvs(self, random_state: np.random.Generator) -> np.ndarray:
        y = np.asarray(self.law.rvs(random_state=random_state))
        ends = (random_state.random(len(y)) < self.coi).astype(float)
        return np.where(random_state.random(len(y)) < self.zoi, ends, y)

    def log(self, y: np.ndarray) -> np.ndarray:
        inside = np.log1p(-self.zoi) + log_of(self.law, np.where((y == 0) | (y == 1), 0.5, y))
        return np.where(
            (y == 0) | (y == 1), np.log(self.zoi) + np.where(y == 1, np.log(self.coi), np.log1p(-self.coi)), inside
        )


@dataclass(frozen=True)
class OrderedBeta:
    """Logistic noise below eta - cutzero is above a zero, below eta - cutzero - exp(cutone) a one; beta between."""

    mu: np.ndarray
    cutzero: float
    cutone: float
    law: Law

    def _above(self) -> tuple[np.ndarray, np.ndarray]:
        eta = special.logit(self.mu)
        return special.expit(eta - self.cutzero), special.expit(eta - self.cutzero - np.exp(self.cutone))

    def rvs(self, random_state: np.random.Generator) -> np.ndarray:
        y = np.asarray(self.law.rvs(random_state=random_state))
        above, one = self._above()
        chance = random_state.random(len(y))
        return np.where(chance > above, 0.0, np.where(chance < one, 1.0, y))

    def log(self, y: np.ndarray) -> np.ndarray:
        above, one = self._above()
        inside = np.log(above - one) + log_of(self.law, np.where((y == 0) | (y == 1), 0.5, y))
        return np.where(y == 0, np.log1p(-above), np.where(y == 1, np.log(one), inside))


@dataclass(frozen=True)
class AsymmetricLaplace:
    """Density q (1 - q) / sigma exp(-rho((y - mu) / sigma)), rho(u) = u (q - [u < 0]) (Yu and Zhang 2005)."""

    mu: np.ndarray
    sigma: float
    q: float

    def rvs(self, random_state: np.random.Generator) -> np.ndarray:
        above, below = (random_state.exponential(size=len(self.mu)) for _ in range(2))
        return self.mu + self.sigma * (above / self.q - below / (1 - self.q))

    def log(self, y: np.ndarray) -> np.ndarray:
        u = (y - self.mu) / self.sigma
        return np.log(self.q * (1 - self.q) / self.sigma) - u * (self.q - (u < 0))


Law = object  # what SciPy freezes, or one of these


def log_of(law: Law, y: np.ndarray) -> np.ndarray:
    """The log density of each response."""
    return next(getattr(law, name)(y) for name in ("log", "logpdf", "logpmf") if hasattr(law, name))


def _law(of: Template, truth: Truth, eta: np.ndarray, frame: pd.DataFrame) -> Law:
    values = {name: truth.scalars[name] for name in of.scalars}
    if of.sizes:
        own = sum(column(name, frame) * value for name, value in zip(of.sizes, truth.sizes, strict=True))
        values[of.sized] = INVERSE[LINK_OF_SCALARS.get(of.sized, "log")](own)
    if of.weights:
        values["sigma"] = values["sigma"] / np.sqrt(frame["w"].to_numpy())
    return LAWS[of.family](INVERSE[of.link](eta), of.trials, **values)


def _negbinomial(mu: np.ndarray, n: int, shape: float) -> Law:
    return stats.nbinom(shape, shape / (shape + mu))


def _gamma(mu: np.ndarray, n: int, shape: float) -> Law:
    return stats.gamma(shape, scale=mu / shape)


def _lognormal(mu: np.ndarray, n: int, sigma: float) -> Law:
    return stats.lognorm(sigma, scale=np.exp(mu))


def _beta(mu: np.ndarray, n: int, phi: float) -> Law:
    return stats.beta(mu * phi, (1 - mu) * phi)


def _beta_binomial(mu: np.ndarray, n: int, phi: float) -> Law:
    return stats.betabinom(n, mu * phi, (1 - mu) * phi)


def _skew_normal(mu: np.ndarray, n: int, sigma: float, alpha: float) -> Law:
    """Mean and sd are mu and sigma."""
    moved = np.sqrt(2 / np.pi) * alpha / np.sqrt(1 + alpha**2)
    scale = sigma / np.sqrt(1 - moved**2)
    return stats.skewnorm(alpha, mu - scale * moved, scale)


# (mean on its own scale, trials, parameters by name)
LAWS = {
    "gaussian": lambda mu, n, sigma: stats.norm(mu, sigma),
    "student": lambda mu, n, sigma, nu: stats.t(nu, mu, sigma),
    "poisson": lambda mu, n: stats.poisson(mu),
    "binomial": lambda mu, n: stats.binom(n, mu),
    "negbinomial": _negbinomial,
    "geometric": lambda mu, n: _negbinomial(mu, n, 1.0),
    "nbinom1": lambda mu, n, phi: stats.nbinom(mu / phi, 1 / (1 + phi)),
    "lognormal": _lognormal,
    "Gamma": _gamma,
    "exponential": lambda mu, n: stats.expon(scale=mu),
    "inverse_gaussian": lambda mu, n, shape: stats.invgauss(mu / shape, scale=shape),
    "weibull": lambda mu, n, shape: stats.weibull_min(shape, scale=mu / special.gamma(1 + 1 / shape)),
    "beta": _beta,
    "beta_binomial": _beta_binomial,
    "zero_inflated_poisson": lambda mu, n, zi: Mixed(zi, stats.poisson(mu), True),
    "zero_inflated_negbinomial": lambda mu, n, shape, zi: Mixed(zi, _negbinomial(mu, n, shape), True),
    "zero_inflated_binomial": lambda mu, n, zi: Mixed(zi, stats.binom(n, mu), True),
    "zero_inflated_beta_binomial": lambda mu, n, phi, zi: Mixed(zi, _beta_binomial(mu, n, phi), True),
    "zero_inflated_beta": lambda mu, n, phi, zi: Mixed(zi, _beta(mu, n, phi)),
    "zero_one_inflated_beta": lambda mu, n, phi, zoi, coi: ZeroOne(zoi, coi, _beta(mu, n, phi)),
    "ordbeta": lambda mu, n, phi, cutzero, cutone: OrderedBeta(mu, cutzero, cutone, _beta(mu, n, phi)),
    "hurdle_poisson": lambda mu, n, hu: Mixed(hu, stats.poisson(mu)),
    "hurdle_negbinomial": lambda mu, n, shape, hu: Mixed(hu, _negbinomial(mu, n, shape)),
    "hurdle_gamma": lambda mu, n, shape, hu: Mixed(hu, _gamma(mu, n, shape)),
    "hurdle_lognormal": lambda mu, n, sigma, hu: Mixed(hu, _lognormal(mu, n, sigma)),
    "shifted_lognormal": lambda mu, n, sigma, ndt: stats.lognorm(sigma, ndt, np.exp(mu)),
    "skew_normal": _skew_normal,
    "exgaussian": lambda mu, n, sigma, beta: stats.exponnorm(beta / sigma, mu - beta, sigma),
    "asym_laplace": lambda mu, n, sigma, quantile: AsymmetricLaplace(mu, sigma, quantile),
    "von_mises": lambda mu, n, kappa: stats.vonmises(kappa, mu),
}


def respond(of: Template, truth: Truth, eta: np.ndarray, frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Responses of some rows."""
    return np.asarray(_law(of, truth, eta, frame).rvs(random_state=rng), dtype=float)


def log_likelihood(of: Template, truth: Truth, eta: np.ndarray, frame: pd.DataFrame, y: np.ndarray) -> float:
    """The log density of all rows, with its constants."""
    return float(np.sum(log_of(_law(of, truth, eta, frame), y)))
