"""Many models, one after another or at a time over joblib: a seed for each by its name, failures by name."""

import os
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, replace
from pickle import PicklingError
from typing import TYPE_CHECKING

from stanmlm.base.callers import overheard, warn_user
from stanmlm.base.errors import EngineError, OptionError, StanmlmError, StanmlmWarning
from stanmlm.base.outlets import is_watched
from stanmlm.base.streams import Purpose, Source, fresh_seed, seed_within, words_of
from stanmlm.families import Family
from stanmlm.fit.call import Prepared, prepare, read_options, sampled
from stanmlm.fit.fit import Call, Fit
from stanmlm.formula.bf import FormulaLike
from stanmlm.sampling.engines.progress import counted

if TYPE_CHECKING:
    from joblib import Parallel

BATCH = 4  # models that are built ahead, for each that is sampled at a time


@dataclass(frozen=True)
class Job:
    """What one model is fitted from."""

    call: Call
    formula: FormulaLike
    data: object
    family: Family
    scope: Mapping[str, object]


Outcomes = tuple[dict[str, Fit], dict[str, StanmlmError]]


def fit_jobs(jobs: Mapping[str, Job], n_jobs: int | None) -> Outcomes:
    """Fits and errors by name, in the order of `jobs`.

    Parameters
    ----------
    jobs
        What is fitted, by name: the seed of each is made of the call's and its name alone, so that a model has the same
        draws whatever is fitted beside it.
    n_jobs
        Models at a time, joblib's: -1 for as many as there are cores, None for one, or what
        `joblib.parallel_config` says.

    Raises
    ------
    OptionError
        Of options that no model could have, at once.
    EngineError
        Where a process that samples ends.
    """
    from joblib import Parallel, effective_n_jobs  # here, for most who import the package fit one model

    if n_jobs == 0:
        raise OptionError("n_jobs is 0; it is a number of models at a time, -1 for as many as there are cores, or None")
    for job in list(jobs.values())[:1]:
        read_options(job.call.arguments)
    at_a_time = max(1, min(effective_n_jobs(n_jobs), len(jobs)))
    n_jobs = n_jobs and at_a_time  # None stays, for a backend around the call to say
    cores = max(1, (os.cpu_count() or 1) // at_a_time)
    show = all(bool(job.call.arguments.get("progress", is_watched())) for job in jobs.values())
    fresh = fresh_seed()
    outcomes: dict[str, Fit | StanmlmError] = {}
    with Parallel(n_jobs=n_jobs, return_as="generator") as parallel, counted(len(jobs), 0, "models", show) as step:
        for some in _batches(list(jobs.items()), BATCH * at_a_time):
            built = {name: _prepared(name, job, fresh, cores) for name, job in some}
            ready = {name: each for name, each in built.items() if isinstance(each, Prepared)}
            outcomes |= {name: each for name, each in built.items() if not isinstance(each, Prepared)}
            step(len(built) - len(ready))
            for name, (made, told) in zip(ready, _at_a_time(parallel, ready), strict=True):
                outcomes[name] = made
                _warn(name, told)
                step(1)
    fits = {name: made for name in jobs if isinstance(made := outcomes[name], Fit)}
    return fits, {name: made for name in jobs if isinstance(made := outcomes[name], StanmlmError)}


def _batches(items: list[tuple[str, Job]], size: int) -> Iterator[list[tuple[str, Job]]]:
    """Models are built in this thread, where an interrupt finds it, and not all before the first is sampled."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _prepared(name: str, job: Job, fresh: int, cores: int) -> Prepared | StanmlmError:
    """A model with its seed, or why there is none; warnings are given with its name."""
    ready: Prepared | StanmlmError
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            ready = prepare(job.call, job.formula, job.data, job.family, job.scope)
        except StanmlmError as error:
            ready = error
    _warn(name, [str(each.message) for each in caught if issubclass(each.category, StanmlmWarning)])
    return _seeded(ready, name, fresh, cores) if isinstance(ready, Prepared) else ready


def _seeded(ready: Prepared, name: str, fresh: int, cores: int) -> Prepared:
    given = ready.run.sampling.seed
    seed = seed_within(Source(fresh if given is None else given, words_of(name)), Purpose.MODELS)
    sampling = replace(ready.run.sampling, seed=seed, cores=ready.run.sampling.cores or cores)
    arguments = ready.call.arguments if given is None else {**ready.call.arguments, "seed": seed}
    run = replace(ready.run, sampling=sampling, progress=False)
    return Prepared(replace(ready.call, arguments=arguments), ready.model, run)


def _warn(name: str, told: list[str]) -> None:
    for message in told:
        warn_user(f"`{name}`: {message}")


def _at_a_time(parallel: "Parallel", ready: Mapping[str, Prepared]) -> Iterator[tuple[Fit | StanmlmError, list[str]]]:
    """Fits in the order of the models, each as soon as it is there."""
    from joblib import delayed

    try:
        yield from parallel(delayed(_made)(each) for each in ready.values())
    except (BrokenExecutor, PicklingError) as error:
        raise EngineError(f"joblib cannot fit models in other processes ({error}); n_jobs=1 fits them here") from error


def _made(ready: Prepared) -> tuple[Fit | StanmlmError, list[str]]:
    """A fit or its error, which must not end the others, and what is to be warned of."""
    with overheard() as told:
        try:
            return sampled(ready), told
        except StanmlmError as error:
            return error, told
