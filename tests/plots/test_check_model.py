"""`check_model`: every family has every panel, with what the package says elsewhere."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from criticism_fits import counts_fit, exams_fit, herds_fit, votes_fit, weighted_fit
from public_calls import REPLAY
from scipy import stats

import stanmlm as sm
from stanmlm.after.criticism.envelopes import ecdf_envelope, order_envelope, p_value
from stanmlm.after.criticism.model_checks import Panel, model_panels
from stanmlm.after.criticism.smooth import local_lines

ALWAYS = ["Posterior predictive check", "Influential rows"]


@cache
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    shares = rng.dirichlet([2, 3, 4], 60)
    end = rng.uniform(1, 4, 60)
    time = rng.exponential(2, 60)
    return pd.DataFrame({
        "x": rng.normal(size=60), "z": rng.normal(size=60), "g": np.tile(list("abcdef"), 10),
        "grade": pd.Categorical(rng.choice(["low", "mid", "high"], 60), ["low", "mid", "high"], ordered=True),
        "p1": shares[:, 0], "p2": shares[:, 1], "p3": shares[:, 2], "many": rng.poisson(2, 60) * (rng.random(60) < 0.6),
        "time": np.minimum(time, end), "late": (time > end).astype(int),
    })  # fmt: skip


def fitted(formula: str, family: str) -> Callable[[], sm.Fit]:
    return cache(lambda: sm.brm(formula, answers(), family=family, engine=REPLAY, progress=False))


FITS: dict[str, Callable[[], sm.Fit]] = {
    "gaussian": exams_fit, "gaussian weights": weighted_fit, "cbind": herds_fit, "votes": votes_fit,
    "poisson": counts_fit,
    "ordinal": fitted("grade ~ x + z + (1 | g)", "cumulative"),
    "categorical": fitted("grade ~ x", "categorical"),
    "dirichlet": fitted("cbind(p1, p2, p3) ~ x", "dirichlet"),
    "zero-inflated": fitted("many ~ x + z", "zero_inflated_poisson"),
    "negbinomial": fitted("many ~ x + (1 | g)", "negbinomial"),
    "student": fitted("x ~ z + (1 | g)", "student"),
    "censored": fitted("time | cens(late) ~ x + z", "exponential"),
    "nothing": fitted("x ~ 1", "gaussian"),
}  # fmt: skip


def panels(name: str) -> dict[str, Panel]:
    return {panel.title: panel for panel in model_panels(FITS[name]())}


@pytest.mark.parametrize("name", FITS)
def test_every_fit_has_every_panel_and_none_is_empty(name: str) -> None:
    found, grouped = panels(name), bool(FITS[name]().model.design.terms)
    assert len(found) == 6 + grouped
    assert set(ALWAYS) <= set(found)
    assert ("Normality of group effects" in found) == grouped
    for panel in found.values():
        assert len(panel.frame), panel.title
        assert panel.frame.select_dtypes("number").notna().any().all(), panel.title


def test_what_a_family_lacks_is_asked_of_scaled_residuals_and_said() -> None:
    assert {"Linearity", "Homogeneity of variance", "Normality of residuals"} < set(panels("gaussian"))
    scaled = {"Homogeneity, by scaled residuals", "Uniformity of scaled residuals"}
    assert scaled | {"Binned residuals"} < set(panels("votes"))
    assert scaled | {"Linearity, by scaled residuals"} < set(panels("zero-inflated"))
    assert {"Collinearity"} < set(panels("zero-inflated"))
    assert {"Dispersion, by simulations"} < set(panels("poisson"))  # one predictor
    assert {"Linearity", "Uniformity of scaled residuals"} < set(panels("student"))
    assert panels("nothing")["Linearity, by scaled residuals"].x == "Row: all have one fitted value"


def test_panels_have_what_other_verbs_say() -> None:
    found, fit = panels("gaussian"), exams_fit()
    k = found["Influential rows"].frame["y"].to_numpy()
    np.testing.assert_allclose(k, np.maximum(sm.pareto_k(fit), -0.5))
    residual = sm.residuals(fit).to_numpy()
    scaled = residual / np.sqrt(np.mean(residual**2))
    np.testing.assert_allclose(found["Normality of residuals"].frame["y"], np.sort(scaled))
    rows = found["Linearity"].frame.query("of == 'row'")
    np.testing.assert_allclose(rows["x"], sm.fitted(fit))
    np.testing.assert_allclose(rows["y"], scaled)
    effects = found["Normality of group effects"].frame
    means = sm.ranef(fit)["student"]["hours"].to_numpy()
    np.testing.assert_allclose(effects[effects["label"] == "hours"]["y"], np.sort(means))
    table = sm.check_collinearity(FITS["zero-inflated"]())
    assert panels("zero-inflated")["Collinearity"].frame["x"].tolist() == table["VIF"].tolist()


def test_weights_are_in_standardised_residuals() -> None:
    fit = weighted_fit()
    w = fit.model.response.weights
    residual = (sm.residuals(fit).to_numpy() * np.sqrt(w))[w > 0]
    rows = panels("gaussian weights")["Linearity"].frame.query("of == 'row'")
    np.testing.assert_allclose(rows["y"], residual / np.sqrt(np.mean(residual**2)))


def test_residuals_of_a_true_model_lie_in_their_band() -> None:
    for name in ("gaussian", "votes", "poisson", "cbind"):
        frame = next(panel.frame for panel in panels(name).values() if panel.kind == "quantiles")
        assert ((frame["y"] >= frame["lower"]) & (frame["y"] <= frame["upper"])).mean() > 0.98


def test_censored_rows_lie_anywhere_beyond() -> None:
    found = sm.simulate_residuals(FITS["censored"](), n=100)
    late = answers()["late"].to_numpy() == 1
    assert (found.lower_or_equal[late] == 1).all()
    assert (found.lower_or_equal[~late] < 1).any()
    assert stats.kstest(found.residuals, "uniform").pvalue > 0.001


def test_envelopes_hold_uniform_values_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    values = np.sort(rng.random((2000, 50)))
    lower, upper = order_envelope(50, 0.9)
    assert np.mean(np.all((values >= lower) & (values <= upper), axis=1)) == pytest.approx(0.9, abs=0.035)
    counts = np.stack([np.histogram(row, np.linspace(0, 1, 21))[0] for row in values])
    ecdf = np.cumsum(counts, axis=1)[:, :-1] / 50
    lower, upper = (bound[1:-1] for bound in ecdf_envelope(50, 20, 0.9))
    inside = np.all((ecdf >= lower - 1e-9) & (ecdf <= upper + 1e-9), axis=1)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.03)
    assert np.mean(p_value(counts, 20_000) > 0.1) == pytest.approx(0.9, abs=0.03)


def test_a_smooth_line_follows_and_does_not_fall_over_ties() -> None:
    x = np.repeat([0.0, 1.0], 20)
    line = local_lines(x, x + np.tile([-1.0, 1.0], 20))
    np.testing.assert_allclose(line["y"].iloc[[0, -1]], [0, 1], atol=1e-6)
    assert (line["upper"] > line["y"]).all()
    curve = local_lines(np.linspace(-1, 1, 400), np.linspace(-1, 1, 400) ** 2)
    assert curve["y"].iloc[0] > curve["y"].iloc[30] < curve["y"].iloc[-1]


def test_a_sheet_is_saved_at_its_size_as_often_as_one_likes(tmp_path: Path) -> None:
    sheet = sm.check_model(FITS["nothing"]())
    frame = sheet.to_frame()
    assert frame["panel"].nunique() == 6
    sheet.save(tmp_path / "a.png", dpi=40)
    sheet.save(tmp_path / "b.png", dpi=40, width=6, height=6)
    from matplotlib.image import imread

    assert imread(tmp_path / "a.png").shape[:2] == (int(3 * 3.1 * 40), int(9.5 * 40))
    assert imread(tmp_path / "b.png").shape[:2] == (240, 240)


@pytest.mark.slow
@pytest.mark.parametrize("name", FITS)
def test_every_sheet_draws(name: str) -> None:
    assert len(sm.check_model(FITS[name]()).draw().axes) >= 6


def test_a_fit_of_the_prior_has_no_checks() -> None:
    prior = sm.lm("x ~ z", answers(), prior_only=True, engine=REPLAY, progress=False)
    with pytest.raises(sm.OptionError, match="needs a posterior"):
        sm.check_model(prior)
