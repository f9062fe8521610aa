"""The residual standard deviation that linear models of several parts have in common."""

import numpy as np

from stanmlm.base.errors import OptionError
from stanmlm.data.whole_rows import whole
from stanmlm.families import gaussian
from stanmlm.fit.draws import coefficients_of
from stanmlm.fit.fit import Fit
from stanmlm.fit.fitlist import FitList


def pooled_sd(fits: FitList) -> float:
    """lme4's `pooledSD`: the square root of all squared residuals over all degrees of freedom that are left.

    Raises
    ------
    OptionError
        Where the models are not linear ones with one sigma each.
    """
    for fit in fits.values():
        design = fit.model.design
        if fit.model.family.name != gaussian().name or design.terms or design.others:
            raise OptionError("a pooled sigma is of linear models without group effects; sigma(fits[level]) is of one")
    parts = [part for fit in fits.values() if (part := _residual(fit))[1] > 0]
    if not parts:
        raise OptionError("no level has more rows than coefficients: nothing is left for sigma")
    squares, left = np.sum(parts, axis=0)
    return float(np.sqrt(squares / left))


def _residual(fit: Fit) -> tuple[float, float]:
    """Weighted squares about posterior means, and rows less coefficients; a row of weight zero is none."""
    design, response = whole(fit.model.design), fit.model.response
    residuals = response.y - design.offset - design.X @ coefficients_of(fit).mean(axis=0)
    return float(response.weights @ residuals**2), float(np.sum(response.weights > 0) - design.X.shape[1])
