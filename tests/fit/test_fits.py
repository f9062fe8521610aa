"""`fits`, `combine_models` and models of several data sets."""

import pickle
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from public_calls import FEW, REPLAY, exams

import stanmlm as sm
from stanmlm.data.imputed import data_sets
from stanmlm.families import gaussian
from stanmlm.fit.call import Prepared, prepare, sampled
from stanmlm.fit.fit import Call

HOW = {"engine": REPLAY, "progress": False}


@cache
def by_exam() -> sm.FitList:
    return sm.fits("score ~ hours + (1 | student)", exams(), by="exam", seed=5, **HOW)


@cache
def imputed() -> sm.Fit:
    """Of two data sets whose responses are far from each other."""
    return sm.lm("score ~ hours", [exams(), exams().assign(score=lambda d: d["score"] + 100)], **HOW)


def seeds(found: sm.FitList) -> dict[str, object]:
    return {level: fit.call.arguments["seed"] for level, fit in found.items()}


def test_each_part_has_the_verb_of_its_formula_and_its_rows() -> None:
    found = by_exam()
    assert repr(found).splitlines()[0] == "fits: score ~ hours + (1 | student) by exam"
    assert [(fit.call.verb, sm.nobs(fit)) for fit in found.values()] == [("lmer", 6)] * 3
    both = sm.fits(sm.bf("score ~ 1", "sigma ~ 1"), exams().query("exam < 3"), by=["exam", "student"], **HOW)
    assert (both.group, next(iter(both)), len(both)) == ("exam:student", "1:1", 12)


def test_a_seed_is_made_of_the_name_and_not_of_the_place() -> None:
    every = seeds(by_exam())
    some = exams()[lambda d: d["exam"] != 1].sort_values("exam", ascending=False)
    assert seeds(sm.fits("score ~ hours", some, by="exam", seed=5, **HOW)) == {k: every[k] for k in ("2", "3")}
    assert seeds(sm.lmList("score ~ hours | exam", exams(), seed=5, **HOW)) == every
    assert len(set(every.values())) == 3
    assert not set(seeds(sm.fits("score ~ hours", exams(), by="exam", seed=6, **HOW)).values()) & set(every.values())


def test_the_frame_has_the_rows_of_tidy() -> None:
    frame = by_exam().to_frame()
    assert frame.columns.tolist()[:4] == ["exam", "effect", "group", "term"]
    own = frame[frame["exam"] == "2"].drop(columns="exam").reset_index(drop=True)
    pd.testing.assert_frame_equal(own, sm.tidy(by_exam()["2"]))
    assert sm.tidy(by_exam(), "fixed", rhat=True).columns[-1] == "rhat"
    named = sm.fits("score ~ hours", exams().rename(columns={"exam": "group"}), by="group", **HOW)
    assert named.to_frame().columns[0] == "by.group"
    assert sm.coef(by_exam()).shape == (3, 2)


def test_parts_that_fail_are_kept_by_name() -> None:
    data = pd.DataFrame({"y": [1, 2, 3, 0, -1, 2], "g": list("aaabbb")})
    with pytest.warns(sm.StanmlmWarning, match="1 of 2 levels of `g` could not be fitted: `b`: "):
        found = sm.fits("y ~ 1", data, "poisson", by="g", **HOW)
    assert (list(found), list(found.failed)) == (["a"], ["b"])
    with pytest.raises(sm.DataError, match="level `b` of `g` could not be fitted"):
        found["b"]
    with pytest.raises(sm.DataError, match="`y`"):
        sm.fits("y ~ 1", data[3:], "poisson", by="g", **HOW)


def test_what_fits_cannot_take_is_refused() -> None:
    with pytest.raises(sm.OptionError, match="needs by="):
        sm.fits("score ~ hours", exams(), **HOW)
    with pytest.raises(sm.DataError, match="`exams` is not a column of the data; did you mean `exam`"):
        sm.fits("score ~ hours", exams(), by="exams", **HOW)
    with pytest.raises(sm.OptionError, match="n_jobs is 0"):
        sm.fits("score ~ hours", exams(), by="exam", n_jobs=0, **HOW)
    with pytest.raises(sm.OptionError, match="keeps no file"):
        sm.fits("score ~ hours", exams(), by="exam", file="x", **HOW)


def test_a_model_goes_to_another_process_and_its_fit_comes_back() -> None:
    options = {"chains": 2, "iter": 60, "seed": 1, "progress": False}
    ready = prepare(Call("lmer", "", options), "score ~ hours + (1 | student)", exams(), gaussian(), {"open": print})
    there = pickle.loads(pickle.dumps(ready))
    assert isinstance(there, Prepared)
    back = pickle.loads(pickle.dumps(sampled(there)))
    pd.testing.assert_series_equal(sm.fixef(back), sm.fixef(sampled(ready)))


@pytest.mark.slow
def test_models_at_a_time_have_the_draws_that_they_have_in_turn() -> None:
    how = {"by": "exam", "seed": 1, "iter": 100, "chains": 2, "progress": False}
    alone = sm.fits("score ~ hours", exams(), **how)
    pd.testing.assert_frame_equal(sm.coef(sm.fits("score ~ hours", exams(), n_jobs=2, **how)), sm.coef(alone))


def test_data_sets_are_joined_and_judged_each_by_itself() -> None:
    one = sm.lm("score ~ hours", exams(), **HOW)
    assert imputed().imputed == (FEW.chains, FEW.chains)
    assert imputed().posterior["posterior"].sizes["chain"] == 2 * FEW.chains
    found, own = sm.tidy(imputed(), "fixed", rhat=True, ess=True), sm.tidy(one, "fixed", rhat=True, ess=True)
    assert (found["rhat"] < 1.5).all()
    assert (found["ess"] > own["ess"]).all()
    assert found["std.error"][0] > 20  # the two means are 100 apart
    assert sm.diagnostics(imputed()).worst_rhat[0] < 1.5
    assert sm.summary(imputed()).frame["Rhat"][:2].max() < 1.5
    assert "2 data sets, 4 chains" in repr(imputed())


def test_verbs_take_a_joined_fit_and_say_whose_rows_they_use(tmp_path: Path) -> None:
    assert sm.posterior_epred(imputed(), exams()[:2]).shape == (4 * 60, 2)
    with pytest.warns(sm.StanmlmWarning, match="of 2 data sets, and this uses the rows of the first alone"):
        sm.log_lik(imputed())
    sm.save(imputed(), tmp_path / "fit")
    assert sm.load(tmp_path / "fit").imputed == imputed().imputed
    with pytest.raises(sm.OptionError, match="is of 2 data sets"):
        sm.update(imputed(), ". ~ 1")
    assert sm.update(imputed(), ". ~ 1", data=[exams(), exams()]).imputed == imputed().imputed


def test_a_long_frame_of_mices_is_several_data_sets() -> None:
    long = pd.concat([exams().assign(**{".imp": k}) for k in (0, 1, 2)])
    fit = sm.glm("score ~ hours", long, **HOW)
    assert (fit.imputed, sm.nobs(fit)) == ((FEW.chains, FEW.chains), len(exams()))
    assert ".imp" not in fit.model.frame.data
    with pytest.raises(sm.DataError, match=r"`\.imp` counts imputed data sets from 1 on"):
        sm.lm("score ~ hours", long[long[".imp"] == 0], **HOW)
    assert list(data_sets({"a": exams(), "b": exams()}) or ()) == ["a", "b"]
    with pytest.raises(sm.DataError, match="list of data sets is empty"):
        sm.lm("score ~ hours", [], **HOW)
    with pytest.raises(sm.DataError, match=r"data set `2` of 2: .*`hours`"):
        sm.lm("score ~ hours", [exams(), exams().drop(columns="hours")], **HOW)


def test_models_are_combined_where_they_are_one_model() -> None:
    one, other = (sm.lm("score ~ hours", data, **HOW) for data in (exams(), exams().assign(score=1.5)))
    twice = sm.combine_models(one, one)
    assert (twice.imputed, twice.sampling.chains) == ((), 2 * FEW.chains)
    np.testing.assert_array_equal(sm.as_draws_df(twice)["b[hours]"][: 2 * 60], sm.as_draws_df(one)["b[hours]"])
    assert sm.combine_models(one, other, one, check_data=False).imputed == (FEW.chains,) * 3
    for wrong, says in (
        (other, "different data; check_data=False"),
        (sm.lm("score ~ 1", exams(), **HOW), "different formulas: score ~ hours; score ~ 1"),
        (sm.brm("score ~ hours", exams(), family="student", **HOW), "different families"),
    ):
        with pytest.raises(sm.DataError, match=says):
            sm.combine_models(one, wrong)
    with pytest.raises(sm.DataError, match="needs fits"):
        sm.combine_models()
