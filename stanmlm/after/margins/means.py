"""Marginal means with their draws: what `emmeans`, `contrast`, `pairs`, `emtrends` and `regrid` give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from stanmlm.after.margins.grid import Grid, drawn_on_grid
from stanmlm.after.margins.means_text import means_text
from stanmlm.after.margins.nests import Nests, is_shown, nests_text
from stanmlm.after.margins.scales import NONE, Transformed, require_way_back
from stanmlm.after.predict.estimates import columns_beside
from stanmlm.base.arrays import Bools, Floats
from stanmlm.base.errors import OptionError, check_probability, did_you_mean
from stanmlm.base.layout import html_text

SIMPLE = "simple contrasts for "  # R's names of the tables of `simple="each"`
INTERVAL = ("lower.HPD", "upper.HPD")
# emmeans's words for the scale that results are shown on.
TYPES: Mapping[str, str] = {
    **dict.fromkeys(("link", "lp", "linear.predictor", "linear"), "link"),
    **dict.fromkeys(("response", "mu", "unlink"), "response"),
}


@dataclass(frozen=True)
class MarginalMeans:
    """Linear functions of parameters at some values of variables, with draws; prints as emmeans's table.

    Attributes
    ----------
    grid
        Values of variables, a row a linear function, and its coefficients.
    beta
        Draws of the parameters, (draws, P).
    columns
        What these are called, P.
    scale
        The link or transformation of the response, by which `type="response"` goes back.
    estimate
        What an estimate is called: "emmean", "estimate", "hours.trend".
    by
        Variables whose combinations have tables, and groups of contrasts, of their own.
    averaged
        Variables that are averaged over.
    partly
        Whether some rows are averages over other levels than the rest.
    nests
        Factors within factors.
    type
        "link" or "response".
    level
        Posterior probability of the intervals, highest density.
    notes
        What prints below the table.
    terms
        Of the model, by the names of their variables.
    trend
        The variable that slopes are along.
    linfct
        Coefficients of the linear functions, a data frame.
    shown
        Which rows are no empty nests.
    draws
        Of what is shown, (draws, rows), on the scale of `type`.
    frame
        Values of variables, the posterior median under its name, `lower.HPD` and `upper.HPD`.

    Examples
    --------
    >>> from stanmlm import emmeans, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> found = emmeans(fit, "hours", at={"hours": [0, 1]})
    >>> found.frame.columns.tolist(), found.draws.shape
    (['hours', 'emmean', 'lower.HPD', 'upper.HPD'], (4000, 2))
    """

    grid: Grid
    beta: Floats  # (draws, P) of the parameters
    columns: tuple[str, ...]  # P, what these are called
    scale: Transformed = NONE
    estimate: str = "prediction"  # "emmean", "estimate", "age.trend"
    by: tuple[str, ...] = ()  # variables whose combinations are tables, and groups of contrasts, of their own
    averaged: tuple[str, ...] = ()
    partly: bool = False  # whether some rows are averages over other levels than the rest
    nests: Nests = field(default_factory=dict)
    type: str = "link"
    level: float = 0.95  # of the intervals
    notes: tuple[str, ...] = ()  # what prints first of all lines
    terms: tuple[tuple[str, ...], ...] = ()  # of the model, by the names of their variables
    trend: tuple[str, ...] = ()  # the variable that slopes are along

    @property
    def linfct(self) -> pd.DataFrame:
        """The coefficients of the linear functions, a row each."""
        return pd.DataFrame(self.grid.linfct, columns=list(self.columns))

    @property
    def shown(self) -> Bools:
        """(R,) the rows that are no empty nests."""
        inner = [name for name in self.nests if name in self.grid.levels]
        return is_shown(self.grid, inner, self.nests)

    @property
    def draws(self) -> Floats:
        """Draws of what is shown, (draws, rows), on the scale of `type`."""
        values = drawn_on_grid(self.grid, self.beta)[:, self.shown]
        return require_way_back(self.scale)(values) if self._goes_back else values

    @property
    def frame(self) -> pd.DataFrame:
        """The values of variables, the posterior median under its name, `lower.HPD` and `upper.HPD`."""
        labels = _labels(self)[self.shown].reset_index(drop=True)
        return labels.assign(**dict(zip(self._numbers, _summary(self.draws, self.level), strict=True)))

    @property
    def _goes_back(self) -> bool:
        return self.type == "response" and not self.scale.is_none

    @property
    def _numbers(self) -> list[str]:
        name = self.scale.label if self._goes_back else self.estimate
        return list(columns_beside((name, *INTERVAL), self.grid.rows.columns).values())

    def to_frame(self) -> pd.DataFrame:
        """`frame`."""
        return self.frame

    def __repr__(self) -> str:
        return means_text(self.frame, self._numbers, self.by, notes_of(self))

    def _repr_html_(self) -> str:
        return html_text(repr(self))


@dataclass(frozen=True)
class MeansAndContrasts:
    """Marginal means beside contrasts of them, as `emmeans(fit, "pairwise ~ f")` gives them.

    Attributes
    ----------
    emmeans
        The means.
    contrasts
        Contrasts of these.

    Examples
    --------
    >>> from stanmlm import emmeans, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> found = emmeans(fit, "pairwise ~ hours", at={"hours": [0, 1]})
    >>> len(found.emmeans.frame), len(found.contrasts.frame)
    (2, 1)
    """

    emmeans: MarginalMeans
    contrasts: MarginalMeans

    def to_frame(self) -> pd.DataFrame:
        """The rows of both, told apart by the column `part`; each has columns that the other lacks."""
        parts = {"emmeans": self.emmeans, "contrasts": self.contrasts}
        frames = [found.frame.assign(part=name) for name, found in parts.items()]
        stacked = pd.concat(frames, ignore_index=True)
        return stacked[["part", *(name for name in stacked.columns if name != "part")]]

    def __repr__(self) -> str:
        return f"$emmeans\n{self.emmeans!r}\n\n$contrasts\n{self.contrasts!r}"

    def _repr_html_(self) -> str:
        return html_text(repr(self))


@dataclass(frozen=True)
class SimpleContrasts:
    """Contrasts of one factor after the other within all others, as `pairs(means, simple="each")` gives them.

    Attributes
    ----------
    tables
        By name, `"simple contrasts for f"` as R has it.

    Examples
    --------
    >>> from stanmlm import emmeans, lmer, pairs, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> found = pairs(emmeans(fit, "hours", at={"hours": [0, 1]}), simple="each")
    >>> list(found.tables), len(found["hours"].frame)
    (['simple contrasts for hours'], 1)
    """

    tables: Mapping[str, MarginalMeans]

    def __getitem__(self, factor: str) -> MarginalMeans:
        """The contrasts of a factor, by its name or by R's."""
        name = factor if factor in self.tables else f"{SIMPLE}{factor}"
        if name not in self.tables:
            raise OptionError(f"there are no simple contrasts for `{factor}`" + did_you_mean(name, self.tables))
        return self.tables[name]

    def to_frame(self) -> pd.DataFrame:
        """The rows of all, told apart by the column `simple`; each has columns that others lack."""
        frames = [one.frame.assign(simple=name.removeprefix(SIMPLE)) for name, one in self.tables.items()]
        stacked = pd.concat(frames, ignore_index=True)
        return stacked[["simple", *(name for name in stacked.columns if name != "simple")]]

    def __repr__(self) -> str:
        return "\n\n".join(f"$`{name}`\n{one!r}" for name, one in self.tables.items())

    def _repr_html_(self) -> str:
        return html_text(repr(self))


def notes_of(means: MarginalMeans) -> list[str]:
    """What emmeans prints under a table of draws."""
    which = "some or all of the levels" if means.partly else "the levels"
    over = [f"Results are averaged over {which} of: {', '.join(means.averaged)}"] if means.averaged else []
    lines = [*over, *means.notes, "Point estimate displayed: median"]
    if means.type == "response" and not means.scale.is_none:
        lines.append(f"Results are back-transformed from the {means.scale.name} scale")
    elif not means.scale.is_none:
        lines.append(f"Results are given on the {means.scale.name} (not the response) scale.")
    return [*lines, f"HPD interval probability: {means.level:g}"]


def nesting_note(nests: Nests) -> tuple[str, ...]:
    """What emmeans says where it has found factors within factors."""
    return (f"A nesting structure was detected in the fitted model: {nests_text(nests)}",) if nests else ()


def shown_as(means: MarginalMeans, type: str | None, level: float | None) -> MarginalMeans:
    """The same means on another scale or with other intervals; None leaves what there is."""
    if type is not None and type not in TYPES:
        raise OptionError(f"type is `{type}`" + did_you_mean(type, TYPES))
    if level is not None:
        check_probability("level", level)
    made = replace(means, type=TYPES[type] if type else means.type, level=level or means.level)
    if made.type == "response" and not made.scale.is_none:
        require_way_back(made.scale)
    return made


def _labels(means: MarginalMeans) -> pd.DataFrame:
    """What rows are of; back on the scale of a response a difference of logarithms is a ratio."""
    rows = means.grid.rows
    if means.type != "response" or not means.scale.compares:
        return rows
    texts = {
        str(name): rows[name].str.replace(" - ", " / ", regex=False) for name in rows if rows[name].dtype == object
    }
    return rows.assign(**texts)


def _summary(draws: Floats, level: float) -> Sequence[Floats]:
    """Medians and the ends of intervals of highest density, (rows,) each."""
    low, high = hpd(draws, level)
    return np.median(draws, axis=0), low, high


def hpd(draws: Floats, level: float) -> tuple[Floats, Floats]:
    """The shortest intervals that hold a share of the draws, as coda's `HPDinterval`: of each column.

    Examples
    --------
    >>> hpd(np.array([[0.0], [1.0], [1.5], [1.7], [9.0]]), 0.5)
    (array([1.]), array([1.7]))
    """
    ordered = np.sort(draws, axis=0)
    n = len(ordered)
    gap = max(1, min(n - 1, round(n * level)))
    widths = ordered[gap:] - ordered[: n - gap]
    first = np.argmin(np.where(np.isnan(widths), np.inf, widths), axis=0) if n > 1 else np.zeros(draws.shape[1], int)
    columns = np.arange(draws.shape[1])
    return ordered[first, columns], ordered[np.minimum(first + gap, n - 1), columns]
