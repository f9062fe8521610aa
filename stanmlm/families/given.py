"""Functions with arguments that are given once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Given:
    """A function whose first arguments are given: one that equals its copy in another process, as no partial does."""

    function: Callable[..., Any]
    arguments: tuple[object, ...] = ()
    named: tuple[tuple[str, object], ...] = ()

    def __call__(self, *rest: object, **named: object) -> Any:
        """What the function gives with the rest of its arguments; of two of one name the last one given counts."""
        return self.function(*self.arguments, *rest, **{**dict(self.named), **named})
