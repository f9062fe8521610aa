"""Conditional effects: brms's grids, and figures that draw them."""

import numpy as np
import pandas as pd
import pytest
from small_fits import exams_fit, trials_data, trials_fit

import stanmlm as sm


def held(**columns: object) -> pd.DataFrame:
    """brms's reference: numbers at their means, factors at their first level."""
    data = trials_data()
    base = {"x": data["x"].mean(), "f": "a", "u": False, "k": 0, "z": data["z"].mean(), **columns}
    return pd.DataFrame({name: np.broadcast_to(np.asarray(value), 100) for name, value in base.items()})


def test_effects_are_the_main_ones_and_the_pairs_that_interact() -> None:
    assert list(sm.conditional_effects(trials_fit()).frames) == ["x", "f", "u", "k", "x:f"]


def test_a_number_runs_over_its_range_with_the_rest_held_and_no_group() -> None:
    x = trials_data()["x"]
    effect = sm.conditional_effects(trials_fit(), "x").effects[0]
    grid = np.linspace(x.min(), x.max(), 100)
    np.testing.assert_allclose(effect.estimates.frame["x"], grid)
    expected = sm.posterior_epred(trials_fit(), held(x=grid), "NA").values
    np.testing.assert_allclose(effect.estimates.draws, expected, atol=1e-12)


def test_an_interaction_takes_mean_and_one_sd_to_each_side() -> None:
    x, z = trials_data()["x"], trials_data()["z"]
    frame = sm.conditional_effects(trials_fit(), "f:x").frames["x:f"]
    assert frame["f"].tolist() == ["a"] * 100 + ["b"] * 100 + ["c"] * 100
    data = trials_data().assign(w=z)
    fit = sm.glm("y ~ x * w", data.assign(y=x), chains=1, iter=100, seed=1, progress=False)
    second = sm.conditional_effects(fit, "x:w").frames["x:w"]["w"].unique()
    np.testing.assert_allclose(second, [z.mean() - z.std(), z.mean(), z.mean() + z.std()])
    given = sm.conditional_effects(fit, "x:w", int_conditions={"w": [0, 1]}).frames["x:w"]
    assert given["w"].unique().tolist() == [0, 1]


def test_conditions_make_panels_and_none_predicts_a_new_group() -> None:
    found = sm.conditional_effects(trials_fit(), "x", conditions={"u": [False, True]}, re_formula=None)
    frame = found.frames["x"]
    assert frame["condition"].value_counts().to_dict() == {"u = False": 100, "u = True": 100}
    without = sm.conditional_effects(trials_fit(), "x", conditions={"u": [False, True]}).frames["x"]
    assert ((frame["conf.high"] - frame["conf.low"]) > (without["conf.high"] - without["conf.low"])).mean() > 0.9
    assert "condition" in sm.plot_conditional_effects(found)["x"].data


@pytest.mark.parametrize(("method", "low", "high"), [("epred", 0, 1), ("predict", 0, 1), ("linpred", -9, 9)])
def test_methods(method: str, low: float, high: float) -> None:
    draws = sm.conditional_effects(trials_fit(), "f", method=method).effects[0].estimates.draws
    assert low <= draws.min() < draws.max() <= high
    assert (set(np.unique(draws)) == {0.0, 1.0}) == (method == "predict")


def test_points_are_the_observed_rows_and_spaghetti_draws() -> None:
    found = sm.conditional_effects(trials_fit(), ["x", "f", "x:f"])
    figures = sm.plot_conditional_effects(found, points=True, spaghetti=True)
    rows, effect = len(trials_data()), found.effects[0]
    figures["f"].draw()
    for name, layers in {"x": 3, "f": 3, "x:f": 3}.items():
        assert len(figures[name].layers) == layers
        assert len(figures[name].layers[0]._data) == rows
    seen = figures["x"].layers[0]._data
    np.testing.assert_allclose(seen["x"], trials_data()["x"])
    assert seen["y"].between(0, 1).all()
    lines = figures["x"].layers[1]._data
    first = lines[lines["draw"] == 0]
    np.testing.assert_allclose(first["y"], effect.estimates.draws[0])
    assert figures["x:f"].layers[1]._data["line"].nunique() == 3 * lines["line"].nunique()
    assert set(figures["f"].layers[0]._data["x"].dropna()) <= {"a", "b", "c"}


def test_a_fit_is_shown_whole_and_other_scales_have_no_points() -> None:
    assert list(sm.plot_conditional_effects(trials_fit())) == list(sm.conditional_effects(trials_fit()).frames)
    latent = sm.conditional_effects(trials_fit(), "x", method="linpred")
    assert len(sm.plot_conditional_effects(latent, points=True)["x"].layers) == 2


def test_every_figure_is_drawn_from_its_frame() -> None:
    figures = sm.plot_conditional_effects(sm.conditional_effects(trials_fit(), ["x", "f", "x:f", "f:u"]))
    assert list(figures) == ["x", "f", "x:f", "f:u"]
    for name, layers in {"x": 2, "f": 2, "x:f": 2, "f:u": 2}.items():
        figures[name].draw()
        assert len(figures[name].layers) == layers
    assert list(figures["x:f"].data["group"].cat.categories) == ["a", "b", "c"]


def test_what_is_no_predictor_is_refused() -> None:
    with pytest.raises(sm.DataError, match="`hour` is not a variable of the model; did you mean `hours`"):
        sm.conditional_effects(exams_fit(), "hour")
    with pytest.raises(sm.OptionError, match="did you mean `epred`"):
        sm.conditional_effects(exams_fit(), "hours", method="epreds")
    with pytest.raises(sm.DataError, match="one or two"):
        sm.conditional_effects(trials_fit(), "x:f:u")


def test_a_variable_with_a_colon_in_its_name_is_one_variable() -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"a:b": rng.normal(size=40), "a": rng.normal(size=40), "b": rng.normal(size=40)})
    fit = sm.lm("y ~ `a:b` + a * b", data.assign(y=data["a:b"]), chains=1, iter=100, seed=1, progress=False)
    frames = sm.conditional_effects(fit).frames
    assert list(frames) == ["a:b", "a", "b", "a:b.1"]
    assert sm.conditional_effects(fit, "a:b").effects[0].variables == ("a:b",)
    assert sm.conditional_effects(fit, "b:a").effects[0].variables == ("b", "a")
