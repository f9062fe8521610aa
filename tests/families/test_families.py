"""Families: how users name them, and what they read from a response."""

import warnings

import numpy as np
import pandas as pd
import pytest

from stanmlm.base.errors import DataError, OptionError, StanmlmWarning
from stanmlm.data.raw_response import RawResponse
from stanmlm.families import as_family, binomial, gaussian, poisson


def raw(kind: str, values, levels: tuple[str, ...] = (), rows=None) -> RawResponse:
    return RawResponse("y", kind, np.asarray(values), levels, rows)


def with_trials(rows) -> RawResponse:
    y, trials = np.asarray(rows, dtype=float).T
    return RawResponse("y", "numeric", y, added={"trials": trials})


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("given", [binomial, "binomial", binomial()])
def test_a_family_has_three_spellings(given) -> None:
    assert as_family(given).name == "binomial"
    assert as_family(given).link.name == "logit"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: as_family("binomal"), "`binomal` is not a family; did you mean `binomial`?"),
        (lambda: as_family('binomial(link="probit")'), 'not a family; write binomial(link="probit"), without quotes'),
        (lambda: as_family(3), "family must be a family such as `binomial`, not 3; there is `gaussian`"),
        (lambda: as_family(dict), "family must be a family"),
        (lambda: binomial(link="probt"), "`probt` is not a link of binomial; did you mean `probit`?"),
        (lambda: poisson(link="logit"), "`logit` is not a link of poisson; did you mean `log`?"),
    ],
)
def test_a_wrong_family_or_link_names_the_right_ones(call, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        call()
    assert message in str(caught.value)


BINOMIAL = [
    (raw("numeric", [0, 1, 1]), None, [0, 1, 1], [1, 1, 1], [1, 1, 1]),
    (raw("numeric", [0, 1, 1]), [2, 1, 0], [0, 1, 1], [1, 1, 1], [2, 1, 0]),
    (raw("logical", [False, True, True]), None, [0, 1, 1], [1, 1, 1], [1, 1, 1]),
    (raw("factor", [0, 1, 1], ("no", "yes")), None, [0, 1, 1], [1, 1, 1], [1, 1, 1]),
    (raw("cbind", [[1, 2], [0, 0], [3, 0]]), None, [1, 0, 3], [3, 0, 3], [1, 1, 1]),
    (with_trials([[1, 2], [0, 4], [3, 3]]), [1, 2, 1], [1, 0, 3], [2, 4, 3], [1, 2, 1]),
    (raw("numeric", [1 / 3, 0.5, 1.0]), [3, 4, 7], [1, 2, 7], [3, 4, 7], [1, 1, 1]),
]


@pytest.mark.parametrize(("given", "weights", "y", "trials", "case"), BINOMIAL)
def test_every_spelling_of_a_binomial_response(given, weights, y, trials, case) -> None:
    read = binomial().read(given, None if weights is None else np.array(weights, dtype=float))
    np.testing.assert_array_equal([read.y, read.trials, read.weights], [y, trials, case])


WARNINGS = [
    (binomial(), raw("factor", [0, 1, 2], ("a", "b", "c")), None, "`y` has 3 levels: `a` is failure"),
    (binomial(), raw("numeric", [0.3, 1.0, 0.0]), [4.0, 1.0, 1.0], "non-integer #successes in a binomial glm!"),
    (binomial(), raw("cbind", [[0.5, 1], [1, 2], [1, 1]]), None, "non-integer counts in a binomial glm!"),
    (binomial(), with_trials([[1, 2.5], [1, 2], [1, 1]]), None, "non-integer #successes in a binomial glm!"),
    (poisson(), raw("numeric", [1.5, 2, 0.5]), None, "`y` has 2 values that are not whole numbers (rows 0, 2)"),
]


@pytest.mark.parametrize(("family", "given", "weights", "message"), WARNINGS)
def test_what_r_warns_about_is_accepted_with_a_warning(family, given, weights, message: str) -> None:
    with pytest.warns(StanmlmWarning) as caught:
        read = family.read(given, None if weights is None else np.array(weights))
    assert message in str(caught[0].message)
    assert len(caught) == 1
    assert np.all(np.isfinite(read.y))


REFUSED = [
    (gaussian(), raw("factor", [0, 1, 0], ("a", "b")), None, "response must be numeric: `y` is a factor"),
    (gaussian(), raw("cbind", [[1, 2], [1, 2]]), None, "response must be numeric: `y` is a matrix"),
    (gaussian(), raw("numeric", [1.0, np.inf, np.nan]), None, "`y` has 2 values missing or infinite (rows 1, 2)"),
    (poisson(), raw("numeric", [1, -1, -2]), None, "`y` has 2 values below zero (rows 1, 2)"),
    (poisson(), raw("cbind", [[1, 2]]), None, "response must be numeric: `y` is a matrix"),
    (binomial(), raw("numeric", [0, 2, 1]), None, "`y` has 1 value below 0 or above 1 (row 1)"),
    (binomial(), raw("cbind", [[0, 1], [-1, 2]]), None, "`y` has 1 value below zero (row 1)"),
    (binomial(), with_trials([[3, 2], [1, 2]]), None, "`y` has 1 value with more successes than trials (row 0)"),
    (binomial(), raw("cbind", [[1, 2, 3]]), None, "has two columns, successes and failures; `y` has not"),
    (gaussian(), raw("numeric", [1, 2]), [1.0, -1.0], "negative weights not allowed: weights has 1 value below zero"),
    (poisson(), raw("numeric", [1, 2]), [1.0, np.nan], "weights has 1 value missing or infinite (row 1)"),
]


@pytest.mark.parametrize(("family", "given", "weights", "message"), REFUSED)
def test_what_a_family_cannot_have_is_refused_by_row(family, given, weights, message: str) -> None:
    with pytest.raises(DataError) as caught:
        family.read(given, None if weights is None else np.array(weights))
    assert message in str(caught.value)


def test_rows_are_named_as_in_the_data_of_the_user() -> None:
    with pytest.raises(DataError, match=r"rows A, B, C, D, E, \.\.\.\)"):
        poisson().read(raw("numeric", -np.ones(9), rows=pd.Index(list("ABCDEFGHI"))), None)


def test_a_whole_proportion_stays_exact() -> None:
    """7/49 times 49 is not 7 in floating point; the likelihood sees 7."""
    read = binomial().read(raw("numeric", [7 / 49, 0.5]), np.array([49.0, 2.0]))
    np.testing.assert_array_equal(read.y, [7.0, 1.0])
