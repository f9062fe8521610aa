"""`augment`: data with fitted values and residuals beside, as broom.mixed lays them out."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from stanmlm.after.predict.expected import OfRows, extra_of, linear, new_responses, require_numbers
from stanmlm.after.predict.fitted import point_of
from stanmlm.after.predict.predict import summary_of
from stanmlm.after.predict.request import Request
from stanmlm.after.predict.row_residuals import RESIDUALS, row_weights
from stanmlm.after.predict.target import Target, target_of, warn_of_new_levels, warn_of_weights
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.base.streams import ROWS
from stanmlm.data.lformula import model_frame
from stanmlm.families.observation import expected_observed
from stanmlm.families.theta import Theta
from stanmlm.fit.extract import sigma
from stanmlm.fit.fit import Fit, source_of
from stanmlm.priors.parameters import SIGMA


def augment(
    fit: Fit,
    newdata: object = None,
    *,
    type_predict: str | None = None,
    new_levels: str = "draw",
    seed: int | None = None,
) -> pd.DataFrame:
    """The data of a fit, or new data, with predictions, residuals and the like in columns that start with a dot.

    Parameters
    ----------
    fit
        A fit.
    newdata
        Rows to predict for; the model frame where None.
    type_predict
        What `.fitted` is, with its posterior sd beside it as `.se.fit`: "predict", a new response (brms's and the
        default of `brm` fits); "response", the expected one; "link", the linear predictor, as glmmTMB has it. None for
        fits of other verbs gives lme4's columns, below.
    new_levels
        For levels that were not fitted: "draw" gives each its own draws from N(0, Sigma), "zero" is lme4's
        `allow.new.levels=TRUE`, "error" refuses.
    seed
        Of the new responses of "predict".

    Returns
    -------
    pandas.DataFrame
        The model frame (numbers of successes where the response is `cbind(...)`), then `.fitted`, `.se.fit` and
        `.resid`, observed minus fitted. In lme4's layout `.fitted` is the posterior mean of the linear predictor and
        `.resid` the deviance residual ("response" in gaussian models), then `.hat .cooksd .fixed .mu .offset .sqrtXwt
        .sqrtrwt .weights .wtres`, and `.eta` outside gaussian models. New data have `.fitted` and `.se.fit`, or
        `.fitted` and `.fixed`.

    Raises
    ------
    DataError
        For a response with categories.
    OptionError
        For another `type_predict`.

    Notes
    -----
    `.hat` is the posterior variance of a row's linear predictor in units of its working variance; in gaussian models
    that is the diagonal of lme4's hat matrix up to what is not known of the variances. For GLMMs lme4's own divides by
    prior weights alone and passes 1; ours does not. `.cooksd` follows from it by lme4's formula.

    Examples
    --------
    >>> from stanmlm import augment, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> augment(fit).columns.tolist()[:7]
    ['score', 'hours', 'student', '.fitted', '.resid', '.hat', '.cooksd']
    >>> augment(fit, {"hours": [1.0], "student": [1]}, type_predict="response").columns.tolist()
    ['hours', 'student', '.fitted', '.se.fit']
    """
    check_arguments(augment, locals())
    require_numbers(fit, "fitted values and residuals")
    kind = "predict" if type_predict is None and fit.call.verb == "brm" else type_predict
    if kind is not None and kind not in _KINDS:
        raise OptionError(f"type_predict is `{kind}`" + did_you_mean(kind, _KINDS))
    target = target_of(fit, newdata, Request(new_levels=new_levels))
    warn_of_new_levels([target])
    frame = _frame(fit) if newdata is None else to_pandas(newdata)
    assert frame is not None
    added = _as_lme4(fit, target, newdata) if kind is None else _KINDS[kind](fit, target, newdata is None, seed)
    return frame.assign(**{name: np.asarray(column) for name, column in added.items()})


def _frame(fit: Fit) -> pd.DataFrame:
    """The model frame, with a response of several columns as the number of successes."""
    frame, raw = model_frame(fit), fit.model.frame.response
    if raw is None or raw.label in frame:
        return frame
    return pd.concat([pd.Series(fit.model.response.y, index=frame.index, name=raw.label), frame], axis=1)


def _summary(fit: Fit, target: Target, values: OfRows, block: int = 1) -> dict[str, Floats]:
    table = summary_of(fit, target, values, (), block)
    return {".fitted": table["mean"].to_numpy(), ".se.fit": table["sd"].to_numpy()}


def _predicted(fit: Fit, target: Target, own: bool, seed: int | None) -> dict[str, Floats]:
    warn_of_weights(fit, target)
    found = _summary(fit, target, new_responses(fit, target, source_of(fit, seed)), ROWS)
    return found | ({".resid": fit.model.response.y - found[".fitted"]} if own else {})


def _expected(fit: Fit, target: Target, own: bool, seed: int | None) -> dict[str, Floats]:
    """Of counts where there are trials, as brms."""

    def values(theta: Theta, rows: slice) -> Floats:
        return expected_observed(fit.model.family, theta, extra_of(target, rows))

    found = _summary(fit, target, values)
    return found | ({".resid": fit.model.response.y - found[".fitted"]} if own else {})


def _linear(fit: Fit, target: Target, own: bool, seed: int | None) -> dict[str, Floats]:
    found = _summary(fit, target, linear(fit))
    return found | ({".resid": RESIDUALS["response"](point_of(fit, alone=True))} if own else {})


_KINDS: Mapping[str, Callable[[Fit, Target, bool, int | None], dict[str, Floats]]] = {
    "predict": _predicted,
    "response": _expected,
    "link": _linear,
}


def _dispersion(fit: Fit) -> float:
    """The square of what `row_weights` leaves out, sigma of one number in generalised linear models."""
    apart = fit.model.family.saturates and not np.any(fit.model.response.se)
    return sigma(fit) ** 2 if apart and fit.model.ledger.has(SIGMA) else 1.0


def _as_lme4(fit: Fit, target: Target, newdata: object) -> dict[str, Floats]:
    """The columns of `augment.merMod`."""
    eta = _summary(fit, target, linear(fit))
    fixed = _summary(fit, target_of(fit, newdata, Request("NA")), linear(fit))[".fitted"]
    if newdata is not None:
        return {".fitted": eta[".fitted"], ".fixed": fixed}
    at, family = point_of(fit), fit.model.family
    gaussian, weights = family.name == "gaussian", at.response.weights * at.response.trials
    rwt = row_weights(at)
    xwt = rwt * np.abs(family.link.slope(eta[".fitted"]))
    dispersion = _dispersion(fit)
    hat = xwt**2 * eta[".se.fit"] ** 2 / dispersion
    pearson = RESIDUALS["pearson"](at)
    with np.errstate(divide="ignore", invalid="ignore"):
        cook = (pearson / (1 - hat)) ** 2 * hat / (dispersion * fit.model.design.X.shape[1])
    columns = {
        ".fitted": eta[".fitted"],
        ".resid": RESIDUALS["deviance" if family.saturates and not gaussian else "response"](at),
        ".hat": hat,
        ".cooksd": np.where(np.isfinite(cook), cook, np.nan),
        ".fixed": fixed,
        ".mu": at.mu,
        ".offset": fit.model.design.offset,
        ".sqrtXwt": xwt,
        ".sqrtrwt": rwt,
        ".weights": weights,
        ".wtres": rwt * (at.observed - at.mu),
    }
    return columns if gaussian else columns | {".eta": eta[".fitted"]}
