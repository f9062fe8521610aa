"""Densities of models with several predictors: Stan's against one over rows, and cells against rows."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference_density import dimension, log_density
from stan_against_numpy import check, compiled

import stanmlm as sm
from stanmlm.families import (
    Family,
    gaussian,
    hurdle_poisson,
    student,
    zero_inflated_negbinomial,
    zero_inflated_poisson,
)
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.model import Model
from stanmlm.sampling.program import program, structure
from stanmlm.sampling.standata import standata

# Differences of the log density between cells and rows, relative to its size: the order of sums.
COLLAPSED = 1e-10
FAMILIES = {"gaussian": gaussian(), "student": student()}
OTHER_LINKS = {
    "sigma": (gaussian("softplus", link_sigma="squareplus"), "groups"),
    "sigma and nu": (student("inverse", "softplus", "identity"), "slopes"),
}
CHANCES = {
    "zi": (zero_inflated_poisson("softplus", "identity"), "zi"),
    "zi beside shape": (zero_inflated_negbinomial("log", "log", "identity"), "zi"),
    "hu": (hurdle_poisson(link_hu="identity"), "hu"),
}
FORMULAS = {
    "fixed": ("y ~ x", "sigma ~ z"),
    "one number": ("y ~ x + (1 | g)", "sigma ~ 1"),
    "groups": ("y ~ x + (1 | g)", "sigma ~ x + (1 | g)"),
    "slopes": ("y ~ x + z + (1 + x | g)", "sigma ~ z + (1 + z | g) + (1 | h)"),
    "no intercepts": ("y ~ 0 + x + (0 + x | g)", "sigma ~ 0 + z + (0 + z | h)"),
    "group predictor": ("y ~ a + (1 | g)", "sigma ~ a + (1 | g)"),
    "nested": ("y ~ x + (1 | h/g)", "sigma ~ (1 | h/g)"),
    "offsets": ("y ~ x + offset(o) + (1 | g)", "sigma ~ offset(o)"),
    "mean of zero": ("y ~ 0 + (1 | g)", "sigma ~ z"),
    "crossed": ("y ~ x + (1 | g) + (1 | c)", "sigma ~ z + (1 | h) + (1 | c)"),
    "crossed with slopes": ("y ~ x + (1 + x | g) + (1 | c)", "sigma ~ z + (1 + z | g) + (1 | c)"),
    "linked": ("y ~ x + (1 | p | g)", "sigma ~ x + (1 | p | g)"),
    "linked with slopes": ("y ~ x + a + (1 + x | p | g) + (1 | c)", "sigma ~ a + (1 + z | p | g)"),
    "linked in one": ("y ~ x + (1 | p | g) + (0 + x | p | g)", "sigma ~ 0 + z + (0 + z | q | g)"),
    "linked and nested": ("y ~ x + (1 | p | g) + (1 | q | h)", "sigma ~ z + (1 | q | h) + (1 | p | g)"),
    "crossed with no intercept": ("y ~ 0 + a + (1 + x | g) + (1 | c)", "sigma ~ 0 + z + (0 + z | h) + (0 + z | c)"),
}
# The positions of their rotated terms.
ROTATED = {
    "crossed": {0, 1, 2, 3},
    "crossed with slopes": {1, 3},
    "linked with slopes": {1},
    "crossed with no intercept": {1, 2, 3},
}


def data() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(12), 15)
    frame = pd.DataFrame({
        "x": rng.choice([-1.0, 0.5, 1.0], len(g)),
        "z": rng.choice([1.0, 2.0], len(g)),
        "o": rng.choice([-0.2, 0.3], len(g)),
        "w": rng.choice([0.5, 1.0, 2.0], len(g)),
        "a": rng.normal(size=12)[g],
        "g": [f"g{i:02d}" for i in g],
        "h": [f"h{i // 3}" for i in g],
    })  # fmt: skip
    c = np.arange(len(g)) % 5
    log_sigma = 0.3 * frame["z"] + np.linspace(-1, 1, 5)[c] + np.linspace(-1, 1, 4)[g // 3]
    y = 1 + frame["x"] + rng.normal(size=12)[g] + np.linspace(-2, 2, 5)[c] + np.exp(log_sigma) * rng.normal(size=len(g))
    return frame.assign(y=y.round(1), c=[f"c{i}" for i in c])


def made(family: Family, texts: tuple[str, ...], **options: Any) -> Model:
    return build_model(sm.bf(*texts), data(), family, {}, ModelOptions(**options))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("formula", FORMULAS)
def test_stans_density_and_gradient_are_those_over_rows(family: str, formula: str) -> None:
    check(made(FAMILIES[family], FORMULAS[formula], preset="brms"))


@pytest.mark.parametrize("name", CHANCES)
def test_stans_density_is_that_over_rows_where_a_chance_is_its_own_predictor(name: str) -> None:
    family, dpar = CHANCES[name]
    check(made(family, ("I(floor(abs(y))) ~ x + (1 | g)", f"{dpar} ~ z"), preset="brms"), nearer=0.4)


@pytest.mark.parametrize("name", OTHER_LINKS)
def test_stans_density_is_that_over_rows_under_other_links(name: str) -> None:
    family, formula = OTHER_LINKS[name]
    check(made(family, FORMULAS[formula], preset="brms"))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("formula", FORMULAS)
def test_small_crossed_terms_are_rotated_in_the_predictor_that_they_enter(family: str, formula: str) -> None:
    of = made(FAMILIES[family], FORMULAS[formula], preset="brms").centering
    assert of.rotated.keys() == ROTATED.get(formula, set())
    for sweep in of.sweeps:
        assert np.all(np.isfinite(sweep.S))
        assert np.max(np.abs(sweep.S)) > 0.01


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("formula", FORMULAS)
def test_the_data_are_those_that_the_program_declares(family: str, formula: str) -> None:
    of = made(FAMILIES[family], FORMULAS[formula])
    block = re.search(r"^data {\n(.*?)^}", program(structure(of)).text, re.MULTILINE | re.DOTALL)
    assert block
    assert set(re.findall(r"(\w+);", re.sub(r"//.*", "", block[1]))) == standata(of).keys()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("centering", ["noncentered", "centered", 0.3])
def test_every_centering_is_one_posterior(family: str, centering: float | str) -> None:
    check(made(FAMILIES[family], FORMULAS["slopes"], centering=centering))


@pytest.mark.parametrize("family", FAMILIES)
def test_rstanarms_priors_and_rows_of_set_prior_are_in_the_density(family: str) -> None:
    rows = [
        sm.set_prior("normal(1, 0.3)", class_="Intercept", dpar="sigma"),
        sm.set_prior("student_t(4, 0, 0.7)", class_="b", coef="z", dpar="sigma"),
        sm.set_prior("exponential(3)", class_="sd", group="g", coef="z", dpar="sigma"),
        sm.set_prior("normal(0, 3)", class_="b"),
    ]
    of = made(FAMILIES[family], FORMULAS["slopes"], priors=rows)
    assert sum(row.source == "set_prior" for row in of.priors.rows) == 5
    check(of)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("formula", FORMULAS)
def test_cells_and_rows_have_one_density(family: str, formula: str) -> None:
    """Whatever the weights and offsets of rows are."""
    cells, rows = (
        made(FAMILIES[family], FORMULAS[formula], preset="brms", weights="w", collapse=c, centering="noncentered")
        for c in (True, False)
    )
    assert len(cells.cells.first) < len(rows.cells.first)
    rows = replace(rows, centering=cells.centering)
    rng = np.random.default_rng(5)
    here = [rng.uniform(-1, 1, dimension(cells)) for _ in range(4)]
    few, many = ([compiled(of).log_prob_grad(q)[0] for q in here] for of in (cells, rows))
    np.testing.assert_allclose(np.diff(few), np.diff(many), rtol=COLLAPSED, atol=COLLAPSED * np.abs(many).max())
    expected = [log_density(cells, q) for q in here]
    np.testing.assert_allclose(np.diff(few), np.diff(expected), rtol=1e-8, atol=1e-8 * np.abs(many).max())


@pytest.mark.parametrize("family", FAMILIES)
def test_without_data_the_priors_are_the_density(family: str) -> None:
    check(made(FAMILIES[family], FORMULAS["groups"], prior_only=True))
