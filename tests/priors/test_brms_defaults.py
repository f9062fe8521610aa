"""brms's default priors, by its own `get_prior` (brms 2.18.0), family by family and link by link."""

import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.families import FAMILIES
from stanmlm.families.altered import with_link
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.fit.prior_summary import spelled

DATA = pd.DataFrame({
    "y": [0.0, 1, 1, 0, 1, 1],
    "x": [1.0, 2, 3, 4, 5, 6],
    "n": [3.0, 4, 5, 6, 7, 8],
    "c": [0.0, 2, 5, 1, 7, 3],
    "p": [0.2, 0.5, 0.6, 0.3, 0.8, 0.9],
    "r": [0.5, 1.2, 2.2, 3.1, 1.7, 9.0],
    "u": [0.1, 0.3, 0.6, 0.5, 0.7, 0.2],
})  # fmt: skip

INTERCEPTS = [
    ("y ~ x", "binomial", "identity", (1.0, 2.5)),
    ("y ~ x", "binomial", "log", (0.0, 2.5)),
    ("y ~ x", "binomial", "logit", (0.0, 2.5)),
    ("c | trials(n) ~ x", "binomial", "identity", (2.5, 3.0)),
    ("c | trials(n) ~ x", "binomial", "log", (0.9, 2.5)),
    ("c ~ x", "poisson", "identity", (2.5, 3.0)),
    ("c ~ x", "poisson", "log", (0.9, 2.5)),
    ("c ~ x", "poisson", "sqrt", (1.6, 2.5)),
    ("c ~ x", "poisson", "softplus", (0.0, 2.5)),
    ("p ~ x", "beta", "identity", (0.6, 2.5)),
    ("p ~ x", "beta", "log", (-0.6, 2.5)),
    ("r ~ x", "Gamma", "identity", (2.0, 2.5)),
    ("r ~ x", "Gamma", "log", (0.7, 2.5)),
    ("r ~ x", "Gamma", "inverse", (0.5, 2.5)),
    ("r ~ x", "gaussian", "identity", (2.0, 2.5)),
    ("r ~ x", "gaussian", "log", (0.7, 2.5)),
    ("r ~ x", "gaussian", "inverse", (0.5, 2.5)),
    ("r ~ x", "gaussian", "logit", (0.0, 2.5)),
    ("r ~ x", "lognormal", "identity", (0.7, 2.5)),
    ("r ~ x", "lognormal", "inverse", (0.7, 2.5)),
    ("u ~ x", "von_mises", "tan_half", (0.0, 2.5)),
]


def priors(formula: object, name: str, link: str) -> dict[tuple[str, str], str]:
    """Text by class and parameter."""
    model = build_model(formula, DATA, with_link(FAMILIES[name], link), {}, ModelOptions(preset="brms"))
    return {(row.class_, row.dpar): spelled(row) for row in model.priors.rows}


@pytest.mark.parametrize(("formula", "name", "link", "numbers"), INTERCEPTS)
def test_an_intercepts_prior_looks_at_the_response_as_brms_does(
    formula: str, name: str, link: str, numbers: tuple[float, float]
) -> None:
    location, scale = numbers
    assert priors(formula, name, link)["Intercept", "mu"] == f"student_t(3, {location:g}, {scale:g})"


NUMBERS = [
    ("r", "skew_normal", {"alpha": "normal(0, 4)", "sigma": "student_t(3, 0, 2.5)"}),
    ("r", "exgaussian", {"beta": "gamma(1, 0.1)", "sigma": "student_t(3, 0, 2.5)"}),
    ("r", "asym_laplace", {"quantile": "beta(1, 1)", "sigma": "student_t(3, 0, 2.5)"}),
    ("u", "von_mises", {"kappa": "gamma(2, 0.01)"}),
    ("r", "shifted_lognormal", {"ndt": "uniform(0, 0.5)", "sigma": "student_t(3, 0, 2.5)"}),
    ("r", "student", {"nu": "gamma(2, 0.1)", "sigma": "student_t(3, 0, 2.5)"}),
    ("r", "Gamma", {"shape": "gamma(0.01, 0.01)"}),
    ("p", "beta", {"phi": "gamma(0.01, 0.01)"}),
]


@pytest.mark.parametrize(("left", "name", "expected"), NUMBERS, ids=lambda v: v if type(v) is str else "")
def test_numbers_of_a_family_have_brmss_priors(left: str, name: str, expected: dict[str, str]) -> None:
    found = priors(f"{left} ~ x", name, FAMILIES[name].link.name)
    assert {dpar: found[dpar, dpar] for dpar in expected} == expected


PREDICTED = [
    ("r", "skew_normal", "alpha", "normal(0, 4)"),
    ("r", "exgaussian", "beta", "normal(1.7, 1.3)"),
    ("r", "asym_laplace", "quantile", "logistic(0, 1)"),
    ("u", "von_mises", "kappa", "normal(5, 0.8)"),
    ("r", "shifted_lognormal", "ndt", "(flat)"),
    ("r", "student", "nu", "normal(2.7, 0.8)"),
    ("r", "gaussian", "sigma", "student_t(3, 0, 2.5)"),
]


@pytest.mark.parametrize(("left", "name", "dpar", "expected"), PREDICTED)
def test_the_intercept_of_another_parameters_formula_has_brmss_prior(
    left: str, name: str, dpar: str, expected: str
) -> None:
    found = priors(sm.bf(f"{left} ~ x", f"{dpar} ~ x"), name, FAMILIES[name].link.name)
    assert found["Intercept", dpar] == expected
