"""Curves of many groups, a few of them in colour."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from stanmlm.after.effects.group_curves import group_curves, group_points, interval_names
from stanmlm.after.predict.outcome import expected_text, is_probability
from stanmlm.base.arguments import check_arguments, is_single
from stanmlm.base.errors import OptionError
from stanmlm.fit.fit import Fit
from stanmlm.plots.frames import INTERVALS, spread_apart
from stanmlm.plots.group_panels import panels_of_groups
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
    round_breaks,
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
    panels: bool = False,
    points: bool | None = None,
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
    panels : bool
        A panel for each group in the place of one for all; of many groups those in `highlight`, up to 40.
    points : bool, optional
        Of a fit: the responses of the rows of the groups in colour, or of those that have a panel; where None, with
        panels.
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
    >>> plot_curves(fit, "hours", "student", ["1", "2", "3"], panels=True).data["student"].nunique()
    3
    """
    check_arguments(plot_curves, locals())
    from plotnine import aes, geom_text

    from stanmlm.plots.sheet import Sheet

    facets, axis = [facet for facet in (rows, columns) if facet], x
    results: Mapping[str, str] = {name: name for name in INTERVALS}
    seen = None
    _check_panels(curves, panels, points, {"rows": rows, "columns": columns, "sizes": sizes, "dots": dots})
    if isinstance(curves, Fit):
        results = interval_names(curves, group)
        seen = group_points(curves, x, group, facets) if (panels if points is None else points) else None
        words, percent = _words_of(curves, words), percent or is_probability(curves)
        curves = group_curves(curves, x, group, facets, at)
        if not (panels or is_single(highlight) or len(highlight)):  # type: ignore[arg-type]
            highlight = _all_of_few(curves[group])
    check_columns(curves, [x, group, *results.values(), *facets])
    curves, moved = clear_of(curves, results, MADE)
    x, group, facets = moved.get(x, x), moved.get(group, group), [moved.get(facet, facet) for facet in facets]
    sizes, dots, seen = (part if part is None else part.rename(columns=moved) for part in (sizes, dots, seen))
    if panels:
        return panels_of_groups(curves, seen, x, group, highlight, names, words, axis, percent)
    chosen = highlighted(curves, group, highlight)
    coloured = only(curves, group, chosen)
    left, right = float(curves[x].min()), float(curves[x].max())
    room = _room(names_of_groups(pd.Series(chosen, dtype=object), names)) if label_room is None else label_room
    layers = [
        *_lines(coloured, group),
        *_seen(seen, x, group, chosen),
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
    grid = facet_panels(*(name and moved.get(name, name) for name in (rows, columns)))
    return Sheet(curves, aes(x, "estimate", group=group)) + layers + grid + look


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
        scale_x_continuous(
            limits=(left, right + room * (right - left)), breaks=round_breaks((left, right), 5), labels=plain
        ),
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


def _seen(seen: pd.DataFrame | None, x: str, group: str, highlight: Sequence[str]) -> tuple["geom_point"] | tuple[()]:
    """The responses of the rows of groups in colour."""
    from plotnine import aes, geom_point

    if seen is None:
        return ()
    own = aes(x, seen.columns[-1], color=group)
    return (geom_point(own, only(seen, group, highlight), inherit_aes=False, size=1.3, stroke=0, alpha=0.6),)


def _check_panels(curves: object, panels: bool, points: bool | None, of_one: Mapping[str, object]) -> None:
    """Refuse what a panel for each group has no place for, and points where there are no rows."""
    given = [name for name, value in of_one.items() if value is not None]
    if panels and given:
        raise OptionError(f"panels=True gives each group a panel, and {given[0]}= is of figures with all groups in one")
    if points and not isinstance(curves, Fit):
        raise OptionError("points=True draws the rows of a fit; beside a frame of curves it is dots=, a frame of them")
