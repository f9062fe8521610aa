"""Responses: the left side of a formula as evaluated, and as each family reads it."""

import warnings
from dataclasses import dataclass

import numpy as np

from stanmlm.arrays import Anything, Bools, Floats, Ints
from stanmlm.errors import DataError, StanmlmWarning


@dataclass(frozen=True)
class RawResponse:
    """The left side of a formula as evaluated, before any family has looked at it."""

    label: str  # as R deparses it
    kind: str  # "numeric", "logical", "factor", "cbind" (successes, failures), "trials" (successes, trials)
    values: Anything  # (N,) numbers, booleans or level codes from 0; (N, 2) for "cbind" and "trials"
    levels: tuple[str, ...] = ()  # of a factor
    rows: Ints | None = None  # (N,) numbers of the rows in the user's data, for messages; None: 1 to N


@dataclass(frozen=True)
class Response:
    """A response as its family reads it; every array is (N,)."""

    label: str
    y: Floats  # values, successes or counts
    trials: Floats  # binomial trials; ones elsewhere
    weights: Floats  # gaussian: precisions; else they multiply the log likelihood; ones by default


def read_gaussian(raw: RawResponse, weights: Floats | None) -> Response:
    """Reals; weights are precisions."""
    y = _numeric(raw, "gaussian")
    return Response(raw.label, y, np.ones_like(y), _weights(raw, weights))


def read_poisson(raw: RawResponse, weights: Floats | None) -> Response:
    """Counts; weights are case weights."""
    y = _numeric(raw, "poisson")
    _refuse(raw, y < 0, f"poisson needs counts: `{raw.label}` has {{values}} below zero")
    _warn(raw, ~_whole(y), f"poisson needs counts: `{raw.label}` has {{values}} that are not whole numbers")
    return Response(raw.label, y, np.ones_like(y), _weights(raw, weights))


def read_binomial(raw: RawResponse, weights: Floats | None) -> Response:
    """Successes and trials, from any of R's spellings."""
    readers = {
        "numeric": _read_share,
        "logical": _read_share,
        "factor": _read_factor,
        "cbind": _read_cbind,
        "trials": _read_trials,
    }
    return readers[raw.kind](raw, weights)


def _read_share(raw: RawResponse, weights: Floats | None) -> Response:
    """Zeros and ones, whose weights are case weights, or proportions, whose weights are trials."""
    share = _vector(raw)
    _refuse(raw, (share < 0) | (share > 1), f"binomial needs 0 or 1, or proportions: `{raw.label}` has {{values}}"
            " below 0 or above 1")  # fmt: skip
    weights, ones = _weights(raw, weights), np.ones_like(share)
    if np.all(_whole(share)):
        return Response(raw.label, share, ones, weights)
    successes = share * weights
    near = np.round(successes)
    # A share was divided out of whole numbers: R allows 1e-3, and so rounds nothing that it would warn about.
    whole = np.abs(successes - near) <= 1e-8 * np.maximum(weights, 1)
    _warn(raw, ~whole & (np.abs(successes - near) > 1e-3), f"{_SUCCESSES}: `{raw.label}` times weights has {{values}}"
          " that are not whole numbers")  # fmt: skip
    return Response(raw.label, np.where(whole, near, successes), weights, ones)


def _read_factor(raw: RawResponse, weights: Floats | None) -> Response:
    """R: the first level is failure, all others are success."""
    codes = _vector(raw)
    if len(raw.levels) > 2:
        _say(f"`{raw.label}` has {len(raw.levels)} levels: `{raw.levels[0]}` is failure, all others are success")
    return Response(raw.label, (codes > 0).astype(float), np.ones(len(codes)), _weights(raw, weights))


def _read_cbind(raw: RawResponse, weights: Floats | None) -> Response:
    successes, failures = _matrix(raw)
    _refuse(raw, (successes < 0) | (failures < 0), f"binomial needs counts: `{raw.label}` has {{values}} below zero")
    fractional = ~_whole(successes) | ~_whole(failures)
    _warn(raw, fractional, f"non-integer counts in a binomial glm!: `{raw.label}` has {{values}} that are not whole")
    return Response(raw.label, successes, successes + failures, _weights(raw, weights))


def _read_trials(raw: RawResponse, weights: Floats | None) -> Response:
    successes, trials = _matrix(raw)
    _refuse(raw, (successes < 0) | (trials < 0), f"binomial needs counts: `{raw.label}` has {{values}} below zero")
    _refuse(raw, successes > trials, f"`{raw.label}` has {{values}} with more successes than trials")
    fractional = ~_whole(successes) | ~_whole(trials)
    _warn(raw, fractional, f"{_SUCCESSES}: `{raw.label}` has {{values}} that are not whole numbers")
    return Response(raw.label, successes, trials, _weights(raw, weights))


_SUCCESSES = "non-integer #successes in a binomial glm!"


def _numeric(raw: RawResponse, family: str) -> Floats:
    if raw.kind not in ("numeric", "logical"):
        given = {"factor": "a factor", "cbind": "a matrix", "trials": "successes with trials"}[raw.kind]
        raise DataError(f"response must be numeric: `{raw.label}` is {given}, which the {family} family cannot read")
    return _vector(raw)


def _vector(raw: RawResponse) -> Floats:
    values = np.asarray(raw.values, dtype=float)
    _refuse(raw, ~np.isfinite(values), f"`{raw.label}` has {{values}} missing or infinite")
    return values


def _matrix(raw: RawResponse) -> tuple[Floats, Floats]:
    values = np.asarray(raw.values, dtype=float)
    if values.ndim != 2 or values.shape[1] != 2:
        raise DataError(f"a binomial response has two columns, successes and failures; `{raw.label}` has not")
    _refuse(raw, ~np.isfinite(values).all(axis=1), f"`{raw.label}` has {{values}} missing or infinite")
    return values[:, 0], values[:, 1]


def _weights(raw: RawResponse, weights: Floats | None) -> Floats:
    if weights is None:
        return np.ones(len(raw.values))
    weights = np.asarray(weights, dtype=float)
    _refuse(raw, ~np.isfinite(weights), "weights has {values} missing or infinite")
    _refuse(raw, weights < 0, "negative weights not allowed: weights has {values} below zero")
    return weights


def _whole(values: Floats) -> Bools:
    whole: Bools = np.abs(values - np.round(values)) <= 1e-7
    return whole


def _refuse(raw: RawResponse, bad: Bools, message: str) -> None:
    if np.any(bad):
        raise DataError(_counted(raw, bad, message))


def _warn(raw: RawResponse, odd: Bools, message: str) -> None:
    if np.any(odd):
        _say(_counted(raw, odd, message) + "; they enter as they are")


def _say(message: str) -> None:
    warnings.warn(message, StanmlmWarning, stacklevel=2)


def _counted(raw: RawResponse, which: Bools, message: str) -> str:
    """The message with how many values it is about, and the rows where they stand."""
    places = np.flatnonzero(which)
    numbers = places + 1 if raw.rows is None else raw.rows[places]
    shown = ", ".join(str(number) for number in numbers[:5]) + (", ..." if len(numbers) > 5 else "")
    count = "1 value" if len(places) == 1 else f"{len(places)} values"
    return message.format(values=count) + f" (row{'s' if len(places) > 1 else ''} {shown})"
