"""`update`: a fit again with another formula, other data or other arguments."""

from collections import ChainMap
from collections.abc import Mapping
from typing import Unpack

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.callers import caller_scope
from stanmlm.base.dataframes import to_pandas
from stanmlm.base.errors import DataError, OptionError
from stanmlm.data.imputed import data_sets
from stanmlm.families import FamilyLike, as_family, gaussian
from stanmlm.fit.call import Options, name_of
from stanmlm.fit.fit import Call, Fit
from stanmlm.fit.imputed import fit_data
from stanmlm.formula.bf import FormulaLike, Formulas
from stanmlm.formula.formula import Formula, by_parameter, parse_formula
from stanmlm.formula.rcode import names_in
from stanmlm.formula.rparse import parse_expression
from stanmlm.formula.updated import update_terms

# Which verb fits a model: (gaussian without glm, bars).
VERBS: Mapping[tuple[bool, bool], str] = {
    (True, False): "lm",
    (True, True): "lmer",
    (False, False): "glm",
    (False, True): "glmer",
}
VECTORS = ("weights", "subset", "offset")  # a value a row
NOT_INHERITED = ("file", "file_refit")  # the old fit's file is the old fit's


def update(
    fit: Fit,
    formula: FormulaLike | None = None,
    data: object = None,
    family: FamilyLike | None = None,
    **changes: Unpack[Options],
) -> Fit:
    """The model again, changed where something is given, as R's `update`.

    What the old call was given, sampling arguments too, stays unless it is changed (`weights=None` takes them away);
    where the new model has the structure of the old one, its program is the same text and is not compiled again.

    Parameters
    ----------
    fit
        A fit, also one that `load` read: it carries its data with it.
    formula
        R's dot rules: `". ~ . + x"`, `"log(.) ~ ."`, `". ~ . - (1 | g)"`; each dot is that side of the old formula.
        A last bar that goes, or a first one that comes, changes `lmer` to `lm` and back, `glmer` likewise. Formulas of
        other parameters stay, unless `bf(...)` gives others in their place; their dots are the old ones.
    data
        New data; those of the fit where None. Calls such as `scale(x)` are then computed on the new data, and priors
        scaled by them, as in R and brms.
    family
        Another family; that of the fit where None.
    **changes
        Other arguments of the verbs, `Options`.

    Returns
    -------
    Fit
        A new one; the old one stays as it is.

    Raises
    ------
    StanmlmError
        What the verbs raise.

    Examples
    --------
    >>> from stanmlm import fixef, lm, simulate_exams, update
    >>> fit = lm("score ~ hours", simulate_exams(seed=1), seed=1)
    >>> fixef(update(fit, ". ~ . + exam")).index.tolist()
    ['(Intercept)', 'hours', 'exam']
    """
    check_arguments(update, locals())
    caller, old = caller_scope(1), fit.call
    scope = ChainMap(dict(old.scope), dict(caller)) if data is None else ChainMap(dict(caller), dict(old.scope))
    if fit.imputed and data is None:
        raise OptionError(f"the fit is of {len(fit.imputed)} data sets, and has the first alone: give all as data=")
    sets = data_sets(data)
    rows = fit.model.frame.data if data is None else to_pandas(next(iter(sets.values())) if sets else data)
    new = _formulas(fit.model.formula, formula)
    given = fit.model.family
    new_family = (given.unbound or given) if family is None else as_family(family)
    parsed = parse_formula(new, () if rows is None else tuple(rows.columns))
    bars = any(one.bars for one in by_parameter(parsed).values())
    linear = old.verb in ("lm", "lmer") and new_family == gaussian()
    kept = _kept(old.arguments, changes)
    if data is not None:
        _check_vectors({name: value for name, value in kept.items() if name not in changes}, rows)
    call = Call(
        verb=old.verb if old.verb not in VERBS.values() else VERBS[linear, bars],
        data_name=old.data_name if data is None else name_of(data, caller),
        arguments={**kept, **changes},
    )
    return fit_data(call, new, data if sets else rows, new_family, scope)


def _kept(old: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """The old arguments; what changes is taken out of the old `control` as well."""
    kept = {name: value for name, value in old.items() if name not in NOT_INHERITED}
    if isinstance(control := kept.get("control"), Mapping):
        kept["control"] = {name: value for name, value in control.items() if name not in changes}
    return kept


def _check_vectors(kept: Mapping[str, object], rows: pd.DataFrame | None) -> None:
    """Refuse vectors that were given for the old data, where the new ones have another number of rows."""
    for name in VECTORS:
        value = kept.get(name)
        if rows is None or value is None or isinstance(value, str):
            continue
        array = np.asarray(value)
        if array.ndim == 1 and len(array) != len(rows) and not (name == "subset" and array.dtype.kind in "iu"):
            raise DataError(
                f"{name} has {len(array)} values, for the old data; the new data have {len(rows)} rows: "
                f"give {name} anew, or {name}=None"
            )


def _formulas(old: Formula, new: FormulaLike | None) -> Formulas:
    """The formulas of all parameters: those of `bf`, or the old ones but for the location's."""
    if not isinstance(new, Formulas):
        return Formulas(_text(old, new), tuple((dpar, _text(other, None)) for dpar, other in old.others), old.constants)
    known = dict(old.others)
    others = ((dpar, update_terms(known[dpar], text) if dpar in known else text) for dpar, text in new.others)
    return Formulas(_text(old, new.text), tuple(others), new.constants)


def _text(old: Formula, new: str | None) -> str:
    """The new formula; dots that the old text has itself are spelled out, since the data kept may have more columns."""
    if new is None and "." not in names_in(parse_expression(old.text)):
        return old.text
    return update_terms(old, new or ". ~ .")
