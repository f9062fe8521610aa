"""`fits`, `combine_models` and models of several data sets."""

import io
import pickle
import sys
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from public_calls import FEW, REPLAY, Replay, call, exams

import stanmlm as sm
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import EngineError
from stanmlm.data.imputed import data_sets
from stanmlm.families import gaussian
from stanmlm.fit.call import Prepared, prepare, sampled
from stanmlm.fit.diagnostics import warnings_of
from stanmlm.fit.fit import Call
from stanmlm.sampling.engines.protocol import Point, RawDraws, Sampling, StanData
from stanmlm.sampling.program import Program

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
    both = sm.fits(sm.bf("score ~ 1", "sigma ~ 1"), exams().query("exam == 1"), by=["exam", "student"], **HOW)
    assert (both.group, list(both)) == ("exam:student", [f"1:{k}" for k in range(1, 7)])


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
    assert "Not fitted: `b`: poisson needs counts" in repr(found).splitlines()[-1]
    assert "Not fitted: <code>b</code>" in found._repr_html_()
    with pytest.raises(sm.DataError, match="level `b` of `g` could not be fitted"):
        found["b"]
    with pytest.raises(sm.DataError, match="`y`"):
        sm.fits("y ~ 1", data[3:], "poisson", by="g", **HOW)


def test_what_fits_cannot_take_is_refused() -> None:
    with pytest.raises(sm.OptionError, match="needs by="):
        sm.fits("score ~ hours", exams(), **HOW)
    with pytest.raises(sm.DataError, match="`exams` is not a column of the data; did you mean `exam`"):
        sm.fits("score ~ hours", exams(), by="exams", **HOW)
    with pytest.raises(sm.OptionError, match="by is empty"):
        sm.fits("score ~ hours", exams(), by=[], **HOW)
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


@dataclass(frozen=True)
class Odd(Replay):
    """Fails at exam 2, and remembers in which threads it was asked."""

    threads: set[str] = field(default_factory=set, compare=False)

    def sample(
        self,
        program: Program,
        data: StanData,
        sampling: Sampling,
        inits: Sequence[Point] | None = None,
        progress: bool = False,
        inv_metric: Floats | None = None,
    ) -> RawDraws:
        self.threads.add(threading.current_thread().name)
        if np.mean(data["y"]) == exams().query("exam == 2")["score"].mean():
            raise EngineError("Stan ended\nwith a second line")
        return super().sample(program, data, sampling)


def test_what_fails_while_it_is_sampled_is_kept_by_name_in_joblibs_own_backends() -> None:
    engine = Odd()
    with (
        joblib.parallel_config(backend="threading", n_jobs=2),
        pytest.warns(sm.StanmlmWarning, match="1 of 3 levels of `exam` could not be fitted: `2`: Stan ended$"),
    ):
        found = sm.fits("score ~ 1", exams(), by="exam", collapse=False, engine=engine, progress=False)
    assert (list(found), found.failed) == (["1", "3"], {"2": "Stan ended\nwith a second line"})
    assert threading.main_thread().name not in engine.threads


def test_what_a_model_is_warned_of_has_its_name() -> None:
    data = exams().assign(score=lambda d: d["score"].where(d["exam"] != 3, 1.5))
    for backend in ("sequential", "threading"):
        with (
            joblib.parallel_config(backend=backend, n_jobs=2),
            pytest.warns(sm.StanmlmWarning, match="`3`: `score` is the same in all rows") as told,
        ):
            sm.fits("score ~ 1", data, by="exam", **HOW)
        assert [one.filename for one in told] == [__file__]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_one_bar_counts_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.warns(sm.StanmlmWarning, match="could not be fitted"):
        sm.fits("score ~ 1", exams(), by="exam", engine=Odd(), collapse=False)
    assert "models: 100%" in terminal.getvalue()
    assert "3/3" in terminal.getvalue()
    assert "chain" not in terminal.getvalue()


@pytest.mark.slow
def test_models_in_other_processes_have_the_draws_that_they_have_here() -> None:
    """To the bit: neither the seeds nor the sums depend on how many there are at a time."""
    how = {"by": "exam", "seed": 1, "iter": 100, "chains": 2, "progress": False}
    alone, there = (sm.fits("score ~ hours + (1 | student)", exams(), n_jobs=jobs, **how) for jobs in (1, 2))
    for level, fit in alone.items():
        pd.testing.assert_frame_equal(sm.as_draws_df(there[level]), sm.as_draws_df(fit), check_exact=True)
    data = exams().assign(score=lambda d: d["score"].where(d["exam"] != 3, 1.5))
    with pytest.warns(sm.StanmlmWarning, match="`3`: `score` is the same in all rows"):
        sm.fits("score ~ hours", data, n_jobs=2, **how)


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
    assert sm.lm("score ~ hours", [exams()], **HOW).imputed == ()
    with pytest.raises(sm.DataError, match="list of data sets is empty"):
        sm.lm("score ~ hours", [], **HOW)
    with pytest.raises(sm.DataError, match=r"`2` has 17 rows and data set `1` 18: imputations have the same rows"):
        sm.lm("score ~ hours", [exams(), exams()[1:]], **HOW)
    fewer = exams().assign(student=lambda d: d["student"].where(d["student"] != d["student"][0], d["student"].iloc[-1]))
    with pytest.raises(sm.DataError, match=r"need the same levels and columns: models 1 and 2 have different param"):
        sm.lmer("score ~ hours + (1 | student)", [exams(), fewer], **HOW)
    with pytest.raises(sm.DataError, match=r"data set `2` of 2: .*`hours`"):
        sm.lm("score ~ hours", [exams(), exams().drop(columns="hours")], **HOW)


def test_models_are_combined_where_they_are_one_model() -> None:
    one, other = (sm.lm("score ~ hours", data, **HOW) for data in (exams(), exams().assign(score=1.5)))
    twice = sm.combine_models(one, one)
    assert (twice.imputed, twice.sampling.chains) == ((), 2 * FEW.chains)
    np.testing.assert_array_equal(sm.as_draws_df(twice)["b[hours]"][: 2 * 60], sm.as_draws_df(one)["b[hours]"])
    assert sm.combine_models(one, other, one, check_data=False).imputed == (FEW.chains,) * 3
    assert sm.combine_models(imputed(), imputed()).imputed == (FEW.chains,) * 4
    for wrong, says in (
        (other, "different data; check_data=False"),
        (sm.lm("score ~ 1", exams(), **HOW), "different formulas: score ~ hours; score ~ 1"),
        (sm.brm("score ~ hours", exams(), family="student", **HOW), "different families"),
        (sm.lm("score ~ hours", exams(), prior=sm.normal(0, 1), **HOW), "different priors"),
        (sm.lm("score ~ hours", exams(), weights=np.arange(1.0, 19.0), **HOW), "different data"),
    ):
        with pytest.raises(sm.DataError, match=says):
            sm.combine_models(one, wrong)
    with pytest.raises(sm.OptionError, match=r"model 1 is .*, and no fit; of a list it is combine_models\(\*fits\)"):
        sm.combine_models([one, one])
    with pytest.raises(sm.DataError, match="needs fits"):
        sm.combine_models()


USES_ROWS = (
    *("augment", "avg_comparisons", "avg_predictions", "avg_slopes", "bayes_R2", "comparisons", "epred_draws"),
    *("fitted", "icc", "linpred_draws", "log_lik", "loo_R2", "posterior_epred", "posterior_linpred"),
    *("posterior_predict", "pp_check", "predict", "predicted_draws", "predictions", "r2", "residual_draws"),
    *("residuals", "simulate", "simulate_residuals", "slopes", "variance_decomposition", "waic"),
)
USES_DRAWS = (
    *("VarCorr", "as_draws_df", "coef", "conditional_effects", "confint", "diagnostics", "emmeans", "emtrends"),
    *("fixef", "glance", "hypothesis", "p_direction", "posterior_interval", "prior_summary", "ranef", "rope"),
    *("sigma", "summary", "tidy", "vcov"),
)


@pytest.mark.parametrize("name", [*USES_ROWS, *USES_DRAWS])
def test_a_verb_warns_where_it_uses_rows_that_were_imputed(name: str) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        call(name, "fit", joined())
    said = {one.filename for one in told if "uses the rows of the first alone" in str(one.message)}
    assert bool(said) == (name in USES_ROWS)


@cache
def joined() -> sm.Fit:
    """With group effects, of which every verb has something to say."""
    other = exams().assign(score=exams()["score"] + 0.1)
    return sm.lmer("score ~ hours + (1 | student)", [exams(), other], **HOW)


def test_what_fits_again_is_refused_where_rows_are_gone() -> None:
    for again in (sm.kfold, lambda fit: sm.loo(fit, reloo=True)):
        with pytest.raises(sm.OptionError, match="fits the model again, and the fit is of 2 data sets"):
            again(joined())


def test_each_data_set_is_warned_of_by_its_number() -> None:
    """Chains that are far apart within the second data set, and none elsewhere."""
    one = sm.lm("score ~ hours", exams(), **HOW)
    far = replace(one, posterior=one.posterior.copy(deep=True))
    far.posterior["posterior"]["sigma"][0] += 50
    both = sm.combine_models(one, far, check_data=False)
    (said,) = (text for text in warnings_of(both) if "Rhat of `sigma`" in text)
    assert said.startswith("data set 2: ")
    assert f"Warning: {said}" in repr(both)


# Monte Carlo errors of a mean, and of a variance of draws whose tails are no heavier than a normal's (twice, for t).
FAR = 4


@pytest.mark.slow
def test_draws_of_imputations_are_joined_as_rubin_pools_them() -> None:
    """Means with known posteriors: flat priors on mean and sigma give t with n - 2 degrees of freedom.

    The mixture has the mean of the means and W + B (M - 1) / M as variance, W within and B between; Rubin's rules have
    W + B (M + 1) / M, for M imputations tell of B what they would tell of a mean from M draws.
    """
    rng, n, M = np.random.default_rng(5), 30, 5
    y = rng.normal(size=n)
    sets = [pd.DataFrame({"y": np.where(np.arange(n) < 10, y + rng.normal(size=n), y)}) for _ in range(M)]
    means = np.array([each["y"].mean() for each in sets])
    within = np.mean([each["y"].var() * (n - 1) / (n * (n - 4)) for each in sets])
    between = means.var(ddof=1)
    fit = sm.lm("y ~ 1", sets, priors="flat", iter=2000, chains=2, seed=3, progress=False)
    row = sm.summary(fit).frame.loc["(Intercept)"]
    mixture = within + between * (M - 1) / M
    assert abs(row["mean"] - means.mean()) < FAR * row["mcse"]
    assert abs(row["sd"] ** 2 / mixture - 1) < FAR * 2 * np.sqrt(2 / row["Bulk_ESS"])
    rubin = within + between * (1 + 1 / M)
    assert row["sd"] ** 2 < rubin
    assert rubin - mixture == pytest.approx(2 * between / M)
    assert row["Rhat"] < 1.02
