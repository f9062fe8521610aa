"""Which terms are rotated, and that rotated effects and swept coefficients are independent as the pilot has them."""

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.base.arrays import Floats
from stanmlm.data.coefficients import centers
from stanmlm.families import Family, binomial, gaussian, poisson
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.model import Model
from stanmlm.model.sweeping import MOST_LEVELS, TIES, basis

FAMILIES = pytest.mark.parametrize("family", [binomial(), poisson(), gaussian()], ids=lambda family: family.name)
SURVEY = "y ~ z + x + (1 | age) + (1 | edu) + (1 | state)"


def survey(family: str, n: int = 1500, levels: tuple[int, int, int] = (6, 5, 20)) -> pd.DataFrame:
    """Levels of unequal size, a predictor of states and one of persons that differs by age."""
    rng = np.random.default_rng(3)
    index = [rng.choice(J, n, p=rng.dirichlet(np.full(J, 3.0))) for J in levels]
    z = rng.normal(size=levels[2])[index[2]]
    x = index[0] + rng.choice([-1.0, 0.0, 1.0], n)
    eta = 0.3 * z + 0.1 * x + sum(rng.normal(0, 0.6, J)[i] for J, i in zip(levels, index, strict=True))
    y = {"binomial": rng.binomial(1, 1 / (1 + np.exp(-eta))), "poisson": rng.poisson(np.exp(eta / 2))}
    names = {g: [f"{g}{j:03}" for j in i] for g, i in zip(("age", "edu", "state"), index, strict=True)}
    frame = pd.DataFrame({"y": y.get(family, eta + rng.normal(size=n)), "z": z, "x": x, **names})
    return frame.assign(town=frame["state"] + rng.choice(["a", "b"], n))


def built(family: Family, formula: str = SURVEY, data: pd.DataFrame | None = None, **options: object) -> Model:
    given = survey(family.name) if data is None else data
    return build_model(formula, given, family, {}, ModelOptions(**options))  # type: ignore[arg-type]


def rotated(of: Model) -> list[str]:
    return sorted(of.design.terms[sweep.term].group for sweep in of.centering.sweeps)


@FAMILIES
def test_small_crossed_terms_are_rotated(family: Family) -> None:
    assert rotated(built(family)) == ["age", "edu", "state"]


@pytest.mark.parametrize(
    ("formula", "groups"),
    [
        ("y ~ z + (1 | state)", []),
        ("y ~ z + (1 + x | state)", []),
        ("y ~ z + (1 | age) + (1 + x | state)", ["age"]),
        ("y ~ z + (1 | age) + (1 | state/town)", ["age"]),
        ("y ~ 0 + (1 | age) + (1 | edu)", []),
    ],
)
def test_one_factor_slopes_and_nested_terms_stay_and_so_does_what_shares_no_column(
    formula: str, groups: list[str]
) -> None:
    assert rotated(built(binomial(), formula)) == groups


def test_terms_of_many_levels_stay() -> None:
    data = survey("binomial", 4000, (6, 5, MOST_LEVELS + 1))
    assert rotated(built(binomial(), data=data)) == ["age", "edu"]


def test_terms_stay_where_data_say_less_than_the_population() -> None:
    assert rotated(built(binomial(), data=survey("binomial", 40, (20, 10, 20)))) == []


@pytest.mark.parametrize("choice", ["noncentered", "centered", 0.5])
def test_terms_are_rotated_by_information_alone(choice: float | str) -> None:
    assert rotated(built(binomial(), centering=choice)) == []


def information_of(of: Model) -> tuple[Floats, list[Floats]]:
    """Of the coefficients at centred columns, and what data say of them and each rotated term's effects."""
    weight, X = of.centering.pilot.working.weight[0, 0], of.cells.X - centers(of.design)
    sd = np.array([row.arguments[-1] for row in of.priors.rows if row.class_ in ("Intercept", "b")])
    W = X.T @ (weight[:, None] * X) + np.diag(1 / sd**2)
    ones = [np.eye(len(s.Q))[of.cells.index[s.term]] * of.cells.Z[s.term] for s in of.centering.sweeps]
    return W, [np.block([[W, (c := X.T @ (weight[:, None] * Z))], [c.T, Z.T @ (weight[:, None] * Z)]]) for Z in ones]


NORMAL = {"prior": sm.normal(0, 2.0), "prior_intercept": sm.normal(0, 0.2)}


@FAMILIES
def test_scores_and_swept_coefficients_are_independent_of_each_other(family: Family) -> None:
    """fix = swept - S a, a = Q s: the information on (swept, s) has no other entries than W and a diagonal."""
    of = built(family, priors=[], **NORMAL)
    W, joint = information_of(of)
    F = len(W)
    for sweep, information in zip(of.centering.sweeps, joint, strict=True):
        J = len(sweep.Q)
        to = np.block([[np.eye(F), -sweep.S @ sweep.Q], [np.zeros((J, F)), sweep.Q]])
        found = to.T @ information @ to
        size = np.sqrt(np.outer(np.diag(information), np.diag(information)))
        np.testing.assert_allclose(found[:F, :F], W, atol=1e-9 * size[:F, :F].max())
        np.testing.assert_allclose(found[:F, F:] / size[:F, F:], 0, atol=1e-9)
        precision = np.eye(J) + of.centering.units[sweep.term][0] ** 2 * found[F:, F:]
        scaled = precision / np.sqrt(np.outer(np.diag(precision), np.diag(precision)))
        np.testing.assert_allclose(scaled, np.eye(J), atol=2 * TIES)
        np.testing.assert_allclose(sweep.weights, 1 - 1 / np.diag(precision), atol=1e-9)


def test_the_covariance_of_swept_coefficients_is_that_of_the_pilots_normal_posterior() -> None:
    of = built(gaussian(), priors=[], **NORMAL)
    W, _ = information_of(of)
    F, at = len(W), of.centering.pilot
    columns = [np.eye(len(t.levels))[i] for t, i in zip(of.design.terms, of.cells.index, strict=True)]
    Z, X = np.concatenate(columns, axis=1), of.cells.X - centers(of.design)
    weight = at.working.weight[0, 0][:, None]
    population = np.concatenate([np.full(len(E.T), 1 / S[0, 0]) for E, S in zip(columns, at.covariance, strict=True)])
    whole = np.block([[W, X.T @ (weight * Z)], [Z.T @ (weight * X), Z.T @ (weight * Z) + np.diag(population)]])
    by_term = {sweep.term: sweep.S for sweep in of.centering.sweeps}
    S = np.concatenate([np.eye(F), *(by_term[k] for k in range(len(columns)))], axis=1)
    expected = S @ np.linalg.inv(whole) @ S.T
    found = of.centering.coordinates.factor @ of.centering.coordinates.factor.T
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8 * expected.max())
    assert np.all(np.diag(expected) < np.diag(at.uncertainty)), "and less than that of the user's"


def test_a_tight_prior_holds_a_coefficient_back_from_what_is_swept_into_it() -> None:
    free, tight = built(binomial()), built(binomial(), prior_intercept=sm.normal(0, 1e-3))
    assert np.all(free.centering.sweeps[0].S[0] > 0.01)
    for sweep in tight.centering.sweeps:
        assert np.abs(sweep.S[0]).max() < 0.01


def test_rounding_does_not_choose_the_basis() -> None:
    rng = np.random.default_rng(1)
    equal = 5.0 * (np.eye(6) - 1 / 6)
    noise = 1e-14 * rng.normal(size=(6, 6))
    for moved in (equal + noise + noise.T, 1.0 * equal[::-1, ::-1]):
        np.testing.assert_allclose(basis(moved), basis(equal), atol=1e-9)


def test_levels_without_rows_and_rows_of_weight_zero() -> None:
    data = survey("binomial")
    weights = np.where(data["edu"] == "edu000", 0.0, 1.0)
    of = built(binomial(), data=data, weights=weights)
    (sweep,) = [s for s in of.centering.sweeps if of.design.terms[s.term].group == "edu"]
    assert np.all(np.isfinite(sweep.S))
    assert np.all((sweep.weights >= 0) & (sweep.weights < 1))
    np.testing.assert_allclose(sweep.S[:, 0], 0, atol=1e-12)


def test_levels_in_another_order_give_the_same_information() -> None:
    data = survey("poisson")
    other = data.assign(age="b" + (9 - data["age"].str[-1].astype(int)).astype(str))
    one, two = built(poisson(), data=data), built(poisson(), data=other)
    for a, b in zip(one.centering.sweeps, two.centering.sweeps, strict=True):
        np.testing.assert_allclose(a.weights, b.weights, atol=2e-3)
        order = -1 if one.design.terms[a.term].group == "age" else 1
        np.testing.assert_allclose(b.S[:, ::order], a.S, rtol=1e-6, atol=1e-8)
