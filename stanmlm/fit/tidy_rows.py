"""The rows of `tidy`, as lme4's and brms's models have them in broom.mixed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from stanmlm.base.arrays import Floats
from stanmlm.fit.draws import coefficient_names, coefficients_of, values_of
from stanmlm.fit.fit import Fit
from stanmlm.fit.group_coefficients import group_coefficients, group_effects
from stanmlm.fit.varcorr import bars_named
from stanmlm.priors.parameters import SIGMA, THRESHOLDS, Element, Grouping, Parameter, groupings, is_intercept, named

SEPARATOR = "__"
COMPONENTS = {"zi": "zi"}  # of parameters that broom.mixed takes apart; all others are in "cond" under their names
GROUPED = ("group", "term", "estimate")
BY_LEVEL = ("group", "level", "term", "estimate")
ALONE = ("term", "estimate")
# What each effect brings, as `tidy.merMod` and as `tidy.brmsfit` have it; a table has what any of its effects brings.
OF_LME4: Mapping[str, Sequence[str]] = {
    "fixed": (*ALONE, "std.error", "statistic"),
    "ran_pars": GROUPED,
    "ran_vals": (*BY_LEVEL, "std.error"),
    "ran_coefs": BY_LEVEL,
    "auxiliary": (*ALONE, "std.error"),
}
OF_BRMS: Mapping[str, Sequence[str]] = {
    "fixed": ("component", *ALONE, "std.error"),
    "ran_pars": ("component", *GROUPED, "std.error"),
    "ran_vals": ("component", *BY_LEVEL, "std.error"),
    "ran_coefs": ("component", *BY_LEVEL, "std.error"),
    "auxiliary": ("component", *ALONE, "std.error"),
}


@dataclass(frozen=True)
class TidyRows:
    """Some rows of the table, and the draws that they sum up."""

    draws: Floats  # (chains, draws, R)
    term: Sequence[str]  # one, or R
    component: Sequence[str] = ("cond",)  # likewise
    group: Sequence[str | None] = (None,)
    level: Sequence[str | None] = (None,)


@dataclass(frozen=True)
class Layout:
    """How a package has the table: columns by effect, and the rows of those that packages order on their own."""

    columns: Mapping[str, Sequence[str]]
    fixed: Callable[[Fit], Iterator[TidyRows]]
    ran_pars: Callable[[Fit], Iterator[TidyRows]]


def _chains(fit: Fit, draws: Floats) -> Floats:
    """(chains, draws, R) of joined draws (draws, R)."""
    return draws.reshape(fit.posterior["posterior"].sizes["chain"], -1, draws.shape[-1])


def _fixed_of_lme4(fit: Fit) -> Iterator[TidyRows]:
    yield TidyRows(_chains(fit, coefficients_of(fit)), coefficient_names(fit))


def _fixed_of_brms(fit: Fit) -> Iterator[TidyRows]:
    """Intercepts of all parameters first, as brms orders them."""
    rows = sorted(fit.model.ledger.of("b"), key=lambda row: not is_intercept(row))
    apart = [_apart(row.address.dpar, fixed_term(row)) for row in rows]
    components, terms = zip(*apart, strict=True) if apart else ((), ())
    yield TidyRows(values_of(fit, [Element(row) for row in rows]), terms, components)


def fixed_term(row: Parameter) -> str:
    """A coefficient by R's name, thresholds counted: `(Intercept)[1]`."""
    if row.variable == THRESHOLDS:
        return row.called[-1].replace("Intercept", "(Intercept)")
    return str(row.address.coef)


def _apart(dpar: str, term: str) -> tuple[str, str]:
    """Component and term of a coefficient of some parameter."""
    return (COMPONENTS[dpar], term) if dpar in COMPONENTS else ("cond", named(dpar, term))


def _ran_pars_of_lme4(fit: Fit) -> Iterator[TidyRows]:
    """Each bar's lower triangle, column by column: lme4's `lower.tri`."""
    book = fit.model.ledger
    for group, bar in bars_named(fit):
        sds, cors = book.of("sd", bar), iter(book.of("cor", bar))
        names = [named(row.address.dpar, str(row.address.coef)) for row in sds]
        pairs = {pair: next(cors) for pair in combinations(range(len(sds)), 2)}
        rows, terms = [], []
        for k, row in enumerate(sds):
            below = range(k + 1, len(sds))
            rows += [row, *(pairs[k, j] for j in below)]
            terms += [f"sd{SEPARATOR}{names[k]}", *(f"cor{SEPARATOR}{names[k]}.{names[j]}" for j in below)]
        yield TidyRows(values_of(fit, [Element(row) for row in rows]), terms, group=(group,))
    yield from _residual(fit)


def _ran_pars_of_brms(fit: Fit) -> Iterator[TidyRows]:
    """Standard deviations of all groups by name, then their correlations."""
    book, bars = fit.model.ledger, [bar for own in _by_name(fit) for bar in own.bars]
    for kind in ("sd", "cor"):
        for row in (row for bar in bars for row in book.of(kind, bar)):
            coefs = (row.address.coef,) if isinstance(row.address.coef, str) else row.address.coef
            component, term = _apart(row.address.dpar, ".".join(coefs))
            yield TidyRows(
                values_of(fit, [Element(row)]), [f"{kind}{SEPARATOR}{term}"], (component,), (row.address.group,)
            )
    yield from _residual(fit)


def _residual(fit: Fit) -> Iterator[TidyRows]:
    if fit.model.ledger.has(SIGMA):
        sigma = values_of(fit, [Element(fit.model.ledger.at(SIGMA))])
        yield TidyRows(sigma, [f"sd{SEPARATOR}Observation"], group=("Residual",))


def _by_name(fit: Fit) -> list[Grouping]:
    return sorted(groupings(fit.model.design), key=lambda grouping: grouping.group)


def _ran_vals(fit: Fit, layout: Layout) -> Iterator[TidyRows]:
    yield from _by_level(fit, layout, group_effects)


def _ran_coefs(fit: Fit, layout: Layout) -> Iterator[TidyRows]:
    yield from _by_level(fit, layout, group_coefficients)


def _by_level(
    fit: Fit, layout: Layout, of: Callable[[Fit, Grouping], Iterator[tuple[str, Floats]]]
) -> Iterator[TidyRows]:
    """Level after level of each coefficient of each group."""
    for grouping in _by_name(fit) if layout is BRMS else groupings(fit.model.design):
        for name, draws in of(fit, grouping):
            component, term = ("cond", name) if layout is LME4 else _split(fit, name)
            yield TidyRows(_chains(fit, draws), [term], (component,), (grouping.group,), grouping.levels)


def _split(fit: Fit, name: str) -> tuple[str, str]:
    """Component and term of a coefficient that is called `zi_x`."""
    for dpar, component in COMPONENTS.items():
        known = {named(row.address.dpar, str(row.address.coef)) for row in _of_parameter(fit, dpar)}
        if name in known:
            return component, name.removeprefix(f"{dpar}_")
    return "cond", name


def _of_parameter(fit: Fit, dpar: str) -> list[Parameter]:
    every = (*fit.model.ledger.of("b"), *fit.model.ledger.every("r"))
    return [row for row in every if row.address.dpar == dpar]


def _auxiliary(fit: Fit, layout: Layout) -> Iterator[TidyRows]:
    rows = fit.model.ledger.of("dpar")
    if rows:
        yield TidyRows(values_of(fit, [Element(row) for row in rows]), [row.variable for row in rows])


LME4 = Layout(OF_LME4, _fixed_of_lme4, _ran_pars_of_lme4)
BRMS = Layout(OF_BRMS, _fixed_of_brms, _ran_pars_of_brms)
BY_VERB = {"brm": BRMS}
ROWS: Mapping[str, Callable[[Fit, Layout], Iterator[TidyRows]]] = {
    "fixed": lambda fit, layout: layout.fixed(fit),
    "ran_pars": lambda fit, layout: layout.ran_pars(fit),
    "ran_vals": _ran_vals,
    "ran_coefs": _ran_coefs,
    "auxiliary": _auxiliary,
}
