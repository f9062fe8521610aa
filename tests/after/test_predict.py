"""Predictions against the formulas written out by hand from the draws."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from small_fits import b, counts_data, counts_fit, draws, exams_fit, r, trials_data, trials_fit

import stanmlm as sm
from stanmlm.base.arrays import Floats

pytestmark = pytest.mark.filterwarnings("ignore:not in the fitted data")
EXACT = {"rtol": 0, "atol": 1e-10}
# Monte Carlo error of a standard deviation from S draws is sd / sqrt(2 S), a little more with autocorrelation.
MC_SDS = 5


def fixed_part(data: pd.DataFrame) -> Floats:
    """The population part of the trials fit: x * f + u + factor(k), offset z."""
    fit = trials_fit()
    x, z = data["x"].to_numpy(), data["z"].to_numpy()
    eta = b(fit, "(Intercept)") + b(fit, "x") * x + b(fit, "uTRUE") * data["u"].to_numpy() + z
    for level in ("b", "c"):
        here = (data["f"] == level).to_numpy()
        eta = eta + (b(fit, f"f{level}") + b(fit, f"x:f{level}") * x) * here
    for level in (1, 2):
        eta = eta + b(fit, f"factor(k){level}") * (data["k"] == level).to_numpy()
    return eta


def whole_eta(data: pd.DataFrame) -> Floats:
    fit, x = trials_fit(), data["x"].to_numpy()
    slope = r(fit, "g", data["g"], "x") * x
    return fixed_part(data) + r(fit, "g", data["g"], "(Intercept)") + slope + r(fit, "h", data["h"], "(Intercept)")


def test_epred_of_fitted_rows_is_the_formula_by_hand() -> None:
    eta = whole_eta(trials_data())
    np.testing.assert_allclose(sm.posterior_linpred(trials_fit()).values, eta, **EXACT)
    np.testing.assert_allclose(sm.posterior_epred(trials_fit()).values, expit(eta), **EXACT)


def test_epred_of_new_rows_takes_offset_and_trials_from_them() -> None:
    new = trials_data().iloc[::7].assign(z=0.7, n=11)
    count = sm.posterior_epred(trials_fit(), new, scale="count")
    np.testing.assert_allclose(count.values, 11 * expit(whole_eta(new)), **EXACT)
    assert list(count["row"].values) == list(new.index)
    predicted = sm.posterior_predict(trials_fit(), new)
    assert predicted.max() <= 11
    assert predicted.max() > 8


def test_trials_that_nobody_tells_are_asked_for() -> None:
    new = trials_data().iloc[:3].drop(columns=["n", "y"])
    assert sm.posterior_epred(trials_fit(), new).shape[1] == 3
    for ask in (sm.posterior_predict, lambda fit, rows: sm.posterior_epred(fit, rows, scale="count")):
        with pytest.raises(sm.DataError, match="pass trials="):
            ask(trials_fit(), new)
    assert sm.posterior_predict(trials_fit(), new, trials=[1, 2, 30]).values.max(axis=0).tolist()[:2] == [1, 2]


def test_re_formula_drops_group_effects_or_keeps_a_part_of_them() -> None:
    data = trials_data().iloc[:20]
    x = data["x"].to_numpy()
    without = data.drop(columns=["g", "h"])
    np.testing.assert_allclose(sm.posterior_linpred(trials_fit(), without, "NA"), fixed_part(data), **EXACT)
    np.testing.assert_allclose(
        sm.posterior_linpred(trials_fit(), data.drop(columns="h"), "~ (0 + x | g)"),
        fixed_part(data) + r(trials_fit(), "g", data["g"], "x") * x,
        **EXACT,
    )


def test_epred_of_counts_has_the_offset() -> None:
    fit, data = counts_fit(), counts_data()
    mean = data["e"].to_numpy() * np.exp(
        b(fit, "(Intercept)") + b(fit, "x") * data["x"].to_numpy() + r(fit, "g", data["g"], "(Intercept)")
    )
    np.testing.assert_allclose(sm.posterior_epred(fit, data).values, mean, rtol=1e-10)


def test_a_new_level_has_one_effect_in_all_rows_and_calls_and_others_have_their_own() -> None:
    new = trials_data().iloc[[0, 0, 0]].assign(g=["new1", "new1", "new2"])
    first = sm.posterior_linpred(trials_fit(), new).values
    np.testing.assert_array_equal(first[:, 0], first[:, 1])
    assert np.abs(first[:, 0] - first[:, 2]).max() > 0.1
    np.testing.assert_allclose(sm.posterior_linpred(trials_fit(), new.iloc[[2]]).values[:, 0], first[:, 2], **EXACT)
    some = sm.posterior_linpred(trials_fit(), new, draws=50).values
    np.testing.assert_allclose(some, first[np.linspace(0, len(first) - 1, 50).astype(int)], **EXACT)


def test_new_level_variance_is_the_models() -> None:
    """z' Sigma z over many new levels, draw by draw."""
    fit, x, levels = exams_fit(), 0.8, 400
    new = pd.DataFrame({"hours": x, "student": [f"new{i}" for i in range(levels)]})
    effects = sm.posterior_linpred(fit, new).values - sm.posterior_linpred(fit, new, "NA").values
    sd, rho = draws(fit, "sd_student"), draws(fit, "cor_student")[:, 0]
    expected = sd[:, 0] ** 2 + 2 * x * rho * sd[:, 0] * sd[:, 1] + x**2 * sd[:, 1] ** 2
    found = effects.var(axis=1)
    error = expected * np.sqrt(2 / levels)
    assert abs(np.mean((found - expected) / error)) < MC_SDS / np.sqrt(len(found))
    response = sm.posterior_predict(fit, new).values
    total = expected + draws(fit, "sigma") ** 2
    gap = (response - sm.posterior_linpred(fit, new, "NA").values).var(axis=1) - total
    assert abs(np.mean(gap / (total * np.sqrt(2 / levels)))) < MC_SDS / np.sqrt(len(found))


def test_new_levels_may_be_zero_or_refused() -> None:
    new = trials_data().iloc[[0]].assign(g="new")
    zero = sm.posterior_linpred(trials_fit(), new, "~ (1 + x | g)", new_levels="zero")
    np.testing.assert_allclose(zero.values, fixed_part(new), **EXACT)
    with pytest.raises(sm.DataError, match="level `new` of `g` was not in the fitted data"):
        sm.posterior_linpred(trials_fit(), new, new_levels="error")


def test_missing_values_in_new_rows_give_missing_predictions() -> None:
    new = pd.DataFrame({"hours": [0.0, np.nan, 0.0], "student": ["1", "2", None]})
    for predict in (sm.posterior_epred, sm.posterior_predict):
        assert np.isnan(predict(exams_fit(), new).values).all(axis=0).tolist() == [False, True, True]
        assert predict(exams_fit(), new, summary=True)["50%"].isna().tolist() == [False, True, True]


def test_a_summary_is_that_of_the_draws_in_chunks_of_any_size() -> None:
    values = sm.posterior_epred(trials_fit()).values
    for max_bytes in (1_000_000_000, 200_000):
        table = sm.posterior_epred(trials_fit(), summary=True, max_bytes=max_bytes)
        np.testing.assert_allclose(table["mean"], values.mean(axis=0), **EXACT)
        np.testing.assert_allclose(table["sd"], values.std(axis=0, ddof=1), **EXACT)
        for q in (0.025, 0.25, 0.5, 0.75, 0.975):
            np.testing.assert_allclose(table[f"{100 * q:g}%"], np.quantile(values, q, axis=0), **EXACT)


def test_a_full_array_over_max_bytes_is_refused_with_its_size_and_the_ways_out() -> None:
    with pytest.raises(sm.DataError, match=r"take 0\.0007\d* GB.*draws=.*summary=True"):
        sm.posterior_epred(trials_fit(), max_bytes=700_000)


PEAK = """
import sys
import numpy as np, pandas as pd, stanmlm as sm
fit = sm.lmer("score ~ hours + (1 + hours | student)", sm.simulate_exams(seed=1, students=50), seed=1, progress=False)
rng = np.random.default_rng(1)
new = pd.DataFrame({"hours": rng.normal(size=100_000), "student": rng.integers(1, 150, 100_000).astype(str)})
try:
    sm.posterior_predict(fit, new)
except sm.DataError as error:
    assert "3.2 GB" in str(error), error
else:
    sys.exit("3.2 GB were not refused")
OPTIONS
# Of this process alone: ru_maxrss starts from what the one that began it had.
print(next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "call",
    [
        "sm.posterior_epred(fit, new, summary=True, max_bytes=100_000_000)",
        "sm.posterior_predict(fit, new, draws=1000)",
        "sm.avg_comparisons(fit, 'hours', newdata=new, max_bytes=100_000_000)",
    ],
)
def test_memory_stays_within_max_bytes_and_300_mb(call: str) -> None:
    limit = (100_000_000 if "max_bytes" in call else 1_000_000_000) + 300_000_000
    done = subprocess.run(
        [sys.executable, "-c", PEAK.replace("OPTIONS", call)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout.split()[-1]) < limit


@pytest.mark.parametrize("term", ["poly(hours, 2)", "poly(hours, 2, raw = TRUE)", "scale(hours)", "ns(hours, 3)"])
def test_no_rows_of_new_data_give_no_columns(term: str) -> None:
    scores = sm.simulate_exams(seed=1, students=10)
    fit = sm.lm(f"score ~ {term}", scores, chains=1, iter=60, seed=1, progress=False)
    assert sm.posterior_epred(fit, scores.iloc[:0]).shape == (30, 0)
