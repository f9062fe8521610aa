"""The embedded engine: stanli, which carries stanc and Stan's math library and needs no compiler."""

import platform
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import EngineError
from stanmlm.base.interrupts import interruptible
from stanmlm.sampling.engines import elsewhere
from stanmlm.sampling.engines.advice import failure
from stanmlm.sampling.engines.columns import split, stats_of
from stanmlm.sampling.engines.progress import bars, printed_lines, refresh_every
from stanmlm.sampling.engines.protocol import Point, RawDraws, Sampling, StanData
from stanmlm.sampling.engines.sampling import one_a_chain, resolve
from stanmlm.sampling.engines.stanjson import data_key, to_json
from stanmlm.sampling.engines.worker import Job, Worker
from stanmlm.sampling.program import Program

if TYPE_CHECKING:
    import stanli

# Of sys.platform and platform.machine(); the marker in pyproject.toml says the same.
WHEELS = (
    *(("linux", "x86_64"), ("linux", "aarch64")),
    *(("darwin", "x86_64"), ("darwin", "arm64")),
    ("win32", "AMD64"),
)
_NO_START = re.compile(r"no starting value for parameter (\w+)")

_HOME = threading.local()  # in the thread that loaded stanli: its module
_KEPT: "dict[tuple[str, str], stanli.Model]" = {}  # the last model; a destructor in another thread could lose a Ctrl-C
_THREAD = Worker("stanmlm-stanli", _KEPT.clear)


@dataclass(frozen=True)
class Stanli:
    """Samples in this process; a model is ready in about 20 ms, and the last one is kept.

    All calls are made by one thread, whoever asks for them: the library computes gradients in the thread that loaded
    it, and in threads of its own, and nowhere else.

    Examples
    --------
    >>> from stanmlm.sampling.engines.stanli import Stanli
    >>> Stanli().name
    'stanli'
    """

    name: str = "stanli"

    def __reduce__(self) -> tuple[type["Stanli"], tuple[()]]:
        """A copy, in this process or in another, begins without models: they are pointers into this one."""
        return Stanli, ()

    @property
    def version(self) -> str:
        """Version of stanli."""
        return _THREAD.run(lambda job: str(_library().__version__))

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
        """Draws by NUTS, chains in parallel threads; chain c uses Stan's stream for (seed, c)."""
        sampling = resolve(sampling)

        def work(job: Job[RawDraws]) -> RawDraws:
            begin = time.perf_counter()
            model = _model(program, data)
            ready = time.perf_counter()
            fit = _run(
                model, sampling, _starts(model, inits, sampling.chains), inv_metric, job.say if progress else None
            )
            return RawDraws(
                values=split(fit.draws()[: sampling.chains], fit.variables),
                stats=stats_of(_library().SAMPLER_COLUMNS, fit.sampler_stats[: sampling.chains]),
                engine=self.name,
                version=str(_library().__version__),
                seconds=(ready - begin, time.perf_counter() - ready),
                sampling=sampling,
            )

        with bars(sampling.chains, sampling.iter, progress) as on_line:
            return _THREAD.run(work, lambda line: on_line(0, line))

    @interruptible()
    def log_density(self, program: Program, data: StanData, point: Point) -> tuple[float, Floats]:
        """Log density with the Jacobian, and its gradient, on the unconstrained scale at `point`."""

        def work(job: Job[tuple[float, Floats]]) -> tuple[float, Floats]:
            model = _model(program, data)
            with _failures("compute the log density"):
                here = _unconstrain(model, point)
                if not _at_home():
                    return elsewhere.density(program.text, to_json(data), here)
                value, gradient = model.log_prob_grad(here)
            return float(value), np.asarray(gradient)

        return _THREAD.run(work)

    @interruptible()
    def optimize(self, program: Program, data: StanData, seed: int) -> Point:
        """The mode of the density on the unconstrained scale, by Stan's L-BFGS."""

        def work(job: Job[Point]) -> Point:
            model = _model(program, data)
            with _failures("find the mode"):
                if not _at_home():
                    return elsewhere.mode(program.text, to_json(data), seed)
                mode = model.optimize(seed=seed)
            return split(np.array(list(mode.values())), mode.variables)

        return _THREAD.run(work)


def _model(program: Program, data: StanData) -> "stanli.Model":
    """The model, kept until the next one: like all else of stanli's it begins and ends in the thread."""
    key = (program.sha256, data_key(data))
    if key not in _KEPT:
        with _failures("read the program and its data"), _THREAD.between_forks:
            model = _library().Model(stan_code=program.text, data=to_json(data))
        _KEPT.clear()
        _KEPT[key] = model
    return _KEPT[key]


def has_wheel() -> bool:
    """Whether pip finds stanli for this platform; of its source there is no archive."""
    musl = sys.platform == "linux" and platform.libc_ver()[0] != "glibc"
    return (sys.platform, platform.machine()) in WHEELS and not musl


def _absence() -> str:
    if has_wheel():
        return "stanli is not installed; `pip install stanli` installs it"
    return f"stanli has no wheel for {platform.platform(terse=True)} on {platform.machine()}; CmdStan samples there"


def _library() -> ModuleType:
    first = sys.modules.get("stanli") is None
    try:
        import stanli
    except ImportError as error:
        raise EngineError(_absence()) from error
    except OSError as error:
        again = "`pip install --force-reinstall stanli` may help"
        raise EngineError(f"stanli is installed, but its library cannot be loaded ({error}); {again}") from error
    library: ModuleType = stanli
    if first:
        _HOME.library = library
    _make_stoppable(library)
    return library


def _make_stoppable(library: ModuleType) -> None:
    """Let chains of our thread end when a job is stopped; by itself stanli listens to Ctrl-C, in the main thread."""
    watch: Callable[[], Any] = library._InterruptWatch
    if watch.__module__ == __name__:
        return

    def watch_job() -> Any:
        made = watch()
        if _THREAD.here():
            made.poll = library._SamplePollCallback(lambda user: int(_THREAD.stopped()))
        return made

    library._InterruptWatch = watch_job  # type: ignore[attr-defined]


def _at_home() -> bool:
    """Whether this thread loaded stanli: not where a program did so itself before, nor in a process forked since."""
    return "library" in vars(_HOME)


def _run(
    model: "stanli.Model",
    sampling: Sampling,
    starts: Floats | None,
    inv_metric: Floats | None,
    say: Callable[[str], None] | None,
) -> "stanli.Fit":
    """The chains, and where this thread is not stanli's home a second one at least: it then has threads of its own."""
    assert sampling.warmup is not None
    assert sampling.cores is not None
    least = 1 if _at_home() else 2
    chains = max(sampling.chains, least)
    with _failures("sample"), nullcontext() if say is None else printed_lines(say):
        return model.sample(
            chains=chains,
            seed=sampling.seed,
            warmup=sampling.warmup,
            samples=sampling.iter - sampling.warmup,
            thin=sampling.thin,
            delta=sampling.adapt_delta,
            max_depth=sampling.max_treedepth,
            parallel_chains=max(sampling.cores, least),
            inits=None if starts is None else np.resize(starts, (chains, starts.shape[1])),
            inv_metric=inv_metric,
            refresh=refresh_every(sampling.iter) if say else 0,
        )


def _starts(model: "stanli.Model", inits: Sequence[Point] | None, chains: int) -> Floats | None:
    if not inits:
        return None
    with _failures("use the starting values"):
        return np.stack([_unconstrain(model, point) for point in one_a_chain(inits, chains)])


def _unconstrain(model: "stanli.Model", point: Point) -> Floats:
    """The point on the sampler's scale; what the program computes itself is left out, what is empty may be absent."""
    declared = {name.partition("[")[0] for name in model.constrained_names}
    values = {name: value for name, value in point.items() if name in declared or np.size(value) == 0}
    while True:
        try:
            return np.asarray(model.unconstrain(to_json(values)))
        except ValueError as error:
            missing = _NO_START.search(str(error))
            if missing is None or missing[1] in declared or missing[1] in values:
                raise
            values[missing[1]] = np.empty(0)


@contextmanager
def _failures(doing: str) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, OverflowError, MemoryError) as error:
        raise failure(f"stanli could not {doing}: ", str(error) or "memory is exhausted") from error
