"""A coefficient of each group against what is known about the group."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.effects.group_curves import coefficient_of, expected_slopes, group_slopes, interval_names
from stanmlm.base.arguments import check_arguments
from stanmlm.data.coding import INTERCEPT
from stanmlm.data.factors import level_texts
from stanmlm.fit.fit import Fit
from stanmlm.plots.frames import INTERVALS
from stanmlm.plots.parts import (
    NO_WORDS,
    Highlight,
    Words,
    check_columns,
    clear_of,
    colours_of,
    facet_panels,
    highlighted,
    labels_of,
    names_of_groups,
    only,
    plain,
    x_scale,
)
from stanmlm.plots.theme import BEHIND, QUIET, theme_paper

if TYPE_CHECKING:
    from plotnine import geom_hline, geom_line, geom_linerange, geom_point, geom_ribbon, ggplot

BACKED = {"fill": "white", "label_size": 0, "label_padding": 0.05}  # so that no dotted line crosses a name
LETTER = 0.0125  # share of the width of a panel that a letter of a name takes, where there is one panel
MANY = 150  # intervals, of more than which those behind let others through
GAP = 0.02  # share of the width between two names in a row
MADE = ("name", "top", "foot", "side")  # columns of the labels' frame
ROW = 0.065  # height of a row of names, as a share of the height of the intervals


def plot_slopes(
    slopes: Fit | pd.DataFrame,
    x: str,
    group: str,
    highlight: Highlight = (),
    *,
    of: str | None = None,
    line: pd.DataFrame | None = None,
    rows: str | None = None,
    columns: str | None = None,
    names: Mapping[str, str] | None = None,
    words: Words = NO_WORDS,
    log_x: bool = False,
) -> "ggplot":
    """Each group's coefficient with its 50% and 95% interval against a group predictor; some named and in colour.

    Parameters
    ----------
    slopes : Fit or pandas.DataFrame
        A fit, whose coefficients are drawn as `group_slopes` gives them, with the line of `expected_slopes`. Or a
        frame with a row a group and panel: `x`, `group`, `estimate`, `lower50`, `upper50`, `lower95`, `upper95`,
        facets.
    x, group : str
        The columns of the group predictor and of the groups.
    highlight : group or sequence of groups
        Groups to colour, at most six, as the data have them: names or numbers.
    of : str, optional
        Of a fit: the variable whose coefficient is drawn, or "(Intercept)"; the one that varies by the group where
        None.
    line : pandas.DataFrame, optional
        What the model expects of a group at `x`: the columns of `slopes` but for `group`; None for that of a fit.
    rows, columns : str, optional
        Columns whose values make the rows and columns of panels; None for one row, and one column.
    names : mapping, optional
        What to call a highlighted group, by group; the group itself where None.
    words : Words
        Title, subtitle, axes and caption.
    log_x : bool
        Whether the horizontal axis is logarithmic.

    Returns
    -------
    plotnine.ggplot
        Its `data` is the frame of the coefficients.

    Raises
    ------
    DataError, OptionError
        Where a column is absent or a highlighted group is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from stanmlm import lmer, plot_slopes, simulate_counties
    >>> slopes = pd.DataFrame({"income": [2.2, 4.1], "state": ["MS", "CT"], "estimate": [0.5, 0.0]})
    >>> slopes = slopes.assign(lower50=-0.1, upper50=0.6, lower95=-0.2, upper95=0.7)
    >>> plot_slopes(slopes, "income", "state", ["MS"]).data is slopes
    True
    >>> fit = lmer("rvs ~ income + conservatism + (1 | state)", simulate_counties(seed=1), seed=1)
    >>> len(plot_slopes(fit, "conservatism", "state").data)
    15
    """
    check_arguments(plot_slopes, locals())
    from plotnine import aes, geom_label, geom_segment, scale_color_manual, scale_y_continuous

    from stanmlm.plots.sheet import Sheet

    axis, results = x, {name: name for name in INTERVALS}
    if isinstance(slopes, Fit):
        fit, of = slopes, coefficient_of(slopes, group, of)
        results = dict(interval_names(fit, group, x))
        slopes = group_slopes(fit, x, group, of)
        line = expected_slopes(fit, x, group, of) if line is None else line
        words = words if words.y else replace(words, y=_axis(fit, of))
    check_columns(slopes, [x, group, *results.values(), rows, columns])
    slopes, moved = clear_of(slopes, results, MADE)
    line = line if line is None else line.rename(columns={**{own: name for name, own in results.items()}, **moved})
    x, group = moved.get(x, x), moved.get(group, group)
    rows, columns = (name and moved.get(name, name) for name in (rows, columns))
    chosen = highlighted(slopes, group, highlight)
    others, coloured = slopes[~level_texts(slopes[group]).isin(chosen)], only(slopes, group, chosen)
    panels = slopes[columns].nunique() if columns else 1
    labels = name_places(coloured.assign(name=names_of_groups(coloured[group], names)), slopes, x, panels, log_x)
    layers = [
        *_zero(of),
        *_line(line, x),
        *_intervals(others, {"color": BEHIND, "alpha": float(np.clip(MANY / max(len(others), 1), 0.3, 1.0))}, None),
        *_intervals(coloured, {}, group),
        geom_segment(aes(xend=x, y="upper95", yend="foot", color=group), labels, size=0.35, linetype="dotted"),
        geom_label(aes(y="top", label="name", color=group, ha="side"), labels, size=7.5, va="baseline", **BACKED),
    ]
    scales = [
        scale_color_manual(colours_of(chosen)),
        x_scale(log_x),
        scale_y_continuous(labels=plain),
        labels_of(words, axis, "coefficient"),
        theme_paper(),
    ]
    return Sheet(slopes, aes(x, "estimate")) + layers + facet_panels(rows, columns) + scales


def name_places(
    named: pd.DataFrame, slopes: pd.DataFrame, x: str, panels: int = 1, log_x: bool = False
) -> pd.DataFrame:
    """Places above all intervals: the height `top` of a name, in the lowest row in which it is free, and its `side`.

    Examples
    --------
    >>> slopes = pd.DataFrame({"x": [0.0, 1.0, 9.0], "name": ["one", "two", "three"], "lower95": 0.0, "upper95": 1.0})
    >>> placed = name_places(slopes.assign(name=["the first name", "two", "three"]), slopes, "x")
    >>> placed["top"].round(2).tolist(), placed["side"].tolist()
    ([1.06, 1.13, 1.06], ['left', 'center', 'right'])
    """
    there = np.log if log_x else np.asarray
    low, high = (float(there(end)) for end in (slopes[x].min(), slopes[x].max()))
    bottom, top = float(slopes["lower95"].min()), float(slopes["upper95"].max())
    share = (there(named[x].to_numpy(dtype=float)) - low) / ((high - low) or 1.0)
    wide = LETTER * panels * np.array([len(name) for name in named["name"]])
    outer = np.where(share < 0.5, "left", "right")
    sides = np.where(np.minimum(share, 1 - share) < wide / 2, outer, "center")
    starts = share - wide * np.select([sides == "left", sides == "right"], [0.0, 1.0], 0.5)
    keys = list(zip(share.round(3), named["name"], strict=True))
    spans = {key: (start, start + width) for key, start, width in zip(keys, starts, wide, strict=True)}
    rows = _free_rows(spans)
    heights = top + ROW * (top - bottom) * (np.array([rows[key] for key in keys]) + 1)
    return named.assign(top=heights, foot=heights - 0.2 * ROW * (top - bottom), side=sides)


def _free_rows(spans: Mapping[tuple[float, str], tuple[float, float]]) -> dict[tuple[float, str], int]:
    """The lowest row of each span in which it touches none before it, from the left."""
    rows: list[list[tuple[float, float]]] = []
    found = {}
    for key in sorted(spans):
        start, stop = spans[key]
        free = (i for i, row in enumerate(rows) if all(stop + GAP <= a or b + GAP <= start for a, b in row))
        found[key] = next(free, len(rows))
        rows += [[]] if found[key] == len(rows) else []
        rows[found[key]].append((start, stop))
    return found


def _axis(fit: Fit, of: str) -> str:
    """What the coefficient is, and on which scale where that is not the response's."""
    link = fit.model.family.link.name
    what = "intercept" if of == INTERCEPT else f"coefficient of {of}"
    return what if link == "identity" else f"{what} ({link} scale)"


def _zero(of: str | None) -> "list[geom_hline]":
    """A line at zero, which says nothing to an intercept."""
    from plotnine import geom_hline

    return [] if of == INTERCEPT else [geom_hline(yintercept=0, color=QUIET, size=0.3, linetype="dashed")]


def _line(line: pd.DataFrame | None, x: str) -> "list[geom_ribbon | geom_line]":
    from plotnine import aes, geom_line, geom_ribbon

    if line is None:
        return []
    return [
        geom_ribbon(aes(x, ymin="lower95", ymax="upper95"), line, fill=QUIET, alpha=0.12, inherit_aes=False),
        geom_line(aes(x, "estimate"), line, color=QUIET, size=0.6),
    ]


def _intervals(
    frame: pd.DataFrame, fixed: Mapping[str, str | float], colour: str | None
) -> "list[geom_linerange | geom_point]":
    from plotnine import aes, geom_linerange, geom_point

    by = {"color": colour} if colour else {}
    return [
        geom_linerange(aes(ymin="lower95", ymax="upper95", **by), frame, size=0.35, **fixed),
        geom_linerange(aes(ymin="lower50", ymax="upper50", **by), frame, size=0.9, **fixed),
        geom_point(aes(**by), frame, size=1.7, stroke=0, **fixed),
    ]
