"""Group effects integrated out: rows against the data's squares, draws of effects against the dense formula."""

import warnings

import numpy as np
import pandas as pd
import pytest
from handmade import integrated_model

import stanmlm as sm
from stanmlm.base.arrays import Floats
from stanmlm.base.arviz_compat import mcse_mean
from stanmlm.families import binomial, gaussian
from stanmlm.fit.fit import chains_of
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.centering import integrable
from stanmlm.model.marginal import Groups, Marginal, draw_effects, marginal
from stanmlm.model.stan_rows import plain_rows

DRAWS = 20_000
ERRORS = 5.0  # Monte Carlo standard errors that a mean of DRAWS may be off; about 70 numbers are compared


def rows_of(sizes: tuple[int, ...], K: int, shift: float = 0.0, seed: int = 1):
    """Groups of the given sizes with random predictors, an intercept among them."""
    rng = np.random.default_rng(seed)
    group, n = np.repeat(np.arange(len(sizes)), sizes), sum(sizes)
    Z = np.column_stack([np.ones(n), shift + rng.normal(size=(n, K - 1))])
    X = np.column_stack([Z, rng.normal(size=n)])
    return plain_rows(X, (Z,), (group,), np.zeros(n), {"N": n, "y": shift + rng.normal(size=n), "ss": 0.5})


def squares(of: Marginal, beta: Floats, u: Floats) -> float:
    e = of.all.y - of.all.X @ beta - np.einsum("jpk,jk->jp", of.Z[of.all.kind], u)
    return of.ss + float(np.sum(e**2) + np.sum((of.y_rest - of.X_rest @ beta) ** 2))


@pytest.mark.parametrize("shift", [0.0, 1e6])
@pytest.mark.parametrize("sizes", [(5, 9, 4), (1, 7, 2), (1, 1, 1, 1)])
def test_squares_around_any_effects_are_those_of_the_rows(sizes: tuple[int, ...], shift: float) -> None:
    rows = rows_of(sizes, 2, shift)
    of = marginal(rows, len(sizes))
    rng = np.random.default_rng(2)
    for _ in range(5):
        beta, u = rng.normal(size=3), rng.normal(size=(len(sizes), 2))
        eta = rows.X @ beta + np.sum(rows.Z[0] * u[rows.index[0]], axis=1)
        expected = 0.5 + np.sum((rows.stats["y"] - eta) ** 2)
        assert squares(of, beta, u) == pytest.approx(expected, rel=1e-10)


def test_rows_are_few_whatever_the_data_are() -> None:
    of = marginal(rows_of((400, 300, 500), 2), 3)
    assert of.all.y.size + of.y_rest.size == 3 * 2 + 3


def test_groups_with_the_same_predictors_are_few_with_the_same_squares() -> None:
    """sum_j e_j' V^-1 e_j over 30 groups of one kind and 12 of another, for any V of each kind."""
    rng = np.random.default_rng(3)
    days = [np.arange(4.0)] * 30 + [np.arange(6.0)] * 12
    group, day = np.repeat(np.arange(42), [len(d) for d in days]), np.concatenate(days)
    Z = np.column_stack([np.ones(len(day)), day])
    mixed = rng.permutation(len(day))  # rows of a group in any order
    y = rng.normal(size=len(day))
    rows = plain_rows(Z[mixed], (Z[mixed],), (group[mixed],), np.zeros(len(day)), {"y": y[mixed], "ss": 0.0})
    of = marginal(rows, 42)
    assert (len(of.Z), len(of.few.y)) == (2, 2 * 6)  # (2 predictors + 1) * 2 rows, of each kind
    beta, V = rng.normal(size=2), np.array([[[2.0, 0.3], [0.3, 1.0]], [[1.0, -0.4], [-0.4, 3.0]]])
    assert _weighted(of.few, beta, V) == pytest.approx(_weighted(of.all, beta, V), rel=1e-12)


def _weighted(groups: Groups, beta: Floats, V: Floats) -> float:
    e = groups.y - groups.X @ beta
    return float(np.einsum("jk,jkl,jl->", e, np.linalg.inv(V)[groups.kind], e))


@pytest.mark.parametrize("sizes", [(6, 1, 3)])
def test_effects_have_their_distribution_given_all_else(sizes: tuple[int, ...]) -> None:
    """Mean S Z'V^-1 e and covariance S - S Z'V^-1 Z S, with V = Z S Z' + sigma^2 I (Laird and Ware 1982)."""
    rows = rows_of(sizes, 3)
    T, beta, sigma = np.array([[0.8, 0, 0], [0.3, 0.5, 0], [-0.2, 0.1, 0.9]]), np.array([0.2, -0.5, 0.4, 0.1]), 0.7
    repeated = [np.broadcast_to(x, (DRAWS, *np.shape(x))) for x in (beta, T, sigma)]
    u = draw_effects(marginal(rows, len(sizes)), repeated[0], [repeated[1]], repeated[2], np.random.default_rng(4))
    for j in range(len(sizes)):
        at = rows.index[0] == j
        Z, e, S = rows.Z[0][at], rows.stats["y"][at] - rows.X[at] @ beta, T @ T.T
        gain = S @ Z.T @ np.linalg.inv(Z @ S @ Z.T + sigma**2 * np.eye(len(Z)))
        mean, covariance = gain @ e, S - gain @ Z @ S
        sds = np.sqrt(np.diag(covariance))
        np.testing.assert_allclose(u[:, j].mean(axis=0) / sds, mean / sds, atol=ERRORS / np.sqrt(DRAWS))
        np.testing.assert_allclose(
            np.cov(u[:, j].T) / np.outer(sds, sds), covariance / np.outer(sds, sds), atol=ERRORS * np.sqrt(2 / DRAWS)
        )


def test_two_terms_of_one_factor_are_one_with_zeros_between() -> None:
    of = integrated_model("split").centering.marginal
    assert of is not None
    T, z = np.array([[[0.8, 0], [0.3, 0.5]]]), np.array([[[0.9]]])
    whole = np.block([[T[0], np.zeros((2, 1))], [np.zeros((1, 2)), z[0]]])
    beta, sigma = np.zeros((1, of.all.X.shape[2])), np.array([0.7])
    np.testing.assert_allclose(
        draw_effects(of, beta, [T, z], sigma, np.random.default_rng(1)),
        draw_effects(of, beta, [whole[None]], sigma, np.random.default_rng(1)),
    )


def test_draws_in_pieces_are_the_same_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    of = marginal(rows_of((4, 5), 2), 2)
    given = (of, np.zeros((9, 3)), [np.tile(np.eye(2), (9, 1, 1))], np.ones(9))
    whole = draw_effects(*given, np.random.default_rng(3))
    monkeypatch.setattr("stanmlm.model.marginal.AT_ONCE", 8)
    np.testing.assert_allclose(draw_effects(*given, np.random.default_rng(3)), whole, rtol=1e-12)


EXAMS = sm.simulate_exams(seed=1, students=40)


@pytest.mark.parametrize(
    ("formula", "family", "expected"),
    [
        ("score ~ hours + (1 | student)", gaussian(), True),
        ("score ~ hours + (hours || student)", gaussian(), True),
        ("score ~ hours + (1 | student) + (1 | half)", gaussian(), False),
        ("score ~ hours + (1 | half/student)", gaussian(), False),
        ("score ~ hours", gaussian(), False),
        ("above ~ hours + (1 | student)", binomial(), False),
    ],
)
def test_effects_of_one_grouping_factor_of_a_gaussian_model_are_integrated_out(formula, family, expected) -> None:
    data = EXAMS.assign(half=EXAMS["student"].astype(str).str[-1], above=(EXAMS["score"] > 60).astype(int))
    of = build_model(formula, data, family, {}, ModelOptions())
    assert integrable(of.design, family) == bool(of.centering.marginal) == expected


def test_the_posterior_is_that_of_the_model_with_its_effects() -> None:
    """Means within 5 Monte Carlo errors, sds within a tenth: effects, coefficients, sds, correlation and sigma."""
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(12), rng.integers(1, 12, 12))
    x = rng.normal(size=len(group))
    u = rng.normal(size=(12, 2)) @ np.array([[1.0, 0.3], [0, 0.5]])
    data = pd.DataFrame({"x": x, "g": group, "y": 1 + u[group, 0] + (0.5 + u[group, 1]) * x + rng.normal(size=len(x))})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.StanmlmWarning)  # the other one may diverge
        fits = [
            sm.lmer("y ~ x + (x | g)", data, seed=3, iter=3000, progress=False, engine="stanli", centering=how)
            for how in ("auto", 0.3)
        ]
    assert [bool(fit.model.centering.marginal) for fit in fits] == [True, False]
    for name in ("b", "sd_g", "cor_g", "sigma", "r_g"):
        one, other = (chains_of(fit, name) for fit in fits)
        error = np.hypot(mcse_mean(one), mcse_mean(other))
        assert np.all(np.abs(one.mean(axis=(0, 1)) - other.mean(axis=(0, 1))) < 5 * error), name
        np.testing.assert_allclose(one.std(axis=(0, 1)), other.std(axis=(0, 1)), rtol=0.1, err_msg=name)


def test_a_seed_gives_the_same_effects() -> None:
    fits = [
        sm.lmer("score ~ hours + (1 | student)", EXAMS, seed=8, chains=1, iter=100, progress=False, engine="stanli")
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*(chains_of(fit, "r_student") for fit in fits))
