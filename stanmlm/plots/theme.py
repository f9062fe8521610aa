"""One look for all figures: quiet axes, colours that colour-blind readers can tell apart, fonts that are there.

One blue, bayesplot's, is all that a model says: intervals, densities, curves, replicates, light where it is less sure.
Orange is what stands against it: priors, divergent transitions. Groups, chains and levels side by side have Okabe and
Ito's colours, which colour-blind readers tell apart and which start with that orange; grey is what stays behind. No
figure has colours of its own, so that a colour means the same on every page.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plotnine import theme

FONTS = ("Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "DejaVu Sans")  # matplotlib brings the last
HIGHLIGHTS = ("#D55E00", "#009E73", "#0072B2", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito (2008)
ACCENT = HIGHLIGHTS[0]
REPUBLICAN, DEMOCRAT = "#C0392B", "#2166AC"
# bayesplot's default scheme, "blue".
LIGHT, LIGHT_EDGE, MID, MID_EDGE, DARK, DARK_EDGE = "#d1e1ec", "#b3cde0", "#6497b1", "#005b96", "#03396c", "#011f4b"
INK, QUIET, BEHIND, FAINT, GRID = "#222222", "#6E6E6E", "#9A9A9A", "#BDBDBD", "#EBEBEB"


@cache
def font() -> str:
    """The first of our fonts that this machine has."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return next((name for name in FONTS if name in installed), "DejaVu Sans")


def theme_paper(size: float = 9) -> "theme":
    """A theme for print: no grid but faint lines across, strips without boxes, captions to the left.

    Parameters
    ----------
    size : float
        Points of ordinary text.

    Returns
    -------
    plotnine.theme

    Examples
    --------
    >>> theme_paper(10) is not theme_paper(10)
    True
    """
    from plotnine import element_blank, element_line, element_rect, element_text, theme, theme_bw

    return theme_bw(base_size=size, base_family=font()) + theme(
        text=element_text(color=INK),
        panel_grid_minor=element_blank(),
        panel_grid_major_x=element_blank(),
        panel_grid_major_y=element_line(color=GRID, size=0.4),
        panel_border=element_rect(color=QUIET, size=0.5),
        panel_spacing=0.03,
        axis_ticks=element_line(color=QUIET, size=0.4),
        axis_ticks_minor=element_blank(),
        axis_text=element_text(color=INK, size=size - 1),
        strip_background=element_rect(fill="none", color="none"),
        strip_text=element_text(size=size, weight="bold"),
        plot_title=element_text(size=size + 3, weight="bold", ha="left", margin={"b": 4}),
        plot_subtitle=element_text(size=size, color=QUIET, ha="left", margin={"b": 6}),
        plot_caption=element_text(size=size - 2, color=QUIET, ha="left", linespacing=1.35, margin={"t": 8}),
        plot_title_position="plot",
        plot_caption_position="plot",
        legend_position="none",
    )


def theme_rows(size: float = 9) -> "theme":
    """`theme_paper` for figures of rows: faint lines at the ticks of the horizontal axis, none across.

    Examples
    --------
    >>> theme_rows(10) is not theme_rows(10)
    True
    """
    from plotnine import element_blank, element_line, theme

    return theme_paper(size) + theme(
        panel_grid_major_y=element_blank(),
        panel_grid_major_x=element_line(color=GRID, size=0.4),
        axis_ticks_major_y=element_blank(),
    )


def colours(number: int) -> list[str]:
    """So many colours, that colour-blind readers can tell apart where there are few; else along viridis.

    Examples
    --------
    >>> colours(2), len(set(colours(85)))
    (['#D55E00', '#009E73'], 85)
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    if number <= len(HIGHLIGHTS):
        return list(HIGHLIGHTS[:number])
    return [to_hex(colormaps["viridis"](k / (number - 1))) for k in range(number)]


def caption(sentences: tuple[str, ...]) -> str:
    """Sentences as one caption, each with its full stop; a figure breaks it into lines when it is drawn.

    Examples
    --------
    >>> caption(("One", "", "Two."))
    'One. Two.'
    """
    return " ".join(sentence.rstrip(".") + "." for sentence in sentences if sentence)
