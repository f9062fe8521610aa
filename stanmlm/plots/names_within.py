"""Names within panels, fitted: they end at the edge, and keep apart."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from stanmlm.plots.canvas import SAFE, Canvas, axes_of
from stanmlm.plots.frames import spread_apart
from stanmlm.plots.words import broken, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

NARROW = 12  # letters, less than which there are no two lines


def fit_names_within(canvas: Canvas) -> None:
    """Names end at the edge of their panel, and those that start at one place keep apart."""
    for ax in axes_of(canvas):
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
    moved = spread_apart(middles, gap)
    panel = ax.get_window_extent()
    if len(texts) * gap < panel.height:
        moved += max(0.0, panel.y0 + gap / 2 - moved.min()) - max(0.0, moved.max() - panel.y1 + gap / 2)
    for text, off in zip(texts, moved - middles, strict=True):
        if abs(off) > 1e-6:
            x, y = text.get_transform().transform(text.get_position())
            text.set_position(tuple(text.get_transform().inverted().transform((x, y + off))))
