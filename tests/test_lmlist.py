"""A model a group: its levels, its table, and the groups that maximum likelihood could not estimate."""

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm

QUICK = {"chains": 1, "iter": 200, "seed": 1, "progress": False}


def voters() -> pd.DataFrame:
    """`a` can be estimated; in `b` all answer alike, `c` has one income, `d` is split by income without overlap."""
    income = [0, 1, 2, 0, 1, 2, 0, 1, 2, 1, 1, 1, 0, 1, 2]
    vote = [0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0, 1]
    return pd.DataFrame({"vote": vote, "income": income, "state": list("aaaaaabbbcccddd")})


def test_levels_without_an_estimate_of_their_own_are_named_with_the_reason() -> None:
    fits = sm.lmList("vote ~ income | state", voters(), family="binomial", **QUICK)
    assert list(fits.fits) == ["a", "b", "c", "d"]
    assert list(fits.inestimable) == ["b", "c", "d"]
    assert "separated" in fits.inestimable["b"]
    assert "`income` does not vary" in fits.inestimable["c"]
    assert "separated" in fits.inestimable["d"]
    table = sm.coefficients(fits)
    assert table.isna().all(axis=1).tolist() == [False, True, True, True]
    np.testing.assert_allclose(table.loc["a"], sm.fixef(fits.fits["a"]))


def test_reals_need_more_rows_than_coefficients() -> None:
    data = pd.DataFrame({"y": [1.0, 2.0, 4.0, 1.0, 3.0], "x": [0.0, 1.0, 2.0, 0.0, 1.0], "g": list("aaabb")})
    fits = sm.lmList("y ~ x | g", data, **QUICK)
    assert fits.inestimable == {"b": "2 rows for 2 coefficients leave no residuals"}


def test_variables_of_the_scope_give_the_fits_of_their_frame() -> None:
    data = sm.simulate_exams(seed=1, students=2, exams=6)
    score, hours, student = (data[name].to_numpy() for name in ("score", "hours", "student"))
    assert len(score) == len(hours) == len(student)
    pd.testing.assert_frame_equal(
        sm.coefficients(sm.lmList("score ~ hours | student", **QUICK)),
        sm.coefficients(sm.lmList("score ~ hours | student", data, **QUICK)),
    )


def test_a_formula_without_a_group_and_an_unknown_one_are_refused() -> None:
    with pytest.raises(sm.FormulaError, match=r"y ~ x \| group"):
        sm.lmList("vote ~ income", voters(), **QUICK)
    with pytest.raises(sm.DataError, match="no `stat`; did you mean `state`"):
        sm.lmList("vote ~ income | stat", voters(), **QUICK)
