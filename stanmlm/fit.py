"""A fit: the model, its draws under the user's names, and how they were drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from stanmlm.arrays import Floats
from stanmlm.arviz_compat import to_datatree
from stanmlm.engines.protocol import RawDraws, Sampling
from stanmlm.model import Model, labelled, parameters
from stanmlm.program import Program
from stanmlm.streams import Source, fresh_seed
from stanmlm.unroll import unroll

if TYPE_CHECKING:
    from xarray import DataTree


@dataclass(frozen=True)
class Call:
    """What the user wrote, for printing and for `update`."""

    verb: str  # "lm", "glm", "lmer" or "glmer"
    data_name: str  # the name of the data frame in the caller's scope, "" for none
    arguments: Mapping[str, object]  # everything else that was given, by name
    scope: Mapping[str, object] = field(default_factory=dict)  # what the formula took from the caller, by name


@dataclass(frozen=True)
class Fit:
    """A fitted model; all that one asks of it is a function, such as `fixef(fit)` or `loo(fit)`."""

    call: Call
    model: Model
    program: Program
    posterior: "DataTree"  # groups `posterior` (names of `parameters(model)`) and `sample_stats`
    sampling: Sampling
    engine: str
    version: str
    seconds: tuple[float, float]  # readying the program, sampling

    def __repr__(self) -> str:
        from stanmlm.printing import print_fit

        return print_fit(self)

    def _repr_html_(self) -> str:
        from stanmlm.printing import html_fit

        return html_fit(self)


def fit_from_draws(call: Call, model: Model, program: Program, raw: RawDraws) -> Fit:
    """Label an engine's draws once, for everything that comes after."""
    table = parameters(model)
    # An engine need not have had a seed; what is drawn here and later has one that is kept.
    seed = fresh_seed() if raw.sampling.seed is None else raw.sampling.seed
    # In one order in memory: sums over draws then have the same last digit after `save` and `load`.
    draws = unroll(model, raw.values, seed)
    values = {name: np.ascontiguousarray(array) for name, array in labelled(model, draws).items()}
    tree = to_datatree(
        {"posterior": values, "sample_stats": raw.stats},
        dims={row.name: row.dims for row in table if row.dims},
        coords={dim: labels for row in table for dim, labels in zip(row.dims, row.labels, strict=True)},
        attributes={"inference_library": raw.engine, "inference_library_version": raw.version},
    )
    return Fit(call, model, program, tree, replace(raw.sampling, seed=seed), raw.engine, raw.version, raw.seconds)


def source_of(fit: Fit, seed: int | None = None) -> Source:
    """Where random numbers about a fit come from: its own seed where None is given, and what its model is."""
    own = fit.sampling.seed or 0  # fits in files of version 0.1 may have none
    return Source(own if seed is None else seed, fit.model.words)


def chains_of(fit: Fit, variable: str) -> Floats:
    """Draws of one variable, (chains, draws, ...)."""
    return np.asarray(fit.posterior["posterior"][variable].to_numpy())


def draws_of(fit: Fit, variable: str) -> Floats:
    """Draws of one variable with chains joined, (draws, ...)."""
    values = chains_of(fit, variable)
    return values.reshape(values.shape[0] * values.shape[1], *values.shape[2:])


def statistic(fit: Fit, name: str) -> Floats:
    """A sampler statistic by ArviZ's name, (chains, draws)."""
    return np.asarray(fit.posterior["sample_stats"][name].to_numpy())


def n_draws(fit: Fit) -> int:
    """The number of draws after warm-up, over all chains."""
    sizes = fit.posterior["posterior"].sizes
    return int(sizes["chain"] * sizes["draw"])
