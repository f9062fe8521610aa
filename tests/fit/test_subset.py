"""`subset=` of the verbs against the rows that one picks by hand."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import stanmlm as sm
from stanmlm.fit.pipeline import ModelOptions, build_model

SHORT = {"chains": 1, "iter": 60, "seed": 5, "progress": False}
FORMULAS = {
    "cbind": "cbind(y, n - y) ~ x + f + offset(z) + (1 + x | g)",
    "trials": "y | trials(n) ~ x * f + (1 | g) + (1 | g:f)",
    "share": "I(y / n) ~ x + f + (1 | g)",
}


@cache
def data() -> pd.DataFrame:
    """Rows of four years; the last level of each factor is there in one year only, and some values are missing."""
    rng = np.random.default_rng(4)
    rows = 120
    frame = pd.DataFrame(
        {
            "year": np.repeat([2000, 2004, 2008, 2012], 30),
            "x": rng.normal(size=rows),
            "z": rng.normal(size=rows) / 4,
            "n": rng.integers(1, 9, rows),
            "w": rng.choice([0.5, 1.0, 2.0], rows),
        },
        index=pd.Index([f"r{k}" for k in range(rows)]),
    )
    late = frame["year"] == 2012
    frame["g"] = np.where(late & (rng.random(rows) < 0.3), "new", rng.choice(list("abcde"), rows))
    frame["f"] = np.where(late & (rng.random(rows) < 0.3), "r", rng.choice(["p", "q"], rows))
    frame["y"] = rng.binomial(frame["n"], expit(0.3 * frame["x"]))
    return frame.assign(x=frame["x"].where(rng.random(rows) > 0.05))


def kept() -> np.ndarray:
    return (data()["year"] < 2012).to_numpy()


SUBSETS = {
    "code": lambda: "year < 2012",
    "truth": kept,
    "series": lambda: data()["year"] < 2012,
    "positions": lambda: np.flatnonzero(kept()),
}


def built(formula: str, rows: pd.DataFrame, **options: object):
    return build_model(formula, rows, sm.binomial(), {}, ModelOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("given", SUBSETS)
@pytest.mark.parametrize("response", FORMULAS)
def test_a_subset_is_the_model_of_its_rows(response: str, given: str) -> None:
    weights = {"share": "n"}.get(response, "w")
    offset = "z" if response == "share" else None
    ours = built(FORMULAS[response], data(), subset=SUBSETS[given](), weights=weights, offset=offset)
    by_hand = built(FORMULAS[response], data()[kept()], weights=weights, offset=offset)
    assert ours.design.names == by_hand.design.names
    assert list(ours.frame.index) == list(by_hand.frame.index)
    for part in ("X", "offset"):
        np.testing.assert_array_equal(getattr(ours.design, part), getattr(by_hand.design, part))
    for mine, other in zip(ours.design.terms, by_hand.design.terms, strict=True):
        assert mine.levels == other.levels
        np.testing.assert_array_equal(mine.index, other.index)
        np.testing.assert_array_equal(mine.Z, other.Z)
    for part in ("y", "trials", "weights"):
        np.testing.assert_array_equal(getattr(ours.response, part), getattr(by_hand.response, part))
    assert ours.priors == by_hand.priors


def test_vectors_have_a_value_a_row_of_the_data_and_not_of_the_subset() -> None:
    formula = "cbind(y, n - y) ~ x + f + (1 | g)"
    vectors = {name: data()[name].to_numpy() for name in ("w", "z")}
    ours = built(formula, data(), subset="year < 2012", weights=vectors["w"], offset=vectors["z"])
    by_hand = built(formula, data()[kept()], weights="w", offset="z")
    np.testing.assert_array_equal(ours.response.weights, by_hand.response.weights)
    np.testing.assert_array_equal(ours.design.offset, by_hand.design.offset)
    with pytest.raises(sm.DataError, match="weights"):
        built(formula, data(), subset="year < 2012", weights=vectors["w"][kept()])


def test_a_fit_of_a_subset_answers_as_that_of_its_rows() -> None:
    ours = sm.glmer(FORMULAS["cbind"], data(), "binomial", subset="year < 2012", weights="w", **SHORT)
    by_hand = sm.glmer(FORMULAS["cbind"], data()[kept()], "binomial", weights="w", **SHORT)
    pd.testing.assert_frame_equal(sm.as_draws_df(ours), sm.as_draws_df(by_hand))
    new = data()[~kept() & (data()["f"] != "r") & data()["x"].notna()]
    with pytest.warns(sm.StanmlmWarning, match="new"):
        left_out = sm.posterior_epred(ours, new).values
    with pytest.warns(sm.StanmlmWarning, match="new"):
        np.testing.assert_array_equal(left_out, sm.posterior_epred(by_hand, new).values)
    assert sm.nobs(ours) == int((kept() & data()["x"].notna()).sum())
    again = sm.update(ours, ". ~ . - f", **SHORT)
    assert sm.nobs(again) == sm.nobs(ours)


def test_the_print_says_how_many_rows_miss_a_value() -> None:
    lost = int(data()["x"].isna().sum())
    assert lost > 1
    said = str(sm.glm("y | trials(n) ~ x", data(), family=sm.binomial, **SHORT))
    assert f"Number of obs: {120 - lost}\n  ({lost} observations deleted due to missingness)\nFixed" in said
    assert "missing" not in str(sm.glm("y | trials(n) ~ z", data(), family=sm.binomial, subset="year < 2012", **SHORT))
