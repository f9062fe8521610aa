"""K-fold cross-validation: the folds, and the fits without each."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from stanmlm.after.criticism.elpd import Elpd, elpd_from
from stanmlm.after.criticism.log_lik import observed_pieces, observed_rows
from stanmlm.after.criticism.refit import predictive_density, refit_without
from stanmlm.after.predict.request import MAX_BYTES, Request
from stanmlm.after.predict.row_groups import group_of, values_by_row
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Anything, Floats, Ints
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.base.streams import Purpose, Source, seed_within, stream
from stanmlm.fit.fit import Fit, source_of


def kfold(
    fit: Fit,
    K: int | None = None,
    folds: str | Anything | None = None,
    group: str | Anything | None = None,
    *,
    seed: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> Elpd:
    """K-fold cross-validation: the model is fitted K times, each time without a fold that it then predicts.

    A level of a grouping factor that a fold holds whole is a new level for the fit without that fold: its likelihood
    is averaged over draws of its effects from the population. Priors stay as they are in `fit`.

    Parameters
    ----------
    fit
        A fit.
    K
        Number of folds, 10 where None (or as many as there are rows or levels). With `group` and neither K nor
        `folds`, each level is left out in turn, as in brms; with K, whole levels are dealt into K folds.
    folds
        How they are made: "row" deals rows out at random; "grouped" keeps the rows of a level together, to ask how the
        model predicts levels that it has not seen; "stratified" spreads every level over the folds; "loo" leaves out
        each row in turn or, with `group`, each level; or labels, one a row of the fit or of its data. Where None,
        "row", or with `group` "grouped".
    group
        A grouping factor, a variable of the model, a column of its data or an array; for "grouped" and "stratified"
        the only grouping factor where None.
    seed
        Of the folds and the fits; the fit's own where None.
    max_bytes
        Of the arrays that are held at once.

    Returns
    -------
    Elpd
        For `loo_compare` with others of the same folds; it prints as R's.

    Raises
    ------
    OptionError
        For a fit of the prior, an unknown group, or folds that cannot be made.
    DataError
        Where a fold leaves nothing to fit.

    Examples
    --------
    >>> from stanmlm import kfold, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1, chains=2, iter=600)
    >>> kfold(fit, K=2, group="student").folds
    2
    """
    check_arguments(kfold, locals())
    if fit.model.prior_only:
        raise OptionError("kfold needs a posterior, and this fit has prior_only=True")
    source, rows = source_of(fit, seed), observed_rows(fit)
    # Models of the same rows are compared on the same folds, so that these depend on the seed alone.
    fold = _folds(fit, K, folds, group, stream(Source(source.seed), Purpose.FOLDS))
    elpd, request = np.empty(len(rows)), Request(max_bytes=max_bytes)
    for k in np.unique(fold):
        left_out = np.zeros(len(fit.model.response.y), dtype=bool)
        left_out[rows[fold == k]] = True
        again, held = refit_without(fit, left_out, seed_within(source, Purpose.REFITS, int(k)), request)
        elpd[fold == k] = predictive_density(again, held)[held.row]
    y, index = fit.model.response.y[rows], fit.model.frame.index[rows]
    found = elpd_from(fit, "kfold", elpd, _lpd(fit, request) - elpd, y, index)
    return replace(found, folds=len(np.unique(fold)))


def _lpd(fit: Fit, request: Request) -> Floats:
    """The log of the mean likelihood of each row under all of the data, (N,)."""
    pieces = observed_pieces(fit, request)
    return predictive_density(fit, pieces)[pieces.row]


def _folds(
    fit: Fit, K: int | None, folds: str | Anything | None, group: str | Anything | None, rng: np.random.Generator
) -> Ints:
    """The fold of each observed row, from 0."""
    rows = observed_rows(fit)
    if folds is not None and not isinstance(folds, str):
        if group is not None or K is not None:
            raise OptionError("folds are given row by row: there is nothing left for K or group to say")
        return _given(folds, fit)[rows]
    name = folds or ("row" if group is None else "grouped" if K is not None else "loo")
    if name not in _MAKERS:
        raise OptionError(f"there are no folds by `{name}`{did_you_mean(name, _MAKERS)}")
    maker, grouped = _MAKERS[name]
    if group is not None and maker is by_row:
        raise OptionError('folds="row" deals out rows whatever their group; folds="grouped" keeps groups together')
    by = group_of(fit, group).codes[rows] if grouped or group is not None else rows
    codes = np.unique(by, return_inverse=True)[1].astype(np.int64)
    size = _number_of_folds(K, len(rows), int(codes.max()) + 1, maker in (by_group, one_by_one))
    return maker(size, codes, rng)


def _number_of_folds(K: int | None, rows: int, levels: int, whole_levels: bool) -> int:
    """Ten, or what was asked for, where so many can be made."""
    most, what = (levels, "levels") if whole_levels else (rows, "rows")
    if most < 2:
        raise OptionError(f"there are no folds of {most} {what.removesuffix('s')}: some must stay to fit the model to")
    if K is not None and not 2 <= K <= most:
        raise OptionError(f"K is {K}; it is from 2 to the number of {what}, {most}")
    return min(10, most) if K is None else K


def _given(folds: Anything, fit: Fit) -> Ints:
    try:
        labels = values_by_row(fit, "folds", folds)
    except DataError as error:
        raise OptionError(str(error).replace("values", "labels")) from None
    if (missing := pd.isna(labels)).any():
        raise OptionError(f"folds has no label for {missing.sum()} of the rows")
    fold = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    if fold.max() < 1:
        raise OptionError("folds must have two different labels or more")
    return fold


def by_row(K: int, codes: Ints, rng: np.random.Generator) -> Ints:
    """Rows dealt out at random, folds of equal size.

    Examples
    --------
    >>> np.bincount(by_row(3, np.zeros(7), np.random.default_rng(1))).tolist()
    [3, 2, 2]
    """
    fold = np.empty(len(codes), dtype=np.int64)
    fold[rng.permutation(len(codes))] = np.arange(len(codes)) % K
    return fold


def by_group(K: int, codes: Ints, rng: np.random.Generator) -> Ints:
    """Levels dealt out at random, the rows of one together.

    Examples
    --------
    >>> fold = by_group(2, np.array([0, 0, 1, 1, 2]), np.random.default_rng(1))
    >>> bool(fold[0] == fold[1]) and bool(fold[2] == fold[3])
    True
    """
    levels, level = np.unique(codes, return_inverse=True)
    return by_row(K, levels, rng)[level]


def stratified(K: int, codes: Ints, rng: np.random.Generator) -> Ints:
    """Every level spread over the folds as evenly as can be.

    Examples
    --------
    >>> fold = stratified(2, np.array([0, 0, 1, 1]), np.random.default_rng(1))
    >>> bool(fold[0] != fold[1]) and bool(fold[2] != fold[3])
    True
    """
    shuffled = rng.permutation(len(codes))
    order = shuffled[np.argsort(codes[shuffled], kind="stable")]
    fold = np.empty(len(codes), dtype=np.int64)
    fold[order] = np.arange(len(codes)) % K
    return fold


def one_by_one(K: int, codes: Ints, rng: np.random.Generator) -> Ints:
    """A fold for every row, or for every level.

    Examples
    --------
    >>> one_by_one(2, np.array([0, 1, 1, 2]), np.random.default_rng(1)).tolist()
    [0, 1, 1, 2]
    """
    return codes


# How folds are made, and whether a group is needed for it; brms's names, and 0.1's "group".
_MAKERS: Mapping[str, tuple[Callable[[int, Ints, np.random.Generator], Ints], bool]] = {
    "row": (by_row, False),
    "grouped": (by_group, True),
    "group": (by_group, True),
    "stratified": (stratified, True),
    "loo": (one_by_one, False),
}
