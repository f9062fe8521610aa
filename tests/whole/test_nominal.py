"""Every verb on fits whose categories have a predictor each: short ones, whose numbers do not matter."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.families import categorical

pytestmark = pytest.mark.slow

SHORT = {"chains": 2, "iter": 300, "seed": 5, "progress": False}
# Means of two samplings of one posterior, in their common Monte Carlo error.
ERRORS = 4.0
NAMES = ["left", "in between", "right"]


@cache
def data(categories: int = 3, rows: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(12)
    g = np.arange(rows) % 10
    x = rng.choice([-1.0, 0.0, 1.0], rows)
    odds = np.column_stack([np.zeros(rows), *(s * x + rng.normal(size=10)[g] for s in (0.8, -0.5)[: categories - 1])])
    code = np.argmax(odds + rng.gumbel(size=odds.shape), axis=1)
    names = NAMES[:categories]
    return pd.DataFrame({
        "x": x,
        "f": rng.choice(["p", "q"], rows),
        "g": [f"g{i}" for i in g],
        "choice": pd.Categorical.from_codes(code, names),
    })  # fmt: skip


@cache
def fitted(*texts: str, reference: str | None = None) -> sm.Fit:
    return sm.brm(sm.bf(*texts), data(), family=categorical(refcat=reference), **SHORT)


MAIN = "choice ~ x + (1 | g)"


def test_prints_are_in_brms_groups() -> None:
    text = repr(fitted(MAIN))
    assert " Family: categorical  ( logit )\n  Links: muinbetween = logit; muright = logit\n" in text
    assert "muright_(Intercept)" in text
    assert list(sm.fixef(fitted(MAIN)).index) == [
        f"{dpar}_{coef}" for dpar in ("muinbetween", "muright") for coef in ("(Intercept)", "x")
    ]
    assert "sd_g__muright_Intercept" in str(sm.hypothesis(fitted(MAIN), "sd_g__muright_Intercept > 1"))


def test_expected_responses_are_probabilities_by_name() -> None:
    fit = fitted(MAIN)
    epred = sm.posterior_epred(fit)
    assert epred.dims == ("sample", "row", "category")
    assert list(epred["category"].values) == NAMES
    np.testing.assert_allclose(epred.sum("category"), 1.0, rtol=1e-12)
    again = sm.posterior_epred(fit, newdata=data().drop(columns="choice"))
    np.testing.assert_allclose(again, epred, rtol=1e-12)
    log_odds = np.log(epred.sel(category="right") / epred.sel(category="left"))
    np.testing.assert_allclose(sm.posterior_linpred(fit, dpar="muright"), log_odds, rtol=1e-9, atol=1e-9)
    assert list(sm.fitted(fit).columns) == [f"P(Y = {name})" for name in NAMES]
    with pytest.raises(sm.OptionError, match="several predictors, `muinbetween` and `muright`: say which one"):
        sm.posterior_linpred(fit)


def test_new_responses_are_codes_as_often_as_expected() -> None:
    fit = fitted(MAIN)
    draws = sm.posterior_predict(fit, seed=1)
    assert draws.attrs["levels"] == NAMES
    for k, name in enumerate(NAMES):
        expected = float(sm.posterior_epred(fit).sel(category=name).mean())
        assert float((draws == k + 1).mean()) == pytest.approx(expected, abs=0.01)


def test_another_reference_is_the_same_likelihood() -> None:
    """Under flat priors of slopes and wide ones elsewhere the probabilities agree within Monte Carlo error."""
    fits = [fitted("choice ~ x"), fitted("choice ~ x", reference="right")]
    means, sds = zip(*((one.mean("sample"), one.std("sample")) for one in map(sm.posterior_epred, fits)), strict=True)
    assert float(np.max(np.abs(means[0] - means[1]) / np.hypot(*sds))) < ERRORS * np.sqrt(1 / 100)


def test_two_categories_have_the_posterior_of_binomial_responses() -> None:
    two = data(2)
    sizes = SHORT | {"iter": 2000, "chains": 4}
    ours = sm.brm("choice ~ x + (1 | g)", two, family=categorical(), **sizes)
    theirs = sm.brm("choice ~ x + (1 | g)", two, family=sm.binomial(), **sizes)
    pairs = [("b_muinbetween[x]", "b[x]"), ("b_muinbetween[(Intercept)]", "b[(Intercept)]")]
    pairs += [("sd_g[muinbetween_(Intercept)]", "sd_g[(Intercept)]")]
    draws = sm.as_draws_df(ours), sm.as_draws_df(theirs)
    for one, other in pairs:
        a, b = draws[0][one], draws[1][other]
        assert abs(a.mean() - b.mean()) < ERRORS * np.hypot(a.std(), b.std()) / np.sqrt(1500), one
        assert a.std() == pytest.approx(b.std(), rel=0.1), one
    np.testing.assert_allclose(
        sm.loo(ours).estimates.loc["elpd_loo", "Estimate"], sm.loo(theirs).estimates.loc["elpd_loo", "Estimate"], atol=1
    )


def test_questions_of_categories(tmp_path: Path) -> None:
    fit = fitted(MAIN)
    assert np.all(np.isfinite(sm.log_lik(fit).values))
    chances = sm.posterior_epred(fit).values
    own = np.take_along_axis(chances, fit.model.response.y.astype(int)[None, :, None] - 1, axis=2)[..., 0]
    np.testing.assert_allclose(sm.log_lik(fit).values, np.log(own), rtol=1e-9)
    assert np.isfinite(sm.loo(fit).estimates.loc["elpd_loo", "Estimate"])
    frame = sm.conditional_effects(fit).frames["x"]
    assert sorted(frame["category"].unique()) == sorted(NAMES)
    np.testing.assert_allclose(sm.conditional_effects(fit, dpar="muright").frames["x"].shape[0], 100)
    assert set(sm.avg_slopes(fit, variables="x").frame["group"]) == set(NAMES)
    cells = data()[["x", "g"]].drop_duplicates().assign(N=2.0)
    table = sm.poststratify(fit, cells, "N", by="g")
    np.testing.assert_allclose(table.frame.groupby("g")["mean"].sum(), 1.0, rtol=1e-9)
    sm.pp_check(fit).draw()
    sm.save(fit, tmp_path / "fit.zip")
    loaded = sm.load(tmp_path / "fit.zip")
    assert loaded.model.family == fit.model.family
    np.testing.assert_array_equal(sm.posterior_epred(loaded), sm.posterior_epred(fit))
    again = sm.update(loaded, sm.bf(". ~ . - (1 | g)", "muright ~ 1"), **SHORT)
    assert list(sm.fixef(again).index) == ["muinbetween_(Intercept)", "muinbetween_x", "muright_(Intercept)"]
    fewer = sm.update(fit, data=data().query("choice != 'left'"), **SHORT)
    assert fewer.model.family.locations == ("muright",)


def test_effects_are_of_whichever_predictor_has_them() -> None:
    fit = fitted("choice ~ x * f", "muright ~ g")
    assert list(sm.conditional_effects(fit).frames) == ["x", "f", "g"]
    with pytest.raises(sm.OptionError, match=r"no order.*show one predictor of `x:f`"):
        sm.conditional_effects(fit, "x:f")
    assert list(sm.conditional_effects(fit, dpar="muright").frames) == ["g"]
    assert list(sm.conditional_effects(fit, dpar="muinbetween").frames) == ["x", "f", "x:f"]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (sm.residuals, "residuals are of numbers, and the response of categorical models has categories"),
        (sm.bayes_R2, "are of numbers, and the response of categorical models has categories"),
        (lambda fit: sm.variance_decomposition(fit), "of one predictor|of numbers"),
        (lambda fit: sm.pp_check(fit, "stat"), 'have no order, which "stat" is about: use type="bars"'),
        (lambda fit: sm.conditional_effects(fit, categorical=False), "have no order, and so their codes no mean"),
        (lambda fit: sm.conditional_effects(fit, method="predict"), 'no mean: method="epred" gives'),
        (lambda fit: sm.avg_comparisons(fit, type="link"), "several predictors"),
    ],
)
def test_what_categories_without_order_do_not_have_is_refused(ask: object, message: str) -> None:
    with pytest.raises(sm.StanmlmError, match=message):
        ask(fitted(MAIN))  # type: ignore[operator]
