"""Predictions with draws: linear predictor, expectation, new responses, for fitted rows or new ones."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.predict.chunks import check_size, chunks_of
from stanmlm.after.predict.expected import OfRows, expectation, extra_of, linear, natural, new_responses, theta_of
from stanmlm.after.predict.request import MAX_BYTES, Request
from stanmlm.after.predict.target import Target, require_trials, target_of, warn_of_new_levels, warn_of_weights
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError
from stanmlm.base.streams import ROWS
from stanmlm.families.observation import expected_observed as expectation_of
from stanmlm.families.theta import Theta
from stanmlm.fit.fit import Fit, source_of

if TYPE_CHECKING:
    from xarray import DataArray

WAYS_OUT = "draws= for fewer, or summary=True for a table with a row each"
SUMMARY = (0.025, 0.25, 0.5, 0.75, 0.975)


def posterior_linpred(
    fit: Fit,
    newdata: object = None,
    re_formula: object = None,
    *,
    transform: bool = False,
    dpar: str | None = None,
    offset: object = None,
    draws: int | None = None,
    new_levels: str = "draw",
    summary: bool = False,
    max_bytes: int = MAX_BYTES,
) -> "DataArray | pd.DataFrame":
    """Draws of the linear predictor, offset included.

    Parameters
    ----------
    fit
        A fit.
    newdata
        Rows to predict for, a data frame with the formula's variables; the fitted rows where None.
    re_formula
        None for all group effects, "NA" (or NaN) for none, or a formula with some of them, `"~ (1 | state)"`.
    transform
        Apply the inverse link: the same as `posterior_epred` on the probability scale.
    dpar
        The parameter of the family whose linear predictor it is, `"sigma"`; the location where None.
    offset
        Of new data, a number or one a row, for a fit that got `offset=` as an array; None for any other, which the new
        data tell.
    draws
        Use this many draws, evenly spaced; all where None.
    new_levels
        For levels that were not fitted: "draw" gives each its own draws from N(0, Sigma), the same in every row and
        call, with a warning that names them; "zero" is lme4's `allow.new.levels=TRUE`; "error" refuses.
    summary
        A data frame of mean, sd and quantiles a row in place of the draws; memory stays within `max_bytes`.
    max_bytes
        A larger array of draws by rows is refused.

    Returns
    -------
    xarray.DataArray or pandas.DataFrame
        Dims (sample, row), on the scale of the link, or with `transform` of the parameter; with `summary=True` a data
        frame, a row a row.

    Raises
    ------
    DataError
        For unseen levels of a fixed factor, missing columns, an offset that nobody tells, or an array over `max_bytes`.

    Examples
    --------
    >>> from stanmlm import lmer, posterior_linpred, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> posterior_linpred(fit, {"hours": [0.0, 1.0]}, "NA").sizes["row"]
    2
    """
    check_arguments(posterior_linpred, locals())
    target = target_of(fit, newdata, Request(re_formula, draws, new_levels, max_bytes), offset=offset)
    values = natural(fit, dpar) if transform else linear(fit, dpar)
    return _result(fit, target, values, "linpred", summary)


def posterior_epred(
    fit: Fit,
    newdata: object = None,
    re_formula: object = None,
    *,
    scale: str = "probability",
    dpar: str | None = None,
    trials: object = None,
    offset: object = None,
    draws: int | None = None,
    new_levels: str = "draw",
    summary: bool = False,
    max_bytes: int = MAX_BYTES,
) -> "DataArray | pd.DataFrame":
    """Draws of the expected response.

    Of a response with categories these are their probabilities.

    Parameters
    ----------
    fit
        A fit.
    newdata
        Rows to predict for, a data frame with the formula's variables; the fitted rows where None.
    re_formula
        None for all group effects, "NA" (or NaN) for none, or a formula with some of them, `"~ (1 | state)"`.
    scale
        Of binomial models: "probability" (rstanarm's meaning), or "count" (brms's: probability times trials).
    dpar
        A parameter of the family in place of the expectation, `"sigma"`, on its own scale; None for the expectation.
    trials
        Of new data whose trials the formula does not give, a number or one a row; None for any other.
    offset
        Of new data, a number or one a row, for a fit that got `offset=` as an array; None for any other, which the new
        data tell.
    draws
        Use this many draws, evenly spaced; all where None.
    new_levels
        For levels that were not fitted: "draw" gives each its own draws from N(0, Sigma), the same in every row and
        call, with a warning that names them; "zero" is lme4's `allow.new.levels=TRUE`; "error" refuses.
    summary
        A data frame of mean, sd and quantiles a row in place of the draws; memory stays within `max_bytes`.
    max_bytes
        A larger array of draws by rows is refused.

    Returns
    -------
    xarray.DataArray or pandas.DataFrame
        Dims (sample, row), in units of the response; of a response with categories a third dim "category", which has
        their names. With `summary=True` a data frame, a row a row, or a row a row and category.

    Raises
    ------
    DataError
        For unseen levels of a fixed factor, missing columns, an offset that nobody tells, or an array over `max_bytes`.
    OptionError
        For what is no parameter of the family, no share of draws, or no way with new levels.

    Examples
    --------
    >>> from stanmlm import lmer, posterior_epred, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> posterior_epred(fit, {"hours": [0.0, 1.0]}, "NA").shape
    (4000, 2)
    >>> posterior_epred(fit, summary=True).columns.tolist()
    ['mean', 'sd', '2.5%', '25%', '50%', '75%', '97.5%']
    """
    check_arguments(posterior_epred, locals())
    if scale not in ("probability", "count"):
        raise OptionError(f"scale is `{scale}`; it is 'probability' or 'count'")
    target = target_of(fit, newdata, Request(re_formula, draws, new_levels, max_bytes), trials, offset)
    if scale == "count":
        require_trials(target)

    def counts(theta: Theta, rows: slice) -> Floats:
        return expectation_of(fit.model.family, theta, extra_of(target, rows))

    expected = counts if scale == "count" else expectation(fit, target)
    values = expected if dpar is None else natural(fit, dpar)
    return _result(fit, target, values, "epred", summary)


def posterior_predict(
    fit: Fit,
    newdata: object = None,
    re_formula: object = None,
    *,
    trials: object = None,
    offset: object = None,
    seed: int | None = None,
    draws: int | None = None,
    new_levels: str = "draw",
    summary: bool = False,
    max_bytes: int = MAX_BYTES,
) -> "DataArray | pd.DataFrame":
    """Draws of new responses: reals, counts, numbers of successes out of `trials`, or codes of categories from 1.

    A row's draw is the same whatever `draws` and `max_bytes` are, and 256 rows at least are held at once. Weights of
    gaussian rows divide their variance: new data that lack what the fit took as weights get a warning, and weight 1.

    Parameters
    ----------
    fit
        A fit.
    newdata
        Rows to predict for, a data frame with the formula's variables; the fitted rows where None.
    re_formula
        None for all group effects, "NA" (or NaN) for none, or a formula with some of them, `"~ (1 | state)"`.
    trials
        Of new data whose trials the formula does not give, a number or one a row; None for any other.
    offset
        Of new data, a number or one a row, for a fit that got `offset=` as an array; None for any other, which the new
        data tell.
    seed
        Of the responses; the fit's own where None, so that two calls agree.
    draws
        Use this many draws, evenly spaced; all where None.
    new_levels
        For levels that were not fitted: "draw" gives each its own draws from N(0, Sigma), the same in every row and
        call, with a warning that names them; "zero" is lme4's `allow.new.levels=TRUE`; "error" refuses.
    summary
        A data frame of mean, sd and quantiles a row in place of the draws; memory stays within `max_bytes`.
    max_bytes
        A larger array of draws by rows is refused.

    Returns
    -------
    xarray.DataArray or pandas.DataFrame
        Dims (sample, row); what categories are called is in `.attrs["levels"]`. Responses with a number for each
        category, counts or shares, have a third dim "category". With `summary=True` a data frame, a row a row.

    Raises
    ------
    DataError
        For unseen levels of a fixed factor, missing columns, an offset that nobody tells, or an array over `max_bytes`.
    OptionError
        For what is no parameter of the family, no share of draws, or no way with new levels.

    Examples
    --------
    >>> from stanmlm import lmer, posterior_predict, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> posterior_predict(fit, {"hours": [0.0], "student": ["new"]}, draws=100).shape
    (100, 1)
    """
    check_arguments(posterior_predict, locals())
    target = target_of(fit, newdata, Request(re_formula, draws, new_levels, max_bytes), trials, offset)
    warn_of_weights(fit, target)
    values = new_responses(fit, target, source_of(fit, seed))
    return _result(fit, target, values, "predict", summary, ROWS)


def _result(
    fit: Fit, target: Target, values: OfRows, name: str, summary: bool, block: int = 1
) -> "DataArray | pd.DataFrame":
    warn_of_new_levels([target])
    if summary:
        return summary_of(fit, target, values, SUMMARY, block)
    from xarray import DataArray

    out, categories = draws_by_rows(fit, target, values, block), list(fit.model.family.categories)
    dims, coords = ("sample", "row", "category")[: out.ndim], {"row": target.index.to_numpy()}
    made = DataArray(out, dims=dims, coords=coords | ({"category": categories} if out.ndim > 2 else {}), name=name)
    return made.assign_attrs(levels=categories) if categories and out.ndim == 2 and name == "predict" else made


def draws_by_rows(fit: Fit, target: Target, values: OfRows, block: int = 1) -> Floats:
    """`values(theta, rows)` of every row of a target, (draws, rows) or (draws, rows, categories).

    Refused where larger than `max_bytes`.
    """
    check_size(target, len(target.index), WAYS_OUT)
    out = np.empty((len(target.draws), len(target.index)))
    for at in chunks_of(target, block):
        part = values(theta_of(fit, target, at), at)
        if out.shape[2:] != part.shape[2:]:
            out = _room(target, part.shape[2:])
        out[:, at] = part
    return out


def _room(target: Target, more: tuple[int, ...]) -> Floats:
    """An array for the draws of all rows, with more dims."""
    size = len(target.index) * int(np.prod(more))
    check_size(target, size, WAYS_OUT)
    return np.empty((len(target.draws), len(target.index), *more))


def summary_of(fit: Fit, target: Target, values: OfRows, probs: Sequence[float], block: int = 1) -> pd.DataFrame:
    """Mean, sd and quantiles over draws of `values(theta, rows)`, a row each, in bounded memory.

    A row each and a category, (row, category), where values have categories.
    """
    found = (values(theta_of(fit, target, at), at) for at in chunks_of(target, block))
    parts = [_summarise(part.reshape(len(part), -1), probs) for part in found]
    columns = ["mean", "sd", *(f"{100 * p:g}%" for p in probs)]
    table = np.concatenate(parts, axis=1) if parts else np.empty((len(columns), 0))
    index = target.index
    if table.shape[1] > len(index):
        index = pd.MultiIndex.from_product([index, fit.model.family.categories], names=[index.name, "category"])
    return pd.DataFrame(dict(zip(columns, table, strict=True)), index=index)


def _summarise(values: Floats, probs: Sequence[float]) -> Floats:
    """(2 + probs, rows); rows are sorted side by side, several times faster than quantiles down the columns."""
    ordered = np.sort(values.T, axis=1)
    with np.errstate(invalid="ignore"):  # responses of rows of weight zero are infinite, to both sides
        mean, sd = values.mean(axis=0), values.std(axis=0, ddof=int(len(values) > 1))
        return np.stack([mean, sd, *_quantiles(ordered, probs)])


def _quantiles(ordered: Floats, probs: Sequence[float]) -> Floats:
    """R's type 7, which is NumPy's, of sorted rows; NaN sorts last, and a row that ends with it has no quantile."""
    place = np.asarray(probs) * (ordered.shape[1] - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    low, high = ordered[:, below], ordered[:, above]
    quantiles = np.where(low == high, low, low + (place - below) * (high - low))
    return np.where(np.isnan(ordered[:, -1:]), np.nan, quantiles).T
