"""Where a parameter may lie, as Stan constrains it."""

from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats


@dataclass(frozen=True)
class Support:
    """An interval; what Stan samples is its whole line (Stan reference manual, "Constraint transforms")."""

    name: str
    low: float
    high: float
    written: str  # after the type in a declaration

    def free(self, value: Floats) -> Floats:
        """A value on Stan's unconstrained scale."""
        if np.isinf(self.low):
            return value
        share = value - self.low
        return np.asarray(np.log(share) if np.isinf(self.high) else np.log(share) - np.log(self.high - value))


SUPPORTS: dict[str, Support] = {
    support.name: support
    for support in (
        Support("real", -np.inf, np.inf, ""),
        Support("positive", 0.0, np.inf, "<lower=0>"),
        Support("unit", 0.0, 1.0, "<lower=0, upper=1>"),
        Support("above_one", 1.0, np.inf, "<lower=1>"),
    )
}
