"""How much a formula may ask for: one budget a formula, spent before the work is done."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from stanmlm.base.errors import DataError

P = ParamSpec("P")
R = TypeVar("R")

NUMBERS = 20_000_000  # that the calls of a formula may make beyond the rows of the data: 160 MB, a tenth of a second
PER_ROW = 300  # and for each row of the data: columns of smooths
LEVEL = 50  # numbers that are made in the time of a text
SHORT = 1000  # characters a row that cost nothing
UNKNOWN = 1_000_000  # rows that are taken for granted where R code is evaluated outside a formula


@dataclass
class Budget:
    """What one formula has asked for; what is no longer than the data costs nothing."""

    rows: int = 0
    spent: float = 0.0


_CURRENT: ContextVar[Budget] = ContextVar("the budget of the formula that is being evaluated")


def budgeted(function: Callable[P, R]) -> Callable[P, R]:
    """The function, all of whose calls of R functions share one budget."""

    @wraps(function)
    def with_budget(*args: P.args, **named: P.kwargs) -> R:
        token = _CURRENT.set(Budget())
        try:
            return function(*args, **named)
        finally:
            _CURRENT.reset(token)

    return with_budget


def data_have(rows: int) -> None:
    """Data of so many rows are there, so that work on as many is nothing that the formula has made up."""
    budget = _CURRENT.get(None)
    if budget:
        budget.rows = max(budget.rows, rows)


def spend(numbers: float, rows: float | None = None) -> None:
    """Ask for numbers that are about to be made, `rows` of which are nothing new where the data have as many.

    Raises
    ------
    DataError
        When a formula asks for too many: `1:1e12`.
    """
    _spend(numbers, 1, "numbers", rows)


def spend_texts(texts: float) -> None:
    """Ask for so many texts, levels or labels.

    Raises
    ------
    DataError
        When a formula asks for too many: `cut(x, 1e7)`.
    """
    _spend(texts, LEVEL, "levels or labels", texts)


def spend_characters(texts: int, characters: float) -> None:
    """Ask for so many texts of so many characters each.

    Raises
    ------
    DataError
        When a formula asks for too many.
    """
    spend_texts(texts)
    if characters > SHORT:
        _spend(texts * characters, 1 / 8, "characters", None)


def _spend(count: float, price: float, what: str, rows: float | None) -> None:
    budget = _CURRENT.get(None) or Budget(UNKNOWN)
    if rows is not None and rows <= budget.rows:
        return
    most = NUMBERS + PER_ROW * budget.rows
    if not budget.spent + price * count <= most:
        together = ", together with the rest of the formula" if price * count <= most else ""
        of_rows = f" of {budget.rows:,} rows" if _CURRENT.get(None) else ""
        raise DataError(
            f"this would make {count:.3g} {what}{together}; {most / price:,.0f} are the most that a formula may "
            f"make{of_rows}"
        )
    budget.spent += price * count
