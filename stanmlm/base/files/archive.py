"""One file of JSON and arrays: a zip that is written whole or not at all, and read within bounds, running nothing."""

import hashlib
import json
import math
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from stanmlm.base.arrays import Anything
from stanmlm.base.errors import FileError
from stanmlm.base.files.codec import KEPT, DamageError, Get, Json, Put
from stanmlm.base.files.disk import whole_file
from stanmlm.base.files.members import (
    AT_ONCE,
    DOCUMENT_BYTES,
    DOCUMENT_PARTS,
    DOCUMENT_RATIO,
    MANIFEST_BYTES,
    MOST_ARRAYS,
    PARTS_RATIO,
    Members,
    members_of,
    most_unpacked,
)

MANIFEST, DOCUMENT, ARRAYS = "manifest.json", "document.json", "arrays/"
DIGEST = "document"  # the manifest's entry that has the document's digest
SAMPLE = 1 << 16  # bytes of an array that tell whether packing it is worth the time; draws are not
WORTH = 0.8  # packed over unpacked size, from which on an array stays as it is


Manifest = Mapping[str, Any]


def write_archive(path: Path, manifest: Mapping[str, object], document: Callable[[Put], Json]) -> None:
    """Write a file in the place of an older one, which stays until all of the new one is on the disk.

    Parameters
    ----------
    path
        The file; its folder must exist.
    manifest
        JSON that can be read without the rest.
    document
        Gives the JSON to write, and meanwhile hands over its arrays.

    Raises
    ------
    FileError
        Where the file cannot be written.
    """
    arrays: dict[str, Anything] = {}
    text = _json_bytes(document(_putter(arrays)))
    if len(arrays) > MOST_ARRAYS:
        raise FileError(f"{path} would hold {len(arrays):,} columns and other arrays; {MOST_ARRAYS:,} are the most")
    try:
        with whole_file(path) as sink, zipfile.ZipFile(sink, "w", allowZip64=True) as archive:
            _write_bytes(archive, MANIFEST, _json_bytes({**manifest, DIGEST: _text_digest(text)}))
            small = len(text) <= DOCUMENT_BYTES and _parts(text) <= DOCUMENT_PARTS
            _write_bytes(archive, DOCUMENT, text, zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED)
            _write_arrays(archive, sink, arrays, len(text))
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from error


def read_manifest(path: Path) -> Manifest:
    """The manifest of a file.

    Raises
    ------
    FileError
        For a file that is absent, or is no such archive.
    """
    with members_of(path, "holds no fit, or is damaged") as members:
        return _read_manifest(members)


def read_archive(path: Path, check: Callable[[Manifest], None], read: Callable[[Manifest, Json, Get], Any]) -> Any:
    """What `read` makes of the manifest, the document, and the arrays that it gets by name.

    Parameters
    ----------
    path
        The file.
    check
        Sees the manifest before anything else is read, and refuses the file by a FileError.
    read
        May raise what `decode` does.

    Raises
    ------
    FileError
        For a file that is absent, damaged, or no such archive.
    """
    with members_of(path, "holds no fit, or is damaged") as members:
        manifest = _read_manifest(members)
    check(manifest)
    with members_of(path, "is damaged") as members:
        return read(manifest, _read_document(members, manifest.get(DIGEST)), _getter(members))


def digest(array: Anything) -> str:
    """A name for an array by its type, shape, order in memory and contents."""
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    about = f"{array.dtype.str} {array.shape} {order}".encode()
    contents = np.ascontiguousarray(array if order == "C" else array.T)
    hashed = hashlib.blake2b(about, digest_size=16)
    hashed.update(contents.ravel().view(np.uint8).data)
    return hashed.hexdigest()


def _read_manifest(members: Members) -> Manifest:
    manifest = _loads(members.text(MANIFEST, MANIFEST_BYTES))
    if not isinstance(manifest, dict):
        raise DamageError("its manifest is no record")
    return manifest


def _read_document(members: Members, expected: object) -> Json:
    """The document, which has the manifest's digest where that has one; files of 0.1 have none."""
    text = members.text(DOCUMENT, DOCUMENT_BYTES + DOCUMENT_RATIO * members.size)
    if expected is not None and expected != _text_digest(text):
        raise DamageError("its document is another than was written")
    if _parts(text) > DOCUMENT_PARTS + PARTS_RATIO * members.size:
        raise DamageError(f"its document has more parts than {members.size:,} bytes can be of use for")
    return _loads(text)


def _loads(text: bytes) -> Json:
    def refuse(constant: str) -> None:
        raise DamageError(f"it has the number {constant}, which stanmlm writes otherwise")

    try:
        return json.loads(text, parse_constant=refuse)
    except RecursionError as error:
        raise DamageError("its records nest too deep") from error


def _parts(text: bytes) -> int:
    return text.count(b",") + text.count(b"[") + text.count(b"{")


def _text_digest(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _putter(arrays: dict[str, Anything]) -> Put:
    def put(array: Anything) -> str:
        # A view with gaps has an order of its own, which .npy cannot keep.
        whole = array if array.flags.c_contiguous or array.flags.f_contiguous else np.ascontiguousarray(array)
        name = digest(whole)
        arrays.setdefault(name, whole)
        return name

    return put


def _getter(members: Members) -> Get:
    read: dict[str, Anything] = {}

    def get(name: str) -> Anything:
        if name not in read:
            read[name] = _read_array(members, f"{ARRAYS}{name}.npy")
            if digest(read[name]) != name:
                raise DamageError(f"its array {name} has other contents than were written")
        return read[name]

    return get


def _read_array(members: Members, name: str) -> Anything:
    with members.open(name) as source:
        shape, in_columns, dtype = _read_header(source)
        count = math.prod(shape)
        if dtype.kind not in KEPT or not dtype.itemsize or min(shape, default=0) < 0:
            raise DamageError(f"its part {name} is no array of numbers or texts")
        members.take(count * dtype.itemsize, name)
        array: Anything = np.empty(count, dtype)
        view, done = array.view(np.uint8).data, 0
        while got := source.readinto(view[done : done + AT_ONCE]):
            done += got
        # zipfile compares checksums at the end, and not before.
        if done < len(view) or source.read(1):
            raise DamageError(f"its part {name} has another length than it says")
    return array.reshape(shape[::-1]).T if in_columns else array.reshape(shape)


def _read_header(source: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(source)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise DamageError("an array in it has a format that stanmlm does not write")
    return readers[version](source)


def _write_arrays(archive: zipfile.ZipFile, sink: BinaryIO, arrays: Mapping[str, Anything], unpacked: int) -> None:
    """Each array packed where that is worth it, and where all together stays within what `read_archive` unpacks."""
    for name, array in arrays.items():
        entry = zipfile.ZipInfo(f"{ARRAYS}{name}.npy")
        unpacked += array.nbytes
        fits = unpacked <= most_unpacked(sink.tell())
        entry.compress_type = _packing(array) if fits else zipfile.ZIP_STORED
        with archive.open(entry, "w", force_zip64=True) as target:
            np.lib.format.write_array(target, array, allow_pickle=False)


def _packing(array: Anything) -> int:
    sample = array.ravel(order="K")[: SAMPLE // max(1, array.itemsize)].tobytes()
    packed = len(zlib.compress(sample, 1))
    return zipfile.ZIP_DEFLATED if packed < WORTH * len(sample) else zipfile.ZIP_STORED


def _json_bytes(content: Json) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode(
        "utf-8", "surrogatepass"
    )


def _write_bytes(archive: zipfile.ZipFile, name: str, text: bytes, packing: int = zipfile.ZIP_DEFLATED) -> None:
    archive.writestr(zipfile.ZipInfo(name), text, compress_type=packing)
