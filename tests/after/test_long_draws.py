"""tidybayes's long form of draws."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from public_calls import REPLAY, exams, exams_fit

import stanmlm as sm


@cache
def ordinal() -> sm.Fit:
    data = exams().assign(grade=lambda d: pd.qcut(d["score"], 3, labels=["low", "mid", "high"]))
    return sm.brm("grade ~ hours + (1 | student)", data, family="cumulative", engine=REPLAY, progress=False)


@cache
def slopes() -> sm.Fit:
    return sm.lmer("score ~ hours + (hours | student)", exams(), engine=REPLAY, progress=False)


NEW = {"hours": [1.0, 2.0, 3.0], "student": ["1", "2", "1"]}
COUNTERS = [".row", ".chain", ".iteration", ".draw"]


@pytest.mark.parametrize("newdata", [None, NEW])
def test_a_row_is_a_row_of_data_and_a_draw(newdata: dict[str, list[object]] | None) -> None:
    verbs = {
        ".epred": (sm.epred_draws, sm.posterior_epred),
        ".linpred": (sm.linpred_draws, sm.posterior_linpred),
        ".prediction": (sm.predicted_draws, sm.posterior_predict),
    }
    data = ["score", "hours", "student"] if newdata is None else ["hours", "student"]
    for name, (long, wide) in verbs.items():
        found, expected = long(exams_fit(), newdata, draws=7), wide(exams_fit(), newdata, draws=7).to_numpy()
        assert found.columns.tolist() == [*data, *COUNTERS, name]
        np.testing.assert_array_equal(found[name].to_numpy().reshape(-1, 7).T, expected)
        assert found[".row"].tolist() == np.repeat(np.arange(1, expected.shape[1] + 1), 7).tolist()
        table = sm.as_draws_df(exams_fit(), "sigma").set_index(".draw").loc[found[".draw"].head(7)]
        assert found[".chain"].head(7).tolist() == table[".chain"].tolist()
        assert found[".iteration"].head(7).tolist() == table[".iteration"].tolist()


def test_categories_are_rows_of_their_own() -> None:
    found = sm.epred_draws(ordinal(), NEW, draws=5)
    assert found.columns.tolist() == ["hours", "student", *COUNTERS, ".category", ".epred"]
    assert found[".category"].cat.categories.tolist() == ["low", "mid", "high"]
    np.testing.assert_allclose(found.groupby([".row", ".draw"])[".epred"].sum(), 1)
    wide = sm.posterior_epred(ordinal(), NEW, draws=5)
    mid = found[(found[".category"] == "mid") & (found[".row"] == 2)]
    np.testing.assert_array_equal(mid[".epred"], wide.sel(category="mid").isel(row=1))


def test_predicted_categories_go_by_their_names() -> None:
    found = sm.predicted_draws(ordinal(), NEW, draws=5)
    codes = sm.posterior_predict(ordinal(), NEW, draws=5).to_numpy()
    assert found[".prediction"].cat.categories.tolist() == ["low", "mid", "high"]
    np.testing.assert_array_equal(found[".prediction"].cat.codes.to_numpy().reshape(3, 5).T + 1, codes)
    with pytest.raises(sm.DataError, match="residuals are of numbers"):
        sm.residual_draws(ordinal())


def test_residuals_are_observed_minus_drawn() -> None:
    found = sm.residual_draws(exams_fit(), method="posterior_epred")
    np.testing.assert_allclose(found.groupby(".row")[".residual"].mean(), sm.residuals(exams_fit()))
    drawn = sm.residual_draws(exams_fit(), exams().head(3), seed=4)
    predicted = sm.predicted_draws(exams_fit(), exams().head(3), seed=4)
    np.testing.assert_allclose(drawn[".residual"], drawn["score"] - predicted[".prediction"])
    with pytest.raises(sm.OptionError, match="there is `posterior_predict`"):
        sm.residual_draws(exams_fit(), method="predict")


def test_draws_spread_over_named_indices() -> None:
    draws = sm.as_draws_df(slopes())
    found = sm.spread_draws(slopes(), "sigma", "r_student[who, term]", "b[term]")
    assert found.columns.tolist() == ["who", "term", ".chain", ".iteration", ".draw", "sigma", "r_student", "b"]
    assert len(found) == 6 * 2 * len(draws)
    own = found[(found["who"] == "3") & (found["term"] == "hours")]
    np.testing.assert_array_equal(own["r_student"], draws["r_student[3, hours]"])
    np.testing.assert_array_equal(own["b"], draws["b[hours]"])
    np.testing.assert_array_equal(own["sigma"], draws["sigma"])
    assert own[".draw"].tolist() == draws[".draw"].tolist()
    plain = sm.spread_draws(slopes(), "r_student")
    assert plain.columns.tolist()[:2] == ["student", "term"]
    assert sm.spread_draws(slopes(), "b_hours", "sigma").columns.tolist()[-2:] == ["b_hours", "sigma"]


def test_draws_gather_below_each_other() -> None:
    found, draws = sm.gather_draws(slopes(), "sigma", "sd_student[term]"), sm.as_draws_df(slopes())
    assert found.columns.tolist() == ["term", ".chain", ".iteration", ".draw", ".variable", ".value"]
    assert found[".variable"].unique().tolist() == ["sigma", "sd_student"]
    np.testing.assert_array_equal(found.loc[found["term"] == "hours", ".value"], draws["sd_student[hours]"])
    np.testing.assert_array_equal(found.loc[found[".variable"] == "sigma", ".value"], draws["sigma"])


def test_a_label_in_brackets_is_one_element() -> None:
    assert sm.spread_draws(slopes(), "b[hours]").columns.tolist() == [".chain", ".iteration", ".draw", "b[hours]"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ((), "no variable is asked for"),
        (("zzz",), "`zzz` is not a parameter"),
        (("r_student[a]",), "has 2 indices"),
        (("b[a, c]",), "has 1 indices"),
        (("b[term]", "b[x]"), "`b` would be two columns"),
        (("b[sigma]", "sigma"), "`sigma` would be two columns"),
    ],
)
def test_what_cannot_be_spread_is_said(asked: tuple[str, ...], message: str) -> None:
    with pytest.raises(sm.DataError, match=message):
        sm.spread_draws(slopes(), *asked)
