"""Which parameters a figure of one panel a parameter shows."""

import numpy as np

from stanmlm.after.tables.picked import NamedValues, named_subset
from stanmlm.base.arviz_compat import ess_bulk, ess_tail
from stanmlm.base.errors import OptionError

MOST = 40  # panels of a figure: more of them are taller than a page


def slowest(named: NamedValues, number: int) -> NamedValues:
    """The parameters with the smallest effective size, in the order of the fit; constants are left out."""
    sizes = np.minimum(ess_bulk(named.draws), ess_tail(named.draws))
    varies = np.ptp(named.draws, axis=(0, 1)) > 0
    order = np.argsort(np.where(varies & np.isfinite(sizes), sizes, np.inf), kind="stable")
    return named_subset(named, sorted(order[:number].tolist()))


def shown_in_panels(named: NamedValues, asked: bool, most: int = MOST) -> tuple[NamedValues, str]:
    """What fits a page, and the sentence that says what was left out; more than that is not to be asked for."""
    total = len(named.names)
    if total <= most:
        return named, ""
    worst = slowest(named, most)
    if asked:
        some = ", ".join(slowest(named, 3).names)
        raise OptionError(f"up to {most} parameters have room for a panel each, these are {total}; "
                          f"name some in pars, those with the smallest effective size first: {some}")  # fmt: skip
    return worst, f"{most} of {total} parameters, those with the smallest effective size"
