"""Ordered categories, each an interval of a variable behind them."""

from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.distinct import cells_of
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_link
from stanmlm.families.categories import codes_from_one, no_start, read_categories
from stanmlm.families.common import trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.given import Given
from stanmlm.families.links import LINKS, OF_CATEGORIES, Link
from stanmlm.families.ordinal import (
    DISC,
    FLEXIBLE,
    ORDERED,
    cumulative_law,
    draw,
    log_density,
    probabilities,
    slopes_by_category,
    threshold_of,
    with_disc,
)
from stanmlm.families.reductions import Reduction, Stats, observed, total
from stanmlm.families.responses import Response
from stanmlm.families.thresholds import Items, ladder

# Thresholds next to the responses of cells are a matrix where they are more than this share of it: then it is faster.
FULL = 0.5


def cumulative(link: str = "logit", threshold: str = "flexible", link_disc: str = "log") -> Family:
    """Ordered categories with P(Y <= k) the inverse link of threshold k minus mu, as `ordinal::clm` and brms have it.

    Responses are an ordered factor, another factor (by its levels, with a message), or whole numbers from 1. The
    intercept is in the thresholds: their prior, of class "Intercept", is on thresholds at centred predictors. A formula
    of `disc` multiplies the distance to thresholds; without one it is 1. Weights are exponents of the density.

    Parameters
    ----------
    link : str
        "logit", "probit", "probit_approx", "cloglog", "cauchit" or "softit".
    threshold : str
        "flexible", or "equidistant": one distance, `delta`, from each to the next.
    link_disc : str
        For a formula of disc: "log", "identity", "softplus" or "squareplus".

    Returns
    -------
    Family
        For `family=` of the verbs.

    Raises
    ------
    OptionError
        For a link that the parameter does not have.

    Examples
    --------
    >>> from stanmlm import cumulative
    >>> cumulative("probit").link.name, cumulative(threshold="equidistant").shared.name
    ('probit', 'equidistant')
    """
    return replace(with_disc(with_link(CUMULATIVE, link), link_disc), shared=threshold_of(ORDERED, threshold))


def _read(raw: RawResponse, weights: Floats | None, categories: tuple[str, ...] = ()) -> Response:
    return read_categories(raw, weights, "cumulative", ordered=True, categories=categories)


def _thresholds(shares: Floats, link: Link) -> Floats:
    return link.forward(np.cumsum(shares)[:-1])


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """How many of a cell are next to each threshold, and how many of these below it.

    The logistic density between two thresholds is that of a binomial at each, and one factor of the distance between.
    """
    y, weights, items = response.y.astype(int), response.weights, response.items
    before, size = ladder(items, response.item, len(response.categories) - 1)
    T, over = len(items.of_threshold) if items else int(size[0]), before + y  # the threshold above each, from 1
    below, above = y <= size, y > 1  # rows with a threshold above them, and below
    often = total(weights[below & above], over[below & above] - 1, T)
    sums: dict[str, Floats | Ints | int] = {
        "below": total(weights[below], cell[below], cells),
        "below_at": total(weights[below], over[below] - 1, T),
    }
    sums |= _between(items, often) if items else {"often": often[1:]}
    at, n = np.concatenate([over[below], over[above] - 1]), np.concatenate([weights[below], weights[above]])
    pair, first = cells_of([np.concatenate([cell[below], cell[above]]), at])
    here, at = np.concatenate([cell[below], cell[above]])[first], at[first]
    n = total(n, pair, len(first))
    if items or len(first) < FULL * cells * T:
        return sums | {"R": len(first), "cell": here + 1, "at": at, "n": n}
    beside = np.zeros((T, cells))
    beside[at - 1, here] = n
    return sums | {"beside": beside}


def _between(items: Items, often: Floats) -> dict[str, Floats | Ints | int]:
    """The responses between two thresholds of one item, by the upper one."""
    upper = np.setdiff1d(np.arange(len(often)), items.first)
    return {"B": len(upper), "next": upper + 1, "often": often[upper]}


def _one_by_one(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """The distinct responses of cells: the lowest, the highest and others, with the thresholds next to these."""
    of, items = observed(response, cell, precisions=False), response.items
    y, stats = of.y.astype(int), dict[str, Floats | Ints | int]()
    before, size = ladder(items, of.extra.item, len(response.categories) - 1)
    over, last = before + y, y == size + 1
    kinds = {"lowest": y == 1, "highest": last, "between": (y > 1) & ~last}
    for name, here in kinds.items():
        stats |= {f"cell_{name}": of.cell[here] + 1, f"n_{name}": of.n[here]}
    stats |= {"at_lowest": over[y == 1], "at_highest": over[last] - 1} if items else {}
    sizes = {"R_lowest": "lowest", "R_highest": "highest", "R": "between"}
    over = over[kinds["between"]]
    return stats | {size: int(kinds[name].sum()) for size, name in sizes.items()} | {"under": over - 1, "over": over}


def _law(mean: str, _: str) -> str:
    return rf"\text{{Cumulative}}(\tau, {mean})"


CUMULATIVE = Family(
    name="cumulative",
    spellings=("clm", "clmm", "polr", "stan_polr", "ordered_logistic"),
    parameters=(Distributional("mu", LINKS["logit"], OF_CATEGORIES, "real", no_start),),
    kind="category",
    read=_read,
    log_density=Given(log_density, (cumulative_law,)),
    draw=Given(draw, (cumulative_law,)),
    mean=Given(probabilities, (cumulative_law,)),
    bounds=codes_from_one,
    notation=Notation(r"\mu", "", trials_of, _law, event=r"y \le k"),
    reductions=(
        Reduction(("offset",), _statistic, scalars=("disc",), links=("logit",)),
        Reduction(("offset",), _one_by_one),
    ),
    shared=FLEXIBLE,
    optional=(DISC,),
    thresholds=_thresholds,
    by_category=Given(slopes_by_category, (cumulative_law,)),
)
