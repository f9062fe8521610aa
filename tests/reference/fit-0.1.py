"""Makes `fit-0.1.stanmlm`: run with stanmlm 0.1.0, NumPy 2.4.6 and pandas 3.1.1, to see that later versions load it."""

import numpy as np
import pandas as pd

import stanmlm as sm

rng = np.random.default_rng(1)
n = 40
data = pd.DataFrame(
    {
        "y": rng.normal(size=n).round(2),
        "x.1": rng.normal(size=n).round(2),
        "f": pd.Categorical(rng.choice(["lo", "mid", "hi"], n), categories=["lo", "mid", "hi"], ordered=True),
        "g": rng.choice(list("abcd"), n),
        "w": rng.uniform(0.5, 2, n).round(2),
        "aside": ["note", None] * 20,
    },
    index=[f"row{i}" for i in range(n)],
)
data.loc["row7", "y"] = np.nan
fit = sm.lmer(
    "y ~ poly(x.1, 2) + scale(w) + f + (1 + x.1 | g)",
    data,
    weights="w",
    subset="w < 1.9",
    na_action="exclude",
    priors=["rstanarm", sm.set_prior("exponential(2)", class_="sd", group="g", coef="x.1")],
    chains=2,
    iter=60,
    seed=3,
    progress=False,
)
sm.save(fit, "fit-0.1.stanmlm")
