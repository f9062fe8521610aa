"""A model again with other responses, or with none: what calibration and power are simulated by."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stanmlm.after.criticism.log_lik import observed_rows
from stanmlm.after.predict.expected import new_responses
from stanmlm.after.predict.predict import draws_by_rows
from stanmlm.after.predict.simulated import with_new_effects
from stanmlm.after.predict.target import Target, target_of
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError
from stanmlm.base.files.disk import check_writable, path_of
from stanmlm.base.streams import ROWS, Purpose, Source, seed_within, within
from stanmlm.families.responses import LARGEST
from stanmlm.fit.call import read_options
from stanmlm.fit.fit import Fit, source_of
from stanmlm.fit.pipeline import fit_model
from stanmlm.formula.formula import by_parameter
from stanmlm.model.centering import Centering, centering
from stanmlm.model.compress import compress
from stanmlm.model.model import Model
from stanmlm.priors.priors import check_proper, scalar_bounds
from stanmlm.sampling.engines.protocol import Sampling

PRIOR_DRAWS = 4000  # in four chains


@dataclass(frozen=True)
class Refits:
    """How a model is fitted again and again."""

    fit: Fit  # the model, with its priors as they are
    sampling: Sampling  # but for the seed
    source: Source

    def seed(self, number: int) -> int:
        """Of the fit to one set of responses."""
        return seed_within(self.source, Purpose.REPLICATIONS, number, 1)


def require_plain(fit: Fit, verb: str) -> None:
    """Refuse models whose responses cannot be drawn as they were seen.

    Raises
    ------
    DataError
        For censored responses, and for weights that count cases.
    """
    response = fit.model.response
    if np.any(response.censored):
        raise DataError(f"{verb}() draws responses anew, and nothing says which of them would be censored")
    counted = not fit.model.family.weights_are_precisions and np.any(~np.isin(response.weights, (0, 1)))
    if counted or np.any(response.exponents != 1):
        raise DataError(f"{verb}() draws one response a row, and here weights count rows several times, or in part")


def kept_in(file: str | os.PathLike[str] | None) -> Path | None:
    """Where simulations are kept, if anywhere."""
    path = None if file is None else path_of(file)
    if path is not None:
        check_writable(path)
    return path


def prior_seed(fit: Fit, seed: int | None = None) -> int:
    """Of the draws of a model's prior."""
    return seed_within(within(source_of(fit, seed), Purpose.REPLICATIONS), Purpose.STARTS)


def prior_of(fit: Fit, seed: int, progress: bool = False) -> Fit:
    """Draws of a model's prior: the fit itself where it is one.

    Raises
    ------
    PriorError
        Where a prior is flat.
    """
    if fit.model.prior_only:
        return fit
    check_proper(fit.model.priors)
    options, run = read_options(fit.call.arguments)
    model = replace(fit.model, prior_only=True)
    model = replace(model, centering=_centering(model, options.centering))
    sampling = Sampling(chains=4, iter=PRIOR_DRAWS // 2, seed=seed, cores=fit.sampling.cores)
    call = replace(fit.call, arguments={**fit.call.arguments, "prior_only": True})
    return fit_model(call, model, replace(run, sampling=sampling, raise_delta=True, progress=progress))


def responses_of(fit: Fit, draw: int, number: int, source: Source, anew: bool = False) -> Floats:
    """Responses of all rows from one draw; rows that are no observations keep what they have.

    Raises
    ------
    DataError
        Where one is no number that a model can have.
    """
    own = within(source, Purpose.REPLICATIONS, number, 0)
    target: Target = replace(target_of(fit), draws=np.array([draw]), numbers=np.array([number]), source=own)
    target = with_new_effects(target) if anew else target
    y = draws_by_rows(fit, target, new_responses(fit, target, own, np.array([number])), block=ROWS)[0]
    rows = observed_rows(fit)
    if not np.all(np.abs(y[rows]) < LARGEST):
        raise DataError(f"a simulated response is beyond {LARGEST:g}: the prior allows what no data have")
    whole = fit.model.response.y.copy()
    whole[rows] = y[rows]
    return whole


def refitted(how: Refits, y: Floats, number: int) -> Fit:
    """The model fitted to other responses."""
    options, run = read_options(how.fit.call.arguments)
    model = with_responses(how.fit.model, y, options.collapse, options.centering)
    run = replace(run, sampling=replace(how.sampling, seed=how.seed(number)), progress=False)
    return fit_model(how.fit.call, model, run)


def with_responses(model: Model, y: Floats, collapse: bool | str, centred: float | str) -> Model:
    """The model of other responses to the same rows; its priors stay."""
    response = replace(model.response, y=y)
    family = model.family.predicted(by_parameter(model.formula), response)
    family = family.narrowed(scalar_bounds(model.priors, family))
    cells = compress(model.design, response, family, collapse)
    new = replace(model, response=response, family=family, cells=cells, prior_only=False)
    return replace(new, centering=_centering(new, centred))


def _centering(model: Model, choice: float | str) -> Centering:
    return centering(choice, model.design, model.cells, model.family, model.priors, model.prior_only)
