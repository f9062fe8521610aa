"""The records that a fit is made of, as JSON and arrays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from typing import Any

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
from stanmlm.families.family import with_links
from stanmlm.families.ordinal import SHARED
from stanmlm.families.reductions import Extra, Observed
from stanmlm.families.responses import Response
from stanmlm.fit.fit import Call, Fit
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
from stanmlm.priors.prior_spec import CovariancePrior, Prior, SetPrior
from stanmlm.priors.priors import PriorRow, Priors
from stanmlm.sampling.engines.choose import ENGINES
from stanmlm.sampling.engines.protocol import Sampling
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
        *(Formula, Terms, Expression, Bar, Value, Contrast, Program, Structure, Vector, Sampling),
        *(Priors, PriorRow, Prior, CovariancePrior, SetPrior),
    )
}


def _with_address(fields_: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a PriorRow of an earlier version, which had a class, a group, a term and a coefficient."""
    names = ("class_", "group", "term", "coef")
    rest = {name: value for name, value in fields_.items() if name not in names}
    return rest | {"address": address_of(*(fields_[name] for name in names))}


@cache
def codec() -> Codec:
    """All that a fit is made of, as JSON and arrays."""
    from xarray import DataTree  # here, for it is slow to import

    own = (
        Coder(
            "family",
            Family,
            _written_family,
            _read_family,
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
    return Codec((*own, *PANDAS, *PLAIN), RECORDS, {"DataTree": DataTree}, {"PriorRow": _with_address})


def _written_family(family: Family, *_: object) -> Json:
    """A list of name and links; of a family that has found its categories what tells it apart from the others."""
    if not family.categories:
        return [family.name, *(link.name for link in family.links.values())]
    return {
        "name": family.name,
        "links": {name: link.name for name, link in family.links.items()},
        "thresholds": family.shared.name if family.shared else "",
        "categories": list(family.categories),
    }


def _read_family(written: Any, *_: object) -> Family:
    if isinstance(written, list):
        return with_links(FAMILIES[written[0]], written[1:])
    plain, links = FAMILIES[written["name"]], written["links"]
    shared = SHARED[written["thresholds"]] if written["thresholds"] else None
    bound = replace(plain, shared=shared).bound(tuple(written["categories"]), list(links))
    return with_links(bound, [links[name] for name in bound.links])


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
