"""The linear predictor of the rows of a target, and the effects of fitted and new levels that it is made of."""

import numpy as np

from stanmlm.after.predict.target import Target
from stanmlm.base.arrays import Anything, Bools, Floats, Ints
from stanmlm.base.streams import Purpose, stream, words_of
from stanmlm.data.design import GroupTerm, dpars_of, predictors
from stanmlm.data.factors import Level, level_key
from stanmlm.data.whole_rows import places
from stanmlm.fit.draws import effects_of, scales_of
from stanmlm.fit.fit import Fit, draws_of
from stanmlm.formula.bf import LOCATION
from stanmlm.priors.parameters import coefficient_name


def linear_predictor(fit: Fit, target: Target, rows: slice, dpar: str = LOCATION) -> Floats:
    """Eta of a parameter in some rows of a target, (draws, rows), the draws of a row side by side in memory."""
    design, at = target.design, places(target.design, rows)
    of = next(of for of in predictors(design) if of.dpar == dpar)
    b = draws_of(fit, coefficient_name(dpar))[target.draws]
    columns = of.X[at, of.X.shape[1] - b.shape[1] :]  # without the intercept where that is in thresholds
    eta = columns @ b.T + of.offset[rows, None]
    for bar, term in enumerate(design.terms):
        used = target.used[bar] & (np.array(dpars_of(term)) == dpar)
        if used.any():
            _add_group_part(eta, fit, target, bar, term, at, used)
    return eta.T


def _add_group_part(
    eta: Floats, fit: Fit, target: Target, bar: int, term: GroupTerm, at: Anything | slice, used: Bools
) -> None:
    levels, place = np.unique(term.index[at], return_inverse=True)
    effects = _effects_at(fit, target, bar, term, levels)
    for k in np.flatnonzero(used):
        eta += effects[k][place] * term.Z[at, k, None]


def _effects_at(fit: Fit, target: Target, bar: int, term: GroupTerm, levels: Ints) -> Floats:
    """Effects of some levels, (K, levels, draws): fitted, new ones, and NaN where the level is missing."""
    fitted = effects_of(fit, bar)
    J = fitted.shape[1]
    old, new = (levels >= 0) & (levels < J), levels >= J
    effects = np.full((fitted.shape[2], len(levels), len(target.draws)), np.nan)
    effects[:, old] = fitted[target.draws[:, None], levels[old]].T
    if new.any():
        effects[:, new] = _new_effects(fit, target, bar, [term.labels[i - J] for i in levels[new]]).T
    return effects


def _new_effects(fit: Fit, target: Target, bar: int, labels: list[Level]) -> Floats:
    """Effects of unseen levels (draws, levels, K): keyed by seed, group and level, so equal wherever they are asked."""
    sd, L = (draws[target.draws] for draws in scales_of(fit, bar))
    if target.request.new_levels == "zero":
        return np.zeros((len(target.draws), len(labels), sd.shape[1]))
    numbers = target.draws if target.numbers is None else target.numbers
    group = fit.model.design.terms[bar].group
    shape = (int(numbers.max()) + 1, sd.shape[1])
    streams = (stream(target.source, Purpose.LEVELS, bar, *words_of(group, level_key(label))) for label in labels)
    z = np.stack([rng.standard_normal(shape)[numbers] for rng in streams], axis=1)
    return z @ (sd[:, :, None] * L).transpose(0, 2, 1)
