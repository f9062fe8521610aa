"""Links that are powers, and square roots that are smooth: inverse, sqrt, 1/mu^2, squareplus."""

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.families.link_functions import log1m


def reciprocal(values: Floats) -> Floats:
    """One over it."""
    with np.errstate(divide="ignore"):
        return np.asarray(1 / values)


def reciprocal_slope(eta: Floats) -> Floats:
    """The slope of that."""
    return np.asarray(-1 / eta**2)


def log_reciprocal(eta: Floats) -> Floats:
    """Its logarithm; NaN below 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(-np.log(eta))


def log1m_reciprocal(eta: Floats) -> Floats:
    """The logarithm of one minus it; NaN below 1."""
    return log1m(reciprocal(eta))


def root(mu: Floats) -> Floats:
    """The square root."""
    return np.asarray(np.sqrt(mu))


def square(eta: Floats) -> Floats:
    """The square."""
    return np.asarray(eta**2)


def square_slope(eta: Floats) -> Floats:
    """The slope of that."""
    return np.asarray(2 * eta)


def log_square(eta: Floats) -> Floats:
    """Its logarithm."""
    with np.errstate(divide="ignore"):
        return np.asarray(2 * np.log(np.abs(eta)))


def log1m_square(eta: Floats) -> Floats:
    """The logarithm of one minus it."""
    return log1m(square(eta))


def inverse_square(mu: Floats) -> Floats:
    """One over the square."""
    with np.errstate(divide="ignore"):
        return np.asarray(mu**-2.0)


def inverse_root(eta: Floats) -> Floats:
    """One over the square root; NaN below 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 / np.sqrt(eta))


def inverse_root_slope(eta: Floats) -> Floats:
    """The slope of that."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(-0.5 * eta**-1.5)


def log_inverse_root(eta: Floats) -> Floats:
    """Its logarithm."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(-0.5 * np.log(eta))


def log1m_inverse_root(eta: Floats) -> Floats:
    """The logarithm of one minus it; NaN below 1."""
    return log1m(inverse_root(eta))


def squareplus_forward(mu: Floats) -> Floats:
    """mu - 1 / mu."""
    with np.errstate(divide="ignore"):
        return np.asarray(mu - 1 / mu)


def log_squareplus(eta: Floats) -> Floats:
    """Of (eta + sqrt(eta^2 + 4)) / 2, that is of an inverse hyperbolic sine."""
    return np.asarray(np.arcsinh(eta / 2))


def squareplus(eta: Floats) -> Floats:
    """(eta + sqrt(eta^2 + 4)) / 2."""
    return np.asarray(np.exp(np.arcsinh(eta / 2)))


def squareplus_slope(eta: Floats) -> Floats:
    """The slope of that."""
    return np.asarray(np.exp(np.arcsinh(eta / 2)) / np.hypot(eta, 2.0))


def log1m_squareplus(eta: Floats) -> Floats:
    """The logarithm of one minus it; NaN above 0."""
    return log1m(squareplus(eta))
