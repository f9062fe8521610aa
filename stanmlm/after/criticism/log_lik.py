"""The log likelihood of rows: computed once for rows that share everything, in chunks, with its constants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from stanmlm.after.predict.target import (
    MAX_BYTES,
    Target,
    check_new_levels,
    check_offset,
    check_size,
    chunks,
    linear_predictor,
    new_design,
    one_a_row,
    thinned,
    warn_of_new_levels,
    weights_of,
)
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Anything, Floats, Ints
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import DataError
from stanmlm.data.design import Design
from stanmlm.data.distinct import cells_of
from stanmlm.data.evaluate import evaluate
from stanmlm.data.frame import scope_of
from stanmlm.data.learned import Description, recall_learned, recall_whole
from stanmlm.data.raw_response import RawResponse
from stanmlm.data.rvalues import Value, as_factor, floats, recycle
from stanmlm.data.whole_rows import rows_of, telling
from stanmlm.families.responses import Response
from stanmlm.fit.fit import Fit, draws_of, functions_of, n_draws, source_of
from stanmlm.formula.rparse import parse_expression

if TYPE_CHECKING:
    from xarray import DataArray


@dataclass(frozen=True)
class Pieces:
    """Rows with their responses, those that the likelihood cannot tell apart only once."""

    target: Target  # C distinct rows
    y: Floats  # (C,)
    row: Ints  # (N,) the distinct row of each row
    index: pd.Index  # (N,) labels of the rows


def log_lik(
    fit: Fit,
    newdata: object = None,
    *,
    weights: object = None,
    offset: object = None,
    draws: int | None = None,
    new_levels: str = "draw",
    max_bytes: int = MAX_BYTES,
) -> "DataArray":
    """Draws of the log likelihood of every row, with all constants and with weights as the likelihood has them.

    Parameters
    ----------
    fit
        A fit.
    newdata
        Rows with the response and the variables of the formula; the fitted rows where None.
    weights
        Of new rows: numbers, or R code on the new data; by default the code that the fit was given, or ones.
    offset
        Of new rows, as in `posterior_linpred`.
    draws
        Use this many draws, evenly spaced; all where None.
    new_levels
        "draw" gives levels that were not fitted their own draws from N(0, Sigma); "zero" and "error" as in
        `posterior_linpred`.
    max_bytes
        A larger array of draws by rows is refused; `loo`, `waic` and `kfold` never hold one.

    Returns
    -------
    An xarray DataArray with dims (sample, row).

    Raises
    ------
    DataError
        For a response that the new data lack or that the family cannot have, or an array over `max_bytes`.

    Examples
    --------
    >>> from stanmlm import lm, log_lik, simulate_exams
    >>> fit = lm("score ~ hours", simulate_exams(seed=1), seed=1, chains=2, iter=400)
    >>> log_lik(fit).sizes
    Frozen({'sample': 400, 'row': 500})
    """
    check_arguments(log_lik, locals())
    check_offset(newdata, offset)
    pieces = fitted_pieces(fit) if newdata is None else new_pieces(fit, newdata, weights, offset)
    kept = thinned(fit, draws)
    check_new_levels(new_levels, pieces.target.design, pieces.target.used)
    ways_out = "draws= for fewer, or ask loo, waic or kfold, which work in pieces"
    check_size(len(kept), len(pieces.row), max_bytes, ways_out)
    pieces = replace(pieces, target=replace(pieces.target, draws=kept, new_levels=new_levels))
    warn_of_new_levels([pieces.target])
    from xarray import DataArray

    values = np.empty((len(kept), len(pieces.y)))
    for at in chunks(len(pieces.y), len(kept), max_bytes):
        values[:, at] = log_likelihood(fit, pieces, at)
    return DataArray(
        values[:, pieces.row], dims=("sample", "row"), coords={"row": pieces.index.to_numpy()}, name="log_lik"
    )


def log_likelihood(fit: Fit, pieces: Pieces, at: slice) -> Floats:
    """The log likelihood of some distinct rows, (draws, rows); a row of weight zero is no observation and has 0."""
    target, family = pieces.target, fit.model.family
    weights = target.weights[at]
    mu = family.link.inverse(linear_predictor(fit, target, at))
    observed = np.where(weights > 0, weights, 1.0)
    density = family.log_density(pieces.y[at], mu, auxiliaries(fit, target), target.trials[at], observed)
    return np.where(weights > 0, density, 0.0)


def auxiliaries(fit: Fit, target: Target) -> Mapping[str, Floats]:
    """Draws of the parameters beside the mean by name, (draws, 1)."""
    return {row.name: draws_of(fit, row.name)[target.draws, None] for row in fit.model.family.auxiliary}


def fitted_pieces(fit: Fit) -> Pieces:
    """The rows of a fit."""
    model = fit.model
    return pieces_of(fit, model.design, model.response, model.frame.index)


def observed_pieces(fit: Fit) -> Pieces:
    """The rows of a fit that are observations: those whose weight is not zero."""
    design, response, index = observed(fit)
    return pieces_of(fit, design, response, index)


def observed(fit: Fit) -> tuple[Design, Response, pd.Index]:
    """Design, response and labels of the rows that are observations."""
    model, at = fit.model, observed_rows(fit)
    if len(at) == len(model.response.y):
        return model.design, model.response, model.frame.index
    return rows_of(model.design, at), some_rows(model.response, at), model.frame.index[at]


def observed_rows(fit: Fit) -> Ints:
    """Positions of the rows that are observations."""
    return np.flatnonzero(fit.model.response.weights > 0)


def pieces_of(fit: Fit, design: Design, response: Response, index: pd.Index) -> Pieces:
    """Rows in the columns of a fit, equal ones once."""
    row, first = cells_of([*telling(design), design.offset, response.y, response.trials, response.weights])
    target = target_of(fit, rows_of(design, first), some_rows(response, first), index[first])
    return Pieces(target, response.y[first], row, index)


def target_of(fit: Fit, design: Design, response: Response, index: pd.Index) -> Target:
    """What a prediction for these rows is made for, with all group effects and draws."""
    return Target(
        design=design,
        index=index,
        trials=response.trials,
        weights=response.weights,
        used=tuple(np.ones(len(term.coefs), dtype=bool) for term in design.terms),
        draws=np.arange(n_draws(fit)),
        new_levels="draw",
        source=source_of(fit),
    )


def some_rows(response: Response, at: Anything) -> Response:
    """Some rows of a response."""
    return replace(response, y=response.y[at], trials=response.trials[at], weights=response.weights[at])


def new_pieces(fit: Fit, newdata: object, weights: object, offset: object) -> Pieces:
    """New rows, whose response is read as the fitted one was."""
    encoded = new_design(fit, newdata, offset)
    table = to_pandas(newdata)
    assert table is not None
    raw = _new_response(fit, table)
    response = fit.model.family.read(raw, _new_weights(fit, table, weights))
    return pieces_of(fit, encoded.design, response, encoded.index)


def _new_response(fit: Fit, table: pd.DataFrame) -> RawResponse:
    expression, fitted = fit.model.formula.response, fit.model.frame.response
    assert expression is not None
    assert fitted is not None
    learned = recall_learned(fit.model.frame.memory)
    place = scope_of([expression.node], table, _remembered(fit), fit.model.formula.text, learned)
    value = evaluate(expression.node, place)
    return replace(fitted, values=_READ[fitted.kind](recycle(value, len(table)), fitted), rows=table.index)


def _remembered(fit: Fit) -> Mapping[str, object]:
    constants = cast(Mapping[str, Description], fit.model.frame.memory["scope"])
    return {**functions_of(fit), **{name: recall_whole(kept) for name, kept in constants.items()}}


def _new_weights(fit: Fit, table: pd.DataFrame, weights: object) -> Floats | None:
    if fit.model.frame.weights is None and weights is None:
        return None
    if isinstance(weights, str):
        code = parse_expression(weights)
        place = scope_of([code], table, _remembered(fit), weights, recall_learned(fit.model.frame.memory))
        return floats(recycle(evaluate(code, place), len(table)))
    if weights is not None:
        return one_a_row("weights", weights, table.index)
    known = weights_of(fit, table)
    if known is None:
        raise DataError("the fit has weights that the new data do not tell; pass weights= for the new rows")
    return known


def _codes(value: Value, fitted: RawResponse) -> Anything:
    """Level codes of the fitted factor."""
    factor = as_factor(value)
    place = {level: code for code, level in enumerate(fitted.levels)}
    used = {factor.levels[code] for code in np.unique(factor.data[factor.data >= 0])}
    if unknown := sorted(used - place.keys()):
        raise DataError(f"`{fitted.label}` has no level `{unknown[0]}` in the fitted data")
    return np.array([*(place.get(level, -1) for level in factor.levels), -1])[factor.data]


def _numbers(value: Value, fitted: RawResponse) -> Anything:
    data = floats(value)
    return data if fitted.kind in ("cbind", "trials") else data.reshape(len(data))


_READ: Mapping[str, Callable[[Value, RawResponse], Anything]] = {
    "factor": _codes,
    "logical": _numbers,
    "numeric": _numbers,
    "cbind": _numbers,
    "trials": _numbers,
}
