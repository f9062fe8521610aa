"""What a family is: its parameters, its density, and what its likelihood needs of the data."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError
from stanmlm.families.distributional import Distributional
from stanmlm.families.given import Given
from stanmlm.families.links import Link
from stanmlm.families.reductions import Extra, Reduction
from stanmlm.families.responses import Response
from stanmlm.families.theta import Theta
from stanmlm.families.thresholds import Items, Shared, in_a_row
from stanmlm.families.written import Written


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
    symbols: Mapping[str, str] = field(default_factory=dict)  # of parameters in the law that are not called so

    def symbol(self, dpar: str) -> str:
        """What a parameter is called in the law."""
        return self.symbols.get(dpar) or (rf"\{dpar}" if dpar in GREEK else rf"\mathrm{{{dpar}}}")


GREEK = ("alpha", "beta", "kappa", "nu", "phi", "sigma")


def as_they_are(y: Floats) -> Floats:
    """Responses that lie where the location does."""
    return y


@dataclass(frozen=True)
class Family:
    """A family with its links; users write `binomial`, `"binomial"` or `binomial(link="probit")`.

    Its functions are a module's, by name: so a family, and a fit with it, crosses processes. Below, theta's arrays are
    (draws, rows), or (draws, 1) where all rows share one; those of Extra and y are (rows,). Slopes are of one draw,
    whose axis theta then is without.

    Attributes
    ----------
    name
        Also that of the file stan/families/<name>.stan.
    spellings
        Other packages' names of it.
    parameters
        The location first, which always has a predictor, or several.
    kind
        Of the response: "real", "count", "category" (codes from 1), "counts" or "shares" (of each category).
    read
        (raw response, weights) -> response.
    log_density
        (y, theta, extra) -> (draws, rows), with all constants and weights.
    draw
        (generator, theta, extra) -> responses.
    mean
        (theta, extra) -> expected responses.
    bounds
        (trials) -> least and greatest response, (N,) each.
    notation
        How equations write it.
    atom
        Whether a zero, the least of reals, has a chance of its own.
    shared
        Numbers that all rows have their thresholds from.
    optional
        Parameters where a formula names them, and else constants.
    shifts
        Likewise, that thresholds are moved down by.
    categories
        Names, once the data have told them.
    items
        Groups of rows with thresholds of their own.
    spread
        Makes it one that has a location for each category but one, once these are known; the first is the pattern of
        all.
    reference
        The category without a location; "" the first.
    unbound
        What it was before it met data.
    thresholds
        (shares of categories, link) -> thresholds that such shares have where nothing else differs.
    by_category
        (theta) -> log probability of each category, (..., rows, K), and its slopes along the Q predictors and
        thresholds.
    variance
        (theta, extra) -> variances of responses; None where they have no closed form.
    cdf
        (y, theta, extra) -> chances of a response not above y.
    log_cdf
        Of censored and truncated responses: log chances of one not above y.
    log_ccdf
        And above it.
    truncated_mean
        (lower, upper, theta, extra) -> the mean of those between two.
    score
        Derivatives of the log density along the predictors, on their links' scales, (P, rows); None: by differences.
    information
        Their expected information, (P, P, rows); None: by differences.
    observed
        In its place, minus second derivatives.
    slopes_in
        The links that these are written in, of first parameters; "" is any.
    reductions
        The first that holds serves; where none does, distinct responses.
    extras
        Fields of Extra that the density reads beside exponents; "rate", "se" may be added.
    autoscales
        rstanarm: default priors are scaled by sd(y), the intercept's sits at mean(y).
    weights_are_precisions
        Elsewhere they are exponents of the density, which count cases.
    located
        Responses on the scale of the location's natural value.
    saturates
        Whether the density of y is greatest where the location, which is the mean, is y.
    constants
        Parameters held at a number: none of `parameters`.
    whole
        What it is without them.
    written
        Of a user's own.
    unknown
        What its user has not given of these functions.
    squares
        With the identity link the density sees rows through n, y and ss alone, as ss + sum n (y - eta)^2: rows may
        turn.

    Examples
    --------
    >>> from stanmlm import binomial
    >>> family = binomial(link="probit")
    >>> family, family.kind, [parameter.name for parameter in family.parameters]
    (binomial(link="probit"), 'count', ['mu'])
    """

    name: str
    spellings: tuple[str, ...]
    parameters: tuple[Distributional, ...]
    kind: str
    read: Callable[..., Response]
    log_density: Callable[[Floats, Theta, Extra], Floats]
    draw: Callable[[np.random.Generator, Theta, Extra], Floats]
    mean: Callable[[Theta, Extra], Floats]
    bounds: Callable[[Floats], tuple[Floats, Floats]]
    notation: Notation
    atom: bool = False
    shared: Shared | None = None
    optional: tuple[Distributional, ...] = ()
    shifts: tuple[Distributional, ...] = ()
    categories: tuple[str, ...] = ()
    items: Items | None = None
    spread: Callable[["Family"], "Family"] | None = None
    reference: str = ""
    unbound: "Family | None" = field(default=None, compare=False)
    thresholds: Callable[[Floats, Link], Floats] | None = None
    by_category: Callable[[Theta], tuple[Floats, Floats]] | None = None
    variance: Callable[[Theta, Extra], Floats] | None = None
    cdf: Callable[[Floats, Theta, Extra], Floats] | None = None
    log_cdf: Callable[[Floats, Theta, Extra], Floats] | None = None
    log_ccdf: Callable[[Floats, Theta, Extra], Floats] | None = None
    truncated_mean: Callable[[Floats, Floats, Theta, Extra], Floats] | None = None
    score: Callable[[Floats, Theta, Extra], Floats] | None = None
    information: Callable[[Theta, Extra], Floats] | None = None
    observed: Callable[[Floats, Theta, Extra], Floats] | None = None
    slopes_in: tuple[str, ...] = ()
    reductions: tuple[Reduction, ...] = ()
    extras: tuple[str, ...] = ()
    autoscales: bool = False
    weights_are_precisions: bool = False
    located: Callable[[Floats], Floats] = as_they_are
    saturates: bool = False
    constants: Mapping[str, float] = field(default_factory=dict)
    whole: "Family | None" = None
    written: Written | None = None
    unknown: tuple[str, ...] = ()
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
        """What serves where these have a predictor and responses this beside; None for distinct responses.

        Parameters
        ----------
        predicted
            Parameters with a predictor.
        added
            What responses have beside, "rate" or "se".

        Returns
        -------
        Reduction or None
            The first that holds.
        """
        fitting = (one for one in self.reductions if not one.links or self.link.name in one.links)
        held = (one for one in fitting if not set(one.scalars) & set(predicted) and set(added) <= {*one.reads})
        return next(held, None)

    def predicted(self, names: Collection[str], response: Response) -> "Family":
        """The same where these parameters have a predictor, and the others are one number each, beside responses.

        Parameters
        ----------
        names
            The parameters.
        response
            By which the others may be bounded.

        Returns
        -------
        Family
            With their links, and with default ones of the others.
        """
        each = (one if one.name in names else one.alone.beside(response) for one in self.parameters)
        return replace(self, parameters=tuple(each))

    def narrowed(self, ends: Mapping[str, tuple[float, float]]) -> "Family":
        """The same with these parameters, numbers each, between such ends too.

        Parameters
        ----------
        ends
            A pair by parameter.

        Returns
        -------
        Family
            With these bounds.
        """
        each = (replace(one, ends=ends[one.name]) if one.name in ends else one for one in self.parameters)
        return replace(self, parameters=tuple(each))

    def variance_of(self, theta: Theta, extra: Extra) -> Floats:
        """The variance of responses given their parameters.

        Parameters
        ----------
        theta
            The parameters, (draws, rows).
        extra
            What rows differ in beside.

        Returns
        -------
        numpy.ndarray
            (draws, rows).

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
        """Its parameters, from linear predictors and from natural values of the others.

        Parameters
        ----------
        etas
            Linear predictors by parameter, offsets included.
        natural
            Values of the others.

        Returns
        -------
        Theta
            With the parameters that are held at a number too.
        """
        if self.constants:
            axes = np.ndim(next(iter((*etas.values(), *natural.values()))))
            held = {name: np.full((1,) * axes, value) for name, value in self.constants.items()}
            natural = {**held, **natural}
        return Theta.from_eta(etas, self.links, natural)

    @property
    def numbers(self) -> Mapping[str, Link]:
        """What a pilot finds: all parameters, then the numbers that a row has thresholds from, with their links."""
        count = max((sums.shape[1] for sums in self.sums_of_items), default=0)
        return {**self.links, **{f"{of.number}[{k + 1}]": of.link for of in [self.shared] if of for k in range(count)}}

    @property
    def sums_of_items(self) -> tuple[Floats, ...]:
        """(T, G) for each item, or one for all rows: how thresholds are sums of the numbers that are sampled."""
        sizes = self.items.sizes if self.items else (len(self.categories) - 1,)
        return tuple(map(self.shared.sums, sizes)) if self.shared else ()

    @property
    def sums(self) -> Floats:
        """(T, G) the same of all thresholds."""
        return in_a_row(self.sums_of_items) if self.shared else np.zeros((0, 0))

    @property
    def in_thresholds(self) -> int:
        """How many of the location's first coefficients thresholds have: its intercept, or that of each item."""
        return (len(self.items.sizes) if self.items else 1) if self.shared else 0

    def bound(self, categories: tuple[str, ...], predicted: Collection[str], items: Items | None = None) -> "Family":
        """The family of a response with these categories and items, where these parameters have formulas.

        Parameters
        ----------
        categories
            Names, in their order; () where a response has none.
        predicted
            Parameters that formulas name.
        items
            Groups of rows with thresholds of their own; None where all rows share theirs.

        Returns
        -------
        Family
            What it was stays as its `unbound`.
        """
        plain = self.unbound or self
        every = (*plain.parameters, *(one for one in (*plain.optional, *plain.shifts) if one.name in predicted))
        read = Given(plain.read, named=(("categories", categories),)) if categories else plain.read
        bound = replace(plain, categories=categories, items=items, parameters=every, read=read, unbound=plain)
        return bound.spread(bound) if bound.spread else bound


FamilyLike = Family | str | Callable[[], Family]
