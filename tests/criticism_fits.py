"""Small fits, sampled once a session, for tests of checks, comparisons and figures."""

import warnings
from functools import cache

import numpy as np
import pandas as pd

import stanmlm as sm

SIZES = {"seed": 20261124, "chains": 2, "iter": 1000, "cores": 1, "progress": False}


@cache
def herds() -> pd.DataFrame:
    """Successes in trials: 8 herds of three rows, and one of a single row."""
    rng = np.random.default_rng(11)
    herd = np.append(np.repeat(np.arange(8), 3), 8)
    trials = rng.integers(4, 15, len(herd))
    rate = 1 / (1 + np.exp(0.7 - rng.normal(0, 1, 9)[herd]))
    sick = rng.binomial(trials, rate)
    return pd.DataFrame({"sick": sick, "well": trials - sick, "herd": [f"h{i}" for i in herd]})


@cache
def counts() -> pd.DataFrame:
    """Counts with an exposure, few distinct rows."""
    rng = np.random.default_rng(12)
    site, dose = rng.integers(0, 6, 150), rng.integers(0, 3, 150).astype(float)
    exposure = rng.choice([1.0, 2.0], 150)
    events = rng.poisson(exposure * np.exp(0.3 + 0.4 * dose + rng.normal(0, 0.5, 6)[site]))
    weight = rng.choice([1.0, 2.0], 150)
    return pd.DataFrame({"events": events, "dose": dose, "exposure": exposure, "site": site.astype(str), "w": weight})


@cache
def exams_fit() -> sm.Fit:
    return sm.lmer("score ~ hours + (1 + hours | student)", sm.simulate_exams(seed=2, students=15), **SIZES)


@cache
def weighted_fit() -> sm.Fit:
    data = sm.simulate_exams(seed=3, students=10)
    data["w"] = np.tile([0.0, 0.5, 1.0, 2.0, 3.0], 10)
    return sm.lm("score ~ hours", data, weights="w", **SIZES)


@cache
def herds_fit() -> sm.Fit:
    return sm.glmer(
        "cbind(sick, well) ~ 1 + (1 | herd)",
        herds(),
        family=sm.binomial,
        prior_intercept=sm.normal(0, 1.5),
        priors=[sm.set_prior("exponential(1)", class_="sd")],
        **{**SIZES, "iter": 4000},
    )


@cache
def votes() -> pd.DataFrame:
    """Voters as a two-level factor, in a few dozen cells."""
    voters = sm.simulate_redblue(seed=4, n=700).query("year == 2000 and state in ['CA', 'TX', 'NY', 'FL', 'PA', 'OH']")
    choice = pd.Categorical(np.where(voters["vote"] == 1, "R", "D"), categories=["D", "R"])
    return voters.assign(choice=choice).reset_index(drop=True)


@cache
def votes_fit() -> sm.Fit:
    return sm.glmer("choice ~ income + (1 | state)", votes(), family=sm.binomial, **SIZES)


@cache
def counts_fit() -> sm.Fit:
    return sm.glmer(
        "events ~ dose + offset(log(exposure)) + (1 | site)", counts(), family=sm.poisson, weights="w", **SIZES
    )


FITS = {"exams": exams_fit, "weighted": weighted_fit, "herds": herds_fit, "votes": votes_fit, "counts": counts_fit}


@cache
def loo_of(name: str) -> sm.Elpd:
    """`loo` of a small fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.StanmlmWarning)
        return sm.loo(FITS[name]())
