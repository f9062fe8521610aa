"""Cells: which rows share one, what is summed, and that hashing cannot merge what differs."""

from dataclasses import replace

import numpy as np
import pytest
from handmade import N, design, response
from hypothesis import given, settings
from hypothesis import strategies as st

from stanmlm.base.errors import OptionError
from stanmlm.data import distinct as distinct_module
from stanmlm.data.design import Design
from stanmlm.data.distinct import cells_of
from stanmlm.families.families import binomial, gaussian, poisson
from stanmlm.families.responses import Response
from stanmlm.model.compress import Cells, compress

FAMILIES = [gaussian(), binomial(), poisson()]


def key_of_rows(columns: Design, with_offset: bool) -> np.ndarray:
    parts = [columns.X, *(term.Z for term in columns.terms), *(term.index[:, None] for term in columns.terms)]
    return np.hstack([*parts, columns.offset[:, None]] if with_offset else parts)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("shape", ["none", "three", "two"])
def test_cells_are_the_distinct_rows(family, shape: str) -> None:
    rows = design(shape, offset=True)
    cells = compress(rows, response(family), family)
    key = key_of_rows(rows, family.offset_in_key)
    assert len(cells.first) == len(np.unique(key, axis=0)) < N
    np.testing.assert_array_equal(key[cells.first][cells.row], key)
    np.testing.assert_array_equal(cells.X, rows.X[cells.first])
    np.testing.assert_array_equal(cells.row[cells.first], np.arange(len(cells.first)))
    assert np.all(np.diff(cells.first) > 0), "cells come in the order in which rows first meet them"


def test_only_binomial_keeps_rows_apart_by_their_offset() -> None:
    sizes = {}
    for family in FAMILIES:
        apart = replace(design("one"), offset=np.arange(N) / N)
        cells = compress(apart, response(family), family, collapse=True)
        sizes[family.name] = len(cells.first)
        assert np.any(cells.offset) == (family.name == "binomial")
    assert sizes["binomial"] == N
    assert sizes["gaussian"] == sizes["poisson"] < N


def test_sums_of_a_cell() -> None:
    rows = Design(np.array([[1.0], [2.0], [1.0]]), ("x",), (1,), False, (), (), np.array([0.5, 0.0, 0.0]))
    y, trials, weights = np.array([3.0, 1.0, 5.0]), np.array([4.0, 1.0, 6.0]), np.array([1.0, 1.0, 3.0])
    cells = compress(rows, Response("y", y, trials, weights), gaussian(), collapse=True)
    assert cells.stats["N"] == 3
    np.testing.assert_allclose(cells.stats["n"], [4.0, 1.0])
    np.testing.assert_allclose(cells.stats["y"], [(2.5 + 15.0) / 4, 1.0])
    assert cells.stats["ss"] == pytest.approx((2.5 - 4.375) ** 2 + 3 * (5 - 4.375) ** 2)
    counts = compress(rows, Response("y", y, trials, weights), poisson(), collapse=True).stats
    np.testing.assert_allclose(counts["y"], [18.0, 1.0])
    np.testing.assert_allclose(counts["exposure"], [np.exp(0.5) + 3.0, 1.0])
    level = replace(rows, offset=np.zeros(3))
    successes = compress(level, Response("y", y, trials, weights), binomial(), collapse=True).stats
    np.testing.assert_allclose(successes["y"], [18.0, 1.0])
    np.testing.assert_allclose(successes["trials"], [22.0, 1.0])


def test_a_row_of_weight_zero_is_no_observation() -> None:
    rows = Design(np.ones((3, 1)), ("(Intercept)",), (0,), True, (), (), np.zeros(3))
    given = Response("y", np.array([1.0, 3.0, 900.0]), np.ones(3), np.array([1.0, 1.0, 0.0]))
    stats = compress(rows, given, gaussian(), collapse=True).stats
    assert (stats["N"], stats["y"][0], stats["ss"]) == (2, 2.0, 2.0)


def test_collapse_false_keeps_rows_and_auto_collapses_when_it_saves() -> None:
    rows, y = design("two"), response(poisson())
    np.testing.assert_array_equal(compress(rows, y, poisson(), collapse=False).row, np.arange(N))
    distinct = replace(rows, X=np.c_[rows.X, np.arange(N)])
    twin = replace(distinct, X=np.where(np.arange(N)[:, None] == 1, distinct.X[:1], distinct.X))
    twin = replace(twin, terms=())
    assert len(compress(twin, y, poisson(), collapse="auto").first) == N
    assert len(compress(twin, y, poisson(), collapse=True).first) == N - 1


def test_an_impossible_collapse_is_refused() -> None:
    with pytest.raises(OptionError, match="collapse must be True, False or \"auto\", not 'always'"):
        compress(design("none"), response(poisson()), poisson(), collapse="always")


def test_minus_zero_is_zero() -> None:
    cell, _ = cells_of([np.array([0.0, -0.0, 1.0])])
    np.testing.assert_array_equal(cell, [0, 0, 1])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-2, 2), st.integers(-1, 1)), min_size=1, max_size=40))
def test_cells_of_any_columns_are_those_of_python_sets(rows) -> None:
    group, x, z = (np.array(column) for column in zip(*rows, strict=True))
    cell, first = cells_of([group, x.astype(float), z.astype(float)])
    distinct = list(dict.fromkeys((int(g), float(a) + 0.0, int(b)) for g, a, b in rows))
    assert len(first) == len(distinct)
    assert [distinct[c] for c in cell] == [(int(g), float(a) + 0.0, int(b)) for g, a, b in rows]


def test_rows_that_collide_in_the_hash_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distinct_module, "_mix", lambda bits: bits & np.uint64(0))
    rows = design("two")
    key = key_of_rows(rows, with_offset=False)
    cell, first = cells_of(list(key.T))
    assert len(first) == len(np.unique(key, axis=0))
    np.testing.assert_array_equal(key[first][cell], key)


def test_the_record_is_complete() -> None:
    cells = compress(design("two"), response(gaussian()), gaussian())
    assert isinstance(cells, Cells)
    assert [Z.shape for Z in cells.Z] == [(len(cells.first), 2), (len(cells.first), 1)]
    assert all(len(index) == len(cells.first) for index in cells.index)
