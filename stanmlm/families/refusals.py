"""What is said of rows of a response: errors and warnings that name them."""

import warnings

from stanmlm.base.arrays import Ints
from stanmlm.base.errors import DataError, StanmlmWarning, rows_named
from stanmlm.data.raw_response import RawResponse

# Verbs of messages, which are written for several values.
_OF_ONE = {"are": "is", "do": "does"}


def refuse(raw: RawResponse, bad: Ints, message: str) -> None:
    """Raise a message with these rows, where there are any."""
    if len(bad):
        raise DataError(_counted(raw, bad, message))


def warn_of(raw: RawResponse, odd: Ints, message: str) -> None:
    """Warn with a message of these rows, where there are any."""
    if len(odd):
        say(_counted(raw, odd, message) + "; they enter as they are")


def say(message: str) -> None:
    """Warn the user."""
    warnings.warn(message, StanmlmWarning, stacklevel=2)


def _counted(raw: RawResponse, places: Ints, message: str) -> str:
    """The message with how many values it is about, and the rows where they stand."""
    labels = places if raw.rows is None else raw.rows[places]
    count = "1 value" if len(places) == 1 else f"{len(places)} values"
    said = message.format(values=count)
    for several, one in _OF_ONE.items() if len(places) == 1 else ():
        said = said.replace(f"{count} that {several}", f"{count} that {one}")
    return f"{said} {rows_named(labels.tolist())}"
