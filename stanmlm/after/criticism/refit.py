"""A fit again without some of its rows, and what it then says of them."""

from dataclasses import replace

import numpy as np
from scipy.special import logsumexp

from stanmlm.after.criticism.log_lik import Pieces, pieces_of, row_log_likelihood
from stanmlm.after.predict.chunks import chunks_of
from stanmlm.after.predict.request import USUAL, Request
from stanmlm.base.arrays import Bools, Floats, Ints
from stanmlm.base.errors import DataError
from stanmlm.base.streams import Purpose, within
from stanmlm.data.design import Design, GroupTerm
from stanmlm.data.frame import ModelFrame
from stanmlm.data.raw_response import some_of_raw
from stanmlm.data.rvalues import take
from stanmlm.data.whole_rows import aliased, rows_of
from stanmlm.families.responses import some_rows
from stanmlm.fit.call import read_options
from stanmlm.fit.fit import Fit, require_one_data_set
from stanmlm.fit.pipeline import ModelOptions, fit_model
from stanmlm.model.centering import centering
from stanmlm.model.compress import compress
from stanmlm.model.model import Model
from stanmlm.priors.priors import is_proper

# Draws of an unseen level's effects for each draw of the posterior: its own spread is the larger source of noise.
LEVEL_DRAWS = 10


def refit_without(fit: Fit, left_out: Bools, seed: int, request: Request = USUAL) -> tuple[Fit, Pieces]:
    """A fit to the other rows, and the rows that were left out as new data of it.

    Priors stay as they are: what is asked is what the same model would have predicted, not one whose default priors
    were scaled by other data. Levels that only the left-out rows have are new levels.

    Raises
    ------
    DataError
        Where a coefficient has no rows left and its prior is flat.
    """
    require_one_data_set(fit, "leaving rows out")
    model, gone = fit.model, np.flatnonzero(left_out)
    train, held = split_design(model.design, left_out)
    options, run = read_options(fit.call.arguments)
    smaller = _model(model, train, np.flatnonzero(~left_out), options)
    run = replace(run, sampling=replace(fit.sampling, seed=seed), progress=False)
    again = fit_model(fit.call, smaller, run)
    return again, pieces_of(again, held, some_rows(model.response, gone), model.frame.index[gone], request)


def split_design(design: Design, left_out: Bools) -> tuple[Design, Design]:
    """The design of the rows that stay, with their levels only, and of those left out, as `encode` gives new data."""
    train, held = rows_of(design, ~left_out), rows_of(design, left_out)
    terms = [_renumbered(stay, gone) for stay, gone in zip(train.terms, held.terms, strict=True)]
    return (
        replace(train, terms=tuple(stay for stay, _ in terms)),
        replace(held, terms=tuple(gone for _, gone in terms)),
    )


def _renumbered(stays: GroupTerm, gone: GroupTerm) -> tuple[GroupTerm, GroupTerm]:
    """A term on the rows that stay and on those left out, with the levels of those that stay first."""
    J, stay = len(stays.levels), np.unique(stays.index)
    new = np.setdiff1d(np.arange(J), stay)
    place = np.empty(J, dtype=np.int64)
    place[stay], place[new] = np.arange(len(stay)), len(stay) + np.arange(len(new))
    levels, labels = tuple(stays.levels[j] for j in stay), tuple(stays.levels[j] for j in new)
    return (
        replace(stays, levels=levels, index=place[stays.index]),
        replace(gone, levels=levels, index=place[gone.index], labels=labels),
    )


def _model(model: Model, design: Design, kept: Ints, options: ModelOptions) -> Model:
    """The model of some rows, with the same priors."""
    if not len(kept):
        raise DataError("no row is left to fit")
    lost = aliased(design)
    if lost and not is_proper(model.priors):
        raise DataError(
            f"without these rows the data say nothing of `{lost[0]}`, and its prior is flat: "
            'give it a prior, or choose folds="stratified"'
        )
    response = some_rows(model.response, kept)
    cells = compress(design, response, model.family, options.collapse)
    centres = centering(options.centering, design, cells, model.family, model.priors)
    frame = _frame(model.frame, kept)
    return replace(model, frame=frame, response=response, design=design, cells=cells, centering=centres)


def _frame(frame: ModelFrame, at: Ints) -> ModelFrame:
    response = frame.response
    assert response is not None
    return replace(
        frame,
        variables=frame.variables.iloc[at],
        values={label: take(value, at) for label, value in frame.values.items()},
        response=some_of_raw(response, at),
        weights=None if frame.weights is None else frame.weights[at],
        offset=frame.offset[at],
        other_offsets={dpar: offset[at] for dpar, offset in frame.other_offsets.items()},
        rows=frame.rows[at],
        index=frame.index[at],
    )


def predictive_density(fit: Fit, pieces: Pieces) -> Floats:
    """The log of the mean likelihood over draws of distinct rows, (C,), over several draws of each unseen level."""
    unseen = any(term.labels for term in pieces.target.design.terms)
    repeats = LEVEL_DRAWS if unseen else 1
    out = np.empty(len(pieces.y))
    for at in chunks_of(pieces.target, arrays=repeats):
        several = [row_log_likelihood(fit, _reseeded(pieces, repeat), at) for repeat in range(repeats)]
        out[at] = log_mean_exp(np.concatenate(several))
    return out


def _reseeded(pieces: Pieces, repeat: int) -> Pieces:
    source = within(pieces.target.source, Purpose.REPEATS, repeat)
    return replace(pieces, target=replace(pieces.target, source=source))


def log_mean_exp(values: Floats) -> Floats:
    """The log of the mean of exponentials along the first axis."""
    return np.asarray(logsumexp(values, axis=0) - np.log(len(values)))
