"""What the likelihood needs of the responses of a cell: statistics of their own, or the distinct ones, counted."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np

from stanmlm.base.arrays import Anything, Floats, Ints, is_constant
from stanmlm.data.distinct import cells_of
from stanmlm.families.responses import ABOVE, BELOW, ONE, ZERO, Response, added_to, some

Stats = Mapping[str, Floats | Ints | float | int]


@dataclass(frozen=True)
class Extra:
    """What a density reads of a row beside its response, (rows,) each, or (1,) where that is the same for all."""

    trials: Floats
    weights: Floats
    # As in `Response`.
    exponents: Floats = field(default_factory=lambda: ONE)
    rate: Floats = field(default_factory=lambda: ONE)
    se: Floats = field(default_factory=lambda: ZERO)
    lower: Floats = field(default_factory=lambda: BELOW)
    upper: Floats = field(default_factory=lambda: ABOVE)
    censored: Floats = field(default_factory=lambda: ZERO)
    y2: Floats = field(default_factory=lambda: ZERO)
    item: Floats = field(default_factory=lambda: ZERO)
    values: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether every response was seen as it is, wherever it might have been."""
        return not (np.any(self.censored) or self.bounded)

    @property
    def bounded(self) -> bool:
        """Whether some response might not have been seen."""
        return bool(np.any(np.isfinite(self.lower)) or np.any(np.isfinite(self.upper)))


def extra_at(of: Response | Extra, at: Anything | slice = slice(None)) -> Extra:
    """What a density reads of some rows."""
    own = {one.name: some(getattr(of, one.name), at) for one in fields(Extra) if one.name != "values"}
    return Extra(**own, values={name: some(values, at) for name, values in of.values.items()})


def beside(of: Response | Extra, name: str) -> Floats:
    """What responses have beside, by the name of a field or of one of `values`."""
    return of.values[name] if name in of.values else getattr(of, name)


@dataclass(frozen=True)
class Observed:
    """Distinct responses within cells, R of them: what the log density of any family is a sum over."""

    cell: Ints  # (R,) from 0
    y: Floats  # (R,), or (R, K) of responses in parts
    extra: Extra  # (R,) each
    n: Floats  # (R,) how often each is there: weights that are exponents add up


@dataclass(frozen=True)
class Reduction:
    """Statistics of a cell's responses that say all of its likelihood."""

    key: tuple[str, ...]  # what rows must share to share a cell, beside the predictors: "offset"
    # (response, offset, cell of each row, number of cells) -> arrays by Stan data name
    statistic: Callable[[Response, Floats, Ints, int], Stats]
    scalars: tuple[str, ...] = ()  # it holds only where these parameters have no predictor
    links: tuple[str, ...] = ()  # and only under these links of the location; () any
    # (statistics) -> mean response and prior weight of each cell, where the density is that of a generalised linear
    # model: the mean of a cell's responses is then as good as the responses
    means: Callable[[Stats], tuple[Floats, Floats]] | None = None
    # (statistics) -> rows and squares within cells, where a dispersion is estimated from them
    spread: Callable[[Stats], tuple[float, float]] | None = None
    reads: tuple[str, ...] = ("masses",)  # what a formula may add to the responses: `exponents`, `rate`, "masses"


def observed(response: Response, cell: Ints, precisions: bool) -> Observed:
    """The distinct responses within each cell, in the order in which rows first meet them.

    Parameters
    ----------
    response : Response
        N rows; those of weight 0 are no observations.
    cell : array
        (N,) the cell of each row.
    precisions : bool
        Whether weights are precisions, which tell rows apart, or exponents.

    Returns
    -------
    Observed

    Examples
    --------
    >>> one, y = np.ones(4), np.array([2.0, 2.0, 2.0, 3.0])
    >>> observed(Response("y", y, one, one), np.array([0, 0, 1, 1]), precisions=False).n
    array([2., 1., 1.])
    """
    weights, added = response.weights, [name for name in added_to(response) if name != "exponents"]
    often = np.broadcast_to(response.exponents, weights.shape) if precisions else weights
    there = np.flatnonzero((weights > 0) & (often > 0))
    columns = [cell, *response_columns(response.y), response.trials, *(beside(response, name) for name in added)]
    columns += [weights] if precisions else []
    row, place = cells_of([np.broadcast_to(column, weights.shape)[there] for column in columns], len(there))
    first = there[place]
    n = np.bincount(row, often[there], len(first)).astype(float)
    own = weights[first] if precisions else np.ones(len(first))
    extra = replace(extra_at(response, first), weights=own, exponents=ONE)
    return Observed(cell[first], response.y[first], extra, n)


def response_columns(y: Floats) -> list[Floats]:
    """The numbers of responses, (N,) each: one, or one a category."""
    return [y] if y.ndim == 1 else list(y.T)


def distinct_responses(of: Observed, extras: Collection[str], whole: Collection[str] = ()) -> Stats:
    """The same by Stan data name, with what the density reads beside them; those named are whole, places from 1."""
    seen = {"y": of.y, **{name: np.broadcast_to(beside(of.extra, name), of.n.shape) for name in extras}}
    seen = {name: values.astype(int) if name in whole else values for name, values in seen.items()}
    return {"R": len(of.y), "cell": of.cell + 1, **seen, "n": of.n}


def total(values: Floats, cell: Ints, cells: int) -> Floats:
    """Sums over the rows of each cell."""
    if is_constant(values):
        return np.asarray(values[:1] * np.bincount(cell, minlength=cells), dtype=float)
    return np.bincount(cell, weights=values, minlength=cells).astype(float)


def times(weights: Floats, values: Floats) -> Floats:
    """Their product; weights that all are one cost nothing."""
    return values if is_constant(weights) and weights[:1] == 1 else weights * values


def counted(response: Response) -> Floats:
    """Weights times exponents; exponents that say nothing cost nothing."""
    return response.weights * response.exponents if np.any(response.exponents != 1) else response.weights


def ratio(stats: Stats, size: str) -> tuple[Floats, Floats]:
    """The mean response of each cell, "y" over its size, and that size."""
    n = np.asarray(stats[size], dtype=float)
    return np.asarray(stats["y"]) / np.where(n > 0, n, 1), n
