"""Quantities of predictions in bounded memory: of each row, or of averages over rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypedDict

import numpy as np
import pandas as pd
from scipy import sparse

from stanmlm.after.effects.between import tested, with_equivalence
from stanmlm.after.effects.datagrid import roles_of
from stanmlm.after.predict.chunks import check_size, chunks_of
from stanmlm.after.predict.estimates import (
    COLUMNS,
    Estimates,
    columns_beside,
    estimates,
    say_what_is_beside,
    transformed,
)
from stanmlm.after.predict.expected import expected, extra_of, parameter_of, theta_of
from stanmlm.after.predict.request import USUAL, Request
from stanmlm.after.predict.target import Target, warn_of_new_levels
from stanmlm.base.arguments import check_options, numbers_of
from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.fit.fit import Fit

Parts = Sequence[Floats]  # arrays (draws, rows), or (draws, averages)
TYPES = ("response", "link")
WEIGHTS = "\0weights"  # among the rows; no column of the user's is called so


class EffectOptions(TypedDict, total=False):
    """What predictions, comparisons and slopes take by name.

    type : str
        "response" (a probability in binomial models, as R has it), the default, or "link".
    by : bool, str or list of str
        True averages over all rows; one column or several average over the rows of each of their values.
    weights : str or numbers
        A column, or numbers, to average with; every row counts the same by default.
    re_formula : str or None
        Which group effects count, as in `posterior_epred`: all by default, "NA" for none, or a formula of some bars.
    draws : int
        How many draws to use; all by default.
    new_levels : str
        Levels that were not fitted: "draw", the default, "zero" or "error", as in `posterior_epred`.
    max_bytes : int
        Memory that the draws of a result may take.
    level : float
        Of the intervals, 0.95 by default.
    transform : function
        What is done to the draws last, such as `numpy.exp`; nothing by default.
    hypothesis : str, list of str or matrix
        What is asked of the estimates themselves, as in marginaleffects: "b1 - b2 = 0" (their rows, from 1, or what is
        in `term`), "~ pairwise", "ratio ~ sequential | group" (reference, sequential, pairwise, or these with "rev"
        before), or weights, a column a sum. Nothing by default.
    equivalence : pair of numbers
        What counts as equal: `p.rope.unconditional` is the share of draws within, `p.rope.conditional` that among the
        draws in the interval.
    """

    type: str
    by: bool | str | Sequence[str]
    weights: object
    re_formula: object
    draws: int | None
    new_levels: str
    max_bytes: int
    level: float
    transform: Callable[[Floats], Floats]
    hypothesis: object
    equivalence: Sequence[float] | None


@dataclass(frozen=True)
class Asked:
    """`EffectOptions` with their defaults."""

    type: str = "response"
    by: bool | str | Sequence[str] = False
    weights: object = None
    level: float = 0.95
    transform: Callable[[Floats], Floats] | None = None
    hypothesis: object = None
    equivalence: Sequence[float] | None = None
    request: Request = USUAL


@dataclass(frozen=True)
class Quantity:
    """What is made of predictions at some targets: pieces, which may be averaged over rows, and then one array."""

    labels: Mapping[str, str]  # columns of the frame that name it: term, contrast
    targets: tuple[Target, ...]
    finish: Callable[[Parts], Floats]  # of the pieces, averaged or not
    pieces: Callable[[Parts, slice], Parts] = lambda parts, _: parts  # of the predictions for some rows
    category: int = 0  # whose probability it is of, where the response has categories


def read_asked(options: Mapping[str, object]) -> Asked:
    """The options in their record.

    Raises
    ------
    OptionError
        For an unknown name or type.
    """
    check_options(EffectOptions, options)
    of_request = {field.name for field in fields(Request)}
    request = Request(**{name: value for name, value in options.items() if name in of_request})  # type: ignore[arg-type]
    rest = {name: value for name, value in options.items() if name not in of_request}
    asked = Asked(**rest, request=request)  # type: ignore[arg-type]
    if asked.type not in TYPES:
        raise OptionError(f"type is `{asked.type}`" + did_you_mean(asked.type, TYPES))
    return asked


def columns_of_by(asked: Asked) -> list[str]:
    """The columns that `by` names."""
    if isinstance(asked.by, bool):
        return []
    return [asked.by] if isinstance(asked.by, str) else list(asked.by)


def with_columns(fit: Fit, rows: pd.DataFrame, newdata: object, asked: Asked) -> pd.DataFrame:
    """The rows with what `by` and `weights` need; of fitted rows that may be any column of the data."""
    names = columns_of_by(asked) + ([asked.weights] if isinstance(asked.weights, str) else [])
    whole = fit.model.frame.data.iloc[fit.model.frame.rows] if newdata is None else rows
    for name in names:
        if name not in whole.columns:
            raise DataError(f"`{name}` is not a column of the data" + did_you_mean(name, map(str, whole.columns)))
    rows = rows.assign(**{name: whole[name] for name in names})
    if asked.weights is None:
        return rows
    weights = rows[asked.weights].to_numpy() if isinstance(asked.weights, str) else asked.weights
    return rows.assign(**{WEIGHTS: _checked_weights(weights, len(rows))})


def _checked_weights(weights: object, rows: int) -> Floats:
    numbers = numbers_of("weights", weights)
    if numbers.shape != (rows,):
        raise DataError(f"weights has {numbers.size} values for {rows} rows")
    if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
        raise DataError("weights must be numbers of zero or more; some are negative or missing")
    return numbers


def estimate(
    fit: Fit, rows: pd.DataFrame, quantities: Sequence[Quantity], asked: Asked, title: str, note: str = ""
) -> Estimates:
    """Every quantity of every row, or of every average that `by` asks for, stacked."""
    quantities = [each for quantity in quantities for each in _by_category(fit, quantity, asked)]
    warn_of_new_levels([target for quantity in quantities for target in quantity.targets])
    cell, labels = _cells(rows, asked)
    weights = rows[WEIGHTS].to_numpy() if WEIGHTS in rows else np.ones(len(rows))
    ways_out = "draws= for fewer, fewer rows, or by= to average"
    check_size(quantities[0].targets[0], len(labels) * len(quantities), ways_out)
    found = [_draws(fit, quantity, asked, cell, weights, len(labels)) for quantity in quantities]
    named = _named(fit, labels, quantities, asked)
    text = f"type: {asked.type}" + (f", {note}" if note else "")
    made = estimates(pd.concat(named, ignore_index=True), np.concatenate(found, axis=1), title, asked.level, text)
    made = with_equivalence(tested(made, asked.hypothesis, columns_of_by(asked)), asked.equivalence)
    return transformed(made, asked.transform) if asked.transform else made


def _by_category(fit: Fit, quantity: Quantity, asked: Asked) -> list[Quantity]:
    """The quantity of each category's probability, in a column `group` as marginaleffects has it."""
    if asked.type == "link" or not fit.model.family.categories:
        return [quantity]
    names = enumerate(fit.model.family.categories)
    return [replace(quantity, labels={"group": name, **quantity.labels}, category=k) for k, name in names]


def _named(fit: Fit, labels: pd.DataFrame, quantities: Sequence[Quantity], asked: Asked) -> list[pd.DataFrame]:
    """The rows of each quantity, what names it first.

    What an earlier result has left among the rows of new data gives way; a predictor of that name stays.
    """
    own = {*roles_of(fit).all, *columns_of_by(asked)}
    new = dict.fromkeys((*quantities[0].labels, *COLUMNS))
    kept = labels.drop(columns=[name for name in new if name in labels.columns and name not in own])
    names = columns_beside(quantities[0].labels, kept.columns)
    say_what_is_beside(names)
    rows = ({names[name]: text for name, text in quantity.labels.items()} for quantity in quantities)
    return [kept.assign(**row)[[*row, *kept.columns]] for row in rows]


def _cells(rows: pd.DataFrame, asked: Asked) -> tuple[Ints | None, pd.DataFrame]:
    """The average that each row enters, with the labels of the averages; None where rows stay apart."""
    by = columns_of_by(asked)
    if by:
        groups = rows.groupby(by, observed=True, dropna=False)
        return groups.ngroup().to_numpy().astype(np.int64), groups.size().reset_index()[by]
    if asked.by:
        return np.zeros(len(rows), dtype=np.int64), pd.DataFrame(index=[0])
    return None, rows.drop(columns=WEIGHTS, errors="ignore")


def _draws(fit: Fit, quantity: Quantity, asked: Asked, cell: Ints | None, weights: Floats, columns: int) -> Floats:
    """(draws, columns)."""
    pieces = _pieces(fit, quantity, asked)
    if cell is None:
        return np.concatenate([quantity.finish(parts) for _, parts in pieces], axis=1)
    totals = np.bincount(cell, weights, columns)
    if not (totals > 0).all():
        raise DataError("the weights of an average sum to zero")
    sums: Floats | float = 0.0
    for at, parts in pieces:
        share = weights[at] / totals[cell[at]]
        average = sparse.csr_array((share, (cell[at], np.arange(len(share)))), shape=(columns, len(share)))
        sums = sums + np.stack([(average @ part.T).T for part in parts])
    return quantity.finish(list(np.asarray(sums)))


def _pieces(fit: Fit, quantity: Quantity, asked: Asked) -> Iterator[tuple[slice, Parts]]:
    first = quantity.targets[0]
    for at in chunks_of(first, arrays=len(quantity.targets)):
        thetas = [theta_of(fit, target, at) for target in quantity.targets]
        if asked.type == "link":
            location = parameter_of(fit, None)
            predicted = [theta.eta(location) for theta in thetas]
        else:
            pairs = zip(thetas, quantity.targets, strict=True)
            predicted = [expected(fit, theta, extra_of(target, at)) for theta, target in pairs]
            predicted = [part if part.ndim == 2 else part[..., quantity.category] for part in predicted]
        yield at, quantity.pieces(predicted, at)
