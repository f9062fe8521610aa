"""Formulas against R's `terms`, lme4's bars, `update` and `deparse`; and what a user reads when one is refused."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from stanmlm.base.errors import FormulaError, StanmlmWarning
from stanmlm.formula.formula import Formula, Terms, deparse, formula_text, parse_expression, parse_formula
from stanmlm.formula.rcode import names_in, operands
from stanmlm.formula.rparse import string_value
from stanmlm.formula.rtext import label, number_text
from stanmlm.formula.terms import expand, expression
from stanmlm.formula.updated import update_terms

R = json.loads((Path(__file__).parents[1] / "golden" / "formulas.json").read_text())  # formulas.R beside it made it


def labels(terms: Terms) -> list[str]:
    return [":".join(variable.label for variable in term) for term in terms.terms]


def blocks(formula: Formula) -> list[list[Any]]:
    return [
        [int(bar.left.intercept), labels(bar.left), [deparse(factor.node) for factor in bar.group]]
        for bar in formula.bars
    ]


@pytest.mark.parametrize("row", [row for row in R["terms"] if row[1] != "refused"], ids=lambda row: row[0])
def test_terms_are_those_of_r(row: list[Any]) -> None:
    text, intercept, term_labels, variables, offsets = row
    *left, right = operands(parse_expression(text))
    found = expand(right, text, response=expression(left[0]) if left else None)
    assert labels(found.terms) == term_labels
    assert found.terms.intercept == bool(intercept)
    assert [*map(deparse, left), *(deparse(variable.node) for variable in found.variables)] == variables
    assert [offset.label for offset in found.offsets] == offsets


@pytest.mark.parametrize("text", [row[0] for row in R["terms"] if row[1] == "refused"])
def test_what_terms_refuses_is_refused(text: str) -> None:
    with pytest.raises(FormulaError, match=r"\^"):
        parse_formula(text)


@pytest.mark.parametrize("row", R["bars"], ids=lambda row: row[0])
def test_bars_are_those_of_lme4(row: list[Any]) -> None:
    text, nobars, bars = row
    formula = parse_formula(text)
    assert blocks(formula) == bars
    assert formula.fixed == parse_formula(nobars).fixed
    assert formula_text(formula).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("row", R["update"], ids=lambda row: f"{row[0]}, {row[1]}")
def test_update_is_r_s(row: list[str]) -> None:
    old, new, result = row
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StanmlmWarning)  # one row has its response on the right too
        assert update_terms(parse_formula(old), new) == result


@pytest.mark.parametrize("row", R["deparse"], ids=lambda row: row[0])
def test_deparse_is_r_s(row: list[str]) -> None:
    code, text = row
    assert deparse(parse_expression(code)) == text
    labelled = label(parse_expression(code))
    assert labelled == "1000000" or label(parse_expression(labelled)) == labelled  # of 1000000L; alone it is 1e+06


def test_a_dot_is_every_column_that_the_response_does_not_use() -> None:
    columns = ["y", "n", "x", "my var", "g"]
    formula = parse_formula("cbind(y, n - y) ~ . - g + (1 | g)", columns)
    assert labels(formula.fixed) == ["x", "`my var`"]
    assert labels(parse_formula("y ~ .^2 - n", ["y", "n", "x"]).fixed) == ["x", "n:x"]
    with pytest.raises(FormulaError, match="all other columns"):
        parse_formula("y ~ .")


def test_update_spells_out_the_dot_of_the_old_formula() -> None:
    old = parse_formula("y ~ . + (1 | g) + offset(w)", ["y", "x", "z"])
    assert update_terms(old, ". ~ . - x") == "y ~ z + (1 | g) + offset(w)"


def test_the_response_is_arithmetic_and_the_right_side_is_algebra() -> None:
    formula = parse_formula("y[1:3]/10 + n ~ a/b")
    assert formula.response
    assert formula.response.label == "y[1:3]/10 + n"
    assert labels(formula.fixed) == ["a", "a:b"]


def added(text: str) -> list[tuple[str, dict[str, str], tuple[str, ...]]]:
    formula = parse_formula(text)
    return [(one.name, {name: e.label for name, e in one.arguments}, one.options) for one in formula.additions]


def test_what_stands_right_of_the_bar_is_added_to_the_response() -> None:
    formula = parse_formula("y | trials(n + 1) ~ x")
    assert formula.response
    assert formula.response.label == "y"
    assert added("y | trials(n + 1) ~ x") == [("trials", {"trials": "n + 1"}, ())]
    assert added("y | cens(c, y2 = b) + weights(w, scale = TRUE) + trunc(ub = 9) ~ x") == [
        ("cens", {"cens": "c", "y2": "b"}, ()),
        ("weights", {"weights": "w"}, ("scale",)),
        ("trunc", {"ub": "9"}, ()),
    ]
    assert added("y | se(s, sigma = TRUE) + rate(denom = d) + subset(x > 1) ~ x")[0] == ("se", {"se": "s"}, ("sigma",))


def test_surv_is_a_response_with_its_censoring() -> None:
    assert parse_formula("Surv(time, status == 2) ~ x").response.label == "time"
    assert added("Surv(time, status == 2) | weights(w) ~ x") == [
        ("Surv", {"event": "status == 2"}, ("right",)),
        ("weights", {"weights": "w"}, ()),
    ]
    assert added("survival::Surv(time, status == 2) ~ x") == [("Surv", {"event": "status == 2"}, ("right",))]
    assert added('Surv(t1, t2, type = "interval2") ~ x') == [("Surv", {"time2": "t2"}, ("interval2",))]


def test_a_response_on_the_right_is_dropped_with_a_warning() -> None:
    with pytest.warns(StanmlmWarning, match="`y` stands on the right"):
        formula = parse_formula("y ~ x + y")
    assert labels(formula.fixed) == ["x"]


def test_variables_hold_what_minus_removed_for_r_counts_its_missing_values() -> None:
    formula = parse_formula("y ~ x - z + offset(w) + (k - 1 | g/h)")
    assert [variable.label for variable in formula.variables] == ["x", "z", "offset(w)", "k", "h", "g"]
    assert [offset.label for offset in formula.offsets] == ["offset(w)"]


def test_or_inside_a_call_is_not_a_random_term() -> None:
    formula = parse_formula("y ~ I(x > 1 | (z == 0)) + (1 | g)")
    assert labels(formula.fixed) == ["I(x > 1 | (z == 0))"]
    assert len(formula.bars) == 1


def test_lme4_s_garbled_nestings_mean_what_they_say() -> None:
    """lme4 1.1-31 refuses or garbles these; the reading is the one that its own rule for `/` implies."""
    assert blocks(parse_formula("y ~ (1 | factor(g)/h)")) == [[1, [], ["h", "factor(g)"]], [1, [], ["factor(g)"]]]
    assert blocks(parse_formula("y ~ (1 | (a/b))")) == blocks(parse_formula("y ~ (1 | a/b)"))
    assert blocks(parse_formula("y ~ (1 || g)")) == blocks(parse_formula("y ~ (1 | g)"))


def test_places_are_those_of_the_text() -> None:
    text = "y ~ log(avg.income) + # a comment\n (0 + x | my.group)"
    formula = parse_formula(text)
    term, bar = formula.fixed.terms[0][0].node, formula.bars[0]
    assert text[term.start : term.stop] == "log(avg.income)"
    assert text[term.args[0][1].start : term.args[0][1].stop] == "avg.income"
    assert text[bar.start : bar.stop] == "0 + x | my.group"
    assert text[bar.group[0].node.start :] == "my.group)"


def test_names_of_every_kind() -> None:
    formula = parse_formula("größe ~ `my var` + .x1 + x.1_2 + T + `if` + `a``b`".replace("`a``b`", r"`a\`b`"))
    assert [variable.node.text for variable in formula.variables] == ["my var", ".x1", "x.1_2", "T", "if", "a`b"]
    assert formula.variables[-1].label == r"`a\`b`"
    assert names_in(parse_expression("f(a, df$b, k = `c d`)")) == {"a", "df", "c d"}


def test_strings_keep_their_characters() -> None:
    node = parse_expression(r"""f('a"b)\n', "(", "é\u4e2d", '')""")
    assert [string_value(value) for value in operands(node)] == ['a"b)\n', "(", "é中", ""]
    assert deparse(node) == r'f("a\"b)\n", "(", "é中", "")'


@pytest.mark.parametrize("value", [0.0, 1.0, 1e5, 123456.0, 1e-4, 0.1 + 0.2, 1 / 3, 1e22, 1.5e-300, -2.5, float("inf")])
def test_numbers_survive_their_text(value: float) -> None:
    assert float(number_text(value)) == pytest.approx(value, rel=1e-14)


def test_a_number_keeps_more_digits_than_its_label_shows() -> None:
    node = parse_expression("3.14159265358979312")
    assert float(node.text) == 3.14159265358979312
    assert deparse(node) == "3.14159265358979"


# Each formula, the culprit the caret must underline, and what the sentence says.
REFUSALS = [
    ("y ~ x*(1|g)", "1|g", "stands by itself"),
    ("y ~ x:(1|g)", "1|g", "stands by itself"),
    ("y ~ (1|g)^2", "1|g", "stands by itself"),
    ("y ~ x + log(1 | g)", "1 | g", "not inside a call"),
    ("y ~ x - (1|g)", "1|g", "cannot be taken away"),
    ("y ~ (1|g) - (1|g)", "1|g", "cannot be taken away"),
    ("y ~ -(1|g)", "1|g", "cannot be taken away"),
    ("y ~ x | g", "x | g", "in parentheses"),
    ("y ~ (x | a | g | h)", "x | a | g | h", "at most two bars"),
    ("y ~ (x | a || g)", "x | a || g", "one covariance"),
    ("y ~ (x || a | g)", "x || a | g", "one covariance"),
    ("y ~ (x | (a | g))", "a | g", "grouping factor"),
    ("y ~ ((1 | g) | h)", "(1 | g) | h", "one bar"),
    ("y ~ (1 | a:(b/c))", "a:(b/c)", "cannot stand inside `:`"),
    ("y ~ I(treated | g)", "treated | g", "not inside a call"),
    ("y ~ (. | g)", ".", "all other columns"),
    ("y ~ (1 || st || cl)", "1 || st || cl", "one covariance"),
    ("y ~ (x | x + 1)", "x + 1", "must name a grouping factor"),
    ("y ~ x + (1 | g * h)", "g * h", "must name a grouping factor"),
    ("y ~ (1 | 2)", "2", "must name a grouping factor"),
    ("y ~ (0 | g)", "0", "nothing to vary"),
    ("y ~ (x + offset(z) | g)", "offset(z)", "outside the random terms"),
    ("y | wieghts(w) ~ x", "wieghts(w)", "`weights()`"),
    ("y | trials(n) + n ~ x", "n", "is not an addition"),
    ("y | mi(sd) ~ x", "mi(sd)", "rows without a response are dropped"),
    ("y | cens(k, y3 = b) ~ x", "b", "has no argument `y3`"),
    ("y | cens(k, b, d) ~ x", "d", "no argument number 3"),
    ("y | cens() ~ x", "cens()", "needs an argument"),
    ("y | trunc(1) + trunc(2) ~ x", "trunc(2)", "twice"),
    ("y | se(s, sigma = z) ~ x", "z", "TRUE or FALSE"),
    ("Surv(start, stop, event) ~ x", "Surv(start, stop, event)", "begin late"),
    ('Surv(a, b, type = "counting") ~ x', 'Surv(a, b, type = "counting")', "stanmlm reads"),
    ("y ~", "~", "nothing stands right of"),
    ("x + z", "x + z", "needs `~`"),
    ("y ~ x ~ z", "y ~ x", "one `~`"),
    ("y ~ x z", "z", "an operator is missing before `z`"),
    ("y ~ x + * z", "*", "nothing stands left of"),
    ("y ~ (x +)", "+)", "missing after"),
    ("y ~ f(x, 1 2)", "2", "an operator is missing"),
    ("y ~ log(x", "(", "never closed"),
    ("y ~ x)", ")", "closes nothing"),
    ("y ~ 'x", "'", "never closed"),
    ("y ~ 1x", "1x", "cannot be read"),
    ("y ~ x^1.5", "1.5", "a whole number from 2"),
    ("y ~ 2*x", "2", "only 0 and 1"),
    ("y ~ 'a' + x", "'a'", "a column's name"),
    ("y ~ NULL", "NULL", "cannot be a term"),
    ("y ~ x +\n  z w", "w", "an operator is missing before `w`"),
    ("y ~ “x”", "“", "typographic quote"),
    ("y ~ x – 1", "–", "typographic dash"),
    ("y ~ x\0", "\0", "null character"),
    ("y ~ x %in z", "%", "never closed"),
    ("y ~ x$1", "1", "must be a name"),
    ("y ~ f(x)::z", "::", "only a name"),
    ("y ~ a::(b)", "(b)", "must be a name"),
    ("y ~ x; z", ";", "one expression"),
    ("y ~ x ×z", "×", "not an operator"),
    ("y ~ function(x) x", "function", "a word of R's language"),
    ("y ~ x[{1}]", "{", "braces"),
    ("y ~ x<-1", "<-", "assigns in R"),
    ("y ~ x = z", "=", "`==`"),
    ("y ~ I(a < b < c)", "a < b < c", "cannot be chained"),
    ("y ~ I(a == !b)", "!", "put it in parentheses"),
    ("y ~ f(x)(z)", "f(x)", "only a function's name"),
    (". ~ x", ".", "for update"),
    ("y ~ x - (y ~ x)", "y ~ x", "one `~`"),
]


@pytest.mark.parametrize(("text", "culprit", "sentence"), REFUSALS, ids=lambda value: value)
def test_a_refusal_points_at_the_culprit(text: str, culprit: str, sentence: str) -> None:
    with pytest.raises(FormulaError) as refused:
        parse_formula(text)
    error = refused.value
    assert error.text[error.start : error.stop] == culprit
    message, line, caret = str(error).split("\n")
    assert sentence in message
    assert line in text.split("\n")
    assert line[caret.index("^") :].startswith(culprit)
    assert caret.strip() == "^" * len(culprit)


def test_a_random_term_of_an_update_cannot_interact() -> None:
    with pytest.raises(FormulaError, match="cannot interact"):
        update_terms(parse_formula("y ~ x + (1 | g)"), ". ~ .:z")


def cases(reference: ModuleType, part: str) -> Iterator[dict[str, Any]]:
    return iter(reference.modelmatrix_cases()[part])


@pytest.mark.shared
def test_fixed_parts_of_the_reference(reference: ModuleType) -> None:
    compared = 0
    for case in cases(reference, "fixed"):
        if case["judge"] != "exact":
            continue
        formula = parse_formula(case["formula"], list(reference.data(case["data"]).columns))
        assert labels(formula.fixed) == case["term_labels"], case["formula"]
        assert formula.fixed.intercept == bool(case["intercept"]), case["formula"]
        compared += 1
    assert compared > 50


@pytest.mark.shared
def test_mixed_models_of_the_reference(reference: ModuleType) -> None:
    compared = 0
    for case in cases(reference, "mixed"):
        if case["judge"] != "exact":
            continue
        formula = parse_formula(case["formula"])
        assert formula.fixed == parse_formula(case["nobars"]).fixed, case["formula"]
        wanted = parse_formula("y ~ " + " + ".join(f"({bar})" for bar in case["bars"]))
        assert blocks(formula) == blocks(wanted), case["formula"]
        compared += 1
    assert compared > 20


UNREADABLE = (
    *("(x | x + 1)", "|| cl)", ")^2", "log(1 | st)", "y ~", "x z", "x^1.5", "+, z"),
    *("x = z", "1x", "[x]", "function(x) x", ":=z"),
)


@pytest.mark.shared
def test_what_r_cannot_read_is_refused_while_parsing(reference: ModuleType) -> None:
    texts = [case["formula"] for case in cases(reference, "rejects")]
    unreadable = [text for text in texts if text.endswith(UNREADABLE) and "y[1:3]" not in text]
    assert len(unreadable) >= len(UNREADABLE)
    for text in unreadable:
        with pytest.raises(FormulaError):
            parse_formula(text)


def test_formula_text_is_lme4_s() -> None:
    text = "vote~avg.income*income+(1+income|state)+offset(log(n))"
    assert formula_text(parse_formula(text)) == ("vote ~ avg.income * income + (1 + income | state) + offset(log(n))")
