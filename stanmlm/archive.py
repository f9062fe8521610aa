"""One file of JSON and arrays: a zip that is written whole or not at all, and read without running anything."""

import hashlib
import json
import os
import secrets
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from stanmlm.arrays import Anything
from stanmlm.codec import Get, Json, Put
from stanmlm.errors import FileError

MANIFEST, DOCUMENT, ARRAYS = "manifest.json", "document.json", "arrays/"
SAMPLE = 1 << 16  # bytes of an array that tell whether packing it is worth the time; draws are not
WORTH = 0.8  # packed over unpacked size, from which on an array stays as it is

# What reading a file raises when its bytes are not what was written.
DAMAGE = (
    *(OSError, EOFError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, RuntimeError, MemoryError),
    *(ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, SyntaxError),
    tokenize.TokenError,  # NumPy reads the header of an array as Python's words
)


def write_archive(path: Path, manifest: Mapping[str, object], document: Callable[[Put], Json]) -> None:
    """Write a file in the place of an older one, which stays until all of the new one is on the disk.

    Parameters
    ----------
    path
        The file; its folder must exist.
    manifest
        JSON that can be read without the rest.
    document
        Gives the JSON to write, and puts its arrays in the file meanwhile.

    Raises
    ------
    FileError
        Where the file cannot be written.
    """
    try:
        with _whole_or_nothing(path) as sink, zipfile.ZipFile(sink, "w", allowZip64=True) as archive:
            _write_json(archive, MANIFEST, manifest)
            _write_json(archive, DOCUMENT, document(_putter(archive)))
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error


def read_manifest(path: Path) -> Mapping[str, Any]:
    """The manifest of a file.

    Raises
    ------
    FileError
        For a file that is absent, or is no such archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_manifest(archive)
    except FileNotFoundError as error:
        raise FileError(f"there is no file {path}") from error
    except DAMAGE as error:
        raise FileError(f"{path} holds no fit, or is damaged: {error}") from error


def read_archive(path: Path, read: Callable[[Json, Get], Any]) -> Any:
    """What `read` makes of the document and of the arrays that it gets by name.

    Raises
    ------
    FileError
        For a file that is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return read(json.loads(archive.read(DOCUMENT)), _getter(archive))
    except DAMAGE as error:
        raise FileError(f"{path} is damaged: {error or type(error).__name__}") from error


def digest(array: Anything) -> str:
    """A name for an array by its type, shape, order in memory and contents."""
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    about = f"{array.dtype.str} {array.shape} {order}".encode()
    contents = np.ascontiguousarray(array if order == "C" else array.T)
    hashed = hashlib.blake2b(about, digest_size=16)
    hashed.update(contents.ravel().view(np.uint8).data)
    return hashed.hexdigest()


@contextmanager
def _whole_or_nothing(path: Path) -> Iterator[Any]:
    """A new file beside `path` that takes its name once it is complete."""
    target = Path(os.path.realpath(path))
    new = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        with new.open("xb") as sink:
            yield sink
            sink.flush()
            os.fsync(sink.fileno())
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """A rename is on the disk when its folder is; Windows has no such handle, and needs none."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _putter(archive: zipfile.ZipFile) -> Put:
    there: set[str] = set()

    def put(array: Anything) -> str:
        # A view with gaps has an order of its own, which .npy cannot keep.
        whole = array if array.flags.c_contiguous or array.flags.f_contiguous else np.ascontiguousarray(array)
        name = digest(whole)
        if name not in there:
            there.add(name)
            entry = zipfile.ZipInfo(f"{ARRAYS}{name}.npy")
            entry.compress_type = _packing(whole)
            with archive.open(entry, "w", force_zip64=True) as sink:
                np.lib.format.write_array(sink, whole, allow_pickle=False)
        return name

    return put


def _getter(archive: zipfile.ZipFile) -> Get:
    read: dict[str, Anything] = {}

    def get(name: str) -> Anything:
        if name not in read:
            with archive.open(f"{ARRAYS}{name}.npy") as source:
                read[name] = np.lib.format.read_array(source, allow_pickle=False)
                source.read()  # zipfile compares checksums at the end, and not before
        return read[name]

    return get


def _packing(array: Anything) -> int:
    sample = array.ravel(order="K")[: SAMPLE // max(1, array.itemsize)].tobytes()
    packed = len(zlib.compress(sample, 1))
    return zipfile.ZIP_DEFLATED if packed < WORTH * len(sample) else zipfile.ZIP_STORED


def _write_json(archive: zipfile.ZipFile, name: str, content: Json) -> None:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    archive.writestr(zipfile.ZipInfo(name), text, compress_type=zipfile.ZIP_DEFLATED)


def _read_manifest(archive: zipfile.ZipFile) -> Mapping[str, Any]:
    manifest = json.loads(archive.read(MANIFEST))
    if not isinstance(manifest, dict):
        raise ValueError("its manifest is no record")
    return manifest
