"""Small fits for figures, sampled once a session, beside those of `criticism_fits`."""

from functools import cache

import numpy as np
import pandas as pd
from criticism_fits import SIZES

import stanmlm as sm


@cache
def split_fit() -> sm.Fit:
    """Two bars of one grouping factor."""
    data = sm.simulate_exams(seed=2, students=8)
    return sm.lmer("score ~ hours + (1 | student) + (0 + hours | student)", data, **{**SIZES, "iter": 400})


@cache
def votes_fit() -> sm.Fit:
    """The main job's model on six simulated states, with a level-two predictor."""
    states = ["CA", "TX", "NY", "FL", "PA", "OH"]
    voters = sm.simulate_redblue(seed=4, n=3000)
    voters = voters[(voters["year"] == 2000) & voters["state"].isin(states)]
    return sm.glmer("vote ~ avg.income*income + (1 + income | state)", voters, family="binomial", **SIZES)


@cache
def counts_fit() -> sm.Fit:
    """Counts with an offset, two crossed factors and their interaction."""
    rng = np.random.default_rng(12)
    site, year, dose = rng.integers(0, 6, 300), rng.integers(0, 4, 300), rng.integers(0, 3, 300).astype(float)
    exposure = rng.choice([1.0, 2.0], 300)
    shift = rng.normal(0, 0.5, 6)[site] + rng.normal(0, 0.2, 4)[year]
    events = rng.poisson(exposure * np.exp(0.3 + 0.4 * dose + shift))
    data = pd.DataFrame(
        {"events": events, "dose": dose, "exposure": exposure, "site": [f"s{i}" for i in site], "year": 2000 + year}
    )
    formula = "events ~ dose + offset(log(exposure)) + (1 | site) + (1 | year) + (1 | site:year)"
    return sm.glmer(formula, data, family="poisson", **{**SIZES, "iter": 400})
