"""The R functions that a formula may call, in one table by R's name."""

from stanmlm.data.rfunctions.factors import FACTOR_FUNCTIONS
from stanmlm.data.rfunctions.groups import GROUPS
from stanmlm.data.rfunctions.matching import RFunction
from stanmlm.data.rfunctions.mathematics import MATHEMATICS
from stanmlm.data.rfunctions.matrices import MATRICES
from stanmlm.data.rfunctions.operators import OPERATORS
from stanmlm.data.rfunctions.ordering import ORDERING
from stanmlm.data.rfunctions.smooths import SMOOTHS
from stanmlm.data.rfunctions.summaries import SUMMARY_FUNCTIONS
from stanmlm.data.rfunctions.vectors import VECTORS

FUNCTIONS: dict[str, RFunction] = (
    OPERATORS | MATHEMATICS | SUMMARY_FUNCTIONS | VECTORS | MATRICES | ORDERING | FACTOR_FUNCTIONS | SMOOTHS | GROUPS
)
