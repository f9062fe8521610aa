"""Response distributions: what a family reads from a response, and what its likelihood needs of the data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stanmlm.arrays import Anything, Floats, Ints
from stanmlm.links import Link


@dataclass(frozen=True)
class RawResponse:
    """The left side of a formula as evaluated, before any family has looked at it."""

    label: str  # as R deparses it
    kind: str  # "numeric", "logical", "factor", "cbind" (successes, failures), "trials" (successes, trials)
    values: Anything  # (N,) numbers, booleans or level codes from 0; (N, 2) for "cbind" and "trials"
    levels: tuple[str, ...] = ()  # of a factor


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
    sufficient: Callable[[Response, Floats, Ints, int], Mapping[str, Floats | float]]
