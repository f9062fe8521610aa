"""Rows with the same squares: how many are left, and that the density does not change."""

from dataclasses import replace

import numpy as np
import pytest
from handmade import design, model, response
from stan_against_numpy import check, compiled, points

from stanmlm.data.design import Design, GroupTerm
from stanmlm.families import binomial, gaussian, poisson
from stanmlm.families.responses import Response
from stanmlm.model.compress import compress
from stanmlm.model.rotation import rotated
from stanmlm.model.stan_rows import combinations, intercept_rows, plain_rows
from stanmlm.sampling.program import program, structure

ROUNDING = 1e-12


def plain(n: int, x: np.ndarray, groups: list[np.ndarray], slopes: bool, seed: int = 4) -> tuple[Design, Response]:
    """y ~ x, with an intercept, and a slope if asked for, that varies by each of the groups."""
    X = np.column_stack([np.ones(n), x])
    Z = X if slopes else X[:, :1]
    terms = tuple(
        GroupTerm(f"g{k}", ("(Intercept)", "x")[: Z.shape[1]], tuple(map(str, range(g.max() + 1))), g, Z)
        for k, g in enumerate(groups)
    )
    y = np.random.default_rng(seed).normal(50.0, 3.0, n)
    columns = Design(X, ("(Intercept)", "x"), (0, 1), True, (), terms, np.zeros(n))
    return columns, Response("y", y, np.ones(n), np.ones(n))


def squares(rows, beta: np.ndarray, effects: list[np.ndarray]) -> float:
    eta = rows.X @ beta
    for Z, index, a in zip(rows.Z, rows.index, effects, strict=True):
        eta = eta + np.sum(Z * a[index], axis=1)
    return float(rows.stats["ss"] + np.sum((rows.stats["y"] - eta) ** 2))


@pytest.mark.parametrize("slopes", [False, True])
def test_ten_rows_a_group_become_two(slopes: bool) -> None:
    days, subject = np.tile(np.arange(10.0), 18), np.repeat(np.arange(18), 10)
    columns, y = plain(180, days, [subject], slopes)
    rows = compress(columns, y, gaussian()).rows
    assert rows.X.shape == (36, 2)
    np.testing.assert_array_equal(np.bincount(rows.index[0]), np.full(18, 2))
    assert rows.stats["N"] == 180


def test_a_regression_becomes_as_many_rows_as_columns_and_its_residual_squares() -> None:
    x = np.random.default_rng(1).normal(size=5000)
    columns, y = plain(5000, x, [], slopes=False)
    rows = compress(columns, y, gaussian()).rows
    assert rows.X.shape == (2, 2)
    _, (residual,), *_ = np.linalg.lstsq(columns.X, y.y, rcond=None)
    assert rows.stats["ss"] == pytest.approx(residual, rel=ROUNDING)


@pytest.mark.parametrize("shape", ["one group", "crossed", "uneven", "large mean"])
def test_squares_are_those_of_the_rows_at_any_coefficients(shape: str) -> None:
    rng = np.random.default_rng(7)
    n = 600
    groups = {
        "one group": [rng.integers(0, 20, n)],
        "crossed": [rng.integers(0, 8, n), rng.integers(0, 5, n)],
        "uneven": [np.minimum(rng.geometric(0.05, n) - 1, 60)],
        "large mean": [rng.integers(0, 20, n)],
    }[shape]
    x = rng.normal(1e6 if shape == "large mean" else 0.0, 1.0, n)
    columns, y = plain(n, x, groups, slopes=True)
    before = compress(columns, y, gaussian(), collapse=False).rows
    after = compress(columns, y, gaussian(), collapse=True).rows
    assert len(after.X) < len(before.X) == n
    for _ in range(3):
        beta = rng.normal(size=2) * [1, 1e-6 if shape == "large mean" else 1]
        effects = [rng.normal(size=(len(term.levels), 2)) * [1, 1e-6] for term in columns.terms]
        expected = squares(before, beta, effects)
        assert squares(after, beta, effects) == pytest.approx(expected, rel=1e-10)


def test_weights_enter_as_square_roots_and_rows_of_weight_zero_not_at_all() -> None:
    rng = np.random.default_rng(3)
    columns, y = plain(200, rng.normal(size=200), [rng.integers(0, 10, 200)], slopes=False)
    y = replace(y, weights=rng.choice([0.0, 0.5, 2.0], 200))
    after = compress(columns, y, gaussian(), collapse=True).rows
    beta, a = np.array([40.0, 1.5]), rng.normal(size=(10, 1))
    eta = columns.X @ beta + a[columns.terms[0].index, 0]
    assert squares(after, beta, [a]) == pytest.approx(np.sum(y.weights * (y.y - eta) ** 2), rel=ROUNDING)
    assert after.stats["N"] == np.count_nonzero(y.weights)


@pytest.mark.parametrize("shape", ["none", "one", "three", "two", "crossed"])
def test_density_of_rotated_rows_is_that_of_rows(shape: str) -> None:
    few, all_rows = (model(gaussian(), shape, offset=True, collapse=collapse) for collapse in (True, False))
    assert len(few.cells.rows.X) <= len(few.cells.first) < len(all_rows.cells.rows.X)
    all_rows = replace(all_rows, centering=few.centering)  # one meaning of the parameters
    here, there = (np.array([compiled(m).log_prob_grad(q)[0] for q in points(few)]) for m in (few, all_rows))
    np.testing.assert_allclose(here - here[0], there - there[0], rtol=1e-10, atol=1e-10 * np.abs(there).max())


def test_rows_stay_where_rotation_would_save_little_or_is_not_wanted() -> None:
    x = np.random.default_rng(2).normal(size=30)
    columns, y = plain(30, x, [np.arange(30) % 14], slopes=True)
    assert len(compress(columns, y, gaussian()).rows.X) == 30
    assert len(compress(columns, y, gaussian(), collapse=True).rows.X) == 28
    assert len(compress(columns, y, gaussian(), collapse=False).rows.X) == 30


def test_only_squares_may_be_rotated() -> None:
    counts = compress(design("one"), response(binomial()), binomial())
    assert counts.rows.X is counts.X
    assert counts.rows.stats is counts.stats


def test_a_column_that_others_make_up_within_a_block_adds_no_row() -> None:
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(12), 9)
    first, second = rng.normal(size=(2, 12))[:, group]
    X = np.column_stack([np.ones(108), rng.normal(size=108), first, 3 * second])
    rows = plain_rows(X, (X[:, :1],), (group,), np.zeros(108), {"y": rng.normal(size=108), "ss": 0.0})
    assert len(rotated(rows).X) == 2 * 12


def test_combinations_count_in_order_of_appearance() -> None:
    index = (np.array([2, 0, 2, 1, 0]), np.array([0, 3, 0, 0, 3]))
    assert combinations(index, 5).tolist() == [0, 1, 0, 2, 1]
    assert combinations((), 3).tolist() == [0, 0, 0]


def test_crossed_intercepts_with_few_combinations_are_added_up_first() -> None:
    rng = np.random.default_rng(6)
    n = 2000
    student, teacher = rng.integers(0, 400, n), rng.integers(0, 30, n)
    columns, _ = plain(n, rng.normal(size=n), [student, teacher, teacher % 4], slopes=False)
    index, Z = tuple(term.index for term in columns.terms), tuple(term.Z for term in columns.terms)
    joint = plain_rows(columns.X, Z, index, columns.offset, {}).joint
    assert joint.terms == (1, 2)
    for k in joint.terms:
        np.testing.assert_array_equal(index[k][joint.first][joint.combination], index[k])
    sloped = (Z[0], columns.X, Z[2])
    assert plain_rows(columns.X, sloped, index, columns.offset, {}).joint.terms == ()
    assert intercept_rows(sloped) == [0, 2]
    assert plain_rows(columns.X[:900], tuple(part[:900] for part in Z), index, columns.offset, {}).joint.terms == ()


@pytest.mark.parametrize("family", [gaussian(), poisson()], ids=lambda family: family.name)
def test_density_of_many_rows_with_crossed_intercepts(family, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gathered without Z, added up by combinations of levels, and without fixed columns: the same density."""
    monkeypatch.setattr("stanmlm.model.stan_rows.MANY", 0)
    monkeypatch.setattr("stanmlm.model.stan_rows.FEW", 1.0)
    of = model(family, "intercepts")
    level = replace(of.response, weights=np.ones_like(of.response.y))
    of = replace(of, response=level, cells=compress(of.design, level, family, collapse=False))
    assert structure(of).joint == (0, 1)
    assert "a_joint = a_1[g_1] + a_2[g_2]" in program(structure(of)).text
    check(of)
