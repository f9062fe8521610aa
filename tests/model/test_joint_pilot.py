"""The pilot over several predictors: what it finds, in any units, from closed forms or from the density alone."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.base.arrays import Floats
from stanmlm.families import Family, gaussian, negbinomial, poisson, student, zero_inflated_negbinomial
from stanmlm.families.reductions import Extra
from stanmlm.families.slopes import slopes
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.formula.bf import FormulaLike
from stanmlm.model.approximations import FLATTEST, positive
from stanmlm.model.model import Model
from stanmlm.model.pilot import Pilot, pilot

GROUPS, EACH = 60, 30
# Iterations stop when nothing moves by more than a fiftieth of its sd; two ways there end that far apart.
STOPPED = 0.02
# A pilot has no number in units of its own: rounding, over some tens of steps.
UNITS = 1e-6
# In posterior sds: how far estimates lie from what made the data.
FAR = 3.5
SIMULATED = {"b": (2.0, 0.5), "b_sigma": (-0.3, 0.4), "sd": (0.7, 0.4)}


def simulated(scale: float = 1.0, shift: float = 0.0, unit: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    g = np.repeat(np.arange(GROUPS), EACH)
    x = rng.normal(size=len(g))
    u, v = (rng.normal(0, sd, GROUPS) for sd in SIMULATED["sd"])
    eta, log_sigma = 2 + 0.5 * x + u[g], -0.3 + 0.4 * x + v[g]
    y = eta + np.exp(log_sigma) * rng.standard_t(200, len(g))
    return pd.DataFrame({"y": shift + scale * y, "x": unit * x, "g": [f"{i:02d}" for i in g]})


def model(formula: FormulaLike, data: pd.DataFrame | None = None, **options: Any) -> Model:
    return build_model(formula, simulated() if data is None else data, gaussian(), {}, ModelOptions(**options))


BOTH = sm.bf("y ~ x + (1 | g)", "sigma ~ x + (1 | g)")


def found(of: Model) -> Pilot:
    at = of.centering.pilot
    assert at is not None
    return at


def test_coefficients_and_sds_of_both_predictors_are_near_what_made_the_data() -> None:
    at = found(model(BOTH, preset="brms"))
    truth = np.array([*SIMULATED["b"], *SIMULATED["b_sigma"]])
    assert np.all(np.abs(at.beta - truth) < FAR * np.sqrt(np.diag(at.uncertainty)))
    sds = np.sqrt([S[0, 0] for S in at.covariance])
    assert np.all(np.abs(np.log(sds / SIMULATED["sd"])) < FAR / np.sqrt(2 * GROUPS))


def test_truncated_counts_next_to_their_bound_do_not_send_the_pilot_away() -> None:
    rng, bound = np.random.default_rng(3), 25
    g = np.repeat(np.arange(GROUPS), 3)
    y = rng.poisson(np.exp(1.5 + rng.normal(0, 1, GROUPS))[g])
    data = pd.DataFrame({"y": y, "g": g})[y <= bound]
    options = ModelOptions(preset="brms")
    at = found(build_model(f"y | trunc(ub = {bound}) ~ 1 + (1 | g)", data, poisson(), {}, options))
    assert abs(at.beta[0] - 1.5) < FAR * np.sqrt(at.uncertainty[0, 0])
    assert abs(np.log(at.covariance[0][0, 0]) / 2) < FAR / np.sqrt(2 * GROUPS)


def test_each_predictor_absorbs_its_own_columns_alone() -> None:
    of = model(BOTH, preset="brms").centering
    assert of.absorbed.tolist() == [True, False, True, False]
    assert not of.A[0][..., 2:].any()
    assert not of.A[1][..., :2].any()


def test_a_predictor_of_one_number_is_that_number() -> None:
    """EM of a dispersion, and the scores of log sigma over what eta is uncertain by, have one fixed point."""
    plain = model("y ~ x + (1 | g)", preset="brms")
    one = pilot(plain.design, plain.cells, plain.family, plain.priors)
    other = found(model(sm.bf("y ~ x + (1 | g)", "sigma ~ 1"), preset="brms"))
    errors = np.sqrt(np.diag(one.uncertainty))
    assert np.all(np.abs(other.beta[:2] - one.beta) < 3 * STOPPED * errors)
    assert other.beta[2] == pytest.approx(np.log(one.scalars["sigma"]), abs=3 * STOPPED / np.sqrt(2 * GROUPS * EACH))
    assert other.covariance[0][0, 0] == pytest.approx(one.covariance[0][0, 0], rel=3 * STOPPED)


@pytest.mark.parametrize(("scale", "shift", "unit"), [(1e3, 5e6, 1.0), (1e-6, 0.0, 1e4), (1e9, -1e9, 1e-9)])
def test_units_of_response_and_predictor_do_not_matter(scale: float, shift: float, unit: float) -> None:
    plain = ModelOptions().preset
    priors = {"preset": plain, "prior": None, "prior_intercept": None}
    rows = [sm.set_prior("", class_=c, dpar="sigma") for c in ("Intercept", "b")]
    one = found(model(BOTH, priors=rows, **priors))
    other = found(model(BOTH, data=simulated(scale, shift, unit), priors=rows, **priors))
    back = np.array([1 / scale, unit / scale, 1.0, unit])
    beta = (other.beta - np.array([shift, 0, np.log(scale), 0])) * back
    np.testing.assert_allclose(beta, one.beta, rtol=UNITS, atol=UNITS)
    np.testing.assert_allclose(other.uncertainty * np.outer(back, back), one.uncertainty, rtol=1e-4, atol=UNITS)
    np.testing.assert_allclose(other.covariance[0] / scale**2, one.covariance[0], rtol=UNITS)
    np.testing.assert_allclose(other.covariance[1], one.covariance[1], rtol=UNITS)
    np.testing.assert_allclose(other.information[1], one.information[1], rtol=UNITS)


def test_numeric_information_serves_as_the_closed_form_does() -> None:
    of = model(BOTH, preset="brms")
    closed, numeric = found(of), pilot(of.design, of.cells, replace(of.family, information=None), of.priors)
    errors = np.sqrt(np.diag(closed.uncertainty))
    assert np.all(np.abs(numeric.beta - closed.beta) < 0.5 * errors)
    for S, other in zip(closed.covariance, numeric.covariance, strict=True):
        assert other[0, 0] == pytest.approx(S[0, 0], rel=0.2)


def test_rows_that_are_alike_are_looked_at_once() -> None:
    data = simulated().assign(x=lambda d: d.x.round())
    cells, rows = (found(model(BOTH, data=data, preset="brms", collapse=c)) for c in (True, False))
    np.testing.assert_allclose(cells.beta, rows.beta, rtol=1e-8)
    np.testing.assert_allclose(cells.uncertainty, rows.uncertainty, rtol=1e-6, atol=1e-12)


def test_slopes_count_in_the_units_of_their_predictors() -> None:
    of = model(BOTH)
    seen, units = of.cells.observed, np.array([1e6, 1.0])
    assert seen is not None
    etas = np.stack([2e6 * np.ones(len(seen.y)), np.full(len(seen.y), np.log(1e6))])
    score, information = slopes(of.family, 1e6 * seen.y, etas, seen.extra, units)
    plain, own = slopes(of.family, seen.y, etas / [[1e6], [1.0]] - [[0.0], [np.log(1e6)]], seen.extra)
    np.testing.assert_allclose(score, plain, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(information, own, rtol=1e-8)


STUDENT = {"sigma": "sigma ~ x + (1 | g)", "nu": "nu ~ x"}


def test_the_order_in_which_parameters_are_named_does_not_matter() -> None:
    """What is said of data by predictor is in the order of coefficients, as starts and sweeps read it."""
    of = {names: sm.bf("y ~ x + (1 | g)", *(STUDENT[name] for name in names)) for names in permutations(STUDENT)}
    at = {names: found(build_model(one, simulated(), student(), {}, ModelOptions())) for names, one in of.items()}
    first, second = at[("sigma", "nu")], at[("nu", "sigma")]
    np.testing.assert_allclose(second.working.right, first.working.right[[0, 2, 1]], rtol=1e-6)
    np.testing.assert_allclose(second.beta, first.beta[[0, 1, 4, 5, 2, 3]], rtol=1e-6)


@pytest.mark.parametrize("family", [poisson(), negbinomial()], ids=str)
@pytest.mark.parametrize("terms", ["(1 | g)", "(1 | g) + (1 | h)"])
def test_a_predictor_may_have_no_fixed_columns(family: Family, terms: str) -> None:
    data = simulated().assign(h=lambda frame: np.arange(len(frame)) % 7, y=lambda frame: np.exp(frame["y"] / 3) // 1)
    at = found(build_model(f"y ~ 0 + {terms}", data, family, {}, ModelOptions()))
    assert at.beta.shape == (0,)
    assert at.scalars.keys() == {one.name for one in family.scalars}
    assert all(np.all(np.isfinite(effects)) for effects in at.effects)
    spread = build_model(sm.bf("y ~ x", f"sigma ~ 0 + {terms}"), data, gaussian(), {}, ModelOptions())
    assert found(spread).working.weight.shape[:2] == (2, 2)
    assert found(spread).scalars == {}


def test_information_is_lifted_to_a_share_of_its_largest_direction_and_no_more() -> None:
    """Eigenvalue by eigenvalue: of one, two and three predictors, some of them with nothing to say."""
    rng = np.random.default_rng(2)
    for P in (1, 2, 3):
        roots = rng.normal(size=(200, P, P))
        sizes = rng.choice([1.0, 1e-9, 0.0, -0.3, -2.0], size=(200, P)) * rng.uniform(1, 2, (200, P))
        axes = np.linalg.qr(roots)[0]
        given = np.einsum("cpk,ck,cqk->pqc", axes, sizes, axes)
        largest = np.abs(sizes).max(axis=1, keepdims=True)
        floor = FLATTEST * np.where(largest > 0, largest, 1.0)
        expected = np.einsum("cpk,ck,cqk->pqc", axes, np.maximum(sizes, floor), axes)
        np.testing.assert_allclose(positive(given), expected, atol=1e-14)


@pytest.mark.parametrize("family", [negbinomial(), student()], ids=lambda family: family.name)
def test_closed_forms_lead_where_the_density_alone_does(family: Family) -> None:
    """What second differences err by moves weights by 1e-5 or so, and hardly where they lead."""
    rng = np.random.default_rng(5)
    data = simulated()
    data["y"] = rng.poisson(rng.gamma(1.5, np.exp(0.3 * data.y) / 1.5)) if family.kind == "count" else data.y
    of = build_model("y ~ x + (1 | g)", data, family, {}, ModelOptions())
    closed = pilot(of.design, of.cells, of.family, of.priors)
    numeric = pilot(of.design, of.cells, replace(family, score=None, observed=None), of.priors)
    np.testing.assert_allclose(closed.beta, numeric.beta, rtol=1e-6)
    np.testing.assert_allclose(closed.covariance[0], numeric.covariance[0], rtol=1e-5)
    np.testing.assert_allclose(closed.uncertainty, numeric.uncertainty, rtol=1e-4, atol=1e-10)
    for name, value in closed.scalars.items():
        assert value == pytest.approx(numeric.scalars[name], rel=1e-5)


@pytest.mark.parametrize("rows", [300, 6000])
def test_data_at_the_edge_of_a_parameters_range_leave_the_pilot_finite(rows: int) -> None:
    """Cauchy responses draw nu towards 1, where data tell nothing of log(nu - 1) and its prior has no curvature."""
    rng = np.random.default_rng(6)
    g, x = rng.integers(0, 30, rows), rng.normal(size=rows)
    y = 0.5 + 0.3 * x + rng.normal(0, 0.5, 30)[g] + rng.standard_cauchy(rows)
    data = pd.DataFrame({"y": y, "x": x, "g": [str(j) for j in g]})
    at = found(build_model("y ~ x + (1 | g)", data, student(), {}, ModelOptions()))
    assert np.all(np.abs(at.beta - [0.5, 0.3]) < 0.4)
    assert 1 < at.scalars["nu"] < 1.4
    assert at.scalars["sigma"] == pytest.approx(1, abs=0.3)
    assert 0 < at.scalar_variance["nu"] < 2


def zeros_of_two_sources(rows: int = 2_000) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x, u = rng.normal(size=rows), rng.normal(0, 0.4, (2, 30))
    g, h = rng.integers(0, 30, (2, rows))
    mu = np.exp(1 + 0.3 * x + u[0, g])
    y = np.where(rng.random(rows) < 0.25, 0, rng.negative_binomial(2, 2 / (2 + mu)))
    return pd.DataFrame({"y": y, "x": x - x.mean(), "g": g, "h": h})


def test_what_zeros_tell_of_two_sources_is_told_of_their_sum() -> None:
    """The covariance of coefficients, shape and zi is the inverse of minus the Hessian of the log likelihood."""
    family, data = zero_inflated_negbinomial(), zeros_of_two_sources()
    of = build_model("y ~ x", data, family, {}, ModelOptions(preset="flat"))
    at, y = found(of), data["y"].to_numpy(float)
    extra = Extra(np.ones(len(y)), np.ones(len(y)))

    def log_likelihood(point: Floats) -> float:
        etas = [point[0] + point[1] * data["x"].to_numpy(), *point[2:, None]]
        links = dict(zip(family.links, etas, strict=True))
        return float(family.log_density(y, family.theta(links, {}), extra).sum())

    names = ("shape", "zi")
    numbers = [float(family.links[name].forward(np.asarray(at.scalars[name]))) for name in names]
    own = -hessian(log_likelihood, np.array([*at.beta, *numbers]), 1e-3)
    sds = np.sqrt([*np.diag(at.uncertainty), *(at.scalar_variance[name] for name in names)])
    # steps end a fiftieth of an sd from the mode, where sds differ that much less than half
    np.testing.assert_allclose(sds, np.sqrt(np.diag(np.linalg.inv(own))), rtol=STOPPED / 2)


def test_several_terms_tell_the_same_as_one() -> None:
    """A second term whose effects are next to nothing leaves the covariance that the first has alone."""
    data = zeros_of_two_sources()
    one, two = (
        found(build_model(f"y ~ x + {terms}", data, zero_inflated_negbinomial(), {}, ModelOptions()))
        for terms in ("(1 | g)", "(1 | g) + (1 | h)")
    )
    assert np.sqrt(two.covariance[1][0, 0]) < 0.1
    for name, variance in one.scalar_variance.items():
        assert two.scalar_variance[name] == pytest.approx(variance, rel=0.05)


def hessian(of: Callable[[Floats], float], at: Floats, step: float) -> Floats:
    n = len(at)
    move = step * np.eye(n)
    both = np.array(
        [
            [
                of(at + p + q) - of(at + p - q) - of(at - p + q) + of(at - p - q) if i <= j else 0.0
                for j, q in enumerate(move)
            ]
            for i, p in enumerate(move)
        ]
    )
    return np.asarray((both + np.triu(both, 1).T) / (4 * step**2))
