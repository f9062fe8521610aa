"""Priors as one table: a row a parameter, scaled, with its source."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stanmlm.base.errors import PriorError, did_you_mean
from stanmlm.data.design import Design, predictors
from stanmlm.families import Family
from stanmlm.families.distributional import Default, Distributional
from stanmlm.families.responses import Response
from stanmlm.formula.bf import LOCATION
from stanmlm.priors.covariance_slots import spread_covariance
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.parameter_names import Spellings
from stanmlm.priors.parameters import Address, class_of, ledger
from stanmlm.priors.prior_presets import PRESETS, Preset, Scales, measure_scales
from stanmlm.priors.prior_records import Prior, SetPrior
from stanmlm.priors.prior_slots import (
    CovarianceInput,
    PriorInput,
    Slot,
    assign,
    model_slots,
    not_such,
    prior_label,
    spread,
)
from stanmlm.priors.prior_spec import flat, student_t


@dataclass(frozen=True)
class PriorRow:
    """One prior as the program will see it."""

    address: Address  # of kind "Intercept", "b", "sd", "cor" or "dpar"; no coefficient where the row covers a term
    # Intercept: place among the intercepts of all predictors; b: among all other columns of theirs; sd: place in the
    # concatenation of all terms' sds; cor: among the terms with several coefficients; 0 elsewhere
    position: int
    distribution: str  # "normal", "student_t", "cauchy", "exponential", "gamma", "lkj", "decov", "flat"
    arguments: tuple[float, ...]  # after scaling, in the order of the distribution's own names
    specified: tuple[float, ...]  # before scaling
    ratio: bool  # sd: the prior is on sd / auxiliary
    source: str  # "default", the argument ("prior=", ...), "set_prior", "split decov", or the preset's name

    bounds: tuple[float, float] = (-np.inf, np.inf)  # that the user sets

    @property
    def within(self) -> tuple[float, float]:
        """Where user and distribution let the parameter be."""
        low, high = DISTRIBUTIONS[self.distribution].within(self.arguments)
        return max(low, self.bounds[0]), min(high, self.bounds[1])

    @property
    def dpar(self) -> str:
        """The distributional parameter whose predictor it is in, or that it is."""
        return self.address.dpar

    @property
    def class_(self) -> str:
        """brms's class: "Intercept", "b", "sd", "cor", or a scalar such as "sigma"."""
        return class_of(self.address)

    @property
    def coef(self) -> str:
        """The coefficient, "income"; "" where the class has none or the row covers a term."""
        return str(self.address.coef)

    @property
    def group(self) -> str:
        """The grouping factor, "" where there is none."""
        return self.address.group

    @property
    def term(self) -> int:
        """The place of the group term in design.terms, -1 where there is none."""
        return self.address.term


@dataclass(frozen=True)
class Priors:
    """All priors of a model; a `decov` row stands at the first sd of its term and covers them all.

    The correlation of every term with several coefficients has a `cor` row of its own, under `decov` too.
    """

    rows: tuple[PriorRow, ...]
    preset: str


@dataclass(frozen=True)
class _Choice:
    """The prior of one parameter before scaling, every argument one number."""

    prior: Prior
    source: str
    ratio: bool = False
    unit: float = 1.0  # what its scale counts where it has no ratio to count in


def resolve_priors(
    design: Design,
    family: Family,
    response: Response,
    *,
    preset: str = "rstanarm",
    prior: PriorInput = "default",
    prior_intercept: PriorInput = "default",
    prior_aux: PriorInput = "default",
    prior_covariance: CovarianceInput = "default",
    priors: Sequence[SetPrior] = (),
) -> Priors:
    """The prior table of a model.

    Parameters
    ----------
    design, family, response
        The model, on the rows as the user gave them: they set the scales.
    preset
        `"rstanarm"` (weakly informative, autoscaled), `"brms"` (flat coefficients, Student t elsewhere) or `"flat"`.
    prior
        Of the coefficients: a prior (its arguments one number, or one a coefficient), a list of priors, or a
        dict by coefficient name, the others keeping their default. `None` is flat, as in rstanarm.
    prior_intercept
        Of the intercept at centred predictors.
    prior_aux
        Of the family's auxiliary parameters, a half distribution; a dict by name where there are several.
    prior_covariance
        `decov(...)` or `lkj(...)`, or a dict of them by grouping factor.
    priors
        Rows of `set_prior`; they win over all the rest, later ones over earlier ones, narrower ones over wider ones.

    Raises
    ------
    PriorError
        If a prior names nothing in the model, or cannot stand where it is put.
    """
    chosen = _preset(preset)
    scales = measure_scales(design, family, response)
    book = ledger(design, family)
    slots = model_slots(book, [of.dpar for of in predictors(design) if of.intercept], family)
    location = [slot for slot in slots if slot.address.dpar in family.locations or slot.address.kind == "dpar"]
    by_kind = {kind: [slot for slot in location if slot.address.kind == kind] for kind in ("Intercept", "b", "dpar")}
    choices = {
        **_sourced(_defaults(chosen, scales, slots, family), chosen.source),
        **_sourced(spread(prior_intercept, by_kind["Intercept"], "prior_intercept="), "prior_intercept="),
        **_sourced(spread(prior, by_kind["b"], "prior="), "prior="),
        **_sourced(spread(prior_aux, by_kind["dpar"], "prior_aux="), "prior_aux="),
        **_sourced(spread_covariance(prior_covariance, location), "prior_covariance="),
        **_sourced(assign(priors, slots, Spellings(book), family.locations), "set_prior"),
    }
    for slot, choice in choices.items():
        _check_class(slot, choice)
    alone = {slot.address.dpar for slot in by_kind["dpar"]}
    ratio = family.scale in alone
    unit = scales.y if family.autoscales and family.is_linear and not ratio else 1.0
    settled = _settle({slot: choices[slot] for slot in slots}, ratio, unit)
    return Priors(tuple(_row(slot, choice, scales) for slot, choice in settled), preset)


def scalar_bounds(priors: Priors, family: Family) -> dict[str, tuple[float, float]]:
    """Of the family's numbers that priors keep to less than their support, the ends.

    Raises
    ------
    PriorError
        Where nothing is left.
    """
    found = {}
    for one in family.parameters:
        row = next((row for row in priors.rows if row.class_ == one.name and row.address.kind == "dpar"), None)
        if row is None:
            continue
        support = (one.within.low, one.within.high)
        low, high = max(support[0], row.within[0]), min(support[1], row.within[1])
        if not low < high:
            raise PriorError(
                f"the prior of {one.name} leaves nothing of what it may be, {support[0]:g} to {support[1]:g}"
            )
        if (low, high) != support:
            found[one.name] = (low, high)
    return found


def is_proper(priors: Priors) -> bool:
    """Whether every prior integrates to one."""
    return not _flat_parameters(priors)


def check_proper(priors: Priors) -> None:
    """Nothing, for priors that can be sampled without data.

    Raises
    ------
    PriorError
        If one of them is flat; the message names the parameters.
    """
    if flat := _flat_parameters(priors):
        raise PriorError(
            f"prior_only=True needs proper priors, and the prior of {', '.join(flat)} is flat; give each a distribution"
        )


def split_preset(
    priors: str | SetPrior | Iterable[str | SetPrior], usual: str = "rstanarm"
) -> tuple[str, tuple[SetPrior, ...]]:
    """The preset and the `set_prior` rows in what a user passes as `priors=`: one of either, or a list of both.

    The preset is the `usual` one where none is named.

    Examples
    --------
    >>> split_preset("brms")
    ('brms', ())
    """
    if isinstance(priors, Mapping):
        raise PriorError("priors= takes no dict; a dict of priors by coefficient is prior={...}")
    listed: list[object]
    try:
        listed = [priors] if isinstance(priors, str | SetPrior) else list(priors)
    except TypeError:  # no list, NumPy's 0-d array among them
        listed = [priors]
    presets = [entry for entry in listed if isinstance(entry, str)]
    rows = tuple(entry for entry in listed if isinstance(entry, SetPrior))
    if len(presets) > 1:
        raise PriorError("priors= names several presets: " + ", ".join(f"`{name}`" for name in presets))
    if len(presets) + len(rows) < len(listed):
        takes = "a preset's name, set_prior(...), or a list of these"
        raise PriorError(f"priors= takes {takes}, {not_such('priors=', priors)}")
    return (presets[0] if presets else usual), rows


def _preset(name: str) -> Preset:
    if name not in PRESETS:
        near = f"; write priors=set_prior({name!r})" if "(" in name else did_you_mean(name, PRESETS)
        raise PriorError(f"`{name}` is not a preset of priors{near}")
    return PRESETS[name]


def _sourced(priors: Mapping[Slot, Prior], source: str) -> dict[Slot, _Choice]:
    return {slot: _Choice(prior, source) for slot, prior in priors.items()}


def _defaults(preset: Preset, scales: Scales, slots: Sequence[Slot], family: Family) -> dict[Slot, Prior]:
    own = {one.name: one for one in family.parameters}
    single: dict[str, Callable[[Slot], Prior]] = {
        "Intercept": lambda slot: _default_intercept(preset, scales, own[slot.address.dpar]),
        "b": lambda _: preset.coefficients(scales),
        "dpar": lambda slot: _declared(
            preset, scales, own[slot.address.dpar].defaults if slot.address.dpar in own else {}
        ),
    }
    chosen = {slot: single[slot.address.kind](slot) for slot in slots if slot.address.kind in single}
    return chosen | spread_covariance(preset.covariance(scales), slots)


def _default_intercept(preset: Preset, scales: Scales, of: Distributional) -> Prior:
    if of.name in scales.locations:
        return preset.intercept(scales)
    if of.support == "unit" and of.link.name == "identity":  # brms's beta(1, 1), of rows that lie inside anyway
        return flat()
    default = of.prior_link.get(preset.name)
    if default is None or not default.scaled:
        return _declared(preset, scales, of.prior_link)
    df, location, scale = default.arguments
    unit = scales.y if of.link.name == "identity" else 1.0
    return student_t(df, location + float(of.link.forward(np.asarray(scales.y))), unit * scale)


def _declared(preset: Preset, scales: Scales, defaults: Mapping[str, Default]) -> Prior:
    """What a parameter of a family declares under this preset; flat where it declares nothing."""
    default = defaults.get(preset.name)
    return preset.of_family(scales, default) if default else flat()


def _check_class(slot: Slot, choice: _Choice) -> None:
    name, kind = choice.prior.distribution, slot.address.kind
    threshold = kind == "Intercept" and bool(slot.address.coef)
    fitting = [row for row in DISTRIBUTIONS.values() if kind in row.classes and not (threshold and row.positive)]
    if name not in [row.name for row in fitting]:
        possible = ", ".join(row.name for row in fitting if not row.joint)
        raise PriorError(f"{name} cannot be the prior of {slot.label}; possible are {possible}")
    low, high = choice.prior.bounds
    if kind in ("sd", "cor") and (low not in (-np.inf, 0.0) or high < np.inf):
        raise PriorError(f"lb= and ub= cannot bound {slot.label}: an sd is above 0, a correlation between -1 and 1")
    if (low, high) != (-np.inf, np.inf) and threshold:
        raise PriorError(f"lb= and ub= cannot bound {slot.label}: thresholds lie among each other")


def _settle(choices: Mapping[Slot, _Choice], ratio: bool, unit: float) -> Iterator[tuple[Slot, _Choice]]:
    """One row for a term under a joint prior, unless a standard deviation has a prior, or a unit, of its own.

    A joint prior of the location's effects counts in the family's scale, or in units of the response where that differs
    from row to row.
    """
    joint = {slot for slot, choice in choices.items() if DISTRIBUTIONS[choice.prior.distribution].joint}
    sds = [slot for slot in choices if slot.address.kind == "sd"]
    enters = {(slot.address.term, slot.address.dpar) for slot in sds}
    broken = {slot.address.term for slot in sds if slot not in joint}
    broken |= {term for term, often in Counter(term for term, _ in enters).items() if often > 1}
    opened: set[int] = set()
    for slot, choice in choices.items():
        if slot not in joint:
            yield slot, choice
            continue
        in_scale = (ratio, unit) if slot.address.dpar == LOCATION else (False, 1.0)
        if slot.address.term in broken:
            yield slot, _Choice(_split(choice.prior), "split decov", *in_scale)
        elif slot.address.term not in opened:
            opened.add(slot.address.term)
            whole = replace(slot, address=slot.address._replace(coef=""))
            yield whole, replace(choice, ratio=in_scale[0], unit=in_scale[1])


def _split(decov: Prior) -> Prior:
    """What decov gives to a single standard deviation: gamma(shape, 1 / scale), an exponential by default."""
    _, _, (shape,), (scale,) = decov.arguments
    if shape == 1:
        return Prior("exponential", ((1 / scale,),))
    return Prior("gamma", ((shape,), (1 / scale,)))


def _row(slot: Slot, choice: _Choice, scales: Scales) -> PriorRow:
    specified = _filled(slot, choice.prior, scales)
    return PriorRow(
        address=slot.address,
        position=slot.position,
        distribution=choice.prior.distribution,
        arguments=_scaled(choice.prior, specified, _factor(slot, scales) if choice.prior.autoscale else choice.unit),
        specified=specified,
        ratio=choice.ratio,
        source=choice.source,
        bounds=choice.prior.bounds,
    )


def _filled(slot: Slot, prior: Prior, scales: Scales) -> tuple[float, ...]:
    """The arguments with the scale that the user left out: rstanarm's 2.5 under this link, or 1 elsewhere."""
    scale = scales.coefficient if slot.address.kind in ("Intercept", "b") else 1.0
    return tuple(numbers[0] if numbers else scale for numbers in prior.arguments)


def _scaled(prior: Prior, specified: tuple[float, ...], factor: float) -> tuple[float, ...]:
    row = DISTRIBUTIONS[prior.distribution]
    scaled: dict[str, Callable[[float], float]] = {
        "scale": lambda number: number * factor,
        "rate": lambda number: number / factor,
    }
    return tuple(
        scaled[name](number) if name == row.scale else number
        for name, number in zip(row.arguments, specified, strict=True)
    )


def _factor(slot: Slot, scales: Scales) -> float:
    columns = {"b": scales.x, "sd": scales.z}.get(slot.address.kind)
    y = scales.y if slot.address.kind == "dpar" else scales.predictor if slot.address.dpar in scales.locations else 1.0
    return y if columns is None else y / float(columns[slot.position])


def _flat_parameters(priors: Priors) -> list[str]:
    return [prior_label(row.address) for row in priors.rows if not DISTRIBUTIONS[row.distribution].proper]
