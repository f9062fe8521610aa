"""R code on data: R's types, recycling, NA, argument matching, and errors in the user's words."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from stanmlm.base.errors import DataError, FormulaError, StanmlmError, StanmlmWarning
from stanmlm.data.evaluate import Scope, evaluate
from stanmlm.data.foreign_values import as_value
from stanmlm.data.rvalues import Value, is_missing
from stanmlm.formula.rcode import Node
from stanmlm.formula.rparse import parse_expression

COLUMNS = pd.DataFrame(
    {
        "x": [-1.0, 0.5, 2.0, 3.5],
        "k": [3, 1, 2, 3],
        "l": [True, False, True, False],
        "f": pd.Categorical(["b", "a", "c", "a"]),
        "o": pd.Categorical(["lo", "hi", "mid", "lo"], categories=["lo", "mid", "hi"], ordered=True),
        "ch": ["u", "v", "u", "w"],
        "na": [1.0, np.nan, 3.0, np.nan],
        "lna": pd.array([True, None, False, None], dtype="boolean"),
        "fna": pd.Categorical(["p", None, "q", "p"]),
    }
)


def value(code: str, **caller: object) -> Value:
    data = {name: as_value(COLUMNS[name], name) for name in COLUMNS.columns}
    return evaluate(parse_expression(code), Scope(data, caller, code))


def elements(code: str, **caller: object) -> list[object]:
    """Elements of the value, factors and strings as labels, NA as None."""
    got = value(code, **caller)
    if got.levels and got.type != "closure":
        return [None if code < 0 else got.levels[code] for code in got.data]
    return [
        None if gap else float(number) for number, gap in zip(got.data.ravel(), is_missing(got).ravel(), strict=True)
    ]


# (code, what R 4.2.2 prints); NA and NaN are None.
ANSWERS: list[tuple[str, list[object]]] = [
    ("-x^2", [-1, -0.25, -4, -12.25]),
    ("5 %% -3", [-1]),
    ("-5 %/% 3", [-2]),
    ("2^3^2", [512]),
    ("1/0", [np.inf]),
    ("NA^0", [1]),
    ("1^NA", [1]),
    ("x > 0", [0, 1, 1, 1]),
    ("!l", [0, 1, 0, 1]),
    ("lna & FALSE", [0, 0, 0, 0]),
    ("lna | TRUE", [1, 1, 1, 1]),
    ("lna & TRUE", [1, None, 0, None]),
    ("lna | FALSE", [1, None, 0, None]),
    ("xor(l, TRUE)", [0, 1, 0, 1]),
    ("f == 'a'", [0, 1, 0, 1]),
    ("fna == 'p'", [1, None, 0, 1]),
    ("o > 'lo'", [0, 1, 1, 0]),
    ("o >= 'mid'", [0, 1, 1, 0]),
    ("o == 'none'", [0, 0, 0, 0]),
    ("o < 'none'", [None, None, None, None]),
    ("ifelse(l, scale(x, FALSE, FALSE), 0)", [-1, 0, 2, 0]),
    ("ch < 'v'", [1, 0, 1, 0]),
    ("k == '3'", [1, 0, 0, 1]),
    ("f %in% c('a', 'z')", [0, 1, 0, 1]),
    ("na %in% NA", [0, 1, 0, 1]),
    ("NULL %in% 1", []),
    ("is.na(fna)", [0, 1, 0, 0]),
    ("c(1, 2, TRUE)", [1, 2, 1]),
    ("c('a', 1, TRUE)", ["a", "1", "TRUE"]),
    ("c(f, f)", ["b", "a", "c", "a", "b", "a", "c", "a"]),
    ("3:1", [3, 2, 1]),
    ("f:o", ["b:lo", "a:hi", "c:mid", "a:lo"]),
    ("x[2]", [0.5]),
    ("x[-1]", [0.5, 2, 3.5]),
    ("x[l]", [-1, 2]),
    ("x[c(TRUE, FALSE)]", [-1, 2]),
    ("x[lna]", [-1, None, None]),
    ("x[9]", [None]),
    ("f[c(1, NA)]", ["b", None]),
    ("cbind(x, k)[2, ]", [0.5, 1]),
    ("cbind(x, k)[, 'k']", [3, 1, 2, 3]),
    ("rev(x)", [3.5, 2, 0.5, -1]),
    ("rep(1:2, times = c(2, 1))", [1, 1, 2]),
    ("rep(c('a', 'b'), each = 2)", ["a", "a", "b", "b"]),
    ("rep(1:2, length.out = 3)", [1, 2, 1]),
    ("rep(1:2, len = 3)", [1, 2, 1]),
    ("seq(2, 8, by = 3)", [2, 5, 8]),
    ("seq(0, 1, length.out = 3)", [0, 0.5, 1]),
    ("seq(5)", [1, 2, 3, 4, 5]),
    ("as.numeric(f)", [2, 1, 3, 1]),
    ("as.numeric('1.5')", [1.5]),
    ("as.numeric('abc')", [None]),
    ("as.integer(-1.7)", [-1]),
    ("as.logical(k - 1)", [1, 0, 1, 1]),
    ("as.logical('T')", [1]),
    ("as.character(k)", ["3", "1", "2", "3"]),
    ("as.character(100000)", ["1e+05"]),
    ("as.character(100000L)", ["100000"]),
    ("as.character(0.1 + 0.2)", ["0.3"]),
    ("as.character(1/3)", ["0.333333333333333"]),
    ("as.character(x > 0)", ["FALSE", "TRUE", "TRUE", "TRUE"]),
    ("ifelse(x > 0, ch, 'none')", ["none", "v", "u", "w"]),
    ("ifelse(lna, 1, 0)", [1, None, 0, None]),
    ("ifelse(l, f, 0)", [2, 0, 3, 0]),
    ("paste(f, k, sep = '/')", ["b/3", "a/1", "c/2", "a/3"]),
    ("paste0('s', k)", ["s3", "s1", "s2", "s3"]),
    ("paste(c('a', NA))", ["a", "NA"]),
    ("mean(na)", [None]),
    ("mean(na, na.rm = TRUE)", [2]),
    ("mean(x, trim = 0.25)", [1.25]),
    ("sum(l)", [2]),
    ("min(x, 9)", [-1]),
    ("max(na, na.rm = TRUE)", [3]),
    ("var(x)", [3.75]),
    ("quantile(x, 0.5)", [1.25]),
    ("range(x)", [-1, 3.5]),
    ("cumsum(k)", [3, 4, 6, 9]),
    ("pmin(x, na)", [-1, None, 2, None]),
    ("pmin(x, na, na.rm = TRUE)", [-1, 0.5, 2, 3.5]),
    ("round(c(2.5, -0.5, 1234.5))", [2, -0.0, 1234]),
    ("round(c(0.15, 0.25, 0.35, 0.45), 1)", [0.1, 0.2, 0.3, 0.4]),
    ("round(2.675, 2)", [2.67]),
    ("round(1234.5, -2)", [1200]),
    ("round(-1.456, 2)", [-1.46]),
    ("signif(123456, 2)", [120000]),
    ("log(8, 2)", [3]),
    ("log(base = 2, 8)", [3]),
    ("log(8, b = 2)", [3]),
    ("nlevels(f)", [3]),
    ("levels(o)", ["lo", "mid", "hi"]),
    ("length(x)", [4]),
    ("any(x > 3)", [1]),
    ("all(lna)", [0]),
    ("any(lna)", [1]),
    ("which(l)", [1, 3]),
    ("factor(k, levels = c(1, 2))", [None, "1", "2", None]),
    ("factor(k, labels = c('one', 'two', 'two'))", ["two", "one", "two", "two"]),
    ("relevel(f, 'c')", ["b", "a", "c", "a"]),
    ("cut(x, c(-2, 0, 4))", ["(-2,0]", "(0,4]", "(0,4]", "(0,4]"]),
    ("cut(x, c(0, 2), right = FALSE)", [None, "[0,2)", None, None]),
    ("cut(x, c(-1, 2), include.lowest = TRUE)", ["[-1,2]", "[-1,2]", "[-1,2]", None]),
    ("interaction(f, l)", ["b.TRUE", "a.FALSE", "c.TRUE", "a.FALSE"]),
    ("reorder(f, x)", ["b", "a", "c", "a"]),
    ("diff(x)", [1.5, 1.5, 1.5]),
    ("diff(range(x))", [4.5]),
    ("x / diff(range(x))", [-0.222222222222222, 0.111111111111111, 0.444444444444444, 0.777777777777778]),
    ("diff(k, lag = 2)", [-1, 2]),
    ("diff(x, differences = 2)", [0, 0]),
    ("diff(k, 9)", []),
    ("diff(x, 2, 2)", []),
    ("c(0, diff(k))", [0, -2, 1, 1]),
    ("unique(k)", [3, 1, 2]),
    ("unique(na)", [1, None, 3]),
    ("unique(f)", ["b", "a", "c"]),
    ("unique(ch)", ["u", "v", "w"]),
    ("unique(lna)", [1, None, 0]),
    ("factor(f, levels = unique(f))", ["b", "a", "c", "a"]),
    ("factor(fna, levels = unique(fna))", ["p", None, "q", "p"]),
    ("factor(ch, levels = rev(sort(unique(ch))))", ["u", "v", "u", "w"]),
    ("factor(f, levels = c(\"c\", setdiff(levels(f), \"c\")))", ["b", "a", "c", "a"]),
    ("order(x)", [1, 2, 3, 4]),
    ("order(k)", [2, 3, 1, 4]),
    ("order(-k)", [1, 4, 3, 2]),
    ("order(k, x)", [2, 3, 1, 4]),
    ("order(k, -x)", [2, 3, 4, 1]),
    ("order(order(k))", [3, 1, 2, 4]),
    ("order(na)", [1, 3, 2, 4]),
    ("order(na, na.last = FALSE)", [2, 4, 1, 3]),
    ("order(na, na.last = NA)", [1, 3]),
    ("order(ch)", [1, 3, 2, 4]),
    ("order(ch, decreasing = TRUE)", [4, 2, 1, 3]),
    ("order(fna, decreasing = TRUE)", [3, 1, 4, 2]),
    ("order(o)", [1, 4, 3, 2]),
    ("order(l, ch)", [2, 4, 1, 3]),
    ("sort(k)", [1, 2, 3, 3]),
    ("sort(na)", [1, 3]),
    ("sort(na, na.last = TRUE)", [1, 3, None, None]),
    ("sort(ch, decreasing = TRUE)", ["w", "v", "u", "u"]),
    ("sort(o)", ["lo", "lo", "mid", "hi"]),
    ("sort(l)", [0, 0, 1, 1]),
    ("x[order(k)]", [0.5, 2, -1, 3.5]),
    ("rank(k)", [3.5, 1, 2, 3.5]),
    ("rank(-k)", [1.5, 4, 3, 1.5]),
    ("rank(x)", [1, 2, 3, 4]),
    ("rank(ch)", [1.5, 3, 1.5, 4]),
    ("rank(o)", [1.5, 4, 3, 1.5]),
    ("rank(f)", [3, 1.5, 4, 1.5]),
    ("rank(l)", [3.5, 1.5, 3.5, 1.5]),
    ("rank(k, ties.method = \"min\")", [3, 1, 2, 3]),
    ("rank(k, ties = \"max\")", [4, 1, 2, 4]),
    ("rank(na, na.last = \"keep\")", [1, None, 2, None]),
    ("rank(na, \"keep\", \"min\")", [1, None, 2, None]),
    ("rank(fna, na.last = \"keep\")", [1.5, None, 3, 1.5]),
    ("rank(lna, na.last = \"keep\")", [2, None, 1, None]),
    ("scale(rank(x))", [-1.16189500386223, -0.387298334620742, 0.387298334620742, 1.16189500386223]),
    ("rank(x) / length(x)", [0.25, 0.5, 0.75, 1]),
    ("duplicated(k)", [0, 0, 0, 1]),
    ("duplicated(na)", [0, 0, 0, 1]),
    ("duplicated(ch)", [0, 0, 1, 0]),
    ("findInterval(x, c(0, 2, 3))", [0, 1, 2, 3]),
    ("findInterval(x, c(0, 2, 3.5), rightmost.closed = TRUE)", [0, 1, 2, 2]),
    ("findInterval(x, c(0, 2, 3.5), left.open = TRUE)", [0, 1, 1, 2]),
    ("findInterval(x, c(-1, 2, 3.5), left.open = TRUE, rightmost.closed = TRUE)", [1, 1, 1, 2]),
    ("findInterval(x, c(0, 2, 3.5), all.inside = TRUE)", [1, 1, 2, 2]),
    ("findInterval(na, c(0, 2, 2, 3.5))", [1, None, 3, None]),
    ("findInterval(x, quantile(x, c(0.25, 0.5)))", [0, 1, 2, 2]),
    ("head(x, 2)", [-1, 0.5]),
    ("head(x, -1)", [-1, 0.5, 2]),
    ("head(x)", [-1, 0.5, 2, 3.5]),
    ("head(f, 1)", ["b"]),
    ("tail(x, 1)", [3.5]),
    ("tail(k, -3)", [3]),
    ("tail(ch, 2)", ["u", "w"]),
    ("head(cbind(x, k), 1)", [-1, 3]),
    ("head(sort(x), 1)", [-1]),
    ("x - head(x, 1)", [0, 1.5, 3, 4.5]),
    ("outer(x, 1:2)", [-1, -2, 0.5, 1, 2, 4, 3.5, 7]),
    ("outer(k, c(1, 2), \"^\")", [3, 9, 1, 1, 2, 4, 3, 9]),
    ("outer(k, 0:1, FUN = \">=\")", [1, 1, 1, 1, 1, 1, 1, 1]),
    ("outer(l, k, \"+\")", [4, 2, 3, 4, 3, 1, 2, 3, 4, 2, 3, 4, 3, 1, 2, 3]),
    ("outer(k, 2, pmin)", [2, 1, 2, 2]),
    ("match(k, c(3, 2))", [1, None, 2, 1]),
    ("match(ch, c(\"w\", \"u\"))", [2, None, 2, 1]),
    ("match(f, levels(f))", [2, 1, 3, 1]),
    ("match(na, NA)", [None, 1, None, 1]),
    ("match(k, c(3, 3, 1), nomatch = 0)", [1, 3, 0, 1]),
    ("is.element(k, c(3, 9))", [1, 0, 0, 1]),
    ("union(k, 9:8)", [3, 1, 2, 9, 8]),
    ("union(f, \"z\")", ["b", "a", "c", "z"]),
    ("intersect(k, c(2, 3))", [3, 2]),
    ("setdiff(k, 3)", [1, 2]),
    ("setdiff(ch, \"u\")", ["v", "w"]),
    ("rowSums(cbind(x, k))", [2, 1.5, 4, 6.5]),
    ("rowMeans(cbind(x, na))", [0, None, 2.5, None]),
    ("rowMeans(cbind(x, na), na.rm = TRUE)", [0, 0.5, 2.5, 3.5]),
    ("IQR(x)", [2.25]),
    ("IQR(na, na.rm = TRUE)", [1]),
    ("mad(x)", [2.2239]),
    ("mad(x, constant = 1)", [1.5]),
    ("mad(na, na.rm = TRUE)", [1.4826]),
    ("ave(x, f, FUN = length)", [1, 2, 1, 2]),
    ("cumsum(rev(k))", [3, 5, 6, 9]),
    ("rev(k)", [3, 2, 1, 3]),
    ("range(k, 9)", [1, 9]),
    ("cummax(na)", [1, None, None, None]),
    ("pi", [np.pi]),
    ("isTRUE_like", [7]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "answer"), ANSWERS, ids=[code for code, _ in ANSWERS])
def test_values_are_those_of_R(code: str, answer: list[object]) -> None:  # noqa: N802
    got = elements(code, isTRUE_like=7)
    assert len(got) == len(answer)
    for ours, expected in zip(got, answer, strict=True):
        assert ours == pytest.approx(expected) if isinstance(expected, float) else ours == expected


def test_levels_come_in_the_order_of_R() -> None:  # noqa: N802
    assert value("factor(k)").levels == ("1", "2", "3")
    assert value("factor(ch)").levels == ("u", "v", "w")
    assert value("relevel(f, 'c')").levels == ("c", "a", "b")
    assert value("reorder(f, -k)").levels == ("b", "a", "c")
    assert value("factor(f[f != 'b'])").levels == ("a", "c")
    assert value("interaction(f, l)").levels == ("a.FALSE", "b.FALSE", "c.FALSE", "a.TRUE", "b.TRUE", "c.TRUE")
    assert value("interaction(f, l, drop = TRUE)").levels == ("a.FALSE", "b.TRUE", "c.TRUE")


def test_what_is_missing_is_no_level() -> None:
    assert value("factor(fna, levels = unique(fna))").levels == ("p", "q")


def test_types_follow_R() -> None:  # noqa: N802
    types = {
        "k + 1L": "integer",
        "k + 1": "double",
        "k / 2L": "double",
        "l + l": "integer",
        "x > 0": "logical",
        "ordered(k)": "ordered",
        "c(o, o)": "ordered",
        "c(o, f)": "factor",
        "reorder(o, x)": "ordered",
        "as.factor(ch)": "factor",
        "sum(k)": "double",
        "rank(k)": "double",
        "rank(k, ties.method = 'min')": "integer",
        "order(x)": "integer",
        "sort(o)": "ordered",
        "unique(f)": "factor",
        "union(f, 'z')": "character",
        "intersect(k, c(2, 3))": "double",
        "diff(k)": "integer",
        "findInterval(x, 1)": "integer",
    }
    assert {code: value(code).type for code in types} == types


REFUSED = [
    ("log(f)", "'log' not meaningful for factors"),
    ("log(ch)", "non-numeric argument to mathematical function"),
    ("ch + 1", "non-numeric argument"),
    ("nope + 1", "`nope` is not a column of the data"),
    ("lo", "did you mean `o`"),
    ("log(x, 2, 3)", "unused argument"),
    ("log(x, zzz = 2)", r"unused argument \(zzz\)"),
    ("log()", 'argument "x" of log.. is missing, with no default'),
    ("rond(x)", "did you mean `round`"),
    ("rep(1:2, times = 1:3)", "invalid 'times'"),
    ("relevel(o, 'mid')", "only for"),
    ("relevel(f, 'zz')", "'ref' must be an existing level"),
    ("cut(x, c(1, 1))", "'breaks' are not unique"),
    ("x$a", r"\$ operator is invalid"),
    ("cbind(x, k)[, 3]", "subscript out of bounds"),
    ("x[c(-1, 1)]", "can't mix positive and negative subscripts"),
    ("factor(k, labels = c('a', 'b'))", "invalid 'labels'; length 2 should be 1 or 3"),
    ("poly(na, 2)", "missing values are not allowed in 'poly'"),
    ("quantile(na, 0.5)", "missing values"),
    ("1:1e12", "1e\\+12 numbers; .* are the most that a formula may make"),
    ("seq(1, 1e12)", "the most that a formula may make"),
    ("rep(x, 1e12)", "the most that a formula may make"),
    ("rep(x, times = -1)", "invalid 'times'"),
    ("contr.sum(1e6)", "the most that a formula may make"),
    ("poly(x, 1e9, raw = TRUE)", "the most that a formula may make"),
    ("bs(x, df = 1e9)", "the most that a formula may make"),
    ("cut(x, 1e12)", "the most that a formula may make"),
    ("outer(1:1e5, 1:1e5)", "the most that a formula may make"),
    ("outer(x, 1:2, 'mean')", "FUN in outer.. takes two elements"),
    ("rank(x, ties.method = 'first')", r'order\(order\(x\)\) is "first"'),
    ("rank(na, na.last = TRUE)", "what is missing has no rank"),
    ("rank(cbind(x, k))", "rank.. needs a vector, not a matrix"),
    ("order(x, 1:2)", "argument lengths differ"),
    ("findInterval(x, c(2, 1))", "'vec' must be sorted"),
    ("diff(f)", "diff.. needs numbers, not a factor"),
    ("diff(x, 0)", "'lag' and 'differences' must be integers >= 1"),
    ("rowSums(x)", "'x' must be a matrix of numbers"),
    ("contr.treatment(3, base = 9)", "baseline group number out of range"),
    ("C(ch, sum)", "object not interpretable as a factor"),
]


@pytest.mark.parametrize(("code", "words"), REFUSED, ids=[code for code, _ in REFUSED])
def test_what_fails_is_told_with_a_caret(code: str, words: str) -> None:
    with pytest.raises(FormulaError, match=words) as caught:
        value(code)
    assert str(caught.value).splitlines()[-1].strip("^ ") == ""


def test_the_caret_stands_under_the_innermost_culprit() -> None:
    with pytest.raises(FormulaError) as caught:
        value("I(x + log(nope))")
    assert str(caught.value).splitlines()[-2:] == ["I(x + log(nope))", "          ^^^^"]


def test_warnings_are_those_of_R() -> None:  # noqa: N802
    with pytest.warns(StanmlmWarning, match=r"NaNs produced by log\(\) at 1 of 4"):
        value("log(x)")
    with pytest.warns(StanmlmWarning, match="not meaningful for factors"):
        assert is_missing(value("f + 1")).all()
    with pytest.warns(StanmlmWarning, match="not a multiple"):
        value("x + 1:3")


def test_dotted_names_fall_back_to_underscores_in_scope() -> None:
    assert elements("avg.income * 2", avg_income=np.array([1.0, 2.0])) == [2, 4]


def test_python_functions_are_called_with_plain_things() -> None:
    def standardise(values: np.ndarray, by: float = 1.0) -> np.ndarray:
        return (values - values.mean()) / by

    assert elements("standardise(k, by = 2)", standardise=standardise) == pytest.approx([0.375, -0.625, -0.125, 0.375])
    assert elements("upper(f)", upper=lambda f: f.astype(str).str.upper()) == ["B", "A", "C", "A"]
    with pytest.raises(FormulaError, match=r"broken\(\) failed: no luck"):
        value("broken(x)", broken=lambda x: (_ for _ in ()).throw(RuntimeError("no luck")))


def test_frames_and_matrices_in_scope_are_matrices() -> None:
    matrix = value("stateFE", stateFE=pd.DataFrame({"AL": [1, 0], "AK": [0, 1]}))
    assert (matrix.columns, matrix.data.tolist()) == (("AL", "AK"), [[1, 0], [0, 1]])
    assert elements("d$a", d=pd.DataFrame({"a": [1, 2]})) == [1, 2]
    assert value("m", m=np.eye(2, dtype=int)).columns == ()


MAKES = {
    "integers with gaps": pd.array([1, None], dtype="Int64"),
    "floats": pd.array([1.0, None], dtype="Float64"),
    "objects": np.array([1, None], dtype=object),
    "arrow": pd.array([1, None], dtype="int64[pyarrow]"),
    "list": [1, np.nan],
}


@pytest.mark.parametrize("make", list(MAKES))
def test_missing_numbers_of_any_make_are_NA(make: str) -> None:  # noqa: N802
    assert is_missing(as_value(MAKES[make], "x")).tolist() == [False, True]


@pytest.mark.parametrize("dtype", ["str", "object", "string", "category"])
def test_missing_strings_of_any_make_are_NA(dtype: str) -> None:  # noqa: N802
    assert is_missing(as_value(pd.Series(["a", None], dtype=dtype), "x")).tolist() == [False, True]


def test_binned_columns_keep_the_order_of_their_intervals() -> None:
    bins = as_value(pd.cut(pd.Series([5.0, 15.0]), [0, 10, 20]), "age")
    assert (bins.type, bins.levels) == ("ordered", ("(0, 10]", "(10, 20]"))


@pytest.mark.parametrize("thing", [[1, "a"], [[1], [2, 3]], np.zeros((2, 2, 2)), np.array([1j]), {1, 2}, json])
def test_what_R_has_nothing_like_is_refused_by_name(thing: object) -> None:  # noqa: N802
    with pytest.raises(DataError, match="`odd`"):
        as_value(thing, "odd")


def test_any_tree_gives_a_value_or_one_of_our_errors() -> None:
    names = ["x", "f", "ch", "lna", "1", "'a'", "NULL", "-1:2"]
    functions = ["log", "factor", "cut", "ifelse", "poly", "rep", "seq", "cbind", "C", "paste", "[", "scale", "bs"]
    rng, given, refused = np.random.default_rng(1), 0, 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(1500):
            leaves = [parse_expression(str(name)) for name in rng.choice(names, rng.integers(0, 4))]
            node = Node("call", str(rng.choice(functions)), tuple(("", leaf) for leaf in leaves))
            try:
                evaluate(node, Scope({n: as_value(COLUMNS[n], n) for n in COLUMNS.columns}, {}))
                given += 1
            except StanmlmError:
                refused += 1
    assert min(given, refused) > 100  # both happen often, and nothing else does
