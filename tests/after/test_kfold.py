"""kfold: folds, and what fits without a fold say of it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from criticism_fits import counts, exams_fit, herds, herds_fit, loo_of, votes_fit, weighted_fit
from herds_exactly import Exact
from hypothesis import given, settings
from hypothesis import strategies as st

import stanmlm as sm
from stanmlm.after.criticism import refit
from stanmlm.after.criticism.kfold import _folds, by_group, by_row, stratified
from stanmlm.after.criticism.refit import refit_without, split_design
from stanmlm.after.predict.request import Request
from stanmlm.data.whole_rows import whole

pytestmark = pytest.mark.filterwarnings("ignore:Pareto k is over")

# Elpd of a row under a refit with 4,000 draws and ten draws of a new level each: an error of about 0.01, and 4 of them.
EXACT_ROW = 0.05

codes = st.lists(st.integers(0, 6), min_size=4, max_size=60).map(np.array)
K = st.integers(2, 4)
seeds = st.integers(0, 99).map(np.random.default_rng)


@given(K, codes, seeds)
@settings(max_examples=50, deadline=None)
def test_folds_of_rows_are_of_equal_size(K: int, codes: np.ndarray, rng: np.random.Generator) -> None:
    assert np.ptp(np.bincount(by_row(K, codes, rng), minlength=K)) <= 1


@given(K, codes, seeds)
@settings(max_examples=50, deadline=None)
def test_folds_of_groups_keep_levels_whole(K: int, codes: np.ndarray, rng: np.random.Generator) -> None:
    table = pd.crosstab(codes, by_group(K, codes, rng))
    assert ((table > 0).sum(axis=1) == 1).all()
    assert np.ptp((table > 0).sum(axis=0)) <= 1


@given(K, codes, seeds)
@settings(max_examples=50, deadline=None)
def test_stratified_folds_spread_every_level(K: int, codes: np.ndarray, rng: np.random.Generator) -> None:
    fold = stratified(K, codes, rng)
    assert np.ptp(pd.crosstab(codes, fold).reindex(columns=range(K), fill_value=0), axis=1).max() <= 1
    assert np.ptp(np.bincount(fold, minlength=K)) <= 1


def test_kfold_by_group_integrates_new_levels() -> None:
    herd = pd.factorize(herds()["herd"])[0]
    found = sm.kfold(herds_fit(), K=9, folds="group")
    assert found.folds == len(np.unique(herd))
    exact = np.array([Exact(herds()).without_herd(row) for row in range(len(herd))])
    np.testing.assert_allclose(found.pointwise["elpd_kfold"], exact, atol=EXACT_ROW)
    assert np.abs(exact - loo_of("herds").pointwise["elpd_loo"]).max() > 5 * EXACT_ROW


def test_a_new_level_at_zero_would_be_another_answer() -> None:
    left_out = (herds()["herd"] == "h0").to_numpy()
    again, held = refit_without(herds_fit(), left_out, 1)
    rows = held.row
    zero = replace(held, target=replace(held.target, request=Request(new_levels="zero")))
    drawn = refit.predictive_density(again, held)[rows]
    exact = np.array([Exact(herds()).without_herd(row) for row in np.flatnonzero(left_out)])
    np.testing.assert_allclose(drawn, exact, atol=EXACT_ROW)
    assert np.abs(refit.predictive_density(again, zero)[rows] - exact).max() > 2 * EXACT_ROW


def test_kfold_agrees_with_loo_within_their_errors() -> None:
    loo, kfold = loo_of("exams"), sm.kfold(exams_fit(), K=15)
    difference = kfold.pointwise["elpd_kfold"] - loo.pointwise["elpd_loo"]
    assert abs(difference.sum()) < 2 * np.sqrt(75) * difference.std() + 1
    assert kfold.estimates.loc["p_kfold", "Estimate"] > 0
    assert repr(kfold).split("\n")[1] == "Based on 15-fold cross-validation."


def test_folds_are_reproducible_and_may_be_given() -> None:
    halves = np.arange(75) % 2
    one = sm.kfold(exams_fit(), folds=halves)
    assert one.folds == 2
    pd.testing.assert_frame_equal(one.pointwise, sm.kfold(exams_fit(), folds=halves).pointwise)
    with pytest.raises(sm.OptionError, match="folds has 3 labels for 75 rows"):
        sm.kfold(exams_fit(), folds=[1, 2, 3])
    with pytest.raises(sm.OptionError, match="two different labels"):
        sm.kfold(exams_fit(), folds=np.zeros(75))


def test_a_fit_without_rows_is_the_fit_of_the_others() -> None:
    data = sm.simulate_exams(seed=2, students=15)
    left_out = (data["student"] == "3").to_numpy() | (np.arange(75) % 10 == 0)
    again, held = refit_without(exams_fit(), left_out, 5)
    direct = sm.lmer(
        "score ~ hours + (1 + hours | student)", data[~left_out], seed=5, chains=2, iter=1000, cores=1, progress=False
    )
    assert again.model.priors == exams_fit().model.priors
    assert sm.ngrps(again) == sm.ngrps(direct) == {"student": 14}
    np.testing.assert_array_equal(sm.model_matrix(again), sm.model_matrix(direct))
    assert again.model.frame.index.equals(direct.model.frame.index)
    np.testing.assert_allclose(sm.fixef(again), sm.fixef(direct), atol=0.1)
    assert held.index.tolist() == np.flatnonzero(left_out).tolist()


def test_levels_left_out_whole_are_new_ones() -> None:
    design = whole(votes_fit().model.design)
    index = design.terms[0].index
    train, held = (
        whole(part) for part in split_design(votes_fit().model.design, (index == 1) | (np.arange(len(index)) == 0))
    )
    assert held.terms[0].labels == (design.terms[0].levels[1],)
    assert design.terms[0].levels[1] not in train.terms[0].levels
    new = held.terms[0].index == len(train.terms[0].levels)
    np.testing.assert_array_equal(new[1:] if index[0] != 1 else new, True)
    labels = np.array([*train.terms[0].levels, *held.terms[0].labels])
    np.testing.assert_array_equal(labels[held.terms[0].index][1:], design.terms[0].levels[1])


def test_rows_of_weight_zero_stay_out_of_the_folds() -> None:
    found = sm.kfold(weighted_fit(), K=2)
    assert len(found.pointwise) == 40
    assert np.isfinite(found.pointwise["elpd_kfold"]).all()


def test_folds_that_cannot_be_made_are_refused() -> None:
    with pytest.raises(sm.OptionError, match="K is 1"):
        sm.kfold(exams_fit(), K=1)
    with pytest.raises(sm.OptionError, match="did you mean `group`"):
        sm.kfold(exams_fit(), folds="groups")
    with pytest.raises(sm.OptionError, match="no grouping factor"):
        sm.kfold(weighted_fit(), folds="group")
    with pytest.raises(sm.OptionError, match="no variable `scool`"):
        sm.kfold(exams_fit(), folds="group", group="scool")


def test_a_coefficient_without_rows_needs_a_prior() -> None:
    data = counts().assign(rare=np.arange(150) < 3)
    fit = sm.glm("events ~ rare", data, family=sm.poisson, priors="flat", seed=1, chains=1, iter=400, progress=False)
    with pytest.raises(sm.DataError, match="say nothing of `rareTRUE`"):
        sm.kfold(fit, folds=np.where(data["rare"], 1, 2))


@cache
def noisy_fit() -> sm.Fit:
    """Six levels of g that differ by far, two schools within each, a column that the formula does not name."""
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"g": np.repeat(list("abcdef"), 8), "x": rng.normal(size=48)})
    data["y"] = data["x"] + 3 * rng.normal(size=6)[np.repeat(np.arange(6), 8)] + rng.normal(size=48)
    data["h"], data["town.size"] = np.arange(48) // 4 % 3, np.arange(48) % 2
    data.loc[5, "x"] = np.nan
    return sm.lmer("y ~ log(exp(x)) + (1 | g)", data, seed=1, chains=1, iter=200, progress=False)


def folds_of(**arguments: object) -> np.ndarray:
    given = {"K": None, "folds": None, "group": None} | arguments
    return _folds(noisy_fit(), **given, rng=np.random.default_rng(1))  # type: ignore[arg-type]


def test_a_group_is_left_out_whole_one_at_a_time_or_in_several_folds() -> None:
    g = noisy_fit().model.frame.variables["g"].to_numpy()
    for arguments, count in (({}, 6), ({"K": 3}, 3), ({"folds": "grouped"}, 6), ({"folds": "loo"}, 6)):
        table = pd.crosstab(g, folds_of(group="g", **arguments))
        assert ((table > 0).sum(axis=1) == 1).all()
        assert table.shape == (6, count)
    assert len(np.unique(folds_of(folds="loo"))) == 47
    assert np.bincount(folds_of()).tolist() == [5] * 7 + [4] * 3
    assert np.bincount(folds_of(folds="stratified", K=2)).tolist() == [24, 23]


def test_leaving_groups_out_predicts_worse_than_leaving_rows_out() -> None:
    rows, groups = (sm.kfold(noisy_fit(), seed=1, **how) for how in ({"K": 6}, {"group": "g"}))
    assert groups.folds == rows.folds == 6
    assert groups.estimates.loc["elpd_kfold", "Estimate"] < rows.estimates.loc["elpd_kfold", "Estimate"] - 8


@pytest.mark.parametrize("group", ["x", "h", "town.size", "town_size", "y"])
def test_every_column_of_the_data_may_be_a_group(group: str) -> None:
    frame = noisy_fit().model.frame
    column = frame.data[group.replace("_", ".")].iloc[frame.rows]
    assert (pd.crosstab(column.to_numpy(), folds_of(group=group, K=2)) > 0).sum(axis=1).eq(1).all()


def test_arrays_have_a_value_a_row_of_the_fit_or_of_the_data() -> None:
    whole = np.arange(48) % 4
    used = np.delete(whole, 5)
    assert folds_of(folds=whole).tolist() == folds_of(folds=used.tolist()).tolist() == used.tolist()
    assert folds_of(folds=pd.Series(list("abcd")).iloc[whole]).tolist() == used.tolist()
    assert len(np.unique(folds_of(group=whole))) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"group": "gg"}, "no variable `gg`; did you mean `g`"),
        ({"group": "g", "K": 7}, "K is 7; it is from 2 to the number of levels, 6"),
        ({"K": 48}, "K is 48; it is from 2 to the number of rows, 47"),
        ({"K": 0}, "K is 0"),
        ({"folds": np.zeros(9)}, "folds has 9 labels for 47 rows"),
        ({"folds": [None, *range(46)]}, "no label for 1 of the rows"),
        ({"folds": np.arange(47), "K": 3}, "nothing left for K"),
        ({"folds": "row", "group": "g"}, "whatever their group"),
        ({"group": np.zeros(47)}, "no folds of 1 level"),
        ({"folds": "groupd"}, "did you mean `group"),
    ],
)
def test_impossible_folds_say_what_would_do(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(sm.OptionError, match=words):
        folds_of(**arguments)


def test_a_missing_group_is_named_with_its_row() -> None:
    group = np.where(np.arange(47) == 8, None, "a")
    with pytest.raises(sm.DataError, match=r"group is missing in 1 of the fitted rows \(9\)"):
        folds_of(group=group)


@pytest.mark.parametrize("argument", ["folds", "group"])
def test_a_series_of_the_rows_in_another_order_is_an_error(argument: str) -> None:
    fit = exams_fit()
    labels = pd.Series(np.arange(sm.nobs(fit)) % 3, index=fit.model.frame.index)
    with pytest.raises(sm.StanmlmError, match=rf"{argument} has the rows of data in another order.*reindex"):
        sm.kfold(fit, **{argument: labels[::-1]})
    rng = np.random.default_rng(1)
    for fine in (labels, labels.to_numpy(), labels.reset_index(drop=True)):
        made = _folds(fit, None, fine if argument == "folds" else None, fine if argument == "group" else None, rng)
        assert len(np.unique(made)) == 3
