"""What a family is: its parameters, its density, and what its likelihood needs of the data."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from stanmlm.base.arguments import shown
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, OptionError, did_you_mean
from stanmlm.families.given import Given
from stanmlm.families.links import LINKS, Link
from stanmlm.families.reductions import Extra, Reduction
from stanmlm.families.responses import Response
from stanmlm.families.support import SUPPORTS, Support, between
from stanmlm.families.theta import Theta
from stanmlm.families.thresholds import THRESHOLDS, Shared
from stanmlm.families.written import Written


@dataclass(frozen=True)
class Default:
    """A default prior of a parameter."""

    distribution: str
    arguments: tuple[float, ...]
    # Its scale, or the mean that its rate is one over, counts what the preset measures of y; on a link's scale its
    # location is counted from that of it.
    scaled: bool = False


@dataclass(frozen=True)
class Distributional:
    """A parameter that rows may differ in: with a predictor on the link's scale, or one number for all."""

    name: str  # "mu", "sigma", "shape", "nu"
    link: Link
    links: tuple[str, ...]  # allowed, default first
    support: str  # of the one number, a key of SUPPORTS
    start: Callable[[Response], float]  # a natural value where a pilot starts
    words: str = ""  # what it is, where a program declares it
    scales_groups: bool = False  # it scales the response: default group sds are priors on sd / this
    # By preset: of the one number, and of the intercept on the link's scale; a preset that is not here is flat.
    prior: Mapping[str, Default] = field(default_factory=dict)
    prior_link: Mapping[str, Default] = field(default_factory=dict)
    upper: Callable[[Response], float] | None = None  # the most that it may be beside responses: its prior is uniform
    symbol: str = ""  # its name in Stan, where its own is taken: "beta"
    ends: tuple[float, float] | None = None  # narrower bounds than its support's, from the data or the user

    @property
    def in_stan(self) -> str:
        """Its name in Stan."""
        return self.symbol or self.name

    @property
    def defaults(self) -> Mapping[str, Default]:
        """Default priors of the one number, by preset."""
        if self.upper is None or self.ends is None:
            return self.prior
        return dict.fromkeys(("rstanarm", "brms"), Default("uniform", self.ends))

    @property
    def within(self) -> Support:
        """Where it may lie."""
        return SUPPORTS[self.support] if self.ends is None else between(self.in_stan, *self.ends)

    @property
    def domain(self) -> tuple[float, float]:
        """Where its predictor may lie, on the link's scale."""
        return self.link.within(self.within.low, self.within.high)

    @property
    def alone(self) -> "Distributional":
        """The same where it is one number: links are for predictors, and its default one knows no bounds."""
        return replace(self, link=LINKS[self.links[0]])

    def safe(self, response: Response) -> tuple[float, float]:
        """Where its predictor may lie whatever the row."""
        if self.upper is None:
            return self.domain
        return self.link.within(self.within.low, min(self.within.high, self.upper(response)))

    def beside(self, response: Response) -> "Distributional":
        """The same with the bound that responses set, within which its default prior is uniform."""
        if self.upper is None:
            return self
        return replace(self, ends=(self.within.low, self.upper(response)))


@dataclass(frozen=True)
class Notation:
    """How equations write a family, in LaTeX."""

    mean: str  # the symbol of the mean
    size: str  # the symbol of what rows may differ in beside the mean
    sizes: Callable[[Response], Floats]  # (N,); where all are one the symbol is left out
    law: Callable[[str, str], str]  # (mean, size or "") -> the distribution
    # of a response y with thresholds, an event that the inverse link of a distance to threshold k is the chance of
    event: str = ""
    beyond: bool = False  # of minus that distance


def as_they_are(y: Floats) -> Floats:
    """Responses that lie where the location does."""
    return y


# Everywhere below: theta's arrays are (draws, rows), or (draws, 1) where all rows share one; those of Extra and y are
# (rows,). Slopes are of one draw, whose axis theta then is without.
@dataclass(frozen=True)
class Family:
    """A family with its links; users write `binomial`, `"binomial"` or `binomial(link="probit")`.

    Its functions are a module's, by name: so a family, and a fit with it, crosses processes.
    """

    name: str  # also the file stan/families/<name>.stan
    spellings: tuple[str, ...]  # other packages' names of it
    parameters: tuple[Distributional, ...]  # the location first, which always has a predictor, or several
    kind: str  # of the response: "real", "count", "category", codes from 1; "counts" or "shares" of each category
    read: Callable[..., Response]  # (raw response, weights)
    log_density: Callable[[Floats, Theta, Extra], Floats]  # (y, theta, extra), with all constants and weights
    draw: Callable[[np.random.Generator, Theta, Extra], Floats]
    mean: Callable[[Theta, Extra], Floats]
    bounds: Callable[[Floats], tuple[Floats, Floats]]  # (trials) -> least and greatest response, (N,)
    notation: Notation
    atom: bool = False  # a zero, the least of reals, has a chance of its own
    shared: Shared | None = None
    optional: tuple[Distributional, ...] = ()  # parameters where a formula names them, and else constants
    shifts: tuple[Distributional, ...] = ()  # likewise, that thresholds are moved down by
    categories: tuple[str, ...] = ()  # names, once the data have told them
    # Makes it one that has a location for each category but one, once these are known; the first is the pattern of all.
    spread: Callable[["Family"], "Family"] | None = None
    reference: str = ""  # the category without a location; "" the first
    unbound: "Family | None" = field(default=None, compare=False)  # what it was before it met data
    # (shares of categories, link) -> thresholds that such shares have where nothing else differs
    thresholds: Callable[[Floats, Link], Floats] | None = None
    # (theta) -> log probability of each category, (..., rows, K), and its slopes along the Q predictors and thresholds
    by_category: Callable[[Theta], tuple[Floats, Floats]] | None = None
    variance: Callable[[Theta, Extra], Floats] | None = None
    cdf: Callable[[Floats, Theta, Extra], Floats] | None = None
    # Of censored and truncated responses: log chances of one not above y, and above it; the mean of those between two.
    log_cdf: Callable[[Floats, Theta, Extra], Floats] | None = None
    log_ccdf: Callable[[Floats, Theta, Extra], Floats] | None = None
    truncated_mean: Callable[[Floats, Floats, Theta, Extra], Floats] | None = None
    # Derivatives of the log density along the predictors, on their links' scales: (P, rows), and (P, P, rows) expected
    # information, or else minus second derivatives. What is None is taken by differences.
    score: Callable[[Floats, Theta, Extra], Floats] | None = None
    information: Callable[[Theta, Extra], Floats] | None = None
    observed: Callable[[Floats, Theta, Extra], Floats] | None = None
    slopes_in: tuple[str, ...] = ()  # the links that these are written in, of first parameters; "" is any
    reductions: tuple[Reduction, ...] = ()  # the first that holds serves; where none does, distinct responses
    extras: tuple[str, ...] = ()  # fields of Extra that the density reads beside exponents; "rate", "se" may be added
    autoscales: bool = False  # rstanarm: default priors are scaled by sd(y), the intercept's sits at mean(y)
    weights_are_precisions: bool = False  # elsewhere they are exponents of the density, which count cases
    located: Callable[[Floats], Floats] = as_they_are  # responses on the scale of the location's natural value
    saturates: bool = False  # the density of y is greatest where the location, which is the mean, is y
    constants: Mapping[str, float] = field(default_factory=dict)  # parameters held at a number: none of `parameters`
    whole: "Family | None" = None  # what it is without them
    written: Written | None = None  # of a user's own
    unknown: tuple[str, ...] = ()  # what its user has not given of these functions
    # With the identity link the density sees rows through n, y and ss alone, as ss + sum n (y - eta)^2: rows may turn.
    squares: bool = False

    def __repr__(self) -> str:
        """As a user writes it."""
        return f'{self.name}(link="{self.link.name}")'

    @property
    def location(self) -> Distributional:
        """The parameter that the formula's own right side is for."""
        return self.parameters[0]

    @property
    def link(self) -> Link:
        """The location's."""
        return self.parameters[0].link

    @property
    def locations(self) -> tuple[str, ...]:
        """The parameters that the formula's own right side is for: one, or one of each category but one."""
        many = len(self.categories) - 1 if self.spread and self.categories else 1
        return tuple(one.name for one in self.parameters[:many])

    @property
    def scalars(self) -> tuple[Distributional, ...]:
        """The parameters beside locations."""
        return self.parameters[len(self.locations) :]

    @property
    def links(self) -> Mapping[str, Link]:
        """By parameter."""
        return {parameter.name: parameter.link for parameter in self.parameters}

    @property
    def parts(self) -> tuple[int, ...]:
        """How many numbers a response has, where that is one for each category; () of one number."""
        return (len(self.categories),) if self.kind in ("counts", "shares") else ()

    @property
    def is_linear(self) -> bool:
        """Whether the location is its own predictor."""
        return self.link.name == "identity"

    @property
    def sees_squares(self) -> bool:
        """Whether the density sees squares of rows about the predictor, and nothing else of them."""
        return self.squares and self.is_linear

    @property
    def scale(self) -> str:
        """The parameter in whose units the location's predictor is counted, "" where there is none."""
        return next((one.name for one in self.scalars if one.scales_groups and self.is_linear), "")

    @property
    def domains(self) -> Mapping[str, tuple[float, float]]:
        """Where predictors may lie, of the parameters that have a bound."""
        return {one.name: one.domain for one in self.parameters if np.any(np.isfinite(one.domain))}

    def reduction(self, predicted: Collection[str], added: Collection[str] = ()) -> Reduction | None:
        """What serves where these have a predictor and responses this beside; None for distinct responses."""
        fitting = (one for one in self.reductions if not one.links or self.link.name in one.links)
        held = (one for one in fitting if not set(one.scalars) & set(predicted) and set(added) <= {*one.reads})
        return next(held, None)

    def predicted(self, names: Collection[str], response: Response) -> "Family":
        """The same where these parameters have a predictor, and the others are one number each, beside responses."""
        each = (one if one.name in names else one.alone.beside(response) for one in self.parameters)
        return replace(self, parameters=tuple(each))

    def narrowed(self, ends: Mapping[str, tuple[float, float]]) -> "Family":
        """The same with these parameters, numbers each, between such ends too."""
        each = (replace(one, ends=ends[one.name]) if one.name in ends else one for one in self.parameters)
        return replace(self, parameters=tuple(each))

    def variance_of(self, theta: Theta, extra: Extra) -> Floats:
        """The variance of responses given their parameters.

        Raises
        ------
        DataError
            For a family that does not say.
        """
        if self.variance is None:
            raise DataError(f"responses of the {self.name} family have no variance in closed form")
        if np.any(np.isfinite(extra.lower)) or np.any(np.isfinite(extra.upper)):
            raise DataError(f"truncated {self.name} responses have no variance in closed form")
        return self.variance(theta, extra)

    @property
    def free(self) -> tuple[int, ...]:
        """Places of its parameters among all that score and information are of."""
        names = [one.name for one in (self.whole or self).parameters]
        return tuple(names.index(one.name) for one in self.parameters)

    def theta(self, etas: Mapping[str, Floats], natural: Mapping[str, Floats]) -> Theta:
        """Its parameters, from linear predictors and from natural values of the others."""
        if self.constants:
            axes = np.ndim(next(iter((*etas.values(), *natural.values()))))
            held = {name: np.full((1,) * axes, value) for name, value in self.constants.items()}
            natural = {**held, **natural}
        return Theta.from_eta(etas, self.links, natural)

    @property
    def numbers(self) -> Mapping[str, Link]:
        """What a pilot finds: all parameters, and then the numbers that thresholds are sums of, with their links."""
        of = self.shared
        return {**self.links, **({f"{of.number}[{k + 1}]": of.link for k in range(self.sums.shape[1])} if of else {})}

    @property
    def sums(self) -> Floats:
        """(T, G) how thresholds are sums of the numbers that are sampled."""
        return self.shared.sums(len(self.categories) - 1) if self.shared else np.zeros((0, 0))

    def theta_at(self, etas: Sequence[Floats]) -> Theta:
        """Its parameters where a pilot is; thresholds are steps from the intercept, which the location has."""
        P = len(self.parameters)
        theta = self.theta(dict(zip(self.links, etas[:P], strict=True)), {})
        if self.shared is None:
            return theta
        numbers = [self.shared.link.inverse(eta) for eta in etas[P:]]
        steps = self.sums @ np.concatenate([*numbers, np.zeros(0)])
        return replace(theta, shared={THRESHOLDS: steps})

    def bound(self, categories: tuple[str, ...], predicted: Collection[str]) -> "Family":
        """The family of a response with these categories, where these parameters have formulas."""
        plain = self.unbound or self
        more = {one.name: one for one in (*plain.optional, *plain.shifts)}
        every = (*plain.parameters, *(one for name, one in more.items() if name in predicted))
        read = Given(plain.read, named=(("categories", categories),)) if categories else plain.read
        bound = replace(plain, categories=categories, parameters=every, read=read, unbound=plain)
        return bound.spread(bound) if bound.spread else bound


FamilyLike = Family | str | Callable[[], Family]


def holding(family: Family, constants: Mapping[str, float]) -> Family:
    """A family with some of its parameters held at numbers.

    Raises
    ------
    OptionError
        For a number where the parameter cannot be.
    """
    if not constants:
        return family
    for one in family.scalars:
        value = constants.get(one.name, np.nan)
        if value < one.within.low or value > one.within.high:
            raise OptionError(f"{one.name} cannot be {value:g}: it lies from {one.within.low:g} to {one.within.high:g}")
    return replace(
        family,
        parameters=tuple(one for one in family.parameters if one.name not in constants),
        constants=constants,
        whole=family,
    )


def with_link(family: Family, link: str) -> Family:
    """A family with another link of its location.

    Raises
    ------
    OptionError
        For a link that the family does not have.
    """
    return with_links(family, [link])


def with_links(family: Family, links: Sequence[str]) -> Family:
    """A family with other links of its first parameters."""
    named, rest = family.parameters[: len(links)], family.parameters[len(links) :]
    given = (_linked(family, parameter, link) for parameter, link in zip(named, links, strict=True))
    return replace(family, parameters=(*given, *rest))


def _linked(family: Family, parameter: Distributional, link: str) -> Distributional:
    if not isinstance(link, str) or link not in parameter.links:
        text = link if isinstance(link, str) else shown(link)
        of = family.name if parameter is family.location else f"`{parameter.name}` in {family.name}"
        raise OptionError(f"`{text}` is not a link of {of}" + did_you_mean(text, parameter.links))
    return replace(parameter, link=LINKS[link])


def moderately(term: Floats, log: Floats) -> Floats:
    """`term * log`, and 0 where the term is, whatever the logarithm."""
    with np.errstate(invalid="ignore"):
        return np.where(term == 0, 0.0, term * log)


def unbounded(trials: Floats) -> tuple[Floats, Floats]:
    """Reals have no bound."""
    return np.full_like(trials, -np.inf), np.full_like(trials, np.inf)


def from_zero(trials: Floats) -> tuple[Floats, Floats]:
    """Counts start at zero."""
    return np.zeros_like(trials), np.full_like(trials, np.inf)


def weights_of(response: Response) -> Floats:
    """The weights of rows."""
    return response.weights


def trials_of(response: Response) -> Floats:
    """The trials of rows; ones where they have none."""
    return response.trials


def mean_of(response: Response) -> float:
    """The mean response."""
    return float(np.mean(response.y))


def symmetric(rows: Sequence[Sequence[Floats]]) -> Floats:
    """Matrices, (P, P, rows), from the entries of their lower triangles."""
    size, shape = len(rows), np.broadcast_shapes(*(entry.shape for row in rows for entry in row))
    out = np.empty((size, size, *shape))
    for p, row in enumerate(rows):
        for q, entry in enumerate(row):
            out[p, q] = out[q, p] = entry
    return out


def location_itself(theta: Theta, _: Extra) -> Floats:
    """The location, where that is the mean."""
    return theta["mu"]


# brms's default of shapes and precisions, which may be of any size.
SHAPE_PRIOR = {preset: Default("gamma", (0.01, 0.01)) for preset in ("rstanarm", "brms")}
# rstanarm's default of what scales a response, and brms's.
SCALE_PRIOR = {
    "rstanarm": Default("exponential", (1.0,), scaled=True),
    "brms": Default("student_t", (3.0, 0.0, 1.0), scaled=True),
}
# brms's default on the log scale, and the same about the log of sd(y) where a family is scaled by that.
LOG_PRIOR = {preset: Default("student_t", (3.0, 0.0, 2.5), preset == "rstanarm") for preset in ("rstanarm", "brms")}
