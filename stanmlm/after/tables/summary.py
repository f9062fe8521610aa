"""`summary(fit)` in rstanarm's layout, under rstanarm's parameter names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
import pandas as pd

from stanmlm.after.predict.chunks import chunks_of
from stanmlm.after.predict.expected import new_responses, theta_of
from stanmlm.after.predict.target import target_of
from stanmlm.after.tables.picked import EXTRA, Picked, in_table_order
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.errors import DataError, OptionError
from stanmlm.base.layout import format_fixed, html_table, table
from stanmlm.base.streams import ROWS
from stanmlm.fit.diagnostics import convergence, warnings_of
from stanmlm.fit.draws import values_of
from stanmlm.fit.extract import ngrps, nobs
from stanmlm.fit.fit import Fit, n_draws, statistic
from stanmlm.fit.fitlist import FitList
from stanmlm.formula.formula import formula_text
from stanmlm.priors.parameters import Element

PROBS = (0.1, 0.5, 0.9)
# mean_PPD needs rows times draws of new responses: fewer draws on long data.
LARGEST_PPD = 5_000_000
WARNINGS_SHOWN = 5  # of an lmList, which may have one for each level


@dataclass(frozen=True)
class Summary:
    """rstanarm's summary of a fit; prints as it does.

    Attributes
    ----------
    frame
        A row a parameter: `mean`, `sd`, quantiles, `mcse`, `Rhat`, `Bulk_ESS` and `Tail_ESS`.
    title
        What prints above: pairs of words and what is said.
    probs
        The quantiles.
    digits
        Digits of the print.
    warnings
        Diagnostics that failed, a line each.
    extra
        Rows that are no parameters, the log posterior's last.

    Examples
    --------
    >>> from stanmlm import lm, simulate_exams, summary
    >>> found = summary(lm("score ~ hours", simulate_exams(seed=1), seed=1))
    >>> found.frame.columns.tolist()
    ['mean', 'sd', '10%', '50%', '90%', 'mcse', 'Rhat', 'Bulk_ESS', 'Tail_ESS']
    """

    frame: pd.DataFrame
    title: tuple[tuple[str, str], ...]
    probs: tuple[float, ...]
    digits: int
    warnings: tuple[str, ...]
    extra: tuple[str, ...] = ()  # rows that are no parameters, the log posterior's last

    def __repr__(self) -> str:
        return _text(self)

    def _repr_html_(self) -> str:
        return html_table(
            self.frame, "; ".join(f"{name}: {value}" for name, value in self.title), "; ".join(self.warnings)
        )

    def to_frame(self) -> pd.DataFrame:
        """`frame`."""
        return self.frame


@dataclass(frozen=True)
class ListSummary:
    """The summary of an `lmList`: the columns of `Summary.frame`, a row a parameter and level.

    Attributes
    ----------
    frame
        Index (parameter, level); NaN where the fit of a level lacks a parameter.
    title
        What prints above.
    probs
        The quantiles.
    digits
        Digits of the print.
    inestimable
        Levels that maximum likelihood could not have estimated.
    warnings
        Diagnostics that failed, a line each.

    Examples
    --------
    >>> from stanmlm import lmList, simulate_exams, summary
    >>> found = summary(lmList("score ~ hours | exam", simulate_exams(seed=1), seed=1, iter=500))
    >>> found.frame.loc["hours"].shape[0]
    5
    """

    frame: pd.DataFrame  # index (parameter, level); NaN where the fit of a level lacks a parameter
    title: str
    probs: tuple[float, ...]
    digits: int
    inestimable: tuple[str, ...]  # levels that maximum likelihood could not have estimated
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        return _list_text(self)

    def _repr_html_(self) -> str:
        return html_table(self.frame, self.title, "; ".join(self.warnings))

    def to_frame(self) -> pd.DataFrame:
        """`frame`."""
        return self.frame


@overload
def summary(
    fit: Fit,
    pars: Sequence[str] | str | None = None,
    regex_pars: str | None = None,
    probs: Sequence[float] = PROBS,
    digits: int = 1,
) -> Summary: ...


@overload
def summary(
    fit: FitList,
    pars: Sequence[str] | str | None = None,
    regex_pars: str | None = None,
    probs: Sequence[float] = PROBS,
    digits: int = 1,
) -> ListSummary: ...


def summary(
    fit: Fit | FitList,
    pars: Sequence[str] | str | None = None,
    regex_pars: str | None = None,
    probs: Sequence[float] = PROBS,
    digits: int = 1,
) -> Summary | ListSummary:
    """Means, sds, quantiles and convergence of every parameter, as rstanarm's `summary.stanreg`.

    Parameters
    ----------
    fit
        A fit; or what `lmList` returns, whose summary has a table a coefficient and in it a row a level, as R's
        `summary(lmList(...))`.
    pars
        Names as the summary prints them or as any package spells them, of standard deviations and correlations too
        (`"sd_state[income]"`); rstanarm's "alpha" (intercept), "beta" (all coefficients without it), "varying" (group
        effects), or a variable (`"sd_state"`); everything where None.
    regex_pars
        A regular expression that picks names; None for no such choice.
    probs
        Quantiles.
    digits
        Decimals in print.

    Returns
    -------
    Summary or ListSummary
        `frame` has the numbers, a row a parameter, of `lmList` a row a parameter and level.

    Raises
    ------
    DataError
        For a name that is no parameter.
    OptionError
        For a quantile that is no probability.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams, summary
    >>> summary(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1), pars=["hours"]).frame.shape
    (1, 9)
    """
    check_arguments(summary, locals())
    for prob in probs:
        if not 0 <= prob <= 1:
            raise OptionError(f"probs has {prob}; it lists probabilities from 0 to 1")
    if isinstance(fit, FitList):
        return _of_list(fit, pars, regex_pars, tuple(probs), digits)
    chosen = in_table_order(fit, pars, regex_pars)
    own = fit.imputed
    frame = _frame(list(chosen), values_of(fit, list(chosen.values())), probs, own)
    extra = dict(_extra(fit)) if pars is None and regex_pars is None else {}
    frame = pd.concat([frame, *(_frame([name], draws[..., None], probs, own) for name, draws in extra.items())])
    return Summary(frame, _title(fit), tuple(probs), digits, tuple(warnings_of(fit)), tuple(extra))


def _extra(fit: Fit) -> Iterator[tuple[str, Floats]]:
    """Rows that are no parameters: what a family cannot draw has no mean."""
    ppd, log_posterior = EXTRA
    if "draw" not in fit.model.family.unknown and not fit.imputed:  # whose responses differ
        means, categories = mean_ppd(fit, LARGEST_PPD), fit.model.family.categories
        names = [f"{ppd}:{category}" for category in categories] or [ppd]
        yield from zip(names, np.moveaxis(means, -1, 0), strict=True)
    yield log_posterior, statistic(fit, "lp")


def _of_list(
    fits: FitList, pars: Sequence[str] | str | None, regex: str | None, probs: tuple[float, ...], digits: int
) -> ListSummary:
    """The parameters of each level's fit, by parameter and then by level, in the order of the data's levels."""
    chosen = {level: _in_some(fits, fit, pars, regex) for level, fit in fits.items()}
    names = list(dict.fromkeys(name for own in chosen.values() for name in own))
    frames = {
        level: _frame(list(own), values_of(fits[level], list(own.values())), probs)
        for level, own in chosen.items()
        if own
    }
    order = pd.MultiIndex.from_product([names, list(fits)], names=["parameter", fits.group])
    frame = pd.concat(frames).swaplevel().reindex(order)
    told = tuple(f"`{level}`: {text}" for level, fit in fits.items() for text in warnings_of(fit))
    return ListSummary(frame, fits.title, probs, digits, tuple(fits.inestimable), told)


def _in_some(fits: FitList, fit: Fit, pars: Sequence[str] | str | None, regex: str | None) -> Picked:
    """What one level has of the parameters that are asked for, each of which some level must have."""
    if pars is None and regex is None:
        return in_table_order(fit, None, None)
    asked = [(name, None) for name in ([pars] if isinstance(pars, str) else pars or ())]
    found: dict[str, Element] = {}
    for text, expression in [*asked, *([(None, regex)] if regex is not None else [])]:
        try:
            found |= in_table_order(fit, text, expression)
        except DataError:
            if not any(_has(other, text, expression) for other in fits.values()):
                raise
    return found


def _has(fit: Fit, text: str | None, expression: str | None) -> bool:
    try:
        return bool(in_table_order(fit, text, expression))
    except DataError:
        return False


def mean_ppd(fit: Fit, most: int) -> Floats:
    """Draws of the mean over observations of a new response, from so few that `most` responses do.

    (chains, draws, 1); of responses with categories (chains, draws, K), the share or the mean of each, as rstanarm has
    them of `stan_polr`.
    """
    chains, per_chain = fit.sampling.chains, n_draws(fit) // fit.sampling.chains
    each = max(1, min(per_chain, most // (chains * len(fit.model.response.y))))
    kept = np.linspace(0, per_chain - 1, each).astype(np.int64)
    target = replace(target_of(fit), draws=_positions(kept, chains, per_chain))
    values, codes = new_responses(fit, target, target.source), np.arange(1, len(fit.model.family.categories) + 1)
    total = np.zeros((len(target.draws), len(codes) or 1))
    counts = target.weights > 0  # a row of weight zero is no observation
    for rows in chunks_of(target, ROWS):
        drawn = values(theta_of(fit, target, rows), rows)[:, counts[rows]]
        each_part = drawn if drawn.ndim > 2 else drawn[..., None]
        total += (each_part == codes if fit.model.family.kind == "category" else each_part).sum(axis=1)
    return np.asarray(total / counts.sum()).reshape(chains, each, -1)


def _positions(kept: Ints, chains: int, per_chain: int) -> Ints:
    return (np.arange(chains)[:, None] * per_chain + kept).ravel()


def _frame(names: list[str], draws: Floats, probs: Sequence[float], imputed: Sequence[int] = ()) -> pd.DataFrame:
    flat = draws.reshape(-1, draws.shape[-1])
    quantiles = np.quantile(flat, probs, axis=0)
    centre = pd.DataFrame({"mean": flat.mean(axis=0), "sd": flat.std(axis=0, ddof=1)}, index=pd.Index(names))
    spread = pd.DataFrame({f"{100 * p:g}%": quantiles[i] for i, p in enumerate(probs)}, index=pd.Index(names))
    return pd.concat([centre, spread, convergence(draws, names, imputed)], axis=1)


def _title(fit: Fit) -> tuple[tuple[str, str], ...]:
    family = fit.model.family
    rows = [
        ("function", fit.call.verb),
        ("family", f"{family.name} [{family.link.name}]"),
        ("formula", formula_text(fit.model.formula)),
        ("algorithm", f"sampling ({fit.engine} {fit.version})"),
        ("sample", f"{n_draws(fit)} (posterior sample size)"),
        ("priors", "see prior_summary(fit)"),
        ("observations", str(nobs(fit))),
    ]
    groups = ", ".join(f"{group} ({levels})" for group, levels in ngrps(fit).items())
    return (*rows, ("groups", groups)) if groups else tuple(rows)


def _text(found: Summary) -> str:
    estimates, ppd = found.frame.drop(index=list(found.extra)), list(found.extra[:-1])
    centres = ["mean", "sd", *(f"{100 * p:g}%" for p in found.probs)]
    parts = ["", "Model Info:", *(f" {name + ':':<13} {value}" for name, value in found.title), ""]
    parts += ["Estimates:", _table(estimates[centres], found.digits), ""]
    if ppd:
        parts += ["Fit Diagnostics:", _table(found.frame.loc[ppd, centres], found.digits), ""]
        parts += ["mean_PPD is the mean over rows of a new response: it should lie about the mean of the observed.", ""]
    parts += ["MCMC diagnostics", _convergence(found.frame, found.digits), ""]
    parts += ["mcse: Monte Carlo standard error of the mean. Rhat and effective sizes as in Vehtari et al. (2021)."]
    return "\n".join([*parts, *(f"Warning: {text}" for text in found.warnings)])


def _list_text(found: ListSummary) -> str:
    """R's layout of `summary(lmList(...))`: each coefficient with its table."""
    centres = ["mean", "sd", *(f"{100 * p:g}%" for p in found.probs)]
    parts = [found.title, ""]
    for name in dict.fromkeys(found.frame.index.get_level_values(0)):
        rows = found.frame.loc[name]
        columns = [(column, format_fixed(list(rows[column]), found.digits)) for column in centres]
        columns += [("Rhat", format_fixed(list(rows["Rhat"]), 2))]
        parts += [f"{name}:", table(list(map(str, rows.index)), columns), ""]
    if found.inestimable:
        levels = ", ".join(found.inestimable)
        parts += [f"Without a prior there is no estimate for {levels}; coefficients(fits) has NA there."]
    parts += [f"Warning: {text}" for text in found.warnings[:WARNINGS_SHOWN]]
    more = len(found.warnings) - WARNINGS_SHOWN
    return "\n".join([*parts, *[f"and {more} more warnings"] * (more > 0)])


def _table(frame: pd.DataFrame, digits: int) -> str:
    return table(list(frame.index), [(name, format_fixed(list(frame[name]), digits)) for name in frame.columns])


def _convergence(frame: pd.DataFrame, digits: int) -> str:
    columns = [("mcse", format_fixed(list(frame["mcse"]), digits)), ("Rhat", format_fixed(list(frame["Rhat"]), 2))]
    columns += [(name, format_fixed(list(frame[name]), 0)) for name in ("Bulk_ESS", "Tail_ESS")]
    return table(list(frame.index), columns)
