"""The ledger: every parameter of a model under one address, and where the posterior has it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise, product
from typing import NamedTuple

import numpy as np

from stanmlm.data.design import Design, GroupTerm, dpars_of, predictors
from stanmlm.data.factors import level_names, make_names, make_unique
from stanmlm.families import Family
from stanmlm.families.distributional import Distributional
from stanmlm.families.support import SUPPORTS
from stanmlm.families.thresholds import Items
from stanmlm.formula.bf import LOCATION

THRESHOLDS = "b_Intercept"  # the variable of the posterior that has thresholds, brms's
MU = LOCATION  # whose coefficients go without its name
WHOLE = (-np.inf, np.inf)
POSITIVE = (0.0, np.inf)
CORRELATION = (-1.0, 1.0)


class Address(NamedTuple):
    """What a parameter is; no two of a model share one, and none is ever read out of a text."""

    kind: str  # "b", "sd", "cor", "r", "dpar"; "Sigma" of (co)variances; "Intercept" of priors, at centred predictors
    # the distributional parameter that it predicts or, of kind "dpar", is; of a pair in several, the location
    dpar: str = MU
    group: str = ""  # the grouping factor
    term: int = -1  # the group term, a place in design.terms
    coef: str | tuple[str, str] = ""  # of correlations and covariances both


SIGMA = Address("dpar", "sigma")


def address_of(class_: str, group: str = "", term: int = -1, coef: str = "") -> Address:
    """The address of a prior by brms's class, which is the name of a scalar where it is no kind."""
    if class_ in ("Intercept", "b", "sd", "cor"):
        return Address(class_, MU, group, term, coef)
    return Address("dpar", class_)


def class_of(address: Address) -> str:
    """brms's class: the kind, or the name of a scalar."""
    return address.dpar if address.kind == "dpar" else address.kind


def class_name(address: Address) -> str:
    """The class, with the parameter whose predictor it is in where that is not the location: "b_sigma"."""
    return class_of(address) if address.kind == "dpar" or address.dpar == MU else f"{address.kind}_{address.dpar}"


@dataclass(frozen=True, eq=False)
class Parameter:
    """One row of the ledger."""

    address: Address
    shape: tuple[int, ...]  # () a number, (J,) the effects of all levels
    constraint: str  # "real", "positive" or "correlation"
    labels: tuple[tuple[str, ...], ...]  # of each axis of the shape
    bounds: tuple[float, float]
    variable: str  # of the posterior; "" for what is computed from others
    place: tuple[int, ...]  # there, after the axes of the shape
    label: str = ""  # of that place: "income", "(Intercept),income"
    called: tuple[str, ...] = ()  # what R calls its coefficients


class Element(NamedTuple):
    """One number of a parameter: all of it, or that of a level."""

    parameter: Parameter
    level: int = -1

    @property
    def at(self) -> tuple[int, ...]:
        """Its place in the variable."""
        return self.parameter.place if self.level < 0 else (self.level, *self.parameter.place)


@dataclass(frozen=True, eq=False)
class Variable:
    """One variable of the posterior, and its dims and labels after (chain, draw)."""

    name: str  # "b", "sd_state", "cor_state", "r_state", "sigma"
    kind: str
    group: str
    dims: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]  # one tuple a dim

    @cached_property
    def flat(self) -> tuple[str, ...]:
        """ArviZ's label of every element, `b[income]` or `r_state[AL, income]`, the last axis fastest."""
        if not self.labels:
            return (self.name,)
        texts = [", ".join(at) for at in product(*self.labels)]
        if len(set(texts)) < len(texts):  # "a, b" of "c" and "a" of "b, c"
            texts = [", ".join(f"`{label}`" for label in at) for at in product(*self.labels)]
        return tuple(f"{self.name}[{text}]" for text in make_unique(texts))

    @cached_property
    def plain(self) -> bool:
        """Whether the labels of two elements cannot be one because of a comma in one of a dim."""
        return sum(any(", " in label for label in labels) for labels in self.labels) < 2

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the dims."""
        return tuple(map(len, self.labels))

    def label(self, at: tuple[int, ...]) -> str:
        """ArviZ's label of one element."""
        if not self.plain:
            return self.flat[int(np.ravel_multi_index(at, self.shape))]
        names = ", ".join(labels[i] for labels, i in zip(self.labels, at, strict=True))
        return f"{self.name}[{names}]" if at else self.name


@dataclass(frozen=True)
class Grouping:
    """A grouping factor with its bars joined, as users see it; `VarCorr` alone keeps bars apart."""

    group: str
    bars: tuple[int, ...]  # positions in design.terms
    terms: tuple[str, ...]  # every bar's coefficients in turn; a repeated one gets `.1`
    levels: tuple[str, ...]
    pairs: tuple[str, ...]  # correlations within a bar, "(Intercept),income"
    variable: str  # what stands for it in names of variables: "school_class" for "school/class"


@dataclass(frozen=True)
class Ledger:
    """The parameters of a model in printing order, and the variables of the posterior that hold them."""

    parameters: tuple[Parameter, ...]
    variables: tuple[Variable, ...]
    computed: tuple[Parameter, ...]  # variances and covariances of group terms, which no variable holds

    @cached_property
    def few(self) -> tuple[Element, ...]:
        """Every element but the group effects."""
        return tuple(Element(row) for row in self.parameters if not row.shape)

    @cached_property
    def effects(self) -> tuple[Element, ...]:
        """The group effects, level after level of each term."""
        return tuple(Element(row, level) for rows in self._by_term() for level in range(*rows[0].shape) for row in rows)

    @cached_property
    def _by_address(self) -> Mapping[Address, Parameter]:
        return {row.address: row for row in (*self.parameters, *self.computed)}

    def of(self, kind: str, term: int = -1) -> tuple[Parameter, ...]:
        """The parameters of a kind, of one group term where it is named."""
        return tuple(row for row in self.parameters if row.address.kind == kind and row.address.term == term)

    def at(self, address: Address) -> Parameter:
        """The parameter of an address."""
        return self._by_address[address]

    def has(self, address: Address) -> bool:
        """Whether the model has a parameter of this address."""
        return address in self._by_address

    def every(self, kind: str) -> tuple[Parameter, ...]:
        """The parameters of a kind in the order of the group terms."""
        rows = [row for row in self.parameters if row.address.kind == kind]
        return tuple(sorted(rows, key=lambda row: row.address.term))

    def span(self, kind: str, term: int) -> tuple[str, slice]:
        """The variable that holds the parameters of a kind of a group term, and their places there."""
        rows = self.of(kind, term)
        return (rows[0].variable, slice(rows[0].place[-1], rows[-1].place[-1] + 1)) if rows else ("", slice(0))

    def variable(self, name: str) -> Variable:
        """The variable of a name."""
        return next(variable for variable in self.variables if variable.name == name)

    def _by_term(self) -> Iterator[tuple[Parameter, ...]]:
        terms = {row.address.term for row in self.parameters if row.address.kind == "r"}
        return (self.of("r", term) for term in sorted(terms))


def groupings(design: Design) -> tuple[Grouping, ...]:
    """The grouping factors in the order of their first bar."""
    bars: dict[str, list[int]] = {}
    for position, term in enumerate(design.terms):
        bars.setdefault(term.group, []).append(position)
    variables = make_names(bars, lambda group: group.replace("/", "_"))  # xarray keeps "/" for paths
    return tuple(_grouping(design, group, tuple(at), variables[group]) for group, at in bars.items())


def _grouping(design: Design, group: str, bars: tuple[int, ...], variable: str) -> Grouping:
    terms = [design.terms[bar] for bar in bars]
    coefs = make_unique(coef for term in terms for coef in coefs_named(term))
    pairs = make_unique(f"{a},{b}" for term in terms for a, b in combinations(coefs_named(term), 2))
    return Grouping(group, bars, coefs, level_names(terms[0].levels), pairs, variable)


def ledger(design: Design, family: Family) -> Ledger:
    """Enter every parameter: coefficients, then of each grouping factor sds, correlations and effects, then scalars.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> model = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1).model
    >>> [tuple(row.address) for row in ledger(model.design, model.family).of("b")]
    [('b', 'mu', '', -1, '(Intercept)'), ('b', 'mu', '', -1, 'hours')]
    """
    known = groupings(design)
    scalars = [(Address("dpar", one.name), one.name, one.support) for one in scalars_of(design, family)]
    scalars += [(at, name, family.shared.support) for at, name in told_numbers(family) if family.shared]
    rows = [*_coefficients(design, family)]
    variables = [
        Variable(name, "b", "", (dim,), (_labels(rows, name),)) for name, dim in _of_coefficients(design, family)
    ]
    variables += [variable for grouping in known for variable in _group_variables(grouping)]
    variables += [Variable(name, "dpar", "", (), ()) for _, name, _ in scalars]
    rows += [*(row for grouping in known for row in _group_parameters(design, grouping))]
    rows += [
        Parameter(at, (), support, (), (SUPPORTS[support].low, SUPPORTS[support].high), name, ())
        for at, name, support in scalars
    ]
    computed = tuple(row for grouping in known for row in _covariances(design, grouping))
    return Ledger(tuple(rows), tuple(variables), computed)


def told_numbers(family: Family) -> list[tuple[Address, str]]:
    """What thresholds are sums of, where users are told: the distance between neighbours, one for each item."""
    of = family.shared
    if of is None or not of.told:
        return []
    if family.items is None:
        return [(Address("dpar", of.number), of.number)] if family.sums.shape[1] else []
    several = zip(family.items.levels, family.sums_of_items, strict=True)
    return [(Address("dpar", of.number, level), f"{of.number}_{level}") for level, sums in several if sums.shape[1]]


def _of_coefficients(design: Design, family: Family) -> Iterator[tuple[str, str]]:
    """The variables that hold coefficients, and their dims."""
    if family.shared:
        yield THRESHOLDS, "threshold"
    for of in predictors(design):
        yield coefficient_name(of.dpar), "term" if of.dpar == MU else f"term_{of.dpar}"


def _labels(rows: Sequence[Parameter], variable: str) -> tuple[str, ...]:
    return tuple(row.label for row in rows if row.variable == variable)


def scalars_of(design: Design, family: Family) -> tuple[Distributional, ...]:
    """The parameters of the family that have no predictor: one number for all rows."""
    predicted = {of.dpar for of in predictors(design)}
    return tuple(one for one in family.scalars if one.name not in predicted)


def coefficient_name(dpar: str) -> str:
    """The variable of the posterior that has the coefficients of a predictor."""
    return "b" if dpar == MU else f"b_{dpar}"


def named(dpar: str, coef: str) -> str:
    """A coefficient, with the name of the parameter that it predicts where that is not the location: `sigma_x`."""
    return coef if dpar == MU else f"{dpar}_{coef}"


def coefs_named(term: GroupTerm) -> tuple[str, ...]:
    """The coefficients of a group term, those of parameters beside the location with its name."""
    return tuple(named(dpar, coef) for dpar, coef in zip(dpars_of(term), term.coefs, strict=True))


def is_intercept(row: Parameter) -> bool:
    """Whether a coefficient is an intercept or a threshold."""
    return row.variable == THRESHOLDS or row.address.coef == "(Intercept)"


def _coefficients(design: Design, family: Family) -> Iterator[Parameter]:
    for of in predictors(design):
        variable, called, first = coefficient_name(of.dpar), of.called or of.names, 0
        if family.shared and of.dpar == MU:
            yield from _of_items(family.items, family.categories) if family.items else _thresholds(family.categories)
            first = family.in_thresholds
        for k, name in enumerate(of.names[first:]):
            at = Address("b", of.dpar, coef=name)
            yield Parameter(at, (), "real", (), WHOLE, variable, (k,), name, (called[first + k],))


def _thresholds(categories: tuple[str, ...]) -> Iterator[Parameter]:
    """As `ordinal` and MASS, by the categories on both sides; brms counts them."""
    for k, (low, high) in enumerate(pairwise(categories)):
        at, called = Address("b", MU, coef=f"{low}|{high}"), (f"{low}|{high}", f"Intercept[{k + 1}]")
        yield Parameter(at, (), "real", (), WHOLE, THRESHOLDS, (k,), str(k + 1), called)


def _of_items(items: Items, categories: tuple[str, ...]) -> Iterator[Parameter]:
    """Of each item, as brms counts them."""
    for k, (level, t) in enumerate(
        (level, t) for level, T in zip(items.levels, items.sizes, strict=True) for t in range(T)
    ):
        between, count = f"{categories[t]}|{categories[t + 1]}", str(t + 1)
        at, called = Address("b", MU, coef=f"{level},{between}"), (between, count, f"Intercept[{level},{count}]")
        yield Parameter(at, (), "real", (), WHOLE, THRESHOLDS, (k,), f"{level},{count}", called)


def _group_variables(grouping: Grouping) -> list[Variable]:
    group = grouping.variable
    level, term, coef, pair = (f"{what}_{group}" for what in ("level", "term", "coef", "pair"))
    # A dim that is not the first of `r_` is in no other variable: ArviZ stacks elements in the order in which a data
    # set meets its dims, and labels them in the variable's own.
    rows = [
        Variable(f"sd_{group}", "sd", grouping.group, (coef,), (grouping.terms,)),
        Variable(f"cor_{group}", "cor", grouping.group, (pair,), (grouping.pairs,)),
        Variable(f"r_{group}", "r", grouping.group, (level, term), (grouping.levels, grouping.terms)),
    ]
    return [row for row in rows if row.kind != "cor" or grouping.pairs]


def _group_parameters(design: Design, grouping: Grouping) -> Iterator[Parameter]:
    group, variable = grouping.group, grouping.variable
    coefs = [(bar, *own) for bar in grouping.bars for own in _coefs(design, bar)]
    for k, (bar, coef, called, dpar) in enumerate(coefs):
        at = Address("sd", dpar, group, bar, coef)
        yield Parameter(at, (), "positive", (), POSITIVE, f"sd_{variable}", (k,), grouping.terms[k], (called,))
    pairs = [(bar, *pair) for bar in grouping.bars for pair in combinations(_of_pairs(design, bar), 2)]
    for k, (bar, (a, its, dpar), (b, others, _)) in enumerate(pairs):
        at, called_both = Address("cor", dpar, group, bar, (a, b)), (its, others)
        yield Parameter(at, (), "correlation", (), CORRELATION, f"cor_{variable}", (k,), grouping.pairs[k], called_both)
    J = len(grouping.levels)
    for k, (bar, coef, called, dpar) in enumerate(coefs):
        at = Address("r", dpar, group, bar, coef)
        yield Parameter(
            at, (J,), "real", (grouping.levels,), WHOLE, f"r_{variable}", (k,), grouping.terms[k], (called,)
        )


def _coefs(design: Design, bar: int) -> list[tuple[str, str, str]]:
    """Of each coefficient of a term its name, what R calls it, and the parameter that it enters."""
    term = design.terms[bar]
    return list(zip(term.coefs, term.called or term.coefs, dpars_of(term), strict=True))


def _of_pairs(design: Design, bar: int) -> list[tuple[str, str, str]]:
    """The same in addresses of two coefficients, which have one parameter: names say which where they enter several."""
    own = _coefs(design, bar)
    if len({dpar for *_, dpar in own}) == 1:
        return own
    return [(named(dpar, coef), named(dpar, called), MU) for coef, called, dpar in own]


def _covariances(design: Design, grouping: Grouping) -> Iterator[Parameter]:
    """rstanarm's Sigma, column by column of its lower triangle."""
    labels = iter(grouping.terms)
    for bar in grouping.bars:
        coefs = [(coef, next(labels), called, dpar) for coef, called, dpar in _of_pairs(design, bar)]
        for q, (b, second, others, dpar) in enumerate(coefs):
            for p, (a, first, its, _) in enumerate(coefs[q:]):
                at = Address("Sigma", dpar, grouping.group, bar, (a, b))
                constraint, bounds = ("real", WHOLE) if p else ("positive", POSITIVE)
                yield Parameter(at, (), constraint, (), bounds, "", (), f"{first},{second}", (its, others))
