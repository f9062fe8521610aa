"""R's `fitted residuals predict simulate`, and rstanarm's `posterior_interval`."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stanmlm.after.predict.expected import OfRows, expectation, linear, natural, new_responses, require_numbers
from stanmlm.after.predict.left_out import pad, with_left_out
from stanmlm.after.predict.predict import summary_of
from stanmlm.after.predict.request import Request
from stanmlm.after.predict.row_residuals import RESIDUALS, Point, require_type
from stanmlm.after.predict.target import Target, some_of, target_of, warn_of_new_levels, warn_of_weights
from stanmlm.after.tables.picked import in_table_order
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, OptionError, check_probability, did_you_mean
from stanmlm.base.streams import ROWS
from stanmlm.data.distinct import cells_of
from stanmlm.data.whole_rows import telling
from stanmlm.families.reductions import extra_at
from stanmlm.fit.draws import values_of
from stanmlm.fit.fit import Fit, draws_of, source_of
from stanmlm.fit.posterior_summary import check_probs

TYPES = ("link", "response")
INTERVALS = ("confidence", "prediction")


def posterior_interval(
    fit: Fit, prob: float = 0.9, pars: Sequence[str] | str | None = None, regex_pars: str | None = None
) -> pd.DataFrame:
    """Central posterior intervals of every parameter under rstanarm's names.

    Parameters
    ----------
    fit
        A fit.
    prob
        The posterior probability between the bounds.
    pars, regex_pars
        Which parameters, as in `summary`; all where None.

    Returns
    -------
    pandas.DataFrame
        A row a parameter, columns such as "5%" and "95%".

    Raises
    ------
    DataError
        For a name that is no parameter.

    Examples
    --------
    >>> from stanmlm import lmer, posterior_interval, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> posterior_interval(fit, pars=["hours", "sigma"]).columns.tolist()
    ['5%', '95%']
    """
    check_arguments(posterior_interval, locals())
    check_probability("prob", prob)
    chosen, tails = in_table_order(fit, pars, regex_pars), _tails(prob)
    bounds = np.quantile(values_of(fit, list(chosen.values())), tails, axis=(0, 1))
    return pd.DataFrame(bounds.T, index=list(chosen), columns=[f"{100 * tail:.10g}%" for tail in tails])


def fitted(fit: Fit, dpar: str | None = None, *, probs: Sequence[float] | None = None) -> "pd.Series | pd.DataFrame":
    """Posterior means of the expected response of each row; of a probability in binomial models.

    Rows are the user's; with `na_action="exclude"` those with missing values are there too, as NaN. `dpar` asks for
    another parameter of the family in its place, `"sigma"`, on its own scale. Of a response with categories a frame of
    their probabilities, `P(Y = good)`, as in brms.

    Parameters
    ----------
    fit
        A fit.
    dpar
        A parameter of the family in place of the expectation; None for that.
    probs
        None for means. Quantiles: gives brms's table, `Estimate`, `Est.Error` and `Q2.5` of 0.025, a row a row; of a
        response with categories the columns are pairs, `("P(Y = good)", "Q2.5")`.

    Returns
    -------
    pandas.Series or pandas.DataFrame
        By the user's rows, in units of the response; with `probs`, and of categories, a data frame.

    Raises
    ------
    OptionError
        For what is no parameter of the family, and for a quantile that is no probability.

    Examples
    --------
    >>> from stanmlm import fitted, lmer, simulate_exams
    >>> len(fitted(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)))
    500
    """
    check_arguments(fitted, locals())
    check_probs(probs)
    names = [f"P(Y = {category})" for category in fit.model.family.categories]
    if probs is not None:
        return _fitted_summary(fit, dpar, probs, names)
    means = _means(fit, dpar)
    if means.ndim == 1:
        return with_left_out(fit, means, "fitted")
    return pd.concat([with_left_out(fit, column, name) for column, name in zip(means.T, names, strict=True)], axis=1)


def _fitted_summary(fit: Fit, dpar: str | None, probs: Sequence[float], names: list[str]) -> pd.DataFrame:
    """brms's table of the rows, those with missing values too where they are kept."""
    target = target_of(fit)
    table = summary_of(fit, target, expectation(fit, target) if dpar is None else natural(fit, dpar), probs)
    columns = ["Estimate", "Est.Error", *(f"Q{100 * p:.10g}" for p in probs)]
    table = table.set_axis(columns, axis=1)
    if table.index.nlevels > target.index.nlevels:
        parts = table.to_numpy().reshape(len(target.index), len(names), -1)
        pairs = pd.MultiIndex.from_product([names, columns])
        table = pd.DataFrame(parts.reshape(len(target.index), -1), index=target.index, columns=pairs)
    return pad(fit, table)


def residuals(fit: Fit, type: str = "response") -> pd.Series:
    """Residuals about `fitted(fit)`, one a row.

    Parameters
    ----------
    fit
        A fit.
    type
        "response", observed minus fitted (proportions in binomial models); "pearson", these over the sd that the
        family says, times the root of weights; "deviance", the signed root of a row's deviance; "working", "response"
        over the slope of the inverse link. All as R's `residuals`, with posterior means where R has estimates; sigma of
        `gaussian` and `student` does not enter, as in R, but where it has a formula. "deviance" and "working" are of
        generalised linear models: of families whose density is greatest where the mean is the response.

    Returns
    -------
    pandas.Series
        By the user's rows; with `na_action="exclude"` NaN where values are missing.

    Raises
    ------
    OptionError
        For another type.

    Examples
    --------
    >>> from stanmlm import lmer, residuals, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> bool(abs(residuals(fit).mean()) < 0.01)
    True
    """
    check_arguments(residuals, locals())
    if type not in RESIDUALS:
        raise OptionError(f"`{type}` is not a type of residuals" + did_you_mean(type, RESIDUALS))
    require_numbers(fit, "residuals")
    require_type(fit.model.family, type)
    model = fit.model
    if type != "response" and not extra_at(model.response).whole:
        raise DataError(f"residuals of type {type} are of responses that were seen whole; some here are censored or "
                        'truncated: type="response" is observed minus fitted')  # fmt: skip
    return with_left_out(fit, RESIDUALS[type](point_of(fit, alone=type == "response")), "residuals")


def point_of(fit: Fit, *, alone: bool = False) -> Point:
    """The rows of a fit at the posterior mean of their expectation, or the expectation `alone`."""
    return Point(fit.model.family, fit.model.response, _means(fit), {} if alone else _natural_means(fit))


def _natural_means(fit: Fit) -> dict[str, Floats]:
    """The posterior means of the family's parameters; the scale of a generalised linear model is 1, as in R."""
    model = fit.model
    unit = model.family.saturates and not np.any(model.response.se)  # known errors are in the response's own units
    numbers = {one.name: 1.0 if one.scales_groups and unit else draws_of(fit, one.name).mean() for one in model.scalars}
    rows = (model.family.location.name, *(of.dpar for of in model.design.others))
    means = {name: np.full((1, 1), value) for name, value in numbers.items()}
    return means | {dpar: _means(fit, dpar)[None] for dpar in rows}


def predict(
    fit: Fit,
    newdata: object = None,
    re_formula: object = None,
    *,
    type: str = "link",
    interval: str | None = None,
    level: float = 0.95,
    trials: object = None,
    offset: object = None,
    seed: int | None = None,
    draws: int | None = None,
    new_levels: str = "draw",
) -> "pd.Series | pd.DataFrame":
    """R's `predict`: posterior means of the linear predictor or of the response, and intervals.

    Parameters
    ----------
    fit
        A fit.
    newdata
        Rows to predict for, a data frame with the formula's variables; where None the fitted rows, and as NaN those
        that `na_action="exclude"` left out.
    re_formula
        None for all group effects, "NA" (or NaN) for none, or a formula with some of them, `"~ (1 | state)"`.
    type
        "link", R's default for `glm` and `glmer`, or "response": an expected response, a probability in binomial
        models.
    interval
        None, "confidence" (of the expectation) or "prediction" (of a new response; a number of successes out of
        `trials` in binomial models).
    level
        The posterior probability of the interval.
    trials
        For "prediction" in binomial models, of new data whose trials the formula does not give: a number, or one a row;
        None for any other.
    offset
        Of new data, a number or one a row, for a fit that got `offset=` as an array; None for any other, which the new
        data tell.
    seed
        Of the responses of "prediction"; the fit's own where None.
    draws
        Use this many draws, evenly spaced; all where None.
    new_levels
        For levels that were not fitted: "draw" gives each its own draws from N(0, Sigma), the same in every row and
        call, with a warning that names them; "zero" is lme4's `allow.new.levels=TRUE`; "error" refuses.

    Returns
    -------
    pandas.Series or pandas.DataFrame
        Means by row; with an interval, R's `fit lwr upr`. Of a response with categories a column each, or with an
        interval a row a row and category.

    Raises
    ------
    OptionError
        For another type or interval, and for the interval of a response on the scale of a link.

    Examples
    --------
    >>> from stanmlm import lmer, predict, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> predict(fit, {"hours": [0.0, 1.0]}, "NA", interval="prediction").columns.tolist()
    ['fit', 'lwr', 'upr']
    """
    check_arguments(predict, locals())
    _check_choice("type", type, TYPES)
    _check_choice("interval", interval, (None, *INTERVALS))
    check_probability("level", level)
    target = target_of(fit, newdata, Request(re_formula, draws, new_levels), trials, offset)
    warn_of_new_levels([target])
    values = _quantity(fit, target, type, interval, seed)
    table = (
        summary_of(fit, target, values, _tails(level), block=ROWS)
        .drop(columns="sd")
        .set_axis(["fit", "lwr", "upr"], axis=1)
    )
    if table.index.nlevels > target.index.nlevels:
        return table if interval else table["fit"].unstack("category")[list(fit.model.family.categories)]
    table = table if newdata is not None else pad(fit, table)
    return table if interval else table["fit"]


def _quantity(fit: Fit, target: Target, type_: str, interval: str | None, seed: int | None) -> OfRows:
    link = fit.model.family.link
    if interval == "prediction" and type_ == "link" and link.name != "identity":
        raise OptionError('a prediction interval is one of responses; pass type="response" with it')
    if interval == "prediction":
        warn_of_weights(fit, target)
        return new_responses(fit, target, source_of(fit, seed))
    return expectation(fit, target) if type_ == "response" else linear(fit)


def _means(fit: Fit, dpar: str | None = None) -> Floats:
    """The posterior mean of every row, of its expectation or of a parameter, computed once for rows that are alike."""
    target = target_of(fit)
    row, first = cells_of([*telling(target.design), target.design.offset])
    few = some_of(target, first)
    table = summary_of(fit, few, expectation(fit, few) if dpar is None else natural(fit, dpar), ())
    means = table["mean"].to_numpy().reshape(len(first), -1)[row]
    return np.asarray(means[:, 0] if means.shape[1] == 1 else means)


def _tails(prob: float) -> tuple[float, float]:
    return (1 - prob) / 2, 1 - (1 - prob) / 2


def _check_choice(name: str, given: str | None, known: Sequence[str | None]) -> None:
    if given not in known:
        raise OptionError(f"{name} is `{given}`" + did_you_mean(str(given), [k for k in known if k]))
