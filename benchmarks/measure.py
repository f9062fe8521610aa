"""The same estimators for every package: smallest effective sizes and largest Rhat over the model's parameters."""

from collections.abc import Mapping

import arviz_stats
import numpy as np


def smallest_sizes(draws: Mapping[str, np.ndarray]) -> dict[str, float]:
    """`draws` are (chains, draws, ...) arrays of fixed effects, sds, correlations and sigma."""
    columns = _columns(draws)
    columns = columns[..., columns.std(axis=(0, 1)) > 0]
    shape = {"chain_axis": 0, "draw_axis": 1}
    return {
        "bulk": float(np.min(arviz_stats.ess(columns, method="bulk", **shape))),
        "tail": float(np.min(arviz_stats.ess(columns, method="tail", prob=(0.05, 0.95), **shape))),
        "rhat": float(np.max(arviz_stats.rhat(columns, method="rank", **shape))),
        "parameters": int(columns.shape[-1]),
    }


def largest_rhat(draws: Mapping[str, np.ndarray]) -> float:
    """The largest rank-normalised Rhat of `draws`, (chains, draws, ...) arrays of group effects."""
    return float(np.max(arviz_stats.rhat(_columns(draws), chain_axis=0, draw_axis=1, method="rank")))


def _columns(draws: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([array.reshape(*array.shape[:2], -1) for array in draws.values()], axis=-1)
