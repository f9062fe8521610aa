"""What several figures share: words around them, panels, colours of highlights, checks of frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING

import pandas as pd

from stanmlm.base.errors import DataError, did_you_mean
from stanmlm.data.factors import level_texts
from stanmlm.plots.theme import HIGHLIGHTS

if TYPE_CHECKING:
    from plotnine import facet_grid, labs, scale_x_continuous, scale_x_log10


Highlight = Sequence[object] | str | float


@dataclass(frozen=True)
class Words:
    """What stands around a figure."""

    title: str = ""
    subtitle: str = ""
    x: str = ""
    y: str = ""
    caption: str = ""


NO_WORDS = Words()


def captioned(words: Words, caption: str) -> Words:
    """The words with a caption where they have none."""
    return words if words.caption else replace(words, caption=caption)


def labels_of(words: Words, x: str, y: str) -> "labs":
    """The words as plotnine takes them; axes without words carry their columns' names."""
    from plotnine import labs

    optional = {"title": words.title, "subtitle": words.subtitle, "caption": words.caption}
    return labs(x=words.x or x, y=words.y or y, **{part: text for part, text in optional.items() if text})


def facet_panels(rows: str | None, columns: str | None) -> list["facet_grid"]:
    """A grid of panels, or none."""
    from plotnine import facet_grid

    if not (rows or columns):
        return []
    return [facet_grid(rows=[rows] if rows else None, cols=[columns] if columns else None)]


def colours_of(highlight: Sequence[str]) -> dict[str, str]:
    """A colour for each highlighted group."""
    return dict(zip(highlight, HIGHLIGHTS, strict=False))


def only(frame: pd.DataFrame, group: str, highlight: Sequence[str]) -> pd.DataFrame:
    """The rows of the highlighted groups, which become a factor in the order of `highlight`."""
    if group not in frame:
        raise DataError(f"the frame lacks `{group}`" + did_you_mean(group, map(str, frame.columns)))
    texts = level_texts(frame[group])
    chosen = texts.isin(highlight)
    return frame[chosen].assign(**{group: pd.Categorical(texts[chosen], list(highlight))})


def x_scale(log: bool) -> "scale_x_continuous | scale_x_log10":
    """The horizontal axis; a logarithmic one is ticked at round numbers, not at powers."""
    from plotnine import scale_x_continuous, scale_x_log10

    return scale_x_log10(breaks=round_breaks, labels=plain) if log else scale_x_continuous(labels=plain)


def round_breaks(limits: tuple[float, float], number: int = 6) -> list[float]:
    """Round numbers within limits, about so many."""
    from matplotlib.ticker import MaxNLocator

    ticks = MaxNLocator(nbins=number, steps=[1, 2, 5, 10]).tick_values(*limits)
    return [float(tick) for tick in ticks if limits[0] <= tick <= limits[1]]


def names_of_groups(groups: pd.Series, names: Mapping[str, str] | None) -> list[str]:
    """What to call each group."""
    return [(names or {}).get(level, level) for level in level_texts(groups)]


def check_columns(frame: pd.DataFrame, columns: Sequence[str | None]) -> None:
    """Refuse a frame that lacks a column."""
    for column in columns:
        if column and column not in frame.columns:
            hint = did_you_mean(column, map(str, frame.columns))
            raise DataError(f"the frame to be drawn has no column `{column}`{hint}")


def highlighted(frame: pd.DataFrame, group: str, highlight: Highlight) -> tuple[str, ...]:
    """The highlighted groups as text, of what a user gives: no more than there are colours.

    Raises
    ------
    DataError
        For groups that are not in the frame, and for more of them than there are colours.
    """
    asked = named_groups(frame, group, highlight)
    if len(asked) > len(HIGHLIGHTS):
        raise DataError(f"colour tells {len(HIGHLIGHTS)} groups apart; {len(asked)} were to be highlighted")
    return asked


def named_groups(frame: pd.DataFrame, group: str, highlight: Highlight) -> tuple[str, ...]:
    """Groups as text, of what a user gives: names or numbers, several or one.

    Raises
    ------
    DataError
        For groups that are not in the frame.
    """
    several = [highlight] if isinstance(highlight, str | int | float | Real) else list(highlight)
    asked = tuple(level_texts(pd.Series(several, dtype=object, name="highlight"))) if several else ()
    known = set(level_texts(frame[group]))
    for level in asked:
        if level not in known:
            hint = did_you_mean(str(level), sorted(map(str, known)))
            raise DataError(f"`{level}` of `{group}` is not in the frame to be drawn{hint}")
    return asked


def clear_of(
    frame: pd.DataFrame, results: Mapping[str, str], made: Sequence[str] = ()
) -> tuple[pd.DataFrame, Mapping[str, str]]:
    """The frame as a figure reads it, and what the user's columns are called there.

    Results go by their usual names, the user's columns that have those, or names of what the figure makes, by others.

    Parameters
    ----------
    frame
        What is to be drawn.
    results
        What its columns of results are called, by their usual names.
    made
        The columns that the figure makes.

    Examples
    --------
    >>> frame = pd.DataFrame({"estimate": [1], ".estimate": [2], "name": ["a"]})
    >>> clear_of(frame, {"estimate": ".estimate"}, ["name"])[0].columns.tolist()
    ['estimate_', 'estimate', 'name_']
    """
    taken = {name for name, own in results.items() if name != own} | (set(made) & set(frame.columns))
    moved = {name: f"{name}_" for name in frame.columns if name in taken}
    if not moved:
        return frame, {}
    back = {own: name for name, own in results.items()}
    return frame.rename(columns={**back, **moved}), moved


def percents(values: Sequence[float]) -> list[str]:
    """Shares as whole percents."""
    return [f"{100 * value:z.0f}%".replace("-", "−") for value in values]


def plain(values: Sequence[float]) -> list[str]:
    """Numbers as short as they go, with a true minus sign."""
    return [f"{value:g}".replace("-", "−") for value in values]
