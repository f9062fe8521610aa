"""Files on the disk: written whole or not at all, and read only where they are files."""

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from stanmlm.base.errors import FileError

PART = ".stanmlm-"  # what a file is called until it is complete

KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def path_of(given: str | os.PathLike[str]) -> Path:
    """The path that a user has written; a `~` leads to the home folder, as in R and in a shell.

    Raises
    ------
    FileError
        For an empty text, which pathlib would take for the working folder.
    """
    if not os.fspath(given):
        raise FileError("the path is empty; give the path of a file")
    return Path(os.path.expanduser(given))


def check_readable(path: Path) -> None:
    """Refuse what is absent and what is no file; opening a pipe would wait for its other end.

    Raises
    ------
    FileError
        It says what is there instead.
    """
    found = _status(path)
    if found is None:
        raise FileError(f"there is no file {path}")
    _check_regular(path, found, "read")


def check_writable(path: Path) -> None:
    """Refuse a place where no file can be put: a folder, a device, a pipe, a file that may not be written.

    Raises
    ------
    FileError
        It says what is there instead.
    """
    found = _status(path)
    if found is None:
        _check_folder(path)
        return
    _check_regular(path, found, "written")
    if not os.path.samestat(found, os.stat(os.path.realpath(path))):
        raise FileError(f"{path} cannot be written: what it leads to has no name")
    if not os.access(path, os.W_OK):
        raise FileError(f"{path} cannot be written: it is read-only")


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` once it is complete; until then an older one stays.

    A symbolic link stays one, and what it leads to is replaced; an older file's permissions are kept.

    Raises
    ------
    FileError
        Where no file can be put.
    """
    check_writable(path)
    target = Path(os.path.realpath(path))
    new = target.with_name(PART + secrets.token_hex(6))
    try:
        with new.open("xb") as sink:
            yield sink
            sink.flush()
            os.fsync(sink.fileno())
        _place(new, target)
    finally:
        new.unlink(missing_ok=True)
    _sync_folder(target.parent)


@contextmanager
def whole_files(folder: Path) -> Iterator[Path]:
    """A new folder whose files move into `folder` once all are complete; where one fails, none does.

    Raises
    ------
    FileError
        Where a file has no place in `folder`.
    """
    new = folder / (PART + secrets.token_hex(6))
    new.mkdir()
    try:
        yield new
        places = [(file, folder / file.name) for file in sorted(new.iterdir())]
        for file, target in places:
            check_writable(target)
            _sync(file)
        for file, target in places:
            _place(file, Path(os.path.realpath(target)))
    finally:
        shutil.rmtree(new, ignore_errors=True)
    _sync_folder(folder)


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise FileError(f"{shown_path(path)} cannot be a file: {_reason(error)}") from error


def shown_path(path: Path) -> str:
    """A path as a message names it, whatever characters it has."""
    text = str(path)
    return text if text.isprintable() and len(text) <= 200 else ascii(text[:80]) + "..." * (len(text) > 80)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", "")) or "no file has such a name"


def _check_regular(path: Path, found: os.stat_result, verb: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = next((words for is_kind, words in KINDS if is_kind(found.st_mode)), "no file")
        raise FileError(f"{path} cannot be {verb}: it is {kind}; give the path of a file")


def _check_folder(path: Path) -> None:
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise FileError(f"{path} cannot be written: there is no folder {folder}")


def _place(new: Path, target: Path) -> None:
    if target.exists():
        new.chmod(stat.S_IMODE(target.stat().st_mode))
    new.replace(target)


def _sync(file: Path) -> None:
    with file.open("r+b") as handle:
        os.fsync(handle.fileno())


def _sync_folder(folder: Path) -> None:
    """A rename is on the disk when its folder is; Windows has no such handle, and needs none."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
