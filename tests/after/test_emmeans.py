"""Marginal means: the linear functions and grids of R's emmeans on lme4, glmmTMB and ordinal fits, and own rules."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_fits import SIZES, b, counts_fit, draws, trials_fit

import stanmlm as sm
from stanmlm.fit.fit import draws_of
from stanmlm.priors.parameters import THRESHOLDS

EXACT = 1e-9
TREND = 1e-5  # emmeans's difference quotients
FEW = {"chains": 1, "iter": 20, "warmup": 10, "seed": 1, "progress": False}  # what is compared needs no draws
Call = Callable[[sm.Fit], Any]

CALLS: Mapping[str, Call] = {
    "em-sleep-mean": lambda m: sm.emmeans(m, "~ Days"),
    "em-cake-recipe": lambda m: sm.emmeans(m, "recipe"),
    "em-cake-temp-by": lambda m: sm.emmeans(m, "temperature", by="recipe"),
    "em-cake-eff": lambda m: sm.contrast(sm.emmeans(m, "~ temperature"), "eff"),
    "em-cake-trtvsctrlk": lambda m: sm.contrast(sm.emmeans(m, "~ temperature"), "trt.vs.ctrlk"),
    "em-cake-revpairwise": lambda m: sm.contrast(sm.emmeans(m, "~ temperature"), method="revpairwise"),
    "em-cbpp": lambda m: sm.emmeans(m, "~ period"),
    "em-cbpp-or": lambda m: sm.pairs(sm.emmeans(m, "~ period"), type="response"),
    "em-orth-trends": lambda m: sm.emtrends(m, "~ Sex", var="age"),
    "em-orth-trends-poly": lambda m: sm.emtrends(m, "~ Sex | age", var="age", at={"age": [8, 11, 14]}),
    "em-oats-nitro": lambda m: sm.emmeans(m, "~ nitro"),
    "em-contra-equal": lambda m: sm.emmeans(m, "~ urban", weights="equal"),
    "em-contra-outer": lambda m: sm.emmeans(m, "~ urban", weights="outer"),
    "em-contra-by-adjust": lambda m: sm.emmeans(m, "pairwise ~ livch").contrasts,
    "em-owls-ratio": lambda m: sm.pairs(sm.emmeans(m, "~ FoodTreatment | SexParent"), type="response", reverse=True),
    "em-clm-latent": lambda m: sm.emmeans(m, "~ contact"),
    "em-clm-class": lambda m: sm.emmeans(m, "~ contact", mode="mean.class"),
}


@pytest.fixture(scope="module")
def cases(shared: Path) -> dict[str, dict[str, Any]]:
    entries = json.loads((shared / "reference" / "verbs.json").read_text())["entries"]
    return {entry["id"]: entry for entry in entries}


@cache
def fitted(formula: str, family: str, data: str, reference: ModuleType) -> sm.Fit:
    named = {"nbinom2": "negbinomial"}.get(family, family)
    return sm.brm(formula, reference.data(data), family=named, **FEW)


@pytest.mark.shared
@pytest.mark.parametrize("name", CALLS)
def test_grids_and_linear_functions_are_those_of_emmeans(name: str, cases: dict, reference: ModuleType) -> None:
    case, model = cases[name], cases[name]["model"]
    found = CALLS[name](fitted(model["formula"], model["family"], case["data"], reference))
    theirs = case["result"]
    rows = theirs["table"]["rows"]
    labels = [column for column in theirs["table"]["columns"] if column in found.grid.rows]
    assert [*labels, theirs["table"]["columns"][len(labels)]] == list(found.frame.columns[:-2])
    for label in labels:
        ours = found.frame[label].tolist()
        assert [str(value) for value in ours] == [str(row[label]) for row in rows] or np.allclose(
            np.array(ours, dtype=float), [row[label] for row in rows]
        )
    if "linfct" in theirs:
        assert list(found.columns) == theirs["linfct_columns"]
        np.testing.assert_allclose(found.linfct, theirs["linfct"], atol=TREND if "trends" in name else EXACT)
    counts = [row[".wgt."] for row in theirs.get("grid", {"rows": []})["rows"] if ".wgt." in row]
    assert not counts or found.grid.weights.tolist() == counts
    ours = repr(found).split("\n")
    assert all(line in ours for line in theirs["messages"] if line.startswith("Results are"))


def test_means_are_draws_of_the_linear_predictor_without_groups() -> None:
    fit = trials_fit()
    found = sm.emmeans(fit, "f", at={"x": 0.5, "u": False, "k": 1, "z": 0.0})
    wanted = b(fit, "(Intercept)") + 0.5 * b(fit, "x") + b(fit, "factor(k)1")
    np.testing.assert_allclose(found.draws[:, [0]], wanted)
    np.testing.assert_allclose(found.draws[:, [1]], wanted + b(fit, "fb") + 0.5 * b(fit, "x:fb"))
    assert found.frame["emmean"].tolist() == pytest.approx(np.median(found.draws, axis=0).tolist())


def test_the_response_is_transformed_after_averages_unless_the_grid_is_moved() -> None:
    fit = trials_fit()
    after, before = sm.emmeans(fit, "f", type="response"), sm.emmeans(fit, "f", regrid="response")
    link = sm.emmeans(fit, "f").draws
    np.testing.assert_allclose(after.draws, 1 / (1 + np.exp(-link)))
    grid = sm.regrid(sm.ref_grid(fit))
    np.testing.assert_allclose(before.draws, sm.emmeans(grid, "f").draws)
    assert not np.allclose(after.draws, before.draws)
    assert [list(found.frame.columns)[1] for found in (after, before)] == ["prob", "prob"]


def test_offsets_are_evaluated_where_the_grid_is() -> None:
    fit = counts_fit()
    at = {"x": 0.0, "e": 2.0}
    np.testing.assert_allclose(sm.emmeans(fit, "~ 1", at=at).draws, b(fit, "(Intercept)") + np.log(2.0))
    np.testing.assert_allclose(sm.emmeans(fit, "~ 1", at=at, offset=0.0).draws, b(fit, "(Intercept)"))


def test_expected_responses_are_those_of_posterior_epred() -> None:
    fit = counts_fit()
    found = sm.emmeans(fit, "~ x", at={"x": [0, 1], "e": 2.0}, epred=True)
    rows = pd.DataFrame({"x": [0.0, 1.0], "e": 2.0})
    np.testing.assert_allclose(found.draws, sm.posterior_epred(fit, rows, re_formula="NA"))
    assert list(found.frame.columns) == ["x", "emmean", "lower.HPD", "upper.HPD"]


@cache
def zeros_fit() -> sm.Fit:
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"f": rng.choice(list("ab"), 120), "x": rng.normal(size=120)})
    y = rng.poisson(np.exp(1 + 0.3 * (data["f"] == "b"))) * (rng.random(120) > 0.3)
    formula = sm.bf("y ~ f", "zi ~ x")
    return sm.brm(formula, data.assign(y=y), family="zero_inflated_poisson", **SIZES)


def test_zero_inflated_models_have_both_predictors_and_the_mean_of_all() -> None:
    fit = zeros_fit()
    mu = sm.emmeans(fit, "f", type="response")
    zi = sm.emmeans(fit, "~ x", dpar="zi", at={"x": [0]}, type="response")
    whole = sm.emmeans(fit, "f", epred=True, at={"x": 0})
    assert list(mu.frame.columns)[1] == "rate"
    np.testing.assert_allclose(whole.draws, mu.draws * (1 - zi.draws))
    np.testing.assert_allclose(zi.draws[:, 0], 1 / (1 + np.exp(-draws(fit, "b_zi")[:, 0])))


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["emmeans", "emmeans_response", "emmeans_epred"])
def test_a_zero_inflated_posterior_has_brms_tables(kind: str, cases: dict, reference: ModuleType) -> None:
    theirs = pd.DataFrame(cases[f"brms-zip-{kind}"]["result"]["table"]["rows"])
    options: dict[str, dict[str, Any]] = {"emmeans_response": {"type": "response"}, "emmeans_epred": {"epred": True}}
    found = sm.emmeans(brms_zip(reference), "~ x", at={"x": [-1, 0, 1]}, **options.get(kind, {}))
    assert list(found.frame.columns) == list(theirs.columns)
    width = (theirs["upper.HPD"] - theirs["lower.HPD"]).to_numpy()
    for column, share in (("lower.HPD", 0.1), ("upper.HPD", 0.1), (theirs.columns[1], 0.03)):  # Monte Carlo errors
        assert np.all(np.abs(found.frame[column] - theirs[column]) < share * width), column


@cache
def brms_zip(reference: ModuleType) -> sm.Fit:
    own = [("normal(0, 1)", "b"), ("normal(0, 3)", "Intercept"), ("exponential(1)", "sd")]
    of_zi = [("normal(0, 1)", "b"), ("normal(0, 1.5)", "Intercept")]
    rows = [sm.set_prior(prior, class_=kind) for prior, kind in own]
    rows += [sm.set_prior(prior, class_=kind, dpar="zi") for prior, kind in of_zi]
    formula = sm.bf("c_zip ~ x + (1 | g)", "zi ~ x")
    family, data = "zero_inflated_poisson", reference.data("post_sim")
    return sm.brm(formula, data, family=family, priors=["brms", *rows], seed=1, iter=4000, progress=False)


@cache
def nominal_fit() -> sm.Fit:
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"f": rng.choice(list("ab"), 150), "y": rng.choice(["car", "bus", "walk"], 150)})
    return sm.brm("y ~ f", data, family="categorical", **SIZES)


def test_categories_without_order_have_probabilities_and_predictors() -> None:
    fit, rows = nominal_fit(), pd.DataFrame({"f": ["a", "b"]})
    shares = np.asarray(sm.posterior_epred(fit, rows)).transpose(0, 2, 1).reshape(-1, 6)
    found = sm.emmeans(fit, "~ f | y")
    assert found.frame["y"].tolist() == ["bus", "bus", "car", "car", "walk", "walk"]
    np.testing.assert_allclose(found.draws, shares)
    one = sm.emmeans(fit, "f", dpar=fit.model.family.locations[0])
    np.testing.assert_allclose(np.log(shares[:, 2:4] / shares[:, :2]), one.draws)


@cache
def ordered_data() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"f": rng.choice(list("ab"), 150), "x": rng.normal(size=150)})
    eta = 0.8 * (data["f"] == "b") + 0.5 * data["x"] + rng.logistic(size=150)
    y = pd.Categorical(
        np.array(["low", "mid", "high"])[np.digitize(eta, [-0.5, 1.0])], ["low", "mid", "high"], ordered=True
    )
    return data.assign(y=y)


@cache
def ordered_fit() -> sm.Fit:
    return sm.brm("y ~ f + x", ordered_data(), family="cumulative", **SIZES)


@cache
def shifting_fit() -> sm.Fit:
    return sm.brm("y ~ cs(f) + x", ordered_data(), family="acat", **SIZES)


def test_modes_of_ordered_categories_agree_with_probabilities() -> None:
    fit, at = ordered_fit(), {"x": 0.3}
    rows = pd.DataFrame({"f": ["a", "b"], "x": 0.3})
    shares = np.asarray(sm.posterior_epred(fit, rows))  # (draws, 2, 3)
    mode = {name: sm.emmeans(fit, "~ f", mode=name, at=at) for name in ("mean.class", "latent")}
    np.testing.assert_allclose(mode["mean.class"].draws, shares @ [1, 2, 3])
    tau, slope = draws_of(fit, THRESHOLDS), draws(fit, "b")
    np.testing.assert_allclose(mode["latent"].draws[:, 0], 0.3 * slope[:, -1] - tau.mean(axis=1))
    probabilities = sm.emmeans(fit, "~ f | y", mode="prob", at=at)
    assert probabilities.frame["y"].tolist() == ["low", "low", "mid", "mid", "high", "high"]
    np.testing.assert_allclose(probabilities.draws, shares.transpose(0, 2, 1).reshape(len(shares), 6))
    as_brms = sm.emmeans(fit, "~ f | rep.meas", epred=True, at=at)
    np.testing.assert_allclose(as_brms.draws, probabilities.draws)
    assert list(as_brms.frame.columns)[:3] == ["f", "rep.meas", "emmean"]
    cuts = sm.emmeans(fit, "~ f | cut", mode="linear.predictor", at=at, type="response")
    cumulated = sm.emmeans(fit, "~ f | cut", mode="cum.prob", at=at)
    beyond = sm.emmeans(fit, "~ f | cut", mode="exc.prob", at=at)
    assert cuts.frame["cut"].tolist() == ["low|mid", "low|mid", "mid|high", "mid|high"]
    np.testing.assert_allclose(cuts.draws, cumulated.draws)
    np.testing.assert_allclose(beyond.draws, 1 - cumulated.draws)
    names = [list(found.frame.columns)[-3] for found in (cuts, cumulated, beyond, probabilities)]
    assert names == ["cumprob", "cum.prob", "exc.prob", "prob"]


def test_weights_by_number_come_in_the_order_that_show_levels_says() -> None:
    fit = trials_fit()
    shown = sm.emmeans(fit, "f", weights="show.levels")
    assert list(shown.columns) == ["u", "k"]
    assert shown.values.tolist() == [[False, 0], [True, 0], [False, 1], [True, 1], [False, 2], [True, 2]]
    found = sm.emmeans(fit, "f", weights=[0, 0, 0, 1, 0, 0])
    np.testing.assert_allclose(found.draws, sm.emmeans(fit, "f", at={"u": True, "k": 1}).draws)


def test_a_trend_along_a_function_of_a_variable() -> None:
    fit = counts_fit()
    along = sm.emtrends(fit, "~ 1", var="exp(x)", at={"x": 0.5})
    np.testing.assert_allclose(along.draws, b(fit, "x") / np.exp(0.5), rtol=0.01)
    assert list(along.frame.columns)[1] == "exp(x).trend"
    rates = sm.emtrends(fit, "~ 1", var="x", at={"x": 0.5, "e": 2.0}, regrid="response")
    mean = np.exp(sm.emmeans(fit, "~ 1", at={"x": 0.5, "e": 2.0}).draws)
    np.testing.assert_allclose(rates.draws, mean * b(fit, "x"), rtol=0.01)


def test_means_and_contrasts_print_and_stack() -> None:
    found = sm.emmeans(trials_fit(), "pairwise ~ f | u")
    assert repr(found).startswith("$emmeans\nu = FALSE:\n f ")
    assert "\n\n$contrasts\nu = FALSE:\n contrast " in repr(found)
    stacked = found.to_frame()
    assert stacked["part"].tolist() == ["emmeans"] * 6 + ["contrasts"] * 6
    pd.testing.assert_frame_equal(sm.emmeans(trials_fit(), "f").to_frame(), sm.emmeans(trials_fit(), "~ f").frame)
    pd.testing.assert_frame_equal(sm.emmeans(trials_fit(), "`f`").to_frame(), sm.emmeans(trials_fit(), "f").frame)
    assert "<pre>" in sm.emmeans(trials_fit(), "f")._repr_html_()


def test_given_coefficients_that_sum_to_one_are_no_contrast() -> None:
    means = sm.emmeans(trials_fit(), "f")
    mean = sm.contrast(means, {"mean": [1 / 3] * 3}, type="response")
    assert list(mean.frame.columns)[1] == "estimate"
    assert "Note: contrasts are still on the logit scale" in repr(mean)
    np.testing.assert_allclose(mean.draws[:, 0], means.draws.mean(axis=1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sm.emmeans(trials_fit(), "h"), "specs names `h`, which is not in the reference grid"),
        (lambda: sm.emmeans(trials_fit(), "~ f", at={"ff": "a"}), "`ff` is not a variable of the model; did you mean"),
        (lambda: sm.emmeans(trials_fit(), "~ f", at={"f": "d"}), "`d` is not a value of `f`"),
        (lambda: sm.emmeans(trials_fit(), "~ f", weights="equals"), "weights is `equals`; did you mean `equal`"),
        (lambda: sm.emmeans(trials_fit(), "~ f", weights=[1, 2]), "weights has 2 numbers, and averages are over 6"),
        (lambda: sm.emmeans(trials_fit(), "~ f", type="respond"), "type is `respond`; did you mean `response`"),
        (lambda: sm.emmeans(trials_fit(), "~ f", dpar="mu2"), "`mu2` is not a parameter of binomial"),
        (
            lambda: sm.emmeans(trials_fit(), "~ f", mode="latent"),
            "mode= is about categories, and a binomial model has none",
        ),
        (lambda: sm.emmeans(ordered_fit(), "~ f", mode="mean"), "mode is `mean`; there is `latent`"),
        (lambda: sm.emmeans(shifting_fit(), "~ f"), "effects of thresholds by themselves, cs(), have no one predictor"),
        (lambda: sm.emtrends(shifting_fit(), "~ f", var="x"), "have no one predictor"),
        (lambda: sm.emmeans(zeros_fit(), "~ f", dpar="zi", epred=True), "give one of them"),
        (lambda: sm.emmeans(trials_fit(), "~ f - 1"), "specs has names of variables"),
        (lambda: sm.emmeans(trials_fit(), "pairwize ~ f"), "there is no contrast `pairwize`; did you mean `pairwise`"),
        (lambda: sm.emmeans(trials_fit(), "~ f", adjust="tukey"), "there is no argument `adjust`: it corrects"),
        (lambda: sm.emmeans(sm.ref_grid(trials_fit()), "~ f", dpar="mu"), "dpar= is for fits"),
        (lambda: sm.emtrends(trials_fit(), "~ f", var="u"), "`u` is no number"),
        (lambda: sm.emtrends(trials_fit(), "~ f", var="x + z"), "a function of one"),
        (lambda: sm.contrast(sm.emmeans(trials_fit(), "f"), {"a": [1, 2]}), "the contrast `a` needs 3 numbers"),
        (lambda: sm.contrast(sm.emmeans(trials_fit(), "f"), "trt.vs.ctrl", ref="q"), "ref is 'q', no level"),
        (lambda: sm.contrast(sm.emmeans(trials_fit(), "f"), by="u"), "by names `u`"),
        (lambda: sm.contrast(trials_fit(), "pairwise"), "a is 'pairwise'; of a fit, a and b are scenarios"),
        (lambda: sm.regrid(sm.emmeans(trials_fit(), "f"), "logg"), "transform is `logg`"),
        (lambda: sm.emmeans(trials_fit(), "x", at={"x": list(range(1000))}), "would have 18000 rows, over the limit"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_the_users_words(call: Callable[[], object], message: str) -> None:
    with pytest.raises(sm.StanmlmError) as error:
        call()
    assert message in str(error.value)
