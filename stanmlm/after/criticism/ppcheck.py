"""What posterior predictive checks show, as frames: observed responses beside draws of new ones."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stanmlm.after.criticism.check_rows import ROWS
from stanmlm.after.criticism.check_shapes import SHAPES
from stanmlm.after.criticism.loo_pit import loo_intervals_frame, loo_pit_frame, loo_pit_qq_frame
from stanmlm.after.criticism.replicates import (
    CheckOptions,
    Replicates,
    Stat,
    Statistic,
    by_draws,
    members_of,
    replicates,
)
from stanmlm.after.criticism.survival import km_frame, km_grouped_frame
from stanmlm.after.predict.request import Request
from stanmlm.base.arguments import answer_of
from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.base.layout import mad
from stanmlm.fit.fit import Fit

WIDEST_BARS = 200  # different counts that bars can show
USUAL_BARS = 60  # counts up to which bars are what a check shows unless it is told otherwise


def usual_check(fit: Fit) -> str:
    """The check that shows a response best: survival of a censored one, bars of small counts, else densities."""
    if np.any(fit.model.response.censored == 1) and np.all(np.isin(fit.model.response.censored, (0, 1))):
        return "km_overlay"
    rep = replicates(fit, CheckOptions(Request(draws=1)), None, shares=False)
    (one,) = by_draws(rep)
    whole = np.all(rep.y == np.round(rep.y)) and np.all(one == np.round(one))
    return "bars" if whole and max(rep.y.max(), one.max()) <= USUAL_BARS else "dens_overlay"


def check_order(fit: Fit, type: str | None) -> None:
    """Refuse checks of numbers of responses that are in parts, and of the size of codes where these have no order.

    Raises
    ------
    DataError
    OptionError
    """
    family = fit.model.family
    if family.parts:
        raise DataError(f"pp_check() shows one number a row, and {family.name} responses have one for each of the "
                        "categories; posterior_predict() has all of them")  # fmt: skip
    if family.spread and type not in (None, "bars", "bars_grouped"):
        raise OptionError(f'categories of {family.name} models have no order, which "{type}" is about: use type="bars"')


def bars_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """For every count `x`: how many rows have it (`y`), and median and 90% interval of how many replicates' rows do."""
    return _there(*_frequencies(replicates(fit, options, None, shares=False), "bars", [slice(None)]))


def bars_grouped_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """The same for the rows of each `group`."""
    rep = replicates(fit, options, None, shares=False)
    levels, members = members_of(fit, options)
    frames = _frequencies(rep, "bars_grouped", members)
    named = (_there(frame).assign(group=level) for frame, level in zip(frames, levels, strict=True))
    frame = pd.concat(named, ignore_index=True)
    return frame.assign(group=pd.Categorical(frame["group"], levels))


def _there(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[(frame["y"] > 0) | (frame["upper"] > 0)]


def rootogram_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """Square roots of the same, `bottom` and `top` of the bars of y being where the style puts them.

    Bars of a hanging rootogram hang from what is expected, the median; a suspended one has what they miss above zero,
    and what they overshoot below (Kleiber and Zeileis 2016).
    """
    if options.style not in ROOTOGRAMS:
        raise OptionError(f"style is `{options.style}`{did_you_mean(options.style, ROOTOGRAMS)}")
    (frame,) = _frequencies(replicates(fit, options, None, shares=False), "rootogram", [slice(None)])
    columns = ["y", "middle", "lower", "upper"]
    roots = frame.assign(**{name: np.sqrt(frame[name]) for name in columns})
    bottom, top = ROOTOGRAMS[options.style](roots["y"], roots["middle"])
    return roots.assign(bottom=bottom, top=top)


# (roots of frequencies, roots of expected ones) -> the ends of bars.
ROOTOGRAMS: Mapping[str, Callable[["pd.Series", "pd.Series"], tuple["pd.Series", "pd.Series"]]] = {
    "standing": lambda y, expected: (0 * y, y),
    "hanging": lambda y, expected: (expected - y, expected),
    "suspended": lambda y, expected: (0 * y, expected - y),
}


def _frequencies(rep: Replicates, type: str, members: Sequence[Ints | slice]) -> list[pd.DataFrame]:
    """Of the counts 0, 1, ... up to the greatest that y or many replicates have, a frame for some rows each."""
    if np.any(rep.y != np.round(rep.y)):
        raise OptionError(f'type="{type}" is for counts; this response is continuous: use type="hist"')
    many = f'type="{type}" shows counts below {WIDEST_BARS}, and these go beyond: use type="hist"'
    if rep.y.max() >= WIDEST_BARS:
        raise OptionError(many)
    blocks = [[_table(block[:, rows]) for rows in members] for block in by_draws(rep)]
    frames = [_frequency(tables, rep.y[rows]) for rows, *tables in zip(members, *blocks, strict=True)]
    if any(np.any(frame["upper"][WIDEST_BARS:]) for frame in frames):
        raise OptionError(many)
    return frames


def _frequency(tables: Sequence[Ints], y: Floats) -> pd.DataFrame:
    width = max(int(y.max()) + 1, *(table.shape[1] for table in tables))
    counts = np.concatenate([np.pad(table, ((0, 0), (0, width - table.shape[1]))) for table in tables])
    middle, lower, upper = np.quantile(counts, (0.5, 0.05, 0.95), axis=0)
    seen = np.bincount(y.astype(int), minlength=width)
    frame = pd.DataFrame({"x": np.arange(width), "y": seen, "middle": middle, "lower": lower, "upper": upper})
    return frame[: int(np.flatnonzero((seen > 0) | (upper > 0)).max()) + 1]


def _table(block: Floats) -> Ints:
    """Counts of the values 0, 1, ... in each replicate, (some draws, values)."""
    whole = np.minimum(block, WIDEST_BARS).astype(np.int64)
    width = int(whole.max()) + 1
    flat = np.bincount((whole + width * np.arange(len(whole))[:, None]).ravel(), minlength=width * len(whole))
    return flat.reshape(len(whole), width)


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


def stat_2d_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """Two statistics of every replicate, `value` and `value2`, and of y, `observed` and `observed2`."""
    rep, (first, second) = replicates(fit, options, None), pair_of(options.stat)
    values = np.concatenate([np.stack([of(block) for _, of in (first, second)], axis=1) for block in by_draws(rep)])
    observed = {f"observed{k}": float(of(rep.y)) for k, (_, of) in zip(("", 2), (first, second), strict=True)}
    return pd.DataFrame({"value": values[:, 0], "value2": values[:, 1], **observed})


def pair_of(stat: Stat) -> tuple[tuple[str, Statistic], tuple[str, Statistic]]:
    """Two statistics by name; the second is the sd where only one is named, bayesplot's usual pair being of the mean.

    Raises
    ------
    OptionError
        For another number of them.
    """
    pair: list[Any] = [stat, "sd"] if isinstance(stat, str) or callable(stat) else list(stat)
    if len(pair) != 2:
        raise OptionError(f'type="stat_2d" shows two statistics, stat=("mean", "sd"); these are {len(pair)}')
    return statistic_of(pair[0]), statistic_of(pair[1])


def statistic_of(stat: Stat) -> tuple[str, Statistic]:
    """The name of a statistic, and what computes it along the last axis; a function of one vector is applied to each.

    Raises
    ------
    OptionError
        For a name that is none of ours.
    """
    if not (isinstance(stat, str) or callable(stat)):
        raise OptionError('stat is a pair, which type="stat_2d" shows; other checks show one statistic')
    if isinstance(stat, str):
        if stat not in STATISTICS:
            raise OptionError(f"there is no statistic `{stat}`{did_you_mean(stat, STATISTICS)}; a function does too")
        return stat, STATISTICS[stat]
    one = stat
    return getattr(stat, "__name__", "T"), lambda values: answer_of(
        "stat", lambda each: np.apply_along_axis(one, -1, each), values
    )


def stat_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """A statistic of every replicate, `value`, and of y, `observed`."""
    rep, (_, stat) = replicates(fit, options, None), statistic_of(options.stat)
    values = np.concatenate([stat(block) for block in by_draws(rep)])
    return pd.DataFrame({"value": values, "observed": float(stat(rep.y))})


def stat_grouped_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """The same for the rows of each `group`."""
    rep, (_, stat) = replicates(fit, options, None), statistic_of(options.stat)
    levels, members = members_of(fit, options)
    blocks = [[stat(block[:, rows]) for rows in members] for block in by_draws(rep)]
    parts = [
        pd.DataFrame({"group": level, "value": np.concatenate(values), "observed": float(stat(rep.y[rows]))})
        for level, rows, values in zip(levels, members, zip(*blocks, strict=True), strict=True)
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(group=pd.Categorical(frame["group"], levels))


FRAMES: Mapping[str, Callable[[Fit, CheckOptions], pd.DataFrame]] = {
    **SHAPES,
    "bars": bars_frame,
    "bars_grouped": bars_grouped_frame,
    "rootogram": rootogram_frame,
    "stat": stat_frame,
    "stat_grouped": stat_grouped_frame,
    "stat_2d": stat_2d_frame,
    "stat_freqpoly": stat_frame,
    "stat_freqpoly_grouped": stat_grouped_frame,
    **ROWS,
    "loo_pit": loo_pit_frame,
    "loo_pit_overlay": loo_pit_frame,
    "loo_pit_qq": loo_pit_qq_frame,
    "loo_intervals": loo_intervals_frame,
    "loo_ribbon": loo_intervals_frame,
    "km_overlay": km_frame,
    "km_overlay_grouped": km_grouped_frame,
}
