"""Model frames: where variables come from, subset, missing values, weights, offsets, and what is refused."""

import json
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from stanmlm.base.errors import DataError, FormulaError, OptionError, StanmlmWarning
from stanmlm.data.design import design
from stanmlm.data.factors import own_values
from stanmlm.data.foreign_values import as_value
from stanmlm.data.frame import ModelFrame, model_frame, to_pandas
from stanmlm.formula.formula import parse_formula

DATA = pd.DataFrame(
    {
        "y": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "x": [0.5, np.nan, 1.5, 2.0, 2.5, 3.0],
        "n": [5, 6, 7, 8, 9, 10],
        "f": pd.Categorical(["a", "b", "b", None, "c", "a"], categories=["a", "b", "c", "unused"]),
        "year": [2000, 2000, 2004, 2004, 2000, 2004],
        "w": [1.0, 2.0, 3.0, 4.0, np.nan, 6.0],
        "my weights": [1.0, 1.0, 2.0, 2.0, 3.0, 3.0],
    },
    index=list("uvwxyz"),
)


def frame(text: str, data: object = DATA, scope: dict[str, object] | None = None, **options: object) -> ModelFrame:
    columns = tuple(data.columns) if isinstance(data, pd.DataFrame) else ()
    return model_frame(parse_formula(text, columns), data, scope or {}, **options)  # type: ignore[arg-type]


def test_rows_with_missing_values_go_and_are_told() -> None:
    made = frame("y ~ x + f")
    assert made.rows.tolist() == [0, 2, 4, 5]
    assert made.index.tolist() == ["u", "w", "y", "z"]
    assert (made.n_data, made.na_action) == (6, "omit")
    assert made.values["f"].levels == ("a", "b", "c")
    assert made.variables.columns.tolist() == ["y", "x", "f"]


def test_na_pass_keeps_them_and_na_fail_refuses() -> None:
    assert np.isnan(frame("y ~ x", na_action="pass").values["x"].data[1])
    with pytest.raises(DataError, match="missing values in object: `x` has 1"):
        frame("y ~ x", na_action="fail")
    with pytest.raises(OptionError, match="did you mean `omit`"):
        frame("y ~ x", na_action="omitt")


def test_calls_see_all_rows_before_subset_and_na_action() -> None:
    made = frame("y ~ scale(n) + x", subset="year == 2000")
    assert made.rows.tolist() == [0, 4]
    assert made.values["scale(n)"].data.ravel() == pytest.approx((np.array([5, 9]) - 7.5) / np.std(DATA.n, ddof=1))


SUBSETS = {
    "code": "year == 2004 & y > 3",
    "a mask": np.array([False, False, False, True, False, True]),
    "a Series": (DATA.year == 2004) & (DATA.y > 3),
    "positions from 0": np.array([3, 5]),
    "positions from 1 in R code": "c(4, 6)",
    "a list of truth": [False, False, False, True, False, True],
}


@pytest.mark.parametrize("given", list(SUBSETS))
def test_subset_may_be_code_or_values(given: str) -> None:
    made = frame("y ~ 1", subset=SUBSETS[given])
    assert (made.rows.tolist(), made.n_data) == ([3, 5], 2)


def test_subset_takes_NA_for_no() -> None:  # noqa: N802
    assert frame("y ~ 1", subset="x > 1").rows.tolist() == [2, 3, 4, 5]
    assert frame("y ~ 1", subset=[np.nan, 3.0, 5.9]).rows.tolist() == [3, 5]


@pytest.mark.parametrize("given", ["x > 1e9", [], np.zeros(6, dtype=bool)])
def test_a_subset_without_rows_is_named(given: object) -> None:
    with pytest.raises(DataError, match="subset keeps none of the 6 rows"):
        frame("y ~ 1", subset=given)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pd.period_range("2020", periods=3), "`z` is of type period; a column must hold numbers, strings"),
        (pd.to_timedelta([1, 2, 3], "s"), "`z` is of type timedelta64"),
        ([1, "a", 2.5], "`z` mixes types"),
    ],
)
def test_a_type_without_a_meaning_here_is_named(column: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        model_frame(parse_formula("y ~ z"), pd.DataFrame({"y": [1.0, 2.0, 4.0], "z": column}), {})


def test_subset_is_one_column() -> None:
    with pytest.raises(DataError, match="subset has 2 columns; it must be truth values or positions"):
        frame("y ~ 1", subset=np.zeros((6, 2)))


@pytest.mark.parametrize("given", [[True], [True, False], [9], [1e300], [-np.inf], "1e300"])
def test_subset_of_another_length_is_refused(given: list[object]) -> None:
    if given == [True]:
        assert len(frame("y ~ 1", subset=given).rows) == 6
        return
    with pytest.raises(DataError, match="subset"):
        frame("y ~ 1", subset=given)


def test_weights_and_offset_come_as_names_code_or_numbers() -> None:
    made = frame("y ~ n + offset(log(n))", weights="w", offset="sqrt(n)")
    kept = DATA.drop(index="y")
    assert made.index.tolist() == kept.index.tolist()
    np.testing.assert_allclose(made.weights, kept.w)
    np.testing.assert_allclose(made.offset, np.log(kept.n) + np.sqrt(kept.n))
    np.testing.assert_allclose(frame("y ~ 1", weights="my weights").weights, DATA["my weights"])
    np.testing.assert_allclose(frame("y ~ 1", weights=DATA.n).weights, DATA.n)
    with pytest.raises(DataError, match="weights has 2 values for 6 rows"):
        frame("y ~ 1", weights=[1, 2])
    with pytest.raises(DataError, match="weights must be numbers"):
        frame("y ~ 1", weights="f")
    with pytest.raises(FormulaError, match="did you mean `year`"):
        frame("y ~ 1", weights="yer * 2")


def test_what_minus_removes_still_costs_its_rows() -> None:
    assert frame("y ~ n - x").rows.tolist() == [0, 2, 3, 4, 5]


def test_grouping_factors_cost_their_rows() -> None:
    assert frame("y ~ 1 + (1 | f)").rows.tolist() == [0, 1, 2, 4, 5]


RESPONSES: dict[str, tuple[str, list[object], tuple[str, ...]]] = {
    "y": ("numeric", [1, 2, 3, 4, 5, 6], ()),
    "log(n)": ("numeric", np.log(DATA.n).tolist(), ()),
    "y > 3": ("logical", [False, False, False, True, True, True], ()),
    "factor(year)": ("factor", [0, 0, 1, 1, 0, 1], ("2000", "2004")),
    "as.character(year)": ("factor", [0, 0, 1, 1, 0, 1], ("2000", "2004")),
    "cbind(y, n - y)": ("cbind", np.column_stack([DATA.y, DATA.n - DATA.y]).tolist(), ("y", "")),
    "scale(y, scale = FALSE)": ("numeric", (DATA.y - 3.5).tolist(), ()),
}


@pytest.mark.parametrize("text", list(RESPONSES))
def test_responses_are_read_as_they_are(text: str) -> None:
    response = frame(f"{text} ~ 1").response
    assert response is not None
    kind, values, levels = RESPONSES[text]
    assert (response.kind, response.label, response.levels) == (kind, text, levels)
    np.testing.assert_allclose(response.values.astype(float), np.array(values, dtype=float))


ADDED: dict[str, dict[str, list[float]]] = {
    "y | trials(n)": {"trials": DATA.n.tolist()},
    "y | trials(10) + weights(year)": {"trials": [10.0] * 6, "weights": DATA.year.tolist()},
    "y | cens(y > 4)": {"cens": [0, 0, 0, 0, 1, 1]},
    'y | cens(ifelse(y > 4, "left", "none"))': {"cens": [0, 0, 0, 0, -1, -1]},
    "y | cens(ifelse(y > 4, 2, 0), n) + trunc(ub = 100)": {
        "cens": [0, 0, 0, 0, 2, 2],
        "y2": DATA.n.tolist(),
        "ub": [100.0] * 6,
    },
    "Surv(y, y < 3)": {"cens": [0, 0, 1, 1, 1, 1]},
    "Surv(y, 1 + (y < 3))": {"cens": [0, 0, 1, 1, 1, 1]},
    'Surv(y, y < 3, type = "left")': {"cens": [0, 0, -1, -1, -1, -1]},
}


@pytest.mark.parametrize("text", list(ADDED))
def test_additions_are_numbers_a_row(text: str) -> None:
    response = frame(f"{text} ~ 1").response
    assert response is not None
    assert response.label == "y"
    assert response.values.tolist() == DATA.y.tolist()
    assert {name: values.tolist() for name, values in response.added.items()} == ADDED[text]


def test_intervals_by_their_ends_may_lack_either() -> None:
    data = pd.DataFrame({"a": [1.0, np.nan, 3.0, 4.0, np.nan], "b": [1.0, 2.0, np.nan, 6.0, np.nan]})
    formula = parse_formula('Surv(a, b, type = "interval2") ~ 1', tuple(data))
    made = model_frame(formula, data, {})
    assert made.rows.tolist() == [0, 1, 2, 3]  # of the last nothing is known
    assert made.response.values.tolist() == [1, 2, 3, 4]
    assert made.response.added["cens"].tolist() == [0, -1, 1, 2]
    assert made.response.added["y2"][3] == 6


def test_an_interval_without_an_end_makes_a_design() -> None:
    data = pd.DataFrame({"a": [1.0, np.nan, 3.0], "b": [1.0, 2.0, np.nan], "x": [0.1, 0.5, 0.7]})
    formula = parse_formula('Surv(a, b, type = "interval2") ~ x', tuple(data))
    assert design(formula, model_frame(formula, data, {})).X[:, 1].tolist() == [0.1, 0.5, 0.7]


def test_levels_of_censoring_that_no_row_has_say_nothing() -> None:
    words = pd.Categorical(["none", "right"], categories=["none", "right", "unknown"])
    data = pd.DataFrame({"y": [1.0, 2.0], "c": words})
    made = model_frame(parse_formula("y | cens(c) ~ 1", tuple(data)), data, {})
    assert made.response is not None
    assert made.response.added["cens"].tolist() == [0, 1]


def test_rows_that_subset_drops_are_gone_and_so_are_those_that_lack_what_is_added() -> None:
    data = pd.DataFrame({"y": [1.0, 2.0, 3.0, 4.0], "d": [1.0, np.nan, 2.0, 3.0], "s": [1, 1, 0, 1]})
    formula = parse_formula("y | rate(d) + subset(s) ~ 1", tuple(data))
    assert model_frame(formula, data, {}).rows.tolist() == [0, 3]


BAD_ADDED = [
    ("y | cens(f) ~ 1", "cens.. reads"),
    ("y | cens(y) ~ 1", "cens.. reads"),
    ("y | weights(f) ~ 1", "must be numbers"),
    ("y | weights(c(1, 2)) ~ 1", "2 values for 6 rows"),
]


@pytest.mark.parametrize(("text", "message"), BAD_ADDED)
def test_additions_that_cannot_be_are_refused(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        frame(text)


def test_the_lecture_works_with_variables_in_scope() -> None:
    scope: dict[str, object] = {
        "vote": np.array([1, 0, 1, 1]),
        "income": [1.0, 2.0, 3.0, 4.0],
        "state": ["AL", "AL", "AK", "AK"],
        "stateFE": pd.DataFrame({"AL": [1, 1, 0, 0], "AK": [0, 0, 1, 1]}),
        "avg_income": np.array([0.1, 0.1, 0.2, 0.2]),
        "j": "AK",
    }
    assert frame("vote ~ income", None, scope).rows.tolist() == [0, 1, 2, 3]
    assert frame("vote ~ income + stateFE - 1", None, scope).values["stateFE"].columns == ("AL", "AK")
    assert frame("vote ~ avg.income", None, scope).variables.columns.tolist() == ["vote", "avg.income"]
    one = frame("vote[state == j] ~ income[state == j]", None, scope)
    assert one.variables["income[state == j]"].tolist() == [3, 4]
    assert one.memory["scope"]["j"]["levels"] == ["AK"]  # type: ignore[index]


def test_scope_fills_in_what_the_data_lack() -> None:
    made = frame("y ~ extra", scope={"extra": np.arange(6), "y": np.zeros(6)})
    assert made.variables["y"].tolist() == DATA.y.tolist()
    with pytest.raises(FormulaError, match=r"variable lengths differ \(found for 'extra'\)"):
        frame("y ~ extra", scope={"extra": np.arange(5)})


def test_a_subset_within_the_formula_leaves_the_data_longer() -> None:
    assert frame("y[year == 2000] ~ n[year == 2000]").variables.shape == (3, 2)


FRAMES = {
    "polars": pl.DataFrame({"y": [1, 2, 3], "g": ["b", None, "a"], "l": [True, None, False], "x": [0.5, None, 2.5]}),
    "lazy polars": pl.LazyFrame({"y": [1, 2, 3], "g": ["b", None, "a"], "l": [True, None, False], "x": [0.5, None, 2]}),
    "arrow": pa.table({"y": [1, 2, 3], "g": ["b", None, "a"], "l": [True, None, False], "x": [0.5, None, 2.5]}),
    "dict": {"y": [1, 2, 3], "g": ["b", None, "a"], "l": [True, None, False], "x": [0.5, None, 2.5]},
}


@pytest.mark.parametrize("make", list(FRAMES))
def test_frames_of_any_make_are_read(make: str) -> None:
    made = frame("y ~ x + g + l", FRAMES[make])
    assert made.rows.tolist() == [0, 2]
    types = {label: value.type for label, value in made.values.items()}
    assert types == {"y": "integer", "x": "double", "g": "character", "l": "logical"}


def test_an_enumeration_keeps_its_levels() -> None:
    data = pl.DataFrame({"g": pl.Series(["lo", "hi"], dtype=pl.Enum(["lo", "hi"]))})
    assert frame("~ g", data).values["g"].levels == ("lo", "hi")


def test_data_are_never_changed() -> None:
    before = DATA.copy(deep=True)
    frame("scale(y) ~ poly(n, 2) + f", subset="y > 1", weights="w")
    pd.testing.assert_frame_equal(DATA, before)


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(DataError, match="data= is a list"):
        to_pandas([1, 2])
    with pytest.raises(DataError, match="do not make a table"):
        to_pandas({"x": [1, 2], "y": [1]})
    with pytest.raises(DataError, match="more than one column named `x`"):
        to_pandas(pd.DataFrame([[1, 2]], columns=["x", "x"]))


def test_unknown_names_are_told_with_a_caret_and_a_suggestion() -> None:
    with pytest.raises(FormulaError) as caught:
        frame("y ~ 1 + yaer")
    assert "did you mean `year`?\ny ~ 1 + yaer\n        ^^^^" in str(caught.value)
    with pytest.raises(FormulaError, match=r"pass data=, or define `my_x` first"):
        frame("y ~ my.x", None, {"y": [1, 2]})
    with pytest.raises(FormulaError, match=r"invalid type \(closure\) for variable 'mean'"):
        frame("y ~ mean")


def test_nothing_left_says_which_variable_was_missing() -> None:
    with pytest.raises(DataError, match=r"0 \(non-NA\) cases.*`gone` is missing in 6"):
        frame("y ~ gone", DATA.assign(gone=np.nan))
    with pytest.raises(DataError, match=r"0 \(non-NA\) cases"):
        frame("y ~ 1", subset="y > 100")
    with pytest.raises(DataError, match=r"0 \(non-NA\) cases"):
        frame("y ~ 1", DATA.iloc[:0])


def test_contrasts_are_dropped_with_the_levels_they_had() -> None:
    with pytest.warns(StanmlmWarning, match="contrasts dropped from factor C"):
        assert frame("y ~ C(f, sum)").values["C(f, sum)"].contrasts is None


def test_the_memory_is_json() -> None:
    made = frame(
        "y ~ poly(n, 2) + scale(n) + C(factor(year), sum) + cut(n, 3) + f + m[1:6]",
        scope={"m": np.arange(9)},
        offset="sqrt(n)",
    )
    assert json.loads(json.dumps(made.memory)) == made.memory


@pytest.mark.parametrize(
    ("plain", "arrow"),
    [
        (["b", "a", None], pa.large_string()),
        ([date(2020, 1, 2), date(2020, 1, 1), None], pa.date32()),
        ([Decimal("1.5"), Decimal("2.5"), None], pa.decimal128(5, 2)),
    ],
)
def test_a_column_of_arrow_types_is_read_as_the_same_column_of_objects(plain: list[object], arrow: pa.DataType) -> None:
    objects = pd.Series(plain, dtype=object)
    typed = pd.Series(pd.array(plain, dtype=pd.ArrowDtype(arrow)))
    a, b = as_value(objects, "x"), as_value(typed, "x")
    np.testing.assert_array_equal(a.data, b.data)
    assert (a.type, a.levels) == (b.type, b.levels)
    assert to_pandas(pd.DataFrame({"x": typed}))["x"].dtype == object  # type: ignore[index]


def test_a_dictionary_of_arrow_is_a_factor_with_its_levels_in_order() -> None:
    own = pd.Series(pd.Categorical(["b", "a", None], categories=["b", "z", "a"], ordered=True), index=[7, 8, 9])
    typed = own.astype(pd.ArrowDtype(pa.array(own).type))
    value = as_value(typed, "g")
    assert (value.type, value.levels, value.data.tolist()) == ("ordered", ("b", "z", "a"), [0, 2, -1])
    pd.testing.assert_series_equal(to_pandas({"g": typed})["g"], own, check_names=False)  # type: ignore[index]


@pytest.mark.parametrize("argument", ["weights", "offset", "subset"])
def test_a_series_whose_rows_are_the_datas_in_another_order_is_an_error(argument: str) -> None:
    data = pd.DataFrame({"y": [1.0, 2.0, 3.0]}, index=["a", "b", "c"])
    series = pd.Series([True, True, False], index=["c", "a", "b"]).astype(float if argument != "subset" else bool)
    formula = parse_formula("y ~ 1", ("y",))
    with pytest.raises(DataError, match=f"{argument}.*another order.*reindex"):
        model_frame(formula, data, {}, **{argument: series})  # type: ignore[arg-type]
    model_frame(formula, data, {}, **{argument: series.to_numpy()})  # type: ignore[arg-type]
    model_frame(formula, data, {}, **{argument: series.reset_index(drop=True)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "categories", [pd.to_datetime(["2020-01-01", "2020-01-02"]), pd.interval_range(0, 2)], ids=["times", "intervals"]
)
def test_the_levels_of_a_categorical_column_are_its_categories_whatever_their_type(categories: pd.Index) -> None:
    column = pd.Series(pd.Categorical.from_codes([1, 0, 1], categories=categories), name="g")
    assert own_values(as_value(column, "g").levels[::-1], column) == categories.tolist()[::-1]
