"""Models of categories whose calibration is checked: ordered ones, and those with a predictor for each category.

As in `sbc_templates`, what is drawn and simulated here is NumPy's; data without one of the categories are drawn anew,
which a choice by the data alone may do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sbc_templates import DRAWN, FEWER, INVERSE, ONE, PRIORS, SIZES, Made, labels_of_effects
from scipy import special, stats

import stanmlm as sm
from stanmlm import families

ROWS = 100
SPREAD, THRESHOLDS = 0.7, 1.5  # scales of the priors of coefficients and group sds, and of thresholds
ORDERED = ("cumulative", "sratio", "cratio", "acat")
Chances = np.ndarray  # (rows, categories)


@dataclass(frozen=True)
class Categories:
    """One group term, and what a family of categories has beside it."""

    name: str
    family: str
    link: str
    count: int = 4  # of categories
    threshold: str = "flexible"
    disc: bool = False  # its own predictor of x, without an intercept, which thresholds are
    specific: bool = False  # cs(x)
    trials: int = 1
    rows: int = ROWS
    n: int = FEWER
    spread: float = SPREAD  # the scale of all priors: shares next to 0 round to it

    # What no model of these has, and frames and intervals are made by.
    gaussian = offset = weights = False
    terms = (ONE,)

    @property
    def ordered(self) -> bool:
        return self.family in ORDERED

    @property
    def numeric(self) -> bool:
        """Whether means and sds of responses are checked: of the numbers of ordered categories."""
        return self.ordered

    @property
    def columns(self) -> tuple[str, ...]:
        """Of the response: several where a row has a count or a share of each category."""
        several = self.family in ("multinomial", "dirichlet")
        return tuple(f"y{k + 1}" for k in range(self.count)) if several else ("y",)

    @property
    def formula(self) -> str:
        left = f"cbind({', '.join(self.columns)})" if len(self.columns) > 1 else "y"
        added = " | trials(n)" if self.family == "multinomial" else ""
        return f"{left}{added} ~ {'cs(x)' if self.specific else 'x'} + (1 | g)"

    @property
    def dpars(self) -> tuple[str, ...]:
        """The names of the predictors, but for that of the first category."""
        names = self.columns if len(self.columns) > 1 else [f"c{k + 1}" for k in range(self.count)]
        return ("",) if self.ordered else tuple(f"mu{name}" for name in names[1:])


TEMPLATES = {
    each.name: each
    for each in (
        Categories("cumulative", "cumulative", "probit"),
        Categories("cumulative equidistant", "cumulative", "logit", threshold="equidistant"),
        Categories("cumulative disc", "cumulative", "logit", disc=True),
        Categories("sratio", "sratio", "logit"),
        Categories("sratio specific", "sratio", "logit", specific=True),
        Categories("cratio", "cratio", "cloglog"),
        Categories("acat", "acat", "logit"),
        Categories("acat disc", "acat", "logit", disc=True),
        Categories("categorical", "categorical", "logit", 3),
        Categories("multinomial", "multinomial", "logit", 3, trials=4, rows=60),
        Categories("dirichlet", "dirichlet", "logit", 3, rows=60, spread=0.25),
    )
}


def simulate(of: Categories, frame: pd.DataFrame, new: pd.DataFrame, rng: np.random.Generator) -> Made:
    """Parameters from the priors, and responses that show every category."""
    while True:
        made = _ordered(of, frame, new, rng) if of.ordered else _nominal(of, frame, new, rng)
        if len(of.columns) > 1 or made.data["y"].nunique() == of.count:
            return made


def _ordered(of: Categories, frame: pd.DataFrame, new: pd.DataFrame, rng: np.random.Generator) -> Made:
    of_threshold = of.count - 1 if of.specific else 1
    b = of.spread * rng.normal(size=of_threshold)
    effects, true = _effects(of, frame, rng, "")
    delta = rng.exponential()
    if of.threshold == "equidistant":
        cuts = THRESHOLDS * rng.normal() + delta * np.arange(of.count - 1)
        true |= {"delta": delta}
    else:
        cuts = THRESHOLDS * rng.normal(size=of.count - 1)
        cuts = np.sort(cuts) if of.family == "cumulative" else cuts
    if not of.specific:  # whose columns stay as they are, as in brms
        cuts = cuts + frame["x"].mean() * b[0]
    true |= {f"b_Intercept[{k + 1}]": cut for k, cut in enumerate(cuts)}
    true |= {f"b_cs{k + 1}[x]": value for k, value in enumerate(b)} if of.specific else {"b[x]": b[0]}
    slope = SIZES * rng.normal() if of.disc else 0.0
    true |= {"b_disc[x]": slope} if of.disc else {}

    def chances(rows: pd.DataFrame) -> Chances:
        x = rows["x"].to_numpy()[:, None]
        eta = x * b + rows["g"].map(effects).to_numpy()[:, None]
        return CHANCES[of.family](cuts - eta, np.exp(slope * x), INVERSE[of.link])

    y, again, future = (_codes(chances(rows), rng) for rows in (frame, frame, new))
    true["log likelihood"] = np.log(chances(frame)[np.arange(len(frame)), y - 1]).sum()
    true |= {"replicate's mean": again.mean(), "replicate's sd": np.std(again, ddof=1)}
    return Made(frame.assign(y=y), true, future)


def _nominal(of: Categories, frame: pd.DataFrame, new: pd.DataFrame, rng: np.random.Generator) -> Made:
    parts, true = [], {}
    for dpar in of.dpars:
        b = of.spread * rng.normal(size=2)
        b[0] -= frame["x"].mean() * b[1]
        effects, own = _effects(of, frame, rng, f"{dpar}_")
        true |= {f"b_{dpar}[(Intercept)]": b[0], f"b_{dpar}[x]": b[1], **own}
        parts.append((b, effects))
    if of.family == "dirichlet":
        true["phi"] = float(DRAWN["phi"](rng))

    def chances(rows: pd.DataFrame) -> Chances:
        etas = [b[0] + b[1] * rows["x"].to_numpy() + rows["g"].map(effects).to_numpy() for b, effects in parts]
        return special.softmax(np.column_stack([np.zeros(len(rows)), *etas]), axis=1)

    if of.family == "categorical":
        y, future = (_codes(chances(rows), rng) for rows in (frame, new))
        true["log likelihood"] = np.log(chances(frame)[np.arange(len(frame)), y - 1]).sum()
        return Made(frame.assign(y=[f"c{code}" for code in y]), true, future)
    laws = [_law_of(of, chances(rows), true) for rows in (frame, new)]
    y, future = (np.vstack([law.rvs(random_state=rng) for law in each]) for each in laws)
    true["log likelihood"] = sum(_log_of(law, row) for law, row in zip(laws[0], y, strict=True))
    return Made(frame.assign(**dict(zip(of.columns, y.T, strict=True))), true, future[:, 0])


def _law_of(of: Categories, chances: Chances, true: dict[str, float]) -> list:
    if of.family == "multinomial":
        return [stats.multinomial(of.trials, row) for row in chances]
    return [stats.dirichlet(row * true["phi"]) for row in chances]


def _log_of(law: object, row: np.ndarray) -> float:
    return float(law.logpmf(row) if hasattr(law, "logpmf") else law.logpdf(row))


def _effects(
    of: Categories, frame: pd.DataFrame, rng: np.random.Generator, prefix: str
) -> tuple[dict[str, float], dict[str, float]]:
    """Effects by level, one that no row has among them, and the truth about them under the names of `as_draws_df`."""
    levels = sorted(set(frame["g"]))
    sd = of.spread * rng.exponential()
    effects = dict(zip([*levels, "new"], sd * rng.normal(size=len(levels) + 1), strict=True))
    return effects, labels_of_effects("g", levels[0], f"{prefix}(Intercept)", sd, effects[levels[0]])


def _codes(chances: Chances, rng: np.random.Generator) -> np.ndarray:
    """Categories from one."""
    return 1 + (rng.random(len(chances))[:, None] > np.cumsum(chances, axis=1)[:, :-1]).sum(axis=1)


def _cumulative(gap: np.ndarray, disc: np.ndarray, inverse) -> Chances:
    below = inverse(disc * gap)
    return np.diff(below, axis=1, prepend=0.0, append=1.0)


def _sratio(gap: np.ndarray, disc: np.ndarray, inverse) -> Chances:
    stop = inverse(disc * gap)
    reached = np.cumprod(np.column_stack([np.ones(len(gap)), 1 - stop]), axis=1)
    return reached * np.column_stack([stop, np.ones(len(gap))])


def _cratio(gap: np.ndarray, disc: np.ndarray, inverse) -> Chances:
    return _sratio(gap, disc, lambda distance: 1 - inverse(-distance))


def _acat(gap: np.ndarray, disc: np.ndarray, inverse) -> Chances:
    steps = np.cumsum(-disc * gap, axis=1)
    return special.softmax(np.column_stack([np.zeros(len(gap)), steps]), axis=1)


CHANCES = {"cumulative": _cumulative, "sratio": _sratio, "cratio": _cratio, "acat": _acat}


def fitted(of: Categories, data: pd.DataFrame, seed: int, options: dict[str, object]) -> sm.Fit:
    how = {"threshold": of.threshold} if of.ordered else {}
    family = getattr(families, of.family)(link=of.link, **how)
    formula = sm.bf(of.formula, "disc ~ 0 + x") if of.disc else of.formula
    return sm.brm(formula, data, family=family, priors=_priors_of(of), seed=seed, **options)


def _priors_of(of: Categories) -> list[object]:
    dpars = [f"cs{k + 1}" for k in range(of.count - 1)] if of.specific else of.dpars
    rows = [sm.set_prior(f"normal(0, {of.spread})", class_="b", dpar=dpar) for dpar in dpars]
    at = THRESHOLDS if of.ordered else of.spread
    rows += [sm.set_prior(f"normal(0, {at})", class_="Intercept", dpar=dpar) for dpar in of.dpars]
    rows += [sm.set_prior(f"exponential({1 / of.spread})", class_="sd", dpar=dpar) for dpar in of.dpars]
    rows += [sm.set_prior(f"normal(0, {SIZES})", class_="b", dpar="disc")] if of.disc else []
    rows += [sm.set_prior("exponential(1)", class_="delta")] if of.threshold == "equidistant" else []
    return rows + ([sm.set_prior(PRIORS["phi"], class_="phi")] if of.family == "dirichlet" else [])
