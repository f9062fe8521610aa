"""R's operators: arithmetic, comparison, logic, sets, sequences and subsetting."""

import operator
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Anything, Bools, Floats
from stanmlm.base.errors import DataError, StanmlmWarning
from stanmlm.data.budget import spend, spend_texts
from stanmlm.data.rfunctions.matching import LOOKUP, PICK, RFunction, table
from stanmlm.data.rfunctions.subsets import subset
from stanmlm.data.rvalues import CODED, FACTORS, NUMERIC, Value, as_character, floats, length, logical, recycle

Binary = Callable[[Value, Value], Value]
Elementwise = Callable[[Anything, Anything], Anything]


def common_length(*values: Value) -> int:
    """The length that R recycles to; it warns where the longest is no multiple of another."""
    lengths = [length(value) for value in values]
    if not lengths or 0 in lengths:
        return 0
    n = max(lengths)
    if any(n % k for k in lengths):
        warnings.warn("longer object length is not a multiple of shorter object length", StanmlmWarning, stacklevel=2)
    return n


def matched(a: Value, b: Value) -> tuple[Floats, Floats]:
    """The numbers of two values, recycled to one length; a matrix keeps its shape."""
    n = common_length(a, b)
    x, y = floats(recycle(a, n) if length(a) > 1 else a), floats(recycle(b, n) if length(b) > 1 else b)
    if n == 0:
        return np.zeros(0), np.zeros(0)
    if x.ndim == y.ndim:
        return x, y
    return (x[:, None], y) if x.ndim < y.ndim else (x, y[:, None])


def factor_operands(symbol: str, *values: Value) -> Value | None:
    """NA with R's warning where an operand is a factor, which has no arithmetic; None without factors."""
    kind = next((value.type for value in values if value.type in FACTORS), None)
    if kind is None:
        return None
    meaningful = "factors" if kind == "factor" else "ordered factors"
    warnings.warn(f"'{symbol}' not meaningful for {meaningful}: the result is NA", StanmlmWarning, stacklevel=2)
    return logical(np.full(common_length(*values), np.nan))


def arithmetic(symbol: str, compute: Elementwise, whole: bool) -> Binary:
    """A binary operator on numbers; `whole` results of whole operands are integers."""

    def apply(e1: Value, e2: Value) -> Value:
        spoiled = factor_operands(symbol, e1, e2)
        if spoiled is not None:
            return spoiled
        for value in (e1, e2):
            if value.type not in NUMERIC:
                raise DataError(f"non-numeric argument to `{symbol}`: it is a {value.type}")
        x, y = matched(e1, e2)
        with np.errstate(all="ignore"):
            result = compute(x, y)
        type_ = "integer" if whole and "double" not in (e1.type, e2.type) else "double"
        return Value(type_, result, columns=e1.columns or e2.columns)

    return apply


def power(x: Floats, y: Floats) -> Floats:
    """R's `^`: 1^NA and NA^0 are 1, a negative base with a fraction is NaN."""
    result: Floats = np.power(x, y)
    return result


def minus(e1: Value, e2: Value | None = None) -> Value:
    """Difference, or change of sign."""
    return SUBTRACT(Value("integer", np.zeros(1)), e1) if e2 is None else SUBTRACT(e1, e2)


def plus(e1: Value, e2: Value | None = None) -> Value:
    """Sum, or the value itself."""
    return ADD(Value("integer", np.zeros(1)), e1) if e2 is None else ADD(e1, e2)


ADD = arithmetic("+", operator.add, True)
SUBTRACT = arithmetic("-", operator.sub, True)


def comparison(symbol: str, compute: Elementwise) -> Binary:
    """A comparison, of numbers, of strings by code point, or of an ordered factor's levels."""

    def apply(e1: Value, e2: Value) -> Value:
        if {e1.type, e2.type} & set(CODED) and 2 in (e1.data.ndim, e2.data.ndim):
            raise DataError(f"`{symbol}` compares texts and levels with a vector, not with a matrix")
        if "factor" in (e1.type, e2.type) and symbol not in ("==", "!="):
            return factor_operands(symbol, e1, e2)  # type: ignore[return-value]
        if "ordered" in (e1.type, e2.type) and symbol not in ("==", "!="):
            return _compare_ordered(compute, e1, e2)
        if e1.type in CODED or e2.type in CODED:
            return _compare_strings(compute, e1, e2)
        x, y = matched(e1, e2)
        return _known(compute(x, y), np.isnan(x) | np.isnan(y))

    return apply


def _known(result: Bools, missing: Bools) -> Value:
    return logical(np.where(missing, np.nan, result)) if missing.any() else logical(result)


def _compare_ordered(compute: Elementwise, a: Value, b: Value) -> Value:
    levels = a.levels if a.type == "ordered" else b.levels
    n = common_length(a, b)
    places = [_places(recycle(value, n), levels) for value in (a, b)]
    return _known(compute(*places), (places[0] < 0) | (places[1] < 0))


def _places(value: Value, levels: tuple[str, ...]) -> Anything:
    texts = as_character(value)
    place = {level: k for k, level in enumerate(levels)}
    return np.array([*(place.get(level, -1) for level in texts.levels), -1])[texts.data]


def _compare_strings(compute: Elementwise, a: Value, b: Value) -> Value:
    n = common_length(a, b)
    left, right = as_character(recycle(a, n)), as_character(recycle(b, n))
    order = {text: k for k, text in enumerate(sorted({*left.levels, *right.levels}))}
    x = np.array([*(order[text] for text in left.levels), -1])[left.data]
    y = np.array([*(order[text] for text in right.levels), -1])[right.data]
    return _known(compute(x, y), (x < 0) | (y < 0))


def truth(value: Value, symbol: str) -> Floats:
    """Numbers as truth: 0, 1 or NaN."""
    if value.type not in NUMERIC:
        raise DataError(f"`{symbol}` works on truth values and numbers, not on a {value.type}")
    x = floats(value)
    return np.where(np.isnan(x), np.nan, x != 0)


def land(e1: Value, e2: Value) -> Value:
    """R's `&`: FALSE wins over NA."""
    x, y = matched(logical(truth(e1, "&")), logical(truth(e2, "&")))
    return logical(np.where((x == 0) | (y == 0), 0.0, x * y))


def lor(e1: Value, e2: Value) -> Value:
    """R's `|`: TRUE wins over NA."""
    x, y = matched(logical(truth(e1, "|")), logical(truth(e2, "|")))
    return logical(np.where((x == 1) | (y == 1), 1.0, x + y))


def lnot(x: Value) -> Value:
    """R's `!`."""
    return logical(1.0 - truth(x, "!"))


def xor(x: Value, y: Value) -> Value:
    """One or the other, not both."""
    a, b = matched(logical(truth(x, "xor")), logical(truth(y, "xor")))
    return logical(np.abs(a - b))


def first_only(combine: Binary) -> Binary:
    """`&&` and `||`: the first element of each side, as R 4.2 has them."""
    return lambda e1, e2: combine(*(replace(value, data=value.data.ravel()[:1]) for value in (e1, e2)))


def is_in(x: Value, table: Value) -> Value:
    """R's `%in%`: never NA."""
    if x.type not in CODED and table.type not in CODED:
        return logical(np.isin(np.nan_to_num(floats(x), nan=np.inf), np.nan_to_num(floats(table), nan=np.inf)))
    haystack = as_character(table)
    wanted = {haystack.levels[k] for k in haystack.data if k >= 0}
    texts = as_character(x)
    found = np.array([*(level in wanted for level in texts.levels), bool((haystack.data < 0).any())])
    return logical(found[texts.data])


def colon(from_: Value, to: Value) -> Value:
    """A sequence by steps of one, or the interaction of two factors."""
    if from_.type in FACTORS and to.type in FACTORS:
        return cross(from_, to)
    if not (length(from_) and length(to)):
        raise DataError("argument of length 0 in `:`")
    start, stop = _first_number(from_), _first_number(to)
    if not (np.isfinite(start) and np.isfinite(stop)):
        raise DataError("NA/NaN argument in `:`")
    spend(abs(stop - start))
    step = 1 if stop >= start else -1
    values = start + step * np.arange(np.floor(abs(stop - start) + 1e-10) + 1)
    return Value("integer" if start == int(start) else "double", values)


def _first_number(value: Value) -> float:
    first = value.data.flat[0]
    return float(first) + 1 if value.type in FACTORS else float(floats(value).flat[0])


def cross(a: Value, b: Value) -> Value:
    """All pairs of levels, the first factor's slowest."""
    if length(a) != length(b):
        raise DataError("unequal factor lengths in `:`")
    spend_texts(len(a.levels) * len(b.levels))
    codes = np.where((a.data < 0) | (b.data < 0), -1, a.data.astype(np.int64) * len(b.levels) + b.data)
    return Value("factor", codes, tuple(f"{x}:{y}" for x in a.levels for y in b.levels))


def identity(x: Value) -> Value:
    """The value, as `I()`, `(` and `offset()` return it."""
    return x


def paste_text(value: Value) -> list[str]:
    """The elements as strings, NA as "NA"."""
    texts = as_character(value)
    labels = [*texts.levels, "NA"]
    return [labels[k] for k in texts.data]


OPERATORS: dict[str, RFunction] = (
    table({"%in%": is_in}, LOOKUP)
    | table({"[": subset, "[[": subset}, PICK)
    | table(
        {
            "+": plus,
            "-": minus,
            "*": arithmetic("*", operator.mul, True),
            "/": arithmetic("/", np.divide, False),
            "^": arithmetic("^", power, False),
            "%%": arithmetic("%%", np.mod, True),
            "%/%": arithmetic("%/%", np.floor_divide, True),
            "==": comparison("==", operator.eq),
            "!=": comparison("!=", operator.ne),
            "<": comparison("<", operator.lt),
            "<=": comparison("<=", operator.le),
            ">": comparison(">", operator.gt),
            ">=": comparison(">=", operator.ge),
            "&": land,
            "|": lor,
            "!": lnot,
            "&&": first_only(land),
            "||": first_only(lor),
            "xor": xor,
            ":": colon,
            "(": identity,
            "I": identity,
            "identity": identity,
            "offset": lambda object: identity(object),
        }
    )
)
