"""What the posterior of the sds of group effects looks like, under the normal likelihoods of a quick look."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats

# Points at which a term's likelihood is looked at; a product of levels and points is bounded, too.
POINTS = 256
MOST_PRODUCTS = 100_000
# Terms of more coefficients have too many sds for so few points.
MOST = 3
# Points lie about the first guess, in units of its sds times this.
WIDE = 1.5
# Of weighted points this many must be worth as much as equal ones, or the first guess stays.
WORTH = 30.0
# Skewness of a log sd from which it is bent, and from which as much as ever: what is known to be away from zero has
# some, too, and bending that costs more than it gives.
SKEWED, MOST_SKEWED = -0.4, -1.0
MOST_BENT = 0.15


@dataclass(frozen=True)
class Spread:
    """Logarithms of sds are hat + factor bent(z, bend), where z is about standard normal."""

    hat: Floats  # (K,)
    factor: Floats  # (K, K) lower triangular
    bend: Floats  # (K,)


def bent(z: Floats, bend: Floats) -> Floats:
    """z to the right, and -bend z^2 far to the left: an sd may be 0, and there its logarithm has a long tail.

    Parameters
    ----------
    z : array
        (..., K)
    bend : array
        (K,), not negative.

    Returns
    -------
    array
        (..., K), increasing in z.

    Examples
    --------
    >>> bent(np.array([-3.0, 0.0, 3.0]), np.array([0.1])).round(2)
    array([-3.91, -0.01,  3.  ])
    """
    return np.asarray(z - bend * _below(z) ** 2)


def log_slope(z: Floats, bend: Floats) -> Floats:
    """The logarithm of the derivative of `bent`."""
    return np.asarray(np.log1p(2 * bend * _below(z) ** 2 / np.sqrt(z**2 + 0.25)))


def _below(z: Floats) -> Floats:
    """How far z is below 0, smoothly."""
    return np.asarray((np.sqrt(z**2 + 0.25) - z) / 2)


def spread_of_sds(information: Floats, effects: Floats, covariance: Floats, factor: Floats) -> Spread:
    """Where the log sds of coefficients are that do not correlate in the population: moments of weighted points.

    Given the sds and everything else, effects of level j are normal: with information H_j and pull r_j of the data the
    likelihood of sds s is the product of |I + S H_j|^(-1/2) exp(r_j' (S^-1 + H_j)^-1 r_j / 2), S = diag(s^2). Priors
    add an information of one about the first guess, and a tail to 0 as that of any density that is finite there.

    Parameters
    ----------
    information : array
        (J, K, K) of the data on the effects of each level.
    effects : array
        (J, K) their means under `covariance`.
    covariance : array
        (K, K), diagonal: the first guess.
    factor : array
        (K, K) lower triangular: of the first guess of the covariance of log sds.

    Returns
    -------
    Spread

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> known = spread_of_sds(np.full((900, 1, 1), 50.0), rng.normal(size=(900, 1)), np.eye(1), np.array([[0.024]]))
    >>> bool(abs(known.factor[0, 0] - 0.024) < 0.003)
    True
    """
    hat, K, J = np.log(np.diag(covariance)) / 2, len(covariance), len(information)
    guess = Spread(hat, factor, np.zeros(K))
    n = min(POINTS, MOST_PRODUCTS // max(J, 1))
    if not 1 <= K <= MOST or n < WORTH:
        return guess
    z = _points(n, K)
    x = hat + WIDE * z @ factor.T
    log_weight = _log_likelihood(x, information, effects, covariance) + np.sum(x - np.exp(x - hat) + z**2 / 2, axis=1)
    weight = special.softmax(log_weight)
    if not np.all(np.isfinite(weight)) or np.sum(weight**2) > 1 / WORTH:
        return guess
    mean = weight @ x
    L = np.linalg.cholesky((x - mean).T * weight @ (x - mean))
    skew = weight @ np.linalg.solve(L, (x - mean).T).T ** 3
    bend = MOST_BENT * np.clip((skew - SKEWED) / (MOST_SKEWED - SKEWED), 0, 1)
    bulk = bent(_points(POINTS, 1), bend)
    L = L / bulk.std(axis=0)
    return Spread(mean - L @ bulk.mean(axis=0), L, bend)


def _points(n: int, K: int) -> Floats:
    """(n, K) normal points that fill the space evenly: multiples of powers of a root of g^(K + 1) = g + 1 (Roberts)."""
    g = 2.0
    for _ in range(50):
        g = (1 + g) ** (1 / (K + 1))
    steps = g ** -np.arange(1.0, K + 1)
    return np.asarray(special.ndtri((0.5 + np.outer(np.arange(1, n + 1), steps)) % 1))


def _log_likelihood(log_sds: Floats, information: Floats, effects: Floats, covariance: Floats) -> Floats:
    """(n,) of log sds (n, K)."""
    K = len(covariance)
    pull = np.einsum("jpq,jq->jp", np.linalg.inv(covariance) + information, effects)
    sd = np.exp(log_sds)[:, None]  # (n, 1, K)
    inner = np.eye(K) + sd[..., None] * information * sd[..., None, :]  # (n, J, K, K)
    root = np.linalg.cholesky(inner)
    pulled = np.linalg.solve(root, (sd * pull)[..., None])[..., 0]
    logs = np.log(np.diagonal(root, axis1=-2, axis2=-1))
    return np.asarray(np.sum(pulled**2 / 2 - logs, axis=(1, 2)))
