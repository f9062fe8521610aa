"""The caller's variables, where formulas look for what the data lack."""

import inspect
import sys
import warnings
from collections import ChainMap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import CodeType, FrameType

from stanmlm.base.errors import StanmlmWarning

_LISTENER: ContextVar[list[str] | None] = ContextVar("listener", default=None)  # of a thread, while it listens
_BETWEEN = "stanmlm.base.arguments"  # whose `public` stands between a verb and its caller


def caller_scope(depth: int) -> Mapping[str, object]:
    """The variables visible where a public function was called: `depth` is 1 inside that function itself.

    A function, lambda or comprehension sees the variables of the functions that it is written in as well, used in it
    or not, whoever calls it: `data.pipe(lambda d: lmer("y ~ x + z", d))` finds a `z` that stands beside `data`.

    Examples
    --------
    >>> def verb():
    ...     return caller_scope(1)["x"]
    >>> x = 1
    >>> verb()
    1
    """
    frame = sys._getframe(depth + 1)
    while frame.f_back and frame.f_globals.get("__name__") == _BETWEEN:
        frame = frame.f_back
    outermost, maps = frame.f_globals, [dict(frame.f_locals)]
    while outer := _written_in(frame):
        maps.append(dict(outer.f_locals))
        frame = outer
    return ChainMap(*maps, outermost)


def _written_in(frame: FrameType) -> FrameType | None:
    """The running function in whose text the code of `frame` stands, past those that merely call it."""
    code, outer = frame.f_code, frame.f_back
    if not code.co_flags & inspect.CO_NESTED:
        return None
    while outer and not _holds(outer.f_code, code):
        outer = outer.f_back
    return outer


def _holds(outer: CodeType, inner: CodeType) -> bool:
    """Whether code stands within other code, be it in a class or in a function that has ended."""
    parts = [constant for constant in outer.co_consts if isinstance(constant, CodeType)]
    return any(part is inner or _holds(part, inner) for part in parts)


@contextmanager
def overheard() -> Iterator[list[str]]:
    """What `warn_user` says in this thread meanwhile, for whoever warns in its place: other processes are not heard.

    Examples
    --------
    >>> with overheard() as told:
    ...     warn_user("the chains have not mixed")
    >>> told
    ['the chains have not mixed']
    """
    told: list[str] = []
    before = _LISTENER.set(told)
    try:
        yield told
    finally:
        _LISTENER.reset(before)


def warn_user(message: str) -> None:
    """Warn at the line outside of this package that called it, however deep inside the reason is found."""
    if (listener := _LISTENER.get()) is not None:
        listener.append(message)
        return
    level, frame = 2, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == "stanmlm":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, StanmlmWarning, stacklevel=level)
