"""Child processes that end with us: they run side by side, their lines are read, and none is left behind."""

import errno
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from stanmlm.base.errors import EngineError
from stanmlm.base.interrupts import postponed
from stanmlm.sampling.engines.progress import OnLine

_POLL = 0.02  # seconds between two looks at the children
_GRACE = 2.0  # seconds a child has to end before it is killed

# Waits until we are gone, whatever ended us: the pipe that it reads from is closed then. It ends its group, and the
# folder with it.
_GUARD = 'trap "" HUP INT TERM; read gone; kill -TERM 0; sleep .2; rm -rf -- "$1"; kill -KILL 0'

_CANNOT: Mapping[int, str] = {
    errno.ENOENT: "is not there",
    errno.EACCES: "may not be executed",
    errno.ENOEXEC: "is no program of this machine: it was cut short, or built for another system",
}


@dataclass(frozen=True)
class Failure:
    """The first child that did not end well."""

    index: int
    code: int | None  # None where time ran out, minus the signal that killed it
    console: str

    @property
    def killed(self) -> str:
        """`was killed by SIGSEGV: ` and the like, or nothing."""
        if self.code is None or self.code >= 0:
            return ""
        names = {known.value: known.name for known in signal.Signals}
        why = " (often for want of memory)" if names.get(-self.code) == "SIGKILL" else ""
        return f"was killed by {names.get(-self.code, f'signal {-self.code}')}{why}"


@dataclass
class _Child:
    index: int
    process: "subprocess.Popen[bytes]"
    console: TextIO
    rest: str = ""  # a line of which the end is not written yet


def run(
    commands: Sequence[Sequence[str]], folder: Path, cores: int, timeout: float | None, on_line: OnLine
) -> Failure | None:
    """Runs all commands, `cores` at a time, and tells of the first that failed; that one ends the others.

    Everything happens in the calling thread, so an interrupt stops all children and then propagates. Where this process
    is ended without a word (SIGTERM, SIGKILL), a guard ends the children, theirs, and the folder.

    Raises
    ------
    EngineError
        For a command that cannot be started.
    """
    deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
    waiting, running = deque(enumerate(commands)), list[_Child]()
    with _guarded(folder) as group, _stopped_at_exit(running):
        while waiting or running:
            while waiting and len(running) < cores:
                running.append(_start(*waiting.popleft(), folder, group))
            time.sleep(_POLL)
            for child in list(running):
                code = child.process.poll()
                _read(child, on_line)
                if code is None and time.monotonic() > deadline:
                    return Failure(child.index, None, _text(child.index, folder))
                if code:
                    return Failure(child.index, code, _text(child.index, folder))
                if code == 0:
                    running.remove(child)
                    child.console.close()
    return None


def _start(index: int, command: Sequence[str], folder: Path, group: int | None) -> _Child:
    path = folder / f"console_{index}.txt"
    how = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "cwd": folder, "process_group": group}
    try:
        with path.open("wb") as sink, postponed():
            process = subprocess.Popen(command, stdout=sink, **how)  # type: ignore[call-overload]
    except OSError as error:
        why = _CANNOT.get(error.errno or 0, f"cannot be started: {error}")
        raise EngineError(f"{command[0]} {why}; once it is deleted it is compiled again") from error
    return _Child(index, process, path.open(errors="replace"))


@contextmanager
def _guarded(folder: Path) -> Iterator[int | None]:
    """A process group for the children, led by its guard; Windows has neither."""
    if os.name != "posix":
        yield None
        return
    reading, writing = os.pipe()
    try:
        with postponed():
            command = ["/bin/sh", "-c", _GUARD, "sh", str(folder)]
            guard = subprocess.Popen(command, stdin=reading, stderr=subprocess.DEVNULL, process_group=0)
        try:
            yield guard.pid
        finally:
            with postponed():
                os.killpg(guard.pid, signal.SIGKILL)
                guard.wait()
    finally:
        os.close(reading)
        os.close(writing)


def _read(child: _Child, on_line: OnLine) -> None:
    *lines, child.rest = (child.rest + child.console.read()).split("\n")
    for line in lines:
        on_line(child.index, line)


def _text(index: int, folder: Path) -> str:
    return (folder / f"console_{index}.txt").read_text(errors="replace")


@contextmanager
def _stopped_at_exit(running: list[_Child]) -> Iterator[None]:
    try:
        yield
    finally:
        for child in running:
            child.process.terminate()
        for child in running:
            _wait(child.process)
            child.console.close()


def _wait(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
