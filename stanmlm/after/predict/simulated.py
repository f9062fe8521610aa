"""New responses of a fit, as R's simulate() has them."""

from dataclasses import replace

import numpy as np
import pandas as pd

from stanmlm.after.predict.expected import new_responses
from stanmlm.after.predict.left_out import pad
from stanmlm.after.predict.predict import draws_by_rows
from stanmlm.after.predict.target import Target, target_of, warn_of_new_levels, warn_of_weights
from stanmlm.base.arguments import check_arguments, shown
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError
from stanmlm.base.streams import ROWS, Purpose, Source, stream, within
from stanmlm.fit.fit import Fit, n_draws, source_of


def simulate(
    fit: Fit,
    nsim: int = 1,
    seed: int | None = None,
    *,
    newdata: object = None,
    re_formula: object = "NA",
    trials: object = None,
    offset: object = None,
) -> pd.DataFrame:
    """New responses, each column from one draw of the posterior, as R's `simulate`.

    Parameters
    ----------
    fit
        A fit.
    nsim
        Columns, `sim_1` and so on.
    seed
        Of the draws taken, the group effects drawn anew and the responses; the fit's own where None.
    newdata
        Rows to simulate; the fitted ones where None.
    re_formula
        "NA", as in lme4, draws every group effect anew from its population; None keeps the fitted effects, so that
        only new levels are drawn.
    trials
        Of new data whose trials the formula does not give, a number or one a row; None for any other.
    offset
        Of new data, a number or one a row, for a fit that got `offset=` as an array; None for any other, which the new
        data tell.

    Returns
    -------
    pandas.DataFrame
        A row a row of the data; numbers of successes in binomial models, and of responses in parts a column for each
        `sim` and category.

    Raises
    ------
    OptionError
        Where `nsim` is not positive, or `re_formula` is neither.

    Examples
    --------
    >>> from stanmlm import lmer, simulate, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> simulate(fit, nsim=2, seed=1).columns.tolist()
    ['sim_1', 'sim_2']
    """
    check_arguments(simulate, locals())
    if not isinstance(re_formula, str | None) or re_formula not in (None, "NA"):
        given = shown(re_formula)
        raise OptionError(f'simulate keeps all group effects, re_formula=None, or none, "NA"; not {given}')
    asked, source = target_of(fit, newdata, trials=trials, offset=offset), source_of(fit, seed)
    warn_of_weights(fit, asked)
    if re_formula is None:
        warn_of_new_levels([asked])
    simulated = simulations(fit, asked, nsim, re_formula is not None, source)
    names = pd.Index([f"sim_{i + 1}" for i in range(nsim)])
    if fit.model.family.parts:  # (nsim, rows, categories)
        names = pd.MultiIndex.from_product([names, fit.model.family.categories])
    made = pd.DataFrame(np.moveaxis(simulated, 1, 0).reshape(len(asked.index), -1), asked.index, names)
    return made if newdata is not None else pad(fit, made)


def simulations(fit: Fit, asked: Target, nsim: int, anew: bool, source: Source) -> Floats:
    """New responses of the rows of a target, (nsim, rows), each from a draw; `anew` draws group effects too."""
    own = within(source, Purpose.SIMULATION)
    target = _simulated(fit, asked, nsim, anew, own)
    return draws_by_rows(fit, target, new_responses(fit, target, own, np.arange(nsim)), block=ROWS)


def _simulated(fit: Fit, target: Target, nsim: int, anew: bool, source: Source) -> Target:
    """The target at draws taken at random, without repetition where there are enough; new effects go by the column."""
    draws = stream(source, Purpose.CHOICE).choice(n_draws(fit), nsim, replace=nsim > n_draws(fit))
    target = replace(target, draws=draws)
    return with_new_effects(replace(target, numbers=np.arange(nsim), source=source)) if anew else target


def with_new_effects(target: Target) -> Target:
    """Every level of every grouping factor becomes a new one."""
    terms = tuple(
        replace(
            term, index=np.where(term.index < 0, -1, term.index + len(term.levels)), labels=term.levels + term.labels
        )
        for term in target.design.terms
    )
    return replace(target, design=replace(target.design, terms=terms))
