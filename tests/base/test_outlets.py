"""Streams that are closed, full or read by nobody, and Python without docstrings: no traceback."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from stanmlm import FileError
from stanmlm.base.outlets import UNHEARD, is_watched, tell

# What a shell writes after the command, by what was asked: the exit code, standard output, standard error.
ENDS: Mapping[tuple[str, str], tuple[int, str, str]] = {
    ("doctor", "| true"): (UNHEARD, "", ""),
    ("doctor", ">/dev/full"): (2, "", "stanmlm: stdout cannot be written: No space left on device\n"),
    ("redblue --data absent.csv", "2>&-"): (2, "", ""),
    ("--version", "<&- >&- 2>&-"): (0, "", ""),
    ("doctor", ">&-"): (0, "", ""),
    ("doctor", "2>&-"): (0, "stanmlm ", ""),
    ("--help", "| true"): (UNHEARD, "", ""),
    ("redblue --data absent.csv", ">&-"): (2, "", "stanmlm: there is no file absent.csv\n"),
    ("redblue --data absent.csv", "2>/dev/full"): (2, "", ""),
    ("redblue --data absent.csv", "2>&1 >/dev/null | true"): (UNHEARD, "", ""),
}
QUICK = 3
SCRIPT = """
import stanmlm as sm
fit = sm.lmer("score ~ hours + (1 | student)", sm.simulate_exams(seed=1, students=20), seed=1, chains=2, iter=200)
texts = [str(made) for made in (fit, sm.summary(fit), sm.loo(fit), sm.powerscale(fit))]
print(all(texts), __doc__)
try:
    sm.lmer("score ~ hours + (1 | student)", chain=2)
except sm.OptionError as error:
    print(error)
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("cases", [list(ENDS)[:QUICK], pytest.param(list(ENDS)[QUICK:], marks=pytest.mark.slow)])
def test_the_command_line_ends_quietly_whatever_its_streams_are(cases: list[tuple[str, str]], tmp_path: Path) -> None:
    # unbuffered, argparse prints its help at once and does not mind that nobody is there
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    # `| true` reads nothing, and the command waits until it has gone
    runs = {
        (asked, streams): subprocess.Popen(
            [
                "bash",
                "-c",
                f"{_wait(streams)}{sys.executable} -m stanmlm {asked}; }} {streams}; exit ${{PIPESTATUS[0]}}",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment,
        )
        for asked, streams in cases
    }
    for asked, run in runs.items():
        out, err = run.communicate(timeout=120)
        code, begins, says = ENDS[asked]
        assert (run.returncode, err) == (code, says), asked
        assert out.startswith(begins), asked
        assert bool(out) == bool(begins), asked


def _wait(streams: str) -> str:
    return "{ sleep 0.2; " if "|" in streams else "{ "


def test_a_fit_needs_no_docstrings(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [sys.executable, "-OO", "-W", "ignore", "-c", SCRIPT], capture_output=True, text=True, env=environment
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "True None\nthere is no argument `chain`; did you mean `chains`?\n"


def test_nobody_watches_a_closed_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert not is_watched()
    tell("to nobody")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(FileError, match="stdout cannot be written: No space left"):
            tell("the table", "stdout")
        tell("what is left", "stdout")  # goes nowhere
