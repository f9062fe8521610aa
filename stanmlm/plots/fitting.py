"""Fits the words of a drawn plotnine figure into it, by their measured widths: titles, axes, strips, legends, names.

Titles, captions, axis titles, strips and legends break into lines; names at an axis break or turn, and ticks that would
still touch stay without their label; names within a panel end with it. All of it happens after plotnine has set the
fonts and before it writes the file, so that a figure of any size and theme fits.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from stanmlm.plots.canvas import (
    LINE,
    Canvas,
    break_lines,
    canvas_of,
    is_turned,
    lay_out,
    make_literal,
    span_of,
    texts_of_legends,
)
from stanmlm.plots.names_within import fit_names_within
from stanmlm.plots.tick_labels import NAME_LINES, fit_feet, fit_names_beside, fit_ticks_beside

if TYPE_CHECKING:
    from matplotlib.text import Text

TITLES = {"plot_title": 0.18, "plot_subtitle": 0.14, "plot_caption": 0.22}  # of the height, that they may take
LOWER, NARROWER = 0.8, 0.92  # of the height and width of the panels, that is there when all words are fitted
LEGEND = 0.3  # of the width of the figure, that the words of a legend may take
STRIP = 0.3  # of the width, that strips beside the panels may take when they are not turned
STRIP_LINES = 4


def fit_words(theme: object) -> None:
    """Fit the words of the plot that a plotnine theme has just been applied to."""
    canvas = canvas_of(theme)
    titles = {name: getattr(canvas.theme.targets, name) for name in ("axis_title_x", "axis_title_y")}
    says = {name: title.get_text() for name, title in titles.items() if title is not None}
    make_literal(canvas)
    _titles(canvas, canvas.box.width)
    _legends(canvas)
    fit_names_beside(canvas)
    _strips_beside(canvas)
    lay_out(canvas)
    _titles_of_panels(canvas)
    _axis_titles(canvas)
    _strips(canvas)
    fit_feet(canvas)
    lay_out(canvas)
    _axis_titles_again(canvas, says)
    fit_ticks_beside(canvas)
    fit_names_within(canvas)


def _titles(canvas: Canvas, room: float, position: str = "") -> None:
    """Titles and caption, all of them or those at one position, in lines of that length, as many as leave a figure."""
    for name, share in TITLES.items():
        of = "plot_caption" if name == "plot_caption" else "plot_title"
        text = getattr(canvas.theme.targets, name)
        if text is not None and (not position or canvas.theme.getp(f"{of}_position", "panel") == position):
            line = LINE * text.get_fontsize() * canvas.figure.dpi / 72
            break_lines(canvas, text, room, max(1, int(share * canvas.box.height / line)))


def _titles_of_panels(canvas: Canvas) -> None:
    """Titles that start with the panels, as in plotnine's own themes, have less room."""
    _titles(canvas, span_of(canvas)[0], "panel")


def _legends(canvas: Canvas) -> None:
    for text in texts_of_legends(canvas):
        text.set_multialignment("left")
        break_lines(canvas, text, LEGEND * canvas.box.width, NAME_LINES)


def _axis_titles(canvas: Canvas) -> None:
    """The title below the panels, and that beside them as it would stand with what is there now."""
    break_lines(canvas, canvas.theme.targets.axis_title_x, span_of(canvas)[0], NAME_LINES)
    title = canvas.theme.targets.axis_title_y
    if title is not None and not is_turned(title):
        break_lines(canvas, title, STRIP * canvas.box.width, NAME_LINES)
    elif title is not None:
        break_lines(canvas, title, LOWER * span_of(canvas)[1], NAME_LINES)


def _axis_titles_again(canvas: Canvas, says: Mapping[str, str]) -> None:
    """Titles of axes from their first words, now that the size of the panels is known."""
    for name, words in says.items():
        title = getattr(canvas.theme.targets, name)
        side = int(is_turned(title))
        if side or name == "axis_title_x":
            title.set_text(words)
            break_lines(canvas, title, span_of(canvas)[side], NAME_LINES)


def _strips(canvas: Canvas) -> None:
    targets = canvas.theme.targets
    for strip in targets.strip_text_x:
        _strip(canvas, strip, NARROWER * strip.draw_info.ax.get_window_extent().width)
    for strip in targets.strip_text_y:
        if is_turned(strip):
            _strip(canvas, strip, LOWER * strip.draw_info.ax.get_window_extent().height)


def _strips_beside(canvas: Canvas) -> None:
    """Strips that are read as they stand, right of the panels."""
    for strip in canvas.theme.targets.strip_text_y:
        if not is_turned(strip):
            strip.set_multialignment(cast("Any", strip.get_horizontalalignment()))
            _strip(canvas, strip, STRIP * canvas.box.width)


def _strip(canvas: Canvas, strip: "Text", room: float) -> None:
    before = strip.get_text()
    break_lines(canvas, strip, room, STRIP_LINES)
    if strip.get_text() != before:
        strip.set_verticalalignment("center")


# Ticks
