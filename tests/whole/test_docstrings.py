"""Every public function says what it takes, gives and refuses, and every example runs as it is pasted."""

import doctest
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from docstrings import (
    failures_of,
    faults_of_class,
    faults_of_function,
    faults_of_method,
    habits,
    public_classes,
    public_functions,
    public_methods,
    shows,
)

import stanmlm
import stanmlm.fit.verbs
from stanmlm import Fit
from stanmlm.families import Family
from stanmlm.fit.call import Scope
from stanmlm.fit.fit import Call
from stanmlm.formula.bf import FormulaLike

MODULES = sorted(
    name
    for _, name, _ in pkgutil.walk_packages(stanmlm.__path__, "stanmlm.")
    if "__main__" not in name and name != "stanmlm.cli"
)
FUNCTIONS, CLASSES, METHODS = public_functions(), public_classes(), public_methods()
WITH_EXAMPLES = {**FUNCTIONS, **CLASSES, **habits()}
PUBLIC = {f"{one.__module__}.{one.__qualname__}" for one in map(inspect.unwrap, WITH_EXAMPLES.values())}
LONG = ("redblue",)  # the whole ladder of the lecture
MOST_FITS = 24  # that examples of the whole package may sample; they share those that they call alike


# What still lacks something; a name goes when it is whole, and the list when it is empty.


@pytest.fixture(scope="module")
def fits_once() -> Iterator[None]:
    """Equal calls of the verbs give one fit, so that examples can be whole and cheap."""
    made: dict[bytes, Fit] = {}
    fit_verb = stanmlm.fit.imputed.fit_verb

    def once(call: Call, formula: FormulaLike, data: object, family: Family, scope: Scope) -> Fit:
        key = pickle.dumps((call.verb, sorted(call.arguments.items()), formula, data, family))
        if key not in made:
            made[key] = fit_verb(call, formula, data, family, scope)
        return replace(made[key], call=call)  # which has the name of the data

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stanmlm.fit.imputed, "fit_verb", once)
        yield
    assert len(made) <= MOST_FITS, f"{len(made)} fits: let examples share `lmer(...)` of the others"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_help_of_a_function_is_whole(name: str) -> None:
    assert not faults_of_function(FUNCTIONS[name])


@pytest.mark.parametrize("name", CLASSES)
def test_the_help_of_a_record_is_whole(name: str) -> None:
    assert not faults_of_class(CLASSES[name])


@pytest.mark.parametrize("name", METHODS)
def test_the_help_of_a_method_is_whole(name: str) -> None:
    assert not faults_of_method(METHODS[name])


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in WITH_EXAMPLES]
)
def test_an_example_runs_as_it_is_pasted(
    name: str, fits_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    failed = failures_of(name, WITH_EXAMPLES[name])
    assert not failed, failed


@pytest.mark.parametrize("name", MODULES)
def test_an_example_shows_what_it_gives(name: str) -> None:
    """One that only defines a function, or is never run, shows nothing that could be wrong."""
    for test in examples_of(name):
        skipped = [doctest.SKIP in example.options for example in test.examples]
        assert not any(skipped), f"{test.name} is never run"
        assert shows(test.docstring or ""), f"{test.name} shows nothing"


@pytest.mark.slow
@pytest.mark.parametrize("name", MODULES)
def test_examples_within_the_package_run(name: str) -> None:
    with np.printoptions(legacy=False):
        for test in examples_of(name):
            if test.name not in PUBLIC:
                failed, _ = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
                assert not failed, test.name


def examples_of(name: str) -> list[doctest.DocTest]:
    """The docstrings of a module that have examples."""
    return [test for test in doctest.DocTestFinder().find(importlib.import_module(name), name) if test.examples]
