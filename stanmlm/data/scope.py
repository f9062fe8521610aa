"""Where R code finds its names, and what it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass

from stanmlm.data.learned import NOTHING, Learned
from stanmlm.data.rvalues import Value, length


@dataclass(frozen=True)
class Scope:
    """Where the names of R code are looked up: the data first, then the caller's variables."""

    data: Mapping[str, Value]  # columns by name
    caller: Mapping[str, object]
    text: str = ""  # the code, for carets
    known: tuple[str, ...] = ()  # all column names, for suggestions
    wanted: frozenset[str] = frozenset()  # names that the code takes from the caller
    rows: int | None = None  # of the data: a caller's vector of that length has one a row; None: any has
    learned: Learned | None = None  # what calls learned from the fitted rows, in new data; None: they learn


@dataclass(frozen=True)
class Evaluated:
    """The value of R code, and what its calls have learned."""

    value: Value
    by_row: bool  # whether its rows are those of the data, or some of them
    learned: Learned = NOTHING


def is_by_row(value: Value, scope: Scope) -> bool:
    """Whether a value of the caller's is as long as the data, so that it has a row for each of theirs."""
    return length(value) > 1 and scope.rows in (None, length(value))
