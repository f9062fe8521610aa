"""The records that a fit is made of, as JSON and arrays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np

from stanmlm.base.arguments import shown
from stanmlm.base.arviz_compat import tree_of_parts, tree_parts
from stanmlm.base.files.annotations import kinds_of
from stanmlm.base.files.codec import PLAIN, Codec, Coder, DamageError, Json
from stanmlm.base.files.codec_pandas import PANDAS
from stanmlm.data.design import Design, GroupTerm, Predictor, Spec
from stanmlm.data.frame import ModelFrame
from stanmlm.data.raw_response import RawResponse
from stanmlm.data.rvalues import Contrast, Value
from stanmlm.families import FAMILIES, Family
from stanmlm.families.altered import holding, with_links
from stanmlm.families.custom import custom_family
from stanmlm.families.ordinal import SHARED, with_disc
from stanmlm.families.reductions import Extra, Observed
from stanmlm.families.responses import Response
from stanmlm.families.thresholds import Items
from stanmlm.families.written import Written
from stanmlm.fit.fit import Call, Fit
from stanmlm.formula.additions import Addition
from stanmlm.formula.bars import Bar
from stanmlm.formula.formula import Formula
from stanmlm.formula.rcode import Node, Part, from_postfix, postfix
from stanmlm.formula.terms import Expression, Terms
from stanmlm.model.approximations import Working
from stanmlm.model.centering import Centering
from stanmlm.model.compress import Cells
from stanmlm.model.coordinates import Coordinates
from stanmlm.model.marginal import Groups, Marginal
from stanmlm.model.model import Model
from stanmlm.model.nesting import Nesting
from stanmlm.model.pilot import Pilot
from stanmlm.model.stan_rows import Joint, Rows
from stanmlm.model.sweeping import Sweep
from stanmlm.priors.parameters import Address, address_of
from stanmlm.priors.prior_records import CovariancePrior, Prior, SetPrior
from stanmlm.priors.priors import PriorRow, Priors
from stanmlm.sampling.engines.choose import ENGINES
from stanmlm.sampling.engines.protocol import Sampling
from stanmlm.sampling.entries import Entry
from stanmlm.sampling.program import Program, Structure, Vector

RECORDS: Mapping[str, type] = {
    record.__name__: record
    for record in (
        *(
            Fit,
            Call,
            Model,
            ModelFrame,
            RawResponse,
            Response,
            Design,
            Predictor,
            GroupTerm,
            Items,
            Spec,
            Cells,
            Observed,
            Extra,
            Rows,
            Joint,
            Centering,
            Sweep,
            Coordinates,
            Groups,
            Marginal,
            Nesting,
            Pilot,
            Working,
        ),
        *(
            Formula,
            Addition,
            Terms,
            Expression,
            Bar,
            Value,
            Contrast,
            Program,
            Structure,
            Entry,
            Written,
            Vector,
            Sampling,
        ),
        *(Priors, PriorRow, Prior, CovariancePrior, SetPrior),
    )
}


def _with_address(fields_: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a PriorRow of an earlier version, which had a class, a group, a term and a coefficient."""
    names = ("class_", "group", "term", "coef")
    rest = {name: value for name, value in fields_.items() if name not in names}
    return rest | {"address": address_of(*(fields_[name] for name in names))}


def _with_bars(fields_: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a Spec of an earlier version, whose group terms had a bar each."""
    return {**fields_, "bars": tuple((bar,) if isinstance(bar, int) else bar for bar in fields_["bars"])}


@cache
def codec() -> Codec:
    """All that a fit is made of, as JSON and arrays."""
    from xarray import DataTree  # here, for it is slow to import

    own = (
        Coder(
            "family",
            Family,
            _family_written,
            _family_read,
        ),
        Coder("address", Address, lambda address, inner, _: inner(list(address)), _read_address),
        Coder("code", Node, lambda node, *_: postfix(node), _read_code),
        Coder(
            "tree",
            DataTree,
            lambda tree, inner, put: inner(tree_parts(tree)),
            lambda written, inner, get: tree_of_parts(inner(written)),
        ),
        *(_engine_coder(name) for name in ENGINES),
    )
    renewed = {"PriorRow": _with_address, "Spec": _with_bars}
    return Codec((*own, *PANDAS, *PLAIN), RECORDS, {"DataTree": DataTree}, renewed)


def _family_written(family: Family, *_: object) -> Json:
    """Its name, the links of all parameters, bounds that data or users set, and the numbers that some are held at.

    Of a family that has found its categories these, its thresholds and the parameters that a formula adds.
    """
    if family.written is not None:
        return _custom_written(family)
    links = {one.name: one.link.name for one in FAMILIES[family.name].parameters} | {
        name: link.name for name, link in family.links.items()
    }
    ends = {one.name: [_end(end) for end in one.ends] for one in family.parameters if one.ends is not None}
    if family.categories:
        thresholds = family.shared.name if family.shared else ""
        names = {"name": family.name, "thresholds": thresholds, "reference": family.reference}
        of = family.items
        items = {"items": [list(of.levels), list(of.sizes)]} if of else {}
        about_it = {"ends": ends, "constants": dict(family.constants)} if ends or family.constants else {}
        return {**names, **items, "links": links, "categories": list(family.categories), **about_it}
    about = ([ends, dict(family.constants)] if family.constants else [ends]) if ends or family.constants else []
    return [family.name, *links.values(), *about]


def _custom_written(family: Family) -> Json:
    """A user's own: all but its functions, which files do not keep."""
    text, whole = family.written, family.whole or family
    assert text is not None
    ends = {one.name: [_end(end) for end in one.ends] for one in family.parameters if one.ends is not None}
    own = {one.name: one for one in whole.parameters}
    ordered = [own[name] for name, *_ in text.parameters]
    return {
        "custom": family.name,
        "parameters": [[one.name, one.link.name, *map(_end, (one.within.low, one.within.high))] for one in ordered],
        "stan": text.text,
        "type": "int" if text.whole else "real",
        "vars": list(text.reads),
        "loop": text.loop,
        "ends": ends,
        "constants": dict(family.constants),
    }


def _custom_read(written: Any) -> Family:
    names, links, low, high = zip(*written["parameters"], strict=True)
    text, type_, reads = written["stan"], written["type"], tuple(written["vars"])
    loop = written.get("loop", True)  # files of 0.1 and 0.2 have none
    family = custom_family(
        written["custom"], names, links, stan=text, type=type_, lb=low, ub=high, vars=reads, loop=loop
    )
    return holding(family, written["constants"]).narrowed(_bounds(written["ends"]))


def _bounds(ends: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    return {
        name: (-np.inf if low is None else low, np.inf if high is None else high) for name, (low, high) in ends.items()
    }


def _end(end: float) -> float | None:
    """A bound; None where there is none, for JSON has no infinity."""
    return end if np.isfinite(end) else None


def _family_read(written: Any, *_: object) -> Family:
    if isinstance(written, dict) and "custom" in written:
        return _custom_read(written)
    if isinstance(written, dict):
        plain, links = FAMILIES[written["name"]], written["links"]
        shared = SHARED[written["thresholds"]] if written["thresholds"] else None
        unbound = replace(plain, shared=shared, reference=written.get("reference", ""))
        unbound = with_disc(unbound, links["disc"]) if "disc" in links else unbound
        given = with_links(unbound, [links[name] for name in unbound.links])
        items = Items(*map(tuple, written["items"])) if "items" in written else None
        bound = given.bound(tuple(written["categories"]), list(links), items)
        bound = with_links(bound, [links[name] for name in bound.links])
        return holding(bound, written.get("constants", {})).narrowed(_bounds(written.get("ends", {})))
    name, *rest = written
    links, about = ([one for one in rest if isinstance(one, dict) == known] for known in (False, True))
    ends, constants = [*about, {}, {}][:2]
    unbound = with_links(FAMILIES[name], links)
    return holding(replace(unbound, unbound=unbound), constants).narrowed(_bounds(ends))


def _read_address(written: Json, inner: Callable[[Json], Any], _: object) -> Address:
    address = Address(*inner(written))
    _check_fields(Address, address)
    return address


def _read_code(written: Json, *_: object) -> Node:
    for part in written:
        _check_fields(Part, part)
        if part[0] == "number":
            float(part[1].removesuffix("L"))
    return from_postfix(written)


def _check_fields(kind: type, values: Sequence[object]) -> None:
    """Refuse what annotations of a named tuple do not allow, or more or fewer values than it has."""
    for (name, holds), value in zip(kinds_of(kind, {}).items(), values, strict=True):
        if not holds(value):
            raise DamageError(f"`{name}` of its {kind.__name__} is {shown(value)}, which that cannot be")


def _engine_coder(name: str) -> Coder:
    """Engines and what they were given; a function, such as a way to compile, is nothing that a file can hold."""
    kind = type(ENGINES[name]())

    def written(engine: object, inner: Callable[[object], Json], put: object) -> Json:
        given = {field.name: getattr(engine, field.name) for field in fields(kind)}  # type: ignore[arg-type]
        usual = {field.name: field.default for field in fields(kind)}  # type: ignore[arg-type]
        return inner({name: value for name, value in given.items() if value != usual[name]})

    return Coder(f"engine {name}", kind, written, lambda given, inner, get: kind(**(inner(given) if given else {})))
