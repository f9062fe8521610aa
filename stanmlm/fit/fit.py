"""A fit: the model, its draws under the user's names, and how they were drawn."""

import pickle
import warnings
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.arviz_compat import to_datatree
from stanmlm.base.callers import warn_user
from stanmlm.base.errors import OptionError, StanmlmWarning
from stanmlm.base.streams import Source, fresh_seed
from stanmlm.model.model import Model, labelled
from stanmlm.priors.parameters import Variable
from stanmlm.sampling.engines.protocol import RawDraws, Sampling
from stanmlm.sampling.program import Program
from stanmlm.sampling.user_scale import unroll

if TYPE_CHECKING:
    from xarray import DataArray, DataTree


@dataclass(frozen=True)
class Call:
    """What the user wrote, for printing and for `update`."""

    verb: str  # "lm", "glm", "lmer" or "glmer"
    data_name: str  # the name of the data frame in the caller's scope, "" for none
    arguments: Mapping[str, object]  # everything else that was given, by name
    scope: Mapping[str, object] = field(default_factory=dict)  # what the formula took from the caller, by name

    def __getstate__(self) -> dict[str, object]:
        """What crosses processes: what pickle cannot take, as functions of the caller's, stays behind as in files."""
        arguments = {name: thing for name, thing in self.arguments.items() if _travels(thing)}
        if lost := [f"`{name}`" for name in self.arguments if name not in arguments]:
            message = f"pickle does not take {', '.join(lost)}, so that update() will need it again"
            warnings.warn(StanmlmWarning(message), stacklevel=2)
        scope = {name: thing for name, thing in self.scope.items() if _travels(thing)}
        return {**self.__dict__, "arguments": arguments, "scope": scope}

    def __deepcopy__(self, memo: dict[int, object]) -> "Call":
        return Call(self.verb, self.data_name, deepcopy(self.arguments, memo), deepcopy(self.scope, memo))


def _travels(thing: object) -> bool:
    try:
        pickle.dumps(thing)
    except Exception:  # whatever an object of the caller's raises
        return False
    return True


@dataclass(frozen=True)
class Fit:
    """A fitted model; all that one asks of it is a function, such as `fixef(fit)` or `loo(fit)`.

    Attributes
    ----------
    call
        What the user wrote: the verb, the data's name, the arguments.
    model
        Formula, family, data, design, priors: all that there was before draws.
    program
        The Stan program; `stancode(fit)` is its text.
    posterior
        An xarray DataTree, which ArviZ reads: the groups `posterior` and `sample_stats`, dims "chain" and "draw" first.
    sampling
        Chains, iterations, seed and the like, as they were used.
    engine
        Who sampled.
    version
        Its version.
    seconds
        What readying the program took, and sampling.
    imputed
        Where the model was fitted to several data sets: how many chains are of each, in their order; () for one.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> print(str(fit).splitlines()[0])
    Linear mixed model, posterior by Stan ['lmer']
    >>> dict(fit.posterior["posterior"]["b"].sizes)
    {'chain': 4, 'draw': 1000, 'term': 2}
    """

    call: Call
    model: Model
    program: Program
    posterior: "DataTree"  # groups `posterior` (variables of `model.ledger`) and `sample_stats`
    sampling: Sampling
    engine: str
    version: str
    seconds: tuple[float, float]  # readying the program, sampling
    imputed: tuple[int, ...] = ()  # chains of each data set

    def __repr__(self) -> str:
        from stanmlm.fit.printing import print_fit

        return print_fit(self)

    def _repr_html_(self) -> str:
        from stanmlm.fit.printing import html_fit

        return html_fit(self)

    # What the package maketables asks any model for: `maketables.ETable([fit])`.
    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        from stanmlm.fit.model_rows import coef_table

        return coef_table(self)

    @property
    def __maketables_depvar__(self) -> str:
        return self.model.response.label

    @property
    def __maketables_default_stat_keys__(self) -> list[str]:
        from stanmlm.fit.model_rows import sizes

        return list(sizes(self))

    def __maketables_stat__(self, key: str) -> int | None:
        from stanmlm.fit.model_rows import sizes

        return sizes(self).get(key)


def fit_from_draws(call: Call, model: Model, program: Program, raw: RawDraws) -> Fit:
    """Label an engine's draws once, for everything that comes after."""
    # An engine need not have had a seed; what is drawn here and later has one that is kept.
    seed = fresh_seed() if raw.sampling.seed is None else raw.sampling.seed
    # In one order in memory: sums over draws then have the same last digit after `save` and `load`.
    draws = unroll(model, raw.values, seed)
    values = {name: np.ascontiguousarray(array) for name, array in labelled(model, draws).items()}
    tree = _tree(model, values, raw.stats, {"inference_library": raw.engine, "inference_library_version": raw.version})
    return Fit(call, model, program, tree, replace(raw.sampling, seed=seed), raw.engine, raw.version, raw.seconds)


def source_of(fit: Fit, seed: int | None = None) -> Source:
    """Where random numbers about a fit come from: its own seed where None is given, and what its model is."""
    own = fit.sampling.seed or 0  # fits in files of version 0.1 may have none
    return Source(own if seed is None else seed, fit.model.words)


def _tree(
    model: Model, values: Mapping[str, Anything], stats: Mapping[str, Anything], attributes: Mapping[str, object]
) -> "DataTree":
    table = model.ledger.variables
    some = {name: array for name, array in values.items() if array.size}  # ArviZ has no statistics of no element
    return to_datatree(
        {"posterior": some, "sample_stats": stats},
        dims={row.name: row.dims for row in table if row.dims},
        coords={dim: labels for row in table for dim, labels in zip(row.dims, row.labels, strict=True)},
        attributes=attributes,
    )


def joined_tree(fit: Fit, values: Mapping[str, Anything], stats: Mapping[str, Anything]) -> "DataTree":
    """The tree of a fit with other chains."""
    attributes = {str(name): value for name, value in fit.posterior["posterior"].attrs.items()}
    return _tree(fit.model, values, stats, attributes)


def each_data_set(fit: Fit) -> Iterator[Fit]:
    """The draws of each data set that a model was fitted to, as fits of their own; all know the first one's rows."""
    ends = np.cumsum(fit.imputed)
    names, stats = (list(map(str, fit.posterior[group].data_vars)) for group in ("posterior", "sample_stats"))
    for end, size in zip(ends, fit.imputed, strict=True):
        chains = slice(end - size, end)
        values: dict[str, Anything] = {name: chains_of(fit, name)[chains] for name in names}
        sampled: dict[str, Anything] = {name: statistic(fit, name)[chains] for name in stats}
        tree = joined_tree(fit, values, sampled)
        yield replace(fit, posterior=tree, sampling=replace(fit.sampling, chains=size), imputed=())


def warn_of_data_sets(fit: Fit) -> None:
    """As brms does: what was imputed differs from one data set to another, and with it what is said of the rows."""
    if fit.imputed:
        warn_user(f"the fit is of {len(fit.imputed)} data sets, and this uses the rows of the first alone")


def require_one_data_set(fit: Fit, what: str) -> None:
    """Refuse what fits the model again, where the rows of all data sets but one are gone."""
    if fit.imputed:
        raise OptionError(
            f"{what} fits the model again, and the fit is of {len(fit.imputed)} data sets, of which it has the first: "
            "fits(formula, [data1, data2]) gives a fit of each"
        )


def relabelled(fit: Fit) -> Fit:
    """A fit that an earlier version kept, with the dims and labels of this one."""
    posterior, stats = fit.posterior["posterior"], fit.posterior["sample_stats"]
    table = {row.name: row for row in fit.model.ledger.variables}
    if all(_is_labelled(array, table[str(name)]) for name, array in posterior.data_vars.items()):
        return fit
    values, others = (
        {str(name): np.asarray(array) for name, array in of.data_vars.items()} for of in (posterior, stats)
    )
    return replace(
        fit,
        posterior=_tree(fit.model, values, others, {str(name): value for name, value in fit.posterior.attrs.items()}),
    )


def _is_labelled(array: "DataArray", row: Variable) -> bool:
    """Whether an array of the posterior has the dims and labels that the ledger gives it."""
    return tuple(array.dims) == ("chain", "draw", *row.dims) and all(
        array.coords[dim].to_numpy().tolist() == list(labels) for dim, labels in zip(row.dims, row.labels, strict=True)
    )


def chains_of(fit: Fit, variable: str) -> Floats:
    """Draws of one variable, (chains, draws, ...); one of a predictor without fixed coefficients has no elements."""
    posterior = fit.posterior["posterior"]
    if variable not in posterior and any(row.name == variable for row in fit.model.ledger.variables):
        return np.zeros((posterior.sizes["chain"], posterior.sizes["draw"], 0))
    return np.asarray(posterior[variable].to_numpy())


def draws_of(fit: Fit, variable: str) -> Floats:
    """Draws of one variable with chains joined, (draws, ...)."""
    values = chains_of(fit, variable)
    return values.reshape(values.shape[0] * values.shape[1], *values.shape[2:])


def statistic(fit: Fit, name: str) -> Floats:
    """A sampler statistic by ArviZ's name, (chains, draws)."""
    return np.asarray(fit.posterior["sample_stats"][name].to_numpy())


def functions_of(fit: Fit) -> dict[str, object]:
    """The Python functions that the formula took from the caller's scope."""
    return {name: thing for name, thing in fit.call.scope.items() if callable(thing)}


def n_draws(fit: Fit) -> int:
    """The number of draws after warm-up, over all chains."""
    sizes = fit.posterior["posterior"].sizes
    return int(sizes["chain"] * sizes["draw"])
