"""Predictions and parameters of several models, mixed by weights."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from public_calls import REPLAY, exams

import stanmlm as sm

HOW = {"engine": REPLAY, "progress": False}


@cache
def models() -> dict[str, sm.Fit]:
    """With 120 draws each."""
    formulas = {"none": "score ~ 1", "hours": "score ~ hours", "student": "score ~ hours + (1 | student)"}
    return {
        name: sm.lmer(text, exams(), **HOW) if "|" in text else sm.lm(text, exams(), **HOW)
        for name, text in formulas.items()
    }


def test_a_mixture_has_draws_of_each_in_proportion() -> None:
    none, hours, student = models().values()
    found = sm.pp_average(none, hours, student, weights=[1, 1, 2], method="posterior_epred", summary=False)
    assert found.attrs["draws"] == {"none": 30, "hours": 30, "student": 60}
    assert found.attrs["weights"] == {"none": 0.25, "hours": 0.25, "student": 0.5}
    parts = [sm.posterior_epred(fit, draws=n).to_numpy() for fit, n in ((none, 30), (hours, 30), (student, 60))]
    np.testing.assert_array_equal(found, np.concatenate(parts))
    table = sm.pp_average(none, hours, student, weights=[1, 1, 2], method="posterior_epred", probs=(0.1, 0.9))
    assert table.columns.tolist() == ["Estimate", "Est.Error", "Q10", "Q90"]
    np.testing.assert_allclose(table["Estimate"], found.mean("sample"))


# brms:::round_largest_remainder(c(1, 1, 1) / 3 * 100), of (5, 3, 2) / 10 * 7 and of c(0.999, 0.001, 0) * 100.
@pytest.mark.parametrize(
    ("weights", "draws", "each"),
    [([1, 1, 1], 100, [34, 33, 33]), ([5, 3, 2], 7, [4, 2, 1]), ([999, 1, 0], 100, [100, 0, 0])],
)
def test_draws_are_dealt_out_as_in_brms(weights: list[float], draws: int, each: list[int]) -> None:
    found = sm.pp_average(models(), weights=weights, draws=draws, summary=False)
    assert list(found.attrs["draws"].values()) == each


@pytest.mark.filterwarnings("ignore:Pareto k")
def test_weights_are_those_of_loo_where_none_are_given() -> None:
    found = sm.pp_average(models(), newdata=exams()[:2])
    stacked = sm.loo_model_weights(models())
    assert found.attrs["weights"] == pytest.approx(stacked.to_dict())
    named = sm.pp_average(models(), weights={"student": 3, "none": 1, "hours": 0}, newdata=exams()[:2])
    assert named.attrs["weights"] == {"none": 0.25, "hours": 0, "student": 0.75}


def test_categories_have_a_table_each() -> None:
    data = exams().assign(grade=pd.Categorical(np.where(exams()["score"] > 0, "good", "bad"), ["bad", "good"]))
    fits = [sm.brm(f"grade ~ {right}", data, family="categorical", **HOW) for right in ("1", "hours")]
    table = sm.pp_average(*fits, weights=[1, 1], method="posterior_epred")
    assert table["good"].columns.tolist() == ["Estimate", "Est.Error", "Q2.5", "Q97.5"]
    np.testing.assert_allclose(table["good"]["Estimate"] + table["bad"]["Estimate"], 1)


def test_parameters_that_all_have_are_averaged() -> None:
    none, student = models()["none"], models()["student"]
    found = sm.posterior_average(none, student, weights=[1, 3])
    assert found.columns.tolist() == ["b[(Intercept)]", "sigma"]
    own = sm.as_draws_df(none, "sigma")["sigma"].iloc[np.linspace(0, 119, 30).astype(int)]
    np.testing.assert_array_equal(found["sigma"][:30], own)
    filled = sm.posterior_average(none, student, variables="b", missing={"b[hours]": 0}, weights=[1, 3])
    assert (filled["b[hours]"][:30] == 0).all()
    assert (filled["b[hours]"][30:] != 0).all()


def test_what_cannot_be_averaged_is_refused() -> None:
    none, student = models()["none"], models()["student"]
    other = sm.lm("hours ~ 1", exams(), **HOW)
    with pytest.raises(sm.DataError, match="none and other have different responses"):
        sm.pp_average(none, other, weights=[1, 1])
    shorter = sm.lm("score ~ hours", exams()[1:], **HOW)
    with pytest.raises(sm.DataError, match="different responses"):
        sm.pp_average(none, shorter, weights=[1, 1])
    with pytest.raises(sm.DataError, match="needs two models"):
        sm.pp_average(none)
    for weights, says in (
        ([1], "1 numbers for 2 models"),
        ([1, -1], "numbers from 0 on"),
        ([0, 0], "numbers from 0 on"),
        ("bma", "no weights by `bma`"),
        ({"none": 1}, "weights are of none"),
    ):
        with pytest.raises(sm.OptionError, match=says):
            sm.pp_average(none, student, weights=weights)
    with pytest.raises(sm.OptionError, match="no method `predicted`"):
        sm.pp_average(none, student, method="predicted")
    with pytest.raises(sm.DataError, match=r"`b\[hours\]` is not in all models; missing="):
        sm.posterior_average(none, student, variables=["b"], weights=[1, 1])
    with pytest.raises(sm.DataError, match=r"missing= has no value for it"):
        sm.posterior_average(none, student, variables=["b"], weights=[1, 1], missing={"b": 0})
