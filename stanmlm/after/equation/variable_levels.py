"""Which level of a model each variable belongs to: rows, or the groups within which it is constant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.coding import INTERCEPT, Contrasts, dummy_patterns, model_columns
from stanmlm.data.design import Design
from stanmlm.data.encode import coding_of
from stanmlm.data.rvalues import CODED, Value, take
from stanmlm.data.whole_rows import first_of, n_rows
from stanmlm.formula.formula import Expression, Terms
from stanmlm.model.model import Model
from stanmlm.priors.parameters import Grouping, groupings


@dataclass(frozen=True, eq=False)
class LevelPart:
    """One variable's column in the product that makes a column of the design."""

    name: str  # R's: "income", "stateAL"
    values: Floats  # (D,) for the distinct rows of the design
    within: tuple[bool, ...]  # for each grouping factor whether it is constant within its levels


Parts = tuple[LevelPart, ...]  # of one column; none for the intercept


def constant_within(values: Floats, index: Ints) -> bool:
    """Whether `values` (N,) or (N, p) is one value in every group of `index` (N,)."""
    first = np.zeros(index.max(initial=-1) + 1, dtype=np.int64)
    first[index[::-1]] = np.arange(len(index))[::-1]
    return bool(np.array_equal(values, values[first][index]))


def index_of(design: Design, grouping: Grouping) -> Ints:
    """The level of each distinct row, (D,)."""
    return design.terms[grouping.bars[0]].index


def fixed_parts(model: Model, most: int) -> tuple[Parts | None, ...]:
    """For each column of X its parts; None in terms with more than `most` columns.

    Parameters
    ----------
    model : Model
    most : int
        Wider terms, such as a factor with a level a state, are not taken apart.
    """
    design = model.design
    assert design.spec is not None
    kept = design.spec.keep
    every = _parts(model, model.formula.fixed, coding_of(design.spec), most)
    return tuple(every[column] for column in kept)


def group_parts(model: Model, bar: int) -> tuple[Parts, ...]:
    """For each coefficient of a group term the parts of its column of Z."""
    spec = model.design.spec
    assert spec is not None
    contrasts, rows = Contrasts({}, coding_of(spec).default), len(model.frame.rows)
    sides = (model.formula.bars[k].left for k in spec.bars[bar])
    return tuple(parts or () for side in sides for parts in _parts(model, side, contrasts, rows))


def level_of(part: LevelPart, design: Design) -> int | None:
    """The coarsest grouping factor within which a variable is constant, if any."""
    sizes = [len(grouping.levels) for grouping in groupings(design)]
    inside = [number for number, constant in enumerate(part.within) if constant]
    return min(inside, key=lambda number: sizes[number]) if inside else None


def same_product(a: Sequence[LevelPart], b: Sequence[LevelPart]) -> bool:
    """Whether two products have the same variables, coded alike."""
    left, right = (sorted(parts, key=lambda part: part.name) for parts in (a, b))
    return [part.name for part in left] == [part.name for part in right] and all(
        np.array_equal(x.values, y.values) for x, y in zip(left, right, strict=True)
    )


def _parts(model: Model, side: Terms, contrasts: Contrasts, most: int) -> list[Parts | None]:
    """The columns of one side of a formula in R's order: products whose first variable runs fastest."""
    first = first_of(model.design)
    values = {e.label: take(model.frame.values[e.label], first) for term in side.terms for e in term}
    coded = frozenset(e.label for term in side.terms for e in term if _is_coded(values[e.label]))
    columns: list[Parts | None] = [()] if side.intercept else []
    for term, full in zip(side.terms, dummy_patterns(side, coded), strict=True):
        names = [_columns(model, values, e, e.label in full, contrasts) for e in term]
        size = int(np.prod([len(columns_) for columns_, _ in names]))
        if size > most:
            columns += [None] * size
            continue
        made = [_made(model, *columns_) for columns_ in names]
        columns += [tuple(reversed(parts)) for parts in product(*reversed(made))]
    return columns


def _is_coded(value: Value) -> bool:
    return value.type in CODED or (value.type == "logical" and value.data.ndim == 1)


def _columns(
    model: Model, values: Mapping[str, Value], e: Expression, full: bool, contrasts: Contrasts
) -> tuple[tuple[str, ...], Floats]:
    """The columns that one variable brings: names, and values (D, p)."""
    made = model_columns(Terms(not full, ((e,),)), values, contrasts, len(model.design.X))
    start = made.names[:1] == (INTERCEPT,)
    return made.names[start:], made.X[:, start:]


def _made(model: Model, names: tuple[str, ...], X: Floats) -> list[LevelPart]:
    return [LevelPart(name, X[:, k], _within(model.design, X[:, k])) for k, name in enumerate(names)]


def _within(design: Design, values: Floats) -> tuple[bool, ...]:
    """A factor with a level a row groups nothing: within it no variable counts as constant."""
    N = n_rows(design)
    return tuple(
        len(grouping.levels) < N and constant_within(values, index_of(design, grouping))
        for grouping in groupings(design)
    )
