"""What is said before sampling: a posterior that does not exist, and default priors that the data contradict by far."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from stanmlm.base.arrays import Bools, Floats
from stanmlm.base.callers import warn_user
from stanmlm.data.design import dpars_of
from stanmlm.data.whole_rows import whole
from stanmlm.formula.bf import LOCATION
from stanmlm.model.centering import informed
from stanmlm.model.crossed import effects_to_rows
from stanmlm.model.joining import separated
from stanmlm.model.model import Model
from stanmlm.model.pilot import Pilot
from stanmlm.model.separation import improper
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.priors import PriorRow

# A residual sd below this share of the response's own size is rounding.
ROUNDING = 1e-13
# Only where the pilot leaves less of the variance of the response than this are residuals looked at exactly.
LITTLE = 0.2
# The prior probability of an sd as large as the data's: hardly any; or little, where the prior moves its log by PULL.
NEVER, RARELY, PULL = 1e-8, 1e-3, 0.5
# Columns, or rows, of the largest least squares problem that is solved for a check.
MOST = 3000
# Defaults, which nobody has chosen for these data.
DEFAULTS = ("default", "brms", "split decov")


def check_posterior(model: Model) -> None:
    """Warn of data that are fitted exactly, of a posterior that is none, and of defaults that the data contradict.

    Parameters
    ----------
    model : Model

    Warns
    -----
    StanmlmWarning
        If nothing is left for the residual sd, if responses are separated and no prior holds coefficients, or if the
        sds of group effects are far outside their default prior; then the message says what to set.

    Examples
    --------
    >>> from stanmlm import lm, simulate_exams
    >>> from stanmlm.base.callers import overheard
    >>> model = lm("score ~ hours", simulate_exams(seed=1), seed=1).model
    >>> with overheard() as remarks:
    ...     check_posterior(model)
    >>> remarks
    []
    """
    if model.prior_only:
        return
    looked = model.centering.pilot
    at = separated(looked, model.design, model.joined.blocks) if looked else None
    texts = list(_exact_fit(model, at)) or list(_contradictions(model, at) if at else ())
    texts += improper(model)
    for text in texts:
        warn_user(text)


def _exact_fit(model: Model, at: Pilot | None) -> Iterator[str]:
    """What to say where fixed columns and groups leave nothing of a response that a parameter scales."""
    if not model.family.scale:
        return
    design, y = whole(model.design), model.response.y - model.design.offset
    counted = model.response.weights > 0
    y = y[counted]
    if len(y) < 2:
        return
    constant = bool(np.ptp(y) <= ROUNDING * np.abs(y).max()) and design.intercept
    sigma = at.scalars.get("sigma", 0.0) if at else 0.0  # 0 where it differs from row to row
    if not constant and sigma**2 > LITTLE * float(np.var(y)):
        return
    rank, residuals = _least_squares(model, counted, y)
    if len(y) > rank and residuals <= ROUNDING * np.sqrt(len(y)) * np.abs(y).max():
        what = f"`{model.response.label}` is the same in all rows" if constant else "the model fits every row exactly"
        yield (
            f"{what}: nothing is left for the residual sd, whose posterior is infinite at 0: the draws are "
            "of no distribution; look for a predictor that is the response itself, or for rounded or repeated rows"
        )


def _least_squares(model: Model, counted: Bools, y: Floats) -> tuple[int, float]:
    """The rank of all columns of the location, fixed and of groups, and the norm of what they leave of y."""
    from scipy import sparse

    design = whole(model.design)
    columns = [(term, np.array([dpar == LOCATION for dpar in dpars_of(term)])) for term in design.terms]
    own = [(term, term.Z[:, here]) for term, here in columns if here.any()]
    shapes = [(len(term.levels), Z.shape[1]) for term, Z in own]
    parts, index = [{0: Z[counted]} for _, Z in own], [term.index[counted] for term, _ in own]
    effects = [effects_to_rows(parts, index, shapes)] if own else []
    A = sparse.hstack([sparse.csr_array(design.X[counted]), *effects], format="csr")
    if min(A.shape) > MOST:
        return len(y), np.inf  # too many to look at: as if nothing were wrong
    size = np.sqrt(np.asarray((A * A).sum(axis=0)).ravel())
    dense = A.toarray() / np.where(size > 0, size, 1.0)
    found, _, rank, _ = np.linalg.lstsq(dense, y, rcond=None)
    return int(rank), float(np.linalg.norm(y - dense @ found))


def _contradictions(model: Model, at: Pilot) -> Iterator[str]:
    """What to say of each sd that lies far above where its default prior looks for it."""
    starts = np.cumsum([0, *(len(term.coefs) for term in model.design.terms)])
    for row in model.priors.rows:
        if row.class_ == "sd" and row.source in DEFAULTS and row.distribution != "flat":
            joint = DISTRIBUTIONS[row.distribution].joint
            first = row.position - int(starts[row.term])
            places = range(len(at.covariance[row.term])) if joint else (first,)
            for p in places:
                yield from _contradiction(model, at, row, p)


def _contradiction(model: Model, at: Pilot, row: PriorRow, p: int) -> Iterator[str]:
    term, S = model.design.terms[row.term], at.covariance[row.term]
    sd, units = float(np.sqrt(S[p, p])), float(np.sum(informed(at)[row.term][:, p] ** 2))
    scale = at.scalars[model.family.scale] if row.ratio else 1.0
    above, slope = _tail(row, sd / scale, len(S))
    if above < NEVER or (above < RARELY and -slope / (1 + 2 * units) > PULL):
        coef, dpar = term.coefs[p], dpars_of(term)[p]
        what, where = f"`{coef}` by `{term.group}`", f'group="{term.group}", coef="{coef}"'
        if dpar != LOCATION:
            what, where = f"{what} in the predictor of {dpar}", f'{where}, dpar="{dpar}"'
        yield (
            f"the default prior of the sd of {what}, {row.distribution}, all but excludes what the data suggest, an sd "
            f"of about {sd:.2g}: it does not know the units; rescale the column, or set "
            f'priors=[set_prior("exponential({1 / sd:.2g})", class_="sd", {where})]'
        )


def _tail(row: PriorRow, x: float, K: int) -> tuple[float, float]:
    """The prior probability of an sd above x, in the units of the prior, and the slope of the log density in log x."""
    from scipy import stats

    if row.distribution == "decov":
        _, _, shape, scale = row.arguments
        mean_square = x / np.sqrt(K)  # the least that the root mean square of the term can be
        return float(stats.gamma(shape, scale=scale).sf(mean_square)), shape - mean_square / scale
    row_of = DISTRIBUTIONS[row.distribution]
    step = 1e-4
    ends = row_of.log_density(x * np.exp(np.array([-step, step])), row.arguments)
    slope = float(ends[1] - ends[0]) / (2 * step)
    made: dict[str, Callable[..., Any]] = {
        "normal": stats.norm,
        "student_t": stats.t,
        "cauchy": stats.cauchy,
        "exponential": lambda rate: stats.expon(scale=1 / rate),
        "gamma": lambda shape, rate: stats.gamma(shape, scale=1 / rate),
        "logistic": stats.logistic,
    }
    frozen = made[row.distribution](*row.arguments)
    return float(frozen.sf(x) / frozen.sf(0.0)), slope
