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
            return value if np.isinf(self.high) else np.asarray(np.log(self.high - value))
        share = value - self.low
        return np.asarray(np.log(share) if np.isinf(self.high) else np.log(share) - np.log(self.high - value))

    def inside(self, value: Floats) -> Floats:
        """A value that is not at an end, nor beyond."""
        width = self.high - self.low
        if np.isfinite(width):
            return np.asarray(np.clip(value, self.low + EDGE * width, self.high - EDGE * width))
        low, high = (end + sign * EDGE * max(abs(end), 1.0) for end, sign in ((self.low, 1), (self.high, -1)))
        return value if self.low < value < self.high else np.asarray(np.clip(value, low, high))

    def inside_each(self, values: Floats) -> Floats:
        """Values that are not at an end, nor beyond."""
        return np.array([self.inside(value) for value in values], dtype=float)

    def slope(self, value: Floats) -> Floats:
        """How fast the unconstrained value moves with this one."""
        low, high = (np.inf if np.isinf(end) else abs(value - end) for end in (self.low, self.high))
        return np.asarray(1.0 if np.isinf(low) and np.isinf(high) else 1 / low + 1 / high)


# How far from its ends a value is moved that is beyond, as a share of the width.
EDGE = 0.02


def between(name: str, low: float, high: float) -> Support:
    """An interval whose ends are data, those of a parameter of this name."""
    ends = ((f"lower=lower_{name}", low), (f"upper=upper_{name}", high))
    return Support("between", low, high, f"<{', '.join(text for text, end in ends if np.isfinite(end))}>")


SUPPORTS: dict[str, Support] = {
    support.name: support
    for support in (
        Support("real", -np.inf, np.inf, ""),
        Support("positive", 0.0, np.inf, "<lower=0>"),
        Support("unit", 0.0, 1.0, "<lower=0, upper=1>"),
        Support("above_one", 1.0, np.inf, "<lower=1>"),
    )
}
