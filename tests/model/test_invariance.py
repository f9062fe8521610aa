"""Units, order and names of the data change nothing: the pilot in its own units, and differences of log densities."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from handmade import POSITIVE, scores_of
from reference_density import dimension, log_density
from stan_against_numpy import BOUNDED, compiled
from stan_against_numpy import PAIRS as USUAL

import stanmlm as sm
from stanmlm.base.arrays import Floats
from stanmlm.data.whole_rows import whole
from stanmlm.families import Family
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.centering import sampled_in
from stanmlm.model.model import Model
from stanmlm.model.pilot import Pilot

PAIRS = USUAL | BOUNDED
# The pilot in its own units: rounding of twenty steps of least squares.
PILOT = 1e-8
# Differences of log densities, relative to the largest: rounding of sums over 240 rows.
DENSITY = 1e-10
POINTS = 20

QUICK = (1e-9, 1e9)
FULL = (*QUICK, 1e-6, 1e-3, 0.3, 1e3, 1e6)

CROSSED = "(1 + z | g) + (1 | h)"
ONE_FACTOR = "(1 + z | g)"


@dataclass(frozen=True)
class Units:
    """What the numbers of the data are multiplied by, and what is added to the response."""

    y: float = 1.0
    x: float = 1.0
    z: float = 1.0
    shift: float = 0.0


def rows(pair: str) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    g, h, n = np.repeat(np.arange(12), 20), np.tile(np.arange(8), 30), 240
    x, z = rng.choice([-1.0, 0.0, 0.5, 2.0], n), rng.choice([0.5, 1.0, 2.0], n)
    eta = 0.4 * x + rng.normal(0, 0.5, 12)[g] + rng.normal(0, 0.6, 12)[g] * z + rng.normal(0, 0.4, 8)[h]
    size = rng.integers(1, 6, n)
    p = 1 / (1 + np.exp(-eta))
    y = {"gaussian": eta + rng.normal(0, 0.7, n), "poisson": rng.poisson(np.exp(0.5 + eta)).astype(float)}
    y |= {"student": y["gaussian"] * np.where(np.arange(n) % 20, 1.0, 4.0), "negbinomial": 2 * y["poisson"]}
    positive = np.exp(0.5 * eta) * rng.gamma(2.0, 0.5, n)
    y |= dict.fromkeys(POSITIVE, positive) | {name: np.clip(p, 0.02, 0.98) for name in PAIRS if "beta" in name}
    y = y.get(pair, rng.binomial(size, p).astype(float))
    names = {"g": [f"g{i:02d}" for i in g], "h": [f"h{i}" for i in h]}
    return pd.DataFrame({"y": y, "size": size, "x": x, "z": z, "e": rng.uniform(1, 3, n), "w": 1.0, **names})


def built(pair: str, data: pd.DataFrame, units: Units = Units(), terms: str = CROSSED, **options: object) -> Model:
    """A model with priors that are scaled along with the data."""
    family: Family = PAIRS[pair]
    left = "y | trials(size)" if family.name == "binomial" else "y"
    offset = " + offset(log(e))" if family.name in ("poisson", "negbinomial") else ""
    aux = {
        "sigma": sm.exponential(1 / units.y),
        "nu": sm.gamma(2, 0.1),
        "shape": sm.exponential(1),
        "phi": sm.exponential(1),
    }
    data = data.assign(y=units.shift + units.y * data["y"], x=units.x * data["x"], z=units.z * data["z"])
    sd = {"(Intercept)": units.y, "z": units.y / units.z}
    of = ModelOptions(
        weights=data["w"].to_numpy(),
        prior=sm.normal(
            [0.2 * units.y / units.x, -0.1 * units.y / units.z], [units.y / units.x, 2 * units.y / units.z]
        ),
        prior_intercept=sm.student_t(4, units.shift + 0.3 * units.y, 2 * units.y),
        prior_aux={one.name: aux[one.name] for one in family.scalars},
        priors=[
            sm.set_prior(f"exponential({float(1 / sd[coef])!r})", class_="sd", group=group, coef=coef)
            for group, coef in (("g", "(Intercept)"), ("g", "z"), ("h", "(Intercept)"))
            if f"| {group})" in terms and (coef != "z" or "z |" in terms)
        ],
        **options,  # type: ignore[arg-type]
    )
    return build_model(f"{left} ~ x + z + {terms}{offset}", data, family, {}, of)


def in_own_units(of: Model, units: Units) -> dict[str, Floats]:
    """The pilot's numbers, the user's units taken off."""
    at = of.centering.pilot
    assert isinstance(at, Pilot)
    X, Z = np.array([1.0, units.x, units.z]) / units.y, np.array([1.0, units.z]) / units.y
    by_term = [Z[: S.shape[0]] for S in at.covariance]
    found = {
        "beta": (at.beta - np.array([units.shift, 0, 0])) * X,
        "uncertainty": at.uncertainty * np.outer(X, X),
    }
    for one in of.scalars:
        found[one.name] = np.asarray(at.scalars[one.name] / (units.y if one.scales_groups else 1.0))
    for k, z in enumerate(by_term):
        found[f"effects {k}"] = at.effects[k] * z
        found[f"covariance {k}"] = at.covariance[k] * np.outer(z, z)
        found[f"variance {k}"] = at.variance[k] * np.outer(z, z)
        found[f"information {k}"] = at.information[k] / np.outer(z, z)
        if not of.centering.marginal:
            found[f"weights {k}"] = of.centering.weights[k]
            found[f"units {k}"] = of.centering.units[k] * (z if len(z) == 1 else 1.0)  # a basis is in units of its own
    for k, sweep in of.centering.rotated.items():
        found[f"sweep {k}"] = sweep.S * X[:, None] / by_term[k]
        found[f"rotation {k}"] = sweep.Q
    return found


def alike(one: dict[str, Floats], other: dict[str, Floats]) -> None:
    for name, values in one.items():
        size = np.abs(values).max()
        np.testing.assert_allclose(other[name] / size, values / size, atol=PILOT, rtol=PILOT, err_msg=name)


def moved(of: Model, to: Model, q: Floats, units: Units) -> Floats:
    """The same point of the posterior, unconstrained, of the model for data in other units."""
    log_y, log_z = np.log(units.y), np.log(units.z)
    scales = np.array([units.y, units.y / units.x, units.y / units.z])
    out, (here, there) = q.copy(), (sampled_in(model.centering, model.design) for model in (of, to))
    fix = (here.hat + here.factor @ q[:3]) * scales + np.array([units.shift, 0, 0])
    out[:3] = np.linalg.solve(there.factor, fix - there.hat)
    sds = [log_y - log_z * (coef == "z") for term in of.design.terms for coef in term.coefs]
    at = slice(3, 3 + len(sds))
    out[at] = scores_of(here.log_sds(q[at]) + sds, there)
    for i, one in enumerate(of.scalars):
        out[3 + len(sds) + i] += log_y * one.scales_groups
    return out


def points(of: Model) -> list[Floats]:
    """About the pilot, so that no log density is so large that its rounding hides a difference."""
    rng, at = np.random.default_rng(5), of.centering.pilot
    centre = np.zeros(dimension(of))
    S = sum(len(term.coefs) for term in of.design.terms)
    for k, one in enumerate(of.scalars):
        centre[3 + S + k] = one.within.free(np.asarray(at.scalars[one.name]))
    return [centre + rng.uniform(-0.3, 0.3, len(centre)) for _ in range(POINTS)]


def same_posterior(one: Model, other: Model, units: Units = Units()) -> None:
    """By NumPy's density and by Stan's, at 20 points."""
    here = points(one)
    there = [moved(one, other, q, units) for q in here]
    for density in (by_numpy, by_stan):
        expected, found = density(one, here), density(other, there)
        np.testing.assert_allclose(found, expected, rtol=DENSITY, atol=DENSITY * np.abs(expected).max())


def by_numpy(of: Model, at: list[Floats]) -> Floats:
    """Differences of the log density from that at the first point."""
    rows = replace(of, design=whole(of.design))
    values = np.array([float(log_density(rows, q)) for q in at])
    return values[1:] - values[0]


def by_stan(of: Model, at: list[Floats]) -> Floats:
    stan = compiled(of)
    values = np.array([stan.log_prob_grad(q)[0] for q in at])
    return values[1:] - values[0]


# What these rows say of the effects of `h` is not worth a rotation.
LITTLE_TO_SWEEP = ("lognormal", "inverse_gaussian", "exponential")


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair not in LITTLE_TO_SWEEP])
def test_a_term_here_is_rotated(pair: str) -> None:
    assert built(pair, rows(pair)).centering.rotated.keys() == {1}


def check_units(pair: str, terms: str, units: Units) -> None:
    data = rows(pair)
    one, other = built(pair, data, terms=terms), built(pair, data, units, terms)
    alike(in_own_units(one, Units()), in_own_units(other, units))
    same_posterior(one, other, units)


SCALED_SHAPES = [("gaussian", CROSSED), ("gaussian", ONE_FACTOR), ("student", CROSSED)]
SHAPES = [*SCALED_SHAPES, *((pair, CROSSED) for pair in PAIRS if pair not in ("gaussian", "student"))]


@pytest.mark.parametrize("what", ["x", "z"])
@pytest.mark.parametrize(("pair", "terms"), SHAPES)
def test_the_unit_of_a_column_changes_nothing(pair: str, terms: str, what: str) -> None:
    for unit in QUICK:
        check_units(pair, terms, Units(**{what: unit}))


@pytest.mark.slow
@pytest.mark.parametrize("unit", FULL)
@pytest.mark.parametrize("what", ["x", "z"])
@pytest.mark.parametrize(("pair", "terms"), SHAPES)
def test_no_unit_of_a_column_changes_anything(pair: str, terms: str, what: str, unit: float) -> None:
    check_units(pair, terms, Units(**{what: unit}))
    check_units(pair, terms, Units(x=unit, z=1 / unit))


@pytest.mark.parametrize("units", [Units(y=1e-9), Units(y=1e9), Units(shift=1000.0)], ids=str)
@pytest.mark.parametrize(("pair", "terms"), SCALED_SHAPES)
def test_unit_and_origin_of_a_response_change_nothing(pair: str, terms: str, units: Units) -> None:
    check_units(pair, terms, units)


@pytest.mark.slow
@pytest.mark.parametrize("unit", FULL)
@pytest.mark.parametrize(("pair", "terms"), SCALED_SHAPES)
def test_no_unit_or_origin_of_a_response_changes_anything(pair: str, terms: str, unit: float) -> None:
    for shift in (-100.0, 1.0, 1000.0):
        check_units(pair, terms, Units(y=unit, x=1 / unit, shift=shift * unit))


def permuted(data: pd.DataFrame) -> pd.DataFrame:
    return data.sample(frac=1.0, random_state=3)


def halved(data: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([data, data], ignore_index=True).assign(w=0.5)


def renamed(data: pd.DataFrame) -> pd.DataFrame:
    """Names in another alphabetical order."""
    return data.assign(g="z" + (90 - data["g"].str[1:].astype(int)).astype(str))


# What is done to the rows, how levels of g are then ordered, and to which families it makes no difference: weights of
# gaussian rows are precisions, so that two rows of half weight are more than one.
CHANGES: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], int, bool, bool]] = {
    "permuted": (permuted, 1, True, True),
    "halved": (halved, 1, False, True),
    "renamed": (renamed, -1, True, True),
    "split": (lambda data: data, 1, True, False),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("pair", "terms"), SHAPES)
def test_order_names_and_cells_change_nothing(pair: str, terms: str, change: str) -> None:
    change_rows, order, gaussian_too, collapse = CHANGES[change]
    if pair == "gaussian" and not gaussian_too:
        return
    data = rows(pair)
    one = built(pair, data, terms=terms, collapse=True)
    other = built(pair, change_rows(data), terms=terms, collapse=collapse)
    expected, found = in_own_units(one, Units()), in_own_units(other, Units())
    for name in {"effects 0", "variance 0", "information 0", "weights 0"} & found.keys():
        found[name] = found[name][::order]
    alike(expected, found)
    if order == 1:
        same_posterior(one, other)
