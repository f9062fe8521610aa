"""Docstrings as `help()` shows them, which lists the options that several verbs share, for mkdocstrings."""

import inspect
from typing import Any

import griffe


class RuntimeDocstrings(griffe.Extension):
    """Puts the docstring of each public function of the running package in the place of its source's."""

    def __init__(self) -> None:
        import stanmlm

        public = [getattr(stanmlm, name) for name in stanmlm.__all__]
        functions = {inspect.unwrap(one): one for one in public if inspect.isfunction(one)}
        self.said = {f"{at.__module__}.{at.__qualname__}": inspect.getdoc(one) or "" for at, one in functions.items()}

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Once for each function in the package's sources."""
        if func.docstring and func.path in self.said:
            func.docstring.value = self.said[func.path]
