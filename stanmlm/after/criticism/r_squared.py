"""Explained variance with its posterior: `bayes_R2` and `loo_R2`."""

import numpy as np

from stanmlm.after.criticism.criticism import smoothed
from stanmlm.after.criticism.log_lik import Pieces, observed_pieces
from stanmlm.after.predict.chunks import chunks_of
from stanmlm.after.predict.expected import extra_of, require_numbers, theta_of
from stanmlm.after.predict.request import MAX_BYTES, Request
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError
from stanmlm.base.streams import ROWS, Purpose, Source, blocks, stream
from stanmlm.families.observation import expected_observed
from stanmlm.fit.fit import Fit, n_draws, source_of


def bayes_R2(fit: Fit, *, max_bytes: int = MAX_BYTES) -> Floats:  # noqa: N802, rstanarm's name
    """Draws of Bayesian R-squared: explained variance over explained plus residual variance (Gelman et al. 2019).

    Explained is the variance over rows of the expected response, of counts in binomial models with trials; residual
    is what responses vary around their means, sigma^2 in gaussian models, averaged over rows; where that is infinite,
    of `student` up to two degrees of freedom, nothing is explained.

    Returns
    -------
    numpy.ndarray, (draws,)

    Examples
    --------
    >>> from stanmlm import bayes_R2, lm, simulate_exams
    >>> bool(bayes_R2(lm("score ~ hours", simulate_exams(seed=1), seed=1)).mean() < 0.5)
    True
    """
    check_arguments(bayes_R2, locals())
    require_numbers(fit, "shares of variance")
    pieces = observed_pieces(fit, Request(max_bytes=max_bytes))
    count = np.bincount(pieces.row).astype(float)
    N, S = count.sum(), n_draws(fit)
    total, squares, residual = np.zeros(S), np.zeros(S), np.zeros(S)
    centre = None
    for at in chunks_of(pieces.target):
        mean, variance = _moments(fit, pieces, at)
        centre = mean.mean(axis=1) if centre is None else centre
        away = mean - centre[:, None]
        total += away @ count[at]
        squares += away**2 @ count[at]
        residual += variance @ count[at] / N
    explained = (squares - total**2 / N) / (N - 1)
    return np.asarray(explained / (explained + residual))


def _moments(fit: Fit, pieces: Pieces, at: slice) -> tuple[Floats, Floats]:
    """Mean and variance of the responses of some distinct rows, (draws, rows) each."""
    family, target = fit.model.family, pieces.target
    theta, extra = theta_of(fit, target, at), extra_of(target, at)
    return expected_observed(family, theta, extra), family.variance_of(theta, extra)


def loo_R2(fit: Fit, *, max_bytes: int = MAX_BYTES) -> Floats:  # noqa: N802, rstanarm's name
    """Draws of R-squared of leave-one-out predictions: one minus the variance of their errors over that of y.

    The rows are weighted by a Bayesian bootstrap, a replication for each draw, as in rstanarm.

    Returns
    -------
    numpy.ndarray, (draws,)

    Examples
    --------
    >>> from stanmlm import lm, loo_R2, simulate_exams
    >>> bool(loo_R2(lm("score ~ hours", simulate_exams(seed=1), seed=1)).mean() < 0.5)
    True
    """
    check_arguments(loo_R2, locals())
    require_numbers(fit, "shares of variance")
    if fit.model.prior_only:
        raise OptionError("loo_R2 needs a posterior, and this fit has prior_only=True")
    pieces = observed_pieces(fit, Request(max_bytes=max_bytes))
    count = np.bincount(pieces.row).astype(float)
    source = source_of(fit)
    sums = np.zeros((5, n_draws(fit)))
    start = float(np.average(pieces.y, weights=count))
    for part in smoothed(fit, pieces, ROWS):
        y, mean = pieces.y[part.at] - start, _moments(fit, pieces, part.at)[0]
        error = np.sum(np.exp(part.log_weights) * mean, axis=0) - pieces.y[part.at]
        # Exponential weights of equal rows add up to a gamma variable.
        weights = _bootstrap(source, count, part.at, n_draws(fit))
        sums += [weights @ column for column in (np.ones_like(y), y, y**2, error, error**2)]
    total, y1, y2, e1, e2 = sums
    ratio = (e2 / total - (e1 / total) ** 2) / (y2 / total - (y1 / total) ** 2)
    return np.clip(1 - ratio, -1, 1)


def _bootstrap(source: Source, count: Floats, rows: slice, draws: int) -> Floats:
    """Weights of distinct rows of the Bayesian bootstrap, (draws, rows), a stream a block."""
    parts = []
    for block, at in blocks(rows):
        rng = stream(source, Purpose.BOOTSTRAP, block)
        parts.append(rng.standard_gamma(count[at], (draws, at.stop - at.start)))
    return np.concatenate(parts, axis=1)
