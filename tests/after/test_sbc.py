"""Simulation-based calibration: ranks, files, failures, and that a wrong prior is found."""

import json
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from public_calls import exams, exams_fit

import stanmlm as sm
from stanmlm.after.criticism.calibration import rank_of
from stanmlm.after.criticism.simulated_data import prior_of, responses_of
from stanmlm.base.streams import Source

PRIORS = {"prior": sm.normal(0, 1), "prior_intercept": sm.normal(0, 1), "prior_aux": sm.exponential(1)}
SIZES = {"chains": 2, "iter": 1000, "seed": 5, "cores": 1, "progress": False}
FORMULA = "score ~ hours + (1 | student)"


@cache
def prior() -> sm.Fit:
    return sm.lmer(FORMULA, exams(), prior_only=True, **PRIORS, **SIZES)


@cache
def few() -> sm.Calibration:
    return sm.sbc(prior(), n=5, draws=19, iter=300)


def test_ranks_have_a_row_a_replication_and_a_column_a_parameter() -> None:
    found = few()
    assert found.ranks["b"].shape == (5, 2)
    assert found.ranks["r_student"].shape == (5, 6, 1)
    assert all(ranks.min() >= 0 and ranks.max() <= 19 for ranks in found.ranks.values())
    frame = found.to_frame()
    assert frame.columns.tolist() == ["quantity", "mean", "sd", "p.value"]
    assert {"b[hours]", "sigma", "log_lik", "r_student[1, (Intercept)]"} < set(frame["quantity"])
    assert "5 replications, ranks among 19 draws" in repr(found)


def test_arviz_gets_simuks_groups() -> None:
    ranks = few().to_arviz()["prior_sbc"]
    assert ranks["b"].dims == ("chain", "draw", "term")
    assert ranks.sizes["draw"] == 5
    assert ranks["sigma"].dtype.kind == "i"
    assert ranks["b"].sel(term="hours").values.ravel().tolist() == few().by_quantity()["b[hours]"].tolist()


def test_replications_are_kept_and_gone_on_with(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    first = sm.sbc(prior(), n=2, draws=19, iter=300, file=file)
    text = file.read_text()
    file.write_text(text + text.splitlines()[1][:40])  # the line that was being written when it was stopped
    again = sm.sbc(prior(), n=3, draws=19, iter=300, file=file)
    assert [one.get("number") for one in map(json.loads, file.read_text().splitlines()[:3])] == [None, 0, 1]
    for name, ranks in first.ranks.items():
        np.testing.assert_array_equal(again.ranks[name][:2], ranks)
        np.testing.assert_array_equal(few().ranks[name][:3], again.ranks[name])  # each has its own random numbers
    with pytest.raises(sm.FileError, match="of another draws"):
        sm.sbc(prior(), n=3, draws=9, iter=300, file=file)
    with pytest.raises(sm.FileError, match="no file of simulations"):
        sm.sbc(prior(), n=3, draws=9, iter=300, file=_written(tmp_path / "text", "hello"))


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_responses_are_those_of_the_prior() -> None:
    draws = sm.as_draws_df(prior())
    one = np.array([responses_of(prior(), 7, i, Source(1)) for i in range(200)])
    mean = sm.posterior_epred(prior()).to_numpy()[7]
    np.testing.assert_allclose(one.mean(axis=0), mean, atol=4 * draws["sigma"][7] / np.sqrt(200))
    other = np.array([responses_of(prior(), 7, i, Source(1), anew=True) for i in range(200)])
    assert other.std(axis=0).mean() > one.std(axis=0).mean()


def test_a_fit_of_the_posterior_has_the_prior_of_its_model() -> None:
    fit = sm.lmer(FORMULA, exams(), **PRIORS, **{**SIZES, "iter": 300})
    found = prior_of(fit, 3)
    assert found.model.prior_only
    assert sm.as_draws_df(found)["b[hours]"].std() == pytest.approx(1, abs=0.1)
    assert found.model.priors == fit.model.priors


def test_ties_are_broken_by_chance() -> None:
    rng = np.random.default_rng(1)
    ranks = [int(rank_of(np.array(1.0), np.array([0.0, 1.0, 1.0, 2.0]), rng)) for _ in range(200)]
    assert set(ranks) == {1, 2, 3}


def test_what_fails_is_named() -> None:
    data = exams().assign(y=1)
    wild = {"prior": sm.normal(0, 500), "prior_intercept": sm.normal(0, 1)}
    fit = sm.glm("y ~ hours", data, family="poisson", prior_only=True, **wild, **SIZES)
    with pytest.warns(sm.StanmlmWarning, match="replications fail, so that ranks of the others"):
        found = sm.sbc(fit, n=6, draws=9, iter=300)
    assert found.failures
    assert len(found.numbers) + len(found.failures) == 6
    assert all("expected one" in why or "beyond" in why for why in found.failures.values())


def test_models_that_cannot_be_simulated_are_refused() -> None:
    with pytest.raises(sm.PriorError, match="flat"):
        sm.sbc(sm.lm("score ~ hours", exams(), prior=None, **{**SIZES, "iter": 200}))
    weighted = exams().assign(w=2.0, y=1)
    counted = sm.glm("y ~ hours", weighted, family="poisson", weights="w", **{**SIZES, "iter": 200})
    with pytest.raises(sm.DataError, match="weights count rows"):
        sm.sbc(counted)
    with pytest.raises(sm.OptionError, match="2 chains of 100 iterations give 100"):
        sm.sbc(prior(), draws=200, iter=100)
    with pytest.raises(sm.OptionError, match="prior_only=True"):
        sm.sbc(prior(), n=2, prior=exams_fit())


def test_figures_show_quantities() -> None:
    frame = sm.plot_sbc(few()).data
    assert frame["quantity"].cat.categories.tolist() == [
        "b[(Intercept)]", "b[hours]", "sd_student[(Intercept)]", "sigma", "log_lik"
    ]  # fmt: skip
    one = frame[frame["quantity"] == "sigma"]
    assert one["y"].iloc[[0, -1]].tolist() == [0, 0]
    ranks = few().by_quantity()["sigma"]
    np.testing.assert_allclose(one["y"] + one["x"], [np.mean(ranks < k) for k in range(21)])
    counts = sm.plot_sbc(few(), ["sigma", "b[hours]"], "hist").data
    assert counts.groupby("quantity", observed=True)["y"].sum().tolist() == [5, 5]
    with pytest.raises(sm.DataError, match="did you mean `sigma`"):
        sm.plot_sbc(few(), "sigm")
    with pytest.raises(sm.OptionError, match="type is `hists`"):
        sm.plot_sbc(few(), type="hists")


@pytest.mark.slow
def test_a_right_prior_is_calibrated_and_a_wrong_one_is_not() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.StanmlmWarning)
        right = sm.sbc(prior(), n=150).to_frame().set_index("quantity")
        other = sm.lmer(FORMULA, exams(), prior_only=True, **{**PRIORS, "prior": sm.normal(1, 1)}, **SIZES)
        wrong = sm.sbc(prior(), n=150, prior=other).to_frame().set_index("quantity")
    assert right["p.value"].min() * len(right) > 0.01
    assert wrong["p.value"]["b[hours]"] < 1e-3
    assert wrong["mean"]["b[hours]"] > 0.6
    assert wrong["p.value"]["sigma"] > 1e-3
