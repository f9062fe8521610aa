"""The check of the random-effects assumption: what it computes, what it says, and how often it is right."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.after.criticism.exogeneity import Exogeneity, check_exogeneity
from stanmlm.base.errors import OptionError

QUICK = {"chains": 2, "iter": 600, "seed": 1, "progress": False}
SIMULATED = {"chains": 1, "iter": 700, "warmup": 300, "seed": 1, "progress": False}

# With effort=0.5, E(aptitude | mean hours) has the slope cov / var = 0.5 a / (0.25 a + u / exams), where a = 0.49 and
# u = 1.4^2 / 12 is the variance of uniform(-0.7, 0.7).
DIFFERENCE = 0.5 * 0.49 / (0.25 * 0.49 + 1.4**2 / 12 / 5)


def exams_fit(effort: float, seed: int, formula: str = "score ~ hours + (1 | student)", **options: object) -> sm.Fit:
    return sm.lmer(formula, sm.simulate_exams(seed=seed, effort=effort), **(options or QUICK))


def schools(seed: int, at_school: float, at_class: float) -> pd.DataFrame:
    """Pupils in classes in schools; x goes with the effects of one level or the other, whose own slope is 1."""
    rng = np.random.default_rng(seed)
    school, room = np.repeat(np.arange(40), 9), np.repeat(np.arange(120), 3)
    v, u = rng.normal(size=40)[school], rng.normal(size=120)[room]
    x = rng.normal(size=360) + at_school * v + at_class * u
    y = x + v + u + rng.normal(0, 0.5, 360)
    return pd.DataFrame({"y": y, "x": x, "school": school, "room": room})


def test_effort_is_found_and_sized() -> None:
    checked = check_exogeneity(exams_fit(0.5, seed=3))
    row = checked.frame.loc[0]
    assert row["verdict"] == "does not hold"
    assert row["within"] == pytest.approx(0.75, abs=0.1)
    assert row["difference"] == pytest.approx(DIFFERENCE, abs=0.25)
    assert row["between"] == pytest.approx(row["within"] + row["difference"])
    assert row["conf.low"] < row["difference"] < row["conf.high"]
    assert checked.draws.shape == (600, 1)
    assert checked.frame.loc[0, "estimate"] == pytest.approx(float(sm.fixef(exams_fit(0.5, seed=3))["hours"]))


def test_no_effort_is_no_alarm() -> None:
    checked = check_exogeneity(exams_fit(0.0, seed=3))
    assert checked.frame.loc[0, "verdict"] == "no sign against"
    assert "no sign against the random-effects assumption" in checked.sentences[0]
    assert "may be zero" in checked.sentences[0]


def test_the_within_coefficient_is_that_of_fixed_effects() -> None:
    exams = sm.simulate_exams(seed=5, effort=0.5)
    checked = check_exogeneity(sm.lmer("score ~ hours + (1 | student)", exams, priors="flat", **QUICK))
    dummies = np.linalg.lstsq(
        np.column_stack([exams["hours"], sm.makeFEdummies(exams["student"])]), exams["score"], rcond=None
    )[0]
    error = 0.03 / np.sqrt(600 / 4)  # the slope's sd over the root of a cautious effective size
    assert checked.frame.loc[0, "within"] == pytest.approx(dummies[0], abs=4 * error)


def test_it_prints_a_table_and_a_plain_sentence() -> None:
    text = repr(check_exogeneity(exams_fit(0.5, seed=3)))
    assert max(map(len, text.split("\n"))) <= 88
    assert re.search(r"group +term Estimate Within Between Difference CI\.low CI\.high +Assumption", text)
    assert re.search(r"student hours .* does not hold", text)
    said = " ".join(text.split())
    assert "`hours` by `student`: the random-effects assumption does not hold. A unit more of `hours`" in said
    assert "group_mean(hours, student)" in said
    assert "the 95% interval of the difference" in said


def test_a_covariate_that_is_balanced_cannot_be_biased() -> None:
    checked = check_exogeneity(exams_fit(0.5, 3, "score ~ hours + exam + (1 | student)"))
    row = checked.frame.set_index("term").loc["exam"]
    assert row["verdict"] == "not checked"
    assert np.isnan(row["difference"])
    assert "same in every level of `student`" in checked.sentences[1]


def test_a_model_with_its_group_means_has_nothing_to_check() -> None:
    exams = sm.simulate_exams(seed=3, effort=0.5)
    group_mean = sm.group_mean  # noqa: F841, the formula finds it here
    fit = sm.lmer("score ~ hours + group_mean(hours, student) + (1 | student)", exams, **QUICK)
    checked = check_exogeneity(fit)
    assert checked.frame["verdict"].tolist() == ["not checked"]
    assert checked.refit is fit
    assert "has its group means already" in checked.sentences[0]


@cache
def checked_schools(at_school: float, at_class: float) -> Exogeneity:
    return check_exogeneity(sm.lmer("y ~ x + (1 | school/room)", schools(1, at_school, at_class), **SIMULATED))


def test_the_level_that_is_confounded_is_the_one_that_is_named() -> None:
    by_school, by_room = (checked_schools(*at).frame.set_index("group")["verdict"] for at in ((1.0, 0.0), (0.0, 1.0)))
    assert by_school.to_dict() == {"room:school": "no sign against", "school": "does not hold"}
    assert by_room.to_dict() == {"room:school": "does not hold", "school": "no sign against"}


def test_the_between_coefficient_of_an_outer_level_counts_the_inner_differences() -> None:
    checked = checked_schools(1.0, 0.0)
    inner, outer = checked.frame["difference"]
    assert checked.frame["between"].to_numpy() == pytest.approx(
        [checked.frame["within"][0] + inner, checked.frame["within"][0] + inner + outer]
    )


def test_rows_that_were_dropped_and_names_that_are_no_names() -> None:
    exams = sm.simulate_exams(seed=3, effort=0.5)
    exams.loc[::7, "hours"] = np.nan
    fit = sm.lmer("score ~ hours + I(hours^2) + (1 | student)", exams, subset=np.arange(400), **QUICK)
    checked = check_exogeneity(fit)
    assert checked.frame["term"].tolist() == ["hours", "I(hours^2)"]
    assert checked.frame["verdict"][0] == "does not hold"
    assert sm.nobs(checked.refit) == sm.nobs(fit) < 400


def test_the_remedy_is_code_where_the_term_is_a_variable() -> None:
    exams = sm.simulate_exams(seed=3, effort=0.5)
    assert "`group_mean(hours, student)`" in check_exogeneity(exams_fit(0.5, 3)).sentences[0]
    logs = sm.lmer("score ~ exp(hours) + (1 | student)", exams, **QUICK)
    assert "as in `.refit`, or fixed effects" in check_exogeneity(logs).sentences[0]


def test_binary_responses_are_checked_on_the_scale_of_the_link() -> None:
    exams = sm.simulate_exams(seed=3, effort=0.5).assign(passed=lambda d: (d["score"] > 0).astype(int))
    fit = sm.glmer("passed ~ hours + (1 | student)", exams, family=sm.binomial, **QUICK)
    assert check_exogeneity(fit).frame.loc[0, "verdict"] == "does not hold"


def test_it_refuses_what_it_cannot_do() -> None:
    fit = sm.lm("score ~ hours", sm.simulate_exams(seed=1), **QUICK)
    with pytest.raises(OptionError, match="the fit has none, such as"):
        check_exogeneity(fit)
    with pytest.raises(OptionError, match=r"level is 95; it is a probability"):
        check_exogeneity(exams_fit(0.0, 3, "score ~ 1 + (1 | student)"), level=95)


def test_without_covariates_it_says_so() -> None:
    checked = check_exogeneity(exams_fit(0.0, 3, "score ~ 1 + (1 | student)"))
    assert repr(checked) == "No covariate varies within groups: there is nothing to check"


def flagged(seeds: range, effort: float, **data: float) -> float:
    """The share of data sets in which the assumption is said not to hold."""
    verdicts = []
    for seed in seeds:
        exams = sm.simulate_exams(seed=seed, effort=effort, **data)  # type: ignore[arg-type]
        fit = sm.lmer("score ~ hours + (1 | student)", exams, **SIMULATED)
        verdicts.append(check_exogeneity(fit).frame.loc[0, "verdict"] == "does not hold")
    return float(np.mean(verdicts))


def test_a_data_set_of_each_kind() -> None:
    assert flagged(range(1), 0.5) == 1.0
    assert flagged(range(1), 0.0) == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("data", [{}, {"exams": 2, "noise_sd": 0.7}], ids=["five exams", "two noisy exams"])
def test_stated_rates(data: dict[str, float]) -> None:
    """Of 200 data sets of each kind all with effort=0.5 are flagged, and 6% (five exams) and 5% (two) of those without.

    The bound on the latter is the nominal 5% and three binomial standard errors.
    """
    assert flagged(range(100, 300), 0.5, **data) >= 0.99
    assert flagged(range(100, 300), 0.0, **data) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
