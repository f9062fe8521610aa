"""R's layout of numbers and tables, as text."""

import html
import math
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats


def format_common(values: Sequence[float], digits: int, nsmall: int = 0) -> list[str]:
    """R's `format(x, digits, nsmall)`, all of one width.

    As many decimals for all as the element needs that needs most to show `digits` figures, at least `nsmall`; powers
    of ten where that is narrower (R's formatReal).

    Examples
    --------
    >>> format_common([24.7407, 5.92214, 25.5918], 4)
    ['24.741', ' 5.922', '25.592']
    >>> format_common([1e-10, 123456], 3)
    ['1.00e-10', '1.23e+05']
    """
    finite = [value for value in values if math.isfinite(value)]
    figures, exponents = zip(*(_scientific(value, digits) for value in finite), strict=True) if finite else ((1,), (0,))
    decimals = max(0, *(figure - 1 - exponent for figure, exponent in zip(figures, exponents, strict=True)))
    fixed = max(0, *exponents) + 1 + (decimals + 1 if decimals else 0)
    mantissa, power = max(figures), 5 if max(map(abs, exponents)) > 99 else 4
    if fixed <= mantissa + (mantissa > 1) + power:
        return format_fixed(values, max(decimals, nsmall))
    return _right_aligned([_one(value, f".{mantissa - 1}e") for value in values])


def format_signif(value: float, digits: int) -> str:
    """R's `format(x, digits)` of one number.

    Examples
    --------
    >>> format_signif(298.508, 2), format_signif(0.017753, 2)
    ('299', '0.018')
    """
    return format_common([value], digits)[0]


def _scientific(value: float, digits: int) -> tuple[int, int]:
    """Significant figures, at most `digits` and without trailing zeros, and the power of ten."""
    mantissa, exponent = f"{abs(value):.{max(digits - 1, 0)}e}".split("e")
    return max(1, len(mantissa.replace(".", "").rstrip("0"))), int(exponent)


def _one(value: float, form: str) -> str:
    if math.isnan(value):
        return "NA"
    return format(value, form) if math.isfinite(value) else ("Inf" if value > 0 else "-Inf")


def _right_aligned(texts: Sequence[str]) -> list[str]:
    width = max(map(len, texts), default=0)
    return [text.rjust(width) for text in texts]


def format_fixed(values: Sequence[float], decimals: int) -> list[str]:
    """Every value with the same number of decimals, right-aligned; NaN as `NA`, no minus at 0, as R rounds."""
    return _right_aligned([_one(value, f"z.{decimals}f") for value in values])


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


def named_vector(names: Sequence[str], values: Sequence[str], width: int = 80, gap: int = 1) -> str:
    """A named vector as R prints one: names above values, as many to a line as fit; lme4 prints with a gap of 2.

    Examples
    --------
    >>> print(named_vector(["(Intercept)", "Days"], ["251.41", "10.47"]))
    (Intercept)        Days
         251.41       10.47
    """
    if not names:
        return "named numeric(0)"
    cell = max(map(len, [*names, *values]))
    per_line = max(1, width // (cell + gap))
    between, lines = " " * gap, []
    for start in range(0, len(names), per_line):
        lines.append(between.join(name.rjust(cell) for name in names[start : start + per_line]))
        lines.append(between.join(value.rjust(cell) for value in values[start : start + per_line]))
    return "\n".join(line.rstrip() for line in lines)


def covariance_table(
    terms: Sequence[tuple[str, Sequence[str], Floats, Floats]],
    residual: float | None,
    digits: int,
    decimals: int | None = None,
) -> str:
    """lme4's `Groups Name Std.Dev. Corr` of (group, coefficients, sds, correlations) a term.

    `digits` are significant ones, as in lme4's `formatVC`; `decimals` fixes them instead, as arm does.
    """
    sds = [float(sd) for _, _, scales, _ in terms for sd in scales] + ([] if residual is None else [residual])
    formatted = iter(format_common(sds, digits) if decimals is None else format_fixed(sds, decimals))
    widest = max((len(coefs) for _, coefs, _, _ in terms), default=1)
    rows: list[list[str]] = [["Groups", "Name", "Std.Dev."] + (["Corr"] + [""] * (widest - 2) if widest > 1 else [])]
    for group, coefs, _, cor in terms:
        correlations = _correlations(cor, digits)
        for k, coef in enumerate(coefs):
            rows.append([group if k == 0 else "", coef, next(formatted), *correlations[k][:k]])
    if residual is not None:
        rows.append(["Residual", "", next(formatted)])
    return _left_aligned(rows)


def _correlations(cor: Floats, digits: int) -> list[list[str]]:
    """One width for all correlations of a term, as `format` gives a matrix."""
    size, texts = len(cor), format_fixed(cor.ravel().tolist(), max(2, digits - 2))
    return [texts[size * k : size * (k + 1)] for k in range(size)]


def _left_aligned(rows: Sequence[Sequence[str]]) -> str:
    columns = max(map(len, rows))
    padded = [[*row, *[""] * (columns - len(row))] for row in rows]
    widths = [max(len(row[c]) for row in padded) for c in range(columns)]
    return "\n".join(
        (" " + " ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))).rstrip() for row in padded
    )


def beside(left: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A text table with more columns at its right, right-aligned under their names; its first line is the header."""
    lines = left.split("\n")
    width = max(map(len, lines))
    widths = [max([len(name), *(len(row[i]) for row in rows)]) for i, name in enumerate(names)]
    cells = [names, *rows]
    return "\n".join(
        line.ljust(width) + "".join(" " + cell.rjust(w) for cell, w in zip(row, widths, strict=True))
        for line, row in zip(lines, cells, strict=True)
    )


def right_aligned_lines(columns: Sequence[Sequence[str]]) -> list[str]:
    """Columns of cells side by side, each to the right of its column, as lines."""
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return [" " + " ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def html_text(text: str) -> str:
    """A print for notebooks."""
    return f"<pre>{html.escape(text)}</pre>"


def html_table(frame: pd.DataFrame, title: str = "", note: str = "", index: bool = True) -> str:
    """A frame for notebooks, numbers with four figures, a line above and one below.

    Examples
    --------
    >>> "<td>0.3333</td>" in html_table(pd.DataFrame({"x": [1 / 3]}), "Thirds")
    True
    >>> html_table(pd.DataFrame({"x": [1]}), note="`x` is one").endswith("<p><code>x</code> is one</p>")
    True
    """
    head, foot = (f"<p>{_marked(text)}</p>" if text else "" for text in (title, note))
    body = frame.to_html(index=index, border=0, na_rep="", float_format=lambda value: f"{value:.4g}")
    return f"{head}{body}{foot}"


def _marked(text: str) -> str:
    """HTML of a text whose names stand between backticks."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text)).replace("\n", "<br>")


def mad(values: Floats) -> Floats:
    """R's `mad` along the first axis: 1.4826 times the median absolute deviation."""
    return np.asarray(1.4826 * np.median(np.abs(values - np.median(values, axis=0)), axis=0))
