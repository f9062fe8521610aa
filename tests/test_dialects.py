"""Spellings of other packages in a formula: each message says what stanmlm has instead."""

import pytest

from stanmlm import FormulaError, lFormula, simulate_exams
from stanmlm.dialects import argument_elsewhere, call_elsewhere, name_elsewhere
from stanmlm.formula import parse_formula

DATA = simulate_exams(seed=1, students=6).rename(columns={"student": "g", "score": "y", "hours": "x"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y ~ x + (1 | gr(g))", r"gr\(\) is brms's: write the factor itself, `\(1 \| g\)`"),
        ("y ~ x + (1 | mm(g, exam))", r"mm\(\) is brms's: .* `\(1 \| a\) \+ \(1 \| b\)`"),
        ("y ~ x + (1 | ID | g)", r"brms's `\(x \| label \| g\)` ties formulas together"),
        ("y ~ s(x) + (1 | g)", r"s\(\) is a smooth, which is not fitted; `ns\(x, df = 4\)`"),
        ("y ~ t2(x, exam) + (1 | g)", r"t2\(\) is a smooth"),
        ("y ~ mo(exam) + (1 | g)", r"mo\(\) is brms's: an ordered factor has `contr.poly` columns"),
        ("y ~ me(x, exam) + (1 | g)", r"me\(\) is brms's: .* measured without error"),
        ("y | cens(exam) ~ x", r"`y \| trials\(n\)` is; censored and truncated responses are not fitted"),
        ("y | weights(exam) ~ x", "weights are given by `weights=`"),
        ("y | trials(n) + se(exam) ~ x", "known standard errors are not fitted"),
        ("bf(y ~ x)", r"bf\(\) is brms's: pass the formula itself"),
        ("y ~ x, random = ~ 1 | g", r"nlme's `random = ~ x \| g` is a term here, `\(x \| g\)`"),
        ("y ~ us(1 + x | g)", r"us\(\) is glmmTMB's: write `\(1 \+ x \| g\)`"),
        ("y ~ 0 + Intercept + x + (1 | g)", "brms's name of the constant: write `1`"),
    ],
)
def test_a_spelling_of_another_package_says_what_to_write(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message) as caught:
        lFormula(text, DATA)
    assert "^" in str(caught.value)


def test_a_function_of_the_users_own_comes_first() -> None:
    def s(x: object) -> object:
        return x

    assert s
    assert "s(x)" in lFormula("y ~ s(x) + (1 | g)", DATA).X.columns


def test_what_is_in_no_table_says_nothing() -> None:
    assert call_elsewhere("log") == name_elsewhere("x") == argument_elsewhere("seed", ["seed"]) == ""
    assert parse_formula("y ~ x").text == "y ~ x"
