"""Expected log predictive density: what `loo`, `waic`, `kfold` and comparisons give, and how R prints it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats
from stanmlm.base.layout import format_fixed, html_table, table
from stanmlm.fit.fit import Fit, n_draws
from stanmlm.formula.formula import formula_text

SUMS: Mapping[str, tuple[str, str, str]] = {
    "loo": ("elpd_loo", "p_loo", "looic"),
    "waic": ("elpd_waic", "p_waic", "waic"),
    "kfold": ("elpd_kfold", "p_kfold", "kfoldic"),
}


@dataclass(frozen=True)
class Elpd:
    """How well a model predicts rows that it has not seen; prints as R's `loo`.

    Attributes
    ----------
    criterion
        "loo", "waic" or "kfold".
    estimates
        A row a sum (`elpd_loo`, `p_loo`, `looic`), columns `Estimate` and `SE`.
    pointwise
        A row a row of the data: the same three, and of loo `mcse_elpd_loo`, `pareto_k` and `n_eff`.
    formula
        The model's.
    y
        The response, (N,), so that comparisons are of the same data.
    draws
        How many draws it is computed from.
    folds
        K of kfold, else 0.
    efficiency
        The least and the greatest relative efficiency of the draws, of loo.

    Examples
    --------
    >>> from stanmlm import lm, loo, simulate_exams
    >>> found = loo(lm("score ~ hours", simulate_exams(seed=1), seed=1))
    >>> found.estimates.index.tolist(), found.pointwise.columns.tolist()[3:]
    (['elpd_loo', 'p_loo', 'looic'], ['mcse_elpd_loo', 'pareto_k', 'n_eff'])
    """

    criterion: str  # "loo", "waic" or "kfold"
    estimates: pd.DataFrame  # columns Estimate and SE; rows such as elpd_loo, p_loo, looic
    pointwise: pd.DataFrame  # a row of the data each: the same three; for loo mcse_elpd_loo, pareto_k and n_eff
    formula: str
    y: Floats  # (N,) the response, so that comparisons are of the same data
    draws: int
    folds: int = 0  # K of kfold
    efficiency: tuple[float, float] = (1.0, 1.0)  # least and greatest relative efficiency of the draws, for loo

    def __repr__(self) -> str:
        return print_elpd(self)

    def _repr_html_(self) -> str:
        return html_table(self.estimates, self.formula)

    def to_frame(self) -> pd.DataFrame:
        """`estimates`; `pointwise` has the rows."""
        return self.estimates


def elpd_from(fit: Fit, criterion: str, elpd: Floats, p: Floats, y: Floats, index: pd.Index) -> Elpd:
    """The record of pointwise values (N,)."""
    columns = dict(zip(SUMS[criterion], (elpd, p, -2 * elpd), strict=True))
    pointwise = pd.DataFrame(columns, index=index)
    return Elpd(criterion, estimates_of(pointwise), pointwise, formula_text(fit.model.formula), y, n_draws(fit))


def estimates_of(pointwise: pd.DataFrame) -> pd.DataFrame:
    """Sums over rows, and their standard errors, sqrt(N) times the sd over rows."""
    spread = np.sqrt(len(pointwise) * pointwise.var(ddof=1)) if len(pointwise) > 1 else np.nan * pointwise.sum()
    return pd.DataFrame({"Estimate": pointwise.sum(), "SE": spread})


def k_threshold(draws: int) -> float:
    """The greatest Pareto k at which so few draws still do (Vehtari et al. 2024, eq. 13); 0.7 from 2,200 draws on."""
    return float(min(1 - 1 / np.log10(draws), 0.7))


@dataclass(frozen=True)
class Comparison:
    """Models from best to worst by expected log predictive density; prints as rstanarm's.

    Attributes
    ----------
    table
        A row a model: loo's `elpd_diff` and `se_diff`, and every estimate with its error.
    formulas
        By model.
    criterion
        "loo", "waic" or "kfold".

    Examples
    --------
    >>> from stanmlm import lm, loo_compare, simulate_exams
    >>> exams = simulate_exams(seed=1)
    >>> none, hours = lm("score ~ 1", exams, seed=1), lm("score ~ hours", exams, seed=1)
    >>> found = loo_compare(none, hours)
    >>> found.table.index.tolist(), bool(found.table["elpd_diff"].iloc[1] < 0)
    (['hours', 'none'], True)
    """

    table: pd.DataFrame
    formulas: Mapping[str, str]
    criterion: str

    def __repr__(self) -> str:
        return print_comparison(self)

    def _repr_html_(self) -> str:
        text = "; ".join(f"{name}: {formula}" for name, formula in self.formulas.items())
        return html_table(self.table, text)

    def to_frame(self) -> pd.DataFrame:
        """`table`."""
        return self.table


# p_waic of a row above this: loo's and arviz's threshold (Vehtari, Gelman and Gabry 2017).
P_WAIC = 0.4


def print_elpd(found: Elpd, digits: int = 1) -> str:
    """The layout of loo 2.8."""
    endings = {"loo": _loo_ending, "waic": _waic_ending, "kfold": _no_ending}
    size = f"{found.draws} by {len(found.pointwise)}"
    head = {
        "loo": f"Computed from {size} log-likelihood matrix.",
        "waic": f"Computed from {size} log-likelihood matrix.",
        "kfold": f"Based on {found.folds}-fold cross-validation.",
    }
    lines = ["", head[found.criterion], "", _estimates(found.estimates, digits), *endings[found.criterion](found)]
    return "\n".join(lines)


def _estimates(estimates: pd.DataFrame, digits: int) -> str:
    columns = [(name, format_fixed(estimates[name].tolist(), digits)) for name in estimates.columns]
    return table(list(estimates.index), columns)


def _no_ending(found: Elpd) -> list[str]:
    return []


def _waic_ending(found: Elpd) -> list[str]:
    large = found.pointwise["p_waic"] > P_WAIC
    if not large.any():
        return []
    share = f"{int(large.sum())} ({100 * large.mean():.1f}%)"
    return ["", f"{share} p_waic estimates greater than {P_WAIC}. We recommend trying loo instead."]


def _loo_ending(found: Elpd) -> list[str]:
    k, limit = found.pointwise["pareto_k"].to_numpy(), k_threshold(found.draws)
    mcse = np.sqrt(np.sum(found.pointwise["mcse_elpd_loo"] ** 2)) if not np.any(k > limit) else np.nan
    low, high = found.efficiency
    lines = [
        "------",
        f"MCSE of elpd_loo is {format_fixed([mcse], 1)[0]}.",
        f"MCSE and ESS estimates assume MCMC draws (r_eff in [{low:.1f}, {high:.1f}]).",
        "",
    ]
    refitted = int(np.isnan(k).sum())
    if refitted:
        lines.append(f"Rows computed exactly, by a fit without each: {refitted}.")
    if not np.any(k > limit):
        return [*lines, f"All Pareto k estimates are good (k < {limit:.2g})."]
    return [*lines, "Pareto k diagnostic values:", k_table(k, found.pointwise["n_eff"].to_numpy(), limit)]


def k_table(k: Floats, n_eff: Floats, limit: float) -> str:
    """Counts of Pareto k, with the least effective size of each class."""
    edges = [-np.inf, limit, 1.0, np.inf]
    names = [f"(-Inf, {limit:.2g}]", f"({limit:.2g}, 1]", "(1, Inf)"]
    classes = [(k > low) & (k <= high) for low, high in pairwise(edges)]
    known = max(1, int((~np.isnan(k)).sum()))
    least = [f"{round(float(n_eff[inside].min()))}" if inside.any() else "<NA>" for inside in classes]
    columns = [
        ("", ["(good)    ", "(bad)     ", "(very bad)"]),
        ("Count", [f"{int(inside.sum())}".ljust(5) for inside in classes]),
        ("Pct.   ", [f"{100 * inside.sum() / known:.1f}%".ljust(7) for inside in classes]),
        ("Min. ESS", [text.ljust(8) for text in least]),
    ]
    return table([name.rjust(max(map(len, names))) for name in names], [(name, cells) for name, cells in columns])


def print_comparison(found: Comparison, digits: int = 1) -> str:
    """rstanarm's layout: the formulas, then loo's table."""
    names = list(found.table.index)
    formulas = [f" {name}:  {formula}" for name, formula in found.formulas.items()]
    columns = [(name, format_fixed(found.table[name].tolist(), digits)) for name in ("elpd_diff", "se_diff")]
    criterion = {"loo": "LOO-CV", "waic": "WAIC", "kfold": "K-fold-CV"}[found.criterion]
    aligned = [(name, [cell.ljust(len(name)) for cell in cells]) for name, cells in columns]
    head = ["Model formulas:", *formulas, "", f"Model comparison based on {criterion}:"]
    return "\n".join([*head, table(names, aligned)])
