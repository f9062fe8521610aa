"""Power by simulation, prior draws by brms's name, and what pages say of weights."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from public_calls import REPLAY, exams
from scipy import stats

import stanmlm as sm
from stanmlm.after.criticism.power import Power

SIZES = {"chains": 2, "iter": 600, "seed": 4, "cores": 1, "progress": False}


@cache
def slopes() -> sm.Fit:
    rng = np.random.default_rng(6)
    data = pd.DataFrame({"x": rng.normal(size=40)}).assign(y=lambda d: 0.4 * d["x"] + rng.normal(size=40))
    return sm.lm("y ~ x", data, **SIZES)


def test_a_large_effect_is_found_and_none_is_not(tmp_path: Path) -> None:
    file = tmp_path / "power.jsonl"
    large = sm.powerSim(slopes(), "x", effect=3.0, nsim=8, iter=400, file=file)
    none = sm.powerSim(slopes(), "b[x]", effect=0.0, nsim=12, iter=400)
    assert large.estimate == 1
    assert none.estimate < 0.5
    assert large.simulations["estimate"].mean() == pytest.approx(3, abs=0.4)
    assert len(file.read_text().splitlines()) == 9
    again = sm.powerSim(slopes(), "x", value=2.9, effect=3.0, nsim=8, iter=400, file=file)  # what is asked is free
    assert again.simulations["estimate"].tolist() == large.simulations["estimate"].tolist()
    assert again.estimate < 1
    assert json.loads(file.read_text().splitlines()[0])["coef"] == "x"


@pytest.mark.slow
def test_power_is_that_of_the_t_test() -> None:
    found = sm.powerSim(slopes(), "x", effect=0.4, nsim=200, iter=600)
    x, sigma = slopes().model.frame.variables["x"].to_numpy(), sm.sigma(slopes())
    shift = 0.4 / (sigma / np.sqrt(np.sum((x - x.mean()) ** 2)))
    expected = 1 - stats.nct.cdf(stats.t.ppf(0.975, 38), 38, shift) + stats.nct.cdf(stats.t.ppf(0.025, 38), 38, shift)
    low, high = found.interval
    assert low - 0.05 < expected < high + 0.05


def test_power_prints_as_simrs() -> None:
    rows = pd.DataFrame({"excludes": np.arange(20) < 15})
    found = Power("x", 0.0, 0.95, rows, {}, 40)
    low, high = found.interval
    assert repr(found).splitlines()[:2] == [
        "Power for predictor 'x', (95% confidence interval):", f"      75.00% ({100 * low:.2f}, {100 * high:.2f})"
    ]  # fmt: skip
    np.testing.assert_allclose((low, high), (0.5089541, 0.9134285), atol=1e-6)  # R: binom.test(15, 20)$conf.int


def test_power_is_of_one_coefficient() -> None:
    with pytest.raises(sm.OptionError, match=r"these are: \(Intercept\), x"):
        sm.powerSim(slopes(), "sigma")
    prior = sm.update(slopes(), prior_only=True)
    with pytest.raises(sm.OptionError, match="makes data from a posterior"):
        sm.powerSim(prior, "x")


def test_brms_spelling_samples_the_prior() -> None:
    own = {"priors": [sm.set_prior("normal(0, 1)")], "engine": REPLAY, "progress": False}
    prior = sm.brm("score ~ hours", exams(), sample_prior="only", **own)
    assert prior.model.prior_only
    assert sm.update(prior, sample_prior="no").model.prior_only is False
    assert sm.brm("score ~ hours", exams(), sample_prior="no", **own).model.prior_only is False
    with pytest.raises(sm.OptionError, match="plot_prior_posterior"):
        sm.brm("score ~ hours", exams(), sample_prior="yes", **own)
    with pytest.raises(sm.PriorError, match="flat"):
        sm.brm("score ~ hours", exams(), sample_prior="only", engine=REPLAY, progress=False)


def test_a_check_of_the_prior_is_one_call() -> None:
    own = {"prior": sm.normal(0, 1), "prior_intercept": sm.normal(0, 10), "prior_aux": sm.exponential(1)}
    fit = sm.lm("score ~ hours", exams(), **own, **SIZES)
    frame = sm.pp_check(fit, "stat", prior=True).data
    assert frame["value"].std() == pytest.approx(10, rel=0.1)
    assert frame["observed"].iloc[0] == pytest.approx(exams()["score"].mean())
    assert sm.pp_check(fit, "stat").data["value"].std() < 3
    with pytest.raises(sm.OptionError, match="leaves rows out of a posterior"):
        sm.pp_check(fit, "loo_pit_qq", prior=True)
    with pytest.raises(sm.PriorError, match="flat"):
        sm.pp_check(sm.lm("score ~ hours", exams(), prior=None, **SIZES), prior=True)


def test_weights_are_what_the_page_says() -> None:
    """Exponents count rows, precisions do not; those scaled to Kish's n_eff are as certain as n_eff rows."""
    rng = np.random.default_rng(8)
    data = pd.DataFrame({"y": rng.normal(size=200), "w": rng.lognormal(0, 0.8, 200)})
    w, y = data["w"].to_numpy(), data["y"].to_numpy()
    n_eff = w.sum() ** 2 / np.sum(w**2)
    assert 200 / n_eff == pytest.approx(1 + w.var() / w.mean() ** 2)
    data = data.assign(scaled=w * n_eff / w.sum(), four=4.0)
    flat = {"prior_intercept": None, **SIZES}
    scaled = sm.lm("y | weights(scaled) ~ 1", data, **flat)
    mean, sd = np.average(y, weights=w), np.sqrt(np.average((y - np.average(y, weights=w)) ** 2, weights=w))
    draws = sm.as_draws_df(scaled)["b[(Intercept)]"]
    assert draws.mean() == pytest.approx(mean, abs=0.02)
    assert draws.std() == pytest.approx(sd / np.sqrt(n_eff), rel=0.12)
    count, precise = sm.lm("y | weights(four) ~ 1", data, **flat), sm.lm("y ~ 1", data, weights="four", **flat)
    spread = [sm.as_draws_df(fit)["sigma"].std() / sm.as_draws_df(fit)["sigma"].mean() for fit in (count, precise)]
    np.testing.assert_allclose(spread, [1 / np.sqrt(2 * 800), 1 / np.sqrt(2 * 200)], rtol=0.2)
