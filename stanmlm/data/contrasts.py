"""R's contrast matrices: treatment, SAS, sum, Helmert and polynomial, and what a user gives in their place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.data.rank import pivoted_rank
from stanmlm.data.rvalues import FACTORS, Contrast, Value, is_missing, length

Levels = tuple[str, ...]
DEFAULT = ("contr.treatment", "contr.poly")  # unordered, ordered: R's options("contrasts")


def treatment(levels: Levels, base: int = 1) -> Contrast:
    """One column a level but the base, counted from 1."""
    if not 1 <= base <= len(levels):
        raise DataError("baseline group number out of range")
    keep = [k for k in range(len(levels)) if k != base - 1]
    return Contrast(np.eye(len(levels))[:, keep], tuple(levels[k] for k in keep))


def sas(levels: Levels) -> Contrast:
    """Treatment contrasts with the last level as base."""
    return treatment(levels, len(levels))


def sum_to_zero(levels: Levels) -> Contrast:
    """Deviations from the mean of the levels; the last level is minus the sum of the others."""
    k = len(levels)
    return Contrast(np.vstack([np.eye(k - 1), -np.ones((1, k - 1))]))


def helmert(levels: Levels) -> Contrast:
    """Each level against the mean of those before it."""
    k = len(levels)
    matrix = np.triu(-np.ones((k, k - 1)))
    matrix[np.arange(1, k), np.arange(k - 1)] = np.arange(1, k)
    return Contrast(matrix)


def polynomial(levels: Levels, scores: Floats | None = None) -> Contrast:
    """Orthogonal polynomials in the scores (1, 2, ... by default), each of length one."""
    k = len(levels)
    if k > 95:
        raise DataError(
            f"orthogonal polynomials cannot be represented accurately enough for {k - 1} degrees of freedom"
        )
    x = np.arange(1.0, k + 1) if scores is None else scores
    if len(x) != k:
        raise DataError("'scores' argument is of the wrong length")
    if len(np.unique(x)) < k:
        raise DataError("'scores' must all be different numbers")
    Q, R = np.linalg.qr(np.vander(x - x.mean(), k, increasing=True))
    raw = Q * np.diag(R)
    matrix = (raw / np.sqrt((raw**2).sum(axis=0)))[:, 1:]
    return Contrast(matrix, tuple((*POLYNOMIAL_NAMES, *(f"^{d}" for d in range(4, k)))[: k - 1]))


POLYNOMIAL_NAMES = (".L", ".Q", ".C")
CONTRASTS: dict[str, Callable[[Levels], Contrast]] = {
    "contr.treatment": treatment,
    "contr.SAS": sas,
    "contr.sum": sum_to_zero,
    "contr.helmert": helmert,
    "contr.poly": polynomial,
}
SHORT_NAMES = {name.removeprefix("contr."): name for name in CONTRASTS}  # what C(f, sum) means


def dummies(levels: Levels) -> Contrast:
    """One column a level."""
    return Contrast(np.eye(len(levels)), levels)


def named_contrasts(name: str, levels: Levels) -> Contrast:
    """The contrasts of a given R name.

    Raises
    ------
    OptionError
        When there are none of that name.
    """
    if name not in CONTRASTS:
        raise OptionError(f"`{name}` names no contrasts{did_you_mean(name, CONTRASTS)}")
    return CONTRASTS[name](levels)


def check_levels(value: Value, label: str) -> None:
    """Refuse a factor that has no contrasts to give.

    Raises
    ------
    DataError
        When it has fewer than two levels.
    """
    if len(value.levels) >= 2:
        return
    has = f"only the level `{value.levels[0]}`" if value.levels else "no level"
    raise DataError(
        f"contrasts can be applied only to factors with 2 or more levels: `{label}` has {has} "
        "in the rows that are used; leave it out of the formula"
    )


def set_contrasts(value: Value, given: Contrast | str, label: str, how_many: int | None = None) -> Value:
    """The factor with contrasts of its own, as R's `contrasts<-`.

    Raises
    ------
    DataError
        When it is no factor, or the matrix does not fit its levels.
    """
    if value.type == "logical":
        value = as_levels(value)
    if value.type not in FACTORS:
        raise DataError(f"contrasts apply only to factors; `{label}` is not one")
    check_levels(value, label)
    if isinstance(given, str):
        named_contrasts(given, value.levels)
        return replace(value, contrasts=given)
    return replace(value, contrasts=_completed(given, value.levels, label, how_many))


def _completed(given: Contrast, levels: Levels, label: str, how_many: int | None) -> Contrast:
    """The matrix cut, or filled with orthogonal columns, to the number of columns that R wants."""
    k, columns = len(levels), given.matrix.shape[1]
    if given.matrix.shape[0] != k:
        raise DataError(
            f"wrong number of contrast matrix rows: `{label}` has {k} levels, the matrix {given.matrix.shape[0]} rows"
        )
    wanted = k - 1 if how_many is None else how_many
    if columns >= wanted:
        return Contrast(given.matrix[:, :wanted], given.columns[:wanted])
    full = np.column_stack([np.ones(k), given.matrix])
    if len(pivoted_rank(full)) < columns + 1:
        raise DataError(f"singular contrast matrix for `{label}`: its columns and the constant are linearly dependent")
    matrix = np.column_stack([given.matrix, _complement(full)[:, : wanted - columns]])
    return Contrast(matrix, (*given.columns, *[""] * (wanted - columns)) if given.columns else ())


def _complement(full: Floats) -> Floats:
    """Orthonormal columns beside those of a matrix, with LINPACK's signs, which are LAPACK's."""
    return np.linalg.qr(full, mode="complete")[0][:, full.shape[1] :]


def as_levels(value: Value) -> Value:
    """A logical vector as the factor that model.matrix makes of it: both levels, whichever occur."""
    codes = np.where(is_missing(value), -1, value.data).astype(np.int8)
    return Value("factor", codes.reshape(length(value)), ("FALSE", "TRUE"))


def contrast_of(value: Value, default: tuple[str, str] = DEFAULT) -> Contrast:
    """The contrast matrix that a factor is coded by: its own, else the default of its kind."""
    own = value.contrasts
    if isinstance(own, Contrast):
        return own
    return named_contrasts(own or default[value.type == "ordered"], value.levels)


def read_contrasts(given: Mapping[str, object] | None) -> dict[str, Contrast | str]:
    """The argument `contrasts=`, each entry a name or a matrix.

    Raises
    ------
    OptionError
        When it is no mapping, or an entry is neither.
    """
    if not isinstance(given, Mapping | None):
        raise OptionError(f"contrasts= takes a dict by variable, such as {{'f': 'contr.sum'}}, not {given!r}")
    return {label: _read(label, thing) for label, thing in (given or {}).items()}


def read_default(given: Sequence[str]) -> tuple[str, str]:
    """The argument `default_contrasts=`: the names for unordered and for ordered factors.

    Raises
    ------
    OptionError
        When it is no pair of names of contrasts.
    """
    names = list(given) if np.ndim(given) == 1 else []
    if len(names) != 2 or not all(isinstance(name, str) for name in names):
        kinds = "two names, for unordered and for ordered factors"
        raise OptionError(f"default_contrasts= takes {kinds}, such as {DEFAULT}, not {given!r}")
    for name in names:
        if name not in CONTRASTS:
            raise OptionError(f"default_contrasts=: `{name}` names no contrasts{did_you_mean(name, CONTRASTS)}")
    unordered, ordered = map(str, names)
    return unordered, ordered


def _read(label: str, thing: object) -> Contrast | str:
    if isinstance(thing, str | Contrast):
        return thing
    columns = tuple(map(str, getattr(thing, "columns", ())))
    try:
        matrix: Anything = np.asarray(thing, dtype=np.float64)
        return Contrast(matrix.reshape(len(matrix), -1), columns)
    except (TypeError, ValueError) as error:
        raise OptionError(f"contrasts of `{label}`: a name such as 'contr.sum' or a matrix is needed") from error
