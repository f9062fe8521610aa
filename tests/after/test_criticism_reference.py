"""Leave-one-out against exact values and brms's, under the priors of `../shared/reference/posteriors.json`."""

import json
import warnings
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.after.criticism.kfold import by_row

MCSE = 4  # Monte Carlo errors of both sides, as the README of the reference has it
# PSIS of brms's draws leaves out no more than we do, but where k is over 0.7 neither is good to better than this.
BAD_K = 0.3
# x-sleep-int, ten folds by NumPy's seed 7: y given (tau, sigma) is multivariate normal; these are summed over a grid.
EXACT_KFOLD = -895.058

pytestmark = [pytest.mark.shared, pytest.mark.filterwarnings("ignore:Pareto k is over")]
PRIORS: dict[str, dict[str, Any]] = {
    "x-sleep-int": {
        "prior": sm.normal(0, 50),
        "prior_intercept": sm.normal(300, 100),
        "priors": [sm.set_prior("exponential(0.04)", class_=class_) for class_ in ("sd", "sigma")],
    },
    "x-cbpp-null": {"prior_intercept": sm.normal(0, 2.5), "priors": [sm.set_prior("exponential(1)", class_="sd")]},
    "b-sleep-slope": {
        "prior": sm.normal(0, 50),
        "prior_intercept": sm.normal(300, 100),
        "prior_covariance": sm.lkj(2),
        "priors": [sm.set_prior("exponential(0.04)", class_=class_) for class_ in ("sd", "sigma")],
    },
    "b-cbpp": {
        "prior": sm.normal(0, 2.5),
        "prior_intercept": sm.normal(0, 2.5),
        "priors": [sm.set_prior("exponential(1)", class_="sd")],
    },
}


@cache
def answers(shared: Path) -> dict[str, dict[str, Any]]:
    stored = json.loads((shared / "reference" / "posteriors.json").read_text())
    return {case["id"]: case for case in stored["exact"] + stored["brms"]}


@cache
def fit_of(name: str, shared: Path, reference: ModuleType) -> sm.Fit:
    case = answers(shared)[name]
    return sm.lmer(
        case["formula"], reference.data(case["data"]), family=case["family"], seed=7, progress=False, **PRIORS[name]
    )


def mcse(found: sm.Elpd) -> float:
    return float(np.sqrt((found.pointwise["mcse_elpd_loo"] ** 2).sum()))


@pytest.mark.parametrize("name", ["x-sleep-int", "x-cbpp-null"])
def test_elpd_loo_is_the_exact_one(name: str, shared: Path, reference: ModuleType) -> None:
    exact = answers(shared)[name]
    found = sm.loo(fit_of(name, shared, reference), reloo=True)
    first = found.pointwise.head(5)
    assert abs(found.estimates.loc["elpd_loo", "Estimate"] - exact["elpd_loo_exact"]) < MCSE * mcse(found)
    assert found.estimates.loc["elpd_loo", "SE"] == pytest.approx(exact["elpd_loo_se"], rel=0.03)
    off = (first["elpd_loo"] - exact["elpd_loo_pointwise_first5"]).abs()
    assert (off < MCSE * first["mcse_elpd_loo"] + 0.01).all(), off.tolist()


@pytest.mark.parametrize("name", ["b-sleep-slope", "b-cbpp"])
def test_elpd_loo_is_near_that_of_brms(name: str, shared: Path, reference: ModuleType) -> None:
    theirs = answers(shared)[name]["loo"]
    found = sm.loo(fit_of(name, shared, reference))
    ours = found.estimates["Estimate"]
    allowed = MCSE * np.sqrt(2) * mcse(found) + BAD_K * theirs["k_gt_07"]
    assert abs(ours["elpd_loo"] - theirs["elpd_loo"]) < allowed
    assert abs(ours["p_loo"] - theirs["p_loo"]) < allowed
    assert found.estimates.loc["elpd_loo", "SE"] == pytest.approx(theirs["se"], rel=0.05)


@pytest.mark.slow
def test_kfold_is_the_exact_one(shared: Path, reference: ModuleType) -> None:
    fit = fit_of("x-sleep-int", shared, reference)
    folds = by_row(10, np.arange(len(fit.model.response.y)), np.random.default_rng(7))
    found = sm.kfold(fit, folds=folds, seed=7)
    assert found.estimates.loc["elpd_kfold", "Estimate"] == pytest.approx(EXACT_KFOLD, abs=0.6)


@pytest.mark.parametrize("name", ["b-cbpp"])
def test_kfold_agrees_with_loo(name: str, shared: Path, reference: ModuleType) -> None:
    fit = fit_of(name, shared, reference)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loo = sm.loo(fit)
    kfold = sm.kfold(fit, K=5)
    difference: pd.Series = kfold.pointwise["elpd_kfold"] - loo.pointwise["elpd_loo"]
    assert abs(difference.sum()) < loo.estimates.loc["elpd_loo", "SE"]
    assert kfold.estimates.loc["elpd_kfold", "SE"] == pytest.approx(loo.estimates.loc["elpd_loo", "SE"], rel=0.15)
