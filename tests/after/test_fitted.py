"""R's fitted, residuals, predict and simulate, and rstanarm's posterior_interval."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import xlogy
from small_fits import SIZES, counts_data, counts_fit, draws, exams_data, exams_fit, trials_data, trials_fit

import stanmlm as sm


def test_fitted_values_are_mean_expectations_padded_at_the_users_rows() -> None:
    found = sm.fitted(exams_fit())
    assert list(found.index) == list(exams_data().index)
    assert list(found.index[found.isna()]) == [3, 7]
    means = sm.posterior_epred(exams_fit()).values.mean(axis=0)
    np.testing.assert_allclose(found.dropna(), means, rtol=1e-12)


def test_rows_that_subset_left_out_are_not_padded() -> None:
    data = exams_data()
    fit = sm.lm("score ~ hours", data, subset=data.index < 20, na_action="exclude", **SIZES)
    for found in (sm.fitted(fit), sm.residuals(fit), sm.predict(fit), sm.simulate(fit)["sim_1"]):
        assert list(found.index) == list(range(20))
        assert list(found.index[found.isna()]) == [3, 7]


def test_without_exclude_nothing_is_padded() -> None:
    fit = sm.lm("score ~ hours", exams_data(), **SIZES)
    assert len(sm.residuals(fit)) == sm.nobs(fit) == len(exams_data()) - 2


def test_residuals_are_those_of_r_about_the_posterior_mean() -> None:
    """R 4.2.2's binomial()$dev.resids, variance and mu.eta, written out."""
    data, mu = trials_data(), sm.fitted(trials_fit()).to_numpy()
    y, n = data["y"].to_numpy(), data["n"].to_numpy()
    deviance = 2 * (xlogy(y, y / n / mu) + xlogy(n - y, (1 - y / n) / (1 - mu)))
    expected = {
        "response": y / n - mu,
        "pearson": (y / n - mu) * np.sqrt(n / (mu * (1 - mu))),
        "deviance": np.sign(y / n - mu) * np.sqrt(deviance),
        "working": (y / n - mu) / (mu * (1 - mu)),
    }
    for type_, values in expected.items():
        np.testing.assert_allclose(sm.residuals(trials_fit(), type_), values, atol=1e-7)


def test_deviance_residuals_of_counts_and_of_reals() -> None:
    y, mu = counts_data()["y"].to_numpy(), sm.fitted(counts_fit()).to_numpy()
    expected = np.sign(y - mu) * np.sqrt(2 * (xlogy(y, y / mu) - (y - mu)))
    np.testing.assert_allclose(sm.residuals(counts_fit(), "deviance"), expected, atol=1e-7)
    plain = sm.residuals(exams_fit()).dropna()
    np.testing.assert_allclose(sm.residuals(exams_fit(), "deviance").dropna(), plain, atol=1e-7)


def test_predict_is_on_the_link_by_default_as_in_r() -> None:
    eta = sm.posterior_linpred(trials_fit()).values
    np.testing.assert_allclose(sm.predict(trials_fit()), eta.mean(axis=0), rtol=1e-10)
    table = sm.predict(trials_fit(), type="response", interval="confidence", level=0.8)
    p = sm.posterior_epred(trials_fit()).values
    np.testing.assert_allclose(table["lwr"], np.quantile(p, 0.1, axis=0), rtol=1e-10)
    assert list(table.columns) == ["fit", "lwr", "upr"]


def test_a_prediction_interval_covers_new_responses() -> None:
    new = pd.DataFrame({"hours": [0.0, 0.5]})
    narrow = sm.predict(exams_fit(), new, "NA", interval="confidence")
    wide = sm.predict(exams_fit(), new, "NA", interval="prediction")
    extra = (wide["upr"] - wide["lwr"]).to_numpy() - (narrow["upr"] - narrow["lwr"]).to_numpy()
    assert (extra > sm.sigma(exams_fit())).all()
    with pytest.raises(sm.OptionError, match='pass type="response"'):
        sm.predict(trials_fit(), interval="prediction")
    with pytest.raises(sm.OptionError, match="did you mean `confidence`"):
        sm.predict(trials_fit(), interval="confidance")


def test_simulate_draws_group_effects_anew_unless_told_to_keep_them() -> None:
    anew = sm.simulate(exams_fit(), 200, seed=5).dropna().to_numpy()
    kept = sm.simulate(exams_fit(), 200, seed=5, re_formula=None).dropna().to_numpy()
    observed = exams_data()["score"].drop([3, 7]).to_numpy()
    assert np.mean([np.corrcoef(observed, column)[0, 1] for column in anew.T]) < 0.3
    assert np.mean([np.corrcoef(observed, column)[0, 1] for column in kept.T]) > 0.8
    assert abs(np.log(anew.std(axis=0).mean() / observed.std())) < 0.2
    pd.testing.assert_frame_equal(sm.simulate(exams_fit(), 3, seed=5), sm.simulate(exams_fit(), 3, seed=5))
    assert not sm.simulate(exams_fit(), 1, seed=5).equals(sm.simulate(exams_fit(), 1, seed=6))


def test_simulated_successes_lie_within_trials() -> None:
    made = sm.simulate(trials_fit(), 1000, seed=1)
    assert made.shape == (240, 1000)
    assert (made.to_numpy() <= trials_data()["n"].to_numpy()[:, None]).all()
    with pytest.raises(sm.OptionError, match="nsim is 0"):
        sm.simulate(trials_fit(), 0)


def test_posterior_interval_has_rstanarms_names_and_columns() -> None:
    table = sm.posterior_interval(exams_fit(), prob=0.5, pars=["hours", "sigma"])
    assert list(table.columns) == ["25%", "75%"]
    np.testing.assert_allclose(table.loc["sigma"], np.quantile(draws(exams_fit(), "sigma"), (0.25, 0.75)))
    every = sm.posterior_interval(exams_fit(), regex_pars=r"student:1\]$")
    assert list(every.index) == ["b[(Intercept) student:1]", "b[hours student:1]"]
    with pytest.raises(sm.DataError, match="did you mean `hours`"):
        sm.posterior_interval(exams_fit(), pars="hour")
    with pytest.raises(sm.OptionError, match="probs has 2"):
        sm.summary(exams_fit(), probs=[2])
    with pytest.raises(sm.OptionError, match="level is 95"):
        sm.confint(exams_fit(), level=95)
    with pytest.raises(sm.DataError, match="not a regular expression"):
        sm.posterior_interval(exams_fit(), regex_pars="(")


def test_one_chain_prints_the_rhat_of_its_halves() -> None:
    fit = sm.lmer("score ~ hours + (1 | student)", exams_data(), chains=1, iter=200, seed=1, progress=False)
    text = repr(fit)
    assert "NA" not in text
    assert "the chains have not mixed" not in text
    assert "1 chain," in text
    assert np.isfinite(sm.diagnostics(fit).worst_rhat[0])
    assert sm.summary(fit).frame["Rhat"].notna().all()
