"""Nakagawa's shares of variance and collinearity from coefficients and covariances: arithmetic without a fit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri

from stanmlm.base.arrays import Floats, Ints


@dataclass(frozen=True)
class Shares:
    """What the parts of the variance say, as performance's `r2_nakagawa` and `icc`; arrays as the parts."""

    marginal: Floats  # R-squared of the fixed part
    conditional: Floats  # of fixed part and group effects
    adjusted: Floats  # intraclass correlation, fixed part held
    unadjusted: Floats  # intraclass correlation, the fixed part's variance among the total


def shares(fixed: Floats, random: Floats, residual: Floats) -> Shares:
    """Nakagawa, Johnson and Schielzeth (2017), equations of section 2, of the three parts of the variance.

    Examples
    --------
    >>> shares(np.array(1.0), np.array(2.0), np.array(1.0)).conditional.item()
    0.75
    """
    total = fixed + random + residual
    return Shares(fixed / total, (fixed + random) / total, random / (random + residual), random / total)


def fixed_variance(X: Floats, beta: Floats, counts: Floats | None = None) -> Floats:
    """The variance over rows of X beta, with n - 1 below, (draws,) of beta (draws, F); rows stand for `counts` each."""
    often = np.ones(len(X)) if counts is None else counts
    away = X - np.average(X, axis=0, weights=often)
    covariance = (away.T * often) @ away / (often.sum() - 1)
    return np.asarray(np.einsum("...f,fg,...g->...", beta, covariance, beta))


def random_variance(Z: Floats, sigma: Floats, counts: Floats | None = None) -> Floats:
    """The mean over rows of z' Sigma z (Johnson 2014), (draws,) of Sigma (draws, K, K): a trace."""
    often = np.ones(len(Z)) if counts is None else counts
    return np.asarray(np.einsum("...kl,kl->...", sigma, (Z.T * often) @ Z / often.sum()))


def lognormal_variance(mean: Floats, variance: Floats) -> Floats:
    """log(1 + variance / mean^2), that of a response on the scale of a log link, by the lognormal approximation."""
    return np.asarray(np.log1p(variance / mean**2))


def inflation(
    terms: Sequence[str],
    assign: Ints,
    covariance: Floats,
    n: int,
    n_fixed: int,
    level: float = 0.95,
) -> pd.DataFrame:
    """Generalised variance inflation of terms (Fox and Monette 1992), in performance's columns.

    Parameters
    ----------
    terms
        Names of the terms.
    assign
        (F,) the place in `terms`, from 1, of each coefficient; 0 of the intercept, which is left out.
    covariance
        (F, F) of the coefficients.
    n, n_fixed
        Rows, and coefficients with the intercept, for the intervals (Marcoulides and Raykov 2019, appendix B).
    level
        Of the intervals.

    Examples
    --------
    >>> found = inflation(["x", "z"], np.array([0, 1, 2]), np.array([[1, 0, 0], [0, 1, 0.6], [0, 0.6, 1]]), 100, 3)
    >>> found["VIF"].round(4).tolist()
    [1.5625, 1.5625]
    """
    own = assign > 0
    within = covariance[np.ix_(own, own)]
    sd = np.sqrt(np.diagonal(within))
    R, places = within / np.outer(sd, sd), assign[own]
    log_det = _log_det(R)
    kept = [k for k in range(1, len(terms) + 1) if (places == k).any()]
    logs = [_log_det(R, places == k) + _log_det(R, places != k) - log_det for k in kept]
    vif = np.exp(logs)
    low, high = _interval(1 - 1 / vif, n, n_fixed, level)
    return pd.DataFrame(
        {
            "Term": [terms[k - 1] for k in kept],
            "VIF": vif,
            "VIF_CI_low": 1 / (1 - low),
            "VIF_CI_high": 1 / (1 - high),
            "SE_factor": np.sqrt(vif),
            "Tolerance": 1 / vif,
            "Tolerance_CI_low": 1 - high,
            "Tolerance_CI_high": 1 - low,
        }
    )


def _log_det(R: Floats, own: Floats | None = None) -> float:
    return float(np.linalg.slogdet(R if own is None else R[np.ix_(own, own)])[1])


def _interval(r: Floats, n: int, p: int, level: float) -> tuple[Floats, Floats]:
    """Of a squared multiple correlation, normal on the scale of its logit."""
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt((1 - r**2) ** 2 * (n - p - 1) ** 2 / ((n**2 - 1) * (n + 3))) / (r * (1 - r))
        reach = ndtri((1 + level) / 2) * error
        return expit(logit(r) - reach), expit(logit(r) + reach)
