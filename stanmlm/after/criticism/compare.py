"""Several models of one response side by side, as R's `anova` lists them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stanmlm.after.criticism.criticism import loo as leave_one_out
from stanmlm.after.criticism.criticism import loo_compare
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError
from stanmlm.base.layout import html_table, table
from stanmlm.fit.draws import labelled_values
from stanmlm.fit.extract import nobs
from stanmlm.fit.fit import Fit
from stanmlm.formula.formula import formula_text

KINDS = ("b", "sd", "cor", "dpar")  # of the rows, in print order
ELPD = ("elpd_loo", "se_elpd_loo", "elpd_diff", "se_diff")


@dataclass(frozen=True)
class Ladder:
    """Estimates of several models, a column each in print: posterior mean (sd), then how well they predict.

    Attributes
    ----------
    formulas
        By model.
    estimates
        Models by parameters: posterior means, NaN where a model lacks one.
    errors
        Posterior sds, likewise.
    fits
        Models by `nobs`, `elpd_loo`, `se_elpd_loo`, `elpd_diff` and `se_diff`.

    Examples
    --------
    >>> from stanmlm import ladder, lm, simulate_exams
    >>> exams = simulate_exams(seed=1)
    >>> found = ladder({"none": lm("score ~ 1", exams, seed=1), "hours": lm("score ~ hours", exams, seed=1)}, loo=False)
    >>> found.estimates.isna().sum(axis=1).to_dict()
    {'none': 1, 'hours': 0}
    """

    formulas: Mapping[str, str]
    estimates: pd.DataFrame  # models by parameters, posterior means; NaN where a model lacks one
    errors: pd.DataFrame  # posterior sds, likewise
    fits: pd.DataFrame  # models by nobs, elpd_loo, se_elpd_loo, elpd_diff, se_diff

    def __repr__(self) -> str:
        return _text(self)

    def _repr_html_(self) -> str:
        text = "; ".join(f"{name}: {formula}" for name, formula in self.formulas.items())
        return html_table(self.to_frame(), text, "Posterior means; `errors` has their sds")

    def to_frame(self) -> pd.DataFrame:
        """A column a model: posterior means of its parameters, then how well it predicts."""
        return pd.concat([self.estimates.T, self.fits.T])


def ladder(fits: Mapping[str, Fit], loo: bool = True) -> Ladder:
    """Models side by side: coefficients, sds, correlations, and expected log predictive density.

    Parameters
    ----------
    fits
        Fits by name, from the simplest on.
    loo
        Compute `elpd_loo` and its difference from the best model; False saves the time.

    Returns
    -------
    Ladder
        `estimates` and `errors` are models by parameters, `fits` how well they predict; it prints side by side.

    Raises
    ------
    DataError
        Without fits, and with `loo` for fits of different data, which cannot be compared.

    Examples
    --------
    >>> from stanmlm import ladder, lm, lmer, simulate_exams
    >>> exams = simulate_exams(seed=1)
    >>> pooled = lm("score ~ hours", exams, seed=1)
    >>> varying = lmer("score ~ hours + (1 | student)", exams, seed=1)
    >>> table = ladder({"pooled": pooled, "varying": varying}, loo=False)
    >>> table.estimates.columns.tolist()
    ['b[(Intercept)]', 'b[hours]', 'sd_student[(Intercept)]', 'sigma']
    """
    check_arguments(ladder, locals())
    if not fits:
        raise DataError("a ladder needs fits by name, such as {'pooled': fit0, 'varying': fit1}")
    columns = {name: _columns(fit) for name, fit in fits.items()}
    labels = [text for kind in KINDS for found in columns.values() for text in found[kind]]
    draws = {
        name: {k: v for by_label in found.values() for k, v in by_label.items()} for name, found in columns.items()
    }
    quality = pd.DataFrame({"nobs": {name: nobs(fit) for name, fit in fits.items()}})
    return Ladder(
        formulas={name: formula_text(fit.model.formula) for name, fit in fits.items()},
        estimates=_table(draws, labels, lambda values: float(values.mean())),
        errors=_table(draws, labels, lambda values: float(values.std(ddof=1))),
        fits=quality.join(_elpd(fits)) if loo else quality,
    )


def _columns(fit: Fit) -> dict[str, dict[str, Floats]]:
    """Draws (draws,) by label, by kind of parameter."""
    found: dict[str, dict[str, Floats]] = {kind: {} for kind in KINDS}
    for row in fit.model.ledger.variables:
        if row.kind in found:
            found[row.kind] |= {name: draws.ravel() for name, draws in labelled_values(fit, row).items()}
    return found


def _table(
    draws: Mapping[str, Mapping[str, Floats]], labels: list[str], statistic: Callable[[Floats], float]
) -> pd.DataFrame:
    rows = {name: {text: statistic(values) for text, values in found.items()} for name, found in draws.items()}
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=list(dict.fromkeys(labels)))


def _elpd(fits: Mapping[str, Fit]) -> pd.DataFrame:
    """`ELPD` of each fit; a single one has no difference."""
    found = {name: leave_one_out(fit) for name, fit in fits.items()}
    if len(found) > 1:
        return loo_compare(found).table.loc[list(fits), list(ELPD)]
    sums = {name: one.estimates.loc["elpd_loo"] for name, one in found.items()}
    rows = {name: [total["Estimate"], total["SE"], 0.0, 0.0] for name, total in sums.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(ELPD))


def _text(ladder: Ladder) -> str:
    models = list(ladder.formulas)
    width = max(map(len, models))
    head = ["Models:", *(f"{name + ':':<{width + 1}} {formula}" for name, formula in ladder.formulas.items()), ""]
    rows = [
        *ladder.estimates.columns,
        "Number of obs",
        *(["elpd_loo", "elpd_diff"] if "elpd_loo" in ladder.fits else []),
    ]
    cells = [(name, [*_estimates(ladder, name), *_quality(ladder.fits, name)]) for name in models]
    return "\n".join([*head, table(rows, cells), "", "Posterior means (sds); elpd: sums over rows (standard errors)."])


def _estimates(ladder: Ladder, name: str) -> list[str]:
    means, sds = ladder.estimates.loc[name], ladder.errors.loc[name]
    return ["" if np.isnan(mean) else f"{mean:.3f} ({sd:.3f})" for mean, sd in zip(means, sds, strict=True)]


def _quality(fits: pd.DataFrame, name: str) -> list[str]:
    found = {column: float(fits[column][name]) for column in fits.columns}
    pairs = [pair for pair in (("elpd_loo", "se_elpd_loo"), ("elpd_diff", "se_diff")) if pair[0] in found]
    return [f"{found['nobs']:.0f}", *(f"{found[value]:.1f} ({found[error]:.1f})" for value, error in pairs)]
