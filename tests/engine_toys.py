"""Programs and data on which the engines are tried: a toy with every kind of parameter, and prophet's, compiled."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from arviz_stats.base import array_stats

from stanmlm.sampling.engines.sampling import sampling_from
from stanmlm.sampling.program import Program

MCSE = 4  # Monte Carlo standard errors of a difference that two right engines stay within, at fixed seeds

TOY = """
data {
  int<lower=0> N;
  int<lower=0> K;
  vector[N] y;
  matrix[N, 2] X;
}
parameters {
  real alpha;
  vector[2] b;
  vector[K] none;
  matrix[K, 2] none_either;
  matrix[2, 3] m;
  array[2] vector[3] rows;
  real<lower=0> sigma;
  cholesky_factor_corr[3] L;
}
transformed parameters {
  vector[2] doubled = 2 * b;
}
model {
  alpha ~ normal(0, 1);
  b ~ normal(0, 1);
  none ~ normal(0, 1);
  to_vector(none_either) ~ normal(0, 1);
  to_vector(m) ~ normal([11, 21, 12, 22, 13, 23]', 0.01);
  rows[1] ~ normal([11, 12, 13]', 0.01);
  rows[2] ~ normal([21, 22, 23]', 0.01);
  sigma ~ exponential(1);
  L ~ lkj_corr_cholesky(2);
  y ~ normal(alpha + X * b, sigma);
}
"""


def program_of(text: str) -> Program:
    # what an engine runs depends on the text and its key alone
    return Program(text=text, sha256=hashlib.sha256(text.encode()).hexdigest(), structure=None)  # type: ignore[arg-type]


def toy() -> Program:
    return program_of(TOY)


def toy_data(n: int = 40) -> dict[str, object]:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n, 2))
    return {"N": n, "K": 0, "y": 1 + X @ np.array([0.5, -0.5]) + rng.normal(size=n), "X": X}


def toy_point() -> dict[str, np.ndarray]:
    L = np.array([[1, 0, 0], [0.6, 0.8, 0], [0.0, 0.6, 0.8]])
    m = np.array([[11, 12, 13], [21, 22, 23.0]]) + 0.001
    return {"alpha": np.array(0.3), "b": np.array([0.1, -0.2]), "m": m, "rows": m, "sigma": np.array(0.7), "L": L}


def prophet_folder() -> Path:
    spec = find_spec("prophet")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent / "stan_model"


def prophet() -> Program:
    return program_of((prophet_folder() / "prophet.stan").read_text())


def prophet_data(n: int = 60) -> dict[str, object]:
    rng, t = np.random.default_rng(1), np.linspace(0, 1, n)
    X = np.column_stack([np.sin(20 * t), np.cos(20 * t)])
    y = 0.3 * t + 0.1 * X[:, 0] + rng.normal(0, 0.05, n)
    series = {"T": n, "t": t, "cap": np.ones(n), "y": y, "S": 3, "t_change": np.array([0.2, 0.4, 0.6]), "tau": 0.05}
    features = {"K": 2, "X": X, "sigmas": np.ones(2), "s_a": np.ones(2), "s_m": np.zeros(2)}
    return {**series, **features, "trend_indicator": 0}


def short(**options: object):
    return sampling_from({"chains": 2, "iter": 400, "seed": 1, "cores": 2, **options})


def assert_means_agree(one, other):
    for name in other.values:
        for element in np.ndindex(other.values[name].shape[2:]):
            pair = [raw.values[name][(..., *element)] for raw in (one, other)]
            if pair[0].std() == 0:
                assert pair[0].mean() == pytest.approx(pair[1].mean())
                continue
            errors = [float(array_stats.mcse(draws, method="mean", chain_axis=0, draw_axis=1)) for draws in pair]
            assert abs(pair[0].mean() - pair[1].mean()) < MCSE * np.hypot(*errors), (name, element)
