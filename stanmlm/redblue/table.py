"""The ladder as numbers: a row a year and model, and a row a state in each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stanmlm.arrays import Floats
from stanmlm.diagnostics import diagnostics
from stanmlm.extract import ngrps, nobs
from stanmlm.fit import Fit, draws_of
from stanmlm.lmlist import FitList, coefficients
from stanmlm.redblue.ladder import Rung

COEFFICIENTS = ("(Intercept)", "income", "avg.income", "avg.income:income")
DUMMY = "stateFE"


@dataclass(frozen=True)
class Spread:
    """How far apart the coefficients of the states lie."""

    intercept: float = np.nan
    income: float = np.nan
    correlation: float = np.nan


def ladder_row(year: int, rung: Rung, fit: Fit | FitList) -> dict[str, object]:
    """One model of one year as a row of the table."""
    fits = list(fit.fits.values()) if isinstance(fit, FitList) else [fit]
    found = [diagnostics(one) for one in fits]
    return {
        "year": year,
        "model": rung.key,
        "formula": rung.formula,
        "rows": sum(nobs(one) for one in fits),
        **(_no_pooling(fit) if isinstance(fit, FitList) else _one_model(fit)),
        "seconds": sum(sum(one.seconds) for one in fits),
        "divergences": sum(one.divergences for one in found),
        "rhat": max(one.worst_rhat[0] for one in found),
        "ess": min(one.lowest_ess[0] for one in found),
    }


def _one_model(fit: Fit) -> dict[str, object]:
    names, b = fit.model.design.names, draws_of(fit, "b")
    shown = {name: b[:, place] for place, name in enumerate(names) if name in COEFFICIENTS}
    spread = _group_spread(fit) if fit.model.design.terms else _dummy_spread(names, b.mean(axis=0))
    dummies = sum(name.startswith(DUMMY) for name in names)
    states = ngrps(fit)["state"] if fit.model.design.terms else dummies
    return {
        "states": states or np.nan,
        "not_estimated": 0,
        **{name: draws.mean() for name, draws in shown.items()},
        **{f"{name}.se": draws.std(ddof=1) for name, draws in shown.items()},
        **_named(spread),
    }


def _no_pooling(fits: FitList) -> dict[str, object]:
    """Averages over the states that have an estimate of their own, and the raw spread of these estimates."""
    means = coefficients(fits).dropna().to_numpy(dtype=float)
    spread = _raw_spread(means) if len(means) > 1 else Spread()
    return {
        "states": len(means),
        "not_estimated": len(fits.inestimable),
        **(dict(zip(("(Intercept)", "income"), means.mean(axis=0), strict=True)) if len(means) else {}),
        **_named(spread),
    }


def _raw_spread(means: Floats) -> Spread:
    """Of estimates (states, 2)."""
    sds = np.std(means, axis=0, ddof=1).tolist()
    return Spread(sds[0], sds[1], float(np.asarray(np.corrcoef(means.T))[0, 1]))


def _group_spread(fit: Fit) -> Spread:
    sds = draws_of(fit, "sd_state").mean(axis=0)
    if len(sds) == 1:
        return Spread(float(sds[0]))
    return Spread(sds[0], sds[1], float(draws_of(fit, "cor_state").mean()))


def _dummy_spread(names: Sequence[str], means: Floats) -> Spread:
    dummies = [mean for name, mean in zip(names, means, strict=True) if name.startswith(DUMMY)]
    return Spread(float(np.std(dummies, ddof=1))) if len(dummies) > 1 else Spread()


def _named(spread: Spread) -> dict[str, float]:
    return {"sd_intercept": spread.intercept, "sd_income": spread.income, "correlation": spread.correlation}
