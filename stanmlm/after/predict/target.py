"""What a prediction is made for, and what every prediction is made of: effects, linear predictor, new responses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd

from stanmlm.after.predict.re_formula import used_coefficients
from stanmlm.base.arguments import numbers_of
from stanmlm.base.arrays import Anything, Bools, Floats, Ints
from stanmlm.base.callers import warn_user
from stanmlm.base.dataframes import require_order, to_pandas
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.base.streams import Purpose, Source, blocks, stream, streams_of_draws, words_of
from stanmlm.data.design import Design, Encoded, GroupTerm, encode
from stanmlm.data.evaluate import evaluate
from stanmlm.data.frame import scope_of, total_offset
from stanmlm.data.learned import Description, recall_learned, recall_whole
from stanmlm.data.rvalues import floats, recycle
from stanmlm.data.whole_rows import n_rows, places
from stanmlm.fit.fit import Fit, draws_of, functions_of, n_draws, source_of
from stanmlm.formula.rcode import Node, names_in
from stanmlm.formula.rparse import parse_expression
from stanmlm.model.model import groupings, parameters

MAX_BYTES = 1_000_000_000  # of a draws-by-rows array
WORKING_BYTES = 32_000_000  # of the arrays that one chunk of rows needs; larger ones are no faster
NEW_LEVELS = ("draw", "zero", "error")
SHOWN = 5  # new levels that a warning names


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
    source: Source  # of the effects of new levels
    numbers: Ints | None = None  # which random numbers of these each draw takes, where not those of its position
    equal_weights: bool = False  # whether `weights` are ones for want of better: the new data do not tell them


def new_responses(
    fit: Fit, target: Target, source: Source, numbers: Ints | None = None
) -> Callable[[Floats, slice], Floats]:
    """What draws new responses (draws, rows) of a target, given its linear predictor and which rows these are.

    Rows are a block of `ROWS`, or several: each draw of a block has a stream of its own, by its position or by
    `numbers`, whatever others there are. Responses are NaN where the linear predictor is.

    Raises
    ------
    DataError
        For trials that nobody tells, and where a mean is too large to draw from.
    """
    require_trials(target)
    family, which = fit.model.family, target.draws if numbers is None else numbers
    auxiliary = {row.name: draws_of(fit, row.name)[target.draws, None] for row in family.auxiliary}

    def values(eta: Floats, rows: slice) -> Floats:
        missing = np.isnan(eta)
        mu, out = family.link.inverse(np.where(missing, 0.0, eta)), np.empty_like(eta)
        for block, at in blocks(rows):
            here = slice(at.start - rows.start, at.stop - rows.start)
            trials, weights = target.trials[at], target.weights[at]
            for i, rng in enumerate(streams_of_draws(source, Purpose.RESPONSES, block, which)):
                one = {name: draws[i : i + 1] for name, draws in auxiliary.items()}
                out[i, here] = _drawn(fit, rng, mu[i : i + 1, here], one, trials, weights)
        return np.where(missing, np.nan, out)

    return values


def _drawn(
    fit: Fit, rng: np.random.Generator, mu: Floats, auxiliary: Mapping[str, Floats], trials: Floats, weights: Floats
) -> Floats:
    try:
        drawn: Floats = fit.model.family.draw(rng, mu, auxiliary, trials, weights)[0]
    except ValueError as error:
        raise DataError(f"no new response can be drawn where the expected one is {mu.max():.3g}: {error}") from error
    return drawn


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
    sd, L = (draws[target.draws] for draws in scales_of(fit, bar))
    if target.new_levels == "zero":
        return np.zeros((len(target.draws), len(labels), sd.shape[1]))
    numbers = target.draws if target.numbers is None else target.numbers
    group = fit.model.design.terms[bar].group
    shape = (int(numbers.max()) + 1, sd.shape[1])
    streams = (stream(target.source, Purpose.LEVELS, bar, *words_of(group, label)) for label in labels)
    z = np.stack([rng.standard_normal(shape)[numbers] for rng in streams], axis=1)
    return z @ (sd[:, :, None] * L).transpose(0, 2, 1)


def target_of(
    fit: Fit,
    newdata: object = None,
    re_formula: object = None,
    draws: int | None = None,
    new_levels: str = "draw",
    trials: object = None,
    offset: object = None,
) -> Target:
    """What the arguments of a prediction ask for; they are those of `posterior_epred`."""
    model = fit.model
    used, kept, source = used_coefficients(fit.model.design, re_formula), thinned(fit, draws), source_of(fit)
    check_offset(newdata, offset)
    if newdata is None:
        old = model.response
        check_new_levels(new_levels, model.design, used)
        return Target(model.design, model.frame.index, old.trials, old.weights, used, kept, new_levels, source)
    encoded = new_design(fit, newdata, offset, groups=[bool(coefs.any()) for coefs in used])
    check_new_levels(new_levels, encoded.design, used)
    N = n_rows(encoded.design)
    known = weights_of(fit, newdata)
    sizes = _trials(fit, encoded.trials if trials is None else trials, known, encoded.index)
    guessed = known is None and bool(np.any(model.frame.weights != 1))
    weights = np.ones(N) if known is None or _are_trials(fit) else known
    return Target(encoded.design, encoded.index, sizes, weights, used, kept, new_levels, source, equal_weights=guessed)


def new_design(fit: Fit, newdata: object, offset: object, groups: Sequence[bool] | None = None) -> Encoded:
    """New rows in the columns of a fit, with an offset that only the call tells among theirs."""
    encoded = encode(fit.model.design, newdata, functions_of(fit), groups)
    total = encoded.design.offset + _offset_of(fit, offset, encoded.index)
    return replace(encoded, design=replace(encoded.design, offset=total))


def check_offset(newdata: object, offset: object) -> None:
    """Refuse an offset for the fitted rows."""
    if newdata is None and offset is not None:
        raise OptionError("offset= is for newdata; the fitted rows have theirs")


def given_offset(fit: Fit) -> Floats | None:
    """The part of the fitted rows' offset that no column tells, because the verb got `offset=` as an array."""
    frame, formula = fit.model.frame, fit.model.formula
    if frame.memory["offset"] is not None:
        return None
    given: Floats = frame.offset - total_offset([frame.values[o.label] for o in formula.offsets], len(frame.offset))
    return given if given.any() else None


def _offset_of(fit: Fit, offset: object, rows: pd.Index) -> Floats | float:
    """What new rows have beside the offsets that their columns tell."""
    if given_offset(fit) is None:
        if offset is not None:
            raise OptionError("offset= is for fits that got theirs as an array; of this one, the new data tell it")
        return 0.0
    if offset is None:
        raise DataError(
            "the fit got its offset= as an array, and new data do not tell theirs: fit with the name of a column, or "
            "pass offset=, a number or one a row, to a function that has it, such as posterior_epred"
        )
    return one_a_row("offset", offset, rows)


def one_a_row(name: str, given: object, rows: pd.Index) -> Floats:
    """An argument that is a number or one a row of new data, (N,)."""
    require_order(name, given, rows, "newdata")
    numbers, N = numbers_of(name, given), len(rows)
    if numbers.ndim and numbers.shape != (N,):
        raise DataError(f"{name} has {numbers.size} values for {N} rows of new data")
    return np.broadcast_to(numbers, (N,))


def weights_of(fit: Fit, newdata: object) -> Floats | None:
    """The weights of new rows, by the code that the fit was given; ones without, None where the new data lack it."""
    table = to_pandas(newdata)
    assert table is not None
    if fit.model.frame.weights is None:
        return np.ones(len(table))
    code = _weights_code(fit)
    remembered = {name: recall_whole(kept) for name, kept in _memory(fit, "scope").items()}
    if code is None or not names_in(code) <= {*map(str, table.columns), *remembered}:
        return None
    learned = recall_learned(fit.model.frame.memory)
    place = scope_of([code], table, {**functions_of(fit), **remembered}, "", learned)
    weights = floats(recycle(evaluate(code, place), len(table))).reshape(len(table))
    if (weights < 0).any():
        raise DataError(f"weights are zero or more, and the new data have negative ones{_weights_text(fit)}")
    return weights


def _weights_code(fit: Fit) -> Node | None:
    given = fit.call.arguments.get("weights")
    if not isinstance(given, str):
        return None
    return Node("name", given) if given in _memory(fit, "columns") else parse_expression(given)


def _weights_text(fit: Fit) -> str:
    given = fit.call.arguments.get("weights")
    return f" (`{given}`)" if isinstance(given, str) else ""


def _memory(fit: Fit, part: str) -> Mapping[str, Description]:
    return cast(Mapping[str, Description], fit.model.frame.memory[part])


def _are_trials(fit: Fit) -> bool:
    """Whether the weights of a fit are the trials of its proportions."""
    model = fit.model
    return model.frame.weights is not None and bool(np.array_equal(model.frame.weights, model.response.trials))


def _trials(fit: Fit, told: object, weights: Floats | None, rows: pd.Index) -> Floats:
    if told is None and _are_trials(fit):
        told = weights
    if told is None:
        return np.full(len(rows), np.nan if (fit.model.response.trials != 1).any() else 1.0)
    return one_a_row("trials", told, rows)


def require_trials(target: Target) -> None:
    """Refuse new data that do not tell how many trials each row has."""
    if np.isnan(target.trials).any():
        raise DataError("the new data do not tell how many trials each row has; pass trials=, a number or one a row")


def warn_of_weights(fit: Fit, target: Target) -> None:
    """As R's `predict.lm`: new responses vary by weights, and these are not known."""
    if target.equal_weights and fit.model.family.weights_are_precisions:
        warn_user(f"the fit has weights, and the new data do not tell them{_weights_text(fit)}: new responses vary as "
                  "those of rows of weight 1")  # fmt: skip


def warn_of_new_levels(targets: Sequence[Target]) -> None:
    """Name the levels that were not fitted and whose effects are drawn, once for all targets of a call."""
    new: dict[str, dict[str, None]] = {}
    for target in targets:
        for term, coefs in zip(target.design.terms, target.used, strict=True):
            if target.new_levels == "draw" and coefs.any() and term.labels:
                new.setdefault(term.group, {}).update(dict.fromkeys(term.labels))
    if new:
        named = "; ".join(_levels_text(group, list(labels)) for group, labels in new.items())
        warn_user(f"not in the fitted data: {named}. New levels have effects drawn from their population; "
                  'new_levels="zero" gives them none, "error" refuses them')  # fmt: skip


def _levels_text(group: str, labels: list[str]) -> str:
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    shown = ", ".join(f"`{label}`" for label in labels[:SHOWN])
    return f"level{'s' * (len(labels) > 1)} {shown}{more} of `{group}`"


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


def chunks(rows: int, draws: int, max_bytes: int = MAX_BYTES, block: int = 1) -> Iterator[slice]:
    """Slices of rows whose arrays of draws fit in the working memory, and in `max_bytes` where that is less.

    They are made of whole blocks of so many rows, and of one at least.
    """
    # Eight arrays of a chunk's size live at once: eta, a group's part, its gather, the values, their order, ...
    step = block * max(1, int(min(WORKING_BYTES, max_bytes) / (8 * 8 * draws)) // block)
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def check_size(draws: int, rows: int, max_bytes: int, ways_out: str) -> None:
    """Refuse an array of draws by rows that would be over `max_bytes`."""
    size = 8 * draws * rows
    if size > max_bytes:
        raise DataError(f"{draws} draws of {rows} rows take {size / 1e9:.2g} GB, over max_bytes={max_bytes:.2g}; "
                        f"pass {ways_out}")  # fmt: skip
