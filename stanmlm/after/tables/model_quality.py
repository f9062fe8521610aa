"""What stands below the parameters in a table of models: sizes, and how well a model predicts, as text."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from stanmlm.after.criticism.criticism import loo, waic
from stanmlm.after.criticism.elpd import Elpd
from stanmlm.after.criticism.r_squared import bayes_R2
from stanmlm.after.effects.performance import r2
from stanmlm.after.effects.variance import icc
from stanmlm.base.errors import DataError
from stanmlm.fit.extract import ngrps, nobs
from stanmlm.fit.fit import Fit

Rows = Mapping[str, str]  # text by label


def quality(fits: Mapping[str, Fit], measures: Sequence[str]) -> dict[str, dict[str, str]]:
    """Some of `MEASURES` by label and model, each where a model has it."""
    rows: dict[str, dict[str, str]] = {}
    for measure in measures:
        for name, fit in fits.items():
            with suppress(DataError):  # r2 and icc without group terms, shares of variance of categories
                for label, text in MEASURES[measure](fit).items():
                    rows.setdefault(label, {})[name] = text
    return rows


def _groups(fit: Fit) -> Rows:
    return {f"Groups: {group}": f"{levels:,}" for group, levels in ngrps(fit).items()}


def _sum(of: Elpd, name: str, label: str) -> Rows:
    row = of.estimates.loc[name]
    return {label: f"{row['Estimate']:.1f} ({row['SE']:.1f})"}


def _shares(fit: Fit) -> Rows:
    table = r2(fit).frame
    return {f"R² ({kind})": f"{value:.3f}" for kind, value in zip(table["R2"], table["estimate"], strict=True)}


MEASURES: Mapping[str, Callable[[Fit], Rows]] = {
    "nobs": lambda fit: {"Observations": f"{nobs(fit):,}"},
    "ngrps": _groups,
    "loo": lambda fit: _sum(loo(fit), "elpd_loo", "ELPD (loo)"),
    "waic": lambda fit: _sum(waic(fit), "waic", "WAIC"),
    "r2": _shares,
    "bayes_R2": lambda fit: {"R² (Bayesian)": f"{float(bayes_R2(fit).mean()):.3f}"},
    "icc": lambda fit: {"ICC": f"{float(icc(fit, by_group=False).frame['estimate'][0]):.3f}"},
}
