"""A model with a predictor for each category, as models with one."""

from dataclasses import replace

from stanmlm.base.errors import OptionError
from stanmlm.data.design import dpars_of, predictors
from stanmlm.families.links import Link
from stanmlm.formula.formula import by_parameter
from stanmlm.model.model import Model

ANY = "c"  # the index of categories that share a formula


def by_category(model: Model) -> list[tuple[str, Model]]:
    """The locations of a model that equations are to write, each as a model of its own with the index of its category.

    One with the index c, where all categories have the same formula; with the index "", where there is one location.

    Raises
    ------
    OptionError
        For effects of several predictors that correlate.
    """
    locations, formulas = model.family.locations, by_parameter(model.formula)
    if linked := next((term.group for term in model.design.terms if len({*dpars_of(term)}) > 1), ""):
        raise OptionError(f"equation() writes one predictor at a time; effects of `{linked}` are of several, together")
    if not model.family.spread:
        return [("", _alone(model, locations[0]) if model.design.others else model)]
    if all(formulas[dpar] is model.formula for dpar in locations):
        return [(ANY, _alone(model, locations[0]))]
    return [(str(number), _alone(model, dpar)) for number, dpar in zip(category_numbers(model), locations, strict=True)]


def by_parameters(model: Model) -> list[tuple[str, Link, Model]]:
    """The predictors of other parameters: what each is called, its link, and it as a model of its own."""
    shifts = [one.name for one in model.family.shifts]
    beside = [one for one in model.family.parameters if one.name not in (*model.family.locations, *shifts)]
    there = {of.dpar for of in model.design.others}
    notation = model.family.notation
    return [(notation.symbol(one.name), one.link, _alone(model, one.name)) for one in beside if one.name in there]


def by_threshold(model: Model) -> Model | None:
    """What thresholds are moved by, category specific effects, as a model of its own; None without."""
    there = [of.dpar for of in model.design.others if of.dpar in [one.name for one in model.family.shifts]]
    return _alone(model, there[0]) if there else None


def category_numbers(model: Model) -> list[int]:
    """The places of categories that have a predictor, from 1."""
    return [k for k in range(1, len(model.family.categories) + 1) if k != reference_number(model)]


def reference_number(model: Model) -> int:
    """The place of the category that has none, from 1."""
    family = model.family
    return 1 + (family.categories.index(family.reference) if family.reference else 0)


def _alone(model: Model, dpar: str) -> Model:
    """One predictor with its group terms."""
    design, formulas = model.design, by_parameter(model.formula)
    assert design.spec is not None
    of = next(of for of in predictors(design) if of.dpar == dpar)
    own = [k for k, term in enumerate(design.terms) if dpars_of(term)[0] == dpar]
    before = sum(len(formulas[name].bars) for name in list(formulas)[: list(formulas).index(dpar)])
    formula = replace(formulas[dpar], response=model.formula.response)
    bars = tuple(tuple(bar - before for bar in design.spec.bars[k]) for k in own)
    columns = replace(
        design,
        X=of.X,
        names=of.names,
        assign=of.assign,
        intercept=of.intercept,
        dropped=of.dropped,
        offset=of.offset,
        called=of.called,
        terms=tuple(design.terms[k] for k in own),
        spec=replace(design.spec, formula=formula, bars=bars, keep=of.keep),
        others=(),
        dpar=dpar,
    )
    return replace(model, formula=formula, design=columns)
