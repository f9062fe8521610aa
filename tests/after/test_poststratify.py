"""Poststratification against sums written out by hand, and the worked example of the census."""

import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.fit.fit import Fit

pytestmark = pytest.mark.filterwarnings("ignore:not in the fitted data")
EXACT = 1e-10
QUICK: dict[str, Any] = {"chains": 2, "iter": 300, "seed": 2}
UNSEEN = "OH"


@pytest.fixture(scope="module")
def fit() -> Fit:
    voters = sm.simulate_redblue(seed=1).query("year == 2000 and state != @UNSEEN")
    return sm.glmer("vote ~ avg.income*income + (1 + income | state)", voters, family=sm.binomial, **QUICK)


@pytest.fixture(scope="module")
def census() -> pd.DataFrame:
    """Every state, the one that the survey never saw too, in no order."""
    everyone = sm.simulate_redblue(seed=1).query("year == 2000")
    cells = everyone.groupby(["state", "income", "avg.income"]).size().reset_index(name="N")
    return cells.sample(frac=1, random_state=3).reset_index(drop=True)


def by_hand(fit: Fit, census: pd.DataFrame, rows: Any) -> np.ndarray[Any, Any]:
    """The weighted mean of probabilities, from draws and formula."""
    some = census[rows]
    b = np.asarray(fit.posterior["posterior"]["b"]).reshape(-1, 4)
    r = fit.posterior["posterior"]["r_state"].stack(sample=("chain", "draw"))
    z = some["income"].to_numpy()
    X = np.column_stack([np.ones(len(some)), some["avg.income"], z, some["avg.income"] * z])
    assert list(sm.fixef(fit).index) == ["(Intercept)", "avg.income", "income", "avg.income:income"]
    effects = r.sel(level_state=some["state"].tolist()).transpose("sample", "level_state", "term_state").to_numpy()
    eta = b @ X.T + effects[..., 0] + effects[..., 1] * z
    return (1 / (1 + np.exp(-eta))) @ (some["N"] / some["N"].sum()).to_numpy()


def test_states_groups_and_crossed_parts_are_the_sums_by_hand(fit: Fit, census: pd.DataFrame) -> None:
    seen = census[census["state"] != UNSEEN]
    states = sm.poststratify(fit, seen, by="state")
    assert states.draws.dims == ("sample", "state")
    for state in ("AL", "NY", "WY"):
        expected = by_hand(fit, seen, seen["state"] == state)
        assert np.abs(states.draws.sel(state=state).to_numpy() - expected).max() < EXACT
    for part, rows in (
        (sm.poststratify(fit, seen, by=["income"]).draws.sel(income=2), seen["income"] == 2),
        (sm.poststratify(fit, seen).draws, np.ones(len(seen), dtype=bool)),
    ):
        assert np.abs(part.to_numpy() - by_hand(fit, seen, rows)).max() < EXACT
    crossed = sm.poststratify(fit, seen, by=["state", "income"])
    place = crossed.frame.query("state == 'NY' and income == -1").index[0]
    assert (
        np.abs(crossed.draws[:, place] - by_hand(fit, seen, seen.eval("state == 'NY' and income == -1"))).max() < EXACT
    )
    assert crossed.draws.coords["state"].to_numpy()[place] == "NY"


def test_a_state_that_the_survey_never_saw_has_its_own_draws(fit: Fit, census: pd.DataFrame) -> None:
    unseen = census["state"] == UNSEEN
    found = sm.poststratify(fit, census, by="state").draws.sel(state=UNSEEN).to_numpy()
    epred = np.asarray(sm.posterior_epred(fit, census[unseen]))
    assert np.abs(found - epred @ (census["N"][unseen] / census["N"][unseen].sum())).max() < EXACT
    alone = sm.poststratify(fit, census[unseen], by="state").draws[:, 0].to_numpy()
    assert np.abs(found - alone).max() < EXACT
    fixed = sm.poststratify(fit, census, by="state", new_levels="zero").draws.sel(state=UNSEEN).to_numpy()
    assert found.std() > 1.2 * fixed.std()
    with pytest.raises(sm.DataError, match="`OH` of `state`"):
        sm.poststratify(fit, census, by="state", new_levels="error")


def test_parts_add_up_and_totals_are_means_times_people(fit: Fit, census: pd.DataFrame) -> None:
    states = sm.poststratify(fit, census, by="state", total=True)
    nation = sm.poststratify(fit, census)
    assert np.abs(states.draws.sum("state") / census["N"].sum() - nation.draws).max() < EXACT
    means = sm.poststratify(fit, census, by="state")
    assert np.allclose(means.draws * means.frame["N"].to_numpy(), states.draws, rtol=EXACT)
    assert means.frame["N"].sum() == nation.frame["N"][0] == census["N"].sum()


def test_the_frame_summarises_the_draws(fit: Fit, census: pd.DataFrame) -> None:
    found = sm.poststratify(fit, census, by="income")
    assert found.frame.columns.tolist() == ["income", "N", "mean", "sd", "2.5%", "25%", "50%", "75%", "97.5%"]
    assert found.frame["income"].tolist() == [-2, -1, 0, 1, 2]
    draws = found.draws.to_numpy()
    assert np.allclose(found.frame["mean"], draws.mean(axis=0))
    assert np.allclose(found.frame["sd"], draws.std(axis=0, ddof=1))
    assert np.allclose(found.frame["97.5%"], np.quantile(draws, 0.975, axis=0))
    assert repr(found).startswith("Poststratified vote by income (300 draws)\n income")


def test_the_pieces_do_not_matter(fit: Fit, census: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sm.poststratify(fit, census, by="state").draws
    module = sys.modules["stanmlm.after.predict.poststratify"]  # the package has the function under that name
    monkeypatch.setattr(
        module, "chunks_of", lambda target, **_: (slice(k, k + 7) for k in range(0, len(target.index), 7))
    )
    assert np.abs(sm.poststratify(fit, census, by="state").draws - whole).max() < EXACT


def test_cells_without_people_do_not_count(fit: Fit, census: pd.DataFrame) -> None:
    empty = pd.DataFrame({"state": ["AL"], "income": [np.nan], "avg.income": [0.0], "N": [0]})
    with_empty = sm.poststratify(fit, pd.concat([empty, census]), by="state").draws
    assert np.array_equal(with_empty, sm.poststratify(fit, census, by="state").draws)


def test_numbers_polars_and_categories_work(fit: Fit, census: pd.DataFrame) -> None:
    import polars as pl

    expected = sm.poststratify(fit, census, by="state").draws
    people = census["N"].to_numpy()
    assert np.array_equal(sm.poststratify(fit, census.drop(columns="N"), people, by="state").draws, expected)
    assert np.array_equal(sm.poststratify(fit, pl.from_pandas(census), by="state").draws, expected)
    factor = census.assign(state=census["state"].astype("category").cat.add_categories("none"))
    assert np.array_equal(sm.poststratify(fit, factor, by="state").draws, expected)
    assert sm.poststratify(fit, census, by="state", draws=10).draws.sizes["sample"] == 10


def test_a_frame_that_cannot_be_is_refused_in_words(fit: Fit, census: pd.DataFrame) -> None:
    gap = census.assign(income=census["income"].where(census.index != 4))
    nowhere = census.assign(state=census["state"].where(census.index != 4))
    negative = census.assign(N=census["N"].where(census.index != 2, -1))
    for frame, arguments, message in (
        (census, {"weights": "n"}, "`n` is not a column of the frame"),
        (census, {"by": ["stat"]}, "did you mean `state`"),
        (census.drop(columns="income"), {}, "lack `income`"),
        (negative, {}, "`N` is negative in row 2"),
        (census.assign(N="many"), {}, "`N` must be numbers"),
        (census.assign(N=np.inf), {}, "missing or infinite"),
        (census, {"weights": [1.0, 2.0]}, "2 values for"),
        (census.assign(N=0), {}, "sum to zero"),
        (census.assign(N=census["N"] * (census["state"] != "AL")), {"by": "state"}, "sum to zero for state=AL"),
        (gap, {}, "missing in row 4"),
        (nowhere, {"by": "state"}, "`state` is missing in row 4"),
        (census.iloc[:0], {}, "no rows"),
        (census, {"by": "state", "max_bytes": 1000}, "max_bytes"),
    ):
        with pytest.raises(sm.DataError, match=message):
            sm.poststratify(fit, frame, **arguments)  # type: ignore[arg-type]


def test_offsets_and_families_with_other_links_are_expectations() -> None:
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"y": rng.poisson(3, 60), "g": list("abcdef") * 10, "logt": rng.normal(size=60)})
    fit = sm.glmer("y ~ 1 + (1 | g) + offset(logt)", rows, family=sm.poisson, **QUICK)
    cells = pd.DataFrame({"g": ["a", "b", "new"], "logt": [0.0, 1.0, -1.0], "N": [1, 2, 3]})
    epred = np.asarray(sm.posterior_epred(fit, cells))
    found = sm.poststratify(fit, cells).draws.to_numpy()
    assert np.allclose(found, epred @ [1 / 6, 2 / 6, 3 / 6], rtol=EXACT)


def test_memory_does_not_grow_with_rows_times_draws(fit: Fit) -> None:
    rng, n = np.random.default_rng(1), 40_000
    cells = pd.DataFrame(
        {"state": rng.choice(["AL", "NY", "OH"], n), "income": rng.normal(size=n), "avg.income": 0.1, "N": 1.0}
    )
    tracemalloc.start()
    sm.poststratify(fit, cells, by="state", max_bytes=20_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6  # 40,000 distinct rows by 300 draws are 96 MB


@pytest.mark.shared
def test_the_census_and_the_annenberg_survey(shared: Path) -> None:
    """Republican share of adult citizens' preferences by state, 2000: the worked example."""
    voters = sm.load_naes(shared / "data" / "naes_2000_2004.csv.gz").frame.query("year == 2000")
    census = pd.read_csv(shared / "data" / "census_state_income.csv").rename(columns={"weighted2000": "N"})
    facts = sm.state_facts().set_index("state")
    logs = np.log(facts["income_2000"] / 10_000)
    centre = logs[sorted(voters["state"].unique())].mean()
    census = census[census["state"] != "DC"].assign(**{"avg.income": lambda f: f["state"].map(logs - centre)})
    fit = sm.glmer(
        "vote ~ avg.income*income + (1 + income | state)", voters, family=sm.binomial, chains=2, iter=1000, seed=1
    )
    states = sm.poststratify(fit, census, by="state")
    share = states.frame.set_index("state")["mean"]
    truth = facts["rep_share_2000"][share.index]
    assert {"AK", "HI"} == set(share.index) - set(voters["state"].unique())  # the survey never saw them
    assert np.corrcoef(share, truth)[0, 1] > 0.8
    assert share["UT"] > share["OH"] > share["MA"]
    # Not fitted: wider than any state that was.
    spread = states.frame.set_index("state")["sd"]
    assert spread[["AK", "HI"]].min() > spread.drop(["AK", "HI"]).quantile(0.9)
    incomes = sm.poststratify(fit, census, by="income").frame["mean"].to_numpy()
    assert (np.diff(incomes) > 0).all()
    nation = sm.poststratify(fit, census)
    assert (
        abs(nation.frame["mean"][0] - (share * states.frame.set_index("state")["N"]).sum() / census["N"].sum()) < EXACT
    )


@pytest.mark.filterwarnings("ignore::stanmlm.StanmlmWarning")
@pytest.mark.parametrize(("part", "people"), [("mean", "N"), ("N", "sd"), ("sample", "mean"), ("50%", "n")])
def test_parts_and_people_called_like_columns_of_the_table_stay(part: str, people: str) -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame({part: np.repeat(list("uvwx"), 10), "y": rng.normal(size=40)})
    fit = sm.lmer(f"y ~ 1 + (1 | `{part}`)", data, chains=1, iter=100, seed=1, progress=False)
    cells = pd.DataFrame({part: list("uvwx"), people: [1.0, 2.0, 3.0, 4.0]})
    found = sm.poststratify(fit, cells, by=part, weights=people)
    assert found.frame[part].tolist() == list("uvwx")
    assert found.frame[found.weights].tolist() == [1, 2, 3, 4]
    assert found.frame.columns.is_unique
    assert found.draws.shape == (50, 4)
    assert "Poststratified" in repr(found)
