"""Every verb on fits of reaction times, quantiles, angles, and of families under other links: short ones."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.base.errors import DataError
from stanmlm.families import FAMILIES, Family
from stanmlm.families.altered import with_link

pytestmark = pytest.mark.slow

CASES = {
    "shifted_lognormal": ("time", ("sigma", "ndt")),
    "skew_normal": ("real", ("sigma", "alpha")),
    "exgaussian": ("real", ("sigma", "beta")),
    "asym_laplace": ("real", ("sigma", "quantile")),
    "von_mises": ("angle", ("kappa",)),
}
LINKS = [
    *(("count", "poisson", "identity"), ("count", "negbinomial", "sqrt"), ("time", "Gamma", "inverse")),
    *(("time", "inverse_gaussian", "1/mu^2"), ("time", "gaussian", "log"), ("real", "student", "softplus")),
    *(("yes", "binomial", "log"), ("yes", "binomial", "cauchit"), ("share", "beta", "loglog")),
]
SHORT = {"chains": 2, "iter": 300, "seed": 5, "progress": False}


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    g = np.repeat(np.arange(10), 15)
    x = rng.choice([-1.0, 0.0, 1.0], len(g))
    eta = 1.5 + 0.3 * x + 0.2 * rng.normal(size=10)[g]
    return pd.DataFrame({
        "x": x,
        "g": [f"g{i}" for i in g],
        "time": 0.4 + np.exp(0.3 * (eta - 1.5) + 0.4 * rng.normal(size=len(g))),
        "real": eta + 0.3 * rng.normal(size=len(g)) + 0.5 * rng.exponential(size=len(g)),
        "angle": rng.vonmises(0.4 * (eta - 1), 4.0),
        "count": rng.poisson(2 * eta),
        "yes": rng.binomial(1, np.clip(0.2 * eta, 0, 1)).astype(float),
        "share": rng.beta(4 * eta / 4, 4 - eta),
    })  # fmt: skip


@cache
def fitted(left: str, family: str, link: str, *dpars: str) -> sm.Fit:
    of = with_link(FAMILIES[family], link)
    return sm.brm(sm.bf(f"{left} ~ x + (1 | g)", *dpars), data(), family=of, **SHORT)


def usual(family: str) -> str:
    return FAMILIES[family].link.name


EVERY = [*((left, family, usual(family)) for family, (left, _) in CASES.items()), *LINKS]


@pytest.mark.parametrize(("left", "family", "link"), EVERY)
def test_every_verb_answers(left: str, family: str, link: str, tmp_path: Path) -> None:
    fit = fitted(left, family, link)
    of: Family = fit.model.family
    assert f"Family: {family}  ( {link} )" in repr(fit)
    assert all(one.name in str(sm.summary(fit)) for one in of.scalars)
    epred, draws = sm.posterior_epred(fit), sm.posterior_predict(fit, seed=1)
    assert epred.shape == draws.shape == (300, 150)
    if of.variance:
        assert float(draws.mean()) == pytest.approx(float(epred.mean()), rel=0.1)
        assert 0 < float(np.mean(sm.bayes_R2(fit))) < 1
        in_sds = sm.residuals(fit) / draws.values.std(axis=0)
        if not of.saturates:
            assert float(np.median(sm.residuals(fit, type="pearson") / in_sds)) == pytest.approx(1, rel=0.1)
    else:
        with pytest.raises(DataError, match="have no variance in closed form"):
            sm.bayes_R2(fit, method="model")
        assert 0 < float(np.mean(sm.bayes_R2(fit))) < 1
    assert np.all(np.isfinite(sm.log_lik(fit).values))
    assert np.isfinite(sm.loo(fit).estimates.loc["elpd_loo", "Estimate"])
    assert len(sm.residuals(fit)) == 150
    for type_ in ("deviance", "working"):
        if of.saturates:
            assert np.all(np.isfinite(sm.residuals(fit, type=type_)))
        else:
            with pytest.raises(DataError, match=f"{type_} residuals are of generalised linear models"):
                sm.residuals(fit, type=type_)
    assert set(sm.conditional_effects(fit).frames) == {"x"}
    sm.pp_check(fit).draw()
    sm.plot_prior_posterior(fit, [one.name for one in of.scalars] or None).draw()
    assert sm.prior_summary(fit)
    assert sm.equation(fit)
    sm.save(fit, tmp_path / "fit.zip")
    assert sm.load(tmp_path / "fit.zip").model.family == of
    assert sm.update(fit, ". ~ . - x", **SHORT).model.family.link.name == link
    assert np.isfinite(sm.kfold(fit, K=2, seed=1).estimates.loc["elpd_kfold", "Estimate"])
    new = data().iloc[:3].assign(g="elsewhere")
    assert sm.posterior_epred(fit, newdata=new, new_levels="draw").shape == (300, 3)


@pytest.mark.parametrize("family", CASES)
def test_every_parameter_takes_a_formula(family: str) -> None:
    left, dpars = CASES[family]
    for dpar in dpars:
        fit = fitted(left, family, usual(family), f"{dpar} ~ x + (1 | g)")
        inside = sm.posterior_epred(fit, dpar=dpar).values
        within = next(one.within for one in FAMILIES[family].parameters if one.name == dpar)
        assert np.all((inside > within.low) & (inside < within.high)), dpar
        assert np.isfinite(sm.loo(fit).estimates.loc["elpd_loo", "Estimate"])


def test_a_link_that_leaves_what_its_parameter_may_be_says_so_without_a_start() -> None:
    frame = data().assign(x=lambda d: d["x"] + 0.5 * (d["x"] == 0))
    with pytest.raises(DataError, match="under the identity link mu of some rows is not above 0"):
        sm.glm("count ~ 0 + x", frame, family=FAMILIES["poisson"], **SHORT) and sm.glm(
            "count ~ 0 + x", frame, family=with_link(FAMILIES["poisson"], "identity"), **SHORT
        )


@pytest.mark.parametrize(
    ("left", "family", "message"),
    [
        ("real - 3", "shifted_lognormal", "shifted_lognormal needs responses above zero"),
        ("angle * 4", "von_mises", "von_mises needs angles between -pi and pi"),
    ],
)
def test_responses_that_a_family_cannot_have_are_named_with_their_rows(left: str, family: str, message: str) -> None:
    with pytest.raises(DataError, match=rf"{message}.*rows? \d+"):
        sm.glm(f"I({left}) ~ x", data(), family=FAMILIES[family], **SHORT)
