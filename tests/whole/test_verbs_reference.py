"""Verbs against R's broom.mixed, performance, DHARMa and brms (`../shared/reference/verbs.json`)."""

import json
import re
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.after.effects.nakagawa import fixed_variance, random_variance, shares

SHARED = Path(__file__).resolve().parents[3] / "shared" / "reference"
pytestmark = [pytest.mark.shared, pytest.mark.slow]
FIXEF_SE = {"tight": 0.15, "medium": 0.35}  # posterior means from maximum likelihood, in standard errors
SIZES = {"seed": 20261127, "chains": 4, "iter": 1500, "progress": False}


def entries(*kinds: str) -> list[dict[str, Any]]:
    path = SHARED / "verbs.json"
    every = json.loads(path.read_text())["entries"] if path.is_file() else []
    return [entry for entry in every if entry["kind"] in kinds]


def table(entry: dict[str, Any]) -> pd.DataFrame:
    told = entry["result"]["table"]
    return pd.DataFrame(told["rows"], columns=told["columns"])


@cache
def fit_of(model: str, data: str) -> sm.Fit:
    """The fit of an entry's model, which comes as text; all entries of one share it."""
    asked, frame = json.loads(model), _load().data(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.StanmlmWarning)
        if "ziformula" in asked:
            formula = sm.bf(asked["formula"], f"zi {asked['ziformula']}")
            return sm.brm(formula, frame, family=f"zero_inflated_{asked['family']}", **SIZES)
        if asked["family"] == "gaussian":
            return sm.lmer(asked["formula"], frame, **SIZES)
        return sm.glmer(asked["formula"], frame, family=asked["family"], **SIZES)


def _load() -> ModuleType:
    import importlib.util

    spec = importlib.util.spec_from_file_location("reference_load", SHARED / "load.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fitted(entry: dict[str, Any]) -> sm.Fit:
    return fit_of(json.dumps(entry["model"]), entry["data"])


@pytest.mark.parametrize("entry", entries("tidy"), ids=lambda entry: entry["id"])
def test_tidy_has_the_columns_rows_and_terms_of_broom_mixed(entry: dict[str, Any]) -> None:
    expected, effects = table(entry), re.search(r"effects = '(\w+)'", entry["call"])
    assert effects
    found = sm.tidy(fitted(entry), effects[1])
    assert found.columns.tolist() == [name for name in expected.columns if name != "p.value"]
    assert len(found) == entry["result"].get("nrow", len(found))
    found = found.head(len(expected))
    for name in ("effect", "component", "group", "level", "term"):
        if name in expected:
            assert found[name].tolist() == expected[name].tolist()
    if effects[1] == "fixed":
        off = (found["estimate"] - expected["estimate"]) / expected["std.error"]
        assert (off.abs() < FIXEF_SE[entry["check"]["cls"]]).all()
        np.testing.assert_allclose(found["std.error"], expected["std.error"], rtol=0.2)
    elif effects[1] == "ran_vals":
        assert ((found["estimate"] - expected["estimate"]).abs() < 0.35 * expected["std.error"]).all()
    elif effects[1] == "ran_pars":
        np.testing.assert_allclose(found["estimate"], expected["estimate"], rtol=0.25)
    else:
        spread = found["conf.high"] - found["conf.low"]
        assert ((found["estimate"] - expected["estimate"]).abs() < 0.1 * spread).all()


@pytest.mark.parametrize("entry", entries("glance"), ids=lambda entry: entry["id"])
def test_glance_counts_and_scales_as_lme4(entry: dict[str, Any]) -> None:
    """Its likelihood criteria are no posterior's."""
    found, expected = sm.glance(fitted(entry)).iloc[0], table(entry).iloc[0]
    assert found["nobs"] == expected["nobs"]
    assert found["sigma"] == pytest.approx(expected["sigma"], rel=0.04)


@pytest.mark.parametrize("entry", entries("augment"), ids=lambda entry: entry["id"])
def test_augment_has_the_columns_of_broom_mixed(entry: dict[str, Any]) -> None:
    fit, expected = fitted(entry), table(entry)
    link = entry["model"]["fitter"] == "glmmTMB"
    found = sm.augment(fit, type_predict="link" if link else None).head(len(expected))
    assert found.columns.tolist() == expected.columns.tolist()
    # lme4's own .hat of a GLMM is no share of anything: it passes 1.
    odd = {".hat", ".cooksd"} if entry["model"]["fitter"].startswith("lme4::glmer") else set()
    for name in set(expected.columns) - odd:
        if pd.api.types.is_numeric_dtype(expected[name]):
            scale = max(float(expected[name].abs().mean()), 1e-9)
            assert (found[name] - expected[name]).abs().max() < 0.15 * scale, name
        else:
            assert found[name].astype(str).tolist() == expected[name].tolist()


PROBS = (0.025, 0.975)
BRMS = ("brms:fixef", "brms:ranef", "brms:coef", "brms:VarCorr", "brms:tidy")
# Of wine's program the priors are not told; those of the other cumulative ones are these.
LIKELY = {"p-real-wine": (("normal(0, 1)", "b"), ("normal(0, 3)", "Intercept"), ("exponential(1)", "sd"))}
MODELS = {
    "p-real-bcg": ("yi | se(sei) ~ 1 + (1 | trial)", "gaussian"),
    "p-real-wine": ("rating ~ temp + contact + (1 | judge)", sm.cumulative("probit")),
}


@cache
def of_posterior(name: str, data: str) -> sm.Fit:
    formula, family = MODELS[name]
    priors = ["brms", *(sm.set_prior(text, class_=class_) for text, class_ in LIKELY.get(name, ()))]
    told = json.loads((SHARED / "families_posterior.json").read_text())["entries"]
    for row in (row for entry in told if entry["id"] == name for row in entry["priors"]):
        keys = {key: row.get(key) or "" for key in ("coef", "group", "dpar")}
        priors.append(sm.set_prior(row["prior"], class_=row["class"], **keys))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.StanmlmWarning)
        return sm.brm(formula, _load().data(data), family=family, priors=priors, **SIZES)


def close(ours: Any, theirs: Any, tolerance: float) -> None:
    """Estimates and quantiles in posterior sds (column 1), sds by ratio."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    np.testing.assert_allclose(ours[..., 1], theirs[..., 1], rtol=2 * tolerance)
    for k in (0, 2, 3):
        assert np.all(np.abs(ours[..., k] - theirs[..., k]) < (k + 1) * tolerance * theirs[..., 1])


TOLERANCE = {"p-real-bcg": 0.1, "p-real-wine": 0.15}  # the priors of wine's program are not told


@pytest.mark.parametrize(
    "entry", [e for e in entries(*BRMS) if e["model"]["posterior"] in MODELS], ids=lambda entry: entry["id"]
)
def test_extractors_have_what_brms_has(entry: dict[str, Any]) -> None:
    name, result = entry["model"]["posterior"], entry["result"]
    fit, tolerance = of_posterior(name, entry["data"]), TOLERANCE[name]
    if entry["kind"] == "brms:fixef":
        found = sm.fixef(fit, probs=PROBS)
        assert found.columns.tolist() == result["table"]["columns"][1:]
        close(found, table(entry).set_index("row"), tolerance)
    elif entry["kind"] == "brms:tidy":
        found, expected = sm.tidy(fit), table(entry)
        for label in ("effect", "component", "group", "term"):
            assert found[label].tolist() == [one if isinstance(one, str) else None for one in expected[label]]
        numbers = ["estimate", "std.error", "conf.low", "conf.high"]
        assert found.columns.tolist() == expected.columns.tolist()
        close(found[numbers], expected[numbers], tolerance)
    elif entry["kind"] == "brms:VarCorr":
        for group, told in result.items():
            found = sm.VarCorr(fit, probs=PROBS)[group]["sd"]
            close(found, pd.DataFrame(told["sd"]["rows"]).set_index("row"), tolerance)
    else:
        verb = {"brms:ranef": sm.ranef, "brms:coef": sm.coef}[entry["kind"]]
        for group, told in result.items():
            found, columns = verb(fit, probs=PROBS)[group], told["dimnames"][1]
            assert found.shape == (told["dim"][0], told["dim"][1] * told["dim"][2])
            assert found.columns.get_level_values(1).unique().tolist() == columns
            first = found.head(3).to_numpy().reshape(3, told["dim"][2], 4)
            theirs = np.reshape(told["first3"], (told["dim"][2], 4, 3)).transpose(2, 0, 1)
            close(first, theirs, tolerance)


EXACT = {"r2-cbpp": "cbpp", "r2-epil": "epil-pois", "icc-cake": "cake-ord"}


@pytest.mark.parametrize("name", EXACT)
def test_shares_are_those_of_performance_from_lme4s_own_numbers(name: str, reference: ModuleType) -> None:
    (entry,) = (entry for entry in entries("r2", "icc") if entry["id"] == name)
    fit, case = fitted(entry), reference.lme4_cases()[EXACT[name]]
    told, X = case["fit"], sm.model_matrix(fit).to_numpy()
    beta = np.array([told["fixef"][column] for column in sm.model_matrix(fit).columns])
    fixed = fixed_variance(X, beta)
    random = sum(random_variance(np.ones((len(X), 1)), np.array([[term["sd"][0] ** 2]])) for term in told["VarCorr"])
    parts = entry["result"].get("variance", {"var.residual": [(told.get("sigma") or 1) ** 2]})
    found = shares(fixed, random, np.array(parts["var.residual"][0]))
    expected = entry["result"]
    if entry["kind"] == "r2":
        assert fixed == pytest.approx(parts["var.fixed"][0], rel=1e-4)  # digits of the stored estimates
        assert [found.marginal, found.conditional] == pytest.approx(
            [expected["R2_marginal"], expected["R2_conditional"]], rel=1e-4
        )
    else:
        assert [found.adjusted, found.unadjusted] == pytest.approx(
            [expected["ICC_adjusted"], expected["ICC_unadjusted"]], rel=1e-4
        )


def test_a_share_of_exact_parts_is_exact() -> None:
    for entry in entries("r2"):
        told = {
            name: np.array(values).ravel()[0]
            for name, values in entry["result"]["variance"].items()
            if name != "var.intercept"
        }
        found = shares(*(np.array(told[f"var.{part}"]) for part in ("fixed", "random", "residual")))
        assert found.marginal == pytest.approx(entry["result"]["R2_marginal"], rel=1e-9)
        assert found.conditional == pytest.approx(entry["result"]["R2_conditional"], rel=1e-9)


@pytest.mark.parametrize("entry", entries("r2", "icc"), ids=lambda entry: entry["id"])
def test_shares_of_a_posterior_are_near_those_of_performance(entry: dict[str, Any]) -> None:
    fit, result = fitted(entry), entry["result"]
    if entry["kind"] == "r2":
        expected = [result["R2_conditional"], result["R2_marginal"]]
        found = sm.r2(fit)
    elif "table" in result:
        found = sm.icc(fit, by_group=True)
        assert found.frame["group"].tolist() == table(entry)["Group"].tolist()
        expected = table(entry)["ICC"].tolist()
    else:
        found = sm.icc(fit, by_group=False)
        expected = [result["ICC_adjusted"], result["ICC_unadjusted"]]
    inside = (found.frame["conf.low"] < expected) & (expected < found.frame["conf.high"])
    assert inside.all()


@pytest.mark.parametrize("entry", entries("check_collinearity"), ids=lambda entry: entry["id"])
def test_inflation_is_that_of_performance(entry: dict[str, Any]) -> None:
    found, expected = sm.check_collinearity(fitted(entry)), table(entry)
    assert len(found) == len(expected)
    if len(found):
        assert found.columns.tolist() == expected.columns.tolist()
        assert found["Term"].tolist() == expected["Term"].tolist()
        np.testing.assert_allclose(found["VIF"], expected["VIF"], rtol=0.15)  # ratios of determinants of 3,000 draws


@pytest.mark.parametrize("entry", entries("model_performance"), ids=lambda entry: entry["id"])
def test_indices_are_near_those_of_performance(entry: dict[str, Any]) -> None:
    found, expected = sm.model_performance(fitted(entry), loo=False).iloc[0], table(entry).iloc[0]
    for name in ("R2_conditional", "R2_marginal", "ICC", "RMSE", "Sigma"):
        assert found[name] == pytest.approx(expected[name], rel=0.1), name


@pytest.mark.parametrize("entry", entries("DHARMa"), ids=lambda entry: entry["id"])
def test_scaled_residuals_are_those_of_dharma(entry: dict[str, Any]) -> None:
    told = entry["result"]
    found = sm.scaled_residuals(told["simulations"], told["observed"], told["fitted"])
    if "lower" in told:
        np.testing.assert_allclose(found.lower, told["lower"], atol=1e-12)
        np.testing.assert_allclose(found.lower_or_equal, told["lower_or_equal"], atol=1e-12)
    theirs = np.array(told["scaled_residuals"])
    assert np.all((found.lower - 1e-12 <= theirs) & (theirs <= found.lower_or_equal + 1e-12))
    found = replace(found, residuals=theirs)  # ties lie at random
    uniform = sm.check_uniformity(found)
    assert [uniform.statistic, uniform.p_value] == pytest.approx([told["uniformity"][k] for k in ("statistic", "p")])
    tests = {
        "dispersion": sm.check_dispersion(found),
        "outliers_binomial": sm.check_outliers(found, type="binomial"),
        "zero_inflation": sm.check_zero_inflation(found),
    }
    for name, one in tests.items():
        if name in told["tests"]:
            assert one.p_value == pytest.approx(told["tests"][name]["p"])
            statistic = told["tests"][name]["statistic"]
            assert one.statistic == pytest.approx(np.nan if statistic is None else statistic, nan_ok=True)
