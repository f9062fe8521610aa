"""Verbs that users of R look for, and that a posterior answers in another way: each says which."""

from collections.abc import Callable
from typing import NoReturn

from stanmlm.base.dialects import verbs_elsewhere
from stanmlm.base.errors import OptionError


def habits() -> dict[str, Callable[..., NoReturn]]:
    """By name a function that says what to call in its place, whatever it is called with.

    Examples
    --------
    >>> habits()["logLik"]("a fit")
    Traceback (most recent call last):
    stanmlm.OptionError: logLik() is of one estimate: log_lik(fit) has ...
    """
    return {name: _habit(name, words) for name, words in verbs_elsewhere().items()}


def _habit(name: str, words: str) -> Callable[..., NoReturn]:
    def elsewhere(*fits: object, **options: object) -> NoReturn:
        raise OptionError(f"{name}() {words}")

    elsewhere.__name__ = elsewhere.__qualname__ = name
    elsewhere.__module__ = "stanmlm"
    elsewhere.__doc__ = f"""Not here: {name}() {words}.

    Examples
    --------
    >>> from stanmlm import {name}
    >>> {name}()
    Traceback (most recent call last):
    stanmlm.OptionError: {name}() ...
    """
    return elsewhere
