"""Parameters against each other, for fits in trouble."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stanmlm.after.tables.picked import NamedValues, named_draws
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Bools, Floats, Ints
from stanmlm.base.errors import OptionError
from stanmlm.fit.fit import Fit, statistic
from stanmlm.plots.density import density_curve
from stanmlm.plots.parts import NO_WORDS, Words, captioned, labels_of, plain
from stanmlm.plots.picks import slowest
from stanmlm.plots.theme import ACCENT, LIGHT, MID, MID_EDGE, QUIET, theme_paper
from stanmlm.priors.parameters import POSITIVE

if TYPE_CHECKING:
    from plotnine import ggplot

MOST = 8  # parameters
USUAL = 4
POINTS = 1000  # in a panel, beside the divergences


def plot_pairs(
    fit: Fit,
    pars: Sequence[str] | str | None = None,
    regex_pars: str | None = None,
    *,
    log: bool = True,
    words: Words = NO_WORDS,
) -> "ggplot":
    """Parameters against each other, divergent transitions on top: a narrow neck where they gather is a funnel.

    Below the diagonal the draws, on it densities, above it correlations.

    Parameters
    ----------
    fit : Fit
        A fit.
    pars, regex_pars : optional
        Two to eight parameters, as in `named_draws`; where both are None, the four with the smallest effective size,
        group effects left out.
    log : bool
        Whether standard deviations and other positive parameters are drawn on the log scale, on which they are sampled
        and funnels show.
    words : Words
        Title, subtitle, axes and caption.

    Returns
    -------
    plotnine.ggplot
        Its `data` is the draws: `row` and `column` (parameters), `x` (of the column), `y` (of the row), `diverging`;
        all divergent ones, and others evenly spaced.

    Raises
    ------
    DataError, OptionError
        For a name that is no parameter, and for one parameter or more than eight.

    Examples
    --------
    >>> from stanmlm import lmer, plot_pairs, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> plot_pairs(fit, ["hours", "sigma"]).data["row"].unique().tolist()
    ['log sigma']
    """
    check_arguments(plot_pairs, locals())
    from plotnine import aes, geom_point, geom_ribbon, geom_text

    from stanmlm.plots.sheet import Sheet

    named = named_draws(fit, pars, regex_pars)
    named = slowest(named, USUAL) if pars is None and regex_pars is None else named
    if not 2 <= len(named.names) <= MOST:
        raise OptionError(f"pairs of 2 to {MOST} parameters can be drawn, these are {len(named.names)}")
    shown = _logged(named) if log else named
    diverging = statistic(fit, "diverging").astype(bool).ravel()
    points = pair_frame(shown, diverging)
    densities, correlations = diagonal_frame(shown), correlation_frame(shown)
    layers = [
        geom_ribbon(aes("x", ymin="low", ymax="high"), densities, fill=LIGHT, color=MID_EDGE, size=0.4),
        geom_point(aes("x", "y"), points[~points["diverging"]], size=0.7, stroke=0, color=MID, alpha=0.6),
        geom_point(aes("x", "y"), points[points["diverging"]], size=1.2, stroke=0, color=ACCENT, alpha=0.9),
        geom_text(aes("x", "y", label="text"), correlations, color=QUIET, size=8),
    ]
    return Sheet(points) + layers + _panels(len(shown.names)) + labels_of(captioned(words, _count(diverging)), "", "")


def _panels(P: int) -> list[object]:
    from plotnine import element_text, facet_grid, scale_x_continuous, scale_y_continuous, theme

    return [
        facet_grid(rows=["row"], cols=["column"], scales="free"),
        scale_x_continuous(breaks=_few, labels=plain),
        scale_y_continuous(breaks=_few, labels=plain),
        theme_paper(8),
        theme(figure_size=(1.5 * P + 1.2, 1.5 * P + 0.6), strip_text=element_text(size=7), panel_spacing=0.015),
    ]


def _few(limits: tuple[float, float]) -> list[float]:
    """Ticks away from the edges, where they would touch those of the next panel."""
    from matplotlib.ticker import MaxNLocator

    edge = 0.12 * (limits[1] - limits[0])
    ticks = MaxNLocator(nbins=5).tick_values(*limits)
    return [float(tick) for tick in ticks if limits[0] + edge < tick < limits[1] - edge]


def _count(diverging: Bools) -> str:
    count = f"{int(diverging.sum())} divergent transitions of {len(diverging)} draws"
    return f"{count}, in orange" if diverging.any() else count


def _logged(named: NamedValues) -> NamedValues:
    """Positive parameters under their logarithm."""
    positive = [bounds == POSITIVE for bounds in named.bounds]
    draws = np.where(positive, np.log(np.where(positive, named.draws, 1.0)), named.draws)
    names = [f"log {name}" if of else name for name, of in zip(named.names, positive, strict=True)]
    bounds = tuple((-np.inf, np.inf) if of else was for was, of in zip(named.bounds, positive, strict=True))
    return NamedValues(tuple(names), draws, bounds)


def _kept(diverging: Bools) -> Ints:
    """All divergent draws, and so many of the others, evenly spaced."""
    others = np.flatnonzero(~diverging)
    some = others[np.linspace(0, len(others) - 1, min(POINTS, len(others))).astype(int)]
    return np.asarray(np.sort(np.concatenate([some, np.flatnonzero(diverging)])), dtype=np.int64)


def pair_frame(named: NamedValues, diverging: Bools) -> pd.DataFrame:
    """The draws below the diagonal: a row a pair and draw."""
    kept = _kept(diverging)
    draws = named.draws.reshape(-1, len(named.names))[kept]
    parts = [
        _cell(named, i, j).merge(
            pd.DataFrame({"x": draws[:, j], "y": draws[:, i], "diverging": diverging[kept]}), how="cross"
        )
        for i in range(len(named.names))
        for j in range(i)
    ]
    return pd.concat(parts, ignore_index=True)


def _cell(named: NamedValues, i: int, j: int) -> pd.DataFrame:
    names = list(named.names)
    return pd.DataFrame({"row": pd.Categorical([names[i]], names), "column": pd.Categorical([names[j]], names)})


def diagonal_frame(named: NamedValues) -> pd.DataFrame:
    """Densities that fill the range of their panel, in which heights mean nothing: `x`, `low`, `high`."""
    parts = []
    for k, (low, high) in enumerate(_ranges(named)):
        x, density = density_curve(named.draws[..., k].ravel(), named.bounds[k])
        inside = (x >= low) & (x <= high)
        y = low + (high - low) * 0.95 * density / density.max()
        parts.append(_cell(named, k, k).merge(pd.DataFrame({"x": x, "low": low, "high": y})[inside], how="cross"))
    return pd.concat(parts, ignore_index=True)


def correlation_frame(named: NamedValues) -> pd.DataFrame:
    """Correlations of the draws as text in the middle of the panels above the diagonal."""
    correlations: Floats = np.asarray(np.corrcoef(named.draws.reshape(-1, len(named.names)), rowvar=False))
    middles = [(low + high) / 2 for low, high in _ranges(named)]
    parts = [
        _cell(named, i, j).assign(x=middles[j], y=middles[i], text=f"{correlations[i, j]:z.2f}".replace("-", "−"))
        for i in range(len(named.names))
        for j in range(i + 1, len(named.names))
    ]
    return pd.concat(parts, ignore_index=True)


def _ranges(named: NamedValues) -> Floats:
    """Least and greatest draw of each parameter, (P, 2)."""
    return np.stack([named.draws.min(axis=(0, 1)), named.draws.max(axis=(0, 1))], axis=1)
