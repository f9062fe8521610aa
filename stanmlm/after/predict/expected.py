"""What the rows of a target are distributed as, draw by draw: parameters, expected responses, new responses."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from stanmlm.after.predict.linear_predictor import linear_predictor
from stanmlm.after.predict.target import Target, require_told, require_trials
from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.base.streams import Purpose, Source, blocks, streams_of_draws
from stanmlm.data.design import predictors
from stanmlm.families.observation import draw
from stanmlm.families.observation import expected_observed as expectation_of
from stanmlm.families.reductions import Extra, extra_at
from stanmlm.families.theta import Theta
from stanmlm.families.thresholds import THRESHOLDS, thresholds_of_rows
from stanmlm.fit.fit import Fit, draws_of
from stanmlm.priors import parameters

OfRows = Callable[[Theta, slice], Floats]  # (parameters, rows of a target) -> (draws, rows)


def theta_of(fit: Fit, target: Target, rows: slice) -> Theta:
    """The parameters of the distribution of some rows of a target: what every prediction begins with."""
    model = fit.model
    etas = {of.dpar: linear_predictor(fit, target, rows, of.dpar) for of in predictors(target.design)}
    theta = model.family.theta(etas, {one.name: draws_of(fit, one.name)[target.draws, None] for one in model.scalars})
    if model.family.shared is None:
        return theta
    thresholds = draws_of(fit, parameters.THRESHOLDS)[target.draws]
    return replace(
        theta, shared={THRESHOLDS: thresholds_of_rows(thresholds, model.family.items, extra_of(target, rows).item)}
    )


def extra_of(target: Target, rows: slice) -> Extra:
    """What the distribution of some rows reads beside its parameters."""
    return extra_at(target.extra, rows)


def expected(fit: Fit, theta: Theta, extra: Extra) -> Floats:
    """The expected response, (draws, rows); of one trial where responses are successes.

    Of a response with categories their probabilities, (draws, rows, categories).
    """
    with np.errstate(invalid="ignore"):  # rows that miss a value are NaN, as asked
        if extra.bounded:
            return expectation_of(fit.model.family, theta, extra) / np.where(extra.trials > 0, extra.trials, 1.0)
        return fit.model.family.mean(theta, replace(extra, trials=np.ones_like(extra.trials)))


def require_numbers(fit: Fit, what: str) -> None:
    """Refuse what is made of responses that are numbers, where they are categories."""
    if fit.model.family.categories:
        raise DataError(f"{what} are of numbers, and the response of {fit.model.family.name} models has categories")


def linear(fit: Fit, dpar: str | None = None) -> OfRows:
    """What gives a parameter, the location where None, on the scale of its link, (draws, rows)."""
    name = parameter_of(fit, dpar)
    return lambda theta, rows: _by_row(theta.eta(name), rows)


def natural(fit: Fit, dpar: str | None = None) -> OfRows:
    """What gives a parameter, the location where None, on its own scale, (draws, rows)."""
    name = parameter_of(fit, dpar)
    if name in fit.model.family.locations and fit.model.family.categories:
        return linear(fit, dpar)  # a predictor of several probabilities, which is no value of its own
    return lambda theta, rows: _by_row(theta[name], rows)


def parameter_of(fit: Fit, dpar: str | None) -> str:
    """The parameter of the family that `dpar=` names, the location where None.

    Raises
    ------
    OptionError
        For one that it does not have, and for None where each category has a location of its own.
    """
    known = (*fit.model.family.links, *fit.model.family.constants)
    if dpar is not None and dpar not in known:
        raise OptionError(f"`{dpar}` is not a parameter of {fit.model.family.name}" + did_you_mean(dpar, known))
    several = fit.model.family.locations
    if dpar is None and len(several) > 1:
        listed = " and ".join(f"`{name}`" for name in several)
        raise OptionError(f"a {fit.model.family.name} model has several predictors, {listed}: say which one, as dpar=")
    return dpar or several[0]


def _by_row(values: Floats, rows: slice) -> Floats:
    return np.broadcast_to(values, (len(values), rows.stop - rows.start))


def expectation(fit: Fit, target: Target) -> OfRows:
    """What gives the expected response of rows of a target."""
    require_told(target, ("rate", "lower", "upper"))
    return lambda theta, rows: expected(fit, theta, extra_of(target, rows))


def new_responses(fit: Fit, target: Target, source: Source, numbers: Ints | None = None) -> OfRows:
    """What draws new responses of rows of a target, (draws, rows) or (draws, rows, categories), given their parameters.

    Rows are a block of `ROWS`, or several: each draw of a block has a stream of its own, by its position or by
    `numbers`, whatever others there are. Responses are NaN where a linear predictor is.

    Raises
    ------
    DataError
        For trials that nobody tells, and where a mean is too large to draw from.
    """
    require_trials(target)
    require_told(target, ("rate", "lower", "upper", "se"))
    which = target.draws if numbers is None else numbers

    def values(theta: Theta, rows: slice) -> Floats:
        missing = np.any([np.isnan(eta) for eta in theta.etas.values()], axis=0)
        etas = {name: np.where(missing, 0.0, eta) for name, eta in theta.etas.items()}
        of, parts = replace(theta, etas=etas).values(), fit.model.family.parts
        out = np.empty((*missing.shape, *parts))
        for block, at in blocks(rows):
            here = slice(at.start - rows.start, at.stop - rows.start)
            extra = extra_of(target, at)
            for i, rng in enumerate(streams_of_draws(source, Purpose.RESPONSES, block, which)):
                out[i, here] = _drawn(fit, rng, of.part(slice(i, i + 1), here), extra)
        return np.where(missing.reshape(*missing.shape, *(1 for _ in parts)), np.nan, out)

    return values


def _drawn(fit: Fit, rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    family = fit.model.family
    try:
        drawn: Floats = draw(family, rng, theta, extra)[0]
    except DataError:
        raise
    except ValueError as error:
        mean = family.mean(theta, extra).max()
        raise DataError(f"no new response can be drawn where the expected one is {mean:.3g}: {error}") from error
    return drawn
