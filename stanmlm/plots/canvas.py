"""A figure that is being fitted: its panels, its texts and their measures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from stanmlm.plots.words import broken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

SAFE = 0.97  # of the room: other backends (PDF) measure a little differently
LINE = 1.35  # heights of a font, from line to line
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


def canvas_of(theme: Any) -> Canvas:
    """What is there to fit the words of a plot by that has a theme."""
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


def lay_out(canvas: Canvas) -> None:
    """Put the panels where they will stand with the words as they are."""
    from plotnine._mpl.layout_manager import PlotnineLayoutEngine

    PlotnineLayoutEngine(canvas.theme.plot).execute(canvas.figure)


def axes_of(canvas: Canvas) -> "list[Axes]":
    """The panels."""
    return list(canvas.theme.axs)


def texts_of_legends(canvas: Canvas) -> "list[Text]":
    """Titles and entries of all legends."""
    from matplotlib.text import Text

    legends = canvas.theme.targets.legends
    boxes = [] if legends is None else [*legends.boxes]
    return [cast("Text", text) for box in boxes for text in box.findobj(Text)]


def make_literal(canvas: Canvas) -> None:
    """Names of the data are no formulas, even where they have two dollars."""
    targets = canvas.theme.targets
    ticks = [label for ax in axes_of(canvas) for axis in (ax.xaxis, ax.yaxis) for label in axis.get_ticklabels()]
    within = [text for ax in axes_of(canvas) for text in ax.texts]
    for text in [*targets.strip_text_x, *targets.strip_text_y, *ticks, *within, *texts_of_legends(canvas)]:
        text.set_parse_math(text.get_text().startswith(MATHS))


def break_lines(canvas: Canvas, text: "Text | None", room: float, lines: int | None = None) -> None:
    """Break a text into lines that the room has, so many at most."""
    if text is not None and text.get_text():
        text.set_text(broken(text.get_text(), SAFE * room, canvas.width(text), lines))


def span_of(canvas: Canvas) -> tuple[float, float]:
    """Width and height of all panels together, in pixels."""
    boxes = [ax.get_window_extent() for ax in axes_of(canvas)]
    return (
        max(box.x1 for box in boxes) - min(box.x0 for box in boxes),
        max(box.y1 for box in boxes) - min(box.y0 for box in boxes),
    )


def is_turned(text: "Text") -> bool:
    """Whether a text reads upwards or downwards."""
    return bool(text.get_rotation() % 180 == 90)


def sides(box: Any) -> tuple[tuple[float, float], tuple[float, float]]:
    """From where to where a box reaches along x, and along y."""
    return (box.x0, box.x1), (box.y0, box.y1)
