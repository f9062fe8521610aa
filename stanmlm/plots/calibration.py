"""Figures of simulation-based calibration: ECDFs of ranks in their envelope, and histograms."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.criticism.calibration import LEVEL, LIKELIHOOD, Calibration
from stanmlm.after.criticism.envelopes import ecdf_envelope
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Ints
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.plots.parts import NO_WORDS, Words, captioned, labels_of, plain
from stanmlm.plots.theme import DARK, LIGHT, LIGHT_EDGE, QUIET, theme_paper

if TYPE_CHECKING:
    from plotnine import ggplot

MOST = 40  # panels
BINS = 10  # of histograms, for which ranks are put together


def plot_sbc(
    calibration: Calibration,
    pars: Sequence[str] | str | None = None,
    type: str = "ecdf",
    *,
    words: Words = NO_WORDS,
) -> "ggplot":
    """Ranks of simulation-based calibration, a panel a quantity.

    Parameters
    ----------
    calibration : Calibration
        What `sbc` gives.
    pars : sequence of str, optional
        Quantities, as `calibration.to_frame()` names them; all but group effects where None.
    type : str
        "ecdf": the empirical distribution of ranks less the uniform one, which all of a line stays within the envelope
        of with probability 0.95 (Sailynoja, Burkner and Vehtari 2022). "hist": histograms of ranks, with the 95%
        interval of a bin (Talts et al. 2018). A hump is a posterior that is too wide, a valley one that is too narrow,
        a slope one that is off to a side.
    words : Words
        Title, subtitle, axes and caption.

    Returns
    -------
    plotnine.ggplot
        Its `data` has `quantity`, `x`, `y`, `lower`, `upper`.

    Raises
    ------
    OptionError
        For another type, and for more quantities than have room.
    DataError
        For what is no quantity.

    Examples
    --------
    >>> from stanmlm import lm, plot_sbc, sbc, simulate_exams
    >>> data = simulate_exams(seed=1, students=5, exams=4)
    >>> prior = lm("score ~ hours", data, seed=1, prior_only=True, progress=False)
    >>> plot_sbc(sbc(prior, n=4, draws=9, iter=300), "sigma").data["quantity"].unique().tolist()
    ['sigma']
    """
    check_arguments(plot_sbc, locals())
    if type not in TYPES:
        raise OptionError(f"type is `{type}`" + did_you_mean(type, TYPES))
    chosen = _chosen(calibration, pars)
    frame_of, draw = TYPES[type]
    parts = [frame_of(ranks, calibration.draws).assign(quantity=name) for name, ranks in chosen.items()]
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.assign(quantity=pd.Categorical(frame["quantity"], list(chosen)))
    count = f"{len(calibration.numbers)} replications, ranks among {calibration.draws} draws"
    return draw(frame, len(chosen), captioned(words, count))


def _chosen(calibration: Calibration, pars: Sequence[str] | str | None) -> dict[str, Ints]:
    """The ranks that are shown, by quantity."""
    known = calibration.by_quantity()
    few = {label for row in calibration.variables if row.kind != "r" for label in row.flat} | {LIKELIHOOD}
    names = (
        [name for name in known if name in few][:MOST] if pars is None else [pars] if isinstance(pars, str) else pars
    )
    if unknown := [name for name in names if name not in known]:
        raise DataError(f"`{unknown[0]}` is no quantity of the calibration{did_you_mean(unknown[0], known)}")
    if not 1 <= len(names) <= MOST:
        raise OptionError(f"from 1 to {MOST} quantities have room for a panel each, these are {len(names)}")
    return {name: known[name] for name in names}


def ecdf_frame(ranks: Ints, draws: int) -> pd.DataFrame:
    """The ECDF of ranks from 0 to `draws` less the uniform one, and its envelope."""
    n, x = len(ranks), np.arange(draws + 2) / (draws + 1)
    ecdf = np.concatenate([[0], np.cumsum(np.bincount(ranks, minlength=draws + 1))]) / n
    lower, upper = ecdf_envelope(n, draws + 1, LEVEL)
    return pd.DataFrame({"x": x, "y": ecdf - x, "lower": lower - x, "upper": upper - x})


def hist_frame(ranks: Ints, draws: int) -> pd.DataFrame:
    """Counts of ranks in bins that are as equal as can be, and the interval of uniform ones."""
    from scipy import stats

    edges = np.round(np.linspace(0, draws + 1, min(BINS, draws + 1) + 1)).astype(int)
    counts, share = np.histogram(ranks, edges - 0.5)[0], np.diff(edges) / (draws + 1)
    lower, upper = (stats.binom.ppf(p, len(ranks), share) for p in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    middle, width = (edges[1:] + edges[:-1] - 1) / 2, np.diff(edges)
    columns = {"x": middle, "width": width, "y": counts, "lower": lower, "upper": upper}
    return pd.DataFrame(columns).assign(even=len(ranks) * share)


def _ecdf(frame: pd.DataFrame, panels: int, words: Words) -> "ggplot":
    from plotnine import aes, geom_hline, geom_ribbon, geom_step

    return (
        _sheet(frame, panels)
        + geom_ribbon(aes("x", ymin="lower", ymax="upper"), fill=LIGHT, color=LIGHT_EDGE, size=0.3)
        + geom_hline(yintercept=0, color=QUIET, linetype="dashed", size=0.4)
        + geom_step(aes("x", "y"), color=DARK, size=0.8)
        + labels_of(words, "Rank, from 0 to 1", "ECDF less the uniform")
    )


def _hist(frame: pd.DataFrame, panels: int, words: Words) -> "ggplot":
    from plotnine import aes, geom_col, geom_hline, geom_rect, scale_y_continuous

    band = aes(xmin="x - width / 2", xmax="x + width / 2", ymin="lower", ymax="upper")
    return (
        _sheet(frame, panels)
        + geom_rect(band, fill=LIGHT)
        + geom_col(aes("x", "y", width="width"), fill="none", color=DARK, size=0.5)
        + geom_hline(yintercept=float(frame["even"].mean()), color=QUIET, linetype="dashed", size=0.4)
        + scale_y_continuous(labels=plain, expand=(0, 0, 0.05, 0))
        + labels_of(words, "Rank", "Replications")
    )


def _sheet(frame: pd.DataFrame, panels: int) -> "ggplot":
    from plotnine import element_text, facet_wrap, scale_x_continuous, theme

    from stanmlm.plots.sheet import Sheet

    across = int(np.ceil(np.sqrt(panels)))
    down = -(-panels // across)
    size = theme(figure_size=(max(4.0, 2.4 * across), 1.9 * down + 1), strip_text=element_text(weight="normal"))
    return Sheet(frame) + theme_paper(9) + facet_wrap("quantity", ncol=across) + scale_x_continuous(labels=plain) + size


Frame = Callable[[Ints, int], pd.DataFrame]
Draw = Callable[[pd.DataFrame, int, Words], "ggplot"]
TYPES: Mapping[str, tuple[Frame, Draw]] = {"ecdf": (ecdf_frame, _ecdf), "hist": (hist_frame, _hist)}
