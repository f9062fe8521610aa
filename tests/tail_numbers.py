"""Numbers in both tails of a family and between."""

import numpy as np

from stanmlm.families import Family

# Numbers in both tails and between, by what a response may be.
NUMBERS = {
    "count": (0.0, 2.0, 5.0, 30.0, 90.0),
    "trials": (0.0, 1.0, 3.0, 6.0),
    "share": (1e-5, 0.1, 0.5, 0.9, 1 - 1e-5),
    "positive": (0.27, 0.6, 2.0, 9.0, 60.0),  # the shift is 0.25
    "angle": (-3.1, -2.0, 0.3, 2.5, 3.1415),
    "real": (-14.0, -2.0, 0.3, 3.0, 20.0),
}


def kind_of(family: Family) -> str:
    """What its responses may be, a key of `NUMBERS`."""
    low, high = (float(end[0]) for end in family.bounds(np.ones(1) * 7))
    if family.kind == "count":
        return "count" if np.isinf(high) else "trials"
    return "share" if high == 1 else "positive" if low == 0 else "angle" if np.isfinite(high) else "real"
