"""What is asked of estimates themselves: differences, ratios and equations between them, and whether they are small."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from stanmlm.after.effects.claims import Claim, DrawsByName, draws_of_claim
from stanmlm.after.predict.estimates import Estimates, estimates
from stanmlm.base.arguments import is_single, numbers_of
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, FormulaError, OptionError, did_you_mean
from stanmlm.formula.rparse import parse_expression

NAMING = ("group", "term", "contrast")  # columns that estimates are called by, beside those of `by=`
ROPE = ("p.rope.unconditional", "p.rope.conditional")

Pairs = Sequence[tuple[int, int]]  # places of what is compared, with what
_WHICH: Mapping[str, Callable[[int], Pairs]] = {
    "reference": lambda n: [(i, 0) for i in range(1, n)],
    "revreference": lambda n: [(0, i) for i in range(1, n)],
    "sequential": lambda n: [(j, i) for i, j in pairwise(range(n))],
    "revsequential": lambda n: list(pairwise(range(n))),
    "pairwise": lambda n: [(i, j) for j in range(n) for i in range(j + 1, n)],
    "revpairwise": lambda n: [(i, j) for j in range(n) for i in range(j)],
}
_HOW: Mapping[str, tuple[str, Callable[[Floats, Floats], Floats]]] = {
    "difference": ("-", lambda a, b: a - b),
    "ratio": ("/", lambda a, b: a / b),
}


@dataclass(frozen=True)
class _Wanted:
    """`ratio ~ pairwise | group`."""

    how: str
    which: str
    by: tuple[str, ...]


def tested(made: Estimates, hypothesis: object, by: Sequence[str]) -> Estimates:
    """The estimates that `hypothesis=` asks for in place of those that were made; marginaleffects says how.

    Raises
    ------
    OptionError
        For what is no hypothesis, and names that estimates do not have.
    """
    if hypothesis is None:
        return made
    if isinstance(hypothesis, str):
        parts = [_one(made, hypothesis, by)]
    elif isinstance(hypothesis, list | tuple) and hypothesis and all(isinstance(one, str) for one in hypothesis):
        parts = [_one(made, one, by) for one in hypothesis]
    elif is_single(hypothesis):
        raise OptionError('hypothesis= as one number is what p-values are against: draws have hypothesis="b1 = 0"')
    else:
        parts = [_weighted(made, hypothesis)]
    labels = pd.concat([labels for labels, _ in parts], ignore_index=True)
    draws = np.concatenate([draws for _, draws in parts], axis=1)
    return estimates(labels, draws, made.title, made.level, made.note)


def _one(made: Estimates, text: str, by: Sequence[str]) -> tuple[pd.DataFrame, Floats]:
    return _by_formula(made, text, by) if "~" in text else _by_equation(made, text)


def _labels(made: Estimates, by: Sequence[str], apart: Sequence[str] = ()) -> list[str]:
    """What estimates are called: by columns that tell them apart, or by row."""
    names = [name for name in (*NAMING, *by) if name in made.frame and name not in apart]
    telling = [name for name in dict.fromkeys(names) if made.frame[name].nunique() > 1]
    texts = [", ".join(map(str, row)) for row in made.frame[telling].itertuples(index=False, name=None)]
    groups = made.frame[list(apart)].astype(str).agg(",".join, axis=1) if apart else [""] * len(texts)
    told = telling and len(set(zip(texts, groups, strict=True))) == len(texts)
    return texts if told else [f"Row {i + 1}" for i in range(len(made.frame))]


def _by_formula(made: Estimates, text: str, by: Sequence[str]) -> tuple[pd.DataFrame, Floats]:
    wanted = _formula(text)
    for name in wanted.by:
        if name not in made.frame:
            raise OptionError(f"hypothesis names `{name}`, which estimates do not have"
                              + did_you_mean(name, map(str, made.frame.columns)))  # fmt: skip
    labels, (sign, of) = _labels(made, by, wanted.by), _HOW[wanted.how]
    rows, draws = [], []
    for group in _groups(made.frame, wanted.by):
        for i, j in _WHICH[wanted.which](len(group)):
            first, second = group[i], group[j]
            own = {name: made.frame[name].iloc[first] for name in wanted.by}
            rows.append({**own, "hypothesis": f"({labels[first]}) {sign} ({labels[second]})"})
            draws.append(of(made.draws[:, first], made.draws[:, second]))
    if not rows:
        raise OptionError(f"hypothesis `{text}` compares estimates, and there is one alone")
    return pd.DataFrame(rows), np.stack(draws, axis=1)


def _groups(frame: pd.DataFrame, by: Sequence[str]) -> list[list[int]]:
    if not by:
        return [list(range(len(frame)))]
    places = frame.groupby(list(by), observed=True, dropna=False, sort=True).ngroup().to_numpy()
    return [np.flatnonzero(places == group).tolist() for group in range(places.max() + 1)]


def _formula(text: str) -> _Wanted:
    match = re.fullmatch(r"\s*(\w*)\s*~\s*(\w+)\s*(?:\|\s*([^|~]+))?", text)
    how, which, by = match.groups() if match else ("?", "", None)
    how = how or "difference"
    if how not in _HOW:
        known = ", ".join(_WHICH)
        raise FormulaError(f"hypothesis reads `difference ~ {{which}} | groups` or `ratio ~ ...`, with one of {known}",
                           text, 0, len(text))  # fmt: skip
    if which not in _WHICH:
        raise OptionError(f"hypothesis compares by `{which}`" + did_you_mean(which, _WHICH))
    return _Wanted(how, which, tuple(name.strip("` ") for name in re.split(r"[+*:,]", by)) if by else ())


def _by_equation(made: Estimates, text: str) -> tuple[pd.DataFrame, Floats]:
    """`b1 - b2 = 0`, estimates going by their row or by a unique `term`; `b* = 0` is an equation for each."""
    if "b*" in text:
        texts = [text.replace("b*", f"b{i + 1}") for i in range(len(made.frame))]
        parts = [_by_equation(made, one) for one in texts]
        return pd.concat([rows for rows, _ in parts], ignore_index=True), np.hstack([draws for _, draws in parts])
    sides = re.split(r"(?<![<>=!])=(?!=)", text)
    if len(sides) != 2:
        raise FormulaError('hypothesis reads "b1 - b2 = 0" or "~ pairwise"', text, 0, len(text))
    left, right = map(parse_expression, sides)
    label = re.sub(r"\s+", "", text)
    values = draws_of_claim(Claim(left, right, "=", label, text), _by_name(made))
    values = np.broadcast_to(values, (len(made.draws),))
    return pd.DataFrame({"hypothesis": [label]}), values[:, None]


def _by_name(made: Estimates) -> DrawsByName:
    columns = {f"b{i + 1}": made.draws[:, i] for i in range(len(made.frame))}
    if "term" in made.frame and made.frame["term"].is_unique:
        columns |= {str(term): made.draws[:, i] for i, term in enumerate(made.frame["term"])}

    def draws(name: str) -> Floats:
        if name not in columns:
            raise DataError(f"hypothesis names `{name}`; estimates are called b1 to b{len(made.frame)}, by their rows, "
                            "or by what is in the column `term` where no two are alike")  # fmt: skip
        return columns[name]

    return DrawsByName(columns.keys(), draws)


def _weighted(made: Estimates, weights: object) -> tuple[pd.DataFrame, Floats]:
    """Each column of a matrix has the weights of a sum of the estimates."""
    matrix = numbers_of("hypothesis", weights)
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    if matrix.ndim != 2 or len(matrix) != len(made.frame) or not matrix.shape[1] or not np.isfinite(matrix).all():
        raise OptionError(f"hypothesis= as numbers is a matrix with a row for each of {len(made.frame)} estimates")
    own = list(map(str, weights.columns)) if isinstance(weights, pd.DataFrame) else None
    names = own or [f"H{i + 1}" for i in range(matrix.shape[1])]
    return pd.DataFrame({"hypothesis": names}), made.draws @ matrix


def with_equivalence(made: Estimates, equivalence: Sequence[float] | None) -> Estimates:
    """The shares of draws within a range of what counts as equal, among all and among those of the interval.

    These are marginaleffects's `p.rope.unconditional` and `p.rope.conditional` of Bayesian models.
    """
    if equivalence is None:
        return made
    bounds = numbers_of("equivalence", equivalence)
    if bounds.shape != (2,) or not bounds[0] < bounds[1]:
        raise OptionError("equivalence= is a pair of numbers, the lower one first")
    within = (made.draws > bounds[0]) & (made.draws < bounds[1])
    low, high = (made.frame[name].to_numpy(dtype=float) for name in made.columns[1:])
    inside = (made.draws >= low) & (made.draws <= high)
    shares = (within.mean(axis=0), (within & inside).sum(axis=0) / inside.sum(axis=0))
    return replace(made, frame=made.frame.assign(**dict(zip(ROPE, shares, strict=True))), beside=ROPE)
