"""The coefficients of a model, each with what varies it and what explains the variation, as equations write them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.after.equation.variable_levels import Parts, fixed_parts, group_parts, same_product
from stanmlm.base.arrays import Anything
from stanmlm.model.model import Model
from stanmlm.priors.parameters import groupings

WIDE = 6  # columns of a term beyond which it is a vector: a factor with a level a state, a spline


@dataclass(frozen=True, eq=False)
class Varying:
    """A coefficient that varies by a grouping factor."""

    bar: int  # the group term
    position: int  # among its coefficients
    grouping: int  # the grouping factor
    predictors: tuple[Parts, ...] = ()  # group-level variables that explain it, cross-level interactions among them


@dataclass(frozen=True, eq=False)
class Coefficient:
    """A number that multiplies a row-level product: the intercept multiplies none."""

    parts: Parts
    fixed: bool  # whether the population has one
    varying: tuple[Varying, ...] = ()


@dataclass(frozen=True)
class Block:
    """A term of many columns, or an intercept for every level of a variable (`indicators`)."""

    label: str
    indicators: bool


@dataclass(frozen=True, eq=False)
class Anatomy:
    """What an equation of a model has to show."""

    coefficients: tuple[Coefficient, ...]  # the intercept first, where there is one
    blocks: tuple[Block, ...]


def anatomy(model: Model) -> Anatomy:
    """Take a model apart.

    A fixed column that is a varying coefficient's variable times something constant within its groups explains that
    coefficient: the cross-level interaction of the lecture. Where several nested factors would do, it is the coarsest.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1, chains=1, iter=200)
    >>> [(len(c.parts), c.fixed, len(c.varying)) for c in anatomy(fit.model).coefficients]
    [(0, True, 1), (1, True, 0)]
    """
    columns = fixed_parts(model, WIDE)
    first = model.family.in_thresholds if model.design.dpar in model.family.locations else 0
    blocks, inside = _blocks(model, columns, first)
    coefficients = _varying(model)
    for column, parts in enumerate(columns[first:], first):
        if parts is not None and column not in inside:
            _place(model, coefficients, parts)
    return Anatomy(tuple(sorted(coefficients, key=lambda coefficient: bool(coefficient.parts))), blocks)


def _varying(model: Model) -> list[Coefficient]:
    """What varies, a coefficient each, whichever and however many factors vary it."""
    found: list[Coefficient] = []
    for number, grouping in enumerate(groupings(model.design)):
        for bar in grouping.bars:
            for position, parts in enumerate(group_parts(model, bar)):
                place = next((k for k, c in enumerate(found) if same_product(c.parts, parts)), None)
                if place is None:
                    place = len(found)
                    found.append(Coefficient(parts, False))
                old = found[place]
                found[place] = replace(old, varying=(*old.varying, Varying(bar, position, number)))
    return found


def _place(model: Model, coefficients: list[Coefficient], parts: Parts) -> None:
    """Find the place of a fixed column: a coefficient's population value, its group-level predictor, or its own."""
    same = next((k for k, c in enumerate(coefficients) if same_product(c.parts, parts)), None)
    if same is not None:
        coefficients[same] = replace(coefficients[same], fixed=True)
        return
    for number in _coarsest_first(model):
        below = tuple(part for part in parts if not part.within[number])
        above = tuple(part for part in parts if part.within[number])
        for k, coefficient in enumerate(coefficients):
            if above and coefficient.varying and same_product(coefficient.parts, below):
                explained = _explained(coefficient, number, above)
                if explained is not None:
                    coefficients[k] = explained
                    return
    coefficients.append(Coefficient(parts, True))


def _explained(coefficient: Coefficient, number: int, above: Parts) -> Coefficient | None:
    """The coefficient with one more predictor of its variation by a factor, if it varies by that."""
    place = next((k for k, v in enumerate(coefficient.varying) if v.grouping == number), None)
    if place is None:
        return None
    varying = list(coefficient.varying)
    varying[place] = replace(varying[place], predictors=(*varying[place].predictors, above))
    return replace(coefficient, varying=tuple(varying))


def _coarsest_first(model: Model) -> list[int]:
    sizes = [len(grouping.levels) for grouping in groupings(model.design)]
    return sorted(range(len(sizes)), key=lambda number: sizes[number])


def _blocks(model: Model, columns: Sequence[Parts | None], first: int) -> tuple[tuple[Block, ...], frozenset[int]]:
    """Terms that are not written column by column, and their columns, from the first on."""
    design, terms = model.design, model.formula.fixed.terms
    assign = np.asarray(design.assign)
    blocks, inside = [], set[int]()
    for number in np.unique(assign[first:][assign[first:] > 0]):
        own = np.flatnonzero(assign == number)
        indicators = not design.terms and not design.intercept and _one_each(design.X[:, own])
        if indicators or columns[own[0]] is None:
            blocks.append(Block(":".join(e.label for e in terms[number - 1]), indicators))
            inside |= set(own.tolist())
    return tuple(blocks), frozenset(inside)


def _one_each(X: Anything) -> bool:
    """Whether every row has a single 1 among zeros."""
    return X.shape[1] > 1 and bool(np.isin(X, (0, 1)).all() and (X.sum(axis=1) == 1).all())
