"""Rotated and swept or not: one posterior, where priors that are tight would show on which coefficients they are."""

from collections.abc import Callable
from functools import partial

import arviz_stats
import numpy as np
import pandas as pd
import pytest

import stanmlm as sm

# Means of some thirty quantities, in Monte Carlo errors of their difference.
ERRORS = 4.0

PRIORS = {
    "tight intercept": {"prior_intercept": sm.normal(0, 0.05)},
    "tight predictor of states": {"prior": sm.normal(0, 0.05)},
}


def survey() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    index = [rng.integers(0, J, 1200) for J in (5, 4, 12)]
    z = rng.normal(size=12)[index[2]]
    eta = 0.5 + 0.4 * z + sum(rng.normal(0, 0.6, J)[i] for J, i in zip((5, 4, 12), index, strict=True))
    names = {g: [f"{g}{j:02}" for j in i] for g, i in zip(("age", "edu", "state"), index, strict=True)}
    return pd.DataFrame({"y": rng.binomial(1, 1 / (1 + np.exp(-eta))), "z": z, **names})


def rotated_and_not(call: Callable[..., sm.Fit]) -> list[sm.Fit]:
    return [
        call(seed=1, centering=centering, adapt_delta=0.95, progress=False, engine="stanli")
        for centering in ("auto", "noncentered")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("state", ["(1 | state)", "(1 + z2 | state)"])
@pytest.mark.parametrize("prior", PRIORS)
def test_priors_stay_on_the_users_coefficients(prior: str, state: str) -> None:
    data = survey()
    data["z2"] = np.random.default_rng(3).choice([-1.0, 0.0, 1.0], len(data))
    call = partial(sm.glmer, f"y ~ z + (1 | age) + (1 | edu) + {state}", data, "binomial", **PRIORS[prior])
    fits = rotated_and_not(call)
    assert fits[0].model.centering.sweeps
    check_one_posterior(*fits)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["gaussian", "student"])
def test_priors_stay_on_the_users_coefficients_of_every_parameter(family: str) -> None:
    data = survey()
    rng = np.random.default_rng(4)
    spread = np.exp(0.5 + data["age"].str[-1].astype(int) / 4 - data["edu"].str[-1].astype(int) / 3)
    data["y"] = data["z"] + data["y"] + spread * rng.normal(size=len(data))
    formula = sm.bf("y ~ z + (1 | age) + (1 | edu)", "sigma ~ (1 | age) + (1 | edu)")
    tight = [sm.set_prior("normal(0, 0.05)", class_="Intercept", dpar=dpar) for dpar in ("", "sigma")]
    fits = rotated_and_not(partial(sm.brm, formula, data, family, priors=tight))
    assert {2, 3} <= fits[0].model.centering.rotated.keys(), "those of sigma"
    check_one_posterior(*fits)


def check_one_posterior(one: sm.Fit, other: sm.Fit) -> None:
    for name, draws in one.posterior["posterior"].data_vars.items():
        pair = [a.to_numpy().reshape(*a.shape[:2], -1) for a in (draws, other.posterior["posterior"][name])]
        error = np.hypot(*(arviz_stats.mcse(a, method="mean", chain_axis=0, draw_axis=1) for a in pair))
        apart = np.abs(pair[0].mean(axis=(0, 1)) - pair[1].mean(axis=(0, 1))) / error
        assert apart.max() < ERRORS, name
