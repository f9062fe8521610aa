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
    "s": [1, 2, 3, 3, 2, 1],
    "z": [0.0, 0.5, 0.6, 0.0, 0.8, 0.9],
    "w": [0.0, 0.5, 1.0, 0.3, 0.8, 0.9],
    "t": [0.0, 1.2, 2.2, 3.1, 0.0, 9.0],
    "k": [*"abcabc"],
    "m0": [1, 2, 3, 1, 2, 4],
    "m1": [2, 2, 1, 0, 1, 2],
    "m2": [1, 1, 1, 3, 2, 0],
    "q0": [0.2, 0.3, 0.5, 0.2, 0.1, 0.6],
    "q1": [0.3, 0.3, 0.2, 0.2, 0.1, 0.1],
    "q2": [0.5, 0.4, 0.3, 0.6, 0.8, 0.3],
})  # fmt: skip

# nbinom1 and ordbeta are not brms's: their priors are of negbinomial and of ordbetareg.
COUNTS = [
    "negbinomial",
    "geometric",
    "zero_inflated_poisson",
    "zero_inflated_negbinomial",
    "hurdle_poisson",
    "hurdle_negbinomial",
]
TRIALS = ["beta_binomial", "zero_inflated_binomial", "zero_inflated_beta_binomial"]

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
    ("r ~ x", "weibull", "log", (0.7, 2.5)),
    ("r ~ x", "exponential", "log", (0.7, 2.5)),
    ("r ~ x", "inverse_gaussian", "log", (0.7, 2.5)),
    ("r ~ x", "inverse_gaussian", "1/mu^2", (0.3, 2.5)),
    *(("c ~ x", name, "log", (0.9, 2.5)) for name in COUNTS),
    *(("c | trials(n) ~ x", name, "logit", (0.0, 2.5)) for name in TRIALS),
    ("z ~ x", "zero_inflated_beta", "logit", (0.0, 2.5)),
    ("w ~ x", "zero_one_inflated_beta", "logit", (0.0, 2.5)),
    ("t ~ x", "hurdle_gamma", "log", (0.5, 2.5)),
    ("t ~ x", "hurdle_lognormal", "identity", (0.5, 2.5)),
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
    ("r", "weibull", {"shape": "gamma(0.01, 0.01)"}),
    ("r", "inverse_gaussian", {"shape": "gamma(0.01, 0.01)"}),
    ("c", "negbinomial", {"shape": "gamma(0.01, 0.01)"}),
    ("c | trials(n)", "beta_binomial", {"phi": "gamma(0.01, 0.01)"}),
    ("c", "zero_inflated_poisson", {"zi": "beta(1, 1)"}),
    ("c", "zero_inflated_negbinomial", {"shape": "gamma(0.01, 0.01)", "zi": "beta(1, 1)"}),
    ("c | trials(n)", "zero_inflated_binomial", {"zi": "beta(1, 1)"}),
    ("c | trials(n)", "zero_inflated_beta_binomial", {"phi": "gamma(0.01, 0.01)", "zi": "beta(1, 1)"}),
    ("z", "zero_inflated_beta", {"phi": "gamma(0.01, 0.01)", "zi": "beta(1, 1)"}),
    ("w", "zero_one_inflated_beta", {"phi": "gamma(0.01, 0.01)", "zoi": "beta(1, 1)", "coi": "beta(1, 1)"}),
    ("c", "hurdle_poisson", {"hu": "beta(1, 1)"}),
    ("c", "hurdle_negbinomial", {"shape": "gamma(0.01, 0.01)", "hu": "beta(1, 1)"}),
    ("t", "hurdle_gamma", {"shape": "gamma(0.01, 0.01)", "hu": "beta(1, 1)"}),
    ("t", "hurdle_lognormal", {"sigma": "student_t(3, 0, 2.5)", "hu": "beta(1, 1)"}),
    ("cbind(q0, q1, q2)", "dirichlet", {"phi": "gamma(0.01, 0.01)"}),
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
    ("r", "weibull", "shape", "student_t(3, 0, 2.5)"),
    ("r", "inverse_gaussian", "shape", "student_t(3, 0, 2.5)"),
    ("c", "negbinomial", "shape", "student_t(3, 0, 2.5)"),
    ("c | trials(n)", "beta_binomial", "phi", "student_t(3, 0, 2.5)"),
    ("c", "zero_inflated_poisson", "zi", "logistic(0, 1)"),
    ("c", "zero_inflated_negbinomial", "zi", "logistic(0, 1)"),
    ("c", "zero_inflated_negbinomial", "shape", "student_t(3, 0, 2.5)"),
    ("z", "zero_inflated_beta", "zi", "logistic(0, 1)"),
    ("z", "zero_inflated_beta", "phi", "student_t(3, 0, 2.5)"),
    ("w", "zero_one_inflated_beta", "zoi", "logistic(0, 1)"),
    ("w", "zero_one_inflated_beta", "coi", "logistic(0, 1)"),
    ("c", "hurdle_poisson", "hu", "logistic(0, 1)"),
    ("t", "hurdle_gamma", "hu", "logistic(0, 1)"),
    ("t", "hurdle_gamma", "shape", "student_t(3, 0, 2.5)"),
    ("t", "hurdle_lognormal", "sigma", "student_t(3, 0, 2.5)"),
    ("s", "cumulative", "disc", "normal(0, 1)"),
    ("cbind(q0, q1, q2)", "dirichlet", "phi", "student_t(3, 0, 2.5)"),
]


@pytest.mark.parametrize(("left", "name", "dpar", "expected"), PREDICTED)
def test_the_intercept_of_another_parameters_formula_has_brmss_prior(
    left: str, name: str, dpar: str, expected: str
) -> None:
    found = priors(sm.bf(f"{left} ~ x", f"{dpar} ~ x"), name, FAMILIES[name].link.name)
    assert found["Intercept", dpar] == expected


@pytest.mark.parametrize("name", ["cumulative", "sratio", "cratio", "acat"])
def test_thresholds_have_brmss_priors(name: str) -> None:
    for threshold, coefs in (("flexible", ["1", "2"]), ("equidistant", ["1"])):
        family = getattr(sm.families, name)(threshold=threshold)
        rows = build_model("s ~ x", DATA, family, {}, ModelOptions(preset="brms")).priors.rows
        assert [(r.coef, spelled(r)) for r in rows if r.class_ == "Intercept"] == [
            (coef, "student_t(3, 0, 2.5)") for coef in coefs
        ]
        told = {spelled(r) for r in rows if r.class_ == "delta"}
        assert told == ({"(flat)"} if threshold == "equidistant" else set())


def test_a_discrimination_that_is_its_own_predictor_has_brmss_prior() -> None:
    family = sm.families.cumulative(link_disc="identity")
    model = build_model(sm.bf("s ~ x", "disc ~ x"), DATA, family, {}, ModelOptions(preset="brms"))
    assert [spelled(r) for r in model.priors.rows if (r.class_, r.dpar) == ("Intercept", "disc")] == ["lognormal(0, 1)"]


def test_lognormal_is_no_prior_of_thresholds() -> None:
    lognormal = sm.set_prior("lognormal(0, 1)", class_="Intercept")
    with pytest.raises(sm.PriorError, match=r"lognormal cannot be the prior of .*; possible are normal, student_t"):
        build_model("s ~ x", DATA, sm.families.cumulative(), {}, ModelOptions(preset="brms", priors=lognormal))


@pytest.mark.parametrize(
    ("left", "name", "dpars"),
    [
        ("k", "categorical", ("mub", "muc")),
        ("cbind(m0, m1, m2)", "multinomial", ("mum1", "mum2")),
        ("cbind(q0, q1, q2)", "dirichlet", ("muq1", "muq2")),
    ],
)
def test_every_categorys_predictor_has_brmss_priors(left: str, name: str, dpars: tuple[str, ...]) -> None:
    found = priors(f"{left} ~ x", name, "logit")
    assert {dpar: found["Intercept", dpar] for dpar in dpars} == dict.fromkeys(dpars, "student_t(3, 0, 2.5)")
    assert {dpar: found["b", dpar] for dpar in dpars} == dict.fromkeys(dpars, "(flat)")
