"""What new data must tell and what they may leave open: offsets, weights, trials, levels."""

import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest
from small_fits import SIZES, b, exams_fit, trials_data, trials_fit

import stanmlm as sm
from stanmlm.base.arrays import Anything

SHORT = {**SIZES, "chains": 1, "iter": 200}


@cache
def shifted() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"x": rng.normal(size=60), "z": rng.normal(size=60), "g": np.repeat(list("abcdef"), 10)})
    data["off"], data["w"] = rng.normal(size=60), np.tile([1.0, 25.0], 30)
    data["y"] = 1 + data["x"] + data["off"] + rng.normal(scale=0.3, size=60) / np.sqrt(data["w"])
    return data


@cache
def named_fit() -> sm.Fit:
    return sm.lmer("y ~ x + z + (1 | g)", shifted(), offset="off", **SHORT)


@cache
def array_fit() -> sm.Fit:
    return sm.lmer("y ~ x + z + (1 | g)", shifted(), offset=shifted()["off"].to_numpy(), **SHORT)


@cache
def weighted_fit() -> sm.Fit:
    return sm.lmer("y ~ x + (1 | g)", shifted(), offset="off", weights="w", **SHORT)


NEW = {
    "posterior_linpred": lambda fit, new: sm.posterior_linpred(fit, new),
    "posterior_epred": lambda fit, new: sm.posterior_epred(fit, new),
    "posterior_predict": lambda fit, new: sm.posterior_predict(fit, new),
    "predict": lambda fit, new: sm.predict(fit, new),
    "simulate": lambda fit, new: sm.simulate(fit, newdata=new, re_formula=None),
    "log_lik": lambda fit, new: sm.log_lik(fit, new),
    "predictions": lambda fit, new: sm.predictions(fit, new),
    "avg_predictions": lambda fit, new: sm.avg_predictions(fit, new),
    "counterfactual": lambda fit, new: sm.predictions(fit, new, variables={"x": [0.0, 1.0]}),
    "comparisons": lambda fit, new: sm.comparisons(fit, newdata=new),
    "slopes": lambda fit, new: sm.avg_slopes(fit, newdata=new),
    "poststratify": lambda fit, new: sm.poststratify(fit, new.assign(N=1.0), by="g"),
    "contrast": lambda fit, new: sm.contrast(fit, new.iloc[:1], new.iloc[1:2]),
}
GRIDS = {
    "datagrid": lambda fit: sm.predictions(fit, sm.datagrid(fit, x=[0.0, 1.0])),
    "balanced": lambda fit: sm.predictions(fit, "mean"),
    "conditional_effects": lambda fit: sm.conditional_effects(fit, "x"),
    "contrast": lambda fit: sm.contrast(fit, {"x": 1}, {"x": 0}),
}


@pytest.mark.parametrize("ask", NEW.values(), ids=NEW)
@pytest.mark.parametrize("rows", [5, 60])
def test_an_offset_that_was_an_array_is_asked_for_and_never_zero(ask: Callable[..., object], rows: int) -> None:
    with pytest.raises(sm.DataError, match="got its offset= as an array, and new data do not tell theirs"):
        ask(array_fit(), shifted().iloc[:rows].drop(columns="off"))


@pytest.mark.parametrize("ask", GRIDS.values(), ids=GRIDS)
def test_rows_of_a_grid_have_no_offset_of_an_array_either(ask: Callable[..., object]) -> None:
    with pytest.raises(sm.DataError, match="got its offset= as an array"):
        ask(array_fit())


def test_an_offset_of_new_rows_enters_as_that_of_a_column_does() -> None:
    new = shifted().iloc[:7]
    given, plain = new["off"].to_numpy(), new.drop(columns="off")
    verbs = (sm.posterior_linpred, sm.posterior_epred, sm.posterior_predict, sm.log_lik)
    for verb in verbs:
        whole = verb(array_fit()).values[:, :7]
        np.testing.assert_allclose(verb(array_fit(), plain, offset=given).values, whole, rtol=1e-9)
        np.testing.assert_allclose(verb(named_fit(), new).values, verb(named_fit()).values[:, :7], rtol=1e-9)
    np.testing.assert_allclose(sm.predict(array_fit(), plain, offset=given), sm.predict(array_fit())[:7], rtol=1e-9)
    one = sm.posterior_epred(array_fit(), plain, offset=2.0).values
    np.testing.assert_allclose(one - sm.posterior_epred(array_fit(), plain, offset=0).values, 2.0, atol=1e-9)
    with pytest.raises(sm.DataError, match="offset has 3 values for 7 rows of new data"):
        sm.posterior_epred(array_fit(), plain, offset=[1, 2, 3])
    assert sm.simulate(array_fit(), newdata=plain, offset=given).shape == (7, 1)


def test_an_offset_that_the_new_data_tell_is_not_taken_twice() -> None:
    new = shifted().iloc[:3]
    with pytest.raises(sm.OptionError, match="of this one, the new data tell it"):
        sm.posterior_epred(named_fit(), new, offset=1.0)
    with pytest.raises(sm.OptionError, match="the fitted rows have theirs"):
        sm.posterior_epred(array_fit(), offset=1.0)
    with pytest.raises(sm.DataError, match="the new data lack `off`"):
        sm.posterior_epred(named_fit(), new.drop(columns="off"))


def test_fitted_rows_keep_their_offset_in_every_verb() -> None:
    fits = (array_fit(), named_fit())
    both = [sm.avg_predictions(fit, variables={"x": [0.0, 1.0]}).draws.mean(axis=0) for fit in fits]
    np.testing.assert_allclose(*both, atol=0.1)
    np.testing.assert_allclose(sm.avg_comparisons(array_fit(), "x").draws, b(array_fit(), "x"), rtol=1e-8)
    left = sm.kfold(array_fit(), K=3).pointwise["elpd_kfold"] - sm.kfold(named_fit(), K=3).pointwise["elpd_kfold"]
    assert abs(left.mean()) < 0.1


def test_weighted_rows_predict_the_same_with_and_without_newdata() -> None:
    fit, data = weighted_fit(), shifted()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(sm.posterior_predict(fit, data).values, sm.posterior_predict(fit).values, rtol=1e-9)
        table = sm.predict(fit, data, interval="prediction")
        np.testing.assert_allclose(table, sm.predict(fit, interval="prediction"), rtol=1e-9)
    spread = (sm.posterior_predict(fit, data) - sm.posterior_epred(fit, data)).values.std(axis=0)
    assert spread[::2].mean() / spread[1::2].mean() == pytest.approx(5, rel=0.1)


@pytest.mark.parametrize("weights", ["w", "2 * w", "w * k", "array"])
def test_weights_that_new_data_do_not_tell_are_warned_of(weights: str) -> None:
    k = 3.0
    data = shifted()
    given = (k * data["w"]).to_numpy() if weights == "array" else weights
    fit = sm.lm("y ~ x", data, weights=given, **SHORT)
    if weights != "array":
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sm.posterior_predict(fit, data)
    new = data.drop(columns="w")
    asks = (
        lambda: sm.posterior_predict(fit, new),
        lambda: sm.predict(fit, new, interval="prediction"),
        lambda: sm.simulate(fit, newdata=new),
        lambda: sm.conditional_effects(fit, method="predict"),
    )
    for ask in asks:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ask()
        assert ["new data do not tell them" in str(w.message) for w in caught] == [True]
        assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sm.posterior_epred(fit, new)
        sm.predict(fit, new)


def test_weights_of_new_rows_are_zero_or_more() -> None:
    with pytest.raises(sm.DataError, match="weights are zero or more"):
        sm.posterior_predict(weighted_fit(), shifted().assign(w=-1.0))
    some = shifted().assign(w=[np.nan, *[1.0] * 59])
    assert np.isnan(sm.posterior_predict(weighted_fit(), some).values).all(axis=0).tolist() == [True] + [False] * 59


def test_weights_that_count_cases_move_no_prediction() -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": rng.normal(size=60), "w": np.tile([1.0, 3.0], 30), "y": rng.integers(0, 2, 60)})
    fit = sm.glm("y ~ x", data, family=sm.binomial, weights="w", **SHORT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        new = sm.posterior_predict(fit, data.drop(columns="w"))
    np.testing.assert_array_equal(new.values, sm.posterior_predict(fit).values)


def test_trials_of_shares_are_found_again_in_their_column() -> None:
    data = trials_data()
    fit = sm.glm("I(y / n) ~ x", data, family=sm.binomial, weights="n", **SHORT)
    np.testing.assert_array_equal(sm.posterior_predict(fit, data).values, sm.posterior_predict(fit).values)
    with pytest.raises(sm.DataError, match="pass trials="):
        sm.posterior_predict(fit, data.drop(columns="n"))


# --- new levels -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", NEW.values(), ids=NEW)
def test_new_levels_are_named_in_one_warning_a_call(ask: Callable[..., object]) -> None:
    new = shifted().iloc[:9].assign(g=["a", *"uvvwxyzz"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ask(named_fit(), new)
    (only,) = caught
    assert only.category is sm.StanmlmWarning
    assert only.filename == __file__
    assert "of `g`" in str(only.message)
    assert "`u`" in str(only.message)


def said(ask: Callable[[], object]) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ask()
    return [str(w.message) for w in caught]


def test_levels_of_all_groups_stand_in_the_warning_five_of_each() -> None:
    new = trials_data().iloc[:9].assign(g=[f"n{i}" for i in range(9)], h="h9")
    (text,) = said(lambda: sm.posterior_epred(trials_fit(), new))
    assert text.startswith(
        "not in the fitted data: levels `n0`, `n1`, `n2`, `n3`, `n4` and 4 more of `g`; level `h9` of `h`"
    )
    (text,) = said(lambda: sm.posterior_epred(trials_fit(), new, "~ (1 | h)"))
    assert "`g`" not in text


def test_levels_that_are_not_drawn_or_that_nobody_chose_are_not_warned_of() -> None:
    fit, new = exams_fit(), pd.DataFrame({"hours": [0.0], "student": ["new"]})
    quiet = (
        lambda: sm.posterior_epred(fit),
        lambda: sm.posterior_epred(fit, new, "NA"),
        lambda: sm.posterior_epred(fit, new, new_levels="zero"),
        lambda: sm.conditional_effects(fit, re_formula=None),
        lambda: sm.simulate(fit, newdata=new),
        lambda: sm.pp_check(fit),
    )
    assert [said(ask) for ask in quiet] == [[]] * len(quiet)
    chosen = {"student": ["new", "1"]}
    assert len(said(lambda: sm.conditional_effects(fit, re_formula=None, conditions=chosen))) == 1
    assert len(said(lambda: sm.predictions(fit, variables=chosen))) == 1


# --- zero trials ------------------------------------------------------------------------------------------------------


@cache
def empty_rows() -> pd.DataFrame:
    x = np.random.default_rng(3).normal(size=8)
    return pd.DataFrame({"n": [6, 10, 0, 12, 7, 0, 9, 11], "s": [2, 4, 0, 7, 3, 0, 5, 6], "x": x})


FORMULAS: dict[str, dict[str, Anything]] = {
    "cbind(s, n - s) ~ x": {},
    "s | trials(n) ~ x": {},
    "I(ifelse(n == 0, 0, s / n)) ~ x": {"weights": "n"},
}


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("type", ["response", "pearson", "deviance", "working"])
def test_rows_without_trials_have_rs_residuals(formula: str, type: str) -> None:
    """glm takes 0 for the share of a row without trials: y - mu, and 0 where the weight enters."""
    fit = sm.glm(formula, empty_rows(), family=sm.binomial, **FORMULAS[formula], **SHORT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mu, found = sm.fitted(fit), sm.residuals(fit, type)
    none = empty_rows()["n"] == 0
    expected = {"response": -mu, "working": -mu / (mu * (1 - mu))}.get(type, 0 * mu)
    np.testing.assert_allclose(found[none], expected[none], rtol=1e-12)
    assert np.isfinite(found).all()


def test_rows_of_weight_zero_have_rs_residuals_and_intervals() -> None:
    data = shifted().assign(w=[0.0, *[1.0] * 59])
    fit = sm.lm("y ~ x", data, weights="w", **SHORT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = {type: sm.residuals(fit, type)[0] for type in ("response", "pearson", "deviance", "working")}
        new = sm.posterior_predict(fit).values
        interval = sm.predict(fit, interval="prediction")
    assert interval["lwr"][0] == -np.inf
    assert interval["upr"][0] == np.inf
    assert np.isfinite(interval[1:]).all(axis=None)
    assert found["pearson"] == found["deviance"] == 0
    assert found["response"] == found["working"] == pytest.approx(data["y"][0] - sm.fitted(fit)[0])
    assert np.isinf(new[:, 0]).all()
    assert np.isfinite(new[:, 1:]).all()


@pytest.mark.parametrize(
    ("argument", "ask"),
    [
        ("offset", lambda new, one: sm.posterior_epred(array_fit(), new, offset=one)),
        ("offset", lambda new, one: sm.predict(array_fit(), new, offset=one)),
        ("trials", lambda new, one: sm.posterior_predict(array_fit(), new, offset=0, trials=one)),
        ("weights", lambda new, one: sm.log_lik(array_fit(), new, offset=0, weights=one)),
    ],
)
def test_a_series_of_the_new_rows_in_another_order_is_an_error(argument: str, ask) -> None:
    new = shifted().head(6).drop(columns="off").set_axis(list("abcdef"))
    series = pd.Series(np.arange(1.0, 7.0), index=new.index)
    with pytest.raises(sm.DataError, match=rf"{argument} has the rows of newdata in another order.*newdata\.index"):
        ask(new, series[::-1])
    for fine in (series, series[::-1].to_numpy(), series[::-1].reset_index(drop=True)):
        ask(new, fine)
