"""Predictions, comparisons, slopes and contrasts against the same computed directly from draws."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from small_fits import SIZES, b, counts_data, counts_fit, exams_data, exams_fit, r, trials_data, trials_fit

import stanmlm as sm
from stanmlm.base.arrays import Floats

pytestmark = pytest.mark.filterwarnings("ignore:not in the fitted data")
EXACT = {"rtol": 0, "atol": 1e-10}


def eta_and_slope() -> tuple[Floats, Floats]:
    """The linear predictor of the fitted rows, and its derivative by x."""
    fit, data = trials_fit(), trials_data()
    slope = b(fit, "x") + r(fit, "g", data["g"], "x")
    for level in ("b", "c"):
        slope = slope + b(fit, f"x:f{level}") * (data["f"] == level).to_numpy()
    return sm.posterior_linpred(fit).values, slope


def test_datagrid_holds_the_rest_at_typical_values() -> None:
    grid, data = sm.datagrid(trials_fit(), x=[-1, 1], f=["a", "c"]), trials_data()
    assert grid[["x", "f"]].to_numpy().tolist() == [[-1, "a"], [-1, "c"], [1, "a"], [1, "c"]]
    rest = grid.drop(columns=["x", "f"]).drop_duplicates().to_dict("records")
    common = {name: data[name].mode()[0] for name in ("u", "g", "h")}
    assert rest == [{**common, "k": round(data["k"].mean()), "z": data["z"].mean(), "n": round(data["n"].mean())}]
    assert sm.datagrid(trials_fit(), k=np.unique)["k"].tolist() == [0, 1, 2]
    with pytest.raises(sm.DataError, match="`y` is not a variable"):
        sm.datagrid(trials_fit(), y=1)


def test_a_group_in_numbers_stands_at_one_that_there_is() -> None:
    data = exams_data()
    data["student"] = 1000 * data["student"].astype(int)  # as a CSV file has them; the mean would be nobody
    fit = sm.lmer("score ~ hours + (1 | student)", data, **SIZES)
    grids = [
        sm.datagrid(fit, hours=[0.0, 1.0]),
        sm.predictions(fit, "mean").frame,
        sm.predictions(fit, "balanced").frame,
    ]
    for grid in grids:
        assert set(grid["student"]) <= set(data["student"])


def test_predictions_of_rows_are_expectations() -> None:
    found = sm.predictions(trials_fit())
    np.testing.assert_allclose(found.draws, sm.posterior_epred(trials_fit()).values, **EXACT)
    np.testing.assert_allclose(found.frame["estimate"], np.median(found.draws, axis=0), **EXACT)
    np.testing.assert_allclose(found.frame["conf.low"], np.quantile(found.draws, 0.025, axis=0), **EXACT)
    link = sm.predictions(trials_fit(), type="link", re_formula="NA")
    np.testing.assert_allclose(link.draws, sm.posterior_linpred(trials_fit(), None, "NA").values, **EXACT)


def test_averages_by_group_may_name_any_column_and_be_weighted() -> None:
    p, data = sm.posterior_epred(trials_fit()).values, trials_data()
    found = sm.avg_predictions(trials_fit(), by=["region", "f"], weights="n")
    assert found.frame[["region", "f"]].to_numpy().tolist() == [[s, f] for s in ("north", "south") for f in "abc"]
    for i, (region, f) in enumerate(found.frame[["region", "f"]].to_numpy()):
        here = ((data["region"] == region) & (data["f"] == f)).to_numpy()
        expected = p[:, here] @ data["n"].to_numpy()[here] / data["n"][here].sum()
        np.testing.assert_allclose(found.draws[:, i], expected, **EXACT)


def test_counterfactual_predictions_repeat_every_row() -> None:
    found = sm.avg_predictions(trials_fit(), variables={"f": ["a", "b"]})
    for i, level in enumerate(["a", "b"]):
        data = trials_data().assign(f=level)
        np.testing.assert_allclose(
            found.draws[:, i], sm.posterior_epred(trials_fit(), data).values.mean(axis=1), **EXACT
        )


def test_comparisons_of_numbers() -> None:
    eta, slope = eta_and_slope()
    low, high = expit(eta), expit(eta + slope)
    rows = sm.comparisons(trials_fit(), "x")
    np.testing.assert_allclose(rows.draws, high - low, **EXACT)
    assert rows.frame["contrast"].unique().tolist() == ["+1"]
    np.testing.assert_allclose(sm.avg_comparisons(trials_fit(), "x").draws[:, 0], (high - low).mean(axis=1), **EXACT)
    sd = trials_data()["x"].std()
    by_sd = sm.avg_comparisons(trials_fit(), {"x": "2sd"}, type="link").draws[:, 0]
    np.testing.assert_allclose(by_sd, 2 * sd * slope.mean(axis=1), **EXACT)


def odds(p: Floats) -> Floats:
    return p / (1 - p)


def test_averaged_ratios_are_ratios_of_averages() -> None:
    eta, slope = eta_and_slope()
    low, high = expit(eta).mean(axis=1), expit(eta + slope).mean(axis=1)
    expected = {
        "ratio": high / low,
        "lnratio": np.log(high / low),
        "oddsratio": odds(high) / odds(low),
        "lnor": np.log(odds(high) / odds(low)),
        "lift": high / low - 1,
    }
    for name, values in expected.items():
        np.testing.assert_allclose(
            sm.avg_comparisons(trials_fit(), "x", comparison=name).draws[:, 0], values, rtol=1e-9
        )
    rows = sm.comparisons(trials_fit(), "x", comparison="lnor").draws
    np.testing.assert_allclose(rows, slope, atol=1e-8)


def test_comparisons_of_levels() -> None:
    means = {
        level: sm.posterior_epred(trials_fit(), trials_data().assign(f=level)).values.mean(axis=1) for level in "abc"
    }
    found = sm.avg_comparisons(trials_fit(), {"f": "pairwise"})
    assert found.frame["contrast"].tolist() == ["b - a", "c - a", "c - b"]
    for i, (high, low) in enumerate(["ba", "ca", "cb"]):
        np.testing.assert_allclose(found.draws[:, i], means[high] - means[low], **EXACT)
    one = sm.avg_comparisons(trials_fit(), {"f": ("c", "b")}, comparison="ratio")
    assert one.frame["contrast"].tolist() == ["b / c"]
    every = sm.avg_comparisons(trials_fit()).frame
    labels = [f"{term}: {contrast}" for term, contrast in zip(every["term"], every["contrast"], strict=True)]
    assert labels == ["x: +1", "f: b - a", "f: c - a", "u: TRUE - FALSE", "k: 1 - 0", "k: 2 - 0"]


def test_slopes_are_derivatives() -> None:
    eta, slope = eta_and_slope()
    p, x = expit(eta), trials_data()["x"].to_numpy()
    derivative = p * (1 - p) * slope
    np.testing.assert_allclose(sm.slopes(trials_fit(), "x").draws, derivative, atol=1e-7)
    average = sm.avg_slopes(trials_fit(), "x", by="f").draws
    for i, level in enumerate("abc"):
        here = (trials_data()["f"] == level).to_numpy()
        np.testing.assert_allclose(average[:, i], derivative[:, here].mean(axis=1), atol=1e-7)
    elasticity = sm.avg_slopes(trials_fit(), "x", slope="eyex").draws[:, 0]
    np.testing.assert_allclose(elasticity, (derivative * x / p).mean(axis=1), atol=1e-6)


def test_slopes_at_the_mean_and_on_a_grid() -> None:
    at_mean = sm.slopes(exams_fit(), newdata="mean", re_formula="NA")
    np.testing.assert_allclose(at_mean.draws, b(exams_fit(), "hours"), atol=1e-8)
    grid = sm.slopes(exams_fit(), newdata=sm.datagrid(exams_fit(), student=["1", "2"]))
    expected = b(exams_fit(), "hours") + r(exams_fit(), "student", pd.Series(["1", "2"]), "hours")
    np.testing.assert_allclose(grid.draws, expected, atol=1e-8)
    assert len(sm.predictions(trials_fit(), "balanced").frame) == 3 * 2 * 3


def test_offsets_stay_those_of_the_rows() -> None:
    """A rate ratio does not depend on the offset, a difference does; an offset given as an array counts too."""
    data = counts_data()
    ratio = sm.avg_comparisons(counts_fit(), "x", comparison="ratio").draws
    np.testing.assert_allclose(ratio, np.exp(b(counts_fit(), "x")), rtol=1e-9)
    given = sm.glmer("y ~ x + (1 | g)", data, family="poisson", offset=np.log(data["e"].to_numpy()), **SIZES)
    mean = sm.posterior_epred(given).values
    expected = (mean * np.expm1(b(given, "x"))).mean(axis=1)
    np.testing.assert_allclose(sm.avg_comparisons(given, "x").draws[:, 0], expected, rtol=1e-9)
    both = sm.avg_predictions(given, variables={"x": [0, 1]}).draws
    np.testing.assert_allclose(both[:, 1] / both[:, 0], np.exp(b(given, "x"))[:, 0], rtol=1e-9)


def test_a_contrast_is_the_difference_of_two_predictions() -> None:
    fit = trials_fit()
    found = sm.contrast(fit, {"x": [1, 2], "f": "b"}, {"x": 0}, re_formula="NA")
    low = sm.posterior_epred(fit, sm.datagrid(fit, x=0), "NA").values
    for i, x in enumerate([1, 2]):
        high = sm.posterior_epred(fit, sm.datagrid(fit, x=x, f="b"), "NA").values
        np.testing.assert_allclose(found.draws[:, i], (high - low)[:, 0], **EXACT)
    assert found.frame["contrast"].tolist() == ["(x=1, f=b) - (x=0)", "(x=2, f=b) - (x=0)"]
    with pytest.raises(sm.DataError, match="2 and 3 rows"):
        sm.contrast(fit, {"x": [1, 2]}, {"x": [1, 2, 3]})


def test_new_levels_in_a_contrast_share_nothing_but_the_population() -> None:
    found = sm.contrast(exams_fit(), {"student": "new1"}, {"student": "new2"}, type="link")
    assert found.draws.std() > 0.5
    np.testing.assert_allclose(sm.contrast(exams_fit(), {"student": "new"}, {"student": "new"}).draws, 0, **EXACT)


def test_a_model_of_an_intercept_has_predictions_and_nothing_to_change() -> None:
    fit = sm.lm("y ~ 1", counts_data(), chains=1, iter=100, seed=1, progress=False)
    np.testing.assert_allclose(sm.predictions(fit, "mean").draws, b(fit, "(Intercept)"))
    with pytest.raises(sm.OptionError, match="no predictor"):
        sm.avg_slopes(fit)
    with pytest.raises(sm.DataError, match="no rows"):
        sm.predictions(fit, counts_data().iloc[:0])


def test_transform_comes_last_and_options_are_checked() -> None:
    logs = sm.avg_comparisons(trials_fit(), "x", comparison="lnratio")
    ratios = sm.avg_comparisons(trials_fit(), "x", comparison="lnratio", transform=np.exp)
    np.testing.assert_allclose(ratios.frame["estimate"], np.exp(logs.frame["estimate"]), rtol=1e-3)
    for call, message in (
        (lambda: sm.predictions(trials_fit(), lvl=0.9), "did you mean `level`"),
        (lambda: sm.predictions(trials_fit(), type="respons"), "did you mean `response`"),
        (lambda: sm.avg_comparisons(trials_fit(), "x", comparison="ratios"), "did you mean `ratio`"),
        (lambda: sm.avg_comparisons(trials_fit(), "xx"), "`xx` is not a variable"),
        (lambda: sm.avg_comparisons(trials_fit(), {"f": "sd"}), "has levels"),
        (lambda: sm.avg_comparisons(trials_fit(), {"f": ("a", "q")}), "`q` is not a level"),
        (lambda: sm.avg_predictions(trials_fit(), by="regoin"), "did you mean `region`"),
        (lambda: sm.avg_predictions(trials_fit(), weights=[1.0]), "1 values for 240 rows"),
        (lambda: sm.predictions(trials_fit(), "means"), "did you mean `mean`"),
        (lambda: sm.predictions(trials_fit(), max_bytes=1000), "by= to average"),
        (lambda: sm.slopes(trials_fit(), "x", pd.DataFrame({"z": [0]})), "lack `x`"),
        (lambda: sm.slopes(trials_fit(), "xx"), "`xx` is not a variable"),
    ):
        with pytest.raises(sm.StanmlmError, match=message):
            call()


def test_a_table_prints_its_ends_and_says_what_it_shows() -> None:
    text = repr(sm.predictions(trials_fit(), level=0.9))
    assert "--- 220 rows omitted; see .frame ---" in text
    assert text.endswith("Posterior medians and 90% intervals of 400 draws; type: response")
    assert len(text.split("\n")) == 2 + 1 + 20 + 1 + 2


OUTPUTS = ("estimate", "conf.low", "term", "contrast", "condition", "name", "place", "x", "low", "upper95", "mean", "N")


@pytest.fixture(scope="module", params=OUTPUTS)
def taken(request: pytest.FixtureRequest) -> tuple[str, sm.Fit]:
    """A fit with a predictor that is called like a column of results."""
    name, rng = str(request.param), np.random.default_rng(5)
    data = pd.DataFrame({name: rng.normal(size=60), "z": np.tile(["u", "v"], 30), "s": np.repeat(list("abcdef"), 10)})
    data = data.assign(y=2 * data[name] + 0.1 * rng.normal(size=60))
    return name, sm.lmer(f"y ~ `{name}` * z + (1 | s)", data, chains=1, iter=100, seed=1, progress=False)


@pytest.mark.filterwarnings("ignore::stanmlm.StanmlmWarning")
def test_a_predictor_called_like_a_column_of_results_keeps_its_values(taken: tuple[str, sm.Fit]) -> None:
    name, fit = taken
    grid = sm.datagrid(fit, **{name: [0.0, 1.0]})
    made = {
        "predictions": sm.predictions(fit, grid),
        "comparisons": sm.comparisons(fit, "z", grid),
        "slopes": sm.slopes(fit, name, grid),
        "by": sm.avg_predictions(fit, variables={name: [0.0, 1.0]}),
        "conditional": sm.conditional_effects(fit, "z", conditions={name: [0.0, 1.0]}).effects[0].estimates,
    }
    for label, found in made.items():
        assert found.frame.columns.is_unique, label
        assert np.isfinite(found.frame[list(found.columns)].to_numpy()).all(), label
        if label != "conditional":
            assert sorted(set(found.frame[name])) == [0, 1], label
        assert str(found), label
    curve = sm.conditional_effects(fit, name).effects[0].estimates
    middle = curve.frame[curve.columns[0]].to_numpy()
    assert np.polyfit(curve.frame[name], middle, 1)[0] == pytest.approx(2, abs=0.2)


@pytest.mark.filterwarnings("ignore::stanmlm.StanmlmWarning")
@pytest.mark.parametrize(
    "taken",
    [name if name == "estimate" else pytest.param(name, marks=pytest.mark.slow) for name in OUTPUTS],
    indirect=True,
)
def test_figures_draw_a_predictor_called_like_a_column_of_results(taken: tuple[str, sm.Fit]) -> None:
    name, fit = taken
    curves = sm.plot_curves(fit, name, "s", ["a", "b"], columns="z")
    curves.draw()
    ends = curves.data[curves.data["s"] == "a"].iloc[[0, -1]]
    assert np.sign(np.diff(ends["estimate"])) == 1
    assert curves.labels.x == name
    for plot in sm.plot_conditional_effects(sm.conditional_effects(fit)).values():
        plot.draw()
    sm.plot_intervals(fit).draw()
    sm.plot_prior_posterior(fit, [name if name != "x" else "b_x"]).draw()


def test_the_columns_that_go_by_another_name_are_named(taken: tuple[str, sm.Fit]) -> None:
    name, fit = taken
    if name in ("estimate", "conf.low"):
        with pytest.warns(sm.StanmlmWarning, match=f"in which `{name}` is `.{name}`"):
            frame = sm.predictions(fit).frame
        assert frame.columns.tolist()[-4:].count(f".{name}") == 1


def test_results_may_be_new_data_again() -> None:
    first = sm.predictions(exams_fit(), sm.datagrid(exams_fit(), hours=[0.0, 1.0])).frame
    again = sm.predictions(exams_fit(), first).frame
    assert first.columns.tolist() == again.columns.tolist()
