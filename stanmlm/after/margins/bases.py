"""What is asked of a fit at the rows of a reference grid: linear functions of coefficients, or draws by row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from stanmlm.after.margins.scales import NONE, Transformed, response_scale, scale_of
from stanmlm.after.predict.chunks import check_size, chunks_of
from stanmlm.after.predict.expected import expected, extra_of, parameter_of, theta_of
from stanmlm.after.predict.new_rows import given_offset, new_design
from stanmlm.after.predict.outcome import outcome
from stanmlm.after.predict.request import Request
from stanmlm.after.predict.target import require_told, target_of
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.data.design import Design, Predictor, predictors
from stanmlm.data.encode import encode
from stanmlm.data.rank import triangle
from stanmlm.fit.fit import Fit, draws_of, functions_of
from stanmlm.formula.formula import by_parameter
from stanmlm.priors.parameters import THRESHOLDS, coefficient_name


@dataclass(frozen=True)
class Basis:
    """Linear functions of parameters at some rows, repeated for each category or cut where these are asked about."""

    linfct: Floats  # (R, P)
    offset: Floats  # (R,)
    beta: Floats  # (draws, P)
    columns: tuple[str, ...]  # P
    null: Floats  # (R, Q), as in `Grid`
    scale: Transformed = NONE
    estimate: str = "prediction"
    factor: tuple[str, tuple[str, ...]] | None = None  # its name and values; (row of the table, value), values last


@dataclass(frozen=True)
class What:
    """What marginal means are of."""

    dpar: str | None = None
    epred: bool = False
    mode: str | None = None
    offset: float | None = None


def parameters_of(fit: Fit, what: What) -> tuple[str, ...]:
    """The parameters whose predictors the reference grid is of."""
    formulas = by_parameter(fit.model.formula)
    if what.epred or _of_draws(fit, what) or (fit.model.formula.by_threshold and not what.dpar):
        return tuple(formulas)
    name = _predicted(fit, what)
    return (name,)


def basis_of(fit: Fit, table: pd.DataFrame, what: What) -> Basis:
    """What is asked, at the rows of a table.

    Raises
    ------
    OptionError
        For a parameter without a formula, and modes that the family does not have.
    """
    if what.epred and what.dpar:
        raise OptionError("epred=True is about the expected response, dpar= about one parameter: give one of them")
    mode = mode_of(fit, what)
    if what.epred and what.mode is None:
        return _expectation(fit, table, what)
    return MODES[mode](fit, table, what) if mode else _linear(fit, table, what)


def mode_of(fit: Fit, what: What) -> str:
    """How categories are seen, "" where there are none; `dpar` goes before."""
    family = fit.model.family
    if not family.categories or what.dpar:
        if what.mode is not None:
            why = "dpar= about one parameter" if family.categories else f"and a {family.name} model has none"
            raise OptionError(f"mode= is about categories, {why}")
        return ""
    known = tuple(MODES) if family.shared else ("prob", *(("mean.class",) if family.kind == "category" else ()))
    usual = "latent" if family.shared and not family.items and not what.epred else "prob"
    mode = what.mode or usual
    if mode not in known:
        raise OptionError(f"mode is `{mode}`" + did_you_mean(mode, known))
    return mode


def _of_draws(fit: Fit, what: What) -> bool:
    return mode_of(fit, what) not in ("", "latent", "linear.predictor")


def _predicted(fit: Fit, what: What) -> str:
    """The parameter asked about, which must have a formula."""
    name, known = parameter_of(fit, what.dpar), tuple(by_parameter(fit.model.formula))
    if name not in known:
        raise OptionError(f"`{name}` has no predictors in this model" + did_you_mean(name, known))
    return name


def _design(fit: Fit, table: pd.DataFrame, what: What, dpar: str) -> Predictor:
    """The columns and offset of a parameter at the rows of a table."""
    groups = [False] * len(fit.model.design.terms)
    design = new_design(fit, table, _mean_offset(fit), groups).design
    of = next(of for of in predictors(design) if of.dpar == dpar)
    rows = of if design.row is None else replace(of, X=of.X[design.row])
    return rows if what.offset is None else replace(rows, offset=np.full(len(table), what.offset))


def _mean_offset(fit: Fit) -> float | None:
    """Of an offset that no column tells its mean, as emmeans has it."""
    given = given_offset(fit)
    return None if given is None else float(given.mean())


def _linear(fit: Fit, table: pd.DataFrame, what: What) -> Basis:
    name = _predicted(fit, what)
    b, of = draws_of(fit, coefficient_name(name)), _design(fit, table, what, name)
    first = of.X.shape[1] - b.shape[1]  # without the intercept where that is in thresholds
    return Basis(of.X[:, first:], of.offset, b, of.names[first:], _null(fit, table, name), scale_of(fit, name))


def _null(fit: Fit, table: pd.DataFrame, dpar: str) -> Floats:
    """(R, Q) what of each row the columns of the data do not span, where some were dropped."""
    made = next(of for of in predictors(fit.model.design) if of.dpar == dpar)
    if not made.dropped:
        return np.zeros((len(table), 0))
    fitted, new = (_all_columns(fit, rows, dpar) for rows in (fit.model.frame.data.iloc[fit.model.frame.rows], table))
    _, sizes, turned = np.linalg.svd(triangle(fitted))
    rank = int((sizes > sizes[0] * 1e-7).sum())
    return np.asarray(new @ turned[rank:].T)


def _all_columns(fit: Fit, rows: pd.DataFrame, dpar: str) -> Floats:
    """The columns of a parameter's fixed part, those that the design dropped among them."""
    design = _undropped(fit.model.design)
    groups = [False] * len(design.terms)
    encoded = encode(design, rows, functions_of(fit), groups).design
    X = next(of.X for of in predictors(encoded) if of.dpar == dpar)
    return X if encoded.row is None else X[encoded.row]


def _undropped(design: Design) -> Design:
    assert design.spec is not None
    every = tuple(range(len(design.names) + len(design.dropped)))
    others = tuple(replace(of, keep=tuple(range(len(of.names) + len(of.dropped)))) for of in design.others)
    return replace(design, spec=replace(design.spec, keep=every), others=others)


def basis_by_row(draws: Floats, names: tuple[str, ...] = ()) -> Basis:
    """Draws of each row, (draws, R), as functions of themselves."""
    R = draws.shape[1]
    columns = names or tuple(str(i + 1) for i in range(R))
    return Basis(np.eye(R), np.zeros(R), draws, columns, np.zeros((R, 0)))


def _expected(fit: Fit, table: pd.DataFrame, what: What) -> Floats:
    """(draws, R), or (draws, R, K) of categories, without group effects."""
    request = Request(re_formula="NA")
    target = target_of(fit, table, request, offset=_mean_offset(fit))
    if what.offset is not None:
        raise OptionError("offset= is for means on the scale of a link; the expected response has the model's own")
    require_told(target, ("rate", "lower", "upper"))
    check_size(target, len(table) * max(1, len(fit.model.family.categories)), "at= for fewer rows")
    parts = [expected(fit, theta_of(fit, target, at), extra_of(target, at)) for at in chunks_of(target)]
    return np.concatenate(parts, axis=1)


def _expectation(fit: Fit, table: pd.DataFrame, what: What) -> Basis:
    """Expected responses; of categories their probabilities, under brms's names."""
    expectations, categories = _expected(fit, table, what), fit.model.family.categories
    if categories:
        return _stacked(expectations, "prediction", ("rep.meas", categories))
    return replace(basis_by_row(expectations), scale=response_scale(fit))


def _stacked(values: Floats, name: str, factor: tuple[str, tuple[str, ...]]) -> Basis:
    """(draws, R, K) one value of the factor after the other."""
    D, R, K = values.shape
    return replace(basis_by_row(values.transpose(0, 2, 1).reshape(D, K * R)), estimate=name, factor=factor)


def _prob(fit: Fit, table: pd.DataFrame, what: What) -> Basis:
    categories = fit.model.family.categories
    return _stacked(_expected(fit, table, what), "prob", (outcome(fit), categories))


def _cut_names(fit: Fit) -> tuple[str, ...]:
    """ordinal's names of thresholds: `1|2`."""
    names = fit.model.family.categories
    return tuple(f"{low}|{high}" for low, high in pairwise(names))


def _cum_prob(fit: Fit, table: pd.DataFrame, what: What) -> Basis:
    cumulated = np.cumsum(_expected(fit, table, what), axis=2)[:, :, :-1]
    return _stacked(cumulated, "cum.prob", ("cut", _cut_names(fit)))


def _exc_prob(fit: Fit, table: pd.DataFrame, what: What) -> Basis:
    cumulated = np.cumsum(_expected(fit, table, what), axis=2)[:, :, :-1]
    return _stacked(1.0 - cumulated, "exc.prob", ("cut", _cut_names(fit)))


def _mean_class(fit: Fit, table: pd.DataFrame, what: What) -> Basis:
    """The categories count 1, 2, and so on."""
    probabilities = _expected(fit, table, what)
    codes = np.arange(1.0, probabilities.shape[2] + 1)
    return replace(basis_by_row(probabilities @ codes), estimate="mean.class")


def _with_thresholds(fit: Fit, table: pd.DataFrame, what: What) -> Basis:
    if fit.model.formula.by_threshold:
        raise OptionError(
            'effects of thresholds by themselves, cs(), have no one predictor: mode="prob" or "mean.class"'
        )
    if fit.model.family.items is not None:
        raise OptionError('items have thresholds of their own, and no one predictor: mode="prob" or "mean.class"')
    made, thresholds = _linear(fit, table, what), draws_of(fit, THRESHOLDS)
    beta = np.column_stack([thresholds, made.beta])
    return replace(made, beta=beta, columns=(*_cut_names(fit), *made.columns), scale=NONE)


def _latent(fit: Fit, table: pd.DataFrame, what: What) -> Basis:
    """The predictor less the mean threshold, as ordinal's `clm` in emmeans."""
    made = _with_thresholds(fit, table, what)
    R, T = len(made.linfct), made.beta.shape[1] - made.linfct.shape[1]
    return replace(made, linfct=np.column_stack([np.full((R, T), -1.0 / T), made.linfct]))


def _linear_predictor(fit: Fit, table: pd.DataFrame, what: What) -> Basis:
    """Each threshold less the predictor."""
    made, cuts = _with_thresholds(fit, table, what), _cut_names(fit)
    R, T = len(made.linfct), len(cuts)
    first = np.repeat(np.eye(T), R, axis=0)
    rest, offset, null = (np.tile(part, (T, *(1,) * (part.ndim - 1))) for part in (made.linfct, made.offset, made.null))
    link = fit.model.family.link
    label = "cumprob" if fit.model.family.name == "cumulative" else "response"
    return replace(made, linfct=np.column_stack([first, -rest]), offset=-offset, null=null, factor=("cut", cuts),
                   scale=Transformed(link.name, link.inverse, link.forward, label))  # fmt: skip


MODES: Mapping[str, Callable[[Fit, pd.DataFrame, What], Basis]] = {
    "latent": _latent,
    "linear.predictor": _linear_predictor,
    "cum.prob": _cum_prob,
    "exc.prob": _exc_prob,
    "prob": _prob,
    "mean.class": _mean_class,
}
