"""Figures as files."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plotnine import ggplot

FORMATS = ("png", "pdf")


def save_figure(figure: "ggplot", stem: Path, width: float, height: float, dpi: int = 300) -> tuple[Path, ...]:
    """Write a figure as `stem.png` and `stem.pdf`.

    Parameters
    ----------
    figure : plotnine.ggplot
        The figure.
    stem : Path
        The files' path without its ending; the folder must exist.
    width, height : float
        Inches.
    dpi : int
        Dots an inch.

    Returns
    -------
    tuple of Path
        What was written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from plotnine import ggplot
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = save_figure(ggplot(), Path(folder) / "empty", 2, 2, dpi=50)
    >>> [file.name for file in files]
    ['empty.png', 'empty.pdf']
    """
    files = tuple(stem.with_name(f"{stem.name}.{ending}") for ending in FORMATS)
    import matplotlib

    # TrueType fonts: publishers refuse matplotlib's default, Type 3.
    with matplotlib.rc_context({"pdf.fonttype": 42}):
        for file in files:
            figure.save(file, width=width, height=height, dpi=dpi, verbose=False)
    return files
