"""Draws of rows in tidybayes's long form: a row of the frame for each row of data and draw."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.criticism.log_lik import rows_with_response
from stanmlm.after.predict.expected import require_numbers
from stanmlm.after.predict.predict import posterior_epred, posterior_linpred, posterior_predict
from stanmlm.after.predict.request import MAX_BYTES
from stanmlm.after.predict.target import thinned
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.data.lformula import model_frame
from stanmlm.fit.fit import Fit, n_draws

if TYPE_CHECKING:
    from xarray import DataArray

METHODS = ("posterior_predict", "posterior_epred")


def epred_draws(
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
    max_bytes: int = MAX_BYTES,
) -> pd.DataFrame:
    """Draws of expected responses beside the data, a row each: tidybayes's `epred_draws`.

    Parameters
    ----------
    fit
        A fit.
    newdata
        Rows to predict for, a data frame with the formula's variables; the fitted rows where None, with the model frame
        beside the draws.
    re_formula
        None for all group effects, "NA" (or NaN) for none, or a formula with some of them, `"~ (1 | state)"`.
    scale
        Of binomial models: "probability", or "count" (probability times trials).
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
    max_bytes
        A larger array of draws by rows is refused.

    Returns
    -------
    pandas.DataFrame
        The columns of the data, `.row`, `.chain`, `.iteration` and `.draw` (all from 1), `.category` where the response
        has categories, and `.epred`. Draws of a row stand together.

    Raises
    ------
    DataError
        For columns and levels that are missing, an offset that nobody tells, or an array over `max_bytes`.

    Examples
    --------
    >>> from stanmlm import epred_draws, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> epred_draws(fit, {"hours": [0.0, 1.0]}, "NA").columns.tolist()
    ['hours', '.row', '.chain', '.iteration', '.draw', '.epred']
    """
    check_arguments(epred_draws, locals())
    found = posterior_epred(
        fit, newdata, re_formula, scale=scale, dpar=dpar, trials=trials, offset=offset, draws=draws,
        new_levels=new_levels, max_bytes=max_bytes,
    )  # fmt: skip
    return _long(fit, newdata, _values(found), draws, ".epred")


def linpred_draws(
    fit: Fit,
    newdata: object = None,
    re_formula: object = None,
    *,
    transform: bool = False,
    dpar: str | None = None,
    offset: object = None,
    draws: int | None = None,
    new_levels: str = "draw",
    max_bytes: int = MAX_BYTES,
) -> pd.DataFrame:
    """Draws of the linear predictor beside the data, a row each: tidybayes's `linpred_draws`.

    Parameters
    ----------
    fit
        A fit.
    newdata
        Rows to predict for, a data frame with the formula's variables; the fitted rows where None.
    re_formula
        None for all group effects, "NA" (or NaN) for none, or a formula with some of them, `"~ (1 | state)"`.
    transform
        Apply the inverse link.
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
    max_bytes
        A larger array of draws by rows is refused.

    Returns
    -------
    pandas.DataFrame
        The rows of the data, each as often as there are draws, `.row`, `.chain`, `.iteration`, `.draw` and `.linpred`.

    Raises
    ------
    DataError
        For unseen levels of a fixed factor, missing columns, an offset that nobody tells, or an array over `max_bytes`.

    Examples
    --------
    >>> from stanmlm import linpred_draws, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> len(linpred_draws(fit, {"hours": [0.0, 1.0]}, "NA", draws=10))
    20
    """
    check_arguments(linpred_draws, locals())
    found = posterior_linpred(
        fit, newdata, re_formula, transform=transform, dpar=dpar, offset=offset, draws=draws, new_levels=new_levels,
        max_bytes=max_bytes,
    )  # fmt: skip
    return _long(fit, newdata, _values(found), draws, ".linpred")


def predicted_draws(
    fit: Fit,
    newdata: object = None,
    re_formula: object = None,
    *,
    trials: object = None,
    offset: object = None,
    seed: int | None = None,
    draws: int | None = None,
    new_levels: str = "draw",
    max_bytes: int = MAX_BYTES,
) -> pd.DataFrame:
    """Draws of new responses beside the data, a row each: tidybayes's `predicted_draws`.

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
    max_bytes
        A larger array of draws by rows is refused.

    Returns
    -------
    pandas.DataFrame
        The rows of the data, each as often as there are draws, `.row`, `.chain`, `.iteration`, `.draw` and
        `.prediction`, which is categorical where the response has categories.

    Raises
    ------
    DataError
        For unseen levels of a fixed factor, missing columns, an offset that nobody tells, or an array over `max_bytes`.

    Examples
    --------
    >>> from stanmlm import lmer, predicted_draws, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> predicted_draws(fit, {"hours": [0.0]}, "NA", draws=5)[".draw"].tolist()
    [1, 1000, 2000, 3000, 4000]
    """
    check_arguments(predicted_draws, locals())
    found = posterior_predict(
        fit, newdata, re_formula, trials=trials, offset=offset, seed=seed, draws=draws, new_levels=new_levels,
        max_bytes=max_bytes,
    )  # fmt: skip
    made, levels = _long(fit, newdata, _values(found), draws, ".prediction"), found.attrs.get("levels")
    if levels is None:
        return made
    codes = made[".prediction"].fillna(0).to_numpy().astype(np.int64) - 1
    return made.assign(**{".prediction": pd.Categorical.from_codes(codes, levels, ordered=True)})


def residual_draws(
    fit: Fit,
    newdata: object = None,
    re_formula: object = None,
    *,
    method: str = "posterior_predict",
    seed: int | None = None,
    draws: int | None = None,
    new_levels: str = "draw",
    max_bytes: int = MAX_BYTES,
) -> pd.DataFrame:
    """Draws of residuals beside the data, a row each: tidybayes's `residual_draws`.

    Parameters
    ----------
    fit
        A fit.
    newdata
        Rows with their response; the fitted rows where None.
    re_formula
        None for all group effects, "NA" (or NaN) for none, or a formula with some of them, `"~ (1 | state)"`.
    method
        What is taken from the response, in its own units: "posterior_predict", a new response, as in brms, or
        "posterior_epred", the expected one, whose mean over draws is `residuals(fit)`.
    seed
        Of the responses; the fit's own where None, so that two calls agree.
    draws
        Use this many draws, evenly spaced; all where None.
    new_levels
        For levels that were not fitted: "draw" gives each its own draws from N(0, Sigma), the same in every row and
        call, with a warning that names them; "zero" is lme4's `allow.new.levels=TRUE`; "error" refuses.
    max_bytes
        A larger array of draws by rows is refused.

    Returns
    -------
    pandas.DataFrame
        The rows of the data, each as often as there are draws, `.row`, `.chain`, `.iteration`, `.draw` and `.residual`.

    Raises
    ------
    DataError
        For responses with categories, which have no residuals, and new data without a response.
    OptionError
        For another method.

    Examples
    --------
    >>> from stanmlm import lmer, residual_draws, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> found = residual_draws(fit, method="posterior_epred", draws=100)
    >>> bool(abs(found[".residual"].mean()) < 0.01)
    True
    """
    check_arguments(residual_draws, locals())
    if method not in METHODS:
        raise OptionError(f"method is `{method}`" + did_you_mean(method, METHODS))
    require_numbers(fit, "residuals")
    asked = {"draws": draws, "new_levels": new_levels, "max_bytes": max_bytes}
    if method == "posterior_epred":
        found = posterior_epred(fit, newdata, re_formula, scale="count", **asked)  # type: ignore[arg-type]
    else:
        found = posterior_predict(fit, newdata, re_formula, seed=seed, **asked)  # type: ignore[arg-type]
    y = fit.model.response.y if newdata is None else rows_with_response(fit, newdata, None, None)[1].y
    return _long(fit, newdata, y - _values(found), draws, ".residual")


def _values(found: "DataArray | pd.DataFrame") -> Floats:
    """(draws, rows) or (draws, rows, categories)."""
    return np.asarray(found.to_numpy())


def _long(fit: Fit, newdata: object, values: Floats, draws: int | None, name: str) -> pd.DataFrame:
    frame = model_frame(fit) if newdata is None else to_pandas(newdata)
    assert frame is not None
    S, N, categories = len(values), values.shape[1], list(fit.model.family.categories) if values.ndim > 2 else [""]
    C = len(categories)
    rows = np.repeat(np.arange(N), C * S)
    counted = {key: np.tile(column, N * C) for key, column in _counters(fit, draws).items()}
    long = frame.iloc[rows].reset_index(drop=True).assign(**{".row": rows + 1, **counted})
    if values.ndim > 2:
        codes = np.tile(np.repeat(np.arange(C), S), N)
        long[".category"] = pd.Categorical.from_codes(codes, pd.Index(categories), ordered=True)
    order = values.reshape(S, N, C).transpose(1, 2, 0)
    return long.assign(**{name: order.ravel()})


def _counters(fit: Fit, draws: int | None) -> dict[str, Anything]:
    """`.chain`, `.iteration` and `.draw` of the draws that are used, from 1."""
    at = thinned(fit, draws)
    each = n_draws(fit) // fit.sampling.chains
    return {".chain": at // each + 1, ".iteration": at % each + 1, ".draw": at + 1}
