"""Groups as short labels in a scatter plot."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.plots.frames import repel
from stanmlm.plots.parts import NO_WORDS, Words, check_columns, facet_panels, labels_of, percents, x_scale
from stanmlm.plots.theme import FAINT, QUIET, theme_paper

if TYPE_CHECKING:
    from plotnine import ggplot


def plot_codes(
    groups: pd.DataFrame,
    x: str,
    y: str,
    code: str,
    colour: str,
    colours: dict[str, str],
    *,
    line: pd.DataFrame | None = None,
    columns: str | None = None,
    level: float | None = None,
    box: tuple[float, float] = (0.05, 0.04),
    words: Words = NO_WORDS,
    log_x: bool = False,
) -> "ggplot":
    """Groups as codes of a few letters, moved apart just enough to be read.

    Parameters
    ----------
    groups : pandas.DataFrame
        A row a group and panel.
    x, y, code, colour : str
        Its columns: places, the letters, and what the colour tells.
    colours : dict
        A colour for each value of `colour`.
    line : pandas.DataFrame, optional
        A line behind the codes: `x`, `y` and the facet.
    columns : str, optional
        A column whose values make panels side by side.
    level : float, optional
        Where a faint horizontal line stands.
    box : tuple of float
        Width and height that a code needs, as shares of the ranges of `x` and `y`.
    words : Words
        Title, subtitle, axes and caption.
    log_x : bool
        Whether the horizontal axis is logarithmic.

    Returns
    -------
    plotnine.ggplot
        Its `data` is `groups`, with the places of the codes as `code_x` and `code_y`.

    Raises
    ------
    DataError
        Where a column is absent.

    Examples
    --------
    >>> groups = pd.DataFrame({"income": [22.0, 42.0], "share": [0.6, 0.4], "state": ["MS", "CT"], "won": ["R", "D"]})
    >>> plot_codes(groups, "income", "share", "state", "won", {"R": "red", "D": "blue"}).data["code_x"].tolist()
    [22.0, 42.0]
    """
    from plotnine import aes, geom_hline, geom_line, geom_text, scale_color_manual, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    check_columns(groups, [x, y, code, colour, columns])
    placed = _placed(groups, x, y, columns, box, log_x)
    layers = [
        *([] if level is None else [geom_hline(yintercept=level, color=QUIET, size=0.3, linetype="dashed")]),
        *([] if line is None else [geom_line(aes(x, y), line, color=FAINT, size=0.7)]),
        geom_text(aes("code_x", "code_y", label=code, color=colour), size=6.5),
    ]
    scales = [
        scale_color_manual(colours),
        x_scale(log_x),
        scale_y_continuous(labels=percents),
        labels_of(words, x, y),
        theme_paper(),
    ]
    return Sheet(placed, aes(x, y)) + layers + facet_panels(None, columns) + scales


def _placed(
    groups: pd.DataFrame, x: str, y: str, columns: str | None, box: tuple[float, float], log_x: bool
) -> pd.DataFrame:
    """The codes' own places: a panel at a time, in shares of the ranges that all panels have in common."""
    there, back = (np.log, np.exp) if log_x else (np.asarray, np.asarray)
    scale = np.array([np.ptp(there(groups[x])), np.ptp(groups[y])])
    panels = groups.groupby(columns, observed=True) if columns else [("", groups)]
    placed = []
    for _, panel in panels:
        wanted = np.column_stack([there(panel[x]), panel[y]]) / scale
        centres = repel(wanted, box) * scale
        placed.append(panel.assign(code_x=back(centres[:, 0]), code_y=centres[:, 1]))
    return pd.concat(placed)
