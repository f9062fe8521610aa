"""R's model.matrix: terms coded by contrasts or dummies, in R's order and under R's names."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.errors import DataError, OptionError, StanmlmWarning, did_you_mean
from stanmlm.data.contrasts import DEFAULT, as_levels, check_levels, contrast_of, dummies, set_contrasts
from stanmlm.data.factors import make_unique
from stanmlm.data.rvalues import CODED, Contrast, Value, as_factor, floats, width
from stanmlm.formula.formula import Terms

INTERCEPT = "(Intercept)"
MAX_NUMBERS = 2_000_000_000  # in the columns of all terms: 16 GB
MAX_COLUMNS = 100_000


@dataclass(frozen=True)
class Contrasts:
    """How factors are coded: by variable, and else by R's pair of defaults for unordered and ordered ones."""

    given: Mapping[str, Contrast | str]
    default: tuple[str, str] = DEFAULT


@dataclass(frozen=True)
class Columns:
    """The columns of one model matrix."""

    X: Floats  # (N, F), column by column in memory
    names: tuple[str, ...]  # F, R's
    told: tuple[str, ...]  # F, with a mark between a variable and its level or column: "f=b" for "fb"
    assign: tuple[int, ...]  # F, the term of each column from 1, 0 the intercept


@dataclass(frozen=True)
class _Block:
    """The columns that one variable brings to a term: numbers as they are, or a coding of levels."""

    names: tuple[str, ...]
    told: tuple[str, ...]
    numbers: Floats | None  # (N, p)
    coding: Floats | None  # (levels + 1, p); the last row is NaN, which code -1 finds
    codes: Ints | None  # (N,)


def dummy_patterns(terms: Terms, factors: frozenset[str]) -> tuple[frozenset[str], ...]:
    """For each term the labels of the factors in it that full dummies code; contrasts code the others.

    R's rule (`TermCode` in `src/library/stats/src/model.c`): contrasts, if the term without the factor is empty or
    within a term that stands before. Without an intercept the first factor met has dummies (`modelmatrix`, same file).

    Parameters
    ----------
    terms
        Terms in R's order.
    factors
        Labels of the variables that are coded.
    """
    sets = [frozenset(e.label for e in term) for term in terms.terms]
    patterns = [
        frozenset(label for label in own & factors if (rest := own - {label}) and not any(rest <= s for s in sets[:k]))
        for k, own in enumerate(sets)
    ]
    if not terms.intercept:
        first = next(((k, e.label) for k, term in enumerate(terms.terms) for e in term if e.label in factors), None)
        if first is not None:
            patterns[first[0]] |= {first[1]}
    return tuple(patterns)


def model_columns(terms: Terms, values: Mapping[str, Value], contrasts: Contrasts, n: int) -> Columns:
    """R's `model.matrix` of one side of a formula.

    Parameters
    ----------
    terms
        Terms in R's order.
    values
        Variables by label; factors without unused levels.
    contrasts
        How factors are coded.
    n
        Number of rows.

    Returns
    -------
    Columns
        X (n, F), R's column names, and the term of each column.

    Raises
    ------
    DataError
        For a factor with one level, and for a matrix of more than `MAX_NUMBERS`.
    """
    used = {e.label: values[e.label] for term in terms.terms for e in term}
    coded = {label: _factor(value, label, contrasts) for label, value in used.items() if _is_coded(value)}
    blocks = {label: _numbers(value, label) for label, value in used.items() if label not in coded}
    patterns = dummy_patterns(terms, frozenset(coded))
    _check_size(terms, used | coded, n)
    pieces = [
        [blocks.get(e.label) or _coded(coded[e.label], e.label, e.label in full, contrasts.default) for e in term]
        for term, full in zip(terms.terms, patterns, strict=True)
    ]
    joined = [_joined([block.names for block in term]) for term in pieces]
    names = [INTERCEPT] * terms.intercept + [name for term in joined for name in term]
    told = [_joined([block.told for block in term]) for term in pieces]
    assign = [0] * terms.intercept + [k for k, term in enumerate(joined, 1) for _ in term]
    X = np.empty((n, len(names)), order="F")
    X[:, : terms.intercept] = 1.0
    _fill(X[:, terms.intercept :], pieces)
    told_names = [INTERCEPT] * terms.intercept + [name for term in told for name in term]
    return Columns(X, tuple(names), tuple(told_names), tuple(assign))


def unique_names(sides: Sequence[Columns]) -> tuple[tuple[str, ...], ...]:
    """The columns of each side of a formula by R's names; those that mean two columns are told apart, on every side.

    A factor `f` with the level `1b` and an `f1` with `b` both have `f1b`: here they are `f=1b` and `f1=b`.
    """
    meanings: dict[str, set[str]] = {}
    for side in sides:
        for name, told in zip(side.names, side.told, strict=True):
            meanings.setdefault(name, set()).add(told)
    plain = {name for name, told in meanings.items() if len(told) == 1}
    if len(plain) == len(meanings):
        return tuple(make_unique(side.names) for side in sides)
    return tuple(
        make_unique(name if name in plain else told for name, told in zip(side.names, side.told, strict=True))
        for side in sides
    )


def _check_size(terms: Terms, variables: Mapping[str, Value], n: int) -> None:
    """Refuse terms that would fill the memory, before they do: a factor with a level a row, `a:b:c` of many levels."""
    total, numbers = 0.0, 0.0
    for term in terms.terms:
        sizes = [(len(v.levels), width(v)) for v in (variables[e.label] for e in term)]
        columns = float(np.prod([float(levels or wide) for levels, wide in sizes]))
        total += columns
        # The contrast matrix of a factor has levels squared.
        numbers += max(n, *(levels for levels, _ in sizes)) * columns
        if total > MAX_COLUMNS or numbers > MAX_NUMBERS:
            label = ":".join(e.label for e in term)
            others = "" if columns == total else f", {total:,.0f} with the terms before it"
            raise DataError(
                f"`{label}` would be {columns:,.0f} columns of {n:,} rows{others}; {MAX_COLUMNS:,} columns and "
                f"{MAX_NUMBERS:,} numbers are the most; a factor of many levels is better a grouping factor, "
                f"(1 | {label})"
            )


def _is_coded(value: Value) -> bool:
    return value.type in (*CODED, "logical")


def _factor(value: Value, label: str, contrasts: Contrasts) -> Value:
    if width(value) > 1:
        raise DataError(f"`{label}` is a matrix of truth values, which cannot be a term; add 0 to make numbers of them")
    factor = as_levels(value) if value.type == "logical" else as_factor(value)
    given = contrasts.given.get(label)
    check_levels(factor, label)
    if given is None:
        return factor
    # model.matrix takes a matrix as it is; only `contrasts<-` and C() fill it up.
    return set_contrasts(factor, given, label, given.matrix.shape[1] if isinstance(given, Contrast) else None)


def check_contrasts(contrasts: Contrasts, values: Mapping[str, Value]) -> None:
    """What R says of contrasts for a variable that is not there (a warning), or that is no factor (an error)."""
    for label in contrasts.given:
        if label not in values:
            message = f"variable '{label}' is absent, its contrast will be ignored{did_you_mean(label, values)}"
            warnings.warn(message, StanmlmWarning, stacklevel=3)
        elif not _is_coded(values[label]):
            raise OptionError(f"contrasts apply only to factors; `{label}` is numeric")


def _numbers(value: Value, label: str) -> _Block:
    p = width(value)
    numbers = floats(value).reshape(len(value.data), p)
    suffixes = value.columns or tuple(str(k) for k in range(1, p + 1))
    if p == 1:
        return _Block((label,), (label,), numbers, None, None)
    return _Block(tuple(label + s for s in suffixes), tuple(f"{label}[,{s}]" for s in suffixes), numbers, None, None)


def _coded(value: Value, label: str, full: bool, default: tuple[str, str]) -> _Block:
    contrast = dummies(value.levels) if full else contrast_of(value, default)
    suffixes = contrast.columns or tuple(str(k) for k in range(1, contrast.matrix.shape[1] + 1))
    coding = np.vstack([contrast.matrix, np.full((1, contrast.matrix.shape[1]), np.nan)])
    names, told = (tuple(f"{label}{mark}{s}" for s in suffixes) for mark in ("", "="))
    return _Block(names, told, None, np.asfortranarray(coding), value.data.astype(np.intp))


def _joined(term: list[tuple[str, ...]]) -> list[str]:
    """Names of a term's columns from those of its variables, those of the first fastest."""
    names = [""]
    for block in reversed(term):
        names = [own + (":" + rest if rest else "") for rest in names for own in block]
    return names


def _fill(X: Floats, pieces: list[list[_Block]]) -> None:
    """Write the products of the blocks' columns, in the order of `_joined`."""
    column = 0
    for term in pieces:
        sizes = [len(block.names) for block in term]
        for place in range(int(np.prod(sizes))):
            out = X[:, column]
            for k, block in enumerate(term):
                place, j = divmod(place, sizes[k])
                _times(out, block, j, first=k == 0)
            column += 1


def _times(out: Floats, block: _Block, j: int, first: bool) -> None:
    if block.numbers is not None:
        numbers = block.numbers[:, j]
    else:
        assert block.coding is not None
        assert block.codes is not None
        numbers = np.take(block.coding[:, j], block.codes, mode="wrap")
    if first:
        out[:] = numbers
    else:
        out *= numbers
