"""What posterior predictive checks show, as frames: observed responses beside draws of new ones."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stanmlm.arrays import Anything, Floats, Ints
from stanmlm.criticism import smoothed
from stanmlm.errors import OptionError, did_you_mean
from stanmlm.fit import Fit, n_draws
from stanmlm.groups import group_of
from stanmlm.layout import mad
from stanmlm.log_lik import auxiliaries, observed, observed_pieces, observed_rows, target_of
from stanmlm.predict import MAX_BYTES, Target, chunks, linear_predictor

GRID = 512  # points of a density curve
FINE = 8  # bins a point, on which densities are smoothed
UNIFORMS = 100  # reference curves of `loo_pit`, as in bayesplot
BINS = 30  # of histograms, as in ggplot2
MOST_RESPONSES = 5_000_000  # that a check draws by default: about a second
WIDEST_BARS = 200  # different counts that bars can show
USUAL_BARS = 60  # counts up to which bars are what a check shows unless it is told otherwise

Statistic = Callable[[Floats], Floats]  # (..., rows) -> (...)


@dataclass(frozen=True)
class CheckOptions:
    """What a check is made from."""

    draws: int | None = None  # each type's own number where None
    group: str | Anything | None = None
    stat: str | Statistic = "mean"
    seed: int | None = None  # the fit's own where None
    max_bytes: int = MAX_BYTES


@dataclass(frozen=True)
class Replicates:
    """Observed responses, and a source of new ones for the same rows; shares of trials where rows have several."""

    fit: Fit
    target: Target
    y: Floats  # (N,)
    divisor: Floats  # (N,) what counts are divided by
    draws: Ints  # positions of the draws in use
    seed: int


def replicates(fit: Fit, options: CheckOptions, ndraws: int | None, shares: bool = True) -> Replicates:
    """The rows of a fit, and the draws that a check uses: `ndraws`, or as many as there is time for, by default."""
    design, response, index = observed(fit)
    trials = response.trials
    divisor = np.where(trials > 0, trials, 1.0) if shares and np.any(trials > 1) else np.ones_like(trials)
    return Replicates(
        fit=fit,
        target=target_of(fit, design, response, index),
        y=response.y / divisor,
        divisor=divisor,
        draws=_kept(n_draws(fit), options.draws, ndraws or max(100, MOST_RESPONSES // len(response.y))),
        seed=(fit.sampling.seed or 0) if options.seed is None else options.seed,
    )


def _kept(total: int, asked: int | None, usual: int) -> Ints:
    if asked is not None and not 1 <= asked <= total:
        raise OptionError(f"draws is {asked}; the fit has {total} draws")
    number = asked or min(usual, total)
    return np.linspace(0, total - 1, number).astype(np.int64)


def new_responses(rep: Replicates, draws: Ints, rows: slice) -> Floats:
    """New responses, (draws, rows)."""
    target, family = replace(rep.target, draws=draws), rep.fit.model.family
    rng = np.random.default_rng([rep.seed, int(draws[0]), rows.start])
    mu = family.link.inverse(linear_predictor(rep.fit, target, rows))
    new = family.draw(rng, mu, auxiliaries(rep.fit, target), target.trials[rows], target.weights[rows])
    return np.asarray(new / rep.divisor[rows])


def by_draws(rep: Replicates, max_bytes: int) -> Iterator[Floats]:
    """New responses of all rows, (some draws, N), a block of draws after the other."""
    N = len(rep.y)
    for some in chunks(len(rep.draws), N, max_bytes):
        yield new_responses(rep, rep.draws[some], slice(0, N))


def density_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """Density curves `x`, `density` of y (`draw` 0) and of some replicates (1, 2, ...)."""
    rep = replicates(fit, options, 50)
    new = np.concatenate(list(by_draws(rep, options.max_bytes)))
    low, high = min(rep.y.min(), new.min()), max(rep.y.max(), new.max())
    curves = [kde(values, low, high) for values in (rep.y, *new)]
    return _curves(curves, np.linspace(low, high, GRID))


def _curves(curves: list[Floats], grid: Floats) -> pd.DataFrame:
    draw = np.repeat(np.arange(len(curves)), len(grid))
    return pd.DataFrame({"x": np.tile(grid, len(curves)), "density": np.concatenate(curves), "draw": draw})


def kde(values: Floats, low: float, high: float, bandwidth: float | None = None) -> Floats:
    """A Gaussian kernel density at `GRID` points from low to high, by default with R's `bw.nrd0`.

    Examples
    --------
    >>> float(kde(np.random.default_rng(1).normal(size=100_000), -4, 4).max().round(1))
    0.4
    """
    from scipy.signal import fftconvolve

    h = bandwidth or nrd0(values)
    cell = (high - low) / ((GRID - 1) * FINE) or 1.0
    margin = int(np.ceil(4 * h / cell))
    edges = low + cell * (np.arange(-margin, (GRID - 1) * FINE + margin + 2) - 0.5)
    counts = np.histogram(values, edges)[0] / (len(values) * cell)
    kernel = np.exp(-0.5 * (cell * np.arange(-margin, margin + 1) / h) ** 2)
    smooth = fftconvolve(counts, kernel / kernel.sum(), mode="same")
    return np.asarray(np.clip(smooth[margin : margin + (GRID - 1) * FINE + 1 : FINE], 0, None))


def nrd0(values: Floats) -> float:
    """Silverman's rule of thumb (1986, eq. 3.31), as R's `bw.nrd0`."""
    quartiles = float(np.subtract(*np.quantile(values, (0.75, 0.25)))) / 1.34
    sd = float(values.std(ddof=1))
    return float(0.9 * (min(sd, quartiles) or sd or abs(values[0]) or 1.0) * len(values) ** -0.2)


def hist_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """Histograms of y (`draw` 0) and of some replicates, a row a bin: `x` its middle, `width`, `count`."""
    rep = replicates(fit, options, 8)
    new = np.concatenate(list(by_draws(rep, options.max_bytes)))
    sets = [rep.y, *new]
    edges = np.linspace(min(map(np.min, sets)), max(map(np.max, sets)), BINS + 1)
    edges = edges if edges[-1] > edges[0] else edges + np.linspace(-0.5, 0.5, BINS + 1)
    bins = pd.DataFrame({"x": (edges[1:] + edges[:-1]) / 2, "width": np.diff(edges)})
    return pd.concat(
        [bins.assign(count=np.histogram(values, edges)[0], draw=i) for i, values in enumerate(sets)], ignore_index=True
    )


def usual_check(fit: Fit) -> str:
    """The check that shows a response best: bars where it and a replicate are small counts, else densities."""
    rep = replicates(fit, CheckOptions(), None, shares=False)
    one = new_responses(rep, rep.draws[:1], slice(0, len(rep.y)))
    whole = np.all(rep.y == np.round(rep.y)) and np.all(one == np.round(one))
    return "bars" if whole and max(rep.y.max(), one.max()) <= USUAL_BARS else "dens_overlay"


def bars_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """For every count `x`: how many rows have it (`y`), and median and 90% interval of how many replicates' rows do."""
    rep = replicates(fit, options, None, shares=False)
    if np.any(rep.y != np.round(rep.y)):
        raise OptionError('type="bars" is for counts; this response is continuous: use type="hist"')
    many = f'type="bars" shows counts below {WIDEST_BARS}, and these go beyond: use type="hist"'
    if rep.y.max() >= WIDEST_BARS:
        raise OptionError(many)
    blocks = list(_tables(rep, options.max_bytes))
    width = max(int(rep.y.max()) + 1, *(block.shape[1] for block in blocks))
    counts = np.concatenate([np.pad(block, ((0, 0), (0, width - block.shape[1]))) for block in blocks])
    middle, lower, upper = np.quantile(counts, (0.5, 0.05, 0.95), axis=0)
    seen = np.bincount(rep.y.astype(int), minlength=width)
    if np.any(upper[WIDEST_BARS:]):
        raise OptionError(many)
    frame = pd.DataFrame({"x": np.arange(width), "y": seen, "middle": middle, "lower": lower, "upper": upper})
    return frame[(frame["y"] > 0) | (frame["upper"] > 0)]


def _tables(rep: Replicates, max_bytes: int) -> Iterator[Ints]:
    """Counts of the values 0, 1, ... in each replicate, (some draws, values)."""
    for block in by_draws(rep, max_bytes):
        whole = np.minimum(block, WIDEST_BARS).astype(np.int64)
        width = int(whole.max()) + 1
        flat = np.bincount((whole + width * np.arange(len(whole))[:, None]).ravel(), minlength=width * len(whole))
        yield flat.reshape(len(whole), width)


def _proportion_zero(values: Floats) -> Floats:
    return np.asarray((values == 0).mean(axis=-1))


STATISTICS: Mapping[str, Statistic] = {
    "mean": lambda values: values.mean(axis=-1),
    "sd": lambda values: values.std(axis=-1, ddof=1),
    "median": lambda values: np.median(values, axis=-1),
    "mad": lambda values: mad(np.moveaxis(values, -1, 0)),
    "min": lambda values: values.min(axis=-1),
    "max": lambda values: values.max(axis=-1),
    "prop_zero": _proportion_zero,
}


def statistic_of(stat: str | Statistic) -> tuple[str, Statistic]:
    """The name of a statistic, and what computes it along the last axis; a function of one vector is applied to each.

    Raises
    ------
    OptionError
        For a name that is none of ours.
    """
    if isinstance(stat, str):
        if stat not in STATISTICS:
            raise OptionError(f"there is no statistic `{stat}`{did_you_mean(stat, STATISTICS)}; a function does too")
        return stat, STATISTICS[stat]
    one = stat
    return getattr(stat, "__name__", "T"), lambda values: np.apply_along_axis(one, -1, values)


def stat_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """A statistic of every replicate, `value`, and of y, `observed`."""
    rep, (_, stat) = replicates(fit, options, None), statistic_of(options.stat)
    values = np.concatenate([stat(block) for block in by_draws(rep, options.max_bytes)])
    return pd.DataFrame({"value": values, "observed": float(stat(rep.y))})


def stat_grouped_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """The same for the rows of each `group`."""
    rep, (_, stat) = replicates(fit, options, None), statistic_of(options.stat)
    groups = group_of(fit, options.group)[observed_rows(fit)].remove_unused_categories()
    members = [np.flatnonzero(groups.codes == code) for code in range(len(groups.categories))]
    blocks = [[stat(block[:, rows]) for rows in members] for block in by_draws(rep, options.max_bytes)]
    parts = [
        pd.DataFrame({"group": str(level), "value": np.concatenate(values), "observed": float(stat(rep.y[rows]))})
        for level, rows, values in zip(groups.categories, members, zip(*blocks, strict=True), strict=True)
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(group=pd.Categorical(frame["group"], [str(level) for level in groups.categories]))


def intervals_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """For every row `x`: `y`, and the median with the 50% and 90% interval of its replicates."""
    rep = replicates(fit, options, None)
    quantiles = [
        np.quantile(new_responses(rep, rep.draws, at), (0.5, 0.25, 0.75, 0.05, 0.95), axis=0)
        for at in chunks(len(rep.y), len(rep.draws), options.max_bytes)
    ]
    names = ("middle", "lower50", "upper50", "lower90", "upper90")
    columns = dict(zip(names, np.concatenate(quantiles, axis=1), strict=True))
    return pd.DataFrame({"x": np.arange(1, len(rep.y) + 1), "y": rep.y, **columns})


def error_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """For every row: `y`, and `error`, y minus the mean of its replicates."""
    rep = replicates(fit, options, None)
    means = [
        new_responses(rep, rep.draws, at).mean(axis=0) for at in chunks(len(rep.y), len(rep.draws), options.max_bytes)
    ]
    return pd.DataFrame({"y": rep.y, "error": rep.y - np.concatenate(means)})


def error_binned_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """Mean residuals by bins of the expected response, with two standard errors (Gelman and Hill 2007, 5.6)."""
    rep = replicates(fit, options, None)
    expected = _expected(rep, options.max_bytes)
    bins = _square_root(len(rep.y))
    order = np.argsort(expected, kind="stable")
    residual = rep.y - expected
    rows = [
        {"x": expected[at].mean(), "error": residual[at].mean(), "bound": 2 * residual[at].std() / np.sqrt(len(at))}
        for at in np.array_split(order, bins)
    ]
    return pd.DataFrame(rows)


def _square_root(rows: int) -> int:
    """arm's number of bins."""
    return int(np.sqrt(rows)) if rows >= 100 else max(1, min(10, rows // 2))


def _expected(rep: Replicates, max_bytes: int) -> Floats:
    inverse, target = rep.fit.model.family.link.inverse, replace(rep.target, draws=rep.draws)
    parts = []
    for at in chunks(len(rep.y), len(rep.draws), max_bytes):
        mean = inverse(linear_predictor(rep.fit, target, at)).mean(axis=0)
        parts.append(mean * target.trials[at] / rep.divisor[at])
    return np.concatenate(parts)


def loo_pit(fit: Fit, options: CheckOptions) -> Floats:
    """Leave-one-out predictive probability of a response up to the observed one, (N,); ties are broken at random."""
    pieces = observed_pieces(fit)
    rng = np.random.default_rng((fit.sampling.seed or 0) if options.seed is None else options.seed)
    below, equal = np.empty(len(pieces.y)), np.empty(len(pieces.y))
    rep = Replicates(fit, pieces.target, pieces.y, np.ones_like(pieces.y), pieces.target.draws, 0)
    for part in smoothed(fit, pieces, options.max_bytes):
        new, weights = new_responses(rep, rep.draws, part.at), np.exp(part.log_weights)
        below[part.at] = np.sum(weights * (new < pieces.y[part.at]), axis=0)
        equal[part.at] = np.sum(weights * (new == pieces.y[part.at]), axis=0)
    return np.clip(below[pieces.row] + equal[pieces.row] * rng.random(len(pieces.row)), 0, 1)


def loo_pit_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """Density curves of the LOO-PIT values (`draw` 0) and of uniform ones (1, 2, ...), reflected at 0 and 1."""
    values = loo_pit(fit, options)
    rng = np.random.default_rng(options.seed)
    sets = [values, *rng.random((UNIFORMS, len(values)))]
    return _curves([_reflected(each) for each in sets], np.linspace(0, 1, GRID))


def _reflected(values: Floats) -> Floats:
    """A density on [0, 1] without the kernel's loss at the ends."""
    return 3 * kde(np.concatenate([-values, values, 2 - values]), 0, 1, nrd0(values))


FRAMES: Mapping[str, Callable[[Fit, CheckOptions], pd.DataFrame]] = {
    "dens_overlay": density_frame,
    "hist": hist_frame,
    "bars": bars_frame,
    "stat": stat_frame,
    "stat_grouped": stat_grouped_frame,
    "intervals": intervals_frame,
    "error": error_frame,
    "error_binned": error_binned_frame,
    "loo_pit": loo_pit_frame,
}
