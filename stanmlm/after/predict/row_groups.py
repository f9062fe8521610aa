"""Which group a row belongs to, for what is asked by group: folds, grouped statistics."""

import numpy as np
import pandas as pd

from stanmlm.base.arguments import shown
from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.dataframes import require_order
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.data.factors import level_names
from stanmlm.data.whole_rows import places
from stanmlm.fit.fit import Fit
from stanmlm.priors.parameters import groupings

SHOWN = 5  # rows that a message names


def group_of(fit: Fit, group: str | Anything | None) -> pd.Categorical:
    """The group of every fitted row.

    Parameters
    ----------
    fit
        A fit.
    group
        A grouping factor, a variable of the model or a column of its data, dots also written as underscores; or an
        array with a value a row, of the fit or of the data; the only grouping factor where None.

    Raises
    ------
    OptionError
        Where there is no such variable, or none to choose by default.
    DataError
        For an array of another length, or where a group is missing.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1, chains=1, iter=200)
    >>> len(group_of(fit, "student").categories)
    100
    """
    known = {g.group: g.bars[0] for g in groupings(fit.model.design)}
    if group is None:
        group = _only(list(known))
    if not isinstance(group, str):
        return _complete(fit, "group", pd.Categorical(values_by_row(fit, "group", group).tolist()))
    group = _known_name(fit, group, list(known))
    if group in known:
        term = fit.model.design.terms[known[group]]
        index = term.index[places(fit.model.design, slice(None))]
        return pd.Categorical.from_codes(index, categories=pd.Index(level_names(term.levels), dtype=object))
    return _complete(fit, f"`{group}`", pd.Categorical(_column(fit, group)))


def numbers_by_row(fit: Fit, x: str | Anything) -> Floats:
    """A number for every fitted row: a variable of the model, a column of its data, or an array.

    Raises
    ------
    OptionError
        Where there is no such variable.
    DataError
        For what is no number, or missing.
    """
    if isinstance(x, str):
        values, name = _column(fit, _known_name(fit, x, [])), f"`{x}`"
    else:
        values, name = pd.Series(values_by_row(fit, "x", x).tolist()), "x"
    numbers = np.asarray(pd.to_numeric(values, errors="coerce"), dtype=float)
    if not np.all(np.isfinite(numbers)):
        raise DataError(f"{name} has no number in {int((~np.isfinite(numbers)).sum())} of the fitted rows")
    return numbers


def _known_name(fit: Fit, name: str, groups: list[str]) -> str:
    frame = fit.model.frame
    names = dict.fromkeys([*groups, *frame.variables, *map(str, frame.data.columns)])
    found = name if name in names else {own.replace(".", "_"): own for own in names}.get(name, name)
    if found not in names:
        raise OptionError(f"the model has no variable `{name}`{did_you_mean(name, names)}")
    return found


def _column(fit: Fit, name: str) -> pd.Series:
    frame = fit.model.frame
    return frame.variables[name] if name in frame.variables else frame.data[name].iloc[frame.rows]


def values_by_row(fit: Fit, name: str, given: Anything) -> Anything:
    """What was given for the argument `name` by row of the fit, or of the data, as a value for each fitted row.

    Raises
    ------
    DataError
        For another number of values.
    """
    try:
        values, rows = np.asarray(given), fit.model.frame.rows
    except ValueError:  # lists of several lengths
        raise DataError(f"{name} is {shown(given)}; it must be one value a row") from None
    if values.shape == (len(fit.model.frame.data),) != rows.shape:
        require_order(name, given, fit.model.frame.data.index)
        return values[rows]
    if values.shape != rows.shape:
        raise DataError(f"{name} has {values.size} values for {len(rows)} rows of the fit")
    require_order(name, given, fit.model.frame.index)
    return values


def _complete(fit: Fit, name: str, groups: pd.Categorical) -> pd.Categorical:
    if (missing := np.flatnonzero(groups.codes < 0)).size:
        rows = ", ".join(map(str, fit.model.frame.index[missing[:SHOWN]])) + (", ..." if len(missing) > SHOWN else "")
        raise DataError(f"{name} is missing in {len(missing)} of the fitted rows ({rows})")
    return groups


def _only(groups: list[str]) -> str:
    if len(groups) != 1:
        which = f"the model has {len(groups)} grouping factors" if groups else "the model has no grouping factor"
        raise OptionError(f"{which}; say which one with group=" if groups else f"{which}; name a variable with group=")
    return groups[0]
