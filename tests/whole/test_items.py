"""Ordered models in which items have thresholds of their own, and such that say how many there are."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.families import cratio, cumulative, sratio
from stanmlm.fit.pipeline import ModelOptions, build_model
from stanmlm.model.model import Model

SHORT = {"chains": 2, "iter": 300, "seed": 5, "progress": False}
# Means of two samplings of one posterior, in their common Monte Carlo error.
ERRORS = 4.0
MAIN = "y | thres(gr = item) ~ x + (1 | g)"


@cache
def data(rows: int = 240) -> pd.DataFrame:
    """Items with two, four and three categories."""
    rng = np.random.default_rng(8)
    g, item = np.arange(rows) % 12, np.arange(rows) // 12 % 3
    x = rng.choice([-1.0, 0.0, 1.0], rows)
    behind = x + rng.normal(size=12)[g] + rng.logistic(size=rows)
    y = 1 + np.digitize(behind, [-1.0, 0.5, 2.0])
    sizes = np.array([1, 3, 2])[item]
    names = np.array(["old", "so so", "new"])
    return pd.DataFrame({"y": np.minimum(y, sizes + 1), "x": x, "g": g.astype(str), "item": names[item], "k": sizes})


@cache
def fitted(text: str = MAIN, family: str = "cumulative", threshold: str = "flexible") -> sm.Fit:
    kinds = {"cumulative": cumulative, "sratio": sratio, "cratio": cratio}
    return sm.brm(text, data(), family=kinds[family](threshold=threshold), **SHORT)


def model(text: str, family: str = "cumulative") -> Model:
    return build_model(text, data(), getattr(sm.families, family)(), {}, ModelOptions())


def test_names_are_brms() -> None:
    labels = [row.label for row in fitted().model.ledger.of("b")]
    assert labels == ["new,1", "new,2", "old,1", "so so,1", "so so,2", "so so,3", "x"]
    assert list(sm.fixef(fitted()).index)[:3] == ["new,1|2", "new,2|3", "old,1|2"]
    assert "b_Intercept[so so,3]" in sm.as_draws_df(fitted()).columns
    assert "b_Intercept[new,1]" in str(sm.hypothesis(fitted(), "b_Intercept[new,1] < b_Intercept[new,2]"))


def test_no_response_is_beyond_the_last_threshold_of_its_item() -> None:
    epred, drawn = sm.posterior_epred(fitted()), sm.posterior_predict(fitted())
    old, most = data()["item"] == "old", data()["k"].to_numpy() + 1
    np.testing.assert_allclose(epred.sum("category"), 1.0, rtol=1e-12)
    assert np.all(epred.values[:, old, 2:] == 0)
    assert np.all(drawn.values <= most)
    assert all((drawn.values[:, data()["item"] == item] == 2).any() for item in ("old", "new", "so so"))


def test_new_data_have_items() -> None:
    few = data().tail(9)
    for verb in (sm.posterior_epred, sm.log_lik, sm.posterior_predict):
        assert verb(fitted(), few).shape[1] == 9
    for verb in (sm.posterior_epred, sm.log_lik):
        np.testing.assert_array_equal(verb(fitted(), few).values, verb(fitted()).values[:, -9:])
    with pytest.raises(sm.DataError, match="item"):
        sm.posterior_epred(fitted(), few.assign(item="newest"))
    with pytest.raises(sm.DataError, match="lack `item`"):
        sm.posterior_epred(fitted(), few.drop(columns="item"))


def test_files_keep_items(tmp_path: Path) -> None:
    sm.save(fitted(), tmp_path / "fit")
    again = sm.load(tmp_path / "fit")
    assert again.model.family.items == fitted().model.family.items
    for verb in (sm.posterior_epred, sm.log_lik):
        np.testing.assert_array_equal(verb(again).values, verb(fitted()).values)
    assert str(sm.loo(again)) == str(sm.loo(fitted()))


def test_update_keeps_what_the_response_says() -> None:
    again = sm.update(fitted(), ". ~ . - x", **SHORT)
    assert again.model.design.names == ("itemnew", "itemold", "itemso so")
    assert [row.label for row in again.model.ledger.of("b")][-1] == "so so,3"
    plain = sm.update(fitted(), "y ~ .", **SHORT)
    assert plain.model.family.items is None
    assert [row.label for row in plain.model.ledger.of("b")] == ["1", "2", "3", "x"]


def test_the_equation_has_thresholds_of_items() -> None:
    text = str(sm.equation(fitted(), names={"item": "q"}))
    assert r"\tau_{q[ij],k} - \mu_{ij}" in text
    assert "old" not in text


def test_priors_are_printed_by_item() -> None:
    lines = str(sm.prior_summary(fitted())).splitlines()
    assert sum("Intercept" in line and "so so" in line for line in lines) == 3
    assert not any("centered" in line for line in lines)


def test_criticism_and_effects_know_items() -> None:
    fit = fitted()
    assert "elpd_loo" in str(sm.loo(fit))
    sm.pp_check(fit, type="bars_grouped", group="item")
    frames = sm.conditional_effects(fit)
    assert "item" in str(frames)
    assert set(sm.log_prior(fit)) == {"Intercept", "sd"}


def test_marginal_means_are_of_probabilities() -> None:
    frame = str(sm.emmeans(fitted(), "item"))
    assert "prob" in frame
    with pytest.raises(sm.OptionError, match="thresholds of their own"):
        sm.emmeans(fitted(), "x", mode="latent")


def test_distances_of_items_are_named() -> None:
    fit = fitted(family="cratio", threshold="equidistant")
    names = [row.variable for row in fit.model.ledger.of("dpar")]
    assert names == ["delta_new", "delta_so so"]
    assert "delta_new" in repr(fit)
    first = sm.as_draws_df(fit)
    np.testing.assert_allclose(
        first["b_Intercept[new,2]"] - first["b_Intercept[new,1]"], first["delta_new"], rtol=1e-9, atol=1e-12
    )


def test_the_pilot_begins_where_thresholds_of_each_item_are() -> None:
    of = model(MAIN)
    assert of.centering.pilot is not None
    separately = [
        build_model("y ~ x + (1 | g)", data()[data()["item"] == item], cumulative(), {}, ModelOptions())
        for item in ("new", "so so")
    ]
    here = np.array([of.centering.pilot.scalars[f"gap[{k}]"] for k in (1, 2, 3)])
    alone = np.concatenate([[*one.centering.pilot.scalars.values()] for one in separately])
    np.testing.assert_allclose(np.log(here), np.log(alone), atol=0.3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y | thres(gr = item) ~ x * item", "leave `item` out on the right"),
        ("y | thres(gr = k) ~ x", r"write gr = factor\(k\)"),
        ("y | thres(gr = factor(0 * k)) ~ x", "has one level, `0`: rows share their thresholds, as without `gr`"),
        ("y | thres(k) ~ x", "numbers of thresholds for each item"),
        ("y | thres(x, gr = item) ~ 1", "a whole number from 1"),
        ("y | thres(1) ~ x", "above 2, the highest category"),
        ("y | thres(1, gr = item) ~ x", "more categories than thresholds leave|above 2, the highest"),
        ("y | thres(k + x, gr = item) ~ 1", "a whole number from 1"),
        ("y | thres(k + (x > 0), gr = item) ~ 1", "it needs one an item"),
        ("y | thres(2, item, 3) ~ x", "no argument number 3"),
        ("y | cat(1) ~ x", "categories, from 2 to"),
        ("y | thres(1e9) ~ x", "a whole number from 1 to"),
    ],
)
def test_what_cannot_be_is_answered(text: str, message: str) -> None:
    with pytest.raises(sm.StanmlmError, match=message):
        model(text)


def test_an_item_of_one_category_needs_a_number_of_thresholds() -> None:
    frame = data().assign(y=np.where(data()["item"] == "old", 1, data()["y"]))
    with pytest.raises(sm.DataError, match="one category in `old`"):
        build_model(MAIN, frame, cumulative(), {}, ModelOptions())
    of = build_model("y | thres(k, gr = item) ~ x", frame, cumulative(), {}, ModelOptions())
    assert of.family.items is not None
    assert of.family.items.sizes == (2, 1, 3)


@pytest.mark.parametrize("family", ["poisson", "categorical", "gaussian"])
@pytest.mark.parametrize("text", [MAIN, "y | thres(4) ~ x", "y | cat(5) ~ x"])
def test_families_without_thresholds_refuse_them(family: str, text: str) -> None:
    with pytest.raises(sm.DataError, match=f"the {family} family cannot have `(thres|cat)"):
        model(text, family)


@pytest.mark.parametrize("call", ["thres(5)", "cat(6)", "thres(x = 5)"])
def test_more_categories_than_were_seen(call: str) -> None:
    of = model(f"y | {call} ~ x")
    assert of.family.categories == ("1", "2", "3", "4", "5", "6")
    levels = pd.Categorical(data()["y"].map({1: "a", 2: "b", 3: "c", 4: "e"}), ["a", "b", "c", "d", "e"], ordered=True)
    frame = data().assign(y=levels)
    assert build_model("y | thres(4) ~ x", frame, cumulative(), {}, ModelOptions()).family.categories == tuple("abcde")
    named = build_model("y | thres(5) ~ x", frame, cumulative(), {}, ModelOptions()).family.categories
    assert named == (*"abcde", "6")
    fewer = build_model("y | thres(3) ~ x", frame, cumulative(), {}, ModelOptions()).family.categories
    assert fewer == ("a", "b", "c", "e")


@pytest.mark.slow
@pytest.mark.parametrize("family", ["cumulative", "sratio"])
def test_items_alone_have_the_posteriors_of_fits_apart(family: str) -> None:
    long = SHORT | {"iter": 4000, "chains": 4}
    together = sm.brm("y | thres(gr = item) ~ 0 + x:item", data(), family=family, **long)
    for item in ("new", "so so"):
        of = data()[data()["item"] == item]
        # priors stand on thresholds as they are, which are those at centred predictors where x is about zero
        apart = sm.brm("y ~ 1 + x", of.assign(x=of["x"] - of["x"].mean()), family=family, **long)
        for k in range(1, int(of["k"].iloc[0]) + 1):
            a = sm.as_draws_df(together)[f"b_Intercept[{item},{k}]"]
            b = sm.as_draws_df(apart)[f"b_Intercept[{k}]"] + of["x"].mean() * sm.as_draws_df(apart)["b[x]"]
            assert abs(a.mean() - b.mean()) < ERRORS * np.hypot(a.std(), b.std()) / np.sqrt(2000) + 0.02


def test_files_keep_the_link_of_disc(tmp_path: Path) -> None:
    text = sm.bf(MAIN, "disc ~ x")
    fit = sm.brm(text, data(), family=cumulative("probit", link_disc="softplus"), **SHORT)
    sm.save(fit, tmp_path / "fit")
    again = sm.update(sm.load(tmp_path / "fit"), ". ~ .", **SHORT)
    assert {name: link.name for name, link in again.model.family.links.items()} == {"mu": "probit", "disc": "softplus"}
    assert "mu = probit; disc = softplus" in repr(again)
