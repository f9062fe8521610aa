"""The frozen model: everything that the draws depend on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stanmlm.base.arrays import Bools, Floats, is_constant
from stanmlm.base.streams import words_of
from stanmlm.data.coefficients import places_of
from stanmlm.data.design import Design
from stanmlm.data.factors import level_key
from stanmlm.data.frame import ModelFrame
from stanmlm.families import Family
from stanmlm.families.distributional import Distributional
from stanmlm.families.reductions import beside
from stanmlm.families.responses import Response, added_to
from stanmlm.formula.bf import LOCATION
from stanmlm.formula.formula import Formula
from stanmlm.model.absorption import carried
from stanmlm.model.centering import Centering
from stanmlm.model.compress import Cells
from stanmlm.model.joining import Joined, apart, joined
from stanmlm.priors.parameter_names import Spellings
from stanmlm.priors.parameters import THRESHOLDS, Ledger, coefficient_name, groupings, ledger, scalars_of
from stanmlm.priors.priors import Priors

_MADE = ("ledger", "spellings", "joined", "carried")  # from the other parts, where they are asked for
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

    @cached_property
    def ledger(self) -> Ledger:
        """Every parameter, made once; it stays behind where the model is pickled."""
        return ledger(self.design, self.family)

    @cached_property
    def spellings(self) -> Spellings:
        """What every package calls the parameters."""
        return Spellings(self.ledger)

    @property
    def scalars(self) -> tuple[Distributional, ...]:
        """The parameters of the family that have no predictor: one number for all rows."""
        return scalars_of(self.design, self.family)

    @cached_property
    def joined(self) -> Joined:
        """The terms as they are sampled."""
        return joined(self.design, self.cells, self.centering.blocks or apart(self.design))

    @cached_property
    def carried(self) -> Mapping[int, Floats]:
        """The fixed columns that enter the predictor with a rotated term, (J, F) by its position."""
        of = self.centering
        return carried(self.joined.design, self.joined.cells, of.absorbed, of.rotated)

    @property
    def in_rows(self) -> Bools:
        """The fixed columns that are left for each row by itself: (F,)."""
        left = ~self.centering.absorbed
        for values in self.carried.values():
            left &= ~np.any(values, axis=0)
        return left

    def __getstate__(self) -> dict[str, object]:
        return {name: part for name, part in self.__dict__.items() if name not in _MADE}


@dataclass(frozen=True)
class Unrolled:
    """Draws on the user's scale, arrays by what they mean; `cor` and `r` one a group term."""

    b: Floats  # (chains, draws, F) of all predictors, for columns as they are
    sd: Floats  # (chains, draws, S)
    cor: tuple[Floats, ...]  # (chains, draws, K, K)
    r: tuple[Floats, ...]  # (chains, draws, J, K)
    auxiliary: Mapping[str, Floats]  # (chains, draws)
    steps: Floats | None = None  # (chains, draws, T) of thresholds from minus the location's intercept, or their item's


def _words(model: Model) -> tuple[int, ...]:
    design, response = model.design, model.response
    priors = [
        [row.class_, row.term, row.position, row.distribution, [f"{a:.6g}" for a in row.arguments]]
        for row in model.priors.rows
    ]
    terms = [
        [term.group, *([term.dpars] if term.dpars else []), term.coefs, [level_key(level) for level in term.levels]]
        for term in design.terms
    ]
    indexes = [term.index for term in design.terms] + ([] if design.row is None else [design.row])
    added = [np.broadcast_to(beside(response, name), response.weights.shape) for name in added_to(response)]
    plain = (response.y, response.trials, response.weights, design.offset, design.X)
    arrays = (*plain, *(t.Z for t in design.terms), *(np.nan_to_num(array, posinf=0.0, neginf=0.0) for array in added))
    others = [array for of in design.others for array in (of.offset, of.X)]
    names = [design.names, *([of.dpar, of.names] for of in design.others)]
    names += [design.dpar] if design.dpar != LOCATION else []
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


def labelled(model: Model, draws: Unrolled) -> dict[str, Floats]:
    """Arrays (chains, draws, ...) by the variables of `model.ledger`."""
    ends = np.cumsum([len(term.coefs) for term in model.design.terms])
    sds = np.split(draws.sd, ends[:-1], axis=-1)

    def pairs(bar: int) -> Floats:
        upper = np.triu_indices(len(model.design.terms[bar].coefs), 1)
        return draws.cor[bar][..., upper[0], upper[1]]

    parts: Mapping[str, Callable[[int], Floats]] = {
        "sd": lambda bar: sds[bar],
        "cor": pairs,
        "r": lambda bar: draws.r[bar],
    }
    fixed = {coefficient_name(dpar): draws.b[..., at] for dpar, at in places_of(model.design).items()}
    if draws.steps is not None:
        location, first = fixed[coefficient_name(LOCATION)], model.family.in_thresholds
        own = location[..., model.family.items.of_threshold] if model.family.items else location[..., :1]
        fixed |= {THRESHOLDS: draws.steps - own, coefficient_name(LOCATION): location[..., first:]}
    bars = {grouping.group: grouping.bars for grouping in groupings(model.design)}
    out: dict[str, Floats] = {}
    for row in model.ledger.variables:
        if row.kind in parts:
            arrays = [parts[row.kind](bar) for bar in bars[row.group]]
            out[row.name] = arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=-1)
        else:
            out[row.name] = fixed[row.name] if row.kind == "b" else draws.auxiliary[row.name]
    return out
