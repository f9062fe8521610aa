"""Posterior predictive checks: the frames, and that every figure draws."""

import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest
from criticism_fits import counts_fit, exams_fit, herds_fit, votes_fit, weighted_fit
from scipy import stats

import stanmlm as sm
from stanmlm.after.criticism.densities import kde
from stanmlm.after.criticism.loo_pit import loo_pit
from stanmlm.after.criticism.ppcheck import FRAMES
from stanmlm.after.criticism.replicates import CheckOptions
from stanmlm.after.predict.row_groups import group_of
from stanmlm.plots.check_figures import FIGURES

# R 4.2.2: x <- c(1, 2.5, 2.7, 4, 7, 7.2, 9); d <- density(x, from = 0, to = 10); approx(d$x, d$y, c(0, 2.5, 7, 10))
R_DENSITY = (0.052373547, 0.109958680, 0.091307138, 0.044734737)

QUICK = (
    *("dens_overlay", "ecdf_overlay", "hist", "bars", "bars_grouped", "rootogram", "stat", "stat_grouped", "intervals"),
    *("error", "error_binned", "loo_pit", "km_overlay"),
)
DRAWN = [
    *((exams_fit, type) for type in ("dens_overlay", "ribbon")),
    *((herds_fit, type) for type in QUICK),
    *(pytest.param(herds_fit, type, marks=pytest.mark.slow) for type in FRAMES if type not in QUICK),
    *(
        pytest.param(exams_fit, type, marks=pytest.mark.slow)
        for type in FRAMES
        if not type.startswith(("bars", "root"))
    ),
    *((votes_fit, type) for type in ("bars", "error_binned")),
    *((counts_fit, type) for type in ("bars", "rootogram")),
]


@pytest.mark.parametrize(("fit", "type"), DRAWN, ids=lambda it: getattr(it, "__name__", it))
def test_every_check_draws_without_complaint(fit: Callable[[], sm.Fit], type: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        x = {"x": np.arange(len(fit().model.response.y))} if type.endswith("vs_x") else {}
        figure = sm.pp_check(fit(), type, **x)
        drawn = figure.draw()
    assert len(figure.data)
    assert drawn.axes


def test_densities_are_those_of_r() -> None:
    values = np.array([1, 2.5, 2.7, 4, 7, 7.2, 9])
    curve = kde(values, 0, 10)
    np.testing.assert_allclose(np.interp([0, 2.5, 7, 10], np.linspace(0, 10, 512), curve), R_DENSITY, rtol=2e-3)


@pytest.mark.parametrize("fit", [exams_fit, counts_fit], ids=lambda fit: fit.__name__)
def test_cumulated_shares_are_those_of_the_responses(fit: Callable[[], sm.Fit]) -> None:
    frame, y = sm.pp_check(fit(), "ecdf_overlay", draws=5, seed=1).data, fit().model.response.y
    assert sorted(frame["draw"].unique()) == [0, 1, 2, 3, 4, 5]
    own = frame[frame["draw"] == 0]
    np.testing.assert_allclose(own["share"], [np.mean(y <= x) for x in own["x"]], rtol=1e-12)
    last = frame.groupby("draw")["share"].last()
    assert last.tolist() == [1.0] * 6
    assert frame.groupby("draw")["share"].is_monotonic_increasing.all()


def test_replicates_have_the_spread_of_the_model() -> None:
    frame = sm.pp_check(exams_fit(), "intervals").data
    sigma, mu = sm.as_draws_df(exams_fit())["sigma"].to_numpy(), sm.posterior_epred(exams_fit()).to_numpy()
    sd = np.sqrt(mu.var(axis=0) + np.mean(sigma**2))
    np.testing.assert_allclose((frame["upper90"] - frame["lower90"]) / (2 * 1.645), sd, rtol=0.2)
    np.testing.assert_allclose(frame["middle"], mu.mean(axis=0), atol=0.05)
    assert frame["y"].tolist() == exams_fit().model.response.y.tolist()


def test_a_statistic_of_y_is_that_of_numpy() -> None:
    y = exams_fit().model.response.y
    for name, value in {"mean": y.mean(), "sd": y.std(ddof=1), "max": y.max(), "median": np.median(y)}.items():
        frame = sm.pp_check(exams_fit(), "stat", stat=name).data
        assert frame["observed"].unique() == pytest.approx(value)
        assert frame["value"].quantile(0.001) < value < frame["value"].quantile(0.999)
    last = sm.pp_check(exams_fit(), "stat", stat=lambda values: values[-1], draws=10).data
    assert len(last) == 10
    assert last["observed"].iloc[0] == y[-1]


def test_grouped_statistics_are_of_the_rows_of_a_group() -> None:
    frame = sm.pp_check(herds_fit(), "stat_grouped", draws=40).data
    response = herds_fit().model.response
    mine = np.asarray(group_of(herds_fit(), "herd")) == "h2"
    assert frame[frame["group"] == "h2"]["observed"].iloc[0] == pytest.approx(
        (response.y / response.trials)[mine].mean()
    )
    assert frame.groupby("group", observed=True).size().tolist() == [40] * 9


def test_grouped_bars_count_the_rows_of_each_group() -> None:
    frame, whole = (sm.pp_check(counts_fit(), type, group="site", draws=40).data for type in ("bars_grouped", "bars"))
    y, groups = counts_fit().model.response.y, np.asarray(group_of(counts_fit(), "site"))
    for level, part in frame.groupby("group", observed=True):
        mine = y[groups == level]
        assert part["y"].tolist() == [int((mine == x).sum()) for x in part["x"]]
    assert frame.groupby("x")["y"].sum().sum() == whole["y"].sum() == len(y)


def test_bars_count_rows() -> None:
    frame = sm.pp_check(counts_fit(), "bars").data
    y = counts_fit().model.response.y
    assert frame["y"].tolist() == [int((y == x).sum()) for x in frame["x"]]
    assert frame["y"].sum() == len(y)
    assert ((frame["lower"] <= frame["middle"]) & (frame["middle"] <= frame["upper"])).all()
    np.testing.assert_allclose(np.average(frame["x"], weights=frame["middle"]), y.mean(), rtol=0.1)


def test_a_rootogram_has_the_roots_of_bars() -> None:
    bars = sm.pp_check(counts_fit(), "bars").data.set_index("x")
    standing, hanging, suspended = (
        sm.pp_check(counts_fit(), "rootogram", style=style).data.set_index("x")
        for style in ("standing", "hanging", "suspended")
    )
    roots = ["y", "middle", "lower", "upper"]
    np.testing.assert_allclose(standing.loc[bars.index, roots] ** 2, bars[roots])
    np.testing.assert_allclose(standing["top"] - standing["bottom"], standing["y"])
    np.testing.assert_allclose(hanging[["top", "y"]], np.c_[hanging["middle"], hanging["top"] - hanging["bottom"]])
    np.testing.assert_allclose(suspended["top"], hanging["bottom"])
    assert (suspended["bottom"] == 0).all()


# R: bayesplot::available_ppc(), 1.10.0.
BAYESPLOT = (
    "bars bars_grouped boxplot dens dens_overlay dens_overlay_grouped ecdf_overlay ecdf_overlay_grouped error_binned "
    "error_hist error_hist_grouped error_scatter error_scatter_avg error_scatter_avg_grouped error_scatter_avg_vs_x "
    "freqpoly freqpoly_grouped hist intervals intervals_grouped km_overlay km_overlay_grouped loo_intervals loo_pit "
    "loo_pit_overlay loo_pit_qq loo_ribbon pit_ecdf pit_ecdf_grouped ribbon ribbon_grouped rootogram scatter "
    "scatter_avg scatter_avg_grouped stat stat_2d stat_freqpoly stat_freqpoly_grouped stat_grouped violin_grouped"
)


def test_checks_have_bayesplots_names() -> None:
    assert set(BAYESPLOT.split()) <= set(FRAMES) == set(FIGURES)
    with pytest.raises(sm.OptionError, match=r"did you mean `ribbon`.*checks are dens_overlay, .*, km_overlay_grouped"):
        sm.pp_check(exams_fit(), "ribon")


def test_rows_stand_along_a_variable_and_by_group() -> None:
    fit = exams_fit()
    hours = fit.model.frame.variables["hours"].to_numpy()
    frame = sm.pp_check(fit, "ribbon", x="hours", draws=50).data.sort_index()
    plain = sm.pp_check(fit, "intervals", draws=50).data
    assert frame["x"].tolist() == hours.tolist()
    np.testing.assert_array_equal(frame["middle"], plain["middle"])
    by_group = sm.pp_check(fit, "intervals_grouped", x="hours", draws=50, group="student").data
    student = np.asarray(group_of(fit, "student"))
    for level, part in by_group.groupby("group", observed=True):
        np.testing.assert_array_equal(part["middle"], plain["middle"][student == level])
        assert part["x"].tolist() == hours[student == level].tolist()
    with pytest.raises(sm.OptionError, match="needs x="):
        sm.pp_check(fit, "error_scatter_avg_vs_x")
    with pytest.raises(sm.DataError, match="has no number"):
        sm.pp_check(votes_fit(), "ribbon", x="state")


def test_averages_and_errors_add_up_to_the_responses() -> None:
    fit = exams_fit()
    average, error = (sm.pp_check(fit, type, draws=30).data for type in ("scatter_avg", "error_scatter_avg"))
    np.testing.assert_allclose(average["mean"] + error["error"], fit.model.response.y)
    single = sm.pp_check(fit, "error_hist_grouped", group="student").data
    np.testing.assert_allclose(single["new"] + single["error"], single["y"])
    assert single.groupby(["group", "draw"], observed=True).size().unique().tolist() == [5]


def test_shapes_by_group_are_of_its_rows() -> None:
    fit = counts_fit()
    y, site = fit.model.response.y, np.asarray(group_of(fit, "site"))
    frame = sm.pp_check(fit, "ecdf_overlay_grouped", draws=4).data.query("draw == 0")
    for level, part in frame.groupby("group", observed=True):
        np.testing.assert_allclose(part["share"], [np.mean(y[site == level] <= x) for x in part["x"]])
    counted = (
        sm.pp_check(fit, "freqpoly_grouped").data.query("draw == 0").groupby("group", observed=True)["count"].sum()
    )
    assert counted.to_dict() == {level: int(np.sum(site == level)) for level in sorted(set(site))}


def test_two_statistics_are_those_of_numpy() -> None:
    frame = sm.pp_check(exams_fit(), "stat_2d", stat=("median", lambda v: v.max()), draws=20).data
    y = exams_fit().model.response.y
    assert frame[["observed", "observed2"]].iloc[0].tolist() == pytest.approx([np.median(y), y.max()])
    assert len(frame) == 20
    with pytest.raises(sm.OptionError, match="these are 3"):
        sm.pp_check(exams_fit(), "stat_2d", stat=("mean", "sd", "max"))
    with pytest.raises(sm.OptionError, match="stat is a pair"):
        sm.pp_check(exams_fit(), "stat", stat=("mean", "sd"))


def test_places_of_a_true_model_stay_in_their_envelope() -> None:
    for type in ("pit_ecdf", "pit_ecdf_grouped"):
        frame = sm.pp_check(votes_fit(), type).data
        assert ((frame["y"] >= frame["lower"]) & (frame["y"] <= frame["upper"])).mean() > 0.98


def test_intervals_of_other_rows_are_wider_where_a_row_weighs() -> None:
    own, other = (sm.pp_check(herds_fit(), type).data for type in ("intervals", "loo_intervals"))
    assert own["y"].tolist() == other["y"].tolist()
    width = lambda frame: (frame["upper90"] - frame["lower90"]).mean()  # noqa: E731
    assert width(other) > width(own)
    assert ((other["y"] >= other["lower90"]) & (other["y"] <= other["upper90"])).mean() > 0.75


def test_loo_pit_of_a_true_model_is_uniform() -> None:
    for fit in (exams_fit(), votes_fit(), counts_fit()):
        assert stats.kstest(loo_pit(fit, CheckOptions()), "uniform").pvalue > 0.005


def test_blocks_of_draws_do_not_need_all_the_memory() -> None:
    small = sm.pp_check(exams_fit(), "stat", max_bytes=500_000).data
    assert len(small) == 1000
    assert small["value"].mean() == pytest.approx(exams_fit().model.response.y.mean(), abs=0.05)


def test_what_cannot_be_checked_is_refused() -> None:
    with pytest.raises(sm.OptionError, match="did you mean `dens_overlay`"):
        sm.pp_check(exams_fit(), "dens_overlays")
    with pytest.raises(sm.OptionError, match='use type="hist"'):
        sm.pp_check(exams_fit(), "bars")
    with pytest.raises(sm.OptionError, match='type="rootogram" is for counts'):
        sm.pp_check(exams_fit(), "rootogram")
    with pytest.raises(sm.OptionError, match="did you mean `hanging`"):
        sm.pp_check(counts_fit(), "rootogram", style="hangin")
    with pytest.raises(sm.OptionError, match="there is no statistic `means`"):
        sm.pp_check(exams_fit(), "stat", stat="means")
    with pytest.raises(sm.OptionError, match="no grouping factor"):
        sm.pp_check(weighted_fit(), "stat_grouped")
    with pytest.raises(sm.OptionError, match="draws is 5000"):
        sm.pp_check(exams_fit(), draws=5000)


@cache
def waits() -> tuple[sm.Fit, pd.DataFrame]:
    rng = np.random.default_rng(3)
    time, end = rng.exponential(2.0, 80).round(1) + 0.1, rng.uniform(1, 5, 80).round(1)
    data = pd.DataFrame({"time": np.minimum(time, end), "c": (time > end).astype(int)})
    fit = sm.brm("time | cens(c) ~ 1", data, family="exponential", chains=2, iter=300, seed=1, progress=False)
    return fit, data


def test_a_censored_response_is_shown_by_kaplan_and_meiers_curve() -> None:
    """At risk at a time are those whose own is not before it."""
    fit, data = waits()
    frame = sm.pp_check(fit, draws=20).data  # what is shown unless told otherwise
    assert set(frame["draw"]) == set(range(21))
    own = frame[frame["draw"] == 0]
    share, expected = 1.0, [1.0]
    for time in sorted(set(data["time"][data["c"] == 0])):
        share *= 1 - np.sum((data["time"] == time) & (data["c"] == 0)) / np.sum(data["time"] >= time)
        expected.append(share)
    np.testing.assert_allclose(own["survival"], expected)
    new = frame[(frame["draw"] > 0) & (frame["x"] < 2)].groupby("draw")["survival"].min()
    assert abs(new.mean() - own["survival"][own["x"] < 2].min()) < 0.1
    half = np.repeat(["a", "b"], 40)
    by_group = sm.pp_check(fit, "km_overlay_grouped", group=half, draws=5).data.query("draw == 0 and group == 'b'")
    last = data["time"][40:].to_numpy()[data["c"][40:] == 0].max()
    assert by_group["x"].max() == last
    odd = sm.update(fit, "time | cens(-c) ~ 1")
    with pytest.raises(sm.OptionError, match="left-censored"):
        sm.pp_check(odd, "km_overlay")
