"""Explained variance with its posterior: `bayes_R2` and `loo_R2`."""

from collections.abc import Sequence

import numpy as np

from stanmlm.after.criticism.criticism import smoothed
from stanmlm.after.criticism.log_lik import Pieces, observed_pieces
from stanmlm.after.predict.chunks import chunks_of
from stanmlm.after.predict.expected import extra_of, require_numbers, theta_of
from stanmlm.after.predict.request import MAX_BYTES, Request
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.base.streams import ROWS, Purpose, Source, blocks, stream
from stanmlm.families.observation import expected_observed
from stanmlm.fit.fit import Fit, n_draws, source_of
from stanmlm.fit.posterior_summary import PROBS, NumberDraws, check_probs, number_draws

METHODS = ("model", "residual")


def bayes_R2(  # noqa: N802, rstanarm's name
    fit: Fit,
    *,
    re_formula: object = None,
    method: str | None = None,
    probs: Sequence[float] = PROBS,
    max_bytes: int = MAX_BYTES,
) -> NumberDraws:
    """Draws of Bayesian R-squared: explained variance over explained plus residual variance (Gelman et al. 2019).

    Explained is the variance over rows of the expected response, of counts in binomial models with trials; residual
    is what responses vary around their means, sigma^2 in gaussian models, averaged over rows; where that is infinite,
    of `student` up to two degrees of freedom, nothing is explained.

    Parameters
    ----------
    fit
        A fit.
    re_formula
        Group effects that explain: None for all, "NA" for none (the marginal R-squared), or a formula with some.
    method
        What residual variance is: "model", what responses vary around their means, as in rstanarm and in the paper's
        section 3; "residual", the variance over rows of observed minus expected, as in brms, which every family has.
        None is brms's for fits of `brm`, rstanarm's for others.
    probs
        Quantiles of the print.
    max_bytes
        Of the arrays that are held at once.

    Returns
    -------
    NumberDraws
        An array (draws,), which prints as brms's row, and `.to_frame()` is that row: Estimate, Est.Error, quantiles.

    Raises
    ------
    DataError
        Of responses with categories, and by "model" of families whose variance has no closed form.
    OptionError
        For another method, or a quantile that is no probability.

    Examples
    --------
    >>> from stanmlm import bayes_R2, lm, simulate_exams
    >>> bool(bayes_R2(lm("score ~ hours", simulate_exams(seed=1), seed=1)).mean() < 0.5)
    True
    """
    check_arguments(bayes_R2, locals())
    check_probs(probs)
    if method not in (None, *METHODS):
        raise OptionError(f"method is `{method}`" + did_you_mean(str(method), METHODS))
    require_numbers(fit, "shares of variance")
    pieces = observed_pieces(fit, Request(re_formula, max_bytes=max_bytes))
    how = method or ("residual" if fit.call.verb == "brm" else "model")
    return number_draws(_of_residuals(pieces, fit) if how == "residual" else _of_model(pieces, fit), "R2", probs)


def _of_residuals(pieces: Pieces, fit: Fit) -> Floats:
    """Section 2 of the paper, and brms's."""
    count = np.bincount(pieces.row).astype(float)
    sums = np.zeros((4, n_draws(fit)))
    start = float(np.average(pieces.y, weights=count))
    for at in chunks_of(pieces.target):
        theta, extra = theta_of(fit, pieces.target, at), extra_of(pieces.target, at)
        mean = expected_observed(fit.model.family, theta, extra) - start
        error = mean - (pieces.y[at] - start)
        sums += [values @ count[at] for values in (mean, mean**2, error, error**2)]
    m1, m2, e1, e2 = sums
    N = count.sum()
    explained, residual = m2 - m1**2 / N, e2 - e1**2 / N
    return np.asarray(explained / (explained + residual))


def _of_model(pieces: Pieces, fit: Fit) -> Floats:
    """Section 3 of the paper, and rstanarm's."""
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


def loo_R2(  # noqa: N802, rstanarm's name
    fit: Fit, *, probs: Sequence[float] = PROBS, max_bytes: int = MAX_BYTES
) -> NumberDraws:
    """Draws of R-squared of leave-one-out predictions: one minus the variance of their errors over that of y.

    The rows are weighted by a Bayesian bootstrap, a replication for each draw, as in rstanarm.

    Parameters
    ----------
    fit
        A fit.
    probs
        Quantiles of the print.
    max_bytes
        Of the arrays that are held at once.

    Returns
    -------
    NumberDraws
        An array (draws,), which prints as a row: Estimate, Est.Error, quantiles.

    Raises
    ------
    DataError
        Of responses with categories.
    OptionError
        For a fit of the prior, or a quantile that is no probability.

    Examples
    --------
    >>> from stanmlm import lm, loo_R2, simulate_exams
    >>> bool(loo_R2(lm("score ~ hours", simulate_exams(seed=1), seed=1)).mean() < 0.5)
    True
    """
    check_arguments(loo_R2, locals())
    check_probs(probs)
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
    return number_draws(np.clip(1 - ratio, -1, 1), "R2", probs)


def _bootstrap(source: Source, count: Floats, rows: slice, draws: int) -> Floats:
    """Weights of distinct rows of the Bayesian bootstrap, (draws, rows), a stream a block."""
    parts = []
    for block, at in blocks(rows):
        rng = stream(source, Purpose.BOOTSTRAP, block)
        parts.append(rng.standard_gamma(count[at], (draws, at.stop - at.start)))
    return np.concatenate(parts, axis=1)
