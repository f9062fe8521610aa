"""The reference engine: CmdStan, found and compiled by cmdstanpy, its processes run here (docs/decisions/003)."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import EngineError
from stanmlm.base.interrupts import interruptible, postponed
from stanmlm.sampling.engines.advice import failure as engine_failure
from stanmlm.sampling.engines.columns import shapes_of, split, stats_of
from stanmlm.sampling.engines.compile import compiled, installed
from stanmlm.sampling.engines.processes import Failure, run
from stanmlm.sampling.engines.progress import bars, refresh_every
from stanmlm.sampling.engines.protocol import Point, RawDraws, Sampling, StanData
from stanmlm.sampling.engines.sampling import one_a_chain, resolve
from stanmlm.sampling.engines.stanjson import to_json
from stanmlm.sampling.program import Program

_DIGITS = "sig_figs=18"  # at the default of 8 a log density of -27,000 cannot be compared
_CONSOLE_LINES = 12
_CONFIGURATION = re.compile(r"\s*(\w+|[\w ]+ = .*)?")


@dataclass(frozen=True)
class CmdStan:
    """Samples in one process a chain; a program is compiled once and kept.

    `compile` gives the executable of a program, told whether to say that it works; `timeout` is in seconds, for one
    call, without the compilation.

    Examples
    --------
    >>> from stanmlm.sampling.engines.cmdstan import CmdStan
    >>> CmdStan(timeout=3600).name
    'cmdstan'
    """

    compile: Callable[[Program, bool], Path] = compiled
    timeout: float | None = None
    name: str = "cmdstan"

    @property
    def version(self) -> str:
        """Version of the CmdStan that cmdstanpy finds."""
        return installed().version

    @interruptible()
    def sample(
        self,
        program: Program,
        data: StanData,
        sampling: Sampling,
        inits: Sequence[Point] | None = None,
        progress: bool = False,
        inv_metric: Floats | None = None,
    ) -> RawDraws:
        """Draws by NUTS; chain c uses Stan's stream for (seed, c)."""
        sampling = resolve(sampling)
        begin = time.perf_counter()
        exe = self.compile(program, progress)
        ready = time.perf_counter()
        with _workplace(data) as folder, bars(sampling.chains, sampling.iter, progress) as on_line:
            inits_of = _write_inits(folder, inits, sampling.chains) if inits else []
            metric = _write_metric(folder, inv_metric)
            commands = [_sample_command(exe, folder, sampling, c, inits_of, metric) for c in range(sampling.chains)]
            _raise(run(commands, folder, sampling.cores or 1, self.timeout, on_line), "sample")
            files = [_output(folder, c) for c in range(sampling.chains)]
            names, columns, version = _names(files[0]), np.stack([_table(file) for file in files]), _version(files[0])
        own = sum(name.endswith("__") for name in names)  # the sampler's columns come first
        return RawDraws(
            values=split(columns[..., own:], shapes_of(names[own:])),
            stats=stats_of(names[:own], columns[..., :own]),
            engine=self.name,
            version=version,
            seconds=(ready - begin, time.perf_counter() - ready),
            sampling=sampling,
        )

    @interruptible()
    def log_density(self, program: Program, data: StanData, point: Point) -> tuple[float, Floats]:
        """Log density with the Jacobian, and its gradient, on the unconstrained scale at `point`."""
        exe = self.compile(program, False)
        with _workplace(data) as folder:
            (folder / "point.json").write_text(to_json(point))
            method = ["log_prob", f"constrained_params={folder / 'point.json'}", "jacobian=1"]
            self._run_one([str(exe), *method, *_files(folder, 0)], folder, "compute the log density")
            row = _table(_output(folder, 0))[0]
        return float(row[0]), row[1:]

    @interruptible()
    def optimize(self, program: Program, data: StanData, seed: int) -> Point:
        """The mode of the density on the unconstrained scale, by L-BFGS."""
        exe = self.compile(program, False)
        with _workplace(data) as folder:
            method = ["optimize", "jacobian=1", "random", f"seed={seed}"]
            self._run_one([str(exe), *method, *_files(folder, 0)], folder, "find the mode")
            names, row = _names(_output(folder, 0)), _table(_output(folder, 0))[-1]
        own = sum(name.endswith("__") for name in names)
        return split(row[own:], shapes_of(names[own:]))

    def _run_one(self, command: Sequence[str], folder: Path, doing: str) -> None:
        _raise(run([command], folder, 1, self.timeout, lambda chain, line: None), doing)


def _sample_command(
    exe: Path, folder: Path, sampling: Sampling, chain: int, inits: Sequence[Path], metric: Sequence[str]
) -> list[str]:
    warmup = sampling.warmup or 0
    adapt = ["adapt", f"delta={sampling.adapt_delta}", f"engaged={int(warmup > 0)}"]
    counts = [f"num_samples={sampling.iter - warmup}", f"num_warmup={warmup}", f"thin={sampling.thin}"]
    nuts = ["algorithm=hmc", "engine=nuts", f"max_depth={sampling.max_treedepth}"]
    start = [f"init={inits[chain]}"] if inits else []
    return [
        *(str(exe), "sample", *counts, *adapt, *nuts, *metric),
        *(f"id={chain + 1}", "random", f"seed={sampling.seed}", *start),
        *(*_files(folder, chain), f"refresh={refresh_every(sampling.iter)}"),
    ]


def _files(folder: Path, chain: int) -> list[str]:
    return ["data", f"file={folder / 'data.json'}", "output", f"file={_output(folder, chain)}", _DIGITS]


def _output(folder: Path, chain: int) -> Path:
    return folder / f"output_{chain + 1}.csv"


@contextmanager
def _workplace(data: StanData) -> Iterator[Path]:
    with postponed():
        place = TemporaryDirectory(prefix="stanmlm-", ignore_cleanup_errors=True)
    try:
        folder = Path(place.name)
        (folder / "data.json").write_text(to_json(data))
        yield folder
    finally:
        with postponed():
            place.cleanup()


def _write_inits(folder: Path, inits: Sequence[Point], chains: int) -> list[Path]:
    points = one_a_chain(inits, chains)
    paths = [folder / f"init_{chain + 1}.json" for chain in range(chains)]
    for path, point in zip(paths, points, strict=True):
        path.write_text(to_json(point))
    return paths


def _write_metric(folder: Path, inv_metric: Floats | None) -> list[str]:
    if inv_metric is None:
        return []
    file = folder / "metric.json"
    file.write_text(to_json({"inv_metric": inv_metric}))
    return ["metric=diag_e", f"metric_file={file}"]


def _names(file: Path) -> list[str]:
    with file.open() as lines:
        return next(line for line in lines if not line.startswith("#")).strip().split(",")


def _table(file: Path) -> Floats:
    return pd.read_csv(file, comment="#", dtype=np.float64).to_numpy()


def _version(file: Path) -> str:
    with file.open() as lines:
        parts = [line.split("=")[1].strip() for line in lines if line.startswith("# stan_version_")]
    return ".".join(parts)


def _raise(failure: Failure | None, doing: str) -> None:
    if failure is None:
        return
    words = _words(failure.console)
    if failure.code is None:
        raise EngineError(f"CmdStan could not {doing} in the time it was given; its last lines:\n{words}")
    told = f"it {failure.killed}; its last lines:\n" if failure.killed else ""
    raise engine_failure(f"CmdStan could not {doing} (chain {failure.index + 1}): {told}", words)


def _words(console: str) -> str:
    """The last lines, each once, without the configuration that CmdStan lists first."""
    lines = [line.strip() for line in console.splitlines() if not _CONFIGURATION.fullmatch(line)]
    return "\n".join(list(dict.fromkeys(lines))[-_CONSOLE_LINES:])
