"""Conditional effects, drawn as brms draws them: a line with its band for numbers, points with bars for levels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from stanmlm.after.effects.conditional import ConditionalEffect, ConditionalEffects
from stanmlm.base.arguments import check_arguments
from stanmlm.plots.parts import plain
from stanmlm.plots.theme import LIGHT, MID_EDGE, colours, theme_paper

if TYPE_CHECKING:
    from plotnine import ggplot

DODGE = 0.4
ENTRIES = 12  # of a legend; of more levels, evenly spaced ones


def plot_conditional_effects(effects: ConditionalEffects) -> dict[str, "ggplot"]:
    """A figure an effect: posterior medians with their intervals along the predictor, a panel a condition.

    Parameters
    ----------
    effects
        What `conditional_effects` gave.

    Returns
    -------
    dict
        A plotnine.ggplot by effect, whose `.data` is the frame that is drawn.

    Raises
    ------
    OptionError
        For what is no result of `conditional_effects`.

    Examples
    --------
    >>> from stanmlm import conditional_effects, lmer, plot_conditional_effects, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> list(plot_conditional_effects(conditional_effects(fit)))
    ['hours']
    """
    check_arguments(plot_conditional_effects, locals())
    return {effect.effect: _figure(effect) for effect in effects.effects}


def _figure(effect: ConditionalEffect) -> "ggplot":
    from plotnine import aes, element_text, facet_wrap, labs, scale_y_continuous, theme

    from stanmlm.plots.sheet import Sheet

    frame = _drawn(effect)
    first, *second = effect.variables
    colour = {"color": "group", "fill": "group"} if second else {}
    along = _numbers if effect.numeric else _levels
    parts = [
        *along(bool(second)),
        *_colours(frame, second[0] if second else ""),
        *([facet_wrap("condition")] if effect.panel else []),
        labs(x=first, y=effect.response),
        scale_y_continuous(labels=plain),
        theme_paper(),
        theme(legend_position="right" if second else "none", legend_title=element_text(size=8)),
    ]
    return Sheet(frame, aes("x", "estimate", ymin="low", ymax="high", **colour)) + parts


def _drawn(effect: ConditionalEffect) -> pd.DataFrame:
    """The effect's frame with the columns that the figure reads, whatever the variables are called."""
    frame = effect.estimates.frame
    first, *second = effect.variables
    middle, low, high = (frame[name] for name in effect.estimates.columns)
    x = frame[first] if effect.numeric else _ordered(frame[first])
    drawn = frame.assign(x=x, estimate=middle, low=low, high=high)
    drawn = drawn.assign(condition=frame[effect.panel]) if effect.panel else drawn
    return drawn.assign(group=_ordered(frame[second[0]])) if second else drawn


def _ordered(column: "pd.Series") -> "pd.Categorical[str]":
    """Texts in the order of the values; numbers go down, so that a legend lies as its lines do."""
    number = pd.api.types.is_float_dtype(column)
    values = sorted(column.unique(), reverse=True) if number else list(dict.fromkeys(column))
    texts = {value: f"{value:.3g}".replace("-", "−") if number else str(value) for value in values}
    labels = list(dict.fromkeys(texts.values()))
    return pd.Categorical([texts[value] for value in column], labels)


def _numbers(grouped: bool) -> list[object]:
    from plotnine import geom_line, geom_ribbon, scale_x_continuous

    fixed: Mapping[str, str] = {} if grouped else {"fill": LIGHT}
    line: Mapping[str, str] = {} if grouped else {"color": MID_EDGE}
    return [
        geom_ribbon(alpha=0.18 if grouped else 0.8, color="none", **fixed),
        geom_line(size=0.9, **line),
        scale_x_continuous(labels=plain),
    ]


def _levels(grouped: bool) -> list[object]:
    from plotnine import geom_errorbar, geom_point, position_dodge

    place = position_dodge(width=DODGE if grouped else 0)
    fixed: Mapping[str, str] = {} if grouped else {"color": MID_EDGE}
    return [geom_errorbar(width=0.15, size=0.5, position=place, **fixed), geom_point(size=2.4, position=place, **fixed)]


def _colours(frame: pd.DataFrame, title: str) -> list[object]:
    """A colour a level, and a legend of as many levels as one can read."""
    from plotnine import scale_color_manual, scale_fill_manual

    if not title:
        return []
    levels = [str(level) for level in frame["group"].cat.categories]
    values = dict(zip(levels, colours(len(levels)), strict=True))
    entries = levels[:: -(-len(levels) // ENTRIES)]
    return [scale(values, name=title, breaks=entries) for scale in (scale_color_manual, scale_fill_manual)]
