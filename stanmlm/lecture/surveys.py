"""Voters of surveys in one frame: which rows can be used, and how they are coded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import pandas as pd

from stanmlm.base.errors import DataError, did_you_mean

YEARS = (2000, 2004)
NO_STATE = ("99", "")  # how the ANES codes an unknown state
VOTER_COLUMNS = ("year", "state", "vote", "income")
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

    Attributes
    ----------
    frame
        A row a respondent: `year`, `state` (postal code), `vote` (1 Republican, 0 Democrat), `income` (-2 to 2),
        `avg.income` (log of the state's per-capita income of 2000 in $10,000, centred over the states of that year) and
        `n` (respondents of that state in that year).
    source
        "ANES 2000 and 2004", say.
    response
        What a 1 means, as an axis says it: "Probability of voting Republican".
    caveat
        A sentence for captions; "" where there is none.
    notes
        What was left out, and why.

    Examples
    --------
    >>> from stanmlm import load_anes
    >>> sorted(load_anes().frame["income"].unique().tolist())
    [-2, -1, 0, 1, 2]
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
    >>> from stanmlm import state_facts
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
            "year": numbers_in(voters["year"], "year", name),
            "state": voters["state"].astype("string").str.strip().str.upper(),
            "vote": numbers_in(voters["vote"], "vote", name),
            "income": numbers_in(voters["income"], "income", name),
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


def _require_columns(voters: pd.DataFrame, name: str) -> None:
    lacking = [column for column in VOTER_COLUMNS if column not in voters.columns]
    if lacking:
        hint = did_you_mean(lacking[0], map(str, voters.columns)) if len(lacking) == 1 else ""
        listed = ", ".join(f"`{column}`" for column in lacking)
        raise DataError(f"{name} lacks {listed}{hint}; {LAYOUTS}")
    twice = [column for column in VOTER_COLUMNS if list(voters.columns).count(column) > 1]
    if twice:
        raise DataError(f"{name} has two columns `{twice[0]}`")


def numbers_in(column: pd.Series, label: str, name: str) -> pd.Series:
    """A column as numbers; words are refused."""
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    words = column[numbers.isna() & column.notna()]
    if len(words):
        raise DataError(f"`{label}` of {name} must be numbers; there is {distinct_text(words)}")
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
        raise DataError(
            f"`vote` of {name} must be 1 (Republican), 0 (Democrat) or missing; there is {distinct_text(wrong)}"
        )
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
    raise DataError(
        f"`income` of {name} must be one of the five groups 1 to 5 (or -2 to 2); there is {distinct_text(wrong)}"
    )


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


def distinct_text(values: Iterable[object]) -> str:
    """The first of some distinct values, for messages."""
    return _listed(list(dict.fromkeys(values)))


def _listed(values: Sequence[object]) -> str:
    shown = ", ".join(f"`{value:g}`" if isinstance(value, float) else f"`{value}`" for value in values[:5])
    return shown + (f" and {len(values) - 5} more" if len(values) > 5 else "")
