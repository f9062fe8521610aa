"""`tidy`, `glance` and `augment` on a few draws: layouts, and numbers that follow from the draws."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from public_calls import REPLAY, exams, exams_fit

import stanmlm as sm


@cache
def slopes() -> sm.Fit:
    data = exams().assign(room=lambda d: d["student"].astype(int) % 3)
    return sm.lmer("score ~ hours + (hours | student) + (1 | room)", data, engine=REPLAY, progress=False)


@cache
def stacked() -> sm.Fit:
    formula = sm.bf("score ~ hours + (hours | student)", "sigma ~ hours")
    return sm.brm(formula, exams(), engine=REPLAY, progress=False)


@cache
def ordinal() -> sm.Fit:
    data = exams().assign(grade=lambda d: pd.qcut(d["score"], 3, labels=["low", "mid", "high"]))
    return sm.brm("grade ~ hours + (1 | student)", data, family="cumulative", engine=REPLAY, progress=False)


def test_rows_stand_as_lme4_has_them() -> None:
    found = sm.tidy(slopes())
    assert found.columns.tolist() == [
        *("effect", "group", "term", "estimate", "std.error", "statistic", "conf.low", "conf.high"),
    ]
    assert found["term"].tolist() == [
        *("(Intercept)", "hours", "sd__(Intercept)", "cor__(Intercept).hours", "sd__hours"),
        *("sd__(Intercept)", "sd__Observation"),
    ]
    assert found["group"].tolist() == [None, None, *["student"] * 3, "room", "Residual"]


def test_rows_stand_as_brms_has_them() -> None:
    found = sm.tidy(stacked(), conf_int=False)
    assert found.columns.tolist() == ["effect", "component", "group", "term", "estimate", "std.error"]
    assert found["term"].tolist() == [
        *("(Intercept)", "sigma_(Intercept)", "hours", "sigma_hours"),
        *("sd__(Intercept)", "sd__hours", "cor__(Intercept).hours"),
    ]
    assert sm.tidy(ordinal(), "fixed")["term"].tolist() == ["(Intercept)[1]", "(Intercept)[2]", "hours"]


def test_numbers_are_those_of_the_draws() -> None:
    draws = sm.as_draws_df(slopes())
    found = sm.tidy(slopes(), conf_level=0.8, rhat=True, ess=True).set_index("term")
    hours, cor = draws["b[hours]"], draws["cor_student[(Intercept),hours]"]
    row = found.loc["hours"]
    assert row["estimate"] == pytest.approx(hours.mean())
    assert row["std.error"] == pytest.approx(hours.std())
    assert row["statistic"] == pytest.approx(hours.mean() / hours.std())
    assert [row["conf.low"], row["conf.high"]] == pytest.approx(np.quantile(hours, [0.1, 0.9]).tolist())
    assert found.loc["cor__(Intercept).hours", "estimate"] == pytest.approx(cor.mean())
    table = sm.summary(slopes(), pars=["hours"]).frame.iloc[0]
    assert row["rhat"] == pytest.approx(table["Rhat"])
    assert row["ess"] == pytest.approx(table["Bulk_ESS"])


def test_coefficients_by_group_are_fixed_part_plus_deviation() -> None:
    found, coefs = sm.tidy(slopes(), "ran_coefs"), sm.coef(slopes())
    for group, frame in coefs.items():
        own = found[found["group"] == group]
        assert own["term"].tolist() == [name for name in frame.columns for _ in frame.index]
        assert own["level"].tolist() == [str(level) for level in frame.index] * 2
        np.testing.assert_allclose(own["estimate"], frame.to_numpy().T.ravel())
    effects = sm.tidy(slopes(), "ran_vals")
    np.testing.assert_allclose(
        effects.loc[effects["group"] == "student", "estimate"], sm.ranef(slopes())["student"].to_numpy().T.ravel()
    )


def test_a_deviation_lowers_thresholds() -> None:
    """As brms's coef: the cut moves down by what moves the response up."""
    found = sm.tidy(ordinal(), "ran_coefs").set_index(["term", "level"])["estimate"]
    level = sm.ranef(ordinal())["student"].index[0]
    effect = sm.ranef(ordinal())["student"].loc[level, "(Intercept)"]
    first = sm.fixef(ordinal()).iloc[0]
    assert found.iloc[0] == pytest.approx(first - effect)
    assert sm.coef(ordinal())["student"].iloc[0, 0] == pytest.approx(first - effect)


def test_exponentiated_estimates_are_of_fixed_rows_alone() -> None:
    plain, found = sm.tidy(slopes()), sm.tidy(slopes(), exponentiate=True)
    fixed = plain["effect"] == "fixed"
    np.testing.assert_allclose(found.loc[fixed, "estimate"], np.exp(plain.loc[fixed, "estimate"]))
    scaled = (plain["std.error"] * np.exp(plain["estimate"]))[fixed]
    np.testing.assert_allclose(found.loc[fixed, "std.error"], scaled)
    pd.testing.assert_frame_equal(found[~fixed], plain[~fixed])


def test_odds_ratios_are_of_logits() -> None:
    data = exams().assign(passed=lambda d: (d["score"] > d["score"].median()).astype(int))
    fit = sm.glm("passed ~ hours", data, family="binomial", engine=REPLAY, progress=False)
    found = sm.odds_ratios(fit).set_index("term")
    assert found.loc["hours", "estimate"] == pytest.approx(np.exp(sm.fixef(fit)["hours"]))
    with pytest.raises(sm.OptionError, match="odds ratios are of a logit link"):
        sm.odds_ratios(slopes())


def test_a_table_of_nothing_has_the_columns() -> None:
    plain = sm.lm("score ~ hours", exams(), engine=REPLAY, progress=False)
    assert sm.tidy(plain, "ran_vals").empty
    assert sm.tidy(plain, "ran_vals").columns.tolist() == sm.tidy(slopes(), "ran_vals").columns.tolist()
    assert sm.tidy(stacked(), component="zi").empty
    assert sm.tidy(stacked(), "auxiliary").empty
    assert sm.tidy(plain, "auxiliary")["term"].tolist() == ["sigma"]


@pytest.mark.parametrize("effects", [[], "random", ["fixed", "fix"]])
def test_unknown_effects_are_named(effects: object) -> None:
    with pytest.raises(sm.OptionError, match="effects"):
        sm.tidy(slopes(), effects)  # type: ignore[arg-type]


def test_glance_is_one_row() -> None:
    with pytest.warns(sm.StanmlmWarning, match="Pareto k"):
        found = sm.glance(exams_fit(), looic=True)
    assert found.columns.tolist() == ["algorithm", "pss", "nobs", "sigma", "looic", "elpd_loo", "p_loo"]
    assert found.loc[0, "sigma"] == pytest.approx(sm.sigma(exams_fit()))
    assert found.loc[0, "looic"] == pytest.approx(-2 * found.loc[0, "elpd_loo"])
    assert "sigma" not in sm.glance(stacked())


def test_augment_sets_lme4s_columns_beside_the_data() -> None:
    found = sm.augment(slopes())
    assert found.columns.tolist() == [
        *("score", "hours", "student", "room", ".fitted", ".resid", ".hat", ".cooksd", ".fixed", ".mu", ".offset"),
        *(".sqrtXwt", ".sqrtrwt", ".weights", ".wtres"),
    ]
    np.testing.assert_allclose(found[".resid"], sm.residuals(slopes()))
    np.testing.assert_allclose(found[".fitted"], sm.predict(slopes()))
    np.testing.assert_allclose(found[".fixed"], sm.predict(slopes(), re_formula="NA"))
    assert found[".hat"].between(0, 1).all()


def test_augment_of_brm_has_new_responses() -> None:
    found = sm.augment(stacked())
    draws = sm.posterior_predict(stacked()).to_numpy()
    np.testing.assert_allclose(found[".fitted"], draws.mean(axis=0))
    np.testing.assert_allclose(found[".se.fit"], draws.std(axis=0, ddof=1))
    np.testing.assert_allclose(found[".resid"], found["score"] - found[".fitted"])
    new = sm.augment(stacked(), {"hours": [1.0, 2.0], "student": ["a", "1"]}, type_predict="link", new_levels="zero")
    assert new.columns.tolist() == ["hours", "student", ".fitted", ".se.fit"]


def test_augment_is_of_numbers() -> None:
    with pytest.raises(sm.DataError, match="of numbers"):
        sm.augment(ordinal())
