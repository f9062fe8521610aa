"""Modules under the names that they had in 0.1."""

import sys
from importlib import import_module
from importlib.util import find_spec

import pytest

import stanmlm as sm
from stanmlm.moved import MOVED


@pytest.mark.parametrize("old", MOVED)
def test_every_module_is_where_its_old_name_leads(old: str) -> None:
    assert find_spec(MOVED[old]) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("stanmlm.errors", "stanmlm.base.errors"),
        ("stanmlm.keep", "stanmlm.fit.files.saved"),
        ("stanmlm.redblue.files", "stanmlm.lecture.redblue.files"),
        ("stanmlm.engines.cmdstan", "stanmlm.sampling.engines.cmdstan"),
    ],
)
def test_an_old_name_gives_the_module_itself_and_says_where_it_is(old: str, new: str) -> None:
    for name in (old, old.rpartition(".")[0]):
        if name != "stanmlm":
            sys.modules.pop(name, None)
    with pytest.warns(DeprecationWarning, match=f"`{old}` is `{new}` now"):
        found = import_module(old)
    assert found is import_module(new)
    assert found.__spec__ is not None
    assert found.__spec__.name == new


@pytest.mark.parametrize("old", [old for old in MOVED if callable(getattr(sm, old, None))])
@pytest.mark.filterwarnings("ignore:`stanmlm:DeprecationWarning")
def test_verbs_stay_verbs_where_a_module_had_their_name(old: str) -> None:
    verb = getattr(sm, old)
    sys.modules.pop(f"stanmlm.{old}", None)
    assert import_module(f"stanmlm.{old}") is import_module(MOVED[old])
    assert getattr(sm, old) is verb


def test_a_name_that_never_was_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'stanmlm\.absent'"):
        import_module("stanmlm.absent")
