"""DHARMa's residuals and their tests, on simulations at hand and on small fits."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from criticism_fits import herds_fit, weighted_fit
from public_calls import REPLAY, exams, exams_fit
from scipy import stats

import stanmlm as sm


@cache
def normal() -> sm.ScaledResiduals:
    rng = np.random.default_rng(3)
    return sm.scaled_residuals(rng.normal(size=(80, 60)), rng.normal(size=80), np.zeros(80))


@cache
def counts() -> sm.ScaledResiduals:
    rng = np.random.default_rng(4)
    return sm.scaled_residuals(rng.poisson(2, size=(80, 60)), rng.poisson(2, 80), np.full(80, 2.0), integer=True)


def test_ties_lie_between_the_shares_below_and_not_above() -> None:
    found = sm.scaled_residuals([[0, 1, 1, 2], [0, 1, 1, 2]], [1, 3])
    assert found.lower.tolist() == [0.25, 1.0]
    assert found.lower_or_equal.tolist() == [0.75, 1.0]
    assert 0.25 <= found.residuals[0] <= 0.75
    assert found.residuals[1] == 1.0
    again = sm.scaled_residuals([[0, 1, 1, 2], [0, 1, 1, 2]], [1, 3], seed=1)
    assert again.residuals[0] != found.residuals[0]


def test_residuals_of_a_fit_are_places_among_new_responses() -> None:
    found = sm.simulate_residuals(exams_fit(), n=40, seed=5)
    simulated = sm.simulate(exams_fit(), nsim=40, seed=5, re_formula=None).to_numpy()
    np.testing.assert_array_equal(found.simulations, simulated)
    np.testing.assert_allclose(found.residuals, (simulated < exams()["score"].to_numpy()[:, None]).mean(axis=1))
    np.testing.assert_allclose(found.fitted, sm.fitted(exams_fit()))
    assert not found.integer
    anew = sm.simulate_residuals(exams_fit(), n=40, seed=5, re_formula="NA")
    np.testing.assert_array_equal(anew.simulations, sm.simulate(exams_fit(), nsim=40, seed=5).to_numpy())


def test_trials_are_counted_and_rows_without_weight_left_out() -> None:
    found = sm.simulate_residuals(herds_fit(), n=20)
    assert found.integer
    np.testing.assert_allclose(found.fitted, sm.posterior_epred(herds_fit(), scale="count").mean("sample"))
    assert len(sm.simulate_residuals(weighted_fit(), n=20).observed) == 40


def test_categories_in_order_go_by_their_codes() -> None:
    data = exams().assign(grade=lambda d: pd.qcut(d["score"], 3, labels=["low", "mid", "high"]))
    fit = sm.brm("grade ~ hours", data, family="cumulative", engine=REPLAY, progress=False)
    found = sm.simulate_residuals(fit, n=20)
    assert set(found.observed) == {1.0, 2.0, 3.0}
    shares = sm.fitted(fit).to_numpy()
    np.testing.assert_allclose(found.fitted, shares @ [1, 2, 3])
    nominal = sm.brm("grade ~ hours", data, family="categorical", engine=REPLAY, progress=False)
    with pytest.raises(sm.DataError, match="responses in order"):
        sm.simulate_residuals(nominal)


@pytest.mark.parametrize("alternative", ["two.sided", "greater", "less"])
def test_tests_are_rs(alternative: str) -> None:
    found, side = normal(), alternative.replace(".", "-")
    uniform = sm.check_uniformity(found, alternative)
    expected = stats.kstest(found.residuals, "uniform", alternative=side)
    assert uniform.statistic == pytest.approx(expected.statistic)
    variance, own = found.simulations.var(axis=0, ddof=1), found.observed.var(ddof=1)
    tail = {"greater": (variance >= own).mean(), "less": (variance <= own).mean()}
    p = tail.get(alternative, min(1, 2 * min(tail.values())))
    dispersion = sm.check_dispersion(found, alternative)
    assert dispersion.p_value == pytest.approx(p)
    assert dispersion.statistic == pytest.approx(own / variance.mean())
    outside = ((found.residuals < 1 / 61) | (found.residuals > 60 / 61)).sum()
    outliers = sm.check_outliers(found, alternative)
    assert outliers.statistic == outside
    assert outliers.p_value == pytest.approx(stats.binomtest(outside, 80, 2 / 61, alternative=side).pvalue)


def test_zeros_are_compared_with_simulated_ones() -> None:
    found = counts()
    zeros = (found.simulations == 0).sum(axis=0)
    own = (found.observed == 0).sum()
    inflation = sm.check_zero_inflation(found, "greater")
    assert inflation.p_value == pytest.approx((zeros >= own).mean())
    assert inflation.statistic == pytest.approx(own / zeros.mean())
    assert np.isnan(sm.check_zero_inflation(sm.scaled_residuals(found.simulations + 1, found.observed + 1)).statistic)


def test_outliers_of_counts_are_bootstrapped() -> None:
    found = sm.check_outliers(counts())
    assert found.method == "Outliers, bootstrapped"
    assert found.p_value == sm.check_outliers(counts()).p_value
    wild = sm.scaled_residuals(counts().simulations, counts().observed + 50, integer=True)
    assert sm.check_outliers(wild).statistic == 80
    assert sm.check_outliers(wild).p_value == 0
    with pytest.raises(sm.OptionError, match="there is `binomial`"):
        sm.check_outliers(counts(), type="exact")
    with pytest.raises(sm.OptionError, match="alternative is `both`"):
        sm.check_outliers(counts(), "both")


def test_what_a_model_lacks_shows() -> None:
    rng = np.random.default_rng(6)
    wrong = sm.scaled_residuals(rng.poisson(3, (200, 100)), rng.negative_binomial(1, 0.25, 200), integer=True)
    told = sm.residual_tests(wrong).set_index("test")["p.value"]
    assert (told < 0.05).all()
    right = sm.scaled_residuals(rng.poisson(3, (200, 100)), rng.poisson(3, 200), np.full(200, 3), integer=True)
    assert (sm.residual_tests(right)["p.value"] > 0.05).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0, 2.0]], [1.0, 2.0]), "have shape"),
        (([[1.0]], [1.0]), "n at least 2"),
        (([[1.0, 2.0]], [1.0], [1.0, 2.0]), "a value a row"),
        (([[1.0, np.nan]], [1.0]), "missing values"),
    ],
)
def test_what_cannot_be_scaled_is_said(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(sm.DataError, match=message):
        sm.scaled_residuals(*arguments)
    with pytest.raises(sm.OptionError, match="a number of simulations"):
        sm.simulate_residuals(exams_fit(), n=1)


def test_results_print_and_draw() -> None:
    assert "80 rows, from 60 simulations" in repr(normal())
    assert normal().to_frame().columns.tolist() == ["observed", "fitted", "residual", "lower", "lower_or_equal"]
    assert "<table" in normal()._repr_html_()
    assert "p-value = " in repr(sm.check_dispersion(normal()))
    figure = sm.plot_residuals(counts())
    figure.draw()
    points = figure.data[figure.data["panel"] == "Quantiles against the uniform"]
    np.testing.assert_allclose(points["y"], np.sort(counts().residuals))
    np.testing.assert_allclose(points["x"], (np.arange(80) + 0.5) / 80)
