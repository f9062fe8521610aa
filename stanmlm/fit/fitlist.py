"""A fit a group, under the names of the groups."""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from dataclasses import dataclass, field

from stanmlm.base.errors import DataError, did_you_mean
from stanmlm.fit.fit import Fit


@dataclass(frozen=True)
class FitList:
    """What `lmList` returns: a mapping of levels to fits, which `coef`, `fixef`, `confint` and `summary` read."""

    formula: str
    group: str
    fits: Mapping[str, Fit]  # by level, in the order of the data's levels
    inestimable: Mapping[str, str]  # levels whose likelihood has no maximum or cannot tell coefficients apart, and why
    failed: Mapping[str, str] = field(default_factory=dict)  # levels without a fit, and why

    def __getitem__(self, level: object) -> Fit:
        """The fit of a level; a number stands for its label."""
        name = str(level)
        if name in self.failed:
            raise DataError(f"level `{name}` of `{self.group}` could not be fitted: {self.failed[name]}")
        if name not in self.fits:
            raise DataError(f"`{self.group}` has no level `{name}`{did_you_mean(name, self.fits)}")
        return self.fits[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.fits)

    def __len__(self) -> int:
        return len(self.fits)

    def __contains__(self, level: object) -> bool:
        return str(level) in self.fits

    def keys(self) -> KeysView[str]:
        """The levels that have a fit."""
        return self.fits.keys()

    def values(self) -> ValuesView[Fit]:
        """The fits."""
        return self.fits.values()

    def items(self) -> ItemsView[str, Fit]:
        """Levels and fits."""
        return self.fits.items()

    def __repr__(self) -> str:
        from stanmlm.fit.lmlist import coefficients

        return f"lmList: {self.formula} | {self.group}\n{coefficients(self).round(4).to_string(na_rep='NA')}"
