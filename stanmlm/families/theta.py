"""The parameters of a distribution, row by row: natural values, and the linear predictors that keep their digits."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from stanmlm.base.arrays import Anything, Floats
from stanmlm.families.links import Link


@dataclass(frozen=True)
class Theta:
    """Values by parameter, (draws, rows) or (draws, 1); `theta["mu"]` is natural.

    A parameter is known by its linear predictor or by its natural value. Functions of it that lose digits in the tails
    of a link are taken from the linear predictor: `theta.log("mu")` of a logit at -800 is -800.
    """

    etas: Mapping[str, Floats] = field(default_factory=dict)  # by parameter
    links: Mapping[str, Link] = field(default_factory=dict)  # of those, or of more
    natural: Mapping[str, Floats] = field(default_factory=dict)  # of parameters without a linear predictor
    # What all rows share, (draws, numbers): thresholds; of rows with thresholds of their own (draws, rows, numbers).
    shared: Mapping[str, Floats] = field(default_factory=dict)

    @classmethod
    def from_eta(
        cls, etas: Mapping[str, Floats], links: Mapping[str, Link], natural: Mapping[str, Floats] | None = None
    ) -> "Theta":
        """Linear predictors by parameter with their links, and natural values of the other parameters."""
        return cls(etas, links, natural or {})

    def __getitem__(self, name: str) -> Floats:
        return self.natural[name] if name in self.natural else self.links[name].inverse(self.etas[name])

    def __contains__(self, name: str) -> bool:
        return name in self.etas or name in self.natural

    def eta(self, name: str) -> Floats:
        """The linear predictor."""
        return self.etas[name] if name in self.etas else self.links[name].forward(self.natural[name])

    def log(self, name: str) -> Floats:
        """The logarithm of the natural value."""
        if name in self.etas:
            return self.links[name].log_inverse(self.etas[name])
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.natural[name]))

    def log1m(self, name: str) -> Floats:
        """The logarithm of one minus the natural value, a probability."""
        if name in self.etas:
            return self.links[name].log1m_inverse(self.etas[name])
        with np.errstate(divide="ignore"):
            return np.asarray(np.log1p(-self.natural[name]))

    def values(self) -> "Theta":
        """The same parameters with natural values of all, each computed once."""
        return replace(self, natural={name: self[name] for name in (*self.etas, *self.natural)})

    def part(self, draws: Anything | slice, rows: Anything | slice) -> "Theta":
        """Some draws and rows; what all rows share stays one column."""

        def some(values: Floats) -> Floats:
            own = values if len(values) == 1 else values[draws]  # what is held at a number is the same in all draws
            return own if values.shape[-1] == 1 else own[:, rows]

        etas, natural = ({name: some(v) for name, v in known.items()} for known in (self.etas, self.natural))
        shared = {name: v[draws][:, rows] if v.ndim > 2 else v[draws] for name, v in self.shared.items()}
        return Theta(etas, self.links, natural, shared)
