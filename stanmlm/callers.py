"""The caller's variables, where formulas look for what the data lack."""

import sys
import warnings
from collections import ChainMap
from collections.abc import Mapping

from stanmlm.errors import StanmlmWarning

# Code that Python runs in a frame of its own, though its reader sees it as part of the function around it.
_INNER = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>")


def caller_scope(depth: int) -> Mapping[str, object]:
    """The variables visible where a public function was called: `depth` is 1 inside that function itself.

    A comprehension or a lambda sees the variables around it as well, used in it or not.

    Examples
    --------
    >>> def verb():
    ...     return caller_scope(1)["x"]
    >>> x = 1
    >>> verb()
    1
    """
    frame = sys._getframe(depth + 1)
    maps: list[dict[str, object]] = [dict(frame.f_locals)]
    while frame.f_code.co_name in _INNER and frame.f_back is not None:
        frame = frame.f_back
        maps.append(dict(frame.f_locals))
    return ChainMap(*maps, frame.f_globals)


def warn_user(message: str) -> None:
    """Warn at the line outside of this package that called it, however deep inside the reason is found."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == "stanmlm":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, StanmlmWarning, stacklevel=level)
