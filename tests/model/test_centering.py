"""What a term absorbs, and the weights: information by hand, limits, forced values, and robustness of the pilot."""

from dataclasses import replace

import numpy as np
import pytest
from handmade import N, design, model, plain_priors, response

from stanmlm.base.errors import OptionError
from stanmlm.data.coefficients import centers
from stanmlm.data.design import Design, GroupTerm
from stanmlm.families import Family, binomial, gaussian, poisson, student
from stanmlm.families.responses import Response
from stanmlm.model.absorption import absorption, remainder
from stanmlm.model.centering import (
    MANY,
    SMALL,
    automatic,
    centering,
    events_of,
    forced,
    informed,
    noncentered,
    sampled_in,
)
from stanmlm.model.compress import compress
from stanmlm.model.coordinates import in_bases
from stanmlm.model.pilot import pilot
from stanmlm.priors.priors import Priors


def uniform(columns: Design, *shares: float) -> tuple[np.ndarray, ...]:
    return tuple(
        np.full((len(term.levels), len(term.coefs)), share) for term, share in zip(columns.terms, shares, strict=True)
    )


def absorbed(shape: str, *shares: float) -> list[list[tuple[str, str]]]:
    """(column, coefficient) pairs by term: absorbed columns whose values differ, and the intercept."""
    rows = design(shape)
    cells = compress(rows, response(poisson()), poisson())
    columns, A = absorption(rows, cells, uniform(rows, *shares))
    places = [
        [(rows.names[f], term.coefs[p]) for p, f in zip(*np.nonzero(_own(rows, a) & columns), strict=True)]
        for term, a in zip(rows.terms, A, strict=True)
    ]
    assert sorted(name for term in places for name, _ in term) == sorted(np.array(rows.names)[columns])
    return places


def _own(rows: Design, A: np.ndarray) -> np.ndarray:
    """(K, F): more than the mean of a column that went elsewhere."""
    itself = (A == 1).all(axis=1)
    return itself | (np.ptp(A, axis=1) > 1e-9)


def test_a_varying_intercept_absorbs_what_is_constant_in_the_group() -> None:
    assert absorbed("one", 0.5) == [[("(Intercept)", "(Intercept)"), ("a", "(Intercept)")]]


def test_a_varying_slope_absorbs_its_column_and_the_cross_level_interaction() -> None:
    assert absorbed("three", 0.5) == [
        [("(Intercept)", "(Intercept)"), ("a", "(Intercept)"), ("x", "x"), ("a:x", "x"), ("z", "z")]
    ]


@pytest.mark.parametrize(("shares", "term"), [((0.9, 0.1), 0), ((0.1, 0.9), 1)])
def test_a_column_goes_once_to_the_term_that_the_data_inform_most(shares: tuple[float, float], term: int) -> None:
    places = absorbed("crossed", *shares)
    assert ("(Intercept)", "(Intercept)") in places[term]
    assert ("(Intercept)", "(Intercept)") not in places[1 - term]
    assert ("a", "(Intercept)") in places[0], "only states have a state predictor"


def test_absorbed_columns_are_z_times_a() -> None:
    rows = design("three")
    cells = compress(rows, response(poisson()), poisson())
    columns, (A,) = absorption(rows, cells, uniform(rows, 0.5))
    rebuilt = np.einsum("cp,pcf->cf", cells.Z[0], A[:, cells.index[0]])
    np.testing.assert_allclose(rebuilt[:, columns], cells.X[:, columns], rtol=1e-14)


@pytest.mark.parametrize("shape", ["one", "three", "both", "crossed", "nested", "nested slopes"])
def test_what_terms_take_and_what_x_keeps_is_x(shape: str) -> None:
    of = model(poisson(), shape)
    rows, A = of.cells.rows, of.centering.A
    taken = sum(np.einsum("rp,prf->rf", Z, a[:, index]) for Z, index, a in zip(rows.Z, rows.index, A, strict=True))
    kept = ~of.centering.absorbed
    np.testing.assert_allclose(taken[:, ~kept], rows.X[:, ~kept], atol=1e-12)
    np.testing.assert_allclose(taken + remainder(rows.X, rows.Z, rows.index, A), rows.X, atol=1e-12)


def test_x_keeps_what_is_within_groups() -> None:
    of = model(poisson(), "one")
    rows, weight = of.cells.rows, np.bincount(of.cells.row)
    left = remainder(rows.X, rows.Z, rows.index, of.centering.A)
    sums = np.stack([np.bincount(rows.index[0], weight * x) for x in left.T])
    np.testing.assert_allclose(sums, 0, atol=1e-12)


def test_predictors_of_two_crossed_factors_do_not_shift_the_means_of_both() -> None:
    """A predictor of one factor, far from zero: its coefficient may not move this factor's effects against those."""
    rng = np.random.default_rng(1)
    index = rng.integers(0, 8, 200), rng.integers(0, 5, 200)
    ones, x = np.ones(200), 20 + rng.normal(size=8)[index[0]]
    terms = tuple(
        GroupTerm(g, ("(Intercept)",), tuple("abcdefgh"[: i.max() + 1]), i, ones[:, None])
        for g, i in zip("gh", index, strict=True)
    )
    rows = Design(np.c_[ones, x], ("(Intercept)", "x"), (0, 1), True, (), terms, 0 * ones)
    cells = compress(rows, Response("y", ones, ones, ones), poisson(), collapse=False)
    _, (of_g, of_h) = absorption(rows, cells, uniform(rows, 0.5, 0.9))
    assert abs(of_g[0, index[0], 1].mean()) < 1e-12
    np.testing.assert_allclose(of_h[0, :, 1], x.mean())


def test_a_column_that_is_not_zero_where_z_is_zero_stays() -> None:
    group, z = np.repeat([0, 1], 4), np.tile([0.0, 0.0, 1.0, 2.0], 2)
    term = GroupTerm("g", ("z",), ("a", "b"), group, z[:, None])
    rows = Design(
        np.c_[np.ones(8), z, z * group], ("(Intercept)", "z", "gz"), (0, 1, 2), True, (), (term,), np.zeros(8)
    )
    cells = compress(rows, Response("y", np.ones(8), np.ones(8), np.ones(8)), poisson(), collapse=False)
    columns, _ = absorption(rows, cells, uniform(rows, 0.5))
    np.testing.assert_array_equal(columns, [False, True, True])


def balanced(sd: float, rows: int, groups: int = 40, sigma: float = 1.0) -> tuple[Design, Response]:
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(groups), rows)
    effects = rng.normal(size=groups)
    noise = rng.normal(size=(groups, rows))
    noise -= noise.mean(axis=1, keepdims=True)  # so that the sums below are those of balanced analysis of variance
    y = (sd * effects[:, None] + sigma * noise).ravel() + 3.0
    term = GroupTerm("g", ("(Intercept)",), tuple(map(str, range(groups))), group, np.ones((len(y), 1)))
    ones = np.ones(len(y))
    return Design(ones[:, None], ("(Intercept)",), (0,), True, (), (term,), 0 * ones), Response("y", y, ones, ones)


def fitted(columns: Design, y: Response, family: Family, priors: Priors | None = None):
    cells = compress(columns, y, family)
    return pilot(columns, cells, family, priors or Priors((), "flat"))


def test_weight_of_a_balanced_gaussian_model_is_the_shrinkage_factor() -> None:
    rows = 8
    columns, y = balanced(1.0, rows)
    at = fitted(columns, y, gaussian())
    tau2 = at.covariance[0][0, 0]
    expected = tau2 / (tau2 + at.scalars["sigma"] ** 2 / rows)
    np.testing.assert_allclose(informed(at)[0], expected, rtol=2e-2)
    by_group = y.y.reshape(-1, rows)
    assert at.scalars["sigma"] ** 2 == pytest.approx(by_group.var(axis=1, ddof=1).mean(), rel=0.02)
    between = by_group.mean(axis=1).var(ddof=1) - at.scalars["sigma"] ** 2 / rows
    assert tau2 == pytest.approx(between, rel=0.06)  # EM is at maximum likelihood, this is REML
    assert at.beta[0] == pytest.approx(y.y.mean(), rel=1e-6)


def test_weights_go_to_one_with_data_and_to_zero_without() -> None:
    much = informed(fitted(*balanced(1.0, 400), gaussian()))[0]
    little = informed(fitted(*balanced(0.2, 2), gaussian()))[0]
    assert much.min() > 0.98
    assert little.max() < 0.35


def test_weights_differ_by_group_and_coefficient() -> None:
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(30), np.tile([4, 200], 15))
    x = rng.choice([-0.1, 0.1], len(group))
    Z = np.c_[np.ones(len(group)), x]
    u = rng.normal(size=(30, 2)) * [0.7, 0.7]
    y = rng.binomial(1, 1 / (1 + np.exp(-np.sum(Z * u[group], axis=1)))).astype(float)
    term = GroupTerm("g", ("(Intercept)", "x"), tuple(map(str, range(30))), group, Z)
    columns = Design(Z, ("(Intercept)", "x"), (0, 1), True, (), (term,), np.zeros(len(y)))
    answers = Response("y", y, np.ones(len(y)), np.ones(len(y)))
    (w,) = automatic(columns, compress(columns, answers, binomial()), binomial(), Priors((), "flat")).weights
    assert w[1::2, 0].min() > w[::2, 0].max()
    assert w[:, 0].mean() > w[:, 1].mean()


@pytest.mark.parametrize("family", [gaussian(), binomial(), binomial("probit"), binomial("cloglog"), poisson()])
@pytest.mark.parametrize("shape", ["one", "three", "two", "crossed"])
def test_weights_are_shares_and_smaller_ones_are_discounted_where_likelihoods_are_not_normal(
    family: Family, shape: str
) -> None:
    rows = design(shape, offset=True)
    cells = compress(rows, response(family), family)
    centres = automatic(rows, cells, family, plain_priors(rows, family))
    assert centres.pilot is not None
    shares = informed(in_bases(centres.pilot, sampled_in(centres, rows)))
    of_scores = {sweep.term: sweep.weights[:, None] for sweep in centres.sweeps}
    shares = tuple(of_scores.get(k, share) for k, share in enumerate(shares))
    events = events_of(rows, cells, family, centres.pilot)
    for w, share, term, seen in zip(centres.weights, shares, rows.terms, events, strict=True):
        assert w.shape == (len(term.levels), len(term.coefs))
        assert np.all((share >= 0) & (share <= 1))
        assert 0.01 < share.mean() < 0.999
        few = (share < SMALL) & (share > 0) & (seen < MANY) & (not family.squares)
        np.testing.assert_array_equal(w[~few], share[~few])
        assert np.all(w[few] < share[few])


def test_events_are_expected_counts_and_have_no_units() -> None:
    rows = design("one")
    cells = compress(rows, response(poisson()), poisson())
    at = pilot(rows, cells, poisson(), plain_priors(rows, poisson()))
    expected = np.exp((cells.X - centers(rows)) @ at.beta + at.effects[0][cells.index[0], 0]) * cells.stats["exposure"]
    found = events_of(rows, cells, poisson(), at)[0][:, 0]
    np.testing.assert_allclose(found, np.bincount(cells.index[0], weights=expected), rtol=1e-3)
    seen = []
    for unit in (1.0, 1e6):
        given = response(student())
        cells = compress(rows, replace(given, y=unit * given.y), student())
        flat = replace(plain_priors(rows, student()), rows=())
        at = pilot(rows, cells, student(), flat)
        seen.append(events_of(rows, cells, student(), at)[0][:, 0])
    np.testing.assert_allclose(seen[1], seen[0], rtol=1e-6)
    assert np.all(seen[0] < np.bincount(rows.terms[0].index, weights=given.weights))


def test_choices() -> None:
    rows = design("two")
    cells = compress(rows, response(poisson()), poisson())
    given = (rows, cells, poisson(), plain_priors(rows, poisson()))
    assert not centering("noncentered", *given).absorbed.any()
    assert all(np.all(w == 1) for w in centering("centered", *given).weights)
    assert all(np.all(w == 0.25) for w in centering(0.25, *given).weights)
    auto = centering("auto", *given)
    np.testing.assert_array_equal(auto.absorbed, forced(*given, 1.0).absorbed)
    np.testing.assert_array_equal(auto.weights[0], automatic(*given).weights[0])


def test_without_groups_nothing_is_centred_and_the_pilot_finds_the_coefficients() -> None:
    rows = design("none")
    cells = compress(rows, response(gaussian()), gaussian())
    centres = centering("auto", rows, cells, gaussian(), flat := Priors((), "flat"))
    assert centres.weights == noncentered(rows).weights == ()
    assert centres.pilot is not None
    X = rows.X - np.where(np.arange(rows.X.shape[1]) == 0, 0, rows.X.mean(axis=0))
    y, root = response(gaussian()).y, np.sqrt(response(gaussian()).weights)
    exact = np.linalg.lstsq(X * root[:, None], y * root, rcond=None)[0]
    np.testing.assert_allclose(centres.pilot.beta, exact, atol=1e-6)
    assert centering("noncentered", rows, cells, gaussian(), flat).pilot is None


@pytest.mark.parametrize("choice", ["central", 1.5, -0.1, np.nan])
@pytest.mark.parametrize("shape", ["none", "two"])
def test_an_impossible_choice_is_refused(choice: float | str, shape: str) -> None:
    rows = design(shape)
    cells = compress(rows, response(poisson()), poisson())
    with pytest.raises(OptionError, match='centering must be "auto", "noncentered", "centered" or from 0 to 1'):
        centering(choice, rows, cells, poisson(), plain_priors(rows, poisson()))


HARD = {
    "all failures": (binomial(), np.zeros(N)),
    "all successes": (binomial(link="probit"), np.ones(N)),
    "cloglog successes": (binomial(link="cloglog"), np.ones(N)),
    "no counts": (poisson(), np.zeros(N)),
    "huge counts": (poisson(), np.round(np.exp(np.linspace(0, 18, N)))),
    "constant": (gaussian(), np.full(N, 2.5)),
    "tiny numbers": (gaussian(), 1e-9 * np.arange(N)),
    "huge numbers": (gaussian(), 1e9 * np.arange(N)),
}


@pytest.mark.parametrize("shape", ["three", "crossed"])
@pytest.mark.parametrize("name", HARD)
def test_the_pilot_survives_hard_responses(name: str, shape: str) -> None:
    family, y = HARD[name]
    rows = design(shape)
    cells = compress(rows, Response("y", y, np.ones(N), np.ones(N)), family)
    with np.errstate(all="raise", under="ignore"):
        centres = automatic(rows, cells, family, plain_priors(rows, family))
    assert all(np.all(np.isfinite(w)) for w in centres.weights)


@pytest.mark.parametrize("family", [gaussian(), binomial(), poisson()], ids=lambda family: family.name)
def test_the_pilot_survives_a_level_a_row_and_rows_of_weight_zero(family: Family) -> None:
    rows = design("one")
    term = GroupTerm("row", ("(Intercept)",), tuple(map(str, range(N + 1))), np.arange(N), np.ones((N, 1)))
    lone = Design(rows.X, rows.names, rows.assign, True, (), (term, *rows.terms), rows.offset)
    answers = response(family)
    weights = np.where(np.arange(N) < 30, 0.0, 1.0)
    cells = compress(lone, Response("y", answers.y, answers.trials, weights), family)
    with np.errstate(all="raise", under="ignore"):
        w, _ = automatic(lone, cells, family, plain_priors(lone, family)).weights
    assert np.all(w[:30] < 1e-9), "no data, no centring"
    assert w[N] < 1e-9, "a level without rows"
