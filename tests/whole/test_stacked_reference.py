"""Two predictors with groups, `sigma ~ x + (1 | g)`, against brms's own programs (`reference/brms_stacked.py`)."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

import stanmlm as sm

REFERENCE = Path(__file__).parents[1] / "reference"
MADE = runpy.run_path(str(REFERENCE / "brms_stacked.py"))
STORED = json.loads((REFERENCE / "brms_stacked.json").read_text())
FORMULA = sm.bf("y ~ x + (1 | g)", "sigma ~ x + (1 | g)")
# In Monte Carlo errors of both: of some 70 comparisons of one posterior none lies so far apart (chance .005).
ERRORS = 4.0
SIZES = {"seed": 20261127, "chains": 4, "iter": 2500, "warmup": 1000, "progress": False}

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("family", MADE["FAMILIES"])
def test_a_posterior_of_two_predictors_is_that_of_brms(family: str) -> None:
    fit = sm.brm(FORMULA, MADE["simulated"](), family=family, **SIZES)
    ours = by_brms_name(fit)
    assert ours.keys() == STORED[family].keys()
    for name, draws in ours.items():
        own, theirs = MADE["summary"](draws), STORED[family][name]
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
    levels = fit.model.design.terms[0].levels
    for j in MADE["COMPARED"]:
        out[f"r_g[{levels[j]},Intercept]"] = r[..., j, 0]
        out[f"r_g__sigma[{levels[j]},Intercept]"] = r[..., j, 1]
    return out
