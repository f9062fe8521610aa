"""`tidy`: estimates as broom.mixed lays them out."""

from collections.abc import Sequence

import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.errors import OptionError, check_probability
from stanmlm.fit.fit import Fit
from stanmlm.fit.fitlist import FitList
from stanmlm.fit.tidy_table import DEFAULT, tidy_table


def tidy(
    fit: Fit | FitList,
    effects: Sequence[str] | str = DEFAULT,
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
        A fit, or several as `lmList` and `fits` return them: their tables below each other, the level of each first, in
        a column of the factor's name.
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
    checks = [name for name, wanted in {"rhat": rhat, "ess": ess}.items() if wanted]
    if isinstance(fit, FitList):
        return fit.tidied(effects, conf_int, conf_level, exponentiate, component, checks)
    return tidy_table(fit, effects, conf_int, conf_level, exponentiate, component, checks)


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
