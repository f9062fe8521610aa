"""Partial centring (DESIGN 4): which fixed columns a group term absorbs, and the weight of each effect."""

from dataclasses import dataclass

import numpy as np

from stanmlm.arrays import Bools, Floats
from stanmlm.design import Design


@dataclass(frozen=True)
class Centering:
    """`M_p = A_p beta_full` is the part of coefficient p that fixed columns explain; w = 0 is non-centred."""

    absorbed: Bools  # (F,) columns of X that are zero in X0 and travel through a group term
    A: tuple[Floats, ...]  # a group term each: (K, J, F)
    weights: tuple[Floats, ...]  # a group term each: (J, K), in [0, 1]


def noncentered(design: Design) -> Centering:
    """Non-centred effects: nothing absorbed, every weight zero.

    Parameters
    ----------
    design : Design

    Returns
    -------
    Centering

    Examples
    --------
    >>> noncentered(Design(np.ones((4, 1)), ("(Intercept)",), (0,), True, (), (), np.zeros(4))).absorbed
    array([False])
    """
    F = design.X.shape[1]
    shapes = [(len(term.coefs), len(term.levels)) for term in design.terms]
    return Centering(
        absorbed=np.zeros(F, dtype=bool),
        A=tuple(np.zeros((K, J, F)) for K, J in shapes),
        weights=tuple(np.zeros((J, K)) for K, J in shapes),
    )
