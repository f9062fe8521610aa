"""Every public function has an example, and every example runs."""

import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import stanmlm

MODULES = sorted(
    name
    for _, name, _ in pkgutil.walk_packages(stanmlm.__path__, "stanmlm.")
    if "__main__" not in name and name != "stanmlm.cli"
)
PUBLIC = sorted(name for name, value in vars(stanmlm).items() if inspect.isfunction(value) and not name.startswith("_"))


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_function_has_an_example(name: str) -> None:
    documentation = inspect.getdoc(getattr(stanmlm, name)) or ""
    assert ">>>" in documentation, f"{name} has no runnable example"


@pytest.mark.parametrize("name", MODULES)
def test_an_example_shows_what_it_gives(name: str) -> None:
    """One that only defines a function, or is never run, shows nothing that could be wrong."""
    module = importlib.import_module(name)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        shown = [bool(example.want) and doctest.SKIP not in example.options for example in test.examples]
        assert not shown or any(shown), f"{test.name} shows nothing"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    with np.printoptions(legacy=False):
        failed, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert not failed
