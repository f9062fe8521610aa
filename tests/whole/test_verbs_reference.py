"""Verbs against R's broom.mixed, performance, DHARMa and brms (`../shared/reference/verbs.json`)."""

import json
import re
import warnings
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm

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
