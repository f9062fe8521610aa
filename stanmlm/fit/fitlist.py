"""A fit a group, under the names of the groups."""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stanmlm.base.errors import DataError, did_you_mean
from stanmlm.base.layout import html_table
from stanmlm.fit.draws import coefficient_means
from stanmlm.fit.fit import Fit
from stanmlm.fit.reasons import reasons
from stanmlm.fit.tidy_table import COLUMNS, DEFAULT, tidy_table


@dataclass(frozen=True)
class FitList:
    """What `lmList` and `fits` return: a mapping of levels to fits, which `coef`, `confint`, `tidy` and `summary` read.

    Attributes
    ----------
    formula
        Without the factor.
    group
        The factor.
    fits
        By level, in the order of the data's levels.
    inestimable
        Of `lmList`, levels whose likelihood has no maximum or cannot tell coefficients apart, and why.
    failed
        Levels without a fit, and why.
    verb
        Who made it, `lmList` or `fits`.

    Examples
    --------
    >>> from stanmlm import fixef, lmList, simulate_exams
    >>> fits = lmList("score ~ hours | exam", simulate_exams(seed=1), seed=1, iter=500)
    >>> fixef(fits["2"]).index.tolist(), dict(fits.failed)
    (['(Intercept)', 'hours'], {})
    """

    formula: str
    group: str
    fits: Mapping[str, Fit]  # by level, in the order of the data's levels
    inestimable: Mapping[str, str]  # levels whose likelihood has no maximum or cannot tell coefficients apart, and why
    failed: Mapping[str, str] = field(default_factory=dict)  # levels without a fit, and why
    verb: str = "lmList"  # who made it

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
        table = self.estimable_means().round(4).to_string(na_rep="NA")
        return "\n".join([self.title, table, *self.notes])

    def _repr_html_(self) -> str:
        return html_table(self.estimable_means(), self.title, "; ".join(self.notes))

    @property
    def title(self) -> str:
        """Who made it of what, as one line."""
        between = "|" if self.verb == "lmList" else "by"
        return f"{self.verb}: {self.formula} {between} {self.group}"

    @property
    def notes(self) -> list[str]:
        """Lines about levels that could not be fitted, and about those that have an NA for another reason."""
        apart = {level: why for level, why in self.inestimable.items() if level in self.fits}
        return [
            *(f"Not fitted: {text}" for text in reasons(self.failed)),
            *(f"Not estimable without a prior: {text}" for text in reasons(apart)),
        ]

    def to_frame(self) -> pd.DataFrame:
        """The rows of `tidy` of every fit, the level in the first column; `coef` has a row a level."""
        return self.tidied()

    def tidied(
        self,
        effects: Sequence[str] | str = DEFAULT,
        conf_int: bool = True,
        conf_level: float = 0.95,
        exponentiate: bool = False,
        component: Sequence[str] | str | None = None,
        checks: Sequence[str] = (),
    ) -> pd.DataFrame:
        """`tidy` of every fit, the level in the first column, whose name is `by.factor` where tidy has one of its name.

        Parameters
        ----------
        effects, conf_int, conf_level, exponentiate, component
            Those of `tidy`; components are all where None.
        checks
            One or both of "rhat" and "ess".

        Returns
        -------
        pandas.DataFrame
            The tables of all below each other.
        """
        parts = {
            level: tidy_table(fit, effects, conf_int, conf_level, exponentiate, component, checks)
            for level, fit in self.fits.items()
        }
        name = f"by.{self.group}" if self.group in COLUMNS else self.group
        return pd.concat(parts, names=[name]).reset_index(level=0).reset_index(drop=True)

    def means(self, add_dropped: bool) -> pd.DataFrame:
        """Posterior means, a row a level; NaN where a level has no such coefficient or no fit.

        Parameters
        ----------
        add_dropped
            Whether columns that a level's design cannot tell apart are there, as NaN.

        Returns
        -------
        pandas.DataFrame
            A column a coefficient.
        """
        by_level = {level: coefficient_means(fit, add_dropped) for level, fit in self.fits.items()}
        names = dict.fromkeys(name for means in by_level.values() for name in means.index)
        return pd.DataFrame(by_level).T.reindex(index=[*self.fits, *self.failed], columns=list(names))

    def estimable_means(self) -> pd.DataFrame:
        """The same, NaN too where maximum likelihood has no estimate."""
        table = self.means(add_dropped=True)
        table.loc[list(self.inestimable)] = np.nan
        return table
