"""The main job on three states' simulated voters, once for all tests, with few draws; its choices on small frames."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stanmlm.base.errors import DataError, OptionError
from stanmlm.families import binomial
from stanmlm.fit.fit import draws_of
from stanmlm.fit.verbs import glmer
from stanmlm.lecture.datasets import load_naes
from stanmlm.lecture.redblue.figures import counted, curves_figure, states_figure
from stanmlm.lecture.redblue.files import write_files
from stanmlm.lecture.redblue.frames import (
    CURVE,
    curves_of,
    expected_state_slopes,
    highlights,
    income_shares,
    slopes_of,
    state_grid,
)
from stanmlm.lecture.redblue.ladder import LADDER
from stanmlm.lecture.redblue.run import RedBlue, redblue
from stanmlm.lecture.redblue.table import COLUMNS, inestimable_dummies
from stanmlm.lecture.redblue.text import aligned_columns
from stanmlm.lecture.voters import simulate_redblue

SHORT = {"chains": 2, "iter": 200, "adapt_delta": 0.8, "cores": 1}


@pytest.fixture(scope="module")
def voters() -> pd.DataFrame:
    frame = simulate_redblue(seed=5, n=6000)
    frame = frame[frame["state"].isin(["MS", "OH", "CT", "TX"])]
    # One state of one voter a year: no estimate of its own, no curve without partial pooling.
    alone = pd.DataFrame({"year": [2000, 2004], "state": "WY", "vote": 1, "income": 0})
    return pd.concat([frame[["year", "state", "vote", "income"]], alone], ignore_index=True)


@pytest.fixture(scope="module")
def made(voters: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> RedBlue:
    return redblue(voters, out=tmp_path_factory.mktemp("made") / "out", seed=1, **SHORT)


def year_of(made: RedBlue, year: int) -> pd.DataFrame:
    return made.survey.frame[made.survey.frame["year"] == year]


def test_the_table_has_a_row_for_each_year_and_rung(made: RedBlue) -> None:
    assert made.table.columns.tolist() == list(COLUMNS)
    expected = [(year, rung.key) for year in (2000, 2004) for rung in LADDER]
    assert list(zip(made.table["year"], made.table["model"], strict=True)) == expected
    table = made.table.set_index("model")
    shown = table.loc["fully-conditional", ["avg.income:income", "sd_income", "correlation", "seconds", "rhat", "ess"]]
    assert shown.notna().all(axis=None)
    assert table.loc["varying-intercept", ["sd_income", "avg.income"]].isna().all(axis=None)


def test_the_table_holds_posterior_means_and_sds(made: RedBlue) -> None:
    row = made.table[(made.table["year"] == 2004) & (made.table["model"] == "fully-conditional")].iloc[0]
    fit = made.fits[2004, "fully-conditional"]
    b = dict(zip(fit.model.design.names, draws_of(fit, "b").T, strict=True))
    assert row["avg.income:income"] == pytest.approx(b["avg.income:income"].mean())
    assert row["income.se"] == pytest.approx(b["income"].std(ddof=1))
    assert row["rows"] == len(year_of(made, 2004))


def test_the_printed_table_reads_as_a_table_of_regressions(made: RedBlue) -> None:
    lines = repr(made).splitlines()
    assert lines[0] == "Red state, blue state: the data"
    foot = next(at for at, line in enumerate(lines) if line.startswith("Posterior means"))
    assert max(map(len, lines[:foot])) < 80
    head = next(line for line in lines if line.startswith("2000"))
    assert head.split() == ["2000", "full", "no", "fixed", "varying", "varying", "fully"]
    income = next(line for line in lines if line.startswith("income "))
    assert len(income.split()) == 1 + len(LADDER)


def test_a_state_without_an_estimate_of_its_own_is_marked(made: RedBlue) -> None:
    marked = made.states[(made.states["model"] == "no-pooling") & (made.states["not_estimable"] != "")]
    assert set(marked["state"]) == {"WY"}
    none = made.table.set_index(["year", "model"])["not_estimable"]
    assert none[2000, "no-pooling"] == none[2000, "fixed-effects"] == 1
    assert none[2000, "varying-intercept"] == 0
    assert inestimable_dummies(made.fits[2000, "fixed-effects"]) == ("WY",)
    assert "2000: states without an estimate of their own: WY" in made.notes


def test_every_file_is_written_and_draws_load_without_pickle(made: RedBlue) -> None:
    names = sorted(path.name for path in made.files)
    assert len(names) == len(set(names)) == 2 + 12 + 6
    assert all(path.stat().st_size > 0 for path in made.files)
    folder = made.files[0].parent
    pd.testing.assert_frame_equal(
        pd.read_csv(folder / "ladder.csv"), made.table.reset_index(drop=True), check_dtype=False, rtol=1e-5
    )
    with np.load(folder / "draws-2000-fully-conditional.npz", allow_pickle=False) as draws:
        assert draws["b"].shape == (2, 100, 4)
        assert draws["b.0"].tolist() == ["(Intercept)", "avg.income", "income", "avg.income:income"]
        assert draws["r_state"].shape == (2, 100, *map(len, (draws["r_state.0"], draws["r_state.1"])))
    with np.load(folder / "draws-2000-no-pooling.npz", allow_pickle=False) as draws:
        assert draws["b"].shape == (2, 100, 5, 2)
        fit = made.fits[2000, "no-pooling"].fits["OH"]
        place = draws["b.0"].tolist().index("OH")
        np.testing.assert_array_equal(draws["b"][:, :, place].reshape(200, 2), draws_of(fit, "b"))


def test_slopes_and_curves_are_the_formula_written_out(made: RedBlue) -> None:
    fit, rows = made.fits[2000, "fully-conditional"], year_of(made, 2000)
    b, r = draws_of(fit, "b"), draws_of(fit, "r_state")
    names, states = list(fit.model.design.names), list(made.fits[2000, "no-pooling"].fits)
    avg = rows.groupby("state")["avg.income"].first()["MS"]
    place = states.index("MS")
    slope = b[:, names.index("income")] + b[:, names.index("avg.income:income")] * avg + r[:, place, 1]
    slopes = slopes_of(fit, rows).set_index("state").loc["MS"]
    assert slopes["estimate"] == pytest.approx(np.median(slope))
    assert slopes["upper95"] == pytest.approx(np.quantile(slope, 0.975))
    intercept = b[:, 0] + b[:, names.index("avg.income")] * avg + r[:, place, 0]
    curve = curves_of(fit, rows).query("state == 'MS' and role == 'curve' and income == 2").iloc[0]
    assert curve["estimate"] == pytest.approx(np.median(1 / (1 + np.exp(-intercept - 2 * slope))))
    line = expected_state_slopes(fit, rows)
    at_zero = np.interp(0.0, line["avg.income"], line["estimate"])
    assert at_zero == pytest.approx(np.median(b[:, names.index("income")]), abs=0.02)


def test_curves_of_the_paper_states_are_in_colour_with_their_numbers_in_the_caption(made: RedBlue) -> None:
    assert highlights(made.survey.frame) == ("MS", "OH", "CT")
    for name in ("curves", "slopes"):
        text = made.figures[name].plot.labels.caption.replace("\n", " ")
        n = year_of(made, 2000).query("state == 'MS'").shape[0], year_of(made, 2004).query("state == 'MS'").shape[0]
        assert f"Mississippi {n[0]} and {n[1]}" in text
        assert "Data: the data" in text


def test_the_response_and_simulated_data_are_said_in_captions(made: RedBlue) -> None:
    curves = pd.concat(
        [
            curves_of(made.fits[at], year_of(made, at[0])).assign(year=at[0], model=at[1])
            for at in made.fits
            if at[1] == "varying-intercept"
        ]
    )
    survey = replace(made.survey, source="simulated voters", caveat="Simulated (seed 1)", response="Some response")
    labels = curves_figure(survey, curves, ["MS"]).plot.labels
    assert "simulated voters" in labels.caption.replace("\n", " ")
    assert labels.y == "Some response"
    assert "Bureau of Economic Analysis" in states_figure().plot.labels.caption


def test_states_with_few_respondents_give_way_to_the_poorest_middle_and_richest_that_have_enough() -> None:
    def survey(counts: dict[str, tuple[int, int]]) -> pd.DataFrame:
        rows = [(year, s) for s, n in counts.items() for year, k in zip((2000, 2004), n, strict=True) for _ in range(k)]
        return pd.DataFrame(rows, columns=["year", "state"])

    many = {"MS": (30, 30), "OH": (30, 30), "CT": (30, 30), "AR": (30, 30), "NJ": (30, 30), "WV": (30, 5)}
    assert highlights(survey(many)) == ("MS", "OH", "CT")
    assert highlights(survey(many | {"MS": (30, 19)})) == ("AR", "NJ", "CT")
    assert highlights(survey({"OH": (3, 3), "CT": (2, 2), "AR": (1, 1), "MS": (1, 0)})) == ("AR", "OH", "CT")
    assert highlights(survey({"OH": (3, 3)})) == ("OH",)


def test_the_grid_covers_curves_groups_and_means() -> None:
    frame = pd.DataFrame({"state": ["OH"] * 4 + ["MS"], "income": [0, 0, 1, 2, -2], "avg.income": [0.1] * 4 + [-0.2]})
    grid = state_grid(frame)
    assert grid["role"].value_counts().to_dict() == {"curve": 2 * len(CURVE), "group": 4, "mean": 2}
    assert grid.groupby("state")["avg.income"].unique().map(list).to_dict() == {"OH": [0.1], "MS": [-0.2]}
    assert grid.query("state == 'OH' and role == 'mean'")["income"].tolist() == [0.75]
    assert income_shares(frame).groupby("state")["share"].sum().tolist() == [1.0, 1.0]


def test_a_full_disk_leaves_the_files_of_an_earlier_run(
    made: RedBlue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = {(2000, "full-pooling"): made.fits[2000, "full-pooling"]}
    write_files(tmp_path, made.table, made.states, fits, {}, {})
    old = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(DataError, match="cannot be written to: No space left"):
        write_files(tmp_path, made.table.assign(rows=0), made.states, fits, {}, {})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == old


@pytest.mark.skipif(os.name != "posix", reason="devices")
def test_no_file_is_written_where_one_has_no_place(made: RedBlue, tmp_path: Path) -> None:
    (tmp_path / "states.csv").symlink_to("/dev/null")
    with pytest.raises(DataError, match="it is a device"):
        write_files(tmp_path, made.table, made.states, {}, {}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["states.csv"]


def test_counts_in_captions_and_aligned_cells() -> None:
    frame = pd.DataFrame({"state": ["OH"] * 3, "year": [2000, 2000, 2004]})
    assert counted(frame, ["OH"]) == "Respondents in 2000 and 2004: Ohio 2 and 1"
    assert aligned_columns([["a", "1"], ["bb", "10", "x"]]) == "a    1\nbb  10  x"


def test_a_folder_that_cannot_be_made_and_a_wrong_option_are_refused(tmp_path: Path, voters: pd.DataFrame) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be used as the output folder"):
        redblue(voters, out=tmp_path / "file")
    with pytest.raises(OptionError, match="chains"):
        redblue(voters, out=tmp_path / "out", chains=0)


# lme4 1.1-31, glmer by Laplace's method, on the voter file of 2000 with avg.income centred over its 48 states.
LME4_2000 = {"(Intercept)": 0.1774, "income": 0.2201, "avg.income": -1.671, "avg.income:income": -0.573}


@pytest.mark.shared
def test_the_voter_file_gives_the_published_answer(shared: Path) -> None:
    frame = load_naes(shared / "data" / "naes_2000_2004.csv.gz").frame
    for year in (2000, 2004):
        rows = frame[frame["year"] == year]
        formula = "vote ~ avg.income*income + (1 + income | state)"
        fit = glmer(formula, rows, family=binomial, seed=1, chains=2, iter=1000)
        slopes = slopes_of(fit, rows).set_index("state")["estimate"]
        assert slopes["MS"] > slopes["OH"] > slopes["CT"]
        if year == 2000:
            b = dict(zip(fit.model.design.names, draws_of(fit, "b").T, strict=True))
            for name, value in LME4_2000.items():
                assert abs(b[name].mean() - value) < 0.3 * b[name].std(), name
            assert slopes[["CT", "OH", "MS"]].to_numpy() == pytest.approx([-0.01, 0.23, 0.46], abs=0.03)
