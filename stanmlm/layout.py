"""R's layout of numbers and tables, as text."""

import math
from collections.abc import Sequence

import numpy as np

from stanmlm.arrays import Floats


def format_common(values: Sequence[float], digits: int) -> list[str]:
    """R's `format(x, digits)`: as many decimals for all as the element needs that needs most to show `digits` figures.

    Examples
    --------
    >>> format_common([24.7407, 5.92214, 25.5918], 4)
    ['24.741', ' 5.922', '25.592']
    """
    finite = [value for value in values if math.isfinite(value)]
    decimals = max((_decimals(value, digits) for value in finite), default=0)
    texts = [_one(value, decimals) for value in values]
    width = max(map(len, texts), default=0)
    return [text.rjust(width) for text in texts]


def _one(value: float, decimals: int) -> str:
    if math.isnan(value):
        return "NA"
    return f"{value:.{decimals}f}" if math.isfinite(value) else ("Inf" if value > 0 else "-Inf")


def _decimals(value: float, digits: int) -> int:
    """Decimals that show `digits` significant figures, trailing zeros dropped."""
    if value == 0:
        return 0
    mantissa, exponent = f"{abs(value):.{digits - 1}e}".split("e")
    figures = len(mantissa.replace(".", "").rstrip("0"))
    return max(0, figures - 1 - int(exponent))


def format_fixed(values: Sequence[float], decimals: int) -> list[str]:
    """Every value with the same number of decimals, right-aligned; NaN as `NA`."""
    texts = [_one(value, decimals) for value in values]
    width = max(map(len, texts), default=0)
    return [text.rjust(width) for text in texts]


def table(rows: Sequence[str], columns: Sequence[tuple[str, Sequence[str]]]) -> str:
    """A matrix as R prints one: row names to the left, every column under its name, right-aligned.

    Examples
    --------
    >>> print(table(["a", "long"], [("Estimate", ["1.0", "-2.5"]), ("SE", ["0.1", "0.2"])]))
         Estimate  SE
    a         1.0 0.1
    long     -2.5 0.2
    """
    stub = max(map(len, rows), default=0)
    widths = [max([len(name), *map(len, cells)]) for name, cells in columns]
    head = " " * stub + "".join(" " + name.rjust(w) for (name, _), w in zip(columns, widths, strict=True))
    lines = [
        row.ljust(stub) + "".join(" " + cells[i].rjust(w) for (_, cells), w in zip(columns, widths, strict=True))
        for i, row in enumerate(rows)
    ]
    return "\n".join(line.rstrip() for line in [head, *lines])


def named_vector(names: Sequence[str], values: Sequence[str], width: int = 80) -> str:
    """A named vector as R prints one: names above values, as many to a line as fit.

    Examples
    --------
    >>> print(named_vector(["(Intercept)", "Days"], ["251.41", "10.47"]))
    (Intercept)        Days
         251.41       10.47
    """
    if not names:
        return "named numeric(0)"
    cell = max(map(len, [*names, *values]))
    per_line = max(1, (width + 1) // (cell + 1))
    lines = []
    for start in range(0, len(names), per_line):
        lines.append(" ".join(name.rjust(cell) for name in names[start : start + per_line]))
        lines.append(" ".join(value.rjust(cell) for value in values[start : start + per_line]))
    return "\n".join(line.rstrip() for line in lines)


def covariance_table(terms: Sequence[tuple[str, Sequence[str], Floats, Floats]], residual: float | None, digits: int) -> str:
    """lme4's `Groups Name Std.Dev. Corr`: (group, coefficients, sds, correlations) a term; `digits` as in `formatVC`."""
    sds = [float(sd) for _, _, scales, _ in terms for sd in scales] + ([] if residual is None else [residual])
    formatted = iter(format_common(sds, digits))
    widest = max((len(coefs) for _, coefs, _, _ in terms), default=1)
    rows: list[list[str]] = [["Groups", "Name", "Std.Dev."] + (["Corr"] + [""] * (widest - 2) if widest > 1 else [])]
    for group, coefs, _, cor in terms:
        for k, coef in enumerate(coefs):
            below = [_correlation(float(cor[k, q]), digits) for q in range(k)]
            rows.append([group if k == 0 else "", coef, next(formatted), *below])
    if residual is not None:
        rows.append(["Residual", "", next(formatted)])
    return _left_aligned(rows)


def _correlation(value: float, digits: int) -> str:
    return f"{value:.{max(2, digits - 2)}f}"


def _left_aligned(rows: Sequence[Sequence[str]]) -> str:
    columns = max(map(len, rows))
    padded = [[*row, *[""] * (columns - len(row))] for row in rows]
    widths = [max(len(row[c]) for row in padded) for c in range(columns)]
    return "\n".join(
        (" " + " ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))).rstrip() for row in padded
    )


def mad(values: Floats) -> Floats:
    """R's `mad` along the first axis: 1.4826 times the median absolute deviation."""
    return np.asarray(1.4826 * np.median(np.abs(values - np.median(values, axis=0)), axis=0))
