"""Responses that were not seen whole: the chance of where a censored one lies, and of being seen under truncation.

What a family says is the chance of lying below or above a number; all here is made of these two. Every likelihood, mean
and draw of responses goes through this module.
"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Anything, Bools, Floats, Ints
from stanmlm.base.errors import DataError
from stanmlm.data.distinct import cells_of
from stanmlm.families.family import Family
from stanmlm.families.reductions import Extra, Observed, Stats, beside, extra_at
from stanmlm.families.responses import NEUTRAL, ONE
from stanmlm.families.tails import log_mass_of
from stanmlm.families.theta import Theta

# Draws beyond their bounds are drawn again so often; what is left is found by the distribution function.
TRIES = 20
HALVINGS = 200


def outside(family: Family, theta: Theta) -> Bools:
    """Whether a predictor of a draw and row is where its link leaves what the parameter may be; () where none can."""
    beyond: Bools = np.zeros((), dtype=bool)
    for name, (low, high) in family.domains.items():
        if name in theta.etas and theta.links[name] == family.links[name]:
            beyond = beyond | (theta.etas[name] < low) | (theta.etas[name] > high)
    return beyond


def log_density_of(family: Family, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """A family's log density, minus infinity where a link leaves what its parameter may be."""
    beyond = outside(family, theta)
    if not np.any(beyond):
        return family.log_density(y, theta, extra)
    with np.errstate(all="ignore"):
        return np.where(beyond, -np.inf, family.log_density(y, theta, extra))


def log_likelihood(family: Family, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """The log likelihood of what was seen of each response, with constants and weights.

    Truncation divides by the chance of being seen. A censored response adds the chance of where it lies, within its
    truncation.
    """
    if extra.whole:
        return log_density_of(family, y, theta, extra)
    often = extra.exponents if family.weights_are_precisions else extra.weights
    one = replace(extra, exponents=ONE, weights=extra.weights if family.weights_are_precisions else ONE)
    whole = extra.censored == 0
    out = np.where(whole, log_density_of(family, y, theta, one) if whole.any() else 0.0, 0.0)
    limits = truncation(family, one)
    if not whole.all():
        out = np.where(whole, out, log_mass(family, *_where(family, y, extra, limits), theta, one))
    if _bounded(limits):
        out = out - log_mass(family, *limits, theta, one)
    return np.asarray(often * out)


def log_mass(family: Family, low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """The log chance of a response above `low` and not above `high`, (rows,) each, with its digits in both tails."""
    assert family.log_cdf is not None
    assert family.log_ccdf is not None
    return log_mass_of(family.log_cdf, family.log_ccdf, low, high, theta, extra)


def truncation(family: Family, extra: Extra) -> tuple[Floats, Floats]:
    """Where responses could be seen: above the first and not above the second; infinite where a family ends anyway."""
    low, high = extra.lower, extra.upper
    if family.kind == "count":  # brms: bounds are within
        low, high = np.ceil(low) - 1, np.floor(high)
    if family.atom:
        low = np.where(low <= 0, -np.inf, low)
    return _reaching(family, low, high, extra)


def _reaching(family: Family, low: Floats, high: Floats, extra: Extra) -> tuple[Floats, Floats]:
    """Ends of intervals, infinite where a family ends anyway."""
    least, greatest = family.bounds(extra.trials)
    least = least - 1 if family.kind == "count" or family.atom else least
    return np.where(low <= least, -np.inf, low), np.where(high >= greatest, np.inf, high)


def _bounded(limits: tuple[Floats, Floats]) -> bool:
    return bool(np.any(np.isfinite(limits[0])) or np.any(np.isfinite(limits[1])))


def _where(family: Family, y: Floats, extra: Extra, limits: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Where a censored response lies."""
    low = np.where(extra.censored == -1, -np.inf, y)
    y2 = np.floor(extra.y2) if family.kind == "count" else extra.y2
    high = np.where(extra.censored == -1, y, np.where(extra.censored == 2, y2, np.inf))
    return _reaching(family, np.maximum(low, limits[0]), np.minimum(high, limits[1]), extra)


def expected_observed(family: Family, theta: Theta, extra: Extra) -> Floats:
    """The mean of responses: of truncated ones, of those that are seen; of censored ones, of what was not seen.

    Raises
    ------
    DataError
        For truncated responses of a family that does not say.
    """
    low, high = truncation(family, extra)
    if not _bounded((low, high)):
        return family.mean(theta, extra)
    if family.truncated_mean is None:
        raise DataError(f"the mean of truncated {family.name} responses is not known in closed form, as in brms; "
                        "posterior_predict draws them")  # fmt: skip
    return family.truncated_mean(low, high, theta, extra)


def draw(family: Family, rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    """New responses, (draws, rows): truncated ones within their bounds, all of them."""
    y = family.draw(rng, theta, extra)
    low, high = truncation(family, extra)
    if not _bounded((low, high)):
        return y
    for _ in range(TRIES):
        out = (y <= low) | (y > high)
        if not out.any():
            return y
        y = np.where(out, family.draw(rng, theta, extra), y)
    columns = np.flatnonzero(((y <= low) | (y > high)).any(axis=0))
    if len(columns):
        some = theta.part(slice(None), columns)
        under, over = (np.broadcast_to(end, y.shape[1:])[columns] for end in (low, high))
        found = _inverted(family, rng.random((len(y), len(columns))), under, over, some, extra_at(extra, columns))
        y[:, columns] = np.where((y <= low) | (y > high), _spread(found, columns, y.shape), y)[:, columns]
    return y


def _spread(values: Floats, columns: Ints, shape: tuple[int, ...]) -> Floats:
    out = np.zeros(shape)
    out[:, columns] = values
    return out


def _inverted(family: Family, u: Floats, low: Floats, high: Floats, theta: Theta, extra: Extra) -> Floats:
    """The response below which a share u of those within bounds lies, by halving."""
    whole = log_mass(family, low, high, theta, extra)
    step = 1.0 + np.abs(np.where(np.isfinite(low), low, np.where(np.isfinite(high), high, 0.0)))
    down = np.where(np.isfinite(low), low, high - step) + 0 * u
    up = np.where(np.isfinite(high), high, low + step) + 0 * u

    def share(y: Floats) -> Floats:
        rows = [log_mass(family, low, np.maximum(row, low), _row(theta, i), extra)[0] for i, row in enumerate(y)]
        return np.exp(np.array(rows) - whole)

    for _ in range(HALVINGS):
        short, long = share(up) < u, np.isneginf(low) & (share(down) > u)
        if not (short.any() or long.any()):
            break
        step = 2 * step
        up, down = np.where(short, up + step, up), np.where(long, down - step, down)
    for _ in range(HALVINGS):
        middle = (down + up) / 2
        middle = np.floor(middle) if family.kind == "count" else middle
        enough = share(middle) >= u
        if np.all((middle == down) | (middle == up)):
            break
        down, up = np.where(enough, down, middle), np.where(enough, middle, up)
    return up


def _row(theta: Theta, draw: int) -> Theta:
    return theta.part(slice(draw, draw + 1), slice(None))


# The masses of a program: below a number, above one, between two.
KINDS = ("below", "above", "between")


def masses(family: Family, of: Observed, extras: tuple[str, ...], whole: Collection[str] = ()) -> dict[str, Stats]:
    """By kind, the chances that a likelihood has beside densities, and how often: less than none under truncation.

    Parameters
    ----------
    family : Family
    of : Observed
    extras : tuple of str
        What the distribution function reads beside.
    whole : collection of str
        What is written in integers: of `extras`, and "y" for the ends.

    Returns
    -------
    dict
        Arrays by Stan data name; nothing where every response was seen whole.
    """
    if of.extra.whole:
        return {}
    low, high = (np.broadcast_to(end, of.y.shape) for end in truncation(family, of.extra))
    there = np.flatnonzero(np.broadcast_to(of.extra.censored, of.y.shape))
    under, over = (np.broadcast_to(end, of.y.shape)[there] for end in _where(family, of.y, of.extra, (low, high)))
    row = np.concatenate([there, np.arange(len(of.y))])
    ends = {"low": np.concatenate([under, low]), "high": np.concatenate([over, high])}
    more = {name: np.broadcast_to(beside(of.extra, name), of.y.shape)[row] for name in extras}
    code, first = cells_of([of.cell[row], *ends.values(), *more.values()], len(row))
    n = np.bincount(code, np.concatenate([of.n[there], -of.n]), len(first)).astype(float)
    arrays = {"cell": of.cell[row][first] + 1, "n": n, **{name: v[first] for name, v in (ends | more).items()}}
    integers = {*whole, *(ends if "y" in whole else ())}
    found = {kind: _of_kind(arrays, kind, integers) for kind in KINDS}
    return {kind: stats for kind, stats in found.items() if stats}


def _of_kind(arrays: dict[str, Anything], kind: str, whole: Collection[str]) -> Stats:
    """The arrays of one kind of mass, by Stan data name; none where there is no such mass."""
    no_low, no_high = np.isneginf(arrays["low"]), np.isposinf(arrays["high"])
    there = {"below": no_low & ~no_high, "above": ~no_low & no_high, "between": ~no_low & ~no_high}[kind]
    at = np.flatnonzero(there & (arrays["n"] != 0))
    unused = {"below": "low", "above": "high"}.get(kind)
    some = {name: values[at] for name, values in arrays.items() if name != unused}
    named = {f"{name}_{kind}": values.astype(int) if name in whole else values for name, values in some.items()}
    return {f"R_{kind}": len(at), **named} if len(at) else {}


def seen_whole(of: Observed) -> Observed:
    """The responses that were seen as they are."""
    at = np.flatnonzero(np.broadcast_to(of.extra.censored, of.y.shape) == 0)
    return of if len(at) == len(of.y) else Observed(of.cell[at], of.y[at], extra_at(of.extra, at), of.n[at])


def read_as(extra: Extra, family: Family) -> tuple[str, ...]:
    """What the density of a family reads beside responses, where it says something here; all of it of a user's own."""
    if family.written:
        return family.written.reads
    nothing = {"trials": 1.0, "weights": 1.0, **NEUTRAL}
    return tuple(name for name in family.extras if np.any(getattr(extra, name) != nothing[name]))
