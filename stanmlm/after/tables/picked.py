"""Parameters picked by name, with their draws: by the names that `summary` prints, or by any other spelling."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError
from stanmlm.data.coding import INTERCEPT
from stanmlm.fit.draws import values_of
from stanmlm.fit.fit import Fit
from stanmlm.priors.parameter_names import find, label_of, names_of
from stanmlm.priors.parameters import Element, Ledger

EXTRA = ("mean_PPD", "log-posterior")  # rows of `summary` that are no parameters
KINDS = ("b", "r", "dpar", "Sigma")  # in the order of `summary`
SPREADS = ("sd", "cor")  # what it shows as covariances only

Picked = Mapping[str, Element]  # by the name that it has in the table


@dataclass(frozen=True)
class NamedValues:
    """Some parameters of a fit by the names that tables and figures give them."""

    names: tuple[str, ...]  # P
    draws: Floats  # (chains, draws, P)
    bounds: tuple[tuple[float, float], ...]  # P, where each can be
    elements: tuple[Element, ...] = ()  # P, what they are in the ledger; none where they are made from others


def named_draws(fit: Fit, pars: Sequence[str] | str | None = None, regex_pars: str | None = None) -> NamedValues:
    """The draws of the parameters that `pars` or `regex_pars` names, in that order.

    Parameters
    ----------
    fit
        A fit.
    pars
        Names as `summary` prints them (`"hours"`, `"b[(Intercept) student:1]"`), or as ArviZ, brms and lme4 spell them
        (`"sd_student[(Intercept)]"`); rstanarm's "alpha", "beta" and "varying"; ArviZ's variables (`"sd_student"`, all
        its elements). Coefficients, standard deviations, correlations and auxiliaries where both are None.
    regex_pars
        A regular expression that picks among the names of `summary` and the labels of standard deviations and
        correlations; among all of ArviZ's labels where it matches none of these.

    Raises
    ------
    DataError
        For a name that no parameter has, or several; for an expression that matches none or is not one.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> named_draws(fit).names
    ('(Intercept)', 'hours', 'sd_student[(Intercept)]', 'sigma')
    >>> named_draws(fit, ["b[hours]", "sd_student"]).names
    ('hours', 'sd_student[(Intercept)]')
    """
    names = _names(fit)
    if pars is None and regex_pars is None:
        called = table_names(fit)
        return _named(fit, {called[row]: row for row in fit.model.ledger.few})
    return _named(fit, _picked(fit, names, pars, regex_pars))


def named_subset(named: NamedValues, places: Sequence[int]) -> NamedValues:
    """The parameters at some places of `named`."""
    kept = list(places)
    return NamedValues(
        tuple(named.names[i] for i in kept),
        named.draws[..., kept],
        tuple(named.bounds[i] for i in kept),
        tuple(named.elements[i] for i in kept) if named.elements else (),
    )


def table_names(fit: Fit) -> Mapping[Element, str]:
    """What tables and figures call every parameter."""
    return {row: name for name, row in _names(fit).items()}


def in_table_order(fit: Fit, pars: Sequence[str] | str | None, regex_pars: str | None) -> Picked:
    """What `summary` shows for these arguments, in its own order."""
    names = _names(fit)
    if pars is None and regex_pars is None:
        return {name: row for name, row in names.items() if row.parameter.address.kind in KINDS}
    chosen = _picked(fit, names, pars, regex_pars)
    others = {name: row for name, row in chosen.items() if name not in names}
    return {**{name: row for name, row in names.items() if name in chosen}, **others}


def _named(fit: Fit, chosen: Picked) -> NamedValues:
    rows = tuple(chosen.values())
    return NamedValues(tuple(chosen), values_of(fit, rows), tuple(row.parameter.bounds for row in rows), rows)


def _names(fit: Fit) -> Picked:
    """Every parameter by the name that it has in tables: rstanarm's, and ArviZ's for what rstanarm has no name for."""
    rows = list(_in_order(fit.model.ledger))
    return dict(zip(names_of(fit.model.ledger, rows, "rstanarm", EXTRA), rows, strict=True))


def _in_order(book: Ledger) -> list[Element]:
    every = [*book.few, *book.effects, *map(Element, book.computed)]
    by_kind: dict[str, list[Element]] = {kind: [] for kind in (*KINDS, "spread")}
    for row in every:
        kind = row.parameter.address.kind
        by_kind["spread" if kind in SPREADS else kind].append(row)
    return [row for rows in by_kind.values() for row in rows]


def _picked(fit: Fit, names: Picked, pars: Sequence[str] | str | None, regex: str | None) -> Picked:
    chosen: dict[Element, None] = {}
    for name in [pars] if isinstance(pars, str) else pars or ():
        chosen.update(dict.fromkeys(_pick(fit, names, name)))
    found = _search(fit, names, regex) if regex is not None else {}
    if not chosen and not found:
        raise DataError("no parameter was asked for: pars is empty")
    called = {row: name for name, row in names.items()}
    return {called[row]: row for row in chosen} | found


def _pick(fit: Fit, names: Picked, name: str) -> Sequence[Element]:
    if name in names:
        return [names[name]]
    if name in ALIASES:
        return [row for own, row in names.items() if ALIASES[name](own, row)]
    book = fit.model.ledger
    variable = [row for row in (*book.few, *book.effects) if row.parameter.variable == name]
    return variable or [find(fit.model.spellings, name)]


# rstanarm's words for several parameters.
ALIASES = {
    "alpha": lambda name, row: name == INTERCEPT,
    "beta": lambda name, row: row.parameter.address.kind == "b" and name != INTERCEPT,
    "varying": lambda name, row: row.parameter.address.kind == "r",
}


def _search(fit: Fit, names: Picked, regex: str) -> dict[str, Element]:
    book = fit.model.ledger
    labels = {label_of(book, row): row for row in (*book.few, *book.effects)}
    for table in (names, labels):
        if found := {name: row for name, row in table.items() if matches(regex, name)}:
            return found
    raise DataError(f"no parameter matches `{regex}`")


def matches(regex: str, name: str) -> bool:
    """Whether a regular expression of the user's finds something in a name."""
    try:
        return re.search(regex, name) is not None
    except re.error as error:
        raise DataError(f"`{regex}` is not a regular expression: {error}") from error
