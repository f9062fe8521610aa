"""What families say of responses that were not seen whole: tails with their digits, truncated means and draws."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, special, stats
from tail_numbers import NUMBERS, kind_of
from test_laws import SCALARS, TRIALS, theta

from stanmlm.base.errors import DataError
from stanmlm.families import FAMILIES, Family
from stanmlm.families.incomplete import log_gamma_p, log_gamma_q, log_inc_beta
from stanmlm.families.observation import draw, expected_observed, log_likelihood, log_mass, truncation
from stanmlm.families.reductions import Extra

TAILED = [family for family in FAMILIES.values() if family.log_cdf]
every = pytest.mark.parametrize("family", TAILED, ids=lambda family: family.name)
# Bounds that are closed, and open to either side; of shares a seventh of them, of angles a quarter.
BOUNDS = [(1.0, 4.0), (2.0, np.inf), (-np.inf, 3.0)]


def unit_of(family: Family) -> float:
    return {"share": 1 / 7, "angle": 1 / 4}.get(kind_of(family), 1.0)


def extra(rows: int, **more: float) -> Extra:
    arrays = {name: np.full(rows, value) for name, value in more.items()}
    return Extra(np.full(rows, TRIALS), np.ones(rows), **arrays)


def of_location(family: Family) -> float:
    """Where a density may have a kink."""
    return float(theta(family, np.full((1, 1), 0.3))["mu"][0, 0])


def places(family: Family, y: float, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Responses below y, it with them, or above it, and what each is worth in a sum: panels grow from y on."""
    low, high = (float(end[0]) for end in family.bounds(np.array([TRIALS])))
    if family.kind == "count":
        counts = np.arange(0.0, min(high, 3000.0) + 1)
        counts = counts[counts <= y] if step < 0 else counts[counts > y]
        return counts, np.ones(len(counts))
    farthest = min(high - y if step > 0 else y - low, 1e5)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    # towards an end as well, where densities may be infinite; from kinks and the shift on as well
    edges = np.r_[0.0, np.geomspace(1e-10, 0.5, 60), 1 - np.geomspace(0.4, 1e-15, 60)] * farthest
    breaks = step * (np.r_[of_location(family), SCALARS["ndt"] + np.r_[0.0, np.geomspace(1e-6, 1, 40)]] - y)
    edges = np.unique(np.r_[edges, breaks[(breaks > 0) & (breaks < farthest)]])
    half = np.diff(edges)[:, None] / 2
    away, weights = (edges[:-1, None] + half + half * nodes).ravel(), (half * weights).ravel()
    at_zero = family.atom and step < 0
    return (np.r_[y + step * away, [0.0] * at_zero], np.r_[weights, [1.0] * at_zero])


@every
def test_tails_are_sums_of_the_density_however_far(family: Family) -> None:
    for y in NUMBERS[kind_of(family)]:
        for step, log_tail in ((-1, family.log_cdf), (1, family.log_ccdf)):
            at, weights = places(family, y, step)
            of = theta(family, np.full((1, len(at)), 0.3))
            logs = family.log_density(at, of, extra(len(at)))[0] + np.log(weights)
            found = log_tail(np.array([y]), theta(family, np.full((1, 1), 0.3)), extra(1))[0, 0]
            assert found == pytest.approx(special.logsumexp(logs), rel=1e-8, abs=1e-12), (y, step)


def test_tails_of_a_skew_normal_are_owens_wherever_these_have_digits() -> None:
    """Owen's T, as SciPy has it, for any skewness: next to the location a coarse rule lost five digits."""
    alpha, z = np.meshgrid([-9.0, -1.0, -0.05, 0.01, 0.3, 2.4, 20.0], [-2.0, -0.3, -0.01, 0.1, 0.6, 1.5])
    delta = alpha / np.hypot(1, alpha)
    of = FAMILIES["skew_normal"].theta(
        {"mu": delta * np.sqrt(2 / np.pi)}, {"sigma": np.sqrt(1 - 2 / np.pi * delta**2), "alpha": alpha}
    )
    below = special.ndtr(z) - 2 * special.owens_t(z, alpha)
    for found, chance in (
        (FAMILIES["skew_normal"].log_cdf(z, of, extra(1)), below),
        (FAMILIES["skew_normal"].log_ccdf(z, of, extra(1)), special.ndtr(-z) + 2 * special.owens_t(z, alpha)),
    ):
        with_digits = chance > 1e-5
        assert with_digits.mean() > 0.8
        np.testing.assert_allclose(found[with_digits], np.log(chance[with_digits]), rtol=1e-9, atol=1e-14)


def arc(low: float, high: float, mu: float, kappa: float) -> float:
    """The log chance of an angle from low to high, by quadrature of the density over its highest value there."""
    widths = np.r_[0, 1, 4, 16] / np.sqrt(kappa)
    peaks = mu + 2 * np.pi * np.arange(-2, 3)
    near = (peaks[:, None] + np.r_[-widths, widths]).ravel()
    steps = np.array([0.1, 1, 5, 25]) / kappa
    ends = np.unique(np.clip([low, high, *near, *(low + steps), *(high - steps), *(peaks + np.pi)], low, high))
    top = float(np.max(np.cos(ends - mu)))

    def density(t: float) -> float:
        return float(np.exp(kappa * (np.cos(t - mu) - top)))

    total = sum(integrate.quad(density, *pair, epsabs=0)[0] for pair in pairwise(ends))
    return float(np.log(total / (2 * np.pi * special.i0e(kappa))) + kappa * (top - 1))


def test_tails_of_angles_are_integrals_whatever_the_direction_and_concentration() -> None:
    """Of angles next to mu, a half turn from it and across that."""
    family = FAMILIES["von_mises"]
    places = np.meshgrid([-3.1, 0.2, 2.9], [-2.8, 0.0, 1.5, 3.1], [1e-3, 1.0, 20.0, 800.0])
    y, mu, kappa = (each.ravel() for each in places)
    of = family.theta({"mu": np.tan(mu / 2)}, {"kappa": kappa})
    for ends, log_tail in (((-np.pi, None), family.log_cdf), ((None, np.pi), family.log_ccdf)):
        low, high = (np.full_like(y, end) if end else y for end in ends)
        expected = [arc(*each) for each in zip(low, high, mu, kappa, strict=True)]
        np.testing.assert_allclose(log_tail(y, of, extra(1)), expected, rtol=1e-9, atol=1e-10)


def test_incomplete_gammas_keep_their_digits_where_they_underflow() -> None:
    tiny, huge = np.array(-500.0), np.log(5000.0)  # P(2, x) is x^2 / 2, and Q(2, x) is (1 + x) exp(-x)
    assert log_gamma_p(np.array(2.0), tiny) == pytest.approx(-1000 - np.log(2), rel=1e-14)
    assert log_gamma_q(np.array(2.0), huge) == pytest.approx(np.log(5001) - 5000, rel=1e-14)
    a = np.array([0.3, 2.0, 40.0])
    both = np.logaddexp(log_gamma_p(a, np.log(a)), log_gamma_q(a, np.log(a)))
    np.testing.assert_allclose(both, 0.0, atol=1e-14)


def test_incomplete_betas_keep_their_digits_at_either_end() -> None:
    """I_x(a, 1) is x^a, and I_x(1, b) is 1 - (1 - x)^b."""
    a, log_x = np.array([2.0, 30.0]), np.array(-400.0)
    np.testing.assert_allclose(log_inc_beta(a, np.array(1.0), log_x, np.array(0.0)), -400 * a, rtol=1e-14)
    near = log_inc_beta(np.array(1.0), a, np.log1p(-np.exp(-40.0)), np.array(-40.0))
    np.testing.assert_allclose(near, -np.exp(-40 * a), rtol=1e-8)


@pytest.mark.parametrize("name", ["gaussian", "lognormal", "weibull", "Gamma", "poisson", "student"])
def test_intervals_far_out_keep_their_digits(name: str) -> None:
    """An interval of so little of a tail is its beginning's tail, less its end's."""
    family = FAMILIES[name]
    of, low, high = theta(family, np.zeros((1, 1))), np.array([40.0]), np.array([45.0])
    begins, ends = (family.log_ccdf(at, of, extra(1))[0, 0] for at in (low, high))
    assert np.isfinite(begins)
    found = log_mass(family, low, high, of, extra(1))[0, 0]
    assert found == pytest.approx(begins + np.log1p(-np.exp(ends - begins)), rel=1e-12)


@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
@every
def test_the_truncated_density_has_the_truncated_mean(family: Family, bounds: tuple[float, float]) -> None:
    lower, upper = (unit_of(family) * bound for bound in bounds)
    if family.kind == "count":
        y = np.arange(max(lower, 0.0), min(upper, 60.0) + 1)
        y = y[y <= TRIALS] if kind_of(family) == "trials" else y
        weights = np.ones(len(y))
    else:
        least, most = (float(end[0]) for end in family.bounds(np.ones(1)))
        ends = np.clip([lower, upper], max(least, -2e4), min(most, 2e4))
        nodes, weights = np.polynomial.legendre.leggauss(60)
        kinks = [0.25, 1 - np.geomspace(1e-12, 0.5, 30), np.geomspace(1e-12, 2e4, 80)]
        edges = np.unique(np.r_[ends, np.clip(np.r_[0.0, -kinks[2], *kinks, of_location(family)], *ends)])
        half = np.diff(edges)[:, None] / 2
        y, weights = (edges[:-1, None] + half + half * nodes).ravel(), (half * weights).ravel()
        if family.atom and lower <= 0:
            y, weights = np.r_[y, 0.0], np.r_[weights, 1.0]
    of = theta(family, np.full((1, len(y)), 0.3))
    density = np.exp(log_likelihood(family, y, of, extra(len(y), lower=lower, upper=upper))[0]) * weights
    assert density.sum() == pytest.approx(1.0, rel=1e-6)
    one = theta(family, np.full((1, 1), 0.3))
    if family.truncated_mean is None:
        with pytest.raises(DataError, match=f"the mean of truncated {family.name} responses is not known"):
            expected_observed(family, one, extra(1, lower=lower, upper=upper))
        return
    assert expected_observed(family, one, extra(1, lower=lower, upper=upper))[0, 0] == pytest.approx(
        density @ y, rel=1e-5
    )


@pytest.mark.parametrize("bounds", [*BOUNDS, (9.0, 9.5)], ids=str)
@every
def test_truncated_draws_lie_within_their_bounds_as_they_should(family: Family, bounds: tuple[float, float]) -> None:
    """Also where next to none of the family's own draws would."""
    (lower, upper), size = (unit_of(family) * bound for bound in bounds), 400
    if kind_of(family) in ("trials", "share") and bounds[0] > TRIALS:
        return
    of, more = theta(family, np.full((1, size), 0.3)), extra(size, lower=lower, upper=upper)
    y = draw(family, np.random.default_rng(1), of, more)[0]
    assert np.all((y >= lower) & (y <= upper))
    low, high = truncation(family, more)
    share = np.exp(log_mass(family, low, y, of, more) - log_mass(family, low, high, of, more))[0]
    if family.truncated_mean is None or not (family.kind == "count" or family.atom):
        assert stats.kstest(share, "uniform").pvalue > 1e-3
    else:
        mean = expected_observed(family, of, more)[0, 0]
        assert abs(y.mean() - mean) < 5 * max(y.std(), 1e-12) / np.sqrt(size) + 1e-9


def test_rates_are_of_several_units_together() -> None:
    """A negative binomial over r units is the sum of r of them: mean and shape are r times those of one."""
    family, rate = FAMILIES["negbinomial"], 3.0
    of, y = theta(family, np.full((1, 6), 0.3)), np.arange(6.0)
    mu = float(of["mu"][0, 0])
    law = stats.nbinom(SCALARS["shape"] * rate, SCALARS["shape"] / (SCALARS["shape"] + mu))
    np.testing.assert_allclose(family.log_density(y, of, extra(6, rate=rate))[0], law.logpmf(y), rtol=1e-12)
    assert family.mean(of, extra(6, rate=rate))[0, 0] == pytest.approx(law.mean())
    assert family.variance_of(of, extra(6, rate=rate))[0, 0] == pytest.approx(law.var())
    one = stats.poisson(rate * mu)
    np.testing.assert_allclose(
        FAMILIES["poisson"].log_density(y, of, extra(6, rate=rate))[0], one.logpmf(y), rtol=1e-12
    )


def test_a_truncated_variance_is_refused() -> None:
    with pytest.raises(DataError, match="truncated poisson responses have no variance"):
        FAMILIES["poisson"].variance_of(theta(FAMILIES["poisson"], np.zeros((1, 1))), extra(1, lower=1.0))
