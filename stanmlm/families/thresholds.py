"""Thresholds between categories: an intercept, and numbers that all rows share."""

from collections.abc import Callable
from dataclasses import dataclass

from stanmlm.base.arrays import Floats
from stanmlm.families.links import Link
from stanmlm.families.support import SUPPORTS, Support

THRESHOLDS = "thresholds"  # the name of thresholds in `Theta.shared`


@dataclass(frozen=True)
class Shared:
    """Thresholds between categories, which all rows share.

    The location's intercept, turned around, is the one in the middle, so that all that is done with intercepts is done
    with thresholds; what is sampled beside it are numbers that the others are sums of.
    """

    name: str  # as users write it: "flexible", "equidistant", "free"
    number: str  # what the numbers are in Stan; a parameter of the user's, too, where `told`
    words: str
    link: Link  # on whose scale a pilot moves them
    support: str  # of each number, a key of SUPPORTS
    sums: Callable[[int], Floats]  # (T, G): T thresholds, counted from the middle one, as sums of G numbers
    told: bool = False  # few numbers say more than thresholds
    priors: int | None = None  # how many thresholds, from the first on, take a prior; all where None

    @property
    def within(self) -> Support:
        """Where the numbers may lie."""
        return SUPPORTS[self.support]


def middle(thresholds: int) -> int:
    """The place of the threshold that the location's intercept is."""
    return (thresholds - 1) // 2
