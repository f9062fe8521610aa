"""Claims about parameters as text: two sides of R code, and what their difference is over draws."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import FormulaError
from stanmlm.data.evaluate import evaluate
from stanmlm.data.rvalues import double, floats, recycle
from stanmlm.data.scope import Scope
from stanmlm.fit.fit import Fit
from stanmlm.formula.rcode import SYNTACTIC, Node, is_call, names_in, operands, replace
from stanmlm.formula.rparse import parse_expression, string_value
from stanmlm.formula.rtext import deparse
from stanmlm.priors.parameter_names import may_be_effect

TICK = "\u2035"  # a back-tick within the name of a parameter, which R's code cannot have
_RELATIONS = {">": ">", ">=": ">", "<": "<", "<=": "<", "==": "="}
_PIECES = re.compile(r"`[^`]*`|[<>=!]=|.", re.DOTALL)


@dataclass(frozen=True)
class Claim:
    """`left > right` as code, and as it prints."""

    left: Node
    right: Node
    relation: str  # ">", "<" or "="
    label: str
    text: str


@dataclass(frozen=True)
class DrawsByName:
    """Where names find their draws."""

    names: Collection[str]  # that code may have, the odd ones too
    draws: Callable[[str], Floats]


def draws_of_claim(claim: Claim, source: DrawsByName) -> Floats:
    """Draws of the left side minus the right one."""
    sides = [_side(node, claim, source) for node in (claim.left, claim.right)]
    return np.asarray(sides[0] - sides[1])


def _side(node: Node, claim: Claim, source: DrawsByName) -> Floats:
    named = replace(node, lambda part: _subscript(part) if is_call(part, ["["]) else None)
    columns = {name: source.draws(name.replace(TICK, "`")) for name in sorted(names_in(named))}
    length = len(next(iter(columns.values()))) if columns else 1
    with np.errstate(all="ignore"):
        value = evaluate(named, Scope({name: double(draws) for name, draws in columns.items()}, {}, claim.text))
    return floats(recycle(value, length))


def _subscript(node: Node) -> Node:
    """`sd_state[income]` as one name."""
    head, *parts = operands(node)
    labels = [string_value(part) if part.kind == "string" else deparse(part) for part in parts]
    return Node("name", f"{head.text}[{','.join(labels)}]", (), node.start, node.stop)


def claim_of(text: str, fit: Fit) -> Claim:
    """The two sides of a hypothesis; at its top level `=` compares, as in brms."""
    code = _doubled(_quoted(text, _odd_names(fit, text)))
    node = parse_expression(code)
    if not is_call(node, _RELATIONS, 2):
        raise FormulaError("a hypothesis compares two expressions by `>`, `<` or `=`", text, 0, len(text))
    left, right = operands(node)
    relation = _RELATIONS[node.text]
    texts = (code[side.start : side.stop].replace("`", "").replace(TICK, "`") for side in (left, right))
    sides = [side.replace("(Intercept)", "Intercept") for side in texts]
    label = f"({sides[0]}) {relation} 0" if right.text == "0" else f"({sides[0]})-({sides[1]}) {relation} 0"
    return Claim(left, right, relation, label, code)


def _odd_names(fit: Fit, text: str) -> list[str]:
    """Spellings of parameters in a text that are no names to R, the longest first: `x:fb`, `sd_g:a`, `r_g[a/b,x]`."""
    spellings = fit.model.spellings
    effects = spellings.effects if may_be_effect(text) else ()
    every = [*spellings.few, *effects, *(variable.name for variable in fit.model.ledger.variables)]
    # Without its back-ticks a column `a-b` would be a difference.
    bare = {name.replace("`", "") for name in every if "`" in name}
    found = (name for name in every if name in text and name not in bare and not SYNTACTIC.fullmatch(name))
    return sorted(found, key=len, reverse=True)


def _quoted(text: str, odd: Sequence[str]) -> str:
    """Names such as `poly(x, 2)1` and `avg.income:income` in back-ticks."""
    if not odd:
        return text
    pattern = f"(?P<odd>(?<![\\w.`])(?:{'|'.join(map(re.escape, odd))})(?![\\w.`]))|`[^`]*`"
    return re.sub(pattern, lambda match: f"`{match[0].replace('`', TICK)}`" if match["odd"] else match[0], text)


def _doubled(text: str) -> str:
    depth, pieces = 0, []
    for piece in _PIECES.findall(text):
        depth += (piece in "([") - (piece in ")]")
        pieces.append("==" if piece == "=" and depth == 0 else piece)
    return "".join(pieces)
