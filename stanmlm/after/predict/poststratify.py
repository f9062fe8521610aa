"""Poststratification: population averages of a fit's expectation over a frame of counts, with draws."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from stanmlm.after.predict.chunks import check_size, chunks_of
from stanmlm.after.predict.estimates import columns_beside, say_what_is_beside
from stanmlm.after.predict.expected import expected, extra_of, theta_of
from stanmlm.after.predict.predict import SUMMARY
from stanmlm.after.predict.request import MAX_BYTES, Request
from stanmlm.after.predict.target import Target, some_of, target_of, warn_of_new_levels
from stanmlm.base.arguments import check_arguments, shown
from stanmlm.base.arrays import Bools, Floats, Ints
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import DataError, did_you_mean
from stanmlm.base.layout import html_table
from stanmlm.data.distinct import cells_of
from stanmlm.data.whole_rows import places, telling
from stanmlm.fit.fit import Fit

if TYPE_CHECKING:
    from xarray import DataArray

SHOWN = 5  # rows and margins that a message names


@dataclass(frozen=True, eq=False)
class Poststratified:
    """Estimates for the parts of a population; prints as a table.

    Attributes
    ----------
    by
        The columns that part the population.
    response
        What is estimated.
    weights
        The column of `frame` with the people in each part.
    frame
        A row a part, and a category where the response has them: the columns of `by`, the total weight, mean, sd and
        quantiles.
    draws
        A DataArray: (sample,) without `by`, (sample, <by>) with one column, (sample, part) with several; a last dim
        "category" where the response has categories.

    Examples
    --------
    >>> from stanmlm import lmer, poststratify, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> found = poststratify(fit, {"hours": [0.0, 1.0], "student": ["1", "2"], "N": [10, 30]}, by="student")
    >>> found.frame["N"].tolist(), dict(found.draws.sizes)
    ([10.0, 30.0], {'sample': 4000, 'student': 2})
    """

    by: tuple[str, ...]
    response: str
    weights: str  # the column of `frame` with the people in each part
    # a row a part, and a category where the response has them: the columns of `by`, its total weight, mean, sd and
    # quantiles
    frame: pd.DataFrame
    # (sample,) without `by`, (sample, <by>) with one, (sample, part) with several; (..., category) of categories
    draws: "DataArray"

    def __repr__(self) -> str:
        parts = f" by {', '.join(self.by)}" if self.by else ""
        head = f"Poststratified {self.response}{parts} ({self.draws.sizes['sample']} draws)"
        people = {self.weights: "{:,.0f}".format}
        return f"{head}\n{self.frame.to_string(index=False, float_format='{:.4g}'.format, formatters=people)}"

    def _repr_html_(self) -> str:
        return html_table(
            self.frame, f"Poststratified {self.response}", f"{self.draws.sizes['sample']} draws", index=False
        )

    def to_frame(self) -> pd.DataFrame:
        """`frame`."""
        return self.frame


@dataclass(frozen=True)
class _Parts:
    """Which part of the population each row of the frame belongs to."""

    labels: pd.DataFrame  # (M, columns of `by`), sorted
    code: Ints  # (N,) from 0 to M - 1
    weights: Floats  # (N,)
    totals: Floats  # (M,)


def poststratify(
    fit: Fit,
    frame: object,
    weights: object = "N",
    by: str | Sequence[str] | None = None,
    *,
    total: bool = False,
    re_formula: object = None,
    draws: int | None = None,
    new_levels: str = "draw",
    max_bytes: int = MAX_BYTES,
) -> Poststratified:
    """Weighted averages of the expected response over the cells of a population, draw by draw (Gelman and Little 1997).

    Parameters
    ----------
    fit
        A fit.
    frame
        A row a cell of the population, with the variables of the formula's right side.
    weights
        How many people are in each cell: the name of a column, or numbers, one a row. For turnout, multiply it in.
    by
        The columns whose values part the population: `"state"`, `["state", "income"]`; None is the whole.
    total
        Sums, such as expected votes, in place of averages.
    re_formula
        None for all group effects, "NA" (or NaN) for none, or a formula with some of them, `"~ (1 | state)"`.
    draws
        Use this many draws, evenly spaced; all where None.
    new_levels
        For levels that the survey never saw: "draw" gives each its own draws from the population, the same in every
        call; "zero" is lme4's `allow.new.levels=TRUE`; "error" refuses.
    max_bytes
        The working memory, and a limit on draws by parts; the rows are gone through in pieces, whatever their number.

    Returns
    -------
    Poststratified
        `frame` has the estimates, `draws` the draws.

    Raises
    ------
    DataError
        For absent columns, missing values, weights that are negative or no numbers, and a part without people.

    Examples
    --------
    >>> from stanmlm import binomial, glmer, poststratify, simulate_redblue
    >>> voters = simulate_redblue(seed=1).query("year == 2000")
    >>> fit = glmer("vote ~ income + (1 | state)", voters, family=binomial, seed=1)
    >>> census = voters.groupby(["state", "income"]).size().reset_index(name="N")
    >>> poststratify(fit, census, by="income").frame["income"].tolist()
    [-2, -1, 0, 1, 2]
    """
    check_arguments(poststratify, locals())
    columns = (by,) if isinstance(by, str) else tuple(by or ())
    cells = _cells(frame)
    parts, peopled = _parts(cells, columns, weights)
    target = target_of(fit, cells[peopled], Request(re_formula, draws, new_levels, max_bytes))
    warn_of_new_levels([target])
    _require_complete(target, cells.index[peopled])
    check_size(target, len(parts.totals), "draws= for fewer, or fewer columns in by=")
    sums = _sums(fit, *_distinct(target, parts))
    name = weights if isinstance(weights, str) else "N"
    return _result(fit, columns, name, parts, sums if total else sums / parts.totals[:, None])


def _cells(frame: object) -> pd.DataFrame:
    cells = to_pandas(frame)
    if cells is None or not len(cells):
        raise DataError("the frame has no rows: it is a table with a row a cell of the population")
    return cells


def _result(fit: Fit, by: tuple[str, ...], weights: str, parts: _Parts, values: Floats) -> Poststratified:
    response, people = fit.model.response.label, columns_beside([weights], parts.labels.columns)[weights]
    frame = _summary(parts, values, people, fit.model.family.categories)
    draws = _labelled(parts, by, values[..., 0], f"poststratified_{response}")
    if names := list(fit.model.family.categories):
        draws = draws.expand_dims({"category": names}, -1).copy(data=values if by else values[:, 0])
    return Poststratified(by, response, people, frame, draws)


def _parts(cells: pd.DataFrame, by: tuple[str, ...], weights: object) -> tuple[_Parts, Bools]:
    """The parts of a population, without the cells where nobody is."""
    for name in by:
        _require_column(cells, name)
        if cells[name].isna().any():
            raise DataError(f"`{name}` is missing in {_rows(cells.index[cells[name].isna()])} of the frame")
    people = _weights(cells, weights)
    grouped = cells.groupby(list(by), observed=True, sort=True) if by else None
    code: Ints = np.zeros(len(cells), np.int64) if grouped is None else np.asarray(grouped.ngroup(), np.int64)
    totals = np.bincount(code, weights=people).astype(float)
    first = np.unique(code, return_index=True)[1]
    labels = cells[list(by)].iloc[first].reset_index(drop=True)
    _require_people(labels, totals)
    peopled: Bools = people > 0
    return _Parts(labels, code[peopled], people[peopled], totals), peopled


def _require_column(cells: pd.DataFrame, name: str) -> None:
    if name not in cells.columns:
        raise DataError(f"`{name}` is not a column of the frame" + did_you_mean(name, cells.columns))


def _weights(cells: pd.DataFrame, weights: object) -> Floats:
    if weights is None:
        raise DataError("weights is None; a frame has people: name the column of counts, or give numbers, one a row")
    if isinstance(weights, str):
        _require_column(cells, weights)
    named = f"`{weights}`" if isinstance(weights, str) else "weights"
    given: Any = cells[weights] if isinstance(weights, str) else weights
    try:
        people = np.asarray(given, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"{named} must be numbers, not {shown(given)}") from None
    if people.shape != (len(cells),):
        raise DataError(f"{named} has {people.size} values for {len(cells)} rows of the frame")
    for bad, what in ((~np.isfinite(people), "missing or infinite"), (people < 0, "negative")):
        if bad.any():
            raise DataError(f"{named} is {what} in {_rows(cells.index[bad])} of the frame")
    return people


def _require_people(labels: pd.DataFrame, totals: Floats) -> None:
    empty = np.flatnonzero(totals == 0)
    if not len(empty):
        return
    if not labels.columns.size:
        raise DataError("the weights sum to zero")
    names = [", ".join(f"{name}={value}" for name, value in labels.iloc[i].items()) for i in empty[:SHOWN]]
    more = ", ..." if len(empty) > SHOWN else ""
    raise DataError(
        f"the weights sum to zero for {'; '.join(names)}{more}: leave those rows out, or count their people"
    )


def _require_complete(target: Target, index: pd.Index) -> None:
    """Refuse rows for which the formula has no value: they would count for nobody."""
    design = target.design
    at = places(design, slice(None))
    gaps: Bools = _has_gaps(design.X)[at] | np.isnan(design.offset)
    for term, used in zip(design.terms, target.used, strict=True):
        if used.any():
            gaps |= _has_gaps(term.Z)[at]
    if gaps.any():
        raise DataError(f"a variable of the formula is missing in {_rows(index[gaps])} of the frame")


def _has_gaps(columns: Floats) -> Bools:
    return np.asarray(np.isnan(columns).any(axis=1))


def _rows(labels: pd.Index) -> str:
    shown = ", ".join(str(label) for label in labels[:SHOWN])
    return f"row{'s' * (len(labels) > 1)} {shown}" + (f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else "")


def _distinct(target: Target, parts: _Parts) -> tuple[Target, _Parts]:
    """Cells of one part that the formula cannot tell apart as one, in the order of the parts.

    A census has more variables than a formula; and a piece of an ordered frame touches few parts.
    """
    row, first = cells_of([parts.code, *telling(target.design), target.design.offset])
    people = np.bincount(row, weights=parts.weights).astype(float)
    order = np.argsort(parts.code[first], kind="stable")
    kept = first[order]
    smaller = some_of(target, kept)
    return smaller, replace(parts, code=parts.code[kept], weights=people[order])


def _sums(fit: Fit, target: Target, parts: _Parts) -> Floats:
    """Weighted sums of the expected response, (draws, M, 1), or of the probabilities of categories, (draws, M, K)."""
    K = max(1, len(fit.model.family.categories))
    sums = np.zeros((K, len(parts.totals), len(target.draws)))
    for at in chunks_of(target, arrays=K):
        mean, code = expected(fit, theta_of(fit, target, at), extra_of(target, at)), parts.code[at]
        low, high = code[0], code[-1] + 1
        entries = (parts.weights[at], (code - low, np.arange(len(code))))
        adding = csr_array(entries, shape=(high - low, len(code)))
        for k, of in enumerate(np.moveaxis(np.atleast_3d(mean), -1, 0)):
            sums[k, low:high] += adding @ of.T
    return sums.T


def _summary(parts: _Parts, values: Floats, people: str, categories: Sequence[str]) -> pd.DataFrame:
    values = values.reshape(len(values), -1)
    quantiles = np.quantile(values, SUMMARY, axis=0)
    columns = {
        "mean": values.mean(axis=0),
        "sd": values.std(axis=0, ddof=int(len(values) > 1)),
        **{f"{100 * p:g}%": quantiles[i] for i, p in enumerate(SUMMARY)},
    }
    labels = parts.labels.assign(**{people: parts.totals})
    if categories:
        labels = labels.loc[labels.index.repeat(len(categories))].reset_index(drop=True)
        labels.insert(len(parts.labels.columns), "category", np.tile(categories, len(parts.totals)))
    names = columns_beside(columns, labels.columns)
    say_what_is_beside(names)
    return labels.assign(**{names[name]: column for name, column in columns.items()})


def _labelled(parts: _Parts, by: tuple[str, ...], values: Floats, name: str) -> "DataArray":
    from xarray import DataArray

    if not by:
        return DataArray(values[:, 0], dims=("sample",), name=name)
    called = columns_beside(by, {"sample"})
    dim = called[by[0]] if len(by) == 1 else "part"
    coords = {called[column]: (dim, parts.labels[column].to_numpy()) for column in by}
    return DataArray(values, dims=("sample", dim), coords=coords, name=name)
