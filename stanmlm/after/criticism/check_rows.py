"""Responses beside replicates row by row, and errors, as frames."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from stanmlm.after.criticism.check_shapes import Frame, grouped
from stanmlm.after.criticism.log_lik import observed_rows
from stanmlm.after.criticism.replicates import (
    CheckOptions,
    Replicates,
    by_draws,
    by_rows,
    members_of,
    pieces_of_rows,
    replicates,
)
from stanmlm.after.predict.expected import expected, extra_of, require_numbers, theta_of
from stanmlm.after.predict.row_groups import numbers_by_row
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError
from stanmlm.fit.fit import Fit

FEW = 3  # replicates that have a panel each, as in bayesplot's examples
PROBS = {"middle": 0.5, "lower50": 0.25, "upper50": 0.75, "lower90": 0.05, "upper90": 0.95}


def x_of(fit: Fit, options: CheckOptions) -> Floats:
    """What rows stand along: `x=`, or their number."""
    rows = observed_rows(fit)
    return np.arange(1.0, len(rows) + 1) if options.x is None else numbers_by_row(fit, options.x)[rows]


def intervals_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """For every row, at `x`: `y`, and the median with the 50% and 90% interval of its replicates."""
    rep = replicates(fit, options, None)
    quantiles = [np.quantile(new, list(PROBS.values()), axis=0) for new in by_rows(rep)]
    columns = dict(zip(PROBS, np.concatenate(quantiles, axis=1), strict=True))
    return pd.DataFrame({"x": x_of(fit, options), "y": rep.y, **columns})


def _mean_errors(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """For every row: `y`, the mean of its replicates, and `error`, y minus that."""
    require_numbers(fit, "errors")
    rep = replicates(fit, options, None)
    mean = np.concatenate([new.mean(axis=0) for new in by_rows(rep)])
    return pd.DataFrame({"y": rep.y, "mean": mean, "error": rep.y - mean})


def error_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """For every row: `y`, and `error`, y minus the mean of its replicates."""
    return _mean_errors(fit, options)[["y", "error"]]


def error_x_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """For every row: `x`, and `error`, y minus the mean of its replicates."""
    if options.x is None:
        raise OptionError('type="error_scatter_avg_vs_x" needs x=, a variable of the model or a number a row')
    return _mean_errors(fit, options)[["error"]].assign(x=x_of(fit, options))


def average_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """For every row: `y`, and `mean`, that of its replicates."""
    return _mean_errors(fit, options)[["y", "mean"]]


def scatter_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """For every row and a few replicates: `y`, `new`, the replicate's, `error`, y minus that, and `draw`."""
    require_numbers(fit, "errors")
    rep = replicates(fit, options, FEW)
    new = np.concatenate(list(by_draws(rep)))
    y, draw = np.tile(rep.y, len(new)), np.repeat(np.arange(1, len(new) + 1), len(rep.y))
    return pd.DataFrame({"y": y, "new": new.ravel(), "error": y - new.ravel(), "draw": draw})


def split(frame_of: Frame) -> Frame:
    """The frame with a column `group`, the rows of each group together."""

    def frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
        made, (levels, members) = frame_of(fit, options), members_of(fit, options)
        N = sum(map(len, members))
        return grouped(levels, [made.iloc[np.flatnonzero(np.isin(np.arange(len(made)) % N, rows))] for rows in members])

    return frame


def error_binned_frame(fit: Fit, options: CheckOptions) -> pd.DataFrame:
    """Mean residuals by bins of the expected response, with two standard errors (Gelman and Hill 2007, 5.6)."""
    require_numbers(fit, "errors")
    rep = replicates(fit, options, None)
    expected = _expected(rep)
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


def _expected(rep: Replicates) -> Floats:
    trials = rep.target.trials[rep.rows]
    parts = []
    for at, some in pieces_of_rows(rep):
        mean = expected(rep.fit, theta_of(rep.fit, rep.target, at), extra_of(rep.target, at)).mean(axis=0)
        parts.append(mean[rep.rows[some] - at.start] * trials[some] / rep.divisor[some])
    return np.concatenate(parts)


ROWS: Mapping[str, Callable[[Fit, CheckOptions], pd.DataFrame]] = {
    "intervals": intervals_frame,
    "intervals_grouped": split(intervals_frame),
    "ribbon": intervals_frame,
    "ribbon_grouped": split(intervals_frame),
    "scatter": scatter_frame,
    "scatter_avg": average_frame,
    "scatter_avg_grouped": split(average_frame),
    "error": error_frame,
    "error_scatter_avg": error_frame,
    "error_scatter_avg_grouped": split(error_frame),
    "error_scatter_avg_vs_x": error_x_frame,
    "error_scatter": scatter_frame,
    "error_hist": scatter_frame,
    "error_hist_grouped": split(scatter_frame),
    "error_binned": error_binned_frame,
}
