"""Spellings of other packages in a formula: each message says what stanmlm has instead."""

import pytest

from stanmlm import FormulaError, OptionError, glm, lFormula, model_matrix, simulate_exams
from stanmlm.base.dialects import argument_elsewhere, call_elsewhere, name_elsewhere
from stanmlm.data.contrasts import CONTRASTS
from stanmlm.data.rfunctions import FUNCTIONS
from stanmlm.formula.formula import parse_formula
from stanmlm.formula.rcode import PACKAGES

DATA = simulate_exams(seed=1, students=6).rename(columns={"student": "g", "score": "y", "hours": "x"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y ~ x + (1 | gr(g))", r"gr\(\) is brms's: write the factor itself, `\(1 \| g\)`"),
        ("y ~ x + (1 | mm(g, exam))", r"mm\(\) is brms's: .* `\(1 \| a\) \+ \(1 \| b\)`"),
        ("y ~ s(x) + (1 | g)", r"s\(\) is a smooth, which is not fitted; `ns\(x, df = 4\)`"),
        ("y ~ t2(x, exam) + (1 | g)", r"t2\(\) is a smooth"),
        ("y ~ mo(exam) + (1 | g)", r"mo\(\) is brms's: an ordered factor has `contr.poly` columns"),
        ("y ~ me(x, exam) + (1 | g)", r"me\(\) is brms's: .* measured without error"),
        ("y | mi() ~ x", "rows without a response are dropped"),
        ("bf(y ~ x)", r"bf\(\) is brms's: it stands outside the text"),
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y ~ np.log(x)", r"`np.log\(x\)` is Python's: write `log\(x\)`"),
        ("y ~ numpy.log(x)", r"write `log\(x\)`"),
        ("y ~ math.sqrt(x)", r"write `sqrt\(x\)`"),
        ("y ~ pd.cut(x, 3)", r"write `cut\(x, 3\)`"),
        ("y ~ np.power(x, 2)", r"write `I\(x\^2\)`"),
        ("y ~ np.square(x)", r"write `I\(x\^2\)`"),
        ("y ~ np.where(x > 1, 1, 0)", r"write `ifelse\(x > 1, 1, 0\)`"),
        ("y ~ x.mean()", r"`x.mean\(\)` is Python's: write `mean\(x\)`"),
        ("y ~ DATA.x", "write `x`"),
        ("y ~ x.values", "write `x`"),
        ("y ~ x['x']", "a column is written by its name"),
        ("y ~ x + np.pi", "write `pi`"),
        ("y ~ len(x)", r"`len\(\)` is Python's; R's is `length\(\)`"),
        ("y ~ np.fft(x)", r"define `fft = np.fft` and write `fft\(...\)`"),
        ("y ~ cse(x)", 'could not find function "cse"; did you mean `cs`?'),
        ("surv(y, x) ~ x", 'could not find function "surv"; did you mean `Surv`?'),
        ("y ~ Surv(x, 1)", r"`Surv\(\)` stands by itself in a formula"),
        ("y ~ foo.bar(x)", 'could not find function "foo.bar"'),
    ],
)
def test_a_spelling_of_pythons_says_what_to_write(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message) as caught:
        model_matrix(text, DATA)
    assert "^" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y ~ os::system('true')", "`os::system` is no function that a formula knows; a function of the scope"),
        ("y ~ os::log(x)", "write `log`, which is of R's base"),
        ("y ~ base::ns(x)", "write `ns`, which is of R's splines"),
        ("y ~ stats:::own(x)", "`stats:::own` is no function"),
        ("y ~ base::x", "`base::x` is no function"),
    ],
)
def test_a_package_is_never_dropped(text: str, message: str) -> None:
    from os import system  # what a dropped prefix would call

    def own(x: object) -> object:
        return x

    assert system
    assert own
    with pytest.raises(FormulaError, match=message):
        model_matrix(text, DATA)


def test_rs_packages_are_known_and_their_functions_are_those_of_the_table() -> None:
    known = {name for name in FUNCTIONS | dict.fromkeys(("C", "Surv", *CONTRASTS)) if name[0].isalpha()}
    of_packages = [name for functions in PACKAGES.values() for name in functions]
    assert sorted(of_packages) == sorted(known - {"group_mean"})
    assert model_matrix("y ~ splines::ns(x, df = 3) + stats::poly(x, 2) + base::log(x + 9)", DATA).shape[1] == 7


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ("bernoulli", "`bernoulli` is brms's: write `binomial`, which reads 0 and 1"),
        ("probit", r'a link: write `binomial`.* `binomial\(link="probit"\)`'),
        ("quasipoisson", "no probability model, so it has no posterior"),
        ("negbinomal", "`negbinomal` is not a family; did you mean `negbinomial`"),
        ("com_poisson", "not here yet: fit it with brms, or glmmTMB"),
    ],
)
def test_a_family_elsewhere_says_what_it_is_here(family: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        glm("y ~ x", DATA, family)
