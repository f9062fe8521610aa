"""Formulas of several distributional parameters: how they are written, read and refused."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.data.design import design, dpars_of, predictors
from stanmlm.data.encode import encode
from stanmlm.data.frame import model_frame
from stanmlm.data.whole_rows import whole
from stanmlm.formula.bf import Formulas
from stanmlm.formula.formula import formula_lines, formula_text, parse_formula

DATA = pd.DataFrame(
    {
        "y": np.arange(12.0),
        "x": [0.0, 1.0, 2.0] * 4,
        "z": [1.0, 5.0, np.nan, 2.0] * 3,
        "g": list("aabb") * 3,
        "h": list("uvw") * 4,
    }
)


def made(*texts: str):
    formula = parse_formula(sm.bf(*texts), tuple(DATA))
    return design(formula, model_frame(formula, DATA, {}))


@pytest.mark.parametrize(
    "given",
    [
        lambda: sm.bf("y ~ x + (1 | g)", "sigma ~ z"),
        lambda: sm.bf("y ~ x + (1 | g)", sigma="~ z"),
        lambda: sm.bf("y ~ x + (1 | g)", sigma="sigma ~ z"),
        lambda: sm.bf("y ~ x + (1 | g)") + sm.lf("sigma ~ z"),
        lambda: sm.bf("y ~ x + (1 | g)") + sm.lf(sigma="~ z"),
    ],
)
def test_every_spelling_of_brms_is_one_formula(given: Callable[[], Formulas]) -> None:
    formula = parse_formula(given())
    assert formula_lines(formula) == ("y ~ x + (1 | g)", "sigma ~ z")
    assert formula_text(formula) == "bf(y ~ x + (1 | g), sigma ~ z)"


def test_rows_are_complete_over_the_variables_of_all_formulas() -> None:
    assert len(whole(made("y ~ x", "sigma ~ z")).X) == 9


def test_columns_and_terms_say_which_parameter_they_are_of() -> None:
    found = made("y ~ x + (1 | h)", "sigma ~ 0 + z + (1 + x | g)")
    assert [(of.dpar, of.names, of.intercept) for of in predictors(found)] == [
        ("mu", ("(Intercept)", "x"), True),
        ("sigma", ("z",), False),
    ]
    assert [(term.group, dpars_of(term)) for term in found.terms] == [("h", ("mu",)), ("g", ("sigma", "sigma"))]


def test_terms_stand_in_lme4s_order_within_each_parameter() -> None:
    groups = [term.group for term in made("y ~ (1 | g) + (1 | h)", "sigma ~ (1 | g) + (1 | h)").terms]
    assert groups == ["h", "g", "h", "g"]


def test_what_one_formula_learns_serves_the_others_and_new_data() -> None:
    found = made("y ~ scale(x)", "sigma ~ scale(x) + offset(x)")
    new = encode(found, DATA.assign(x=3.0).head(1)).design
    mu, sigma = predictors(new)
    np.testing.assert_array_equal(mu.X, sigma.X)
    assert sigma.offset.tolist() == [3.0]
    assert not mu.offset.any()


def test_new_data_encode_to_the_fitted_columns() -> None:
    found = made("y ~ x + (1 | g)", "sigma ~ z + (0 + x | h)")
    rows = DATA.dropna()
    again, first = whole(encode(found, rows).design), whole(found)
    for one, other in zip(predictors(again), predictors(first), strict=True):
        np.testing.assert_array_equal(one.X, other.X)
    for term, old in zip(again.terms, first.terms, strict=True):
        np.testing.assert_array_equal(term.Z, old.Z)
        np.testing.assert_array_equal(term.index, old.index)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sm.bf("y ~ x", "~ z"), "which parameter is this of"),
        (lambda: sm.bf("y ~ x", "sigma ~ z", sigma="~ z"), "`sigma` has two formulas"),
        (lambda: sm.bf("y ~ x", sigma="nu ~ z"), "sigma= was given a formula of `nu`"),
        (lambda: sm.bf("y ~ x", "mu ~ z"), "mu is what the first formula"),
        (lambda: sm.bf("y ~ x", mu=1), "cannot be held at a number"),
        (lambda: sm.bf("y ~ x", "sigma ~ z", sigma=1), "a number and a formula"),
        (lambda: sm.bf("y ~ x", "log(sigma) ~ z"), "the name of one parameter"),
        (lambda: sm.bf(3), "is text"),
        (lambda: sm.bf("y ~ x", "sigma"), "needs `~`"),
    ],
)
def test_what_is_no_formula_of_a_parameter_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(sm.FormulaError, match=message):
        make()


@pytest.mark.parametrize(
    ("texts", "culprit"),
    [(("y ~ x", "sigma ~ q"), "sigma ~ q"), (("y ~ x", "sigma ~ (1 | q)"), "sigma ~ (1 | q)")],
)
def test_a_caret_stands_in_the_formula_that_is_wrong(texts: tuple[str, ...], culprit: str) -> None:
    with pytest.raises(sm.FormulaError) as caught:
        made(*texts)
    assert culprit in str(caught.value)


def test_a_parameter_that_the_family_lacks_gets_a_suggestion() -> None:
    with pytest.raises(sm.FormulaError, match=r"gaussian family has no parameter `sigm`.*sigma"):
        sm.brm(sm.bf("y ~ x", "sigm ~ z"), DATA)
    with pytest.raises(sm.FormulaError, match="poisson family has no parameter `sigma`"):
        sm.brm(sm.bf("y ~ x", "sigma ~ z"), DATA, family="poisson")


def test_lm_takes_no_bars_in_any_formula() -> None:
    with pytest.raises(sm.FormulaError, match="takes no random effects"):
        sm.lm(sm.bf("y ~ x", "sigma ~ (1 | g)"), DATA)
