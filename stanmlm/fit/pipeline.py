"""The trip of a formula, top to bottom: text and data to a model, a model to a fit."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arviz_compat import check_arviz
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import FormulaError, StartError, did_you_mean
from stanmlm.data.contrasts import DEFAULT
from stanmlm.data.design import Design, design
from stanmlm.data.frame import ModelFrame, model_frame
from stanmlm.data.raw_response import RawResponse
from stanmlm.data.rvalues import as_factor
from stanmlm.families import Family
from stanmlm.families.altered import holding, require_density
from stanmlm.families.categories import thresholds_told
from stanmlm.families.ordinal import MOST_SHIFTED, shift_of
from stanmlm.families.reading import read_response, require_counting, with_items
from stanmlm.families.responses import Response
from stanmlm.fit.fit import Call, Fit, fit_from_draws
from stanmlm.formula.bf import FormulaLike
from stanmlm.formula.formula import Formula, by_parameter, items_of, parse_formula, with_intercept, with_thresholds
from stanmlm.model.centering import centering
from stanmlm.model.compress import compress
from stanmlm.model.model import Model
from stanmlm.model.propriety import check_posterior
from stanmlm.priors.prior_records import SetPrior
from stanmlm.priors.prior_slots import CovarianceInput, PriorInput
from stanmlm.priors.priors import check_proper, resolve_priors, scalar_bounds, split_preset
from stanmlm.sampling.engines.protocol import Engine, RawDraws, Sampling, StanData
from stanmlm.sampling.engines.sampling import resolve
from stanmlm.sampling.inits import inverse_metric, starting_points
from stanmlm.sampling.program import Program, program, structure
from stanmlm.sampling.standata import standata
from stanmlm.sampling.two_densities import check_densities

# What adapt_delta is raised to when transitions diverge and the user has not set it.
HIGHER_DELTA: Mapping[float, float] = {0.8: 0.95, 0.95: 0.99}


@dataclass(frozen=True)
class ModelOptions:
    """What a verb takes beside formula, data and family; the names are R's."""

    weights: object = None
    subset: object = None
    na_action: str = "omit"
    offset: object = None
    contrasts: Mapping[str, object] | None = None
    default_contrasts: tuple[str, str] = DEFAULT
    prior: PriorInput = "default"
    prior_intercept: PriorInput = "default"
    prior_aux: PriorInput = "default"
    prior_covariance: CovarianceInput = "default"
    priors: str | SetPrior | Sequence[str | SetPrior] = ()
    preset: str = "rstanarm"  # where `priors` names none: the verb's own
    prior_only: bool = False
    collapse: bool | str = "auto"
    centering: float | str = "auto"


@dataclass(frozen=True)
class RunOptions:
    """Who samples, and how."""

    engine: Engine
    sampling: Sampling
    raise_delta: bool  # adapt_delta may be raised when transitions diverge
    progress: bool


def build_model(
    text: FormulaLike, data: object, family: Family, scope: Mapping[str, object], options: ModelOptions
) -> Model:
    """Formula and data to a frozen model."""
    given, family = to_pandas(data), family.unbound or family
    formula = parse_formula(text, () if given is None else tuple(map(str, given.columns)))
    frame = model_frame(
        formula,
        given,
        scope,
        weights=options.weights,
        subset=options.subset,
        na_action=options.na_action,
        offset=options.offset,
    )
    if frame.response is None:
        raise FormulaError("the formula has no response: write `y ~ x`", formula.text, 0, len(formula.text))
    raw = replace(frame.response, rows=frame.index)
    response = read_response(family, raw, frame.weights)
    require_counting(response)
    response = _by_item(formula, frame, family, raw, response)
    formula, family = _bound(formula, family, raw, response)
    columns = design(formula, frame, options.contrasts, options.default_contrasts)
    _check_unknowns(columns, family)
    preset, rows = split_preset(options.priors, options.preset)
    table = resolve_priors(
        columns,
        family,
        response,
        preset=preset,
        priors=rows,
        prior=options.prior,
        prior_intercept=options.prior_intercept,
        prior_aux=options.prior_aux,
        prior_covariance=options.prior_covariance,
    )
    family = family.narrowed(scalar_bounds(table, family))
    if options.prior_only:
        check_proper(table)
    cells = compress(columns, response, family, options.collapse)
    centres = centering(options.centering, columns, cells, family, table, options.prior_only)
    return Model(formula, family, frame, response, columns, table, cells, centres, options.prior_only)


def _by_item(formula: Formula, frame: ModelFrame, family: Family, raw: RawResponse, response: Response) -> Response:
    """The response by items that have thresholds of their own, where there are some."""
    item = items_of(formula)
    if item is not None:
        factor = as_factor(frame.values[item.label])
        return with_items(family, raw, response, factor.data.astype(np.int64), factor.levels)
    told = thresholds_told(raw)
    if told is not None and np.ptp(told) > 0:
        at = formula.text.find("thres(" if "thres" in raw.added else "cat(")
        raise FormulaError("rows share their thresholds, of which there is one number: thres(k, gr = item) has numbers "
                           "of thresholds for each item", formula.text, at, at + 5)  # fmt: skip
    return response


def _bound(formula: Formula, family: Family, raw: RawResponse, response: Response) -> tuple[Formula, Family]:
    """Formula and family as they are once the response is known: its categories, bounds and constants."""
    formula = _by_threshold(formula, family, len(response.categories) - 1)
    predicted = [dpar for dpar, _ in (*formula.others, *formula.by_threshold)]
    family = family.bound(response.categories, predicted, response.items)
    _check_parameters(formula, family)
    formula = replace(formula, of=family.locations)
    family = _beside(family, formula, raw, response)
    if family.shared and not response.items:
        formula = with_intercept(formula)
    return formula, family


def _beside(family: Family, formula: Formula, raw: RawResponse, response: Response) -> Family:
    """The family as it is with these responses, predictors and constants."""
    held = holding(family, _constants(formula, raw))
    require_density(held, dict(formula.constants), response)
    return held.predicted(by_parameter(formula), response)


def _by_threshold(formula: Formula, family: Family, thresholds: int) -> Formula:
    """The formula with predictors of thresholds, where it has category specific effects."""
    if formula.specific is None:
        return formula
    names = [shift_of(t) for t in range(1, thresholds + 1)]
    known = [one.name for one in family.shifts]
    at = formula.text.find("cs(")
    if family.name == "cumulative":
        raise FormulaError(
            "cs() cannot be in cumulative models: thresholds with effects of their own would cross in some rows, where "
            "probabilities are below zero (brms warns that they may not converge); sratio, cratio and acat take it",
            formula.text, at, at + 2,
        )  # fmt: skip
    if not names or not set(names) <= set(known):
        few = f"{MOST_SHIFTED + 1} categories at most" if known else "sratio, cratio and acat"
        raise FormulaError(f"cs() is of {few}", formula.text, at, at + 2)
    return with_thresholds(formula, names)


def _check_parameters(formula: Formula, family: Family) -> None:
    """Refuse a formula of a parameter that the family does not have."""
    each = family.locations if family.spread else ()  # of a category, which may have a formula of its own
    shifts = [one.name for one in family.shifts]  # which cs() alone has
    own = [one.name for one in (*family.scalars, *family.optional) if one.name not in shifts]
    known = list(dict.fromkeys([*each, *own]))
    texts = {**{dpar: other.text for dpar, other in formula.others}, **dict.fromkeys(dict(formula.constants), "")}
    for dpar, text in texts.items():
        if dpar not in known:
            has = did_you_mean(dpar, known) if known else ": its one parameter is the mean"
            raise FormulaError(f"the {family.name} family has no parameter `{dpar}`{has}", text, 0, len(text))
        if dpar in each and not text:
            raise FormulaError(f"`{dpar}` is a category's predictor, which cannot be held at a number", text, 0, 0)


def _constants(formula: Formula, raw: RawResponse) -> dict[str, float]:
    """What is held at a number: brms's `se()` says all of a response's sd, unless sigma=TRUE."""
    constants = dict(formula.constants)
    if "se" not in raw.added or "sigma" in raw.options:
        return constants
    text = next((other.text for dpar, other in formula.others if dpar == "sigma"), "")
    if text or "sigma" in constants:
        raise FormulaError("se() says all of a response's sd, and sigma has a formula: write se(s, sigma = TRUE)",
                           text, 0, len(text))  # fmt: skip
    return {**constants, "sigma": 0.0}


def _check_unknowns(columns: Design, family: Family) -> None:
    if not (columns.X.shape[1] or columns.terms or family.scalars):
        raise FormulaError(f"the model has nothing to learn: a {family.name} model needs a coefficient or a group term")


def fit_model(call: Call, model: Model, run: RunOptions) -> Fit:
    """A model to a fit: program, data, draws, labels."""
    check_arviz()
    check_posterior(model)
    check_densities(model, run.engine)
    text, data = program(structure(model)), standata(model)
    raw = _sample(model, text, data, run, run.sampling)
    delta = run.sampling.adapt_delta  # asked for: recorded draws keep the one that they were made with
    while run.raise_delta and raw.stats["diverging"].any() and delta in HIGHER_DELTA:
        delta = HIGHER_DELTA[delta]
        again = _sample(model, text, data, run, replace(raw.sampling, adapt_delta=delta))
        raw = replace(again, seconds=(raw.seconds[0], raw.seconds[1] + again.seconds[1]))
    centres = replace(model.centering, pilot=None)  # it has done its work; files keep what a fit needs
    cells = replace(model.cells, observed=None)
    return fit_from_draws(call, replace(model, centering=centres, cells=cells), text, raw)


def _sample(model: Model, text: Program, data: StanData, run: RunOptions, sampling: Sampling) -> RawDraws:
    """Draws of chains that start about the pilot, with its metric; where those do not serve, Stan's own starts."""
    how = resolve(sampling)
    assert how.seed is not None
    if points := starting_points(model, how.chains, how.seed):
        with suppress(StartError):
            return run.engine.sample(text, data, how, points, run.progress, inverse_metric(model))
    return run.engine.sample(text, data, how, None, run.progress, None)
