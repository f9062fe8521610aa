"""The table of verbs: everything public has a row."""

import inspect
import re
from pathlib import Path

import pytest

import stanmlm

TABLE = Path(__file__).resolve().parents[2] / "docs" / "verbs.md"
VERBS = sorted(name for name, thing in vars(stanmlm).items() if inspect.isfunction(thing) and not name.startswith("_"))


@pytest.mark.parametrize("verb", VERBS)
def test_a_public_function_has_a_row(verb: str) -> None:
    rows = [line.split("|")[1] for line in TABLE.read_text().replace(r"\|", "/").split("\n") if line.startswith("|")]
    assert any(re.search(rf"(?<![\w.]){verb}(?![\w=])", row) for row in rows), f"docs/verbs.md has no row for {verb}"
