"""The log likelihood of rows: computed once for rows that share everything, in chunks, with its constants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.predict.chunks import check_size, chunks_of
from stanmlm.after.predict.expected import extra_of, theta_of
from stanmlm.after.predict.new_rows import check_offset, items_of_rows, known_weights, new_design, one_a_row, value_on
from stanmlm.after.predict.request import MAX_BYTES, USUAL, Request
from stanmlm.after.predict.target import Target, target_at, warn_of_new_levels
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Anything, Floats, Ints
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import DataError
from stanmlm.data.additions import OF_THRESHOLDS, SUBSET, evaluated, survival
from stanmlm.data.design import Design
from stanmlm.data.distinct import cells_of
from stanmlm.data.raw_response import RawResponse
from stanmlm.data.rvalues import Value, as_factor, floats
from stanmlm.data.whole_rows import rows_of, telling
from stanmlm.families.observation import log_likelihood as log_likelihood_of
from stanmlm.families.reading import read_response
from stanmlm.families.reductions import beside, counted, response_columns
from stanmlm.families.responses import Response, added_to, some_rows
from stanmlm.fit.fit import Fit, warn_of_data_sets
from stanmlm.formula.rparse import parse_expression

if TYPE_CHECKING:
    from xarray import DataArray


Rows = tuple[Design, Response, pd.Index]


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
        Of new rows, a number or one a row, for a fit that got `offset=` as an array; None for any other, which the new
        data tell.
    draws
        Use this many draws, evenly spaced; all where None.
    new_levels
        "draw" gives levels that were not fitted their own draws from N(0, Sigma); "zero" and "error" as in
        `posterior_linpred`.
    max_bytes
        A larger array of draws by rows is refused; `loo`, `waic` and `kfold` never hold one.

    Returns
    -------
    xarray.DataArray
        Dims (sample, row); natural logarithms.

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
    request = Request(draws=draws, new_levels=new_levels, max_bytes=max_bytes)
    if newdata is None:
        warn_of_data_sets(fit)
    rows = _fitted_rows(fit) if newdata is None else rows_with_response(fit, newdata, weights, offset)
    pieces = pieces_of(fit, *rows, request)
    check_size(pieces.target, len(pieces.row), "draws= for fewer, or ask loo, waic or kfold, which work in pieces")
    warn_of_new_levels([pieces.target])
    from xarray import DataArray

    values = np.empty((len(pieces.target.draws), len(pieces.y)))
    for at in chunks_of(pieces.target):
        values[:, at] = row_log_likelihood(fit, pieces, at)
    return DataArray(
        values[:, pieces.row], dims=("sample", "row"), coords={"row": pieces.index.to_numpy()}, name="log_lik"
    )


def row_log_likelihood(fit: Fit, pieces: Pieces, at: slice) -> Floats:
    """The log likelihood of some distinct rows, (draws, rows); a row of weight zero is no observation and has 0."""
    target, family = pieces.target, fit.model.family
    weights = target.weights[at]
    extra = replace(extra_of(target, at), weights=np.where(weights > 0, weights, 1.0))
    with np.errstate(invalid="ignore"):  # rows that miss a value are NaN, as asked
        density = log_likelihood_of(family, pieces.y[at], theta_of(fit, target, at), extra)
    return np.where(weights > 0, density, 0.0)


def _fitted_rows(fit: Fit) -> Rows:
    model = fit.model
    return model.design, model.response, model.frame.index


def observed_pieces(fit: Fit, request: Request = USUAL) -> Pieces:
    """The rows of a fit that are observations: those whose weight is not zero."""
    warn_of_data_sets(fit)
    model, at = fit.model, observed_rows(fit)
    if len(at) == len(model.response.y):
        return pieces_of(fit, *_fitted_rows(fit), request)
    return pieces_of(fit, rows_of(model.design, at), some_rows(model.response, at), model.frame.index[at], request)


def observed_rows(fit: Fit) -> Ints:
    """Positions of the rows that are observations."""
    return np.flatnonzero(counted(fit.model.response) > 0)


def pieces_of(fit: Fit, design: Design, response: Response, index: pd.Index, request: Request = USUAL) -> Pieces:
    """Rows in the columns of a fit, equal ones once."""
    added = [np.broadcast_to(beside(response, name), response.weights.shape) for name in added_to(response)]
    own = [*response_columns(response.y), response.trials, response.weights, *added]
    row, first = cells_of([*telling(design), design.offset, *own])
    target = target_at(fit, rows_of(design, first), some_rows(response, first), index[first], request)
    return Pieces(target, response.y[first], row, index)


def rows_with_response(fit: Fit, newdata: object, weights: object, offset: object) -> Rows:
    """New rows, whose response is read as the fitted one was."""
    encoded = new_design(fit, newdata, offset)
    table = to_pandas(newdata)
    assert table is not None
    raw = _new_response(fit, table)
    response = read_response(fit.model.family, raw, _new_weights(fit, table, weights))
    family, item = fit.model.family, items_of_rows(fit, encoded.design)
    return encoded.design, replace(response, item=item, items=family.items), encoded.index


def _new_response(fit: Fit, table: pd.DataFrame) -> RawResponse:
    expression, fitted = fit.model.formula.response, fit.model.frame.response
    assert expression is not None
    assert fitted is not None
    formula, n = fit.model.formula, len(table)
    value = value_on(fit, table, expression.node, formula.text)
    seen = frozenset(one.name for one in formula.additions) - {SUBSET, *OF_THRESHOLDS}
    added = evaluated(formula, lambda e: value_on(fit, table, e.node, formula.text), n, seen)
    numbers = {name: floats(v) for name, v in added.items()}
    values, rest = survival(formula, _READ[fitted.kind](value, fitted), numbers)
    return replace(fitted, values=values, rows=table.index, added=rest)


def _new_weights(fit: Fit, table: pd.DataFrame, weights: object) -> Floats | None:
    if fit.model.frame.weights is None and weights is None:
        return None
    if isinstance(weights, str):
        return floats(value_on(fit, table, parse_expression(weights), weights))
    if weights is not None:
        return one_a_row("weights", weights, table.index)
    known = known_weights(fit, table)
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
    return data if fitted.kind == "cbind" else data.reshape(len(data))


_READ: Mapping[str, Callable[[Value, RawResponse], Anything]] = {
    "factor": _codes,
    "logical": _numbers,
    "numeric": _numbers,
    "cbind": _numbers,
}
