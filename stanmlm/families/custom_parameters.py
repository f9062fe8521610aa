"""Parameters of families that users write: links, bounds, and default priors of those that are called alike."""

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from stanmlm.base.arguments import is_single, numbers_of, shown
from stanmlm.base.errors import OptionError
from stanmlm.families.common import mean_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.given import Given
from stanmlm.families.links import LINKS
from stanmlm.families.registry import FAMILIES
from stanmlm.families.responses import Response
from stanmlm.families.support import SUPPORTS
from stanmlm.families.written import Written
from stanmlm.formula.bf import LOCATION

Ends = Sequence[float | None] | float | None
REALS = (-np.inf, np.inf)
WORDS = "of the density above"
# Names that programs have, or Stan's own: a parameter of the name gets an underscore there.
TAKEN = frozenset({
    *("b", "beta", "fix", "eta", "sd", "log_sd", "alpha_c", "swept", "steps", "y", "n", "trials"),
    *("cell", "C", "F", "G", "I", "J", "K", "N", "R", "S", "T", "X", "gap", "r", "out"),
    *("low", "high", "below", "above", "to_low", "to_high", "turn", "first", "second"),
    *("e", "pi", "real", "int", "vector", "matrix", "array", "data", "model", "functions", "parameters", "target"),
    *("lower", "upper", "offset", "multiplier", "for", "in", "while", "if", "else", "return", "void"),
})  # fmt: skip


def ends(argument: str, given: Ends, count: int) -> list[float | None]:
    """A bound a parameter, None where none is given; one stands for all, as in brms."""
    if given is None:
        return [None] * count
    each: list[Any] = [given] if is_single(given) else list(given)  # type: ignore[arg-type]
    if odd := [one for one in each if not (one is None or isinstance(one, Real))]:
        raise OptionError(f"{argument} is a number or None for each parameter, not {shown(odd[0])}")
    each = each * count if len(each) == 1 else each
    if len(each) != count:
        raise OptionError(f"{argument} has {len(each)} for {count} parameters: one each, None where there is none")
    numbers = [np.nan if one is None else float(numbers_of(argument, one)) for one in each]
    return [None if np.isnan(end) else end for end in numbers]


def parameter(name: str, link: str, lb: float | None, ub: float | None) -> Distributional:
    """A parameter between its bounds; where one is None, what the link gives."""
    low, high = (end if own is None else own for own, end in zip((lb, ub), _reached(link), strict=True))
    if not low < high:
        raise OptionError(f"nothing lies between lb and ub of {name}, {low:g} and {high:g}")
    support = next((known.name for known in SUPPORTS.values() if (known.low, known.high) == (low, high)), "")
    alike = _alike(name, support)
    return Distributional(
        name=name,
        link=LINKS[link],
        links=(link,),
        support=support or "real",
        start=Given(_start, (name == LOCATION, low, high)),
        words=WORDS,
        prior=alike.prior if alike else {},
        prior_link=alike.prior_link if alike else {},
        symbol=f"{name}_" if name in TAKEN else "",
        ends=None if support else (low, high),
    )


def declared(written: Written) -> tuple[Distributional, ...]:
    """The parameters of a user's density as far as programs declare them, the location first."""
    each = (
        Distributional(name, LINKS["identity"], (), support, mean_of, WORDS, symbol=symbol)
        for name, symbol, support in written.parameters
    )
    return tuple(sorted(each, key=lambda one: one.name != LOCATION))


def _reached(link: str) -> tuple[float, float]:
    """Where a parameter with this link lies, if that is one of the usual supports; anywhere else."""
    return LINKS[link].range if any((s.low, s.high) == LINKS[link].range for s in SUPPORTS.values()) else REALS


def _alike(name: str, support: str) -> Distributional | None:
    """A parameter of this name in a family that there is, whose default priors are taken, as brms does."""
    every = (one for family in FAMILIES.values() for one in family.scalars if one.name == name)
    return next((one for one in every if one.support == support and one.upper is None), None)


def _start(is_location: bool, low: float, high: float, response: Response) -> float:
    """The mean response, where the location may be that; else the middle, or one above where a parameter begins."""
    mean = float(np.sum(response.y) / np.sum(response.trials))
    if is_location and low < mean < high:
        return mean
    return (low + high) / 2 if np.isfinite(high - low) else 0.0 if np.isinf(low) else low + 1.0
