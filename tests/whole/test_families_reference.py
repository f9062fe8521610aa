"""Families against the answers of R's packages (`../shared/reference/families_ml.json`, `families_posterior.json`)."""

import json
import re
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import stanmlm as sm
from stanmlm.after.predict.expected import theta_of
from stanmlm.after.predict.target import target_of
from stanmlm.families import FAMILIES, as_family
from stanmlm.families.family import with_link
from stanmlm.families.observation import log_mass, truncation
from stanmlm.families.reductions import extra_at

# What a posterior under weak priors is from maximum likelihood: the README beside the files.
FIXEF_SE = {"tight": 0.15, "medium": 0.35}
RATIO = {"tight": (0.93, 1.07), "medium": (0.8, 1.25)}
# 58 events and 6 coefficients: sd by maximum likelihood is short by sqrt(52 / 58), before any prior.
SCALES = {"kidney-lognormal": "medium"}
SIZES = {"seed": 20261127, "chains": 4, "iter": 2000, "progress": False}
# Posterior and Monte Carlo sds of brms's own draws of the same posterior.
ERRORS, SD_RATIO = 4.0, 0.06
EPRED_MCSE = 1 / 40  # in posterior sds, as the README says

SHARED = Path(__file__).resolve().parents[3] / "shared" / "reference"
pytestmark = [pytest.mark.shared, pytest.mark.slow]


def entries(name: str) -> list[dict]:
    path = SHARED / name
    return json.loads(path.read_text())["entries"] if path.is_file() else []


# Where a family's name says what a formula adds to its responses.
ADDED = {
    "gaussian, known se": ("gaussian", None),
    "truncated_poisson": ("poisson", "trunc(lb = 1)"),
    "truncated_nbinom2": ("nbinom2", "trunc(lb = 1)"),
}


def is_ours(case: dict) -> bool:
    """A family that is here, one predictor, and what glmmTMB, MASS or survival fitted."""
    known = {spelling for family in FAMILIES.values() for spelling in (family.name, *family.spellings)} | {*ADDED}
    plain = case.get("ziformula") in (None, "~0") and case.get("dispformula") in (None, "~1")
    odd = any(word in (case["formula"] or "") for word in ("ar1(", "s(", "strata("))
    return case["family"] in known and plain and not odd and case["check"]["cls"] in FIXEF_SE


def written(case: dict) -> str:
    """Its formula, with what its family says of responses."""
    _, added = ADDED.get(case["family"], ("", None))
    left, _, right = case["formula"].partition("~")
    return f"{left}| {added} ~{right}" if added else case["formula"]


ML = [case for case in entries("families_ml.json") if is_ours(case)]
OLD = ("gaussian", "binomial", "poisson")
NEW = [case for case in ML if case["family"] in ADDED or as_family(case["family"]).name not in OLD]


@pytest.mark.parametrize("case", NEW, ids=lambda case: case["id"])
def test_a_posterior_lies_where_maximum_likelihood_does(case: dict, reference: ModuleType) -> None:
    data, cls = reference.data(case["data"]), case["check"]["cls"]
    family = with_link(as_family(ADDED.get(case["family"], (case["family"],))[0]), case["link"])
    verb = sm.glmer if "(1" in case["formula"] else sm.glm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.StanmlmWarning)
        fit = verb(written(case), data, family=family, priors="brms", **SIZES)
    ours = sm.fixef(fit)
    assert list(ours.index) == list(case["fixef"])
    theirs = case["fixef"] | ({"(Intercept)": case["conversion"]["brms_Intercept"]} if case.get("conversion") else {})
    for name, value in theirs.items():
        assert abs(ours[name] - value) < FIXEF_SE[cls] * case["se"][name], name
    low, high = RATIO[SCALES.get(case["id"], cls)]
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
    added = {"trials(", "cens(", "trunc(", "se(", "rate(", "weights("}
    told = case["extra"] is None or bool(added & set(calls))
    return case["family"] in known and told and set(calls) <= {*added, "log(", "I(", "factor("}


POSTERIORS = [case for case in entries("families_posterior.json") if plain_posterior(case)]


@pytest.mark.parametrize("case", POSTERIORS, ids=lambda case: case["id"])
def test_a_posterior_is_that_of_brms_under_the_same_priors(case: dict, reference: ModuleType) -> None:
    data = reference.data(case["data"])
    family = as_family("binomial" if case["family"] == "bernoulli" else case["family"])
    family = with_link(family, case["links"]["mu"])
    rows = [
        sm.set_prior(row["prior"], class_=row["class"], coef=row.get("coef", ""), group=row.get("group", ""))
        for row in case["priors"]
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.StanmlmWarning)
        verb = sm.glmer if "(1" in case["brms_formula"] else sm.glm
        fit = verb(case["brms_formula"], data, family=family, priors=["brms", *rows], **SIZES)
    summary = {name: values for name, values in _by_brms_name(fit).items() if name in case["summary"]}
    assert len(summary) >= 2
    for name, draws in summary.items():
        theirs = case["summary"][name]
        error = np.hypot(draws.std() / np.sqrt(sm_ess(draws)), theirs["mcse_mean"])
        assert abs(draws.mean() - theirs["mean"]) < ERRORS * error, name
        assert abs(draws.std() / theirs["sd"] - 1) < SD_RATIO + 4 * theirs["mcse_sd"] / theirs["sd"], name
    if case["loo"]["n_k_gt_0.7"] == 0 and "trunc(" not in case["brms_formula"]:
        assert sm.loo(fit).estimates.loc["elpd_loo", "Estimate"] == pytest.approx(case["loo"]["elpd_loo"], abs=0.5)
    if (theirs := case["epred_first5"]) and not theirs["categories"]:
        ours = sm.posterior_epred(fit, scale="count").values[:, :5]
        error = EPRED_MCSE * np.array(theirs["sd"]) * np.sqrt(2)
        assert np.all(np.abs(ours.mean(axis=0) - theirs["mean"]) < ERRORS * error)
    theirs = case["loo"].get("mean_log_lik_first5")
    if theirs:
        np.testing.assert_allclose((sm.log_lik(fit).values + _left_out(fit))[:, :5].mean(axis=0), theirs, atol=0.02)


def _left_out(fit: sm.Fit) -> np.ndarray | float:
    """brms 2.18's log_lik_truncate computes the log chance of being seen, and returns the log density without it."""
    extra = extra_at(fit.model.response)
    if not extra.bounded:
        return 0.0
    theta = theta_of(fit, target_of(fit), slice(0, sm.nobs(fit)))
    return log_mass(fit.model.family, *truncation(fit.model.family, extra), theta, extra)


def _by_brms_name(fit: sm.Fit) -> dict[str, np.ndarray]:
    """Draws (chains, draws) under brms's names."""
    posterior, out = fit.posterior["posterior"], {}
    for name in fit.model.design.names:
        out["b_Intercept" if name == "(Intercept)" else f"b_{name}"] = posterior["b"].sel(term=name).values
    for one in fit.model.family.scalars:
        out[one.name] = posterior[one.name].values
    for term in fit.model.design.terms:
        for k, coef in enumerate(term.coefs):
            label = "Intercept" if coef == "(Intercept)" else coef
            out[f"sd_{term.group}__{label}"] = posterior[f"sd_{term.group}"].values[..., k]
    return out


def sm_ess(draws: np.ndarray) -> float:
    import arviz_stats

    return float(arviz_stats.ess(draws, chain_axis=0, draw_axis=1, method="bulk"))
