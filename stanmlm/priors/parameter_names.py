"""What packages call a parameter, and which parameter is meant by any of these spellings."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from stanmlm.base.errors import DataError, did_you_mean
from stanmlm.data.factors import make_unique
from stanmlm.priors.parameters import Element, Ledger, Parameter, named

SHOWN = 4  # parameters that a text may mean, in messages
Spell = Callable[[Element], Iterator[str]]


def label_of(book: Ledger, element: Element) -> str:
    """ArviZ's label, which is never another's: `b[income]`, `sd_state[income]`, `r_state[AL, income]`, `sigma`."""
    row = element.parameter
    return book.variable(row.variable).label(element.at) if row.variable else _sigma(element, row.label)


def _of(row: Parameter, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(named(row.address.dpar, name) for name in names)


def _coef(element: Element) -> str:
    return named(element.parameter.address.dpar, str(element.parameter.address.coef))


def _scalar(element: Element) -> str:
    return element.parameter.variable


def _sigma(element: Element, pair: str) -> str:
    return f"Sigma[{element.parameter.address.group}:{pair}]"


def _effect(element: Element, level: str) -> str:
    row = element.parameter
    return f"b[{_coef(element)} {row.address.group}:{level}]"


def _level(element: Element) -> str:
    return element.parameter.labels[0][element.level]


def _lme4_cor(element: Element) -> str:
    a, b = _of(element.parameter, element.parameter.address.coef)
    return f"cor_{b}.{a}|{element.parameter.address.group}"


# By package, what it calls each kind; ArviZ's label where it has no name.
STYLES: Mapping[str, Mapping[str, Callable[[Element], str]]] = MappingProxyType({
    "rstanarm": {
        "b": _coef,
        "r": lambda element: _effect(element, _level(element).replace(" ", "_")),
        "Sigma": lambda element: _sigma(element, ",".join(_of(element.parameter, element.parameter.address.coef))),
        "dpar": _scalar,
    },
    "lme4": {
        "b": _coef,
        "sd": lambda element: f"sd_{element.parameter.label}|{element.parameter.address.group}",
        "cor": _lme4_cor,
        "dpar": _scalar,
    },
    "arviz": {},
})  # fmt: skip


def names_of(book: Ledger, elements: Sequence[Element], style: str, taken: Iterable[str] = ()) -> tuple[str, ...]:
    """The names of elements in the style of a package; where two would be one, ArviZ's labels, which differ.

    Parameters
    ----------
    book
        The ledger that they are from.
    elements
        Elements of it.
    style
        "rstanarm", "lme4" or "arviz".
    taken
        Names of something else in the same table.
    """
    known, others = STYLES[style], tuple(taken)
    names = [
        known[e.parameter.address.kind](e) if e.parameter.address.kind in known else label_of(book, e) for e in elements
    ]
    often = Counter([*names, *others])
    if len(often) == len(names) + len(others):
        return tuple(names)
    labels = [label_of(book, e) if often[name] > 1 else name for e, name in zip(elements, names, strict=True)]
    return make_unique(labels, others)


@dataclass(frozen=True)
class Spellings:
    """Every spelling of the parameters of a model."""

    book: Ledger

    @cached_property
    def few(self) -> Mapping[str, tuple[Element, ...]]:
        """What a text may mean, group effects apart."""
        return _spelled(self.book, [*self.book.few, *map(Element, self.book.computed)])

    @cached_property
    def effects(self) -> Mapping[str, tuple[Element, ...]]:
        """Which group effects a text may mean."""
        return _spelled(self.book, self.book.effects)

    def meant(self, text: str) -> tuple[Element, ...]:
        """All that a text may mean."""
        few = self.few.get(text, ())
        if few and text.endswith("]"):
            return few
        return (*few, *(self.effects.get(text, ()) if may_be_effect(text) else ()))


def may_be_effect(text: str) -> bool:
    """Whether a text may have a group effect in it: there are many, and most questions are about other parameters."""
    return "r_" in text or ("b[" in text and ":" in text)


def find(spellings: Spellings, text: str) -> Element:
    """The parameter of any spelling.

    Parameters
    ----------
    spellings
        Of a model.
    text
        ArviZ's `sd_g[x]`, rstanarm's `Sigma[g:x,x]`, lme4's `sd_x|g`, brms's `sd_g__x`, R's `x`.

    Raises
    ------
    DataError
        For a text that no parameter has, or several.
    """
    meant = spellings.meant(text)
    if len(meant) == 1:
        return meant[0]
    if not meant:
        known = [*spellings.few, *(spellings.effects if may_be_effect(text) else ())]
        raise DataError(f"`{text}` is not a parameter of the fit" + did_you_mean(text, known))
    listed = [f"`{unmistakable(spellings, element)}`" for element in meant[:SHOWN]]
    more = f" or {len(meant) - SHOWN} others" if len(meant) > SHOWN else ""
    raise DataError(f"`{text}` could be {' or '.join(listed)}{more}; say which one")


def unmistakable(spellings: Spellings, element: Element) -> str:
    """A spelling that means this parameter and no other: ArviZ's label, if it can be."""
    every = [label_of(spellings.book, element), *_SPELLINGS[element.parameter.address.kind](element)]
    return next((text for text in every if spellings.meant(text) == (element,)), every[0])


def _spelled(book: Ledger, elements: Sequence[Element]) -> Mapping[str, tuple[Element, ...]]:
    """What each text may mean: a label with brackets its own parameter, whatever others may be called."""
    found: dict[str, dict[Element, None]] = {}
    for element in elements:
        for text in _SPELLINGS[element.parameter.address.kind](element):
            found.setdefault(text, {})[element] = None
    labels = {label_of(book, element): (element,) for element in elements}
    own = {label: meant for label, meant in labels.items() if label.endswith("]")}
    return {text: tuple(may) for text, may in found.items()} | own


def variants(*names: str) -> tuple[str, ...]:
    """A coefficient's names, those without back-ticks and with brms's `Intercept` among them.

    Examples
    --------
    >>> variants("(Intercept)"), variants("`a b`")
    (('(Intercept)', 'Intercept'), ('`a b`', 'a b'))
    """
    plain = [*names, *(name.replace("`", "") for name in names)]
    return tuple(dict.fromkeys([*plain, *(name.replace("(Intercept)", "Intercept") for name in plain)]))


def _groups(row: Parameter) -> tuple[str, ...]:
    """A grouping factor as it is written, also without back-ticks, and as variables have it."""
    group = row.address.group
    return tuple(dict.fromkeys([group, group.replace("`", ""), row.variable.removeprefix(f"{row.address.kind}_")]))


def _coefficient(element: Element) -> Iterator[str]:
    row = element.parameter
    for name in variants(row.label):
        yield f"{row.variable}[{name}]"
    for name in variants(row.label, *row.called):
        yield from (f"{row.variable}_{name}", named(row.address.dpar, name))


def _deviation(element: Element) -> Iterator[str]:
    row = element.parameter
    for name in variants(row.label):
        yield f"{row.variable}[{name}]"
    for group in _groups(row):
        for name in variants(row.label, *_of(row, row.called)):
            yield from (f"sd_{group}[{name}]", f"sd_{group}__{name}")
    for name in variants(row.label, *_of(row, row.called)):
        yield f"sd_{name}|{row.address.group}"


def _pairs(row: Parameter) -> list[tuple[str, str]]:
    """Both orders of two coefficients, in all variants."""
    (a, b), called = _of(row, row.address.coef), _of(row, row.called)
    pairs = [(x, y) for x in variants(a, called[0]) for y in variants(b, called[1])]
    return [*pairs, *((y, x) for x, y in pairs)]


def _correlation(element: Element) -> Iterator[str]:
    row = element.parameter
    for name in variants(row.label):
        yield f"{row.variable}[{name}]"
    for group in _groups(row):
        for x, y in _pairs(row):
            yield from (f"cor_{group}[{x},{y}]", f"cor_{group}[{x}, {y}]")
            yield f"cor_{group}__{x}__{y}"
    for x, y in _pairs(row):
        yield f"cor_{x}.{y}|{row.address.group}"


def _covariance(element: Element) -> Iterator[str]:
    row = element.parameter
    for name in variants(row.label):
        yield _sigma(element, name)
    for x, y in _pairs(row):
        yield from (_sigma(element, f"{x},{y}"), _sigma(element, f"{x}, {y}"))


def _group_effect(element: Element) -> Iterator[str]:
    row, level = element.parameter, _level(element)
    levels = dict.fromkeys([level, level.replace(" ", "."), level.replace(" ", "_")])
    for name in variants(row.label):
        yield from (f"{row.variable}[{level},{name}]", f"{row.variable}[{level}, {name}]")
        yield f"{row.variable}[`{level}`, `{name}`]"
    for each in levels:
        for name in variants(row.label, *_of(row, row.called)):
            yield from (f"r_{group}[{each},{name}]" for group in _groups(row))
        yield from (_effect(element, each), f"b[{row.label} {row.address.group}:{each}]")


def _of_scalar(element: Element) -> Iterator[str]:
    """`sigma`, and lme4's `.sigma`."""
    yield from (element.parameter.variable, f".{element.parameter.variable}")


_SPELLINGS: Mapping[str, Spell] = MappingProxyType(
    {
        "b": _coefficient,
        "sd": _deviation,
        "cor": _correlation,
        "Sigma": _covariance,
        "r": _group_effect,
        "dpar": _of_scalar,
    }
)
