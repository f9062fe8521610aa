"""Families that users write: what they read beside responses, censoring and truncation, densities of all rows."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reference_density import dimension
from scipy import special, stats
from stan_against_numpy import compiled

import stanmlm as sm
from stanmlm.base.arrays import Floats
from stanmlm.families import Family, exponential
from stanmlm.families.observation import draw as draw_of
from stanmlm.families.reductions import extra_at
from stanmlm.families.theta import Theta
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.model import Model

# brms's example, `vignette("brms_customfamilies")`, with its distribution function.
DENSITY = """
  real beta_binomial2_lpmf(int y, real mu, real phi, int T) {
    return beta_binomial_lpmf(y | T, mu * phi, (1 - mu) * phi);
  }
"""
BELOW = """
  real beta_binomial2_lcdf(int y, real mu, real phi, int T) {
    return beta_binomial_lcdf(y | T, mu * phi, (1 - mu) * phi);
  }
"""
ABOVE = """
  real beta_binomial2_lccdf(int y, real mu, real phi, int T) {
    return beta_binomial_lccdf(y | T, mu * phi, (1 - mu) * phi);
  }
"""
OF_ALL = """
  real beta_binomial2_lpmf(array[] int y, vector mu, real phi, array[] int T) {
    return beta_binomial_lpmf(y | T, mu * phi, (1 - mu) * phi);
  }
  real beta_binomial2_lpmf(array[] int y, vector mu, vector phi, array[] int T) {
    return beta_binomial_lpmf(y | T, mu .* phi, (1 - mu) .* phi);
  }
"""
SHORT = {"chains": 2, "iter": 300, "seed": 3, "progress": False}
# Differences of log densities of two programs of one model, whose sums run in other orders.
ALIKE = 1e-10


def law(mu: Floats, phi: Floats, size: Floats) -> object:
    return stats.betabinom(size.astype(int), mu * phi, (1 - mu) * phi)


def log_density(y: Floats, mu: Floats, phi: Floats, size: Floats) -> Floats:
    return law(mu, phi, size).logpmf(y)  # type: ignore[attr-defined, no-any-return]


def log_cdf(y: Floats, mu: Floats, phi: Floats, size: Floats) -> Floats:
    return law(mu, phi, size).logcdf(y)  # type: ignore[attr-defined, no-any-return]


def log_ccdf(y: Floats, mu: Floats, phi: Floats, size: Floats) -> Floats:
    return law(mu, phi, size).logsf(y)  # type: ignore[attr-defined, no-any-return]


def draw(rng: np.random.Generator, mu: Floats, phi: Floats, size: Floats) -> Floats:
    return rng.binomial(size.astype(int), rng.beta(mu * phi, (1 - mu) * phi))


def mean(mu: Floats, phi: Floats, size: Floats) -> Floats:
    return size * mu


GIVEN = {"log_density": log_density, "draw": draw, "mean": mean}
TAILS = {"log_cdf": log_cdf, "log_ccdf": log_ccdf}


def beta_binomial2(stan: str = DENSITY, **others: object) -> Family:
    known = {"type": "int", "lb": (0, 0), "ub": (1, None), "vars": "vint1[n]", **GIVEN, **others}
    return sm.custom_family("beta_binomial2", ("mu", "phi"), ("logit", "log"), stan=stan, **known)


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    g, n = np.repeat(np.arange(10), 12), rng.integers(5, 20, 120)
    x = rng.choice([-1.0, 0.0, 1.0], 120)
    mu = special.expit(-0.5 + 0.5 * x + 0.5 * rng.normal(size=10)[g])
    y = rng.binomial(n, rng.beta(8 * mu, 8 * (1 - mu)))
    code = np.where(y < n - 2, rng.choice([-1, 0, 0, 1, 2], 120), 0)
    most, least = np.maximum(y + 2, rng.integers(4, 19, 120)), np.where(y > 0, 1, 0)
    return pd.DataFrame(
        {"y": y, "n": n, "x": x, "g": [f"g{k}" for k in g], "c": code, "y2": y + 2, "lb": least, "ub": most}
    )


@cache
def fit() -> sm.Fit:
    return sm.brm("y | vint(n) ~ x + (1 | g)", data(), family=beta_binomial2(), **SHORT)


def model(text: str, family: Family, others: tuple[str, ...] = ()) -> Model:
    seen = "cens(" in text or "trunc(" in text
    rows = data()[:36] if seen else data()  # Stan's tails of beta-binomials take their time
    return build_model(sm.bf(text, *others), rows, family, {}, ModelOptions(centering="noncentered", preset="brms"))


def compare(own: Model, ours: Model) -> None:
    """Values and gradients of two programs, each up to a constant."""
    one, other = compiled(replace(own, centering=ours.centering)), compiled(ours)
    points = np.random.default_rng(1).uniform(-1, 1, (4, dimension(own)))
    found = [[program.log_prob_grad(q) for q in points] for program in (one, other)]
    (first, second) = [np.diff([value for value, _ in each]) for each in found]
    np.testing.assert_allclose(first, second, rtol=ALIKE, atol=ALIKE)
    for (_, up), (_, down) in zip(*found, strict=True):
        np.testing.assert_allclose(up, down, rtol=1e-8, atol=1e-8)


BOTH = " + cens(c, y2) + trunc(ub = 25)"
SEEN = ("", *(pytest.param(of, marks=pytest.mark.slow) for of in (" + cens(c, y2)", " + trunc(lb, ub)", BOTH)))


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("others", [(), ("phi ~ x",)])
def test_vint_has_what_trials_have_for_our_own_family(seen: str, others: tuple[str, ...]) -> None:
    own = model(f"y | vint(n){seen} ~ x + (1 | g)", beta_binomial2(DENSITY + BELOW + ABOVE, **TAILS), others)
    compare(own, model(f"y | trials(n){seen} ~ x + (1 | g)", sm.beta_binomial(), others))
    rows = [f"{row.class_} {row.distribution}{row.arguments}" for row in own.priors.rows]
    assert all(row.count("phi") == 0 or "gamma(0.01, 0.01)" in row for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize(("text", "given"), [(BELOW, "log_cdf"), (ABOVE, "log_ccdf")])
def test_one_tail_is_made_of_the_other(text: str, given: str) -> None:
    family = beta_binomial2(DENSITY + text, **{given: TAILS[given]})
    compare(model(f"y | vint(n){BOTH} ~ x", family), model(f"y | trials(n){BOTH} ~ x", sm.beta_binomial()))


@pytest.mark.parametrize("others", [(), ("phi ~ x",)])
def test_a_density_of_all_rows_is_the_sum_of_those_of_each(others: tuple[str, ...]) -> None:
    own = model("y | vint(n) ~ x + (1 | g)", beta_binomial2(OF_ALL, loop=False, vars="vint1"), others)
    assert own.cells.stats["y"].tolist() == data()["y"].tolist()
    compare(own, model("y | trials(n) ~ x + (1 | g)", sm.beta_binomial(), others))


MIXED = """
  real mixed_lpdf(real y, real s, real mu, int k, real w, int size, real v) {
    return normal_lpdf(y | mu + w * k + v, s / sqrt(size));
  }
"""


def test_functions_take_parameters_and_vars_in_the_order_of_their_names(tmp_path: Path) -> None:
    def mixed(y: Floats, s: Floats, mu: Floats, k: Floats, w: Floats, size: Floats, v: Floats) -> Floats:
        return stats.norm(mu + w * k + v, s / np.sqrt(size)).logpdf(y)

    family = sm.custom_family(
        *("mixed", ("s", "mu"), ("log", "identity")), stan=MIXED, lb=(0, None), log_density=mixed,
        vars=("vint2", "vreal1", "vint1", "vreal2"),
    )  # fmt: skip
    of = sm.brm("x | vint(n, c) + vreal(lb / 2, ub) ~ 1", data(), family=family, **SHORT)
    assert "mixed_lpdf(y[r] | s, mu[cell[r]], vint2[r], vreal1[r], vint1[r], vreal2[r])" in sm.stancode(of)
    d = data()
    left = d["x"] - d["lb"] / 2 * d["c"] - d["ub"]
    assert sm.fixef(of)["(Intercept)"] == pytest.approx(np.average(left, weights=d["n"]), abs=0.3)
    sm.save(of, tmp_path / "own")
    again = sm.load(tmp_path / "own", family=family)
    np.testing.assert_array_equal(sm.log_lik(again), sm.log_lik(of))


def test_vint_is_what_new_rows_have_and_may_lack() -> None:
    of, d = fit(), data()
    again = d.sample(frac=1, random_state=1)
    for verb in (sm.log_lik, sm.posterior_epred):
        np.testing.assert_allclose(verb(of, newdata=again).values, verb(of).values[:, again.index], rtol=1e-12)
    twice = sm.posterior_epred(of, newdata=d.assign(n=2 * d["n"]))
    np.testing.assert_allclose(twice.values, 2 * sm.posterior_epred(of).values)
    assert (sm.posterior_predict(of, newdata=d.assign(n=3), seed=1) <= 3).all()
    assert np.isfinite(sm.posterior_linpred(of, newdata=d.drop(columns="n"))).all()
    with pytest.raises(sm.DataError, match="do not tell the `vint1` that the formula adds"):
        sm.posterior_epred(of, newdata=d.drop(columns="n"))
    assert set(sm.conditional_effects(of).frames) == {"x"}


def test_vint_goes_with_the_rows() -> None:
    d = data()
    missing = d.assign(n=d["n"].where(d.index != 7))
    of = sm.brm("y | vint(n) ~ x + (1 | g)", missing, family=beta_binomial2(), iter=40, chains=1, seed=1)
    assert sm.nobs(of) == len(d) - 1
    assert of.model.response.values["vint1"].tolist() == d["n"].drop(7).tolist()
    part = sm.update(of, data=d[:50], iter=40, chains=1)
    assert part.model.response.values["vint1"].tolist() == d["n"][:50].tolist()


@pytest.mark.parametrize(
    ("text", "changes", "message"),
    [
        ("y ~ x", {}, r"beta_binomial2 reads `vint1`, which the formula must add: `y \| vint\(...\)`"),
        ("y | vint(n, n) ~ x", {}, r"the beta_binomial2 family reads no `vint2`"),
        (
            "y | vint(x + 0.5) ~ x",
            {},
            r"whole numbers of vint\(\): `vint1` has 120 values that are none",
        ),
        ("y | vint(g) ~ x", {}, r"`g` must be numbers"),
        ("y | vint(n) + vreal(x) ~ x", {}, r"the beta_binomial2 family reads no `vreal1`"),
        ("y | vint(n) + trials(n) ~ x", {}, r"cannot have `trials\(\)`: custom_family\(vars=\(\"trials\",\)\)"),
        ("y | vint(n) + cens(c, y2) ~ x", {}, r"cannot have `cens\(\)`: its stan= has no distribution function"),
        ("y | vint(n) + trunc(ub = 40) ~ x", {}, r"cannot have `trunc\(\)`: its stan= has no"),
        ("y | vint() ~ x", {}, r"`vint\(\)` needs an argument"),
        ("y | vint(n) + vint(n) ~ x", {}, r"`vint\(\)` is added twice"),
        ("I(y + 1/2) | vint(n) ~ x", {}, r"beta_binomial2 needs whole numbers"),
        ("I(y * 1e9) | vint(n) ~ x", {}, r"beyond 2147483647, Stan's largest"),
        ("y | vint(n) + weights(n) ~ x", {"stan": OF_ALL, "loop": False}, r"one density of all responses, loop=False"),
    ],
)
def test_what_a_family_does_not_read_is_named(text: str, changes: dict[str, object], message: str) -> None:
    with pytest.raises(sm.StanmlmError, match=message):
        sm.brm(text, data(), family=beta_binomial2(**changes), **SHORT)


def test_families_that_there_are_read_no_vint() -> None:
    with pytest.raises(sm.DataError, match=r"poisson family reads no `vint1`: vint\(\) and vreal\(\) are"):
        sm.brm("y | vint(n) ~ x", data(), family=sm.poisson, **SHORT)


def test_tails_that_differ_are_named() -> None:
    family = beta_binomial2(DENSITY + BELOW, log_cdf=lambda y, mu, phi, n: log_cdf(y, mu, phi + 1, n))
    message = r"beta_binomial2_lcdf of stan= and log_cdf= of beta_binomial2 are two functions: at y = \d+, at \(mu = "
    with pytest.raises(sm.OptionError, match=message):
        sm.brm("y | vint(n) + cens(c, y2) ~ x", data(), family=family, **SHORT)


WAITS = """
  real waits_lpdf(real y, real mu) {
    return exponential_lpdf(y | inv(mu));
  }
  real waits_lccdf(real y, real mu) {
    return exponential_lccdf(y | inv(mu));
  }
"""


def waits(**functions: object) -> Family:
    return sm.custom_family("waits", links="log", lb=0, stan=WAITS, **functions)


@cache
def times() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    x, g = rng.normal(size=90), np.repeat(np.arange(9), 10)
    time = rng.exponential(np.exp(0.5 * x + 0.3 * rng.normal(size=9)[g]))
    return pd.DataFrame({"t": np.minimum(time, 2.0), "x": x, "g": g.astype(str), "c": (time > 2) * 1})


def test_chains_run_and_verbs_answer_with_numpy_tails_and_without() -> None:
    known = {
        "log_density": lambda y, mu: -np.log(mu) - y / mu,
        "log_ccdf": lambda y, mu: -y / mu,
        "draw": lambda rng, mu: rng.exponential(mu),
    }
    text = "t | cens(c) ~ x + (1 | g)"
    bare, full, ours = (sm.brm(text, times(), family=of, **SHORT) for of in (waits(), waits(**known), exponential()))
    means = [sm.summary(of, pars=["x"]).frame["mean"].item() for of in (bare, full, ours)]
    assert np.ptp(means) < sm.summary(ours, pars=["x"]).frame["sd"].item()
    with pytest.raises(sm.DataError, match="waits has no log_density=, which this needs"):
        sm.log_lik(bare)
    half = waits(log_density=known["log_density"])
    with pytest.raises(sm.DataError, match=r"waits has no log_cdf=, which this needs: custom_family\(..., log_cdf=\)"):
        sm.log_lik(sm.brm(text, times(), family=half, iter=20, chains=1, seed=1, progress=False))
    assert sm.loo(full).estimates.iloc[0, 0] == pytest.approx(sm.loo(ours).estimates.iloc[0, 0], abs=1.0)
    own = build_model("t | cens(c) + trunc(lb = -1) ~ x", times(), waits(**known), {}, ModelOptions())
    y = draw_of(own.family, np.random.default_rng(1), Theta(natural={"mu": np.ones((50, 90))}), extra_at(own.response))
    assert (y > 0).all()
    bounded = replace(extra_at(own.response), lower=np.full(1, 4.0), upper=np.full(1, 4.5))
    within = draw_of(own.family, np.random.default_rng(1), Theta(natural={"mu": np.ones((50, 90))}), bounded)
    assert ((within > 4) & (within <= 4.5)).all()


def test_real_numbers_that_are_censored_have_the_density_of_our_own_family() -> None:
    options = ModelOptions(centering="noncentered", preset="brms")
    for text in ("t | cens(c) ~ x", "t | cens(c) + trunc(ub = 3) ~ x", "t | trunc(lb = 0.0001, ub = 3) ~ x"):
        data = times().assign(t=lambda d: np.maximum(d["t"], 0.001))
        compare(*(build_model(text, data, family, {}, options) for family in (waits(), exponential())))
