"""Mixed model equations of one group term, solved level by level."""

from dataclasses import dataclass

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.model.nesting import Nesting


@dataclass(frozen=True)
class Equations:
    """Weighted least squares in the fixed coefficients and one term's effects, the other terms' effects held."""

    information: Floats  # (J, K, K) of the data on the effects of each level
    cross: Floats  # (J, K, F)
    right: Floats  # (J, K)
    fixed: Floats  # (F, F) information on the fixed coefficients, their priors' with it
    fixed_right: Floats  # (F,)


@dataclass(frozen=True)
class Solution:
    """What equations say under one covariance of the effects."""

    beta: Floats  # (F,)
    uncertainty: Floats  # (F, F)
    effects: Floats  # (J, K)
    variance: Floats  # (J, K, K) of the effects given beta


def coarser(finer: Equations, covariance: Floats, nesting: Nesting, J: int) -> Equations:
    """The equations of a coarser term with its columns among those of the finer, whose effects are integrated out.

    Parameters
    ----------
    finer : Equations
    covariance : array
        (K, K) of the finer effects in the population.
    nesting : Nesting
        How the finer term lies within the coarser.
    J : int
        Levels of the coarser term.

    Returns
    -------
    Equations
    """
    V = np.linalg.inv(np.linalg.inv(covariance) + finer.information).astype(float)
    kept = np.eye(len(covariance)) - finer.information @ V
    carried = nesting.carries @ kept  # (J of the finer, K of the coarser, K of the finer)
    shrunk = V @ finer.cross

    def by_parent(values: Floats) -> Floats:
        out = np.zeros((J, *values.shape[1:]))
        np.add.at(out, nesting.parent, values)
        return out

    return Equations(
        information=by_parent(carried @ finer.information @ nesting.carries.T),
        cross=by_parent(carried @ finer.cross),
        right=by_parent(np.einsum("jkl,jl->jk", carried, finer.right)),
        fixed=finer.fixed - np.einsum("jkf,jkg->fg", finer.cross, shrunk),
        fixed_right=finer.fixed_right - np.einsum("jkf,jk->f", shrunk, finer.right),
    )


def solve(equations: Equations, covariance: Floats) -> Solution:
    """Solve the mixed model equations (Henderson 1975) of one term, level by level.

    Parameters
    ----------
    equations : Equations
    covariance : array
        (K, K) of the effects in the population.

    Returns
    -------
    Solution

    Examples
    --------
    >>> one = np.ones((2, 1, 1))
    >>> solve(Equations(one, one, np.array([[1.0], [3.0]]), np.array([[2.0]]), np.array([4.0])), np.eye(1)).beta
    array([2.])
    """
    precision = np.linalg.inv(covariance) + equations.information
    V = np.linalg.inv(precision).astype(float)
    shrunk = V @ equations.cross
    uncertainty = np.linalg.inv(equations.fixed - np.einsum("jkf,jkg->fg", equations.cross, shrunk))
    left = equations.fixed_right - np.einsum("jkf,jk->f", shrunk, equations.right)
    beta = uncertainty @ left
    return Solution(
        beta=beta,
        uncertainty=uncertainty,
        effects=np.einsum("jkl,jl->jk", V, equations.right - equations.cross @ beta),
        variance=V,
    )
