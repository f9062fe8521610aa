"""Arguments of R functions that are one number, one truth value or one text, and what is said where they are not."""

import math

from stanmlm.base.errors import DataError
from stanmlm.data.rvalues import CODED, NUMERIC, Value, as_character, floats, length

INTEGERS = 2**31  # R's integers are below

WORDS = {"null": "NULL", "closure": "a function", "character": "text", "ordered": "an ordered factor"}


def described(value: Value) -> str:
    """What an argument is, in a few words."""
    if value.type in NUMERIC and length(value) == 1 and value.data.ndim == 1:
        number = float(value.data[0])
        return "NA" if math.isnan(number) else f"{number:g}"
    if length(value) == 0 and value.type != "null":
        return "empty"
    return WORDS.get(value.type, f"a {value.type}")


def one_number(value: Value | None, name: str, default: float = math.nan, missing: bool = False) -> float:
    """A number, the first of several as R takes it; NA only where it may be `missing`."""
    if value is None:
        return default
    if value.type not in NUMERIC or not value.data.size:
        raise DataError(f"invalid '{name}' argument: it is {described(value)}, and must be one number")
    number = float(floats(value).flat[0])
    if math.isnan(number) and not missing:
        raise DataError(f"invalid '{name}' argument: it is NA, and must be one number")
    return number


def one_whole(value: Value | None, name: str, default: int = 0) -> int:
    """A whole number, cut off towards zero as R does."""
    number = one_number(value, name, default)
    if not abs(number) < INTEGERS:
        raise DataError(f"invalid '{name}' argument: it is {number:g}, and must be a whole number")
    return int(number)


def one_count(value: Value | None, name: str, default: float = 1) -> float:
    """How many of something, 0 or more, as a number that may be past all bounds: budgets say what is too many."""
    number = math.floor(number) if math.isfinite(number := one_number(value, name, default)) else number
    if number < 0:
        raise DataError(f"invalid '{name}' argument: it is {number:g}, and must be 0 or more")
    return number


def one_flag(value: Value | None, name: str, default: bool) -> bool:
    """A truth value."""
    if value is None:
        return default
    if value.type not in NUMERIC or not value.data.size or math.isnan(float(value.data.flat[0])):
        raise DataError(f"invalid '{name}' argument: it is {described(value)}, and must be TRUE or FALSE")
    return bool(value.data.flat[0])


def one_text(value: Value | None, name: str, default: str) -> str:
    """A text."""
    if value is None:
        return default
    if value.type not in CODED or not value.data.size or value.data.flat[0] < 0:
        raise DataError(f"invalid '{name}' argument: it is {described(value)}, and must be text in quotes")
    texts = as_character(value)
    return texts.levels[int(texts.data.flat[0])]
