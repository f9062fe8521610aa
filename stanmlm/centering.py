"""Partial centring (DESIGN 4): which fixed columns a group term absorbs, and the weight of each effect."""

from dataclasses import dataclass

from stanmlm.arrays import Bools, Floats


@dataclass(frozen=True)
class Centering:
    """`M_p = A_p beta_full` is the part of coefficient p that fixed columns explain; w = 0 is non-centred."""

    absorbed: Bools  # (F,) columns of X that are zero in X0 and travel through a group term
    A: tuple[Floats, ...]  # a group term each: (K, J, F)
    weights: tuple[Floats, ...]  # a group term each: (J, K), in [0, 1]
