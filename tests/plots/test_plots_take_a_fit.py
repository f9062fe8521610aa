"""Every figure takes a fit, or says what it takes in its place; what it shows by itself makes sense on one axis."""

import inspect
from functools import cache

import numpy as np
import pandas as pd
import pytest
from public_calls import REPLAY, call, exams, exams_fit

import stanmlm as sm
from stanmlm.after.effects.group_curves import group_points

HOW = {"engine": REPLAY, "progress": False}
PLOTS = [name for name in sm.__all__ if name.startswith("plot_") or name in ("pp_check", "check_model")]
OF_RESULTS = {"plot_sbc": r"calibration is a Fit; it must be what sbc\(\) returns"}


@cache
def wide_fit() -> sm.Fit:
    """With predictors in units that are far apart, one of two values and one of three."""
    rng, n = np.random.default_rng(1), 60
    data = pd.DataFrame({
        "income": rng.normal(50_000, 15_000, n),
        "female": rng.integers(0, 2, n),
        "edu": np.resize(["low", "mid", "high"], n),
        "town": np.resize(list("abcdef"), n),
    })  # fmt: skip
    data["y"] = 4e-5 * data["income"] + 0.5 * data["female"] + rng.normal(size=n)
    return sm.lmer("y ~ income + female + edu + (1 + female | town)", data, **HOW)


@pytest.mark.parametrize("name", PLOTS)
def test_it_takes_a_fit_or_says_what_it_takes(name: str) -> None:
    first = next(iter(inspect.signature(getattr(sm, name)).parameters))
    if name in OF_RESULTS:
        with pytest.raises(sm.OptionError, match=OF_RESULTS[name]):
            call(name, first, exams_fit())
        return
    fit = slopes_fit() if name == "plot_slopes" else exams_fit()
    drawn = call(name, first, fit)
    assert drawn is not None
    for figure in drawn.values() if isinstance(drawn, dict) else [drawn]:
        assert figure.draw() is not None


@cache
def slopes_fit() -> sm.Fit:
    """In which hours are the same in all rows of a student."""
    hours = exams().groupby("student", observed=True)["hours"].transform("mean")
    return sm.lmer("score ~ hours + (1 | student)", exams().assign(hours=hours), **HOW)


def test_a_panel_for_each_group_has_its_curve_over_its_rows() -> None:
    fit = exams_fit()
    figure = sm.plot_curves(fit, "hours", "student", panels=True)
    assert list(figure.data["student"].cat.categories) == ["1", "2", "3", "4", "5", "6"]
    points = figure.layers[-1]._data
    seen = points.groupby("student", observed=True)["observed"].apply(sorted)
    own = exams().groupby("student", observed=True)["score"].apply(sorted)
    assert seen.tolist() == own.tolist()
    named = sm.plot_curves(fit, "hours", "student", ["5", "2"], panels=True, points=False, names={"5": "Eva"})
    assert list(named.data["student"].cat.categories) == ["Eva", "2"]
    assert len(named.layers) == 3
    for drawn in (figure, named, sm.plot_curves(fit, "hours", "student", ["5", "2"], points=True)):
        drawn.draw()


def test_columns_may_be_called_as_those_of_the_figure() -> None:
    data = exams().rename(columns={"hours": "estimate", "student": "observed"})
    fit = sm.lmer("score ~ estimate + (1 | observed)", data, **HOW)
    figure = sm.plot_curves(fit, "estimate", "observed", panels=True)
    assert figure.labels.x == "estimate"
    figure.draw()
    points = group_points(fit, "estimate", "observed")
    assert points.iloc[:, -1].tolist() == data["score"].tolist()


def test_shares_of_trials_are_drawn_as_shares() -> None:
    data = pd.DataFrame({"k": [1, 3, 2, 5, 4, 0], "x": np.arange(6.0), "g": list("aabbcc")})
    fit = sm.glmer("cbind(k, 5 - k) ~ x + (1 | g)", data, family="binomial", **HOW)
    assert group_points(fit, "x", "g")["observed"].tolist() == [0.2, 0.6, 0.4, 1.0, 0.8, 0.0]


def test_what_has_no_panel_is_refused() -> None:
    fit = exams_fit()
    with pytest.raises(sm.OptionError, match="panels=True gives each group a panel, and columns="):
        sm.plot_curves(fit, "hours", "student", panels=True, columns="exam")
    frame = sm.plot_curves(fit, "hours", "student").data
    with pytest.raises(sm.OptionError, match="points=True draws the rows of a fit"):
        sm.plot_curves(frame, "hours", "student", points=True)
    many = pd.concat([frame.assign(student=frame["student"].astype(str) + f"-{k}") for k in range(8)])
    with pytest.raises(sm.OptionError, match="up to 40 groups have room for a panel each, these are 48"):
        sm.plot_curves(many, "hours", "student", panels=True)
    assert sm.plot_curves(many, "hours", "student", ["1-0"], panels=True).data["student"].nunique() == 1
    with pytest.raises(sm.DataError, match="`9` of `student` is not in the frame"):
        sm.plot_curves(fit, "hours", "student", ["9"], panels=True)


def test_a_forest_plot_shows_what_shares_an_axis() -> None:
    fit = wide_fit()
    assert sm.plot_intervals(fit).data["parameter"].tolist() == ["income", "female", "edulow", "edumid"]
    assert set(sm.plot_areas(fit).data["parameter"]) == {"income", "female", "edulow", "edumid"}
    spreads = sm.lmer("score ~ 1 + (1 | student)", exams(), **HOW)
    assert sm.plot_intervals(spreads).data["parameter"].tolist() == ["sd_student[(Intercept)]", "sigma"]
    two = sm.brm(sm.bf("score ~ hours", "sigma ~ hours"), exams(), **HOW)
    assert sm.plot_intervals(two).data["parameter"].tolist() == ["hours"]
    grades = exams().assign(grade=pd.cut(exams()["score"], 3, labels=list("abc")))
    each = sm.brm("grade ~ hours", grades, family="categorical", **HOW)
    assert len(sm.plot_intervals(each).data) == 2
    ordered = sm.brm("grade ~ hours", grades, family="cumulative", **HOW)
    assert sm.plot_intervals(ordered).data["parameter"].tolist() == ["hours"]


def test_standardized_coefficients_are_per_two_sds_or_per_step() -> None:
    fit = wide_fit()
    plain, made = (sm.plot_intervals(fit, standardize=s).data.set_index("parameter") for s in (False, True))
    ratio = made["estimate"] / plain["estimate"]
    assert ratio["income"] == pytest.approx(2 * fit.model.frame.data["income"].std())
    assert ratio["female"] == pytest.approx(1)
    assert ratio["edulow"] == pytest.approx(1)
    assert "Too narrow to be seen on this axis: income." in sm.plot_intervals(fit).labels.caption
    assert sm.plot_intervals(fit, standardize=True).labels.x == "per two standard deviations of a predictor"
    ordered = exams().assign(grade=pd.cut(exams()["score"], 3, labels=list("abc")))
    graded = sm.brm("grade ~ hours", ordered, family="cumulative", **HOW)
    both = [sm.plot_intervals(graded, standardize=s).data["estimate"][0] for s in (False, True)]
    assert both[1] / both[0] == pytest.approx(2 * exams()["hours"].std())
