"""Hypotheses as brms tests them."""

import numpy as np
import pytest
from scipy.stats import gaussian_kde, norm
from small_fits import SIZES, b, draws, exams_data, exams_fit, trials_fit

import stanmlm as sm
from stanmlm.base.arrays import Floats

COLUMNS = ("Estimate", "Est.Error", "CI.Lower", "CI.Upper", "Evid.Ratio", "Post.Prob")


def row_of(text: str, fit: sm.Fit | None = None, **options: object) -> dict[str, object]:
    found = sm.hypothesis(fit or trials_fit(), text, **options)  # type: ignore[arg-type]
    return dict(found.frame.iloc[0])


def left_minus_right(text: str) -> Floats:
    return sm.hypothesis(trials_fit(), text).draws[:, 0]


def coefficient(name: str) -> Floats:
    return b(trials_fit(), name)[:, 0]


def test_a_one_sided_hypothesis_has_its_posterior_odds_and_a_90_percent_interval() -> None:
    x, found = coefficient("x"), row_of("x > 0.3")
    assert found["Hypothesis"] == "(x)-(0.3) > 0"
    assert found["Estimate"] == pytest.approx(x.mean() - 0.3)
    assert found["Est.Error"] == pytest.approx(x.std(ddof=1))
    assert (found["CI.Lower"], found["CI.Upper"]) == pytest.approx(tuple(np.quantile(x - 0.3, (0.05, 0.95))))
    share = np.mean(x > 0.3)
    assert found["Evid.Ratio"] == pytest.approx(share / (1 - share))
    assert found["Post.Prob"] == pytest.approx(share)
    assert row_of("x < 0.3")["Post.Prob"] == pytest.approx(1 - share)


def test_a_certain_hypothesis_has_infinite_odds_and_a_star() -> None:
    found = row_of("sigma > 0", exams_fit())
    assert (found["Evid.Ratio"], found["Post.Prob"], found["Star"]) == (np.inf, 1.0, "*")


def test_a_point_hypothesis_needs_a_prior_for_its_evidence() -> None:
    found = row_of("hours = 0.75", exams_fit())
    hours = b(exams_fit(), "hours")[:, 0]
    low, high = np.quantile(hours - 0.75, (0.025, 0.975))
    assert (found["CI.Lower"], found["CI.Upper"]) == pytest.approx((low, high))
    assert np.isnan(found["Evid.Ratio"])
    assert (found["Star"] == "*") == (not low <= 0 <= high)
    prior = sm.lm("score ~ hours", exams_data(), prior=sm.normal(0, 1), prior_only=True, **SIZES)
    flat = sm.lm("score ~ hours", exams_data(), prior=sm.normal(0, 1), **SIZES)
    ratio = row_of("hours = 0.75", flat, prior=prior)["Evid.Ratio"]
    density = gaussian_kde(b(flat, "hours")[:, 0])(0.75)[0]
    assert ratio == pytest.approx(density / norm.pdf(0.75), rel=0.25)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Intercept > 0", lambda: coefficient("(Intercept)")),
        ("(Intercept) > 0", lambda: coefficient("(Intercept)")),
        ("b_Intercept > 0", lambda: coefficient("(Intercept)")),
        ("x:fb > 0", lambda: coefficient("x:fb")),
        ("`x:fb` > x", lambda: coefficient("x:fb") - coefficient("x")),
        ("factor(k)2 - factor(k)1 > 0", lambda: coefficient("factor(k)2") - coefficient("factor(k)1")),
        ("exp(x) - 2 * uTRUE^2 > 1", lambda: np.exp(coefficient("x")) - 2 * coefficient("uTRUE") ** 2 - 1),
        ("sd_g[x] > sd_g__Intercept", lambda: draws(trials_fit(), "sd_g")[:, 1] - draws(trials_fit(), "sd_g")[:, 0]),
        ("cor_g[(Intercept), x] > 0", lambda: draws(trials_fit(), "cor_g")[:, 0]),
        ("cor_g__Intercept__x > 0", lambda: draws(trials_fit(), "cor_g")[:, 0]),
        (
            "r_g[g3, x] > r_g[g1,Intercept]",
            lambda: draws(trials_fit(), "r_g")[:, 3, 1] - draws(trials_fit(), "r_g")[:, 1, 0],
        ),
        ("b[x] > 0", lambda: coefficient("x")),
    ],
)
def test_names_are_rs_arviz_and_brms(text: str, expected: object) -> None:
    np.testing.assert_allclose(left_minus_right(text), expected(), rtol=1e-12)  # type: ignore[operator]


def test_class_and_group_say_what_names_mean() -> None:
    sds = draws(trials_fit(), "sd_g")
    found = sm.hypothesis(trials_fit(), "x < Intercept", class_="sd", group="g")
    np.testing.assert_allclose(found.draws[:, 0], sds[:, 1] - sds[:, 0])
    assert repr(found).startswith("Hypothesis Tests for class sd:")
    with pytest.raises(sm.DataError, match="`h` has no correlations"):
        sm.hypothesis(trials_fit(), "Intercept__x > 0", class_="cor", group="h")


def test_nested_factors_and_odd_columns_go_by_their_names() -> None:
    data = exams_data().assign(half=lambda d: np.where(d["exam"] > 2, "b", "a"))
    fit = sm.lmer("score ~ poly(exam, 2) + (1 | student/half)", data, chains=1, iter=200, seed=1, progress=False)
    for text in (
        "sd_half:student[Intercept] < sd_student[Intercept]",
        "sd_half:student__Intercept < sd_student__Intercept",
    ):
        found = sm.hypothesis(fit, text).draws[:, 0]
        np.testing.assert_allclose(found, (draws(fit, "sd_half:student") - draws(fit, "sd_student"))[:, 0])
    found = sm.hypothesis(fit, "poly(exam, 2)2 > 0").draws
    np.testing.assert_allclose(found, b(fit, "poly(exam, 2)2"))


def test_a_scope_has_a_row_a_level() -> None:
    deviations = sm.hypothesis(trials_fit(), "x > 0", scope="ranef", group="g")
    coefs = sm.hypothesis(trials_fit(), "x > 0", scope="coef", group="g")
    assert coefs.frame["Group"].tolist() == [f"g{i}" for i in range(8)]
    np.testing.assert_allclose(deviations.draws, draws(trials_fit(), "r_g")[:, :, 1])
    np.testing.assert_allclose(coefs.draws - deviations.draws, np.repeat(b(trials_fit(), "x"), 8, axis=1))


def test_several_print_as_brms_does() -> None:
    text = repr(sm.hypothesis(exams_fit(), ["hours > 0", "hours = 5"]))
    lines = text.split("\n")
    assert lines[0] == "Hypothesis Tests for class b:"
    assert lines[1].split() == ["Hypothesis", *COLUMNS, "Star"]
    assert lines[2].split()[:4] == ["1", "(hours)", ">", "0"]
    assert lines[3].split()[-3:] == ["NA", "NA", "*"]
    assert lines[5] == "'CI': 90%-CI for one-sided and 95%-CI for two-sided hypotheses."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("xx > 0", "`xx` is not a parameter of the fit; did you mean `x`"),
        ("x", "compares two expressions"),
        ("x > ", "nothing stands right"),
        ("exp(x", "never closed"),
        ("", "missing here"),
        ("expo(x) > 0", 'could not find function "expo"'),
        ("sd_g[q] > 0", r"`sd_g\[q\]` is not a parameter"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, message: str) -> None:
    with pytest.raises(sm.StanmlmError, match=message):
        sm.hypothesis(trials_fit(), text)
