"""Which group effects count in a prediction: brms's `re_formula`."""

import numpy as np
import pandas as pd

from stanmlm.base.arguments import shown
from stanmlm.base.arrays import Bools
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.data.design import Design
from stanmlm.data.factors import group_label
from stanmlm.formula.formula import parse_formula


def used_coefficients(design: Design, re_formula: object) -> tuple[Bools, ...]:
    """For each group term which of its coefficients enter a prediction, (K,).

    Parameters
    ----------
    design
        Of a fit.
    re_formula
        None for all, "NA" (or NaN, or "~0") for none, or a formula with some of the bars, `"~ (1 | state)"`.

    Raises
    ------
    OptionError
        For bars that the model does not have.
    """
    terms = design.terms
    if re_formula is None:
        return tuple(np.ones(len(term.coefs), dtype=bool) for term in terms)
    if re_formula is pd.NA or (isinstance(re_formula, float) and np.isnan(re_formula)):
        re_formula = "NA"
    if not isinstance(re_formula, str):
        raise OptionError(
            f're_formula is {shown(re_formula)}; it must be None, "NA", or a formula of bars such as "~ (1 | state)"'
        )
    if re_formula in ("NA", "~0", "~ 0"):
        return tuple(np.zeros(len(term.coefs), dtype=bool) for term in terms)
    wanted = _wanted(re_formula)
    known = {(term.group, label) for term in terms for label in term.coef_terms}
    for group, label in wanted - known:
        raise OptionError(
            f"re_formula asks for `{label or '1'} | {group}`, which the model does not have"
            + did_you_mean(group, [term.group for term in terms])
        )
    return tuple(np.array([(term.group, label) in wanted for label in term.coef_terms]) for term in terms)


def _wanted(text: str) -> set[tuple[str, str]]:
    """The (group, term label) pairs of a formula of bars; the intercept's label is ""."""
    pairs: set[tuple[str, str]] = set()
    for bar in parse_formula(text).bars:
        labels = [""] * bar.left.intercept + [":".join(part.label for part in term) for term in bar.left.terms]
        pairs.update((group_label(bar, text), label) for label in labels)
    return pairs
