"""What figures are drawn from: frames of estimates with intervals, and places for labels. No drawing here."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import check_probability

# column: quantile
INTERVALS = {"estimate": 0.5, "lower50": 0.25, "upper50": 0.75, "lower95": 0.025, "upper95": 0.975}
TOUCH = 1e-3  # boxes that overlap by less of their size count as apart


def interval_columns(probs: Sequence[float]) -> dict[str, float]:
    """The columns of medians and of central intervals, with their quantiles: `INTERVALS` for (0.5, 0.95).

    Examples
    --------
    >>> interval_columns([0.9])
    {'estimate': 0.5, 'lower90': 0.05, 'upper90': 0.95}
    """
    for prob in probs:
        check_probability("prob", prob)
    tails = [(f"{100 * prob:.6g}", round((1 - prob) / 2, 12)) for prob in probs]
    sides = [{f"lower{name}": tail, f"upper{name}": 1 - tail} for name, tail in tails]
    return {"estimate": 0.5} | {column: quantile for side in sides for column, quantile in side.items()}


def interval_frame(grid: pd.DataFrame, draws: Floats, probs: Sequence[float] = (0.5, 0.95)) -> pd.DataFrame:
    """The rows of `grid` with the posterior median and central intervals of what was drawn at each.

    Parameters
    ----------
    grid : pandas.DataFrame, R rows
        Where the draws were evaluated.
    draws : numpy.ndarray, (S, R)
        Draws by rows.
    probs : sequence of float
        The probabilities of the intervals.

    Returns
    -------
    pandas.DataFrame
        `grid` with the columns `estimate`, `lower50`, `upper50`, `lower95`, `upper95`.

    Raises
    ------
    OptionError
        For a probability outside (0, 1).

    Examples
    --------
    >>> interval_frame(pd.DataFrame({"x": [1]}), np.linspace(0, 1, 101)[:, None]).round(3).iloc[0].to_dict()
    {'x': 1.0, 'estimate': 0.5, 'lower50': 0.25, 'upper50': 0.75, 'lower95': 0.025, 'upper95': 0.975}
    """
    columns = interval_columns(probs)
    quantiles = np.quantile(draws, list(columns.values()), axis=0)
    return grid.reset_index(drop=True).assign(**dict(zip(columns, quantiles, strict=True)))


def spread_apart(places: Floats, gap: float) -> Floats:
    """Places at least `gap` apart, in the same order, moved as little as possible (least squares, pool adjacent)."""
    order = np.argsort(places, kind="stable")
    target = places[order] - gap * np.arange(len(places))
    spaced = _nondecreasing(target) + gap * np.arange(len(places))
    moved = np.empty(len(places))
    moved[order] = spaced
    return moved


def _nondecreasing(target: Floats) -> Floats:
    blocks: list[tuple[float, int]] = []
    for value in target:
        blocks.append((float(value), 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (low, n), (high, m) = blocks[-2], blocks[-1]
            blocks[-2:] = [((low * n + high * m) / (n + m), n + m)]
    return np.concatenate([np.full(n, mean) for mean, n in blocks]) if blocks else np.empty(0)


def repel(places: Floats, size: tuple[float, float], rounds: int = 500) -> Floats:
    """Centres of equal boxes, pushed apart along the shorter way until none overlap or the rounds are over.

    Parameters
    ----------
    places : numpy.ndarray, (R, 2)
        Wanted centres.
    size : tuple of float
        Width and height of a box in the units of `places`.
    rounds : int
        At most so many pushes.

    Returns
    -------
    numpy.ndarray, (R, 2)

    Examples
    --------
    >>> repel(np.array([[0.0, 0.0], [0.5, 0.0]]), (1.0, 1.0)).round(2).tolist()
    [[-0.25, 0.0], [0.75, 0.0]]
    """
    centres = np.asarray(places, dtype=float) / size
    number = np.arange(len(centres))
    tie = np.sign(number[:, None] - number)[..., None]
    for _ in range(rounds):
        apart = centres[:, None] - centres
        overlap = np.clip(1.0 - np.abs(apart), 0.0, None) * (tie != 0)
        touching = overlap.min(axis=2, keepdims=True) > TOUCH
        if not touching.any():
            break
        shorter = overlap == overlap.min(axis=2, keepdims=True)
        push = np.where(apart == 0, tie, np.sign(apart)) * overlap * (shorter & touching)
        centres = centres + push.sum(axis=1) / 2
    moved: Floats = centres * size
    return moved
