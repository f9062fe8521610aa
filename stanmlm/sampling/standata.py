"""The data of a model's program: NumPy arrays and numbers by Stan data name."""

from collections.abc import Iterable

import numpy as np

from stanmlm.base.arrays import Floats, Ints
from stanmlm.data.coefficients import beside_intercept, centers, intercepts, places_of, slopes
from stanmlm.model.absorption import remainder
from stanmlm.model.centering import sampled_in
from stanmlm.model.joining import block_name
from stanmlm.model.marginal import Marginal
from stanmlm.model.model import Model
from stanmlm.model.sweeping import Sweep
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.priors import PriorRow
from stanmlm.sampling.entries import columns_across
from stanmlm.sampling.program import pair, structure

Data = dict[str, int | float | Floats | Ints]


def standata(model: Model) -> Data:
    """Give the data block of a model's program.

    Parameters
    ----------
    model : Model
        A model with its priors resolved and its rows compressed.

    Returns
    -------
    dict
        Numbers and arrays by Stan data name; places count from 1, as Stan's do.

    Examples
    --------
    >>> from stanmlm.sampling.program import program, structure
    >>> from stanmlm import lmer, simulate_exams
    >>> model = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1).model
    >>> text, data = program(structure(model)).text, standata(model)  # what a Stan by hand would need
    >>> [name in text for name in ("fix_hat", "fix_L", "x_mean")], data["x_mean"].shape
    ([True, True, True], (1,))
    """
    data = _fixed(model) | _thresholds(model)
    for k, term in enumerate(model.design.terms):
        data |= {f"K_{k + 1}": len(term.coefs)} if len(term.coefs) > 1 else {}
    for k, _ in enumerate(model.joined.blocks):
        data |= {} if model.centering.marginal else _term(model, k)
    if model.design.terms:
        data |= _sds(model)
    if model.centering.marginal:
        data |= _marginal(model, model.centering.marginal)
    elif not model.prior_only:
        data |= _rows(model)
        data |= {**model.cells.rows.stats, **model.family.constants}
    return data | _bounds(model) | _priors(model)


def _bounds(model: Model) -> Data:
    """The ends of scalars whose bounds are data."""
    named = ((one.in_stan, one.ends) for one in model.scalars if one.ends is not None)
    ends = ((f"{side}_{name}", end) for name, both in named for side, end in zip(("lower", "upper"), both, strict=True))
    return {name: end for name, end in ends if np.isfinite(end)}


def absorbed_by(model: Model, k: int) -> tuple[Ints, Ints]:
    """The columns of X that term k absorbs, and the coefficient of the term that absorbs each."""
    A = model.centering.A[k]  # (K, J, F)
    column, coefficient = np.nonzero(np.any(A, axis=1).T)
    return column, coefficient


def _fixed(model: Model) -> Data:
    design, of = model.design, sampled_in(model.centering, model.design)
    starting, others, means = intercepts(design), slopes(design), centers(design)
    data: Data = {"F": len(of.hat), "fix_hat": of.hat, "fix_L": of.factor}
    if 0 < len(model.carried) < len(model.joined.design.terms):  # beside terms that have means
        data["apart"] = (model.in_rows | model.centering.absorbed).astype(float)
    data |= {} if of.bounds is None else {"z_lower": of.bounds[0], "z_upper": of.bounds[1]}
    if not design.others:
        return data | ({"x_mean": means[others]} if design.intercept else {})
    by_intercept = np.zeros((len(starting), len(means)))
    for i, (_, at) in enumerate(beside_intercept(design)):
        by_intercept[i, at] = means[at]
    return data | {
        "I": len(starting),
        "alpha_at": starting + 1,
        "b_at": others + 1,
        "x_mean": by_intercept[:, others],
    }


def _thresholds(model: Model) -> Data:
    sums, items = model.family.sums, model.family.items
    if model.family.shared is None:
        return {}
    data: Data = {"T": sums.shape[0], "G": sums.shape[1], "sums": sums}
    return data | ({"item": items.of_threshold + 1} if items else {})


def _within(model: Model, kept: Ints) -> Floats:
    """The columns that X keeps, without what group terms take of them, (R, P_x)."""
    rows = model.joined.cells.rows
    return remainder(rows.X[:, kept], rows.Z, rows.index, tuple(a[:, :, kept] for a in model.centering.A))


def _rows(model: Model) -> Data:
    """What the linear predictor reads."""
    rows, of, bases = model.joined.cells.rows, structure(model), sampled_in(model.centering, model.design).bases
    data: Data = {"C": len(rows.X)} | _columns(model, model.design.dpar, of.fixed, "")
    data |= {"offsets": rows.offset} if of.offset else {}
    for one, predictor in zip(of.others, model.design.others, strict=True):
        data |= _columns(model, predictor.dpar, one.fixed, f"_{one.dpar}")
        data |= {f"offsets_{one.dpar}": predictor.offset[model.cells.first]} if one.offset else {}
    if of.joint:
        data |= {"J_joint": len(rows.joint.first), "g_joint": rows.joint.combination + 1}
    for k in set(range(len(rows.Z))) - set(of.within):
        index, Z = rows.index[k], rows.Z[k]
        name = block_name(model.joined.blocks[k])
        data[f"g_{name}"] = (index[rows.joint.first] if k in of.joint else index) + 1
        if of.across and of.across[k]:
            data |= columns_across(model.joined.design.terms[k], of.across[k], Z, bases[k], name)
        else:
            data |= {} if k in of.ones else {f"Z_{name}": Z @ bases[k] if Z.shape[1] > 1 else Z[:, 0]}
    return data


def _columns(model: Model, dpar: str, fixed: bool, suffix: str) -> Data:
    """The columns of a predictor that no group term has absorbed or carries."""
    if not fixed:
        return {}
    at = places_of(model.design)[dpar]
    kept = at.start + np.flatnonzero(model.in_rows[at])
    return {f"P_x{suffix}": len(kept), f"x_at{suffix}": kept + 1, f"X{suffix}": _within(model, kept)}


def _term(model: Model, k: int) -> Data:
    sweep = model.centering.rotated.get(k)
    return _rotated(model, k, sweep) if sweep else _centred(model, k)


def _rotated(model: Model, k: int, sweep: Sweep) -> Data:
    of = model.centering
    data: Data = {"J": len(sweep.Q), "Q": sweep.Q, "S": sweep.S, "w": of.weights[k], "c": of.units[k]}
    column = np.flatnonzero(np.any(model.carried[k], axis=0))
    data |= {"P": len(column), "B_at": column + 1, "B": model.carried[k][:, column]}
    return _one(_numbered(data, model, k))


def _centred(model: Model, k: int) -> Data:
    term, weights = model.joined.design.terms[k], model.centering.weights[k]
    column, coefficient = absorbed_by(model, k)
    data: Data = {
        "J": len(term.levels),
        "Q": len(column),
        "A_at": column + 1,
        "A": model.centering.A[k][coefficient, :, column].T,
        "w": weights,
        "c": model.centering.units[k],
    }
    data |= _around(model, k)
    T = sampled_in(model.centering, model.design).inverses[k]
    if len(term.coefs) == 1:
        return _one(_numbered(data, model, k))
    return _numbered(data | {"A_to": T.T[coefficient]}, model, k) | _bases(model, k)


def _numbered(data: Data, model: Model, k: int) -> Data:
    return {f"{name}_{block_name(model.joined.blocks[k])}": value for name, value in data.items()}


def _bases(model: Model, k: int) -> Data:
    """The columns of a block's basis by the terms that they are of, and how many coefficients it has."""
    T, block = sampled_in(model.centering, model.design).inverses[k], model.joined.blocks[k]
    sizes = [len(model.design.terms[term].coefs) for term in block]
    parts = np.split(T, np.cumsum(sizes)[:-1], axis=1)
    data: Data = {
        f"T_{term + 1}": part if n > 1 else part[:, 0] for term, part, n in zip(block, parts, sizes, strict=True)
    }
    return data | {f"K_{block_name(block)}": len(T)}


def _marginal(model: Model, of: Marginal) -> Data:
    """Rows of groups, the first of each group before the second of each, and the rows that no effect enters."""
    (J, K), D, few = of.all.y.shape, len(of.Z), of.few
    data: Data = {"J": J, "K": K, "D": D, "size": np.bincount(of.all.kind).astype(float)}
    data |= {"H": len(few.kind), "kind": few.kind + 1, "X": _stacked(few.X), "y": _stacked(few.y)}
    data |= {"R": len(of.y_rest), "X_rest": of.X_rest, "y_rest": of.y_rest}
    data |= {"N": model.cells.rows.stats["N"], "ss": of.ss}
    ends = np.cumsum([len(term.coefs) for term in model.design.terms])
    parts = np.split(_stacked(of.Z), ends[:-1], axis=1)
    return data | {f"Z_{k}": part for k, part in enumerate(parts, 1)}


def _stacked(values: Floats) -> Floats:
    """(groups, rows, ...) to (rows * groups, ...)."""
    groups, rows = values.shape[:2]
    return np.asarray(values.swapaxes(0, 1).reshape(rows * groups, *values.shape[2:]))


def _around(model: Model, k: int) -> Data:
    """The coarser term whose effects are part of term k's means."""
    nesting = model.centering.nested[k]
    if nesting is None:
        return {}
    data: Data = {"parent": nesting.parent + 1}
    of = sampled_in(model.centering, model.design)
    carries = of.bases[nesting.coarser].T @ nesting.carries @ of.inverses[k].T
    carries = carries[0] if len(carries) == 1 else carries
    return data | ({"carries": carries} if len(of.bases[k]) > 1 else {})


def _one(data: Data) -> Data:
    """A term with one coefficient has vectors for matrices, and a number for a vector."""
    return {name: np.asarray(value)[..., 0] if name.startswith(("w_", "c_")) else value for name, value in data.items()}


def _sds(model: Model) -> Data:
    S = sum(len(term.coefs) for term in model.design.terms)
    of = sampled_in(model.centering, model.design)
    ratios: Data = {f"by_{one.name}": _ratios(model, S) for one in model.scalars if one.name == model.family.scale}
    data: Data = {"S": S, "log_sd_hat": of.log_sd, "log_sd_L": of.sd_factor, "log_sd_bend": of.sd_bend}
    return data | ratios


def _ratios(model: Model, S: int) -> Floats:
    """1 where the prior of an sd is on its ratio to the auxiliary; a flat prior has none."""
    by = np.zeros(S)
    for row in model.priors.rows:
        if row.class_ == "sd" and row.ratio and row.distribution != "flat":
            by[row.position : row.position + _covered(model, row)] = 1.0
    return by


def _covered(model: Model, row: PriorRow) -> int:
    """How many sds a prior covers: all of its term's where it is a joint one."""
    return len(model.design.terms[row.term].coefs) if DISTRIBUTIONS[row.distribution].joint else 1


def _priors(model: Model) -> Data:
    data: Data = {}
    for class_, distribution in structure(model).priors:
        rows = [row for row in model.priors.rows if pair(row) == (class_, distribution)]
        several = bool(class_ == "Intercept" and (model.design.others or model.family.shared))
        several = several or (model.family.items is not None and class_ == _number(model))
        place = _vector if several else _PLACES.get(class_, _scalar)
        data |= place(model, f"{class_}_{distribution}", distribution, rows)
    return data


def _number(model: Model) -> str:
    """What the numbers are called that thresholds are sums of."""
    return model.family.shared.number if model.family.shared else ""


def _scalar(model: Model, name: str, distribution: str, rows: list[PriorRow]) -> Data:
    return {key: float(value[0]) for key, value in _arguments(name, distribution, rows).items()}


def _vector(model: Model, name: str, distribution: str, rows: list[PriorRow]) -> Data:
    data: Data = {f"N_{name}": len(rows), f"{name}_at": np.array([row.position + 1 for row in rows])}
    data |= _arguments(name, distribution, rows)
    if DISTRIBUTIONS[distribution].joint:
        del data[f"{name}_regularization"]  # the row of the correlation carries it
        data[f"{name}_size"] = np.array([_covered(model, row) for row in rows])
    return data


def _correlations(model: Model, name: str, distribution: str, rows: list[PriorRow]) -> Data:
    return dict(_arguments(name, distribution, sorted(rows, key=lambda row: row.term)))


_PLACES = {"b": _vector, "sd": _vector, "cor": _correlations}


def _arguments(name: str, distribution: str, rows: Iterable[PriorRow]) -> dict[str, Floats]:
    values = np.array([row.arguments or (1.0,) for row in rows], dtype=float)
    names = DISTRIBUTIONS[distribution].arguments
    return {f"{name}_{argument}": values[:, i] for i, argument in enumerate(names)}
