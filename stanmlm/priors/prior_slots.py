"""The parameters of a model that take a prior, and which prior a user meant for which of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from stanmlm.base.arguments import shown
from stanmlm.base.errors import PriorError, did_you_mean
from stanmlm.data.design import Design
from stanmlm.families.families import Family
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.prior_presets import PRESETS
from stanmlm.priors.prior_spec import CovariancePrior, Prior, SetPrior, flat

Default = Literal["default"]
PriorInput = Prior | Sequence[Prior | None] | Mapping[str, Prior | None] | None | Default
CovarianceInput = CovariancePrior | Mapping[str, CovariancePrior] | Default


@dataclass(frozen=True)
class Slot:
    """One parameter that takes a prior; the last four fields are those of its row in the prior table."""

    kind: str  # the class, or "aux" for every auxiliary
    class_: str
    coef: str
    group: str
    term: int
    position: int

    @property
    def label(self) -> str:
        """The parameter as messages name it."""
        name = f"{self.class_}_{self.group}" if self.group else self.class_
        return f"{name}[{self.coef}]" if self.coef else name


def model_slots(design: Design, family: Family) -> tuple[Slot, ...]:
    """Every parameter that takes a prior: the intercept, coefficients, group terms, then auxiliaries."""
    names = design.names[1:] if design.intercept else design.names
    return (
        *(Slot("Intercept", "Intercept", "", "", -1, 0) for _ in range(design.intercept)),
        *(Slot("b", "b", name, "", -1, position) for position, name in enumerate(names)),
        *_group_slots(design),
        *(Slot("aux", auxiliary.name, "", "", -1, 0) for auxiliary in family.auxiliary),
    )


def _group_slots(design: Design) -> tuple[Slot, ...]:
    sds = [(number, term.group, coef) for number, term in enumerate(design.terms) for coef in term.coefs]
    several = [(number, term.group) for number, term in enumerate(design.terms) if len(term.coefs) > 1]
    return (
        *(Slot("sd", "sd", coef, group, number, place) for place, (number, group, coef) in enumerate(sds)),
        *(Slot("cor", "cor", "", group, number, place) for place, (number, group) in enumerate(several)),
    )


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
    named = {slot.coef or slot.class_: slot for slot in slots}
    for name in given:
        if name not in named:
            if not isinstance(name, str):
                raise PriorError(f"{argument} names {shown(name)}; priors by name have the names of coefficients")
            intercept = name in ("(Intercept)", "Intercept") and argument == "prior="
            hint = "; the intercept's prior is prior_intercept=" if intercept else did_you_mean(name, named)
            raise PriorError(f"{argument} names `{name}`, which is no coefficient of the model" + hint)
    return {named[name]: _one(prior, f"{argument} of `{name}`") for name, prior in given.items()}


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


def spread_covariance(given: CovarianceInput, slots: Sequence[Slot]) -> dict[Slot, Prior]:
    """The prior of each standard deviation and correlation that `given` speaks of.

    A joint prior stands at every standard deviation of its term.
    """
    if isinstance(given, str) and given == "default":
        return {}
    own = [slot for slot in slots if slot.group]
    if isinstance(given, CovariancePrior):
        return _covariance(given, own)
    if not isinstance(given, Mapping):
        raise PriorError(
            f"prior_covariance= takes decov() or lkj(), {not_such('prior_covariance=', given)};"
            ' for one standard deviation use set_prior(..., class_="sd")'
        )
    found: dict[Slot, Prior] = {}
    for group, covariance in given.items():
        mine = [slot for slot in own if slot.group == group]
        if not mine:
            raise PriorError(_no_group(group, own))
        found |= spread_covariance(covariance, mine)
    return found


def _covariance(covariance: CovariancePrior, slots: Sequence[Slot]) -> dict[Slot, Prior]:
    where = "prior_covariance="
    sds = [slot for slot in slots if slot.kind == "sd"]
    cors = [slot for slot in slots if slot.kind == "cor"]
    terms = list(dict.fromkeys(slot.term for slot in sds))
    several = [slot.term for slot in cors]
    cor = dict(zip(terms, _elementwise(_widen(covariance.cor, terms, several), len(terms), where), strict=True))
    if not DISTRIBUTIONS[covariance.sd.distribution].joint:
        single = dict(zip(sds, _elementwise(covariance.sd, len(sds), where), strict=True))
        return {**single, **{slot: cor[slot.term] for slot in cors}}
    joint = dict(zip(terms, _elementwise(_widen(covariance.sd, terms, several), len(terms), where), strict=True))
    return {**{slot: joint[slot.term] for slot in sds}, **{slot: cor[slot.term] for slot in cors}}


def _widen(prior: Prior, terms: Sequence[int], several: Sequence[int]) -> Prior:
    """rstanarm gives one regularization a term with a correlation: here it becomes one a term."""
    regularization, *rest = prior.arguments
    if len(regularization) < 2 or len(regularization) != len(several):
        return prior
    by_term = dict(zip(several, regularization, strict=True))
    return replace(prior, arguments=(tuple(by_term.get(term, 1.0) for term in terms), *rest))


def assign(priors: Sequence[SetPrior], slots: Sequence[Slot]) -> dict[Slot, Prior]:
    """The `set_prior` row that wins at each slot: the narrowest, and the last of equally narrow ones."""
    found: dict[Slot, Prior] = {}
    for row in sorted(priors, key=_narrowness):
        matched = [slot for slot in slots if _matches(row, slot)]
        if not matched:
            raise PriorError(_explain(row, slots))
        found |= dict.fromkeys(matched, _one(row.prior, f'set_prior(class_="{row.class_}")'))
    return found


def _narrowness(row: SetPrior) -> int:
    return bool(row.coef) + bool(row.group)


def _matches(row: SetPrior, slot: Slot) -> bool:
    coefs = ("", slot.coef, "Intercept") if slot.coef == "(Intercept)" else ("", slot.coef)
    return row.class_ == slot.class_ and row.group in ("", slot.group) and row.coef in coefs


def _explain(row: SetPrior, slots: Sequence[Slot]) -> str:
    """Why a `set_prior` row matches nothing: the first of class, group and coefficient that the model lacks."""
    classes = {slot.class_ for slot in slots}
    if row.class_ not in classes:
        return f"the model has no parameter of class `{row.class_}`" + did_you_mean(row.class_, classes)
    own = [slot for slot in slots if slot.class_ == row.class_]
    if row.group and not any(slot.group == row.group for slot in own):
        return _no_group(row.group, own)
    if row.class_ == "b" and row.coef in ("(Intercept)", "Intercept"):
        return 'the intercept is not of class `b`; use set_prior(..., class_="Intercept")'
    coefs = [slot.coef for slot in own if slot.coef and row.group in ("", slot.group)]
    of = f" of `{row.group}`" if row.group else ""
    return f"class `{row.class_}`{of} has no coefficient `{row.coef}`" + did_you_mean(row.coef, coefs)


def _no_group(group: str, slots: Sequence[Slot]) -> str:
    groups = [slot.group for slot in slots if slot.group]
    return f"`{group}` is not a grouping factor with such a parameter" + did_you_mean(group, groups)
