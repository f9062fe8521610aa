"""`tidy`: estimates as broom.mixed lays them out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.arviz_compat import ess_bulk, rhat
from stanmlm.base.errors import OptionError, check_probability, did_you_mean
from stanmlm.fit.draws import coefficient_names, coefficients_of, values_of
from stanmlm.fit.fit import Fit
from stanmlm.fit.group_coefficients import group_coefficients, group_effects
from stanmlm.fit.varcorr import bars_named
from stanmlm.priors.parameters import SIGMA, THRESHOLDS, Element, Grouping, Parameter, groupings, is_intercept, named

EFFECTS = ("fixed", "ran_pars", "ran_vals", "ran_coefs", "auxiliary")  # in broom.mixed's order, rstanarm's at the end
COLUMNS = (
    *("effect", "component", "group", "level", "term", "estimate", "std.error", "statistic", "conf.low", "conf.high"),
    *("rhat", "ess"),
)
SEPARATOR = "__"
COMPONENTS = {"zi": "zi"}  # of parameters that broom.mixed takes apart; all others are in "cond" under their names
GROUPED = ("group", "term", "estimate")
BY_LEVEL = ("group", "level", "term", "estimate")
ALONE = ("term", "estimate")
# What each effect brings, as `tidy.merMod` and as `tidy.brmsfit` have it; a table has what any of its effects brings.
OF_LME4: Mapping[str, Sequence[str]] = {
    "fixed": (*ALONE, "std.error", "statistic"),
    "ran_pars": GROUPED,
    "ran_vals": (*BY_LEVEL, "std.error"),
    "ran_coefs": BY_LEVEL,
    "auxiliary": (*ALONE, "std.error"),
}
OF_BRMS: Mapping[str, Sequence[str]] = {
    "fixed": ("component", *ALONE, "std.error"),
    "ran_pars": ("component", *GROUPED, "std.error"),
    "ran_vals": ("component", *BY_LEVEL, "std.error"),
    "ran_coefs": ("component", *BY_LEVEL, "std.error"),
    "auxiliary": ("component", *ALONE, "std.error"),
}


@dataclass(frozen=True)
class TidyRows:
    """Some rows of the table, and the draws that they sum up."""

    draws: Floats  # (chains, draws, R)
    term: Sequence[str]  # one, or R
    component: Sequence[str] = ("cond",)  # likewise
    group: Sequence[str | None] = (None,)
    level: Sequence[str | None] = (None,)


@dataclass(frozen=True)
class Layout:
    """How a package has the table: columns by effect, and the rows of those that packages order on their own."""

    columns: Mapping[str, Sequence[str]]
    fixed: Callable[[Fit], Iterator[TidyRows]]
    ran_pars: Callable[[Fit], Iterator[TidyRows]]


def tidy(
    fit: Fit,
    effects: Sequence[str] | str = ("fixed", "ran_pars"),
    *,
    conf_int: bool = True,
    conf_level: float = 0.95,
    exponentiate: bool = False,
    component: Sequence[str] | str | None = None,
    rhat: bool = False,
    ess: bool = False,
) -> pd.DataFrame:
    """Estimates as a data frame, a row each, in the columns and under the terms of R's broom.mixed.

    A fit of `lm`, `glm`, `lmer` or `glmer` has the layout of lme4's models, one of `brm` that of brms's: with
    `component`, without `statistic`, standard deviations of all groups before correlations.

    Parameters
    ----------
    fit
        A fit.
    effects
        One or several of "fixed" (coefficients), "ran_pars" (group standard deviations, correlations and sigma),
        "ran_vals" (group effects), "ran_coefs" (coefficients by group: fixed part and deviation) and "auxiliary"
        (rstanarm's word: parameters of the family such as `shape`).
    conf_int, conf_level
        Whether there are intervals, `conf.low` and `conf.high`, and their posterior probability.
    exponentiate
        Exponentiate fixed estimates and intervals (odds ratios, rate ratios); a standard error is multiplied by the
        exponentiated estimate, as in R.
    component
        "cond" or "zi": only these rows.
    rhat, ess
        Columns `rhat` and `ess` (bulk) at the end. Not there unless asked for, as in broom.mixed, so that a table is
        R's to the column; `summary(fit)` has them always.

    Returns
    -------
    pandas.DataFrame
        `estimate` is the posterior mean and `std.error` the posterior sd; `statistic` their ratio.

    Raises
    ------
    OptionError
        For an effect or a component that there is none of.

    Notes
    -----
    Columns, terms and order of rows are those of broom.mixed 0.2.9 (Bolker and Robinson): `sd__x`, `cor__x.z`,
    `sd__Observation` of the group Residual.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams, tidy
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> tidy(fit)["term"].tolist()
    ['(Intercept)', 'hours', 'sd__(Intercept)', 'sd__Observation']
    >>> tidy(fit, "fixed").columns.tolist()
    ['effect', 'term', 'estimate', 'std.error', 'statistic', 'conf.low', 'conf.high']
    """
    check_arguments(tidy, locals())
    check_probability("conf_level", conf_level)
    asked = _asked(effects)
    layout = _BY_VERB.get(fit.call.verb, _LME4)
    shown = {"effect", *(name for effect in asked for name in layout.columns[effect])}
    told = {"conf.low": conf_int, "conf.high": conf_int, "rhat": rhat, "ess": ess}
    shown |= {name for name, wanted in told.items() if wanted}
    parts = [
        _table(effect, rows, shown, conf_level, exponentiate and effect == "fixed")
        for effect in asked
        for rows in _ROWS[effect](fit, layout)
    ]
    columns = [name for name in COLUMNS if name in shown]
    if not parts:
        return pd.DataFrame(columns=columns)
    whole = pd.concat(parts, ignore_index=True)
    return (whole if component is None else _of_component(whole, component)).reindex(columns=columns)


def odds_ratios(fit: Fit, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Fixed coefficients of a logit model as odds ratios, with their intervals.

    Parameters
    ----------
    fit
        A fit with a logit link.
    conf_level
        Posterior probability of the intervals.

    Returns
    -------
    pandas.DataFrame
        `tidy(fit, "fixed", exponentiate=True)`: posterior means of log odds ratios, exponentiated.

    Raises
    ------
    OptionError
        For another link: of a log link `tidy(fit, "fixed", exponentiate=True)` gives rate ratios.

    Examples
    --------
    >>> from stanmlm import glm, odds_ratios, simulate_redblue
    >>> fit = glm("vote ~ income", simulate_redblue(seed=1, n=500), family="binomial", seed=1)
    >>> bool((odds_ratios(fit)["estimate"] > 0).all())
    True
    """
    check_arguments(odds_ratios, locals())
    if fit.model.family.link.name != "logit":
        raise OptionError(f"odds ratios are of a logit link, and the fit has {fit.model.family.link.name}: "
                          'tidy(fit, "fixed", exponentiate=True) exponentiates coefficients of any')  # fmt: skip
    return tidy(fit, "fixed", exponentiate=True, conf_level=conf_level)


def _asked(effects: Sequence[str] | str) -> list[str]:
    given = [effects] if isinstance(effects, str) else list(effects)
    for name in given:
        if name not in EFFECTS:
            raise OptionError(f"tidy has no effects `{name}`" + did_you_mean(name, EFFECTS))
    if not given:
        raise OptionError(f"effects is empty; it has one or several of {', '.join(EFFECTS)}")
    return [name for name in EFFECTS if name in given]


def _of_component(table: pd.DataFrame, component: Sequence[str] | str) -> pd.DataFrame:
    wanted = [component] if isinstance(component, str) else list(component)
    known = ("cond", *COMPONENTS.values())
    for name in wanted:
        if name not in known:
            raise OptionError(f"there is no component `{name}`" + did_you_mean(name, known))
    return table[table["component"].isin(wanted)].reset_index(drop=True)


def _table(effect: str, rows: TidyRows, shown: set[str], level: float, exponentiate: bool) -> pd.DataFrame:
    flat = rows.draws.reshape(-1, rows.draws.shape[-1])
    R, labels = flat.shape[1], {"component": rows.component, "group": rows.group, "level": rows.level}
    each = {name: list(values) * (R if len(values) == 1 else 1) for name, values in labels.items()}
    mean, sd = flat.mean(axis=0), flat.std(axis=0, ddof=1)
    low, high = np.quantile(flat, ((1 - level) / 2, (1 + level) / 2), axis=0)
    made = {"effect": [effect] * R, **each, "term": list(rows.term) * (R if len(rows.term) == 1 else 1)}
    statistic = mean / np.where(sd > 0, sd, np.nan) if effect == "fixed" else np.full(R, np.nan)
    if exponentiate:
        mean, low, high = np.exp(mean), np.exp(low), np.exp(high)
        sd = sd * mean
    numbers = {"estimate": mean, "std.error": sd, "statistic": statistic, "conf.low": low, "conf.high": high}
    checks = {"rhat": rhat, "ess": ess_bulk}
    return pd.DataFrame(made | numbers | {name: of(rows.draws) for name, of in checks.items() if name in shown})


def _chains(fit: Fit, draws: Floats) -> Floats:
    """(chains, draws, R) of joined draws (draws, R)."""
    return draws.reshape(fit.posterior["posterior"].sizes["chain"], -1, draws.shape[-1])


def _fixed_of_lme4(fit: Fit) -> Iterator[TidyRows]:
    yield TidyRows(_chains(fit, coefficients_of(fit)), coefficient_names(fit))


def _fixed_of_brms(fit: Fit) -> Iterator[TidyRows]:
    """Intercepts of all parameters first, as brms orders them."""
    rows = sorted(fit.model.ledger.of("b"), key=lambda row: not is_intercept(row))
    apart = [_apart(row.address.dpar, _in_brms(row)) for row in rows]
    components, terms = zip(*apart, strict=True) if apart else ((), ())
    yield TidyRows(values_of(fit, [Element(row) for row in rows]), terms, components)


def _in_brms(row: Parameter) -> str:
    """A coefficient by R's name, thresholds counted: `(Intercept)[1]`."""
    if row.variable == THRESHOLDS:
        return row.called[-1].replace("Intercept", "(Intercept)")
    return str(row.address.coef)


def _apart(dpar: str, term: str) -> tuple[str, str]:
    """Component and term of a coefficient of some parameter."""
    return (COMPONENTS[dpar], term) if dpar in COMPONENTS else ("cond", named(dpar, term))


def _ran_pars_of_lme4(fit: Fit) -> Iterator[TidyRows]:
    """Each bar's lower triangle, column by column: lme4's `lower.tri`."""
    book = fit.model.ledger
    for group, bar in bars_named(fit):
        sds, cors = book.of("sd", bar), iter(book.of("cor", bar))
        names = [named(row.address.dpar, str(row.address.coef)) for row in sds]
        pairs = {pair: next(cors) for pair in combinations(range(len(sds)), 2)}
        rows, terms = [], []
        for k, row in enumerate(sds):
            below = range(k + 1, len(sds))
            rows += [row, *(pairs[k, j] for j in below)]
            terms += [f"sd{SEPARATOR}{names[k]}", *(f"cor{SEPARATOR}{names[k]}.{names[j]}" for j in below)]
        yield TidyRows(values_of(fit, [Element(row) for row in rows]), terms, group=(group,))
    yield from _residual(fit)


def _ran_pars_of_brms(fit: Fit) -> Iterator[TidyRows]:
    """Standard deviations of all groups by name, then their correlations."""
    book, bars = fit.model.ledger, [bar for own in _by_name(fit) for bar in own.bars]
    for kind in ("sd", "cor"):
        for row in (row for bar in bars for row in book.of(kind, bar)):
            coefs = (row.address.coef,) if isinstance(row.address.coef, str) else row.address.coef
            component, term = _apart(row.address.dpar, ".".join(coefs))
            yield TidyRows(
                values_of(fit, [Element(row)]), [f"{kind}{SEPARATOR}{term}"], (component,), (row.address.group,)
            )
    yield from _residual(fit)


def _residual(fit: Fit) -> Iterator[TidyRows]:
    if fit.model.ledger.has(SIGMA):
        sigma = values_of(fit, [Element(fit.model.ledger.at(SIGMA))])
        yield TidyRows(sigma, [f"sd{SEPARATOR}Observation"], group=("Residual",))


def _by_name(fit: Fit) -> list[Grouping]:
    return sorted(groupings(fit.model.design), key=lambda grouping: grouping.group)


def _ran_vals(fit: Fit, layout: Layout) -> Iterator[TidyRows]:
    yield from _by_level(fit, layout, group_effects)


def _ran_coefs(fit: Fit, layout: Layout) -> Iterator[TidyRows]:
    yield from _by_level(fit, layout, group_coefficients)


def _by_level(
    fit: Fit, layout: Layout, of: Callable[[Fit, Grouping], Iterator[tuple[str, Floats]]]
) -> Iterator[TidyRows]:
    """Level after level of each coefficient of each group."""
    for grouping in _by_name(fit) if layout is _BRMS else groupings(fit.model.design):
        for name, draws in of(fit, grouping):
            component, term = ("cond", name) if layout is _LME4 else _split(fit, name)
            yield TidyRows(_chains(fit, draws), [term], (component,), (grouping.group,), grouping.levels)


def _split(fit: Fit, name: str) -> tuple[str, str]:
    """Component and term of a coefficient that is called `zi_x`."""
    for dpar, component in COMPONENTS.items():
        known = {named(row.address.dpar, str(row.address.coef)) for row in _of_parameter(fit, dpar)}
        if name in known:
            return component, name.removeprefix(f"{dpar}_")
    return "cond", name


def _of_parameter(fit: Fit, dpar: str) -> list[Parameter]:
    every = (*fit.model.ledger.of("b"), *fit.model.ledger.every("r"))
    return [row for row in every if row.address.dpar == dpar]


def _auxiliary(fit: Fit, layout: Layout) -> Iterator[TidyRows]:
    rows = fit.model.ledger.of("dpar")
    if rows:
        yield TidyRows(values_of(fit, [Element(row) for row in rows]), [row.variable for row in rows])


_LME4 = Layout(OF_LME4, _fixed_of_lme4, _ran_pars_of_lme4)
_BRMS = Layout(OF_BRMS, _fixed_of_brms, _ran_pars_of_brms)
_BY_VERB = {"brm": _BRMS}
_ROWS: Mapping[str, Callable[[Fit, Layout], Iterator[TidyRows]]] = {
    "fixed": lambda fit, layout: layout.fixed(fit),
    "ran_pars": lambda fit, layout: layout.ran_pars(fit),
    "ran_vals": _ran_vals,
    "ran_coefs": _ran_coefs,
    "auxiliary": _auxiliary,
}
