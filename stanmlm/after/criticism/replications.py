"""Simulations that are made one after the other, each kept in a file as soon as it is there."""

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from stanmlm.base.errors import FileError, StanmlmError
from stanmlm.sampling.engines.progress import counted

Result = Mapping[str, object]  # what JSON can have; "number" among it, and "failed" where there is no more


def stored(path: Path) -> dict[int, Result]:
    """Results that an earlier run has kept, by number; a line that was cut off is left out."""
    found: dict[int, Result] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        with contextlib.suppress(json.JSONDecodeError):
            one = json.loads(line)
            if "number" in one:
                found[one["number"]] = one
    return found


def keep(path: Path, result: Result) -> None:
    """Add one result to a file, on a line of its own."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error


def replicated(
    numbers: Iterable[int], one: Callable[[int], Result], path: Path | None, about: Result, show: bool
) -> dict[int, Result]:
    """A result for each number: those that a file has, and the others made and kept; what fails has its reason.

    Raises
    ------
    FileError
        Where the file is of something else than `about` says.
    """
    wanted = list(numbers)
    done = {} if path is None else _begun(path, about)
    with counted(len(wanted), sum(number in done for number in wanted), "replications", show) as step:
        for number in wanted:
            if number not in done:
                done[number] = _made(number, one)
                if path is not None:
                    keep(path, done[number])
                step(1)
    return {number: done[number] for number in wanted}


def _made(number: int, one: Callable[[int], Result]) -> Result:
    try:
        return {"number": number, **one(number)}
    except StanmlmError as error:
        return {"number": number, "failed": str(error)}


def _begun(path: Path, about: Result) -> dict[int, Result]:
    """What a file has; a new one begins with what it is of."""
    if not path.exists():
        keep(path, about)
        return {}
    try:
        first = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    except (OSError, IndexError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FileError(f"{path} is no file of simulations") from error
    if other := [name for name, value in about.items() if not isinstance(first, dict) or first.get(name) != value]:
        raise FileError(f"{path} has simulations of another {' and '.join(other)}: give another file=, or delete it")
    return stored(path)
