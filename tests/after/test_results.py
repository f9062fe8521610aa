"""Every result: one spelling for its frame, a table for notebooks; extractors with intervals, in brms's layout."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest
from public_calls import REPLAY, exams, exams_fit, lists, loo_of_exams

import stanmlm as sm


@cache
def slopes() -> sm.Fit:
    return sm.lmer("score ~ hours + (hours | student)", exams(), engine=REPLAY, progress=False)


@cache
def ordinal() -> sm.Fit:
    data = exams().assign(grade=lambda d: pd.qcut(d["score"], 3, labels=["low", "mid", "high"]))
    return sm.brm("grade ~ hours + (1 | student)", data, family="cumulative", engine=REPLAY, progress=False)


RESULTS: dict[str, Callable[[], object]] = {
    "summary": lambda: sm.summary(exams_fit()),
    "summary of lmList": lambda: sm.summary(lists()),
    "lmList": lists,
    "VarCorr": lambda: sm.VarCorr(exams_fit()),
    "loo": loo_of_exams,
    "waic": lambda: sm.waic(exams_fit()),
    "loo_compare": lambda: sm.loo_compare(loo_of_exams(), loo_of_exams()),
    "ladder": lambda: sm.ladder({"exams": exams_fit()}, loo=False),
    "prior_summary": lambda: sm.prior_summary(exams_fit()),
    "diagnostics": lambda: sm.diagnostics(exams_fit()),
    "predictions": lambda: sm.predictions(exams_fit()),
    "slopes": lambda: sm.slopes(exams_fit()),
    "icc": lambda: sm.icc(exams_fit()),
    "hypothesis": lambda: sm.hypothesis(exams_fit(), "hours > 0"),
    "conditional_effects": lambda: sm.conditional_effects(exams_fit()),
    "poststratify": lambda: sm.poststratify(exams_fit(), exams().assign(N=1)),
    "powerscale": lambda: sm.powerscale(exams_fit()),
    "bayes_R2": lambda: sm.bayes_R2(exams_fit()),
    "loo_R2": lambda: sm.loo_R2(exams_fit()),
    "fixef": lambda: sm.fixef(exams_fit(), probs=(0.1,)),
}


@pytest.mark.filterwarnings("ignore::stanmlm.StanmlmWarning")
@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_a_frame_and_a_table_for_notebooks(name: str) -> None:
    found = RESULTS[name]()
    if not isinstance(found, pd.DataFrame):
        frame = found.to_frame()  # type: ignore[attr-defined]
        assert isinstance(frame, pd.DataFrame)
        assert len(frame)
    html = found._repr_html_()  # type: ignore[attr-defined]
    assert "<table" in html
    assert html.count("<table") == html.count("</table>")


@pytest.mark.filterwarnings("ignore::stanmlm.StanmlmWarning")
def test_models_are_called_as_the_caller_calls_them() -> None:
    pooled, varying = loo_of_exams(), sm.loo(slopes())
    assert set(sm.loo_compare(pooled, varying).table.index) == {"pooled", "varying"}
    assert set(sm.loo_model_weights(pooled, varying).index) == {"pooled", "varying"}
    assert list(sm.loo_compare(pooled, pooled).formulas) == ["pooled", "model2"]
    assert list(sm.loo_compare(*[sm.waic(exams_fit()) for _ in range(2)]).formulas) == ["model1", "model2"]


def test_confint_knows_lme4s_words_for_several_rows() -> None:
    whole = sm.confint(slopes())
    assert sm.confint(slopes(), "beta_").index.tolist() == ["(Intercept)", "hours"]
    pd.testing.assert_frame_equal(sm.confint(slopes(), "theta_"), whole.drop(index=["(Intercept)", "hours"]))
    assert sm.confint(slopes(), ["sigma", "beta_"]).index.tolist() == ["sigma", "(Intercept)", "hours"]


COLUMNS = ["Estimate", "Est.Error", "Q2.5", "Q97.5"]
PROBS = (0.025, 0.975)


def test_extractors_have_brms_tables() -> None:
    draws = sm.as_draws_df(slopes())
    hours = draws["b[hours]"]
    row = [hours.mean(), hours.std(), *np.quantile(hours, PROBS)]
    fixed = sm.fixef(slopes(), probs=PROBS)
    assert fixed.columns.tolist() == COLUMNS
    assert fixed.loc["hours"].tolist() == pytest.approx(row)
    effects, coefs = sm.ranef(slopes(), probs=PROBS)["student"], sm.coef(slopes(), probs=PROBS)["student"]
    assert effects["hours"].columns.tolist() == coefs["hours"].columns.tolist() == COLUMNS
    one = hours + draws["r_student[1, hours]"]
    assert coefs.loc["1", "hours"].tolist() == pytest.approx([one.mean(), one.std(), *np.quantile(one, PROBS)])
    np.testing.assert_allclose(effects["hours"]["Estimate"], sm.ranef(slopes())["student"]["hours"])
    table = sm.VarCorr(slopes(), probs=PROBS)
    assert list(table) == ["student", "residual__"]
    cor = draws["cor_student[(Intercept),hours]"]
    assert table["student"]["cor"].loc["(Intercept)", "hours"].tolist() == pytest.approx(
        [cor.mean(), cor.std(), *np.quantile(cor, PROBS)]
    )
    assert table["residual__"]["sd"]["Estimate"].item() == pytest.approx(draws["sigma"].mean())


def test_extractors_refuse_what_is_no_probability() -> None:
    for verb in (sm.fixef, sm.ranef, sm.coef, sm.VarCorr, sm.fitted, sm.bayes_R2, sm.loo_R2):
        with pytest.raises(sm.OptionError, match="probs has 2"):
            verb(slopes(), probs=[0.5, 2])


def test_quantiles_come_in_any_sequence() -> None:
    expected = sm.fixef(slopes(), probs=PROBS)
    for probs in (list(PROBS), np.array(PROBS), pd.Series(PROBS)):
        pd.testing.assert_frame_equal(sm.fixef(slopes(), probs=probs), expected)


def test_thresholds_come_before_slopes_and_are_lowered_by_group() -> None:
    assert sm.fixef(ordinal(), probs=PROBS).index.tolist() == ["low|mid", "mid|high", "hours"]
    found = sm.coef(ordinal(), probs=PROBS)["student"]
    np.testing.assert_allclose(found["low|mid"]["Estimate"], sm.coef(ordinal())["student"]["low|mid"])


def test_fitted_has_intervals() -> None:
    epred = sm.posterior_epred(exams_fit()).to_numpy()
    found = sm.fitted(exams_fit(), probs=PROBS)
    assert found.columns.tolist() == COLUMNS
    np.testing.assert_allclose(found["Q97.5"], np.quantile(epred, 0.975, axis=0))
    shares = sm.fitted(ordinal(), probs=PROBS)
    assert shares["P(Y = mid)"].columns.tolist() == COLUMNS
    np.testing.assert_allclose(shares["P(Y = mid)"]["Estimate"], sm.fitted(ordinal())["P(Y = mid)"])


def test_r2_prints_a_row_and_stays_an_array() -> None:
    r2 = sm.bayes_R2(exams_fit())
    assert repr(r2).split("\n")[0].split() == COLUMNS
    assert len(repr(r2).split("\n")) == 2
    assert type(r2 + 1) is np.ndarray
    assert isinstance(r2.mean(), float)
    assert r2.to_frame().loc["R2", "Q97.5"] == pytest.approx(np.quantile(r2, 0.975))
    assert str(r2) == repr(r2) == r2.to_frame().round(4).to_string()


def test_r2_without_group_effects_is_marginal() -> None:
    fit = exams_fit()
    mean, sigma = sm.posterior_epred(fit, re_formula="NA").to_numpy(), sm.as_draws_df(fit)["sigma"]
    explained = mean.var(axis=1, ddof=1)
    np.testing.assert_allclose(sm.bayes_R2(fit, re_formula="NA"), explained / (explained + sigma**2))


def test_r2_of_residuals_is_brms_formula() -> None:
    fit, y = exams_fit(), exams()["score"].to_numpy()
    mean = sm.posterior_epred(fit).to_numpy()
    explained, residual = mean.var(axis=1), (y - mean).var(axis=1)
    np.testing.assert_allclose(sm.bayes_R2(fit, method="residual"), explained / (explained + residual))
    with pytest.raises(sm.OptionError, match="did you mean `model`"):
        sm.bayes_R2(fit, method="mode")
