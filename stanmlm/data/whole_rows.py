"""The N rows of a design, which holds the distinct ones: all, some, and how often each distinct one stands there."""

from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Anything, Floats, constant, is_constant
from stanmlm.data.design import Design, predictors
from stanmlm.data.distinct import factorize, first_rows, how_often
from stanmlm.data.rank import pivoted_rank


def n_rows(design: Design) -> int:
    """N."""
    return len(design.X) if design.row is None else len(design.row)


def places(design: Design, at: Anything | slice) -> Anything | slice:
    """Where the rows `at` stand among the distinct ones."""
    return at if design.row is None else design.row[at]


def whole(design: Design) -> Design:
    """The design with every row written out, D = N."""
    return design if design.row is None else replace(_distinct(design, design.row), row=None, counts=None)


def rows_of(design: Design, at: Anything) -> Design:
    """Some rows of a design."""
    some = replace(
        design, offset=design.offset[at], others=tuple(replace(of, offset=of.offset[at]) for of in design.others)
    )
    if design.row is None:
        return _distinct(some, at)
    row, first = factorize(design.row[at])
    return replace(_distinct(some, design.row[at][first]), row=row, counts=how_often(row, len(first)))


def _distinct(design: Design, at: Anything) -> Design:
    """Some of the distinct rows."""
    terms = tuple(replace(term, index=term.index[at], Z=term.Z[at]) for term in design.terms)
    others = tuple(replace(of, X=of.X[at]) for of in design.others)
    return replace(design, X=design.X[at], terms=terms, others=others)


def first_of(design: Design) -> Anything | slice:
    """The first row of each distinct one."""
    return slice(None) if design.row is None else first_rows(design.row, len(design.X))


def counts(design: Design) -> Floats:
    """How many rows each distinct one stands for, (D,)."""
    return constant(1.0, len(design.X)) if design.counts is None else design.counts


def all_columns(design: Design) -> Floats:
    """The columns of all predictors side by side, (D, F)."""
    return np.column_stack([design.X, *(of.X for of in design.others)]) if design.others else design.X


def means_over_rows(design: Design) -> Floats:
    """The mean of every column of all predictors over all rows, (F,)."""
    X = all_columns(design)
    if design.counts is None:
        return np.asarray(X.mean(axis=0), dtype=float)
    return np.asarray(design.counts @ X / n_rows(design))


def aliased(design: Design) -> list[str]:
    """The columns of any predictor that R's `qr` would not keep, by name."""
    return [
        name
        for of in predictors(design)
        for k, name in enumerate(of.names)
        if k not in set(pivoted_rank(of.X, design.counts))
    ]


def columns_of(design: Design) -> list[Anything]:
    """Every column of the distinct rows: levels, X of every predictor, Z."""
    X = [column for of in predictors(design) for column in of.X.T]
    return [*(term.index for term in design.terms), *X, *(z for term in design.terms for z in term.Z.T)]


def telling(design: Design) -> list[Anything]:
    """Columns over all rows that tell them apart, offsets of the location aside: few, where distinct rows are known."""
    offsets = [of.offset for of in design.others if not is_constant(of.offset)]
    return [*(columns_of(design) if design.row is None else [design.row]), *offsets]
