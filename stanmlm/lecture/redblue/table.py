"""The ladder as numbers: a row a year and model, and a row a state in each."""

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.data.whole_rows import whole
from stanmlm.fit.diagnostics import diagnostics
from stanmlm.fit.extract import ngrps, nobs
from stanmlm.fit.fit import Fit, draws_of
from stanmlm.fit.fitlist import FitList
from stanmlm.fit.lmlist import coefficients
from stanmlm.lecture.redblue.ladder import Rung

COEFFICIENTS = ("(Intercept)", "income", "avg.income", "avg.income:income")
DUMMY = "stateFE"
COLUMNS = (
    *("year", "model", "formula", "rows", "states", "not_estimable"),
    *(column for name in COEFFICIENTS for column in (name, f"{name}.se")),
    *("sd_intercept", "sd_income", "correlation", "seconds", "divergences", "rhat", "ess"),
)


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


def inestimable_dummies(fit: Fit) -> tuple[str, ...]:
    """States whose dummy has no maximum of the likelihood: all of their respondents answer alike."""
    design, y = whole(fit.model.design), fit.model.response.y
    totals = {
        name: (design.X[:, k].sum(), design.X[:, k] @ y)
        for k, name in enumerate(design.names)
        if name.startswith(DUMMY)
    }
    return tuple(name.removeprefix(DUMMY) for name, (n, ones) in totals.items() if ones in (0, n))


def _one_model(fit: Fit) -> dict[str, object]:
    names, b = fit.model.design.names, draws_of(fit, "b")
    shown = {name: b[:, place] for place, name in enumerate(names) if name in COEFFICIENTS}
    return {
        **(_group_spread(fit) if fit.model.design.terms else _dummy_spread(fit)),
        **{name: draws.mean() for name, draws in shown.items()},
        **{f"{name}.se": draws.std(ddof=1) for name, draws in shown.items()},
    }


def _no_pooling(fits: FitList) -> dict[str, object]:
    """Averages over the states that have an estimate of their own, and the raw spread of these estimates."""
    means = coefficients(fits).dropna().to_numpy(dtype=float)
    return {
        "states": len(means),
        "not_estimable": len(fits.inestimable),
        **(dict(zip(("(Intercept)", "income"), means.mean(axis=0), strict=True)) if len(means) else {}),
        **(_raw_spread(means) if len(means) > 2 else {}),
    }


def _raw_spread(means: Floats) -> dict[str, float]:
    """Of estimates (states, 2)."""
    correlation = float(np.asarray(np.corrcoef(means.T))[0, 1])
    return {
        **dict(zip(("sd_intercept", "sd_income"), np.std(means, axis=0, ddof=1), strict=True)),
        "correlation": correlation,
    }


def _group_spread(fit: Fit) -> dict[str, float]:
    """Of the group effects; every state has its estimate."""
    sds = draws_of(fit, "sd_state").mean(axis=0)
    several = {"correlation": float(draws_of(fit, "cor_state").mean())} if len(sds) > 1 else {}
    named = dict(zip(("sd_intercept", "sd_income"), sds, strict=False))
    return {"states": ngrps(fit)["state"], "not_estimable": 0, **named, **several}


def _dummy_spread(fit: Fit) -> dict[str, float]:
    """Of the dummies' coefficients that have an estimate; nothing where there are no dummies."""
    lost = {f"{DUMMY}{state}" for state in inestimable_dummies(fit)}
    b = dict(zip(fit.model.design.names, draws_of(fit, "b").mean(axis=0), strict=True))
    kept = [mean for name, mean in b.items() if name.startswith(DUMMY) and name not in lost]
    if not kept:
        return {}
    return {"states": len(kept), "not_estimable": len(lost), "sd_intercept": float(np.std(kept, ddof=1))}
