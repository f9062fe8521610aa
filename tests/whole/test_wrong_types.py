"""Wrong values of every argument of every public function: an answer or an error of ours, never another's."""

import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from public_calls import asked, call, exams_fit

import stanmlm as sm

WRONG: Mapping[str, Callable[[], object]] = {
    "None": lambda: None,
    "truth": lambda: True,
    "0": lambda: 0,
    "1": lambda: 1,
    "-1": lambda: -1,
    "1.5": lambda: 1.5,
    "int8": lambda: np.int8(3),
    "2^40": lambda: 2**40,
    "2^62": lambda: 2**62,
    "-2^62": lambda: -(2**62),
    "10^30": lambda: 10**30,
    "-10^30": lambda: -(10**30),
    "10^5000": lambda: 10**5000,  # which Python does not write
    "1e300": lambda: np.float64(1e300),
    "NaN": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "complex": lambda: 1j,
    "pandas.NA": lambda: pd.NA,
    "date": lambda: np.datetime64("2020-01-01"),
    "no date": lambda: np.datetime64("NaT"),
    "empty text": lambda: "",
    "text": lambda: "zzz",
    "long text": lambda: "x" * 10_000,
    "zero byte": lambda: "a\0b",
    "half a character": lambda: "\ud800",
    "bytes": lambda: b"x",
    "path": lambda: Path("/nowhere/x"),
    "nothing": lambda: [],
    "list of texts": lambda: ["zzz"],
    "list of empty texts": lambda: [""],
    "list of lists": lambda: [[1]],
    "ragged lists": lambda: [[1], [1, 2]],
    "list of dicts": lambda: [{}],
    "list of NaN": lambda: [float("nan")],
    "list of a long number": lambda: [10**400],
    "list of a longer number": lambda: [10**5000],
    "pair": lambda: (1, 2),
    "set": lambda: {1},
    "generator": lambda: (i for i in range(2)),
    "dict": lambda: {},
    "dict of lists": lambda: {"a": [1], "b": [1, 2]},
    "dict of numbers": lambda: {1: 2},
    "0-d array": lambda: np.array(3),
    "array": lambda: np.arange(7),
    "matrix": lambda: np.zeros((2, 2)),
    "array of objects": lambda: np.array([object()]),
    "column": lambda: pd.Series([1, 2]),
    "frame": lambda: pd.DataFrame({"q": [1]}),
    "empty frame": pd.DataFrame,
    "object": object,
    "function": lambda: lambda: 0,
    "class": lambda: int,
    "fit": exams_fit,
}
CASES = [(name, argument, wrong) for name, argument in asked() for wrong in WRONG]
SAMPLE = 1000
QUICK = random.Random(20261127).sample(CASES, SAMPLE)
# What is a user's own table or drawing is printed by others.
OURS = "stanmlm."


def foreign(cases: list[tuple[str, str, str]]) -> Iterator[str]:
    """The calls that end with an exception which is not ours."""
    for name, argument, wrong in cases:
        try:
            with redirect_stdout(StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made = call(name, argument, WRONG[wrong]())
                if type(made).__module__.startswith(OURS):
                    repr(made)
        except sm.StanmlmError as error:
            if "the function that was given" in str(error):  # whose words are the user's
                continue
            if words := [word for word in PYTHONS if word in str(error)]:
                yield f"{name}({argument}={wrong}): says {words[0]!r} in {error}"
        except Exception as error:
            yield f"{name}({argument}={wrong}): {type(error).__name__}: {error}"


# Words that Python, NumPy and pandas have for what they do not take.
PYTHONS = (
    *("zero-size array", "object is not", "has no attribute", "object has no", "unhashable", "could not convert"),
    *("not supported between", "unsupported operand", "inhomogeneous", "Traceback", "invalid literal", "0-dimensional"),
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder for the files whose names are right."""
    monkeypatch.chdir(tmp_path)


def test_a_sample_of_wrong_values_meets_our_own_errors() -> None:
    assert list(foreign(QUICK)) == []


@pytest.mark.slow
def test_every_wrong_value_meets_our_own_errors() -> None:
    assert list(foreign(CASES)) == []


def test_the_sweep_leaves_no_function_out() -> None:
    assert {name for name, _, _ in CASES} >= {"lm", "record", "redblue", "plot_pairs", "kfold", "choose_engine"}
    assert len(CASES) > 20_000
