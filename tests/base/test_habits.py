"""Verbs that are not here say what is."""

import inspect
import re

import pytest

import stanmlm as sm
from stanmlm.base.dialects import verbs_elsewhere


@pytest.mark.parametrize("name", verbs_elsewhere())
def test_a_verb_of_rs_names_ours_whatever_it_is_called_with(name: str) -> None:
    with pytest.raises(sm.OptionError) as error:
        getattr(sm, name)(None, None, test="Chisq")
    named = re.findall(r"\b([A-Za-z_0-9]+)\(", str(error.value))
    assert named[0] == name
    assert len(named) > 1
    assert all(inspect.isfunction(getattr(sm, ours)) for ours in named)
    assert name not in sm.__all__


def test_profiles_are_refused_where_intervals_are() -> None:
    with pytest.raises(sm.OptionError, match="no profiles"):
        sm.confint(None, method="profile")  # type: ignore[arg-type]
