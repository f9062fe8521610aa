"""Chains side by side: traces, and histograms of ranks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.tables.picked import NamedValues, named_draws
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError
from stanmlm.fit.fit import Fit, statistic
from stanmlm.plots.parts import NO_WORDS, Words, captioned, labels_of, plain
from stanmlm.plots.picks import shown_in_panels
from stanmlm.plots.theme import ACCENT, INK, LIGHT, MID_EDGE, QUIET, colours, theme_paper

if TYPE_CHECKING:
    from plotnine import ggplot

MOST_ROWS = 15  # of `plot_rank`: more of them are taller than a page
SIMULTANEOUS = 0.95  # probability that all bars of a parameter lie in the band


def plot_trace(
    fit: Fit, pars: Sequence[str] | str | None = None, regex_pars: str | None = None, *, words: Words = NO_WORDS
) -> "ggplot":
    """Draws after warm-up in their order, a panel a parameter and a colour a chain; ticks below are divergences.

    Parameters
    ----------
    fit : Fit
        A fit.
    pars, regex_pars : optional
        Which parameters, as in `named_draws`; all but the group effects where both are None, of many those with the
        smallest effective size.
    words : Words
        Title, subtitle, axes and caption.

    Returns
    -------
    plotnine.ggplot
        Its `data` has `parameter`, `chain`, `draw` (both from 1), `value` and `diverging`.

    Raises
    ------
    DataError, OptionError
        For a name that is no parameter, and for more than 40 of them.

    Examples
    --------
    >>> from stanmlm import lmer, plot_trace, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> plot_trace(fit, "hours").data.shape
    (4000, 5)
    """
    check_arguments(plot_trace, locals())
    from plotnine import (
        aes,
        element_blank,
        element_text,
        facet_wrap,
        geom_line,
        geom_rug,
        scale_color_manual,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    from stanmlm.plots.sheet import Sheet

    asked = pars is not None or regex_pars is not None
    named, left_out = shown_in_panels(named_draws(fit, pars, regex_pars), asked)
    frame = trace_frame(fit, named)
    layers = [
        geom_line(aes(color="chain"), size=0.25, alpha=0.8),
        geom_rug(aes("draw"), frame[frame["diverging"]], sides="b", color=ACCENT, size=0.4, inherit_aes=False),
    ]
    wide = 1 if len(named.names) == 1 else 2
    scales = [
        facet_wrap("parameter", ncol=wide, scales="free_y"),
        scale_color_manual(colours(named.draws.shape[0])),
        scale_x_continuous(labels=plain),
        scale_y_continuous(labels=plain),
        labels_of(captioned(words, left_out), "draw", ""),
        theme_paper(),
    ]
    size = theme(
        figure_size=(4.0 * wide, 1.5 * -(-len(named.names) // wide) + 0.9),
        legend_position="bottom",
        legend_title=element_text(size=8),
        legend_key=element_blank(),
    )
    return Sheet(frame, aes("draw", "value", group="chain")) + layers + scales + size


def trace_frame(fit: Fit, named: NamedValues) -> pd.DataFrame:
    """A row a parameter, chain and draw."""
    chains, draws, P = named.draws.shape
    parameter, chain, draw = np.indices((P, chains, draws)).reshape(3, -1)
    return pd.DataFrame({
        "parameter": pd.Categorical.from_codes(parameter, pd.Index(named.names)),
        "chain": pd.Categorical.from_codes(chain, pd.Index([str(c + 1) for c in range(chains)])),
        "draw": draw + 1,
        "value": np.moveaxis(named.draws, -1, 0).ravel(),
        "diverging": np.tile(statistic(fit, "diverging").astype(bool).ravel(), P),
    })  # fmt: skip


def plot_rank(
    fit: Fit,
    pars: Sequence[str] | str | None = None,
    regex_pars: str | None = None,
    *,
    bins: int = 20,
    words: Words = NO_WORDS,
) -> "ggplot":
    """Histograms of ranks among the draws of all chains, a row a parameter and a column a chain.

    Where the chains have mixed, every chain's ranks are uniform (Vehtari, Gelman, Simpson, Carpenter and Burkner 2021,
    section 4): bars that lean or pile up tell which chain is elsewhere. The dashed line is what is expected. If draws
    were independent, all bars of a row would lie in the band with a probability of at least 95%: hypergeometric
    quantiles, the 5% shared among the bars. Chains that move slowly leave it more often.

    Parameters
    ----------
    fit : Fit
        A fit.
    pars, regex_pars : optional
        Which parameters, as in `named_draws`; all but the group effects where both are None, of many those with the
        smallest effective size.
    bins : int
        Bars of a histogram.
    words : Words
        Title, subtitle, axes and caption.

    Returns
    -------
    plotnine.ggplot
        Its `data` has a row a bar: `parameter`, `chain`, `bin`, `left` and `right` (ranks), `count`, `expected`,
        `lower` and `upper` (of the band).

    Raises
    ------
    DataError, OptionError
        For a name that is no parameter, and for more than 15 of them; for fewer than two bins, or more than there are
        draws.

    Examples
    --------
    >>> from stanmlm import lmer, plot_rank, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> int(plot_rank(fit, "hours").data["count"].sum())
    4000
    """
    check_arguments(plot_rank, locals())
    from plotnine import (
        aes,
        element_text,
        facet_grid,
        geom_hline,
        geom_rect,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    from stanmlm.plots.sheet import Sheet

    asked = pars is not None or regex_pars is not None
    named, left_out = shown_in_panels(named_draws(fit, pars, regex_pars), asked, MOST_ROWS)
    frame = rank_frame(named, bins)
    band = aes(xmin="left", xmax="right", ymin="lower", ymax="upper")
    layers = [
        geom_rect(band, fill=QUIET, alpha=0.22),
        geom_rect(
            aes(xmin="left", xmax="right", ymin=0, ymax="count"), fill=LIGHT, color=MID_EDGE, size=0.25, alpha=0.75
        ),
        geom_hline(aes(yintercept="expected"), color=INK, size=0.4, linetype="dashed"),
    ]
    chains, draws, P = named.draws.shape
    scales = [
        facet_grid(rows=["parameter"], cols=["chain"], labeller="label_value"),
        scale_x_continuous(breaks=[0, draws * chains / 2, draws * chains], labels=plain, expand=(0.02, 0)),
        scale_y_continuous(labels=plain, expand=(0, 0, 0.06, 0)),
        labels_of(captioned(words, left_out), "rank among the draws of all chains", "draws"),
        theme_paper(),
    ]
    size = theme(
        figure_size=(1.9 * chains + 1.8, 1.15 * P + 0.9),
        strip_text_y=element_text(angle=0, ha="left"),
        panel_spacing=0.02,
    )
    return Sheet(frame) + layers + scales + size


def rank_frame(named: NamedValues, bins: int) -> pd.DataFrame:
    """A row a parameter, chain and bin of ranks, with the counts that chains which mix would have."""
    chains, draws, P = named.draws.shape
    if not 2 <= bins <= chains * draws:
        raise OptionError(f"bins is {bins}; it is at least 2, and at most {chains * draws}, the number of draws")
    edges = np.asarray(np.linspace(0, chains * draws, bins + 1).round(), dtype=float)
    lower, upper = rank_band(np.diff(edges), chains, draws)
    parameter, chain, bin_ = np.indices((P, chains, bins)).reshape(3, -1)
    return pd.DataFrame({
        "parameter": pd.Categorical.from_codes(parameter, pd.Index(named.names)),
        "chain": pd.Categorical.from_codes(chain, pd.Index([f"chain {c + 1}" for c in range(chains)])),
        "bin": bin_ + 1,
        "left": edges[bin_],
        "right": edges[bin_ + 1],
        "count": np.concatenate([rank_counts(named.draws[..., k], edges).ravel() for k in range(P)]),
        "expected": np.diff(edges)[bin_] / chains,
        "lower": lower[bin_],
        "upper": upper[bin_],
    })  # fmt: skip


def rank_counts(draws: Floats, edges: Floats) -> Floats:
    """How many of each chain's ranks, counted from 1 over all chains, lie in (left, right], (chains, bins).

    Examples
    --------
    >>> rank_counts(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 2, 4])).tolist()
    [[2, 0], [0, 2]]
    """
    from scipy.stats import rankdata

    ranks = rankdata(draws, method="ordinal", axis=None).reshape(draws.shape)
    return np.stack([np.histogram(row, edges + 0.5)[0] for row in ranks])


def rank_band(sizes: Floats, chains: int, draws: int) -> tuple[Floats, Floats]:
    """Counts between which all bars of a parameter lie at least 95% of the time, if all draws are exchangeable.

    A bin of M ranks holds a hypergeometric number of one chain's: M drawn out of chains * draws, of which `draws` are
    that chain's.

    Examples
    --------
    >>> lower, upper = rank_band(np.full(20, 200.0), 4, 1000)
    >>> int(lower[0]), int(upper[0])
    (31, 71)
    """
    from scipy.stats import hypergeom

    tail = (1 - SIMULTANEOUS) / (2 * len(sizes) * chains)
    law = hypergeom(chains * draws, draws, sizes.astype(int))
    return np.asarray(law.ppf(tail), dtype=float), np.asarray(law.isf(tail), dtype=float)
