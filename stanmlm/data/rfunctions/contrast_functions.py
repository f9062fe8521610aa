"""R's functions of contrasts: C(), contr.treatment(), contr.poly() and their kin."""

from collections.abc import Callable

from stanmlm.base.errors import DataError, did_you_mean
from stanmlm.data.budget import spend
from stanmlm.data.contrasts import CONTRASTS, DEFAULT, SHORT_NAMES, polynomial, set_contrasts, treatment
from stanmlm.data.rfunctions.operators import paste_text
from stanmlm.data.rfunctions.single import one_count, one_text, one_whole
from stanmlm.data.rvalues import (
    FACTORS,
    NUMERIC,
    Contrast,
    Value,
    floats,
    length,
)


def code(object: Value, contr: Value | None = None, how_many: Value | None = None, base: Value | None = None) -> Value:
    """R's C(): a factor with contrasts of its own."""
    if object.type not in FACTORS:
        raise DataError("object not interpretable as a factor in C(); make it one first: C(factor(x), ...)")
    f = object
    columns = None if how_many is None else one_whole(how_many, "how.many")
    if contr is None and base is None and columns is None:
        return f
    contrast = _contrast_argument(f, contr)
    if base is not None:
        contrast = treatment(_numbers(f), one_whole(base, "base"))
    elif columns is not None and isinstance(contrast, str):
        contrast = CONTRASTS[contrast](_numbers(f)) if contrast in CONTRASTS else contrast
    return set_contrasts(f, contrast, "C()", columns)


def _contrast_argument(f: Value, contr: Value | None) -> Contrast | str:
    if contr is None:
        return DEFAULT[f.type == "ordered"]
    if contr.type == "character":
        return one_text(contr, "contr", "")
    if contr.type == "closure":
        return _by_symbol(f, contr.levels[0])
    matrix = floats(contr)
    if not matrix.size:
        raise DataError("the contrasts of C() are empty; a name or a matrix is needed")
    return Contrast(matrix.reshape(len(matrix), -1), contr.columns)


def _by_symbol(f: Value, name: str) -> Contrast | str:
    """`sum` is the name contr.sum; `contr.sum` is the function, which sees the number of levels only."""
    if name in SHORT_NAMES:
        return SHORT_NAMES[name]
    if name not in CONTRASTS:
        raise DataError(f"`{name}` is not a contrast function{did_you_mean(name, CONTRASTS)}")
    return CONTRASTS[name](_numbers(f))


def _numbers(f: Value) -> tuple[str, ...]:
    return tuple(str(k) for k in range(1, len(f.levels) + 1))


def contrast_function(name: str) -> Callable[..., Value]:
    """contr.sum(3) and the like, called in a formula."""
    return lambda n: _matrix(CONTRASTS[name](_level_names(n)))


def contr_treatment(n: Value, base: Value | None = None) -> Value:
    """R's contr.treatment()."""
    return _matrix(treatment(_level_names(n), 1 if base is None else one_whole(base, "base")))


def contr_poly(n: Value, scores: Value | None = None) -> Value:
    """R's contr.poly()."""
    return _matrix(polynomial(_level_names(n), None if scores is None else floats(scores).ravel()))


def _level_names(n: Value) -> tuple[str, ...]:
    count = one_count(n, "n") if n.type in NUMERIC and length(n) == 1 else length(n)
    spend(float(count) * count)
    if count < 2:
        raise DataError(f"not enough degrees of freedom to define contrasts: {count:g} levels, where 2 are the fewest")
    return tuple(str(k) for k in range(1, int(count) + 1)) if length(n) == 1 else tuple(paste_text(n))


def _matrix(contrast: Contrast) -> Value:
    return Value("double", contrast.matrix, columns=contrast.columns)
