"""Which terms are rotated, and that rotated effects and swept coefficients are independent as the pilot has them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.base.arrays import Floats
from stanmlm.data.coefficients import centers, places_of
from stanmlm.data.design import dpars_of
from stanmlm.families import Family, binomial, gaussian, negbinomial, poisson, student
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.formula.bf import Formulas
from stanmlm.model.model import Model
from stanmlm.model.problem import coefficient_priors, prior_precision
from stanmlm.model.sweeping import MOST_LEVELS, TIES, eigenbasis

EVERY = [binomial(), poisson(), gaussian(), negbinomial(), student()]
FAMILIES = pytest.mark.parametrize("family", EVERY, ids=lambda family: family.name)
SURVEY = "y ~ z + x + (1 | age) + (1 | edu) + (1 | state)"


def survey(family: str, n: int = 1500, levels: tuple[int, int, int] = (6, 5, 20)) -> pd.DataFrame:
    """Levels of unequal size, a predictor of states and one of persons that differs by age."""
    rng = np.random.default_rng(3)
    index = [rng.choice(J, n, p=rng.dirichlet(np.full(J, 3.0))) for J in levels]
    z = rng.normal(size=levels[2])[index[2]]
    x = index[0] + rng.choice([-1.0, 0.0, 1.0], n)
    eta = 0.3 * z + 0.1 * x + sum(rng.normal(0, 0.6, J)[i] for J, i in zip(levels, index, strict=True))
    log_sd = np.linspace(-1, 1, levels[0])[index[0]] - 0.3 * index[1]
    y = {
        "binomial": rng.binomial(1, 1 / (1 + np.exp(-eta))),
        "poisson": rng.poisson(np.exp(eta / 2)),
        "negbinomial": rng.poisson(np.exp(1 + eta / 2) * rng.gamma(np.exp(log_sd)) / np.exp(log_sd)),
    }
    names = {g: [f"{g}{j:03}" for j in i] for g, i in zip(("age", "edu", "state"), index, strict=True)}
    frame = pd.DataFrame({"y": y.get(family, eta + np.exp(log_sd) * rng.normal(size=n)), "z": z, "x": x, **names})
    return frame.assign(town=frame["state"] + rng.choice(["a", "b"], n))


def built(
    family: Family, formula: str | Formulas = SURVEY, data: pd.DataFrame | None = None, **options: object
) -> Model:
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
        ("y ~ z + x + (1 + x || state)", []),
        ("y ~ z + x + (1 + x || state) + (1 | age)", ["age", "state"]),  # no slope differs
        (sm.bf("y ~ (1 | age) + (1 | edu)", "shape ~ (1 | age)"), ["age", "edu"]),
        (sm.bf("y ~ (1 | age)", "shape ~ (1 | age) + (1 | edu)"), ["age", "edu"]),
        ("y ~ z + (1 | age) + (1 + x | state)", ["age"]),
        ("y ~ z + (1 | age) + (1 | state/town)", ["age"]),
        ("y ~ 0 + (1 | age) + (1 | edu)", []),
    ],
)
def test_one_factor_slopes_and_nested_terms_stay_and_so_does_what_shares_no_column(
    formula: str | Formulas, groups: list[str]
) -> None:
    family = binomial() if isinstance(formula, str) else negbinomial()
    assert rotated(built(family, formula)) == groups


def test_terms_of_many_levels_stay() -> None:
    data = survey("binomial", 4000, (6, 5, MOST_LEVELS + 1))
    assert rotated(built(binomial(), data=data)) == ["age", "edu"]


def test_terms_stay_where_data_say_less_than_the_population() -> None:
    assert rotated(built(binomial(), data=survey("binomial", 40, (20, 10, 20)))) == []


@pytest.mark.parametrize("choice", ["noncentered", "centered", 0.5])
def test_terms_are_rotated_by_information_alone(choice: float | str) -> None:
    assert rotated(built(binomial(), centering=choice)) == []


@dataclass(frozen=True)
class Joint:
    """What data say of coefficients at centred columns and of the effects of terms, all predictors side by side."""

    coefficients: Floats  # (F, F), their priors' with it
    both: tuple[Floats, ...]  # (F, J) a term
    effects: Floats  # (q, q) of all terms


def joint_of(of: Model) -> Joint:
    dpars = [*places_of(of.design)]
    columns = np.zeros((len(dpars), *of.cells.X.shape))
    for p, dpar in enumerate(dpars):
        at = places_of(of.design)[dpar]
        columns[p, :, at] = (of.cells.X - centers(of.design))[:, at]
    effects = [np.zeros((len(dpars), len(of.cells.X), len(term.levels))) for term in of.design.terms]
    for Z, term, z, index in zip(effects, of.design.terms, of.cells.Z, of.cells.index, strict=True):
        (dpar,) = dpars_of(term)
        Z[dpars.index(dpar)] = z * np.eye(len(term.levels))[index]

    def information(A: Floats, B: Floats) -> Floats:
        return np.einsum("pcm,pqc,qcn->mn", A, of.centering.pilot.working.weight, B, optimize=True)

    prior, every = coefficient_priors(of.design, of.priors), np.concatenate(effects, axis=2)
    W = information(columns, columns) + np.diag(prior_precision(prior, of.centering.pilot.beta))
    return Joint(W, tuple(information(columns, Z) for Z in effects), information(every, every))


NORMAL = {"prior": sm.normal(0, 2.0), "prior_intercept": sm.normal(0, 0.2)}
STACKED: dict[str, Formulas] = {
    "gaussian": sm.bf(SURVEY, "sigma ~ x + (1 | age) + (1 | state)"),
    "student": sm.bf("y ~ z + x + (1 | age)", "nu ~ x", "sigma ~ x + z + (1 | age) + (1 | edu)"),
    "negbinomial": sm.bf(SURVEY, "shape ~ x + (1 | age) + (1 | edu)"),
}
MODELS = pytest.mark.parametrize(
    ("family", "formula"),
    [*((family, SURVEY) for family in EVERY), *((one, STACKED[one.name]) for one in EVERY if one.name in STACKED)],
    ids=lambda given: given if isinstance(given, str) else getattr(given, "name", "stacked"),
)


@MODELS
def test_scores_and_swept_coefficients_are_independent_of_each_other(family: Family, formula: str | Formulas) -> None:
    """fix = swept - S a, a = Q s: the information on (swept, s) has no other entries than W and a diagonal."""
    of = built(family, formula, priors=[], **NORMAL)
    joint, levels = joint_of(of), [len(term.levels) for term in of.design.terms]
    W, own = joint.coefficients, np.split(np.arange(sum(levels)), np.cumsum(levels)[:-1])
    F = len(W)
    crossed = [term for term in of.design.terms if [one.dpars for one in of.design.terms].count(term.dpars) > 1]
    assert len(of.centering.sweeps) == len(crossed)
    for sweep in of.centering.sweeps:
        J, C = levels[sweep.term], joint.both[sweep.term]
        information = np.block([[W, C], [C.T, joint.effects[np.ix_(own[sweep.term], own[sweep.term])]]])
        to = np.block([[np.eye(F), -sweep.S @ sweep.Q], [np.zeros((J, F)), sweep.Q]])
        found = to.T @ information @ to
        size = np.sqrt(np.outer(np.diag(information), np.diag(information)))
        np.testing.assert_allclose(found[:F, :F], W, atol=1e-9 * size[:F, :F].max())
        np.testing.assert_allclose(found[:F, F:] / size[:F, F:], 0, atol=1e-9)
        precision = np.eye(J) + of.centering.units[sweep.term][0] ** 2 * found[F:, F:]
        scaled = precision / np.sqrt(np.outer(np.diag(precision), np.diag(precision)))
        np.testing.assert_allclose(scaled, np.eye(J), atol=2 * TIES)
        np.testing.assert_allclose(sweep.weights, 1 - 1 / np.diag(precision), atol=1e-9)


@MODELS
def test_the_covariance_of_swept_coefficients_is_that_of_the_pilots_normal_posterior(
    family: Family, formula: str | Formulas
) -> None:
    of = built(family, formula, priors=[], **NORMAL)
    joint, at = joint_of(of), of.centering.pilot
    levels = [len(term.levels) for term in of.design.terms]
    F, both = len(joint.coefficients), np.concatenate(joint.both, axis=1)
    population = np.concatenate([np.full(J, 1 / S[0, 0]) for J, S in zip(levels, at.covariance, strict=True)])
    effects = np.linalg.inv(joint.effects + np.diag(population))
    drawn = np.eye(F, F + len(effects))
    drawn[:, F:] = np.concatenate(
        [of.centering.rotated[k].S if k in of.centering.rotated else np.zeros((F, J)) for k, J in enumerate(levels)],
        axis=1,
    )
    U, pulled = at.uncertainty, -effects @ both.T
    whole = np.block([[U, U @ pulled.T], [pulled @ U, pulled @ U @ pulled.T + effects]])
    expected = drawn @ whole @ drawn.T
    found = of.centering.coordinates.factor @ of.centering.coordinates.factor.T
    size = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    np.testing.assert_allclose(found / size, expected / size, atol=1e-7)
    assert np.all(np.diag(expected) < (1 + 1e-9) * np.diag(U)), "and no more than that of the user's"
    if formula == SURVEY and not at.scalar_variance:  # no other number is uncertain, and priors are normal
        precision = np.block([[joint.coefficients, both], [both.T, joint.effects + np.diag(population)]])
        np.testing.assert_allclose(drawn @ np.linalg.inv(precision) @ drawn.T / size, expected / size, atol=1e-6)


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
        np.testing.assert_allclose(eigenbasis(moved), eigenbasis(equal), atol=1e-9)


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
