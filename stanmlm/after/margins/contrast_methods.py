"""emmeans's contrast functions: of the names of k levels, names of contrasts with k coefficients each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError, did_you_mean

Coefficients = Mapping[str, Floats]  # (k,) each

DEGREES = ("linear", "quadratic", "cubic", "quartic", "degree 5", "degree 6")


@dataclass(frozen=True)
class Wanted:
    """What contrast functions take beside levels."""

    ref: tuple[int, ...] = ()  # places of control levels
    reverse: bool = False
    max_degree: int | None = None  # of polynomials; as many as there are where None


def _at(k: int, places: Mapping[int, float]) -> Floats:
    out = np.zeros(k)
    for place, value in places.items():
        out[place] = value
    return out


def _pairwise(levels: Sequence[str], wanted: Wanted) -> Coefficients:
    if wanted.reverse:
        return _revpairwise(levels, Wanted())
    k = len(levels)
    return {f"{levels[i]} - {levels[j]}": _at(k, {i: 1, j: -1}) for i, j in combinations(range(k), 2)}


def _revpairwise(levels: Sequence[str], wanted: Wanted) -> Coefficients:
    k = len(levels)
    return {f"{levels[i]} - {levels[j]}": _at(k, {i: 1, j: -1}) for i in range(1, k) for j in range(i)}


def _trt_vs_ctrl(levels: Sequence[str], wanted: Wanted) -> Coefficients:
    k, ref = len(levels), wanted.ref or (0,)
    control = levels[ref[0]] if len(ref) == 1 else f"avg({','.join(levels[r] for r in ref)})"
    against = _at(k, dict.fromkeys(ref, -1 / len(ref)))
    out = {}
    for i in range(k):
        if i not in ref:
            name, sign = (f"{control} - {levels[i]}", -1) if wanted.reverse else (f"{levels[i]} - {control}", 1)
            out[name] = sign * (against + _at(k, {i: 1}))
    return out


def _trt_vs_last(levels: Sequence[str], wanted: Wanted) -> Coefficients:
    return _trt_vs_ctrl(levels, Wanted(wanted.ref or (len(levels) - 1,), wanted.reverse))


def _eff(levels: Sequence[str], wanted: Wanted) -> Coefficients:
    k = len(levels)
    return {f"{level} effect": _at(k, {i: 1}) - 1 / k for i, level in enumerate(levels)}


def _del_eff(levels: Sequence[str], wanted: Wanted) -> Coefficients:
    """Each level against the mean of the others."""
    k = len(levels)
    return {name: coefs * (k / max(1, k - 1)) for name, coefs in _eff(levels, wanted).items()}


def _consec(levels: Sequence[str], wanted: Wanted) -> Coefficients:
    k, sign = len(levels), -1 if wanted.reverse else 1
    pairs = [(i, i + 1) for i in range(k - 1)]
    names = [(levels[i], levels[j]) if wanted.reverse else (levels[j], levels[i]) for i, j in pairs]
    return {f"{a} - {b}": _at(k, {i: -sign, j: sign}) for (a, b), (i, j) in zip(names, pairs, strict=True)}


def _mean_chg(levels: Sequence[str], wanted: Wanted) -> Coefficients:
    """The mean after each step minus that before it."""
    k, sign = len(levels), -1 if wanted.reverse else 1
    cuts = range(1, k)
    return {f"{levels[i - 1]}|{levels[i]}": sign * np.repeat([-1 / i, 1 / (k - i)], [i, k - i]) for i in cuts}


def _poly(levels: Sequence[str], wanted: Wanted) -> Coefficients:
    """Orthogonal polynomials in whole numbers, up to the sixth degree or to one that is asked for."""
    k, most = len(levels), len(DEGREES) if wanted.max_degree is None else wanted.max_degree
    powers = np.vander(np.arange(k) - (k - 1) / 2, min(most, k - 1) + 1, increasing=True)
    Q, R = np.linalg.qr(powers)
    columns = (Q * np.sign(np.diag(R)))[:, 1:].T
    return {name: _whole(column) for name, column in zip(DEGREES, columns, strict=False)}


def _whole(column: Floats) -> Floats:
    """emmeans's way to whole numbers: the least that is clearly over zero becomes 1, then what is left a multiple."""
    column = column / column[column > 0.01].min()
    while (off := np.abs(column - np.round(column)).max()) > 0.05:
        column = column / off
    return np.round(column)


def _identity(levels: Sequence[str], wanted: Wanted) -> Coefficients:
    return {level: _at(len(levels), {i: 1}) for i, level in enumerate(levels)}


METHODS: Mapping[str, Callable[[Sequence[str], Wanted], Coefficients]] = {
    **dict.fromkeys(("pairwise", "tukey"), _pairwise),
    "revpairwise": _revpairwise,
    **dict.fromkeys(("trt.vs.ctrl", "trt.vs.ctrl1", "dunnett"), _trt_vs_ctrl),
    "trt.vs.ctrlk": _trt_vs_last,
    "eff": _eff,
    "del.eff": _del_eff,
    "poly": _poly,
    "consec": _consec,
    "mean_chg": _mean_chg,
    "identity": _identity,
}


def method_named(name: str) -> Callable[[Sequence[str], Wanted], Coefficients]:
    """The contrast function of this name; dots may be written as underscores."""
    dotted = name if name in METHODS else name.replace("_", ".")
    if dotted not in METHODS:
        raise OptionError(f"there is no contrast `{name}`" + did_you_mean(name, METHODS))
    return METHODS[dotted]
