"""Families against the answers of R's packages (`../shared/reference/families_ml.json`, `families_posterior.json`)."""

import json
import re
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import stanmlm as sm
from stanmlm.families import FAMILIES, as_family
from stanmlm.families.family import with_link

# What a posterior under weak priors is from maximum likelihood: the README beside the files.
FIXEF_SE = {"tight": 0.15, "medium": 0.35}
RATIO = {"tight": (0.93, 1.07), "medium": (0.8, 1.25)}
SIZES = {"seed": 20261127, "chains": 4, "iter": 2000, "progress": False}
# Posterior and Monte Carlo sds of brms's own draws of the same posterior.
ERRORS, SD_RATIO = 4.0, 0.06

SHARED = Path(__file__).resolve().parents[3] / "shared" / "reference"
pytestmark = [pytest.mark.shared, pytest.mark.slow]


def entries(name: str) -> list[dict]:
    path = SHARED / name
    return json.loads(path.read_text())["entries"] if path.is_file() else []


def is_ours(case: dict) -> bool:
    """A family that is here, one predictor, and what glmmTMB or MASS fitted."""
    known = {spelling for family in FAMILIES.values() for spelling in (family.name, *family.spellings)}
    plain = case.get("ziformula") in (None, "~0") and case.get("dispformula") in (None, "~1")
    odd = any(word in (case["formula"] or "") for word in ("ar1(", "trunc(", "s(", "rate(", "cs("))
    odd |= bool(case.get("scale"))
    return case["family"] in known and plain and not odd and case["check"]["cls"] in FIXEF_SE


ML = [case for case in entries("families_ml.json") if is_ours(case)]
NEW = [case for case in ML if as_family(case["family"]).name not in ("gaussian", "binomial", "poisson")]


@pytest.mark.parametrize("case", NEW, ids=lambda case: case["id"])
def test_a_posterior_lies_where_maximum_likelihood_does(case: dict, reference: ModuleType) -> None:
    data, cls = reference.data(case["data"]), case["check"]["cls"]
    family = with_link(as_family(case["family"]), case["link"])
    verb = sm.glmer if "|" in case["formula"] else sm.glm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.StanmlmWarning)
        weights = (case.get("weights") or "").partition(" ")[0] or None
        fit = verb(case["formula"], data, family=family, priors="brms", weights=weights, **SIZES)
    ours, errors = sm.fixef(fit), case["se"] | case.get("thresholds_se", {})
    values = case.get("thresholds", {}) | case["fixef"] if fit.model.family.shared else case["fixef"]
    assert list(ours.index) == list(values)
    for name, value in values.items():
        assert abs(ours[name] - value) < FIXEF_SE[cls] * errors[name], name
    low, high = RATIO[cls]
    draws = sm.as_draws_df(fit)
    for one in case["aux"]:
        if one["brms_name"] in draws:
            assert low < draws[one["brms_name"]].mean() / one["brms_value"] < high, one["brms_name"]
    for term in case["VarCorr"]:
        for coef, sd in zip(term["coef"], term["sd"], strict=True):
            inside = draws[f"sd_{term['group']}[{coef}]"].quantile([0.05, 0.95])
            assert inside.iloc[0] < sd < inside.iloc[1], (term["group"], coef)


def plain_posterior(case: dict) -> bool:
    """A formula without brms's own calls: on the left an addition, on the right what is not a bar."""
    known, calls = {*FAMILIES, "bernoulli"}, re.findall(r"\w+\(", case["brms_formula"])
    told = case["extra"] is None or case["id"] == "p-cumulative-disc"  # what is said there its priors settle
    return case["family"] in known and told and set(calls) <= {"trials(", "log(", "I(", "factor(", "bf("}


POSTERIORS = [case for case in entries("families_posterior.json") if plain_posterior(case)]


@pytest.mark.parametrize("case", POSTERIORS, ids=lambda case: case["id"])
def test_a_posterior_is_that_of_brms_under_the_same_priors(case: dict, reference: ModuleType) -> None:
    data = reference.data(case["data"])
    family = as_family("binomial" if case["family"] == "bernoulli" else case["family"])
    family = with_link(family, case["links"]["mu"])
    rows = [
        sm.set_prior(row["prior"], class_=row["class"], **{key: row.get(key, "") for key in ("coef", "group", "dpar")})
        for row in case["priors"]
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.StanmlmWarning)
        verb = sm.glmer if "|" in case["brms_formula"] else sm.glm
        fit = verb(_formula(case["brms_formula"]), data, family=family, priors=["brms", *rows], **SIZES)
    summary = {name: values for name, values in _by_brms_name(fit).items() if name in case["summary"]}
    assert len(summary) >= 2
    for name, draws in summary.items():
        theirs = case["summary"][name]
        error = np.hypot(draws.std() / np.sqrt(sm_ess(draws)), theirs["mcse_mean"])
        assert abs(draws.mean() - theirs["mean"]) < ERRORS * error, name
        assert abs(draws.std() / theirs["sd"] - 1) < SD_RATIO + 4 * theirs["mcse_sd"] / theirs["sd"], name
    if case["loo"]["n_k_gt_0.7"] == 0:
        assert sm.loo(fit).estimates.loc["elpd_loo", "Estimate"] == pytest.approx(case["loo"]["elpd_loo"], abs=0.5)
    theirs = case["loo"].get("mean_log_lik_first5")
    if theirs:
        np.testing.assert_allclose(sm.log_lik(fit).values[:, :5].mean(axis=0), theirs, atol=0.02)


def _formula(text: str) -> object:
    """A formula of brms, with those of other parameters as `bf` has them."""
    return sm.bf(*text.removeprefix("bf(").removesuffix(")").split(", ")) if text.startswith("bf(") else text


def _by_brms_name(fit: sm.Fit) -> dict[str, np.ndarray]:
    """Draws (chains, draws) under brms's names."""
    posterior, out = fit.posterior["posterior"], {}
    for row in fit.model.ledger.of("b"):
        name = "Intercept" if row.label == "(Intercept)" else row.label
        label = f"b_Intercept[{name}]" if row.variable == "b_Intercept" else f"{row.variable}_{name}"
        out[label] = posterior[row.variable].values[..., row.place[0]]
    for one in fit.model.scalars:
        out[one.name] = posterior[one.name].values
    for term in fit.model.design.terms:
        for k, coef in enumerate(term.coefs):
            label = "Intercept" if coef == "(Intercept)" else coef
            out[f"sd_{term.group}__{label}"] = posterior[f"sd_{term.group}"].values[..., k]
    return out


def sm_ess(draws: np.ndarray) -> float:
    import arviz_stats

    return float(arviz_stats.ess(draws, chain_axis=0, draw_axis=1, method="bulk"))
