"""Curves of groups in a panel each, with the responses of their rows."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.base.errors import OptionError
from stanmlm.data.factors import level_texts
from stanmlm.plots.parts import (
    Highlight,
    Words,
    labels_of,
    named_groups,
    names_of_groups,
    percents,
    plain,
    round_breaks,
)
from stanmlm.plots.theme import INK, LIGHT, LIGHT_EDGE, MID_EDGE, theme_paper

if TYPE_CHECKING:
    from plotnine import ggplot

MOST = 40  # panels of a page
WIDE = 8  # panels beside each other


def panels_of_groups(
    curves: pd.DataFrame,
    points: pd.DataFrame | None,
    x: str,
    group: str,
    chosen: Highlight,
    names: Mapping[str, str] | None,
    words: Words,
    axis: str,
    percent: bool,
) -> "ggplot":
    """A panel a group: its curve with a 50% and a 95% band, over the points of its rows.

    Parameters
    ----------
    curves
        As in `plot_curves`, whose columns go by their usual names.
    points
        `x`, `group` and, as the last column, what was observed; None for none.
    x, group
        Columns of both.
    chosen
        Groups that have a panel; all where it is empty.
    names, words, axis, percent
        As in `plot_curves`; `axis` is what `x` is called.

    Returns
    -------
    plotnine.ggplot
        Its `data` is the frame of the curves of these groups.

    Raises
    ------
    DataError, OptionError
        For groups without a curve, and for more of them than a page has room for.
    """
    from plotnine import (
        aes,
        facet_wrap,
        geom_line,
        geom_point,
        geom_ribbon,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    from stanmlm.plots.sheet import Sheet

    asked = named_groups(curves, group, chosen) or tuple(dict.fromkeys(level_texts(curves[group])))
    if len(asked) > MOST:
        raise OptionError(f"up to {MOST} groups have room for a panel each, these are {len(asked)}: highlight= says "
                          "which have one")  # fmt: skip
    frame = _titled(curves, group, asked, names)
    layers = [
        geom_ribbon(aes(ymin="lower95", ymax="upper95"), fill=LIGHT, alpha=0.8),
        geom_ribbon(aes(ymin="lower50", ymax="upper50"), fill=LIGHT_EDGE, alpha=0.9),
        geom_line(color=MID_EDGE, size=0.7),
    ]
    if points is not None:
        seen = _titled(points, group, asked, names)
        layers.append(geom_point(aes(x, points.columns[-1]), seen, color=INK, size=1.1, stroke=0, alpha=0.8))
    wide = min(WIDE, len(asked), int(np.ceil(np.sqrt(1.6 * len(asked)))))
    scales = [
        facet_wrap(group, ncol=wide),
        scale_x_continuous(breaks=lambda limits: round_breaks(limits, 4), labels=plain),
        scale_y_continuous(labels=percents if percent else plain),
        labels_of(words, axis, "expected response"),
        theme_paper(),
        theme(figure_size=(1.25 * wide + 0.9, 1.3 * -(-len(asked) // wide) + 0.7)),
    ]
    return Sheet(frame, aes(x, "estimate")) + layers + scales


def _titled(frame: pd.DataFrame, group: str, asked: Sequence[str], names: Mapping[str, str] | None) -> pd.DataFrame:
    """The rows of some groups, by what these are called, in their order."""
    texts = level_texts(frame[group])
    titles = dict(zip(asked, names_of_groups(pd.Series(list(asked), dtype=object), names), strict=True))
    kept = texts.isin(asked).to_numpy()
    shown = [titles[level] for level in texts[kept]]
    return frame[kept].assign(**{group: pd.Categorical(shown, list(dict.fromkeys(titles.values())))})
