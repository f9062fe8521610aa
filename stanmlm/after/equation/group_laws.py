"""The distributions of what varies by group, with their covariance matrices."""

from collections.abc import Sequence

from stanmlm.after.equation.coefficients import Coefficient, Varying
from stanmlm.after.equation.latex import Symbol, at, column, matrix
from stanmlm.after.equation.page import RHO, SIGMA, Line, Page, factor_over

FULL = 3  # coefficients of a group term up to which their covariance matrix is written out
Rows = Sequence[tuple[Symbol, Coefficient, Varying]]


def vector(entries: Sequence[str]) -> str:
    """One symbol, or several in a column."""
    return entries[0] if len(entries) == 1 else column(entries)


def law(page: Page, means: Sequence[str], rows: Rows) -> str:
    """Normal about means, with the sd or the covariance matrix of the rows."""
    if len(rows) == 1:
        return rf"\sim \text{{Normal}}({means[0]}, {_sd(page, rows[0])}^2)"
    return rf"\sim \text{{Multivariate Normal}}\left({column(means)}, {_covariance(page, rows)}\right)"


def _sd(page: Page, row: tuple[Symbol, Coefficient, Varying]) -> Symbol:
    return at(SIGMA, str(row[0]), factor_over(page, row[2]))


def _covariance(page: Page, rows: Rows) -> str:
    if len(rows) > FULL:
        return str(_sigma_matrix(page, rows))
    sds = [_sd(page, row) for row in rows]
    places = range(len(rows))
    return matrix([[_covariance_entry(page, rows, sds, min(p, q), max(p, q)) for q in places] for p in places])


def _covariance_entry(page: Page, rows: Rows, sds: Sequence[Symbol], p: int, q: int) -> str:
    if p == q:
        return f"{sds[p]}^2"
    pair = (str(rows[p][0]), str(rows[q][0])) if len(rows) > 2 else ()
    return f"{at(RHO, *pair, over=factor_over(page, rows[0][2]))} {sds[p]} {sds[q]}"


def _sigma_matrix(page: Page, rows: Rows) -> Symbol:
    return Symbol(r"\boldsymbol{\Sigma}", over=factor_over(page, rows[0][2]))


def covariance_lines(page: Page, rows: Rows) -> list[Line]:
    """What stands in a covariance matrix that is too large to write out."""
    if len(rows) <= FULL:
        return []
    entry = at(Symbol(r"\Sigma", over=factor_over(page, rows[0][2])), "p", "q")
    return [(str(entry), r"= \rho_{p,q} \sigma_{p} \sigma_{q}, \quad \rho_{p,p} = 1")]
