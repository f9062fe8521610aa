"""Pieces of LaTeX that both TeX and MathJax read: names, indexed symbols, columns, aligned lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# What math mode would swallow, or set as an operator with space around it.
ESCAPES: Mapping[str, str] = {
    **{sign: "\\" + sign for sign in "_%#&$"},
    **{sign: "{" + sign + "}" for sign in "*+:=<>,/|!"},
    "{": r"\{",
    "}": r"\}",
    "\\": r"\backslash ",
    "^": r"{\wedge}",
    "~": r"{\sim}",
    "-": r"\text{-}",
    "'": r"\text{'}",
    " ": r"\ ",
}


def name(text: str) -> str:
    """A variable's name, upright.

    Examples
    --------
    >>> print(name("avg_income"))
    \\mathrm{avg\\_income}
    """
    return r"\mathrm{" + "".join(ESCAPES.get(sign, sign) for sign in text) + "}"


@dataclass(frozen=True)
class Symbol:
    """A letter with subscripts and a superscript."""

    letter: str
    under: tuple[str, ...] = ()
    over: str = ""

    def __str__(self) -> str:
        above = f"^{{{self.over}}}" if self.over else ""
        return self.letter + above + (f"_{{{','.join(self.under)}}}" if self.under else "")


def at(symbol: Symbol, *under: str, over: str = "") -> Symbol:
    """The symbol with more subscripts, those that are not empty.

    Examples
    --------
    >>> print(at(Symbol(r"\\beta", ("1",)), "j", over="school"))
    \\beta^{school}_{1,j}
    """
    return Symbol(symbol.letter, (*symbol.under, *(part for part in under if part)), over or symbol.over)


def column(entries: Sequence[str]) -> str:
    """A column vector."""
    return matrix([[entry] for entry in entries])


def matrix(rows: Sequence[Sequence[str]]) -> str:
    """A matrix in brackets."""
    return r"\begin{bmatrix} " + r" \\ ".join(" & ".join(row) for row in rows) + r" \end{bmatrix}"


def aligned(lines: Sequence[tuple[str, str]]) -> str:
    """Lines of left and right sides, the right sides under one another."""
    body = " \\\\\n".join(f"{left} &{right}" for left, right in lines)
    return "\\begin{aligned}\n" + body + "\n\\end{aligned}"
