"""New rows in the columns of a fit, with the offset, weights and trials that go with them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd

from stanmlm.base.arguments import numbers_of
from stanmlm.base.arrays import Floats
from stanmlm.base.dataframes import require_order, to_pandas
from stanmlm.base.errors import DataError, OptionError
from stanmlm.data.design import Design
from stanmlm.data.encode import Encoded, encode
from stanmlm.data.evaluate import evaluate
from stanmlm.data.frame import scope_of, total_offset
from stanmlm.data.learned import Description, recall_learned, recall_whole
from stanmlm.data.rvalues import Value, floats, recycle
from stanmlm.data.whole_rows import places
from stanmlm.families.reductions import Extra
from stanmlm.families.responses import NEUTRAL, ZERO, Response
from stanmlm.fit.fit import Fit, functions_of
from stanmlm.formula.rcode import Node, names_in
from stanmlm.formula.rparse import parse_expression


def new_design(fit: Fit, newdata: object, offset: object, groups: Sequence[bool] | None = None) -> Encoded:
    """New rows in the columns of a fit, with an offset that only the call tells among theirs."""
    encoded = encode(fit.model.design, newdata, functions_of(fit), groups)
    total = encoded.design.offset + _offset_of(fit, offset, encoded.index)
    return replace(encoded, design=replace(encoded.design, offset=total))


def check_offset(newdata: object, offset: object) -> None:
    """Refuse an offset for the fitted rows."""
    if newdata is None and offset is not None:
        raise OptionError("offset= is for newdata; the fitted rows have theirs")


def given_offset(fit: Fit) -> Floats | None:
    """The part of the fitted rows' offset that no column tells, because the verb got `offset=` as an array."""
    frame, formula = fit.model.frame, fit.model.formula
    if frame.memory["offset"] is not None:
        return None
    given: Floats = frame.offset - total_offset([frame.values[o.label] for o in formula.offsets], len(frame.offset))
    return given if given.any() else None


def _offset_of(fit: Fit, offset: object, rows: pd.Index) -> Floats | float:
    """What new rows have beside the offsets that their columns tell."""
    if given_offset(fit) is None:
        if offset is not None:
            raise OptionError("offset= is for fits that got theirs as an array; of this one, the new data tell it")
        return 0.0
    if offset is None:
        raise DataError(
            "the fit got its offset= as an array, and new data do not tell theirs: fit with the name of a column, or "
            "pass offset=, a number or one a row, to a function that has it, such as posterior_epred"
        )
    return one_a_row("offset", offset, rows)


def one_a_row(name: str, given: object, rows: pd.Index) -> Floats:
    """An argument that is a number or one a row of new data, (N,)."""
    require_order(name, given, rows, "newdata")
    numbers, N = numbers_of(name, given), len(rows)
    if numbers.ndim and numbers.shape != (N,):
        raise DataError(f"{name} has {numbers.size} values for {N} rows of new data")
    return np.broadcast_to(numbers, (N,))


def known_weights(fit: Fit, newdata: object) -> Floats | None:
    """The weights of new rows, by the code that the fit was given; ones without, None where the new data lack it."""
    table = to_pandas(newdata)
    assert table is not None
    if fit.model.frame.weights is None:
        return np.ones(len(table))
    code = _weights_code(fit)
    if code is None or not names_in(code) <= {*map(str, table.columns), *_memory(fit, "scope")}:
        return None
    weights = floats(value_on(fit, table, code, "")).reshape(len(table))
    if (weights < 0).any():
        raise DataError(f"weights are zero or more, and the new data have negative ones{weights_text(fit)}")
    return weights


def value_on(fit: Fit, table: pd.DataFrame, code: Node, text: str) -> Value:
    """What R code gives on new rows, with the functions, constants and learned parts of a fit, one a row."""
    constants = {name: recall_whole(kept) for name, kept in _memory(fit, "scope").items()}
    learned = recall_learned(fit.model.frame.memory)
    place = scope_of([code], table, {**functions_of(fit), **constants}, text, learned)
    return recycle(evaluate(code, place), len(table))


def _weights_code(fit: Fit) -> Node | None:
    given = fit.call.arguments.get("weights")
    if not isinstance(given, str):
        return None
    return Node("name", given) if given in _memory(fit, "columns") else parse_expression(given)


def weights_text(fit: Fit) -> str:
    """The code of the weights, for messages."""
    given = fit.call.arguments.get("weights")
    return f" (`{given}`)" if isinstance(given, str) else ""


def _memory(fit: Fit, part: str) -> Mapping[str, Description]:
    return cast(Mapping[str, Description], fit.model.frame.memory[part])


def weights_are_trials(fit: Fit) -> bool:
    """Whether the weights of a fit are the trials of its proportions."""
    model = fit.model
    return model.frame.weights is not None and bool(np.array_equal(model.frame.weights, model.response.trials))


_FIELDS = {"rate": "rate", "lb": "lower", "ub": "upper", "se": "se"}  # of Extra, by what a formula calls them


def with_added(extra: Extra, fitted: Response, told: Mapping[str, Floats]) -> Extra:
    """What new rows have beside their parameters where the formula adds it; NaN where nobody tells what the fit has."""
    N, parts = len(extra.weights), dict[str, Floats]()
    for name, part in _FIELDS.items():
        if name in told:
            parts[part] = told[name]
        elif np.any(getattr(fitted, part) != NEUTRAL[part]):
            parts[part] = np.full(N, np.nan)
    values = {name: told.get(name, np.full(N, np.nan)) for name in fitted.values}
    return replace(extra, **parts, values=values)


def items_of_rows(fit: Fit, design: Design) -> Floats:
    """Whose thresholds rows have, by their columns of items, (N,); one number where rows share their thresholds."""
    items = fit.model.family.items
    if items is None:
        return ZERO
    own = design.X[places(design, slice(None)), : len(items.levels)]
    return np.asarray(np.argmax(np.nan_to_num(own), axis=1), dtype=float)


def new_trials(fit: Fit, told: object, weights: Floats | None, rows: pd.Index) -> Floats:
    """The trials of new rows: those told, or weights that were trials; NaN where nobody tells what the fit has."""
    if told is None and weights_are_trials(fit):
        told = weights
    if told is None:
        return np.full(len(rows), np.nan if (fit.model.response.trials != 1).any() else 1.0)
    return one_a_row("trials", told, rows)
