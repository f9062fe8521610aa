"""Which terms lie within which."""

import numpy as np
from handmade import design, response

from stanmlm.families import gaussian
from stanmlm.model.compress import compress
from stanmlm.model.nesting import Nesting, nestings, parents_first


def found(shape: str) -> tuple[Nesting | None, ...]:
    rows = design(shape)
    return nestings(rows, compress(rows, response(gaussian()), gaussian()))


def test_the_finest_coarser_term_is_the_one_around() -> None:
    town, state, region = found("nested")
    assert town is not None
    assert state is not None
    assert (town.coarser, state.coarser, region) == (1, 2, None)
    np.testing.assert_array_equal(town.parent, np.repeat(np.arange(6), 2))
    np.testing.assert_array_equal(town.carries, [[1, 0]])
    assert parents_first((town, state, region)) == [2, 1, 0]


def test_columns_are_matched_whatever_their_order() -> None:
    town, year, state = found("nested slopes")
    assert town is not None
    assert (town.coarser, year, state) == (2, None, None)
    np.testing.assert_array_equal(town.carries, [[0, 1, 0], [1, 0, 0]])


def test_crossed_factors_and_repeated_ones_are_not_nested() -> None:
    assert found("crossed") == found("both") == (None, None)
