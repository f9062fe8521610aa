"""What `check_model` asks of a fit: a panel a question, with the first frame that can answer it."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from stanmlm.after.criticism.check_rows import error_binned_frame
from stanmlm.after.criticism.checked_rows import MOST, CheckedRows, checked_rows
from stanmlm.after.criticism.criticism import loo
from stanmlm.after.criticism.elpd import k_threshold
from stanmlm.after.criticism.envelopes import order_envelope
from stanmlm.after.criticism.ppcheck import FRAMES, usual_check
from stanmlm.after.criticism.replicates import CheckOptions
from stanmlm.after.criticism.smooth import local_lines
from stanmlm.after.effects.performance import check_collinearity
from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.errors import OptionError, StanmlmWarning
from stanmlm.fit.draws import effects_of
from stanmlm.fit.fit import Fit, n_draws
from stanmlm.priors.parameters import groupings

POINTS = 1000  # of quantiles, evenly spaced, where there are more
COEFFICIENTS = 6  # of group effects that have room
ROOT = 0.8222  # the mean of the root of |z|, z standard normal: 2^(1/4) gamma(3/4) / sqrt(pi)
VIF_LEVELS = (5.0, 10.0)  # over which inflation is moderate, and high


@dataclass(frozen=True)
class Panel:
    """One question to a fit, and what answers it."""

    kind: str  # which figure shows it: a check of `pp_check`, or one of `check_model`'s own
    title: str
    advice: str  # what it looks like where all is well
    x: str  # what its axes are
    y: str
    frame: pd.DataFrame
    levels: tuple[float, ...] = ()  # that lines stand at


def model_panels(fit: Fit, seed: int | None = None) -> tuple[Panel, ...]:
    """The panels of a fit: each slot has the first that says something of such a response and such a formula."""
    if fit.model.prior_only:
        raise OptionError("check_model needs a posterior, and this fit has prior_only=True; pp_check(fit) shows it")
    rows = checked_rows(fit, seed)
    found = (next((panel for make in makers if (panel := make(rows, seed))), None) for makers in SLOTS)
    return tuple(panel for panel in found if panel)


def left_out(fit: Fit) -> str:
    """What the panels do not show."""
    total, coefs = len(fit.model.response.y), sum(len(one.terms) for one in groupings(fit.model.design))
    rows = f"Residuals of {MOST:,} of {total:,} rows, taken at random" if total > MOST else ""
    effects = f"{COEFFICIENTS} of {coefs} coefficients of group effects" if coefs > COEFFICIENTS else ""
    return ". ".join(filter(None, (rows, effects)))


Maker = Callable[[CheckedRows, int | None], Panel | None]


def _predictive(rows: CheckedRows, seed: int | None) -> Panel | None:
    if rows.fit.model.family.parts:
        return None
    kind = usual_check(rows.fit)
    frame = FRAMES[kind](rows.fit, CheckOptions(seed=seed))
    advice = "Replicates should look like the observed responses"
    return Panel(kind, "Posterior predictive check", advice, "", "", frame)


def _totals(rows: CheckedRows, seed: int | None) -> Panel | None:
    """Of responses in parts, the mean of each."""
    categories = rows.fit.model.family.categories
    y = rows.scaled.observed.reshape(-1, len(categories)).mean(axis=0)
    new = rows.scaled.simulations.reshape(-1, len(categories), rows.scaled.simulations.shape[1]).mean(axis=0)
    middle, lower, upper = np.quantile(new, (0.5, 0.05, 0.95), axis=1)
    columns = {"x": np.arange(1, len(y) + 1), "y": y, "middle": middle, "lower": lower, "upper": upper}
    advice = "Observed means should lie within the 90% intervals of replicates"
    return Panel("totals", "Posterior predictive check", advice, "Category", "Mean of a row", pd.DataFrame(columns))


def _along(points: tuple[Floats, Floats], outside: Floats | None = None) -> pd.DataFrame:
    """Points, `of` "row", and the smooth line through them, with its band."""
    x, y = points
    rows = pd.DataFrame({"x": x, "y": y, "of": "row"})
    rows = rows.assign(outside=False if outside is None else outside)
    return pd.concat([rows, local_lines(x, y).assign(of="smooth", outside=False)], ignore_index=True)


def _linearity(rows: CheckedRows, seed: int | None) -> Panel | None:
    if not (rows.symmetric and rows.varied):
        return None
    frame = _along((rows.scaled.fitted, rows.standardised))
    return Panel("along", "Linearity", "The line should be flat, at zero", "Fitted value",
                 "Standardised residual", frame, (0.0,))  # fmt: skip


def _binned(rows: CheckedRows, seed: int | None) -> Panel | None:
    """Of zeros and ones, and of shares of trials, where residuals by themselves say nothing."""
    family = rows.fit.model.family
    if "trials" not in family.extras or not rows.varied or family.categories:
        return None
    frame = error_binned_frame(rows.fit, CheckOptions(seed=seed))
    columns = {"x": frame["x"], "y": frame["error"], "lower": -frame["bound"], "upper": frame["bound"]}
    shown = pd.DataFrame(columns).assign(outside=lambda d: (d["y"] > d["upper"]) | (d["y"] < d["lower"]), of="row")
    return Panel("binned", "Binned residuals", "19 of 20 points should lie between the lines",
                 "Expected response, in bins", "Mean residual", shown, (0.0,))  # fmt: skip


def _scaled_along(rows: CheckedRows, seed: int | None) -> Panel | None:
    scaled = rows.scaled
    outside = (scaled.lower_or_equal == 0) | (scaled.lower == 1)
    frame = _along((_ranks(rows), scaled.residuals), outside)
    advice = "The line should be flat; orange is outside all simulations"
    return Panel("along", "Linearity, by scaled residuals", advice, _along_what(rows), "Scaled residual", frame,
                 (0.5,))  # fmt: skip


def _ranks(rows: CheckedRows) -> Floats:
    """DHARMa's places along what is expected; the order of the rows where nothing varies."""
    ranks = (
        pd.Series(rows.scaled.fitted).rank().to_numpy() if rows.varied else np.arange(1.0, len(rows.scaled.fitted) + 1)
    )
    return np.asarray(ranks / ranks.max())


def _along_what(rows: CheckedRows) -> str:
    return "Fitted value, by rank" if rows.varied else "Row: all have one fitted value"


def _homogeneity(rows: CheckedRows, seed: int | None) -> Panel | None:
    if not (rows.normal and rows.varied):
        return None
    frame = _along((rows.scaled.fitted, np.sqrt(np.abs(rows.standardised))))
    return Panel("along", "Homogeneity of variance", "The line should be flat", "Fitted value",
                 "Root of |standardised residual|", frame, (ROOT,))  # fmt: skip


def _scaled_spread(rows: CheckedRows, seed: int | None) -> Panel | None:
    frame = _along((_ranks(rows), 2 * np.abs(rows.scaled.residuals - 0.5)))
    return Panel("along", "Homogeneity, by scaled residuals", "The line should be flat, at one half",
                 _along_what(rows), "|2 × scaled residual − 1|", frame, (0.5,))  # fmt: skip


def _influence(rows: CheckedRows, seed: int | None) -> Panel | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StanmlmWarning)  # of what the panel shows
        k = loo(rows.fit).pointwise["pareto_k"].to_numpy()
    limit = k_threshold(n_draws(rows.fit))
    frame = pd.DataFrame({"x": np.arange(1, len(k) + 1), "y": np.maximum(k, -0.5), "of": "row", "outside": k > limit})
    frame.loc[np.isposinf(k), "y"] = 2.0
    kept = np.unique(np.concatenate([np.linspace(0, len(k) - 1, min(len(k), MOST)).astype(int), *np.where(k > limit)]))
    bad = int(np.sum(k > limit))
    advice = f"{bad or 'No'} row{'s have' if bad > 1 else ' has'} a k over {limit:.2g}"
    return Panel("rows", "Influential rows", advice, "Row", "Pareto k", frame.iloc[kept], (limit,))


def _collinearity(rows: CheckedRows, seed: int | None) -> Panel | None:
    if len(rows.fit.model.family.locations) > 1:
        return None
    table = check_collinearity(rows.fit)
    if not len(table):
        return None
    frame = pd.DataFrame({"label": table["Term"], "x": table["VIF"]})
    return Panel("terms", "Collinearity", "Inflation over 5 is moderate, over 10 high", "Variance inflation", "",
                 frame, VIF_LEVELS)  # fmt: skip


def _dispersion(rows: CheckedRows, seed: int | None) -> Panel | None:
    """DHARMa's: the variance about what is expected, of simulations and of the responses."""
    scaled = rows.scaled
    about = scaled.fitted[:, None]
    new = (scaled.simulations - about).var(axis=0, ddof=1)
    observed = float((scaled.observed[:, None] - about).var(axis=0, ddof=1)[0])
    frame = pd.DataFrame({"x": new, "observed": observed})
    return Panel("histogram", "Dispersion, by simulations", "The line should lie among the bars",
                 "Variance about fitted values", "", frame)  # fmt: skip


def _normal_quantiles(rows: CheckedRows, seed: int | None) -> Panel | None:
    if not rows.normal:
        return None
    frame = _quantiles(rows.standardised, ndtri)
    return Panel("quantiles", "Normality of residuals", "Points should lie within the band, all together",
                 "Standard normal quantile", "Standardised residual", frame)  # fmt: skip


def _uniform_quantiles(rows: CheckedRows, seed: int | None) -> Panel | None:
    frame = _quantiles(rows.scaled.residuals, np.asarray)
    return Panel("quantiles", "Uniformity of scaled residuals", "Points should lie within the band, all together",
                 "Uniform quantile", "Scaled residual", frame)  # fmt: skip


def _quantiles(values: Floats, quantile: Callable[[Floats], Floats]) -> pd.DataFrame:
    """Sorted values beside the quantiles of a law, with the band of its order statistics."""
    n = len(values)
    lower, upper = order_envelope(n)
    kept = _evenly(n)
    columns = {"x": (np.arange(n) + 0.5) / n, "lower": lower, "upper": upper}
    return pd.DataFrame({name: quantile(column)[kept] for name, column in columns.items()} | {
        "y": np.sort(values)[kept]
    })  # fmt: skip


def _evenly(n: int) -> Ints:
    return np.unique(np.linspace(0, n - 1, min(n, POINTS)).astype(np.int64))


def _effects(rows: CheckedRows, seed: int | None) -> Panel | None:
    """Posterior means of group effects with their 95% intervals, beside normal quantiles."""
    parts = [
        _effects_of(np.concatenate([effects_of(rows.fit, bar) for bar in each.bars], axis=-1)[..., k]).assign(
            label=term if len(groupings(rows.fit.model.design)) == 1 else f"{term} | {each.group}"
        )
        for each in groupings(rows.fit.model.design)
        for k, term in enumerate(each.terms)
    ][:COEFFICIENTS]
    if not parts:
        return None
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.assign(label=pd.Categorical(frame["label"], frame["label"].unique()))
    return Panel("effects", "Normality of group effects", "Points should lie along the line",
                 "Standard normal quantile", "Effect", frame)  # fmt: skip


def _effects_of(draws: Floats) -> pd.DataFrame:
    """One coefficient's effects (draws, levels) in their order; `line` has their own sd."""
    means, (low, high) = draws.mean(axis=0), np.quantile(draws, (0.025, 0.975), axis=0)
    order, J = np.argsort(means, kind="stable"), draws.shape[1]
    x = ndtri((np.arange(J) + 0.5) / J)
    line = means.mean() + x * (means.std() / x.std() if J > 1 else 0.0)
    columns = {"x": x, "y": means[order], "lower": low[order], "upper": high[order], "line": line}
    return pd.DataFrame(columns).iloc[_evenly(J)]


SLOTS: tuple[tuple[Maker, ...], ...] = (
    (_predictive, _totals),
    (_linearity, _binned, _scaled_along),
    (_homogeneity, _scaled_spread),
    (_influence,),
    (_collinearity, _dispersion),
    (_normal_quantiles, _uniform_quantiles),
    (_effects,),
)
