"""Columns that depend on the whole of a variable: scale, poly, bs and ns; each remembers what it learnt."""

import itertools
import warnings
from collections.abc import Mapping
from typing import cast

import numpy as np

from stanmlm.base.arrays import Bools, Floats
from stanmlm.base.errors import DataError, StanmlmWarning
from stanmlm.data.budget import spend
from stanmlm.data.rfunctions.matching import RFunction, table
from stanmlm.data.rfunctions.single import one_flag, one_whole
from stanmlm.data.rvalues import Value, floats, is_missing, length, width

State = Mapping[str, object]


def _array(state: State, key: str) -> Floats:
    return np.asarray(state[key], dtype=np.float64)


def scale(x: Value, center: Value | None = None, scale: Value | None = None, state: object = None) -> Value:
    """R's scale(): columns centred, then divided by their root mean square."""
    if x.type not in ("integer", "double", "logical"):
        raise DataError(f"'x' must be numeric in scale(), not a {x.type}")
    matrix = floats(x).reshape(length(x), width(x))
    known = cast(State, state or {})
    middle = _array(known, "center") if "center" in known else _centers(matrix, center)
    matrix = matrix - middle
    spread = _array(known, "scale") if "scale" in known else _scales(matrix, scale)
    with np.errstate(all="ignore"):
        matrix = matrix / spread
    return Value("double", matrix, columns=x.columns, state={"center": middle.tolist(), "scale": spread.tolist()})


def _centers(matrix: Floats, center: Value | None) -> Floats:
    columns = matrix.shape[1]
    if center is not None and center.type != "logical":
        return _one_a_column(floats(center), columns, "center")
    return np.nanmean(matrix, axis=0) if one_flag(center, "center", True) else np.zeros(columns)


def _scales(matrix: Floats, scale: Value | None) -> Floats:
    columns = matrix.shape[1]
    if scale is not None and scale.type != "logical":
        return _one_a_column(floats(scale), columns, "scale")
    if not one_flag(scale, "scale", True):
        return np.ones(columns)
    counts = np.maximum(1, (~np.isnan(matrix)).sum(axis=0) - 1)
    spread: Floats = np.sqrt(np.nansum(matrix**2, axis=0) / counts)
    return spread


def _one_a_column(given: Floats, columns: int, name: str) -> Floats:
    if len(given) != columns:
        raise DataError(f"length of '{name}' must equal the number of columns of 'x' in scale()")
    return given


def poly(
    x: Value,
    *args: Value,
    degree: Value | None = None,
    raw: Value | None = None,
    simple: Value | None = None,
    state: object = None,
) -> Value:
    """R's poly(): orthogonal polynomials of one variable or of several, or raw powers."""
    others, learned = list(args), cast(list[State], cast(State, state)["coefs"]) if state else None
    if len(others) == 1 and length(others[0]) == 1 and degree is None and len(learned or others) == 1:
        degree, others = others[0], []
    top = 1 if degree is None else one_whole(degree, "degree")
    if top < 1:
        raise DataError("'degree' must be at least 1 in poly()")
    # An orthogonal basis takes a QR, whose work grows with the square of its columns.
    spend(length(x) * float(top) ** (1 + len(others)) * (1 + top / 100))
    if len({length(value) for value in (x, *others)}) > 1:
        raise DataError("the variables of poly() differ in length")
    variables = [column for value in (x, *others) for column in floats(value).reshape(length(value), width(value)).T]
    known: list[State] | list[None] = learned or [None] * len(variables)
    bases = [_polynomial(v, top, one_flag(raw, "raw", False), k) for v, k in zip(variables, known, strict=True)]
    remembered = {"coefs": [coefs for _, coefs in bases]}
    if len(variables) == 1:
        return Value("double", bases[0][0], columns=_degrees(top), state=remembered)
    matrix, names = _products([basis for basis, _ in bases], top)
    return Value("double", matrix, columns=names, state=remembered)


def _degrees(top: int) -> tuple[str, ...]:
    return tuple(str(k) for k in range(1, top + 1))


def _products(bases: list[Floats], top: int) -> tuple[Floats, tuple[str, ...]]:
    """Tensor products of total degree up to `top`, the first variable's degree fastest."""
    grid = [powers[::-1] for powers in itertools.product(range(top + 1), repeat=len(bases)) if 0 < sum(powers) <= top]
    ones = [np.column_stack([np.ones(len(basis)), basis]) for basis in bases]
    columns = [np.prod([one[:, p] for one, p in zip(ones, powers, strict=True)], axis=0) for powers in grid]
    return np.column_stack(columns), tuple(".".join(map(str, powers)) for powers in grid)


def _polynomial(x: Floats, degree: int, raw: bool, known: State | None) -> tuple[Floats, State | None]:
    if raw:
        return x[:, None] ** np.arange(1.0, degree + 1), None
    coefs = known or _polynomial_coefs(x, degree)
    alpha, norm2 = _array(coefs, "alpha"), _array(coefs, "norm2")
    Z = np.ones((len(x), degree + 1))
    Z[:, 1] = x - alpha[0]
    for k in range(1, degree):
        Z[:, k + 1] = (x - alpha[k]) * Z[:, k] - norm2[k + 1] / norm2[k] * Z[:, k - 1]
    return (Z / np.sqrt(norm2[1:]))[:, 1:], coefs


def _polynomial_coefs(x: Floats, degree: int) -> State:
    """The three-term recurrence, learnt from a QR of the centred powers as R does."""
    if np.isnan(x).any():
        raise DataError("missing values are not allowed in 'poly'; drop those rows first, or use raw = TRUE")
    if degree >= len(np.unique(x)):
        raise DataError("'degree' must be less than number of unique points in poly()")
    middle = x.mean()
    Q, R = np.linalg.qr(np.vander(x - middle, degree + 1, increasing=True))
    Z = Q * np.diag(R)
    norm2 = (Z**2).sum(axis=0)
    alpha = (((x - middle)[:, None] * Z**2).sum(axis=0) / norm2 + middle)[:degree]
    return {"alpha": alpha.tolist(), "norm2": [1.0, *norm2.tolist()]}


def bs(
    x: Value,
    df: Value | None = None,
    knots: Value | None = None,
    degree: Value | None = None,
    intercept: Value | None = None,
    Boundary_knots: Value | None = None,
    state: object = None,
) -> Value:
    """R's splines::bs(): B-splines, continued as polynomials beyond the boundary knots."""
    order = 1 + (3 if degree is None else one_whole(degree, "degree"))
    if order <= 1:
        raise DataError("'degree' must be integer >= 1 in bs()")
    first = one_flag(intercept, "intercept", False)
    values, known = _spline_argument(x, "bs"), cast(State, state or {})
    inner, outer = _knots(values, known, df, knots, Boundary_knots, order - (not first), "bs")
    spend(float(order) ** 3)
    full = np.sort(np.concatenate([np.repeat(outer, order), inner]))
    low, high = values < outer[0], values > outer[1]
    if (low | high).any():
        message = "some 'x' values beyond boundary knots may cause ill-conditioned bases"
        warnings.warn(message, StanmlmWarning, stacklevel=2)
    basis = _design(full, values, order)
    basis[low] = _taylor(full, values[low], 0.75 * outer[0] + 0.25 * full[order], order)
    basis[high] = _taylor(full, values[high], 0.75 * outer[1] + 0.25 * full[len(full) - order - 1], order)
    return _basis(x, basis if first else basis[:, 1:], inner, outer)


def _taylor(knots: Floats, x: Floats, pivot: float, order: int) -> Floats:
    """The polynomial piece at a pivot, evaluated elsewhere: 'x' beyond the boundary."""
    powers = (x - pivot)[:, None] ** np.arange(order)
    slopes = np.stack([_design(knots, np.array([pivot]), order, d)[0] for d in range(order)])
    factorials = np.cumprod([1.0, *range(1, order)])
    product: Floats = powers @ (slopes / factorials[:, None])
    return product


def ns(
    x: Value,
    df: Value | None = None,
    knots: Value | None = None,
    intercept: Value | None = None,
    Boundary_knots: Value | None = None,
    state: object = None,
) -> Value:
    """R's splines::ns(): natural cubic splines, linear beyond the boundary knots."""
    first = one_flag(intercept, "intercept", False)
    values, known = _spline_argument(x, "ns"), cast(State, state or {})
    inner, outer = _knots(values, known, df, knots, Boundary_knots, 1 + first, "ns")
    full = np.sort(np.concatenate([np.repeat(outer, 4), inner]))
    basis = _design(full, values, 4)
    for side, outside in ((0, values < outer[0]), (1, values > outer[1])):
        ends = np.array([outer[side]])
        line = np.vstack([_design(full, ends, 4), _design(full, ends, 4, 1)])
        basis[outside] = np.column_stack([np.ones(outside.sum()), values[outside] - outer[side]]) @ line
    curvature = _design(full, outer, 4, 2)
    keep = slice(0 if first else 1, None)
    Q = np.linalg.qr(curvature[:, keep].T, mode="complete")[0]
    return _basis(x, (basis[:, keep] @ Q)[:, 2:], inner, outer)


def _spline_argument(x: Value, function: str) -> Floats:
    if x.type not in ("integer", "double", "logical"):
        raise DataError(f"'x' must be numeric in {function}(), not a {x.type}")
    if width(x) > 1:
        raise DataError(f"'x' must be one variable in {function}(), not a matrix of {width(x)} columns")
    values = floats(x).ravel()[~is_missing(x).ravel()]
    if np.isinf(values).any():
        raise DataError(f"'x' must be finite in {function}()")
    return values


def _knots(
    x: Floats,
    known: State,
    df: Value | None,
    knots: Value | None,
    boundary: Value | None,
    columns_without_knots: int,
    function: str,
) -> tuple[Floats, Floats]:
    """Inner and boundary knots: remembered, given, or at quantiles of x."""
    if known:
        return _array(known, "knots"), _array(known, "boundary")
    if boundary is None and len(x) == 0:
        raise DataError(f"{function}() needs at least one value that is not missing")
    outer = np.array([x.min(), x.max()]) if boundary is None else np.sort(floats(boundary).ravel())
    if len(outer) != 2 or not np.isfinite(outer).all() or outer[0] == outer[1]:
        raise DataError(f"{function}() needs two different boundary knots: two values of 'x', or Boundary.knots")
    if knots is not None and knots.type != "null":
        return _given_knots(floats(knots).ravel(), function), outer
    if df is None or df.type == "null":
        return np.zeros(0), outer
    count = one_whole(df, "df") - columns_without_knots
    if count < 0:
        message = f"'df' was too small in {function}(); have used {columns_without_knots}"
        warnings.warn(message, StanmlmWarning, stacklevel=2)
    spend(float(len(x) + count) * count)
    inside = x[(x >= outer[0]) & (x <= outer[1])]
    return np.quantile(inside, np.linspace(0, 1, max(0, count) + 2)[1:-1]), outer


def _given_knots(knots: Floats, function: str) -> Floats:
    if not np.isfinite(knots).all():
        raise DataError(f"'knots' must be finite in {function}()")
    return np.sort(knots)


def _design(knots: Floats, x: Floats, order: int, derivative: int = 0) -> Floats:
    """All B-splines of an order at x, as splines::splineDesign: (len(x), len(knots) - order)."""
    from scipy.interpolate import BSpline

    columns = len(knots) - order
    spend((len(x) + columns) * columns * (1 + order / 30))
    splines = BSpline(knots, np.eye(len(knots) - order), order - 1, extrapolate=True)
    values: Floats = splines(np.clip(x, knots[0], knots[-1]), nu=derivative)
    return values


def _basis(x: Value, basis: Floats, inner: Floats, outer: Floats) -> Value:
    present: Bools = ~is_missing(x).ravel()
    matrix = np.full((length(x), basis.shape[1]), np.nan)
    matrix[present] = basis
    names = tuple(str(k) for k in range(1, basis.shape[1] + 1))
    return Value("double", matrix, columns=names, state={"knots": inner.tolist(), "boundary": outer.tolist()})


SMOOTHS: dict[str, RFunction] = table({"scale": scale, "poly": poly, "bs": bs, "ns": ns})
