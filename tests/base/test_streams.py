"""Random numbers: no two purposes, blocks, groups or models share any, and memory changes none."""

import ast
import itertools
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from handmade import integrated_model, unbent
from scipy.special import ndtri
from small_fits import counts_fit, exams_data, exams_fit, trials_data, trials_fit

import stanmlm as sm
from stanmlm.after.criticism.refit import refit_without
from stanmlm.after.predict.request import Request
from stanmlm.after.predict.target import target_of
from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.streams import (
    ROWS,
    Purpose,
    Source,
    fresh_seed,
    seed_within,
    stream,
    streams_of_draws,
    within,
    words_of,
)
from stanmlm.model.model import Model
from stanmlm.sampling.engines.protocol import RawDraws, Sampling
from stanmlm.sampling.user_scale import unroll

PACKAGE = Path(__file__).resolve().parents[2] / "stanmlm"
SIMULATORS = {"teaching", "voters"}  # of data: the seed is the user's own
FEW_BYTES = 3_000_000  # a chunk of one block of rows
MC_SDS = 4
pytestmark = pytest.mark.filterwarnings("ignore:not in the fitted data")


def firsts(generators: list[np.random.Generator]) -> list[tuple[float, ...]]:
    return [tuple(rng.random(3).tolist()) for rng in generators]


def test_no_two_purposes_keys_seeds_or_models_share_a_stream() -> None:
    sources = [Source(seed, words) for seed in (0, 1, 7) for words in ((0, 0, 0, 0), (1, 0, 0, 0), (0, 0, 0, 1))]
    keys = [(), (0,), (0, 0), (1,), (0, 1), (1, 0), (2**32 - 1,)]
    made = [stream(s, purpose, *key) for s, purpose, key in itertools.product(sources, Purpose, keys)]
    inner = [stream(within(s, purpose), Purpose.LEVELS) for s, purpose in itertools.product(sources, Purpose)]
    old = [np.random.default_rng(seed) for seed in (0, 1, 7)]
    # A draw has a part of its block's counter for itself.
    blocks = [
        rng.random(3)
        for block in range(4)
        for rng in streams_of_draws(Source(1), Purpose.RESPONSES, block, np.array([0, 1, 2, 4000, 2**31]))
    ]
    numbers = firsts([*made, *inner, *old]) + [tuple(block.tolist()) for block in blocks]
    assert len({number for three in numbers for number in three}) == 3 * len(numbers)


def test_a_key_that_would_be_spelled_in_two_words_is_refused() -> None:
    with pytest.raises(AssertionError):
        stream(Source(1), Purpose.REFITS, 2**32)


def test_words_tell_apart_what_is_joined_otherwise() -> None:
    parts = [("a", "b:c"), ("a:b", "c"), ("a", "b", "c"), ("a:b:c",), ("a\0b", "c"), ("a", "b\0c"), (b"a",), ("a",),
             ("", "a"), ("a", ""), (b"\"a\"",), (["a", "b"],), (["a"], ["b"])]  # fmt: skip
    assert len({words_of(*part) for part in parts}) == len(parts)


def test_seeds_within_are_ones_that_stan_takes() -> None:
    seeds = {seed_within(Source(2**32 - 1), Purpose.REFITS, key) for key in range(50)}
    assert len(seeds) == 50
    assert all(1 <= seed < 2**31 for seed in seeds)
    assert fresh_seed() != fresh_seed()


def test_random_numbers_are_made_in_one_place() -> None:
    made = {"default_rng", "RandomState", "SeedSequence", "PCG64", "Philox", "Generator"}
    for path in PACKAGE.rglob("*.py"):
        if path.stem in {"streams", *SIMULATORS}:
            continue
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        named = {func.attr for func in calls if isinstance(func, ast.Attribute)}
        assert not named & made, path.name


# --- what a fit draws -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """An engine whose draws of a gaussian model with one intercept a group are given, about the truth."""

    alpha: float
    tau: float
    sigma: float
    draws: int = 2000
    name: str = "given"
    version: str = "1"
    seed: int | None = 5

    def sample(self, program: Anything, data: Anything, sampling: Sampling, *_: object) -> RawDraws:
        z_fix = (self.alpha - data["fix_hat"]) / data["fix_L"][0]
        z_sd = unbent((np.log(self.tau) - data["log_sd_hat"]) / data["log_sd_L"][0], data["log_sd_bend"])
        values = {"z_fix": z_fix, "z_sd": z_sd, "sigma": self.sigma}
        drawn = {name: np.tile(np.asarray(value, float), (1, self.draws) + (1,) * np.ndim(value)) for name, value in
                 values.items()}  # fmt: skip
        stats = {"lp": np.zeros((1, self.draws)), "diverging": np.zeros((1, self.draws), bool)}
        how = replace(sampling, chains=1, iter=2 * self.draws, seed=self.seed)
        return RawDraws(drawn, stats, "given", "1", (0.0, 0.0), how)


def lonely(seed: int = 1, J: int = 200) -> pd.DataFrame:
    """One row a group: an effect is known as badly as it can be, and its noise is half of its posterior."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"g": [f"g{j}" for j in range(J)], "y": 1 + rng.normal(0, 1, J) + rng.normal(0, 0.8, J)})


@cache
def lonely_fit(seed: int | None = 5, data: int = 1) -> sm.Fit:
    return sm.lmer("y ~ 1 + (1 | g)", lonely(data), engine=Given(1.0, 1.0, 0.8, seed=seed), progress=False)


def test_prediction_intervals_of_rows_with_a_group_each_are_those_of_the_closed_form() -> None:
    """y_new | y is normal about 1 + k (y - 1), with variance sigma^2 (1 + k): k = tau^2 / (tau^2 + sigma^2)."""
    fit, data = lonely_fit(), lonely()
    assert fit.model.centering.marginal is not None
    y, k = data["y"].to_numpy(), 1 / (1 + 0.8**2)
    mean, sd = 1 + k * (y - 1), 0.8 * np.sqrt(1 + k)
    for level in (0.5, 0.9):
        reach = sd * ndtri(0.5 + level / 2)
        for seed in (None, 0, 5):
            table = sm.predict(fit, interval="prediction", level=level, seed=seed)
            width = (table["upr"] - table["lwr"]).to_numpy()
            # of 200 rows and 2,000 draws each: their error is below .003 of the width
            assert width.mean() / (2 * reach) == pytest.approx(1, abs=0.01)
            inside = np.abs(sm.posterior_predict(fit, seed=seed).values - mean) < reach
            assert inside.mean() == pytest.approx(level, abs=MC_SDS * np.sqrt(0.25 / inside.size))


def correlations(a: Floats, b: Floats) -> Floats:
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    return np.asarray((a * b).sum(axis=0) / np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0)))


def assert_unrelated(a: Floats, b: Floats) -> None:
    """Columns of draws whose correlations are those of chance."""
    found = correlations(a, b)
    assert abs(found.mean()) < MC_SDS / np.sqrt(a.size)
    assert np.abs(found).max() < 6 / np.sqrt(len(a))


def test_noise_of_responses_is_unrelated_to_effects_of_any_seed() -> None:
    fit = lonely_fit()
    eta = sm.posterior_linpred(fit).values
    for seed in (None, 0, 5):
        assert_unrelated(sm.posterior_predict(fit, seed=seed).values - eta, eta)
    # and so is that of rows for which all else is noise too
    other = sm.posterior_predict(fit, seed=6).values - eta
    assert_unrelated(sm.posterior_predict(fit).values - eta, other)


def test_two_models_with_one_seed_share_no_noise() -> None:
    one, other = lonely_fit(), lonely_fit(data=2)
    effects = [sm.posterior_linpred(fit).values for fit in (one, other)]
    noise = [sm.posterior_predict(fit).values - eta for fit, eta in zip((one, other), effects, strict=True)]
    assert_unrelated(*effects)
    assert_unrelated(*noise)
    new = pd.DataFrame({"g": [f"new{i}" for i in range(40)]})
    assert_unrelated(*(sm.posterior_linpred(fit, new).values for fit in (one, other)))
    np.testing.assert_array_equal(effects[0], sm.posterior_linpred(lonely_fit.__wrapped__()).values)


@pytest.mark.parametrize("change", ["y", "offset", "weights", "X", "priors", "levels", "names"])
def test_a_model_is_told_by_all_that_it_is_made_of(change: str) -> None:
    model = integrated_model("two")
    design, response = model.design, model.response
    term = replace(design.terms[0], levels=(*design.terms[0].levels[:-1], "another"))
    rows = (replace(model.priors.rows[0], arguments=(9.0, 1.0)), *model.priors.rows[1:])
    changed: dict[str, Model] = {
        "y": replace(model, response=replace(response, y=response.y + 0.01)),
        "offset": replace(model, design=replace(design, offset=design.offset + 0.01)),
        "weights": replace(model, response=replace(response, weights=2 * response.weights)),
        "X": replace(model, design=replace(design, X=design.X * 2)),
        "priors": replace(model, priors=replace(model.priors, rows=rows)),
        "levels": replace(model, design=replace(design, terms=(term, *design.terms[1:]))),
        "names": replace(model, design=replace(design, names=("other", *design.names[1:]))),
    }
    assert changed[change].words != model.words
    assert replace(model).words == model.words


def test_last_digits_that_differ_from_machine_to_machine_tell_nothing() -> None:
    model = integrated_model("one")
    y = np.nextafter(model.response.y, np.inf)
    assert replace(model, response=replace(model.response, y=y)).words == model.words


def test_an_engine_without_a_seed_gets_one_that_is_kept() -> None:
    fit, other = lonely_fit.__wrapped__(seed=None), lonely_fit.__wrapped__(seed=None)
    assert fit.sampling.seed
    assert fit.sampling.seed != other.sampling.seed
    np.testing.assert_array_equal(sm.posterior_predict(fit).values, sm.posterior_predict(fit).values)
    assert_unrelated(*(sm.posterior_linpred(each).values for each in (fit, other)))


def test_a_fit_in_a_file_has_the_random_numbers_that_it_had(tmp_path: Path) -> None:
    fit = exams_fit()
    sm.save(fit, tmp_path / "fit")
    again = sm.load(tmp_path / "fit")
    new = pd.DataFrame({"hours": [0.0, 1.0], "student": ["new", "1"]})
    for verb in (sm.posterior_predict, sm.posterior_linpred):
        np.testing.assert_array_equal(verb(again, new).values, verb(fit, new).values)
    assert again.model.words == fit.model.words


def test_effects_that_were_integrated_out_are_the_same_whatever_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    model = integrated_model("split")
    rng = np.random.default_rng(1)
    L = np.tile(np.eye(2), (1, 30, 1, 1))
    draws = {"z_fix": rng.normal(size=(1, 30, model.design.X.shape[1])), "z_sd": np.zeros((1, 30, 3)),
             "L_1": L, "sigma": np.ones((1, 30))}  # fmt: skip
    whole = unroll(model, draws, 3)
    monkeypatch.setattr("stanmlm.model.marginal.AT_ONCE", 8)
    for one, other in zip(whole.r, unroll(model, draws, 3).r, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def long_trials() -> pd.DataFrame:
    return pd.concat([trials_data()] * 3, ignore_index=True)


def test_max_bytes_changes_no_draw() -> None:
    """720 rows are three blocks, the last of them short."""
    fit, data = trials_fit(), long_trials()
    assert len(data) > 2 * ROWS
    whole = sm.posterior_predict(fit, data).values
    for max_bytes in (FEW_BYTES, 9_000_000):
        np.testing.assert_array_equal(sm.posterior_predict(fit, data, max_bytes=max_bytes).values, whole)
    for max_bytes in (1, FEW_BYTES, 9_000_000):
        table = sm.posterior_predict(fit, data, summary=True, max_bytes=max_bytes)
        np.testing.assert_array_equal(table["50%"], np.quantile(whole, 0.5, axis=0))


@pytest.mark.parametrize("type", ["intervals", "stat", "error", "bars", "loo_pit"])
def test_max_bytes_changes_no_check(type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stanmlm.base.streams.ROWS", 32)
    monkeypatch.setattr("stanmlm.after.criticism.loo_pit.ROWS", 32)
    for fit in (counts_fit(), exams_fit()):
        if type == "bars" and fit is exams_fit():
            continue
        few, many = (sm.pp_check(fit, type, max_bytes=size).data for size in (1, 10**9))
        pd.testing.assert_frame_equal(few, many)


def test_max_bytes_changes_no_bootstrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stanmlm.base.streams.ROWS", 32)
    monkeypatch.setattr("stanmlm.after.criticism.r_squared.ROWS", 32)
    few, many = (sm.loo_R2(exams_fit(), max_bytes=size) for size in (1, 10**9))
    np.testing.assert_allclose(few, many, rtol=1e-9)


@pytest.mark.parametrize("draws", [1, 7, 399])
def test_some_draws_are_those_draws_of_the_whole(draws: int) -> None:
    for fit, data in ((trials_fit(), trials_data()), (exams_fit(), exams_data())):
        new = data.assign(**{"student" if "student" in data else "g": "new"})
        kept = np.linspace(0, 399, draws).astype(int)
        for verb in (sm.posterior_linpred, sm.posterior_epred, sm.posterior_predict):
            for rows in (None, new):
                some, whole = verb(fit, rows, draws=draws).values, verb(fit, rows).values
                np.testing.assert_allclose(some, whole[kept], rtol=1e-9, atol=1e-12)


def test_rows_after_a_row_tell_nothing_of_it_and_its_place_does() -> None:
    fit, data = trials_fit(), long_trials()
    whole = sm.posterior_predict(fit, data).values
    np.testing.assert_array_equal(sm.posterior_predict(fit, data.iloc[:50]).values, whole[:, :50])
    assert not np.array_equal(whole[:, :10], whole[:, 240:250])


@pytest.mark.parametrize("seed", [None, 3])
def test_verbs_agree_on_new_responses(seed: int | None) -> None:
    fit = exams_fit()
    values = sm.posterior_predict(fit, seed=seed).values
    table = sm.predict(fit, interval="prediction", seed=seed).dropna()
    np.testing.assert_allclose(table["lwr"], np.quantile(values, 0.025, axis=0), rtol=1e-12)
    stat = sm.pp_check(fit, "stat", seed=seed).data
    np.testing.assert_allclose(stat["value"], values.mean(axis=1), rtol=1e-12, atol=1e-14)
    intervals = sm.pp_check(fit, "intervals", seed=seed).data
    np.testing.assert_allclose(intervals["middle"], np.quantile(values, 0.5, axis=0), rtol=1e-12)
    few = sm.pp_check(fit, "stat", seed=seed, draws=9).data
    np.testing.assert_allclose(
        few["value"], values.mean(axis=1)[np.linspace(0, 399, 9).astype(int)], rtol=1e-12, atol=1e-14
    )


def test_mean_ppd_is_the_mean_of_the_new_responses() -> None:
    for fit in (exams_fit(), trials_fit()):
        values = sm.posterior_predict(fit).values.mean(axis=1)
        row = sm.summary(fit).frame.loc["mean_PPD"]
        assert row["mean"] == pytest.approx(values.mean(), rel=1e-12)
        assert row["sd"] == pytest.approx(values.std(ddof=1), rel=1e-12)


def test_conditional_effects_predict_what_posterior_predict_does() -> None:
    fit = exams_fit()
    frame = sm.conditional_effects(fit, "hours", method="predict").frames["hours"]
    values = sm.posterior_predict(fit, pd.DataFrame({"hours": frame["hours"]}), "NA").values
    np.testing.assert_allclose(frame["estimate"], np.median(values, axis=0), rtol=1e-10)


def test_rows_of_weight_zero_are_not_checked_and_move_no_other() -> None:
    data = sm.simulate_exams(seed=3, students=10).assign(w=np.tile([0.0, 0.5, 1.0, 2.0, 3.0], 10))
    fit = sm.lm("score ~ hours", data, weights="w", chains=1, iter=200, seed=1, progress=False)
    values = sm.posterior_predict(fit).values
    assert sm.summary(fit).frame.loc["mean_PPD", "mean"] == pytest.approx(values[:, data["w"] > 0].mean())
    seen = sm.pp_check(fit, "intervals").data
    np.testing.assert_allclose(seen["middle"], np.quantile(values[:, data["w"] > 0], 0.5, axis=0), rtol=1e-12)


# --- new levels -------------------------------------------------------------------------------------------------------


def crossed() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"a": rng.choice(list("pqrs"), 160), "b": rng.choice(list("uvwx"), 160)})
    return data.assign(y=rng.normal(size=160), x=rng.normal(size=160))


@cache
def crossed_fit() -> sm.Fit:
    formula = "y ~ x + (1 | a) + (1 | b) + (1 | a:b) + (0 + x | a)"
    return sm.lmer(formula, crossed(), chains=2, iter=200, seed=1, progress=False)


def scores(new: pd.DataFrame, bars: str) -> Floats:
    """Effects over their standard deviation, (draws, rows)."""
    fit = crossed_fit()
    group = bars.split("|")[1].strip(" )")
    effect = sm.posterior_linpred(fit, new, f"~ {bars}").values - sm.posterior_linpred(fit, new, "NA").values
    draws = fit.posterior["posterior"][f"sd_{group}"].values.reshape(effect.shape[0], -1)
    return np.asarray(effect / draws[:, [bars.startswith("(0") * 1]])


def test_no_two_groups_levels_or_bars_share_effects() -> None:
    new = pd.DataFrame({"a": ["z", "z", "zz", "z:z"], "b": ["z", "y", "z", "z"], "x": 1.0})
    same, bars = new.iloc[[0]], ["(1 | a)", "(1 | b)", "(1 | a:b)", "(0 + x | a)"]
    alone = [scores(same, bar) for bar in bars]
    for one, other in itertools.combinations(alone, 2):
        assert_unrelated(one, other)
    crossing = scores(new, "(1 | a:b)")
    for i, j in itertools.combinations(range(4), 2):
        assert_unrelated(crossing[:, [i]], crossing[:, [j]])
    np.testing.assert_array_equal(scores(new, "(1 | a)")[:, 0], scores(new, "(1 | a)")[:, 1])


def test_an_effect_of_a_new_level_is_the_same_in_every_verb() -> None:
    fit, new = exams_fit(), pd.DataFrame({"hours": [0.0, 0.0], "student": ["new", "newer"]})
    here = sm.posterior_linpred(fit, new).values
    np.testing.assert_array_equal(sm.predictions(fit, new).draws, here)
    by = sm.poststratify(fit, new.assign(N=1.0), by="student")
    np.testing.assert_allclose(by.draws.values, here, rtol=1e-10)
    np.testing.assert_array_equal(sm.posterior_epred(fit, new.iloc[[1]]).values[:, 0], here[:, 1])


def test_simulated_columns_have_noise_of_their_own_where_they_share_a_draw() -> None:
    fit = lonely_fit()
    made = sm.simulate(fit, 4500, seed=1).to_numpy()
    draw = stream(within(Source(1, fit.model.words), Purpose.SIMULATION), Purpose.CHOICE).choice(2000, 4500)
    columns = pd.Series(np.arange(4500)).groupby(draw).agg(list)
    twins = np.array([two[:2] for two in columns if len(two) > 1])
    assert len(twins) > 1000
    assert_unrelated(made[:, twins[:, 0]].T, made[:, twins[:, 1]].T)


def test_simulate_keeps_the_effects_of_new_levels_where_it_keeps_those_of_fitted_ones() -> None:
    fit, new = lonely_fit(), pd.DataFrame({"g": ["new"]})
    draw = stream(within(Source(1, fit.model.words), Purpose.SIMULATION), Purpose.CHOICE).choice(2000, 1500, False)
    eta = sm.posterior_linpred(fit, new).values[draw, 0]
    kept, anew = (sm.simulate(fit, 1500, seed=1, newdata=new, re_formula=it).to_numpy()[0] for it in (None, "NA"))
    assert (kept - eta).std() == pytest.approx(0.8, rel=0.1)
    assert_unrelated((kept - eta)[:, None], eta[:, None])
    assert_unrelated(anew[:, None], eta[:, None])


def test_folds_are_of_the_seed_alone_so_that_models_are_compared_on_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[list[int]] = []

    def refit(fit: sm.Fit, left_out: Anything, seed: int, request: Request) -> Anything:
        held.append(np.flatnonzero(left_out).tolist())
        return refit_without(fit, left_out, seed, request)

    monkeypatch.setattr(import_module("stanmlm.after.criticism.kfold"), "refit_without", refit)
    data = exams_data().dropna().head(40)
    fits = [sm.lm(f, data, chains=1, iter=200, seed=3, progress=False) for f in ("score ~ 1", "score ~ hours")]
    for fit in fits:
        sm.kfold(fit, K=3)
    assert held[:3] == held[3:]
    assert fits[0].model.words != fits[1].model.words


def test_a_fit_with_the_largest_seed_has_folds() -> None:
    data = exams_data().dropna().head(30)
    fit = sm.lm("score ~ hours", data, chains=1, iter=200, seed=2**32 - 1, progress=False)
    assert sm.kfold(fit, K=2).folds == 2


def test_a_target_has_the_seed_of_its_fit() -> None:
    assert target_of(exams_fit()).source == Source(exams_fit().sampling.seed or 0, exams_fit().model.words)
