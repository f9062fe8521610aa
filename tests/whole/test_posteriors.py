"""Posteriors with every prior stated, against quadrature and brms's programs in CmdStan (`posteriors.json`)."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import stanmlm as sm
from stanmlm.base.arviz_compat import mcse_mean
from stanmlm.fit.fit import chains_of, draws_of

# Means agree within four Monte Carlo errors of the difference, sds within 6% (the README beside the file).
MCSES, SD_RATIO = 4.0, 0.06

NORMAL_300 = [sm.set_prior("normal(300, 100)", class_="Intercept"), sm.set_prior("normal(0, 50)", class_="b")]
SCALES = [sm.set_prior("exponential(0.04)", class_="sd"), sm.set_prior("exponential(0.04)", class_="sigma")]
WEAK = [sm.set_prior("normal(0, 2.5)", class_="Intercept"), sm.set_prior("exponential(1)", class_="sd")]
PRIORS = {
    "x-sleep-int": [*NORMAL_300, *SCALES],
    "x-cbpp-null": WEAK,
    "b-sleep-slope": [*NORMAL_300, *SCALES, sm.set_prior("lkj(2)", class_="cor")],
    "b-cbpp": [*WEAK, sm.set_prior("normal(0, 2.5)", class_="b")],
}
# Their parameter, and where ours stands: variable and position among its elements.
PLACES = {
    "Intercept at centred Days (mean 4.5)": ("centred", 0),
    "Days": ("b", 1),
    "sd Subject (Intercept)": ("sd_Subject", 0),
    "sigma": ("sigma", None),
    "(Intercept)": ("b", 0),
    "sd herd (Intercept)": ("sd_herd", 0),
    "b_Intercept": ("b", 0),
    "b_Days": ("b", 1),
    "sd_Subject__Intercept": ("sd_Subject", 0),
    "sd_Subject__Days": ("sd_Subject", 1),
    "cor_Subject__Intercept__Days": ("cor_Subject", 0),
    "b_period2": ("b", 1),
    "b_period3": ("b", 2),
    "b_period4": ("b", 3),
    "sd_herd__Intercept": ("sd_herd", 0),
}

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module", params=PRIORS)
def pair(request: pytest.FixtureRequest, shared: Path, reference: ModuleType) -> tuple[dict[str, Any], sm.Fit]:
    stored = json.loads((shared / "reference" / "posteriors.json").read_text())
    case = next(c for c in [*stored["exact"], *stored["brms"]] if c["id"] == request.param)
    data = reference.data(case["data"])
    fit = sm.lmer(case["formula"], data, case["family"], priors=PRIORS[case["id"]], seed=11, iter=3000, progress=False)
    return case, fit


def ours(fit: sm.Fit, name: str) -> np.ndarray:
    variable, place = PLACES[name]
    if variable == "centred":
        b = chains_of(fit, "b")
        return b[..., 0] + 4.5 * b[..., 1]
    values = chains_of(fit, variable)
    return values if place is None else values[..., place]


def error_of(theirs: dict[str, float]) -> float:
    """Monte Carlo error of their mean; quadrature has none."""
    return theirs["sd"] / np.sqrt(theirs["ess"]) if "ess" in theirs else 0.0


def test_means_and_sds_agree(pair: tuple[dict[str, Any], sm.Fit]) -> None:
    case, fit = pair
    for name, theirs in case.get("parameters", case.get("summary")).items():
        draws = ours(fit, name)
        error = np.hypot(float(mcse_mean(draws[..., None])[0]), error_of(theirs))
        assert abs(draws.mean() - theirs["mean"]) < MCSES * error, name
        assert abs(draws.std() / theirs["sd"] - 1) < SD_RATIO, name


def test_group_effects_agree(pair: tuple[dict[str, Any], sm.Fit]) -> None:
    case, fit = pair
    group = next(iter(sm.ngrps(fit)))
    effects = draws_of(fit, f"r_{group}")[..., 0]
    for level, (name, theirs) in enumerate(list(case["ranef_first"].items())[:6]):
        error = np.hypot(effects[:, level].std() / np.sqrt(2000), error_of({"ess": 1000.0, **theirs}))
        assert abs(effects[:, level].mean() - theirs["mean"]) < MCSES * error, name
        assert abs(effects[:, level].std() / theirs["sd"] - 1) < 2 * SD_RATIO, name


@pytest.mark.parametrize("pair", ["b-sleep-slope", "b-cbpp"], indirect=True)  # quadrature predicts nothing
def test_predictions_agree(pair: tuple[dict[str, Any], sm.Fit]) -> None:
    case, fit = pair
    epred = np.asarray(sm.posterior_epred(fit, scale="count"))[:, :5]
    linpred = np.asarray(sm.posterior_linpred(fit, re_formula="NA"))[:, :5]
    for draws, theirs in ((epred, case["epred_first5"]), (linpred, case["linpred_reNA_first5"])):
        error = np.hypot(draws.std(axis=0) / np.sqrt(1500), np.array(theirs["sd"]) / np.sqrt(1000))
        assert (np.abs(draws.mean(axis=0) - theirs["mean"]) < MCSES * error).all()
        np.testing.assert_allclose(draws.std(axis=0), theirs["sd"], rtol=2 * SD_RATIO)
