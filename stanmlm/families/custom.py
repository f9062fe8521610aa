"""Families that users write: a density in Stan, and NumPy functions for what comes after the draws."""

import keyword
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np

from stanmlm.base.arguments import check_arguments, is_single, numbers_of, shown
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.common import mean_of, trials_of, unbounded
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.given import Given
from stanmlm.families.links import LINKS
from stanmlm.families.reductions import Extra
from stanmlm.families.refusals import refuse
from stanmlm.families.registry import FAMILIES
from stanmlm.families.responses import Response, read_reals, read_successes
from stanmlm.families.support import SUPPORTS
from stanmlm.families.theta import Theta
from stanmlm.families.written import Written
from stanmlm.formula.bf import LOCATION

Ends = Sequence[float | None] | float | None
# What functions take before parameters and `vars`.
FUNCTIONS = {"log_density": "y, ", "draw": "rng, ", "mean": ""}
TYPES = {"real": "lpdf", "int": "lpmf"}
READS = ("trials",)
# Names that programs have, or Stan's own: a parameter of the name gets an underscore there.
TAKEN = frozenset({
    *("b", "beta", "fix", "eta", "sd", "log_sd", "alpha_c", "swept", "steps", "y", "n", "trials"),
    *("cell", "C", "F", "G", "I", "J", "K", "R", "S", "T", "X", "gap"),
    *("e", "pi", "real", "int", "vector", "matrix", "array", "data", "model", "functions", "parameters", "target"),
    *("lower", "upper", "offset", "multiplier", "for", "in", "while", "if", "else", "return", "void"),
})  # fmt: skip


def custom_family(
    name: str,
    dpars: Sequence[str] = ("mu",),
    links: Sequence[str] = ("identity",),
    *,
    stan: str,
    type: str = "real",
    lb: Ends = None,
    ub: Ends = None,
    vars: Sequence[str] = (),
    log_density: Callable[..., Any] | None = None,
    draw: Callable[..., Any] | None = None,
    mean: Callable[..., Any] | None = None,
    variance: Callable[..., Any] | None = None,
) -> Family:
    """A family of your own, as brms's `custom_family`.

    Parameters
    ----------
    name
        That of the Stan function without `_lpdf` or `_lpmf`.
    dpars
        The parameters of the distribution in the order of the function, `mu` first: what the formula is of.
    links
        One a parameter, for where it has a formula; functions see natural values.
    stan
        Stan functions, `name_lpdf` of a real response or `name_lpmf` of a whole number among them: of one response, its
        parameters, then `vars`.
    type
        "real" or "int", the response.
    lb, ub
        Bounds, one a parameter; where one is None, what the link gives.
    vars
        What the function reads of a response beside: "trials", of `y | trials(n)`.
    log_density, draw, mean, variance
        NumPy functions of `(y, *dpars, *vars)`, `(rng, *dpars, *vars)`, and twice `(*dpars, *vars)`. Parameters are
        arrays (draws, rows) or (draws, 1), responses and `vars` (rows,). `log_density` is for `log_lik` and `loo`, and
        lets chains start well; `draw` for `posterior_predict`, `mean` for `posterior_epred`, `variance` for `bayes_R2`.
        What is not given is not answered.

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
    _check(name, dpars, links, type, vars)
    whole = type == "int"
    function = f"{name}_{TYPES[type]}"
    if not re.search(rf"\breal\s+{function}\s*\(", stan):
        raise OptionError(f"stan= defines no `real {function}(...)`: the density of a response of type {type!r}")
    low, high = (_ends(argument, ends, len(dpars)) for argument, ends in (("lb", lb), ("ub", ub)))
    parameters = tuple(_parameter(*each) for each in zip(dpars, links, low, high, strict=True))
    given = {"log_density": log_density, "draw": draw, "mean": mean, "variance": variance}
    names = (*dpars, *vars)
    text = Written(stan, function, whole, tuple((p.name, p.in_stan, p.support) for p in parameters), tuple(vars))
    return Family(
        name=name,
        spellings=(),
        parameters=parameters,
        kind="count" if whole else "real",
        read=Given(_read, (name, whole, tuple(vars))),
        log_density=_called(_log_density, log_density, name, "log_density", names),
        draw=_called(_draw, draw, name, "draw", names),
        mean=_called(_moment, mean, name, "mean", names),
        variance=Given(_moment, (variance, names)) if variance else None,
        bounds=unbounded,
        notation=Notation(r"\mu", "", trials_of, Given(_law, (name, tuple(dpars)))),
        extras=tuple(vars),
        written=text,
        unknown=tuple(of for of, own in given.items() if own is None),
    )


def _check(name: str, dpars: Sequence[str], links: Sequence[str], type_: str, reads: Sequence[str]) -> None:
    if type_ not in TYPES:
        raise OptionError(f'type is {shown(type_)}; it must be "real" or "int"')
    for what in (name, *dpars):
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*(?<!__)", what) or keyword.iskeyword(what):
            raise OptionError(f"`{what}` is no name that Stan and Python could have")
    if name in FAMILIES:
        raise OptionError(f"`{name}` is a family that there is already; give yours another name")
    if not dpars or dpars[0] != LOCATION or len(set(dpars)) < len(dpars):
        raise OptionError(f"dpars names each parameter once, `mu` first, not {shown(list(dpars))}")
    if len(links) != len(dpars):
        raise OptionError(f"links has {len(links)} for {len(dpars)} parameters: one each")
    for link in links:
        if link not in LINKS:
            raise OptionError(f"`{link}` is not a link" + did_you_mean(link, LINKS))
    for one in reads:
        if one not in READS:
            raise OptionError(f'vars is {shown(one)}; there is "trials", of `y | trials(n)`, for any whole number')


def _ends(argument: str, given: Ends, count: int) -> list[float | None]:
    """A bound a parameter, None where none is given."""
    if given is None:
        return [None] * count
    each: list[Any] = [given] if is_single(given) else list(given)  # type: ignore[arg-type]
    if odd := [one for one in each if not (one is None or isinstance(one, Real))]:
        raise OptionError(f"{argument} is a number or None for each parameter, not {shown(odd[0])}")
    if len(each) != count:
        raise OptionError(f"{argument} has {len(each)} for {count} parameters: one each, None where there is none")
    ends = [np.nan if one is None else float(numbers_of(argument, one)) for one in each]
    return [None if np.isnan(end) else end for end in ends]


def _parameter(name: str, link: str, lb: float | None, ub: float | None) -> Distributional:
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


def _reached(link: str) -> tuple[float, float]:
    """Where a parameter with this link lies, if that is one of the usual supports; anywhere else."""
    return LINKS[link].range if any((s.low, s.high) == LINKS[link].range for s in SUPPORTS.values()) else REALS


REALS = (-np.inf, np.inf)
WORDS = "of the density above"


def _alike(name: str, support: str) -> Distributional | None:
    """A parameter of this name in a family that there is, whose default priors are taken, as brms does."""
    every = (one for family in FAMILIES.values() for one in family.scalars if one.name == name)
    return next((one for one in every if one.support == support and one.upper is None), None)


def _start(is_location: bool, low: float, high: float, response: Response) -> float:
    """The mean response; of other parameters the middle of where they lie, or one above where they begin."""
    if is_location:
        return float(np.sum(response.y) / np.sum(response.trials))
    return (low + high) / 2 if np.isfinite(high - low) else 0.0 if np.isinf(low) else low + 1.0


def _read(name: str, whole: bool, reads: tuple[str, ...], raw: RawResponse, weights: Floats | None) -> Response:
    if "trials" in reads:
        return read_successes(raw, weights, name)
    response = read_reals(raw, weights, name)
    if whole:
        bad = np.flatnonzero(response.y != np.floor(response.y))
        refuse(raw, bad, f"{name} needs whole numbers: `{raw.label}` has {{values}} that are none")
    return response


def _values(names: Sequence[str], theta: Theta, extra: Extra) -> list[Floats]:
    return [theta[name] if name in theta else getattr(extra, name) for name in names]


def _log_density(own: Callable[..., Any], names: Sequence[str], y: Floats, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(extra.weights * own(y, *_values(names, theta, extra)), dtype=float)


def _draw(
    own: Callable[..., Any], names: Sequence[str], rng: np.random.Generator, theta: Theta, extra: Extra
) -> Floats:
    shape = np.broadcast_shapes(theta["mu"].shape, extra.trials.shape)
    return np.broadcast_to(np.asarray(own(rng, *_values(names, theta, extra)), dtype=float), shape)


def _moment(own: Callable[..., Any], names: Sequence[str], theta: Theta, extra: Extra) -> Floats:
    shape = np.broadcast_shapes(theta["mu"].shape, extra.trials.shape)
    return np.broadcast_to(np.asarray(own(*_values(names, theta, extra)), dtype=float), shape)


def _called(
    how: Callable[..., Any], own: Callable[..., Any] | None, name: str, function: str, names: tuple[str, ...]
) -> Given:
    """A function of ours that calls the user's, or that says that there is none."""
    return Given(how, (own, names)) if own else Given(_not_given, (name, function, names))


def _not_given(name: str, function: str, names: tuple[str, ...], *_: object) -> Floats:
    takes = f"{FUNCTIONS[function]}{', '.join(names)}"
    raise DataError(
        f"{name} has no {function}=, which this needs: custom_family(..., {function}=) takes a function of ({takes}); "
        "a fit from a file takes it by load(path, family=...)"
    )


def _law(name: str, dpars: tuple[str, ...], mean: str, _: str) -> str:
    written = name.replace("_", r"\_")
    others = "".join(rf", \text{{{dpar}}}" for dpar in dpars[1:])
    return rf"\text{{{written}}}({mean}{others})"


def declared(written: Written) -> tuple[Distributional, ...]:
    """The parameters of a user's density, as far as programs declare them."""
    return tuple(
        Distributional(name, LINKS["identity"], (), support, mean_of, WORDS, symbol=symbol)
        for name, symbol, support in written.parameters
    )


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
        unknown=given.unknown,
    )
