"""What marginal means are asked for: `"f"`, `["f", "g"]`, `"~ f | g"`, `"pairwise ~ f | g"`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from stanmlm.base.errors import FormulaError, OptionError, did_you_mean
from stanmlm.formula.rcode import Node, is_call, operands
from stanmlm.formula.rparse import parse_expression

OVERALL = "1"  # what `~ 1` averages into


@dataclass(frozen=True)
class Specs:
    """Variables to keep, those whose combinations are tables of their own, and contrasts beside the means."""

    names: tuple[str, ...]
    by: tuple[str, ...]
    method: str = ""


def specs_of(given: str | Sequence[str], by: str | Sequence[str] | None) -> Specs:
    """Read what emmeans reads; variables right of `|` come before those of `by`."""
    found = _of_formula(given) if isinstance(given, str) and "~" in given else Specs(names_given("specs", given), ())
    also = () if by is None else names_given("by", by)
    every = dict.fromkeys((*found.by, *also))
    return Specs(found.names, tuple(name for name in every if name not in found.names), found.method)


def names_given(argument: str, given: str | Sequence[str]) -> tuple[str, ...]:
    """One name or several; backticks may be left out, as there is no formula about them."""
    names = (given,) if isinstance(given, str) else tuple(given)
    names = tuple(str(name).strip("`") for name in names)
    if not names or not all(names):
        raise OptionError(f"{argument} names no variable")
    return tuple(dict.fromkeys(names))


def require_known(names: Sequence[str], known: Collection[str], argument: str = "specs") -> None:
    """Refuse variables that a grid does not have."""
    for name in names:
        if name not in known:
            raise OptionError(f"{argument} names `{name}`, which is not in the reference grid"
                              + did_you_mean(name, sorted(set(known) - {OVERALL})))  # fmt: skip


def _of_formula(text: str) -> Specs:
    node = parse_expression(text)
    if not is_call(node, ["~"]):
        raise FormulaError("specs reads `~ f`, `~ f | g` or `pairwise ~ f | g`", text, 0, len(text))
    *left, right = operands(node)
    sides = operands(right) if is_call(right, ["|"], 2) else (right,)
    names, *by = (_names(side, text) for side in sides)
    method = left[0].text if left and left[0].kind == "name" else ""
    if left and not method:
        raise FormulaError("left of `~` stands the name of a contrast", text, left[0].start, left[0].stop)
    return Specs(names, by[0] if by else (), method)


def _names(node: Node, text: str) -> tuple[str, ...]:
    if node.kind == "name" or (node.kind == "number" and node.text == OVERALL):
        return (node.text,)
    if not is_call(node, ["+", "*", ":"], 2):
        raise FormulaError("specs has names of variables, with `*`, `+` or `:` between them",
                           text, node.start, node.stop)  # fmt: skip
    return tuple(dict.fromkeys(name for side in operands(node) for name in _names(side, text)))
