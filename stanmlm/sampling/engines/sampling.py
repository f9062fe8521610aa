"""The record of how to sample, from the options that a user typed."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from stanmlm.base.arguments import as_whole, shown
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.base.kinds import is_whole
from stanmlm.base.streams import fresh_seed
from stanmlm.sampling.engines.protocol import Point, Sampling

_CONTROL = ("adapt_delta", "max_treedepth")  # what rstan and brms take inside `control`


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
    given = as_whole(value)
    if not is_whole(given):
        raise OptionError(f"`{name}` must be a whole number, not {shown(value)}")
    return int(given)


def _whole_or_none(name: str, value: object) -> int | None:
    return None if value is None else _whole(name, value)


def _real(name: str, value: object) -> float:
    try:
        if isinstance(value, bool | np.bool_ | str | bytes | complex):
            raise TypeError
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
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

# What Stan's own whole numbers hold, where nothing smaller is sensible: it takes larger ones modulo 2^32.
_LARGEST = 2**31 - 1

_TOLD_WHOLE = ("seed", "max_treedepth")  # whose two ends matter alike
_RANGES: Mapping[str, tuple[int, int, str]] = {
    "chains": (1, 10_000, ""),
    "iter": (1, _LARGEST, "; it counts warm-up"),
    "warmup": (0, _LARGEST, ""),
    "thin": (1, _LARGEST, ""),
    "seed": (0, 2**32 - 1, ""),
    "max_treedepth": (1, 30, "; 10 is usual"),
    "cores": (1, _LARGEST, ""),
}


def _check(sampling: Sampling) -> None:
    for name, (low, high, more) in _RANGES.items():
        value = _whole(name, getattr(sampling, name))
        if not low <= value <= high:
            bound = f"be {low} or more" if value < low else f"be {high} or less"
            must = f"must lie between {low} and {high}" if name in _TOLD_WHOLE else f"must {bound}"
            raise OptionError(f"`{name}` {must}{more}, not {_written(value)}")
    if not 0 < sampling.adapt_delta < 1:
        raise OptionError(f"`adapt_delta` must lie between 0 and 1; try 0.9 or 0.95, not {sampling.adapt_delta}")
    if not (sampling.warmup or 0) < sampling.iter:
        raise OptionError(f"`warmup` must be less than `iter`, which counts warm-up, not {sampling.warmup}")


def _written(value: int) -> str:
    """A whole number as an error names it: Python refuses to write the very long ones."""
    return str(value) if abs(value) < 10**40 else "a number of more than 40 digits"


def _cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
