"""Any text at all: a formula or a refusal, soon; and what is read survives being printed."""

import time
import warnings

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from stanmlm.base.errors import FormulaError, StanmlmError, StanmlmWarning
from stanmlm.formula.formula import Formula, deparse, formula_text, parse_expression, parse_formula
from stanmlm.formula.updated import update_terms

SECONDS = 5.0  # of this thread, whatever else the machine does; most texts take a few milliseconds
COLUMNS = ("y", "x", "z", "g")
QUICK = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PIECES = (
    *("y", "~", "x", "g", "a.b", "`my var`", ".", "..", "é", "×", "_", "²", "٣", "\x00", "\u200b", "if", "function"),
    *("+", "-", "*", "/", ":", "^", "**", "%in%", "%%", "%", "|", "||", "&", "&&", "!", "==", "<", "<-", "=", ",", "~"),
    *("(", ")", "[", "]", "[[", "]]", "{", "}", "log(", "f(", "offset(", "trials(n)", "(1|g)", "(x||g/h)"),
    *("0", "1", "2", "1e", "1e-3", "2L", "0x1F", "1e400", "TRUE", "NULL", "'s'", '"', "'", "`", "\\", "#", "$", "@"),
    *("::", ";", "?", " ", "\n"),
)
broken = st.lists(st.sampled_from(PIECES), max_size=16).map("".join)

names = st.sampled_from(["a", "b", "c.d", "`my var`", "log(a)", "I(b^2)", "f(a, k = 2)", "offset(w)", "x[1]", "1", "0"])
operators = st.sampled_from([" + ", " - ", "*", ":", "/", " %in% "])


def _joined(sums: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(sums, operators, sums).map("".join)
    return pairs | sums.map("({})".format) | sums.map("-{}".format) | sums.map("({})^2".format)


sums = st.recursive(names, _joined, max_leaves=6)
groups = st.sampled_from(["g", "g/h", "g:h", "(g:h)/k", "factor(g)", "`my g`"])
bars = st.tuples(st.just("("), sums, st.sampled_from([" | ", "||"]), groups, st.just(")")).map("".join)
formulas = st.tuples(st.sampled_from(["y", "log(y)", "cbind(s, n - s)", ""]), sums, st.lists(bars, max_size=2)).map(
    lambda parts: f"{parts[0]} ~ " + " + ".join([parts[1], *parts[2]])
)


def read(text: str) -> Formula | None:
    """The formula, or None where it is refused; any other exception fails the test."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", StanmlmWarning)
            return parse_formula(text, COLUMNS)
    except StanmlmError:
        return None


def parts(formula: Formula) -> tuple[object, ...]:
    return formula.response, formula.fixed, formula.bars, formula.offsets, formula.variables


@QUICK
@given(st.text(max_size=40) | broken | broken.map("y ~ {}".format))
def test_any_text_is_a_formula_or_a_refusal(text: str) -> None:
    formula = read(text)
    if formula:
        again = read(formula_text(formula))
        assert again
        assert parts(again) == parts(formula)


@QUICK
@given(formulas)
def test_a_formula_survives_its_own_text(text: str) -> None:
    formula = read(text)
    assume(formula)  # a power of a number, an offset inside a bar
    assert formula
    again = read(formula_text(formula))
    assert again
    assert parts(again) == parts(formula)
    assert formula_text(again) == formula_text(formula)


@QUICK
@given(formulas)
def test_an_update_that_changes_nothing_keeps_the_terms(text: str) -> None:
    formula = read(text)
    assume(formula)
    assert formula
    kept = read(update_terms(formula, ". ~ ." if formula.response else "~ ."))
    assert kept
    assert kept.response == formula.response
    assert set(kept.bars) == set(formula.bars)
    assert {frozenset(term) for term in kept.fixed.terms} == {frozenset(term) for term in formula.fixed.terms}
    assert kept.fixed.intercept == formula.fixed.intercept


HUGE = {
    "crossed": "y ~ " + "*".join(f"x{i}" for i in range(40)),
    "power": "y ~ (" + " + ".join(f"x{i}" for i in range(40)) + ")^40",
    "parentheses": "y ~ " + "(" * 5000 + "x" + ")" * 5000,
    "calls": "y ~ " + "f(" * 5000 + "x" + ")" * 5000,
    "signs": "y ~ " + "- " * 5000 + "x",
    "powers": "y ~ I(" + "^".join("x" * 3000) + ")",
    "subscripts": "y ~ x" + "[1]" * 3000,
    "nested groups": "y ~ (1 | " + "/".join(f"g{i}" for i in range(500)) + ")",
    "quotes": "y ~ " + "'" * 20001,
    "length": "y ~ " + "x" * 100_000,
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_what_would_blow_up_is_refused_soon(text: str) -> None:
    began = time.thread_time()
    with pytest.raises(FormulaError):
        parse_formula(text)
    assert time.thread_time() - began < SECONDS


def test_a_sum_of_a_thousand_terms_is_read_without_recursion() -> None:
    text = "y ~ " + " + ".join(f"x{i}" for i in range(1000)) + " + (1 | g)"
    formula = parse_formula(text)
    assert len(formula.fixed.terms) == 1000
    assert len(formula.bars) == 1
    assert formula_text(formula) == text
    assert deparse(parse_expression(text)) == text
