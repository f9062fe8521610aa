"""Small fits that tests of everything after the draws share: made once, with few draws."""

from functools import cache

import numpy as np
import pandas as pd
from scipy.special import expit

import stanmlm as sm
from stanmlm.base.arrays import Floats

SIZES = {"chains": 2, "iter": 400, "seed": 20261124, "progress": False}


def trials_data() -> pd.DataFrame:
    """Successes out of trials, an offset, two crossed factors, a factor and a truth value."""
    rng = np.random.default_rng(7)
    n = 240
    data = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "f": pd.Categorical(rng.choice(list("abc"), n), categories=list("abc")),
            "u": rng.random(n) < 0.4,
            "k": rng.integers(0, 3, n),
            "z": rng.normal(0, 0.3, n),
            "n": rng.integers(1, 9, n),
            "g": rng.choice([f"g{i}" for i in range(8)], n),
            "h": rng.choice(["h1", "h2", "h3", "h4"], n),
            "region": rng.choice(["north", "south"], n),
        }
    )
    eta = (
        0.4 * data["x"]
        - 0.5 * (data["f"] == "b")
        + 0.3 * data["u"]
        + data["z"]
        + rng.normal(0, 0.5, 8)[data["g"].str[1].astype(int)]
    )
    return data.assign(y=rng.binomial(data["n"], expit(eta)))


@cache
def trials_fit() -> sm.Fit:
    formula = "y | trials(n) ~ x * f + u + factor(k) + offset(z) + (1 + x | g) + (1 | h)"
    return sm.glmer(formula, trials_data(), family="binomial", **SIZES)


def exams_data() -> pd.DataFrame:
    """Scores, with missing hours in rows 3 and 7."""
    data = sm.simulate_exams(seed=3, students=30)
    data["hours"] = data["hours"].where(~data.index.isin([3, 7]))
    return data


@cache
def exams_fit() -> sm.Fit:
    return sm.lmer("score ~ hours + (1 + hours | student)", exams_data(), na_action="exclude", **SIZES)


def counts_data() -> pd.DataFrame:
    rng = np.random.default_rng(9)
    data = pd.DataFrame({"x": rng.normal(size=120), "e": rng.uniform(1, 5, 120), "g": rng.integers(0, 6, 120)})
    mean = data["e"] * np.exp(0.3 * data["x"] + rng.normal(0, 0.5, 6)[data["g"]])
    return data.assign(y=rng.poisson(mean))


@cache
def counts_fit() -> sm.Fit:
    return sm.glmer("y ~ x + offset(log(e)) + (1 | g)", counts_data(), family="poisson", **SIZES)


def draws(fit: sm.Fit, name: str) -> Floats:
    """Draws of a variable, chains joined."""
    values = fit.posterior["posterior"][name].values
    return values.reshape(-1, *values.shape[2:])


def b(fit: sm.Fit, name: str) -> Floats:
    """Draws of one coefficient, (draws, 1)."""
    return draws(fit, "b")[:, [fit.model.design.names.index(name)]]


def r(fit: sm.Fit, group: str, levels: pd.Series, coef: str) -> Floats:
    """Draws of the effect of each row's level, (draws, rows)."""
    values = fit.posterior["posterior"][f"r_{group}"]
    picked = values.sel({f"level_{group}": list(levels.astype(str)), f"term_{group}": coef})
    return picked.values.reshape(-1, len(levels))
