"""Prior distributions: one row each, and a file of the same name in stan/priors/."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Distribution:
    """A prior distribution as the table knows it."""

    name: str
    arguments: tuple[str, ...]  # Stan's names and order
    defaults: tuple[float | None, ...]  # None: must be given
    scale: str  # the argument that autoscaling multiplies ("scale"), or divides ("rate"); "" for none
    classes: tuple[str, ...]  # where it may stand
