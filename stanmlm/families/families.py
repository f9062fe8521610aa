"""Response distributions: what a family reads from a response, and what its likelihood needs of the data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.arguments import shown
from stanmlm.base.arrays import Floats, Ints, is_constant
from stanmlm.base.dialects import family_elsewhere
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.data.raw_response import RawResponse
from stanmlm.families import likelihoods
from stanmlm.families.links import LINKS, Link
from stanmlm.families.responses import Response, read_binomial, read_gaussian, read_poisson

Stats = Mapping[str, Floats | float]


@dataclass(frozen=True)
class Auxiliary:
    """A parameter of the family beside the mean, a positive scalar in Stan of the same name."""

    name: str  # "sigma"
    scales_groups: bool  # rstanarm: default group sds are priors on sd / auxiliary


@dataclass(frozen=True)
class Notation:
    """How equations write a family, in LaTeX."""

    mean: str  # the symbol of the mean
    size: str  # the symbol of what rows may differ in beside the mean
    sizes: Callable[[Response], Floats]  # (N,); where all are one the symbol is left out
    law: Callable[[str, str], str]  # (mean, size or "") -> the distribution


@dataclass(frozen=True)
class Family:
    """A family with its link; users write `binomial`, `"binomial"` or `binomial(link="probit")`.

    Its functions are a module's, by name: so a family, and a fit with it, crosses processes.
    """

    name: str  # also the file stan/families/<name>.stan
    link: Link
    links: tuple[str, ...]  # allowed, default first
    auxiliary: tuple[Auxiliary, ...]
    autoscales: bool  # gaussian: default priors are scaled by sd(y), the intercept's sits at mean(y)
    offset_in_key: bool  # whether rows must share an offset to share a cell
    weights_are_precisions: bool  # a new response varies by them; elsewhere they count cases
    squares: bool  # the density sees rows through n, y and ss alone, as ss + sum n (y - eta)^2: rows may be rotated
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
    notation: Notation


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
            called = family.partition("(")[0].strip() in FAMILIES
            near = f"; write {family}, without quotes" if called else did_you_mean(family, FAMILIES)
            raise OptionError(family_elsewhere(family) or f"`{family}` is not a family{near}")
        return FAMILIES[family]
    made = _called(family) if callable(family) else family
    if not isinstance(made, Family):
        raise OptionError(
            f"family must be a family such as `binomial`, not {shown(family)}" + did_you_mean("", FAMILIES)
        )
    return made


def _called(family: Callable[[], Family]) -> object:
    try:
        return family()
    except Exception:  # whatever it is, it is not a family
        return None


def _with_link(family: Family, link: str) -> Family:
    if not isinstance(link, str) or link not in family.links:
        text = link if isinstance(link, str) else shown(link)
        raise OptionError(f"`{text}` is not a link of {family.name}" + did_you_mean(text, family.links))
    return replace(family, link=LINKS[link])


def _sum(values: Floats, cell: Ints, cells: int) -> Floats:
    if is_constant(values):
        return np.asarray(values[:1] * np.bincount(cell, minlength=cells), dtype=float)
    return np.bincount(cell, weights=values, minlength=cells).astype(float)


def _times(weights: Floats, values: Floats) -> Floats:
    """Their product; weights that all are one cost nothing."""
    return values if is_constant(weights) and weights[:1] == 1 else weights * values


def _gaussian_statistics(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    """Weights, means and squares within cells, weights being precisions; a row of weight 0 is not an observation."""
    y, weights = response.y - offset, response.weights
    n = _sum(weights, cell, cells)
    mean = _sum(_times(weights, y), cell, cells) / np.where(n > 0, n, 1)
    squares = float(np.sum(_times(weights, (y - mean[cell]) ** 2)))
    return {"N": int(np.count_nonzero(weights)), "n": n, "y": mean, "ss": squares}


def _binomial_statistics(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    y, trials = _times(response.weights, response.y), _times(response.weights, response.trials)
    return {"y": _sum(y, cell, cells), "trials": _sum(trials, cell, cells)}


def _poisson_statistics(response: Response, offset: Floats, cell: Ints, cells: int) -> Stats:
    weights = response.weights
    exposure = _sum(_times(weights, np.exp(offset)), cell, cells)
    return {"y": _sum(_times(weights, response.y), cell, cells), "exposure": exposure}


def _per(stats: Stats, size: str) -> tuple[Floats, Floats]:
    n = np.asarray(stats[size], dtype=float)
    return np.asarray(stats["y"]) / np.where(n > 0, n, 1), n


def _binomial_means(stats: Stats) -> tuple[Floats, Floats]:
    return _per(stats, "trials")


def _poisson_means(stats: Stats) -> tuple[Floats, Floats]:
    return _per(stats, "exposure")


def _gaussian_means(stats: Stats) -> tuple[Floats, Floats]:
    return np.asarray(stats["y"], dtype=float), np.asarray(stats["n"], dtype=float)


def _ones(mu: Floats) -> Floats:
    return np.ones_like(mu)


def _bernoulli_variance(mu: Floats) -> Floats:
    return mu * (1 - mu)


def _itself(mu: Floats) -> Floats:
    return mu


def _gaussian_spread(stats: Stats) -> tuple[float, float]:
    return float(np.sum(stats["N"])), float(np.sum(stats["ss"]))


def _unit(stats: Stats) -> None:
    """No dispersion beside 1."""


def _weights_of(response: Response) -> Floats:
    return response.weights


def _trials_of(response: Response) -> Floats:
    return response.trials


def _write_normal(mean: str, weight: str) -> str:
    return rf"\text{{Normal}}({mean}, \sigma^2{'/' if weight else ''}{weight})"


def _write_binomial(mean: str, trials: str) -> str:
    return rf"\text{{Binomial}}({trials}, {mean})" if trials else rf"\text{{Bernoulli}}({mean})"


def _write_poisson(mean: str, _: str) -> str:
    return rf"\text{{Poisson}}({mean})"


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
            weights_are_precisions=True,
            squares=True,
            read=read_gaussian,
            sufficient=_gaussian_statistics,
            means=_gaussian_means,
            variance=_ones,
            spread=_gaussian_spread,
            draw=likelihoods.draw_gaussian,
            log_density=likelihoods.log_gaussian,
            row_variance=likelihoods.variance_gaussian,
            bounds=likelihoods.unbounded,
            notation=Notation(r"\mu", "w", _weights_of, _write_normal),
        ),
        Family(
            name="binomial",
            link=LINKS["logit"],
            links=("logit", "probit", "cloglog"),
            auxiliary=(),
            autoscales=False,
            offset_in_key=True,
            weights_are_precisions=False,
            squares=False,
            read=read_binomial,
            sufficient=_binomial_statistics,
            means=_binomial_means,
            variance=_bernoulli_variance,
            spread=_unit,
            draw=likelihoods.draw_binomial,
            log_density=likelihoods.log_binomial,
            row_variance=likelihoods.variance_binomial,
            bounds=likelihoods.successes,
            notation=Notation(r"\pi", "n", _trials_of, _write_binomial),
        ),
        Family(
            name="poisson",
            link=LINKS["log"],
            links=("log",),
            auxiliary=(),
            autoscales=False,
            offset_in_key=False,
            weights_are_precisions=False,
            squares=False,
            read=read_poisson,
            sufficient=_poisson_statistics,
            means=_poisson_means,
            variance=_itself,
            spread=_unit,
            draw=likelihoods.draw_poisson,
            log_density=likelihoods.log_poisson,
            row_variance=likelihoods.variance_poisson,
            bounds=likelihoods.counts,
            notation=Notation(r"\lambda", "", _trials_of, _write_poisson),
        ),
    )
}
