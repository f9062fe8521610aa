"""The parts of a zip, unpacked within bounds whatever it declares."""

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from stanmlm.base.errors import FileError, StanmlmError
from stanmlm.base.files.codec import DamageError
from stanmlm.base.files.disk import check_readable, shown_path

AT_ONCE = 1 << 20  # bytes that are unpacked at a time

# What a file may unpack to, whatever sizes it declares, for a few packed bytes can stand for gigabytes. Writing keeps
# to these by leaving as it is what would go beyond, so that a file that holds much is large.
MANIFEST_BYTES = 1 << 20
DIRECTORY_BYTES = 1 << 24
TOTAL_BYTES, TOTAL_RATIO = 1 << 28, 100
DOCUMENT_BYTES, DOCUMENT_RATIO = 1 << 25, 8
DOCUMENT_PARTS, PARTS_RATIO = 4_000_000, 1  # lists, records and elements, each of which takes up to 70 bytes
MOST_ARRAYS = DIRECTORY_BYTES // 128

# What reading a file raises when its bytes are not what was written.
DAMAGE = (
    *(OSError, EOFError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, RuntimeError, MemoryError),
    *(ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, SyntaxError, struct.error),
    tokenize.TokenError,  # NumPy reads the header of an array as Python's words
)


def most_unpacked(size: int) -> int:
    """Bytes that a file of a size may unpack to."""
    return TOTAL_BYTES + TOTAL_RATIO * size


@dataclass
class Members:
    """The files in a zip, and how many bytes they may still unpack to."""

    archive: zipfile.ZipFile
    size: int  # of the whole, packed
    left: int

    def open(self, name: str) -> Any:
        """A member as a file, by whatever name a document calls it."""
        found = self.archive.NameToInfo.get(name)
        if found is None:
            raise DamageError(f"it lacks its part {name}")
        if found.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or found.flag_bits & 1:
            raise DamageError(f"its part {name} is packed in a way that stanmlm does not pack")
        return self.archive.open(found)

    def take(self, size: int, name: str) -> None:
        """Count bytes that are about to be unpacked."""
        self.left -= size
        if self.left < 0:
            raise DamageError(f"it would unpack to far more than its {self.size:,} bytes can hold (at {name})")

    def text(self, name: str, most: float) -> bytes:
        """All of a member, within bounds that its declared size has no part in."""
        whole = bytearray()
        with self.open(name) as source:
            while piece := source.read(AT_ONCE):
                self.take(len(piece), name)
                whole += piece
                if len(whole) > most:
                    raise DamageError(f"its part {name} unpacks to more than {most:,.0f} bytes")
        return bytes(whole)


@dataclass(frozen=True)
class _Bounded:
    """A file that is read in moderate pieces: zipfile reads a zip's directory in one, of the size that it declares."""

    source: BinaryIO

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, or all that are left."""
        data = self.source.read(DIRECTORY_BYTES + 1 if size < 0 else min(size, DIRECTORY_BYTES + 1))
        if len(data) > DIRECTORY_BYTES:
            raise DamageError(f"the directory of its parts has more than {DIRECTORY_BYTES:,} bytes")
        return data

    def seek(self, place: int, whence: int = 0) -> int:
        """As a file's."""
        return self.source.seek(place, whence)

    def tell(self) -> int:
        """As a file's."""
        return self.source.tell()

    def seekable(self) -> bool:
        """As a file's."""
        return True


@contextmanager
def members_of(path: Path, complaint: str) -> Iterator[Members]:
    """A file's members; whatever reading them raises is said of the file."""
    check_readable(path)
    try:
        with path.open("rb") as source:
            size = source.seek(0, 2)
            with zipfile.ZipFile(_Bounded(source)) as archive:
                names = archive.namelist()
                if len(set(names)) < len(names):
                    raise DamageError("two of its parts have one name")
                yield Members(archive, size, most_unpacked(size))
    except FileError:
        raise
    except DAMAGE as error:
        raise FileError(f"{shown_path(path)} {complaint}: {reason_of(error)}") from error


def reason_of(error: Exception) -> str:
    """Why a file cannot be read, in our own words or the system's; Python's are no help where nothing was written."""
    if isinstance(error, DamageError | StanmlmError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "it is not what stanmlm wrote"
