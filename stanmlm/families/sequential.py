"""Ordered categories that are reached one after the other, or told from their neighbours."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.distinct import first_rows
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_link
from stanmlm.families.categories import codes_from_one, no_start, read_categories
from stanmlm.families.common import trials_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family, Notation
from stanmlm.families.given import Given
from stanmlm.families.links import LINKS, OF_CATEGORIES, OF_STEPS, Link
from stanmlm.families.ordinal import (
    DISC,
    FREE,
    SHIFTS,
    UNORDERED,
    Law,
    adjacent_law,
    continuing_law,
    draw,
    log_density,
    probabilities,
    slopes_by_category,
    stopping_law,
    threshold_of,
    with_disc,
)
from stanmlm.families.reductions import Reduction, Stats, total
from stanmlm.families.responses import Response


def sratio(link: str = "logit", threshold: str = "flexible", link_disc: str = "log") -> Family:
    """Ordered categories reached one after the other: P(Y = k | Y >= k) is the inverse link of threshold k minus mu.

    Thresholds need not be ordered. All else is as in `cumulative`.

    Parameters
    ----------
    link : str
        "logit", "probit", "probit_approx", "cloglog" or "cauchit".
    threshold : str
        "flexible" or "equidistant".
    link_disc : str
        For a formula of disc, by which the distance to thresholds is multiplied: "log", "identity", "softplus" or
        "squareplus".

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
    >>> from stanmlm import sratio
    >>> sratio("cloglog").link.name
    'cloglog'
    """
    return replace(with_disc(with_link(SRATIO, link), link_disc), shared=threshold_of(UNORDERED, threshold))


def cratio(link: str = "logit", threshold: str = "flexible", link_disc: str = "log") -> Family:
    """Ordered categories reached one after the other: P(Y > k | Y >= k) is the inverse link of mu minus threshold k.

    Parameters
    ----------
    link : str
        "logit", "probit", "probit_approx", "cloglog" or "cauchit".
    threshold : str
        "flexible" or "equidistant".
    link_disc : str
        For a formula of disc, by which the distance to thresholds is multiplied: "log", "identity", "softplus" or
        "squareplus".

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
    >>> from stanmlm import cratio
    >>> {name: link.name for name, link in cratio().links.items()}
    {'mu': 'logit'}
    """
    return replace(with_disc(with_link(CRATIO, link), link_disc), shared=threshold_of(UNORDERED, threshold))


def acat(link: str = "logit", threshold: str = "flexible", link_disc: str = "log") -> Family:
    """Ordered categories told from their neighbours: P(Y = k + 1 | Y is k or k + 1) is the inverse link of mu - tau_k.

    Parameters
    ----------
    link : str
        "logit", "probit", "probit_approx", "cloglog", "cauchit" or "softit".
    threshold : str
        "flexible" or "equidistant".
    link_disc : str
        For a formula of disc, by which the distance to thresholds is multiplied: "log", "identity", "softplus" or
        "squareplus".

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
    >>> from stanmlm import acat
    >>> {name: link.name for name, link in acat().links.items()}
    {'mu': 'logit'}
    """
    return replace(with_disc(with_link(ACAT, link), link_disc), shared=threshold_of(UNORDERED, threshold))


def _read(name: str, raw: RawResponse, weights: Floats | None, categories: tuple[str, ...] = ()) -> Response:
    return read_categories(raw, weights, name, ordered=True, categories=categories)


def _reached(shares: Floats) -> Floats:
    """Of those that reach each category but the last, the share that goes no further."""
    return np.asarray(shares[:-1] / np.cumsum(shares[::-1])[:0:-1])


def _stopping(shares: Floats, link: Link) -> Floats:
    return link.forward(_reached(shares))


def _continuing(shares: Floats, link: Link) -> Floats:
    return -link.forward(1 - _reached(shares))


def _adjacent(shares: Floats, link: Link) -> Floats:
    return -link.forward(shares[1:] / (shares[:-1] + shares[1:]))


def _statistic(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """How many of a cell are in each category, and how many beyond it."""
    K, items = len(response.categories), response.items
    place = (response.y.astype(int) - 1) * cells + cell
    often = total(response.weights, place, K * cells).reshape(K, cells)
    beyond = np.cumsum(often[::-1], axis=0)[::-1][1:]
    if items is None:
        return {"here": often[:-1], "beyond": beyond}
    at = items.at[response.item[first_rows(cell, cells)].astype(int)].T  # (most, cells)
    there = at >= 0
    here = np.where(there, often[:-1], 0.0)
    return {
        "M": len(at),
        "here": here,
        "beyond": beyond,
        "at": np.where(there, at, 0) + 1,
        "there": there.astype(float),
    }


def _law(mean: str, _: str) -> str:
    return rf"\text{{Categorical}}({mean})"


def _made(
    name: str, law: Law, links: tuple[str, ...], thresholds: Callable[[Floats, Link], Floats], event: str, beyond: bool
) -> Family:
    return Family(
        name=name,
        spellings=(),
        parameters=(Distributional("mu", LINKS["logit"], links, "real", no_start),),
        kind="category",
        read=Given(_read, (name,)),
        log_density=Given(log_density, (law,)),
        draw=Given(draw, (law,)),
        mean=Given(probabilities, (law,)),
        bounds=codes_from_one,
        notation=Notation(r"\mu", "", trials_of, _law, event, beyond),
        reductions=(Reduction(("offset",), _statistic),),
        shared=FREE,
        optional=(DISC,),
        shifts=SHIFTS,
        thresholds=thresholds,
        by_category=Given(slopes_by_category, (law,)),
    )


SRATIO = _made("sratio", stopping_law, OF_STEPS, _stopping, r"y = k \mid y \ge k", False)
CRATIO = _made("cratio", continuing_law, OF_STEPS, _continuing, r"y > k \mid y \ge k", True)
ACAT = _made("acat", adjacent_law, OF_CATEGORIES, _adjacent, r"y = k + 1 \mid y \in \{k, k + 1\}", True)
