"""Draws that an engine made once, kept in one file without pickle, and replayed for the program they belong to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from stanmlm.base.arguments import check_arguments, check_options
from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.errors import EngineError, FileError
from stanmlm.base.files.codec import DamageError
from stanmlm.base.files.disk import check_readable, path_of, shown_path, whole_file
from stanmlm.base.files.members import DAMAGE, reason_of
from stanmlm.sampling.engines.protocol import Point, RawDraws, Sampling, StanData
from stanmlm.sampling.engines.sampling import sampling_from
from stanmlm.sampling.program import Program

_RELATIVE = 1e-6  # data computed on another machine differ in their last digits


def record(raw: RawDraws, program: Program, data: StanData, path: str | PathLike[str]) -> None:
    """Writes draws, and whose they are, to one `.npz` file.

    Parameters
    ----------
    raw
        What an engine handed back.
    program, data
        What it was given: draws are replayed for these and for nothing else.
    path
        The file; its folder must exist.

    Raises
    ------
    FileError
        Where the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from stanmlm import Recorded, lm, record, sigma, simulate_exams
    >>> from stanmlm.sampling.engines.protocol import Sampling
    >>> from stanmlm.sampling.engines.stanli import Stanli
    >>> from stanmlm.sampling.program import program, structure
    >>> from stanmlm.sampling.standata import standata
    >>> exams = simulate_exams(seed=1)
    >>> model = lm("score ~ hours", exams, seed=1).model
    >>> text, data = program(structure(model)), standata(model)
    >>> raw = Stanli().sample(text, data, Sampling(chains=2, iter=200, warmup=100, seed=1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record(raw, text, data, folder + "/exams.npz")
    ...     fit = lm("score ~ hours", exams, engine=Recorded(folder + "/exams.npz"), chains=2, iter=200, seed=1)
    >>> bool(sigma(fit) == raw.values["sigma"].mean())
    True
    """
    check_arguments(record, locals())
    groups = {"values": raw.values, "stats": raw.stats}
    arrays = {f"{group}/{name}": array for group, named in groups.items() for name, array in named.items()}
    about = {
        "arrays": sorted(arrays),
        "program": program.sha256,
        "data": _fingerprint(data),
        "engine": raw.engine,
        "version": raw.version,
        "seconds": raw.seconds,
        "sampling": asdict(raw.sampling),
    }
    try:
        with whole_file(path_of(path)) as sink:
            np.savez_compressed(sink, about=np.array(json.dumps(about)), **arrays)  # type: ignore[arg-type]
    except FileError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise FileError(
            f"cannot write {shown_path(Path(path))}: {getattr(error, 'strerror', None) or error}"
        ) from error


@dataclass(frozen=True)
class Recorded:
    """Replays the draws in `path`: a file that `record` wrote, or a folder of them.

    Draws come back as they were made, with the engine and the sampling that made them, whatever is asked for.

    Attributes
    ----------
    path
        The file or the folder.
    name
        "recorded".
    version
        Of the way of recording.

    Examples
    --------
    >>> from stanmlm import Recorded
    >>> Recorded("draws.npz").name
    'recorded'
    """

    path: str | PathLike[str]
    name: str = "recorded"
    version: str = "1"

    def __post_init__(self) -> None:
        check_options(Recorded, {"path": self.path})
        object.__setattr__(self, "path", path_of(self.path))

    def sample(
        self,
        program: Program,
        data: StanData,
        sampling: Sampling,
        inits: Sequence[Point] | None = None,
        progress: bool = False,
        inv_metric: Floats | None = None,
    ) -> RawDraws:
        """The draws that were recorded for this program and these data.

        Parameters
        ----------
        program
            The Stan program.
        data
            Its data block.
        sampling
            Not looked at, nor are the others: draws come back as they were made.
        inits
            None, or anything.
        progress
            Whether to show bars, of which there are none.
        inv_metric
            None, or anything.

        Returns
        -------
        RawDraws
            As they were recorded.

        Raises
        ------
        EngineError
            Where all that is recorded belongs to another program, or to other data.
        """
        place = Path(self.path)
        files = sorted(place.glob("*.npz")) if place.is_dir() else [place]
        wanted, reasons = _fingerprint(data), []
        for file in files:
            about = _about(file)
            reason = _mismatch(about, program, wanted)
            if not reason:
                return _read(file, about)
            reasons.append(f"{file.name}: {reason}")
        raise EngineError(f"no recorded draws for this model in {self.path}: {'; '.join(reasons) or 'nothing there'}")

    def log_density(self, program: Program, data: StanData, point: Point) -> tuple[float, Floats]:
        """Refused: recorded draws have no density.

        Parameters
        ----------
        program, data, point
            As any engine takes them.

        Returns
        -------
        tuple
            Never.

        Raises
        ------
        EngineError
            Always.
        """
        raise EngineError('recorded draws cannot compute a log density; use engine="stanli"')

    def optimize(self, program: Program, data: StanData, seed: int) -> Point:
        """Refused: recorded draws have no mode.

        Parameters
        ----------
        program, data, seed
            As any engine takes them.

        Returns
        -------
        Mapping
            Never.

        Raises
        ------
        EngineError
            Always.
        """
        raise EngineError('recorded draws cannot find a mode; use engine="stanli"')


_ABOUT: Mapping[str, type] = {
    **dict.fromkeys(("program", "engine", "version"), str),
    **dict.fromkeys(("data", "sampling"), dict),
    "seconds": list,
}


def _about(file: Path) -> Mapping[str, Any]:
    try:
        check_readable(file)
        with np.load(file, allow_pickle=False) as stored:
            about: Mapping[str, Any] = json.loads(str(stored["about"]))
    except DAMAGE as error:
        raise EngineError(f"{file} holds no recorded draws: {reason_of(error)}") from error
    missing = [
        name for name in _ABOUT if not isinstance(about, Mapping) or not isinstance(about.get(name), _ABOUT[name])
    ]
    if missing:
        raise EngineError(f"{file} holds no recorded draws: {', '.join(missing)} missing, or of another kind")
    return about


def _read(file: Path, about: Mapping[str, Any]) -> RawDraws:
    try:
        with np.load(file, allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files if key != "about"}
        if sorted(arrays) != about.get("arrays", sorted(arrays)):  # recordings of 0.1 have no list
            raise DamageError("some of its arrays are lost")
        compile_seconds, sample_seconds = map(float, about["seconds"])
        return RawDraws(
            values=_group("values/", arrays),
            stats=_group("stats/", arrays),
            engine=about["engine"],
            version=about["version"],
            seconds=(compile_seconds, sample_seconds),
            sampling=sampling_from(about["sampling"]),
        )
    except DAMAGE as error:
        raise EngineError(f"the recorded draws in {file} are damaged: {reason_of(error)}") from error


def _group(prefix: str, arrays: Mapping[str, Anything]) -> dict[str, Anything]:
    return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}


def _mismatch(about: Mapping[str, Any], program: Program, wanted: Mapping[str, list[Any]]) -> str:
    if about["program"] != program.sha256:
        return "made by another program"
    made = about["data"]
    differ = [name for name in sorted({*made, *wanted}) if not _same(made.get(name), wanted.get(name))]
    return f"made from other data ({', '.join(differ)})" if differ else ""


def _fingerprint(data: StanData) -> dict[str, list[Any]]:
    """By name: the shape, the sum, and a sum under weights that no reordering keeps."""
    return {name: _digest(np.asarray(value)) for name, value in data.items()}


def _digest(array: Anything) -> list[Any]:
    flat = array.ravel().astype(np.float64)
    weights = np.cos(np.arange(flat.size, dtype=np.float64))
    return [list(array.shape), float(np.abs(flat).sum()), float(flat.sum()), float(flat @ weights)]


def _same(made: list[Any] | None, wanted: list[Any] | None) -> bool:
    if wanted is None or not isinstance(made, list) or len(made) != len(wanted):
        return False
    scale = _RELATIVE * (1 + float(made[1]))
    near = np.allclose(made[1:], wanted[1:], rtol=_RELATIVE, atol=scale, equal_nan=True)
    return made[0] == wanted[0] and bool(near)
