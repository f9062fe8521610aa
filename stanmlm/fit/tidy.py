"""`tidy`: estimates as broom.mixed lays them out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arviz_compat import ess_bulk, rhat
from stanmlm.base.errors import OptionError, check_probability, did_you_mean
from stanmlm.fit.fit import Fit
from stanmlm.fit.tidy_rows import BY_VERB, COMPONENTS, LME4, ROWS, TidyRows

EFFECTS = ("fixed", "ran_pars", "ran_vals", "ran_coefs", "auxiliary")  # in broom.mixed's order, rstanarm's at the end
COLUMNS = (
    *("effect", "component", "group", "level", "term", "estimate", "std.error", "statistic", "conf.low", "conf.high"),
    *("rhat", "ess"),
)


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
    layout = BY_VERB.get(fit.call.verb, LME4)
    shown = {"effect", *(name for effect in asked for name in layout.columns[effect])}
    told = {"conf.low": conf_int, "conf.high": conf_int, "rhat": rhat, "ess": ess}
    shown |= {name for name, wanted in told.items() if wanted}
    parts = [
        _table(effect, rows, shown, conf_level, exponentiate and effect == "fixed")
        for effect in asked
        for rows in ROWS[effect](fit, layout)
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
