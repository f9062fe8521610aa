"""`modeltable`: models side by side, a column each, as papers print them."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stanmlm.after.tables.model_quality import MEASURES, quality
from stanmlm.after.tables.rendered import TextTable, made, write
from stanmlm.base.arguments import check_arguments
from stanmlm.base.callers import caller_scope
from stanmlm.base.errors import DataError, OptionError, check_probability, did_you_mean
from stanmlm.base.layout import html_table
from stanmlm.fit.call import name_of
from stanmlm.fit.fit import Fit
from stanmlm.fit.fitlist import FitList
from stanmlm.fit.model_rows import FIXED, GROUPED, SECTIONS, model_rows
from stanmlm.formula.formula import formula_text

FIGURES = 2  # of the smallest standard error of a row, that its decimals show whatever `digits` is
LONGEST = 6  # decimals; smaller numbers are powers of ten
STATISTICS = ("conf.int", "std.error")
QUALITY = "quality"  # the section below those of the parameters
GAP = "  "  # between columns in print


@dataclass(frozen=True)
class ModelTable:
    """Models side by side; it prints as text, `save("table.docx")` writes it, and `make("tex")` gives it away.

    Attributes
    ----------
    cells
        Text by (section, label) and (response, model); lines of a cell are apart by a line feed.
    estimates
        The numbers, a row a parameter and model: `section`, `estimate`, `std.error`, `conf.low` and `conf.high`.
    title
        What stands above, or nothing.
    note
        What stands below.

    Examples
    --------
    >>> from stanmlm import lmer, modeltable, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> modeltable(fit).to_frame().index.tolist()[:3]
    ['(Intercept)', 'hours', 'SD (Intercept student)']
    """

    cells: pd.DataFrame  # text by (section, label) and (response, model); lines of a cell are apart by "\n"
    estimates: pd.DataFrame
    title: str
    note: str

    def __repr__(self) -> str:
        return _text(self)

    def _repr_html_(self) -> str:
        cells = self.to_frame().map(lambda text: text.replace("\n", " "))
        return html_table(cells, self.title, self.note)

    def to_frame(self) -> pd.DataFrame:
        """The cells as text, a row a label, a column a model under its response."""
        return self.cells.droplevel("section")

    def make(self, form: str) -> Any:
        """The table in another form, made by the package maketables.

        Parameters
        ----------
        form
            "html", "tex", "typst", "docx" or "gt".

        Returns
        -------
        Any
            Text, of the first three; a Word document of python-docx; a `GT` of Great Tables.

        Raises
        ------
        OptionError
            For another form, and where maketables is not installed.
        """
        return made(TextTable(self.cells, self.title, self.note), form)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the table.

        Parameters
        ----------
        path
            Ends with .html, .tex, .docx or .typ, which says what is written.

        Raises
        ------
        OptionError
            For another ending, and where maketables is not installed.
        FileError
            Where no file can be put.
        """
        write(TextTable(self.cells, self.title, self.note), Path(path))


def modeltable(
    fits: Fit | FitList | Sequence[Fit] | Mapping[str, Fit],
    *,
    statistic: str | None = "conf.int",
    conf_level: float = 0.95,
    exponentiate: bool = False,
    digits: int = 2,
    effects: Sequence[str] | str = SECTIONS,
    coef_map: Mapping[str, str] | Sequence[str] | None = None,
    coef_rename: Mapping[str, str] | None = None,
    coef_omit: str | None = None,
    gof_map: Sequence[str] | str = ("nobs", "ngrps"),
    stars: bool = False,
    title: str = "",
    notes: str = "",
) -> ModelTable:
    """Models side by side for a paper, as R's modelsummary: LaTeX, HTML, Word, Typst and Great Tables.

    Estimates are posterior means. Rows are named as modelsummary names them: `hours`, `SD (Intercept student)`,
    `Cor (Intercept~hours student)`, `SD (Observations)`.

    Parameters
    ----------
    fits
        A fit or several: a list, whose models go by the names of the caller's variables, or else by their formulas; a
        dict by name, as `ladder` takes; or what `lmList` returns.
    statistic
        What stands under an estimate: "conf.int", the interval in brackets, "std.error", the posterior sd in
        parentheses, or None.
    conf_level
        Posterior probability of the intervals.
    exponentiate
        Exponentiate the fixed part, as `tidy` does.
    digits
        Decimals; a row of smaller numbers has as many as show two figures of its smallest posterior sd.
    effects
        Any of "fixed", "ran_pars" (standard deviations and correlations of group effects) and "auxiliary" (the family's
        own parameters, sigma among them).
    coef_map
        Rows that are shown, in this order: names, or a dict of what to call them.
    coef_rename
        What to call rows, all others as they are.
    coef_omit
        A regular expression for the names of rows to leave out.
    gof_map
        What stands below: any of "nobs", "ngrps" (levels of each grouping factor), "loo" (elpd, its standard error in
        parentheses), "waic", "r2" (Nakagawa's, conditional and marginal), "bayes_R2" and "icc", each that of the
        function of this name.
    stars
        Mark coefficients whose interval does not hold 0 (1 where they are exponentiated).
    title, notes
        Text above, and text below after what says how the table was made.

    Returns
    -------
    ModelTable
        It prints as text; `.save("table.docx")` writes LaTeX, HTML, Word or Typst, `.make("gt")` gives the table to
        Great Tables. Both need the package maketables, `pip install "stanmlm[tables]"`.

    Raises
    ------
    OptionError
        For a row, an effect or a statistic that there is none of.
    DataError
        Without models.

    Notes
    -----
    LaTeX needs the packages booktabs, threeparttable and makecell. `maketables.ETable([fit, other])` takes a
    fit as well, beside models of other packages.

    Examples
    --------
    >>> from stanmlm import lm, lmer, modeltable, simulate_exams
    >>> data = simulate_exams(seed=1)
    >>> pooled, varying = lm("score ~ hours", data, seed=1), lmer("score ~ hours + (1 | student)", data, seed=1)
    >>> table = modeltable([pooled, varying], coef_rename={"hours": "Hours"})
    >>> table.to_frame().columns.tolist()
    [('score', 'pooled'), ('score', 'varying')]
    >>> table.to_frame().index.tolist()[:3]
    ['(Intercept)', 'Hours', 'SD (Intercept student)']
    """
    check_arguments(modeltable, locals())
    check_probability("conf_level", conf_level)
    _check_words("statistic", [] if statistic is None else [statistic], STATISTICS)
    shown = _check_words("effects", [effects] if isinstance(effects, str) else effects, SECTIONS)
    asked = _check_words("gof_map", [gof_map] if isinstance(gof_map, str) else gof_map, MEASURES)
    models = _named(fits, caller_scope(1))
    tables = {name: model_rows(fit, conf_level, exponentiate) for name, fit in models.items()}
    labels = _labels(tables, shown, coef_map, coef_rename or {}, coef_omit)
    kept = {name: _renamed(name, table, labels) for name, table in tables.items()}
    estimates = pd.concat(kept, names=["model", "term"]).reset_index()
    rows = _cells(kept, labels, statistic, digits, float(exponentiate) if stars else None)
    below = pd.DataFrame.from_dict(quality(models, asked), orient="index", columns=list(models))
    cells = pd.concat([rows, below.set_axis([(QUALITY, label) for label in below.index])]).fillna("")
    cells.index = pd.MultiIndex.from_tuples(cells.index.tolist(), names=["section", None])
    cells.columns = pd.MultiIndex.from_tuples([(fit.model.response.label, name) for name, fit in models.items()])
    said = _note(statistic, conf_level, exponentiate, stars)
    return ModelTable(cells, estimates, title, f"{said} {notes}".strip())


def _check_words(argument: str, given: Iterable[str], known: Iterable[str]) -> list[str]:
    words = list(given)
    for word in words:
        if word not in known:
            raise OptionError(f"{argument} has `{word}`; it can be {', '.join(known)}{did_you_mean(word, known)}")
    return words


def _named(fits: Fit | FitList | Sequence[Fit] | Mapping[str, Fit], scope: Mapping[str, object]) -> Mapping[str, Fit]:
    """Models by the caller's own names, or by their formulas; models of one name are counted."""
    if isinstance(fits, Mapping | FitList):
        named = [(str(name), fit) for name, fit in fits.items()]
    else:
        each = [fits] if isinstance(fits, Fit) else list(fits)
        named = [(name_of(fit, scope) or formula_text(fit.model.formula), fit) for fit in each]
    if not named:
        raise DataError("a table needs fits, such as modeltable([fit1, fit2])")
    often, seen = Counter(name for name, _ in named), Counter[str]()
    models: dict[str, Fit] = {}
    for name, fit in named:
        seen[name] += 1
        models[f"{name} ({seen[name]})" if often[name] > 1 else name] = fit
    return models


def _labels(
    tables: Mapping[str, pd.DataFrame],
    sections: Sequence[str],
    coef_map: Mapping[str, str] | Sequence[str] | None,
    coef_rename: Mapping[str, str],
    coef_omit: str | None,
) -> dict[str, tuple[str, str]]:
    """Part of the table and label of each row that is shown, in order."""
    found = {str(name): str(section) for table in tables.values() for name, section in table["section"].items()}
    order: Mapping[str, str] = {name: coef_rename.get(name, name) for name in found}
    if coef_map is not None:
        order = coef_map if isinstance(coef_map, Mapping) else dict(zip(coef_map, coef_map, strict=True))
    for name in [*order, *coef_rename]:
        if name not in found:
            raise OptionError(f"no model has a row `{name}`{did_you_mean(name, found)}")
    omitted = _expression(coef_omit)
    return {
        name: (section if section == FIXED else GROUPED, label)
        for section in SECTIONS
        if section in sections
        for name, label in order.items()
        if found[name] == section and not (omitted and omitted.search(name))
    }


def _expression(text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        raise OptionError(f"`{text}` is not a regular expression: {error}") from error


def _renamed(model: str, table: pd.DataFrame, labels: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """The rows that are shown, by section and label: a label may stand for rows of several models."""
    kept = table.loc[[name for name in labels if name in table.index]]
    named = kept.set_axis([labels[name][1] for name in kept.index])
    if not named.index.is_unique:
        twice = named.index[named.index.duplicated()][0]
        raise OptionError(f"`{twice}` is the name of two rows of the model `{model}`")
    return named


def _cells(
    tables: Mapping[str, pd.DataFrame],
    labels: Mapping[str, tuple[str, str]],
    statistic: str | None,
    digits: int,
    null: float | None,
) -> pd.DataFrame:
    """Text by (section, label) and model; coefficients whose interval does not hold `null` get a star."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for section, label in dict.fromkeys(labels.values()):
        own = {model: dict(table.loc[label]) for model, table in tables.items() if label in table.index}
        form = _format(digits, [float(row["std.error"]) for row in own.values()])
        starred = null if section == FIXED else None
        rows[section, label] = {model: _cell(row, form, statistic, starred) for model, row in own.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(tables))


def _cell(row: Mapping[str, Any], form: str, statistic: str | None, null: float | None) -> str:
    estimate, error, low, high = (
        format(row[name], form) for name in ("estimate", "std.error", "conf.low", "conf.high")
    )
    star = "*" if null is not None and not row["conf.low"] <= null <= row["conf.high"] else ""
    below = {"conf.int": f"\n[{low}, {high}]", "std.error": f"\n({error})", None: ""}
    return f"{estimate}{star}{below[statistic]}"


def _format(digits: int, errors: Sequence[float]) -> str:
    """How numbers of a row are written, so that its smallest standard error has `FIGURES` figures."""
    sizes = [error for error in errors if 0 < error < math.inf]
    needed = FIGURES - 1 - math.floor(math.log10(min(sizes))) if sizes else 0
    return f"z.{max(digits, needed)}f" if needed <= max(LONGEST, digits) else f".{max(digits, FIGURES)}e"


def _note(statistic: str | None, level: float, exponentiate: bool, stars: bool) -> str:
    means = "Posterior means" + (", those of coefficients exponentiated," if exponentiate else "")
    percent = f"{100 * level:.10g}%"
    beside = {"conf.int": f" with {percent} intervals", "std.error": " with posterior sds", None: ""}
    starred = f" * {percent} interval without {int(exponentiate)}." if stars else ""
    return f"{means}{beside[statistic]}".rstrip(",") + f".{starred}"


def _text(table: ModelTable) -> str:
    """The table as plain text: a line a line of a cell, a rule between sections."""
    columns: list[Any] = table.cells.columns.to_list()
    heads = [name for _, name in columns]
    lines: list[tuple[str, ...]] = [("", *heads)]
    rules, before = list[int](), ""
    for (section, label), row in zip(table.cells.index.to_list(), table.cells.to_numpy().tolist(), strict=True):
        if section != before:
            rules.append(len(lines))
        before = section
        split = [text.split("\n") for text in row]
        for k in range(max(map(len, split))):
            lines.append((label if k == 0 else "", *(part[k] if k < len(part) else "" for part in split)))
    widths = np.array([[len(cell) for cell in line] for line in lines]).max(axis=0)
    texts = [
        GAP.join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))]).rstrip()
        for line in lines
    ]
    rule = "-" * int(widths.sum() + len(GAP) * (len(widths) - 1))
    body = [text for k, line in enumerate(texts) for text in ([rule, line] if k in rules else [line])]
    responses = list(dict.fromkeys(response for response, _ in columns))
    above = [text for text in (table.title, f"Response: {', '.join(responses)}") if text]
    return "\n".join([*above, *body, rule, table.note])
