"""The frozen model: everything that the draws depend on, and the one table that names its parameters."""

from dataclasses import dataclass

from stanmlm.centering import Centering
from stanmlm.compress import Cells
from stanmlm.design import Design
from stanmlm.families import Family, Response
from stanmlm.formula import Formula
from stanmlm.frame import ModelFrame
from stanmlm.priors import Priors


@dataclass(frozen=True)
class Model:
    """A formula, its data and its priors, ready for an engine."""

    formula: Formula
    family: Family
    frame: ModelFrame
    response: Response
    design: Design
    priors: Priors
    cells: Cells
    centering: Centering
    prior_only: bool
