"""`spread_draws` and `gather_draws`: draws of parameters, a row for each element of what has several."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError
from stanmlm.fit.draws import values_of
from stanmlm.fit.fit import Fit, chains_of
from stanmlm.fit.raw import draw_counters
from stanmlm.priors.parameter_names import find
from stanmlm.priors.parameters import Variable

COUNTERS = [".chain", ".iteration", ".draw"]


@dataclass(frozen=True)
class Spreading:
    """One of the variables asked for."""

    name: str
    indices: dict[str, tuple[str, ...]]  # labels by the name of each index; none of a number
    draws: Floats  # (draws, E) in the order of the indices, the last fastest


def spread_draws(fit: Fit, *variables: str) -> pd.DataFrame:
    """Draws of parameters, a column a variable, and a row for each of its elements: tidybayes's `spread_draws`.

    Parameters
    ----------
    fit
        A fit.
    *variables
        What `as_draws_df` calls variables, with names for their indices, `"r_student[student, term]"` and `"b[term]"`,
        or without (`student` and `term` then), and single parameters in any spelling, `"sigma"` or `"b_hours"`.
        Variables with an index of one name are joined by it.

    Returns
    -------
    pandas.DataFrame
        A column an index, `.chain`, `.iteration`, `.draw`, and a column a variable.

    Raises
    ------
    DataError
        For what is no variable, and for a number of indices that it does not have.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams, spread_draws
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> spread_draws(fit, "sigma", "r_student[who, term]").columns.tolist()
    ['who', 'term', '.chain', '.iteration', '.draw', 'sigma', 'r_student']
    """
    check_arguments(spread_draws, locals())
    asked = _asked(fit, variables)
    values, indices = [one.name for one in asked], dict.fromkeys(name for one in asked for name in one.indices)
    if clash := [name for name in values if values.count(name) > 1 or name in indices]:
        raise DataError(f"`{clash[0]}` would be two columns; ask for a variable once, and give indices other names")
    whole, *others = (_frame(fit, one, one.name) for one in asked)
    for frame in others:
        whole = whole.merge(frame, on=[name for name in frame.columns if name in whole.columns], how="outer")
    order = {name: _order(asked, name) for name in indices}
    whole = whole.sort_values([*indices, ".draw"], key=lambda column: column.map(order.get(str(column.name), int)))
    return whole[[*indices, *COUNTERS, *values]].reset_index(drop=True)


def gather_draws(fit: Fit, *variables: str) -> pd.DataFrame:
    """Draws of parameters below each other, `.variable` and `.value`: tidybayes's `gather_draws`.

    Parameters
    ----------
    fit
        A fit.
    *variables
        What `as_draws_df` calls variables, with names for their indices, `"r_student[student, term]"` and `"b[term]"`,
        or without (`student` and `term` then), and single parameters in any spelling, `"sigma"` or `"b_hours"`.

    Returns
    -------
    pandas.DataFrame
        A column an index, missing where a variable lacks it, `.chain`, `.iteration`, `.draw`, `.variable`, `.value`.

    Raises
    ------
    DataError
        For what is no variable, and for a number of indices that it does not have.

    Examples
    --------
    >>> from stanmlm import gather_draws, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> gather_draws(fit, "sigma", "b[term]").groupby([".variable", "term"], dropna=False).size().tolist()
    [4000, 4000, 4000]
    """
    check_arguments(gather_draws, locals())
    asked = _asked(fit, variables)
    frames = [_frame(fit, one, ".value").assign(**{".variable": one.name}) for one in asked]
    indices = dict.fromkeys(name for one in asked for name in one.indices)
    return pd.concat(frames, ignore_index=True).reindex(columns=[*indices, *COUNTERS, ".variable", ".value"])


def _asked(fit: Fit, variables: Sequence[str]) -> list[Spreading]:
    if not variables:
        raise DataError('no variable is asked for; name some, such as "sigma" or "b[term]"')
    return [_spread(fit, text) for text in variables]


def _spread(fit: Fit, text: str) -> Spreading:
    found = re.fullmatch(r"\s*([^\[\]]+?)\s*(?:\[([^\[\]]*)\])?\s*", text)
    known = {row.name: row for row in fit.model.ledger.variables}
    if found is None or found[1] not in known or (found[2] is not None and not _are_names(known[found[1]], found[2])):
        element = find(fit.model.spellings, text)
        return Spreading(text, {}, values_of(fit, [element]).reshape(-1, 1))
    row = known[found[1]]
    names = [name.strip() for name in found[2].split(",")] if found[2] is not None else _usual(row)
    if len(set(names)) != len(row.labels):
        raise DataError(f"`{row.name}` has {len(row.labels)} indices, such as "
                        f"`{row.name}[{', '.join(_usual(row))}]`, and `{text}` names {len(set(names))}")  # fmt: skip
    draws = chains_of(fit, row.name)
    return Spreading(
        row.name, dict(zip(names, row.labels, strict=True)), draws.reshape(draws.shape[0] * draws.shape[1], -1)
    )


def _order(asked: Sequence[Spreading], index: str) -> dict[str, int]:
    """The place of each label of an index, in the order in which variables have them."""
    labels = dict.fromkeys(label for one in asked for label in one.indices.get(index, ()))
    return {label: place for place, label in enumerate(labels)}


def _are_names(row: Variable, inside: str) -> bool:
    """Whether what is in brackets names indices, and is no label of an element."""
    labels = {label for own in row.labels for label in own}
    whole = {text.partition("[")[2].removesuffix("]") for text in row.flat}
    return inside not in whole and not all(part.strip() in labels for part in inside.split(","))


def _usual(row: Variable) -> list[str]:
    """The grouping factor of levels, and what a dim's name begins with of others."""
    return [row.group if dim.startswith("level_") else dim.partition("_")[0] for dim in row.dims]


def _frame(fit: Fit, one: Spreading, name: str) -> pd.DataFrame:
    E, S = one.draws.shape[1], len(one.draws)
    labels = zip(*product(*one.indices.values()), strict=True)  # of each index, of every element
    index = {key: np.repeat(np.array(own, dtype=object), S) for key, own in zip(one.indices, labels, strict=True)}
    counters = {key: np.tile(column, E) for key, column in draw_counters(fit).items()}
    return pd.DataFrame({**index, **counters, name: one.draws.T.ravel()})
