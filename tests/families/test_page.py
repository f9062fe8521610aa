"""The page of families says what the records do."""

from page import lines, written


def test_the_table_of_families_is_that_of_the_records() -> None:
    """`python tests/families/page.py` writes it anew."""
    assert written() == "\n".join(lines())
