"""Responses as each family reads them from the left side of a formula."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from stanmlm.base.arrays import Anything, Bools, Floats, Ints, constant, stretches
from stanmlm.base.errors import DataError
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.refusals import refuse, say, warn_of
from stanmlm.families.thresholds import Items

# What says nothing of any row.
ONE: Floats = np.ones(1)
ZERO: Floats = np.zeros(1)
BELOW: Floats = np.full(1, -np.inf)
ABOVE: Floats = np.full(1, np.inf)
# Starts, scales and priors are made of squares and cubes of responses, summed.
LARGEST = 1e100


@dataclass(frozen=True)
class Response:
    """A response as its family reads it; every array is (N,), but y is (N, K) of responses in K parts."""

    label: str
    y: Floats  # values, successes or counts
    trials: Floats  # binomial trials; ones elsewhere
    weights: Floats  # what they mean the family says; ones by default
    categories: tuple[str, ...] = ()  # names of those whose codes, from 1, y has
    items: Items | None = None  # groups of rows with thresholds of their own
    # What a formula adds to it; of (1,), one that says nothing, where it does not.
    exponents: Floats = field(default_factory=lambda: ONE)  # of densities whose weights are something else
    rate: Floats = field(default_factory=lambda: ONE)  # a mean is this times what the predictor says
    se: Floats = field(default_factory=lambda: ZERO)  # known sd of y beside sigma
    lower: Floats = field(default_factory=lambda: BELOW)  # y was seen only from here
    upper: Floats = field(default_factory=lambda: ABOVE)  # to here, both ends included
    censored: Floats = field(default_factory=lambda: ZERO)  # -1 left of y, 0 not, 1 right of it, 2 between y and y2
    y2: Floats = field(default_factory=lambda: ZERO)
    item: Floats = field(default_factory=lambda: ZERO)  # whose thresholds are between its categories, from 0
    values: Mapping[str, Floats] = field(default_factory=dict)  # of vint() and vreal(), (N,) each, by name: "vint1"


# What a formula may add to a response, with what says nothing.
NEUTRAL = {
    "exponents": 1.0,
    "rate": 1.0,
    "se": 0.0,
    "lower": -np.inf,
    "upper": np.inf,
    "censored": 0.0,
    "y2": 0.0,
    "item": 0.0,
}


def added_to(response: Response) -> tuple[str, ...]:
    """Those of `NEUTRAL` that say something of some row, and names of `values`."""
    said = (name for name, nothing in NEUTRAL.items() if np.any(getattr(response, name) != nothing))
    return (*said, *response.values)


def some(values: Anything, at: Anything | slice) -> Anything:
    """Some rows; one number stands for all of them."""
    return values if len(values) == 1 else values[at]


def some_rows(response: Response, at: Anything | slice) -> Response:
    """Some rows of a response."""
    parts: dict[str, Any] = {name: some(getattr(response, name), at) for name in NEUTRAL}
    parts["values"] = {name: some(values, at) for name, values in response.values.items()}
    return replace(response, y=response.y[at], trials=response.trials[at], weights=response.weights[at], **parts)


def moved(response: Response, offset: Floats) -> Response:
    """A response less an offset, with its bounds."""
    parts = {name: getattr(response, name) - offset for name in ("lower", "upper", "y2")}
    known: dict[str, Any] = {
        name: values for name, values in parts.items() if np.any(getattr(response, name) != NEUTRAL[name])
    }
    return replace(response, y=response.y - offset, **known)


def read_reals(raw: RawResponse, weights: Floats | None, family: str) -> Response:
    """Reals, each one observation."""
    y = _numeric(raw, family)
    return Response(raw.label, y, constant(1.0, len(y)), weights_of_rows(raw, weights))


def read_counts(raw: RawResponse, weights: Floats | None, family: str) -> Response:
    """Counts, each one observation."""
    y = _numeric(raw, family)
    refuse(raw, _where(_negative, y), f"{family} needs counts: `{raw.label}` has {{values}} below zero")
    warn_of(
        raw, _where(fractional, y), f"{family} needs counts: `{raw.label}` has {{values}} that are not whole numbers"
    )
    return Response(raw.label, y, constant(1.0, len(y)), weights_of_rows(raw, weights))


def read_positive(raw: RawResponse, weights: Floats | None, family: str) -> Response:
    """Reals above zero, each one observation."""
    y = _numeric(raw, family)
    refuse(raw, _where(_not_positive, y), f"{family} needs responses above zero: `{raw.label}` has {{values}}"
            " at zero or below")  # fmt: skip
    return Response(raw.label, y, constant(1.0, len(y)), weights_of_rows(raw, weights))


def read_from_zero(raw: RawResponse, weights: Floats | None, family: str) -> Response:
    """Reals from zero on, each one observation."""
    y = _numeric(raw, family)
    refuse(raw, _where(_negative, y), f"{family} needs responses at zero or above: `{raw.label}` has {{values}}"
            " below zero")  # fmt: skip
    return Response(raw.label, y, constant(1.0, len(y)), weights_of_rows(raw, weights))


def read_some_shares(raw: RawResponse, weights: Floats | None, family: str, ends: tuple[float, ...]) -> Response:
    """Reals between zero and one, or at one of these ends, each one observation."""
    y = _numeric(raw, family)
    allowed = " or ".join(f"{end:g}" for end in ends)

    def beyond(values: Floats) -> Bools:
        return _not_inside(values) & ~np.isin(values, ends)

    refuse(raw, _where(beyond, y), f"{family} needs shares between 0 and 1, or {allowed}: `{raw.label}` has {{values}}"
            " that are not")  # fmt: skip
    return Response(raw.label, y, constant(1.0, len(y)), weights_of_rows(raw, weights))


def read_shares(raw: RawResponse, weights: Floats | None, family: str) -> Response:
    """Reals between zero and one, each one observation."""
    y = _numeric(raw, family)
    refuse(raw, _where(_not_inside, y), f"{family} needs shares between 0 and 1: `{raw.label}` has {{values}}"
            " at 0 or 1, or beyond")  # fmt: skip
    return Response(raw.label, y, constant(1.0, len(y)), weights_of_rows(raw, weights))


def read_angles(raw: RawResponse, weights: Floats | None, family: str) -> Response:
    """Angles between -pi and pi, each one observation."""
    y = _numeric(raw, family)
    refuse(raw, _where(_beyond_pi, y), f"{family} needs angles between -pi and pi: `{raw.label}` has {{values}}"
            " beyond")  # fmt: skip
    return Response(raw.label, y, constant(1.0, len(y)), weights_of_rows(raw, weights))


def read_successes(raw: RawResponse, weights: Floats | None, family: str = "binomial") -> Response:
    """Successes and trials, from any of R's spellings."""
    readers = {
        "numeric": _read_share,
        "logical": _read_share,
        "factor": _read_factor,
        "cbind": _read_cbind,
    }
    return (_read_trials if "trials" in raw.added else readers[raw.kind])(raw, weights, family)


def _read_share(raw: RawResponse, weights: Floats | None, family: str) -> Response:
    """Zeros and ones, whose weights are case weights, or proportions, whose weights are trials."""
    share = response_numbers(raw)
    outside = _where(lambda s: (s < 0) | (s > 1), share)
    refuse(raw, outside, f"{family} needs 0 or 1, or proportions, or successes of trials, `{raw.label} | trials(n)`: "
            f"`{raw.label}` has {{values}} below 0 or above 1")  # fmt: skip
    weights, ones = weights_of_rows(raw, weights), constant(1.0, len(share))
    if not len(_where(fractional, share)):
        return Response(raw.label, share, ones, weights)
    successes = share * weights
    near = np.round(successes)
    # A share was divided out of whole numbers: R allows 1e-3, and so rounds nothing that it would warn about.
    whole = np.abs(successes - near) <= 1e-8 * np.maximum(weights, 1)
    far = ~whole & (np.abs(successes - near) > 1e-3)
    warn_of(raw, np.flatnonzero(far), f"{_SUCCESSES}: `{raw.label}` times weights has {{values}}"
          " that are not whole numbers")  # fmt: skip
    return Response(raw.label, np.where(whole, near, successes), weights, ones)


def _read_factor(raw: RawResponse, weights: Floats | None, family: str) -> Response:
    """R: the first level is failure, all others are success."""
    codes = response_numbers(raw)
    if len(raw.levels) > 2:
        say(f"`{raw.label}` has {len(raw.levels)} levels: `{raw.levels[0]}` is failure, all others are success")
    return Response(raw.label, (codes > 0).astype(float), constant(1.0, len(codes)), weights_of_rows(raw, weights))


def _read_cbind(raw: RawResponse, weights: Floats | None, family: str) -> Response:
    successes, failures = _matrix(raw)
    below = _where(lambda s, f: (s < 0) | (f < 0), successes, failures)
    refuse(raw, below, f"{family} needs counts: `{raw.label}` has {{values}} below zero")
    odd = _where(lambda s, f: fractional(s) | fractional(f), successes, failures)
    warn_of(raw, odd, f"non-integer counts in a binomial glm!: `{raw.label}` has {{values}} that are not whole")
    return Response(raw.label, successes, successes + failures, weights_of_rows(raw, weights))


def _read_trials(raw: RawResponse, weights: Floats | None, family: str) -> Response:
    if raw.kind not in ("numeric", "logical"):
        raise DataError(f"successes of trials() are counts; `{raw.label}` is {_KINDS[raw.kind]}")
    successes, trials = response_numbers(raw), raw.added["trials"]
    refuse(raw, _where(_not_finite, trials), "trials() has {values} missing or infinite")
    below = _where(lambda s, n: (s < 0) | (n < 0), successes, trials)
    refuse(raw, below, f"{family} needs counts: `{raw.label}` has {{values}} below zero")
    more = _where(lambda s, n: s > n, successes, trials)
    refuse(raw, more, f"`{raw.label}` has {{values}} with more successes than trials")
    odd = _where(lambda s, n: fractional(s) | fractional(n), successes, trials)
    warn_of(raw, odd, f"{_SUCCESSES}: `{raw.label}` has {{values}} that are not whole numbers")
    return Response(raw.label, successes, trials, weights_of_rows(raw, weights))


_KINDS = {"factor": "a factor", "cbind": "a matrix"}
_SUCCESSES = "non-integer #successes in a binomial glm!"


def _numeric(raw: RawResponse, family: str) -> Floats:
    if raw.kind not in ("numeric", "logical"):
        message = (
            f"response must be numeric: `{raw.label}` is {_KINDS[raw.kind]}, which the {family} family cannot read"
        )
        raise DataError(f"{message}; {_who_reads(raw)}")
    return response_numbers(raw)


def _who_reads(raw: RawResponse) -> str:
    """The families that can read what is not one column of numbers."""
    if raw.kind == "cbind":
        return "family=binomial can" if raw.values.shape[1] == 2 else "family=multinomial and dirichlet can"
    return "family=binomial can" if len(raw.levels) <= 2 else "family=cumulative, if ordered, or categorical can"


def response_numbers(raw: RawResponse) -> Floats:
    """The values of a response, none of them missing."""
    values = np.asarray(raw.values, dtype=float)
    refuse(raw, _where(_not_finite, values), f"`{raw.label}` has {{values}} missing or infinite")
    refuse(raw, _where(_not_squared, values), f"`{raw.label}` has {{values}} beyond {LARGEST:g}, whose squares are"
            " no numbers: write it in larger units")  # fmt: skip
    return values


def _matrix(raw: RawResponse) -> tuple[Floats, Floats]:
    values = np.asarray(raw.values, dtype=float)
    if values.ndim != 2 or values.shape[1] != 2:
        raise DataError(f"a binomial response has two columns, successes and failures; `{raw.label}` has not")
    refuse(raw, _where(_not_finite_rows, values), f"`{raw.label}` has {{values}} missing or infinite")
    return values[:, 0], values[:, 1]


def weights_of_rows(raw: RawResponse, weights: Floats | None) -> Floats:
    """The weights of rows, ones by default."""
    return constant(1.0, len(raw.values)) if weights is None else valid_weights(raw, weights)


def valid_weights(raw: RawResponse, weights: Floats) -> Floats:
    """Weights, which are numbers of zero or more."""
    weights = np.asarray(weights, dtype=float)
    refuse(raw, _where(_not_finite, weights), "weights has {values} missing or infinite")
    refuse(raw, _where(_negative, weights), "negative weights not allowed: weights has {values} below zero")
    return weights


def _not_finite(values: Anything) -> Bools:
    return ~np.isfinite(values)


def _not_squared(values: Anything) -> Bools:
    return np.greater(np.abs(values), LARGEST)


def _not_finite_rows(values: Anything) -> Bools:
    return np.asarray(~np.isfinite(values).all(axis=1))


def _negative(values: Floats) -> Bools:
    return np.less(values, 0)


def _not_positive(values: Floats) -> Bools:
    return np.less_equal(values, 0)


def _not_inside(values: Floats) -> Bools:
    return np.asarray((values <= 0) | (values >= 1))


def _beyond_pi(values: Floats) -> Bools:
    return np.asarray(np.abs(values) > np.pi)


def fractional(values: Floats) -> Bools:
    """What is no whole number."""
    return ~(np.abs(values - np.round(values)) <= 1e-7)


def _where(test: Callable[..., Bools], *columns: Anything) -> Ints:
    """The rows that a test is true for, looked for a stretch at a time."""
    n = len(columns[0])
    found = [at.start + np.flatnonzero(test(*(column[at] for column in columns))) for at in stretches(n)]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
