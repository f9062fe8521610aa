"""Families that users write: brms's example of a beta-binomial beside ours, and what is refused."""

import pickle
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reference_density import dimension
from scipy import special
from stan_against_numpy import compiled

import stanmlm as sm
from stanmlm.base.arrays import Floats
from stanmlm.families import Family
from stanmlm.fit.pipeline import ModelOptions, build_model

STAN = """
  real beta_binomial2_lpmf(int y, real mu, real phi, int T) {
    return beta_binomial_lpmf(y | T, mu * phi, (1 - mu) * phi);
  }
"""
FORMULA = "y | trials(n) ~ x + (1 | g)"
SHORT = {"chains": 2, "iter": 400, "seed": 3, "progress": False}


def log_density(y: Floats, mu: Floats, phi: Floats, trials: Floats) -> Floats:
    a, b = mu * phi, (1 - mu) * phi
    choose = special.gammaln(trials + 1) - special.gammaln(y + 1) - special.gammaln(trials - y + 1)
    return choose + special.betaln(y + a, trials - y + b) - special.betaln(a, b)


def draw(rng: np.random.Generator, mu: Floats, phi: Floats, trials: Floats) -> Floats:
    return rng.binomial(trials.astype(int), rng.beta(mu * phi, (1 - mu) * phi))


def mean(mu: Floats, phi: Floats, trials: Floats) -> Floats:
    return trials * mu


def variance(mu: Floats, phi: Floats, trials: Floats) -> Floats:
    return trials * mu * (1 - mu) * (1 + (trials - 1) / (1 + phi))


GIVEN = {"log_density": log_density, "draw": draw, "mean": mean, "variance": variance}


def beta_binomial2(**functions: object) -> Family:
    return sm.custom_family(
        *("beta_binomial2", ("mu", "phi"), ("logit", "log")),
        stan=STAN, type="int", lb=(None, 0), vars=("trials",), **functions,
    )  # fmt: skip


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    g, n = np.repeat(np.arange(12), 10), rng.integers(5, 20, 120)
    x = rng.choice([-1.0, 0.0, 1.0], 120)
    mu = special.expit(-0.5 + 0.5 * x + 0.5 * rng.normal(size=12)[g])
    return pd.DataFrame(
        {"y": rng.binomial(n, rng.beta(8 * mu, 8 * (1 - mu))), "n": n, "x": x, "g": [f"g{k}" for k in g]}
    )


@cache
def fit() -> sm.Fit:
    return sm.brm(FORMULA, data(), family=beta_binomial2(**GIVEN), **SHORT)


@cache
def bare() -> sm.Fit:
    return sm.brm(FORMULA, data(), family=beta_binomial2(), **SHORT)


@pytest.mark.parametrize("text", [FORMULA, "y | trials(n) + weights(x + 2) ~ x"])
@pytest.mark.parametrize("others", [(), ("phi ~ x",)])
def test_a_users_density_is_that_of_the_family_that_it_is(text: str, others: tuple[str, ...]) -> None:
    own, ours = (
        build_model(sm.bf(text, *others), data(), family, {}, ModelOptions(centering="noncentered", preset="brms"))
        for family in (beta_binomial2(**GIVEN), sm.beta_binomial())
    )
    assert [row.distribution for row in own.priors.rows] == [row.distribution for row in ours.priors.rows]
    for at in (own, ours):
        object.__setattr__(at, "centering", ours.centering)
    one, other = compiled(own), compiled(ours)
    rng = np.random.default_rng(1)
    points = rng.uniform(-1, 1, (4, dimension(own)))
    values = [np.diff([program.log_prob_grad(q)[0] for q in points]) for program in (one, other)]
    np.testing.assert_allclose(*values, rtol=1e-8, atol=1e-8)


def test_a_posterior_is_that_of_the_family_that_it_is() -> None:
    ours = sm.brm(FORMULA, data(), family=sm.beta_binomial, **SHORT)
    errors = sm.summary(fit(), pars=["x", "phi"]).frame["sd"] / np.sqrt(200)
    means = [sm.summary(of, pars=["x", "phi"]).frame["mean"] for of in (fit(), ours)]
    assert (np.abs(means[0] - means[1]) < 6 * errors).all()
    for verb in (sm.log_lik, sm.posterior_epred):
        np.testing.assert_allclose(*(np.mean(verb(of).values, axis=0) for of in (fit(), ours)), atol=0.35, rtol=0.1)


def test_what_is_given_is_answered() -> None:
    of, rows = fit(), len(data())
    assert sm.posterior_predict(of, seed=1).shape == sm.posterior_epred(of, scale="count").shape == (400, rows)
    assert 0 < float(np.mean(sm.bayes_R2(of))) < 1
    assert set(sm.conditional_effects(of).frames) == {"x"}
    assert len(sm.residuals(of, type="pearson")) == rows
    assert "beta_binomial2" in repr(of)
    assert r"\text{beta\_binomial2}" in str(sm.equation(of))
    assert sm.update(of, ". ~ . - x", iter=40, warmup=20).model.family == of.model.family
    assert pickle.loads(pickle.dumps(of)).model.family == of.model.family


@pytest.mark.parametrize(
    ("verb", "function"),
    [
        (sm.posterior_predict, "draw"),
        (sm.posterior_epred, "mean"),
        (sm.log_lik, "log_density"),
        (sm.loo, "log_density"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_what_is_not_given_is_named(verb: object, function: str) -> None:
    with pytest.raises(sm.DataError, match=rf"beta_binomial2 has no {function}=, which this needs"):
        verb(bare())  # type: ignore[operator]


def test_chains_run_without_a_numpy_density() -> None:
    a, b = (sm.summary(of, pars=["x"]).frame for of in (bare(), fit()))
    assert abs(a["mean"].item() - b["mean"].item()) < a["sd"].item()
    assert "mean_PPD" not in sm.summary(bare()).frame.index
    with pytest.raises(sm.DataError, match="no mean="):
        sm.bayes_R2(bare())


def test_files_keep_the_text_and_take_the_functions_again(tmp_path: Path) -> None:
    path = tmp_path / "own.stanmlm"
    sm.save(fit(), path)
    alone, again = sm.load(path), sm.load(path, family=beta_binomial2(**GIVEN))
    assert sm.stancode(alone) == sm.stancode(fit())
    assert sm.fixef(alone).equals(sm.fixef(fit()))
    with pytest.raises(sm.DataError, match=r"load\(path, family=...\)"):
        sm.posterior_predict(alone)
    np.testing.assert_array_equal(sm.posterior_predict(again, seed=1), sm.posterior_predict(fit(), seed=1))
    with pytest.raises(sm.OptionError, match="another Stan text"):
        sm.load(path, family=sm.custom_family("beta_binomial2", stan=STAN, type="int"))
    kept = sm.brm(FORMULA, data(), family=beta_binomial2(**GIVEN), file=tmp_path / "kept", **SHORT)
    found = sm.brm(FORMULA, data(), family=beta_binomial2(**GIVEN), file=tmp_path / "kept", **SHORT)
    np.testing.assert_array_equal(sm.log_lik(found), sm.log_lik(kept))


def test_two_densities_that_differ_are_named() -> None:
    def other(y: Floats, mu: Floats, phi: Floats, trials: Floats) -> Floats:
        return log_density(y, mu, phi + 1, trials)

    message = (
        r"beta_binomial2_lpmf of stan= and log_density= of beta_binomial2 are two densities: at y = \d+, from \(mu"
    )
    with pytest.raises(sm.OptionError, match=message):
        sm.brm(FORMULA, data(), family=beta_binomial2(log_density=other), **SHORT)


def test_a_density_may_leave_out_what_parameters_do_not_change() -> None:
    def kernel(y: Floats, mu: Floats, phi: Floats, trials: Floats) -> Floats:
        return log_density(y, mu, phi, trials) + y

    few = {"chains": 1, "iter": 20, "warmup": 10, "seed": 1}
    assert sm.nobs(sm.brm("y | trials(n) ~ 1", data(), family=beta_binomial2(log_density=kernel), **few)) == 120


SKEWED = "real own_lpdf(real y, real mu, real b, real rho) { return normal_lpdf(y | mu + rho, b); }"


def test_names_of_programs_and_bounds_of_any_kind_are_free() -> None:
    family = sm.custom_family("own", ("mu", "b", "rho"), ("identity", "log", "identity"), stan=SKEWED,
                              lb=(None, 0, -0.5), ub=(None, None, 0.5))  # fmt: skip
    of = sm.brm(sm.bf("x ~ 1", "b ~ n"), data(), family=family, **SHORT)
    assert "own_lpdf(y[r] | mu[cell[r]], b_[cell[r]], rho)" in sm.stancode(of)
    rho = sm.as_draws_df(of)["rho"]
    assert -0.5 < rho.min() < rho.max() < 0.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stan": "real other_lpmf(int y, real mu) { return 0; }"}, r"stan= defines no `real beta_binomial2_lpmf"),
        ({"type": "real"}, r"stan= defines no `real beta_binomial2_lpdf"),
        ({"type": "count"}, "type is 'count'"),
        ({"name": "poisson"}, "`poisson` is a family that there is already"),
        ({"name": "two words"}, "`two words` is no name"),
        ({"dpars": ("phi", "nu")}, "`mu` among them"),
        ({"dpars": ("mu", "mu")}, "each parameter once"),
        ({"links": ("logit", "log", "log")}, "links has 3 for 2 parameters"),
        ({"links": ("logit", "logs")}, "`logs` is not a link; did you mean `log`"),
        ({"lb": (0, 0, 0)}, "lb has 3 for 2 parameters"),
        ({"lb": (None, 2), "ub": (None, 1)}, "nothing lies between lb and ub of phi, 2 and 1"),
        ({"vars": ("vint1[m]",)}, r"vars has 'vint1\[m\]'; there are \"trials\""),
        ({"vars": ("vint0",)}, r"vars has 'vint0'"),
        ({"vars": ("vint1", "vint1[n]")}, r"`vint1` of vars is there twice"),
        ({"log_cdf": mean}, r"log_cdf= is given, and stan= defines neither `real beta_binomial2_lcdf"),
        ({"log_ccdf": mean}, r"log_ccdf= is given, and stan= defines neither"),
    ],
)
def test_what_cannot_be_a_family_is_refused(changes: dict[str, object], message: str) -> None:
    usual = {"name": "beta_binomial2", "dpars": ("mu", "phi"), "links": ("logit", "log"), "stan": STAN, "type": "int"}
    with pytest.raises(sm.OptionError, match=message):
        sm.custom_family(**{**usual, **changes})


def test_responses_are_read_by_their_type() -> None:
    stan = "real whole_lpmf(int y, real mu) { return poisson_lpmf(y | mu); }"
    with pytest.raises(sm.DataError, match=r"whole needs whole numbers: `y` has 1 value that is none \(row 1\)"):
        sm.brm(
            "y ~ 1",
            pd.DataFrame({"y": [1.0, 2.5, 3.0]}),
            family=sm.custom_family("whole", links=("log",), stan=stan, type="int"),
        )


def test_bounds_are_numbers_in_any_list_and_nothing_else() -> None:
    stan = "real tilted_lpdf(real y, real mu, real k) { return normal_lpdf(y | mu, k); }"
    one, other = (
        sm.custom_family("tilted", ("mu", "k"), ("identity", "log"), stan=stan, lb=ends)
        for ends in ((None, 1.0), pd.Series([-np.inf, 1.0]))
    )
    assert [each.within for each in one.parameters] == [each.within for each in other.parameters]
    for odd in (np.arange(3.0), "k", ("a", "b"), np.ones((2, 2)), (1.0, 1.0, 1.0), 1j):
        with pytest.raises(sm.StanmlmError):
            sm.custom_family("tilted", ("mu", "k"), ("identity", "log"), stan=stan, ub=odd)
