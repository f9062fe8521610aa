"""Every verb on fits of ordered categories: short ones, whose numbers are told from the probabilities alone."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.fit.fit import draws_of

pytestmark = pytest.mark.slow

FAMILIES = {"cumulative": "cauchit", "sratio": "logit", "cratio": "cloglog", "acat": "probit"}
NAMES = ["never", "seldom", "often", "always"]
SHORT = {"chains": 2, "iter": 300, "seed": 5, "progress": False}
every = pytest.mark.parametrize("family", FAMILIES)


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    g, x = np.arange(240) % 12, rng.choice([-1.0, 0.0, 1.0], 240)
    behind = x + 0.7 * rng.normal(size=12)[g] + rng.logistic(size=240)
    codes = np.digitize(behind, [-1.0, 0.3, 1.5])
    answer = pd.Categorical.from_codes(codes, NAMES, ordered=True)
    return pd.DataFrame({"answer": answer, "x": x, "f": rng.choice(list("ab"), 240), "g": [f"g{k}" for k in g]})


@cache
def fit(family: str) -> sm.Fit:
    of = getattr(sm, family)(FAMILIES[family])
    return sm.brm("answer ~ x + f + (1 | g)", data(), family=of, **SHORT)


@every
def test_predictions_are_of_the_categories(family: str) -> None:
    of, cells = fit(family), data()[["x", "f", "g"]].assign(N=1)
    chances = sm.posterior_epred(of)
    assert chances.shape == (300, 240, 4)
    np.testing.assert_allclose(chances.sum(axis=-1), 1.0, rtol=1e-12)
    codes = sm.posterior_predict(of, seed=1)
    often = [float((codes == code).mean()) for code in range(1, 5)]
    np.testing.assert_allclose(often, chances.mean(axis=(0, 1)), atol=0.01)
    np.testing.assert_allclose(sm.fitted(of).to_numpy(), chances.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(sm.poststratify(of, cells).frame["mean"], chances.mean(axis=(0, 1)), rtol=1e-6)
    assert sm.predictions(of).frame["group"].unique().tolist() == NAMES
    changes = sm.comparisons(of, "x").frame.groupby("group", sort=False)["estimate"].mean()
    assert changes.iloc[0] < 0 < changes.iloc[-1]
    ppd = sm.summary(of).frame["mean"].filter(like="mean_PPD:")
    shares = {f"mean_PPD:{name}": (data()["answer"] == name).mean() for name in NAMES}
    assert ppd.to_dict() == pytest.approx(shares, abs=0.05)
    assert all(name in repr(sm.summary(of)) for name in ppd.index)


@every
def test_criticism_answers(family: str) -> None:
    of = fit(family)
    logs = sm.log_lik(of).values
    chances = sm.posterior_epred(of).values
    np.testing.assert_allclose(logs, np.log(chances[:, np.arange(240), data()["answer"].cat.codes]), rtol=1e-9)
    loo, kfold = sm.loo(of), sm.kfold(of, K=3, seed=1)
    assert loo.estimates.loc["elpd_loo", "Estimate"] == pytest.approx(
        kfold.estimates.loc["elpd_kfold", "Estimate"], abs=10
    )
    sm.pp_check(of, "bars").draw()
    assert set(sm.conditional_effects(of).frames) == {"x", "f"}
    sm.plot_conditional_effects(sm.conditional_effects(of))


@every
def test_thresholds_are_asked_for_by_any_name(family: str) -> None:
    of = fit(family)
    found = sm.hypothesis(of, "Intercept[1] < Intercept[3]").frame
    wanted = draws_of(of, "b_Intercept")
    assert found["Estimate"].item() == pytest.approx(float((wanted[:, 0] - wanted[:, 2]).mean()))
    assert list(sm.fixef(of).index[:3]) == ["never|seldom", "seldom|often", "often|always"]


@every
def test_a_fit_is_changed_and_kept(family: str, tmp_path: Path) -> None:
    fewer = sm.update(fit(family), ". ~ . - f", **SHORT)
    assert list(sm.fixef(fewer).index) == ["never|seldom", "seldom|often", "often|always", "x"]
    sm.save(fewer, tmp_path / "kept")
    np.testing.assert_array_equal(sm.log_lik(sm.load(tmp_path / "kept")), sm.log_lik(fewer))


@pytest.mark.parametrize(
    ("family", "event", "away"),
    [
        ("cumulative", r"\le k", r"\tau_{k} - \mu_{ij}"),
        ("sratio", r"= k \mid", r"\tau_{k} - \mu_{ij}"),
        ("cratio", r"> k \mid", r"\mu_{ij} - \tau_{k}"),
        ("acat", r"= k + 1 \mid", r"\mu_{ij} - \tau_{k}"),
    ],
)
def test_an_equation_says_of_what_the_inverse_link_is_the_chance(family: str, event: str, away: str) -> None:
    first = str(sm.equation(fit(family))).splitlines()[1]
    assert event in first
    assert away in first
