"""The embedded engine: stanli, which carries stanc and Stan's math library and needs no compiler."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from stanmlm.arrays import Floats
from stanmlm.engines.advice import failure
from stanmlm.engines.columns import split, stats_of
from stanmlm.engines.progress import bars, printed_lines, refresh_every
from stanmlm.engines.protocol import Point, RawDraws, Sampling, StanData
from stanmlm.engines.sampling import one_a_chain, resolve
from stanmlm.engines.stanjson import data_key, to_json
from stanmlm.errors import EngineError
from stanmlm.program import Program

if TYPE_CHECKING:
    import stanli

_MODELS_KEPT = 4
_NO_START = re.compile(r"no starting value for parameter (\w+)")


@dataclass(frozen=True)
class Stanli:
    """Samples in this process; a model is ready in about 20 ms, and the last few are kept.

    Examples
    --------
    >>> from stanmlm.engines.stanli import Stanli
    >>> Stanli().name
    'stanli'
    """

    name: str = "stanli"
    _models: "dict[tuple[str, str], stanli.Model]" = field(default_factory=dict, repr=False, compare=False)

    def __reduce__(self) -> tuple[type["Stanli"], tuple[()]]:
        """A copy, in this process or in another, begins without models: they are pointers into this one."""
        return Stanli, ()

    @property
    def version(self) -> str:
        """Version of stanli."""
        return str(_library().__version__)

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
        begin = time.perf_counter()
        model = self._model(program, data)
        ready = time.perf_counter()
        fit = _run(model, sampling, _starts(model, inits, sampling.chains), inv_metric, progress)
        return RawDraws(
            values=split(fit.draws(), fit.variables),
            stats=stats_of(_library().SAMPLER_COLUMNS, fit.sampler_stats),
            engine=self.name,
            version=self.version,
            seconds=(ready - begin, time.perf_counter() - ready),
            sampling=sampling,
        )

    def log_density(self, program: Program, data: StanData, point: Point) -> tuple[float, Floats]:
        """Log density with the Jacobian, and its gradient, on the unconstrained scale at `point`."""
        model = self._model(program, data)
        with _failures("compute the log density"):
            value, gradient = model.log_prob_grad(_unconstrain(model, point))
        return float(value), np.asarray(gradient)

    def optimize(self, program: Program, data: StanData, seed: int) -> Point:
        """The mode of the density on the unconstrained scale, by Stan's L-BFGS."""
        model = self._model(program, data)
        with _failures("find the mode"):
            mode = model.optimize(seed=seed)
        return split(np.array(list(mode.values())), mode.variables)

    def _model(self, program: Program, data: StanData) -> "stanli.Model":
        key = (program.sha256, data_key(data))
        if key not in self._models:
            with _failures("read the program and its data"):
                model = _library().Model(stan_code=program.text, data=to_json(data))
            for oldest in list(self._models)[: 1 - _MODELS_KEPT]:
                del self._models[oldest]
            self._models[key] = model
        return self._models[key]


def _library() -> ModuleType:
    try:
        import stanli
    except ImportError as error:
        raise EngineError("stanli is not installed; `pip install stanli` installs it") from error
    library: ModuleType = stanli
    return library


def _run(
    model: "stanli.Model", sampling: Sampling, starts: Floats | None, inv_metric: Floats | None, progress: bool
) -> "stanli.Fit":
    assert sampling.warmup is not None
    with (
        _failures("sample"),
        bars(sampling.chains, sampling.iter, progress) as on_line,
        printed_lines(lambda line: on_line(0, line)),
    ):
        return model.sample(
            chains=sampling.chains,
            seed=sampling.seed,
            warmup=sampling.warmup,
            samples=sampling.iter - sampling.warmup,
            thin=sampling.thin,
            delta=sampling.adapt_delta,
            max_depth=sampling.max_treedepth,
            parallel_chains=sampling.cores,
            inits=starts,
            inv_metric=inv_metric,
            refresh=refresh_every(sampling.iter) if progress else 0,
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
    except (RuntimeError, ValueError, OverflowError) as error:
        raise failure(f"stanli could not {doing}: ", str(error)) from error
