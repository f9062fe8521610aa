"""simr's `powerSim`: how often data like these would tell a coefficient from a number."""

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stanmlm.after.criticism.replications import Result, replicated
from stanmlm.after.criticism.simulated_data import Refits, kept_in, refitted, require_plain, responses_of
from stanmlm.after.tables.picked import named_draws
from stanmlm.base.arguments import check_arguments
from stanmlm.base.callers import warn_user
from stanmlm.base.errors import DataError, OptionError, check_probability
from stanmlm.base.layout import html_table
from stanmlm.base.outlets import is_watched
from stanmlm.base.streams import Purpose, stream, within
from stanmlm.fit.draws import values_of
from stanmlm.fit.fit import Fit, chains_of, n_draws, source_of
from stanmlm.priors.parameters import Element
from stanmlm.sampling.engines.sampling import resolve

SHOWN = 3  # failures that a warning quotes


@dataclass(frozen=True)
class Power:
    """In how many of the simulated data sets an interval excludes a value; prints as simr's.

    Attributes
    ----------
    coef
        The coefficient.
    value
        What intervals exclude or not.
    level
        Their posterior probability.
    simulations
        A row a data set: `number`, `estimate`, `conf.low`, `conf.high`, `excludes`.
    failures
        Why there are no others, by number.
    rows
        Rows of each data set.

    Examples
    --------
    >>> from stanmlm import lm, powerSim, simulate_exams
    >>> fit = lm("score ~ hours", simulate_exams(students=4, seed=1), seed=1, iter=400, chains=1)
    >>> found = powerSim(fit, "hours", effect=5.0, nsim=3, seed=1)
    >>> found.estimate, found.simulations["excludes"].tolist()
    (1.0, [True, True, True])
    """

    coef: str
    value: float
    level: float  # of the intervals
    simulations: pd.DataFrame  # a row a data set: `number`, `estimate`, `conf.low`, `conf.high`, `excludes`
    failures: Mapping[int, str]  # why there are no others
    rows: int

    @property
    def estimate(self) -> float:
        """The share that excludes the value."""
        return float(self.simulations["excludes"].mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper and Pearson's 95% interval of the share, for the number of simulations."""
        from scipy import stats

        found = stats.binomtest(int(self.simulations["excludes"].sum()), len(self.simulations)).proportion_ci()
        return float(found.low), float(found.high)

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"Power for predictor '{self.coef}', (95% confidence interval):\n"
            f"      {100 * self.estimate:.2f}% ({100 * low:.2f}, {100 * high:.2f})\n\n"
            f"Test: {100 * self.level:g}% posterior interval without {self.value:g}\n"
            f"Based on {len(self.simulations)} simulations, ({len(self.failures)} errors), nrow = {self.rows}"
        )

    def _repr_html_(self) -> str:
        return html_table(self.to_frame(), f"Power for {self.coef}", index=False)

    def to_frame(self) -> pd.DataFrame:
        """One row, as simr's summary: `successes`, `trials`, `mean`, `lower`, `upper`."""
        low, high = self.interval
        successes, trials = int(self.simulations["excludes"].sum()), len(self.simulations)
        return pd.DataFrame(
            [{"successes": successes, "trials": trials, "mean": self.estimate, "lower": low, "upper": high}]
        )


def powerSim(  # noqa: N802
    fit: Fit,
    coef: str,
    value: float = 0.0,
    *,
    effect: float | None = None,
    nsim: int = 100,
    level: float = 0.95,
    chains: int = 2,
    iter: int = 1000,
    seed: int | None = None,
    file: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> Power:
    """New data from a fit, fits to these, and how many intervals of a coefficient exclude a value (simr's `powerSim`).

    Each data set is drawn from one draw of the posterior, with group effects drawn anew, for the rows, predictors and
    groups of the fit.

    Parameters
    ----------
    fit
        A fit.
    coef
        A coefficient, by any of its names.
    value
        What an interval is to exclude.
    effect
        What the coefficient is in the data that are made. Where None it is what the posterior says, which makes this
        the chance of success averaged over what is not known ("assurance"), no power at one true value.
    nsim
        Data sets, each a fit.
    level
        Posterior probability of the intervals.
    chains, iter
        Of each fit, warm-up counted.
    seed
        Of all that is random; the fit's own where None.
    file
        Where simulations are kept as soon as they are done, as of `sbc`.
    progress
        A bar; by default in notebooks and terminals.

    Returns
    -------
    Power
        `.estimate`, `.interval`, `.simulations`, `.to_frame()`.

    Raises
    ------
    OptionError
        For a parameter that is no coefficient, and for a fit of the prior.
    DataError
        For censored responses, weights that count cases, and where all simulations fail.

    Notes
    -----
    Green and MacLeod (2016, Methods in Ecology and Evolution 7:493). Priors stay as they are, so that the power is that
    of this analysis. The effect that was estimated is no reason for itself: give the smallest one that would matter.

    Examples
    --------
    >>> from stanmlm import lm, powerSim, simulate_exams
    >>> fit = lm("score ~ hours", simulate_exams(seed=1, students=5), seed=1, progress=False)
    >>> powerSim(fit, "hours", effect=1.0, nsim=3, iter=300).to_frame()["trials"].tolist()
    [3]
    """
    check_arguments(powerSim, locals())
    check_probability("level", level)
    require_plain(fit, "powerSim")
    if fit.model.prior_only:
        raise OptionError("powerSim makes data from a posterior, and this fit has prior_only=True")
    name, element = _coefficient(fit, coef)
    path, source = kept_in(file), within(source_of(fit, seed), Purpose.REPLICATIONS)
    how = Refits(fit, resolve(replace(fit.sampling, chains=chains, iter=iter, warmup=None, thin=1)), source)
    truth = fit if effect is None else _with_effect(fit, element, effect)
    draws = stream(source, Purpose.CHOICE).choice(n_draws(fit), nsim, replace=nsim > n_draws(fit))

    def one(number: int) -> Result:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = responses_of(truth, int(draws[number]), number, source, anew=True)
            values = values_of(refitted(how, y, number), [element])
        low, middle, high = np.quantile(values, ((1 - level) / 2, 0.5, (1 + level) / 2))
        return {"estimate": float(middle), "conf.low": float(low), "conf.high": float(high)}

    about = {"model": list(fit.model.words), "seed": list(source.words), "coef": name, "effect": effect, "nsim": nsim,
             "level": level, "chains": chains, "iter": iter}  # fmt: skip
    found = replicated(range(nsim), one, path, about, is_watched() if progress is None else progress)
    return _power(fit, name, value, level, found)


def _coefficient(fit: Fit, coef: str) -> tuple[str, Element]:
    named = named_draws(fit, coef)
    if len(named.names) > 1 or named.elements[0].parameter.address.kind != "b":
        few = named_draws(fit)
        own = [name for name, of in zip(few.names, few.elements, strict=True) if of.parameter.address.kind == "b"]
        raise OptionError(f"powerSim is of one coefficient, and `{coef}` is none; these are: {', '.join(own)}")
    return named.names[0], named.elements[0]


def _with_effect(fit: Fit, element: Element, effect: float) -> Fit:
    """The fit with one coefficient at a number in every draw."""
    tree, variable = fit.posterior.copy(), element.parameter.variable
    values = chains_of(fit, variable).copy()
    np.moveaxis(values, (0, 1), (-2, -1))[element.at] = effect
    array = tree["posterior"].to_dataset()[variable].copy(data=values)
    tree["posterior"] = tree["posterior"].to_dataset().assign({variable: array})
    return replace(fit, posterior=tree)


def _power(fit: Fit, coef: str, value: float, level: float, found: Mapping[int, Result]) -> Power:
    failures = {number: str(one["failed"]) for number, one in found.items() if "failed" in one}
    done = pd.DataFrame([dict(one) for one in found.values() if "failed" not in one])
    quoted = "; ".join(f"{number}: {failures[number]}" for number in list(failures)[:SHOWN])
    if not len(done):
        raise DataError(f"all {len(found)} simulations fail: {quoted}")
    if failures:
        warn_user(f"{len(failures)} of {len(found)} simulations fail ({quoted})")
    excludes = (done["conf.low"] > value) | (done["conf.high"] < value)
    return Power(coef, value, level, done.assign(excludes=excludes), failures, len(fit.model.response.y))
