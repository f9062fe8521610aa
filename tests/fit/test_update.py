"""`update`: R's dot rules, what stays of the old call, and the data that the fit carries."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.fit.fit import Fit, draws_of

QUICK: dict[str, Any] = {"chains": 1, "iter": 200, "seed": 5}


def exams() -> pd.DataFrame:
    return sm.simulate_exams(seed=1, students=12)


@pytest.fixture(scope="module")
def fit() -> Fit:
    return sm.lmer("score ~ hours + (1 + hours | student)", exams(), prior=sm.normal(0, 3), **QUICK)


def test_an_update_without_changes_is_the_same_fit(fit: Fit) -> None:
    again = sm.update(fit)
    assert draws_of(again, "b").tobytes() == draws_of(fit, "b").tobytes()
    assert again.call == fit.call


# What R's update.formula gives for the same two formulas.
CASES = (
    (". ~ . + exam", "lmer", ["(Intercept)", "hours", "exam"], {"student": ["(Intercept)", "hours"]}),
    (". ~ . - hours", "lmer", ["(Intercept)"], {"student": ["(Intercept)", "hours"]}),
    (". ~ . - (1 + hours | student)", "lm", ["(Intercept)", "hours"], {}),
    ("~ . - (1 + hours | student) + (1 | exam)", "lmer", ["(Intercept)", "hours"], {"exam": ["(Intercept)"]}),
    ("aptitude ~ . - 1", "lmer", ["hours"], {"student": ["(Intercept)", "hours"]}),
)


@pytest.mark.parametrize(("change", "verb", "fixed", "groups"), CASES)
def test_dots_stand_for_the_old_sides(fit: Fit, change: str, verb: str, fixed: list[str], groups: Any) -> None:
    changed = sm.update(fit, change)
    assert changed.call.verb == verb
    assert sm.fixef(changed).index.tolist() == fixed
    assert {term.group: list(term.coefs) for term in changed.model.design.terms} == groups
    assert changed.model.response.label == ("aptitude" if change.startswith("apt") else "score")


def test_arguments_stay_unless_they_are_changed(fit: Fit) -> None:
    changed = sm.update(fit, ". ~ . + exam", iter=240, prior_aux=sm.exponential(2))
    assert (changed.sampling.iter, changed.sampling.seed, changed.sampling.chains) == (240, 5, 1)
    slopes = [row for row in changed.model.priors.rows if row.class_ == "b"]
    assert [row.arguments for row in slopes] == [(0.0, 3.0)] * 2
    assert [row.arguments for row in changed.model.priors.rows if row.class_ == "sigma"] == [(2.0,)]
    with pytest.raises(sm.OptionError, match="did you mean `chains`"):
        sm.update(fit, chain=2)  # type: ignore[call-arg]


def test_new_data_reuse_the_program_and_scale_their_own_priors(fit: Fit) -> None:
    other = sm.simulate_exams(seed=2, students=20, noise_sd=2.0)
    changed = sm.update(fit, data=other)
    assert changed.program.sha256 == fit.program.sha256
    assert (sm.nobs(changed), changed.call.data_name) == (100, "other")
    scale = {row.class_: row.arguments[-1] for row in changed.model.priors.rows}["Intercept"]
    assert scale == pytest.approx(2.5 * other["score"].std())


def test_another_family_changes_the_verb(fit: Fit) -> None:
    counts = exams().assign(score=lambda frame: np.arange(len(frame)) % 4)
    changed = sm.update(fit, family=sm.poisson, data=counts)
    assert (changed.call.verb, changed.model.family.name) == ("glmer", "poisson")
    assert sm.update(changed, ". ~ . - (1 + hours | student)").call.verb == "glm"


def test_the_old_data_and_variables_win_over_the_callers(fit: Fit) -> None:
    weight, hours = np.full(60, 2.0), "not a vector"
    weighted = sm.update(fit, weights="weight")
    assert weighted.model.response.weights.tolist() == weight.tolist()
    assert hours  # a name of the caller's that the data have too
    weight = np.full(60, 3.0)
    assert sm.update(weighted, ". ~ . + exam").model.response.weights.tolist() == [2.0] * 60


def test_dots_of_the_old_formula_are_the_columns_that_it_had() -> None:
    frame = exams()[["score", "hours", "exam"]]
    w = np.linspace(1, 2, len(frame))
    fit = sm.lm("score ~ .", frame, weights="w", **QUICK)
    assert w.shape == (60,)
    again = sm.update(fit, iter=220)
    assert sm.fixef(again).index.tolist() == ["(Intercept)", "hours", "exam"]


def test_the_file_of_the_old_fit_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "fit"
    fit = sm.lm("score ~ hours", exams(), file=file, **QUICK)
    before = file.read_bytes()
    assert sm.fixef(sm.update(fit, ". ~ . + exam")).index.tolist() == ["(Intercept)", "hours", "exam"]
    assert file.read_bytes() == before


def test_a_loaded_fit_updates_as_the_fit_does(fit: Fit, tmp_path: Path) -> None:
    sm.save(fit, tmp_path / "fit")
    here, there = (sm.update(one, ". ~ . + exam") for one in (fit, sm.load(tmp_path / "fit")))
    assert draws_of(here, "b").tobytes() == draws_of(there, "b").tobytes()


def test_a_function_of_the_callers_is_found_again(tmp_path: Path) -> None:
    fit = _with_a_function()
    again = sm.update(fit, ". ~ . + exam")
    assert sm.fixef(again).index.tolist() == ["(Intercept)", "halved(hours)", "exam"]
    sm.save(fit, tmp_path / "fit")
    loaded = sm.load(tmp_path / "fit")
    with pytest.raises(sm.FormulaError, match="halved"):
        sm.update(loaded)
    halved = np.vectorize(lambda x: x / 2)
    assert halved(2) == 1
    assert draws_of(sm.update(loaded), "b").tobytes() == draws_of(fit, "b").tobytes()


def _with_a_function() -> Fit:
    def halved(x: Any) -> Any:
        return x / 2

    assert halved(2) == 1
    return sm.lm("score ~ halved(hours)", exams(), **QUICK)


def test_weights_of_other_libraries_are_kept(tmp_path: Path) -> None:
    import polars as pl

    fit = sm.lm("score ~ hours", exams(), weights=pl.Series(np.linspace(1, 2, 60)), **QUICK)
    sm.save(fit, tmp_path / "fit")
    again = sm.update(sm.load(tmp_path / "fit"), ". ~ . + exam")
    assert np.array_equal(again.model.response.weights, np.linspace(1, 2, 60))


def test_vectors_for_the_old_data_are_not_taken_for_new_rows(fit: Fit) -> None:
    weighted = sm.update(fit, weights=np.full(60, 2.0), subset=np.arange(60) % 2 == 0)
    assert sm.nobs(sm.update(weighted, ". ~ . + exam")) == 30
    other = sm.simulate_exams(seed=2, students=20)
    with pytest.raises(sm.DataError, match=r"weights has 60 values, for the old data; .* 100 rows: .* weights=None"):
        sm.update(weighted, data=other)
    with pytest.raises(sm.DataError, match=r"subset has 60 values, for the old data"):
        sm.update(weighted, data=other, weights=None)
    again = sm.update(weighted, data=other, weights=None, subset=None)
    assert sm.nobs(again) == 100
    assert sm.update(weighted, weights=None).model.response.weights.tolist() == [1.0] * 30


def test_new_data_are_learned_from_anew(fit: Fit) -> None:
    scaled, other = sm.update(fit, ". ~ scale(hours)"), sm.simulate_exams(seed=2, students=20)
    expected = sm.model_matrix(sm.lm("score ~ scale(hours)", other, **QUICK))
    np.testing.assert_array_equal(sm.model_matrix(sm.update(scaled, data=other)), expected)


def test_a_change_wins_over_the_old_control() -> None:
    fit = sm.lm("score ~ hours", exams(), control={"adapt_delta": 0.9, "max_treedepth": 11}, **QUICK)
    changed = sm.update(fit, adapt_delta=0.95)
    assert (changed.sampling.adapt_delta, changed.sampling.max_treedepth) == (0.95, 11)
