"""Fits with several predictors: names, priors, prints, predictions, files, and what else is asked of a fit."""

import pickle
import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_fits import SIZES

import stanmlm as sm
from stanmlm.fit.fit import draws_of
from stanmlm.fit.prior_summary import prior_frame

FORMULA = sm.bf("y ~ x + (1 | g)", "sigma ~ scale(z) + f + (1 | g)")
PLAIN = sm.bf("y ~ x", "sigma ~ z")
NEW = pd.DataFrame({"x": [0.0, 1.0], "z": [0.0, 2.0], "f": ["a", "b"], "g": ["g1", "g2"]})


@cache
def data() -> pd.DataFrame:
    """One row without z."""
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(12), 15)
    frame = pd.DataFrame({"x": rng.normal(size=180).round(1), "z": rng.normal(3, 2, 180), "g": [f"g{i}" for i in g]})
    frame["f"] = rng.choice(list("ab"), 180)
    log_sigma = 0.3 * (frame["z"] - 3) / 2 + rng.normal(0, 0.4, 12)[g]
    frame["y"] = 2 + 0.5 * frame["x"] + rng.normal(0, 0.7, 12)[g] + np.exp(log_sigma) * rng.normal(size=180)
    frame.loc[3, "z"] = np.nan
    return frame


@cache
def fit(family: str = "gaussian") -> sm.Fit:
    return sm.brm(FORMULA, data(), family=family, na_action="exclude", **SIZES)


BOTH = pytest.mark.parametrize("family", ["gaussian", "student"])


def eta(of: sm.Fit, new: pd.DataFrame) -> np.ndarray:
    """Log sigma of new rows, written out."""
    b, z = draws_of(of, "b_sigma"), data()["z"].dropna()
    columns = np.stack([np.ones(2), (new["z"] - z.mean()) / z.std(), new["f"] == "b"]).astype(float)
    place = [of.model.design.terms[1].levels.index(g) for g in new["g"]]
    return b @ columns + draws_of(of, "r_g")[:, place, 1]


@BOTH
def test_names_are_those_of_the_contract(family: str) -> None:
    of = fit(family)
    assert sm.fixef(of).index.tolist() == [
        *("(Intercept)", "x", "sigma_(Intercept)", "sigma_scale(z)", "sigma_fb"),
    ]
    columns = sm.as_draws_df(of).columns
    for name in ("b[x]", "b_sigma[fb]", "sd_g[sigma_(Intercept)]", "r_g[g1, sigma_(Intercept)]"):
        assert name in columns
    assert "sigma" not in columns
    assert sm.ranef(of)["g"].columns.tolist() == ["(Intercept)", "sigma_(Intercept)"]
    assert [term.coefs for term in sm.VarCorr(of).terms] == [("(Intercept)",), ("sigma_(Intercept)",)]
    assert ("nu" in columns) == (family == "student")


@pytest.mark.parametrize(
    ("spelled", "variable", "place"),
    [
        *((text, "b_sigma", 2) for text in ("b_sigma[fb]", "b_sigma_fb", "sigma_fb")),
        *((text, "sd_g", 1) for text in ("sd_g__sigma_Intercept", "sd_g[sigma_Intercept]", "sd_sigma_(Intercept)|g")),
    ],
)
def test_every_spelling_finds_its_parameter(spelled: str, variable: str, place: int) -> None:
    found = sm.posterior_interval(fit(), pars=[spelled], prob=0.5)
    np.testing.assert_allclose(found.iloc[0], np.quantile(draws_of(fit(), variable)[:, place], [0.25, 0.75]))


@BOTH
def test_another_parameter_is_predicted_on_its_links_scale_and_its_own(family: str) -> None:
    of = fit(family)
    expected = eta(of, NEW)
    np.testing.assert_allclose(sm.posterior_linpred(of, NEW, dpar="sigma").to_numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(sm.posterior_epred(of, NEW, dpar="sigma").to_numpy(), np.exp(expected), rtol=1e-12)
    np.testing.assert_allclose(
        sm.posterior_linpred(of, NEW, dpar="sigma", transform=True), np.exp(expected), rtol=1e-12
    )
    whole = sm.posterior_epred(of, dpar="sigma").mean("sample").to_numpy()
    np.testing.assert_allclose(sm.fitted(of, dpar="sigma").dropna(), whole, rtol=1e-12)


def test_a_parameter_of_one_number_is_the_same_in_all_rows() -> None:
    values = sm.posterior_epred(fit("student"), NEW, dpar="nu").to_numpy()
    np.testing.assert_array_equal(values, np.repeat(draws_of(fit("student"), "nu")[:, None], 2, axis=1))


def test_a_parameter_that_the_family_lacks_is_refused() -> None:
    with pytest.raises(sm.OptionError, match="`sigm` is not a parameter of gaussian; did you mean `sigma`"):
        sm.posterior_linpred(fit(), NEW, dpar="sigm")


def test_new_responses_and_log_densities_have_each_rows_sigma() -> None:
    of = fit()
    mu, sigma = sm.posterior_epred(of, NEW).to_numpy(), np.exp(eta(of, NEW))
    new = sm.posterior_predict(of, pd.concat([NEW] * 50), seed=1).to_numpy().reshape(len(mu), 50, 2)
    spread = (new - mu[:, None]) / sigma[:, None]
    assert spread.std() == pytest.approx(1.0, abs=4 / np.sqrt(2 * spread.size))
    y = np.array([1.0, 3.0])
    density = -0.5 * ((y - mu) / sigma) ** 2 - np.log(sigma) - 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(sm.log_lik(of, NEW.assign(y=y)).to_numpy(), density, rtol=1e-10)


def test_without_group_effects_both_predictors_have_none() -> None:
    of = fit()
    b = draws_of(of, "b_sigma")
    z = data()["z"].dropna()
    value = (0.0 - z.mean()) / z.std()
    found = sm.posterior_linpred(of, NEW.head(1), "NA", dpar="sigma").to_numpy()
    np.testing.assert_allclose(found[:, 0], b[:, 0] + b[:, 1] * value, rtol=1e-12)


def test_residuals_are_in_units_of_each_rows_sigma() -> None:
    of = fit()
    plain, pearson = sm.residuals(of), sm.residuals(of, "pearson")
    np.testing.assert_allclose(pearson.dropna(), (plain / sm.fitted(of, dpar="sigma")).dropna(), rtol=1e-10)
    assert plain.isna().sum() == 1


@BOTH
def test_the_print_groups_predictors_as_brms_does(family: str) -> None:
    text = str(fit(family))
    assert "  Links: mu = identity; sigma = log\n" in text
    assert "Formula: y ~ x + (1 | g)\n         sigma ~ scale(z) + f + (1 | g)\n" in text
    assert re.search(r"\n g\.1 +sigma_\(Intercept\) ", text)
    assert "Residual" not in text
    assert ("Auxiliary:" in text) == (family == "student")


def test_sigma_is_no_number_where_it_has_a_formula() -> None:
    with pytest.raises(sm.OptionError, match=r'fitted\(fit, dpar="sigma"\) gives it'):
        sm.sigma(fit())


def test_brms_defaults_are_those_of_brm() -> None:
    """get_prior(bf(y ~ x + (1|g), sigma ~ x + (1|g)), d) of brms 2.18 for y with median 100 and mad 30."""
    rng = np.random.default_rng(2)
    frame = data().assign(y=100 + 30 * rng.normal(size=180))
    y = frame["y"]
    location, mad = round(y.median(), 1), round(1.4826 * (y - y.median()).abs().median(), 1)
    of = sm.brm(sm.bf("y ~ x + (1 | g)", "sigma ~ x + (1 | g)"), frame, **{**SIZES, "iter": 10, "chains": 1})
    rows = prior_frame(of.model.priors)[["prior", "class", "dpar"]].to_numpy().tolist()
    assert rows == [
        [f"student_t(3, {location:.4g}, {mad})", "Intercept", ""],
        ["student_t(3, 0, 2.5)", "Intercept", "sigma"],
        ["(flat)", "b", ""],
        ["(flat)", "b", "sigma"],
        [f"student_t(3, 0, {mad})", "sd", ""],
        [f"student_t(3, 0, {mad})", "sd", "sigma"],
    ]


def test_rstanarms_defaults_count_in_the_units_of_the_data() -> None:
    frame = data().assign(y=lambda d: 1000 * d["y"])
    of = sm.lmer(sm.bf("y ~ x + (1 | g)", "sigma ~ x + (1 | g)"), frame, **{**SIZES, "iter": 10, "chains": 1})
    rows = {(row.class_, row.dpar): row for row in of.model.priors.rows}
    sd_y, sd_x = frame["y"].std(), frame["x"].std()
    assert rows["Intercept", "sigma"].arguments == pytest.approx((3, np.log(sd_y), 2.5))
    assert rows["b", "sigma"].arguments == pytest.approx((0, 2.5 / sd_x))
    assert rows["sd", "mu"].arguments == pytest.approx((1, 1, 1, sd_y))
    assert rows["sd", "sigma"].arguments == (1, 1, 1, 1)
    assert not any(row.ratio for row in of.model.priors.rows)


@pytest.mark.parametrize(
    ("formula", "row", "message"),
    [
        (FORMULA, sm.set_prior("normal(0, 1)", class_="sigma"), "`sigma` has a formula"),
        ("y ~ x", sm.set_prior("normal(0, 1)", dpar="sigma"), "`sigma` has no predictor; it is one number"),
        (FORMULA, sm.set_prior("normal(0, 1)", dpar="sigm"), "`sigm` has no predictor; did you mean `sigma`"),
        (
            PLAIN,
            sm.set_prior("normal(0, 1)", class_="sd", dpar="sigma"),
            "in the predictor of `sigma`",
        ),
        (FORMULA, sm.set_prior("normal(0, 1)", coef="x", dpar="sigma"), "has no coefficient `x`"),
        (FORMULA, sm.set_prior("normal(0, 1)", coef="fb"), "has no coefficient `fb`"),
    ],
)
def test_priors_that_find_nothing_say_where_they_looked(formula: object, row: object, message: str) -> None:
    with pytest.raises(sm.PriorError, match=message):
        sm.brm(formula, data(), prior=row)  # type: ignore[arg-type]


def test_a_file_keeps_all_predictors(tmp_path: Path) -> None:
    of = fit()
    sm.save(of, tmp_path / "fit")
    again = sm.load(tmp_path / "fit")
    for dpar in (None, "sigma"):
        np.testing.assert_array_equal(sm.posterior_epred(again, NEW, dpar=dpar), sm.posterior_epred(of, NEW, dpar=dpar))
    assert str(again) == str(of)
    crossed = pickle.loads(pickle.dumps(of))
    np.testing.assert_array_equal(sm.posterior_predict(crossed, NEW), sm.posterior_predict(of, NEW))


def test_update_keeps_formulas_of_other_parameters_or_takes_new_ones() -> None:
    short = {"iter": 20, "chains": 1}
    again = sm.update(fit(), ". ~ . + z", **short)
    assert (again.call.verb, again.model.priors.preset) == ("brm", "brms")
    assert sm.fixef(again).index.tolist()[-3:] == ["sigma_(Intercept)", "sigma_scale(z)", "sigma_fb"]
    other = sm.update(fit(), sm.bf(". ~ .", "sigma ~ . - f"), **short)
    assert sm.fixef(other).index.tolist() == ["(Intercept)", "x", "sigma_(Intercept)", "sigma_scale(z)"]
    none = sm.update(fit(), sm.bf("y ~ x"), **short)
    assert sm.fixef(none).index.tolist() == ["(Intercept)", "x"]


def test_variances_of_the_mean_leave_effects_on_sigma_out() -> None:
    of = fit()
    shares = sm.variance_decomposition(of).frame.query("quantity == 'variance'").set_index("group")["estimate"]
    tau2 = draws_of(of, "sd_g")[:, 0] ** 2
    assert shares["g"] == pytest.approx(np.median(tau2))
    sigma2 = (sm.posterior_epred(of, dpar="sigma").to_numpy() ** 2).mean(axis=1)
    assert shares["Residual"] == pytest.approx(np.median(sigma2))


def test_variables_of_all_formulas_are_in_grids_and_comparisons() -> None:
    assert {"x", "z", "f", "g"} <= set(sm.datagrid(fit()).columns)
    flat = sm.avg_comparisons(fit(), "f").frame["estimate"]
    np.testing.assert_allclose(flat, 0.0, atol=1e-12)  # f moves sigma, and not what is expected


def test_criticism_works_row_by_row() -> None:
    of = fit()
    assert sm.log_lik(of).shape[1] == 179
    assert np.isfinite(sm.loo(of).estimates.to_numpy()).all()
    assert set(sm.log_prior(of)) == {"Intercept", "Intercept_sigma", "sd", "sd_sigma"}


def test_an_equation_has_a_line_for_each_predictor() -> None:
    text = str(sm.equation(fit()))
    assert r"\sigma_{ij} &= \exp(" in text
    assert r"\alpha_{\sigma,j} &\sim" in text
