"""`check_exogeneity`: whether group effects go with the covariates, which random effects assume they do not."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stanmlm.after.equation.variable_levels import constant_within, index_of
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Anything, Floats, Ints
from stanmlm.base.errors import OptionError, check_probability
from stanmlm.base.layout import format_common, html_table, right_aligned_lines
from stanmlm.data.rank import pivoted_rank
from stanmlm.data.whole_rows import counts, places
from stanmlm.fit.call import fit_verb
from stanmlm.fit.diagnostics import warnings_of
from stanmlm.fit.fit import Fit, draws_of, require_one_data_set
from stanmlm.fit.update import NOT_INHERITED
from stanmlm.formula.rparse import parse_expression
from stanmlm.formula.rtext import label
from stanmlm.formula.updated import update_terms
from stanmlm.priors.parameters import groupings

HOLDS, FAILS, UNCHECKED = "no sign against", "does not hold", "not checked"
NUMBERS = ("estimate", "within", "between", "difference", "conf.low", "conf.high")
HEADINGS = ("Estimate", "Within", "Between", "Difference", "CI.low", "CI.high")
DIGITS = 3
WIDTH = 88  # of printed sentences


@dataclass(frozen=True)
class Exogeneity:
    """Within and between coefficients by grouping factor; prints as a table and a sentence a row.

    Attributes
    ----------
    frame
        A row a covariate and grouping factor: `group`, `term`, the fit's `estimate`, the coefficients within and
        between, their difference with its interval, and `verdict`.
    draws
        Of between minus within, (draws, rows); NaN where it cannot be known.
    sentences
        What the table says in words, a row each, then what the refit's sampler had to say.
    refit
        The model with the group means added; the fit itself where none could be.
    level
        Posterior probability of the intervals.

    Examples
    --------
    >>> from stanmlm import check_exogeneity, lmer, simulate_exams
    >>> found = check_exogeneity(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1, effort=0.5), seed=1))
    >>> found.frame["term"].tolist(), found.draws.shape
    (['hours'], (4000, 1))
    """

    frame: pd.DataFrame  # R rows: `group`, `term`, the fit's `estimate`, then NUMBERS, and `verdict`
    draws: Floats  # (draws, R) of between minus within; NaN where it cannot be known
    sentences: tuple[str, ...]  # R, then what the refit's sampler had to say
    refit: Fit  # the model with the group means added; the fit itself where none could be
    level: float

    def __repr__(self) -> str:
        return exogeneity_text(self)

    def _repr_html_(self) -> str:
        return html_table(self.frame, note="\n".join(self.sentences), index=False)

    def to_frame(self) -> pd.DataFrame:
        """`frame`."""
        return self.frame


@dataclass(frozen=True, eq=False)
class _Mean:
    """A covariate's means over the groups of a factor, a column that the refit may have."""

    grouping: int
    column: int  # of the fit's design
    name: str
    values: Floats  # (D,) for the distinct rows of the design


def check_exogeneity(fit: Fit, level: float = 0.95) -> Exogeneity:
    """Within and between coefficients of every covariate, and whether a random-effects model may mix them.

    Random effects assume that a group's effect has nothing to do with the covariates of its rows. The check adds the
    group means of every row-level covariate to the model and fits it again. A covariate's own coefficient is then the
    one within groups, which what is common to a group cannot bias; the coefficient of its mean is the difference of
    the between-group coefficient from it, zero where the assumption holds.

    Parameters
    ----------
    fit
        A fit with group terms.
    level
        Posterior probability of the interval of the difference. Each covariate is judged by itself: where the
        assumption holds, an interval at 0.95 misses zero in about one case of twenty.

    Returns
    -------
    Exogeneity
        `frame` has a row a grouping factor and row-level column of the design; `refit` is the model with the means,
        which keeps the random effects and has unbiased within coefficients.

    Raises
    ------
    OptionError
        For a fit without group terms, or a level that is no probability.

    Notes
    -----
    Mundlak (1978); Bell and Jones (2015). With several grouping factors all means are in one refit, so that in
    nested ones the difference at a level is that of the level itself. Slopes that vary may go with covariates too:
    that is not looked at.

    Examples
    --------
    >>> from stanmlm import check_exogeneity, lmer, simulate_exams
    >>> exams = simulate_exams(seed=1, effort=0.5)
    >>> check_exogeneity(lmer("score ~ hours + (1 | student)", exams, seed=1)).frame["verdict"].tolist()
    ['does not hold']
    """
    check_arguments(check_exogeneity, locals())
    if not fit.model.design.terms:
        raise OptionError("check_exogeneity() looks at group effects; the fit has none, such as (1 | group)")
    check_probability("level", level)
    means = _means(fit)
    added = _new_ones(fit, means)
    refit = _with_means(fit, added) if added else fit
    deltas = {(m.grouping, m.column): _draws_by_name(refit, _label(m)) for m in added}
    rows = [_row(fit, refit, m, deltas, level) for m in means]
    frame = pd.DataFrame(rows, columns=["group", "term", *NUMBERS, "verdict"])
    nothing = np.full(len(draws_of(fit, "b")), np.nan)
    draws = [deltas.get((m.grouping, m.column), nothing) for m in means]
    variables = fit.model.frame.data.columns
    sentences = [
        _sentence(row, m, level, row["term"] in variables) for m, (_, row) in zip(means, frame.iterrows(), strict=True)
    ]
    notes = [f"The refit with group means: {text}" for text in warnings_of(refit)] if added else []
    whole = np.stack(draws, axis=1) if draws else np.empty((len(nothing), 0))
    return Exogeneity(frame, whole, (*sentences, *notes), refit, level)


def _means(fit: Fit) -> list[_Mean]:
    """The group means of every column of the design that varies within groups."""
    design = fit.model.design
    return [
        _Mean(number, column, _named(name, grouping.group), _group_means(design.X[:, column], index, counts(design)))
        for number, grouping in enumerate(groupings(design))
        for index in [index_of(design, grouping)]
        for column, name in enumerate(design.names)
        if not constant_within(design.X[:, column], index)
    ]


def _named(column: str, group: str) -> str:
    """A name for the means that a formula takes between backticks."""
    return f"mean({column} | {group})".replace("`", "'")


def _group_means(x: Floats, index: Ints, often: Floats) -> Floats:
    sums, sizes = np.bincount(index, weights=often * x), np.bincount(index, weights=often)
    means: Floats = (sums / np.maximum(sizes, 1))[index]
    return means


def _new_ones(fit: Fit, means: Sequence[_Mean]) -> list[_Mean]:
    """Those that the model does not have already, and that are not the same in all groups."""
    X = fit.model.design.X
    ones = [] if fit.model.design.intercept else [np.ones(len(X))]
    whole = np.column_stack([*ones, X, *(m.values for m in means)])
    kept = set(pivoted_rank(whole, fit.model.design.counts))
    start = len(ones) + X.shape[1]
    return [m for k, m in enumerate(means) if start + k in kept]


def _with_means(fit: Fit, added: Sequence[_Mean]) -> Fit:
    """The fit again, with means as further columns of its data."""
    require_one_data_set(fit, "check_exogeneity(fit)")
    frame = fit.model.frame
    columns = {m.name: np.full(len(frame.data), np.nan) for m in added}
    for m in added:
        columns[m.name][frame.rows] = m.values[places(fit.model.design, slice(None))]
    data = pd.concat([frame.data, pd.DataFrame(columns, index=frame.data.index)], axis=1)
    text = update_terms(fit.model.formula, ". ~ . + " + " + ".join(f"`{m.name}`" for m in added))
    kept = {name: value for name, value in fit.call.arguments.items() if name not in NOT_INHERITED}
    return fit_verb(replace(fit.call, arguments=kept), text, data, fit.model.family, fit.call.scope)


def _label(mean: _Mean) -> str:
    """The name of its column in a design."""
    return label(parse_expression(f"`{mean.name}`"))


def _draws_by_name(fit: Fit, name: str) -> Floats:
    return draws_of(fit, "b")[:, fit.model.design.names.index(name)]


def _row(fit: Fit, refit: Fit, mean: _Mean, deltas: dict[tuple[int, int], Floats], level: float) -> tuple[object, ...]:
    group, term = groupings(fit.model.design)[mean.grouping].group, fit.model.design.names[mean.column]
    estimate, within = (float(_draws_by_name(f, term).mean()) for f in (fit, refit))
    delta = deltas.get((mean.grouping, mean.column))
    if delta is None:
        return (group, term, estimate, within, *[np.nan] * 4, UNCHECKED)
    inner = [deltas.get((number, mean.column)) for number in _nested_in(fit, mean.grouping)]
    between = _draws_by_name(refit, term) + delta + sum(d for d in inner if d is not None)
    low, high = np.quantile(delta, [(1 - level) / 2, 1 - (1 - level) / 2])
    verdict = HOLDS if low <= 0 <= high else FAILS
    return (group, term, estimate, within, between.mean(), delta.mean(), low, high, verdict)


def _nested_in(fit: Fit, outer: int) -> list[int]:
    """The grouping factors whose every level lies within one level of the factor `outer`."""
    design = fit.model.design
    every = groupings(design)
    codes: Anything = index_of(design, every[outer])
    return [
        number
        for number, grouping in enumerate(every)
        if number != outer and constant_within(codes, index_of(design, grouping))
    ]


def _sentence(row: "pd.Series", mean: _Mean, level: float, is_variable: bool) -> str:
    """What a row of the table says, and what would do."""
    group, term, subject = row["group"], row["term"], f"`{row['term']}` by `{row['group']}`"
    if row["verdict"] == UNCHECKED:
        why = (
            f"its mean is the same in every level of `{group}`, so that the group effects cannot bias its coefficient"
            if np.ptp(mean.values) <= 1e-7 * np.max(np.abs(mean.values))
            else "the model has its group means already, so that its coefficient is the one within groups"
        )
        return f"{subject}: not checked. {why[0].upper()}{why[1:]}."
    within, between, difference, low, high = (_short(row[name]) for name in NUMBERS[1:])
    facts = (
        f"A unit more of `{term}` goes with {within} within a level of `{group}` and with {between} between levels; "
        f"the {100 * level:g}% interval of the difference, {difference}, is from {low} to {high}"
    )
    if row["verdict"] == HOLDS:
        return f"{subject}: no sign against the random-effects assumption. {facts}: it may be zero."
    remedy = f"`group_mean({term}, {group})`" if is_variable else "as in `.refit`"
    return (
        f"{subject}: the random-effects assumption does not hold. {facts}. The fit's coefficient, "
        f"{_short(row['estimate'])}, mixes the two and is {_short(abs(row['estimate'] - row['within']))} from the one "
        f"within. The group means in the model, {remedy}, or fixed effects of `{group}` keep them apart."
    )


def _short(value: float) -> str:
    return format_common([value], DIGITS)[0]


def exogeneity_text(checked: Exogeneity) -> str:
    """The table, and a sentence a row."""
    frame = checked.frame
    if frame.empty:
        return "No covariate varies within groups: there is nothing to check"
    cells = [[name, *frame[name]] for name in ("group", "term")]
    cells += [[head, *format_common(list(frame[name]), DIGITS)] for name, head in zip(NUMBERS, HEADINGS, strict=True)]
    cells += [["Assumption", *frame["verdict"]]]
    title = "Do the group effects go with the covariates? Random effects assume that they do not."
    tail = f"Posterior means; {100 * checked.level:g}% intervals of the difference, between minus within"
    wrapped = [
        textwrap.fill("* " + text, WIDTH, subsequent_indent="  ", break_on_hyphens=False) for text in checked.sentences
    ]
    return "\n".join([title, "", *right_aligned_lines(cells), "", tail, "", *wrapped])
