"""Families that users write: a density in Stan, and NumPy functions for what comes after the draws."""

import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from stanmlm.base.arguments import check_arguments, shown
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.common import trials_of, unbounded
from stanmlm.families.custom_functions import (
    Own,
    called,
    drawn_of,
    log_chance_of,
    log_density_of,
    log_rest_of,
    moment_of,
)
from stanmlm.families.custom_parameters import Ends, ends, parameter
from stanmlm.families.family import Family, Notation
from stanmlm.families.given import Given
from stanmlm.families.links import LINKS
from stanmlm.families.refusals import refuse
from stanmlm.families.registry import FAMILIES
from stanmlm.families.responses import Response, read_reals, read_successes
from stanmlm.families.written import Written
from stanmlm.formula.bf import LOCATION

TYPES = {"real": "lpdf", "int": "lpmf"}
# Of a response, by what `vars` calls it, perhaps with brms's `[n]`; those that begin so may be any real number.
READS = r"(trials|(?:vint|vreal)[1-9]\d*)(?:\[n\])?"
REAL = "vreal"
# What needs the density of each response.
OF_EACH = ("weights", "cens", "lb", "ub")
LARGEST = 2**31 - 1  # of Stan's integers


def custom_family(
    name: str,
    dpars: Sequence[str] | str = ("mu",),
    links: Sequence[str] | str = ("identity",),
    *,
    stan: str,
    type: str = "real",
    lb: Ends = None,
    ub: Ends = None,
    vars: Sequence[str] | str = (),
    loop: bool = True,
    log_density: Callable[..., Any] | None = None,
    draw: Callable[..., Any] | None = None,
    mean: Callable[..., Any] | None = None,
    variance: Callable[..., Any] | None = None,
    log_cdf: Callable[..., Any] | None = None,
    log_ccdf: Callable[..., Any] | None = None,
) -> Family:
    """A family of your own, as brms's `custom_family`.

    Parameters
    ----------
    name
        That of the Stan function without `_lpdf` or `_lpmf`.
    dpars
        The parameters of the distribution in the order of the function; one is `mu`, what the formula is of.
    links
        One a parameter, or one for all, for where it has a formula; functions see natural values.
    stan
        Stan functions, `name_lpdf` of a real response or `name_lpmf` of a whole number among them: of one response, its
        parameters, then `vars`. For `cens()` and `trunc()` also `name_lcdf`, the logarithm of the chance of a response
        not above the first argument, or `name_lccdf`, of one above it; with both, tails keep their digits.
    type
        "real" or "int", the response.
    lb, ub
        Bounds, one a parameter, or one for all; where one is None, what the link gives.
    vars
        What the functions read of a response beside: "trials" of `y | trials(n)`, "vint1", "vint2" ... of
        `y | vint(a, b)`, whole numbers, and "vreal1" ... of `y | vreal(a)`; also as brms writes them, "vint1[n]".
    loop
        False for a density of all responses at once, in the order of the data: of an array of whole numbers or a vector
        of reals, `mu` and other parameters with a formula as vectors, those without as reals, and `vars` as arrays of
        whole numbers or vectors. It takes no weights, `cens()` nor `trunc()`.
    log_density, draw, mean, variance
        NumPy functions of `(y, *dpars, *vars)`, `(rng, *dpars, *vars)`, and twice `(*dpars, *vars)`. Parameters are
        arrays (draws, rows) or (draws, 1), responses and `vars` (rows,). `log_density` is for `log_lik` and `loo`, and
        lets chains start well; `draw` for `posterior_predict`, `mean` for `posterior_epred`, `variance` for `bayes_R2`.
        What is not given is not answered.
    log_cdf, log_ccdf
        The same of `name_lcdf` and `name_lccdf`; where one is None it is made of the other.

    Returns
    -------
    Family
        For `family=` of the verbs.

    Raises
    ------
    OptionError
        For Stan text without the function, and for names, links and bounds that do not go together.

    Notes
    -----
    Where both densities are there they are compared at a few responses before anything is sampled. Files keep the text
    and not the functions: `load(path, family=...)` takes them again.

    Examples
    --------
    >>> from stanmlm import custom_family
    >>> stan = "real tilted_lpdf(real y, real mu, real k) { return -log(2 * k) - abs(y - mu) / k; }"
    >>> custom_family("tilted", ("mu", "k"), ("identity", "log"), stan=stan)
    tilted(link="identity")
    """
    check_arguments(custom_family, locals())
    dpars, links, read = (_listed(each) for each in (dpars, links, vars))
    links, vars = links * len(dpars) if len(links) == 1 else links, tuple(map(_read_name, read))
    _check(name, dpars, links, type, vars)
    low, high = (ends(argument, given, len(dpars)) for argument, given in (("lb", lb), ("ub", ub)))
    parameters = tuple(parameter(*each) for each in zip(dpars, links, low, high, strict=True))
    text = Written(
        text=stan,
        function=_function(name, TYPES[type], stan),
        whole=type == "int",
        parameters=tuple((p.name, p.in_stan, p.support) for p in parameters),
        reads=vars,
        reals=tuple(one for one in vars if one.startswith(REAL)),
        tails=_tails(name, stan, {"log_cdf": log_cdf, "log_ccdf": log_ccdf}),
        loop=loop,
    )
    given = {"log_density": log_density, "draw": draw, "mean": mean, "log_cdf": log_cdf or log_ccdf}
    names = (*dpars, *vars)
    family = Family(
        name=name,
        spellings=(),
        parameters=tuple(sorted(parameters, key=lambda one: one.name != LOCATION)),
        kind="count" if text.whole else "real",
        read=Given(_read, (name, text)),
        log_density=called(log_density_of, log_density, name, "log_density", names),
        draw=called(drawn_of, draw, name, "draw", names),
        mean=called(moment_of, mean, name, "mean", names),
        variance=Given(moment_of, (variance, names)) if variance else None,
        bounds=unbounded,
        notation=_notation(name, dpars),
        extras=vars,
        written=text,
        unknown=tuple(of for of, own in given.items() if own is None and (text.tails or of != "log_cdf")),
    )
    return _with_tails(family, names, log_cdf, log_ccdf) if text.tails else family


def _with_tails(family: Family, names: tuple[str, ...], below: Own | None, above: Own | None) -> Family:
    """The same with the chances of lying below and above a number, one of them from the other where it must be."""
    own = called(log_chance_of, below, family.name, "log_cdf", names)
    other = called(log_chance_of, above, family.name, "log_cdf", names)
    return replace(
        family,
        log_cdf=Given(log_rest_of, (above, names)) if above and not below else own,
        log_ccdf=Given(log_rest_of, (below, names)) if below and not above else other,
    )


def _listed(given: Sequence[str] | str) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _read_name(given: str) -> str:
    """What `vars` names, without brms's index."""
    found = re.fullmatch(READS, given)
    if not found:
        raise OptionError(f'vars has {shown(given)}; there are "trials" of `y | trials(n)`, "vint1", "vint2" ... of '
                          '`y | vint(a, b)`, and "vreal1" ... of `y | vreal(a)`')  # fmt: skip
    return found[1]


def _defines(function: str, stan: str) -> bool:
    return bool(re.search(rf"\breal\s+{function}\s*\(", stan))


def _function(name: str, ending: str, stan: str) -> str:
    """The density's name, which the text must have."""
    function = f"{name}_{ending}"
    if not _defines(function, stan):
        type_ = next(type_ for type_, known in TYPES.items() if known == ending)
        raise OptionError(f"stan= defines no `real {function}(...)`: the density of a response of type {type_!r}")
    return function


def _tails(name: str, stan: str, given: Mapping[str, Own | None]) -> tuple[str, ...]:
    """The distribution functions that the text has."""
    found = tuple(ending for ending in ("lcdf", "lccdf") if _defines(f"{name}_{ending}", stan))
    for argument, own in given.items():
        if own and not found:
            raise OptionError(f"{argument}= is given, and stan= defines neither `real {name}_lcdf(...)` nor "
                              f"`real {name}_lccdf(...)`")  # fmt: skip
    return found


def _check(name: str, dpars: Sequence[str], links: Sequence[str], type_: str, reads: Sequence[str]) -> None:
    if type_ not in TYPES:
        raise OptionError(f'type is {shown(type_)}; it must be "real" or "int"')
    for what in (name, *dpars):
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*(?<!__)", what) or keyword.iskeyword(what):
            raise OptionError(f"`{what}` is no name that Stan and Python could have")
    if name in FAMILIES:
        raise OptionError(f"`{name}` is a family that there is already; give yours another name")
    if LOCATION not in dpars or len(set(dpars)) < len(dpars):
        raise OptionError(f"dpars names each parameter once, `mu` among them, not {shown(list(dpars))}")
    if twice := {name for name in reads if name in dpars or list(reads).count(name) > 1}:
        raise OptionError(f"`{min(twice)}` of vars is there twice, or a parameter's name too")
    if len(links) != len(dpars):
        raise OptionError(f"links has {len(links)} for {len(dpars)} parameters: one each")
    for link in links:
        if link not in LINKS:
            raise OptionError(f"`{link}` is not a link" + did_you_mean(link, LINKS))


def _read(name: str, text: Written, raw: RawResponse, weights: Floats | None) -> Response:
    """Responses of a user's family, with what its functions read beside."""
    for one in text.reads:
        if one not in raw.added and one != "trials":
            call = "vreal" if one in text.reals else "vint"
            raise DataError(f"{name} reads `{one}`, which the formula must add: `{raw.label} | {call}(...)`")
    if not text.loop and (weights is not None or {*raw.added} & {*OF_EACH}):
        raise DataError(f"{name} has one density of all responses, loop=False: weights, cens() and trunc() need that "
                        "of each, loop=True")  # fmt: skip
    response = (read_successes if "trials" in text.reads and text.whole else read_reals)(raw, weights, name)
    if "trials" in text.reads and not text.whole:
        response = replace(response, trials=raw.added.get("trials", response.trials))
    if text.whole:
        _require_integers(raw, response.y, f"{name} needs whole numbers: `{raw.label}`")
    if "trials" in text.reads:
        _require_integers(raw, response.trials, f"{name} needs whole numbers of trials: trials()")
    for one in text.integers:
        if one in raw.added and one != "trials":
            _require_integers(raw, raw.added[one], f"{name} needs whole numbers of vint(): `{one}`")
    values = {one: raw.added[one] for one in text.reads if one != "trials"}
    return replace(response, values=values) if values else response


def _require_integers(raw: RawResponse, values: Floats, what: str) -> None:
    """Refuse what Stan has no integers for."""
    refuse(raw, np.flatnonzero(values != np.floor(values)), f"{what} has {{values}} that are none")
    refuse(raw, np.flatnonzero(np.abs(values) > LARGEST), f"{what} has {{values}} beyond {LARGEST}, Stan's largest")


def _notation(name: str, dpars: tuple[str, ...]) -> Notation:
    symbols = {dpar: rf"\text{{{dpar}}}" for dpar in dpars if dpar != LOCATION}
    return Notation(r"\mu", "", trials_of, Given(_law, (name, symbols)), symbols=symbols)


def _law(name: str, symbols: Mapping[str, str], mean: str, _: str) -> str:
    written = name.replace("_", r"\_")
    others = "".join(f", {symbol}" for symbol in symbols.values())
    return rf"\text{{{written}}}({mean}{others})"


def with_functions_of(family: Family, given: Family) -> Family:
    """A family from a file with the functions of that which it was.

    Raises
    ------
    OptionError
        Where the file's is another one.
    """
    if family.written != given.written or family.name != given.name:
        raise OptionError(f"family= is {given.name}, with other parameters or another Stan text than the file's")
    return replace(
        family,
        log_density=given.log_density,
        draw=given.draw,
        mean=given.mean,
        variance=given.variance,
        log_cdf=given.log_cdf,
        log_ccdf=given.log_ccdf,
        unknown=given.unknown,
    )
