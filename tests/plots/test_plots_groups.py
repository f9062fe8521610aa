"""Curves and coefficients of groups, straight from fits: equal to what the draws give by hand."""

import numpy as np
import pandas as pd
import pytest
from criticism_fits import SIZES, exams_fit
from plotted_fits import counts_fit, votes_fit

import stanmlm as sm
from stanmlm.after.effects.group_curves import expected_slopes, group_curves, group_slopes, level_rows
from stanmlm.base.errors import DataError, OptionError
from stanmlm.fit.fit import draws_of


def test_curves_are_quantiles_of_the_expected_response() -> None:
    fit = exams_fit()
    frame = group_curves(fit, "hours", "student", points=3)
    b, r = draws_of(fit, "b"), draws_of(fit, "r_student")
    rows = frame[frame["student"] == "4"]
    hours = fit.model.frame.data["hours"]
    np.testing.assert_allclose(rows["hours"], [hours.min(), (hours.min() + hours.max()) / 2, hours.max()])
    for _, row in rows.iterrows():
        eta = b[:, 0] + r[:, 3, 0] + (b[:, 1] + r[:, 3, 1]) * row["hours"]
        np.testing.assert_allclose(row["estimate"], np.median(eta))
        np.testing.assert_allclose(row["upper95"], np.quantile(eta, 0.975))
        np.testing.assert_allclose(row["lower50"], np.quantile(eta, 0.25))
    assert frame["student"].cat.categories.tolist() == [str(i + 1) for i in range(15)]


def test_every_group_keeps_its_own_group_level_predictor() -> None:
    fit = votes_fit()
    frame = group_curves(fit, "income", "state", points=2)
    data = fit.model.frame.data
    for state, rows in frame.groupby("state", observed=True):
        assert set(rows["avg.income"]) == set(data.loc[data["state"] == state, "avg.income"])
    by_hand = sm.posterior_epred(fit, frame[["income", "avg.income", "state"]])
    np.testing.assert_allclose(frame["estimate"], np.median(np.asarray(by_hand), axis=0))


def test_other_grouping_factors_count_as_zero_unless_they_make_panels() -> None:
    fit = counts_fit()
    alone = group_curves(fit, "dose", "site", points=2, at={"exposure": 1.0})
    epred = np.asarray(sm.posterior_epred(fit, alone.drop(columns="year").assign(year=2000), "~ (1 | site)"))
    np.testing.assert_allclose(alone["estimate"], np.median(epred, axis=0))
    panels = group_curves(fit, "dose", "site", over=["year"], points=2, at={"exposure": 1.0})
    assert len(panels) == 4 * len(alone)
    epred = np.asarray(sm.posterior_epred(fit, panels))
    np.testing.assert_allclose(panels["estimate"], np.median(epred, axis=0))
    double = group_curves(fit, "dose", "site", points=2, at={"exposure": 2.0})
    np.testing.assert_allclose(double["estimate"], 2 * alone["estimate"])


def test_levels_of_an_interaction_have_the_values_of_their_variables() -> None:
    levels = level_rows(counts_fit(), "site:year")
    assert levels.own == {"site", "year"}
    joined = [f"{site}:{year}" for site, year in zip(levels.rows["site"], levels.rows["year"], strict=True)]
    assert levels.rows.index.tolist() == joined
    frame = group_curves(counts_fit(), "dose", "site:year", points=2)
    epred = np.asarray(sm.posterior_epred(counts_fit(), frame))
    np.testing.assert_allclose(frame["estimate"], np.median(epred, axis=0))


def test_slopes_are_the_fixed_part_and_the_groups_own() -> None:
    fit = votes_fit()
    frame = group_slopes(fit, "avg.income", "state")
    names, b = list(fit.model.design.names), draws_of(fit, "b")
    r = draws_of(fit, "r_state")
    for j, row in frame.iterrows():
        slope = b[:, names.index("income")] + b[:, names.index("avg.income:income")] * row["avg.income"] + r[:, j, 1]
        np.testing.assert_allclose(row["estimate"], np.median(slope), rtol=1e-9)
        np.testing.assert_allclose(row["lower95"], np.quantile(slope, 0.025), rtol=1e-9)
    line = expected_slopes(fit, "avg.income", "state", points=3)
    at = line["avg.income"].to_numpy()
    expected = b[:, names.index("income"), None] + b[:, names.index("avg.income:income"), None] * at
    np.testing.assert_allclose(line["estimate"], np.median(expected, axis=0), rtol=1e-9)


def test_intercepts_are_those_at_zero_of_what_varies_within_groups() -> None:
    fit = votes_fit()
    frame = group_slopes(fit, "avg.income", "state", "(Intercept)")
    names, b, r = list(fit.model.design.names), draws_of(fit, "b"), draws_of(fit, "r_state")
    x = frame["avg.income"].to_numpy()
    intercept = b[:, [0]] + b[:, [names.index("avg.income")]] * x + r[:, :, 0]
    np.testing.assert_allclose(frame["estimate"], np.median(intercept, axis=0), rtol=1e-9)


def test_offsets_are_no_part_of_an_intercept() -> None:
    fit = counts_fit()
    data = fit.model.frame.data
    data["size"] = data["site"].str[1:].astype(int)
    frame = group_slopes(fit, "size", "site")
    b, r = draws_of(fit, "b"), draws_of(fit, "r_site")
    np.testing.assert_allclose(frame["estimate"], np.median(b[:, [0]] + r[:, :, 0], axis=0), rtol=1e-9)
    assert expected_slopes(fit, "size", "site") is None


def test_what_makes_no_curve_and_no_coefficient_is_refused() -> None:
    fit = votes_fit()
    with pytest.raises(DataError, match="`incom` is not a variable of the model; did you mean `income`"):
        sm.plot_curves(fit, "incom", "state")
    with pytest.raises(OptionError, match="`state` tells groups apart, and a curve needs numbers"):
        sm.plot_curves(fit, "state", "state")
    with pytest.raises(OptionError, match="the model has no variable `states`; did you mean `state`"):
        sm.plot_curves(fit, "income", "states")
    with pytest.raises(DataError, match="`income` varies within `state`"):
        sm.plot_slopes(fit, "income", "state")
    with pytest.raises(DataError, match="`ZZ` of `state` is not in the frame"):
        sm.plot_curves(fit, "income", "state", ["ZZ"])
    with pytest.raises(DataError, match="`yer` is not a variable of the model"):
        sm.plot_curves(fit, "income", "state", columns="yer")


def test_several_varying_slopes_must_be_told_apart() -> None:
    data = sm.simulate_exams(seed=2, students=8).assign(z=lambda d: d["exam"] / 5.0, size=1.0)
    fit = sm.lmer("score ~ hours + z + (hours + z | student)", data, **{**SIZES, "chains": 1, "iter": 100})
    with pytest.raises(OptionError, match="several variables vary by `student`; say which one with of=: hours, z"):
        group_slopes(fit, "size", "student")
    assert len(group_slopes(fit, "size", "student", "z")) == 8


def test_figures_of_a_fit_draw_and_hold_their_frame() -> None:
    fit = votes_fit()
    curves = sm.plot_curves(fit, "income", "state", ["CA", "OH"], columns="state")
    assert isinstance(curves.data, pd.DataFrame)
    assert curves.labels.y == "probability of vote"
    few = sm.plot_curves(fit, "income", "state")  # six states: all in colour
    assert few.layers[1]._data["state"].nunique() == 6
    slopes = sm.plot_slopes(fit, "avg.income", "state", ["CA"])
    assert slopes.labels.y == "coefficient of income (logit scale)"
    for figure in (curves, few, slopes, sm.plot_curves(exams_fit(), "hours", "student")):
        figure.draw()
