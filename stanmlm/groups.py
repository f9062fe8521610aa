"""Which group a row belongs to, for what is asked by group: folds, grouped statistics."""

import numpy as np
import pandas as pd

from stanmlm.arrays import Anything
from stanmlm.design_rows import places
from stanmlm.errors import DataError, OptionError, did_you_mean
from stanmlm.fit import Fit
from stanmlm.model import groupings


def group_of(fit: Fit, group: str | Anything | None) -> pd.Categorical:
    """The group of every fitted row.

    Parameters
    ----------
    fit
        A fit.
    group
        A grouping factor or a variable of the model, or an array with a value a row; the only grouping factor where
        None.

    Raises
    ------
    OptionError
        Where there is no such variable, or none to choose by default.
    DataError
        For an array of another length.

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
        return _given(fit, group)
    if group in known:
        term = fit.model.design.terms[known[group]]
        index = term.index[places(fit.model.design, slice(None))]
        return pd.Categorical.from_codes(index, categories=pd.Index(term.levels, dtype=object))
    variables = fit.model.frame.variables
    if group not in variables:
        raise OptionError(f"the model has no variable `{group}`{did_you_mean(group, [*known, *variables])}")
    return pd.Categorical(variables[group])


def _only(groups: list[str]) -> str:
    if len(groups) != 1:
        which = f"the model has {len(groups)} grouping factors" if groups else "the model has no grouping factor"
        raise OptionError(f"{which}; say which one with group=" if groups else f"{which}; name a variable with group=")
    return groups[0]


def _given(fit: Fit, group: Anything) -> pd.Categorical:
    values = np.asarray(group)
    N = len(fit.model.response.y)
    if values.shape != (N,):
        raise DataError(f"group has {values.size} values for {N} rows of the fit")
    return pd.Categorical(values.tolist())
