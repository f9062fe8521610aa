"""A fit as ArviZ's container: every group, under the names and dims that ArviZ's own functions take."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.fit.fit import Fit

arviz_stats = pytest.importorskip("arviz_stats")
QUICK: dict[str, Any] = {"chains": 2, "iter": 400, "seed": 2}


@pytest.fixture(scope="module")
def fit() -> Fit:
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(
        {
            "s": rng.integers(0, 5, 60),
            "n": np.full(60, 5),
            "x": rng.normal(size=60),
            "g": pd.Categorical(list("abcdef") * 10),
            "e": rng.normal(size=60),
        },
        index=[f"r{i}" for i in range(60)],
    )
    return sm.glmer("s/n ~ x + offset(e) + (1 | g)", rows, family=sm.binomial, weights="n", **QUICK)


@pytest.fixture(scope="module")
def tree(fit: Fit) -> Any:
    return sm.to_arviz(fit, log_likelihood=True, posterior_predictive=True)


def test_every_group_is_there_with_its_dims(fit: Fit, tree: Any) -> None:
    assert set(tree.children) == {
        *("posterior", "sample_stats", "log_likelihood", "posterior_predictive", "observed_data", "constant_data")
    }
    assert list(tree["observed_data"].data_vars) == ["s_n"]
    assert tree["log_likelihood"]["s_n"].dims == ("chain", "draw", "row")
    assert tree["posterior_predictive"]["s_n"].shape == (2, 200, 60)
    assert tree["observed_data"]["row"].to_numpy().tolist() == fit.model.frame.index.tolist()
    constants = tree["constant_data"]
    assert constants["g"].to_numpy().tolist() == list("abcdef") * 10
    assert constants["(trials)"].to_numpy().tolist() == [5.0] * 60
    assert np.array_equal(constants["(offset)"], fit.model.design.offset)
    assert np.array_equal(constants["x"], fit.model.frame.variables["x"])
    assert tree.attrs["modeling_interface"] == "stanmlm"


def test_draws_stand_where_they_stood(fit: Fit, tree: Any) -> None:
    flat = np.asarray(sm.log_lik(fit))
    assert np.array_equal(tree["log_likelihood"]["s_n"].to_numpy()[1, 3], flat[200 + 3])
    replicated = np.asarray(sm.posterior_predict(fit))
    assert np.array_equal(tree["posterior_predictive"]["s_n"].to_numpy()[1, 7], replicated[200 + 7])
    for name, array in fit.posterior["posterior"].data_vars.items():
        assert array.identical(tree["posterior"][name])


@pytest.mark.filterwarnings("ignore")
def test_arviz_takes_it_as_it_is(fit: Fit, tree: Any) -> None:
    summary = arviz_stats.summary(tree, var_names=["b"])
    assert list(summary.index) == ["b[(Intercept)]", "b[x]"]
    # ArviZ takes a relative efficiency of its own; the sums agree far within their standard errors.
    ours, theirs = sm.loo(fit).estimates, arviz_stats.loo(tree)
    assert theirs.elpd == pytest.approx(ours.loc["elpd_loo", "Estimate"], abs=0.05 * ours.loc["elpd_loo", "SE"])
    assert theirs.n_data_points == 60


def test_the_fit_itself_is_left_as_it_was(fit: Fit, tree: Any) -> None:
    assert set(fit.posterior.children) == {"posterior", "sample_stats"}


def test_a_fit_of_the_prior_has_prior_groups() -> None:
    exams = sm.simulate_exams(seed=1, students=4)
    fit = sm.lm("score ~ hours", exams, prior_only=True, **QUICK)
    tree = sm.to_arviz(fit, posterior_predictive=True)
    assert set(tree.children) == {"prior", "sample_stats_prior", "prior_predictive", "observed_data", "constant_data"}
    with pytest.raises(sm.OptionError, match="prior_only"):
        sm.to_arviz(fit, log_likelihood=True)


def test_large_arrays_are_refused(fit: Fit) -> None:
    with pytest.raises(sm.DataError, match="max_bytes"):
        sm.to_arviz(fit, posterior_predictive=True, max_bytes=10_000)


def test_hierarchical_row_labels_are_joined() -> None:
    exams = sm.simulate_exams(seed=1, students=4).set_index(["student", "exam"])
    tree = sm.to_arviz(sm.lm("score ~ hours", exams, **QUICK))
    assert tree["observed_data"]["row"].to_numpy()[:2].tolist() == ["1:1", "1:2"]


def test_names_that_xarray_cannot_tell_apart_stay_two() -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        {"g/h": np.repeat(list("uvwx"), 10), "g_h": np.tile(list("kl"), 20), "(weights)": rng.normal(size=40)}
    )
    formula = "y ~ `(weights)` + (1 | `g/h`) + (1 | g_h)"
    fit = sm.lmer(formula, data.assign(y=rng.normal(size=40)), chains=1, iter=100, seed=1, progress=False)
    tree = sm.to_arviz(fit)
    constants = tree["constant_data"]
    assert constants["g_h"].values.tolist() == data["g_h"].tolist()
    assert constants["g_h.1"].values.tolist() == data["g/h"].tolist()
    np.testing.assert_array_equal(constants["(weights).1"], data["(weights)"])
    assert tree["posterior"]["r_g_h"].sizes["level_g_h"] == 2
