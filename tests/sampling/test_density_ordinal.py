"""Densities of ordered categories: Stan's against one over rows, and cells against rows."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference_density import dimension, gradient, log_density
from stan_against_numpy import RELATIVE, check, compiled

import stanmlm as sm
from stanmlm.families import Family, acat, cratio, cumulative, sratio
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.model import Model

# Differences of the log density between cells and rows, relative to its size: the order of sums.
COLLAPSED = 1e-10
FAMILIES = {
    **{link: cumulative(link) for link in ("logit", "probit", "cloglog")},
    "equidistant": cumulative(threshold="equidistant"),
    **{f"sratio {link}": sratio(link) for link in ("logit", "probit", "cloglog")},
    "cratio cloglog": cratio("cloglog"),
    "cratio equidistant": cratio(threshold="equidistant"),
    "acat": acat(),
}
# Of the links that are in no family above, one shape each.
OTHERS = {
    **{f"cumulative {link}": cumulative(link) for link in ("probit_approx", "cauchit", "softit")},
    **{f"sratio {link}": sratio(link) for link in ("probit_approx", "cauchit")},
    "cratio cauchit": cratio("cauchit"),
    **{f"acat {link}": acat(link) for link in ("probit", "cloglog", "softit")},
}
FORMULAS = {
    "fixed": ("y ~ x",),
    "thresholds alone": ("y ~ 1",),
    "slopes": ("y ~ x + a + (1 + x | g)",),
    "crossed": ("y ~ x + offset(o) + (1 | g) + (1 | c)",),
    "disc": ("y ~ x + (1 | g)", "disc ~ z + (1 | g)"),
    "disc of groups": ("y ~ x + offset(o)", "disc ~ 0 + z + offset(o)"),
}


def data(categories: int = 4, rows: int = 180) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    g = np.arange(rows) % 12
    frame = pd.DataFrame({
        "x": rng.choice([-1.0, 0.5, 1.0], rows),
        "z": rng.choice([1.0, 2.0], rows),
        "o": rng.choice([-0.2, 0.3], rows),
        "w": rng.choice([0.5, 1.0, 2.0], rows),
        "a": rng.normal(size=12)[g],
        "g": [f"g{i:02d}" for i in g],
        "c": [f"c{i % 5}" for i in range(rows)],
    })  # fmt: skip
    behind = frame["x"] + rng.normal(size=12)[g] + rng.logistic(size=rows)
    codes = np.digitize(behind, np.quantile(behind, np.linspace(0, 1, categories + 1)[1:-1]))
    return frame.assign(y=codes + 1)


def made(family: Family, texts: tuple[str, ...], categories: int = 4, **options: Any) -> Model:
    of = {"preset": "brms", "weights": "w"} | options
    return build_model(sm.bf(*texts), data(categories), family, {}, ModelOptions(**of))


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("family", FAMILIES)
def test_stans_density_and_gradient_are_those_over_rows(family: str, formula: str) -> None:
    check(made(FAMILIES[family], FORMULAS[formula]))


@pytest.mark.parametrize("formula", ["crossed", "disc"])
@pytest.mark.parametrize("family", OTHERS)
def test_stans_density_is_that_over_rows_under_other_links(family: str, formula: str) -> None:
    check(made(OTHERS[family], FORMULAS[formula]))


SPECIFIC = {
    "alone": ("y ~ x + cs(z) + (1 | g)",),
    "with disc": ("y ~ cs(x + z)", "disc ~ z + (1 | g)"),
    "crossed": ("y ~ x + cs(a) + offset(o) + (1 | g) + (1 | c)",),
}


@pytest.mark.parametrize("formula", SPECIFIC)
@pytest.mark.parametrize("family", ["sratio probit", "cratio cloglog", "acat"])
def test_category_specific_effects_move_thresholds(family: str, formula: str) -> None:
    of = made(FAMILIES[family], SPECIFIC[formula])
    check(of)
    assert len(of.design.others) == 3 + ("disc" in of.family.links)


@pytest.mark.parametrize("categories", [2, 3, 9])
@pytest.mark.parametrize("family", FAMILIES)
def test_any_number_of_categories(family: str, categories: int) -> None:
    check(made(FAMILIES[family], FORMULAS["crossed"], categories))


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("family", FAMILIES)
def test_cells_have_the_density_of_their_rows(family: str, formula: str) -> None:
    rng = np.random.default_rng(4)
    models = [made(FAMILIES[family], FORMULAS[formula], collapse=collapse, centering=0.5) for collapse in (True, False)]
    assert len(models[0].cells.X) < len(models[1].cells.X)
    stans = [compiled(model) for model in models]
    points = [rng.uniform(-1, 1, dimension(models[0])) for _ in range(3)]
    found = np.array([[stan.log_prob_grad(q)[0] for q in points] for stan in stans])
    np.testing.assert_allclose(
        *(each - each[0] for each in found), rtol=COLLAPSED, atol=COLLAPSED * np.abs(found).max()
    )


@pytest.mark.parametrize("away", [-25.0, 25.0])
@pytest.mark.parametrize("family", ["logit", "cloglog"])
def test_densities_keep_their_digits_where_all_responses_are_far_off(family: str, away: float) -> None:
    of = made(FAMILIES[family], ("y ~ 1 + offset(o)",), weights=None)
    away = min(away, 3.0) if family == "cloglog" else away  # where a probability of exp(-exp(3)) is left
    q = np.r_[away, np.zeros(dimension(of) - 1)]
    value, slope = compiled(of).log_prob_grad(q)
    expected = gradient(of, q)
    np.testing.assert_allclose(slope, expected, rtol=1e-6, atol=RELATIVE * np.abs(expected).max())
    assert np.isfinite(value)
    assert np.isfinite(log_density(of, q))


def test_priors_stand_on_thresholds_at_centred_predictors() -> None:
    rows = [sm.set_prior("normal(-1, 0.5)", class_="Intercept", coef="1"), sm.set_prior("normal(0, 3)", class_="b")]
    of = made(cumulative(), FORMULAS["slopes"], priors=rows)
    check(of)
    assert [(row.coef, row.distribution) for row in of.priors.rows[:3]] == [
        ("1", "normal"), ("2", "student_t"), ("3", "student_t"),
    ]  # fmt: skip
    check(
        made(
            cumulative(threshold="equidistant"),
            FORMULAS["slopes"],
            priors=[sm.set_prior("gamma(2, 1)", class_="delta")],
        )
    )


ITEMS = {
    "fixed": ("y | thres(gr = i) ~ x",),
    "thresholds alone": ("y | thres(gr = i) ~ 1",),
    "slopes": ("y | thres(gr = i) ~ x + a + (1 + x | g)",),
    "crossed": ("y | thres(k, gr = i) ~ x + x:i + offset(o) + (1 | g) + (1 | i)",),
    "disc": ("y | thres(gr = i) ~ x + (1 | g)", "disc ~ z + (1 | g)"),
}


def of_items(family: Family, texts: tuple[str, ...], **options: Any) -> Model:
    """Three items with two, four and three categories."""
    frame = data()
    item = np.arange(len(frame)) // 3 % 3
    frame = frame.assign(y=np.minimum(frame["y"], np.array([2, 4, 3])[item]), k=np.array([1, 4, 2])[item])
    frame["i"] = np.array(["p", "q r", "s"])[item]
    of = {"preset": "brms", "weights": "w"} | options
    return build_model(sm.bf(*texts), frame, family, {}, ModelOptions(**of))


@pytest.mark.parametrize("formula", ITEMS)
@pytest.mark.parametrize("family", FAMILIES)
def test_items_have_thresholds_of_their_own(family: str, formula: str) -> None:
    of = of_items(FAMILIES[family], ITEMS[formula])
    assert of.family.items is not None
    assert of.family.items.sizes == ((1, 4, 2) if formula == "crossed" else (1, 3, 2))
    check(of)


@pytest.mark.parametrize("formula", ["crossed", "disc"])
@pytest.mark.parametrize("family", FAMILIES)
def test_cells_of_items_have_the_density_of_their_rows(family: str, formula: str) -> None:
    rng = np.random.default_rng(4)
    models = [of_items(FAMILIES[family], ITEMS[formula], collapse=how, centering=0.5) for how in (True, False)]
    assert len(models[0].cells.X) < len(models[1].cells.X)
    stans = [compiled(model) for model in models]
    points = [rng.uniform(-1, 1, dimension(models[0])) for _ in range(3)]
    found = np.array([[stan.log_prob_grad(q)[0] for q in points] for stan in stans])
    np.testing.assert_allclose(
        *(each - each[0] for each in found), rtol=COLLAPSED, atol=COLLAPSED * np.abs(found).max()
    )


def test_priors_of_items_stand_on_their_thresholds() -> None:
    rows = [
        sm.set_prior("normal(-1, 0.5)", class_="Intercept", group="q r", coef="1"),
        sm.set_prior("normal(0, 4)", class_="Intercept", group="s"),
    ]
    of = of_items(cumulative(), ITEMS["slopes"], priors=rows)
    check(of)
    assert [(row.group, row.coef, row.distribution) for row in of.priors.rows[:6]] == [
        ("p", "1", "student_t"), ("q r", "1", "normal"), ("q r", "2", "student_t"), ("q r", "3", "student_t"),
        ("s", "1", "normal"), ("s", "2", "normal"),
    ]  # fmt: skip
    deltas = [sm.set_prior("gamma(2, 1)", class_="delta"), sm.set_prior("gamma(3, 1)", class_="delta", group="s")]
    of = of_items(cumulative(threshold="equidistant"), ITEMS["disc"], priors=deltas)
    check(of)
    assert [(row.group, row.arguments[0]) for row in of.priors.rows if row.class_ == "delta"] == [
        ("q r", 2.0), ("s", 3.0),
    ]  # fmt: skip


@pytest.mark.parametrize("link", ["identity", "softplus", "squareplus"])
@pytest.mark.parametrize("family", [cumulative, acat])
def test_disc_has_links_of_its_own(family: Any, link: str) -> None:
    of = made(family(link_disc=link), FORMULAS["disc"])
    assert of.family.links["disc"].name == link
    check(of, nearer=0.4 if link == "identity" else 1.0)  # disc that is its own predictor is above zero there
