"""The labels of ticks, fitted: names break, turn or are shortened, and labels that would touch stay away."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from stanmlm.plots.canvas import SAFE, Canvas, axes_of, is_turned, sides
from stanmlm.plots.words import broken, told_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

NAMES = 0.42  # of the width, that names down the side may take
FEET = 0.35  # of the height, that names that were turned may take
NAME_LINES = 3
APART = 0.35  # of a text's height, between two of them


def _shown(axis: Any) -> "list[tuple[float, Text]]":
    """The places (data) of an axis' major ticks with their labels, where any are shown."""
    ticks = axis.get_major_ticks()
    places = axis.get_majorticklocs()
    low, high = sorted(axis.get_view_interval())
    edge = 1e-9 * (high - low)
    return [
        (float(place), tick.label1)
        for place, tick in zip(places, ticks, strict=False)
        if tick.label1.get_visible() and tick.label1.get_text() and low - edge <= place <= high + edge
    ]


def _relabel(axis: Any, texts: dict[float, str]) -> None:
    """Other texts at some of the ticks; the others keep theirs."""
    places = axis.get_majorticklocs()
    old = [tick.label1.get_text() for tick in axis.get_major_ticks()]
    axis.set_ticks(places, labels=[texts.get(float(place), was) for place, was in zip(places, old, strict=False)])


def _is_number(text: str) -> bool:
    try:
        float(text.replace("−", "-").replace("%", "").replace(",", ""))
    except ValueError:
        return False
    return True


def fit_names_beside(canvas: Canvas) -> None:
    """Names down the side that would leave no room for the panels are shortened."""
    room = SAFE * NAMES * canvas.box.width
    for ax in axes_of(canvas):
        named = [(place, label) for place, label in _shown(ax.yaxis) if not _is_number(label.get_text())]
        if named:
            texts = told_apart([label.get_text() for _, label in named], room, canvas.width(named[0][1]))
            _relabel(ax.yaxis, dict(zip([place for place, _ in named], texts, strict=True)))


def fit_feet(canvas: Canvas) -> None:
    """Labels below the panels: names break, or turn; numbers at an edge move inside; then some stay away."""
    for ax in axes_of(canvas):
        if not (shown := _shown(ax.xaxis)):
            continue
        pixels = ax.transData.transform([(place, 0) for place, _ in shown])[:, 0]
        if not all(_is_number(label.get_text()) for _, label in shown):
            _fit_names(canvas, ax, shown, pixels)
        _thin(canvas, ax.xaxis, pixels, 0, _neighbours(canvas, ax, 0))


def _neighbours(canvas: Canvas, ax: "Axes", along: int) -> tuple[float, float]:
    """How far labels of a panel may reach along x (0) or y (1): half way to the next one, or the edge of the figure."""
    own, edges = sides(ax.get_window_extent()), sides(canvas.box)
    across = 1 - along
    others = [sides(each.get_window_extent()) for each in axes_of(canvas)]
    level = [box for box in others if box[across][0] < own[across][1] and box[across][1] > own[across][0]]
    low, high = own[along]
    before = [box[along][1] for box in level if box[along][1] <= low + 1]
    after = [box[along][0] for box in level if box[along][0] >= high - 1]
    return (
        (max(before) + low) / 2 if before else edges[along][0],
        (min(after) + high) / 2 if after else edges[along][1],
    )


def _fit_names(canvas: Canvas, ax: "Axes", shown: "list[tuple[float, Text]]", pixels: Any) -> None:
    """Names in lines as wide as their slots; where words would have to break, turned by a right angle."""
    slot = float(np.diff(np.sort(pixels)).min()) if len(pixels) > 1 else ax.get_window_extent().width
    room = slot - 0.6 * max(_line_height(canvas, label) for _, label in shown)
    texts = {place: broken(label.get_text(), room, canvas.width(label)) for place, label in shown} if room > 0 else {}
    whole = all(_same_words(label.get_text(), texts.get(place, "")) for place, label in shown)
    if whole and all(text.count("\n") < NAME_LINES for text in texts.values()):
        _relabel(ax.xaxis, texts)
        return
    foot = SAFE * FEET * canvas.box.height
    turned = told_apart([label.get_text() for _, label in shown], foot, canvas.width(shown[0][1]))
    _relabel(ax.xaxis, dict(zip([place for place, _ in shown], turned, strict=True)))
    for _, label in shown:
        label.set(rotation=90, horizontalalignment="center")


def _line_height(canvas: Canvas, text: "Text") -> float:
    """Of a line of a text that stands upright."""
    return canvas.size(text)[1] / (1 + text.get_text().count("\n"))


def _same_words(text: str, lines: str) -> bool:
    return text.split() == lines.split()


def _thin(canvas: Canvas, axis: Any, pixels: Any, side: int, ends: tuple[float, float]) -> None:
    """Leave every second, third, ... label away until none touch; those that reach too far stand inside first."""
    shown = _shown(axis)
    if not shown:
        return
    inward = (("left", "right"), ("bottom", "top"))[side]
    spans, tall = [], 0.0
    for pixel, (_, label) in zip(pixels, shown, strict=True):
        size = (canvas.size(label)[0], label.get_fontsize() * canvas.figure.dpi / 72) if side else canvas.size(label)
        reach, tall = size[side] / 2, max(tall, size[0] if is_turned(label) else _line_height(canvas, label))
        align = 0 if pixel - reach < ends[0] else 1 if pixel + reach > ends[1] else None
        if align is not None:
            label.set(**{("horizontalalignment", "verticalalignment")[side]: inward[align]})
        middle = pixel + (0.0 if align is None else reach if align == 0 else -reach)
        spans.append((middle - reach, middle + reach))
    every = _stride(spans, APART * tall * (1.0 if side == 0 else 0.0))
    if every > 1:
        away = {place: "" for i, (place, _) in enumerate(shown) if i % every}
        _relabel(axis, away)


def _stride(spans: Sequence[tuple[float, float]], gap: float) -> int:
    """The smallest step through the spans, in their order, at which none touch."""
    order = sorted(spans)
    for every in range(1, len(order)):
        some = order[::every]
        if all(low[1] + gap <= high[0] for low, high in pairwise(some)):
            return every
    return max(1, len(order))


def fit_ticks_beside(canvas: Canvas) -> None:
    """Of labels beside the panels as many stay as have room."""
    for ax in axes_of(canvas):
        if shown := _shown(ax.yaxis):
            pixels = ax.transData.transform([(0, place) for place, _ in shown])[:, 1]
            _thin(canvas, ax.yaxis, pixels, 1, _neighbours(canvas, ax, 1))
