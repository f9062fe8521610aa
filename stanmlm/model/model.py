"""The frozen model: everything that the draws depend on, and the one table that names its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from stanmlm.base.arrays import Floats, is_constant
from stanmlm.base.streams import words_of
from stanmlm.data.coefficients import places_of
from stanmlm.data.design import Design, GroupTerm, dpars_of, predictors
from stanmlm.data.factors import make_unique
from stanmlm.data.frame import ModelFrame
from stanmlm.families import Family
from stanmlm.families.family import Distributional
from stanmlm.families.responses import Response
from stanmlm.formula.bf import LOCATION
from stanmlm.formula.formula import Formula
from stanmlm.model.centering import Centering
from stanmlm.model.compress import Cells
from stanmlm.priors.priors import Priors

DIGITS = 20  # binary, of what tells data apart: the last ones differ from machine to machine


@dataclass(frozen=True)
class Model:
    """A formula, its data and its priors, ready for an engine."""

    formula: Formula
    family: Family
    frame: ModelFrame
    response: Response
    design: Design
    priors: Priors
    cells: Cells
    centering: Centering
    prior_only: bool

    @cached_property
    def words(self) -> tuple[int, ...]:
        """What tells the model, data and priors included, from others in a key of random numbers."""
        return _words(self)


@dataclass(frozen=True)
class Grouping:
    """A grouping factor with its bars joined, as users see it; `VarCorr` alone keeps bars apart."""

    group: str
    bars: tuple[int, ...]  # positions in design.terms
    terms: tuple[str, ...]  # every bar's coefficients in turn; a repeated one gets `.1`
    levels: tuple[str, ...]
    pairs: tuple[str, ...]  # correlations within a bar, "(Intercept),income"


@dataclass(frozen=True)
class Parameter:
    """One variable of the posterior: its name there, and the dims and labels after (chain, draw)."""

    name: str  # "b", "sd_state", "cor_state", "r_state", "sigma"
    class_: str  # "b", "sd", "cor", "r" or "auxiliary"
    group: str
    dims: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]  # one tuple a dim


@dataclass(frozen=True)
class Unrolled:
    """Draws on the user's scale, arrays by what they mean; `cor` and `r` one a group term."""

    b: Floats  # (chains, draws, F) of all predictors, for columns as they are
    sd: Floats  # (chains, draws, S)
    cor: tuple[Floats, ...]  # (chains, draws, K, K)
    r: tuple[Floats, ...]  # (chains, draws, J, K)
    auxiliary: Mapping[str, Floats]  # (chains, draws)


def _words(model: Model) -> tuple[int, ...]:
    design, response = model.design, model.response
    priors = [
        [row.class_, row.term, row.position, row.distribution, [f"{a:.6g}" for a in row.arguments]]
        for row in model.priors.rows
    ]
    terms = [[term.group, labels_of(term), term.levels] for term in design.terms]
    indexes = [term.index for term in design.terms] + ([] if design.row is None else [design.row])
    arrays = (response.y, response.trials, response.weights, design.offset, design.X, *(t.Z for t in design.terms))
    others = [array for of in design.others for array in (of.offset, of.X)]
    names = [design.names, *([of.dpar, of.names] for of in design.others)]
    return words_of(
        [model.family.name, model.family.link.name, *names, terms, priors, model.prior_only],
        *(np.asarray(index, dtype="<i4").tobytes() for index in indexes),
        *(_coarse(array) for array in (*arrays, *others)),
    )


def _coarse(values: Floats) -> bytes:
    """Numbers in steps of a millionth of the largest of their column; of a column of one number, that number."""
    columns = [values] if values.ndim == 1 else list(values.T)
    return b"".join(_coarse_column(column) for column in columns)


def _coarse_column(values: Floats) -> bytes:
    few = values[:1] if is_constant(values) else values
    low, high = few.min(initial=np.inf), few.max(initial=-np.inf)
    few = values[:1] if low == high else few
    exponent = max(int(np.frexp(max(-low, high))[1]), -900) if len(few) else 0
    steps = few * np.ldexp(1.0, DIGITS - exponent)
    about, written = np.array([len(values), exponent], "<i4"), np.rint(steps, out=steps).astype("<i4")
    return bytes(about.tobytes() + written.tobytes())


def scalars_of(model: Model) -> tuple[Distributional, ...]:
    """The parameters of the family that have no predictor: one number for all rows."""
    predicted = {of.dpar for of in predictors(model.design)}
    return tuple(one for one in model.family.scalars if one.name not in predicted)


def coefficient_name(dpar: str) -> str:
    """The variable of the posterior that has the coefficients of a predictor."""
    return "b" if dpar == LOCATION else f"b_{dpar}"


def labels_of(term: GroupTerm) -> tuple[str, ...]:
    """The coefficients of a group term, those of parameters beside the location with its name."""
    named = zip(term.coefs, dpars_of(term), strict=True)
    return tuple(coef if dpar == LOCATION else f"{dpar}_{coef}" for coef, dpar in named)


def groupings(design: Design) -> tuple[Grouping, ...]:
    """The grouping factors in the order of their first bar."""
    bars: dict[str, list[int]] = {}
    for position, term in enumerate(design.terms):
        bars.setdefault(term.group, []).append(position)
    return tuple(_grouping(design, group, tuple(positions)) for group, positions in bars.items())


def _grouping(design: Design, group: str, bars: tuple[int, ...]) -> Grouping:
    terms = [design.terms[bar] for bar in bars]
    coefs = make_unique(coef for term in terms for coef in labels_of(term))
    pairs = make_unique(f"{a},{b}" for term in terms for a, b in combinations(labels_of(term), 2))
    return Grouping(group, bars, coefs, terms[0].levels, pairs)


def parameters(model: Model) -> tuple[Parameter, ...]:
    """The posterior's variables in printing order: where every label comes from."""
    rows = [
        Parameter(
            coefficient_name(of.dpar), "b", "", ("term" if of.dpar == LOCATION else f"term_{of.dpar}",), (of.names,)
        )
        for of in predictors(model.design)
    ]
    for grouping in groupings(model.design):
        rows.extend(_group_parameters(grouping))
    rows.extend(Parameter(one.name, "auxiliary", "", (), ()) for one in scalars_of(model))
    return tuple(rows)


def _group_parameters(grouping: Grouping) -> list[Parameter]:
    group = grouping.group.replace("/", "_")  # xarray keeps "/" for paths
    level, term, coef, pair = (f"{what}_{group}" for what in ("level", "term", "coef", "pair"))
    # A dim that is not the first of `r_` is in no other variable: ArviZ stacks elements in the order in which a data
    # set meets its dims, and labels them in the variable's own.
    rows = [
        Parameter(f"sd_{group}", "sd", grouping.group, (coef,), (grouping.terms,)),
        Parameter(f"cor_{group}", "cor", grouping.group, (pair,), (grouping.pairs,)),
        Parameter(f"r_{group}", "r", grouping.group, (level, term), (grouping.levels, grouping.terms)),
    ]
    return [row for row in rows if row.class_ != "cor" or grouping.pairs]


def labelled(model: Model, draws: Unrolled) -> dict[str, Floats]:
    """Arrays (chains, draws, ...) by the names of `parameters(model)`."""
    starts = np.cumsum([0, *(len(term.coefs) for term in model.design.terms)])
    by_group = {grouping.group: grouping for grouping in groupings(model.design)}

    def sd(bar: int) -> Floats:
        return draws.sd[..., starts[bar] : starts[bar + 1]]

    def pairs(bar: int) -> Floats:
        below = np.triu_indices(len(model.design.terms[bar].coefs), 1)
        return draws.cor[bar][..., below[0], below[1]]

    def effects(bar: int) -> Floats:
        return draws.r[bar]

    parts = {"sd": sd, "cor": pairs, "r": effects}
    fixed = {coefficient_name(dpar): draws.b[..., at] for dpar, at in places_of(model.design).items()}
    out: dict[str, Floats] = {}
    for row in parameters(model):
        if row.class_ in parts:
            arrays = [parts[row.class_](bar) for bar in by_group[row.group].bars]
            out[row.name] = arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=-1)
        else:
            out[row.name] = fixed[row.name] if row.class_ == "b" else draws.auxiliary[row.name]
    return out
