"""Child processes that end with us: they run side by side, their lines are read, and none is left behind."""

import subprocess
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from stanmlm.engines.progress import OnLine

_POLL = 0.02  # seconds between two looks at the children
_GRACE = 2.0  # seconds a child has to end before it is killed


@dataclass(frozen=True)
class Failure:
    """The first child that did not end well."""

    index: int
    code: int | None  # None where time ran out
    console: str


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

    Everything happens in the calling thread, so an interrupt stops all children and then propagates.
    """
    deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
    waiting, running = deque(enumerate(commands)), list[_Child]()
    with _stopped_at_exit(running):
        while waiting or running:
            while waiting and len(running) < cores:
                running.append(_start(*waiting.popleft(), folder))
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


def _start(index: int, command: Sequence[str], folder: Path) -> _Child:
    path = folder / f"console_{index}.txt"
    with path.open("wb") as sink:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, cwd=folder)
    return _Child(index, process, path.open(errors="replace"))


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
