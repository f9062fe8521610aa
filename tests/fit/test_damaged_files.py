"""Files of fits that were damaged, forged, or are no files: our error or the fit that was saved, and nothing else."""

import io
import json
import os
import socket
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stanmlm as sm
from stanmlm.base.errors import FileError
from stanmlm.base.files import archive, members
from stanmlm.base.files.codec import encode
from stanmlm.fit.files import saved as keep
from stanmlm.fit.fit import Fit

# What version 0.1 saved; the script beside it has made it.
OLD = Path(__file__).parents[1] / "reference" / "fit-0.1.stanmlm"

Parts = dict[str, bytes]
WRONG = (None, True, -1, 3, 10**30, 0.5, "", "zzz", "nan", [], [1], {}, {"$": "Fit"}, {"$": "zzz"}, [[]], "y")


@cache
def old_fit() -> Fit:
    return sm.load(OLD)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file that this version makes of that fit."""
    path = tmp_path_factory.mktemp("whole") / "fit"
    sm.save(old_fit(), path)
    return path.read_bytes()


def written(fit: Fit) -> Any:
    """All that a fit holds, arrays by their digests."""
    return encode(keep.codec(), fit, archive.digest)


def parts_of(whole: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(whole)) as old:
        return {name: old.read(name) for name in old.namelist()}


def zipped(parts: Parts) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return sink.getvalue()


def npy(array: Any) -> bytes:
    sink = io.BytesIO()
    np.save(sink, array)
    return sink.getvalue()


# Damages to bytes.
def flipped(rng: np.random.Generator, whole: bytes) -> bytes:
    spoiled = bytearray(whole)
    for place in rng.integers(0, len(whole), rng.integers(1, 5)):
        spoiled[place] ^= int(rng.integers(1, 256))
    return bytes(spoiled)


def cut(rng: np.random.Generator, whole: bytes) -> bytes:
    return whole[: rng.integers(0, len(whole))]


def with_block(rng: np.random.Generator, whole: bytes) -> bytes:
    """A stretch that is lost, doubled, or zeros."""
    start, size = int(rng.integers(0, len(whole))), int(rng.integers(1, 3000))
    block = whole[start : start + size]
    return whole[:start] + (b"", block + block, bytes(len(block)))[rng.integers(0, 3)] + whole[start + size :]


# Damages to the parts, in a zip whose checksums are right.
def edited(rng: np.random.Generator, content: bytes) -> bytes:
    """JSON with one value changed, lost, or exchanged for another of the same document."""
    document = json.loads(content)
    slots: list[tuple[Any, Any]] = []
    pending = [document]
    while pending:
        here = pending.pop()
        keys = here.keys() if isinstance(here, dict) else range(len(here))
        slots += [(here, key) for key in keys]
        pending += [here[key] for key in keys if isinstance(here[key], dict | list)]
    owner, key = slots[rng.integers(0, len(slots))]
    other, place = slots[rng.integers(0, len(slots))]
    change = rng.integers(0, 4)
    if change == 0:
        owner[key] = WRONG[rng.integers(0, len(WRONG))]
    elif change == 1:
        del owner[key]
    elif change == 2:
        owner[key] = json.loads(json.dumps(other[place]))
    elif isinstance(owner[key], float | int):
        owner[key] = owner[key] + 1
    return json.dumps(document).encode()


def document_edited(rng: np.random.Generator, whole: bytes) -> bytes:
    parts = parts_of(whole)
    return zipped({**parts, archive.DOCUMENT: edited(rng, parts[archive.DOCUMENT])})


def manifest_edited(rng: np.random.Generator, whole: bytes) -> bytes:
    parts = parts_of(whole)
    return zipped({**parts, archive.MANIFEST: edited(rng, parts[archive.MANIFEST])})


def array_edited(rng: np.random.Generator, whole: bytes) -> bytes:
    """One array's contents, type, shape or length changed, exchanged for another's, or lost."""
    parts = parts_of(whole)
    names = [name for name in parts if name.endswith(".npy")]
    name, other = (names[rng.integers(0, len(names))] for _ in range(2))
    array = np.load(io.BytesIO(parts[name]))
    changes: tuple[Callable[[], bytes], ...] = (
        lambda: npy(np.roll(array.ravel(), 1).reshape(array.shape)),
        lambda: npy(array.astype(str)),
        lambda: npy(array[None]),
        lambda: npy(array.ravel()[:-1]),
        lambda: npy(np.full(array.shape, np.nan)),
        lambda: npy(np.asfortranarray(array)),
        lambda: parts[other],
        lambda: parts[name][:-1],
        lambda: parts[name] + b"x",
        lambda: parts[name].replace(b"(", b"(9", 1),
        lambda: parts[name].replace(b"'descr'", b"'desc\\'", 1),
        lambda: b"",
    )
    choice = rng.integers(0, len(changes) + 1)
    if choice == len(changes):
        del parts[name]
    else:
        parts[name] = changes[choice]()
    return zipped(parts)


DAMAGES = (flipped, cut, with_block, document_edited, manifest_edited, array_edited)


def outcome(path: Path, content: bytes) -> Fit | None:
    """The fit in a file, or None where it is refused; whatever else is raised fails the test."""
    path.write_bytes(content)
    try:
        return sm.load(path)
    except FileError as error:
        words = str(error)
    assert not {"Error", "object", "attribute", "NoneType"} & set(words.replace("'", " ").split())
    return None


@pytest.mark.parametrize("count", [120, pytest.param(3000, marks=pytest.mark.slow)])
def test_a_damaged_file_is_refused_or_is_the_fit_that_was_saved(count: int, whole: bytes, tmp_path: Path) -> None:
    saved, refused = written(old_fit()), 0
    rng = np.random.default_rng(count)
    for k in range(count):
        fit = outcome(tmp_path / "fit", DAMAGES[k % len(DAMAGES)](rng, whole))
        refused += fit is None
        if fit is not None:
            assert written(fit) == saved, f"damage {k} went unnoticed"
    assert refused > 0.8 * count  # the rest are bytes that nothing reads: a date, the versions, an old array


@pytest.mark.parametrize("count", [60, pytest.param(1500, marks=pytest.mark.slow)])
def test_a_forged_document_is_refused_or_is_a_fit(count: int, tmp_path: Path) -> None:
    """Its digest is right, as a file of 0.1 has none: the records' types and shapes are all that can be told."""
    rng, parts, refused = np.random.default_rng(count), parts_of(OLD.read_bytes()), 0
    for _ in range(count):
        forged = {**parts, archive.DOCUMENT: edited(rng, parts[archive.DOCUMENT])}
        refused += outcome(tmp_path / "fit", zipped(forged)) is None
    assert refused > 0.3 * count


def forged(path: Path, change: Callable[[Any], None]) -> Path:
    parts = parts_of(OLD.read_bytes())
    document = json.loads(parts[archive.DOCUMENT])
    change(document)
    path.write_bytes(zipped({**parts, archive.DOCUMENT: json.dumps(document).encode()}))
    return path


def of_another_shape(document: Any) -> None:
    draws = document["posterior"]["is"]["groups"]["posterior"]["variables"]
    draws["sigma"][1], draws["b"][1] = draws["b"][1], draws["sigma"][1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(posterior=None), "`posterior` of its Fit is None"),
        (lambda d: d["sampling"].update(chains=2.5), "`chains` of its Sampling is 2.5"),
        (lambda d: d["sampling"].update(chains={"$": "number", "is": "nan"}), "`chains` of its Sampling is nan"),
        (lambda d: d["model"]["design"].update(names=["a"]), "`names` of its Design"),
        (lambda d: d["model"]["design"]["X"].update({"$": "list", "is": []}), "`X` of its Design"),
        (lambda d: d["model"]["design"].update(X=d["model"]["design"]["offset"]), "damaged"),
        (lambda d: d["model"]["response"].update(y=d["model"]["cells"]["first"]), "`y` of its Response is an array"),
        (lambda d: d.update(extra=1) or d.pop("engine"), "the fields of its Fit"),
        (lambda d: d.update({"$": "Sculpture"}), "a record of a kind that stanmlm does not know, 'Sculpture'"),
        (of_another_shape, "damaged"),
    ],
)
def test_records_hold_what_their_annotations_say(change: Callable[[Any], None], message: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=message):
        sm.load(forged(tmp_path / "fit", change))


def test_files_of_version_0_1_load_and_answer() -> None:
    fit = old_fit()
    expected = {
        "(Intercept)": -0.031708080099831615,
        "poly(x.1, 2)1": 1.005475749753913,
        "poly(x.1, 2)2": 1.0239979164108288,
        "scale(w)": -0.11532174806446803,
        "f.L": 0.1255936468006772,
        "f.Q": -0.20613458486278746,
    }
    assert sm.fixef(fit).to_dict() == pytest.approx(expected)
    new = pd.DataFrame({"x.1": [0.3, -2.0], "f": ["hi", "lo"], "g": ["b", "c"], "w": [1.0, 1.0]})
    means = np.asarray(sm.posterior_epred(fit, new)).mean(axis=0)
    np.testing.assert_allclose(means, [0.3093311188648133, 0.11315900363980465], rtol=1e-10)
    assert fit.model.frame.data["aside"].isna().tolist() == [False, True] * 20


def bomb(name: str, filler: bytes) -> Callable[[zipfile.ZipFile, Parts], None]:
    def write(new: zipfile.ZipFile, parts: Parts) -> None:
        with new.open(name, "w") as sink:
            for _ in range(1500):
                sink.write(filler * (1_000_000 // len(filler)))
            sink.write(parts[name])

    return write


def array_bomb(new: zipfile.ZipFile, parts: Parts) -> None:
    """An array of 1.5 GB of zeros under its right name."""
    name = next(name for name in parts if name.endswith(".npy"))
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (187_500_000,)})
    with new.open(name, "w") as sink:
        sink.write(header.getvalue())
        for _ in range(1500):
            sink.write(bytes(1_000_000))


def deep(new: zipfile.ZipFile, parts: Parts) -> None:
    new.writestr(archive.DOCUMENT, b"[" * 1_000_000 + b"]" * 1_000_000)


def wide(new: zipfile.ZipFile, parts: Parts) -> None:
    """A document whose text is short, and whose records would take 1.5 GB."""
    new.writestr(archive.DOCUMENT, b"[" + b"[]," * 9_000_000 + b"[]]")


def crowded(new: zipfile.ZipFile, parts: Parts) -> None:
    for k in range(300_000):
        new.writestr(zipfile.ZipInfo(f"arrays/{k}"), b"")


BOMBS = {
    "manifest": (archive.MANIFEST, bomb(archive.MANIFEST, b" ")),
    "document": (archive.DOCUMENT, bomb(archive.DOCUMENT, b" ")),
    "array": ("first array", array_bomb),
    "deep": (archive.DOCUMENT, deep),
    "wide": (archive.DOCUMENT, wide),
    "crowded": ("", crowded),
}
MEASURED = """
import resource, sys, time
import stanmlm as sm
from dataclasses import replace
sm.load(sys.argv[1])
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
try:
    sm.load(sys.argv[2])
except sm.FileError as error:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before >> 10, time.perf_counter() - start, error)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="counts memory")
@pytest.mark.parametrize("kind", BOMBS)
def test_a_small_file_takes_little_memory_and_time(kind: str, tmp_path: Path) -> None:
    parts = parts_of(OLD.read_bytes())
    name, write = BOMBS[kind]
    name = next(n for n in parts if n.endswith(".npy")) if name == "first array" else name
    with zipfile.ZipFile(tmp_path / "bomb", "w", zipfile.ZIP_DEFLATED) as new:
        for other in parts:
            if other != name:
                new.writestr(other, parts[other])
        write(new, parts)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(OLD), str(tmp_path / "bomb")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    megabytes, seconds, *_ = done.stdout.split()
    assert float(megabytes) < 600, done.stdout
    assert float(seconds) < 10, done.stdout


def test_what_declares_little_and_unpacks_to_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, value in (("TOTAL_BYTES", 1000), ("TOTAL_RATIO", 0), ("DIRECTORY_BYTES", 100)):
        monkeypatch.setattr(members, limit, value)
        if limit != "TOTAL_BYTES":
            with pytest.raises(FileError, match=r"unpack to far more|directory of its parts"):
                sm.load(OLD)


def test_what_is_saved_stays_within_what_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "TOTAL_BYTES", 1 << 12)
    monkeypatch.setattr(members, "TOTAL_RATIO", 1)
    monkeypatch.setattr(archive, "DOCUMENT_BYTES", 1 << 8)
    monkeypatch.setattr(archive, "DOCUMENT_RATIO", 1)
    monkeypatch.setattr(archive, "DOCUMENT_PARTS", 10)
    sm.save(old_fit(), tmp_path / "fit")
    assert written(sm.load(tmp_path / "fit")) == written(old_fit())


def test_two_parts_of_one_name_are_refused(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "fit").write_bytes(whole)
    with zipfile.ZipFile(tmp_path / "fit", "a") as more, pytest.warns(UserWarning, match="Duplicate"):
        more.writestr(archive.DOCUMENT, b"{}")
    with pytest.raises(FileError, match="two of its parts have one name"):
        sm.load(tmp_path / "fit")


def test_parts_packed_otherwise_are_refused(whole: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "fit", "w", zipfile.ZIP_BZIP2) as new:
        for name, content in parts_of(whole).items():
            new.writestr(name, content)
    with pytest.raises(FileError, match="packed in a way that stanmlm does not pack"):
        sm.load(tmp_path / "fit")


def odd_places(folder: Path) -> dict[str, Path]:
    """What is no file, by the words for it."""
    places = {"a folder": folder / "folder", "a pipe": folder / "pipe", "a socket": folder / "socket"}
    places["a folder"].mkdir()
    os.mkfifo(places["a pipe"])
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(places["a socket"]))
    return {**places, "a device": Path("/dev/null")}


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices")
def test_what_is_no_file_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    for kind, path in odd_places(tmp_path).items():
        link = tmp_path / f"link to {kind}"
        link.symlink_to(path)
        before = path.stat().st_mode
        for place in (path, link):
            with pytest.raises(FileError, match=f"cannot be read: it is {kind}"):
                sm.load(place)
            with pytest.raises(FileError, match=f"cannot be written: it is {kind}"):
                sm.save(old_fit(), place)
        assert path.stat().st_mode == before
        with pytest.raises(FileError, match=f"cannot be written: it is {kind}"):
            sm.lm("y ~ w", pd.DataFrame({"y": [1.0, 2.0, 4.0], "w": [1.0, 0.0, 2.0]}), file=path)


@pytest.mark.skipif(os.name != "posix", reason="links and permissions")
def test_links_and_permissions_are_as_users_expect(tmp_path: Path) -> None:
    dangling, loop, nowhere = (tmp_path / name for name in ("dangling", "loop", "nowhere"))
    dangling.symlink_to(tmp_path / "real")
    sm.save(old_fit(), dangling)
    assert dangling.is_symlink()
    umask = os.umask(0o027)
    try:
        sm.save(old_fit(), tmp_path / "new")
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
        (tmp_path / "new").chmod(0o600)
        sm.save(old_fit(), tmp_path / "new")
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600
    finally:
        os.umask(umask)
    loop.symlink_to(loop)
    nowhere.symlink_to(tmp_path / "no folder" / "fit")
    for place in (loop, nowhere, tmp_path / ("fit" * 200), Path("a\0b"), tmp_path / "real" / "fit"):
        for attempt in (lambda path: sm.save(old_fit(), path), sm.load):
            with pytest.raises(FileError):
                attempt(place)
    assert loop.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "loop", "new", "nowhere", "real"]


def test_odd_texts_are_kept(tmp_path: Path) -> None:
    odd = pd.Series(["\ud800", "🎈", "\0", '"'] * 10, dtype=object, index=old_fit().model.frame.data.index)
    data = old_fit().model.frame.data.assign(aside=odd)
    fit = sm.load(OLD)
    frame = replace(fit.model.frame, data=data)
    sm.save(replace(fit, model=replace(fit.model, frame=frame)), tmp_path / "fit")
    pd.testing.assert_frame_equal(sm.load(tmp_path / "fit").model.frame.data, data)
