"""Every verb on fits of mixtures and overdispersed counts: short ones, whose numbers do not matter."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.families import FAMILIES

pytestmark = pytest.mark.slow

# Family: response, and parameters beside the location.
CASES = {
    "geometric": ("count", ()),
    "nbinom1": ("count", ("phi",)),
    "beta_binomial": ("count | trials(n)", ("phi",)),
    "zero_inflated_poisson": ("count", ("zi",)),
    "zero_inflated_negbinomial": ("count", ("shape", "zi")),
    "zero_inflated_binomial": ("count | trials(n)", ("zi",)),
    "zero_inflated_beta_binomial": ("count | trials(n)", ("phi", "zi")),
    "hurdle_poisson": ("count", ("hu",)),
    "hurdle_negbinomial": ("count", ("shape", "hu")),
    "hurdle_gamma": ("size", ("shape", "hu")),
    "hurdle_lognormal": ("size", ("sigma", "hu")),
    "zero_inflated_beta": ("share", ("phi", "zi")),
    "zero_one_inflated_beta": ("all_or_none", ("phi", "zoi", "coi")),
    "ordbeta": ("all_or_none", ("phi", "cutzero", "cutone")),
}
SHORT = {"chains": 2, "iter": 300, "seed": 5, "progress": False}


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    g = np.repeat(np.arange(10), 15)
    x = rng.choice([-1.0, 0.0, 1.0], len(g))
    zero = rng.random(len(g)) < 0.3
    mu = np.exp(0.8 + 0.3 * x + 0.4 * rng.normal(size=10)[g])
    share = rng.beta(2, 3, len(g))
    return pd.DataFrame({
        "x": x,
        "g": [f"g{i}" for i in g],
        "count": np.where(zero, 0, np.minimum(rng.poisson(rng.gamma(2.0, mu / 2)), 12)),
        "n": 12,
        "size": np.where(zero, 0.0, rng.gamma(2.0, mu / 2)),
        "share": np.where(zero, 0.0, share),
        "all_or_none": np.where(zero, rng.integers(0, 2, len(g)), share),
    })  # fmt: skip


@cache
def fitted(family: str, *dpars: str) -> sm.Fit:
    left, _ = CASES[family]
    return sm.brm(sm.bf(f"{left} ~ x + (1 | g)", *dpars), data(), family=family, **SHORT)


@pytest.mark.parametrize("family", CASES)
def test_every_verb_answers(family: str, tmp_path: Path) -> None:
    _, dpars = CASES[family]
    fit = fitted(family)
    y = fit.model.response.y
    assert f"Family: {family}" in repr(fit) or family in repr(fit)
    assert all(dpar in str(sm.summary(fit)) for dpar in dpars)
    epred = sm.posterior_epred(fit, scale="count")
    draws = sm.posterior_predict(fit, seed=1)
    assert epred.shape == draws.shape == (300, len(y))
    assert float(draws.mean()) == pytest.approx(float(epred.mean()), rel=0.1)
    assert np.all(np.isfinite(sm.log_lik(fit).values))
    assert np.isfinite(sm.loo(fit).estimates.loc["elpd_loo", "Estimate"])
    assert 0 < float(np.mean(sm.bayes_R2(fit))) < 1
    assert len(sm.residuals(fit)) == len(y)
    assert set(sm.conditional_effects(fit).frames) == {"x"}
    sm.pp_check(fit).draw()
    sm.pp_check(fit, "stat", stat="prop_zero").draw()
    assert sm.prior_summary(fit)
    assert sm.equation(fit)
    sm.save(fit, tmp_path / "fit.zip")
    assert sm.load(tmp_path / "fit.zip").model.family.name == family
    again = sm.update(fit, ". ~ . - x", **SHORT)
    assert again.model.family.name == family
    new = data().iloc[:3].assign(g="elsewhere")
    assert sm.posterior_epred(fit, newdata=new, new_levels="draw").shape == (300, 3)


@pytest.mark.parametrize("family", [name for name, (_, dpars) in CASES.items() if dpars])
def test_every_parameter_takes_a_formula(family: str) -> None:
    _, dpars = CASES[family]
    fit = fitted(family, *(f"{dpar} ~ x + (1 | g)" for dpar in dpars))
    for dpar in dpars:
        inside = sm.posterior_epred(fit, dpar=dpar)
        within = next(one.within for one in FAMILIES[family].parameters if one.name == dpar)
        assert np.all((inside.values > within.low) & (inside.values < within.high)), dpar
        assert sm.conditional_effects(fit, dpar=dpar).frames["x"]["estimate"].between(within.low, within.high).all()
    assert np.isfinite(sm.loo(fit).estimates.loc["elpd_loo", "Estimate"])
