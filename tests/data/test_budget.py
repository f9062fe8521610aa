"""What a formula asks for is refused before it is done: in little time, in our words, with the limit."""

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.data.rfunctions import FUNCTIONS
from stanmlm.data.rfunctions.matching import invoke
from stanmlm.data.rvalues import NULL, Value, double, logical, strings

LONG = 10.0  # seconds of this thread, whatever else the machine does; what is refused would take minutes


def data(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    levels = {name: rng.permutation(n) % 1000 for name in "abc"}
    return pd.DataFrame({"y": rng.normal(size=n), "x": rng.normal(size=n), **levels})


TOO_MUCH = (
    "cut(x, 1e7)",
    "cut(x, 1e300)",
    "cut(x, seq(-3, 3, length.out = 1e7))",
    "poly(x, 1e6)",
    "poly(x, 1e6, raw = TRUE)",
    "poly(x, 10000, raw = TRUE)",
    "rep(x, 1e9)",
    "rep(x, Inf)",
    "rep(x, each = 1e9)",
    "rep_len(x, 1e10)",
    "bs(x, df = 1e6)",
    "bs(x, degree = 1e6)",
    "bs(x, knots = seq(-1, 1, length.out = 1e6))",
    "ns(x, df = 1e6)",
    "factor(seq_len(1e9))",
    "factor(seq_len(1e7))",
    "as.character(1:1e7)",
    "1:1e12",
    "mean(1:1e9)",
    "seq(0, 1, by = 1e-12)",
    "seq(0, 1, length.out = 1e10)",
    "contr.sum(1e6)",
    "contr.helmert(1e300)",
    "interaction(factor(1:1e5), factor(1:1e5))",
    "factor(1:1e5):factor(1:1e5)",
    "paste(1:1e7)",
    "nchar(paste0(paste(rep('a', 1e6), collapse = ''), x, paste(rep('a', 1e6), collapse = ''), 1:60))",
    "sum(1:1e7) + sum(1:1e7) + sum(1:1e7)",
    "x + rep(1:60, 1e5)[1:60] + rep(1:60, 1e5)[1:60] + rep(1:60, 1e5)[1:60] + rep(1:60, 1e5)[1:60]",
)


@pytest.mark.parametrize("code", TOO_MUCH)
def test_what_is_too_much_is_refused_before_it_is_made(code: str) -> None:
    frame = data()
    start = time.thread_time()
    with pytest.raises(sm.FormulaError, match=r"are the most that a formula may make|less than number of unique"):
        sm.model_matrix(f"y ~ I({code})", frame)
    assert time.thread_time() - start < LONG


def test_a_refusal_names_the_call_and_the_limit_under_a_caret() -> None:
    with pytest.raises(sm.FormulaError) as caught:
        sm.model_matrix("y ~ x + cut(x, 1e7)", data())
    message, text, caret = str(caught.value).splitlines()
    assert message == (
        "cut(): this would make 1e+07 levels or labels; 400,360 are the most that a formula may make of 60 rows"
    )
    assert text[caret.index("^") :] == "cut(x, 1e7)"


def test_the_budget_grows_with_the_data() -> None:
    """What is as long as the data is theirs, however many calls work on it."""
    n = 400_000
    frame = pd.DataFrame({"y": np.arange(n) % 7.0, "x": np.arange(n) * 1.0, "id": np.arange(n)})
    text = "y ~ x + " + " + ".join(f"I(x^2 + {k})" for k in range(60))
    assert sm.model_matrix(text, frame.iloc[:100_000]).shape == (100_000, 62)
    kept = sm.model_frame("y ~ factor(id)", frame)
    assert len(kept) == n


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("y ~ factor(a):factor(b):factor(c)", "columns"),
        ("y ~ factor(a):factor(b) + factor(b):factor(c) + factor(a):factor(c)", "with the terms before it"),
    ],
)
def test_interactions_of_many_levels_are_refused_before_they_are_coded(text: str, words: str) -> None:
    frame = data(300 if "before" in words else 2000)
    start = time.thread_time()
    with pytest.raises(sm.DataError, match=words):
        sm.model_matrix(text, frame)
    assert time.thread_time() - start < LONG


@pytest.mark.parametrize(
    "text",
    [
        "y ~ " + "(" * 3000 + "x" + ")" * 3000,
        "y ~ " + "log(" * 300 + "x" + ")" * 300,
        "y ~ (" + " + ".join(f"x{k}" for k in range(40)) + ")^1e9",
        "y ~ I(" + " + ".join(["x"] * 10_000) + ")",
        "y ~ " + " * ".join(f"x{k}" for k in range(200)),
        "y ~ I(x" + "^1e9" * 300 + ")",
        "y ~ " + "1" * 60_000,
        "y ~ " + "-" * 10_000 + "x",
    ],
)
def test_long_and_deep_formulas_end_soon(text: str) -> None:
    start = time.thread_time()
    with pytest.raises(sm.FormulaError):
        sm.model_matrix(text, data())
    assert time.thread_time() - start < 3 * LONG


@pytest.mark.parametrize("number", ["0x" + "f" * 257, "0x" + "f" * 20_000, "1e400", "9" * 5000, "1e-5000"])
def test_numbers_beyond_doubles_are_infinite_or_zero(number: str) -> None:
    X = sm.model_matrix(f"y ~ I(x > {number})", data())
    assert X.shape == (60, 2)


# Values of every kind, and what no call should be given.
GIVEN: Mapping[str, Value] = {
    "numbers": double(np.linspace(-2, 2, 12)),
    "one": double([1.0]),
    "none": double([]),
    "NA": double([np.nan]),
    "infinite": double([np.inf]),
    "huge": double([1e300]),
    "minus": double([-1.0]),
    "matrix": double(np.arange(24.0).reshape(12, 2)),
    "truth": logical(np.arange(12) % 2 == 0),
    "texts": strings(list("abcabcabcabc")),
    "no text": strings([None]),
    "factor": Value("factor", np.arange(12) % 3, ("p", "q", "r")),
    "ordered": Value("ordered", np.arange(12) % 3, ("p", "q", "r")),
    "no levels": Value("factor", np.zeros(0, dtype=int), ()),
    "NULL": NULL,
    "function": Value("closure", np.zeros(1), ("sum",)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore::stanmlm.StanmlmWarning", "ignore::RuntimeWarning")
def test_an_r_function_refuses_wrong_arguments_in_its_own_words(name: str) -> None:
    """No argument of any kind, in any place, gets as far as what Python or NumPy say of it."""
    function = FUNCTIONS[name]
    formals = [formal for formal in function.formals + function.after_dots if formal != "state"]
    calls = [[], *([("", value)] for value in GIVEN.values())]
    calls += [[("", first), ("", second)] for first in GIVEN.values() for second in GIVEN.values()]
    calls += [
        [("", GIVEN[k]), (formal, value)]
        for k in ("numbers", "factor")
        for formal in formals
        for value in GIVEN.values()
    ]
    for arguments in calls:
        try:
            assert isinstance(invoke(function, arguments), Value)
        except sm.StanmlmError as error:
            assert "has no value for" not in str(error), error.__cause__  # noqa: PT017
