"""Figures of parameters: which ones, and that what is drawn is what the draws say."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from criticism_fits import exams_fit
from plotted_fits import counts_fit, split_fit, votes_fit

import stanmlm as sm
from stanmlm.after.tables.picked import NamedValues, named_draws
from stanmlm.base.arviz_compat import to_datatree
from stanmlm.base.errors import DataError, OptionError
from stanmlm.fit.fit import chains_of, draws_of
from stanmlm.plots.chains import rank_band, rank_counts, rank_frame
from stanmlm.plots.density import density_curve
from stanmlm.plots.frames import interval_columns
from stanmlm.plots.pairs import POINTS, correlation_frame, diagonal_frame
from stanmlm.plots.rows import POINTS as POINTS_AN_INCH
from stanmlm.plots.rows import SMALLEST, names_down, row_height, size_for
from stanmlm.plots.theme import colours

EFFECT = "b[hours student:3]"


def with_divergences(fit: sm.Fit, at: list[tuple[int, int]]) -> sm.Fit:
    """The same draws, some of them marked."""
    stats = {str(name): array.to_numpy() for name, array in fit.posterior["sample_stats"].data_vars.items()}
    marked = np.zeros_like(stats["diverging"], dtype=bool)
    for chain, draw in at:
        marked[chain, draw] = True
    groups = {name: {str(v): a.to_numpy() for v, a in fit.posterior[name].data_vars.items()} for name in ["posterior"]}
    tree = to_datatree({**groups, "sample_stats": {**stats, "diverging": marked}}, {}, {}, {})
    return replace(fit, posterior=tree)


def test_both_spellings_of_a_name_pick_the_same_draws() -> None:
    fit = exams_fit()
    ours = named_draws(fit, ["hours", EFFECT, "sigma"])
    arviz = named_draws(fit, ["b[hours]", "r_student[3, hours]", "sigma"])
    assert arviz.names == ours.names
    np.testing.assert_array_equal(ours.draws, arviz.draws)
    np.testing.assert_array_equal(ours.draws[..., 0], chains_of(fit, "b")[..., 1])


def test_variables_aliases_and_expressions_pick_several() -> None:
    fit = exams_fit()
    assert named_draws(fit, "sd_student").names == ("sd_student[(Intercept)]", "sd_student[hours]")
    assert named_draws(fit, "beta").names == ("hours",)
    assert len(named_draws(fit, "varying").names) == 30
    assert named_draws(fit, regex_pars=r"student:1\]").names == ("b[(Intercept) student:1]", "b[hours student:1]")
    assert named_draws(fit, regex_pars="^cor|^sigma").names == ("sigma", "cor_student[(Intercept),hours]")
    assert named_draws(fit, regex_pars=r"^r_student\[1,").names == ("r_student[1, (Intercept)]", "r_student[1, hours]")
    assert named_draws(fit, ["sigma", "hours", "sigma"]).names == ("sigma", "hours")


def test_parameters_come_with_their_bounds() -> None:
    named = named_draws(
        exams_fit(), ["hours", "sigma", "sd_student[hours]", "cor_student", "Sigma[student:hours,hours]"]
    )
    inf = np.inf
    assert named.bounds == ((-inf, inf), (0, inf), (0, inf), (-1, 1), (0, inf))


def test_a_second_bar_of_one_factor_keeps_its_names() -> None:
    named = named_draws(split_fit(), "sd_student")
    assert named.names == ("sd_student[(Intercept)]", "sd_student[hours]")
    assert sm.plot_ranef(split_fit()).data["term"].unique().tolist() == ["(Intercept)", "hours"]


@pytest.mark.parametrize(
    ("pars", "regex", "says"),
    [
        (["hour"], None, "`hour` is not a parameter of the fit; did you mean `hours`?"),
        (["sd_student[hour]"], None, "did you mean `sd_student\\[hours\\]`"),
        (None, "zzz", "no parameter matches `zzz`"),
        (None, "(", "is not a regular expression"),
        ([], None, "pars is empty"),
    ],
)
def test_a_name_that_is_none_is_refused(pars: list[str] | None, regex: str | None, says: str) -> None:
    with pytest.raises(DataError, match=says):
        named_draws(exams_fit(), pars, regex)


def test_lme4s_caterpillar_shows_ranef_in_the_order_of_its_first_column() -> None:
    fit = exams_fit()
    frame = sm.plot_ranef(fit).data
    effects = sm.ranef(fit)["student"]
    for term in ("(Intercept)", "hours"):
        shown = frame[frame["term"] == term].set_index("level")
        np.testing.assert_allclose(shown.loc[effects.index, "estimate"], effects[term])
        assert shown["place"].tolist() == list(range(1, 16))
    assert effects["(Intercept)"].sort_values().index.tolist() == frame["level"].tolist()[::2]
    draws = draws_of(fit, "r_student")
    row = frame[(frame["level"] == "3") & (frame["term"] == "hours")].iloc[0]
    assert row["upper95"] == pytest.approx(np.quantile(draws[:, 2, 1], 0.975))


def test_brms_caterpillar_keeps_the_order_of_the_data_and_shows_medians_with_90_percent() -> None:
    fit = exams_fit()
    frame = sm.plot_ranef(fit, look="brms", terms=["hours"], names={"1": "Ann"}).data
    assert frame["level"].tolist() == [str(i) for i in range(15, 0, -1)]
    draws = draws_of(fit, "r_student")[:, ::-1, 1]
    np.testing.assert_allclose(frame["estimate"], np.median(draws, axis=0))
    np.testing.assert_allclose(frame["lower90"], np.quantile(draws, 0.05, axis=0))
    assert "lower95" not in frame


def test_what_a_caterpillar_cannot_show_is_refused() -> None:
    with pytest.raises(OptionError, match="the model has 3 grouping factors; say which one with group=: `site:year`"):
        sm.plot_ranef(counts_fit())
    with pytest.raises(OptionError, match="look is `lme3`; did you mean `lme4`"):
        sm.plot_ranef(exams_fit(), look="lme3")
    with pytest.raises(OptionError, match="`students` is not a grouping factor of the model; did you mean `student`"):
        sm.plot_ranef(exams_fit(), "students")
    with pytest.raises(OptionError, match="`hour` is not a coefficient of `student`"):
        sm.plot_ranef(exams_fit(), terms=["hour"])


def test_intervals_are_those_of_confint_and_leave_the_intercept_out_unless_it_is_named() -> None:
    fit = exams_fit()
    frame = sm.plot_intervals(fit, prob_outer=0.9).data
    assert "(Intercept)" not in set(frame["parameter"])
    limits = sm.confint(fit, ["hours"], 0.9)
    np.testing.assert_allclose(frame.iloc[0][["lower90", "upper90"]].astype(float), limits.to_numpy()[0])
    assert frame["place"].is_monotonic_decreasing
    named = sm.plot_intervals(fit, "(Intercept)").data
    assert named["estimate"][0] == pytest.approx(np.median(draws_of(fit, "b")[:, 0]))


def test_probabilities_must_be_some_and_in_order() -> None:
    assert interval_columns([0.999]) == {"estimate": 0.5, "lower99.9": 0.0005, "upper99.9": 0.9995}
    with pytest.raises(OptionError, match="the outer interval is the wider one"):
        sm.plot_intervals(exams_fit(), prob=0.9, prob_outer=0.5)
    with pytest.raises(OptionError, match="a probability between 0 and 1"):
        sm.plot_areas(exams_fit(), prob_outer=95)


def test_areas_hold_the_mass_that_they_say_and_end_where_intervals_do() -> None:
    fit = exams_fit()
    frame = sm.plot_areas(fit, ["hours", "sd_student[hours]"], prob=0.5, prob_outer=0.9).data
    for name, curve in frame.groupby("parameter"):
        draws = named_draws(fit, str(name)).draws.ravel()
        np.testing.assert_allclose([curve["x"].min(), curve["x"].max()], np.quantile(draws, [0.05, 0.95]))
        inner = curve[curve["inner"]]
        np.testing.assert_allclose([inner["x"].min(), inner["x"].max()], np.quantile(draws, [0.25, 0.75]))
        # A kernel's smoothing moves some mass out of an interval; nrd0 of 1000 draws, a few percent.
        assert np.trapezoid(curve["density"], curve["x"]) == pytest.approx(0.9, abs=0.03)
        assert np.trapezoid(inner["density"], inner["x"]) == pytest.approx(0.5, abs=0.03)


def test_densities_stay_within_bounds_and_are_right_at_them() -> None:
    rng = np.random.default_rng(1)
    x, density = density_curve(rng.exponential(size=200_000), (0, np.inf))
    assert x[0] == 0
    assert np.abs(density - np.exp(-x))[x > 0.2].max() < 0.02
    assert density[0] == pytest.approx(1, abs=0.06)  # reflection flattens a slope within a bandwidth of the bound
    x, density = density_curve(rng.uniform(-1, 1, 200_000), (-1, 1))
    assert (x[0], x[-1]) == (-1, 1)
    np.testing.assert_allclose(density, 0.5, atol=0.03)
    x, density = density_curve(rng.normal(size=50_000))
    assert np.trapezoid(density, x) == pytest.approx(1, abs=1e-3)


def test_names_are_left_out_only_where_they_would_overlap() -> None:
    assert len(names_down([str(i) for i in range(100)]).breaks) == 100
    for levels in (200, 501, 2000):
        scale = names_down([str(i) for i in range(levels)])
        inches = np.diff(sorted(scale.breaks)) * row_height(levels)
        assert inches.min() >= SMALLEST / POINTS_AN_INCH
        assert {"0", str(levels - 1)} <= set(scale.labels)
    heights = [size_for(n).themeables["figure_size"].properties["value"][1] for n in (5, 100, 2000)]
    assert heights[0] < heights[1] <= heights[2] < 13


def test_traces_are_the_draws_in_their_order() -> None:
    fit = with_divergences(exams_fit(), [(1, 7)])
    frame = sm.plot_trace(fit, ["sigma", "hours"]).data
    one = frame[(frame["parameter"] == "hours") & (frame["chain"] == "2")]
    np.testing.assert_array_equal(one["value"], chains_of(fit, "b")[1, :, 1])
    assert frame.loc[frame["diverging"], ["chain", "draw"]].drop_duplicates().values.tolist() == [["2", 8]]
    assert len(set(colours(12))) == 12


def test_ranks_count_every_draw_once() -> None:
    frame = sm.plot_rank(exams_fit(), ["hours", "sigma"], bins=7).data
    sizes = frame.groupby(["parameter", "bin"], observed=True)[["count", "expected"]].sum()
    np.testing.assert_array_equal(sizes["count"], sizes["expected"])
    assert (frame.groupby(["parameter", "chain"], observed=True)["count"].sum() == 500).all()
    assert rank_counts(np.array([[5.0, 1.0], [9.0, 7.0]]), np.array([0.0, 2.0, 4.0])).tolist() == [[2, 0], [0, 2]]


def test_a_chain_that_is_elsewhere_leaves_the_band_and_equal_chains_do_not_more_often_than_one_time_in_twenty() -> None:
    rng, outside, times = np.random.default_rng(3), 0, 200
    for _ in range(times):
        frame = rank_frame(NamedValues(("x",), rng.normal(size=(4, 500, 1)), ((-np.inf, np.inf),)), 20)
        outside += bool(((frame["count"] < frame["lower"]) | (frame["count"] > frame["upper"])).any())
    # Binomial(200, 0.05) passes 20 once in a thousand; a band twice as wide as it should be is never left.
    assert 0 < outside <= 20
    shifted = rng.normal(size=(4, 500, 1)) + np.array([0, 0, 0, 0.5])[:, None, None]
    frame = rank_frame(NamedValues(("x",), shifted, ((-np.inf, np.inf),)), 20)
    left = frame[(frame["count"] < frame["lower"]) | (frame["count"] > frame["upper"])]
    assert "chain 4" in set(left["chain"])
    assert rank_band(np.full(20, 100.0), 1, 2000)[0].tolist() == [100] * 20


def test_bins_that_cannot_be_are_refused() -> None:
    for bins in (1, 10_000):
        with pytest.raises(OptionError, match=f"bins is {bins}"):
            sm.plot_rank(exams_fit(), "hours", bins=bins)


def test_pairs_keep_every_divergence_and_take_logs_of_what_is_positive() -> None:
    marked = [(0, 3), (1, 4), (1, 499)]
    fit = with_divergences(exams_fit(), marked)
    figure = sm.plot_pairs(fit, ["hours", "sd_student[hours]", EFFECT])
    frame = figure.data
    one = frame[(frame["row"] == "log sd_student[hours]") & (frame["column"] == "hours")]
    assert one["diverging"].sum() == 3
    assert len(one) == min(POINTS, 1000 - 3) + 3
    hit = one[one["diverging"]]
    np.testing.assert_allclose(hit["y"], np.log([chains_of(fit, "sd_student")[c, d, 1] for c, d in marked]))
    np.testing.assert_allclose(hit["x"], [chains_of(fit, "b")[c, d, 1] for c, d in marked])
    assert "3 divergent transitions of 1000 draws, in orange" in figure.labels.caption
    plain = sm.plot_pairs(fit, ["hours", "sigma"], log=False).data
    assert (plain["y"] > 0).all()


def test_pairs_start_with_the_four_slowest_parameters() -> None:
    rows = sm.plot_pairs(exams_fit()).data
    assert len(set(rows["row"]) | set(rows["column"])) == 4
    with pytest.raises(OptionError, match="these are 30"):
        sm.plot_pairs(exams_fit(), "varying")


def test_diagonals_fill_their_panel_and_correlations_stand_in_the_middle() -> None:
    named = named_draws(exams_fit(), ["hours", "sigma"])
    diagonal = diagonal_frame(named)
    for k, name in enumerate(named.names):
        curve = diagonal[diagonal["row"] == name]
        low, high = named.draws[..., k].min(), named.draws[..., k].max()
        assert curve["low"].iloc[0] == low
        assert low + 0.9 * (high - low) < curve["high"].max() < high
    text = correlation_frame(named)["text"].item().replace("−", "-")
    flat = named.draws.reshape(-1, 2)
    assert float(text) == pytest.approx(np.corrcoef(flat.T)[0, 1], abs=0.0051)


def test_every_figure_draws() -> None:
    exams, votes, counts = exams_fit(), votes_fit(), counts_fit()
    figures = (
        sm.plot_ranef(exams),
        sm.plot_ranef(counts, "site", look="brms"),
        sm.plot_intervals(votes),
        sm.plot_areas(counts),
        sm.plot_trace(with_divergences(exams, [(0, 1)]), ["hours", "sigma"]),
        sm.plot_rank(votes, "income"),
        sm.plot_pairs(with_divergences(exams, [(0, 1)]), ["hours", "sigma"]),
    )
    for figure in figures:
        assert isinstance(figure.data, pd.DataFrame)
        figure.draw()
