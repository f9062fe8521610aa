"""What families say of responses that were not seen whole: tails with their digits, truncated means and draws."""

import numpy as np
import pytest
from scipy import stats
from test_laws import SCALARS, SCIPY, TRIALS, theta

from stanmlm.base.errors import DataError
from stanmlm.families import FAMILIES, Family
from stanmlm.families.incomplete import log_gamma_p, log_gamma_q, log_inc_beta
from stanmlm.families.observation import draw, expectation, log_likelihood, log_mass, truncation
from stanmlm.families.reductions import Extra

TAILED = [family for family in FAMILIES.values() if family.log_cdf]
every = pytest.mark.parametrize("family", TAILED, ids=lambda family: family.name)
Y = np.array([0.3, 1.0, 2.0, 4.0])
# Bounds that are closed, and open to either side.
BOUNDS = [(1.0, 4.0), (2.0, np.inf), (-np.inf, 3.0)]


def extra(rows: int, **more: float) -> Extra:
    arrays = {name: np.full(rows, value) for name, value in more.items()}
    return Extra(np.full(rows, TRIALS), np.ones(rows), **arrays)


@every
def test_logs_of_tails_are_scipys(family: Family) -> None:
    of = theta(family, np.full((1, len(Y)), 0.3))
    law = SCIPY[family.name](of["mu"], TRIALS).__self__
    np.testing.assert_allclose(family.log_cdf(Y, of, extra(len(Y))), law.logcdf(Y), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(family.log_ccdf(Y, of, extra(len(Y))), law.logsf(Y), rtol=1e-9, atol=1e-12)


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
    lower, upper = bounds
    if family.kind == "count":
        y = np.arange(max(lower, 0.0), min(upper, 60.0) + 1)
        y = y[y <= TRIALS] if family.name == "binomial" else y
        weights = np.ones(len(y))
    else:
        least = float(family.bounds(np.ones(1))[0][0])
        ends = np.clip([lower, upper], max(least, -2e4), 2e4)
        nodes, weights = np.polynomial.legendre.leggauss(60)
        edges = np.unique(
            np.r_[ends, np.clip(np.r_[0.0, -np.geomspace(1e-3, 2e4, 40), np.geomspace(1e-3, 2e4, 40)], *ends)]
        )
        half = np.diff(edges)[:, None] / 2
        y, weights = (edges[:-1, None] + half + half * nodes).ravel(), (half * weights).ravel()
    of = theta(family, np.full((1, len(y)), 0.3))
    density = np.exp(log_likelihood(family, y, of, extra(len(y), lower=lower, upper=upper))[0]) * weights
    assert density.sum() == pytest.approx(1.0, rel=1e-6)
    one = theta(family, np.full((1, 1), 0.3))
    assert expectation(family, one, extra(1, lower=lower, upper=upper))[0, 0] == pytest.approx(density @ y, rel=1e-5)


@pytest.mark.parametrize("bounds", [*BOUNDS, (9.0, 9.5)], ids=str)
@every
def test_truncated_draws_lie_within_their_bounds_as_they_should(family: Family, bounds: tuple[float, float]) -> None:
    """Also where next to none of the family's own draws would."""
    (lower, upper), size = bounds, 400
    if family.name == "binomial" and lower > TRIALS:
        return
    of, more = theta(family, np.full((1, size), 0.3)), extra(size, lower=lower, upper=upper)
    y = draw(family, np.random.default_rng(1), of, more)[0]
    assert np.all((y >= lower) & (y <= upper))
    low, high = truncation(family, more)
    share = np.exp(log_mass(family, low, y, of, more) - log_mass(family, low, high, of, more))[0]
    if family.kind == "real":
        assert stats.kstest(share, "uniform").pvalue > 1e-3
    else:
        mean = expectation(family, of, more)[0, 0]
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
