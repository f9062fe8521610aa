"""Several panels on one sheet, with the frame that they draw."""

from copy import deepcopy
from typing import Any

import pandas as pd
from plotnine import theme
from plotnine.composition import Stack


class ModelSheet(Stack):  # type: ignore[misc]
    """Rows of panels; `data` is what they draw, as of a ggplot."""

    data: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """What is drawn, a row a mark: its `panel`, and the columns that panels of its kind have."""
        return self.data

    def draw(self, *, show: bool = False) -> Any:
        """As plotnine draws, but as often as one likes, and at its own size from the first panel on."""
        from matplotlib import rc_context

        size = self.last_plot.theme.getp("figure_size")
        drawn = deepcopy(self) & theme(figure_size=size)
        with rc_context({"figure.figsize": size}):
            return super(ModelSheet, drawn).draw(show=show)

    def save(
        self, filename: Any, format: str | None = None, dpi: int | None = None, *,
        width: float | None = None, height: float | None = None, verbose: bool = False,
    ) -> None:  # fmt: skip
        """As a ggplot's: plotnine's own leaves width and height out."""
        now = self.last_plot.theme.getp("figure_size")
        sized = self + theme(figure_size=(width or now[0], height or now[1]))
        super(ModelSheet, sized).save(filename, format, dpi)


def sheet_of(rows: list[Any], data: pd.DataFrame) -> ModelSheet:
    """Panels, or several side by side, below each other."""
    made = ModelSheet(rows)
    made.data = data
    return made
