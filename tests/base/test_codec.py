"""The codec: what goes in comes out, types and all; what cannot go in is refused."""

import json
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanmlm.base.errors import StanmlmWarning
from stanmlm.base.files.codec import PLAIN, TAG, Codec, UnknownTypeError, decode, encode
from stanmlm.base.files.codec_pandas import PANDAS
from stanmlm.fit.files.records import codec
from stanmlm.formula.rparse import parse_expression
from stanmlm.priors.prior_records import Prior

BOTH = Codec((*PANDAS, *PLAIN), {})


def through(table: Codec, value: object) -> Any:
    arrays: dict[str, Any] = {}

    def put(array: Any) -> str:
        arrays[str(len(arrays))] = array
        return str(len(arrays) - 1)

    written = json.dumps(encode(table, value, put), allow_nan=False)
    return decode(table, json.loads(written), arrays.__getitem__)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(plain)
def test_plain_values_come_back(value: object) -> None:
    assert repr(through(BOTH, value)) == repr(value)


def test_a_mapping_may_use_the_tag_and_other_keys_than_names() -> None:
    for value in ({TAG: "tuple", "is": [1]}, {1: "a", (2, "b"): None}, {"a": {TAG: {}}}):
        assert through(BOTH, value) == value
    assert through(BOTH, MappingProxyType({"a": 1})) == {"a": 1}


ARRAYS: tuple[Any, ...] = (
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array([True, False]),
    np.array(["a", "bc"]),
    np.array(["2020-01-01"], dtype="datetime64[D]"),
    np.zeros((0, 3)),
    np.array([1, None, "x", np.nan], dtype=object),
)


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: str(array.dtype))
def test_arrays_come_back(array: Any) -> None:
    again = through(BOTH, array)
    assert again.dtype == array.dtype
    assert again.shape == array.shape
    assert repr(again) == repr(array)


def test_numbers_of_numpy_come_back_as_they_were() -> None:
    for value in (np.int64(3), np.float32(0.1), np.bool_(True), np.datetime64("2020-01-01")):
        assert through(BOTH, value) == value
        assert type(through(BOTH, value)) is type(value)


def columns() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": [1.5, np.nan, -0.0],
            "whole": np.array([1, 2, 3], dtype=np.int8),
            "truth": [True, False, True],
            "text": ["a", None, "c"],
            "objects": np.array(["a", "b", "c"], dtype=object),
            "mixed": np.array([1, "1", True], dtype=object),
            "factor": pd.Categorical(["x", None, "y"], categories=["y", "x", "unused"]),
            "ordered": pd.Categorical([2, 1, 2], ordered=True),
            "when": pd.to_datetime(["2020-01-01", None, "2021-06-01"]),
            "zoned": pd.date_range("2020-01-01", periods=3, tz="Europe/Paris"),
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "nullable text": pd.array(["a", None, "b"], dtype="string"),
        },
        index=pd.Index(["r1", "r2", "r3"], name="row"),
    )


def test_a_frame_comes_back_with_its_types() -> None:
    frame = columns()
    again = through(BOTH, frame)
    pd.testing.assert_frame_equal(again, frame, check_exact=True)
    assert [type(item) for item in again["mixed"]] == [int, str, bool]


def test_frames_without_rows_or_columns_come_back() -> None:
    for frame in (columns().iloc[:0], columns()[[]], pd.DataFrame()):
        pd.testing.assert_frame_equal(through(BOTH, frame), frame)


def test_indexes_and_series_come_back() -> None:
    for index in (
        pd.RangeIndex(2, 8, 3, name="n"),
        pd.Index([3, 1], name=("a", 1)),
        pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["s", None]),
        pd.CategoricalIndex(["b", "a"]),
        pd.Index(["a", "b"], dtype=object),
    ):
        pd.testing.assert_index_equal(through(BOTH, index), index, exact=True)
    series = columns()["factor"].rename(None)
    pd.testing.assert_series_equal(through(BOTH, series), series)


def test_a_column_of_odd_objects_stays_behind_with_a_warning() -> None:
    frame = pd.DataFrame({"x": [1, 2], "shape": [{1}, {2}], "call": [len, max]})
    with pytest.warns(StanmlmWarning) as caught:
        again = through(BOTH, frame)
    assert again.columns.tolist() == ["x"]
    assert ["`shape`" in str(caught[0].message), "`call`" in str(caught[1].message)] == [True, True]


@pytest.mark.parametrize("value", [len, object(), {1, 2}, pytest], ids=["function", "object", "set", "module"])
def test_what_has_no_row_in_the_table_is_refused(value: object) -> None:
    with pytest.raises(UnknownTypeError, match="cannot be kept"):
        encode(BOTH, [value], lambda array: "")


def test_a_record_with_other_fields_is_refused() -> None:
    written = encode(codec(), Prior("normal", ((0.0,), (1.0,))), lambda array: "")
    for wrong in ({**written, "new": 1}, {name: item for name, item in written.items() if name != "arguments"}):
        with pytest.raises(ValueError, match="Prior"):
            decode(codec(), wrong, lambda name: np.zeros(0))


def test_code_comes_back_with_its_places_however_long_and_deep() -> None:
    nested = "x"
    for _ in range(49):
        nested = f"log({nested})"
    for text in ("poly(x, 2, raw = TRUE)[, 1]", " + ".join(f"x{i}" for i in range(2000)), nested):
        node = parse_expression(text)
        # `==` of nodes goes down the tree, and this one is too deep for it.
        assert encode(codec(), through(codec(), node), str) == encode(codec(), node, str)
