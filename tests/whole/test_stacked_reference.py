"""Two predictors with groups, apart and under one label, against brms's own programs (`reference/brms_stacked.py`)."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

import stanmlm as sm

REFERENCE = Path(__file__).parents[1] / "reference"
MADE = runpy.run_path(str(REFERENCE / "brms_stacked.py"))
STORED = json.loads((REFERENCE / "brms_stacked.json").read_text())
# In Monte Carlo errors of both: of some 70 comparisons of one posterior none lies so far apart (chance .005).
ERRORS = 4.0
SIZES = {"seed": 20261127, "chains": 4, "iter": 2500, "warmup": 1000, "progress": False}

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", MADE["CASES"])
def test_a_posterior_of_two_predictors_is_that_of_brms(case: str) -> None:
    family, bar, correlation = MADE["CASES"][case]
    formula = sm.bf(f"y ~ x + {bar}", f"sigma ~ x + {bar}")
    fit = sm.brm(formula, MADE["simulated"](correlation), family=family, **SIZES)
    ours = by_brms_name(fit)
    assert ours.keys() == STORED[case].keys()
    for name, draws in ours.items():
        own, theirs = MADE["summary"](draws), STORED[case][name]
        for what in ("mean", "sd"):
            error = np.hypot(own[f"mcse_{what}"], theirs[f"mcse_{what}"])
            assert abs(own[what] - theirs[what]) < ERRORS * error, (name, what)


def by_brms_name(fit: sm.Fit) -> dict[str, np.ndarray]:
    """Draws (chains, draws) under brms's names."""
    posterior = fit.posterior["posterior"]
    b, b_sigma, sd, r = (posterior[name].values for name in ("b", "b_sigma", "sd_g", "r_g"))
    out = {
        "b_Intercept": b[..., 0],
        "b_x": b[..., 1],
        "b_sigma_Intercept": b_sigma[..., 0],
        "b_sigma_x": b_sigma[..., 1],
        "sd_g__Intercept": sd[..., 0],
        "sd_g__sigma_Intercept": sd[..., 1],
    }
    out |= {one.name: posterior[one.name].values for one in fit.model.scalars}
    if "cor_g" in posterior:
        out["cor_g__Intercept__sigma_Intercept"] = posterior["cor_g"].values[..., 0]
    levels = fit.model.design.terms[0].levels
    for j in MADE["COMPARED"]:
        out[f"r_g[{levels[j]},Intercept]"] = r[..., j, 0]
        out[f"r_g__sigma[{levels[j]},Intercept]"] = r[..., j, 1]
    return out
