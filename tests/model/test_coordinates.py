"""The sampler's own coordinates: curvatures of order one there, whatever the units and origins of the data are."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from stan_against_numpy import compiled

import stanmlm.sampling.inits as inits_module
from stanmlm.base.arrays import Floats
from stanmlm.families import Family, binomial, gaussian
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.coordinates import basis, in_bases, lower_factor, of_pilot
from stanmlm.model.model import Model
from stanmlm.sampling.inits import inverse_metric, starting_points

STEP = 1e-4  # of differences of gradients, in coordinates of order one

Change = Callable[[pd.DataFrame], pd.DataFrame]


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    g, x = np.repeat(np.arange(25), 30), rng.normal(size=750)
    u = rng.normal(size=(25, 2)) @ np.array([[0.7, -0.2], [0.0, 0.4]])
    h, b = np.tile(np.arange(10), 75), 0.5 * rng.normal(size=10)
    eta = 0.3 + 0.5 * x + u[g, 0] + u[g, 1] * x + b[h]
    y, vote = eta + rng.normal(size=750), rng.binomial(1, 1 / (1 + np.exp(-eta)))
    return pd.DataFrame({"y": y, "vote": vote, "x": x, "g": [f"g{i:02d}" for i in g], "h": [f"h{i}" for i in h]})


def built(formula: str, data: pd.DataFrame, family: Family, **options: object) -> Model:
    return build_model(formula, data, family, {}, ModelOptions(**options))  # type: ignore[arg-type]


def condition(of: Model, monkeypatch: pytest.MonkeyPatch) -> float:
    """Largest over smallest curvature of the log density at the pilot, in units of the first metric."""
    monkeypatch.setattr(inits_module, "SPREAD", 0.0)
    (start,) = starting_points(of, 1, 1)
    metric = inverse_metric(of)
    assert metric is not None
    stan, root = compiled(of), np.sqrt(metric)
    q = np.asarray(stan.unconstrain({name: value.tolist() for name, value in start.items()}))

    def slope(z: Floats) -> Floats:
        return np.asarray(stan.log_prob_grad(q + root * z)[1]) * root

    H = np.array([(slope(-STEP * e) - slope(STEP * e)) / (2 * STEP) for e in np.eye(len(q))])
    curvatures = np.abs(np.linalg.eigvalsh((H + H.T) / 2))
    return float(curvatures.max() / curvatures.min())


def dollars(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(x=40_000 + 30_000 * data["x"])


def tiny(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(y=1e-9 * data["y"])


def huge(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(y=1e9 * data["y"], x=1e9 * data["x"])


@pytest.mark.parametrize("change", [dollars, tiny, huge])
@pytest.mark.parametrize("formula", ["y ~ x", "y ~ x + (1 | g)", "y ~ x + (1 | g) + (1 | h)"])
def test_units_and_origins_leave_the_curvatures(formula: str, change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, other = (condition(built(formula, data, gaussian()), monkeypatch) for data in (rows(), change(rows())))
    assert plain < 100  # 59 where two factors cross: the mean of the effects of one is a ridge
    assert other < 1.5 * plain


@pytest.mark.parametrize("formula", ["vote ~ x + (1 | g)", "y ~ x + (1 + x | g)", "y ~ x + (1 + x | g) + (1 | h)"])
def test_dollars_cost_little_where_slopes_vary_or_responses_are_votes(
    formula: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = binomial() if formula.startswith("vote") else gaussian()
    plain, other = (condition(built(formula, data, family), monkeypatch) for data in (rows(), dollars(rows())))
    assert other < 6 * plain  # priors are on other sds and another correlation


def test_without_coordinates_dollars_cost_thousands(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests above would find if the program sampled the user's own coefficients."""
    of = built("y ~ x", dollars(rows()), gaussian())
    own = replace(of, centering=replace(of.centering, coordinates=None))
    q = np.r_[of.centering.pilot.beta, np.log(of.centering.pilot.scalars["sigma"])]
    stan, sizes = compiled(own), np.r_[np.diag(of.centering.coordinates.factor), 0.03]
    curvatures = [
        (stan.log_prob_grad(q - STEP * s * e)[1][i] - stan.log_prob_grad(q + STEP * s * e)[1][i]) / (2 * STEP * s)
        for i, (e, s) in enumerate(zip(np.eye(3), sizes, strict=True))
    ]
    assert max(curvatures) / min(curvatures) > 1e6


def test_information_is_diagonal_and_effects_have_unit_variance_in_a_basis() -> None:
    of = built("vote ~ x + (1 + x | g)", dollars(rows()), binomial())
    at = of.centering.pilot
    (information,), (S,) = in_bases(at, of_pilot(at)).information, in_bases(at, of_pilot(at)).covariance
    total = information.sum(axis=0)
    assert abs(total[0, 1]) < 1e-8 * np.sqrt(total[0, 0] * total[1, 1])
    np.testing.assert_allclose(np.diag(S), 1.0)


def test_effects_that_data_hardly_correlate_are_sampled_as_they_are() -> None:
    """In a basis a small sd beside a large one is a narrow ridge; a large mean of a column needs one."""
    for mean, diagonal in ((0.1, True), (5.0, False)):
        z = np.array([[1.0, mean - 1.0], [1.0, mean + 1.0]])
        information = np.tile(20 * z.T @ z, (10, 1, 1))
        B = basis(information, np.diag([0.1, 2.0]) ** 2)
        assert np.array_equal(B, np.diag(np.diag(B))) == diagonal
    B = basis(np.tile(20 * z.T @ z, (10, 1, 1)), np.diag([1e-3, 2.0]) ** 2)
    np.testing.assert_allclose(B, np.diag([1e-3, 2.0]))  # the population knows the intercepts better than data do


def test_a_lower_factor_keeps_its_digits_where_the_product_has_none() -> None:
    B = np.array([[1.0, 0.0], [1e8, 1e-8]])
    np.testing.assert_allclose(lower_factor(np.stack([B, -B])), [B, B], rtol=1e-12)


@pytest.mark.parametrize("choice", ["noncentered", "centered", 0.5])
def test_coordinates_come_from_the_data_whatever_the_centring(choice: str | float) -> None:
    formula, data = "y ~ x + (1 + x | g) + (1 + x | h)", dollars(rows())  # no term is rotated
    auto, other = (built(formula, data, gaussian(), centering=how).centering for how in ("auto", choice))
    np.testing.assert_array_equal(auto.coordinates.factor, other.coordinates.factor)


def test_a_prior_alone_is_sampled_in_units_of_the_prior() -> None:
    of = built("y ~ x", tiny(dollars(rows())), gaussian(), prior_only=True)
    scales = [row.arguments[-1] for row in of.priors.rows if row.class_ in ("Intercept", "b")]
    np.testing.assert_allclose(np.diag(of.centering.coordinates.factor), scales)
