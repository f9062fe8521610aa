"""Responses with categories: how they are read, drawn and expected, whatever their law is."""

from collections.abc import Callable

import numpy as np

from stanmlm.base.arrays import Floats, constant
from stanmlm.base.errors import DataError
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.refusals import refuse, say
from stanmlm.families.responses import Response, fractional, response_numbers, weights_of_rows
from stanmlm.families.theta import Theta

# (theta) -> log probability of each category, (..., rows, K)
LogProbabilities = Callable[[Theta], Floats]
# Categories of one response: past these a code is a year or a price, and work and memory go with their square.
MOST = 200


def read_categories(
    raw: RawResponse, weights: Floats | None, family: str, ordered: bool, categories: tuple[str, ...] = ()
) -> Response:
    """Codes from 1, of the levels of a factor or of whole numbers.

    Levels that no row has are left out; of whole numbers all to the largest count. `categories` are those of a fit,
    where new responses are read.

    Raises
    ------
    DataError
        For what has no categories, for a single one, and for one that a fit does not know.
    """
    if raw.kind not in _NAMED:
        raise DataError(f"{family} needs one column of categories; `{raw.label}` is a matrix")
    told = None if categories or not ordered else thresholds_told(raw)
    most = 0 if told is None else int(told.max(initial=1)) + 1
    codes, names = _NAMED[raw.kind](raw, family, ordered, categories or _told_names(raw, most))
    if told is not None:
        beyond = np.flatnonzero(codes > told + 1)
        refuse(raw, beyond, f"`{raw.label}` has {{values}} in more categories than thresholds leave")
    if categories and names != categories:
        raise DataError(f"`{raw.label}` has categories that the fit does not know")
    if len(names) < 2:
        only = f"`{names[0]}`" if names else "none"
        raise DataError(f"{family} needs two categories or more; `{raw.label}` has {only} alone")
    if len(names) > MOST:
        raise DataError(f"{family} takes {MOST} categories at most; `{raw.label}` has {len(names)}")
    return Response(raw.label, codes, constant(1.0, len(codes)), weights_of_rows(raw, weights), names)


def thresholds_told(raw: RawResponse) -> Floats | None:
    """How many thresholds brms's `thres(k)` says there are, or `cat(k + 1)`, (N,); None where neither does."""
    name = next((name for name in ("thres", "cat") if name in raw.added), "")
    if not name:
        return None
    told = raw.added[name] - (name == "cat")
    bad = np.flatnonzero(~np.isfinite(told) | fractional(told) | (told < 1) | (told >= MOST))
    what = f"thresholds, a whole number from 1 to {MOST - 1}" if name == "thres" else f"categories, from 2 to {MOST}"
    refuse(raw, bad, f"{name}() says how many {what}: it has {{values}} that are not")
    return np.round(told)


def _told_names(raw: RawResponse, most: int) -> tuple[str, ...]:
    """What so many categories are called: a factor's levels while there are some, then numbers."""
    levels = raw.levels if raw.kind == "factor" else ()
    if len(levels) > most > 0:  # those that no row has are left out first
        levels = tuple(level for k, level in enumerate(levels) if k in set(np.asarray(raw.values).tolist()))
    return (*levels, *map(str, range(len(levels) + 1, most + 1))) if most else ()


def _of_factor(
    raw: RawResponse, family: str, ordered: bool, categories: tuple[str, ...]
) -> tuple[Floats, tuple[str, ...]]:
    codes = response_numbers(raw)
    refuse(raw, np.flatnonzero(codes < 0), f"`{raw.label}` has {{values}} missing")
    if categories:
        place = {name: k + 1.0 for k, name in enumerate(categories)}
        return np.array([place.get(level, np.nan) for level in raw.levels])[codes.astype(int)], categories
    there = np.isin(np.arange(len(raw.levels)), codes)
    if not there.all():
        empty = ", ".join(f"`{level}`" for level, found in zip(raw.levels, there, strict=True) if not found)
        say(f"no row of `{raw.label}` is {empty}, which is left out")
    names = tuple(level for level, found in zip(raw.levels, there, strict=True) if found)
    if ordered and not raw.ordered and len(names) > 2:
        say(f"`{raw.label}` is not ordered: its categories are read as {' < '.join(names)}")
    return np.cumsum(there)[codes.astype(int)].astype(float), names


def _of_numbers(
    raw: RawResponse, family: str, ordered: bool, categories: tuple[str, ...]
) -> tuple[Floats, tuple[str, ...]]:
    y = response_numbers(raw)
    bad = np.flatnonzero(fractional(y) | (y < 1))
    refuse(raw, bad, f"{family} needs whole numbers from 1, or a factor: `{raw.label}` has {{values}} that are not")
    refuse(raw, np.flatnonzero(y > MOST), f"{family} takes {MOST} categories at most: `{raw.label}` has {{values}}"
            " above, which would be categories; those that there are make a factor, `factor()`")  # fmt: skip
    y, highest = np.round(y), len(categories) or int(y.max(initial=0))
    refuse(raw, np.flatnonzero(y > highest), f"`{raw.label}` has {{values}} above {highest}, the highest category")
    empty = [str(k) for k in range(1, highest + 1) if k not in y]
    if empty and not categories:
        say(f"no row of `{raw.label}` is {', '.join(empty)}: priors alone say how likely that is")
    return y, tuple(map(str, range(1, highest + 1)))


def category_parts(raw: RawResponse, family: str, categories: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    """Numbers of each category, (N, K), and the names of the columns: their places where they have none.

    Raises
    ------
    DataError
        For what is no matrix, or has one column, or others than a fit, and for missing numbers; rows are named.
    """
    if raw.kind != "cbind":
        raise DataError(f"{family} needs a column for each category, `cbind(a, b, c)`; `{raw.label}` has one alone")
    y = np.asarray(raw.values, dtype=float)
    missing = np.flatnonzero(~np.isfinite(y).all(axis=1))
    refuse(raw, missing, f"`{raw.label}` has {{values}} missing or infinite")
    names = tuple(name or str(k) for k, name in enumerate(raw.levels or ("",) * y.shape[1], 1))
    if len(set(names)) < len(names):
        raise DataError(f"two columns of `{raw.label}` have one name: {', '.join(f'`{name}`' for name in names)}")
    if categories and len(names) != len(categories):
        raise DataError(f"`{raw.label}` has {len(names)} columns, and the fit {len(categories)}")
    if len(names) < 2:
        raise DataError(f"{family} needs two columns or more; `{raw.label}` has one")
    return y, categories or names


def _of_truth(
    raw: RawResponse, family: str, ordered: bool, categories: tuple[str, ...]
) -> tuple[Floats, tuple[str, ...]]:
    return response_numbers(raw) + 1, ("FALSE", "TRUE")


_NAMED: dict[str, Callable[[RawResponse, str, bool, tuple[str, ...]], tuple[Floats, tuple[str, ...]]]] = {
    "factor": _of_factor,
    "numeric": _of_numbers,
    "logical": _of_truth,
}


def at_codes(values: Floats, codes: Floats) -> Floats:
    """Of values (..., rows, K) those of each row's category, (..., rows)."""
    code = np.broadcast_to(codes.astype(int)[:, None] - 1, (*values.shape[:-1], 1))
    return np.asarray(np.take_along_axis(values, code, axis=-1)[..., 0])


def of_each_response(values: Floats, y: Floats) -> Floats:
    """Of values (..., rows, K) those of each row's category, or their sum over its counts of all, (..., rows)."""
    return at_codes(values, y) if y.ndim == 1 else np.asarray(np.einsum("...rk,rk->...r", values, y))


def drawn(rng: np.random.Generator, probabilities: Floats) -> Floats:
    """A code for each row of probabilities (..., rows, K)."""
    reached = np.cumsum(probabilities, axis=-1)
    below = reached[..., :-1] < rng.random(reached.shape[:-1])[..., None] * reached[..., -1:]
    return np.asarray(1.0 + below.sum(axis=-1))


def shares_of(response: Response, categories: int) -> Floats:
    """The share of each category, with half a response more in each: none is 0."""
    if response.y.ndim == 1:
        often = np.bincount(response.y.astype(int) - 1, response.weights, categories) + 0.5
    else:
        often = response.weights @ response.y + 0.5
    return np.asarray(often / often.sum())


def codes_from_one(trials: Floats) -> tuple[Floats, Floats]:
    """Categories are counted from 1, as far as there are."""
    return np.ones_like(trials), np.full_like(trials, np.inf)


def no_start(_: Response) -> float:
    """A location of which thresholds say where it starts."""
    return 0.5
