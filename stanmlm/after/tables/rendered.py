"""Tables of text as HTML, LaTeX, Typst, Word and Great Tables: what the package maketables does."""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.base.files.disk import whole_file

PIP = 'pip install "stanmlm[tables]"'
_SPECIAL = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"$\sim$",
    "^": r"\textasciicircum{}",
    "[": "{[}",  # a line that begins with one would be the length of the line break before it
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
_TEX = str.maketrans(_SPECIAL)


@dataclass(frozen=True)
class TextTable:
    """What is rendered, as plain text."""

    cells: pd.DataFrame  # text by (section, label) and (response, model); lines of a cell are apart by "\n"
    title: str
    note: str


def made(table: TextTable, form: str) -> Any:
    """The table in one of `FORMS`.

    Raises
    ------
    OptionError
        For another form, and where maketables is not installed.
    """
    if form not in FORMS:
        raise OptionError(f"a table has no form `{form}`; it has {', '.join(FORMS)}{did_you_mean(form, FORMS)}")
    if find_spec("maketables") is None:
        raise OptionError(f"tables in {', '.join(FORMS)} are made by maketables, which is not installed: {PIP}")
    return FORMS[form](table)


def write(table: TextTable, path: Path) -> None:
    """The table in the file `path`, in the form that its name ends with.

    Raises
    ------
    OptionError
        For another ending, and where maketables is not installed.
    FileError
        Where no file can be put.
    """
    form = ENDINGS.get(path.suffix.lower())
    if form is None:
        raise OptionError(f"{path.name} should end with {', '.join(ENDINGS)}, which says what is written")
    whole = made(table, form)
    with whole_file(path) as sink:
        if form == "docx":
            whole.save(sink)
        else:
            sink.write(str(_page(whole, table) if form == "html" else whole).encode())


def _maketables(table: TextTable, form: str) -> Any:
    from maketables import MTable

    laid = MTable(table.cells, notes=table.note, caption=table.title or None, rgroup_display=False)
    return laid.make(form, tex_style={"tab_width": None})  # as wide as its cells


def _tex(table: TextTable) -> str:
    """maketables takes text for LaTeX as it stands."""
    cells = table.cells.map(_escaped)
    cells.index, cells.columns = (
        pd.MultiIndex.from_tuples([tuple(map(_escaped, each)) for each in axis])
        for axis in (cells.index, cells.columns)
    )
    return str(_maketables(TextTable(cells, _escaped(table.title), _escaped(table.note)), "tex"))


def _escaped(text: str) -> str:
    return text.translate(_TEX)


def _page(fragment: str, table: TextTable) -> str:
    """A page of its own, whose letters any browser reads as they are meant."""
    head = f'<meta charset="utf-8"><title>{html.escape(table.title or "Models")}</title>'
    return f"<!DOCTYPE html>\n<html>\n<head>{head}</head>\n<body>\n{fragment}\n</body>\n</html>\n"


FORMS: Mapping[str, Callable[[TextTable], Any]] = {
    "html": partial(_maketables, form="html"),
    "tex": _tex,
    "docx": partial(_maketables, form="docx"),
    "typst": partial(_maketables, form="typst"),
    "gt": partial(_maketables, form="gt"),
}
ENDINGS = {".html": "html", ".tex": "tex", ".docx": "docx", ".typ": "typst"}
