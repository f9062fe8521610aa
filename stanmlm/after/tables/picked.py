"""Parameters picked by name, with their draws: by the names that `summary` prints, or by ArviZ's labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stanmlm.after.tables.summary import columns_of, matches, wanted_names
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, did_you_mean
from stanmlm.fit.diagnostics import elements
from stanmlm.fit.fit import Fit
from stanmlm.model.model import parameters

ALIASES = ("alpha", "beta", "varying")  # rstanarm's, which `wanted_names` knows
SPREADS = ("sd", "cor")  # classes that `summary` shows as covariances only
POSITIVE = (0.0, np.inf)
BOUNDS = {"sd": POSITIVE, "cor": (-1.0, 1.0)}  # by class; parameters of the family have their own

Columns = Mapping[str, Floats]  # name -> (chains, draws)


@dataclass(frozen=True)
class Named:
    """Some parameters of a fit, each under the name that picked it."""

    names: tuple[str, ...]  # P
    draws: Floats  # (chains, draws, P)
    bounds: tuple[tuple[float, float], ...]  # P, where each can be


def named_draws(fit: Fit, pars: Sequence[str] | str | None = None, regex_pars: str | None = None) -> Named:
    """The draws of the parameters that `pars` or `regex_pars` names, in that order.

    Parameters
    ----------
    fit
        A fit.
    pars
        Names as `summary` prints them (`"hours"`, `"b[(Intercept) student:1]"`), its "alpha", "beta" and "varying",
        ArviZ's labels (`"sd_student[(Intercept)]"`), or ArviZ's variables (`"sd_student"`, all its elements).
        Coefficients, standard deviations, correlations and auxiliaries where both are None.
    regex_pars
        A regular expression that picks among the names of `summary` and the labels of standard deviations and
        correlations; among all of ArviZ's labels where it matches none of these.

    Raises
    ------
    DataError
        For a name that is no parameter, or an expression that matches none or is not one.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> named_draws(fit).names
    ('(Intercept)', 'hours', 'sd_student[(Intercept)]', 'sigma')
    >>> named_draws(fit, ["b[hours]", "sd_student"]).names
    ('b[hours]', 'sd_student[(Intercept)]')
    """
    ours, table = dict(columns_of(fit)), parameters(fit.model)
    variables = {row.name: elements(fit, row) for row in table}
    spreads = {name: draws for row in table if row.class_ in SPREADS for name, draws in variables[row.name].items()}
    if pars is None and regex_pars is None:
        return _named(fit, _usual(fit, ours, spreads))
    chosen: dict[str, Floats] = {}
    for name in [pars] if isinstance(pars, str) else pars or ():
        chosen.update(_pick(name, ours, variables))
    if regex_pars is not None:
        chosen.update(_search(regex_pars, ours | spreads, variables))
    if not chosen:
        raise DataError("no parameter was asked for: pars is empty")
    return _named(fit, chosen)


def named_subset(named: Named, places: Sequence[int]) -> Named:
    """The parameters at some places of `named`."""
    kept = list(places)
    return Named(tuple(named.names[i] for i in kept), named.draws[..., kept], tuple(named.bounds[i] for i in kept))


def _named(fit: Fit, columns: Columns) -> Named:
    known = _bounds(fit)
    bounds = tuple(known.get(name, (-np.inf, np.inf)) for name in columns)
    return Named(tuple(columns), np.stack(list(columns.values()), axis=-1), bounds)


def _bounds(fit: Fit) -> dict[str, tuple[float, float]]:
    """The bounds of every parameter that has some."""
    rows = [row for row in parameters(fit.model) if row.class_ in BOUNDS]
    variances = [f"Sigma[{term.group}:{coef},{coef}]" for term in fit.model.design.terms for coef in term.coefs]
    own = {one.name: (one.within.low, one.within.high) for one in fit.model.family.scalars}
    return dict.fromkeys(variances, POSITIVE) | own | {n: BOUNDS[r.class_] for r in rows for n in elements(fit, r)}


def _usual(fit: Fit, ours: Columns, spreads: Columns) -> dict[str, Floats]:
    fixed = {name: ours[name] for name in fit.model.design.names}
    return fixed | dict(spreads) | {row.name: ours[row.name] for row in fit.model.family.scalars}


def _pick(name: str, ours: Columns, variables: Mapping[str, Columns]) -> Columns:
    if name in ours:
        return {name: ours[name]}
    if name in variables:
        return variables[name]
    every = _joined(variables)
    if name in every:
        return {name: every[name]}
    if name in ALIASES:
        found = wanted_names(list(ours), name, None)
        return {own: draws for own, draws in ours.items() if own in found}
    raise DataError(f"`{name}` is not a parameter of the fit" + did_you_mean(name, [*ours, *every]))


def _search(regex: str, first: Columns, variables: Mapping[str, Columns]) -> Columns:
    for columns in (first, _joined(variables)):
        found = {name: draws for name, draws in columns.items() if matches(regex, name)}
        if found:
            return found
    raise DataError(f"no parameter matches `{regex}`")


def _joined(variables: Mapping[str, Columns]) -> dict[str, Floats]:
    return {name: draws for columns in variables.values() for name, draws in columns.items()}
