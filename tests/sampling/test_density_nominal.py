"""Densities of categories with a predictor each: Stan's against one over rows, and cells against rows."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference_density import dimension
from stan_against_numpy import check, compiled
from test_density_ordinal import COLLAPSED
from test_density_ordinal import data as ordered_data

import stanmlm as sm
from stanmlm.families import Family, binomial, categorical, dirichlet, multinomial
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.model import Model
from stanmlm.sampling.program import program, structure

FAMILIES = {
    "categorical": categorical(),
    "refcat": categorical(refcat="C 3"),
    "multinomial": multinomial(),
    "multinomial refcat": multinomial(refcat="k2"),
    "dirichlet": dirichlet(),
    "dirichlet refcat": dirichlet(refcat="s3"),
}
FORMULAS = {
    "fixed": ("{y} ~ x",),
    "intercepts": ("{y} ~ 1",),
    "slopes": ("{y} ~ x + a + (1 + x | g)",),
    "crossed": ("{y} ~ x + offset(o) + (1 | g) + (1 | c)",),
    "linked": ("{y} ~ x + (1 + x |p| g) + offset(o)", "mu{last} ~ z + (1 |p| g)"),
    "one of its own": ("{y} ~ x + (1 | g)", "mu{last} ~ z + offset(o)"),
    "the first of its own": ("{y} ~ x + offset(o)", "mu{first} ~ 0 + z + (1 | g)"),
}
NAMES = ("a", "b", "C 3", "d", "e", "f", "h")


# In the quick suite a formula that has all of it, for each family once; elsewhere every formula.
QUICK = [("refcat", "the first of its own"), ("multinomial", "linked"), ("dirichlet refcat", "fixed")]
every = pytest.mark.parametrize(
    ("family", "formula"),
    [
        pytest.param(family, formula, marks=[] if (family, formula) in QUICK else pytest.mark.slow)
        for family in FAMILIES
        for formula in FORMULAS
    ],
)


def data(categories: int = 4, rows: int = 180) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    frame = ordered_data(categories, rows)
    codes = frame["y"].to_numpy() - 1
    shares = rng.dirichlet(np.arange(1.0, categories + 1), rows)
    parts = {f"s{k + 1}": shares[:, k] for k in range(categories)}
    parts |= {f"k{k + 1}": rng.poisson(k + 1.0, rows) for k in range(categories)}
    frame = frame.assign(**parts)
    return frame.assign(y=pd.Categorical.from_codes(codes, list(NAMES[:categories])))


def responses_of(family: Family, categories: int) -> tuple[str, list[str]]:
    """The left side, and the names of categories."""
    prefix = {"multinomial": "k", "dirichlet": "s"}.get(family.name)
    if prefix is None:
        return "y", list(NAMES[:categories])
    names = [f"{prefix}{k + 1}" for k in range(categories)]
    return f"cbind({', '.join(names)})", names


def made(family: str, formula: str, categories: int = 4, **options: Any) -> Model:
    of: Family = FAMILIES[family]
    left, names = responses_of(of, categories)
    others = [name for name in names if name != (of.reference or names[0])]
    texts = [text.format(y=left, first=others[0], last=others[-1]) for text in FORMULAS[formula]]
    given = ModelOptions(**({"preset": "brms", "weights": "w"} | options))
    return build_model(sm.bf(*texts), data(categories), of, {}, given)


@every
def test_stans_density_and_gradient_are_those_over_rows(family: str, formula: str) -> None:
    check(made(family, formula))


@pytest.mark.slow
@pytest.mark.parametrize("categories", [3, 7])
@pytest.mark.parametrize("family", FAMILIES)
def test_any_number_of_categories(family: str, categories: int) -> None:
    check(made(family, "crossed", categories))


@every
def test_cells_have_the_density_of_their_rows(family: str, formula: str) -> None:
    rng = np.random.default_rng(4)
    models = [made(family, formula, collapse=collapse, centering=0.5) for collapse in (True, False)]
    assert len(models[0].cells.X) < len(models[1].cells.X)
    stans = [compiled(model) for model in models]
    points = [rng.uniform(-1, 1, dimension(models[0])) for _ in range(3)]
    found = np.array([[stan.log_prob_grad(q)[0] for q in points] for stan in stans])
    np.testing.assert_allclose(
        *(each - each[0] for each in found), rtol=COLLAPSED, atol=COLLAPSED * np.abs(found).max()
    )


@pytest.mark.slow
@pytest.mark.parametrize("texts", [("phi ~ x + (1 | g)",), ("phi ~ z", "mus2 ~ 1")])
def test_the_precision_of_shares_takes_a_formula(texts: tuple[str, ...]) -> None:
    for collapse in (True, False):
        options = ModelOptions(preset="brms", weights="w", collapse=collapse)
        check(build_model(sm.bf("cbind(s1, s2, s3) ~ x + (1 | g)", *texts), data(3), dirichlet(), {}, options))


def test_the_program_knows_no_names() -> None:
    """Two models that differ in categories' names alone share it."""
    texts = [program(structure(made(family, "crossed"))).sha256 for family in ("categorical", "refcat")]
    assert texts[0] == texts[1]


def test_two_categories_are_binomial_responses() -> None:
    """The same coordinates, and the same density in them up to a constant."""
    frame = data(2)
    options = ModelOptions(preset="brms", weights="w")
    models = [build_model("y ~ x + (1 | g)", frame, family, {}, options) for family in (categorical(), binomial())]
    hats = [model.centering.coordinates.hat for model in models]
    np.testing.assert_allclose(*hats, rtol=1e-3)
    rng = np.random.default_rng(4)
    points = [rng.uniform(-1, 1, dimension(models[0])) for _ in range(4)]
    values = []
    for model in models:
        stan = compiled(model)
        values.append(np.array([stan.log_prob_grad(q)[0] for q in points]))
    np.testing.assert_allclose(*(each - each[0] for each in values), atol=1e-3)
