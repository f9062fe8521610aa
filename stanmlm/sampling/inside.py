"""Starts under links that can leave what their parameter may be: where all rows are inside."""

from collections.abc import Mapping

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError
from stanmlm.data.coefficients import places_of, uncentred
from stanmlm.data.design import Predictor, dpars_of, predictors
from stanmlm.families.distributional import Distributional
from stanmlm.model.model import Model

HALVINGS = 20


def inside(model: Model, center: Floats, fix: Floats, u: tuple[Floats, ...]) -> tuple[Floats, tuple[Floats, ...]]:
    """Coefficients and effects on the way to a center without effects, as far as it takes for all rows to be inside.

    Predictors are linear in them, and where a link stays inside is an interval, so that the way does not leave it.

    Parameters
    ----------
    model : Model
    center : array
        (F,) coefficients of centred columns that the data suggest.
    fix : array
        (F,) those to start with.
    u : tuple of arrays
        (J, K) a sampled group term each: deviations to start with.

    Returns
    -------
    tuple
        Coefficients and deviations.

    Raises
    ------
    DataError
        Where no such center is known.
    """
    safe = {one.name: one.safe(model.response) for one in model.family.parameters}
    bounded = {dpar: safe[dpar] for dpar in places_of(model.design) if np.any(np.isfinite(safe[dpar]))}
    if not bounded:
        return fix, u
    middle = _middle(model, center, bounded)
    for share in 0.5 ** np.arange(HALVINGS):
        here = middle + share * (fix - middle)
        effects = tuple(share * each for each in u)
        if all(_is_inside(_predictor(model, dpar, here, effects), ends) for dpar, ends in bounded.items()):
            return here, effects
    return middle, tuple(0 * each for each in u)


def _middle(model: Model, center: Floats, bounded: Mapping[str, tuple[float, float]]) -> Floats:
    """The center, or what is the same for all rows in the predictors that leave their bounds there."""
    fix, places = center.copy(), places_of(model.design)
    own = {of.dpar: of for of in predictors(model.design)}
    for one in model.family.parameters:
        if one.name not in bounded or _is_inside(_predictor(model, one.name, fix, ()), bounded[one.name]):
            continue
        start = float(one.link.forward(np.asarray(one.start(model.response))))
        fix[places[one.name]] = 0.0
        if own[one.name].intercept:
            fix[places[one.name].start] = start - float(np.mean(own[one.name].offset))
        if not _is_inside(_predictor(model, one.name, fix, ()), bounded[one.name]):
            raise DataError(_nowhere(model, one, own[one.name]))
    return fix


def _predictor(model: Model, dpar: str, fix: Floats, u: tuple[Floats, ...]) -> Floats:
    """A linear predictor in all cells, (C,); effects of no term count as none."""
    design, cells, at = model.design, model.joined.cells, places_of(model.design)[dpar]
    others = {of.dpar: of.offset for of in design.others}
    offset = others[dpar][cells.first] if dpar in others else cells.offset
    eta = offset + cells.X[:, at] @ uncentred(design, fix)[at]
    for term, Z, index, effects in zip(model.joined.design.terms, cells.Z, cells.index, u, strict=False):
        own = np.array([name == dpar for name in dpars_of(term)])
        eta = eta + np.sum(Z[:, own] * effects[index][:, own], axis=1)
    return np.asarray(eta)


def _is_inside(eta: Floats, ends: tuple[float, float]) -> bool:
    return bool(np.all((eta > ends[0]) & (eta < ends[1])))


def _nowhere(model: Model, one: Distributional, of: Predictor) -> str:
    text = f"under the {one.link.name} link {one.name} of some rows is not {_words(one)} wherever chains could start"
    remedy = "" if of.intercept else "give the formula an intercept, or "
    return f'{text}; {remedy}take another link, such as {model.family.name}(link="{one.links[0]}")'


def _words(one: Distributional) -> str:
    low, high = one.within.low, one.within.high
    return f"between {low:g} and {high:g}" if np.isfinite(high) else f"above {low:g}"
