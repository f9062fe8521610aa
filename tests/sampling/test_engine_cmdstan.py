"""The plumbing, against the CmdStan program that prophet carries; compiling, where a full CmdStan is installed."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import engine_toys as toys
import numpy as np
import pytest

from stanmlm.base.errors import EngineError, OptionError
from stanmlm.sampling.engines import compile as compiling
from stanmlm.sampling.engines.cmdstan import CmdStan
from stanmlm.sampling.engines.stanli import Stanli

DENSITY = 1e-8  # relative: both run the same math library, in another order of operations

WINDOWS = sys.platform == "win32"


def precompiled(program, say):
    return toys.prophet_folder() / "prophet_model.bin"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where temporary files go; whatever is left in it was left behind."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def traced(tmp_path):
    """A compile step whose executable notes its process id and what it was asked, and the file of these notes."""
    notes, script = tmp_path / "notes.txt", tmp_path / "traced"
    binary = precompiled(None, False)
    script.write_text(f'#!/bin/sh\necho "$$ $*" >> {notes}\nexec {binary} "$@"\n')
    script.chmod(0o755)
    return (lambda program, say: script), notes


@pytest.fixture(scope="module")
def raw():
    return CmdStan(precompiled).sample(toys.prophet(), toys.prophet_data(), toys.short(iter=800))


@pytest.fixture(scope="module")
def embedded():
    return Stanli().sample(toys.prophet(), toys.prophet_data(), toys.short(iter=800))


def test_draws_come_back_in_their_shapes(raw):
    shapes = {name: array.shape for name, array in raw.values.items()}
    assert shapes == {
        "k": (2, 400),
        "m": (2, 400),
        "delta": (2, 400, 3),
        "sigma_obs": (2, 400),
        "beta": (2, 400, 2),
        "trend": (2, 400, 60),
    }
    assert (raw.engine, raw.version) == ("cmdstan", "2.37.0")


def test_statistics_are_those_of_the_other_engine(raw, embedded):
    assert {name: (array.shape, array.dtype) for name, array in raw.stats.items()} == {
        name: (array.shape, array.dtype) for name, array in embedded.stats.items()
    }


def test_both_engines_give_the_same_posterior(raw, embedded):
    toys.assert_means_agree(raw, embedded)


def test_both_engines_give_the_same_density_and_gradient(raw):
    point = {name: array[1, 5] for name, array in raw.values.items()}
    value, gradient = CmdStan(precompiled).log_density(toys.prophet(), toys.prophet_data(), point)
    other, slope = Stanli().log_density(toys.prophet(), toys.prophet_data(), point)
    assert value == pytest.approx(raw.stats["lp"][1, 5], rel=DENSITY)
    assert value == pytest.approx(other, rel=DENSITY)
    assert gradient == pytest.approx(slope, rel=DENSITY)


def test_both_engines_find_the_same_mode():
    modes = [engine.optimize(toys.prophet(), toys.prophet_data(), 1) for engine in (CmdStan(precompiled), Stanli())]
    assert modes[0].keys() == modes[1].keys()
    assert all(modes[0][name] == pytest.approx(modes[1][name], abs=1e-6) for name in modes[0])


def test_the_command_carries_every_option(traced, place):
    compile_step, notes = traced
    options = toys.short(chains=3, cores=1, iter=60, warmup=20, thin=7, seed=11, adapt_delta=0.91, max_treedepth=6)
    start = Stanli().optimize(toys.prophet(), toys.prophet_data(), 1)
    raw = CmdStan(compile_step).sample(toys.prophet(), toys.prophet_data(), options, [start])
    commands = notes.read_text().splitlines()
    assert [command.split(" id=")[1].split()[0] for command in commands] == ["1", "2", "3"]
    for part in ("num_samples=40 num_warmup=20 thin=7", "delta=0.91", "max_depth=6", "seed=11", "sig_figs=18"):
        assert all(part in command for command in commands)
    assert all("init_" in command for command in commands)
    assert raw.values["beta"].shape == (3, 6, 2)
    assert list(place.iterdir()) == []


def test_chains_start_where_they_are_told():
    start = Stanli().optimize(toys.prophet(), toys.prophet_data(), 1)
    starts = [{**start, "k": np.array(value)} for value in (3.0, -3.0)]
    tiny = toys.short(iter=1, warmup=0, max_treedepth=1)
    raw = CmdStan(precompiled).sample(toys.prophet(), toys.prophet_data(), tiny, starts)
    assert raw.values["k"][0, 0] > 0 > raw.values["k"][1, 0]
    with pytest.raises(OptionError, match="3 points for 2 chains"):
        CmdStan(precompiled).sample(toys.prophet(), toys.prophet_data(), tiny, [start] * 3)


def test_chains_take_the_metric_that_they_are_given(traced):
    compile_step, notes = traced
    start = Stanli().optimize(toys.prophet(), toys.prophet_data(), 1)
    size = len(Stanli().log_density(toys.prophet(), toys.prophet_data(), start)[1])
    tiny = toys.short(iter=1, warmup=0, max_treedepth=1)
    given = (toys.prophet(), toys.prophet_data(), tiny, [start], False)
    metrics = (np.full(size, 1e-24), np.full(size, 1e-8), None)
    moves = [np.abs(CmdStan(compile_step).sample(*given, m).values["k"] - start["k"]).max() for m in metrics]
    assert moves[0] < 1e-9 < 1e-6 < moves[1]  # a step goes as far as the sd that it is told
    assert ["metric_file=" in command for command in notes.read_text().splitlines()] == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.full(60, np.nan)}, "is nan, but must be finite.*missing or infinite values"),
        ({"T": 3}, "variable name=t.*another size"),
    ],
)
def test_a_chain_that_fails_is_an_error_with_the_consoles_text(change, message, place):
    with pytest.raises(EngineError, match=f"(?s)CmdStan could not sample .chain [12].: .*{message}"):
        CmdStan(precompiled).sample(toys.prophet(), {**toys.prophet_data(), **change}, toys.short())
    assert list(place.iterdir()) == []


def test_an_impossible_point_is_an_error():
    point = Stanli().optimize(toys.prophet(), toys.prophet_data(), 1) | {"sigma_obs": np.array(-1.0)}
    with pytest.raises(EngineError, match=r"could not compute the log density.*Lower bounded"):
        CmdStan(precompiled).log_density(toys.prophet(), toys.prophet_data(), point)


def test_time_runs_out(traced, place):
    compile_step, notes = traced
    with pytest.raises(EngineError, match="in the time it was given"):
        CmdStan(compile_step, timeout=0.3).sample(toys.prophet(), toys.prophet_data(), toys.short(iter=2_000_000))
    assert_nothing_left(notes, place)


@pytest.mark.skipif(WINDOWS, reason="no SIGINT to oneself")
@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_stops_all_chains(traced, place):
    compile_step, notes = traced
    timer = threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        CmdStan(compile_step).sample(toys.prophet(), toys.prophet_data(), toys.short(chains=3, iter=2_000_000))
    timer.join()
    assert time.monotonic() - begin < 10
    assert len(notes.read_text().splitlines()) == 2  # the third chain waited for a core and never began
    assert_nothing_left(notes, place)


def assert_nothing_left(notes, place):
    for line in notes.read_text().splitlines():
        with pytest.raises(ProcessLookupError):
            os.kill(int(line.split()[0]), 0)
    assert list(place.iterdir()) == []


def test_nothing_is_printed_and_no_logger_is_changed(capfd):
    logger = logging.getLogger("cmdstanpy")
    before = (logger.disabled, logger.level, list(logger.handlers))
    CmdStan(precompiled).sample(toys.prophet(), toys.prophet_data(), toys.short(iter=20))
    assert capfd.readouterr() == ("", "")
    assert (logger.disabled, logger.level, list(logger.handlers)) == before


def test_without_cmdstan_the_error_is_the_one_command(monkeypatch, tmp_path):
    monkeypatch.delenv("CMDSTAN", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    with pytest.raises(EngineError, match=r"not installed; `python -m cmdstanpy\.install_cmdstan`"):
        CmdStan().sample(toys.toy(), toys.toy_data(), toys.short())


@pytest.mark.parametrize(
    ("there", "message"),
    [
        ((), "CmdStan is not installed"),
        (("a file",), "CmdStan is not installed"),
        (("cmdstan-foo/a file", "cmdstan-2.35.0.tmp/a file"), "CmdStan is not installed"),
        (("cmdstan-2.99.0/bin/stanc",), r"the CmdStan in .*cmdstan-2\.99\.0 is not whole"),
        (("cmdstan-2.99.0/makefile/a file", "cmdstan-2.99.0/src/cmdstan/main.cpp"), "cannot compile"),
    ],
)
def test_what_lies_at_home_is_told_in_our_words(monkeypatch, tmp_path, there, message):
    monkeypatch.delenv("CMDSTAN", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for name in there:
        (tmp_path / ".cmdstan" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / ".cmdstan" / name).touch()
    for _ in range(2):
        with pytest.raises(EngineError, match=rf"{message}; `python -m cmdstanpy\.install_cmdstan`"):
            compiling.installed()
    assert "CMDSTAN" not in os.environ


def test_a_file_in_place_of_the_home_of_cmdstan_is_none(monkeypatch, tmp_path):
    monkeypatch.delenv("CMDSTAN", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / ".cmdstan").touch()
    with pytest.raises(EngineError, match="CmdStan is not installed"):
        compiling.installed()


def test_prophets_cmdstan_is_not_taken_for_one_that_compiles(monkeypatch):
    monkeypatch.setenv("CMDSTAN", str(next(toys.prophet_folder().glob("cmdstan-*"))))
    with pytest.raises(EngineError, match=r"cannot compile|no folder of CmdStan"):
        compiling.installed()


def test_the_cache_follows_the_system(monkeypatch, tmp_path):
    monkeypatch.setenv("LOCALAPPDATA" if WINDOWS else "XDG_CACHE_HOME", str(tmp_path))
    assert compiling.cache_folder() == tmp_path / "stanmlm"


@pytest.fixture
def maker(monkeypatch, tmp_path):
    """A CmdStan whose `make` takes a while and copies prophet's program; and the file where it notes that it ran."""
    folder, notes, make = tmp_path / "cmdstan-2.99.0", tmp_path / "made.txt", tmp_path / "make"
    (folder / "src" / "cmdstan").mkdir(parents=True)
    (folder / "src" / "cmdstan" / "main.cpp").touch()
    (folder / "makefile").write_text("CMDSTAN_VERSION := 2.99.0\n")
    make.write_text(
        f"#!/bin/sh\necho $$ >> {notes}\nfor target; do :; done\nsleep ${{SLOW:-0.5}}\n"
        f'cp {precompiled(None, False)} "$target"\n'
    )
    make.chmod(0o755)
    for name, value in {"CMDSTAN": folder, "MAKE": make, "XDG_CACHE_HOME": tmp_path / "cache"}.items():
        monkeypatch.setenv(name, str(value))
    return notes


COMPILE = """
from stanmlm.sampling.engines.compile import compiled
from stanmlm.sampling.program import Program
print(compiled(Program("parameters { real x; } model { x ~ normal(0, 1); }", "0" * 64, None)))
"""


def child(code, **environment):
    paths = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    own = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment}
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=own)


def until(holds, seconds=120.0):  # on a machine with much else to do
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(WINDOWS, reason="make is a shell script here")
def test_processes_with_a_cold_cache_compile_once_and_leave_nothing_else(maker):
    exes = {process.communicate()[0].strip() for process in [child(COMPILE) for _ in range(2)]}
    assert len(exes) == 1
    exe = Path(exes.pop())
    assert len(maker.read_text().splitlines()) == 1
    assert sorted(path.name for path in exe.parent.iterdir()) == ["lock", "model", "model.stan"]
    assert list(exe.parent.parent.iterdir()) == [exe.parent]


@pytest.mark.skipif(WINDOWS, reason="make is a shell script here")
def test_a_cmdstan_that_was_moved_compiles_anew(maker, monkeypatch, tmp_path):
    first = compiling.compiled(toys.prophet())
    (tmp_path / "cmdstan-2.99.0").rename(tmp_path / "elsewhere")
    monkeypatch.setenv("CMDSTAN", str(tmp_path / "elsewhere"))
    assert compiling.compiled(toys.prophet()) != first
    # prophet's program does not find its libraries in the cache, as one whose CmdStan is gone
    with pytest.raises(EngineError, match="was moved or removed: delete the compiled program"):
        CmdStan(lambda program, say: first).sample(toys.prophet(), toys.prophet_data(), toys.short(iter=20))


@pytest.mark.skipif(WINDOWS, reason="no SIGTERM")
@pytest.mark.parametrize("end", ["SIGTERM", "SIGKILL"])
def test_a_process_that_is_ended_leaves_no_compiler(maker, end, tmp_path):
    process = child(COMPILE, SLOW="60")
    until(maker.exists)
    process.send_signal(getattr(signal, end))
    process.wait()
    until(lambda: not is_running(int(maker.read_text())))
    until(lambda: not list((tmp_path / "cache").rglob("build-*")))


@pytest.mark.skipif(WINDOWS, reason="no SIGTERM")
@pytest.mark.parametrize("thread", [False, True], ids=["main thread", "another thread"])
def test_a_process_that_is_ended_leaves_no_chain_and_no_folder(traced, tmp_path, thread):
    step, notes = traced
    script = str(step(None, False))
    given = "toys.prophet(), toys.prophet_data(), toys.short(iter=10**7)"
    run = f"CmdStan(lambda p, s: {script!r}).sample({given})"
    if thread:
        run = f"import threading; threading.Thread(target=lambda: {run}).start()"
    place = tmp_path / "chains"
    place.mkdir()
    code = f"import engine_toys as toys; from stanmlm.sampling.engines.cmdstan import CmdStan; {run}"
    process = child(code, TMPDIR=str(place))
    until(lambda: notes.exists() and len(notes.read_text().splitlines()) == 2)
    process.terminate()
    assert process.wait() == -signal.SIGTERM
    until(lambda: not any(is_running(int(line.split()[0])) for line in notes.read_text().splitlines()))
    until(lambda: not list(place.iterdir()))


def is_running(pid):
    state = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():  # one that ended, and is not fetched yet, runs no more
        return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(WINDOWS, reason="no such signals")
def test_a_chain_that_is_killed_says_by_what(tmp_path):
    script = tmp_path / "killed"
    script.write_text("#!/bin/sh\nkill -KILL $$\n")
    script.chmod(0o755)
    with pytest.raises(EngineError, match=r"chain 1.: it was killed by SIGKILL .often for want of memory"):
        CmdStan(lambda program, say: script).sample(toys.prophet(), toys.prophet_data(), toys.short(cores=1))


@pytest.mark.skipif(WINDOWS, reason="other words")
@pytest.mark.parametrize(
    ("content", "why"), [(None, "is not there"), (b"\x7fELF cut", "is no program of this machine")]
)
def test_an_executable_that_cannot_run_says_so(tmp_path, content, why, place):
    path = tmp_path / "model"
    if content:
        path.write_bytes(content)
        path.chmod(0o755)
    with pytest.raises(EngineError, match=f"model {why}.*; once it is deleted"):
        CmdStan(lambda program, say: path).sample(toys.prophet(), toys.prophet_data(), toys.short())
    assert list(place.iterdir()) == []


def test_a_folder_that_is_no_cmdstan_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("CMDSTAN", str(tmp_path / "typo"))
    with pytest.raises(EngineError, match=r"CMDSTAN is .*typo, which is no folder of CmdStan; set it"):
        compiling.installed()


# Where a full CmdStan is installed


@pytest.fixture
def cmdstan():
    try:
        compiling.installed()
    except EngineError as error:
        pytest.skip(str(error))
    return CmdStan()


@pytest.mark.cmdstan
def test_our_programs_have_one_density_in_both_engines(cmdstan):
    for shift in (0.0, 0.01):
        point = {name: value + shift * (name != "L") for name, value in toys.toy_point().items()}
        value, gradient = cmdstan.log_density(toys.toy(), toys.toy_data(), point | {"none": [], "none_either": []})
        other, slope = Stanli().log_density(toys.toy(), toys.toy_data(), point)
        assert value == pytest.approx(other, rel=DENSITY)
        assert gradient == pytest.approx(slope, rel=DENSITY)


@pytest.mark.cmdstan
def test_our_programs_have_one_posterior_in_both_engines(cmdstan):
    draws = [e.sample(toys.toy(), toys.toy_data(), toys.short(chains=4, iter=2000)) for e in (cmdstan, Stanli())]
    assert {k: v.shape for k, v in draws[0].values.items()} == {k: v.shape for k, v in draws[1].values.items()}
    toys.assert_means_agree(*draws)


@pytest.mark.cmdstan
def test_a_program_that_does_not_compile_is_an_error_with_the_compilers_words(cmdstan):
    with pytest.raises(EngineError, match=r"(?s)CmdStan could not compile the program.*[Ss]yntax error"):
        cmdstan.sample(toys.program_of("parameters { real x }"), {}, toys.short())
