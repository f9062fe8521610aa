"""Curves of many groups, a few of them in colour."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from stanmlm.after.effects.group_curves import group_curves, interval_names
from stanmlm.after.predict.outcome import expected_text, is_probability
from stanmlm.base.arguments import check_arguments, is_single
from stanmlm.fit.fit import Fit
from stanmlm.plots.frames import INTERVALS, spread_apart
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
    percents,
    plain,
)
from stanmlm.plots.theme import FAINT, HIGHLIGHTS, theme_paper

if TYPE_CHECKING:
    from plotnine import geom_line, geom_point, geom_ribbon, ggplot, scale_size_area
    from plotnine.scales.scale import scale

LABEL_GAP = 0.045  # smallest distance of two labels, as a share of the height of a panel
LABEL_SIZE = 7.5  # points
MADE = ("name", "place")  # columns of the labels' frame


def plot_curves(
    curves: Fit | pd.DataFrame,
    x: str,
    group: str,
    highlight: Highlight = (),
    *,
    at: Mapping[str, object] | None = None,
    rows: str | None = None,
    columns: str | None = None,
    sizes: pd.DataFrame | None = None,
    dots: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    words: Words = NO_WORDS,
    percent: bool = False,
    label_room: float | None = None,
) -> "ggplot":
    """One curve a group, thin and grey; the highlighted ones in colour, with a 50% and a 95% band and their names.

    Parameters
    ----------
    curves : Fit or pandas.DataFrame
        A fit, whose expected responses are drawn as `group_curves` gives them. Or a frame with a row a point of a
        curve: `x`, `group`, `estimate`, `lower50`, `upper50`, `lower95`, `upper95` (see `interval_frame`) and the
        columns of the facets.
    x, group : str
        The columns of the horizontal axis and of the groups; of a fit, a numeric variable and any grouping factor.
    highlight : group or sequence of groups
        Groups to colour, at most six; of a fit with six groups or fewer, all of them where it is empty.
    at : mapping, optional
        Of a fit: values of variables that the figure does not show; where None they stand at typical values.
    rows, columns : str, optional
        Columns whose values make the rows and columns of panels; None for one row, and one column.
    sizes : pandas.DataFrame, optional
        Open circles on highlighted curves: `x`, `group`, `estimate`, `share` (the area) and the facets; None for none.
    dots : pandas.DataFrame, optional
        Filled dots on highlighted curves: `x`, `group`, `estimate` and the facets; None for none.
    names : mapping, optional
        What to call a group at the end of its curve, by group; the group itself by default.
    words : Words
        Title, subtitle, axes and caption.
    percent : bool
        Whether the vertical axis counts in percent, as the probabilities of a fit do.
    label_room : float, optional
        Room for names right of the curves, as a share of the width of the data; as the names need where None.

    Returns
    -------
    plotnine.ggplot
        Its `data` is the frame of the curves.

    Raises
    ------
    DataError, OptionError
        Where a column is absent, a highlighted group has no curve, or there are more highlights than colours.

    Examples
    --------
    >>> import pandas as pd
    >>> from stanmlm import lmer, plot_curves, simulate_exams
    >>> curves = pd.DataFrame({"income": [-2, 2, -2, 2], "state": ["MS", "MS", "CT", "CT"]})
    >>> curves = curves.assign(estimate=0.5, lower50=0.4, upper50=0.6, lower95=0.3, upper95=0.7)
    >>> plot_curves(curves, "income", "state", ["MS"]).data is curves
    True
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> plot_curves(fit, "hours", "student", ["1", "2"]).data["student"].nunique()
    100
    """
    check_arguments(plot_curves, locals())
    from plotnine import aes, geom_text

    from stanmlm.plots.sheet import Sheet

    facets, axis = [facet for facet in (rows, columns) if facet], x
    results: Mapping[str, str] = {name: name for name in INTERVALS}
    if isinstance(curves, Fit):
        results = interval_names(curves, group)
        words, percent = _words_of(curves, words), percent or is_probability(curves)
        curves = group_curves(curves, x, group, facets, at)
        highlight = highlight if is_single(highlight) or len(highlight) else _all_of_few(curves[group])  # type: ignore[arg-type]
    check_columns(curves, [x, group, *results.values(), *facets])
    curves, moved = clear_of(curves, results, MADE)
    x, group, facets = moved.get(x, x), moved.get(group, group), [moved.get(facet, facet) for facet in facets]
    sizes, dots = (part if part is None else part.rename(columns=moved) for part in (sizes, dots))
    chosen = highlighted(curves, group, highlight)
    coloured = only(curves, group, chosen)
    left, right = float(curves[x].min()), float(curves[x].max())
    room = _room(names_of_groups(pd.Series(chosen, dtype=object), names)) if label_room is None else label_room
    layers = [
        *_lines(coloured, group),
        *_circles(sizes, group, chosen),
        *_dots(dots, group, chosen),
        geom_text(
            aes(x, "place", label="name", color=group),
            end_labels(coloured, x, group, facets, names),
            ha="left",
            size=LABEL_SIZE,
            nudge_x=0.045 * (right - left),
        ),
    ]
    look = [*_scales(chosen, left, right, room, percent), labels_of(words, axis, "expected response"), theme_paper()]
    panels = facet_panels(*(name and moved.get(name, name) for name in (rows, columns)))
    return Sheet(curves, aes(x, "estimate", group=group)) + layers + panels + look


def _lines(coloured: pd.DataFrame, group: str) -> list["geom_line | geom_ribbon"]:
    """All curves, faint; over them those in colour with their bands."""
    from plotnine import aes, geom_line, geom_ribbon

    return [
        geom_line(color=FAINT, size=0.35),
        geom_ribbon(aes(ymin="lower95", ymax="upper95", fill=group), coloured, alpha=0.10),
        geom_ribbon(aes(ymin="lower50", ymax="upper50", fill=group), coloured, alpha=0.22),
        geom_line(aes(color=group), coloured, size=0.8),
    ]


def _scales(chosen: Sequence[str], left: float, right: float, room: float, percent: bool) -> list["scale"]:
    """Colours of the groups, and axes with room for their names on the right."""
    from plotnine import scale_color_manual, scale_fill_manual, scale_x_continuous, scale_y_continuous

    return [
        scale_color_manual(colours_of(chosen)),
        scale_fill_manual(colours_of(chosen)),
        scale_x_continuous(limits=(left, right + room * (right - left)), breaks=_breaks(left, right), labels=plain),
        scale_y_continuous(labels=percents if percent else plain),
    ]


def end_labels(
    curves: pd.DataFrame, x: str, group: str, facets: Sequence[str], names: Mapping[str, str] | None
) -> pd.DataFrame:
    """Where each curve's name stands: at its right end, moved up or down where two would touch.

    Examples
    --------
    >>> ends = pd.DataFrame({"x": [1, 1], "g": ["a", "b"], "estimate": [0.50, 0.51], "lower95": 0.0, "upper95": 1.0})
    >>> end_labels(ends, "x", "g", [], None)["place"].round(4).tolist()
    [0.4825, 0.5275]
    """
    ends = curves.loc[curves[x] == curves[x].max()].copy()
    gap = LABEL_GAP * float(curves["upper95"].max() - curves["lower95"].min())
    ends["name"] = names_of_groups(ends[group], names)
    panels = ends.groupby(list(facets), observed=True) if facets else [((), ends)]
    placed = [panel.assign(place=spread_apart(panel["estimate"].to_numpy(), gap)) for _, panel in panels]
    joined: pd.DataFrame = pd.concat(placed) if placed else ends.assign(place=ends["estimate"])
    return joined


def _words_of(fit: Fit, words: Words) -> Words:
    return words if words.y else replace(words, y=expected_text(fit))


def _all_of_few(groups: pd.Series) -> tuple[str, ...]:
    levels = tuple(dict.fromkeys(groups))
    return levels if len(levels) <= len(HIGHLIGHTS) else ()


def _room(names: Sequence[str]) -> float:
    """Room for the longest name; an edge where there are none."""
    longest = max(map(len, names), default=0)
    return min(0.36, 0.08 + 0.03 * longest) if longest else 0.03


def _circles(
    sizes: pd.DataFrame | None, group: str, highlight: Sequence[str]
) -> tuple["geom_point", "scale_size_area"] | tuple[()]:
    from plotnine import aes, geom_point, scale_size_area

    if sizes is None:
        return ()
    shown = only(sizes, group, highlight)
    return (
        geom_point(aes(color=group, size="share"), shown, shape="o", fill="none", stroke=0.6),
        scale_size_area(max_size=6.5),
    )


def _dots(dots: pd.DataFrame | None, group: str, highlight: Sequence[str]) -> tuple["geom_point"] | tuple[()]:
    from plotnine import aes, geom_point

    return () if dots is None else (geom_point(aes(color=group), only(dots, group, highlight), size=2.4, stroke=0),)


def _breaks(left: float, right: float) -> list[float]:
    """Round numbers within the data: none in the room for names."""
    from matplotlib.ticker import MaxNLocator

    ticks = MaxNLocator(nbins=5, steps=[1, 2, 5, 10]).tick_values(left, right)
    return [float(tick) for tick in ticks if left <= tick <= right]
