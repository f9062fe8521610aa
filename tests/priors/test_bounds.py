"""Bounds of coefficients and of a family's numbers, by `lb=` and `ub=` or by a prior that ends."""

import numpy as np
import pandas as pd
import pytest
from stan_against_numpy import check

import stanmlm as sm
from stanmlm.base.errors import PriorError
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.model import Model
from stanmlm.sampling.inits import starting_points

FORMULAS = ("y ~ x + z", "y ~ x + z + (1 + x | g)", "y ~ x + z + (1 | g) + (1 | h)")
BOUNDS = {
    "below": [sm.set_prior("normal(0, 1)", coef="x", lb=0)],
    "both": [sm.set_prior("normal(0, 1)", lb=-0.1, ub=0.6), sm.set_prior("normal(0, 2)", class_="sigma", ub=1.5)],
    "ends": [sm.set_prior("uniform(0.2, 0.5)", coef="z"), sm.set_prior("uniform(0.5, 3)", class_="sigma")],
    "intercept": [sm.set_prior("normal(0, 5)", class_="Intercept", ub=1.1, lb=0.4)],
}


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n, g = 120, np.repeat(np.arange(12), 10)
    x = rng.normal(size=n)
    z = 0.5 * x + rng.normal(size=n)
    y = 1 + 0.05 * x + 0.5 * z + 0.7 * rng.normal(size=12)[g] + rng.normal(size=n)
    return pd.DataFrame({"x": x, "z": z, "g": [f"g{i}" for i in g], "h": [f"h{i % 5}" for i in range(n)], "y": y})


def made(formula: str, priors: list, **options: object) -> Model:
    return build_model(formula, rows(), sm.gaussian(), {}, ModelOptions(priors=priors, **options))


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("name", BOUNDS)
def test_stans_density_is_that_within_the_bounds(name: str, formula: str) -> None:
    check(made(formula, BOUNDS[name], centering="auto" if "(1" not in formula else 0.5))


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("name", BOUNDS)
def test_chains_start_inside(name: str, formula: str) -> None:
    of = made(formula, BOUNDS[name])
    bounds, scalar = of.centering.coordinates.bounds, of.scalars[0]
    for point in starting_points(of, 6, seed=3):
        assert bounds is None or np.all((bounds[0] < point["z_fix"]) & (point["z_fix"] < bounds[1]))
        assert scalar.within.low < point["sigma"] < scalar.within.high


def test_the_posterior_is_the_one_without_bounds_cut() -> None:
    """Against draws without bounds, those beyond left out."""
    draws = {"iter": 6000, "seed": 1, "progress": False}
    usual, cut = ([sm.set_prior("normal(0, 1)", **bounds)] for bounds in ({}, {"lb": 0.0, "ub": 0.45}))
    free = sm.as_draws_df(sm.lm("y ~ x + z", rows(), priors=usual, **draws))
    kept = free[(free["b[x]"].between(0, 0.45)) & free["b[z]"].between(0, 0.45)]
    ours = sm.as_draws_df(sm.lm("y ~ x + z", rows(), priors=cut, **draws))
    assert ours["b[x]"].min() > 0
    assert ours["b[z]"].max() < 0.45
    for name in ("b[(Intercept)]", "b[x]", "b[z]", "sigma"):
        error = 4 * kept[name].std() * np.sqrt(1 / len(kept) + 1 / 2000)
        assert abs(ours[name].mean() - kept[name].mean()) < error
        assert ours[name].std() / kept[name].std() == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (lambda: sm.set_prior("normal(0, 1)", lb=2, ub=1), "lb must be below ub"),
        (
            lambda: sm.set_prior("normal(0, 1)", class_="sigma", ub=-1),
            "the prior of sigma leaves nothing of what it",
        ),
        (lambda: sm.set_prior("normal(0, 1)", class_="sd", ub=2), "cannot bound sd_g"),
        (lambda: sm.uniform(2, 1), "lower must be below upper"),
    ],
)
def test_bounds_that_cannot_be_are_refused(row, message: str) -> None:
    with pytest.raises(PriorError, match=message):
        made("y ~ x + (1 | g)", [row()])


def test_a_summary_prints_bounds() -> None:
    fit = sm.lm("y ~ x + z", rows(), priors=BOUNDS["below"], iter=100, chains=1, seed=1, progress=False)
    text = str(sm.prior_summary(fit))
    assert "lb" in text.splitlines()[2]
    assert "ub" not in text.splitlines()[2]
