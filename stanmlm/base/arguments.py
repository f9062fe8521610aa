"""The arguments of public functions: what they may be, what they are called elsewhere, and all of them in its help."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from numbers import Integral, Real
from types import NoneType
from typing import TypeVar, get_args

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats
from stanmlm.base.dialects import argument_elsewhere
from stanmlm.base.errors import DataError, OptionError, StanmlmError, did_you_mean
from stanmlm.base.kinds import Kind, kind_of, several, with_article

R = TypeVar("R")
Argument = TypeVar("Argument")

SHOWN = 40  # characters of a value in a message


class _Default:
    """The default of an option, as stubs write it: its text says what it is."""

    def __repr__(self) -> str:
        return "..."


DECIDED_LATER = _Default()


@dataclass(frozen=True)
class Limits:
    """The range of an argument that means the same in every function."""

    low: float
    high: float
    words: str


LIMITS: Mapping[str, Limits] = {
    "seed": Limits(0, 2**32 - 1, f"a whole number from 0 to {2**32 - 1}"),
    "digits": Limits(0, 20, "a number of digits, from 0 to 20"),
    "max_bytes": Limits(1, np.inf, "a number of bytes, 1 or more"),
    **dict.fromkeys(("students", "exams", "states", "counties"), Limits(1, 10_000, "a number from 1 to 10000")),
    "n": Limits(1, 100_000_000, "a number of voters, from 1 to 100000000"),
    "n_jobs": Limits(-100_000, 100_000, "a number of models at a time, from 1 to 100000, or -1 for one a core"),
    "nsim": Limits(1, 1_000_000, "a number of simulations, from 1 to 1000000"),
    **dict.fromkeys(("aptitude_sd", "noise_sd"), Limits(0, np.inf, "0 or more")),
    "resolution": Limits(2, 1_000_000, "a number of points, from 2 to 1000000"),
}
# Of arguments whose name means something else in one function.
OWN_LIMITS: Mapping[tuple[str, str], Limits] = {
    ("simulate_residuals", "n"): Limits(2, 1_000_000, "a number of simulations, from 2 to 1000000"),
    ("sbc", "n"): Limits(1, 1_000_000, "a number of replications, from 1 to 1000000"),
}
LARGEST = 2**63 - 1  # what arrays count with


def check_arguments(verb: Callable[..., object], given: Mapping[str, object]) -> None:
    """Refuse arguments of a wrong type: the first line of a public function, with its `locals()`.

    Parameters
    ----------
    verb
        The function. What it is annotated with and this module does not know is not judged.
    given
        Its arguments by name; `check_options` is for those that come as `**options`.

    Raises
    ------
    OptionError
        It says what was given and what would do.

    Examples
    --------
    >>> def verb(draws: int | None = None) -> None:
    ...     check_arguments(verb, locals())
    >>> verb("a")
    Traceback (most recent call last):
    stanmlm.OptionError: draws is 'a'; it must be a whole number or None
    """
    for name, kind in _kinds(verb).items():
        _check(name, given[name], kind, OWN_LIMITS.get((verb.__name__, name)) or LIMITS.get(name))


def check_options(record: type, given: Mapping[str, object]) -> None:
    """Refuse options that the TypedDict or dataclass `record` does not have, or has with another type."""
    known = record.__annotations__
    check_names(given, known)
    for name, value in given.items():
        _check(name, value, kind_of(known[name]), LIMITS.get(name))


def check_names(given: Collection[str], known: Collection[str]) -> None:
    """Refuse an argument that does not exist."""
    for name in given:
        if name not in known:
            what = argument_elsewhere(name, known) or did_you_mean(name, known)
            raise OptionError(f"there is no argument `{name}`{what}")


def public(verb: Callable[..., R]) -> Callable[..., R]:
    """`verb` as a user meets it: its help shows every option, and an argument that it does not have gets an answer.

    Examples
    --------
    >>> def verb(fit: int, draws: int | None = None) -> int:
    ...     return fit
    >>> public(verb)(1, ndraws=3)
    Traceback (most recent call last):
    stanmlm.OptionError: there is no argument `ndraws`: it is `draws=` here
    """
    signature = inspect.signature(verb)
    record = _options_of(signature)
    shown = signature.replace(parameters=_spelled_out(signature, record)) if record else signature
    known = [name for name, p in shown.parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    takes_all = any(p.kind == p.VAR_KEYWORD for p in shown.parameters.values())
    places = [name for name, p in shown.parameters.items() if p.kind == p.POSITIONAL_OR_KEYWORD]
    kinds = {name: shown.parameters[name].annotation for name in known}
    counts = {name for name, kind in kinds.items() if int in (kind, *get_args(kind))}

    @wraps(verb)
    def answered(*args: object, **named: object) -> R:
        if not (takes_all or named.keys() <= set(known)):
            check_names(named, known)
        placed = [as_whole(value) if name in counts else value for name, value in zip(places, args, strict=False)]
        whole = {name: as_whole(value) if name in counts else value for name, value in named.items()}
        return verb(*placed, *args[len(placed) :], **whole)

    answered.__module__ = "stanmlm"
    answered.__signature__ = shown  # type: ignore[attr-defined]
    answered.__doc__ = _with_options(verb.__doc__, record) if record and verb.__doc__ else verb.__doc__
    return answered


def as_whole(value: object) -> object:
    """A whole number that is written as a float, `2e3`, as the int that it is; anything else as it stands."""
    return int(value) if isinstance(value, float | np.floating) and float(value).is_integer() else value


def _options_of(signature: inspect.Signature) -> type | None:
    """The TypedDict of a function's `**options`."""
    named = [get_args(p.annotation) for p in signature.parameters.values() if p.kind == p.VAR_KEYWORD]
    return named[0][0] if named and named[0] else None


def _spelled_out(signature: inspect.Signature, record: type) -> list[inspect.Parameter]:
    """The parameters with every option in the place of `**options`."""
    own = [p for p in signature.parameters.values() if p.kind != p.VAR_KEYWORD]
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=DECIDED_LATER, annotation=kind)
        for name, kind in record.__annotations__.items()
    ]
    return own + options


def _with_options(text: str, record: type) -> str:
    """A docstring with the record's list of options before its `Returns`, `Raises` or `Examples`."""
    text, options = inspect.cleandoc(text), inspect.cleandoc(record.__doc__ or "").partition("\n\n")[2]
    place = min(
        (at for head in ("Returns", "Raises", "Examples") if (at := text.find(f"\n{head}\n---")) >= 0),
        default=len(text),
    )
    return f"{text[:place]}\nOther Parameters\n----------------\n{options}\n{text[place:]}"


def numbers_of(name: str, given: object) -> Floats:
    """What was given for the argument `name` as numbers, of any shape."""
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"{name} is {shown(given)}; it must be numbers") from None


def is_single(value: object) -> bool:
    """Whether it is one value, a text or a number say, and not a list of them."""
    try:
        return isinstance(value, str) or np.ndim(value) == 0  # type: ignore[arg-type]
    except ValueError:  # lists of several lengths
        return False


def answer_of(name: str, function: Callable[[Argument], R], argument: Argument) -> R:
    """What a function that a user gave for the argument `name` answers.

    Raises
    ------
    OptionError
        Where it fails, with its own words.
    """
    try:
        return function(argument)
    except StanmlmError:
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise OptionError(f"the function that was given for {name} fails ({what})") from error


def _check(name: str, value: object, kind: Kind, limits: Limits | None) -> None:
    if not kind.holds(value):
        raise OptionError(f"{name} is {shown(value)}; it must be {kind.one}")
    if isinstance(value, Integral) and abs(int(value)) > LARGEST:
        raise OptionError(f"{name} is {shown(value)}; {LARGEST} is the largest whole number that is taken here")
    if limits and isinstance(value, int | float | np.number) and not limits.low <= value <= limits.high:
        raise OptionError(f"{name} is {shown(value)}; it must be {limits.words}")


@cache
def _kinds(verb: Callable[..., object]) -> Mapping[str, Kind]:
    """The kind of every argument but `**options`; `*models` is a list of them."""
    out = {}
    for name, parameter in inspect.signature(verb).parameters.items():
        kind = kind_of(parameter.annotation)
        if parameter.kind == parameter.VAR_POSITIONAL:
            out[name] = several(kind)
        elif parameter.kind != parameter.VAR_KEYWORD:
            out[name] = kind
    return out


def shown(value: object) -> str:
    """A value as an error names it: small ones as Python spells them, others by their type."""
    text = _spelled(value) if isinstance(value, _SMALL) else ""
    if text and len(text) <= SHOWN and "\n" not in text:
        return text
    kind = next((kind for types, kind in _LARGE if isinstance(value, types)), type(value).__name__)
    return with_article(kind)


def _spelled(value: object) -> str:
    """As Python spells it, which it refuses for whole numbers of thousands of digits, also within lists."""
    try:
        return repr(value)
    except Exception:  # the spelling of what stands in a list is its own
        return ""


_SMALL = (str, Real, NoneType, list, tuple, dict)
_LARGE: Sequence[tuple[type | tuple[type, ...], str]] = (
    (pd.DataFrame, "data frame"),
    (pd.Series, "column"),
    (np.ndarray, "array"),
    (str, "long text"),
    (Integral, "whole number of many digits"),
    (Mapping, "dict"),
    ((list, tuple), "list"),
)
