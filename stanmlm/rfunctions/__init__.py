"""The R functions that a formula may call, in one table by R's name."""

from stanmlm.rfunctions.factors import FACTOR_FUNCTIONS
from stanmlm.rfunctions.groups import GROUPS
from stanmlm.rfunctions.matching import RFunction
from stanmlm.rfunctions.mathematics import MATHEMATICS
from stanmlm.rfunctions.matrices import MATRICES
from stanmlm.rfunctions.operators import OPERATORS
from stanmlm.rfunctions.ordering import ORDERING
from stanmlm.rfunctions.smooths import SMOOTHS
from stanmlm.rfunctions.vectors import VECTORS

FUNCTIONS: dict[str, RFunction] = (
    OPERATORS | MATHEMATICS | VECTORS | MATRICES | ORDERING | FACTOR_FUNCTIONS | SMOOTHS | GROUPS
)
