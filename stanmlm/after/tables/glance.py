"""`glance`: a fit in one row, as broom.mixed has it."""

import pandas as pd

from stanmlm.after.criticism.criticism import loo
from stanmlm.base.arguments import check_arguments
from stanmlm.fit.extract import nobs, sigma
from stanmlm.fit.fit import Fit, n_draws


def glance(fit: Fit, *, looic: bool = False) -> pd.DataFrame:
    """One row about a fit: `algorithm`, `pss` (posterior sample size), `nobs`, `sigma`, as broom.mixed of Stan fits.

    Parameters
    ----------
    fit
        A fit.
    looic
        Also `looic`, `elpd_loo` and `p_loo`, which take longer on long data.

    Returns
    -------
    pandas.DataFrame
        Without `sigma` where that has a formula.

    Raises
    ------
    OptionError
        For something else than a fit, and with `looic` for a fit of the prior or of fewer than 100 draws.

    Notes
    -----
    lme4's `logLik`, `AIC` and `BIC` are of an estimate that maximises a likelihood; a posterior has none, and
    `looic=True` gives what answers their question.

    Examples
    --------
    >>> from stanmlm import glance, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> glance(fit).columns.tolist()
    ['algorithm', 'pss', 'nobs', 'sigma']
    """
    check_arguments(glance, locals())
    row: dict[str, object] = {"algorithm": "sampling", "pss": n_draws(fit), "nobs": nobs(fit)}
    if "sigma" not in {of.dpar for of in fit.model.design.others}:
        row["sigma"] = sigma(fit)
    if looic:
        sums = loo(fit).estimates["Estimate"]
        row |= {name: float(sums[name]) for name in ("looic", "elpd_loo", "p_loo")}
    return pd.DataFrame([row])
