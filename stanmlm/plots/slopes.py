"""A coefficient of each group against what is known about the group."""

from collections.abc import Mapping, Sequence

import pandas as pd
from plotnine import (
    aes,
    geom_hline,
    geom_line,
    geom_linerange,
    geom_point,
    geom_ribbon,
    geom_text,
    ggplot,
    scale_color_manual,
    scale_y_continuous,
)

from stanmlm.plots.frames import INTERVALS
from stanmlm.plots.parts import (
    NO_WORDS,
    Words,
    called,
    check_columns,
    check_highlight,
    colours_of,
    facet_panels,
    labels_of,
    only,
    plain,
)
from stanmlm.plots.theme import QUIET, theme_paper


def plot_slopes(
    slopes: pd.DataFrame,
    x: str,
    group: str,
    highlight: Sequence[str] = (),
    *,
    line: pd.DataFrame | None = None,
    rows: str | None = None,
    columns: str | None = None,
    names: Mapping[str, str] | None = None,
    words: Words = NO_WORDS,
) -> ggplot:
    """Each group's coefficient with its 50% and 95% interval against a group predictor; some named and in colour.

    Parameters
    ----------
    slopes : pandas.DataFrame
        A row a group and panel: `x`, `group`, `estimate`, `lower50`, `upper50`, `lower95`, `upper95`, facets.
    x, group : str
        The columns of the group predictor and of the groups.
    highlight : sequence of str
        Groups to colour, at most six.
    line : pandas.DataFrame, optional
        What the model expects of a group at `x`: the columns of `slopes` but for `group`.
    rows, columns : str, optional
        Columns whose values make the rows and columns of panels.
    names : mapping, optional
        What to call a highlighted group, by group.
    words : Words
        Title, subtitle, axes and caption.

    Returns
    -------
    plotnine.ggplot
        Its `data` is `slopes`.

    Raises
    ------
    DataError
        Where a column is absent or a highlighted group is not there.

    Examples
    --------
    >>> slopes = pd.DataFrame({"income": [2.2, 4.1], "state": ["MS", "CT"], "estimate": [0.5, 0.0]})
    >>> slopes = slopes.assign(lower50=-0.1, upper50=0.6, lower95=-0.2, upper95=0.7)
    >>> plot_slopes(slopes, "income", "state", ["MS"]).data is slopes
    True
    """
    check_columns(slopes, [x, group, *INTERVALS, rows, columns])
    check_highlight(slopes, group, highlight)
    others, coloured = slopes[~slopes[group].isin(highlight)], only(slopes, group, highlight)
    labels = coloured.assign(name=called(coloured[group], names))
    layers = [
        geom_hline(yintercept=0, color=QUIET, size=0.3, linetype="dashed"),
        *_line(line, x),
        *_intervals(others, {"color": "#9A9A9A"}, None),
        *_intervals(coloured, {}, group),
        geom_text(aes(y="upper95", label="name", color=group), labels, size=7.5, va="bottom", nudge_y=0.01),
    ]
    scales = [
        scale_color_manual(colours_of(highlight)),
        scale_y_continuous(labels=plain),
        labels_of(words, x, "estimate"),
        theme_paper(),
    ]
    return ggplot(slopes, aes(x, "estimate")) + layers + facet_panels(rows, columns) + scales


def _line(line: pd.DataFrame | None, x: str) -> list[geom_ribbon | geom_line]:
    if line is None:
        return []
    return [
        geom_ribbon(aes(x, ymin="lower95", ymax="upper95"), line, fill=QUIET, alpha=0.12, inherit_aes=False),
        geom_line(aes(x, "estimate"), line, color=QUIET, size=0.6),
    ]


def _intervals(frame: pd.DataFrame, fixed: Mapping[str, str], colour: str | None) -> list[geom_linerange | geom_point]:
    by = {"color": colour} if colour else {}
    return [
        geom_linerange(aes(ymin="lower95", ymax="upper95", **by), frame, size=0.35, **fixed),
        geom_linerange(aes(ymin="lower50", ymax="upper50", **by), frame, size=1.0, **fixed),
        geom_point(aes(**by), frame, size=1.4, stroke=0, **fixed),
    ]
