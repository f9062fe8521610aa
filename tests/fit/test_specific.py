"""Category specific effects, `cs(x)`: predictors of thresholds."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.families import as_family
from stanmlm.fit.fit import draws_of
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.formula.formula import parse_formula
from stanmlm.model.model import Model

TEXT = "y ~ x + cs(z + f)"


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    z, g = rng.choice([-1.0, 0.0, 1.0], 240), np.arange(240) % 8
    stop = rng.random((240, 3)) < 1 / (1 + np.exp(-(np.array([-1.0, 0.0, 0.5]) - z[:, None] * [1.0, 0.0, -1.0])))
    y = np.where(stop.any(axis=1), stop.argmax(axis=1), 3) + 1
    return pd.DataFrame({"y": y, "x": rng.normal(size=240), "z": z, "f": rng.choice(list("abc"), 240), "g": g})


def made(text: str = TEXT, family: str = "sratio", **options: object) -> Model:
    return build_model(text, data(), as_family(family), {}, ModelOptions(**options))  # type: ignore[arg-type]


def test_each_threshold_has_a_predictor_coded_as_beside_an_intercept() -> None:
    design = made().design
    assert design.names == ("(Intercept)", "x")
    assert [(of.dpar, of.names, of.intercept) for of in design.others] == [
        (f"cs{t}", ("z", "fb", "fc"), False) for t in (1, 2, 3)
    ]
    assert made("y ~ cs(z) + cs(f)").design.others[0].names == ("z", "fb", "fc")


def test_a_prior_of_coefficients_is_one_of_theirs() -> None:
    """As in brms, where they are of class `b`; a row with `dpar` is of one threshold."""
    rows = [sm.set_prior("normal(0, 2)", class_="b"), sm.set_prior("normal(1, 1)", class_="b", coef="z", dpar="cs2")]
    found = {(row.dpar, row.coef): row.arguments for row in made(priors=rows).priors.rows if row.class_ == "b"}
    assert len(found) == 10
    assert found.pop(("cs2", "z")) == (1.0, 1.0)
    assert set(found.values()) == {(0.0, 2.0)}


@pytest.mark.parametrize(
    ("text", "family", "message"),
    [
        ("y ~ cs(z)", "cumulative", "thresholds with effects of their own would cross"),
        ("x ~ cs(z)", "gaussian", r"cs\(\) is of sratio, cratio and acat"),
        ("y ~ x * cs(z)", "sratio", "stands by itself in a sum"),
        ("y ~ cs(x, z)", "sratio", "takes one sum of terms"),
        ("y ~ cs(1)", "sratio", "takes terms"),
        ("y ~ x + (cs(z) | g)", "sratio", "effects of groups on each threshold are not fitted"),
    ],
)
def test_what_cannot_be_specific_is_refused(text: str, family: str, message: str) -> None:
    with pytest.raises(sm.FormulaError, match=message):
        made(text, family)


def test_other_parameters_have_none() -> None:
    with pytest.raises(sm.FormulaError, match="stands in the formula of the response"):
        build_model(sm.bf("y ~ x", "disc ~ cs(z)"), data(), as_family("sratio"), {}, ModelOptions())
    with pytest.raises(sm.FormulaError, match=r"cs\(\) is of ordered categories"):
        sm.model_matrix("y ~ cs(z)", data())


def test_a_formula_keeps_what_it_was_written_as() -> None:
    formula = parse_formula(TEXT)
    assert formula.text == TEXT
    assert [e.label for e in formula.variables] == ["x", "z", "f"]


@pytest.mark.slow
def test_a_fit_answers(tmp_path: Path) -> None:
    of = sm.brm(TEXT, data(), family=sm.sratio, chains=2, iter=600, seed=2, progress=False)
    assert repr(of).splitlines()[1:3] == [" Family: sratio  ( logit )", f"Formula: {TEXT}"]
    frame = sm.summary(of, pars=["cs1_z", "cs3_z"]).frame["mean"]
    assert frame["cs1_z"] > 0.4 > -0.4 > frame["cs3_z"]
    new = pd.DataFrame({"x": [0.3], "z": [1.0], "f": ["c"]})
    b, tau = draws_of(of, "b")[:, 0], draws_of(of, "b_Intercept")
    shift = np.stack([draws_of(of, f"b_cs{t}") @ [1.0, 0.0, 1.0] for t in (1, 2, 3)], axis=1)
    stop = 1 / (1 + np.exp(-(tau - 0.3 * b[:, None] - shift)))
    found = sm.posterior_epred(of, new).values[:, 0]
    np.testing.assert_allclose(found[:, 1], (1 - stop[:, 0]) * stop[:, 1], rtol=1e-9)
    assert set(sm.conditional_effects(of).frames) == {"x", "z", "f"}
    assert np.isfinite(sm.loo(of).estimates.loc["elpd_loo", "Estimate"])
    assert sm.hypothesis(of, "cs1_z > cs3_z").frame["Post.Prob"].item() > 0.9
    fewer = sm.update(of, ". ~ . - x", iter=100, warmup=50)
    assert fewer.model.formula.text == "y ~ cs(z + f)"
    sm.save(fewer, tmp_path / "kept")
    np.testing.assert_array_equal(sm.log_lik(sm.load(tmp_path / "kept")), sm.log_lik(fewer))
