"""The prior distributions: densities that integrate to one, draws that follow them, in step with the constructors."""

import inspect

import numpy as np
import pytest
from scipy import integrate, stats

import stanmlm as sm
from stanmlm.base.errors import PriorError
from stanmlm.priors.distributions import DISTRIBUTIONS, draw_correlations, log_decov

UNIVARIATE = {
    "normal": (1.0, 2.0),
    "student_t": (3.0, 1.0, 2.0),
    "cauchy": (1.0, 2.0),
    "exponential": (0.5,),
    "gamma": (2.0, 0.5),
    "logistic": (1.0, 2.0),
    "uniform": (-1.0, 2.0),
    "beta": (2.0, 3.0),
    "lognormal": (0.3, 0.5),
    "inv_gamma": (2.0, 1.5),
}
BELOW = {"exponential": 0.0, "gamma": 0.0, "uniform": -1.0, "beta": 0.0, "lognormal": 0.0, "inv_gamma": 0.0}
ABOVE = {"uniform": 2.0, "beta": 1.0}
KS_LEVEL = 1e-4  # seeds are fixed; a wrong sampler fails by far


def density(name, x):
    return np.exp(DISTRIBUTIONS[name].log_density(np.asarray(x, dtype=float), UNIVARIATE[name]))


# R: dnorm(0.7, 1, 2), dt((0.7 - 1) / 2, 3) / 2, dcauchy(0.7, 1, 2), dexp(0.7, 0.5), dgamma(0.7, 2, 0.5),
# dlogis(0.7, 1, 2), dunif(0.7, -1, 2), dbeta(0.7, 2, 3), dlnorm(0.7, 0.3, 0.5), exp(-1.5 / 0.7) 1.5^2 / 0.7^3
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("normal", 0.1972396655),
        ("student_t", 0.1810503590),
        ("cauchy", 0.1556527561),
        ("exponential", 0.3523440449),
        ("gamma", 0.1233204157),
        ("logistic", 0.124299503339),
        ("uniform", 1 / 3),
        ("beta", 0.756),
        ("lognormal", 0.48115761882),
        ("inv_gamma", 0.769586366507),
    ],
)
def test_arguments_stand_in_stans_order(name, expected):
    assert density(name, 0.7) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("name", UNIVARIATE)
def test_draws_follow_the_density(name):
    rng = np.random.default_rng(3)
    draws = DISTRIBUTIONS[name].draw(rng, UNIVARIATE[name], (2000,), -np.inf, np.inf)

    def cdf(x):
        return integrate.quad(lambda t: density(name, t), BELOW.get(name, -np.inf), x)[0]

    probabilities = [cdf(x) for x in np.quantile(draws, [0.1, 0.5, 0.9])]
    assert probabilities == pytest.approx([0.1, 0.5, 0.9], abs=0.03)


@pytest.mark.parametrize("name", UNIVARIATE)
def test_draws_of_a_standard_deviation_are_truncated_at_zero(name):
    draws = DISTRIBUTIONS[name].draw(np.random.default_rng(4), UNIVARIATE[name], (4000,), 0.0, np.inf)
    assert draws.shape == (4000,)
    assert np.all(draws > 0)
    above = integrate.quad(lambda t: density(name, t), 0, ABOVE.get(name, np.inf))[0]
    below_median = integrate.quad(lambda t: density(name, t), 0, np.median(draws))[0]
    assert below_median / above == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("name", UNIVARIATE)
def test_draws_of_a_probability_are_cut_at_both_ends(name):
    draws = DISTRIBUTIONS[name].draw(np.random.default_rng(5), UNIVARIATE[name], (4000,), 0.0, 1.0)
    assert np.all((draws > 0) & (draws < 1))
    whole, half = (integrate.quad(lambda t: density(name, t), 0, end)[0] for end in (1.0, np.median(draws)))
    assert half / whole == pytest.approx(0.5, abs=0.03)


def test_nothing_is_drawn_from_a_flat_prior():
    with pytest.raises(PriorError, match="improper"):
        DISTRIBUTIONS["flat"].draw(np.random.default_rng(1), (), (3,), 0.0, 1.0)
    assert DISTRIBUTIONS["flat"].log_density(np.array([1.0, 2.0]), ()).tolist() == [0.0, 0.0]


def test_decov_integrates_to_one_over_two_standard_deviations():
    step = 0.02
    middle = np.arange(step / 2, 12, step)
    pairs = np.stack(np.meshgrid(middle, middle), axis=-1)
    total = np.sum(np.exp(log_decov(pairs, 2.0, 2.0, 0.7))) * step**2
    assert total == pytest.approx(1, abs=1e-3)


def test_decov_of_one_standard_deviation_is_a_gamma():
    sd = np.array([0.1, 1.0, 4.0])
    assert log_decov(sd[:, None], 3.0, 2.0, 0.5) == pytest.approx(stats.gamma(2.0, scale=0.5).logpdf(sd), rel=1e-12)


def test_decov_draws_have_a_gamma_total_and_a_dirichlet_simplex():
    sd = DISTRIBUTIONS["decov"].draw(np.random.default_rng(6), (1.0, 2.0, 3.0, 0.5), (4000, 3), 0.0, np.inf)
    tau = np.sqrt(np.mean(sd**2, axis=-1))
    share = sd[:, 0] ** 2 / np.sum(sd**2, axis=-1)
    assert stats.kstest(tau, stats.gamma(3.0, scale=0.5).cdf).pvalue > KS_LEVEL
    assert stats.kstest(share, stats.beta(2.0, 4.0).cdf).pvalue > KS_LEVEL


# Under LKJ(eta) in K dimensions every correlation is beta(eta + K/2 - 1) on (-1, 1).
@pytest.mark.parametrize(("K", "eta"), [(2, 1.0), (3, 2.0), (4, 0.5)])
def test_lkj_draws_have_beta_margins(K, eta):
    draws = draw_correlations(np.random.default_rng(7), eta, (3000, K, K))
    shape = eta + K / 2 - 1
    for i, j in zip(*np.triu_indices(K, 1), strict=True):
        assert stats.kstest((draws[:, i, j] + 1) / 2, stats.beta(shape, shape).cdf).pvalue > KS_LEVEL
    assert np.allclose(np.diagonal(draws, axis1=-2, axis2=-1), 1)


def test_lkj_density_is_a_power_of_the_determinant():
    R = np.array([[1, 0.5], [0.5, 1]])
    assert DISTRIBUTIONS["lkj"].log_density(R, (3.0,)) == pytest.approx(2 * np.log(0.75), rel=1e-12)


# A table row without a constructor: at top level `lognormal` is the family.
TEXT_ALONE = ("lognormal",)


@pytest.mark.parametrize("name", [name for name in DISTRIBUTIONS if name not in ("lkj", *TEXT_ALONE)])
def test_constructors_and_table_have_the_same_arguments_and_defaults(name):
    row = DISTRIBUTIONS[name]
    given = [p for p in inspect.signature(getattr(sm, name)).parameters.values() if p.name != "autoscale"]
    defaults = tuple(None if p.default is inspect.Parameter.empty else p.default for p in given)
    assert (tuple(p.name for p in given), defaults) == (row.arguments, row.defaults)
