"""Hypotheses about parameters, linear or not, as brms tests them: with draws, and nothing but draws."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stanmlm.after.effects.claims import Claim, DrawsByName, claim_of, draws_of_claim
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Bools, Floats
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.base.layout import format_fixed, html_table, mad, table
from stanmlm.fit.draws import coefficient_names, coefficients_of, effects_of, values_of
from stanmlm.fit.fit import Fit
from stanmlm.priors.parameter_names import find, variants
from stanmlm.priors.parameters import Element, Grouping, Parameter, class_of, groupings

SCOPES = ("standard", "ranef", "coef")
COLUMNS = ("Estimate", "Est.Error", "CI.Lower", "CI.Upper", "Evid.Ratio", "Post.Prob")


@dataclass(frozen=True)
class Hypotheses:
    """Tested hypotheses; prints as brms's table.

    Attributes
    ----------
    frame
        A row each: `Hypothesis`, with levels `Group`, and brms's columns `Estimate`, `Est.Error`, `CI.Lower`,
        `CI.Upper`, `Evid.Ratio`, `Post.Prob` and `Star`.
    draws
        Of the left side minus the right, (draws, rows).
    about
        What names mean, "class b".
    alpha
        Of the intervals.

    Examples
    --------
    >>> from stanmlm import hypothesis, lmer, simulate_exams
    >>> found = hypothesis(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1), "hours > 0")
    >>> found.draws.shape, found.frame["Star"].tolist()
    ((4000, 1), ['*'])
    """

    frame: pd.DataFrame  # a row each: Hypothesis, (Group,) and brms's columns
    draws: Floats  # (draws, H) of left side minus right side
    about: str  # "class b"
    alpha: float

    def __repr__(self) -> str:
        return _text(self)

    def _repr_html_(self) -> str:
        return html_table(self.frame, f"Hypothesis tests for {self.about}", index=False)

    def to_frame(self) -> pd.DataFrame:
        """`frame`."""
        return self.frame


def hypothesis(
    fit: Fit,
    hypothesis: str | Sequence[str],
    *,
    class_: str = "b",
    group: str = "",
    scope: str = "standard",
    alpha: float = 0.05,
    robust: bool = False,
    prior: Fit | None = None,
) -> Hypotheses:
    """Test what is claimed of parameters, as brms's `hypothesis`.

    Parameters
    ----------
    fit
        A fit.
    hypothesis
        One or several of `left > right`, `left < right`, `left = right`, with R's arithmetic and functions on both
        sides. Coefficients go by R's names, `avg.income:income` and `Intercept` among them; everything else by
        ArviZ's labels (`sd_state[income]`, `cor_state[(Intercept),income]`, `r_state[AL,income]`, `sigma`), or as brms
        (`sd_state__income`, `b_income`), lme4 (`sd_income|state`) and rstanarm (`Sigma[state:income,income]`) spell it.
        A name that two parameters have, as of a predictor called `sigma`, is refused: say `b_sigma` or `.sigma`.
    class_, group
        With "sd" or "cor" and a grouping factor, names mean its standard deviations or correlations.
    scope
        With "ranef" or "coef" and a group, a row a level, names being its deviations or its coefficients.
    alpha
        The interval of a two-sided hypothesis has probability 1 - alpha, of a one-sided one 1 - 2 alpha.
    robust
        Medians and median absolute deviations in place of means and sds.
    prior
        The same model fitted with `prior_only=True`: the evidence ratio of a point hypothesis (`=`) is the density of
        the posterior over that of the prior (Savage-Dickey), which needs it; NaN without.

    Returns
    -------
    Hypotheses
        `.frame` with brms's columns: `Evid.Ratio` of a one-sided hypothesis is its posterior odds.

    Raises
    ------
    DataError
        For unknown parameters and groups.
    FormulaError
        With a caret, where a hypothesis cannot be read.
    OptionError
        For an unknown scope, or an alpha that is no probability.

    Examples
    --------
    >>> from stanmlm import hypothesis, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> hypothesis(fit, ["hours > 0", "sigma < sd_student[Intercept]"]).frame["Star"].tolist()
    ['*', '*']
    """
    check_arguments(_VERB, locals())
    if not isinstance(hypothesis, str) and not len(hypothesis):
        raise OptionError("no hypothesis was given; one reads 'x > 0'")
    how = _How(class_, group, scope, alpha, robust)
    claims = [claim_of(text, fit) for text in ([hypothesis] if isinstance(hypothesis, str) else hypothesis)]
    return _tests(fit, claims, _checked(how), prior)


_VERB = hypothesis  # its own argument hides the name inside


@dataclass(frozen=True)
class _How:
    """The arguments of `hypothesis`."""

    class_: str
    group: str
    scope: str
    alpha: float
    robust: bool


def _checked(how: _How) -> _How:
    if how.scope not in SCOPES:
        raise OptionError(f"scope is `{how.scope}`" + did_you_mean(how.scope, SCOPES))
    if not 0 < how.alpha < 0.5:
        raise OptionError(f"alpha is {how.alpha}; it is a probability under 0.5")
    return how


def _tests(fit: Fit, claims: Sequence[Claim], how: _How, prior: Fit | None) -> Hypotheses:
    """Every claim of every level."""
    rows, draws = [], []
    before = dict(_sources(prior, how)) if prior else {}
    for level, source in _sources(fit, how):
        for claim in claims:
            values = draws_of_claim(claim, source)
            against = draws_of_claim(claim, before[level]) if prior else None
            rows.append({"Hypothesis": claim.label, "Group": level, **_tested(claim, values, against, how)})
            draws.append(values)
    standard, frame = how.scope == "standard", pd.DataFrame(rows)
    about = f"class {how.class_}" if standard else f"{how.scope} of {how.group}"
    return Hypotheses(frame.drop(columns="Group") if standard else frame, np.stack(draws, axis=1), about, how.alpha)


def _tested(claim: Claim, values: Floats, prior: Floats | None, how: _How) -> dict[str, float | str]:
    tail = how.alpha / 2 if claim.relation == "=" else how.alpha
    low, high = np.quantile(values, (tail, 1 - tail))
    ratio = _EVIDENCE[claim.relation](values, prior)
    share = 1.0 if np.isinf(ratio) else ratio / (1 + ratio)
    starred = not low <= 0 <= high if claim.relation == "=" else share > 1 - how.alpha
    centre = (np.median(values), mad(values)) if how.robust else (values.mean(), values.std(ddof=1))
    numbers = map(float, (*centre, low, high, ratio, share))
    return {**dict(zip(COLUMNS, numbers, strict=True)), "Star": "*" if starred else ""}


def _odds(wins: Bools) -> float:
    share = float(np.mean(wins))
    return np.inf if share == 1 else share / (1 - share)


def _savage_dickey(values: Floats, prior: Floats | None) -> float:
    from scipy.stats import gaussian_kde

    if prior is None:
        return np.nan
    return float(gaussian_kde(values)(0.0)[0] / gaussian_kde(prior)(0.0)[0])


_EVIDENCE: Mapping[str, Callable[[Floats, Floats | None], float]] = {
    ">": lambda values, prior: _odds(values > 0),
    "<": lambda values, prior: _odds(values < 0),
    "=": _savage_dickey,
}


def _sources(fit: Fit, how: _How) -> Iterator[tuple[str, DrawsByName]]:
    """Of each level, or of the fit as a whole, the names and their draws."""
    if how.scope == "standard":
        yield "", _standard(fit, how)
        return
    grouping = _grouping(fit, how.group)
    effects = np.concatenate([effects_of(fit, bar) for bar in grouping.bars], axis=-1)
    fixed = dict(zip(coefficient_names(fit), coefficients_of(fit).T, strict=True)) if how.scope == "coef" else {}
    for j, level in enumerate(grouping.levels):
        columns = dict(fixed)
        for k, term in enumerate(grouping.terms):
            columns[term] = effects[:, j, k] + fixed.get(term, 0.0)
        yield level, _among({text: draws for name, draws in columns.items() for text in variants(name)})


def _among(columns: Mapping[str, Floats]) -> DrawsByName:
    """Names that mean one of some draws each."""

    def draws(name: str) -> Floats:
        if name not in columns:
            raise DataError(f"`{name}` is not a parameter of the fit" + did_you_mean(name, columns))
        return columns[name]

    return DrawsByName(columns.keys(), draws)


def _standard(fit: Fit, how: _How) -> DrawsByName:
    """Every spelling of every parameter, or the coefficients of one class of a group."""
    book, spellings = fit.model.ledger, fit.model.spellings
    classes = {class_of(row.address) for row in book.parameters}
    if how.class_ not in classes:
        known = did_you_mean(how.class_, sorted(classes))
        raise OptionError(f"class_ is `{how.class_}`, which the model has not" + known)
    if how.class_ not in ("sd", "cor"):
        return DrawsByName(spellings.few.keys(), lambda name: values_of(fit, [find(spellings, name)]).ravel())
    rows = [row for bar in _grouping(fit, how.group).bars for row in book.of(how.class_, bar)]
    if not rows:
        raise DataError(f"`{how.group}` has no correlations in this model")
    return _among({text: values_of(fit, [Element(row)]).ravel() for row in rows for text in _short(row)})


def _short(row: Parameter) -> list[str]:
    """What a standard deviation or a correlation is called within its group: `x`, `Intercept__x`."""
    if isinstance(row.address.coef, str):
        return list(variants(row.label))
    pair = "__".join(row.address.coef)
    return [*variants(row.label), *variants(pair)]


def _grouping(fit: Fit, group: str) -> Grouping:
    found = {grouping.group: grouping for grouping in groupings(fit.model.design)}
    if group not in found:
        raise DataError(f"group= names `{group}`, which is no grouping factor" + did_you_mean(group, found))
    return found[group]


def _text(found: Hypotheses) -> str:
    frame = found.frame
    words = [(name, list(frame[name].astype(str))) for name in ("Hypothesis", "Group") if name in frame]
    numbers = [(name, [text.strip() for text in format_fixed(list(frame[name]), 2)]) for name in COLUMNS]
    body = table([str(i + 1) for i in range(len(frame))], [*words, *numbers, ("Star", list(frame["Star"]))])
    one, two = (f"{100 * (1 - tail * found.alpha):g}%" for tail in (2, 1))
    notes = [
        f"'CI': {one}-CI for one-sided and {two}-CI for two-sided hypotheses.",
        f"'*': For one-sided hypotheses, the posterior probability exceeds {two};",
        f"for two-sided hypotheses, the value tested against lies outside the {two}-CI.",
        "Posterior probabilities of point hypotheses assume equal prior probabilities.",
    ]
    return "\n".join([f"Hypothesis Tests for {found.about}:", body, "---", *notes])
