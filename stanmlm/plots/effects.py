"""Conditional effects, drawn as brms draws them: a line with its band for numbers, points with bars for levels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.effects.conditional import ConditionalEffect, ConditionalEffects, conditional_effects
from stanmlm.base.arguments import check_arguments
from stanmlm.fit.fit import Fit
from stanmlm.plots.parts import plain
from stanmlm.plots.theme import BEHIND, LIGHT, MID_EDGE, colours, theme_paper

if TYPE_CHECKING:
    from plotnine import geom_line, geom_point, ggplot

DODGE = 0.4
JITTER = 0.12
LINES = 100  # of spaghetti
ENTRIES = 12  # of a legend; of more levels, evenly spaced ones


def plot_conditional_effects(
    effects: Fit | ConditionalEffects, *, points: bool = False, spaghetti: bool = False
) -> dict[str, "ggplot"]:
    """A figure an effect: posterior medians with their intervals along the predictor, a panel a condition.

    Parameters
    ----------
    effects : Fit or ConditionalEffects
        A fit, of which all effects are shown, or what `conditional_effects` gave.
    points : bool
        Whether the observed responses stand behind: those of all rows, in every panel; shares where there are trials.
        They are left out where a figure has another scale (`method="linpred"`, `dpar=`) and of categories.
    spaghetti : bool
        Whether a hundred draws are shown as thin lines in place of the band, along numbers.

    Returns
    -------
    dict
        A plotnine.ggplot by effect, whose `.data` is the frame that is drawn.

    Raises
    ------
    OptionError
        For what is no result of `conditional_effects`.
    DataError
        Of a fit without predictors.

    Examples
    --------
    >>> from stanmlm import conditional_effects, lmer, plot_conditional_effects, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> list(plot_conditional_effects(conditional_effects(fit)))
    ['hours']
    >>> figure = plot_conditional_effects(fit, points=True, spaghetti=True)["hours"]
    >>> len(figure.layers)  # points, a hundred lines, the median
    3
    """
    check_arguments(plot_conditional_effects, locals())
    shown = conditional_effects(effects) if isinstance(effects, Fit) else effects
    return {effect.effect: _figure(effect, points, spaghetti) for effect in shown.effects}


def _figure(effect: ConditionalEffect, points: bool, spaghetti: bool) -> "ggplot":
    from plotnine import aes, element_text, facet_wrap, labs, scale_y_continuous, theme

    from stanmlm.plots.sheet import Sheet

    frame = _drawn(effect)
    first, *second = effect.variables
    colour = {"color": "group", "fill": "group"} if second else {}
    lines = spaghetti and effect.numeric
    along = _numbers(bool(second), band=not lines) if effect.numeric else _levels(bool(second))
    parts = [
        *(_points(effect, frame) if points else []),
        *(_spaghetti(effect, frame) if lines else []),
        *along,
        *_colours(frame, second[0] if second else ""),
        *([facet_wrap("condition")] if effect.panel else []),
        labs(x=first, y=effect.response),
        scale_y_continuous(labels=plain),
        theme_paper(),
        theme(legend_position="right" if second else "none", legend_title=element_text(size=8)),
    ]
    return Sheet(frame, aes("x", "estimate", ymin="low", ymax="high", **colour)) + parts


def _points(effect: ConditionalEffect, frame: pd.DataFrame) -> list["geom_point"]:
    """What was observed; in the colours of the second variable where the figure has its levels."""
    from plotnine import aes, geom_point, position_jitter, position_jitterdodge

    if effect.observed is None:
        return []
    first, *second = effect.variables
    seen = pd.DataFrame({"x": _placed(effect.observed[first], frame["x"]), "y": effect.observed.iloc[:, -1]})
    grouped = bool(second) and not pd.api.types.is_float_dtype(effect.estimates.frame[second[0]])
    if grouped:
        seen["group"] = _placed(effect.observed[second[0]], frame["group"])
    by = {"color": "group", "fill": "group"} if grouped else {}
    fixed: Mapping[str, str] = {} if grouped else {"color": BEHIND}
    spread = None if effect.numeric else position_jitter(width=JITTER, height=0, random_state=1)
    if grouped and not effect.numeric:
        spread = position_jitterdodge(jitter_width=JITTER, dodge_width=DODGE, random_state=1)
    place = {} if spread is None else {"position": spread}
    return [geom_point(aes("x", "y", **by), seen, inherit_aes=False, size=1.3, stroke=0, alpha=0.5, **fixed, **place)]


def _placed(values: "pd.Series", axis: "pd.Series") -> "pd.Series | pd.Categorical[str]":
    """The values on an axis of the figure: its texts, or numbers as they are."""
    if not isinstance(axis.dtype, pd.CategoricalDtype):
        return values
    texts = [_level_text(value, pd.api.types.is_float_dtype(values)) for value in values]
    return pd.Categorical(texts, axis.cat.categories)


def _spaghetti(effect: ConditionalEffect, frame: pd.DataFrame) -> list["geom_line"]:
    """A line a draw, of evenly spaced draws."""
    from plotnine import aes, geom_line

    draws = effect.estimates.draws
    every = np.unique(np.linspace(0, len(draws) - 1, LINES).astype(int))
    grouped = "group" in frame and len(effect.variables) > 1
    kept = ["x", *(["group"] if grouped else []), *(["condition"] if effect.panel else [])]
    long = pd.concat([frame[kept].assign(y=draws[draw], draw=draw) for draw in every], ignore_index=True)
    long["line"] = long["draw"].astype(str) + (" " + long["group"].astype(str) if grouped else "")
    by: Mapping[str, str] = {"color": "group"} if grouped else {}
    fixed: Mapping[str, str] = {} if grouped else {"color": MID_EDGE}
    return [geom_line(aes("x", "y", group="line", **by), long, inherit_aes=False, size=0.3, alpha=0.12, **fixed)]


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
    texts = {value: _level_text(value, number) for value in values}
    labels = list(dict.fromkeys(texts.values()))
    return pd.Categorical([texts[value] for value in column], labels)


def _level_text(value: object, number: bool) -> str:
    return f"{value:.3g}".replace("-", "−") if number else str(value)


def _numbers(grouped: bool, band: bool = True) -> list[object]:
    from plotnine import geom_line, geom_ribbon, scale_x_continuous

    fixed: Mapping[str, str] = {} if grouped else {"fill": LIGHT}
    line: Mapping[str, str] = {} if grouped else {"color": MID_EDGE}
    return [
        *([geom_ribbon(alpha=0.18 if grouped else 0.8, color="none", **fixed)] if band else []),
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
