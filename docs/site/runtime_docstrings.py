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
        # functions that their modules are called like: a name of the package is read as the module
        self.hidden = {at.__name__: at.__module__ for at in functions if at.__module__.endswith(f".{at.__name__}")}

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Once, when all of the package is read."""
        for name, module in self.hidden.items():
            pkg.members[name] = griffe.Alias(name, f"{module}.{name}", parent=pkg)

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Once for each function in the package's sources."""
        if func.docstring and func.path in self.said:
            func.docstring.value = self.said[func.path]
