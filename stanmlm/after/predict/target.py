"""What a prediction is made for: rows, the group effects that count, and draws."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stanmlm.after.predict.new_rows import (
    check_offset,
    items_of_rows,
    known_weights,
    new_design,
    new_trials,
    weights_are_trials,
    weights_text,
    with_added,
)
from stanmlm.after.predict.re_formula import used_coefficients
from stanmlm.after.predict.request import USUAL, Request
from stanmlm.base.arrays import Bools, Floats, Ints
from stanmlm.base.callers import warn_user
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.base.streams import Source
from stanmlm.data.design import Design
from stanmlm.data.factors import Level, level_names
from stanmlm.data.whole_rows import n_rows, rows_of
from stanmlm.families.reductions import Extra, beside, extra_at
from stanmlm.families.responses import Response
from stanmlm.fit.fit import Fit, n_draws, source_of, warn_of_data_sets

NEW_LEVELS = ("draw", "zero", "error")
SHOWN = 5  # new levels that a warning names


@dataclass(frozen=True)
class Target:
    """What a prediction is made for: rows, the group effects that count, and the draws that are used."""

    design: Design
    index: pd.Index  # row labels
    extra: Extra  # (N,) what responses have beside parameters; NaN where new data do not tell it
    used: tuple[Bools, ...]  # a group term each: (K,) coefficients that enter
    draws: Ints  # positions among all draws
    request: Request
    source: Source  # of the effects of new levels
    numbers: Ints | None = None  # which random numbers of these each draw takes, where not those of its position
    equal_weights: bool = False  # whether weights are ones for want of better: the new data do not tell them

    @property
    def trials(self) -> Floats:
        """(N,) of binomial responses."""
        return self.extra.trials

    @property
    def weights(self) -> Floats:
        """(N,) what they mean the family says."""
        return self.extra.weights


def some_of(target: Target, at: Ints) -> Target:
    """Some rows of a target."""
    return replace(
        target,
        design=rows_of(target.design, at),
        index=target.index[at],
        extra=extra_at(target.extra, at),
    )


def target_of(
    fit: Fit, newdata: object = None, request: Request = USUAL, trials: object = None, offset: object = None
) -> Target:
    """What the arguments of a prediction ask for; they are those of `posterior_epred`."""
    model = fit.model
    check_offset(newdata, offset)
    fitted = target_at(fit, model.design, model.response, model.frame.index, request)
    if newdata is None:
        warn_of_data_sets(fit)
        return fitted
    encoded = new_design(fit, newdata, offset, groups=[bool(coefs.any()) for coefs in fitted.used])
    known = known_weights(fit, newdata)
    told = encoded.trials if "trials" in model.family.extras else None
    extra = Extra(
        trials=new_trials(fit, told if trials is None else trials, known, encoded.index),
        weights=np.ones(n_rows(encoded.design)) if known is None or weights_are_trials(fit) else known,
        item=items_of_rows(fit, encoded.design),
    )
    target = replace(
        fitted,
        design=encoded.design,
        index=encoded.index,
        extra=with_added(extra, fit.model.response, encoded.added),
        equal_weights=known is None and bool(np.any(model.frame.weights != 1)),
    )
    _check_new_levels(target)
    return target


def target_at(fit: Fit, design: Design, response: Response, index: pd.Index, request: Request = USUAL) -> Target:
    """What is asked for rows that are in the columns of a fit, with their response."""
    target = Target(
        design=design,
        index=index,
        extra=extra_at(response),
        used=used_coefficients(fit.model.design, request.re_formula),
        draws=thinned(fit, request.draws),
        request=request,
        source=source_of(fit),
    )
    _check_new_levels(target)
    return target


def require_trials(target: Target) -> None:
    """Refuse new data that do not tell how many trials each row has."""
    if np.isnan(target.trials).any():
        raise DataError("the new data do not tell how many trials each row has; pass trials=, a number or one a row")


def require_told(target: Target, names: Sequence[str]) -> None:
    """Refuse new data that do not tell what responses are distributed by, what vint() and vreal() have among it."""
    for name in (*names, *target.extra.values):
        if np.isnan(beside(target.extra, name)).any():
            what = TOLD.get(name, f"`{name}`")
            raise DataError(f"the new data do not tell the {what} that the formula adds to the response")


TOLD = {"rate": "rates", "lower": "bounds", "upper": "bounds", "se": "standard errors"}


def warn_of_weights(fit: Fit, target: Target) -> None:
    """As R's `predict.lm`: new responses vary by weights, and these are not known."""
    if target.equal_weights and fit.model.family.weights_are_precisions:
        warn_user(f"the fit has weights, and the new data do not tell them{weights_text(fit)}: new responses vary as "
                  "those of rows of weight 1")  # fmt: skip


def warn_of_new_levels(targets: Sequence[Target]) -> None:
    """Name the levels that were not fitted and whose effects are drawn, once for all targets of a call."""
    new: dict[str, dict[Level, None]] = {}
    fitted: dict[str, tuple[Level, ...]] = {}
    for target in targets:
        for term, coefs in zip(target.design.terms, target.used, strict=True):
            if target.request.new_levels == "draw" and coefs.any() and term.labels:
                new.setdefault(term.group, {}).update(dict.fromkeys(term.labels))
                fitted[term.group] = term.levels
    if new:
        named = "; ".join(_levels_text(group, list(labels), fitted[group]) for group, labels in new.items())
        warn_user(f"not in the fitted data: {named}. New levels have effects drawn from their population; "
                  'new_levels="zero" gives them none, "error" refuses them')  # fmt: skip


def _levels_text(group: str, labels: Sequence[Level], fitted: Sequence[Level]) -> str:
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    shown = ", ".join(f"`{name}`" for name in level_names(labels[:SHOWN], level_names(fitted)))
    return f"level{'s' * (len(labels) > 1)} {shown}{more} of `{group}`"


def _check_new_levels(target: Target) -> None:
    """Refuse an unknown `new_levels`, and new levels of the terms in use where it is "error"."""
    new_levels = target.request.new_levels
    if new_levels not in NEW_LEVELS:
        raise OptionError(f"new_levels is `{new_levels}`" + did_you_mean(new_levels, NEW_LEVELS))
    for term, coefs in zip(target.design.terms, target.used, strict=True):
        if new_levels == "error" and coefs.any() and term.labels:
            (first,) = level_names(term.labels[:1], level_names(term.levels))
            raise DataError(
                f"level `{first}` of `{term.group}` was not in the fitted data; "
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
