"""The table of `tidy`, of one fit."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.fit.fit import Fit
from stanmlm.fit.tidy_rows import BY_VERB, COMPONENTS, LME4, ROWS, TidyRows
from stanmlm.fit.within import ess_bulk, rhat

EFFECTS = ("fixed", "ran_pars", "ran_vals", "ran_coefs", "auxiliary")  # in broom.mixed's order, rstanarm's at the end
COLUMNS = (
    *("effect", "component", "group", "level", "term", "estimate", "std.error", "statistic", "conf.low", "conf.high"),
    *("rhat", "ess"),
)


DEFAULT = ("fixed", "ran_pars")


def tidy_table(
    fit: Fit,
    effects: Sequence[str] | str = DEFAULT,
    conf_int: bool = True,
    conf_level: float = 0.95,
    exponentiate: bool = False,
    component: Sequence[str] | str | None = None,
    checks: Sequence[str] = (),
) -> pd.DataFrame:
    """As `tidy` says; `checks` are of "rhat" and "ess"."""
    asked = _asked(effects)
    layout = BY_VERB.get(fit.call.verb, LME4)
    shown = {"effect", *(name for effect in asked for name in layout.columns[effect]), *checks}
    if conf_int:
        shown |= {"conf.low", "conf.high"}
    parts = [
        _table(effect, rows, shown, conf_level, exponentiate and effect == "fixed", fit.imputed)
        for effect in asked
        for rows in ROWS[effect](fit, layout)
    ]
    columns = [name for name in COLUMNS if name in shown]
    if not parts:
        return pd.DataFrame(columns=columns)
    whole = pd.concat(parts, ignore_index=True)
    return (whole if component is None else _of_component(whole, component)).reindex(columns=columns)


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


def _table(
    effect: str, rows: TidyRows, shown: set[str], level: float, exponentiate: bool, imputed: Sequence[int]
) -> pd.DataFrame:
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
    return pd.DataFrame(
        made | numbers | {name: of(rows.draws, imputed) for name, of in checks.items() if name in shown}
    )
