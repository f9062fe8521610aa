"""Many models, one after another or at a time over joblib: a seed for each by its name, failures by name."""

import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from stanmlm.base.callers import warn_user
from stanmlm.base.errors import OptionError, StanmlmError, StanmlmWarning
from stanmlm.base.outlets import is_watched
from stanmlm.base.streams import Purpose, Source, fresh_seed, seed_within, words_of
from stanmlm.families import Family
from stanmlm.fit.call import Prepared, prepare, sampled
from stanmlm.fit.fit import Call, Fit
from stanmlm.formula.bf import FormulaLike
from stanmlm.sampling.engines.progress import counted

SHOWN = 5  # failures that a warning names
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
    """
    from joblib import Parallel, delayed, effective_n_jobs  # here, for most who import the package fit one model

    if n_jobs == 0:
        raise OptionError("n_jobs is 0; it is a number of models at a time, -1 for as many as there are cores, or None")
    at_a_time = effective_n_jobs(n_jobs)
    cores = max(1, (os.cpu_count() or 1) // at_a_time)
    show = all(bool(job.call.arguments.get("progress", is_watched())) for job in jobs.values())
    fresh = fresh_seed()
    fits: dict[str, Fit] = {}
    errors: dict[str, StanmlmError] = {}
    with Parallel(n_jobs=n_jobs, return_as="generator") as parallel, counted(len(jobs), 0, "models", show) as step:
        for some in _batches(list(jobs.items()), BATCH * at_a_time):
            ready = {name: each for name, job in some if (each := _ready(name, job, fresh, cores, errors))}
            for name, made, told in parallel(delayed(_made)(name, each) for name, each in ready.items()):
                step()
                for message in told:
                    warn_user(f"`{name}`: {message}")
                if isinstance(made, Fit):
                    fits[name] = made
                else:
                    errors[name] = made
    return fits, {name: errors[name] for name in jobs if name in errors}


def _batches(items: list[tuple[str, Job]], size: int) -> Iterator[list[tuple[str, Job]]]:
    """Models are built in this thread, where an interrupt finds it, and not all before the first is sampled."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _ready(name: str, job: Job, fresh: int, cores: int, errors: dict[str, StanmlmError]) -> Prepared | None:
    """A model with its seed; None, and the error among `errors`, where its data make none."""
    try:
        ready = prepare(job.call, job.formula, job.data, job.family, job.scope)
    except OptionError:
        raise
    except StanmlmError as error:
        errors[name] = error
        return None
    given = ready.run.sampling.seed
    seed = seed_within(Source(fresh if given is None else given, words_of(name)), Purpose.MODELS)
    sampling = replace(ready.run.sampling, seed=seed, cores=ready.run.sampling.cores or cores)
    arguments = ready.call.arguments if given is None else {**ready.call.arguments, "seed": seed}
    run = replace(ready.run, sampling=sampling, progress=False)
    return Prepared(replace(ready.call, arguments=arguments), ready.model, run)


def _made(name: str, ready: Prepared) -> tuple[str, Fit | StanmlmError, tuple[str, ...]]:
    """A fit or its error, and what was warned of on the way: another process would keep that to itself."""
    made: Fit | StanmlmError
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made = sampled(ready)
        except StanmlmError as error:
            made = error
    own = tuple(str(each.message) for each in caught if issubclass(each.category, StanmlmWarning))
    return name, made, own


def failures(of: str, errors: Mapping[str, StanmlmError], fitted: int) -> str:
    """A warning about models that could not be fitted."""
    lines = [f"`{name}`: {str(error).splitlines()[0]}" for name, error in list(errors.items())[:SHOWN]]
    more = f"; and {len(errors) - SHOWN} more" if len(errors) > SHOWN else ""
    return f"{len(errors)} of {len(errors) + fitted} {of} could not be fitted: {'; '.join(lines)}{more}"
