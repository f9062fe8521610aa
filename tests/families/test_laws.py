"""Families as distributions: densities, moments, draws and information against each other and against SciPy."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, special, stats

from stanmlm.families import FAMILIES, Family, binomial, negbinomial, poisson, student
from stanmlm.families.links import LINKS
from stanmlm.families.reductions import Extra
from stanmlm.families.rising import log_rising, rising_slopes
from stanmlm.families.slopes import slopes
from stanmlm.families.theta import Theta

# Under their usual links; test_links.py has the others. Categories have laws of their own: test_categories.py.
EVERY = [family for family in FAMILIES.values() if family.kind != "category" and not family.spread]
every = pytest.mark.parametrize("family", EVERY, ids=lambda family: f"{family.name}-{family.link.name}")

# Rows of one law each: the location's linear predictor, then the scalars'.
ROWS = 5
SCALARS = {
    **{"sigma": 1.3, "shape": 1.7, "nu": 5.5, "phi": 3.1, "zi": 0.3, "hu": 0.35, "zoi": 0.2, "coi": 0.6},
    **{"cutzero": -0.9, "cutone": 0.6, "alpha": 2.4, "beta": 0.8, "quantile": 0.3, "kappa": 2.5, "ndt": 0.25},
}
# Values of reals that have a chance of their own.
ATOMS = {
    **dict.fromkeys(("hurdle_gamma", "hurdle_lognormal", "zero_inflated_beta"), (0.0,)),
    **dict.fromkeys(("zero_one_inflated_beta", "ordbeta"), (0.0, 1.0)),
}
TRIALS, WEIGHT = 7.0, 1.0


def some_responses(family: Family) -> np.ndarray:
    """ROWS of them, within what the family's may be."""
    low, high = (float(end[0]) for end in family.bounds(np.array([TRIALS])))
    y = np.array([0.0, 1.0, 3.0, 2.0, 6.0])
    if low == -np.pi:
        return y / 2 - 1
    y = (y + 0.5) / 7 if high == 1 else y + 0.5 if family.kind == "real" and low == 0 else y
    atoms = ATOMS.get(family.name, ())
    return np.concatenate([atoms, y[len(atoms) :]])


def theta(family: Family, eta: np.ndarray | None = None, **scalars: float) -> Theta:
    eta = np.linspace(-1.2, 1.4, ROWS)[None] if eta is None else eta
    natural = {one.name: np.array([[(SCALARS | scalars)[one.name]]]) for one in family.scalars}
    return family.theta({"mu": eta}, natural)


def extra(weight: float = WEIGHT, rows: int = ROWS) -> Extra:
    return Extra(np.full(rows, TRIALS), np.full(rows, weight))


def total(family: Family, of: Theta, f, *breaks: float) -> np.ndarray:
    """The sum, or integral, of f(y) times the density, a row each; f may break at some places."""
    if family.kind == "count":
        low, high = 0, int(TRIALS) if np.isfinite(family.bounds(np.array([TRIALS]))[1][0]) else 2000
        y = np.arange(low, high + 1.0)[:, None]
        density = np.exp([family.log_density(np.full(ROWS, v), of, extra())[0] for v in y[:, 0]])
        return np.sum(f(y) * density, axis=0)
    found = []
    for row in range(ROWS):
        one = of.part(slice(None), [row])
        center = float(one["mu"][0, 0])

        def integrand(y, one=one):
            return float(f(y) * np.exp(family.log_density(np.array([y]), one, extra(rows=1))[0, 0]))

        low, high = (float(end[0]) for end in family.bounds(np.ones(1)))
        ends = np.unique(np.clip([-np.inf, center - 20, 0.02, 0.3, center, center + 20, np.inf, *breaks], low, high))
        parts = list(itertools.pairwise(ends))
        atoms = sum(integrand(at) for at in ATOMS.get(family.name, ()))
        found.append(atoms + sum(integrate.quad(integrand, *ends, epsabs=1e-12, limit=200)[0] for ends in parts))
    return np.array(found)


# The score of a shifted response next to its shift has no fourth moment, and differences there leave its range:
# test_links.py looks at its slopes.
smooth = pytest.mark.parametrize(
    "family", [family for family in EVERY if family.name != "shifted_lognormal"], ids=lambda family: family.name
)


@every
def test_a_density_integrates_to_one_with_the_mean_and_variance_that_the_family_says(family: Family) -> None:
    of = theta(family)
    np.testing.assert_allclose(total(family, of, np.ones_like), 1.0, rtol=1e-8)
    if family.variance is None:  # of angles, whose mean is a direction
        return
    mean = family.mean(of, extra())
    assert mean.shape == family.variance(of, extra()).shape == (1, ROWS)
    np.testing.assert_allclose(total(family, of, lambda y: y), mean[0], rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(
        total(family, of, lambda y: y**2) - mean[0] ** 2, family.variance(of, extra())[0], rtol=2e-6
    )


@every
def test_the_cumulated_density_is_the_distribution_function(family: Family) -> None:
    of = theta(family)
    for y in (-2.0, 0.0, 0.4, 1.0, 3.0, 6.5):
        below = family.cdf(np.full(ROWS, y), of, extra())[0]
        np.testing.assert_allclose(below, total(family, of, lambda v, y=y: v <= y, y), atol=2e-6)


def _skewnorm(mu: np.ndarray) -> object:
    """SciPy's in Azzalini's location and scale."""
    delta = SCALARS["alpha"] / np.hypot(1, SCALARS["alpha"])
    omega = SCALARS["sigma"] / np.sqrt(1 - 2 / np.pi * delta**2)
    return stats.skewnorm(SCALARS["alpha"], mu - omega * delta * np.sqrt(2 / np.pi), omega)


def _asymmetric(mu: np.ndarray) -> object:
    """SciPy's with kappa = sqrt(q / (1 - q)) and scale sigma / sqrt(q (1 - q))."""
    q = SCALARS["quantile"]
    return stats.laplace_asymmetric(np.sqrt(q / (1 - q)), mu, SCALARS["sigma"] / np.sqrt(q * (1 - q)))


SCIPY = {
    "gaussian": lambda mu, n: stats.norm(mu, SCALARS["sigma"]).logpdf,
    "binomial": lambda mu, n: stats.binom(n, mu).logpmf,
    "poisson": lambda mu, n: stats.poisson(mu).logpmf,
    "negbinomial": lambda mu, n: stats.nbinom(SCALARS["shape"], SCALARS["shape"] / (SCALARS["shape"] + mu)).logpmf,
    "geometric": lambda mu, n: stats.geom(1 / (1 + mu), loc=-1).logpmf,
    "nbinom1": lambda mu, n: stats.nbinom(mu / SCALARS["phi"], 1 / (1 + SCALARS["phi"])).logpmf,
    "beta_binomial": lambda mu, n: stats.betabinom(n, mu * SCALARS["phi"], (1 - mu) * SCALARS["phi"]).logpmf,
    "student": lambda mu, n: stats.t(SCALARS["nu"], mu, SCALARS["sigma"]).logpdf,
    "lognormal": lambda mu, n: stats.lognorm(SCALARS["sigma"], scale=np.exp(mu)).logpdf,
    "Gamma": lambda mu, n: stats.gamma(SCALARS["shape"], scale=mu / SCALARS["shape"]).logpdf,
    "exponential": lambda mu, n: stats.expon(scale=mu).logpdf,
    "inverse_gaussian": lambda mu, n: stats.invgauss(mu / SCALARS["shape"], scale=SCALARS["shape"]).logpdf,
    "weibull": lambda mu, n: (
        stats.weibull_min(SCALARS["shape"], scale=mu / special.gamma(1 + 1 / SCALARS["shape"])).logpdf
    ),
    "skew_normal": lambda mu, n: _skewnorm(mu).logpdf,
    "exgaussian": lambda mu, n: (
        stats.exponnorm(SCALARS["beta"] / SCALARS["sigma"], mu - SCALARS["beta"], SCALARS["sigma"]).logpdf
    ),
    "asym_laplace": lambda mu, n: _asymmetric(mu).logpdf,
    "von_mises": lambda mu, n: stats.vonmises(SCALARS["kappa"], mu).logpdf,
    "shifted_lognormal": lambda mu, n: stats.lognorm(SCALARS["sigma"], SCALARS["ndt"], np.exp(mu)).logpdf,
    "beta": lambda mu, n: stats.beta(mu * SCALARS["phi"], (1 - mu) * SCALARS["phi"]).logpdf,
}


MIXED = {
    "zero_inflated_poisson": ("poisson", "zi"),
    "zero_inflated_negbinomial": ("negbinomial", "zi"),
    "zero_inflated_binomial": ("binomial", "zi"),
    "zero_inflated_beta_binomial": ("beta_binomial", "zi"),
    "hurdle_poisson": ("poisson", "hu"),
    "hurdle_negbinomial": ("negbinomial", "hu"),
    "hurdle_gamma": ("Gamma", "hu"),
    "hurdle_lognormal": ("lognormal", "hu"),
    "zero_inflated_beta": ("beta", "zi"),
    "zero_one_inflated_beta": ("beta", "zoi"),
    "ordbeta": ("beta", "cutzero"),
}


def scipys(family: Family, mu: np.ndarray, y: np.ndarray) -> np.ndarray:
    if family.name in SCIPY:
        return SCIPY[family.name](mu, TRIALS)(y)
    base, dpar = MIXED[family.name]
    law, p = SCIPY[base](mu, TRIALS), SCALARS[dpar]
    if dpar == "cutzero":
        above, one = (special.expit(special.logit(mu) - at) for at in (p, p + np.exp(SCALARS["cutone"])))
        inside = np.log(above - one) + law(np.clip(y, 1e-3, 1 - 1e-3))
        return np.where(y == 0, np.log(1 - above), np.where(y == 1, np.log(one), inside))
    if dpar == "zoi":
        ends = np.where(y == 1, SCALARS["coi"], 1 - SCALARS["coi"])
        return np.where((y == 0) | (y == 1), np.log(p * ends), np.log1p(-p) + law(np.clip(y, 1e-3, 1 - 1e-3)))
    if family.kind == "real":
        return np.where(y == 0, np.log(p), np.log1p(-p) + law(np.maximum(y, 1e-3)))
    zero = np.exp(law(0 * y))
    if dpar == "hu":
        return np.where(y == 0, np.log(p), np.log1p(-p) + law(y) - np.log1p(-zero))
    return np.where(y == 0, np.log(p + (1 - p) * zero), np.log1p(-p) + law(y))


@every
def test_a_log_density_is_scipys_with_all_constants(family: Family) -> None:
    of, y = theta(family), some_responses(family)
    expected = scipys(family, of["mu"], y)
    np.testing.assert_allclose(family.log_density(y, of, extra()), expected, rtol=1e-12)


@every
def test_weights_are_precisions_of_normal_responses_and_exponents_of_other_densities(family: Family) -> None:
    of, y = theta(family), some_responses(family)
    weighted = family.log_density(y, of, extra(2.5))
    if family.weights_are_precisions:
        expected = stats.norm(of["mu"], SCALARS["sigma"] / np.sqrt(2.5)).logpdf(y)
    else:
        expected = 2.5 * family.log_density(y, of, extra())
    np.testing.assert_allclose(weighted, expected, rtol=1e-12)


def within(below, atoms: tuple[float, ...]):
    """The distribution function of what is at no atom."""
    jumps = {at: (below(at) - below(at - 1e-9))[0] for at in atoms}
    whole = 1 - sum(jumps.values())
    return lambda v: (below(v) - sum(jump * (v >= at) for at, jump in jumps.items())) / whole


@every
def test_draws_follow_the_distribution_function(family: Family) -> None:
    draws = 20_000
    of = theta(family, np.repeat(np.array([[-1.0, 0.3, 0.8]]), draws, axis=0))
    y = family.draw(np.random.default_rng(8), of, extra(rows=3))
    for row in range(3):
        one = theta(family, np.array([[[-1.0, 0.3, 0.8][row]]]))

        def below(v, one=one):
            return family.cdf(np.atleast_1d(v), one, extra(rows=np.size(v)))[0]

        if family.kind == "real":
            inside = y[~np.isin(y[:, row], ATOMS.get(family.name, ())), row]
            for at in ATOMS.get(family.name, ()):
                chance = (below(at) - below(at - 1e-9))[0]
                assert stats.binomtest(int(np.sum(y[:, row] == at)), draws, chance).pvalue > 0.001
            assert stats.kstest(inside, within(below, ATOMS.get(family.name, ()))).pvalue > 0.001
        else:
            values, seen = np.unique(np.minimum(y[:, row], 12), return_counts=True)
            chances = np.diff(np.concatenate([[0.0], below(np.arange(12.0)), [1.0]]))[values.astype(int)]
            keep = chances * draws > 5
            sizes = chances[keep] / chances[keep].sum() * seen[keep].sum()
            assert stats.chisquare(seen[keep], sizes).pvalue > 0.001


@smooth
def test_expected_information_is_the_variance_of_the_score(family: Family) -> None:
    """And what slopes give: of the family, or by differences, which the mean over responses makes expected."""
    P, draws = len(family.parameters), 400_000
    etas = np.array([[0.4], *([one.link.forward(np.asarray(SCALARS[one.name]))] for one in family.scalars)])
    y = family.draw(np.random.default_rng(3), _rows(family, etas, draws), extra(rows=draws))
    score, information = slopes(family, y, np.repeat(etas, draws, axis=1), extra(rows=draws))
    np.testing.assert_allclose(score.mean(axis=1), 0.0, atol=6 * score.std(axis=1).max() / np.sqrt(draws))
    outer = (score[:, None] * score[None]).mean(axis=-1)
    assert information.shape == (P, P, draws)
    np.testing.assert_allclose(information.mean(axis=-1), outer, atol=0.02 * np.abs(outer).max())


def _rows(family: Family, etas: np.ndarray, rows: int) -> Theta:
    return family.theta({name: np.full(rows, eta[0]) for name, eta in zip(family.links, etas, strict=True)}, {})


KINKED = ("asym_laplace",)  # second differences see nothing of a kink
SMOOTH = [family for family in EVERY if family.information and family.name not in KINKED]


@pytest.mark.parametrize("family", SMOOTH, ids=lambda f: f.link.name)
def test_a_family_without_closed_information_has_it_by_differences(family: Family) -> None:
    """The mean observed information over all responses is the expected one."""
    etas = np.array([[0.4], *([one.link.forward(np.asarray(SCALARS[one.name]))] for one in family.scalars)])
    y = family.draw(np.random.default_rng(5), _rows(family, etas, 200_000), extra(rows=200_000))
    many = np.repeat(etas, len(y), axis=1)
    observed = slopes(by_differences(family), y, many, extra(rows=len(y)))[1].mean(axis=-1)
    expected = slopes(family, y[:1], etas, extra(rows=1))[1][..., 0]
    np.testing.assert_allclose(observed, expected, atol=0.02 * np.abs(expected).max())


def by_differences(family: Family) -> Family:
    return replace(family, score=None, information=None, observed=None)


# Each parameter on its link's scale, and weights; responses are drawn.
PLACES = 400


def anywhere(family: Family, seed: int = 11) -> tuple[np.ndarray, np.ndarray, Extra]:
    """Linear predictors and responses far and wide, (P, rows) and (rows,), and what else a density reads."""
    rng = np.random.default_rng(seed)
    etas = rng.uniform(-2, 2, size=(len(family.parameters), PLACES))
    more = Extra(np.full(PLACES, TRIALS), rng.uniform(0.5, 3, PLACES))
    y = family.draw(rng, family.theta(dict(zip(family.links, etas, strict=True)), {}), more)
    if family.kind == "real" and family.bounds(np.ones(1))[1][0] == 1:  # a draw next to an end is rounded to it
        y = np.where(np.isin(y, ATOMS.get(family.name, ())), y, np.clip(y, 1e-9, 1 - 1e-9))
    return etas, y, more


@smooth
def test_slopes_in_closed_form_are_those_by_differences(family: Family) -> None:
    """Errors of differences are shares of 1e-8, and of 1e-2 in second ones, of the largest of a row."""
    etas, y, more = anywhere(family)
    score, information = slopes(family, y, etas, more)
    by_steps = slopes(by_differences(family), y, etas, more)
    assert score.shape == by_steps[0].shape
    assert np.all(np.abs(score - by_steps[0]) < 1e-6 * (1 + np.abs(by_steps[0]).max(axis=0)))
    if family.information is None:
        assert np.all(np.abs(information - by_steps[1]) < 2e-2 * (0.1 + np.abs(by_steps[1]).max(axis=(0, 1))))


@every
def test_slopes_of_what_all_rows_share_are_those_of_every_row(family: Family) -> None:
    etas, y, more = anywhere(family)
    etas[1:] = etas[1:, :1]
    shared = [etas[0], *etas[1:, :1]]
    for of in (family, by_differences(family)):
        for some, whole in zip(slopes(of, y, shared, more), slopes(of, y, etas, more), strict=True):
            assert some.shape == whole.shape
            np.testing.assert_allclose(some, whole, rtol=1e-12, atol=1e-12)


@every
def test_slopes_count_in_units(family: Family) -> None:
    etas, y, more = anywhere(family)
    units = np.array([2.5, 0.3, 7.0, 1.3] if _closed(family) else [1.5, 0.6, 2.0, 1.3])[: len(etas)]
    (score, information), plain = slopes(family, y, etas, more, units), slopes(family, y, etas, more)
    np.testing.assert_allclose(score, plain[0] * units[:, None], rtol=1e-4, atol=1e-5)
    expected = plain[1] * np.multiply.outer(units, units)[..., None]
    size = 1e-2 * (1 + np.abs(expected).max(axis=(0, 1))) if _closed(family) else 1e-3 * np.abs(expected).max()
    assert np.all(np.abs(information - expected) < size + 1e-3 * np.abs(expected))


def _closed(family: Family) -> bool:
    return bool(family.information or family.observed)


@pytest.mark.parametrize("large", [1e3, 1e6, 1e9])
def test_slopes_keep_their_digits_where_a_law_is_next_to_its_limit(large: float) -> None:
    """A negative binomial is then next to a poisson, a Student t to a normal, and slopes fall as 1 / large."""
    one, y = np.ones(3), np.array([0.0, 2.0, 5.0])
    mu, log_mu = 2.5, np.log(2.5)
    score, information = slopes(negbinomial(), y, [log_mu * one, np.log([large])], Extra(one, one))
    np.testing.assert_allclose(score[0], y - mu, rtol=20 / large)
    np.testing.assert_allclose(information[0, 0], mu, rtol=20 / large)
    expected = -((y - mu) ** 2 - y) / (2 * large)
    np.testing.assert_allclose(score[1], expected, rtol=100 / large, atol=1e-14)
    np.testing.assert_allclose(information[1, 1], expected, rtol=100 / large, atol=1e-14)
    z = np.array([-1.5, 0.2, 3.0])
    score, information = slopes(student(), z, [0 * one, np.zeros(1), np.log([large - 1])], Extra(one, one))
    np.testing.assert_allclose(score[0], z, rtol=20 / large)
    np.testing.assert_allclose(score[2], -(z**4 - 2 * z**2 - 1) / (4 * large), rtol=100 / large, atol=1e-14)
    assert np.all(information[2, 2] < 10 / large**2 + 1e-15)


# Edges: what a density is where a formula as written has lost its digits.


@pytest.mark.parametrize("a", [1e-8, 1e-3, 0.7, 14.99, 15.01, 80.0, 1e4, 1e8, 1e12])
def test_a_rising_factorial_keeps_its_digits(a: float) -> None:
    y = np.array([0.0, 1.0, 2.0, 7.0, 300.0])
    exact = [np.sum(np.log1p(np.arange(count) / a)) for count in y.astype(int)]
    np.testing.assert_allclose(log_rising(np.asarray(a), y), exact, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("a", [1e-8, 1e-3, 0.7, 9.0, 80.0, 1e4, 1e8, 1e12])
def test_slopes_of_a_rising_factorial_keep_their_digits(a: float) -> None:
    y = np.array([0.0, 1.0, 2.0, 7.0, 300.0])
    parts = [np.arange(count) / (a + np.arange(count)) for count in y.astype(int)]
    first, second = rising_slopes(np.asarray(a), y)
    np.testing.assert_allclose(first, [-np.sum(part) for part in parts], rtol=1e-11, atol=1e-13)
    curved = [np.sum(part * a / (a + np.arange(len(part)))) for part in parts]
    np.testing.assert_allclose(second, curved, rtol=1e-11, atol=1e-13)


def test_a_rising_half_has_gautschis_series() -> None:
    """gamma(a + 1/2) / gamma(a) = sqrt(a) (1 - 1/(8a) + 1/(128 a^2) + 5/(1024 a^3) - ...)."""
    a = np.array([60.0, 1e3, 1e6, 1e9])
    series = -1 / (8 * a) + 1 / (128 * a**2) + 5 / (1024 * a**3) - 21 / (32768 * a**4) - 399 / (262144 * a**5)
    np.testing.assert_allclose(log_rising(a, np.asarray(0.5)), np.log1p(series), rtol=1e-10, atol=1e-16)


@pytest.mark.parametrize("eta", [-3.0, 0.0, 2.0])
def test_a_negative_binomial_with_a_huge_shape_is_a_poisson(eta: float) -> None:
    y = np.arange(12.0)
    wide = negbinomial().log_density(y, theta(negbinomial(), np.full((1, 12), eta), shape=1e8), extra(rows=12))
    plain = poisson().log_density(y, theta(poisson(), np.full((1, 12), eta)), extra(rows=12))
    correction = ((y - np.exp(eta)) ** 2 - y) / 2e8  # of first order in 1 / shape
    np.testing.assert_allclose(wide - plain, correction[None], atol=1e-13)


def test_a_negative_binomial_with_a_tiny_shape_is_zero_or_anything() -> None:
    y, a = np.array([0.0, 1.0, 5.0, 100.0]), 1e-8
    found = negbinomial().log_density(y, theta(negbinomial(), np.zeros((1, 4)), shape=a), extra(rows=4))[0]
    some = np.log(a) - np.log(y[1:]) + y[1:] * np.log(1 / (1 + a))
    np.testing.assert_allclose(found, np.r_[-a * np.log1p(1 / a), some], rtol=1e-6)


def test_a_student_t_with_many_degrees_of_freedom_is_normal() -> None:
    y, nu = np.array([-4.0, -1.0, 0.0, 0.5, 3.0]), 1e6
    found = student().log_density(y, theta(student(), np.zeros((1, 5)), sigma=1.0, nu=nu), extra(rows=5))[0]
    correction = (y**4 - 2 * y**2 - 1) / (4 * nu)
    np.testing.assert_allclose(found - stats.norm.logpdf(y), correction, atol=1e-9)


@pytest.mark.parametrize(("link", "eta"), [("logit", 40.0), ("logit", -40.0), ("probit", 30.0), ("probit", -30.0),
                                           ("cloglog", -40.0), ("logit", 800.0)])  # fmt: skip
def test_a_binomial_density_is_finite_in_the_tails(link: str, eta: float) -> None:
    family = binomial(link)
    success = family.log_density(np.ones(1), theta(family, np.full((1, 1), eta)), Extra(np.ones(1), np.ones(1)))
    failure = family.log_density(np.zeros(1), theta(family, np.full((1, 1), eta)), Extra(np.ones(1), np.ones(1)))
    logs = LINKS[link].log_inverse(np.array([[eta]])), LINKS[link].log1m_inverse(np.array([[eta]]))
    np.testing.assert_allclose([success, failure], logs, rtol=1e-15)
    assert np.isfinite([success, failure]).all()


def test_counts_where_the_mean_is_next_to_nothing() -> None:
    for family in (poisson(), negbinomial()):
        found = family.log_density(np.array([0.0, 2.0]), theta(family, np.full((1, 2), -800.0)), extra(rows=2))[0]
        assert found[0] == 0.0
        assert -1605 < found[1] < -1595


def test_logarithms_of_a_cloglog_keep_their_digits_at_both_ends() -> None:
    link = LINKS["cloglog"]
    np.testing.assert_allclose(
        link.log_inverse(np.array([-700.0, -30.0])), [-700.0, -30.0 - np.exp(-30.0) / 2], rtol=1e-15
    )
    np.testing.assert_allclose(link.log_inverse(np.array([3.0])), -np.exp(-np.exp(3.0)), rtol=1e-8)
    np.testing.assert_allclose(link.log1m_inverse(np.array([-30.0, 3.0])), -np.exp([-30.0, 3.0]), rtol=1e-15)


def test_parameters_by_linear_predictor_or_by_value() -> None:
    of = Theta.from_eta({"mu": np.array([[-800.0, 1.0]])}, {"mu": LINKS["logit"]}, {"phi": np.array([[2.0]])})
    assert of.log("mu")[0, 0] == -800.0
    assert of.log1m("mu")[0, 0] == 0.0
    assert of["phi"][0, 0] == 2.0
    assert of.log("phi")[0, 0] == np.log(2.0)
    assert of.values().part(slice(None), slice(1, 2))["mu"].shape == (1, 1)
    assert of.part(slice(None), slice(1, 2))["phi"].shape == (1, 1)
