"""Categories in no order, each but one with a predictor of its own: the logarithm of its odds against that one."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from stanmlm.base.arguments import shown
from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.families.categories import at_codes, drawn, shares_of
from stanmlm.families.distributional import Distributional
from stanmlm.families.family import Family
from stanmlm.families.given import Given
from stanmlm.families.links import LINKS
from stanmlm.families.reductions import Extra, Stats, total
from stanmlm.families.responses import Response
from stanmlm.families.theta import Theta
from stanmlm.formula.bf import LOCATION

# The largest whole number that names a category.
MOST = 10**9

# Of each category the parameter that is its predictor, "" of the one that the others are counted from. Functions below
# that have it first are given it once the categories are known.
Places = tuple[str, ...]


def log_probabilities(of: Places, theta: Theta) -> Floats:
    """Of all categories, (..., rows, K)."""
    etas = iter(np.broadcast_arrays(*(theta.eta(name) for name in of if name)))
    first = next(etas)
    sides = iter([first, *etas])
    odds = np.stack([next(sides) if name else np.zeros_like(first) for name in of], axis=-1)
    return np.asarray(odds - special.logsumexp(odds, axis=-1, keepdims=True))


def nominal_probabilities(of: Places, theta: Theta, _: Extra) -> Floats:
    """Of all categories, (..., rows, K)."""
    return np.exp(log_probabilities(of, theta))


def log_density(of: Places, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """Of codes, weighted."""
    return np.asarray(extra.weights * at_codes(log_probabilities(of, theta), y))


def draw(of: Places, rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    """Codes."""
    return drawn(rng, nominal_probabilities(of, theta, extra))


def slopes_by_category(of: Places, theta: Theta) -> tuple[Floats, Floats]:
    """Log probabilities of one draw, (rows, K), and slopes along the predictors, (K - 1, rows, K)."""
    logs = log_probabilities(of, theta)
    own = np.flatnonzero(of)
    return logs, np.eye(len(of))[own][:, None, :] - np.exp(logs[:, own]).T[:, :, None]


def counts(of: Places, response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """How many of a cell are of each category that has a predictor, and of all."""
    y, weights = response.y, response.weights
    numbers = y.T if y.ndim > 1 else (y.astype(int) == np.arange(1, len(of) + 1)[:, None]).astype(float)
    each = [total(weights * own, cell, cells) for own, name in zip(numbers, of, strict=True) if name]
    return {"often": np.stack(each), "n": total(weights * response.trials, cell, cells)}


def _share(place: int, reference: int, response: Response) -> float:
    """Of a category among the responses that are of it or of the reference."""
    shares = shares_of(response, len(response.categories))
    return float(shares[place] / (shares[place] + shares[reference]))


def _no_share(*_: object) -> float:
    raise AssertionError("categories are not known yet")


# Functions of a family that have places first.
_OF_PLACES = ("log_density", "draw", "mean", "by_category", "score", "information")
# What the location of each category is like. Its natural value says nothing: the link is that of all together.
PATTERN = Distributional(LOCATION, LINKS["logit"], ("logit",), "real", _no_share)


def named_after(category: str) -> str:
    """brms's name of a category's parameter: `muvirginica`.

    Examples
    --------
    >>> named_after("red wine_2")
    'muredwine2'
    """
    return LOCATION + "".join(letter for letter in category if letter.isalnum())


def one_each(family: Family) -> Family:
    """A family with a location for each category but the reference.

    Raises
    ------
    OptionError
        For a reference that is none of the categories.
    DataError
        For categories whose parameters would have no name, or the same one.
    """
    known = family.categories
    if family.reference and family.reference not in known:
        raise OptionError(f"refcat `{family.reference}` is not a category" + did_you_mean(family.reference, known))
    reference = known.index(family.reference) if family.reference else 0
    of = tuple("" if k == reference else named_after(name) for k, name in enumerate(known))
    _check_names(known, of)
    pattern, *others = family.parameters
    locations = [replace(pattern, name=name, start=Given(_share, (k, reference))) for k, name in enumerate(of) if name]
    functions = {name: getattr(family, name) for name in _OF_PLACES}
    bound: dict[str, Any] = {name: Given(function, (of,)) for name, function in functions.items() if function}
    bound["slopes_in"] = (*("" for _ in locations), *(one.links[0] for one in others))
    reductions = tuple(replace(one, statistic=Given(one.statistic, (of,))) for one in family.reductions)
    return replace(family, parameters=(*locations, *others), reductions=reductions, **bound)


def _check_names(categories: tuple[str, ...], of: Places) -> None:
    often = Counter(name for name in of if name)
    bad = [category for category, name in zip(categories, of, strict=True) if name == LOCATION or often[name] > 1]
    if bad:
        listed = " and ".join(f"`{category}`" for category in bad)
        raise DataError(
            f"parameters are named after the letters and digits of categories, and {listed} would have "
            f"{'one name' if len(bad) > 1 else 'none'}: rename them"
        )


def reference_of(refcat: object) -> str:
    """The reference category that a user names, "" for the first.

    Raises
    ------
    OptionError
        For what is not a name.
    """
    if refcat is None or isinstance(refcat, str):
        return refcat or ""
    if isinstance(refcat, int) and not isinstance(refcat, bool) and 0 < refcat <= MOST:
        return str(refcat)
    raise OptionError(f"refcat is the name of a category, not {shown(refcat)}")
