"""New responses for the rows of a fit, some draws or some rows at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.after.criticism.log_lik import observed_rows
from stanmlm.after.predict.chunks import chunks, chunks_of
from stanmlm.after.predict.expected import new_responses, theta_of
from stanmlm.after.predict.request import USUAL, Request
from stanmlm.after.predict.row_groups import group_of
from stanmlm.after.predict.target import Target, target_of
from stanmlm.base.arrays import Anything, Floats, Ints
from stanmlm.base.streams import ROWS, Source
from stanmlm.fit.fit import Fit, n_draws, source_of

MOST_RESPONSES = 5_000_000  # that a check draws by default: about a second


Statistic = Callable[[Floats], Floats]  # (..., rows) -> (...)
Stat = str | Statistic | Sequence[str | Statistic]


@dataclass(frozen=True)
class CheckOptions:
    """What a check is made from."""

    request: Request = USUAL  # where it says no number of draws, each type has its own
    group: str | Anything | None = None
    stat: Stat = "mean"  # a pair for those that show two
    x: str | Anything | None = None  # what rows stand along
    style: str = "standing"  # of rootograms
    seed: int | None = None  # the fit's own where None


@dataclass(frozen=True)
class Replicates:
    """Observed responses, and new ones for the same rows; shares of trials where rows have several."""

    fit: Fit
    target: Target  # the draws in use, for all rows of the fit: new responses are those of `posterior_predict`
    rows: Ints  # (N,) positions of the rows that are observations
    y: Floats  # (N,)
    divisor: Floats  # (N,) what counts are divided by
    source: Source


def replicates(fit: Fit, options: CheckOptions, ndraws: int | None, shares: bool = True) -> Replicates:
    """The rows of a fit, and the draws that a check uses: `ndraws`, or as many as there is time for, by default."""
    rows = observed_rows(fit)
    trials, y = fit.model.response.trials[rows], fit.model.response.y[rows]
    divisor = np.where(trials > 0, trials, 1.0) if shares and np.any(trials > 1) else np.ones_like(trials)
    usual = min(n_draws(fit), ndraws or max(100, MOST_RESPONSES // len(y)))
    draws = usual if options.request.draws is None else options.request.draws
    return Replicates(
        fit=fit,
        target=target_of(fit, request=replace(options.request, draws=draws)),
        rows=rows,
        y=y / divisor,
        divisor=divisor,
        source=source_of(fit, options.seed),
    )


def by_draws(rep: Replicates) -> Iterator[Floats]:
    """New responses of all observations, (some draws, N), some draws after the other."""
    whole = slice(0, len(rep.target.index))
    for some in chunks(len(rep.target.draws), whole.stop, rep.target.request.max_bytes):
        target = replace(rep.target, draws=rep.target.draws[some])
        new = new_responses(rep.fit, target, rep.source)(theta_of(rep.fit, target, whole), whole)
        yield new[:, rep.rows] / rep.divisor


def by_rows(rep: Replicates) -> Iterator[Floats]:
    """New responses of all draws, (draws, some observations), some rows after the other."""
    values = new_responses(rep.fit, rep.target, rep.source)
    for at, some in pieces_of_rows(rep):
        new = values(theta_of(rep.fit, rep.target, at), at)
        yield new[:, rep.rows[some] - at.start] / rep.divisor[some]


def pieces_of_rows(rep: Replicates) -> Iterator[tuple[slice, slice]]:
    """Rows of the fit whose draws fit in memory, and the observations among them."""
    for at in chunks_of(rep.target, ROWS):
        yield at, slice(*np.searchsorted(rep.rows, (at.start, at.stop)).tolist())


def members_of(fit: Fit, options: CheckOptions) -> tuple[list[str], list[Ints]]:
    """The levels of a group that observations have, and the observations of each."""
    groups = group_of(fit, options.group)[observed_rows(fit)].remove_unused_categories()
    members = [np.flatnonzero(groups.codes == code) for code in range(len(groups.categories))]
    return [str(level) for level in groups.categories], members
