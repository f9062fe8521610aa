"""Numbers without a formula as predictors: which columns they have, and what their coefficients are called."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.families import Family


@dataclass(frozen=True)
class Alone:
    """What a number without a formula is in each row: a column of ones, or one for each item that has the number."""

    columns: Floats  # (C, names)
    names: tuple[str, ...]


def alone_in(family: Family, scalars: Sequence[str], X: Floats) -> list[Alone]:
    """The columns of numbers without a formula, by the order of their predictors.

    Parameters
    ----------
    family : Family
    scalars : sequence of str
        Those of `Family.numbers` that have no formula.
    X : array
        (C, F), the columns of items first where thresholds are those of items.

    Returns
    -------
    list

    Examples
    --------
    >>> from stanmlm.families import poisson
    >>> alone_in(poisson(), [], np.ones((2, 1)))
    []
    """
    if family.items is None:
        return [Alone(np.ones((len(X), 1)), (name,)) for name in scalars]
    assert family.shared is not None
    own = [name for name in scalars if name not in family.links]
    out = [Alone(np.ones((len(X), 1)), (name,)) for name in scalars if name in family.links]
    counts = [sums.shape[1] for sums in family.sums_of_items]
    first, here = np.cumsum([0, *counts]), X[:, : len(counts)]
    for k, _ in enumerate(own):
        having = [i for i, count in enumerate(counts) if count > k]
        names = tuple(f"{family.shared.number}[{first[i] + k + 1}]" for i in having)
        out.append(Alone(here[:, having], names))
    return out
