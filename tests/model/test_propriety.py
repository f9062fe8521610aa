"""What is said before sampling: data that leave nothing to the residual sd, default priors far from the data."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.families import as_family
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.propriety import check_posterior

RNG = np.random.default_rng(4)
G = np.repeat(np.arange(20), 12)
X = RNG.normal(size=240)
DATA = pd.DataFrame(
    {
        "g": [f"g{i:02d}" for i in G],
        "x": X,
        "y": 0.5 * X + RNG.normal(size=20)[G] + RNG.normal(size=20)[G] * X + RNG.normal(size=240),
    }
)


def checked(formula: str, data: pd.DataFrame, family: str = "gaussian", **options: object) -> None:
    check_posterior(build_model(formula, data, as_family(family), {}, ModelOptions(**options)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("formula", "y", "words"),
    [
        ("y ~ 1", np.full(240, 0.1), "`y` is the same in all rows"),
        ("y ~ x + (1 | g)", np.full(240, 2.5), "`y` is the same in all rows"),
        ("y ~ x", 3 - 2 * X, "the model fits every row exactly"),
        ("y ~ x + (1 | g)", 1e6 * (1 + X + 0.5 * G), "the model fits every row exactly"),
    ],
)
def test_an_exact_fit_has_no_posterior(formula: str, y: np.ndarray, words: str) -> None:
    with pytest.warns(sm.StanmlmWarning, match=f"{words}: nothing is left for the residual sd"):
        checked(formula, DATA.assign(y=y))


def test_as_many_coefficients_as_rows_and_small_residuals_are_no_exact_fit() -> None:
    with warnings.catch_warnings(record=True) as remarks:
        checked("y ~ x", DATA[:2])
        checked("y ~ x", DATA.assign(y=1e6 + X + 1e-6 * DATA["y"]))
        checked("y ~ x", DATA.assign(y=X), prior_only=True)
    assert [str(remark.message) for remark in remarks] == []


@pytest.mark.parametrize("preset", ["rstanarm", "brms"])
@pytest.mark.parametrize("formula", ["y ~ x + (1 + x | g)", "y ~ x + (x || g)"])
def test_a_default_prior_that_does_not_know_the_unit_is_named_with_what_to_set(formula: str, preset: str) -> None:
    small = DATA.assign(x=1e-6 * DATA["x"])
    with pytest.warns(sm.StanmlmWarning, match="the default prior of the sd of `x` by `g`") as caught:
        checked(formula, small, priors=preset)
    (text,) = [str(warning.message) for warning in caught]
    given = eval(re.search(r"priors=(\[.*\])", text)[1], {"set_prior": sm.set_prior})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checked(formula, small, priors=[preset, *given])
        checked(formula, DATA, priors=preset)
        checked(formula, DATA.assign(x=1e6 * DATA["x"]), priors=preset)
