"""The parameters of a model that take a prior, and which prior a user meant for which of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from stanmlm.base.arguments import shown
from stanmlm.base.callers import warn_user
from stanmlm.base.errors import PriorError, did_you_mean
from stanmlm.families import Family
from stanmlm.families.ordinal import SHIFTS
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.parameter_names import Spellings, variants
from stanmlm.priors.parameters import MU, THRESHOLDS, Address, Ledger, Parameter, class_name, class_of, named
from stanmlm.priors.prior_presets import PRESETS
from stanmlm.priors.prior_records import CovariancePrior, Prior, SetPrior
from stanmlm.priors.prior_spec import flat

Default = Literal["default"]
PriorInput = Prior | Sequence[Prior | None] | Mapping[str, Prior | None] | None | Default
CovarianceInput = CovariancePrior | Mapping[str, CovariancePrior] | Default


SHIFTING = frozenset(one.name for one in SHIFTS)


@dataclass(frozen=True)
class Slot:
    """One parameter that takes a prior."""

    address: Address  # of kind "Intercept" at centred predictors; a correlation matrix has no coefficient
    # Intercept: among those of all predictors; b: among their other columns; sd: among the sds of all terms; cor: among
    # terms with several
    position: int
    names: tuple[str, ...] = ()  # what its coefficient may be called, its own name first

    @property
    def label(self) -> str:
        """The parameter as messages name it."""
        return prior_label(self.address)


def prior_label(address: Address) -> str:
    """`sd_state[income]`, `b[income]`, `b_sigma[income]`, `Intercept`, `sigma`."""
    if address.group:
        name = f"{class_of(address)}_{address.group}"
        return f"{name}[{named(address.dpar, str(address.coef))}]" if address.coef else name
    name = class_name(address)
    return f"{name}[{address.coef}]" if address.coef else name


def model_slots(book: Ledger, intercepts: Sequence[str], family: Family) -> tuple[Slot, ...]:
    """Every parameter that takes a prior: intercepts, of these parameters, coefficients, group terms, then scalars.

    Those of thresholds are intercepts, whose coefficients are what brms counts them by.
    """
    between = [row for row in book.of("b") if row.variable == THRESHOLDS]
    starting = {next(row for row in book.of("b") if row.address.dpar == dpar) for dpar in intercepts}.union(between)
    at = _of_thresholds(between, family)
    alone = [dpar for dpar in intercepts if not (between and dpar == MU)]
    coefficients, sds = [row for row in book.of("b") if row not in starting], book.every("sd")
    before = family.in_thresholds if family.items else 0  # columns of items, which are no coefficients
    several = {row.address.term: row.address for row in book.every("cor")}
    return (
        *at,
        *(Slot(Address("Intercept", dpar), place) for place, dpar in enumerate(alone, len(between))),
        *(Slot(row.address, place, variants(*_own(row))) for place, row in enumerate(coefficients, before)),
        *(Slot(row.address, place, variants(*_own(row))) for place, row in enumerate(sds)),
        *(Slot(address._replace(coef=""), place) for place, address in enumerate(several.values())),
        *(Slot(row.address, k) for row, k in _numbers(book.of("dpar"))),
    )


def _of_thresholds(between: Sequence[Parameter], family: Family) -> list[Slot]:
    """Those of all rows, or of each item, which is then brms's group; not beyond those that take a prior."""
    if family.shared is None:
        return []
    most, items = family.shared.priors, family.items
    if items is None:
        slots = [Slot(Address("Intercept", MU, coef=r.label), k, (r.label, *r.called)) for k, r in enumerate(between)]
        return slots[:most]
    places = [(level, t) for level, size in zip(items.levels, items.sizes, strict=True) for t in range(size)]
    return [
        Slot(Address("Intercept", MU, level, coef=str(t + 1)), k, (str(t + 1), row.label, *row.called))
        for k, (row, (level, t)) in enumerate(zip(between, places, strict=True))
        if most is None or t < most
    ]


def _numbers(rows: Sequence[Parameter]) -> Iterator[tuple[Parameter, int]]:
    """Scalars with their places among those of one name: numbers of items have several."""
    often: dict[str, int] = {}
    for row in rows:
        often[row.address.dpar] = often.get(row.address.dpar, -1) + 1
        yield row, often[row.address.dpar]


def _own(row: Parameter) -> tuple[str, ...]:
    return (str(row.address.coef), *row.called)


def spread(given: PriorInput, slots: Sequence[Slot], argument: str) -> dict[Slot, Prior]:
    """The prior of each slot that `given` speaks of; `argument` is its name in messages."""
    if isinstance(given, str) and given == "default":
        return {}
    if given is None:
        return dict.fromkeys(slots, flat())
    if isinstance(given, Prior):
        return dict(zip(slots, _elementwise(given, len(slots), argument), strict=True))
    if isinstance(given, Mapping):
        return _by_name(given, slots, argument)
    if isinstance(given, Sequence) and not isinstance(given, str):
        return _in_order(given, slots, argument)
    raise PriorError(f"{argument} takes {A_PRIOR}, {not_such(argument, given)}")


A_PRIOR = "a distribution such as normal(0, 2.5), or None for a flat prior"


def not_such(argument: str, given: object) -> str:
    """What a prior argument was given instead of a prior, and how that is written or where it goes."""
    several = (given.values() if isinstance(given, Mapping) else given) if isinstance(given, _SEVERAL) else [given]
    hints = (_instead(argument if one is given else "", one) for one in several)
    return f"not {shown(given)}{next(filter(None, hints), '')}"


_SEVERAL = (list, tuple, Mapping)


def _instead(argument: str, one: object) -> str:
    if isinstance(one, SetPrior):
        return "; what set_prior() makes goes to priors="
    if isinstance(one, CovariancePrior):
        return "; decov() and lkj() go to prior_covariance="
    if isinstance(one, Prior):
        return "; a prior without an address goes to prior=, prior_intercept= or prior_aux="
    text = one.strip() if isinstance(one, str) else f"{getattr(one, '__name__', '')}(...)"
    if text in PRESETS:
        return f'; a preset is priors="{text}"'
    name = text.partition("(")[0].rstrip()
    of_terms = name in ("decov", "lkj")
    if name not in DISTRIBUTIONS or argument == "priors=" or (argument == "prior_covariance=" and not of_terms):
        return ""
    where = "prior_covariance=" if of_terms else argument
    quotes = ", without quotes" if isinstance(one, str) else ""
    return f"; write {where}{text if '(' in text else f'{text}(...)'}{quotes}"


def _by_name(given: Mapping[str, Prior | None], slots: Sequence[Slot], argument: str) -> dict[Slot, Prior]:
    return {
        slot: _one(prior, f"{argument} of `{name}`")
        for name, prior in given.items()
        for slot in [_named(name, slots, argument)]
    }


def _named(name: str, slots: Sequence[Slot], argument: str) -> Slot:
    """The slot of a coefficient or a scalar by its own name, or by one that no other has."""
    own = [slot for slot in slots if name in (slot.names or (class_of(slot.address),))[:1]]
    found = own or [slot for slot in slots if name in _spelled(slot)]
    if len(found) == 1:
        return found[0]
    if found:
        raise PriorError(f"{argument} names `{name}`, which could be {_listed(found)}; say which one")
    if not isinstance(name, str):
        raise PriorError(f"{argument} names {shown(name)}; priors by name have the names of coefficients")
    intercept = name in ("(Intercept)", "Intercept") and argument == "prior="
    known = [slot.names[0] if slot.names else class_of(slot.address) for slot in slots]
    hint = "; the intercept's prior is prior_intercept=" if intercept else did_you_mean(name, known)
    raise PriorError(f"{argument} names `{name}`, which is no coefficient of the model" + hint)


def _spelled(slot: Slot) -> list[str]:
    """Its names, also as ArviZ and brms write coefficients, and with the parameter's."""
    class_, dpar = class_name(slot.address), slot.address.dpar
    spelled = ((name, named(dpar, name), f"{class_}[{name}]", f"{class_}_{name}") for name in slot.names)
    return [text for texts in spelled for text in dict.fromkeys(texts)]


def _listed(slots: Sequence[Slot]) -> str:
    return " or ".join(f"`{slot.label}`" for slot in slots)


def _in_order(given: Sequence[Prior | None], slots: Sequence[Slot], argument: str) -> dict[Slot, Prior]:
    if len(given) != len(slots):
        listed = ", ".join(f"`{slot.label}`" for slot in slots)
        raise PriorError(f"{argument} has {len(given)} priors for {len(slots)} parameters: {listed}")
    return {slot: _one(prior, f"{argument} of `{slot.label}`") for slot, prior in zip(slots, given, strict=True)}


def _one(prior: Prior | None, where: str) -> Prior:
    if prior is not None and not isinstance(prior, Prior):
        raise PriorError(f"{where} must be {A_PRIOR}, {not_such('', prior)}")
    return flat() if prior is None else _elementwise(prior, 1, where)[0]


def _elementwise(prior: Prior, count: int, where: str) -> list[Prior]:
    """`count` priors with one number an argument."""
    names = DISTRIBUTIONS[prior.distribution].arguments
    for name, numbers in zip(names, prior.arguments, strict=True):
        if len(numbers) > 1 and len(numbers) != count:
            raise PriorError(
                f"{where}: {prior.distribution} has {len(numbers)} values of {name} for {count} parameters"
            )
    taken = [tuple(n[i : i + 1] if len(n) > 1 else n for n in prior.arguments) for i in range(count)]
    return [replace(prior, arguments=arguments) for arguments in taken]


def assign(
    priors: Sequence[SetPrior], slots: Sequence[Slot], spellings: Spellings, locations: Sequence[str] = (MU,)
) -> dict[Slot, Prior]:
    """The `set_prior` row that wins at each slot: the narrowest, and the last of equally narrow ones.

    A row without a parameter is of all locations, as the right side of the response's formula is.
    """
    found: dict[Slot, Prior] = {}
    for row in sorted(priors, key=_narrowness):
        matched = _matched(row, slots, locations) or _by_spelling(row, slots, spellings)
        if not matched:
            raise PriorError(_explain(row, slots, locations))
        found |= dict.fromkeys(matched, _one(row.prior, f'set_prior(class_="{row.class_}")'))
    return found


def _narrowness(row: SetPrior) -> int:
    return bool(row.coef) + bool(row.group) + bool(row.dpar)


def _matched(row: SetPrior, slots: Sequence[Slot], locations: Sequence[str]) -> list[Slot]:
    """The slots that a row names, with a word where R would call others alike."""
    block = [s for s in slots if class_of(s.address) == row.class_ and row.group in ("", s.address.group)]
    block = [slot for slot in block if _is_of(slot, row.dpar, locations)]
    if not row.coef:
        return block
    named = [slot for slot in block if row.coef in slot.names]
    if len({slot.address.coef for slot in named}) < 2:
        return named
    own = [slot for slot in named if slot.address.coef == row.coef]
    if own:
        others = _listed([slot for slot in named if slot not in own])
        warn_user(f'set_prior(coef="{row.coef}") is the prior of {_listed(own)}, not of {others}, which R calls alike')
        return own
    both = " and ".join(f"`{slot.label}`" for slot in named)
    warn_user(f'set_prior(coef="{row.coef}") is the prior of {both}, which R calls alike; name one for one alone')
    return named


def _is_of(slot: Slot, dpar: str, locations: Sequence[str]) -> bool:
    """Whether a row with this `dpar` speaks of it; without one of locations, numbers, correlations and shifts."""
    of = slot.address
    return of.dpar == dpar if dpar else of.dpar in (*locations, *SHIFTING) or of.kind in ("dpar", "cor")


def _by_spelling(row: SetPrior, slots: Sequence[Slot], spellings: Spellings) -> list[Slot]:
    """The slots that any package's spelling means, as the class or the coefficient: "sd_g__x", "b[x]", "x|g"."""
    known = row.class_ in {class_of(slot.address) for slot in slots}
    text, classes = (row.coef, {row.class_}) if known else (row.class_, {"b", "sd", "cor"})
    meant = {element.parameter.address for element in spellings.meant(text)} if text else set()
    found = [slot for slot in slots if slot.address in meant and class_of(slot.address) in classes]
    if len(found) > 1:
        raise PriorError(f"`{text}` in set_prior() could be {_listed(found)}; say which one")
    return [slot for slot in found if row.group in ("", slot.address.group) and row.dpar in ("", slot.address.dpar)]


def _explain(row: SetPrior, slots: Sequence[Slot], locations: Sequence[str]) -> str:
    """Why a `set_prior` row matches nothing: the first of class, group and coefficient that the model lacks."""
    alone = {slot.address.dpar for slot in slots if slot.address.kind == "dpar"}
    predicted = dict.fromkeys(slot.address.dpar for slot in slots if slot.address.kind != "dpar")
    if row.dpar and row.dpar not in predicted:
        number = f'; it is one number, whose prior is set_prior(..., class_="{row.dpar}")'
        return f"`{row.dpar}` has no predictor" + (number if row.dpar in alone else did_you_mean(row.dpar, predicted))
    if row.class_ in predicted and row.class_ != MU:
        return f'`{row.class_}` has a formula: the priors of its coefficients are set_prior(..., dpar="{row.class_}")'
    slots = [slot for slot in slots if _is_of(slot, row.dpar, locations)]
    classes = {class_of(slot.address) for slot in slots}
    if row.class_ not in classes:
        where = f" in the predictor of `{row.dpar}`" if row.dpar else ""
        return f"the model has no parameter of class `{row.class_}`{where}" + did_you_mean(row.class_, classes)
    own = [slot for slot in slots if class_of(slot.address) == row.class_]
    if row.group and not any(slot.address.group == row.group for slot in own):
        return _no_group(row.group, own)
    if row.class_ == "b" and row.coef in ("(Intercept)", "Intercept"):
        return 'the intercept is not of class `b`; use set_prior(..., class_="Intercept")'
    coefs = [slot.names[0] for slot in own if slot.names and row.group in ("", slot.address.group)]
    of = f" of `{row.group}`" if row.group else ""
    return f"class `{row.class_}`{of} has no coefficient `{row.coef}`" + did_you_mean(row.coef, coefs)


def _no_group(group: str, slots: Sequence[Slot]) -> str:
    groups = [slot.address.group for slot in slots if slot.address.group]
    return f"`{group}` is not a grouping factor with such a parameter" + did_you_mean(group, groups)
