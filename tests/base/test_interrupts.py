"""Every Ctrl-C raises KeyboardInterrupt, once, and nothing else."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.base.interrupts import interruptible, postponed

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to oneself"),
    pytest.mark.usefixtures("interruptible"),
]


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def test_what_swallows_an_interrupt_does_not_lose_it() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        try:
            interrupt()
        except KeyboardInterrupt:
            pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_turns_an_interrupt_into_its_own_error_does_not_hide_it() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        try:
            interrupt()
        except KeyboardInterrupt as error:
            raise ValueError("not what it was") from error


def test_other_errors_pass() -> None:
    with pytest.raises(ValueError, match="mine"), interruptible():
        raise ValueError("mine")


def test_a_destructor_ends_before_the_interrupt_is_raised() -> None:
    ended = []

    class Held:
        def __del__(self) -> None:
            interrupt()
            ended.append(True)

    with pytest.raises(KeyboardInterrupt), interruptible():
        Held()
        time.sleep(5)
    assert ended == [True]


def test_an_import_ends_before_the_interrupt_is_raised(tmp_path, monkeypatch) -> None:
    (tmp_path / "slow_to_import.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\nwhole = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(KeyboardInterrupt), interruptible():
        import slow_to_import  # noqa: F401

        time.sleep(5)
    assert sys.modules["slow_to_import"].whole


def test_a_few_lines_are_not_left_in_the_middle() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interruptible():
        with postponed():
            interrupt()
            done.append("inside")
        done.append("after")
    assert done == ["inside"]


def test_a_handler_of_the_program_decides() -> None:
    heard = []
    signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    with interruptible():
        interrupt()
    assert heard == [1]


def test_what_numpy_says_of_bad_numbers_is_as_before() -> None:
    before = np.geterr()
    with pytest.raises(KeyboardInterrupt), interruptible():
        np.errstate(invalid="raise").__enter__()  # and an interrupt before its block begins
        interrupt()
    assert np.geterr() == before


def test_another_thread_is_left_alone() -> None:
    thread = threading.Thread(target=lambda: interruptible().__enter__())
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def lost(count: int) -> tuple[int, list[str]]:
    """Of so many interrupts at random moments of short fits, those without KeyboardInterrupt, and other errors."""
    rng, chance = np.random.default_rng(0), random.Random(1)
    y, x, g = rng.normal(size=60), rng.normal(size=60), np.repeat(np.arange(6), 10)
    data, missing, foreign = pd.DataFrame({"y": y, "x": x, "g": g}), 0, []

    def fit() -> None:
        sm.lmer("y ~ x + (1 | g)", data, seed=1, chains=2, iter=400, progress=False, engine="stanli")

    fit()
    begin = time.perf_counter()
    fit()
    length = time.perf_counter() - begin
    for _ in range(count):
        timer = threading.Timer(chance.uniform(0, length), os.kill, (os.getpid(), signal.SIGINT))
        try:
            timer.start()
            while timer.is_alive():
                fit()
            time.sleep(0.05)
            missing += 1
        except KeyboardInterrupt:
            pass
        except BaseException as error:
            foreign.append(repr(error))
        timer.join()
    return missing, foreign


def test_no_interrupt_of_a_fit_is_lost() -> None:
    assert lost(15) == (0, [])


@pytest.mark.slow
def test_none_of_many_interrupts_is_lost() -> None:
    assert lost(200) == (0, [])


@pytest.mark.parametrize("module", ["stanmlm.after", "numpy", "pandas"])
def test_the_command_line_ends_quietly_while_it_imports(module: str, tmp_path) -> None:
    """After a module of ours or of others; how long Python takes to come so far is the machine's."""
    arguments = ["redblue", "--simulate", "--out", str(tmp_path / "out")]
    command = [sys.executable, "-X", "importtime", "-m", "stanmlm", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    while line := process.stderr.readline():
        if line.rstrip().endswith(f" {module}"):
            break
    process.send_signal(signal.SIGINT)
    told = [line for line in process.stderr if not line.startswith("import time:")]
    assert process.wait() == 130
    assert told[-1] == "stanmlm: interrupted\n"
    assert "Traceback" not in "".join(told)
