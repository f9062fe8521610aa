"""Where chains start, and with which metric: from a pilot, so that warm-up need not find the posterior first."""

from collections.abc import Mapping

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats
from stanmlm.base.streams import Purpose, Source, stream
from stanmlm.data.coefficients import places_of, uncentred
from stanmlm.families.distributional import Distributional
from stanmlm.model.centering import informed, sampled_in
from stanmlm.model.coordinates import in_bases, lower_factor, root_of
from stanmlm.model.crossed import JointSystem, joint_system, parts_of, roots, solved
from stanmlm.model.joining import block_name, by_block, separated
from stanmlm.model.model import Model
from stanmlm.model.nesting import parents_first
from stanmlm.model.pilot import Pilot
from stanmlm.model.sweeping import swept
from stanmlm.sampling.inside import inside
from stanmlm.sampling.user_scale import means, origin, sampled

# In posterior sds: chains which agree have come from different places.
SPREAD = 1.5
# A pilot's partial correlations count up to here: those of few levels end at one.
STRONGEST = 0.99


def starting_points(model: Model, chains: int, seed: int) -> tuple[Mapping[str, Floats], ...]:
    """Draw one starting point a chain.

    Parameters
    ----------
    model : Model
    chains : int
    seed : int

    Returns
    -------
    tuple of dict
        Constrained values by Stan name; none without a pilot, without data, or where the pilot's numbers do not serve.

    Examples
    --------
    >>> from stanmlm import gaussian, simulate_exams
    >>> from stanmlm.fit.pipeline import ModelOptions, build_model
    >>> formula = "score ~ hours + (1 | student)"
    >>> model = build_model(formula, simulate_exams(seed=1), gaussian(), {}, ModelOptions())
    >>> [point["z_fix"].shape for point in starting_points(model, chains=2, seed=1)]
    [(2,), (2,)]
    """
    at = model.centering.pilot
    if model.prior_only or at is None:
        return ()
    source = Source(seed, model.words)
    streams = [stream(source, Purpose.STARTS, chain) for chain in range(chains)]
    try:
        system = _system(model, at)
        points = tuple(_point(model, at, system, rng) for rng in streams)
    except np.linalg.LinAlgError:  # a covariance on its boundary
        return ()
    return points if all(np.all(np.isfinite(v)) for point in points for v in point.values()) else ()


def _system(model: Model, at: Pilot) -> JointSystem | None:
    """What data say of the effects that the program samples."""
    if model.centering.marginal or not model.design.terms:
        return None
    terms = model.joined
    levels = tuple(len(term.levels) for term in terms.design.terms)
    parts = parts_of(terms.design, terms.cells.Z, [*places_of(model.design)])
    return joint_system(parts, terms.cells.index, levels, at.working.weight)


def _point(model: Model, at: Pilot, system: JointSystem | None, rng: np.random.Generator) -> dict[str, Floats]:
    fix = at.beta + root_of(at.uncertainty) @ (SPREAD * rng.standard_normal(len(at.beta)))
    of = sampled_in(model.centering, model.design)
    own = separated(at, model.design, model.joined.blocks)
    z_sd = SPREAD * rng.standard_normal(len(of.log_sd))
    ends = np.cumsum([len(term.coefs) for term in model.design.terms])
    sds = np.split(np.exp(of.log_sds(z_sd)), ends[:-1]) if len(ends) else []
    scales = [
        (sd, _correlation(model, own, k, share, rng))
        for k, (sd, share) in enumerate(zip(sds, informed(own), strict=True))
    ]
    factors = by_block(model.joined.blocks, [tau[:, None] * L for tau, L in scales])
    u = _deviations(model, at, system, uncentred(model.design, fix), factors, rng) if system else ()
    fix, u = inside(model, at.beta, fix, u)
    fix = swept(model.centering.sweeps, fix, u)
    point: dict[str, Floats] = {"z_fix": _within(np.linalg.solve(of.factor, fix - of.hat).astype(float), of.bounds)}
    point |= {f"L_{k}": L for k, (tau, L) in enumerate(scales, 1) if len(tau) > 1}
    point |= {"z_sd": z_sd} if scales else {}
    point |= _effects(model, uncentred(model.design, fix), factors, u) if system else {}
    for one, variance in zip(model.scalars, _scalar_variances(model, at), strict=True):
        moved = one.link.forward(np.asarray(at.scalars[one.name])) + SPREAD * np.sqrt(variance) * rng.standard_normal()
        point[one.in_stan] = one.within.inside(np.asarray(one.link.inverse(moved)))
    return point | _numbers(model, at, rng)


def _numbers(model: Model, at: Pilot, rng: np.random.Generator) -> dict[str, Floats]:
    """What thresholds are sums of."""
    of = model.family.shared
    if of is None:
        return {}
    names = _names_of_numbers(model)
    eta = of.link.forward(np.array([at.scalars[name] for name in names]))
    moved = eta + SPREAD * np.sqrt([at.scalar_variance[name] for name in names]) * rng.standard_normal(len(names))
    return {of.number: of.link.inverse(moved)}


def _names_of_numbers(model: Model) -> list[str]:
    of = model.family.shared
    return [f"{of.number}[{k + 1}]" for k in range(model.family.sums.shape[1])] if of else []


def _within(z: Floats, bounds: Floats | None) -> Floats:
    """Coefficients as sampled, those with bounds inside: where one is beyond, halfway back to the origin's side."""
    if bounds is None:
        return z
    low, high = bounds
    return np.where(z <= low, low / 2, np.where(z >= high, high / 2, z))


def _correlation(model: Model, at: Pilot, k: int, share: Floats, rng: np.random.Generator) -> Floats:
    """The Cholesky factor of correlations, spread as prior and data together leave them."""
    S = at.covariance[k]
    tau = np.sqrt(np.diag(S))
    y = np.arctanh(np.clip(_partial_correlations(np.linalg.cholesky(S / np.outer(tau, tau))), -STRONGEST, STRONGEST))
    variance, information = _partial_variances(model, k, share), _pairs(share)
    y = y * variance * information + SPREAD * np.sqrt(variance) * rng.standard_normal(len(y))
    return _factor(np.tanh(y), len(tau))


def _deviations(
    model: Model, at: Pilot, of: JointSystem, full: Floats, factors: list[Floats], rng: np.random.Generator
) -> tuple[Floats, ...]:
    """A draw of the effects of all terms given everything else, (J, K) a term.

    With P their precision and r their scores, P u = r + N(0, P) has a draw for its solution (Papandreou and Yuille
    2010), and N(0, P) is noise in the rows and in the population.
    """
    fixed = np.stack([model.cells.X[:, place] @ full[place] for place in places_of(model.design).values()])
    noise = roots(at.working.weight) @ rng.standard_normal(fixed.size)
    right = of.pulls(at.working.right + noise.reshape(fixed.shape)) - of.scores(fixed.ravel())
    population = [
        np.linalg.solve(T.T, rng.standard_normal((K, J))).T.ravel()
        for T, (J, K) in zip(factors, of.shapes, strict=True)
    ]
    right = (right + np.concatenate(population))[:, None]
    return of.by_term(solved(of, tuple(T @ T.T for T in factors), right)[:, 0])


def _effects(model: Model, full: Floats, factors: list[Floats], u: tuple[Floats, ...]) -> dict[str, Floats]:
    """Deviations as the program samples them, by Stan name."""
    point: dict[str, Floats] = {}
    blocks = model.joined.blocks
    whole: dict[int, Floats] = {}
    rotated = model.centering.rotated
    inverses, b = sampled_in(model.centering, model.design).inverses, full - origin(model)
    for k in parents_first(model.centering.nested):
        T = inverses[k]
        M, C = means(model, k, b, whole), lower_factor(T @ factors[k])
        turned = rotated[k].Q.T @ u[k] if k in rotated else u[k]
        t = sampled(turned @ T.T, M @ T.T, model.centering.weights[k], model.centering.units[k], C)
        whole[k] = M + u[k]
        point[f"t_{block_name(blocks[k])}"] = t if len(T) > 1 else t[:, 0]
    return point


def _partial_correlations(L: Floats) -> Floats:
    """Stan's canonical partial correlations of a Cholesky factor, row after row, (K (K - 1) / 2,)."""
    below, left = np.tril_indices(len(L), -1)
    remains = 1 - np.cumsum(np.pad(L**2, ((0, 0), (1, 0))), axis=1)
    return np.asarray(L[below, left] / np.sqrt(np.maximum(remains[below, left], L[below, left] ** 2)))


def _factor(partial: Floats, K: int) -> Floats:
    """The Cholesky factor of a correlation with these canonical partial correlations (Lewandowski et al. 2009)."""
    L = np.eye(K)
    L[np.tril_indices(K, -1)] = partial
    remains = np.cumprod(np.pad(np.sqrt(1 - np.tril(L, -1) ** 2), ((0, 0), (1, 0)), constant_values=1.0), axis=1)
    return np.asarray(L * remains[:, :K])


def inverse_metric(model: Model) -> Floats | None:
    """Guess the posterior variance of each parameter on the unconstrained scale, to start the adaptation from.

    Coefficients and sds are sampled in units of the pilot's; the log of sigma has 1 / (1 + 2 rows), a correlation's
    inverse hyperbolic tangent what LKJ and the information sum_j w_j w'_j of the balanced model leave, and an effect
    1 - w.

    Parameters
    ----------
    model : Model

    Returns
    -------
    array
        One variance a free parameter, in the order of the program's parameter block, a matrix column after column;
        None without a pilot, without data, or where the pilot's numbers do not serve.

    Examples
    --------
    >>> from stanmlm import gaussian, simulate_exams
    >>> from stanmlm.fit.pipeline import ModelOptions, build_model
    >>> formula = "score ~ hours + (1 | student)"
    >>> model = build_model(formula, simulate_exams(seed=1), gaussian(), {}, ModelOptions())
    >>> inverse_metric(model).round(4).tolist()  # two coefficients, an sd, log(sigma)
    [1.0, 1.0, 1.0, 0.0012]
    """
    at = model.centering.pilot
    if model.prior_only or at is None:
        return None
    own = informed(separated(at, model.design, model.joined.blocks))
    in_basis = informed(in_bases(at, sampled_in(model.centering, model.design)))
    variances: Floats = np.concatenate(
        [
            np.ones(len(at.beta) + sum(len(term.coefs) for term in model.design.terms)),
            _scalar_variances(model, at),
            np.array([at.scalar_variance[name] for name in _names_of_numbers(model)]),
            *(_block_variances(model, k, own, share) for k, share in enumerate(in_basis)),
        ]
    )
    return variances if np.all((variances > 0) & np.isfinite(variances)) else None


def _block_variances(model: Model, k: int, shares: tuple[Floats, ...], share_in_basis: Floats) -> Floats:
    """Variances of the free elements of L of each term, then of t where it is sampled, for one block."""
    correlations = np.concatenate([_partial_variances(model, term, shares[term]) for term in model.joined.blocks[k]])
    if model.centering.marginal:
        return correlations
    sweep = model.centering.rotated.get(k)
    left = 1 - (sweep.weights[:, None] if sweep else share_in_basis)
    return np.concatenate([correlations, np.maximum(left, 0.01).T.ravel()])


def _partial_variances(model: Model, k: int, share: Floats) -> Floats:
    """Of the inverse hyperbolic tangent of each canonical partial correlation, under LKJ(eta) and the data.

    Under LKJ alone (1 + partial) / 2 is beta(a, a) with a = eta + (K - 2 - column) / 2.
    """
    K = share.shape[1]
    eta = next(
        (row.arguments[0] for row in model.priors.rows if row.class_ == "cor" and row.term == k and row.arguments), 1.0
    )
    _, column = np.tril_indices(K, -1)
    prior = special.polygamma(1, eta + (K - 2 - column) / 2) / 2
    return np.asarray(1 / (1 / prior + _pairs(share)))


def _pairs(share: Floats) -> Floats:
    """The data's information on each of those."""
    below, left = np.tril_indices(share.shape[1], -1)
    return np.asarray(np.sum(share[:, below] * share[:, left], axis=0))


def _log_sd_variance(units: Floats | float) -> Floats:
    """The variance of the log of an sd that so many units inform, with about one more from its prior."""
    return np.asarray(1 / (1 + 2 * np.asarray(units)))


def _scalar_variances(model: Model, at: Pilot) -> Floats:
    """Of the family's parameters without a predictor, on their links' scales; of a sigma what its rows leave."""
    known = float(_log_sd_variance(_residuals(model, at)))
    own = np.array([at.scalar_variance.get(one.name, known) for one in model.scalars], dtype=float)
    return np.asarray(own * np.array([_to_stans_scale(one, at.scalars[one.name]) ** 2 for one in model.scalars]))


def _to_stans_scale(one: Distributional, value: float) -> float:
    """How fast Stan's unconstrained scale moves with a link's, where bounds of their own make them differ."""
    if one.ends is None:
        return 1.0
    at = one.within.inside(np.asarray(value))
    return float(one.within.slope(at) * one.link.slope(one.link.forward(at)))


def _residuals(model: Model, at: Pilot) -> float:
    """How many rows inform sigma: less what coefficients and effects take."""
    taken = at.beta.size + sum(float(share.sum()) for share in informed(at))
    return max(float(np.sum(model.response.weights > 0)) - taken, 0.0)
