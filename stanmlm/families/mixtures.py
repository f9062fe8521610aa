"""Mixtures over a family: zeros beside its own, or zeros in the place of its own.

With f the density of the base, zeros are inflated where a row is an extra zero with chance zi, and comes from f
otherwise; and they are a hurdle where it is a zero with chance hu, and comes from f above zero otherwise. Declared once
here, for any base; `stan/mixtures` has the programs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.distributional import Default, Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.given import Given
from stanmlm.families.links import LINKS, OF_CHANCES
from stanmlm.families.mixture_tails import (
    hurdle_log_ccdf,
    hurdle_log_cdf,
    hurdle_log_kept,
    inflated_log_ccdf,
    inflated_log_cdf,
    inflated_log_kept,
    log_none,
    log_some,
    one_case,
    truncated_mean,
)
from stanmlm.families.reductions import Extra, Reduction, Stats, distinct_responses, observed, total
from stanmlm.families.responses import Response, some_rows
from stanmlm.families.tails import LogTail
from stanmlm.families.theta import Theta

# brms's defaults of a chance: uniform, on its own scale and, nearly, on the logit's.
CHANCE = {preset: Default("beta", (1.0, 1.0)) for preset in ("rstanarm", "brms")}
CHANCE_LINK = {preset: Default("logistic", (0.0, 1.0)) for preset in ("rstanarm", "brms")}
# A response that any base may have, where none above zero is there to start from.
SOMEWHERE = 0.5

Statistic = Callable[[Response, Floats, Ints, int], Stats]
Kept = Callable[[Theta, Extra], Floats]
Draw = Callable[[np.random.Generator, Theta, Extra], Floats]


@dataclass(frozen=True)
class Named:
    """What a mixture is called and how it reads responses."""

    name: str
    spellings: tuple[str, ...]
    read: Callable[..., Response]


def chance(name: str, start: Callable[[Response], float], words: str) -> Distributional:
    """A parameter of a mixture: the chance of something."""
    return Distributional(name, LINKS["logit"], OF_CHANCES, "unit", start, words, False, CHANCE, CHANCE_LINK)


def called(name: str, spellings: tuple[str, ...], reader: Callable[..., Response], *more: object) -> Named:
    """A mixture that is told by its name to a reader of responses, and what else the reader takes."""
    return Named(name, spellings, Given(_read, (reader, (name, *more))))


def _read(
    reader: Callable[..., Response], told: tuple[object, ...], raw: RawResponse, weights: Floats | None
) -> Response:
    return reader(raw, weights, *told)


def inflated(called: Named, base: Family) -> Family:
    """Zeros beside those of a family of counts: with chance zi a row is 0 whatever the family says.

    The base's parameters come first, and mean what they mean in it.
    """
    dpar = chance("zi", _extra_zeros, "chance of a zero beside those of the counts")
    scored = base.score is not None and base.observed is not None
    return replace(
        base,
        name=called.name,
        spellings=called.spellings,
        read=called.read,
        parameters=(*starting(base, _beside_zeros), dpar),
        log_density=Given(_inflated_density, (base,)),
        draw=Given(_inflated_draw, (base,)),
        mean=Given(_inflated_mean, (base,)),
        variance=Given(_inflated_variance, (base,)),
        cdf=Given(_inflated_cdf, (base,)),
        **_tails(base, inflated_log_kept, Given(inflated_log_cdf, (base,)), Given(inflated_log_ccdf, (base,))),
        slopes_in=(*base.slopes_in, "logit") if base.slopes_in else (),
        score=Given(_inflated_score, (base,)) if scored else None,
        information=None,
        observed=Given(_inflated_observed, (base,)) if scored else None,
        reductions=_apart(base, "zero"),
        extras=_own_extras(base),
        saturates=False,
        notation=_notation(base, "ZeroInflated"),
    )


def hurdle(called: Named, base: Family, above: Draw | None = None, dpar: str = "hu") -> Family:
    """Zeros in the place of those of a family: with chance hu a row is 0, and else one of the family above 0.

    Parameters
    ----------
    called : Named
    base : Family
        Of counts, or of responses that are never 0.
    above : function, optional
        Draws of the base above zero, for counts.
    dpar : str
        What brms calls the chance of a zero.
    """
    counts = base.kind == "count"
    scored = base.score is not None and base.observed is not None
    return replace(
        base,
        name=called.name,
        spellings=called.spellings,
        read=called.read,
        parameters=(*starting(base, positives), chance(dpar, share_of_zeros, "chance of a zero")),
        log_density=Given(_hurdle_density, (base, dpar)),
        draw=Given(_hurdle_draw, (above or base.draw, dpar)),
        mean=Given(_hurdle_mean, (base, dpar)),
        variance=Given(_hurdle_variance, (base, dpar)),
        cdf=Given(_hurdle_cdf, (base, dpar)),
        **_tails(
            base,
            Given(hurdle_log_kept, (base, dpar)),
            Given(hurdle_log_cdf, (base, dpar)),
            Given(hurdle_log_ccdf, (base, dpar)),
        ),
        atom=not counts,
        slopes_in=(*base.slopes_in, "logit") if base.slopes_in else (),
        score=Given(_hurdle_score, (base, dpar)) if scored and counts else None,
        information=None,
        observed=Given(_hurdle_observed, (base, dpar)) if scored and counts else None,
        reductions=_apart(base, "other" if counts else ""),
        extras=_own_extras(base),
        notation=_notation(base, "Hurdle"),
        squares=False,
        saturates=False,
        weights_are_precisions=False,
    )


def _tails(base: Family, log_kept: Kept, log_cdf: LogTail, log_ccdf: LogTail) -> dict[str, Any]:
    """For censored and truncated responses."""
    mean = Given(truncated_mean, (base, log_kept, (log_cdf, log_ccdf))) if base.truncated_mean else None
    return {"log_cdf": log_cdf, "log_ccdf": log_ccdf, "truncated_mean": mean}


def _own_extras(base: Family) -> tuple[str, ...]:
    """What the density reads beside exponents: no rates, since zeros do not come by time; as in brms."""
    return tuple(name for name in base.extras if name != "rate")


def _notation(base: Family, word: str) -> Notation:
    symbols = {**base.notation.symbols, "zi": r"\zeta", "hu": r"\zeta"}
    return replace(base.notation, law=Given(_law, (base.notation.law, word)), symbols=symbols)


def _law(inner: Callable[[str, str], str], word: str, mean: str, size: str) -> str:
    return rf"\text{{{word}}}(\zeta, {inner(mean, size)})"


# Starting values.


def starting(base: Family, of: Callable[[Response], Response]) -> tuple[Distributional, ...]:
    """The parameters of a base, whose starting values look at some of the responses."""
    return tuple(replace(one, start=Given(_start_at, (one.start, of))) for one in base.parameters)


def _start_at(start: Callable[[Response], float], of: Callable[[Response], Response], response: Response) -> float:
    return start(of(response))


def positives(response: Response) -> Response:
    """The responses above zero; where there is none, one that any family may have."""
    some = some_rows(response, response.y > 0)
    return some if len(some.y) else replace(some_rows(response, slice(1)), y=np.array([SOMEWHERE]))


def _beside_zeros(response: Response) -> Response:
    """What is left when half of the zeros are taken for extra ones."""
    zero = response.y == 0
    return some_rows(response, ~zero | (np.cumsum(zero) % 2 == 0)) if np.any(~zero) else positives(response)


def share_of_zeros(response: Response) -> float:
    """With half a zero and half of what is none more."""
    return float((np.sum(response.y == 0) + 0.5) / (len(response.y) + 1))


def _extra_zeros(response: Response) -> float:
    return share_of_zeros(response) / 2


# Densities: the base's is of one case; weights are exponents of the mixture's.


def _inflated_density(base: Family, y: Floats, theta: Theta, extra: Extra) -> Floats:
    own = base.log_density(y, theta, one_case(extra)) + theta.log1m("zi")
    return np.asarray(extra.weights * np.where(y == 0, np.logaddexp(theta.log("zi"), own), own))


def _hurdle_density(base: Family, dpar: str, y: Floats, theta: Theta, extra: Extra) -> Floats:
    some = np.where(y > 0, y, SOMEWHERE)
    above = base.log_density(some, theta, one_case(extra)) - log_some(base, theta, extra) + theta.log1m(dpar)
    return np.asarray(extra.weights * np.where(y == 0, theta.log(dpar), above))


def _inflated_draw(base: Family, rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    own = base.draw(rng, theta, extra)
    return np.where(rng.random(own.shape) < theta["zi"], 0.0, own)


def _hurdle_draw(above: Draw, dpar: str, rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    own = above(rng, theta, extra)
    return np.where(rng.random(own.shape) < theta[dpar], 0.0, own)


def _inflated_mean(base: Family, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(np.exp(theta.log1m("zi")) * base.mean(theta, extra))


def _hurdle_mean(base: Family, dpar: str, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(np.exp(theta.log1m(dpar) - log_some(base, theta, extra)) * base.mean(theta, extra))


def _inflated_variance(base: Family, theta: Theta, extra: Extra) -> Floats:
    return _variance(base, np.exp(theta.log1m("zi")), theta, extra)


def _hurdle_variance(base: Family, dpar: str, theta: Theta, extra: Extra) -> Floats:
    return _variance(base, np.exp(theta.log1m(dpar) - log_some(base, theta, extra)), theta, extra)


def _variance(base: Family, kept: Floats, theta: Theta, extra: Extra) -> Floats:
    """Where both moments are `kept` times the base's: kept (V + m^2) - (kept m)^2."""
    return np.asarray(kept * (base.variance_of(theta, extra) + (1 - kept) * base.mean(theta, extra) ** 2))


def _inflated_cdf(base: Family, y: Floats, theta: Theta, extra: Extra) -> Floats:
    assert base.cdf is not None
    return np.where(y < 0, 0.0, theta["zi"] + np.exp(theta.log1m("zi")) * base.cdf(y, theta, extra))


def _hurdle_cdf(base: Family, dpar: str, y: Floats, theta: Theta, extra: Extra) -> Floats:
    assert base.cdf is not None
    none = np.exp(log_none(base, theta, extra)) if base.kind == "count" else 0.0
    above = (base.cdf(y, theta, extra) - none) * np.exp(theta.log1m(dpar) - log_some(base, theta, extra))
    return np.where(y < 0, 0.0, theta[dpar] + np.maximum(above, 0.0))


# Slopes, the base's parameters first; the chance's link is the logit.


def _inflated_score(base: Family, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """That of the base, times the chance that a zero is one of its own."""
    assert base.score is not None
    own, from_base = base.score(y, theta, one_case(extra)), _whose(base, y, theta, extra)
    return np.asarray(extra.weights * np.concatenate([own * from_base, (1 - from_base - theta["zi"])[None]]))


def _whose(base: Family, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """The chance that a response comes from the base, given what it is."""
    own = base.log_density(y, theta, one_case(extra)) + theta.log1m("zi")
    return np.where(y == 0, np.exp(own - np.logaddexp(theta.log("zi"), own)), 1.0)


def _inflated_observed(base: Family, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """What is known where all is seen, less what is missed: from which of the two a zero comes (Louis 1982)."""
    assert base.score is not None
    assert base.observed is not None
    own, from_base = base.score(y, theta, one_case(extra)), _whose(base, y, theta, extra)
    missed, zi = from_base * (1 - from_base), theta["zi"]
    apart = np.concatenate([-own, np.ones_like(own[:1])])
    seen = _bordered(from_base * base.observed(y, theta, one_case(extra)), zi * np.exp(theta.log1m("zi")))
    return np.asarray(extra.weights * (seen - missed * apart[:, None] * apart[None]))


def _bordered(matrix: Floats, corner: Floats) -> Floats:
    """(P, P, rows) with one parameter more, apart from the others."""
    P, rows = len(matrix), np.broadcast_shapes(matrix.shape[-1:], np.shape(corner))
    out = np.zeros((P + 1, P + 1, *rows))
    out[:P, :P], out[P, P] = matrix, corner
    return out


def _above(base: Family, y: Floats, theta: Theta, extra: Extra) -> tuple[Floats, Floats, Floats, Floats]:
    """Scores of a response above zero and of a zero, under the base, the odds of a zero, and where there is none."""
    assert base.score is not None
    one = one_case(extra)
    none = np.zeros_like(extra.trials)
    odds = 1 / np.expm1(-log_none(base, theta, extra))
    return base.score(y, theta, one), base.score(none, theta, one), odds, (y > 0).astype(float)


def _hurdle_score(base: Family, dpar: str, y: Floats, theta: Theta, extra: Extra) -> Floats:
    own, zero, odds, there = _above(base, y, theta, extra)
    of_hu = np.broadcast_to(1 - there - theta[dpar], own[0].shape)
    return np.asarray(extra.weights * np.concatenate([there * (own + odds * zero), of_hu[None]]))


def _hurdle_observed(base: Family, dpar: str, y: Floats, theta: Theta, extra: Extra) -> Floats:
    assert base.observed is not None
    _, zero, odds, there = _above(base, y, theta, extra)
    one, none = one_case(extra), np.zeros_like(extra.trials)
    curved = odds * base.observed(none, theta, one) - odds * (1 + odds) * zero[:, None] * zero[None]
    own = there * (base.observed(y, theta, one) + curved)
    return np.asarray(extra.weights * _bordered(own, theta[dpar] * np.exp(theta.log1m(dpar))))


# Statistics: zeros apart, and the base's own of what is left.


def _apart(base: Family, found: str = "") -> tuple[Reduction, ...]:
    """For each reduction of the base; at last for distinct responses. Cells with what is `found` are listed."""
    key = ("offset", "trials") if "trials" in base.extras else ("offset",)
    own = [(one.statistic, one.scalars) for one in base.reductions]
    return tuple(
        Reduction(key, Given(zeros_apart, (statistic, "trials" in key, found)), scalars)
        for statistic, scalars in [*own, (Given(_distinct, (base,)), ())]
    )


def zeros_apart(
    statistic: Statistic,
    sized: bool,
    found: str,
    response: Response,
    offset: Floats,
    cell: Ints,
    cells: int,
) -> Stats:
    """How many zeros a cell has and how many others, the base's statistic of these, and the trials of its rows.

    `found` is "zero" or "other": which cells have some is listed for the program, which looks at no others.
    """
    rows, zero = response.y > 0, (response.y == 0).astype(float)
    trials = np.zeros(cells)
    trials[cell] = response.trials
    counted = {
        "zero": total(response.weights * zero, cell, cells),
        "other": total(response.weights * (1 - zero), cell, cells),
    }
    at = np.flatnonzero(counted[found] > 0) + 1 if found else np.zeros(0, dtype=np.int64)
    return {
        **statistic(some_rows(response, rows), 0 * offset[rows], cell[rows], cells),
        **{f"{name}s": number for name, number in counted.items()},
        **({f"C_{found}": len(at), f"{found}_at": at} if found else {}),
        **({"size": trials} if sized else {}),
    }


def _distinct(base: Family, response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    return distinct_responses(observed(response, cell, precisions=False), base.extras)
