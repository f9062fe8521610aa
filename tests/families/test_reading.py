"""What is added to a response: what it does to it, and what is refused, with its rows."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.base.errors import DataError, FormulaError, OptionError, StanmlmWarning
from stanmlm.data.raw_response import RawResponse
from stanmlm.families import FAMILIES, Family, as_family
from stanmlm.families.altered import holding, require_density
from stanmlm.families.reading import read_response
from stanmlm.families.responses import Response
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.formula.bf import bf
from stanmlm.formula.formula import formula_lines, parse_formula
from stanmlm.sampling.inits import starting_points

ROWS = pd.Index([10, 20, 30, 40])
Y = np.array([1.0, 2.0, 3.0, 4.0])


def read(family: str, **added: list[float]) -> Response:
    arrays = {name: np.array(values, dtype=float) for name, values in added.items()}
    return read_response(FAMILIES[family], RawResponse("y", "numeric", Y, rows=ROWS, added=arrays), None)


def test_weights_are_exponents_beside_precisions_and_times_other_exponents() -> None:
    raw = RawResponse("y", "numeric", Y, added={"weights": np.array([2.0, 2, 1, 1])})
    precise = read_response(FAMILIES["gaussian"], raw, np.array([1.0, 2, 3, 4]))
    assert (precise.weights.tolist(), precise.exponents.tolist()) == ([1, 2, 3, 4], [2, 2, 1, 1])
    counted = read_response(FAMILIES["poisson"], raw, np.array([1.0, 2, 3, 4]))
    assert (counted.weights.tolist(), counted.exponents.tolist()) == ([2, 4, 3, 4], [1])


def test_scaled_weights_add_up_to_the_rows() -> None:
    raw = RawResponse("y", "numeric", Y, added={"weights": np.array([2.0, 2, 2, 10])}, options=("scale",))
    assert read_response(FAMILIES["poisson"], raw, None).weights.tolist() == [0.5, 0.5, 0.5, 2.5]


REFUSED = [
    ("poisson", {"rate": [1, 0, 1, -2]}, r"rate\(\) has 2 values that are not above zero \(rows 20, 40\)"),
    ("gaussian", {"se": [1, 0, 1, 1]}, r"se\(\) has 1 value that is not above zero \(row 20\)"),
    ("gaussian", {"weights": [1, -1, 1, 1]}, r"below zero \(row 20\)"),
    ("weibull", {"cens": [0, 2, 0, 0]}, r"without one \(row 20\)"),
    ("weibull", {"cens": [0, 2, 0, 0], "y2": [9, 2, 9, 9]}, r"at or above y2 \(row 20\)"),
    ("poisson", {"lb": [2, 2, 2, 2]}, r"`y` has 1 value beyond its truncation \(row 10\)"),
    ("poisson", {"lb": [0, 0, 0, 0], "ub": [3, 3, 3, 3]}, r"beyond its truncation \(row 40\)"),
    ("gaussian", {"lb": [0, 0, 0, 5], "ub": [9, 9, 9, 5]}, r"not below the upper \(row 40\)"),
    ("weibull", {"cens": [0, 0, 0, 1], "ub": [4, 4, 4, 4]}, r"beyond its truncation \(row 40\)"),
    ("weibull", {"rate": [1, 1, 1, 1]}, r"weibull family cannot have `rate\(\)`"),
    ("poisson", {"se": [1, 1, 1, 1]}, r"poisson family cannot have `se\(\)`"),
    ("gaussian", {"trials": [5, 5, 5, 5]}, r"gaussian family cannot have `trials\(\)`"),
    ("gaussian", {"dec": [0, 1, 0, 1]}, r"cannot have `dec\(\)`: decisions are brms's"),
]


@pytest.mark.parametrize(("family", "added", "message"), REFUSED)
def test_what_cannot_be_is_refused_with_its_rows(family: str, added: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(family, **added)


def test_known_errors_and_precisions_say_the_same_thing_twice() -> None:
    raw = RawResponse("y", "numeric", Y, added={"se": np.ones(4)})
    with pytest.raises(DataError, match="use one of them"):
        read_response(FAMILIES["gaussian"], raw, np.ones(4))


def test_nothing_lies_above_all_trials() -> None:
    raw = RawResponse("y", "numeric", Y, rows=ROWS, added={"trials": np.full(4, 4.0), "cens": np.array([0.0, 0, 0, 1])})
    with pytest.raises(DataError, match=r"no response is above its greatest: `y` has 1 value there.*\(row 40\)"):
        read_response(FAMILIES["binomial"], raw, None)


def test_every_response_censored_is_said() -> None:
    with pytest.warns(StanmlmWarning, match="every `y` is censored"):
        read("weibull", cens=[1, 1, -1, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read("weibull", cens=[1, 1, 0, 1]).censored.tolist() == [1, 1, 0, 1]


def test_a_parameter_held_at_a_number_is_none_of_the_familys() -> None:
    held = holding(FAMILIES["student"], {"nu": 4.0})
    assert [one.name for one in held.parameters] == ["mu", "sigma"]
    assert held.free == (0, 1)
    of = held.theta({"mu": np.zeros((3, 2))}, {"sigma": np.ones((3, 1))})
    assert of.part(slice(1, 2), slice(0, 1))["nu"].tolist() == [[4.0]]
    with pytest.raises(OptionError, match=r"nu cannot be 0.5: it lies from 1 to inf"):
        holding(FAMILIES["student"], {"nu": 0.5})


@pytest.mark.parametrize(
    ("name", "at", "words"),
    [
        ("gaussian", {"sigma": 0.0}, "sigma cannot be 0: no response has a density there"),
        ("negbinomial", {"shape": 0.0}, "shape cannot be 0: no response has a density there"),
        ("beta", {"phi": np.inf}, "phi cannot be inf: no response has a density there"),
        ("asym_laplace", {"quantile": 1.0}, "quantile cannot be 1: it lies between 0 and 1"),
        ("zero_inflated_poisson", {"zi": 0.0}, "zi cannot be 0: it lies between 0 and 1"),
    ],
)
def test_a_parameter_is_held_where_responses_have_a_density(name: str, at: dict[str, float], words: str) -> None:
    one = np.ones(4)
    response = Response(
        "y", np.array([0.2, 0.5, 0.4, 0.6]) if name == "beta" else np.array([1.0, 2.0, 4.0, 0.0]), one, one
    )
    with pytest.raises(OptionError, match=words):
        require_density(holding(FAMILIES[name], at), at, response)
    for known in ({"nu": 1.0}, {"sigma": 2.0}):
        require_density(holding(FAMILIES["student"], known), known, response)
    require_density(holding(FAMILIES["von_mises"], {"kappa": 0.0}), {"kappa": 0.0}, response)


def test_numbers_of_bf_are_printed_as_they_are_written() -> None:
    formula = parse_formula(bf("y ~ x", "sigma ~ z", nu=4))
    assert formula_lines(formula) == ("y ~ x", "sigma ~ z", "nu = 4")
    with pytest.raises(FormulaError, match="`sigma` has a number and a formula"):
        bf("y ~ x", "sigma ~ z", sigma=1)
    with pytest.raises(FormulaError, match="mu is what the first formula"):
        bf("y ~ x", mu=1)


@pytest.mark.parametrize("name", ["zero_inflated_poisson", "hurdle_negbinomial"])
def test_rates_of_mixtures_are_refused(name: str) -> None:
    """Zeros of their own do not come by time, and brms has none either."""
    assert "rate" not in FAMILIES[name].extras
    with pytest.raises(DataError, match=rf"the {name} family cannot have `rate\(\)`"):
        sm.brm("y | rate(d) ~ 1", pd.DataFrame({"y": [0.0, 1, 2], "d": [1.0, 2, 1]}), family=name, progress=False)


HUGE = [family for family in FAMILIES.values() if family.kind in ("real", "count")]


@pytest.mark.parametrize("family", HUGE, ids=lambda family: family.name)
def test_numbers_whose_squares_are_none_are_refused(family: Family) -> None:
    raw = RawResponse("y", "numeric", np.array([1.0, 1e101, 2.0, -1e300]), rows=ROWS)
    with pytest.raises(DataError, match=r"`y` has 2 values beyond 1e\+100.*\(rows 20, 40\)"):
        read_response(family, raw, None)


@pytest.mark.parametrize("name", ["cumulative", "sratio", "cratio", "acat", "categorical"])
def test_a_code_that_is_no_code_is_refused_at_once(name: str) -> None:
    """A year, or an income: a category for each number below it would be made."""
    raw = RawResponse("y", "numeric", np.array([1.0, 2.0, 2024.0, 1e12]), rows=ROWS)
    with pytest.raises(DataError, match=r"200 categories at most: `y` has 2 values above.*factor.*\(rows 30, 40\)"):
        read_response(FAMILIES[name], raw, None)
    levels = tuple(map(str, range(300)))
    with pytest.raises(DataError, match="200 categories at most; `y` has 300"):
        read_response(FAMILIES[name], RawResponse("y", "factor", np.arange(300), levels, ordered=True), None)


NOTHING = [
    ("y ~ x", {"weights": "zero"}, "every one has weight 0"),
    ("y | weights(zero) ~ x", {}, "every one has weight 0"),
    ("y | weights(zero, scale = TRUE) ~ x", {}, "every one has weight 0"),
]


@pytest.mark.parametrize(("formula", "more", "message"), NOTHING)
@pytest.mark.parametrize("name", ["gaussian", "poisson", "beta", "cumulative", "hurdle_gamma"])
def test_data_of_which_no_row_counts_are_refused(formula: str, more: dict, message: str, name: str) -> None:
    y = [0.2, 0.4, 0.7, 0.9] if name == "beta" else [1.0, 2, 3, 2]
    data = pd.DataFrame({"y": y, "x": [0.0, 1, 2, 4], "zero": 0.0})
    with pytest.raises(DataError, match=f"no row of `y` is an observation: {message}"):
        sm.brm(formula, data, family=name, progress=False, **more)


def test_data_without_trials_are_refused() -> None:
    data = pd.DataFrame({"y": [0, 0], "n": [0, 0], "x": [1.0, 2]})
    with pytest.raises(DataError, match="no row of `y` is an observation: every one has no trials"):
        sm.brm("y | trials(n) ~ x", data, family="zero_inflated_binomial", progress=False)


AT_ENDS = [
    *((family.name, 0.0) for family in FAMILIES.values() if set(family.links) & {"zi", "hu", "zoi", "cutzero"}),
    ("zero_one_inflated_beta", 1.0),
    ("ordbeta", 1.0),
]


@pytest.mark.parametrize(("name", "end"), AT_ENDS)
def test_responses_all_at_one_end_have_a_model(name: str, end: float) -> None:
    """Nothing is left for the law of what lies inside: priors say it, and chains start."""
    data = pd.DataFrame({"y": end, "n": 7, "x": np.arange(12.0)})
    left = "y | trials(n)" if "trials" in FAMILIES[name].extras else "y"
    assert starting_points(build_model(bf(f"{left} ~ x"), data, FAMILIES[name], {}, ModelOptions()), 2, 1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("gaussian(link = log)", 'gaussian(link="log")'),
        ("Gamma('inverse')", 'Gamma(link="inverse")'),
        ('nbinom2("log")', 'negbinomial(link="log")'),
    ],
)
def test_a_call_in_quotes_is_told_as_python_writes_it(written: str, meant: str) -> None:
    with pytest.raises(OptionError, match=f"write {re.escape(meant)}, without quotes around it"):
        as_family(written)
