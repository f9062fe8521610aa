"""Priors as one table: a row a parameter, scaled, with its source."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stanmlm.base.errors import PriorError, did_you_mean
from stanmlm.data.design import Design
from stanmlm.families.families import Family
from stanmlm.families.responses import Response
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.prior_presets import PRESETS, Preset, Scales, measure_scales
from stanmlm.priors.prior_slots import (
    CovarianceInput,
    PriorInput,
    Slot,
    assign,
    model_slots,
    not_such,
    spread,
    spread_covariance,
)
from stanmlm.priors.prior_spec import Prior, SetPrior


@dataclass(frozen=True)
class PriorRow:
    """One prior as the program will see it."""

    class_: str  # "Intercept", "b", "sd", "cor", or an auxiliary such as "sigma"
    coef: str  # "income"; "" where the class has none or the row covers a term
    group: str  # the label of the group term, "" elsewhere
    term: int  # position of the group term in design.terms, -1 elsewhere
    position: int  # b: column among the non-intercept columns; sd: place in the concatenation of all terms' sds;
    #                cor: place among the terms with several coefficients; 0 elsewhere
    distribution: str  # "normal", "student_t", "cauchy", "exponential", "gamma", "lkj", "decov", "flat"
    arguments: tuple[float, ...]  # after scaling, in the order of the distribution's own names
    specified: tuple[float, ...]  # before scaling
    ratio: bool  # sd: the prior is on sd / auxiliary
    source: str  # "default", the argument ("prior=", ...), "set_prior", "split decov", or the preset's name


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
    slots = model_slots(design, family)
    by_kind = {kind: [slot for slot in slots if slot.kind == kind] for kind in ("Intercept", "b", "aux")}
    choices = {
        **_sourced(_defaults(chosen, scales, slots), chosen.source),
        **_sourced(spread(prior_intercept, by_kind["Intercept"], "prior_intercept="), "prior_intercept="),
        **_sourced(spread(prior, by_kind["b"], "prior="), "prior="),
        **_sourced(spread(prior_aux, by_kind["aux"], "prior_aux="), "prior_aux="),
        **_sourced(spread_covariance(prior_covariance, slots), "prior_covariance="),
        **_sourced(assign(priors, slots), "set_prior"),
    }
    for slot, choice in choices.items():
        _check_class(slot, choice)
    ratio = any(auxiliary.scales_groups for auxiliary in family.auxiliary)
    settled = _settle({slot: choices[slot] for slot in slots}, ratio)
    return Priors(tuple(_row(slot, choice, scales) for slot, choice in settled), preset)


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


def split_preset(priors: str | SetPrior | Iterable[str | SetPrior]) -> tuple[str, tuple[SetPrior, ...]]:
    """The preset and the `set_prior` rows in what a user passes as `priors=`: one of either, or a list of both.

    Examples
    --------
    >>> split_preset("brms")
    ('brms', ())
    """
    if isinstance(priors, Mapping):
        raise PriorError("priors= takes no dict; a dict of priors by coefficient is prior={...}")
    listed = list(priors) if isinstance(priors, Iterable) and not isinstance(priors, str) else [priors]
    presets = [entry for entry in listed if isinstance(entry, str)]
    rows = tuple(entry for entry in listed if isinstance(entry, SetPrior))
    if len(presets) > 1:
        raise PriorError("priors= names several presets: " + ", ".join(f"`{name}`" for name in presets))
    if len(presets) + len(rows) < len(listed):
        takes = "a preset's name, set_prior(...), or a list of these"
        raise PriorError(f"priors= takes {takes}, {not_such('priors=', priors)}")
    return (presets[0] if presets else "rstanarm"), rows


def _preset(name: str) -> Preset:
    if name not in PRESETS:
        near = f"; write priors=set_prior({name!r})" if "(" in name else did_you_mean(name, PRESETS)
        raise PriorError(f"`{name}` is not a preset of priors{near}")
    return PRESETS[name]


def _sourced(priors: Mapping[Slot, Prior], source: str) -> dict[Slot, _Choice]:
    return {slot: _Choice(prior, source) for slot, prior in priors.items()}


def _defaults(preset: Preset, scales: Scales, slots: Sequence[Slot]) -> dict[Slot, Prior]:
    single: dict[str, Callable[[Slot], Prior]] = {
        "Intercept": lambda _: preset.intercept(scales),
        "b": lambda _: preset.coefficients(scales),
        "aux": lambda slot: preset.auxiliary(scales, slot.class_),
    }
    chosen = {slot: single[slot.kind](slot) for slot in slots if slot.kind in single}
    return chosen | spread_covariance(preset.covariance(scales), slots)


def _check_class(slot: Slot, choice: _Choice) -> None:
    name = choice.prior.distribution
    if slot.kind not in DISTRIBUTIONS[name].classes:
        possible = ", ".join(row.name for row in DISTRIBUTIONS.values() if slot.kind in row.classes and not row.joint)
        raise PriorError(f"{name} cannot be the prior of {slot.label}; possible are {possible}")


def _settle(choices: Mapping[Slot, _Choice], ratio: bool) -> Iterator[tuple[Slot, _Choice]]:
    """One row for a term under a joint prior, unless one of its standard deviations has a prior of its own."""
    joint = {slot for slot, choice in choices.items() if DISTRIBUTIONS[choice.prior.distribution].joint}
    broken = {slot.term for slot in choices if slot.kind == "sd" and slot not in joint}
    opened: set[int] = set()
    for slot, choice in choices.items():
        if slot not in joint:
            yield slot, choice
        elif slot.term in broken:
            yield slot, _Choice(_split(choice.prior), "split decov", ratio)
        elif slot.term not in opened:
            opened.add(slot.term)
            yield replace(slot, coef=""), replace(choice, ratio=ratio)


def _split(decov: Prior) -> Prior:
    """What decov gives to a single standard deviation: gamma(shape, 1 / scale), an exponential by default."""
    _, _, (shape,), (scale,) = decov.arguments
    if shape == 1:
        return Prior("exponential", ((1 / scale,),))
    return Prior("gamma", ((shape,), (1 / scale,)))


def _row(slot: Slot, choice: _Choice, scales: Scales) -> PriorRow:
    specified = _filled(slot, choice.prior, scales)
    return PriorRow(
        class_=slot.class_,
        coef=slot.coef,
        group=slot.group,
        term=slot.term,
        position=slot.position,
        distribution=choice.prior.distribution,
        arguments=_autoscaled(slot, choice.prior, specified, scales),
        specified=specified,
        ratio=choice.ratio,
        source=choice.source,
    )


def _filled(slot: Slot, prior: Prior, scales: Scales) -> tuple[float, ...]:
    """The arguments with the scale that the user left out: rstanarm's 2.5 under this link, or 1 elsewhere."""
    scale = scales.coefficient if slot.kind in ("Intercept", "b") else 1.0
    return tuple(numbers[0] if numbers else scale for numbers in prior.arguments)


def _autoscaled(slot: Slot, prior: Prior, specified: tuple[float, ...], scales: Scales) -> tuple[float, ...]:
    if not prior.autoscale:
        return specified
    row, factor = DISTRIBUTIONS[prior.distribution], _factor(slot, scales)
    scaled: dict[str, Callable[[float], float]] = {
        "scale": lambda number: number * factor,
        "rate": lambda number: number / factor,
    }
    return tuple(
        scaled[name](number) if name == row.scale else number
        for name, number in zip(row.arguments, specified, strict=True)
    )


def _factor(slot: Slot, scales: Scales) -> float:
    columns = {"b": scales.x, "sd": scales.z}.get(slot.kind)
    return scales.y if columns is None else scales.y / float(columns[slot.position])


def _flat_parameters(priors: Priors) -> list[str]:
    return [
        Slot("", row.class_, row.coef, row.group, row.term, row.position).label
        for row in priors.rows
        if not DISTRIBUTIONS[row.distribution].proper
    ]
