"""The coordinates that the program samples in: a quick look at the posterior makes every number of order one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Bools, Floats
from stanmlm.data.coefficients import n_coefficients, places_of, slopes
from stanmlm.data.design import Design
from stanmlm.model.pilot import Pilot
from stanmlm.model.problem import coefficient_priors
from stanmlm.model.spreads import Spread, bent, spread_of_sds
from stanmlm.priors.priors import Priors

# A share of each variance or information that is added to it: columns whose rounding hides what tells them apart.
LEAST = 1e-10
# Correlations in a basis are taken times this where derivatives are: a pilot of few levels has them at one, and there
# the least change of a coefficient's sd would seem to be known.
INSIDE = 0.5
# Correlations of effects, by the data, from which sampling them in a basis pays, and terms together (017).
WORTH = 0.3
# With more coefficients a term's sds are sampled each by itself: it is a factor, whose columns have no common origin.
MOST = 20


@dataclass(frozen=True)
class Coordinates:
    """Coefficients are hat + factor z, and the effects of a term's coefficients are basis times the effects sampled.

    Stan regularises its metric towards 1e-3 in whatever units there are, and can only stretch axes: so the units, the
    origins and the correlations of the user's columns must not be what is sampled (docs/decisions/012).
    """

    hat: Floats  # (F,) about where the coefficients of centred columns are
    factor: Floats  # (F, F) times its transpose, about their posterior covariance
    log_sd: Floats  # (S,) about where the logarithms of the sds of group coefficients are, term after term
    sd_factor: Floats  # (S, S) times its transpose, about their posterior covariance
    sd_bend: Floats  # (S,) how much longer their tails to the left are (docs/decisions/022)
    bases: tuple[Floats, ...]  # a group term each: (K, K)
    bounds: Floats | None = None  # (2, F) of z, where coefficients have bounds; None where none has

    @property
    def inverses(self) -> tuple[Floats, ...]:
        """What takes the user's effects of each term to those that are sampled, (K, K)."""
        return tuple(np.linalg.inv(basis).astype(float) for basis in self.bases)

    def log_sds(self, z: Floats) -> Floats:
        """Logarithms of sds, (..., S), where what is sampled of them is z."""
        return np.asarray(self.log_sd + bent(z, self.sd_bend) @ self.sd_factor.T)


def users_own(design: Design) -> Coordinates:
    """The user's own coordinates: everything as it is.

    Parameters
    ----------
    design : Design

    Returns
    -------
    Coordinates

    Examples
    --------
    >>> users_own(Design(np.ones((4, 1)), ("(Intercept)",), (0,), True, (), (), np.zeros(4))).factor
    array([[1.]])
    """
    F, S = n_coefficients(design), sum(len(term.coefs) for term in design.terms)
    return Coordinates(
        hat=np.zeros(F),
        factor=np.eye(F),
        log_sd=np.zeros(S),
        sd_factor=np.eye(S),
        sd_bend=np.zeros(S),
        bases=tuple(np.eye(len(term.coefs)) for term in design.terms),
    )


def of_prior(design: Design, priors: Priors) -> Coordinates:
    """Coefficients in units of their priors, where data say nothing; flat ones stay as they are."""
    prior = coefficient_priors(design, priors)
    known = np.isfinite(prior.scale) & (prior.scale > 0)
    hat, scale = np.where(known, prior.location, 0.0), np.where(known, prior.scale, 1.0)
    return replace(users_own(design), hat=hat, factor=np.diag(scale))


def coefficient_bounds(design: Design, priors: Priors) -> Floats:
    """(2, F) of coefficients at centred columns, infinite where there is none."""
    bounds = np.tile([[-np.inf], [np.inf]], n_coefficients(design))
    starting, columns = {dpar: at.start for dpar, at in places_of(design).items()}, slopes(design)
    for row in priors.rows:
        if row.class_ == "b":
            bounds[:, columns[row.position]] = row.within
        elif row.class_ == "Intercept" and not row.coef:  # thresholds have none
            bounds[:, starting[row.dpar]] = row.within
    return bounds


def bounded(of: Coordinates, design: Design, priors: Priors) -> Coordinates:
    """The same with bounds: each coefficient that has one is sampled by itself, and all others given those.

    So its bounds are some of z. Where the origin is beyond, it moves inside.
    """
    low, high = ends = coefficient_bounds(design, priors)
    own = np.any(np.isfinite(ends), axis=0)
    if not own.any():
        return of
    U, rest = of.factor @ of.factor.T, ~own
    sd = np.sqrt(np.diag(U))
    factor = np.diag(sd)
    if rest.any():
        slope = np.linalg.solve(U[np.ix_(own, own)], U[np.ix_(own, rest)]).T
        factor[np.ix_(rest, own)] = slope * sd[own]
        factor[np.ix_(rest, rest)] = root_of(U[np.ix_(rest, rest)] - slope @ U[np.ix_(own, rest)])
    width = np.minimum(sd, np.where(np.isfinite(high - low), (high - low) / 4, np.inf))
    hat = np.where(own, np.clip(of.hat, low + width, high - width), of.hat)
    return replace(of, hat=hat, factor=factor, bounds=(ends - hat) / np.where(own, sd, 1.0))


def of_pilot(at: Pilot, correlated: tuple[Bools, ...] = (), order: Sequence[int] = ()) -> Coordinates:
    """Coefficients and sds in units of their posterior; bases where the data's information on a term is diagonal.

    `correlated` says which coefficients of a term may correlate in the population, all where empty, and `order` where
    the sds of terms stand among those that the program has, as they come where empty.
    """
    may = correlated or tuple(np.ones(S.shape, dtype=bool) for S in at.covariance)
    bases = tuple(basis(*each) for each in zip(at.information, at.covariance, strict=True))
    spreads = [_spread(at, k, B, may[k]) for k, B in enumerate(bases)]
    log_sd = np.concatenate([np.zeros(0), *(one.hat for one in spreads)])
    bend = np.concatenate([np.zeros(0), *(one.bend for one in spreads)])
    sd_factor = block_diagonal([one.factor for one in spreads])
    back = np.argsort(order) if len(order) else np.arange(len(log_sd))
    return Coordinates(
        hat=at.beta,
        factor=root_of(at.uncertainty),
        log_sd=log_sd[back],
        sd_factor=sd_factor[np.ix_(back, back)],
        sd_bend=bend[back],
        bases=bases,
    )


def _spread(at: Pilot, k: int, own_basis: Floats, may: Bools) -> Spread:
    """The log sds of one term's coefficients; correlated ones as if normal, whose bends correlations would share."""
    S, factor = at.covariance[k], _sd_factor(at, k, own_basis, may)
    if np.array_equal(may, np.eye(len(S), dtype=bool)):
        return spread_of_sds(at.information[k], at.effects[k], S, factor)
    return Spread(np.log(np.diag(S)) / 2, factor, np.zeros(len(S)))


def _sd_factor(at: Pilot, k: int, own_basis: Floats, may: Bools) -> Floats:
    """The Cholesky factor of the covariance of the log sds of one term's coefficients, over their correlations.

    Data inform the covariance of the effects in the basis: 2 sum_j w_jp^2 of information on the log of an sd and
    sum_j w_jp w_jq on the inverse hyperbolic tangent of a correlation, each by itself; these move with the user's.
    Priors add about one to each of the user's, which are those that may correlate.
    """
    S, T = at.covariance[k], np.linalg.inv(own_basis).astype(float)
    K = len(S)
    if K > MOST:
        return np.diag(1 / np.sqrt(1 + 2 * np.sum(share(at.information[k], S) ** 2, axis=0)))
    own, (a, b) = T @ S @ T.T, np.triu_indices(K, 1)
    w = share(own_basis.T @ at.information[k] @ own_basis, own)
    S = _inside(at, k, may)
    information = np.concatenate([2 * np.sum(w**2, axis=0), np.sum(w[:, a] * w[:, b], axis=0)])
    free = np.concatenate([np.ones(K, dtype=bool), may[a, b]])
    J = np.sqrt(information)[:, None] * _in_other_coordinates(S, T)[:, free]
    return root_of(np.linalg.inv(np.eye(J.shape[1]) + J.T @ J)[:K, :K].astype(float))


def _inside(at: Pilot, k: int, may: Bools) -> Floats:
    """The covariance of a term's coefficients with correlations half of what they are in the bases of its parts."""
    S, data, out = at.covariance[k], at.information[k], np.zeros_like(at.covariance[k])
    for part in np.unique(may, axis=0):
        at_part = np.ix_(part, part)
        B = basis(data[:, part][:, :, part], S[at_part])
        T = np.linalg.inv(B).astype(float)
        own = T @ S[at_part] @ T.T
        out[at_part] = B @ (INSIDE * own + (1 - INSIDE) * np.diag(np.diag(own))) @ B.T
    return out


def _in_other_coordinates(S: Floats, T: Floats) -> Floats:
    """Derivatives of log sds and inverse hyperbolic tangents of correlations of T S T' in those of S, both in a row."""
    own, sd, (a, b) = T @ S @ T.T, np.sqrt(np.diag(S)), np.triu_indices(len(S), 1)
    by_sd = np.einsum("iq,qj->ijq", T, S @ T.T)
    tight = sd[a] * sd[b] - S[a, b] ** 2 / (sd[a] * sd[b])
    by_correlation = np.einsum("ip,jp,p->ijp", T[:, a], T[:, b], tight)
    change = np.concatenate([by_sd, by_correlation], axis=-1)
    change = change + change.swapaxes(0, 1)
    log_sd = np.diagonal(change).T / (2 * np.diag(own)[:, None])
    root = np.sqrt(np.diag(own)[a] * np.diag(own)[b])
    R = own[a, b] / root
    moved = change[a, b] / root[:, None] - R[:, None] * (log_sd[a] + log_sd[b])
    return np.concatenate([log_sd, moved / np.maximum(1 - R**2, LEAST)[:, None]])


def share(information: Floats, covariance: Floats) -> Floats:
    """The share of information that the data bring on each effect given those before it, 1 - V / v^2, (J, K)."""
    left = np.linalg.inv(np.linalg.inv(covariance) + information).astype(float)
    return np.clip(1 - variances_in_turn(left) / variances_in_turn(covariance), 0.0, 1.0)


def variances_in_turn(covariance: Floats) -> Floats:
    """The variance of each element given those before it, (..., K) of (..., K, K)."""
    return np.diagonal(np.linalg.cholesky(covariance), axis1=-2, axis2=-1) ** 2


def block_diagonal(blocks: Sequence[Floats]) -> Floats:
    """Square matrices (..., K, K) in one, zero beside them."""
    ends = np.cumsum([0, *(block.shape[-1] for block in blocks)])
    whole = np.zeros((*(blocks[0].shape[:-2] if blocks else ()), ends[-1], ends[-1]))
    for block, start, stop in zip(blocks, ends[:-1], ends[1:], strict=True):
        whole[..., start:stop, start:stop] = block
    return whole


def root_of(covariance: Floats) -> Floats:
    """The Cholesky factor, of correlations first so that units do not matter."""
    sd = np.sqrt(np.diag(covariance))
    return np.asarray(sd[:, None] * np.linalg.cholesky(covariance / np.outer(sd, sd) + LEAST * np.eye(len(sd))))


def basis(information: Floats, covariance: Floats) -> Floats:
    """B with B' (the sum of information) B diagonal, and effects of about unit variance.

    Column by column (Gram and Schmidt): the effect of an intercept is the level at the mean of the columns after it.
    One coefficient stays as it is. So do several that data hardly correlate, but for their units: in a basis a small sd
    of one beside a large one is a narrow ridge.
    """
    K, data = len(covariance), information.sum(axis=0)
    if K == 1:
        return np.eye(1)
    if np.all(correlations(information, covariance)[~np.eye(K, dtype=bool)] < WORTH):
        return np.diag(np.sqrt(np.diag(covariance)))
    size = np.sqrt(np.diag(data))
    size = np.where(size > 0, size, 1.0)
    R = np.linalg.cholesky(data / np.outer(size, size) + LEAST * np.eye(K)).T * size
    sd = np.sqrt(np.diag(R @ covariance @ R.T))
    return np.asarray(np.linalg.inv(R) * sd)


def correlations(information: Floats, covariance: Floats) -> Floats:
    """How much data correlate the effects of a level whose population does not: sizes, (K, K)."""
    precision = information.sum(axis=0) + len(information) * np.diag(1 / np.diag(covariance))
    size = np.sqrt(np.diag(precision))
    return np.asarray(np.abs(precision / np.outer(size, size)))


def lower_factor(B: Floats) -> Floats:
    """The Cholesky factor of B B', (..., K, K), without its product."""
    R = np.linalg.qr(np.swapaxes(B, -1, -2), mode="r")
    signs = np.where(np.diagonal(R, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    return np.asarray(np.swapaxes(signs[..., None] * R, -1, -2))


def in_bases(at: Pilot, of: Coordinates) -> Pilot:
    """The pilot's effects, their covariances and the information on them in the bases of their terms."""
    inverses = of.inverses
    return replace(
        at,
        effects=tuple(u @ T.T for u, T in zip(at.effects, inverses, strict=True)),
        covariance=tuple(T @ S @ T.T for S, T in zip(at.covariance, inverses, strict=True)),
        variance=tuple(T @ V @ T.T for V, T in zip(at.variance, inverses, strict=True)),
        information=tuple(B.T @ data @ B for data, B in zip(at.information, of.bases, strict=True)),
    )
