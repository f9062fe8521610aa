"""Responses that columns separate, where no prior holds the coefficients."""

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from stanmlm.families import as_family
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.formula.bf import bf
from stanmlm.model.propriety import check_posterior
from stanmlm.priors.prior_spec import set_prior

RNG = np.random.default_rng(7)
N = 60
X, Z, G = RNG.normal(size=N), RNG.normal(size=N), np.repeat(list("abcdef"), 10)
DATA = pd.DataFrame(
    {
        "x": X,
        "z": Z,
        "g": G,
        "above": (X > 0.1) * 1,  # of x, but for nothing
        "sum": (X + 2 * Z > 0.3) * 1,
        "mixed": np.where(np.arange(N) == 5, X <= 0.1, X > 0.1) * 1,
        "one": np.where(G == "a", 1, RNG.integers(0, 2, N)),  # in group a
        "none": np.where(G == "b", 0, RNG.poisson(2, N)),  # in group b
        "score": np.digitize(X, [-0.5, 0.5]) + 1,
        "five": 5,
    }
)
FLAT: Mapping[str, object] = {"priors": "flat"}
SEPARATED = [
    ("above ~ x", "binomial", FLAT, ("(Intercept)", "x")),
    ("above ~ x + z + (1 | g)", "binomial", FLAT, ("(Intercept)", "x")),
    ("sum ~ x + z", "binomial", FLAT, ("x", "z")),
    ("I(5 * above) | trials(five) ~ x", "binomial", FLAT, ("x",)),
    ("one ~ g", "binomial", FLAT, ("gb", "gc", "gf")),
    ("one ~ 0 + g", "binomial", FLAT, ("ga",)),
    ("none ~ g", "poisson", FLAT, ("gb",)),
    ("none ~ g", "negbinomial", FLAT, ("gb",)),
]
FINITE = [
    ("mixed ~ x", "binomial", FLAT),
    ("one ~ x + (1 | g)", "binomial", FLAT),
    ("none ~ x", "poisson", FLAT),
    ("none ~ g", "hurdle_poisson", FLAT),
    ("x ~ z + g", "gaussian", FLAT),
    ("x ~ z + g", "student", FLAT),
    ("above ~ x", "binomial", {}),
    ("above ~ x", "binomial", {"priors": [set_prior("normal(0, 5)"), set_prior("normal(0, 5)", class_="Intercept")]}),
    ("score ~ z", "cumulative", {"preset": "brms"}),
    ("above ~ 1", "binomial", FLAT),
]


def remarks(formula: str, family: str, options: Mapping[str, object]) -> list[str]:
    model = build_model(bf(formula), DATA, as_family(family), {}, ModelOptions(**options))  # type: ignore[arg-type]
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        check_posterior(model)
    return [str(one.message) for one in found if "improper" in str(one.message)]


@pytest.mark.parametrize(("formula", "family", "options", "names"), SEPARATED)
def test_separated_responses_have_no_posterior(
    formula: str, family: str, options: Mapping[str, object], names: tuple[str, ...]
) -> None:
    (text,) = remarks(formula, family, options)
    assert "fitted probabilities of 0 or 1 occurred" in text
    assert all(f"`{name}`" in text for name in names)


@pytest.mark.parametrize(("formula", "family", "options"), FINITE)
def test_nothing_is_said_of_a_posterior_that_there_is(formula: str, family: str, options: Mapping[str, object]) -> None:
    assert not remarks(formula, family, options)


def test_a_prior_on_the_intercept_alone_holds_it_at_the_means_of_columns() -> None:
    """brms's defaults: responses that x about its mean separates, and others."""
    about, other = DATA.assign(y=(X.mean() < X) * 1), DATA.assign(y=(X.mean() + 0.3 < X) * 1)
    found = []
    for data in (about, other):
        model = build_model("y ~ x", data, as_family("binomial"), {}, ModelOptions(preset="brms"))
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            check_posterior(model)
        found.append([str(one.message) for one in seen])
    assert "`x`" in found[0][0]
    assert "(Intercept)`," not in found[0][0]
    assert not found[1]
