"""The Stan program of a model: text that depends on structure only, put together from the templates in stan/."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stanmlm.data.coefficients import places_of
from stanmlm.data.design import Predictor, dpars_of, predictors
from stanmlm.families import FAMILIES
from stanmlm.families.custom_parameters import declared
from stanmlm.families.distributional import Distributional
from stanmlm.families.links import LINKS
from stanmlm.families.ordinal import SHARED, SHIFTS
from stanmlm.families.written import Written
from stanmlm.formula.bf import LOCATION
from stanmlm.model.centering import sampled_in
from stanmlm.model.joining import Blocks, block_name
from stanmlm.model.model import Model
from stanmlm.model.stan_rows import intercept_rows, many
from stanmlm.priors.priors import PriorRow
from stanmlm.sampling.entries import Entry, across, alone_in_program, in_program

if TYPE_CHECKING:
    import jinja2


@dataclass(frozen=True)
class Vector:
    """A parameter of the family beside the location that has a predictor."""

    dpar: str
    link: str
    intercept: bool
    offset: bool
    fixed: bool = True  # fixed columns that no group term absorbs


@dataclass(frozen=True)
class Structure:
    """All that the text depends on; two models that share it share the program."""

    family: str
    link: str
    intercept: bool
    offset: bool  # an offset in the linear predictor
    several: tuple[bool, ...]  # a group term each: more than one coefficient
    priors: tuple[tuple[str, str], ...]  # (class, distribution) pairs in use, sorted
    likelihood: bool  # False under prior_only
    within: tuple[int, ...] = ()  # a group term each: the coarser term whose effects its own lie around, or -1
    fixed: bool = True  # fixed columns that no group term absorbs
    ones: tuple[int, ...] = ()  # positions of group terms with Z = 1
    joint: tuple[int, ...] = ()  # of those, the ones whose effects are added up by combinations of levels
    marginal: bool = False  # group effects are integrated out
    others: tuple[Vector, ...] = ()
    # a group term each: the parameter whose predictor it is in, the first of several; () all in the location's
    dpars: tuple[str, ...] = ()
    across: tuple[tuple[Entry, ...], ...] = ()  # a group term each: what it adds to several predictors; () for one
    rotated: tuple[int, ...] = ()  # positions of group terms that are rotated
    full: bool = False  # a matrix of counts has what responses of cells are next to
    shared: str = ""  # the kind of thresholds; "" without
    items: bool = False  # thresholds of their own for items
    bounded: tuple[tuple[str, bool, bool], ...] = ()  # scalars whose lower, or upper, bound is data
    fenced: bool = False  # coefficients have bounds
    constants: tuple[str, ...] = ()  # parameters of the family that are held at a number, which is data
    extras: tuple[str, ...] = ()  # what the density reads of responses beside its usual data
    masses: tuple[str, ...] = ()  # kinds of chances that the likelihood has beside densities
    written: Written | None = None  # a user's own density
    blocks: Blocks = ()  # terms that are sampled as one, each then a group term but for `several`; () all apart
    locations: int = 1  # how many predictors, of the first ones, are locations

    @property
    def shifts(self) -> tuple[str, ...]:
        """What thresholds are moved down by."""
        return tuple(one.name for one in SHIFTS if one.name in self.vectors)

    @property
    def vectors(self) -> tuple[str, ...]:
        """The parameters of the family that have a predictor."""
        return (LOCATION, *(one.dpar for one in self.others))


@dataclass(frozen=True)
class Program:
    """Stan text and its key."""

    text: str
    sha256: str
    structure: Structure


# The files in stan/fragments of a term with one and with several coefficients, by whether effects are integrated out,
# and that of a rotated one.
TERMS = {False: ("one", "several"), True: ("scale", "covariance")}
ROTATED = "rotated"

# Where the prior of a class stands: its file in stan/fragments and the parameter. A class that is not here is a
# parameter of the family, a scalar of its own name.
PLACES = {
    "Intercept": ("scalar", "alpha_c"),
    "b": ("vector", "b"),
    "sd": ("vector", "sd"),
    "cor": ("correlations", "L"),
}


def structure(model: Model) -> Structure:
    """Give the structure of a model.

    Parameters
    ----------
    model : Model
        A model with its priors resolved and its rows compressed.

    Returns
    -------
    Structure
        Equal for two models whose programs are the same text.

    Examples
    --------
    >>> Structure("poisson", "log", True, False, (), (("Intercept", "normal"),), True).several
    ()
    """
    rows, terms, names = model.joined.cells.rows, model.joined.design.terms, predictor_names(model)
    plain = Structure(
        family=model.family.name,
        link=model.family.link.name,
        intercept=model.design.intercept,
        offset=bool(np.any(rows.offset)) and not model.prior_only,
        several=tuple(len(term.coefs) > 1 for term in model.design.terms),
        priors=tuple(sorted({pair(row) for row in model.priors.rows if pair(row)[1] != "flat"})),
        likelihood=not model.prior_only,
        within=tuple(nesting.coarser if nesting else -1 for nesting in model.centering.nested),
        others=tuple(_vector(model, of, names[of.dpar]) for of in model.design.others),
        dpars=tuple(names[dpars_of(term)[0]] for term in terms) if model.design.others else (),
        across=across(terms, rows.Z, names) if model.design.others else (),
        shared=model.family.shared.name if model.family.shared else "",
        items=model.family.items is not None,
        blocks=model.centering.blocks,
        fenced=sampled_in(model.centering, model.design).bounds is not None,
        bounded=tuple((one.in_stan, *_has_ends(one)) for one in model.scalars if one.ends is not None),
        constants=tuple(model.family.constants),
        locations=len(model.family.locations),
        written=model.family.written,
    )
    if model.prior_only:
        return plain
    if model.centering.marginal:
        return replace(plain, offset=False, marginal=True)
    return replace(
        plain,
        fixed=_has_fixed(model, model.design.dpar),
        ones=tuple(intercept_rows(rows.Z)),
        full="beside" in rows.stats,
        joint=rows.joint.terms if all(k not in plain.within for k in rows.joint.terms) else (),
        rotated=tuple(sweep.term for sweep in model.centering.sweeps),
        extras=model.cells.extras,
        masses=model.cells.masses,
    )


def _has_ends(one: Distributional) -> tuple[bool, bool]:
    """Whether a parameter has a lower bound, and an upper one."""
    low, high = np.isfinite((one.within.low, one.within.high))
    return bool(low), bool(high)


def predictor_names(model: Model) -> dict[str, str]:
    """What programs call each predictor: those of categories, whose names are data, by their place."""
    numbered = {dpar: f"{LOCATION}{k}" if k > 1 else LOCATION for k, dpar in enumerate(model.family.locations, 1)}
    return {of.dpar: numbered.get(of.dpar, of.dpar) for of in predictors(model.design)}


def _vector(model: Model, of: Predictor, name: str) -> Vector:
    link = next(one.link.name for one in model.family.parameters if one.name == of.dpar)
    offset = bool(np.any(of.offset)) and not model.prior_only
    return Vector(name, link, of.intercept, offset, model.prior_only or _has_fixed(model, of.dpar))


def _has_fixed(model: Model, dpar: str) -> bool:
    """Whether the program multiplies fixed columns of a predictor: with few rows also where none is left."""
    left = model.in_rows[places_of(model.design)[dpar]]
    return bool(np.any(left)) or not (many(model.cells.rows.X) and model.design.terms)


def pair(row: PriorRow) -> tuple[str, str]:
    """(class, distribution) of a prior as the program has it."""
    # A flat density on the Cholesky factor would not be flat on the correlation matrix; lkj(1) is.
    return (row.class_, "lkj" if row.class_ == "cor" else row.distribution)


@cache
def program(structure: Structure) -> Program:
    """Render the Stan program of a structure.

    Parameters
    ----------
    structure : Structure
        What the text depends on.

    Returns
    -------
    Program
        The text, its sha256 and the structure.

    Examples
    --------
    >>> text = program(Structure("poisson", "log", True, False, (False,), (("b", "normal"),), True)).text
    >>> "b[b_normal_at] ~ normal(b_normal_location, b_normal_scale);" in text
    True
    """
    text = _environment().get_template("model.stan").render(_context(structure))
    return Program(text, hashlib.sha256(text.encode()).hexdigest(), structure)


def _context(structure: Structure) -> dict[str, object]:
    environment = _environment()
    bounds = {name: (0.0 if low else -np.inf, 1.0 if high else np.inf) for name, low, high in structure.bounded}
    alone = [one for one in _parameters(structure)[1:] if one.name not in structure.vectors]
    scalars = [replace(one, ends=bounds.get(one.in_stan)) for one in alone if one.name not in structure.constants]
    scales = [one.name for one in scalars if one.scales_groups and structure.link == "identity"]
    special = own_density(structure)
    family = special if structure.marginal else f"families/{'written' if structure.written else structure.family}.stan"
    return {
        "s": structure,
        "predictors": _predictors(structure),
        "family": environment.get_template(family).module,
        "density": environment.select_template([special, family]).module,
        "eta": environment.get_template(f"fragments/{'marginal' if structure.marginal else 'eta'}.stan").module,
        "link": environment.get_template(f"links/{LINKS[structure.link].stem}.stan").module,
        "scalars": scalars,
        "shared": SHARED.get(structure.shared),
        "constants": [one for one in alone if one.name in structure.constants],
        "scale": scales[0] if scales and structure.several else "",
        "terms": _terms(structure),
        "priors": _priors(structure, bool(scales)),
    }


def own_density(structure: Structure) -> str:
    """The file of a density with group effects integrated out, or of a family under one link, where there is one.

    Where there is none it is the family's file with the link's.
    """
    return f"densities/{structure.family}_{'marginal' if structure.marginal else LINKS[structure.link].stem}.stan"


def _predictors(structure: Structure) -> list[dict[str, object]]:
    """One record a linear predictor; names of the location's have no suffix."""
    location = Vector(LOCATION, structure.link, structure.intercept, structure.offset, structure.fixed)
    return [
        {
            "dpar": one.dpar,
            "suffix": "" if one is location else f"_{one.dpar}",
            "of": "" if one is location else f" of {one.dpar}",
            "natural": _in_stan(structure, one.dpar) if k >= structure.locations else "",
            "intercept": one.intercept,
            "offset": one.offset,
            "fixed": one.fixed,
            "link": _environment().get_template(f"links/{LINKS[one.link].stem}.stan").module,
        }
        for k, one in enumerate((location, *structure.others))
    ]


def _in_stan(structure: Structure, dpar: str) -> str:
    """The name of a parameter of the family in the program."""
    return next((one.in_stan for one in _parameters(structure) if one.name == dpar), dpar)


def _parameters(structure: Structure) -> Sequence[Distributional]:
    """Those of the family, of a user's own as far as programs declare them."""
    return declared(structure.written) if structure.written else FAMILIES[structure.family].parameters


def _terms(structure: Structure) -> list[dict[str, object]]:
    """One record a block of group terms; `k` is its name, and `around` that of the coarser one."""
    blocks = structure.blocks or tuple((k,) for k in range(len(structure.several)))
    within = structure.within or (-1,) * len(blocks)
    several = [len(block) > 1 or structure.several[block[0]] for block in blocks]
    kinds = [ROTATED if k in structure.rotated else TERMS[structure.marginal][many] for k, many in enumerate(several)]
    return [
        {
            "k": block_name(blocks[k]),
            "kind": kind,
            "parts": [_part(structure, term) for term in blocks[k]],
            "several": several[k],
            "ones": k in structure.ones,
            "joint": k in structure.joint,
            "rotated": kind == ROTATED,
            "swept": bool(structure.rotated) and kind != ROTATED,  # its means lie about swept coefficients
            "around": block_name(blocks[within[k]]) if within[k] >= 0 else "",
            "around_several": within[k] >= 0 and several[within[k]],
            "depth": _depth(within, k),
            "entries": _entries(structure, k, several[k]),
            "inner": k in within,  # part of a finer term's effects, and not of eta by itself
            "start": _start(structure, blocks[k][0]),
            "file": _environment().get_template(f"fragments/{kind}.stan").module,
        }
        for k, kind in enumerate(kinds)
    ]


def _entries(structure: Structure, k: int, several: bool) -> list[dict[str, object]]:
    """What a block adds to each predictor that it enters."""
    name = block_name(structure.blocks[k] if structure.blocks else (k,))
    if structure.across and structure.across[k]:
        return in_program(structure.across[k], name)
    dpar = structure.dpars[k] if structure.dpars else LOCATION
    return alone_in_program(Entry(dpar, several, k in structure.ones), name)


def _part(structure: Structure, term: int) -> dict[str, object]:
    """One of the user's terms in a block."""
    return {"k": term + 1, "several": structure.several[term], "start": _start(structure, term)}


def _start(structure: Structure, term: int) -> str:
    """Where the sds of one of the user's terms begin, as Stan says it."""
    return " + ".join(["1", *(f"K_{k}" if many else "1" for k, many in enumerate(structure.several[:term], 1))])


def _depth(within: tuple[int, ...], k: int) -> int:
    return 1 + _depth(within, within[k]) if within[k] >= 0 else 0


def _priors(structure: Structure, ratio: bool) -> list[dict[str, object]]:
    """One record a (class, distribution) pair in use."""
    environment = _environment()
    records = []
    for class_, distribution in structure.priors:
        place, parameter = PLACES.get(class_, ("scalar", _in_stan(structure, class_)))
        if class_ == "Intercept" and (structure.others or structure.shared):
            place = "vector"
        number = structure.shared and SHARED[structure.shared].number
        if class_ == "Intercept" and structure.shared:
            parameter = "at_center"
        elif class_ == number and structure.items:
            place = "vector"
        elif class_ == number:
            parameter = f"{class_}[1]"
        records.append(
            {
                "name": f"{class_}_{distribution}",
                "class_": class_,
                "distribution": distribution,
                "x": "ratio" if class_ == "sd" and ratio else parameter,
                "place": environment.get_template(f"fragments/{place}.stan").module,
                "file": environment.get_template(f"priors/{distribution}.stan").module,
            }
        )
    return records


@cache
def _environment() -> "jinja2.Environment":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_template_folder()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["block"] = _block
    return environment


def _template_folder() -> Path:
    """stanmlm/stan in an installed wheel, ../stan in a checkout."""
    package = Path(__file__).resolve().parents[1]
    return next(folder for folder in (package / "stan", package.parent / "stan") if folder.is_dir())


def _block(body: str, name: str) -> str:
    """A Stan block with its paragraphs one blank line apart, or nothing where the body is empty."""
    paragraphs = _paragraphs(body.splitlines())
    return f"{name} {{\n" + "\n\n".join(paragraphs) + "\n}\n" if paragraphs else ""


def _paragraphs(lines: Iterable[str]) -> list[str]:
    text = "\n".join(line.rstrip() for line in lines)
    return [paragraph.strip("\n") for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()]
