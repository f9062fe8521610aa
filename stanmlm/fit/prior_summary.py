"""`prior_summary(fit)`: the priors in rstanarm's layout, or in brms's where they were set in brms's way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.layout import format_common, format_signif, html_table, table
from stanmlm.fit.fit import Fit
from stanmlm.formula.bf import LOCATION
from stanmlm.formula.formula import formula_text
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.priors import PriorRow, Priors

HEADINGS = {
    "Intercept": "Intercept (after predictors centered)",
    "b": "\nCoefficients",
}
SHOWN = 3  # numbers of a vector before `...`, as in rstanarm
TABLE_DIGITS = 4


@dataclass(frozen=True)
class PriorSummary:
    """The priors of a model, specified and after autoscaling; prints as rstanarm's or brms's.

    Attributes
    ----------
    title
        The formula.
    priors
        The table of priors; `to_frame()` gives it as a data frame.
    unit
        The parameter that group standard deviations are in units of, "" for none.
    digits
        Significant digits of the print.

    Examples
    --------
    >>> from stanmlm import lm, prior_summary, simulate_exams
    >>> fit = lm("score ~ hours", simulate_exams(seed=1), seed=1)
    >>> prior_summary(fit).to_frame()["class"].tolist()
    ['Intercept', 'b', 'sigma']
    """

    title: str
    priors: Priors
    unit: str  # the auxiliary that group sds are in units of, "" for none
    digits: int

    def __repr__(self) -> str:
        return print_priors(self)

    def _repr_html_(self) -> str:
        shown = self.to_frame().drop(columns=["ratio", "specified", "adjusted"])
        ratio = any(row.ratio for row in self.priors.rows)
        note = f"Standard deviations of group terms are in units of `{self.unit}`" if ratio else ""
        return html_table(shown, self.title, note, index=False)

    def to_frame(self) -> pd.DataFrame:
        """A row a prior: its class, coefficient, group, parameter, and what it is before and after scaling."""
        return prior_frame(self.priors)


def prior_summary(fit: Fit, digits: int = 2) -> PriorSummary:
    """The priors that were used, before and after autoscaling, each with where it came from.

    Parameters
    ----------
    fit
        A fit of `lm`, `glm`, `lmer` or `glmer`.
    digits
        Significant digits of the print.

    Returns
    -------
    PriorSummary
        Prints in rstanarm's layout, and as brms's table after `set_prior` or under another preset;
        `to_frame()` gives the numbers.

    Raises
    ------
    OptionError
        For something else than a fit, and for digits below 0 or over 20.

    Examples
    --------
    >>> from stanmlm import lmer, prior_summary, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> print(str(prior_summary(fit)).splitlines()[2])
    Intercept (after predictors centered)
    """
    check_arguments(prior_summary, locals())
    return PriorSummary(_title(fit), fit.model.priors, fit.model.family.scale, digits)


def _title(fit: Fit) -> str:
    formula = fit.model.formula
    return formula_text(formula) if formula.others else formula.text


def prior_frame(priors: Priors) -> pd.DataFrame:
    """The prior table as a frame: prior, class, coef, group, dpar, source, and the arguments before and after scaling.

    `dpar` is the parameter whose predictor a prior is in, "" for the location.

    Examples
    --------
    >>> from stanmlm.priors.parameters import Address
    >>> row = PriorRow(Address("b", coef="income"), 0, "normal", (0.0, 5.0), (0.0, 2.5), False, "default")
    >>> prior_frame(Priors((row,), "rstanarm"))["prior"].item()
    'normal(0, 5)'
    """
    rows = [
        (spelled(row), row.class_, row.coef, row.group, _dpar(row), row.source, row.ratio, row.specified, row.arguments)
        for row in priors.rows
    ]
    columns = ["prior", "class", "coef", "group", "dpar", "source", "ratio", "specified", "adjusted"]
    return pd.DataFrame(rows, columns=columns)


def _dpar(row: PriorRow) -> str:
    """As brms has it: the parameter whose predictor it is in, where that is not the location."""
    return "" if row.address.kind == "dpar" or row.dpar == LOCATION else row.dpar


def spelled(row: PriorRow) -> str:
    """The prior after scaling as Stan writes it, `(flat)` for none."""
    if not DISTRIBUTIONS[row.distribution].proper:
        return "(flat)"
    return f"{row.distribution}({', '.join(format_signif(number, TABLE_DIGITS) for number in row.arguments)})"


def print_priors(summary: PriorSummary) -> str:
    """The text of a prior summary."""
    uniform = len({row.distribution for row in summary.priors.rows if row.class_ == "sd"}) < 2
    usual = all(row.source != "set_prior" and not _dpar(row) for row in summary.priors.rows)
    plain = summary.priors.preset == "rstanarm" and usual
    body = _blocks(summary) if plain and uniform else "\n" + _brms_table(summary)
    notes = "".join(f"{note}\n" for note in _notes(summary, plain and uniform))
    footer = f"------\n{notes}See help(stanmlm.fit.prior_summary) for more details"
    return f"Priors for model '{summary.title}' \n------{body}\n{footer}"


def _notes(summary: PriorSummary, plain: bool) -> list[str]:
    rows = summary.priors.rows
    notes = []
    if plain and any(row.ratio for row in rows):
        notes.append(f"Standard deviations of group terms are in units of {summary.unit}")
    if not plain and any(row.class_ == "Intercept" and not row.group for row in rows):
        notes.append("The prior of the Intercept is for centered predictors")
    for group in dict.fromkeys(row.group for row in rows if row.source == "split decov"):
        split = [row for row in rows if row.group == group and row.source == "split decov"]
        notes.append(f"{_why_split(rows, split)} {_correlation(rows, split[0])} on their correlation")
    return notes


def _why_split(rows: Sequence[PriorRow], split: Sequence[PriorRow]) -> str:
    """Why a term has no joint prior, and what its sds have instead."""
    group, priors = split[0].group, list(dict.fromkeys(map(spelled, split)))
    term = [row for row in rows if row.class_ == "sd" and row.term == split[0].term]
    if len({row.dpar for row in term}) > 1:
        why, where = f"Standard deviations of `{group}` are of several parameters, each with its unit", "them"
    else:
        why, where = f"One standard deviation of `{group}` has a prior of its own", "each of the others"
    return f"{why}, so that decov, which is joint, gave way to {' and '.join(priors)} on {where} and"


def _correlation(rows: Sequence[PriorRow], own: PriorRow) -> str:
    return next(spelled(row) for row in rows if row.class_ == "cor" and row.term == own.term)


def _blocks(summary: PriorSummary) -> str:
    """rstanarm's `print.prior_summary.stanreg`."""
    rows, digits = summary.priors.rows, summary.digits
    classes = list(dict.fromkeys(row.class_ for row in rows if row.class_ not in ("sd", "cor")))
    blocks = [
        f"\n{HEADINGS.get(class_, f'{chr(10)}Auxiliary ({class_})')}{_block(class_, _of(rows, class_), digits)}"
        for class_ in classes
    ]
    return "".join(blocks) + (_covariance(rows, digits) if _of(rows, "sd") else "")


def _of(rows: Sequence[PriorRow], class_: str) -> list[PriorRow]:
    return [row for row in rows if row.class_ == class_]


def _block(class_: str, rows: Sequence[PriorRow], digits: int) -> str:
    kinds = list(dict.fromkeys(row.distribution for row in rows))
    parts = [[row for row in rows if row.distribution == kind] for kind in kinds]
    named = [f" {', '.join(row.coef for row in part)}" if len(parts) > 1 else "" for part in parts]
    half = "half-" if class_ not in HEADINGS else ""
    specified = [_sentence(part, [row.specified for row in part], digits, half, 0) for part in parts]
    adjusted = [_sentence(part, [row.arguments for row in part], digits, half, digits) for part in parts]
    lines = [f"{name} ~ {text}" for name, text in zip(named, specified, strict=True)]
    if all(row.specified == row.arguments for row in rows):
        return "".join(f"\n{line}" for line in lines)
    after = [f"{name} ~ {text}" for name, text in zip(named, adjusted, strict=True)]
    blocks = (("Specified", lines), ("Adjusted", after))
    return "".join(f"\n  {title} prior:" + "".join(f"\n   {line}" for line in body) for title, body in blocks)


def _sentence(
    rows: Sequence[PriorRow], arguments: Sequence[tuple[float, ...]], digits: int, half: str, nsmall: int
) -> str:
    """`normal(location = [0,0], scale = [2.5,2.5])` for rows of one distribution; `nsmall` is for the scale."""
    row = DISTRIBUTIONS[rows[0].distribution]
    if not row.proper:
        return "flat"
    columns = dict(zip(row.arguments, zip(*arguments, strict=True), strict=True))
    name, shown = row.name, dict(columns)
    if name == "student_t" and set(columns["df"]) == {1.0}:
        name, shown = "cauchy", {key: numbers for key, numbers in columns.items() if key != "df"}
    prefix = half if "location" in columns else ""
    values = [f"{key} = {_vector(numbers, digits, nsmall * (key == row.scale))}" for key, numbers in shown.items()]
    return f"{prefix}{name}({', '.join(values)})"


def _vector(numbers: Sequence[float], digits: int, nsmall: int = 0) -> str:
    if len(numbers) == 1:
        return format_signif(numbers[0], digits)
    texts = format_common(numbers[:SHOWN], digits, nsmall)
    return f"[{','.join([*texts, *(['...'] if len(numbers) > SHOWN else [])])}]"


def _covariance(rows: Sequence[PriorRow], digits: int) -> str:
    """The line of `decov`, or of `lkj` with its half Student t."""
    sds = _of(rows, "sd")
    row = DISTRIBUTIONS[sds[0].distribution]
    columns = dict(zip(row.arguments, zip(*(sd.specified for sd in sds), strict=True), strict=True))
    if row.joint:
        shown = {"reg.": columns["regularization"], "conc.": columns["concentration"]}
        return _line("decov", {**shown, "shape": columns["shape"], "scale": columns["scale"]}, digits)
    regularization = tuple(cor.specified[0] for cor in _of(rows, "cor")) or (1.0,)
    text = _line("lkj", {"reg.": regularization, "df": columns["df"], "scale": columns["scale"]}, digits)
    if all(sd.specified == sd.arguments for sd in sds):
        return text
    return text + f"\n     **adjusted scale = {_vector([sd.arguments[-1] for sd in sds], digits, digits)}"


def _line(name: str, columns: dict[str, tuple[float, ...]], digits: int) -> str:
    """One number where all terms have the same."""
    values = (numbers[:1] if len(set(numbers)) == 1 else numbers for numbers in columns.values())
    shown = (f"{key} = {_vector(numbers, digits)}" for key, numbers in zip(columns, values, strict=True))
    return f"\n\nCovariance\n ~ {name}({', '.join(shown)})"


def _end(bound: float) -> str:
    return f"{bound:g}" if np.isfinite(bound) else ""


def _brms_table(summary: PriorSummary) -> str:
    rows = summary.priors.rows
    columns = {
        "prior": [spelled(row) for row in rows],
        "class": [f"sd/{summary.unit}" if row.ratio else row.class_ for row in rows],
        "coef": [row.coef for row in rows],
        "group": [row.group for row in rows],
        "dpar": [_dpar(row) for row in rows],
        "lb": [_end(row.bounds[0]) for row in rows],
        "ub": [_end(row.bounds[1]) for row in rows],
        "source": [row.source for row in rows],
    }
    columns = {name: texts for name, texts in columns.items() if name not in ("dpar", "lb", "ub") or any(texts)}
    return table([""] * len(rows), list(columns.items()))
