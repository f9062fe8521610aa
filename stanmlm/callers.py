"""The caller's variables, where formulas look for what the data lack."""

import sys
from collections import ChainMap
from collections.abc import Mapping

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
