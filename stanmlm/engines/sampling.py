"""The record of how to sample, from the options that a user typed."""

import operator
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from stanmlm.arguments import shown
from stanmlm.engines.protocol import Point, Sampling
from stanmlm.errors import OptionError, did_you_mean
from stanmlm.streams import fresh_seed

_CONTROL = ("adapt_delta", "max_treedepth")  # what rstan and brms take inside `control`
_LARGEST_SEED = 2**32 - 1


def sampling_from(options: Mapping[str, object]) -> Sampling:
    """The record of how to sample, every `None` resolved.

    Parameters
    ----------
    options
        Values by rstanarm's names: `chains, iter, warmup, thin, seed, adapt_delta, max_treedepth, cores`; and
        `control`, a dict of `adapt_delta` and `max_treedepth`, as rstan and brms take them. `iter` counts warm-up.

    Raises
    ------
    OptionError
        For a name that is none of these, and for a value that cannot be.

    Examples
    --------
    >>> sampling_from({"chains": 2, "iter": 1000, "seed": 1, "cores": 1})
    Sampling(chains=2, iter=1000, warmup=500, thin=1, seed=1, adapt_delta=0.8, max_treedepth=10, cores=1)
    """
    given = _without_control(options)
    known = [field.name for field in fields(Sampling)]
    for name in given:
        if name not in known:
            raise OptionError(f"there is no sampling option `{name}`{did_you_mean(name, [*known, 'control'])}")
    read: dict[str, Any] = {name: _READ[name](name, value) for name, value in given.items()}
    return resolve(Sampling(**read))


def resolve(sampling: Sampling) -> Sampling:
    """The same record with warm-up, seed and cores decided, and every value checked."""
    warmup = sampling.iter // 2 if sampling.warmup is None else sampling.warmup
    cores = _cores() if sampling.cores is None else sampling.cores
    seed = fresh_seed() if sampling.seed is None else sampling.seed
    _check(replace(sampling, warmup=warmup, cores=cores, seed=seed))
    return replace(sampling, warmup=warmup, cores=min(cores, sampling.chains), seed=seed)


def one_a_chain(inits: Sequence[Point], chains: int) -> list[Point]:
    """The starting points, one a chain; a single one is for all chains."""
    if len(inits) not in (1, chains):
        raise OptionError(f"starting values must be one point, or one a chain: {len(inits)} points for {chains} chains")
    return [*inits] * (chains // len(inits))


def _without_control(options: Mapping[str, object]) -> dict[str, object]:
    control = options.get("control")
    rest = {name: value for name, value in options.items() if name != "control"}
    if control is None:
        return rest
    if not isinstance(control, Mapping):
        raise OptionError(f"`control` must be a dict of `adapt_delta` and `max_treedepth`, not {shown(control)}")
    for name in control:
        if name not in _CONTROL:
            raise OptionError(f"there is no `{name}` in `control`{did_you_mean(str(name), _CONTROL)}")
        if name in rest:
            raise OptionError(f"`{name}` is given twice, once inside `control`")
    return rest | dict(control)


def _whole(name: str, value: object) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        return int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise OptionError(f"`{name}` must be a whole number, not {shown(value)}") from None


def _whole_or_none(name: str, value: object) -> int | None:
    return None if value is None else _whole(name, value)


def _real(name: str, value: object) -> float:
    try:
        if isinstance(value, bool | str):
            raise TypeError
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise OptionError(f"`{name}` must be a number, not {shown(value)}") from None


_READ: Mapping[str, Callable[[str, object], object]] = {
    "chains": _whole,
    "iter": _whole,
    "warmup": _whole_or_none,
    "thin": _whole,
    "seed": _whole_or_none,
    "adapt_delta": _real,
    "max_treedepth": _whole,
    "cores": _whole_or_none,
}

_MUST: tuple[tuple[str, Callable[[Sampling], bool], str], ...] = (
    ("chains", lambda s: s.chains >= 1, "must be 1 or more"),
    ("iter", lambda s: s.iter >= 1, "must be 1 or more; it counts warm-up"),
    ("warmup", lambda s: (s.warmup or 0) >= 0, "must be 0 or more"),
    ("warmup", lambda s: (s.warmup or 0) < s.iter, "must be less than `iter`, which counts warm-up"),
    ("thin", lambda s: s.thin >= 1, "must be 1 or more"),
    ("seed", lambda s: 0 <= (s.seed or 0) <= _LARGEST_SEED, f"must lie between 0 and {_LARGEST_SEED}"),
    ("adapt_delta", lambda s: 0 < s.adapt_delta < 1, "must lie between 0 and 1; try 0.9 or 0.95"),
    ("max_treedepth", lambda s: 1 <= s.max_treedepth <= 30, "must lie between 1 and 30; 10 is usual"),
    ("cores", lambda s: (s.cores or 0) >= 1, "must be 1 or more"),
)


def _check(sampling: Sampling) -> None:
    values = {field.name: getattr(sampling, field.name) for field in fields(Sampling)}
    for name, holds, must in _MUST:
        if not holds(sampling):
            raise OptionError(f"`{name}` {must}, not {values[name]}")


def _cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
