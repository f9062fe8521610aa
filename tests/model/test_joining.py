"""Terms of one factor: which are sampled as one, and that this is said of nothing but coordinates."""

import arviz_stats
import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.families import binomial
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.joining import joinable
from stanmlm.model.model import Model
from stanmlm.sampling.inits import SPREAD, inverse_metric, starting_points
from stanmlm.sampling.standata import standata
from stanmlm.sampling.user_scale import unroll

# Means of some seventy quantities, in Monte Carlo errors of their difference.
ERRORS = 4.0


def rows(mean: float = 0.0, unit: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    g, h, x = np.repeat(np.arange(20), 60), np.tile(np.arange(6), 200), rng.normal(size=1200)
    u = rng.normal(size=(20, 2)) * [0.6, 0.4]
    eta = 0.2 + 0.5 * x + u[g, 0] + u[g, 1] * x
    y = rng.binomial(1, 1 / (1 + np.exp(-eta)))
    return pd.DataFrame({"y": y, "x": unit * (mean + x), "g": g.astype(str), "h": h.astype(str)})


def built(terms: str, data: pd.DataFrame) -> Model:
    return build_model(f"y ~ x + {terms}", data, binomial(), {}, ModelOptions())


def test_terms_whose_effects_the_data_correlate_are_sampled_as_one() -> None:
    assert built("(1 + x || g)", rows()).centering.blocks == ()
    assert built("(1 + x || g)", rows(mean=2)).centering.blocks == ((0, 1),)


@pytest.mark.parametrize(
    ("terms", "blocks"),
    [
        ("(1 | g) + (1 | h) + (0 + x | g)", ((0, 1), (2,))),
        ("(1 + x || g) + (1 + x || h)", ((0, 1), (2, 3))),
        ("(1 + x | g) + (1 | h)", ((0,), (1,))),
        ("(0 + h || g)", ((0,),)),  # lme4's `||` leaves the levels of a factor correlated
    ],
)
def test_only_terms_of_one_factor_may_be(terms: str, blocks: tuple) -> None:
    assert joinable(built(terms, rows(mean=2)).design) == blocks


def test_the_choice_and_what_is_sampled_do_not_depend_on_units() -> None:
    here, there = (built("(1 + x || g)", rows(2, unit)) for unit in (1.0, 3e4))
    assert here.centering.blocks == there.centering.blocks == ((0, 1),)
    one, other = standata(here), standata(there)
    for name in ("Z_1_2", "w_1_2", "c_1_2"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-4, atol=1e-6)


def test_chains_of_terms_that_are_sampled_as_one_start_about_the_pilot() -> None:
    of = built("(1 | g) + (1 | h) + (0 + x | g)", rows(mean=2))
    points = starting_points(of, 400, 1)
    metric = inverse_metric(of)
    assert metric is not None
    assert len(metric) == sum(np.size(value) for value in points[0].values())
    out = unroll(of, {name: np.stack([point[name] for point in points])[None] for name in points[0]})
    at = of.centering.pilot
    assert at is not None
    assert [r.shape[2:] for r in out.r] == [(20, 1), (20, 1), (6, 1)]
    together = np.concatenate([out.r[0][0], out.r[1][0]], axis=-1)
    within = np.sqrt(np.diagonal(at.variance[0], axis1=1, axis2=2))
    assert np.all(np.abs(together.mean(axis=0) - at.effects[0]) < SPREAD * within)
    log_sd = np.log(out.sd[0])
    pilots = np.log(np.sqrt([at.covariance[0][0, 0], at.covariance[0][1, 1], at.covariance[1][0, 0]]))
    # an sd of few levels near zero has its mean, where points lie, below the pilot's
    assert np.all(np.abs(np.median(log_sd, axis=0) - pilots) < 0.4 * log_sd.std(axis=0))


@pytest.mark.slow
@pytest.mark.parametrize("terms", ["(1 + x || g)", "(1 | g) + (1 | h) + (0 + x | g)"])
def test_terms_that_are_sampled_as_one_have_the_posterior_of_terms_apart(terms: str) -> None:
    data = rows(mean=2)
    fits = [
        sm.glmer(f"y ~ x + {terms}", data, "binomial", seed=1, centering=how, progress=False, engine="stanli")
        for how in ("auto", "noncentered")
    ]
    assert fits[0].model.centering.blocks
    for name, draws in fits[0].posterior["posterior"].data_vars.items():
        pair = [a.to_numpy().reshape(*a.shape[:2], -1) for a in (draws, fits[1].posterior["posterior"][name])]
        error = np.hypot(*(arviz_stats.mcse(a, method="mean", chain_axis=0, draw_axis=1) for a in pair))
        apart = np.abs(pair[0].mean(axis=(0, 1)) - pair[1].mean(axis=(0, 1))) / error
        assert apart.max() < ERRORS, name
