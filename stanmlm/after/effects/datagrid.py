"""Rows to predict for: the variables of a fit, their typical values, and grids of them."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

import pandas as pd

from stanmlm.base.arguments import answer_of, check_arguments, is_single
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.data.encode import OF_DISTRIBUTIONS
from stanmlm.data.rvalues import CODED
from stanmlm.fit.fit import Fit, warn_of_data_sets
from stanmlm.formula.formula import Expression, Terms, by_parameter, parse_expression
from stanmlm.formula.rcode import names_in


@dataclass(frozen=True)
class Variables:
    """The columns of the data that a fit predicts from, in the order of the formula."""

    focal: tuple[str, ...]  # in the fixed part or left of a bar
    groups: tuple[str, ...]  # right of a bar, and not focal
    others: tuple[str, ...]  # in offsets and `trials()`

    @property
    def all(self) -> tuple[str, ...]:
        """Every one of them."""
        return (*self.focal, *self.groups, *self.others)


def roles_of(fit: Fit) -> Variables:
    """What a prediction of the fit reads from its data."""
    formula, known = fit.model.formula, set(_columns(fit))
    every = by_parameter(formula).values()
    sides = [side for one in every for side in (one.fixed, *(bar.left for bar in one.bars))]
    focal = list(dict.fromkeys(name for side in sides for name in names_of_side(side) if name in known))
    groups = {name for one in every for bar in one.bars for part in bar.group for name in names_in(part.node)}
    nodes = [offset.node for one in every for offset in one.offsets]
    nodes += [parse_expression(text)] if (text := _offset(fit)) else []
    nodes += [e.node for one in formula.additions if one.name in OF_DISTRIBUTIONS for _, e in one.arguments]
    others = {name for node in nodes for name in names_in(node)}
    return Variables(
        tuple(focal),
        tuple(name for name in _columns(fit) if name in groups - set(focal)),
        tuple(name for name in _columns(fit) if name in others - groups - set(focal)),
    )


def names_of_side(side: Terms) -> list[str]:
    """The names in the terms of one side, in their order."""
    return [name for term in side.terms for name in names_of_term(term)]


def names_of_term(term: Sequence[Expression]) -> list[str]:
    """The names in one term, in their order."""
    return [name for e in term for name in sorted(names_in(e.node), key=e.label.find)]


def _columns(fit: Fit) -> list[str]:
    return [str(name) for name in fit.model.frame.data.columns]


def _offset(fit: Fit) -> str | None:
    return cast(str | None, fit.model.frame.memory["offset"])


def fitted_data(fit: Fit) -> pd.DataFrame:
    """The fitted rows of the data, the columns that the fit predicts from."""
    frame = fit.model.frame
    return frame.data[list(roles_of(fit).all)].iloc[frame.rows]


def is_discrete(fit: Fit, name: str) -> bool:
    """Whether the model treats a variable as a set of levels: factors, strings, truth values, `factor(x)`."""
    kept = cast(Mapping[str, Mapping[str, object]], fit.model.frame.memory["variables"])
    column = fitted_data(fit)[name]
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return True
    every = (e for one in by_parameter(fit.model.formula).values() for e in one.variables)
    uses = [e.label for e in every if names_in(e.node) == {name} and e.label in kept]
    return bool(uses) and all(kept[label]["type"] in (*CODED, "logical") for label in uses)


def distinct_values(column: "pd.Series") -> list[object]:
    """The distinct values of a column, a factor's in its order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        present = set(column.dropna())
        return [level for level in column.cat.categories if level in present]
    return sorted(column.dropna().unique().tolist())


def most_frequent(column: "pd.Series") -> object:
    """The most frequent value, the first of several."""
    counts = dict(column.value_counts(sort=False))
    return max(distinct_values(column), key=lambda level: int(counts[level]))


def typical(column: "pd.Series") -> object:
    """marginaleffects' choice: the mean of reals, the rounded mean of whole numbers, else the mode, also of 0/1."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return most_frequent(column)
    if set(column.dropna().unique()) <= {0, 1}:
        return most_frequent(column)
    mean = float(column.mean())
    return round(mean) if pd.api.types.is_integer_dtype(column) else mean


def typical_of_fit(fit: Fit, choice: Callable[["pd.Series"], object] = typical) -> dict[str, object]:
    """A typical value of each column that the fit predicts from; of what only groups the most frequent level.

    The mean of numbers that name groups, such as sleepstudy's subjects in a CSV file, would be a group that is none.
    """
    data, groups = fitted_data(fit), roles_of(fit).groups
    return {str(name): (most_frequent if name in groups else choice)(data[name]) for name in data.columns}


def _median(column: "pd.Series") -> object:
    return float(column.median()) if pd.api.types.is_float_dtype(column) else typical(column)


def datagrid(fit: Fit, /, **columns: object) -> pd.DataFrame:
    """Every combination of the given values, with all other variables at typical values.

    Parameters
    ----------
    fit
        A fit.
    **columns
        Values by variable: one, several, or a function of the fitted column such as `numpy.unique`. Dots may be
        written as underscores.

    Returns
    -------
    pandas.DataFrame
        The variables of the formula's right side. Those not given stand at their mean, whole numbers at the rounded
        mean, factors, truth values, 0/1 and what only groups at the most frequent value (marginaleffects' `datagrid`).

    Raises
    ------
    DataError
        For a variable that the model does not have, or without a value.

    Examples
    --------
    >>> from stanmlm import datagrid, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> datagrid(fit, hours=[-0.5, 0.5], student="new").to_dict("list")
    {'hours': [-0.5, 0.5], 'student': ['new', 'new']}
    """
    check_arguments(datagrid, locals())
    data = fitted_data(fit)
    given = {known_name(name, data): value for name, value in columns.items()}
    values = {name: listed_values(given[name], data[name]) for name in given}
    defaults = {name: [value] for name, value in typical_of_fit(fit).items() if name not in given}
    return grid_of(data, values | defaults)


def grid_of(data: pd.DataFrame, values: Mapping[str, Sequence[object]]) -> pd.DataFrame:
    """The product of values, the first varying slowest; columns in the order and with the levels of the data."""
    rows = list(product(*values.values()))
    columns = dict(zip(values, zip(*rows, strict=True), strict=True)) if rows else {}
    ordered = {name: _like(list(columns[name]), data[name]) for name in data.columns if name in columns}
    return pd.DataFrame(ordered, index=range(len(rows)))


def _like(values: list[object], column: "pd.Series") -> Any:
    """A factor's values keep its levels, and new ones come after them."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return values
    known = list(column.cat.categories)
    new = [value for value in dict.fromkeys(values) if value not in known and value is not None]
    return pd.Categorical(values, categories=[*known, *new], ordered=bool(column.cat.ordered))


def counterfactual(rows: pd.DataFrame, values: Mapping[str, object]) -> pd.DataFrame:
    """Every row with every combination of values, one combination after the other."""
    for name in values:
        if name not in rows.columns:
            raise DataError(f"`{name}` is not a variable of the rows" + did_you_mean(name, map(str, rows.columns)))
    choices = product(*(listed_values(given, rows[name]) for name, given in values.items()))
    copies = []
    for choice in choices:
        copy = rows
        for name, value in zip(values, choice, strict=True):
            copy = with_value(copy, name, value)
        copies.append(copy)
    return pd.concat(copies, ignore_index=True) if values else rows


def with_value(rows: pd.DataFrame, name: str, value: Any) -> pd.DataFrame:
    """The rows with one column set to a value, or to one value a row; a factor keeps its levels."""
    if not is_single(value) or name not in rows.columns:
        return rows.assign(**{name: value})
    return rows.assign(**{name: _like([value] * len(rows), rows[name])})


def known_name(name: str, data: pd.DataFrame) -> str:
    """The column of this name, whose dots may be written as underscores."""
    dotted = {str(column).replace(".", "_"): str(column) for column in data.columns}
    if name not in data.columns and name not in dotted:
        raise DataError(f"`{name}` is not a variable of the model" + did_you_mean(name, map(str, data.columns)))
    return name if name in data.columns else dotted[name]


def listed_values(given: object, column: "pd.Series") -> list[object]:
    """What was given for a column as a list: one value, several, or a function of the column."""
    value = answer_of(f"`{column.name}`", given, column) if callable(given) else given
    values = [value] if is_single(value) else list(cast(Sequence[object], value))
    if not values:
        raise DataError(f"no value was given for `{column.name}`")
    if not all(map(is_whole_text, values)):
        raise DataError(f"the text that was given for `{column.name}` has halves of characters; it is no Unicode")
    if any(isinstance(value, int) and abs(value) > sys.float_info.max for value in values):
        raise DataError(f"a number that was given for `{column.name}` is larger than any that a column holds")
    return values


def is_whole_text(value: object) -> bool:
    """Whether it is no text, or one that can be written: half of a surrogate pair cannot."""
    try:
        return not isinstance(value, str) or value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False


def newdata_of(fit: Fit, newdata: object) -> pd.DataFrame:
    """The rows that `newdata=` asks for: the fitted ones where None, a frame, or the name of a grid."""
    if newdata is None:
        warn_of_data_sets(fit)
        return fitted_data(fit)
    if isinstance(newdata, str):
        if newdata not in GRIDS:
            raise OptionError(f"newdata is `{newdata}`, which names no grid" + did_you_mean(newdata, GRIDS))
        return GRIDS[newdata](fit)
    table = to_pandas(newdata)
    assert table is not None
    if not len(table):
        raise DataError("newdata has no rows")
    return table


def _at(value: Callable[["pd.Series"], object]) -> Callable[[Fit], pd.DataFrame]:
    def grid(fit: Fit) -> pd.DataFrame:
        return grid_of(fitted_data(fit), {name: [one] for name, one in typical_of_fit(fit, value).items()})

    return grid


def _balanced(fit: Fit) -> pd.DataFrame:
    """Every combination of levels of the focal factors, numbers at their means."""
    data, focal = fitted_data(fit), roles_of(fit).focal
    crossed = {str(name) for name in focal if is_discrete(fit, name)}
    values = {
        name: distinct_values(data[name]) if name in crossed else [one] for name, one in typical_of_fit(fit).items()
    }
    return grid_of(data, values)


GRIDS: Mapping[str, Callable[[Fit], pd.DataFrame]] = {
    "mean": _at(typical),
    "median": _at(_median),
    "balanced": _balanced,
}
