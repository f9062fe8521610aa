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
    sm.pp_check(fit, "bars_grouped", group="g").draw()
    sm.save(fit, tmp_path / "fit.zip")
    loaded = sm.load(tmp_path / "fit.zip")
    assert loaded.model.family == fit.model.family
    np.testing.assert_array_equal(sm.posterior_epred(loaded), sm.posterior_epred(fit))
    again = sm.update(loaded, sm.bf(". ~ . - (1 | g)", "muright ~ 1"), **SHORT)
    assert list(sm.fixef(again).index) == ["muinbetween_(Intercept)", "muinbetween_x", "muright_(Intercept)"]
    fewer = sm.update(fit, data=data().query("choice != 'left'"), **SHORT)
    assert fewer.model.family.locations == ("muright",)


def test_effects_under_one_label_correlate_across_categories() -> None:
    fit = fitted("choice ~ x + (1 |p| g)")
    assert [term.dpars for term in fit.model.design.terms] == [("muinbetween", "muright")]
    assert "cor_g[muinbetween_(Intercept),muright_(Intercept)]" in sm.as_draws_df(fit)
    new = data().iloc[:3].drop(columns="choice").assign(g="elsewhere")
    assert sm.posterior_epred(fit, new, new_levels="draw").shape == (300, 3, 3)
    with pytest.raises(sm.OptionError, match="effects of `g` are of several, together"):
        sm.equation(fit)


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


PARTS = {"multinomial": ("cbind(k1, k2, k3) | trials(n)", ()), "dirichlet": ("cbind(s1, s2, s3)", ("phi",))}
every_of_parts = pytest.mark.parametrize("family", PARTS)


@cache
def parts(rows: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    g = np.arange(rows) % 10
    x = rng.choice([-1.0, 0.0, 1.0], rows)
    odds = np.column_stack([np.zeros(rows), 0.6 * x + rng.normal(size=10)[g], -0.5 - 0.4 * x])
    chances = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    n = rng.integers(1, 9, rows)
    counts = np.array([rng.multinomial(*each) for each in zip(n, chances, strict=True)])
    shares = np.array([rng.dirichlet(6 * p) for p in chances])
    of = {f"k{k + 1}": counts[:, k] for k in range(3)} | {f"s{k + 1}": shares[:, k] for k in range(3)}
    return pd.DataFrame({"x": x, "g": [f"g{i}" for i in g], "n": n, **of})


@cache
def of_parts(family: str, *texts: str) -> sm.Fit:
    left, _ = PARTS[family]
    return sm.brm(sm.bf(f"{left} ~ x + (1 | g)", *texts), parts(), family=family, **SHORT)


@every_of_parts
def test_every_verb_answers_for_responses_in_parts(family: str, tmp_path: Path) -> None:
    fit, data_ = of_parts(family), parts()
    epred = sm.posterior_epred(fit)
    assert list(epred["category"].values) == list(fit.model.family.categories)
    np.testing.assert_allclose(epred.sum("category"), 1.0, rtol=1e-12)
    drawn = sm.posterior_predict(fit, seed=2)
    assert drawn.dims == ("sample", "row", "category")
    means = sm.summary(fit).frame["mean"].filter(like="mean_PPD:")
    assert list(means.index) == [f"mean_PPD:{name}" for name in fit.model.family.categories]
    np.testing.assert_allclose(means, drawn.mean(["sample", "row"]), rtol=0.05)
    totals = data_["n"].to_numpy() if family == "multinomial" else np.ones(len(data_))
    np.testing.assert_allclose(drawn.sum("category"), np.tile(totals, (drawn.sizes["sample"], 1)), rtol=1e-12)
    counts = sm.posterior_epred(fit, scale="count")
    np.testing.assert_allclose(counts.mean(("sample", "row")), drawn.mean(("sample", "row")), rtol=0.03)
    simulated = sm.simulate(fit, 2, seed=1)
    assert list(simulated.columns) == [
        (sim, name) for sim in ("sim_1", "sim_2") for name in fit.model.family.categories
    ]
    np.testing.assert_allclose(simulated["sim_2"].sum(axis=1), totals, rtol=1e-12)
    new = data_.iloc[:4].drop(columns=[column for column in data_ if column[0] in "ks"]).assign(g="elsewhere")
    assert sm.posterior_predict(fit, new, new_levels="draw").shape == (300, 4, 3)
    assert np.all(np.isfinite(sm.log_lik(fit).values))
    np.testing.assert_allclose(sm.log_lik(fit, data_.iloc[:5]), sm.log_lik(fit).values[:, :5], rtol=1e-9)
    assert np.isfinite(sm.loo(fit).estimates.loc["elpd_loo", "Estimate"])
    assert set(sm.conditional_effects(fit).frames["x"]["category"]) == set(fit.model.family.categories)
    assert sm.conditional_effects(fit, method="predict").frames["x"].shape[0] == 300
    assert set(sm.avg_predictions(fit).frame["group"]) == set(fit.model.family.categories)
    tree = sm.to_arviz(fit, posterior_predictive=True, log_likelihood=True)
    assert tree["posterior_predictive"].to_dataset().sizes["category"] == 3
    assert tree["observed_data"].to_dataset().sizes["category"] == 3
    sm.save(fit, tmp_path / "fit.zip")
    loaded = sm.load(tmp_path / "fit.zip")
    assert loaded.model.family == fit.model.family
    np.testing.assert_array_equal(sm.posterior_predict(loaded, seed=2), drawn)
    np.testing.assert_array_equal(loaded.model.response.y, fit.model.response.y)
    again = sm.update(loaded, ". ~ . - (1 | g)", **SHORT)
    assert not again.model.design.terms
    for ask in (sm.residuals, sm.bayes_R2, sm.pp_check):
        with pytest.raises(sm.DataError, match="categories"):
            ask(fit)


def test_counts_without_trials_are_what_columns_sum_to() -> None:
    fit = sm.brm("cbind(k1, k2, k3) ~ x", parts(), family=sm.multinomial(refcat="k2"), **SHORT)
    assert fit.model.family.locations == ("muk1", "muk3")
    np.testing.assert_array_equal(fit.model.response.trials, parts()["n"])
    with pytest.raises(sm.DataError, match="trials"):
        sm.posterior_predict(fit, parts()[["x"]])
    assert sm.posterior_predict(fit, parts()[["x"]], trials=5).sum("category").values.max() == 5


def test_precision_takes_a_formula_a_number_and_a_prior(tmp_path: Path) -> None:
    fit = of_parts("dirichlet", "phi ~ x + (1 | g)")
    assert np.all(sm.posterior_epred(fit, dpar="phi").values > 0)
    assert list(sm.conditional_effects(fit, dpar="phi").frames) == ["x"]
    held = sm.brm(sm.bf("cbind(s1, s2, s3) ~ x", phi=5), parts(), family=sm.dirichlet, **SHORT)
    sm.save(held, tmp_path / "held.zip")
    assert sm.load(tmp_path / "held.zip").model.family.constants == {"phi": 5.0}
    bounded = [sm.set_prior("gamma(2, 0.1)", class_="phi", ub=6)]
    narrow = sm.brm("cbind(s1, s2, s3) ~ x", parts(), family=sm.dirichlet, priors=bounded, **SHORT)
    assert float(sm.as_draws_df(narrow)["phi"].max()) < 6
    sm.save(narrow, tmp_path / "narrow.zip")
    assert sm.load(tmp_path / "narrow.zip").model.family == narrow.model.family


def test_counts_of_one_are_categories() -> None:
    single = data().assign(**{f"k{k}": (data()["choice"] == name) * 1 for k, name in enumerate(NAMES)})
    fits = [fitted("choice ~ x"), sm.brm("cbind(k0, k1, k2) ~ x", single, family=sm.multinomial, **SHORT)]
    assert sm.stancode(fits[0]).splitlines()[1:] == sm.stancode(fits[1]).splitlines()[1:]
    np.testing.assert_allclose(*(sm.standata(fit)["often"] for fit in fits))
    np.testing.assert_allclose(*(sm.standata(fit)["fix_hat"] for fit in fits), rtol=1e-9)
    assert list(sm.fixef(fits[1]).index) == ["muk1_(Intercept)", "muk1_x", "muk2_(Intercept)", "muk2_x"]


def test_equations_are_of_any_category_or_of_each() -> None:
    text = str(sm.equation(fitted(MAIN), names={"choice": "y"}))
    assert r"\log \frac{\pi_{c,ij}}{\pi_{1,ij}} &= \mu_{c,ij}, \quad c = 2, 3" in text
    assert r"\mu_{c,ij} &= \alpha_{c,j} + \beta_{c}\,\mathrm{x}_{ij}" in text
    assert r"\alpha_{c,j} &\sim \text{Normal}(\mu_{\alpha_{c}}, \sigma_{\alpha_{c}}^2)" in text
    apart = str(sm.equation(fitted("choice ~ x * f", "muright ~ g"), names={"fq": "F"}))
    assert r"\mu_{2,i} &= \alpha_{2} + \beta_{1,2}\,\mathrm{x}_{i} + \beta_{2,2}\," in apart
    assert r"\mu_{3,i} &= \alpha_{3} + " in apart
    shares = str(sm.equation(of_parts("dirichlet")))
    assert r"\mathrm{cbind(s1{,}\ s2{,}\ s3)}_{ij} &\sim \text{Dirichlet}(\pi_{ij} \phi)" in shares
    both = str(sm.equation(of_parts("dirichlet", "phi ~ x + (1 | g)")))
    assert r"\text{Dirichlet}(\pi_{ij} \phi_{ij})" in both
    assert r"\phi_{ij} &= \exp(\mu_{\phi,ij})" in both
    assert r"\mu_{\phi,ij} &= \alpha_{\phi,j} + \beta_{\phi}\,\mathrm{x}_{ij}" in both
