"""Identical rows become one cell with a sufficient statistic; the posterior does not change."""

from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arrays import Floats, Ints, is_constant
from stanmlm.base.errors import OptionError
from stanmlm.data.design import Design, dpars_of, predictors
from stanmlm.data.distinct import WORTH, cells_of, first_rows
from stanmlm.data.whole_rows import all_columns, columns_of, n_rows, places
from stanmlm.families import Family
from stanmlm.families.observation import masses, read_as, seen_whole
from stanmlm.families.reductions import Observed, Stats, distinct_responses, extra_at, observed
from stanmlm.families.responses import Response, added_to, moved
from stanmlm.model.rotation import rotated, weighted_columns
from stanmlm.model.stan_rows import Rows, plain_rows


@dataclass(frozen=True)
class Cells:
    """What the likelihood can tell apart: C cells in place of N rows."""

    row: Ints  # (N,) the cell of each row
    first: Ints  # (C,) a row that stands for each cell
    X: Floats  # (C, F) of all predictors
    Z: tuple[Floats, ...]  # a group term each: (C, K)
    index: tuple[Ints, ...]  # a group term each: (C,) from 0
    offset: Floats  # (C,); zeros where the family has taken the offset into its statistics
    stats: Stats  # by Stan data name: those of the family's reduction, or the distinct responses
    rows: Rows  # what the program reads: these cells, or fewer rows with the same squares
    observed: Observed | None = None  # for the pilot, where it takes more than means of cells; files do without
    extras: tuple[str, ...] = ()  # what the program reads of responses beside the family's usual data
    masses: tuple[str, ...] = ()  # kinds of chances that the likelihood has beside densities


def compress(
    design: Design,
    response: Response,
    family: Family,
    collapse: bool | str = "auto",
) -> Cells:
    """Collapse rows that the likelihood cannot tell apart.

    Parameters
    ----------
    design : Design
        N rows, D of them distinct.
    response : Response
        Read by `family`.
    family : Family
        Says what is sufficient, and what keeps rows apart; where nothing less is, the distinct responses are.
    collapse : bool or "auto"
        False keeps a cell a row; "auto" does where fewer cells would save little. Gaussian cells are then rotated to
        fewer rows with the same squares, under the same rule.

    Returns
    -------
    Cells
        Cells in the order in which rows first meet them.

    Raises
    ------
    OptionError
        If `collapse` is none of these.

    Examples
    --------
    >>> from stanmlm.families import poisson
    >>> from stanmlm.families.responses import Response
    >>> X = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    >>> design = Design(X, ("(Intercept)", "x"), (0, 1), True, (), (), np.zeros(3))
    >>> counts = Response("y", np.array([2.0, 1.0, 4.0]), np.ones(3), np.ones(3))
    >>> compress(design, counts, poisson()).stats["y"]
    array([6., 1.])
    """
    if collapse not in (True, False, "auto"):
        raise OptionError(f'collapse must be True, False or "auto", not {collapse!r}')
    added, whole = added_to(response), extra_at(response).whole
    if family.written and not family.written.loop:
        collapse = False  # a density of all rows may read their order
    beside = [name for name in ("exponents", "rate", "se") if name in added] + ([] if whole else ["masses"])
    reduction = family.reduction([of.dpar for of in predictors(design)], beside)
    known = {"offset": design.offset, "trials": response.trials, "weights": response.weights, "y": response.y}
    key = reduction.key if reduction else ("offset",)
    apart = [*(known[name] for name in key), *(of.offset for of in design.others)]
    cell, first = _cells(design, apart, collapse)
    at = places(design, first)
    X, Z = all_columns(design)[at], tuple(term.Z[at] for term in design.terms)
    index = tuple(term.index[at] for term in design.terms)
    offset = design.offset[first] if "offset" in key else np.zeros(len(first))
    taken = response if "offset" in key else moved(response, design.offset)
    means = whole and not family.constants and reduction is not None and reduction.means is not None
    seen = None if means else observed(taken, cell, family.weights_are_precisions)
    extras = read_as(extra_at(response), family) if {*beside} & {"rate", "se", "masses"} or not reduction else ()
    if reduction:
        stats = reduction.statistic(_whole(response), design.offset, cell, len(first))
    else:
        assert seen is not None
        stats = distinct_responses(seen_whole(seen), extras, _integers(family))
    of_masses = masses(family, seen, extras, _integers(family)) if seen else {}
    for more in of_masses.values():
        stats = {**stats, **more}
    location = [k for k, term in enumerate(design.terms) if set(dpars_of(term)) == {design.dpar}]
    plain = plain_rows(X, Z, index, offset, stats, location)
    rows = _summed(plain, collapse) if reduction and reduction.spread else plain
    return Cells(cell, first, X, Z, index, offset, stats, rows, seen, extras, tuple(of_masses))


def _integers(family: Family) -> tuple[str, ...]:
    """What programs have of responses and beside them as integers."""
    if family.written:
        return family.written.integers
    return ("y", *family.extras) if family.kind == "category" else ()


def _whole(response: Response) -> Response:
    """A response in which those that were not seen whole are no observations."""
    if not np.any(response.censored):
        return response
    return replace(response, weights=np.where(response.censored == 0, response.weights, 0.0))


def _summed(cells: Rows, collapse: bool | str) -> Rows:
    """Rows of weight one, rotated where that is wanted and saves some."""
    rows = weighted_columns(cells)
    fewer = rows if collapse is False else rotated(rows)
    return fewer if len(fewer.X) <= (WORTH if collapse == "auto" else 1) * len(rows.X) else rows


def _cells(design: Design, key: list[Floats], collapse: bool | str) -> tuple[Ints, Ints]:
    """The cell of each row, (N,), and the first row of each cell."""
    n = n_rows(design)
    cell, first = _rows_alike(design, key) if collapse is not False else (np.arange(n),) * 2
    return (np.arange(n),) * 2 if collapse == "auto" and len(first) > WORTH * n else (cell, first)


def _rows_alike(design: Design, key: list[Floats]) -> tuple[Ints, Ints]:
    """Rows that the design cannot tell apart, nor what else the family keeps apart, become one."""
    alike, firsts = cells_of(columns_of(design), len(design.X))
    cell, first = alike, firsts
    if design.row is not None:
        cell = design.row if len(firsts) == len(alike) else alike[design.row]
        first = first_rows(cell, len(firsts))
    varying = [column for column in key if not is_constant(column)]
    return cells_of([cell, *varying]) if varying else (cell, first)
