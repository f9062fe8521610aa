"""The one place that knows ArviZ: containers and estimators, alike on 0.8 (Python 3.11) and on 1.x."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.errors import FileError

if TYPE_CHECKING:
    from xarray import DataTree

RHAT_BLOCK = 1_000_000  # draws that Rhat ranks at once


def check_arviz() -> None:
    """Import ArviZ before work that needs it is begun; it looks for its settings in the working folder."""
    try:
        import arviz_base  # noqa: F401
    except FileNotFoundError as error:
        try:
            os.getcwd()
        except FileNotFoundError:
            raise FileError("the working folder is gone: os.chdir() to one that is there") from None
        raise FileError(f"ArviZ cannot be imported: {error}") from error


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


def tree_parts(tree: "DataTree") -> dict[str, Any]:
    """Plain dicts and arrays that `tree_of_parts` makes the same tree of: attributes, and each group's variables."""
    groups = {name: _dataset_parts(group.dataset) for name, group in tree.children.items()}
    return {"attributes": dict(tree.attrs), "groups": groups}


def _dataset_parts(dataset: Any) -> dict[str, Any]:
    arrays = {
        kind: {str(name): [list(array.dims), array.values] for name, array in found.items()}
        for kind, found in (("coords", dataset.coords), ("variables", dataset.data_vars))
    }
    return {**arrays, "attributes": dict(dataset.attrs)}


def tree_of_parts(parts: Mapping[str, Any]) -> "DataTree":
    """The tree that `tree_parts` took apart."""
    from xarray import Dataset, DataTree

    groups = {
        name: DataTree(
            Dataset(
                {variable: tuple(array) for variable, array in group["variables"].items()},
                {coordinate: tuple(array) for coordinate, array in group["coords"].items()},
                group["attributes"],
            )
        )
        for name, group in parts["groups"].items()
    }
    return DataTree(Dataset(attrs=parts["attributes"]), children=groups)


def rhat(draws: Anything) -> Floats:
    """Rank-normalised split Rhat (Vehtari et al. 2021) of draws (chain, draw, ...), one value a parameter.

    As ArviZ's, which wants two chains before it splits them: one chain has two halves. NaN where nothing varies, and
    for fewer than four draws.
    """
    values: Any = np.asarray(draws, dtype=float)
    half, shape = values.shape[1] // 2, values.shape[2:]
    if half < 2 or not values.size:
        return np.full(shape, np.nan)
    columns = values.reshape(*values.shape[:2], -1)
    out = np.empty(columns.shape[-1])
    step = max(1, RHAT_BLOCK // columns[..., 0].size)
    for at in (slice(start, start + step) for start in range(0, len(out), step)):
        halves = np.concatenate([columns[:, :half, at], columns[:, -half:, at]])
        folded = np.abs(halves - np.median(halves, axis=(0, 1)))
        out[at] = np.maximum(_potential_scale_reduction(halves), _potential_scale_reduction(folded))
    return out.reshape(shape)


def _potential_scale_reduction(chains: Floats) -> Floats:
    """Equations 1 to 5 of that paper, of the normal scores (14) of chains (chain, draw, parameter)."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    n, draws = chains.shape[0] * chains.shape[1], chains.shape[1]
    ranks = rankdata(chains.reshape(n, -1), axis=0)
    z = ndtri((ranks - 0.375) / (n + 0.25)).reshape(chains.shape)
    between, within = z.mean(axis=1).var(axis=0, ddof=1), z.var(axis=1, ddof=1).mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(between / within + (draws - 1) / draws), dtype=float)


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


def _estimator(name: str) -> Any:
    import arviz_stats

    _do_without_docstrings()
    return getattr(arviz_stats, name)


def _do_without_docstrings() -> None:
    """Under `python -OO` ArviZ adds to the docstring of a function that has none, and fails."""
    if sys.flags.optimize > 1:
        from arviz_stats.base import stats_utils

        stats_utils.update_docstring = lambda *ufunc_and_function, **n_output: None


def _over_parameters(name: str, draws: Anything, how: Mapping[str, object]) -> Floats:
    array: Any = np.asarray(draws, dtype=float)
    if array[0, 0].size == 0:
        return np.empty(array.shape[2:])
    values = _estimator(name)(array, chain_axis=0, draw_axis=1, **how)
    return np.asarray(values, dtype=float).reshape(array.shape[2:])


def relative_efficiency(draws: Anything) -> Floats:
    """Effective size of the mean over the number of draws, of draws (chain, draw, ...); 1 where nothing varies."""
    ratio = _over_parameters("ess", draws, {"method": "mean"}) / (draws.shape[0] * draws.shape[1])
    return np.where(np.isfinite(ratio), ratio, 1.0)


def psis(log_ratios: Floats, efficiency: Floats) -> tuple[Floats, Floats]:
    """Pareto-smoothed, normalised log weights (Vehtari et al. 2024), and the Pareto k of each column.

    Parameters
    ----------
    log_ratios : numpy.ndarray, (draws, rows)
        Log importance ratios.
    efficiency : numpy.ndarray, (rows,)
        Relative efficiencies of the draws.

    Returns
    -------
    tuple of numpy.ndarray
        Log weights (draws, rows), whose exponentials sum to one; k (rows,), -inf where nothing varies.
    """
    weights, k = np.empty_like(log_ratios), np.empty(log_ratios.shape[1])
    for column in range(log_ratios.shape[1]):
        weights[:, column], k[column] = _psis(log_ratios[:, column], float(efficiency[column]))
    return weights, k


def _psis(log_ratios: Floats, efficiency: float) -> tuple[Floats, float]:
    import arviz_stats.base

    _do_without_docstrings()
    estimators: Any = arviz_stats.base
    largest = log_ratios.max()
    if np.isinf(largest):  # some draws exclude the row: they alone are left without it
        excluding = np.isinf(log_ratios)
        return np.where(excluding, -np.log(excluding.sum()), -np.inf), np.inf
    if np.ptp(log_ratios) < 1e-12:
        return np.full(len(log_ratios), -np.log(len(log_ratios))), -np.inf
    try:
        with np.errstate(all="ignore"):
            weights, k = estimators.array_stats.psislw(-log_ratios, r_eff=efficiency)
    except ValueError:  # the tail is one value: no Pareto distribution fits it
        shifted = log_ratios - largest
        return shifted - np.log(np.exp(shifted).sum()), np.inf
    return weights, float(k) if np.isfinite(k) else np.inf


def power_scaling(draws: Floats, log_density: Floats, alphas: tuple[float, float]) -> Floats:
    """Sensitivity of each parameter to a power of one factor of the posterior (Kallioinen et al. 2024), (parameters,).

    Parameters
    ----------
    draws : numpy.ndarray, (chains, draws, parameters)
    log_density : numpy.ndarray, (chains, draws)
        Of the factor.
    alphas : tuple of float
        Powers under and over one.
    """
    if np.ptp(log_density) == 0:
        return np.zeros(draws.shape[-1])
    # The name of the group only says where psense looks for the factor.
    groups = {"posterior": {"x": draws}, "log_prior": {"total": log_density}}
    found = _estimator("psense")(to_datatree(groups, {}, {}, {}), group="prior", alphas=alphas)
    return np.asarray(found["x"].values, dtype=float)
