"""The rows of a fit in a table of models, under modelsummary's names, and as the package maketables asks for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from stanmlm.families import gaussian
from stanmlm.fit.draws import values_of
from stanmlm.fit.extract import ngrps, nobs
from stanmlm.fit.fit import Fit
from stanmlm.fit.tidy_rows import fixed_term
from stanmlm.fit.varcorr import bars_named
from stanmlm.priors.parameter_names import label_of
from stanmlm.priors.parameters import SIGMA, Element, Parameter, is_intercept, named

FIXED, GROUPED, OWN = "fixed", "ran_pars", "auxiliary"  # tidy's words; sigma is among the family's own here
SECTIONS = (FIXED, GROUPED, OWN)
LEVEL = 0.95
COLUMNS = ("section", "estimate", "std.error", "conf.low", "conf.high")


@dataclass(frozen=True)
class _Row:
    section: str
    name: str
    parameter: Parameter


def model_rows(fit: Fit, level: float = LEVEL, exponentiate: bool = False) -> pd.DataFrame:
    """Posterior means, sds and intervals by the names of rows; those of the fixed part exponentiated if asked.

    Parameters
    ----------
    fit
        A fit.
    level
        Posterior probability of the intervals.
    exponentiate
        As in `tidy`.

    Returns
    -------
    pandas.DataFrame
        `section` (one of `SECTIONS`), `estimate`, `std.error`, `conf.low`, `conf.high` by name: `hours`,
        `SD (Intercept student)`, `Cor (Intercept~hours student)`, `SD (Observations)`.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> model_rows(fit).index.tolist()
    ['(Intercept)', 'hours', 'SD (Intercept student)', 'SD (Observations)']
    """
    rows = list(_rows(fit))
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS))
    values = values_of(fit, [Element(row.parameter) for row in rows])
    draws = values.reshape(-1, len(rows))
    mean, sd = draws.mean(axis=0), draws.std(axis=0, ddof=1)
    low, high = np.quantile(draws, ((1 - level) / 2, (1 + level) / 2), axis=0)
    if exponentiate:
        fixed = np.array([row.section == FIXED for row in rows])
        mean, low, high = (np.exp(end, where=fixed, out=end.copy()) for end in (mean, low, high))
        sd = np.where(fixed, sd * mean, sd)
    return pd.DataFrame(
        dict(zip(COLUMNS, ([row.section for row in rows], mean, sd, low, high), strict=True)),
        index=pd.Index([row.name for row in rows]),
    )


def sizes(fit: Fit) -> dict[str, int]:
    """How many rows a fit has, and how many levels of each grouping factor, under maketables's keys."""
    return {"N": nobs(fit)} | {f"Groups: {group}": levels for group, levels in ngrps(fit).items()}


def coef_table(fit: Fit) -> pd.DataFrame:
    """maketables's table of coefficients; a posterior has no p-values, and so gets no stars."""
    rows = model_rows(fit)
    columns = {"estimate": "b", "std.error": "se", "conf.low": "ci95l", "conf.high": "ci95u"}
    table = rows.drop(columns="section").rename(columns=columns).assign(p=np.nan)
    return table.rename_axis("Coefficient")[["b", "se", "p", "ci95l", "ci95u"]]


def _rows(fit: Fit) -> Iterator[_Row]:
    book = fit.model.ledger
    for row in sorted(book.of("b"), key=lambda row: not is_intercept(row)):
        yield _Row(FIXED, named(row.address.dpar, fixed_term(row)), row)
    for group, bar in bars_named(fit):
        sds, cors = book.of("sd", bar), book.of("cor", bar)
        names = [_bare(named(row.address.dpar, str(row.address.coef))) for row in sds]
        yield from (_Row(GROUPED, f"SD ({name} {group})", row) for name, row in zip(names, sds, strict=True))
        pairs = zip(combinations(names, 2), cors, strict=True) if cors else ()
        yield from (_Row(GROUPED, f"Cor ({a}~{b} {group})", row) for (a, b), row in pairs)
    for row in book.of("dpar"):
        residual = row.address == SIGMA and fit.model.family.name == gaussian().name
        yield _Row(OWN, "SD (Observations)" if residual else label_of(book, Element(row)), row)


def _bare(term: str) -> str:
    """`Intercept` of `(Intercept)`, as modelsummary has it inside its own parentheses."""
    return term.replace("(Intercept)", "Intercept")
