"""Programs with what a formula adds to responses, against NumPy over rows, and cells against rows."""

from dataclasses import replace

import numpy as np
import pytest
from handmade import N, model
from reference_density import constrained, log_effects, log_priors, predictors_of
from stan_against_numpy import compiled, points
from tail_numbers import NUMBERS, kind_of

from stanmlm.families import FAMILIES, Family
from stanmlm.families.observation import log_likelihood, truncation
from stanmlm.families.reductions import extra_at
from stanmlm.families.responses import Response
from stanmlm.model.centering import noncentered
from stanmlm.model.compress import compress
from stanmlm.model.model import Model

TAILED = [name for name, family in FAMILIES.items() if family.log_cdf]
# Of values; gradients are compared with difference quotients, whose own error is 1e-9 of the largest part.
RELATIVE, OF_GRADIENTS = 1e-8, 1e-6
# Steps of these: where curvature jumps a step must not reach over it.
STEP = {"asym_laplace": 1e-4}


def added(family: Family, given: Response, what: str, seed: int = 4) -> Response:
    """The response with something added to it, a few values each, so that rows share cells."""
    rng = np.random.default_rng(seed)
    y, some = np.sort(given.y), np.unique(given.y)
    parts = {
        "rate": lambda: {"rate": rng.choice([0.5, 1.0, 2.5], N)},
        "se": lambda: {"se": rng.choice([0.3, 0.8], N)},
        "exponents": lambda: {"exponents": rng.choice([0.5, 1.0, 3.0, 0.0], N)},
        "censored": lambda: {
            "censored": rng.choice([-1.0, 0.0, 0.0, 1.0, 2.0], N),
            "y2": given.y + rng.choice([1.0, 2.0], N) * (0.1 if family.name == "beta" else 1),
        },
        "lower": lambda: {"lower": np.minimum(given.y, rng.choice(some[[0, len(some) // 3, len(some) // 2]], N))},
        "upper": lambda: {"upper": np.maximum(given.y, rng.choice(y[-3:], N))},
    }
    out = given
    for name in what.split():
        out = replace(out, **parts[name]())
    if out.censored.any():
        out = replace(out, upper=np.maximum(out.upper, np.where(out.censored == 2, out.y2, -np.inf)))
        most = np.minimum(out.upper, family.bounds(out.trials)[1])
        beyond = (out.censored > 0) & (out.y >= most) | (out.censored == -1) & (out.y <= out.lower)
        out = replace(out, censored=np.where(beyond, 0.0, out.censored))
    return out


def with_response(of: Model, response: Response, collapse: bool | str = True) -> Model:
    cells = compress(of.design, response, of.family, collapse)
    return replace(of, response=response, cells=cells, centering=noncentered(of.design))


def reference(of: Model, q: np.ndarray) -> float:
    """Over rows, the likelihood from the family's record."""
    values, jacobian = constrained(of, q)
    etas = predictors_of(of, values)
    theta = of.family.theta(
        {name: eta[None] for name, eta in etas.items()},
        {one.name: np.full((1, 1), values[one.name]) for one in of.scalars},
    )
    response = of.response
    there = response.weights * response.exponents > 0
    extra = extra_at(response)
    extra = replace(extra, weights=np.where(there, response.weights, 1.0))
    rows = log_likelihood(of.family, response.y, theta, extra)[0]
    return float(jacobian + log_priors(of, values) + log_effects(of, values) + np.sum(np.where(there, rows, 0.0)))


def check(of: Model, slopes: bool = True) -> None:
    stan = compiled(of)
    here = [0.3 * q for q in points(of)]
    ours = [stan.log_prob_grad(q) for q in here]
    theirs = [reference(of, q) for q in here]
    for (value, slope), expected, q in zip(ours, theirs, here, strict=True):
        assert value - ours[0][0] == pytest.approx(expected - theirs[0], rel=RELATIVE, abs=1e-8)
        if slopes and q is here[-1]:
            np.testing.assert_allclose(
                slope, quotients(of, q), rtol=OF_GRADIENTS, atol=OF_GRADIENTS * np.abs(slope).max()
            )


def quotients(of: Model, q: np.ndarray) -> np.ndarray:
    """Central, of fourth order."""
    h, out = STEP.get(of.family.name, 2e-3), []
    for step in np.eye(len(q)):
        near, far = (reference(of, q + k * h * step) - reference(of, q - k * h * step) for k in (1, 2))
        out.append((8 * near - far) / (12 * h))
    return np.array(out)


ALL = "censored lower upper"  # which has every kind of chance
SEEN = [*(pytest.param(what, marks=pytest.mark.slow) for what in ("censored", "lower", "upper", "lower upper")), ALL]


@pytest.mark.parametrize("what", SEEN)
@pytest.mark.parametrize("name", TAILED)
def test_density_of_responses_that_were_not_seen_whole(name: str, what: str) -> None:
    family = FAMILIES[name]
    of = model(family, "one", offset=what == "lower upper")
    of = with_response(of, added(family, of.response, what))
    assert of.cells.masses
    check(of, slopes=what == ALL)


@pytest.mark.parametrize("name", TAILED)
def test_density_far_out_in_both_tails(name: str) -> None:
    """Of responses that are all censored."""
    family, rng = FAMILIES[name], np.random.default_rng(8)
    of = model(family, "one")
    y, code = rng.choice(NUMBERS[kind_of(family)], N), rng.choice([-1.0, 1.0], N)
    if kind_of(family) == "trials":  # none is above the greatest
        y, code = np.clip(y, 0.0, np.maximum(of.response.trials - 1, 0.0)), np.where(of.response.trials > 0, code, 0.0)
    if any(one.upper for one in family.parameters):  # which is less than any response
        y = np.maximum(y, of.response.y.min())
    check(with_response(of, replace(of.response, y=y, censored=code)))


BESIDE = [
    *(("poisson", "rate"), ("negbinomial", "rate"), ("gaussian", "se"), ("student", "se"), ("gaussian", "exponents")),
    *(("poisson", "rate censored"), ("negbinomial", "rate lower"), ("gaussian", "se lower upper")),
    *(("student", "se censored"), ("gaussian", "exponents censored lower"), ("gaussian", "se exponents")),
]


@pytest.mark.parametrize(("name", "what"), BESIDE)
def test_density_of_rates_known_errors_and_exponents(name: str, what: str) -> None:
    family = FAMILIES[name]
    of = model(family, "one", offset="rate" in what)
    response = replace(of.response, weights=np.ones(N)) if "se" in what else of.response
    check(with_response(of, added(family, response, what)))


@pytest.mark.parametrize(("name", "what"), [*((name, "censored lower upper") for name in TAILED), *BESIDE])
def test_cells_have_the_density_of_rows_whatever_is_added(name: str, what: str) -> None:
    """With random offsets, weights, rates, censoring and truncation."""
    family = FAMILIES[name]
    of = model(family, "crossed", offset=True)
    rng = np.random.default_rng(11)
    rows = replace(of.design, offset=rng.choice(rng.normal(size=3), N))
    weights = np.ones(N) if "se" in what else rng.choice([*rng.uniform(0.1, 3.0, 3), 1.0, 0.0], N)
    response = replace(added(family, of.response, what), weights=weights)
    few, many = (with_response(replace(of, design=rows), response, collapse) for collapse in (True, False))
    values = [np.array([compiled(each).log_prob_grad(q)[0] for q in points(each)]) for each in (few, many)]
    size = np.abs(values[1]).max()
    np.testing.assert_allclose(values[0] - values[0][0], values[1] - values[1][0], rtol=1e-10, atol=1e-10 * size)


def test_bounds_of_counts_are_within() -> None:
    extra = extra_at(
        Response("y", np.ones(2), np.ones(2), np.ones(2), lower=np.array([1.0, 0.0]), upper=np.array([3.5, np.inf]))
    )
    low, high = truncation(FAMILIES["poisson"], extra)
    assert low.tolist() == [0.0, -np.inf]
    assert high.tolist() == [3.0, np.inf]
