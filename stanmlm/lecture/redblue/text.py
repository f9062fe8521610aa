"""The ladder as text: a year a block, a model a column, standard errors in brackets below, as R's regression tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from stanmlm.lecture.redblue.ladder import LADDER
from stanmlm.lecture.redblue.table import COEFFICIENTS

GAP = 2
FOOT = (
    "Posterior means, posterior sds in brackets; Rhat, ESS (bulk or tail) and divergences are the worst of a model.",
    "~ is the spread of the states' own estimates, noise included; the others are of the group effects.",
    "Not estimable: states whose own rows, or dummy, have no maximum of the likelihood (separation, too few rows).",
)


@dataclass(frozen=True)
class ResultLine:
    """One line of the table: its words, the column of the frame, and how to write a number."""

    words: str
    column: str
    form: str  # of str.format
    rough: tuple[str, ...] = ()  # models whose number is a raw spread


RAW = ("no-pooling", "fixed-effects")
ERROR_TERMS = (
    ResultLine("sd (Intercept)", "sd_intercept", "{:.2f}", RAW),
    ResultLine("sd income", "sd_income", "{:.2f}", RAW),
    ResultLine("correlation", "correlation", "{:.2f}", RAW),
)
RUN = (
    ResultLine("states", "states", "{:.0f}"),
    ResultLine("not estimable", "not_estimable", "{:.0f}"),
    ResultLine("seconds", "seconds", "{:.1f}"),
    ResultLine("divergences", "divergences", "{:.0f}"),
    ResultLine("Rhat", "rhat", "{:.3f}"),
    ResultLine("ESS", "ess", "{:.0f}"),
)


def ladder_text(table: pd.DataFrame, heading: str) -> str:
    """The ladder of every year, side by side.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `ladder_row`.
    heading : str
        What the data are.

    Returns
    -------
    str
    """
    blocks = [_year_block(year, rows.set_index("model")) for year, rows in table.groupby("year")]
    return "\n\n".join([heading, *blocks, "\n".join(FOOT)])


def _year_block(year: object, rows: pd.DataFrame) -> str:
    keys = [rung.key for rung in LADDER if rung.key in rows.index]
    lines = [
        [str(year), *(rung.title[0] for rung in LADDER if rung.key in keys)],
        [f"N = {int(rows['rows'].max()):,}", *(rung.title[1] for rung in LADDER if rung.key in keys)],
        *(line for name in COEFFICIENTS for line in _coefficient(name, rows.loc[keys])),
        ["Between states:"],
        *([f" {line.words}", *_cells(line, rows.loc[keys])] for line in ERROR_TERMS),
        ["Sampling:"],
        *([f" {line.words}", *_cells(line, rows.loc[keys])] for line in RUN),
    ]
    return aligned_columns(lines)


def _coefficient(name: str, rows: pd.DataFrame) -> list[list[str]]:
    estimates = [_number("{:.2f} ", value) for value in rows[name]] if name in rows else [""] * len(rows)
    column = f"{name}.se"
    errors = [_number("({:.2f})", value) for value in rows[column]] if column in rows else [""] * len(rows)
    return [[name, *estimates], ["", *errors]]


def _cells(line: ResultLine, rows: pd.DataFrame) -> list[str]:
    return [
        _number(("~" if model in line.rough else "") + line.form + " ", value)
        for model, value in zip(rows.index, rows[line.column], strict=True)
    ]


def _number(form: str, value: float) -> str:
    return "" if pd.isna(value) else form.format(value)


def aligned_columns(lines: Sequence[Sequence[str]]) -> str:
    """Cells in columns: the first to the left, the others to the right.

    Examples
    --------
    >>> print(aligned_columns([["", "a", "b"], ["income", "0.25", "-1"]]))
               a   b
    income  0.25  -1
    """
    columns = max(map(len, lines))
    widths = [max(len(line[at]) for line in lines if at < len(line)) for at in range(columns)]
    rows = [
        "".join(
            cell.ljust(width) if at == 0 else " " * GAP + cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=False))
        )
        for line in lines
    ]
    return "\n".join(row.rstrip() for row in rows)
