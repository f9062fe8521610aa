"""How predictions are asked for: what every verb of them takes, in one record."""

from dataclasses import dataclass

MAX_BYTES = 1_000_000_000  # of a draws-by-rows array


@dataclass(frozen=True)
class Request:
    """Which group effects and draws a prediction is made of, what new levels get, and the memory it may take."""

    re_formula: object = None  # None for all group effects, "NA" for none, or a formula with some of the bars
    draws: int | None = None  # so many, evenly spaced; all where None
    new_levels: str = "draw"  # "draw", "zero" or "error"
    max_bytes: int = MAX_BYTES


USUAL = Request()
