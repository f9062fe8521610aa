"""Predictions with draws: linear predictor, expectation, new responses, for fitted rows or new ones."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.arguments import check_arguments
from stanmlm.arrays import Anything, Bools, Floats, Ints
from stanmlm.design import Design, GroupTerm, encode
from stanmlm.design_rows import n_rows, places
from stanmlm.errors import DataError, OptionError, did_you_mean
from stanmlm.fit import Fit, draws_of, n_draws
from stanmlm.model import groupings, parameters
from stanmlm.re_formula import used_coefficients

if TYPE_CHECKING:
    from xarray import DataArray

MAX_BYTES = 1_000_000_000  # of a draws-by-rows array
WORKING_BYTES = 32_000_000  # of the arrays that one chunk of rows needs; larger ones are no faster
NEW_LEVELS = ("draw", "zero", "error")
SUMMARY = (0.025, 0.25, 0.5, 0.75, 0.975)


@dataclass(frozen=True)
class Target:
    """What a prediction is made for: rows, the group effects that count, and the draws that are used."""

    design: Design
    index: pd.Index  # row labels
    trials: Floats  # (N,); NaN where new data do not tell them
    weights: Floats  # (N,)
    used: tuple[Bools, ...]  # a group term each: (K,) coefficients that enter
    draws: Ints  # positions among all draws
    new_levels: str
    seed: int


def posterior_linpred(
    fit: Fit,
    newdata: object = None,
    re_formula: object = None,
    *,
    transform: bool = False,
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
    draws
        Use this many draws, evenly spaced; all where None.
    new_levels
        For levels that were not fitted: "draw" gives each its own draws from N(0, Sigma), the same in every row and
        call; "zero" is lme4's `allow.new.levels=TRUE`; "error" refuses.
    summary
        A data frame of mean, sd and quantiles a row in place of the draws; memory stays within `max_bytes`.
    max_bytes
        A larger array of draws by rows is refused.

    Returns
    -------
    An xarray DataArray with dims (sample, row), or a data frame with `summary=True`.

    Raises
    ------
    DataError
        For unseen levels of a fixed factor, missing columns, or an array over `max_bytes`.

    Examples
    --------
    >>> from stanmlm import lmer, posterior_linpred, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> posterior_linpred(fit, {"hours": [0.0, 1.0]}, "NA").sizes["row"]
    2
    """
    check_arguments(posterior_linpred, locals())
    target = target_of(fit, newdata, re_formula, draws, new_levels)
    inverse = fit.model.family.link.inverse

    def values(eta: Floats, _rows: slice) -> Floats:
        return inverse(eta) if transform else eta

    return _result(fit, target, values, "linpred", summary, max_bytes)


def posterior_epred(
    fit: Fit,
    newdata: object = None,
    re_formula: object = None,
    *,
    scale: str = "probability",
    trials: object = None,
    draws: int | None = None,
    new_levels: str = "draw",
    summary: bool = False,
    max_bytes: int = MAX_BYTES,
) -> "DataArray | pd.DataFrame":
    """Draws of the expected response.

    For binomial models `scale="probability"` (rstanarm's meaning) or `scale="count"` (brms's: probability times
    trials). The other arguments are those of `posterior_linpred`; `trials` is a number or an array for new data whose
    trials the formula does not give.

    Examples
    --------
    >>> from stanmlm import lmer, posterior_epred, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> posterior_epred(fit, summary=True).columns.tolist()
    ['mean', 'sd', '2.5%', '25%', '50%', '75%', '97.5%']
    """
    check_arguments(posterior_epred, locals())
    if scale not in ("probability", "count"):
        raise OptionError(f"scale is `{scale}`; it is 'probability' or 'count'")
    target = target_of(fit, newdata, re_formula, draws, new_levels, trials)
    inverse = fit.model.family.link.inverse
    if scale == "count":
        _require_trials(target)

    def values(eta: Floats, rows: slice) -> Floats:
        return inverse(eta) * target.trials[rows] if scale == "count" else inverse(eta)

    return _result(fit, target, values, "epred", summary, max_bytes)


def posterior_predict(
    fit: Fit,
    newdata: object = None,
    re_formula: object = None,
    *,
    trials: object = None,
    seed: int | None = None,
    draws: int | None = None,
    new_levels: str = "draw",
    summary: bool = False,
    max_bytes: int = MAX_BYTES,
) -> "DataArray | pd.DataFrame":
    """Draws of new responses: reals, counts, or numbers of successes out of `trials`.

    `seed` is the fit's own where None, so that two calls agree. The other arguments are those of `posterior_epred`.

    Examples
    --------
    >>> from stanmlm import lmer, posterior_predict, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> posterior_predict(fit, {"hours": [0.0], "student": ["new"]}, draws=100).shape
    (100, 1)
    """
    check_arguments(posterior_predict, locals())
    target = target_of(fit, newdata, re_formula, draws, new_levels, trials)
    base = target.seed if seed is None else seed

    def values(eta: Floats, rows: slice) -> Floats:
        return new_responses(fit, target, eta, rows, np.random.default_rng([base, rows.start]))

    return _result(fit, target, values, "predict", summary, max_bytes)


def new_responses(fit: Fit, target: Target, eta: Floats, rows: slice, rng: np.random.Generator) -> Floats:
    """New responses of some rows of a target, (draws, rows), given their linear predictor; NaN where that is NaN."""
    _require_trials(target)
    family = fit.model.family
    auxiliary = {row.name: draws_of(fit, row.name)[target.draws, None] for row in family.auxiliary}
    missing = np.isnan(eta)
    mu = family.link.inverse(np.where(missing, 0.0, eta))
    try:
        drawn = family.draw(rng, mu, auxiliary, target.trials[rows], target.weights[rows])
    except ValueError as error:
        raise DataError(f"no new response can be drawn where the expected one is {mu.max():.3g}: {error}") from error
    return np.where(missing, np.nan, drawn)


def linear_predictor(fit: Fit, target: Target, rows: slice) -> Floats:
    """Eta of some rows of a target, (draws, rows), the draws of a row side by side in memory."""
    design, at = target.design, places(target.design, rows)
    eta = design.X[at] @ draws_of(fit, "b")[target.draws].T + design.offset[rows, None]
    for bar, term in enumerate(design.terms):
        if target.used[bar].any():
            _add_group_part(eta, fit, target, bar, term, at)
    return eta.T


def _add_group_part(eta: Floats, fit: Fit, target: Target, bar: int, term: GroupTerm, at: Anything | slice) -> None:
    levels, place = np.unique(term.index[at], return_inverse=True)
    effects = _effects_at(fit, target, bar, term, levels)
    for k in np.flatnonzero(target.used[bar]):
        eta += effects[k][place] * term.Z[at, k, None]


def _effects_at(fit: Fit, target: Target, bar: int, term: GroupTerm, levels: Ints) -> Floats:
    """Effects of some levels, (K, levels, draws): fitted, new ones, and NaN where the level is missing."""
    fitted = effects_of(fit, bar)
    J = fitted.shape[1]
    old, new = (levels >= 0) & (levels < J), levels >= J
    effects = np.full((fitted.shape[2], len(levels), len(target.draws)), np.nan)
    effects[:, old] = fitted[target.draws[:, None], levels[old]].T
    if new.any():
        effects[:, new] = _new_effects(fit, target, bar, [term.labels[i - J] for i in levels[new]]).T
    return effects


def effects_of(fit: Fit, bar: int) -> Floats:
    """Draws of one bar's effects, (draws, J, K), as deviations from the fixed part."""
    grouping = next(g for g in groupings(fit.model.design) if bar in g.bars)
    name = next(p.name for p in parameters(fit.model) if p.class_ == "r" and p.group == grouping.group)
    return draws_of(fit, name)[:, :, _columns(fit, grouping.bars, bar)]


def scales_of(fit: Fit, bar: int) -> tuple[Floats, Floats]:
    """Draws of one bar's sds (draws, K) and of the Cholesky factor of its correlations (draws, K, K)."""
    grouping = next(g for g in groupings(fit.model.design) if bar in g.bars)
    names = {p.class_: p.name for p in parameters(fit.model) if p.group == grouping.group}
    sd = draws_of(fit, names["sd"])[:, _columns(fit, grouping.bars, bar)]
    K = sd.shape[1]
    L = np.broadcast_to(np.eye(K), (len(sd), K, K)).copy()
    if K > 1:
        sizes = [len(fit.model.design.terms[b].coefs) for b in grouping.bars if b < bar]
        start = sum(k * (k - 1) // 2 for k in sizes)
        upper = np.triu_indices(K, 1)
        pairs = draws_of(fit, names["cor"])[:, start : start + len(upper[0])]
        L[:, upper[0], upper[1]] = L[:, upper[1], upper[0]] = pairs
        L = np.asarray(np.linalg.cholesky(L), dtype=float)
    return sd, L


def covariances_of(fit: Fit, bar: int) -> Floats:
    """Draws of the covariance matrix of one bar's coefficients, (draws, K, K)."""
    sd, L = scales_of(fit, bar)
    factor = sd[:, :, None] * L
    return factor @ factor.transpose(0, 2, 1)


def _columns(fit: Fit, bars: tuple[int, ...], bar: int) -> slice:
    start = sum(len(fit.model.design.terms[b].coefs) for b in bars if b < bar)
    return slice(start, start + len(fit.model.design.terms[bar].coefs))


def _new_effects(fit: Fit, target: Target, bar: int, labels: list[str]) -> Floats:
    """Effects of unseen levels (draws, levels, K): keyed by seed, group and level, so equal wherever they are asked."""
    sd, L = scales_of(fit, bar)
    group = fit.model.design.terms[bar].group
    if target.new_levels == "zero":
        return np.zeros((len(target.draws), len(labels), sd.shape[1]))
    z = np.stack([_standard_normal(target.seed, bar, group, label, sd.shape) for label in labels], axis=1)
    factor = sd[:, :, None] * L
    return z[target.draws] @ factor[target.draws].transpose(0, 2, 1)


def _standard_normal(seed: int, bar: int, group: str, label: str, shape: tuple[int, ...]) -> Floats:
    key = hashlib.sha256(f"{bar}\0{group}\0{label}".encode()).digest()
    words = np.frombuffer(key, dtype=np.uint32)
    return np.random.default_rng([seed, *words.tolist()]).standard_normal(shape)


def target_of(
    fit: Fit,
    newdata: object = None,
    re_formula: object = None,
    draws: int | None = None,
    new_levels: str = "draw",
    trials: object = None,
) -> Target:
    """What the arguments of a prediction ask for; they are those of `posterior_epred`."""
    model = fit.model
    used, kept, seed = used_coefficients(fit.model.design, re_formula), thinned(fit, draws), fit.sampling.seed or 0
    if newdata is None:
        old = model.response
        check_new_levels(new_levels, model.design, used)
        return Target(model.design, model.frame.index, old.trials, old.weights, used, kept, new_levels, seed)
    encoded = encode(model.design, newdata, groups=[bool(coefs.any()) for coefs in used])
    check_new_levels(new_levels, encoded.design, used)
    N = n_rows(encoded.design)
    sizes = _trials(fit, encoded.trials if trials is None else trials, N)
    return Target(encoded.design, encoded.index, sizes, np.ones(N), used, kept, new_levels, seed)


def _trials(fit: Fit, trials: object, N: int) -> Floats:
    if trials is None:
        return np.full(N, np.nan if (fit.model.response.trials != 1).any() else 1.0)
    sizes = np.asarray(trials, dtype=float)
    if sizes.ndim and sizes.shape != (N,):
        raise DataError(f"trials has {sizes.size} values for {N} rows of new data")
    return np.broadcast_to(sizes, (N,))


def _require_trials(target: Target) -> None:
    if np.isnan(target.trials).any():
        raise DataError("the new data do not tell how many trials each row has; pass trials=, a number or one a row")


def check_new_levels(new_levels: str, design: Design, used: tuple[Bools, ...]) -> None:
    """Refuse an unknown `new_levels`, and new levels of the terms in use where it is "error"."""
    if new_levels not in NEW_LEVELS:
        raise OptionError(f"new_levels is `{new_levels}`" + did_you_mean(new_levels, NEW_LEVELS))
    for term, coefs in zip(design.terms, used, strict=True):
        if new_levels == "error" and coefs.any() and term.labels:
            raise DataError(
                f"level `{term.labels[0]}` of `{term.group}` was not in the fitted data; "
                'pass new_levels="draw" to give it a draw from the population'
            )


def thinned(fit: Fit, draws: int | None) -> Ints:
    """Positions of so many draws, evenly spaced; of all where None."""
    total = n_draws(fit)
    if draws is None:
        return np.arange(total)
    if not 1 <= draws <= total:
        raise OptionError(f"draws is {draws}; the fit has {total}")
    return np.linspace(0, total - 1, draws).astype(np.int64)


def chunks(rows: int, draws: int, max_bytes: int = MAX_BYTES) -> Iterator[slice]:
    """Slices of rows whose arrays of draws fit in the working memory, and in `max_bytes` where that is less."""
    # Eight arrays of a chunk's size live at once: eta, a group's part, its gather, the values, their order, ...
    step = max(1, int(min(WORKING_BYTES, max_bytes) / (8 * 8 * draws)))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def check_size(draws: int, rows: int, max_bytes: int, ways_out: str) -> None:
    """Refuse an array of draws by rows that would be over `max_bytes`."""
    size = 8 * draws * rows
    if size > max_bytes:
        raise DataError(f"{draws} draws of {rows} rows take {size / 1e9:.2g} GB, over max_bytes={max_bytes:.2g}; "
                        f"pass {ways_out}")  # fmt: skip


def _result(
    fit: Fit,
    target: Target,
    values: Callable[[Floats, slice], Floats],
    name: str,
    summary: bool,
    max_bytes: int,
) -> "DataArray | pd.DataFrame":
    if summary:
        return summary_of(fit, target, values, SUMMARY, max_bytes)
    from xarray import DataArray

    out = draws_by_rows(fit, target, values, max_bytes)
    return DataArray(out, dims=("sample", "row"), coords={"row": target.index.to_numpy()}, name=name)


def draws_by_rows(
    fit: Fit, target: Target, values: Callable[[Floats, slice], Floats], max_bytes: int = MAX_BYTES
) -> Floats:
    """`values(eta, rows)` of every row of a target, (draws, rows); refused where larger than `max_bytes`."""
    rows, draws = len(target.index), len(target.draws)
    check_size(draws, rows, max_bytes, "draws= for fewer, or summary=True for a table with a row each")
    out = np.empty((draws, rows))
    for at in chunks(rows, draws, max_bytes):
        out[:, at] = values(linear_predictor(fit, target, at), at)
    return out


def summary_of(
    fit: Fit,
    target: Target,
    values: Callable[[Floats, slice], Floats],
    probs: Sequence[float],
    max_bytes: int = MAX_BYTES,
) -> pd.DataFrame:
    """Mean, sd and quantiles over draws of `values(eta, rows)`, a row each, in bounded memory."""
    pieces = chunks(len(target.index), len(target.draws), max_bytes)
    parts = [_summarise(values(linear_predictor(fit, target, at), at), probs) for at in pieces]
    columns = ["mean", "sd", *(f"{100 * p:g}%" for p in probs)]
    table = np.concatenate(parts, axis=1) if parts else np.empty((len(columns), 0))
    return pd.DataFrame(dict(zip(columns, table, strict=True)), index=target.index)


def _summarise(values: Floats, probs: Sequence[float]) -> Floats:
    """(2 + probs, rows); rows are sorted side by side, several times faster than quantiles down the columns."""
    ordered = np.sort(values.T, axis=1)
    return np.stack([values.mean(axis=0), values.std(axis=0, ddof=int(len(values) > 1)), *_quantiles(ordered, probs)])


def _quantiles(ordered: Floats, probs: Sequence[float]) -> Floats:
    """R's type 7, which is NumPy's, of sorted rows; NaN sorts last, and a row that ends with it has no quantile."""
    place = np.asarray(probs) * (ordered.shape[1] - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    low = ordered[:, below]
    quantiles = low + (place - below) * (ordered[:, above] - low)
    return np.where(np.isnan(ordered[:, -1:]), np.nan, quantiles).T
