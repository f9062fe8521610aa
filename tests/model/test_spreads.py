"""The posterior of sds under normal likelihoods, against quadrature."""

import numpy as np
import pytest
from handmade import unbent
from scipy import integrate

from stanmlm.base.arrays import Floats
from stanmlm.model.spreads import MOST_BENT, bent, log_slope, spread_of_sds


def levels(J: int, sd: float, seed: int = 1) -> tuple[Floats, Floats]:
    """Information on one effect a level, and the effects' means under variance sd^2."""
    rng = np.random.default_rng(seed)
    known = rng.uniform(2, 9, J)
    right = known * (sd * rng.normal(size=J)) + np.sqrt(known) * rng.normal(size=J)
    return known[:, None, None], (right / (sd**-2 + known))[:, None]


@pytest.mark.parametrize("sd", [0.7, 1.5])
def test_moments_of_a_log_sd_are_those_of_quadrature(sd: float) -> None:
    known, effects = levels(25, sd)
    h, hat = known[:, 0, 0], np.log(sd)
    r = effects[:, 0] * (sd**-2 + h)

    def density(x: float) -> float:
        v = np.exp(2 * x)
        return float(np.exp(np.sum(r**2 * v / (1 + h * v) - np.log1p(h * v)) / 2 + x - np.exp(x - hat) - 20))

    total, first, second = (
        integrate.quad(lambda x, k=k: x**k * density(x), -12, 4, points=[-2, -1, 0], limit=400)[0] for k in range(3)
    )
    mean, variance = first / total, second / total - (first / total) ** 2
    found = spread_of_sds(known, effects, sd**2 * np.eye(1), np.array([[0.3]]))
    z = np.random.default_rng(2).normal(size=(400_000, 1))
    draws = found.hat + bent(z, found.bend) @ found.factor.T
    assert draws.mean() == pytest.approx(mean, abs=0.06 * np.sqrt(variance))  # a tail that few points reach
    assert draws.std() == pytest.approx(np.sqrt(variance), rel=0.1)


def test_the_first_guess_stays_where_points_say_little() -> None:
    known, effects = levels(8, 1.0)
    far = spread_of_sds(known, effects, np.eye(1), np.array([[50.0]]))
    assert far.bend == 0
    assert far.factor == 50
    many = spread_of_sds(np.ones((4, 5, 5)) + np.eye(5), np.zeros((4, 5)), np.eye(5), np.eye(5))
    np.testing.assert_array_equal(many.factor, np.eye(5))


def test_sds_of_effects_that_data_correlate_are_known_together() -> None:
    """An effect far from the mean of its column: what one sd loses the other gains."""
    rng = np.random.default_rng(3)
    z = 2 + rng.normal(size=(40, 12))
    Z = np.stack([np.ones_like(z), z], axis=-1)
    known = np.einsum("jnp,jnq->jpq", Z, Z)
    u = rng.normal(size=(40, 2))
    y = np.einsum("jnp,jp->jn", Z, u) + rng.normal(size=z.shape)
    effects = np.linalg.solve(np.eye(2) + known, np.einsum("jnp,jn->jp", Z, y)[..., None])[..., 0]
    found = spread_of_sds(known, effects, np.eye(2), 0.12 * np.eye(2))
    swapped = spread_of_sds(known[:, ::-1, ::-1], effects[:, ::-1], np.eye(2), 0.12 * np.eye(2))
    ours, theirs = found.factor @ found.factor.T, swapped.factor @ swapped.factor.T
    np.testing.assert_allclose(ours, theirs[::-1, ::-1], rtol=0.2, atol=2e-4)  # other points, other bends
    assert found.factor[1, 0] < 0


def test_only_sds_that_data_hardly_tell_from_zero_are_bent() -> None:
    known, near = levels(12, 0.35)
    assert 0 < spread_of_sds(known, near, 0.35**2 * np.eye(1), np.array([[0.5]])).bend[0] <= MOST_BENT
    known, away = levels(200, 1.0)
    assert spread_of_sds(known, away, np.eye(1), np.array([[0.06]])).bend[0] == 0


def test_a_bend_increases_and_its_slope_is_its_derivative() -> None:
    z, bend = np.linspace(-30, 30, 121)[:, None], np.array([0.15])
    step = 1e-5
    by_differences = (bent(z + step, bend) - bent(z - step, bend)) / (2 * step)
    np.testing.assert_allclose(np.exp(log_slope(z, bend)), by_differences, rtol=1e-7)
    np.testing.assert_allclose(unbent(bent(z, bend), bend), z, atol=1e-9)
