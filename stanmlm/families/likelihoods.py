"""What each family's rows do given their mean, in NumPy: new responses and log densities with all constants."""

from collections.abc import Mapping

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats

# Everywhere: mu (draws, rows); auxiliary parameters (draws, 1) by name; y, trials and weights (rows,).
Auxiliaries = Mapping[str, Floats]


def draw_gaussian(
    rng: np.random.Generator, mu: Floats, auxiliary: Auxiliaries, trials: Floats, weights: Floats
) -> Floats:
    """New reals, variance sigma^2 / weight; infinite ones where the weight is zero, as `predict.lm`'s intervals."""
    noise = rng.standard_normal(mu.shape)
    with np.errstate(divide="ignore"):
        return np.asarray(mu + noise * auxiliary["sigma"] / np.sqrt(weights))


def log_gaussian(y: Floats, mu: Floats, auxiliary: Auxiliaries, trials: Floats, weights: Floats) -> Floats:
    """Normal log density, variance sigma^2 / weight."""
    sigma = auxiliary["sigma"] / np.sqrt(weights)
    return np.asarray(-0.5 * ((y - mu) / sigma) ** 2 - np.log(sigma) - 0.5 * np.log(2 * np.pi))


def draw_binomial(
    rng: np.random.Generator, mu: Floats, auxiliary: Auxiliaries, trials: Floats, weights: Floats
) -> Floats:
    """New numbers of successes out of `trials`, rounded to whole trials."""
    return rng.binomial(np.round(trials).astype(np.int64), mu).astype(float)


def log_binomial(y: Floats, mu: Floats, auxiliary: Auxiliaries, trials: Floats, weights: Floats) -> Floats:
    """Binomial log probability, for reals by its continuation, times the case weight."""
    choose = special.gammaln(trials + 1) - special.gammaln(y + 1) - special.gammaln(trials - y + 1)
    return np.asarray(weights * (choose + special.xlogy(y, mu) + special.xlog1py(trials - y, -mu)))


def draw_poisson(
    rng: np.random.Generator, mu: Floats, auxiliary: Auxiliaries, trials: Floats, weights: Floats
) -> Floats:
    """New counts."""
    return rng.poisson(mu).astype(float)


def log_poisson(y: Floats, mu: Floats, auxiliary: Auxiliaries, trials: Floats, weights: Floats) -> Floats:
    """Poisson log probability, for reals by its continuation, times the case weight."""
    return np.asarray(weights * (special.xlogy(y, mu) - mu - special.gammaln(y + 1)))


def variance_gaussian(mu: Floats, auxiliary: Auxiliaries, trials: Floats, weights: Floats) -> Floats:
    """Variance of a response: sigma^2 / weight."""
    return np.broadcast_to(auxiliary["sigma"] ** 2 / weights, mu.shape)


def variance_binomial(mu: Floats, auxiliary: Auxiliaries, trials: Floats, weights: Floats) -> Floats:
    """Variance of a number of successes."""
    return np.asarray(trials * mu * (1 - mu))


def variance_poisson(mu: Floats, auxiliary: Auxiliaries, trials: Floats, weights: Floats) -> Floats:
    """Variance of a count: its mean."""
    return mu


def unbounded(trials: Floats) -> tuple[Floats, Floats]:
    """Reals have no bound."""
    return np.full_like(trials, -np.inf), np.full_like(trials, np.inf)


def counts(trials: Floats) -> tuple[Floats, Floats]:
    """Counts start at zero."""
    return np.zeros_like(trials), np.full_like(trials, np.inf)


def successes(trials: Floats) -> tuple[Floats, Floats]:
    """Successes lie between none and all trials."""
    return np.zeros_like(trials), trials
