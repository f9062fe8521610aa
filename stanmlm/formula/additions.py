"""What stands right of the response's bar, brms's `y | trials(n) + cens(c)`: calls that say more of each response."""

from dataclasses import dataclass, field
from typing import NoReturn

from stanmlm.base.dialects import addition_elsewhere
from stanmlm.base.errors import FormulaError, did_you_mean
from stanmlm.formula.rcode import Node, is_call, operands
from stanmlm.formula.rtext import deparse
from stanmlm.formula.terms import Expression, expression

SURVIVAL = "Surv"  # of R's survival package: a time, and whether it is one
_SURVIVAL = (SURVIVAL, f"survival::{SURVIVAL}")


@dataclass(frozen=True)
class Addition:
    """One call right of the response's bar, or R's `Surv` with what it says beside the time."""

    name: str  # "trials", "cens", ...
    arguments: tuple[tuple[str, Expression], ...]  # by the names of `_ARGUMENTS`
    options: tuple[str, ...] = ()  # arguments that are TRUE, or Surv's type
    start: int = field(default=0, compare=False)
    stop: int = field(default=0, compare=False)


# The arguments of each call, as brms names them, but for the first, which is what the call is called.
_ARGUMENTS = {
    "trials": ("trials",),
    "weights": ("weights", "scale"),
    "cens": ("cens", "y2"),
    "trunc": ("lb", "ub"),
    "se": ("se", "sigma"),
    "rate": ("rate",),
    "subset": ("subset",),
    "dec": ("dec",),
    "thres": ("thres", "gr"),
    "cat": ("cat",),
    "vint": ("vint",),
    "vreal": ("vreal",),
}
# Calls with any number of arguments: these are called vint1, vint2, ..., as brms has them in programs.
NUMBERED = ("vint", "vreal")
_OPTIONS = ("scale", "sigma")  # they are TRUE or FALSE, in the formula itself
_FIRST = ("", "x", "denom")  # how brms lets the first argument be named
_LOGICAL = {"TRUE": True, "FALSE": False, "T": True, "F": False}
TYPES = ("right", "left", "interval", "interval2")  # of Surv


def split_response(node: Node, text: str) -> tuple[Node, tuple[Addition, ...]]:
    """The response of the left of `~`, and what is added to it.

    Raises
    ------
    FormulaError
        For a call that there is not, for one twice, and for arguments that it does not have.
    """
    outcome, added = operands(node) if is_call(node, ("|",), 2) else (node, None)
    additions = [_addition(part, text) for part in _summands(added)] if added else []
    if is_call(outcome, _SURVIVAL):
        outcome, survival = _survival(outcome, text)
        additions = [survival, *additions]
    seen: dict[str, Addition] = {}
    for one in additions:
        name = "cens" if one.name == SURVIVAL else one.name
        if name in seen:
            raise FormulaError(f"`{name}()` is added twice to the response", text, one.start, one.stop)
        seen[name] = one
    return outcome, tuple(additions)


def _summands(node: Node) -> list[Node]:
    parts = []
    while is_call(node, ("+",), 2):
        node, last = operands(node)
        parts.append(last)
    return [node, *reversed(parts)]


def _addition(node: Node, text: str) -> Addition:
    if node.kind != "call" or node.text not in _ARGUMENTS:
        known = [f"{name}()" for name in _ARGUMENTS]
        hint = addition_elsewhere(node.text) or did_you_mean(f"{node.text}()", known)
        _refuse(node, text, f"`{deparse(node)}` is not an addition to a response that stanmlm knows{hint}")
    names, arguments, options = _names(node), dict[str, Expression](), list[str]()
    for place, (given, value) in enumerate(node.args):
        first = place == 0 and given in _FIRST
        name = names[0] if first else given or (names[place] if place < len(names) else "")
        if name not in names or name in arguments:
            shown = f" `{given}`" if given else f" number {place + 1}"
            _refuse(value, text, f"`{node.text}()` has no argument{shown}: it has {', '.join(names)}")
        if name in _OPTIONS:
            options += [name] if _is_true(value, name, text) else []
        else:
            arguments[name] = expression(value, text)
    if not arguments:
        _refuse(node, text, f"`{node.text}()` needs an argument: {' and '.join(names)}")
    return Addition(node.text, tuple(arguments.items()), tuple(options), node.start, node.stop)


def _names(node: Node) -> tuple[str, ...]:
    """What the arguments of an addition are called."""
    if node.text in NUMBERED:
        return tuple(f"{node.text}{k}" for k in range(1, max(len(node.args), 1) + 1))
    return _ARGUMENTS[node.text]


def _is_true(node: Node, name: str, text: str) -> bool:
    if node.text not in _LOGICAL:
        _refuse(node, text, f"`{name}` is TRUE or FALSE here")
    return _LOGICAL[node.text]


def _survival(node: Node, text: str) -> tuple[Node, Addition]:
    """R's `Surv(time, event)` and `Surv(time, time2, type = "interval2")`, as survival's help has them."""
    kind = next((value.text.strip("'\"") for name, value in node.args if name == "type"), "")
    values = [(name, value) for name, value in node.args if name != "type"]
    if kind and kind not in TYPES:
        _refuse(node, text, f"type is `{kind}`: stanmlm reads {', '.join(TYPES)}")
    if not 1 <= len(values) <= 3 or (len(values) == 3 and kind != "interval"):
        _refuse(node, text, "stanmlm reads Surv(time, event) and Surv(time, time2, type = \"interval2\"); times that "
                            "begin late, or change, are not fitted")  # fmt: skip
    second = {"interval2": "time2"}.get(kind, "event")
    order = ("time", "time2", "event") if len(values) == 3 else ("time", second)
    found = {name if name in order else order[place]: value for place, (name, value) in enumerate(values)}
    if "time" not in found or len(found) < len(values):
        _refuse(node, text, "Surv() needs a time")
    arguments = tuple((name, expression(found[name], text)) for name in order[1:] if name in found)
    return found["time"], Addition(SURVIVAL, arguments, (kind or "right",), node.start, node.stop)


def _refuse(node: Node, text: str, message: str) -> NoReturn:
    raise FormulaError(message, text, node.start, node.stop)
