"""Fits the words of a drawn plotnine figure into it, by their measured widths: titles, axes, strips, legends, names.

Titles, captions, axis titles, strips and legends break into lines; names at an axis break or turn, and ticks that would
still touch stay without their label; names within a panel end with it. All of it happens after plotnine has set the
fonts and before it writes the file, so that a figure of any size and theme fits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from stanmlm.plots.frames import spread
from stanmlm.plots.words import broken, shortened, told_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

SAFE = 0.97  # of the room: other backends (PDF) measure a little differently
TITLES = {"plot_title": 0.18, "plot_subtitle": 0.14, "plot_caption": 0.22}  # of the height, that they may take
LINE = 1.35  # heights of a font, from line to line
LOWER, NARROWER = 0.8, 0.92  # of the height and width of the panels, that is there when all words are fitted
LEGEND = 0.3  # of the width of the figure, that the words of a legend may take
NAMES = 0.42  # of the width, that names down the side may take
FEET = 0.35  # of the height, that names that were turned may take
STRIP = 0.3  # of the width, that strips beside the panels may take when they are not turned
STRIP_LINES, NAME_LINES = 4, 3
NARROW = 12  # letters, less than which there are no two lines
APART = 0.35  # of a text's height, between two of them
MATHS = ("$y$", "$y_{rep}$", "$T(y)$", "$T(y_{rep})$")  # with which our own formulas start


@dataclass(frozen=True)
class Canvas:
    """A figure that is being fitted."""

    theme: Any  # plotnine's, which knows the plot and its artists
    figure: Any
    renderer: Any
    box: "Bbox"  # inside the margins, in pixels

    def width(self, text: "Text") -> Callable[[str], float]:
        """What measures a line in the font of `text`, in pixels."""
        from matplotlib.cbook import is_math_text

        font = text.get_fontproperties()

        def measured(line: str) -> float:
            maths = bool(text.get_parse_math() and is_math_text(line))
            return float(self.renderer.get_text_width_height_descent(line or " ", font, maths)[0])

        return measured

    def size(self, text: "Text") -> tuple[float, float]:
        """Width and height of what `text` covers, in pixels."""
        box = text.get_window_extent(self.renderer)
        return float(box.width), float(box.height)


def fit_words(theme: object) -> None:
    """Fit the words of the plot that a plotnine theme has just been applied to."""
    canvas = _canvas(theme)
    titles = {name: getattr(canvas.theme.targets, name) for name in ("axis_title_x", "axis_title_y")}
    says = {name: title.get_text() for name, title in titles.items() if title is not None}
    _literal(canvas)
    _titles(canvas, canvas.box.width)
    _legends(canvas)
    _names_beside(canvas)
    _strips_beside(canvas)
    _lay_out(canvas)
    _titles_of_panels(canvas)
    _axis_titles(canvas)
    _strips(canvas)
    _feet(canvas)
    _lay_out(canvas)
    _axis_titles_again(canvas, says)
    _ticks_beside(canvas)
    _names_within(canvas)


def _canvas(theme: Any) -> Canvas:
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.transforms import Bbox

    figure, whole = theme.figure, theme.plot._gridspec.bbox
    renderer = RendererAgg(figure.bbox.width, figure.bbox.height, figure.dpi)  # type: ignore[no-untyped-call]
    across = figure.bbox.width
    left, right, top, bottom = (
        across * (theme.getp(f"plot_margin_{side}") or 0.0) for side in ("left", "right", "top", "bottom")
    )
    box = Bbox.from_extents(whole.x0 + left, whole.y0 + bottom, whole.x1 - right, whole.y1 - top)
    return Canvas(theme, figure, renderer, box)


def _lay_out(canvas: Canvas) -> None:
    """Put the panels where they will stand with the words as they are."""
    from plotnine._mpl.layout_manager import PlotnineLayoutEngine

    PlotnineLayoutEngine(canvas.theme.plot).execute(canvas.figure)


def _axes(canvas: Canvas) -> "list[Axes]":
    return list(canvas.theme.axs)


def _texts_of_legends(canvas: Canvas) -> "list[Text]":
    from matplotlib.text import Text

    legends = canvas.theme.targets.legends
    boxes = [] if legends is None else [*legends.boxes]
    return [cast("Text", text) for box in boxes for text in box.findobj(Text)]


def _literal(canvas: Canvas) -> None:
    """Names of the data are no formulas, even where they have two dollars."""
    targets = canvas.theme.targets
    ticks = [label for ax in _axes(canvas) for axis in (ax.xaxis, ax.yaxis) for label in axis.get_ticklabels()]
    within = [text for ax in _axes(canvas) for text in ax.texts]
    for text in [*targets.strip_text_x, *targets.strip_text_y, *ticks, *within, *_texts_of_legends(canvas)]:
        text.set_parse_math(text.get_text().startswith(MATHS))


def _break(canvas: Canvas, text: "Text | None", room: float, lines: int | None = None) -> None:
    if text is not None and text.get_text():
        text.set_text(broken(text.get_text(), SAFE * room, canvas.width(text), lines))


def _titles(canvas: Canvas, room: float, position: str = "") -> None:
    """Titles and caption, all of them or those at one position, in lines of that length, as many as leave a figure."""
    for name, share in TITLES.items():
        of = "plot_caption" if name == "plot_caption" else "plot_title"
        text = getattr(canvas.theme.targets, name)
        if text is not None and (not position or canvas.theme.getp(f"{of}_position", "panel") == position):
            line = LINE * text.get_fontsize() * canvas.figure.dpi / 72
            _break(canvas, text, room, max(1, int(share * canvas.box.height / line)))


def _titles_of_panels(canvas: Canvas) -> None:
    """Titles that start with the panels, as in plotnine's own themes, have less room."""
    _titles(canvas, _span(canvas)[0], "panel")


def _span(canvas: Canvas) -> tuple[float, float]:
    """Width and height of all panels together, in pixels."""
    boxes = [ax.get_window_extent() for ax in _axes(canvas)]
    return (
        max(box.x1 for box in boxes) - min(box.x0 for box in boxes),
        max(box.y1 for box in boxes) - min(box.y0 for box in boxes),
    )


def _legends(canvas: Canvas) -> None:
    for text in _texts_of_legends(canvas):
        text.set_multialignment("left")
        _break(canvas, text, LEGEND * canvas.box.width, NAME_LINES)


def _axis_titles(canvas: Canvas) -> None:
    """The title below the panels, and that beside them as it would stand with what is there now."""
    _break(canvas, canvas.theme.targets.axis_title_x, _span(canvas)[0], NAME_LINES)
    title = canvas.theme.targets.axis_title_y
    if title is not None and not _turned(title):
        _break(canvas, title, STRIP * canvas.box.width, NAME_LINES)
    elif title is not None:
        _break(canvas, title, LOWER * _span(canvas)[1], NAME_LINES)


def _axis_titles_again(canvas: Canvas, says: Mapping[str, str]) -> None:
    """Titles of axes from their first words, now that the size of the panels is known."""
    for name, words in says.items():
        title = getattr(canvas.theme.targets, name)
        side = int(_turned(title))
        if side or name == "axis_title_x":
            title.set_text(words)
            _break(canvas, title, _span(canvas)[side], NAME_LINES)


def _strips(canvas: Canvas) -> None:
    targets = canvas.theme.targets
    for strip in targets.strip_text_x:
        _strip(canvas, strip, NARROWER * strip.draw_info.ax.get_window_extent().width)
    for strip in targets.strip_text_y:
        if _turned(strip):
            _strip(canvas, strip, LOWER * strip.draw_info.ax.get_window_extent().height)


def _strips_beside(canvas: Canvas) -> None:
    """Strips that are read as they stand, right of the panels."""
    for strip in canvas.theme.targets.strip_text_y:
        if not _turned(strip):
            strip.set_multialignment(cast("Any", strip.get_horizontalalignment()))
            _strip(canvas, strip, STRIP * canvas.box.width)


def _turned(text: "Text") -> bool:
    return bool(text.get_rotation() % 180 == 90)


def _strip(canvas: Canvas, strip: "Text", room: float) -> None:
    before = strip.get_text()
    _break(canvas, strip, room, STRIP_LINES)
    if strip.get_text() != before:
        strip.set_verticalalignment("center")


# Ticks


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


def _names_beside(canvas: Canvas) -> None:
    """Names down the side that would leave no room for the panels are shortened."""
    room = SAFE * NAMES * canvas.box.width
    for ax in _axes(canvas):
        named = [(place, label) for place, label in _shown(ax.yaxis) if not _is_number(label.get_text())]
        if named:
            texts = told_apart([label.get_text() for _, label in named], room, canvas.width(named[0][1]))
            _relabel(ax.yaxis, dict(zip([place for place, _ in named], texts, strict=True)))


def _feet(canvas: Canvas) -> None:
    """Labels below the panels: names break, or turn; numbers at an edge move inside; then some stay away."""
    for ax in _axes(canvas):
        if not (shown := _shown(ax.xaxis)):
            continue
        pixels = ax.transData.transform([(place, 0) for place, _ in shown])[:, 0]
        if not all(_is_number(label.get_text()) for _, label in shown):
            _fit_names(canvas, ax, shown, pixels)
        _thin(canvas, ax.xaxis, pixels, 0, _neighbours(canvas, ax, 0))


def _neighbours(canvas: Canvas, ax: "Axes", along: int) -> tuple[float, float]:
    """How far labels of a panel may reach along x (0) or y (1): half way to the next one, or the edge of the figure."""
    own, edges = _sides(ax.get_window_extent()), _sides(canvas.box)
    across = 1 - along
    others = [_sides(each.get_window_extent()) for each in _axes(canvas)]
    level = [box for box in others if box[across][0] < own[across][1] and box[across][1] > own[across][0]]
    low, high = own[along]
    before = [box[along][1] for box in level if box[along][1] <= low + 1]
    after = [box[along][0] for box in level if box[along][0] >= high - 1]
    return (
        (max(before) + low) / 2 if before else edges[along][0],
        (min(after) + high) / 2 if after else edges[along][1],
    )


def _sides(box: Any) -> tuple[tuple[float, float], tuple[float, float]]:
    """From where to where a box reaches along x, and along y."""
    return (box.x0, box.x1), (box.y0, box.y1)


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
        reach, tall = size[side] / 2, max(tall, size[0] if _turned(label) else _line_height(canvas, label))
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


def _ticks_beside(canvas: Canvas) -> None:
    for ax in _axes(canvas):
        if shown := _shown(ax.yaxis):
            pixels = ax.transData.transform([(0, place) for place, _ in shown])[:, 1]
            _thin(canvas, ax.yaxis, pixels, 1, _neighbours(canvas, ax, 1))


def _names_within(canvas: Canvas) -> None:
    """Names end at the edge of their panel, and those that start at one place keep apart."""
    for ax in _axes(canvas):
        panel = ax.get_window_extent()
        for text in ax.texts:
            _end_inside(canvas, text, panel)
        columns: dict[float, list[Text]] = {}
        for text in ax.texts:
            if text.get_horizontalalignment() == "left":
                columns.setdefault(round(float(text.get_window_extent(canvas.renderer).x0), 1), []).append(text)
        for texts in columns.values():
            _keep_apart(canvas, ax, texts)


def _end_inside(canvas: Canvas, text: "Text", panel: "Bbox") -> None:
    box = text.get_window_extent(canvas.renderer)
    middle, side = (box.x0 + box.x1) / 2, text.get_horizontalalignment()
    room = {"left": panel.x1 - box.x0, "right": box.x1 - panel.x0}.get(
        side, 2 * min(panel.x1 - middle, middle - panel.x0)
    )
    if box.width > room > 0:
        # Names on a ground of their own stand in rows, and words would have to break in a narrow panel: one line.
        one = text.get_bbox_patch() is not None or canvas.width(text)("n" * NARROW) > room
        fit = shortened if one else partial(broken, lines=2)
        text.set_text(fit(text.get_text(), SAFE * room, canvas.width(text)))


def _keep_apart(canvas: Canvas, ax: "Axes", texts: "list[Text]") -> None:
    boxes = [text.get_window_extent(canvas.renderer) for text in texts]
    gap = max(box.height for box in boxes)
    middles = np.array([(box.y0 + box.y1) / 2 for box in boxes])
    moved = spread(middles, gap)
    panel = ax.get_window_extent()
    if len(texts) * gap < panel.height:
        moved += max(0.0, panel.y0 + gap / 2 - moved.min()) - max(0.0, moved.max() - panel.y1 + gap / 2)
    for text, off in zip(texts, moved - middles, strict=True):
        if abs(off) > 1e-6:
            x, y = text.get_transform().transform(text.get_position())
            text.set_position(tuple(text.get_transform().inverted().transform((x, y + off))))
