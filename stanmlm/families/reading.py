"""A response as its family reads it, with all that a formula adds to it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.base.callers import warn_user
from stanmlm.base.errors import DataError
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.categories import thresholds_told
from stanmlm.families.family import Family
from stanmlm.families.refusals import refuse
from stanmlm.families.responses import Response, valid_weights
from stanmlm.families.thresholds import Items

# What a family must have for each addition: what to say where it has not.
_NEEDS: Mapping[str, Callable[[Family], bool]] = {
    "trials": lambda family: "trials" in family.extras,
    "rate": lambda family: "rate" in family.extras,
    "se": lambda family: "se" in family.extras,
    "cens": lambda family: family.log_cdf is not None,
    "y2": lambda family: family.log_cdf is not None,
    "lb": lambda family: family.log_cdf is not None,
    "ub": lambda family: family.log_cdf is not None,
    "dec": lambda family: "dec" in family.extras,
    "thres": lambda family: family.shared is not None,
    "cat": lambda family: family.shared is not None,
}
_WRITTEN = {"y2": "cens", "lb": "trunc", "ub": "trunc"}
_INSTEAD = {
    "trials": "family=binomial reads successes of trials",
    "rate": "exposures are `rate()` of poisson and negbinomial counts; elsewhere `offset(log(d))` of a log link",
    "se": "known standard errors are of gaussian and student responses",
    "cens": "its distribution function is not there",
    "trunc": "its distribution function is not there",
    "thres": "thresholds are between ordered categories: cumulative, sratio, cratio, acat",
    "cat": "it says how many ordered categories there are: to cumulative, sratio, cratio, acat",
    "dec": "decisions are brms's, of its wiener family, which is not here",
}
# The same of families that users write.
_OF_WRITTEN = {
    "trials": 'custom_family(vars=("trials",)) reads them',
    "rate": 'custom_family(vars=("vreal1",)) reads `vreal()`',
    "se": 'custom_family(vars=("vreal1",)) reads `vreal()`',
    "cens": "its stan= has no distribution function, a `_lcdf` or `_lccdf`",
    "trunc": "its stan= has no distribution function, a `_lcdf` or `_lccdf`",
}


def read_response(family: Family, raw: RawResponse, weights: Floats | None) -> Response:
    """The response of rows, by its family, with what is added to it.

    Parameters
    ----------
    family : Family
    raw : RawResponse
    weights : array, optional
        (N,) those of `weights=`.

    Returns
    -------
    Response

    Raises
    ------
    DataError
        For responses that the family cannot have, for what it cannot have beside them, and for censoring and
        truncation that contradict the response; rows are named.
    """
    _check_added(family, raw)
    response = family.read(raw, weights)
    if not raw.added.keys() - {"trials", "thres", "cat"}:
        return response
    response = _weighted(family, raw, response)
    response = replace(response, **_rate(raw), **_se(family, raw, weights))
    return _truncated(raw, _censored(family, raw, response))


def with_items(family: Family, raw: RawResponse, response: Response, codes: Ints, levels: tuple[str, ...]) -> Response:
    """A response whose rows have the thresholds of their item, and how many each item has.

    Parameters
    ----------
    family : Family
    raw : RawResponse
    response : Response
        Of ordered categories.
    codes : array
        (N,) the item of each row, from 0.
    levels : tuple of str
        What items are called.

    Returns
    -------
    Response

    Raises
    ------
    DataError
        For a single item, for one with different numbers of thresholds, or without one, and for families without.
    """
    if family.shared is None:
        raise DataError(f"the {family.name} family cannot have `thres()`: {_INSTEAD['thres']}")
    if len(levels) < 2:
        raise DataError(f"thres(gr = ...) has one level, `{levels[0]}`: rows share their thresholds, as without `gr`")
    most = np.zeros(len(levels))
    np.maximum.at(most, codes, response.y - 1)
    told = thresholds_told(raw)
    if told is not None:
        least = np.full(len(levels), np.inf)
        np.minimum.at(least, codes, told)
        most = np.zeros(len(levels))
        np.maximum.at(most, codes, told)
        for level in np.flatnonzero(least < most)[:1]:
            raise DataError(f"thres() has several numbers of thresholds for `{levels[level]}`: it needs one an item")
    for level in np.flatnonzero(most < 1)[:1]:
        raise DataError(f"`{raw.label}` has one category in `{levels[level]}`, and so no threshold; "
                        "thres(k, gr = ...) says how many there are")  # fmt: skip
    return replace(response, item=codes.astype(float), items=Items(levels, tuple(most.astype(int).tolist())))


def _check_added(family: Family, raw: RawResponse) -> None:
    for name in raw.added:
        if name not in _NEEDS and name != "weights" and name not in family.extras:
            raise DataError(f"the {family.name} family reads no `{name}`: vint() and vreal() are for families of your "
                            "own, whose custom_family(vars=) names them")  # fmt: skip
        if name in _NEEDS and not _NEEDS[name](family):
            call = _WRITTEN.get(name, name)
            instead = _OF_WRITTEN.get(call, _INSTEAD[call]) if family.written else _INSTEAD[call]
            raise DataError(f"the {family.name} family cannot have `{call}()`: {instead}")


def require_counting(response: Response) -> None:
    """Refuse responses of which no row is an observation.

    Raises
    ------
    DataError
        Where every row has weight 0, or no trials.
    """
    if not np.any((response.weights > 0) & (response.exponents > 0) & (response.trials > 0)):
        what = "no trials" if not np.any(response.trials > 0) else "weight 0"
        raise DataError(f"no row of `{response.label}` is an observation: every one has {what}")


def _weighted(family: Family, raw: RawResponse, response: Response) -> Response:
    """brms's weights: exponents of the density, beside those of `weights=`, whatever these are."""
    if "weights" not in raw.added:
        return response
    exponents = valid_weights(raw, raw.added["weights"])
    if "scale" in raw.options and np.any(exponents):
        exponents = exponents * len(exponents) / exponents.sum()
    if family.weights_are_precisions:
        return replace(response, exponents=exponents)
    return replace(response, weights=response.weights * exponents)


def _rate(raw: RawResponse) -> dict[str, Any]:
    if "rate" not in raw.added:
        return {}
    rate = raw.added["rate"]
    bad = np.flatnonzero(~(np.isfinite(rate) & (rate > 0)))
    refuse(raw, bad, "rate() has {values} that are not above zero")
    return {"rate": rate}


def _se(family: Family, raw: RawResponse, weights: Floats | None) -> dict[str, Any]:
    if "se" not in raw.added:
        return {}
    if family.weights_are_precisions and weights is not None:
        raise DataError("`se()` says what sd each response has, and `weights=` says it again: use one of them; "
                        "`weights()` in the formula are exponents of the density")  # fmt: skip
    se = raw.added["se"]
    alone = "sigma" not in raw.options
    bad = np.flatnonzero(~(np.isfinite(se) & ((se > 0) if alone else (se >= 0))))
    refuse(raw, bad, "se() has {values} that are not above zero" if alone else "se() has {values} below zero")
    return {"se": se}


def _censored(family: Family, raw: RawResponse, response: Response) -> Response:
    if "cens" not in raw.added:
        return response
    code, y, N = raw.added["cens"], response.y, len(response.y)
    refuse(raw, np.flatnonzero(np.isnan(code)), "censoring is not known of {values}")
    y2 = raw.added.get("y2", np.full(N, np.nan))
    between = code == 2
    lacking = np.flatnonzero(between & np.isnan(y2))
    refuse(raw, lacking, f"intervals need their other end, `cens(c, y2)`: `{raw.label}` has {{values}} without one")
    empty = np.flatnonzero(between & (y2 <= y))
    refuse(raw, empty, f"an interval ends above its beginning: `{raw.label}` has {{values}} at or above y2")
    most = family.bounds(response.trials)[1]
    beyond = np.flatnonzero((code > 0) & (y >= most))
    refuse(raw, beyond, f"no response is above its greatest: `{raw.label}` has {{values}} there, right-censored")
    if np.all(code != 0):
        warn_user(f"every `{raw.label}` is censored: no row says more than where a response does not lie")
    return replace(response, censored=code, y2=np.where(between, y2, 0.0))


def _truncated(raw: RawResponse, response: Response) -> Response:
    if "lb" not in raw.added and "ub" not in raw.added:
        return response
    lower, upper = raw.added.get("lb", response.lower), raw.added.get("ub", response.upper)
    both = np.broadcast_to(lower, response.y.shape), np.broadcast_to(upper, response.y.shape)
    crossed = np.flatnonzero(~(both[0] < both[1]))
    refuse(raw, crossed, "trunc() has {values} where the lower bound is not below the upper")
    seen = np.where(response.censored == 2, response.y2, response.y)
    # where a response lies left of a number, or right of it, the number itself may be anywhere before the other bound
    under = np.where(response.censored == -1, seen <= both[0], response.y < both[0])
    over = np.where(response.censored == 1, response.y >= both[1], seen > both[1])
    refuse(raw, np.flatnonzero(under | over), f"`{raw.label}` has {{values}} beyond its truncation")
    return replace(response, lower=lower, upper=upper)
