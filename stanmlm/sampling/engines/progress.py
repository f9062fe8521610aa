"""Progress bars: one a chain, from the lines that Stan prints, or one of fits."""

import io
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.util import find_spec
from typing import TYPE_CHECKING

from stanmlm.base.outlets import is_watched

if TYPE_CHECKING:
    from tqdm import tqdm

OnLine = Callable[[int, str], None]  # chain (from 0) that is not named in the line, line

_LINE = re.compile(r"(?:Chain \[(\d+)\] )?Iteration:\s*(\d+) / \d+ \[\s*\d+%\]\s+\((\w+)\)")


@contextmanager
def bars(chains: int, total: int, show: bool) -> Iterator[OnLine]:
    """A function that moves the bars when it is given Stan's lines; where nobody looks, it does nothing."""
    if not (show and is_watched()):
        yield lambda chain, line: None
        return
    bar = _bar()
    row = [bar(total=total, desc=f"chain {c + 1}", unit="it", leave=True, position=c) for c in range(chains)]
    try:
        yield lambda chain, line: _advance(row, chain, line)
    finally:
        for each in row:
            each.close()


@contextmanager
def counted(total: int, done: int, what: str, show: bool) -> Iterator[Callable[[int], None]]:
    """A function that moves one bar by some of so many things; where nobody looks, it does nothing."""
    if not (show and is_watched()):
        yield lambda some: None
        return
    bar = _bar()(total=total, initial=done, desc=what, unit="fit")
    try:
        yield lambda some: _step(bar, some)
    finally:
        bar.close()


def _step(bar: "tqdm[object]", some: int) -> None:
    bar.update(some)


def refresh_every(total: int) -> int:
    """How many iterations lie between two lines of a chain: about a hundred lines in all."""
    return max(1, total // 100)


@contextmanager
def printed_lines(on_line: Callable[[str], None]) -> Iterator[None]:
    """Sends each line that this thread prints to `on_line`; other threads print as before."""
    with redirect_stdout(_Lines(on_line)):
        yield


def _advance(row: "list[tqdm[object]]", chain: int, line: str) -> None:
    if match := _LINE.search(line):
        place = int(match[1]) - 1 if match[1] else chain
        if place >= len(row):
            return
        bar = row[place]
        bar.set_postfix_str(match[3].lower().replace("warmup", "warm-up"), refresh=False)
        bar.update(int(match[2]) - bar.n)


def _bar() -> "type[tqdm[object]]":
    """Widgets in notebooks that have them, else text: without ipywidgets `tqdm.auto` gives text and a warning."""
    if find_spec("ipywidgets") is None:
        from tqdm import tqdm
    else:
        from tqdm.auto import tqdm
    kind: type[tqdm[object]] = tqdm
    return kind


class _Lines(io.TextIOBase):
    """A stream that hands on whole lines."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line, self._rest = on_line, ""
        self._owner, self._beyond = threading.get_ident(), sys.stdout

    def write(self, text: str) -> int:
        if threading.get_ident() != self._owner:
            return self._beyond.write(text) if self._beyond else len(text)
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._on_line(line)
        return len(text)
