"""The N rows of a design, which holds the distinct ones: all, some, and how often each distinct one stands there."""

from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Anything, Floats, constant
from stanmlm.data.design import Design
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
    offset = design.offset[at]
    if design.row is None:
        return replace(_distinct(design, at), offset=offset)
    row, first = factorize(design.row[at])
    few = _distinct(design, design.row[at][first])
    return replace(few, offset=offset, row=row, counts=how_often(row, len(first)))


def _distinct(design: Design, at: Anything) -> Design:
    """Some of the distinct rows."""
    terms = tuple(replace(term, index=term.index[at], Z=term.Z[at]) for term in design.terms)
    return replace(design, X=design.X[at], terms=terms)


def first_of(design: Design) -> Anything | slice:
    """The first row of each distinct one."""
    return slice(None) if design.row is None else first_rows(design.row, len(design.X))


def counts(design: Design) -> Floats:
    """How many rows each distinct one stands for, (D,)."""
    return constant(1.0, len(design.X)) if design.counts is None else design.counts


def means_over_rows(design: Design) -> Floats:
    """The mean of every column of X over all rows, (F,)."""
    if design.counts is None:
        return np.asarray(design.X.mean(axis=0), dtype=float)
    return np.asarray(design.counts @ design.X / n_rows(design))


def independent(design: Design) -> tuple[int, ...]:
    """The columns of X that R's `qr` keeps."""
    return pivoted_rank(design.X, design.counts)


def columns_of(design: Design) -> list[Anything]:
    """Every column of the distinct rows: levels, X, Z."""
    return [*(term.index for term in design.terms), *design.X.T, *(z for term in design.terms for z in term.Z.T)]


def telling(design: Design) -> list[Anything]:
    """Columns over all rows that tell them apart, offsets aside: one, where distinct rows are known."""
    return columns_of(design) if design.row is None else [design.row]
