"""Response distributions: what a family reads from a response, and what its likelihood needs of the data."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from stanmlm import likelihoods
from stanmlm.arrays import Anything, Bools, Floats, Ints
from stanmlm.errors import DataError, OptionError, StanmlmWarning, did_you_mean
from stanmlm.links import LINKS, Link

Stats = Mapping[str, Floats | float]


@dataclass(frozen=True)
class RawResponse:
    """The left side of a formula as evaluated, before any family has looked at it."""

    label: str  # as R deparses it
    kind: str  # "numeric", "logical", "factor", "cbind" (successes, failures), "trials" (successes, trials)
    values: Anything  # (N,) numbers, booleans or level codes from 0; (N, 2) for "cbind" and "trials"
    levels: tuple[str, ...] = ()  # of a factor
    rows: Ints | None = None  # (N,) numbers of the rows in the user's data, for messages; None: 1 to N


@dataclass(frozen=True)
class Response:
    """A response as its family reads it; every array is (N,)."""

    label: str
    y: Floats  # values, successes or counts
    trials: Floats  # binomial trials; ones elsewhere
    weights: Floats  # gaussian: precisions; else they multiply the log likelihood; ones by default


@dataclass(frozen=True)
class Auxiliary:
    """A parameter of the family beside the mean, a positive scalar in Stan of the same name."""

    name: str  # "sigma"
    scales_groups: bool  # rstanarm: default group sds are priors on sd / auxiliary


@dataclass(frozen=True)
class Family:
    """A family with its link; users write `binomial`, `"binomial"` or `binomial(link="probit")`."""

    name: str  # also the file stan/families/<name>.stan
    link: Link
    links: tuple[str, ...]  # allowed, default first
    auxiliary: tuple[Auxiliary, ...]
    autoscales: bool  # gaussian: default priors are scaled by sd(y), the intercept's sits at mean(y)
    offset_in_key: bool  # whether rows must share an offset to share a cell
    read: Callable[[RawResponse, Floats | None], Response]
    # (response, offset, cell of each row, number of cells) -> arrays by Stan data name
    sufficient: Callable[[Response, Floats, Ints, int], Stats]
    # (statistics) -> mean response and prior weight of each cell, as in a generalised linear model
    means: Callable[[Stats], tuple[Floats, Floats]]
    variance: Callable[[Floats], Floats]  # of one response at mean mu, over the dispersion
    # (statistics) -> rows and squares within cells where the family has a dispersion to estimate, else None
    spread: Callable[[Stats], tuple[float, float] | None]
    # rows in NumPy: (rng, mu, auxiliaries, trials, weights) -> new responses, all (draws, rows)
    draw: Callable[[np.random.Generator, Floats, Mapping[str, Floats], Floats, Floats], Floats]
    # (y, mu, auxiliaries, trials, weights) -> log density with its constants, (draws, rows)
    log_density: Callable[[Floats, Floats, Mapping[str, Floats], Floats, Floats], Floats]
    # (mu, auxiliaries, trials, weights) -> variance of a row's response given its mean, (draws, rows)
    row_variance: Callable[[Floats, Mapping[str, Floats], Floats, Floats], Floats]
    bounds: Callable[[Floats], tuple[Floats, Floats]]  # (trials) -> least and greatest response, (N,)


FamilyLike = Family | str | Callable[[], Family]


def gaussian(link: str = "identity") -> Family:
    """Normal responses; `weights` are precisions, as in lme4.

    Parameters
    ----------
    link : str
        "identity".

    Returns
    -------
    Family

    Examples
    --------
    >>> gaussian().auxiliary[0].name
    'sigma'
    """
    return _with_link(FAMILIES["gaussian"], link)


def binomial(link: str = "logit") -> Family:
    """Successes in trials: 0/1, logical, a factor, `cbind(s, f)`, `s | trials(n)`, or a proportion with `weights`.

    Parameters
    ----------
    link : str
        "logit", "probit" or "cloglog".

    Returns
    -------
    Family

    Raises
    ------
    OptionError
        For a link that the family does not have.

    Examples
    --------
    >>> binomial(link="probit").link.name
    'probit'
    """
    return _with_link(FAMILIES["binomial"], link)


def poisson(link: str = "log") -> Family:
    """Counts.

    Parameters
    ----------
    link : str
        "log".

    Returns
    -------
    Family

    Examples
    --------
    >>> poisson().link.name
    'log'
    """
    return _with_link(FAMILIES["poisson"], link)


def as_family(family: FamilyLike) -> Family:
    """Give the family that a user names in any of R's ways.

    Parameters
    ----------
    family : Family, str or function
        `binomial(link="probit")`, `"binomial"` or `binomial`.

    Returns
    -------
    Family

    Raises
    ------
    OptionError
        If it is none of these.

    Examples
    --------
    >>> as_family("poisson").name, as_family(binomial).link.name
    ('poisson', 'logit')
    """
    if isinstance(family, Family):
        return family
    if isinstance(family, str):
        if family not in FAMILIES:
            raise OptionError(f"`{family}` is not a family" + did_you_mean(family, FAMILIES))
        return FAMILIES[family]
    made = family() if callable(family) else family
    if not isinstance(made, Family):
        raise OptionError(f"family must be a family such as `binomial`, not {family!r}" + did_you_mean("", FAMILIES))
    return made


def _with_link(family: Family, link: str) -> Family:
    if link not in family.links:
        raise OptionError(f"`{link}` is not a link of {family.name}" + did_you_mean(str(link), family.links))
    return replace(family, link=LINKS[link])


def _read_gaussian(raw: RawResponse, weights: Floats | None) -> Response:
    y = _numeric(raw, "gaussian")
    return Response(raw.label, y, np.ones_like(y), _weights(raw, weights))


def _read_poisson(raw: RawResponse, weights: Floats | None) -> Response:
    y = _numeric(raw, "poisson")
    _refuse(raw, y < 0, f"poisson needs counts: `{raw.label}` has {{values}} below zero")
    _warn(raw, ~_whole(y), f"poisson needs counts: `{raw.label}` has {{values}} that are not whole numbers")
    return Response(raw.label, y, np.ones_like(y), _weights(raw, weights))


def _read_binomial(raw: RawResponse, weights: Floats | None) -> Response:
    readers = {
        "numeric": _read_share,
        "logical": _read_share,
        "factor": _read_factor,
        "cbind": _read_cbind,
        "trials": _read_trials,
    }
    return readers[raw.kind](raw, weights)


def _read_share(raw: RawResponse, weights: Floats | None) -> Response:
    """Zeros and ones, whose weights are case weights, or proportions, whose weights are trials."""
    share = _vector(raw)
    _refuse(raw, (share < 0) | (share > 1), f"binomial needs 0 or 1, or proportions: `{raw.label}` has {{values}}"
            " below 0 or above 1")  # fmt: skip
    weights, ones = _weights(raw, weights), np.ones_like(share)
    if np.all(_whole(share)):
        return Response(raw.label, share, ones, weights)
    successes = share * weights
    near = np.round(successes)
    # A share was divided out of whole numbers: R allows 1e-3, and so rounds nothing that it would warn about.
    whole = np.abs(successes - near) <= 1e-8 * np.maximum(weights, 1)
    _warn(raw, ~whole & (np.abs(successes - near) > 1e-3), f"{_SUCCESSES}: `{raw.label}` times weights has {{values}}"
          " that are not whole numbers")  # fmt: skip
    return Response(raw.label, np.where(whole, near, successes), weights, ones)


def _read_factor(raw: RawResponse, weights: Floats | None) -> Response:
    """R: the first level is failure, all others are success."""
    codes = _vector(raw)
    if len(raw.levels) > 2:
        _say(f"`{raw.label}` has {len(raw.levels)} levels: `{raw.levels[0]}` is failure, all others are success")
    return Response(raw.label, (codes > 0).astype(float), np.ones(len(codes)), _weights(raw, weights))


def _read_cbind(raw: RawResponse, weights: Floats | None) -> Response:
    successes, failures = _matrix(raw)
    _refuse(raw, (successes < 0) | (failures < 0), f"binomial needs counts: `{raw.label}` has {{values}} below zero")
    fractional = ~_whole(successes) | ~_whole(failures)
    _warn(raw, fractional, f"non-integer counts in a binomial glm!: `{raw.label}` has {{values}} that are not whole")
    return Response(raw.label, successes, successes + failures, _weights(raw, weights))


def _read_trials(raw: RawResponse, weights: Floats | None) -> Response:
    successes, trials = _matrix(raw)
    _refuse(raw, (successes < 0) | (trials < 0), f"binomial needs counts: `{raw.label}` has {{values}} below zero")
    _refuse(raw, successes > trials, f"`{raw.label}` has {{values}} with more successes than trials")
    fractional = ~_whole(successes) | ~_whole(trials)
    _warn(raw, fractional, f"{_SUCCESSES}: `{raw.label}` has {{values}} that are not whole numbers")
    return Response(raw.label, successes, trials, _weights(raw, weights))


_SUCCESSES = "non-integer #successes in a binomial glm!"


def _numeric(raw: RawResponse, family: str) -> Floats:
    if raw.kind not in ("numeric", "logical"):
        given = {"factor": "a factor", "cbind": "a matrix", "trials": "successes with trials"}[raw.kind]
        raise DataError(f"response must be numeric: `{raw.label}` is {given}, which the {family} family cannot read")
    return _vector(raw)


def _vector(raw: RawResponse) -> Floats:
    values = np.asarray(raw.values, dtype=float)
    _refuse(raw, ~np.isfinite(values), f"`{raw.label}` has {{values}} missing or infinite")
    return values


def _matrix(raw: RawResponse) -> tuple[Floats, Floats]:
    values = np.asarray(raw.values, dtype=float)
    if values.ndim != 2 or values.shape[1] != 2:
        raise DataError(f"a binomial response has two columns, successes and failures; `{raw.label}` has not")
    _refuse(raw, ~np.isfinite(values).all(axis=1), f"`{raw.label}` has {{values}} missing or infinite")
    return values[:, 0], values[:, 1]


def _weights(raw: RawResponse, weights: Floats | None) -> Floats:
    if weights is None:
        return np.ones(len(raw.values))
    weights = np.asarray(weights, dtype=float)
    _refuse(raw, ~np.isfinite(weights), "weights has {values} missing or infinite")
    _refuse(raw, weights < 0, "negative weights not allowed: weights has {values} below zero")
    return weights


def _whole(values: Floats) -> Bools:
    whole: Bools = np.abs(values - np.round(values)) <= 1e-7
    return whole


def _refuse(raw: RawResponse, bad: Bools, message: str) -> None:
    if np.any(bad):
        raise DataError(_counted(raw, bad, message))


def _warn(raw: RawResponse, odd: Bools, message: str) -> None:
    if np.any(odd):
        _say(_counted(raw, odd, message) + "; they enter as they are")


def _say(message: str) -> None:
    warnings.warn(message, StanmlmWarning, stacklevel=2)


def _counted(raw: RawResponse, which: Bools, message: str) -> str:
    """The message with how many values it is about, and the rows where they stand."""
    places = np.flatnonzero(which)
    numbers = places + 1 if raw.rows is None else raw.rows[places]
    shown = ", ".join(str(number) for number in numbers[:5]) + (", ..." if len(numbers) > 5 else "")
    count = "1 value" if len(places) == 1 else f"{len(places)} values"
    return message.format(values=count) + f" (row{'s' if len(places) > 1 else ''} {shown})"


def _sum(values: Floats, cell: Ints, cells: int) -> Floats:
    return np.bincount(cell, weights=values, minlength=cells).astype(float)


def _gaussian_statistics(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """DESIGN 8a with precision weights; a row of weight 0 is not an observation."""
    y, weights = response.y - offset, response.weights
    n = _sum(weights, cell, cells)
    mean = _sum(weights * y, cell, cells) / np.where(n > 0, n, 1)
    squares = float(np.sum(weights * (y - mean[cell]) ** 2))
    return {"N": int(np.count_nonzero(weights)), "n": n, "y": mean, "ss": squares}


def _binomial_statistics(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    y, trials = response.weights * response.y, response.weights * response.trials
    return {"y": _sum(y, cell, cells), "trials": _sum(trials, cell, cells)}


def _poisson_statistics(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    weights = response.weights
    exposure = _sum(weights * np.exp(offset), cell, cells)
    return {"y": _sum(weights * response.y, cell, cells), "exposure": exposure}


def _per(total: str, size: str) -> Callable[[Stats], tuple[Floats, Floats]]:
    def means(stats: Stats) -> tuple[Floats, Floats]:
        n = np.asarray(stats[size], dtype=float)
        return np.asarray(stats[total]) / np.where(n > 0, n, 1), n

    return means


def _gaussian_means(stats: Stats) -> tuple[Floats, Floats]:
    return np.asarray(stats["y"], dtype=float), np.asarray(stats["n"], dtype=float)


def _unit(stats: Stats) -> None:
    """No dispersion beside 1."""


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family(
            name="gaussian",
            link=LINKS["identity"],
            links=("identity",),
            auxiliary=(Auxiliary("sigma", scales_groups=True),),
            autoscales=True,
            offset_in_key=False,
            read=_read_gaussian,
            sufficient=_gaussian_statistics,
            means=_gaussian_means,
            variance=np.ones_like,
            spread=lambda stats: (float(np.sum(stats["N"])), float(np.sum(stats["ss"]))),
            draw=likelihoods.draw_gaussian,
            log_density=likelihoods.log_gaussian,
            row_variance=likelihoods.variance_gaussian,
            bounds=likelihoods.unbounded,
        ),
        Family(
            name="binomial",
            link=LINKS["logit"],
            links=("logit", "probit", "cloglog"),
            auxiliary=(),
            autoscales=False,
            offset_in_key=True,
            read=_read_binomial,
            sufficient=_binomial_statistics,
            means=_per("y", "trials"),
            variance=lambda mu: mu * (1 - mu),
            spread=_unit,
            draw=likelihoods.draw_binomial,
            log_density=likelihoods.log_binomial,
            row_variance=likelihoods.variance_binomial,
            bounds=likelihoods.successes,
        ),
        Family(
            name="poisson",
            link=LINKS["log"],
            links=("log",),
            auxiliary=(),
            autoscales=False,
            offset_in_key=False,
            read=_read_poisson,
            sufficient=_poisson_statistics,
            means=_per("y", "exposure"),
            variance=lambda mu: mu,
            spread=_unit,
            draw=likelihoods.draw_poisson,
            log_density=likelihoods.log_poisson,
            row_variance=likelihoods.variance_poisson,
            bounds=likelihoods.counts,
        ),
    )
}
