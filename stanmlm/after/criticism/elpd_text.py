"""`loo`, `waic`, `kfold` and their comparisons as R prints them."""

from itertools import pairwise

import numpy as np
import pandas as pd

from stanmlm.after.criticism.elpd import Comparison, Elpd, k_threshold
from stanmlm.base.arrays import Floats
from stanmlm.base.layout import format_fixed, table

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
