"""Fits and whatever is made of them cross processes: pickle, copy, and pools that fork or spawn."""

import copy
import dataclasses
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_fits import counts_fit, exams_fit, trials_fit

import stanmlm as sm
from stanmlm.base import errors
from stanmlm.families import FAMILIES
from stanmlm.families.links import LINKS
from stanmlm.fit.fit import draws_of
from stanmlm.formula.rparse import parse_expression
from stanmlm.sampling.engines.cmdstan import CmdStan
from stanmlm.sampling.engines.stanli import Stanli

pytestmark = pytest.mark.filterwarnings("ignore:Pareto k is over")

COPIES: tuple[Callable[[Any], Any], ...] = (lambda thing: pickle.loads(pickle.dumps(thing)), copy.deepcopy, copy.copy)
FITS = (counts_fit, exams_fit, trials_fit)
QUICK: dict[str, Any] = {"chains": 1, "iter": 240, "seed": 1, "progress": False}


@cache
def exams() -> sm.Fit:
    return sm.lmer("score ~ hours + (1 | student)", sm.simulate_exams(seed=1, students=8), **QUICK)


@cache
def separate() -> sm.FitList:
    return sm.lmList("score ~ hours | exam", sm.simulate_exams(seed=1, students=8), **QUICK)


# Every record and table that a public function gives; plots are plotnine's, whose scales pickle refuses.
RESULTS: dict[str, Callable[[], Any]] = {
    "VarCorr": lambda: sm.VarCorr(exams()),
    "ranef": lambda: sm.ranef(exams()),
    "coef": lambda: sm.coef(exams()),
    "summary": lambda: sm.summary(exams()),
    "prior_summary": lambda: sm.prior_summary(exams()),
    "diagnostics": lambda: sm.diagnostics(exams()),
    "loo": lambda: sm.loo(exams()),
    "waic": lambda: sm.waic(exams()),
    "kfold": lambda: sm.kfold(exams(), K=2),
    "loo_compare": lambda: sm.loo_compare(sm.loo(exams()), sm.waic(exams())),
    "hypothesis": lambda: sm.hypothesis(exams(), "hours > 0"),
    "predictions": lambda: sm.avg_predictions(exams()),
    "slopes": lambda: sm.avg_slopes(exams()),
    "comparisons": lambda: sm.comparisons(exams(), variables="hours"),
    "conditional_effects": lambda: sm.conditional_effects(exams()),
    "equation": lambda: sm.equation(exams()),
    "poststratify": lambda: sm.poststratify(exams(), sm.datagrid(exams(), hours=[0.0, 1.0]).assign(n=1.0), "n"),
    "powerscale": lambda: sm.powerscale(exams()),
    "check_exogeneity": lambda: sm.check_exogeneity(exams()),
    "ladder": lambda: sm.ladder({"groups": exams(), "none": sm.update(exams(), ". ~ . - (1 | student)")}),
    "lmList": separate,
    "lFormula": lambda: sm.lFormula("score ~ hours + (1 | student)", sm.simulate_exams(seed=1, students=8)),
    "to_arviz": lambda: sm.to_arviz(exams(), log_likelihood=True),
    "posterior_epred": lambda: sm.posterior_epred(exams()),
}


def same(one: Any, other: Any) -> None:
    """Equal, part by part, and of one type."""
    assert type(one) is type(other)
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for name in one:
            same(one[name], other[name])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for here, there in zip(one, other, strict=True):
            same(here, there)
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, float):
        np.testing.assert_equal(one, other)
    elif type(one).__module__.startswith("scipy.sparse"):
        assert (one != other).nnz == 0
    elif isinstance(one, pd.DataFrame | pd.Series | pd.Index):
        assert one.equals(other)
        assert repr(one) == repr(other)
    elif type(one).__module__.startswith("xarray"):
        assert one.identical(other)
    else:
        assert one == other


@pytest.mark.parametrize("copied", COPIES)
@pytest.mark.parametrize("fit", FITS)
def test_a_fit_comes_back_as_it_was(fit: Callable[[], sm.Fit], copied: Callable[[Any], Any]) -> None:
    again = copied(fit())
    same(fit(), again)
    assert repr(again) == repr(fit())
    new = fit().model.frame.data.head(3)
    assert np.array_equal(sm.posterior_predict(again, new, seed=3), sm.posterior_predict(fit(), new, seed=3))


def test_families_are_equal_after_the_trip_and_hold_functions_with_names_alone() -> None:
    for family in (*FAMILIES.values(), *(sm.binomial(link=link) for link in FAMILIES["binomial"].location.links)):
        for copied in COPIES:
            assert copied(family) == family
        assert family.name.encode() in pickle.dumps(family)
    for link in LINKS.values():
        assert pickle.loads(pickle.dumps(link)) == link
    assert pickle.loads(pickle.dumps(sm.binomial)) is sm.binomial


@pytest.mark.parametrize("name", RESULTS)
def test_what_a_public_function_gives_comes_back_as_it_was(name: str) -> None:
    result = RESULTS[name]()
    for copied in COPIES[:2]:
        again = copied(result)
        same(result, again)
        assert repr(again) == repr(result)


@pytest.mark.parametrize("prior", [sm.normal(0, 2), sm.decov(2), sm.lkj(2), sm.set_prior("normal(0, 1)", class_="b")])
def test_priors_travel(prior: object) -> None:
    assert pickle.loads(pickle.dumps(prior)) == prior


@pytest.mark.parametrize("engine", [Stanli(), CmdStan()])
def test_an_engine_is_made_again_where_it_arrives(engine: Any) -> None:
    fit = exams()
    if engine.name == "stanli":
        fit = sm.update(fit, engine=engine)  # it holds models now
    for copied in COPIES[:2]:
        assert copied(engine) == engine
        assert copied(fit).call == fit.call
    assert draws_of(sm.update(pickle.loads(pickle.dumps(fit))), "b").tobytes() == draws_of(fit, "b").tobytes()


def test_errors_cross_with_their_words() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, BaseException)]
    for kind in kinds:
        again = pickle.loads(pickle.dumps(kind("what went wrong")))
        assert (type(again), str(again)) == (kind, "what went wrong")
    error = sm.FormulaError("no", "y ~ x", 4, 5)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.start, again.text) == (str(error), 4, "y ~ x")


def test_functions_of_the_callers_stay_behind_when_they_must() -> None:
    def halved(x: Any) -> Any:
        return x / 2

    data = sm.simulate_exams(seed=1, students=8)
    fit = sm.lm("score ~ halved(hours)", data, **QUICK)
    assert copy.deepcopy(fit).call.scope == fit.call.scope
    again = pickle.loads(pickle.dumps(fit))
    same(sm.fixef(fit), sm.fixef(again))
    assert "halved" not in again.call.scope
    same(sm.fixef(sm.update(again)), sm.fixef(fit))
    assert halved(2) == 1


def test_arguments_that_pickle_does_not_take_are_named() -> None:
    fit = exams()
    strange = dataclasses.replace(fit, call=dataclasses.replace(fit.call, arguments={**QUICK, "engine": lambda: 1}))
    with pytest.warns(sm.StanmlmWarning, match="`engine`"):
        again = pickle.loads(pickle.dumps(strange))
    assert again.call.arguments == QUICK


def test_long_formulas_travel() -> None:
    code = parse_expression("y ~ " + " + ".join(f"x{i}" for i in range(3000)))
    for copied in COPIES:
        again = copied(code)
        assert (again.start, again.stop) == (code.start, code.stop)
        assert [part.text for part in (again, again.args[0][1])] == ["~", "y"]


def fitted_anew(seed: int) -> pd.Series:
    """Samples in the process that it is called in."""
    return sm.fixef(sm.lm("score ~ hours", sm.simulate_exams(seed=1, students=8), **QUICK | {"seed": seed}))


@pytest.mark.parametrize("method", ["spawn", "fork"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pools_take_fits_and_make_them(method: str) -> None:
    here = fitted_anew(2)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        (there,) = pool.map(sm.fixef, [trials_fit()], timeout=100)
        same(sm.fixef(trials_fit()), there)
        same(pool.submit(sm.update, exams(), ". ~ . + exam").result(100).call.verb, "lmer")
        same(here, pool.submit(fitted_anew, 2).result(100))


@pytest.mark.parametrize("library", ["cloudpickle", "dill"])
def test_other_picklers_take_fits(library: str) -> None:
    pickler = pytest.importorskip(library)
    same(exams(), pickler.loads(pickler.dumps(exams())))


def test_joblib_takes_fits() -> None:
    joblib = pytest.importorskip("joblib")
    (there,) = joblib.Parallel(2)([joblib.delayed(sm.fixef)(exams())])
    same(there, sm.fixef(exams()))
