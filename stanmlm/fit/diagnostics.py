"""Whether the draws can be trusted, and what to change where they cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Bools, Floats
from stanmlm.base.arviz_compat import bfmi
from stanmlm.base.layout import html_table
from stanmlm.fit.fit import Fit, chains_of, each_data_set, statistic
from stanmlm.fit.within import ess_bulk, ess_tail, mcse_mean, rhat
from stanmlm.sampling.engines.protocol import Sampling

# Thresholds of Vehtari, Gelman, Simpson, Carpenter and Burkner (2021), section 4, and of CmdStan's `diagnose`.
RHAT_LIMIT = 1.01
# The largest of a hundred effects' Rhats passes 1.01 by chance in short, well-mixed runs: for them rstan's limit.
EFFECT_RHAT_LIMIT = 1.05
ESS_PER_CHAIN = 100
BFMI_LIMIT = 0.3
# Group effects that enter the checks: a sample of each table, so that a print costs the same at any size.
EFFECTS_CHECKED = 40


@dataclass(frozen=True)
class Diagnostics:
    """What the sampler reports, and the worst of what the draws show; prints as a short table.

    Attributes
    ----------
    divergences
        Divergent transitions after warm-up; any is a reason for doubt.
    treedepth_hits
        Transitions that ended at the greatest tree depth.
    lowest_bfmi
        The least energy Bayesian fraction of missing information of a chain; below 0.3 it explores slowly.
    worst_rhat
        The largest Rhat (rank-normalised and folded) of parameters, group effects apart: a value and a parameter.
    worst_effect_rhat
        The largest of group effects; NaN where there are none.
    lowest_ess
        The least effective size, of bulk and tail, a value and a parameter.
    draws
        Draws after warm-up, of all chains together.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter and Burkner (2021), Bayesian Analysis 16:667.
    Betancourt (2016), arXiv 1604.00695.

    Examples
    --------
    >>> from stanmlm import diagnostics, lmer, simulate_exams
    >>> found = diagnostics(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1))
    >>> found.draws, bool(found.worst_rhat[0] < 1.05)
    (4000, True)
    """

    divergences: int
    treedepth_hits: int
    lowest_bfmi: float
    worst_rhat: tuple[float, str]  # value, parameter; group effects apart
    worst_effect_rhat: tuple[float, str]  # of group effects; NaN without any
    lowest_ess: tuple[float, str]
    draws: int

    def __repr__(self) -> str:
        return _text(self)

    def _repr_html_(self) -> str:
        lines = pd.Series(_lines(self)).rename(str.strip)
        return html_table(lines.to_frame(""))

    def to_frame(self) -> pd.DataFrame:
        """One row, a column a diagnostic; the parameters that are worst beside their values."""
        return _diagnosed_frame(self)


@dataclass(frozen=True)
class Checks:
    """Convergence of every parameter and of a sample of the group effects, element after element."""

    names: list[str]
    effects: Bools  # which are group effects
    places: Mapping[str, slice]  # by variable
    rhat: Floats
    bulk: Floats
    tail: Floats


def checks(fit: Fit) -> Checks:
    """Rhat and effective sizes, for a print and its warnings alike: ArviZ takes milliseconds a parameter.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> found = checks(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1))
    >>> found.names[found.places["b"]]
    ['b[(Intercept)]', 'b[hours]']
    """
    names: list[str] = []
    effects: list[bool] = []
    columns: list[Floats] = []
    places: dict[str, slice] = {}
    for row in fit.model.ledger.variables:
        values = chains_of(fit, row.name)
        where = list(np.ndindex(*values.shape[2:]))
        if row.kind == "r" and len(where) > EFFECTS_CHECKED:
            where = [where[i] for i in np.linspace(0, len(where) - 1, EFFECTS_CHECKED).astype(int)]
        places[row.name] = slice(len(names), len(names) + len(where))
        names.extend(row.label(at) for at in where)
        effects.extend([row.kind == "r"] * len(where))
        columns.extend(values[(slice(None), slice(None), *at)] for at in where)
    draws, own = np.stack(columns, axis=-1), fit.imputed
    return Checks(names, np.array(effects), places, rhat(draws, own), ess_bulk(draws, own), ess_tail(draws, own))


def diagnostics(fit: Fit) -> Diagnostics:
    """The sampler's reports and the worst Rhat and effective size (of at most 40 effects a grouping factor).

    Parameters
    ----------
    fit
        A fit.

    Returns
    -------
    Diagnostics
        Divergences, tree depth, energy, Rhat and effective sizes; `to_frame()` gives them as one row.

    Raises
    ------
    OptionError
        For something else than a fit.

    Examples
    --------
    >>> from stanmlm import diagnostics, lmer, simulate_exams
    >>> diagnostics(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)).divergences
    0
    """
    check_arguments(diagnostics, locals())
    return diagnosed(fit, checks(fit))


def diagnosed(fit: Fit, found: Checks) -> Diagnostics:
    """`diagnostics` from checks at hand."""
    depth = statistic(fit, "tree_depth")
    return Diagnostics(
        divergences=int(statistic(fit, "diverging").sum()),
        treedepth_hits=int((depth >= fit.sampling.max_treedepth).sum()),
        lowest_bfmi=float(bfmi(statistic(fit, "energy")).min()),
        worst_rhat=_worst(np.where(found.effects, np.nan, found.rhat), found.names),
        worst_effect_rhat=_worst(np.where(found.effects, found.rhat, np.nan), found.names),
        lowest_ess=_worst(-np.minimum(found.bulk, found.tail), found.names, sign=-1.0),
        draws=depth.size,
    )


def _worst(values: Floats, names: list[str], sign: float = 1.0) -> tuple[float, str]:
    """The greatest value with its parameter; NaN where none is defined, as Rhat is not where nothing varies."""
    if np.isnan(values).all():
        return np.nan, names[0]
    at = int(np.nanargmax(values))
    return sign * float(values[at]), names[at]


def complaints(found: Diagnostics, how: Sampling) -> list[str]:
    """One line a failed diagnostic, each naming what to change; empty when all is well."""
    mixed = not (found.worst_rhat[0] > RHAT_LIMIT or found.worst_effect_rhat[0] > EFFECT_RHAT_LIMIT)
    higher = next((delta for delta in (0.95, 0.99) if delta > how.adapt_delta), 0.999)
    conditions = (
        (
            found.divergences > 0,
            f"{_counted(found.divergences, 'divergent transition')} of {found.draws}: the posterior may be biased; "
            f"refit with adapt_delta={higher}",
        ),
        (
            found.treedepth_hits > 0,
            f"{_counted(found.treedepth_hits, 'transition')} at the maximum tree depth: "
            + ("slow, not biased; " if mixed else "too short a way for chains that have not mixed; ")
            + f"refit with max_treedepth={how.max_treedepth + 2}, or rescale the predictors",
        ),
        (
            found.lowest_bfmi < BFMI_LIMIT,
            f"E-BFMI is {found.lowest_bfmi:.2f}: the tails may be missed; use tighter priors or more iterations",
        ),
        (found.worst_rhat[0] > RHAT_LIMIT, _unmixed(found.worst_rhat, how)),
        (found.worst_effect_rhat[0] > EFFECT_RHAT_LIMIT, _unmixed(found.worst_effect_rhat, how)),
        (
            found.lowest_ess[0] < ESS_PER_CHAIN * how.chains,
            f"effective sample size of `{found.lowest_ess[1]}` is {found.lowest_ess[0]:.0f}: "
            f"its estimates are noisy; refit with iter={2 * how.iter}",
        ),
    )
    return [text for failed, text in conditions if failed]


def _lines(found: Diagnostics) -> dict[str, str]:
    return {
        "Divergent transitions": f"{found.divergences} of {found.draws}",
        "At maximum tree depth": f"{found.treedepth_hits} of {found.draws}",
        "Lowest E-BFMI": f"{found.lowest_bfmi:.2f}",
        "Largest Rhat": _worst_of(found.worst_rhat, ".3f"),
        "  of group effects": _worst_of(found.worst_effect_rhat, ".3f"),
        "Smallest ESS": _worst_of(found.lowest_ess, ".0f"),
    }


def _text(found: Diagnostics) -> str:
    return "\n".join(f"{name + ':':<23} {value}" for name, value in _lines(found).items())


def _diagnosed_frame(found: Diagnostics) -> pd.DataFrame:
    row: dict[str, object] = {}
    for name, value in vars(found).items():
        row |= {name: value[0], f"{name}_of": value[1]} if isinstance(value, tuple) else {name: value}
    return pd.DataFrame([row])


def _worst_of(worst: tuple[float, str], form: str) -> str:
    """`1.003, sd_state[income]`; a dash where it is not defined."""
    return f"{worst[0]:{form}}, {worst[1]}" if not np.isnan(worst[0]) else "-"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + "s" * (count != 1)


def _unmixed(worst: tuple[float, str], how: Sampling) -> str:
    mixed = "the chains have not mixed" if how.chains > 1 else "the halves of the chain do not agree"
    return f"Rhat of `{worst[1]}` is {worst[0]:.3f}: {mixed}; refit with iter={2 * how.iter}"


def warnings_of(fit: Fit) -> list[str]:
    """The failed diagnostics of a fit in words, of each data set by itself."""
    if not fit.imputed:
        return complaints(diagnostics(fit), fit.sampling)
    sets = enumerate(each_data_set(fit), start=1)
    return [f"data set {number}: {text}" for number, own in sets for text in warnings_of(own)]


def convergence(draws: Floats, names: list[str], imputed: Sequence[int] = ()) -> pd.DataFrame:
    """`mcse`, `Rhat`, `Bulk_ESS`, `Tail_ESS` of draws (chains, draws, parameters) of a fit, a row each."""
    found = {"mcse": mcse_mean, "Rhat": rhat, "Bulk_ESS": ess_bulk, "Tail_ESS": ess_tail}
    return pd.DataFrame({name: of(draws, imputed) for name, of in found.items()}, index=pd.Index(names))
