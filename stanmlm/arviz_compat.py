"""The one place that knows ArviZ: containers and estimators, alike on 0.8 (Python 3.11) and on 1.x."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stanmlm.arrays import Anything, Floats

if TYPE_CHECKING:
    from xarray import DataTree


def to_datatree(
    groups: Mapping[str, Mapping[str, Anything]],
    dims: Mapping[str, Sequence[str]],
    coords: Mapping[str, Sequence[object]],
    attributes: Mapping[str, object],
) -> "DataTree":
    """An ArviZ DataTree; every array starts with (chain, draw), `dims` names what follows by variable."""
    from arviz_base import from_dict

    tree = from_dict(
        {group: dict(variables) for group, variables in groups.items()},
        dims={name: list(values) for name, values in dims.items()},
        coords={name: np.asarray(values) for name, values in coords.items()},
        check_conventions=False,
    )
    tree.attrs.update(attributes)
    return tree


def rhat(draws: Anything) -> Floats:
    """Rank-normalised split Rhat (Vehtari et al. 2021) of draws (chain, draw, ...), one value a parameter."""
    return _over_parameters("rhat", draws, {"method": "rank"})


def ess_bulk(draws: Anything) -> Floats:
    """Bulk effective sample size (Vehtari et al. 2021) of draws (chain, draw, ...)."""
    return _over_parameters("ess", draws, {"method": "bulk"})


def ess_tail(draws: Anything) -> Floats:
    """Tail effective sample size, the smaller of the 5% and 95% quantiles', of draws (chain, draw, ...)."""
    return _over_parameters("ess", draws, {"method": "tail", "prob": (0.05, 0.95)})


def mcse_mean(draws: Anything) -> Floats:
    """Monte Carlo standard error of the mean of draws (chain, draw, ...)."""
    return _over_parameters("mcse", draws, {"method": "mean"})


def bfmi(energy: Anything) -> Floats:
    """Energy's Bayesian fraction of missing information of each chain, from energies (chain, draw)."""
    steps = np.square(np.diff(energy, axis=1)).mean(axis=1)
    return np.asarray(steps / energy.var(axis=1), dtype=float)


def _over_parameters(name: str, draws: Anything, how: Mapping[str, object]) -> Floats:
    import arviz_stats

    estimator = getattr(arviz_stats, name)
    array: Any = np.asarray(draws, dtype=float)
    if array[0, 0].size == 0:
        return np.empty(array.shape[2:])
    values = estimator(array, chain_axis=0, draw_axis=1, **how)
    return np.asarray(values, dtype=float).reshape(array.shape[2:])
