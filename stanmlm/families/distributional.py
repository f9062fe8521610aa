"""A parameter of a family, which rows may differ in: link, support, default priors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from stanmlm.families.links import LINKS, Link
from stanmlm.families.responses import Response
from stanmlm.families.support import SUPPORTS, Support, between


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
