"""What R's extractors give: `fixef ranef coef VarCorr sigma ngrps nobs vcov confint as_draws_df ...`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Anything, Floats
from stanmlm.base.errors import DataError, check_probability, did_you_mean
from stanmlm.data.factors import own_values
from stanmlm.fit.diagnostics import elements
from stanmlm.fit.fit import Fit, draws_of
from stanmlm.fit.fitlist import FitList
from stanmlm.model.model import Grouping, Parameter, groupings, parameters
from stanmlm.sampling.standata import standata as data_block


def fixef(fit: Fit | FitList, add_dropped: bool = False) -> pd.Series:
    """Posterior means of the population-level coefficients, by R's names.

    Parameters
    ----------
    fit
        A fit of `lm`, `glm`, `lmer` or `glmer`; of `lmList`, the means over its levels.
    add_dropped
        Show columns that were dropped from a rank-deficient design, as NaN (lme4's `add.dropped`).

    Examples
    --------
    >>> from stanmlm import fixef, lmer, simulate_exams
    >>> fixef(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)).index.tolist()
    ['(Intercept)', 'hours']
    """
    check_arguments(fixef, locals())
    if isinstance(fit, FitList):
        return _by_level(fit, add_dropped).mean().rename("Estimate")
    design = fit.model.design
    means = pd.Series(draws_of(fit, "b").mean(axis=0), index=list(design.names), name="Estimate")
    return means.reindex([*design.names, *design.dropped]) if add_dropped else means


def vcov(fit: Fit) -> pd.DataFrame:
    """Posterior covariance matrix of the population-level coefficients.

    Examples
    --------
    >>> from stanmlm import vcov, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> vcov(fit).shape
    (2, 2)
    """
    check_arguments(vcov, locals())
    names = list(fit.model.design.names)
    covariance = np.cov(draws_of(fit, "b"), rowvar=False).reshape(len(names), len(names))
    return pd.DataFrame(covariance, index=names, columns=names)


def ranef(fit: Fit) -> dict[str, pd.DataFrame]:
    """Posterior means of the group effects, deviations from the fixed part: a frame a grouping factor.

    Rows are levels, as the data have them (numbers stay numbers); columns are coefficients, as in lme4.
    `frame.attrs["postVar"]` is the posterior covariance of each level's coefficients, an array (coefficients,
    coefficients, levels) as lme4's attribute of that name.

    Examples
    --------
    >>> from stanmlm import ranef, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> ranef(fit)["student"].shape
    (100, 1)
    """
    check_arguments(ranef, locals())
    return {g.group: _effects(fit, g) for g in _groupings(fit)}


def _effects(fit: Fit, grouping: Grouping) -> pd.DataFrame:
    draws = draws_of(fit, _variable(fit, "r", grouping.group).name)
    data = fit.model.frame.data
    levels = own_values(grouping.levels, data[grouping.group]) if grouping.group in data else list(grouping.levels)
    frame = pd.DataFrame(draws.mean(axis=0), index=levels, columns=list(grouping.terms))
    centred = draws - draws.mean(axis=0)
    frame.attrs["postVar"] = np.einsum("djk,djl->klj", centred, centred) / (len(draws) - 1)
    return frame


def coef(fit: Fit | FitList) -> pd.Series | pd.DataFrame | dict[str, pd.DataFrame]:
    """Coefficients by group, fixed part plus group effects: a frame a grouping factor, every fixed column in it.

    A fit without group terms gives a Series, aliased columns of a rank-deficient design as NaN, as R's `coef`; the fits
    of `lmList` give a frame with a row a level, NaN where a level has no such coefficient or no fit.

    Examples
    --------
    >>> from stanmlm import coef, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> coef(fit)["student"].columns.tolist()
    ['(Intercept)', 'hours']
    """
    check_arguments(coef, locals())
    if isinstance(fit, FitList):
        return _by_level(fit, add_dropped=True)
    fixed = fixef(fit)
    if not fit.model.design.terms:
        return fixef(fit, add_dropped=True)
    return {group: _coefficients(fixed, effects) for group, effects in ranef(fit).items()}


def _by_level(fits: FitList, add_dropped: bool) -> pd.DataFrame:
    table = pd.DataFrame({level: fixef(fit, add_dropped) for level, fit in fits.items()}).T
    names = dict.fromkeys(name for fit in fits.values() for name in fixef(fit, add_dropped).index)
    return table.reindex(index=[*fits, *fits.failed], columns=list(names))


def _coefficients(fixed: pd.Series, effects: pd.DataFrame) -> pd.DataFrame:
    extra = [name for name in effects.columns if name not in fixed.index]
    start = pd.concat([pd.Series(0.0, index=extra), fixed]) if extra else fixed
    base = pd.DataFrame(np.tile(start.to_numpy(), (len(effects), 1)), index=effects.index, columns=start.index)
    base[list(effects.columns)] += effects
    return base


@dataclass(frozen=True)
class VarCorrTerm:
    """One bar of `VarCorr`: posterior means of its standard deviations and correlations."""

    group: str  # a second bar of one factor is `g.1`, as in lme4
    coefs: tuple[str, ...]
    sd: Floats  # (K,)
    cor: Floats  # (K, K)


@dataclass(frozen=True)
class VarCorrTable:
    """Standard deviations and correlations of the group effects; prints as lme4's `VarCorr`."""

    terms: tuple[VarCorrTerm, ...]
    sigma: float | None  # residual sd of a gaussian model

    def __repr__(self) -> str:
        from stanmlm.fit.printing import print_varcorr

        return print_varcorr(self)


def VarCorr(fit: Fit) -> VarCorrTable:  # noqa: N802, lme4's name
    """Posterior means of group standard deviations and correlations (of them, not of variances).

    `as_data_frame(VarCorr(fit))` is lme4's table of `grp var1 var2 vcov sdcor`.

    Examples
    --------
    >>> from stanmlm import VarCorr, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> VarCorr(fit).terms[0].coefs
    ('(Intercept)',)
    """
    check_arguments(VarCorr, locals())
    return VarCorrTable(tuple(_varcorr_terms(fit)), sigma(fit) if "sigma" in variable_names(fit) else None)


def _varcorr_terms(fit: Fit) -> list[VarCorrTerm]:
    rows = []
    for grouping in _groupings(fit):
        sds = draws_of(fit, _variable(fit, "sd", grouping.group).name).mean(axis=0)
        correlations = _mean_correlations(fit, grouping)
        start = pair = 0
        for place, bar in enumerate(grouping.bars):
            coefs = fit.model.design.terms[bar].coefs
            size, pairs = len(coefs), len(coefs) * (len(coefs) - 1) // 2
            cor = np.eye(size)
            cor[np.triu_indices(size, 1)] = correlations[pair : pair + pairs]
            cor = cor + np.triu(cor, 1).T
            name = grouping.group if place == 0 else f"{grouping.group}.{place}"
            rows.append(VarCorrTerm(name, coefs, sds[start : start + size], cor))
            start, pair = start + size, pair + pairs
    return rows


def _mean_correlations(fit: Fit, grouping: Grouping) -> Floats:
    if not grouping.pairs:
        return np.empty(0)
    return np.asarray(draws_of(fit, _variable(fit, "cor", grouping.group).name).mean(axis=0))


def as_data_frame(table: VarCorrTable | Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """R's `as.data.frame` of `VarCorr(fit)` (grp var1 var2 vcov sdcor) or of `ranef(fit)` (with condsd).

    Examples
    --------
    >>> from stanmlm import VarCorr, as_data_frame, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> as_data_frame(VarCorr(fit))["grp"].tolist()
    ['student', 'Residual']
    """
    check_arguments(as_data_frame, locals())
    return _varcorr_frame(table) if isinstance(table, VarCorrTable) else _ranef_frame(table)


def _varcorr_frame(table: VarCorrTable) -> pd.DataFrame:
    rows: list[tuple[str, str | None, str | None, float, float]] = []
    for term in table.terms:
        rows.extend((term.group, name, None, s**2, s) for name, s in zip(term.coefs, term.sd, strict=True))
        for i, j in zip(*np.triu_indices(len(term.coefs), 1), strict=True):
            rho = float(term.cor[i, j])
            rows.append((term.group, term.coefs[i], term.coefs[j], rho * term.sd[i] * term.sd[j], rho))
    if table.sigma is not None:
        rows.append(("Residual", None, None, table.sigma**2, table.sigma))
    return pd.DataFrame(rows, columns=["grp", "var1", "var2", "vcov", "sdcor"])


def _ranef_frame(effects: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    parts = []
    for group, frame in effects.items():
        for k, term in enumerate(frame.columns):
            sd = np.sqrt(frame.attrs["postVar"][k, k])
            parts.append(
                pd.DataFrame(
                    {"grpvar": group, "term": term, "grp": frame.index, "condval": frame[term].to_numpy(), "condsd": sd}
                )
            )
    if not parts:
        raise DataError("there are no group effects to put into one frame: the model has no group terms")
    return pd.concat(parts, ignore_index=True)


def sigma(fit: Fit) -> float:
    """Posterior mean of the residual standard deviation; 1 for families without one, as in lme4.

    Examples
    --------
    >>> from stanmlm import sigma, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> 0.15 < sigma(fit) < 0.25
    True
    """
    check_arguments(sigma, locals())
    return float(draws_of(fit, "sigma").mean()) if "sigma" in variable_names(fit) else 1.0


def ngrps(fit: Fit) -> dict[str, int]:
    """Number of levels of each grouping factor.

    Examples
    --------
    >>> from stanmlm import ngrps, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> ngrps(fit)
    {'student': 100}
    """
    check_arguments(ngrps, locals())
    return {grouping.group: len(grouping.levels) for grouping in _groupings(fit)}


def nobs(fit: Fit) -> int:
    """Number of rows used, after missing values were dropped (rows as given, not cells).

    Examples
    --------
    >>> from stanmlm import nobs, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> nobs(fit)
    500
    """
    check_arguments(nobs, locals())
    return len(fit.model.response.y)


def confint(fit: Fit | FitList, parm: Sequence[str] | str | None = None, level: float = 0.95) -> pd.DataFrame:
    """Central posterior intervals of fixed effects, group sds, correlations and sigma.

    Rows carry lme4's names (`sd_(Intercept)|Subject`, `cor_Days.(Intercept)|Subject`, `sigma`, `(Intercept)`), columns
    the percentages. `parm` picks rows by name. Those of `lmList` stand below each other, by level.

    Examples
    --------
    >>> from stanmlm import confint, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> confint(fit).index.tolist()
    ['sd_(Intercept)|student', 'sigma', '(Intercept)', 'hours']
    """
    check_arguments(confint, locals())
    check_probability("level", level)
    if isinstance(fit, FitList):
        return pd.concat({name: confint(one, parm, level) for name, one in fit.items()}, names=[fit.group, None])
    names, draws = zip(*_interval_columns(fit), strict=True)
    tails = (1 - level) / 2, 1 - (1 - level) / 2
    bounds = np.quantile(np.stack(draws, axis=-1), tails, axis=0)
    frame = pd.DataFrame(bounds.T, index=list(names), columns=[f"{100 * tail:.3g} %" for tail in tails])
    wanted = list(names) if parm is None else [parm] if isinstance(parm, str) else list(parm)
    for name in wanted:
        if name not in frame.index:
            raise DataError(f"`{name}` is not a parameter of the fit" + did_you_mean(name, names))
    return frame.loc[wanted]


def _interval_columns(fit: Fit) -> list[tuple[str, Floats]]:
    columns: list[tuple[str, Floats]] = []
    for grouping in _groupings(fit):
        sds = draws_of(fit, _variable(fit, "sd", grouping.group).name)
        columns.extend((f"sd_{t}|{grouping.group}", sds[:, i]) for i, t in enumerate(grouping.terms))
        if grouping.pairs:
            cors = draws_of(fit, _variable(fit, "cor", grouping.group).name)
            names = [f"cor_{b}.{a}|{grouping.group}" for a, b in _pair_names(fit, grouping)]
            columns.extend((name, cors[:, i]) for i, name in enumerate(names))
    columns.extend((row.name, draws_of(fit, row.name)) for row in parameters(fit.model) if row.class_ == "auxiliary")
    fixed = draws_of(fit, "b")
    return columns + [(name, fixed[:, i]) for i, name in enumerate(fit.model.design.names)]


def _pair_names(fit: Fit, grouping: Grouping) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    for bar in grouping.bars:
        coefs = fit.model.design.terms[bar].coefs
        out.extend((coefs[i], coefs[j]) for i, j in zip(*np.triu_indices(len(coefs), 1), strict=True))
    return out


def as_draws_df(fit: Fit, variables: Sequence[str] | str | None = None) -> pd.DataFrame:
    """Every draw as a row, with `.chain .iteration .draw` as in R's posterior package; columns by ArviZ's labels.

    `variables` picks variables (`["b", "sd_state"]`) rather than elements.

    Examples
    --------
    >>> from stanmlm import as_draws_df, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> as_draws_df(fit, ["b", "sigma"]).columns.tolist()
    ['.chain', '.iteration', '.draw', 'b[(Intercept)]', 'b[hours]', 'sigma']
    """
    check_arguments(as_draws_df, locals())
    known = variable_names(fit)
    wanted = known if variables is None else [variables] if isinstance(variables, str) else variables
    for name in wanted:
        if name not in known:
            raise DataError(f"`{name}` is not a variable of the fit" + did_you_mean(name, known))
    chain, iteration = _counter(fit)
    columns: dict[str, Anything] = {".chain": chain, ".iteration": iteration, ".draw": np.arange(1, len(chain) + 1)}
    for row in parameters(fit.model):
        if row.name in wanted:
            columns |= {name: draws.ravel() for name, draws in elements(fit, row).items()}
    return pd.DataFrame(columns)


def stancode(fit: Fit) -> str:
    """The Stan program of a fit; with `standata(fit)` it runs by hand in any Stan.

    Gaussian models with one grouping factor have their group effects integrated out: the program samples the rest, and
    effects are drawn afterwards. `centering="noncentered"` gives the textbook's program.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams, stancode
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> stancode(fit).splitlines()[0]
    '// gaussian family, identity link. Written by stanmlm.'
    """
    check_arguments(stancode, locals())
    return fit.program.text


def standata(fit: Fit) -> dict[str, object]:
    """The data block of a fit's program, NumPy arrays and numbers by name.

    Examples
    --------
    >>> from stanmlm import standata, lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> standata(fit)["N"]
    500
    """
    check_arguments(standata, locals())
    return dict(data_block(fit.model))


def _counter(fit: Fit) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    sizes = fit.posterior["posterior"].sizes
    return np.indices((sizes["chain"], sizes["draw"])).reshape(2, -1) + 1


def _groupings(fit: Fit) -> tuple[Grouping, ...]:
    return groupings(fit.model.design)


def variable_names(fit: Fit) -> list[str]:
    """The variables of the posterior: "b", "sd_state", "sigma"."""
    return [row.name for row in parameters(fit.model)]


def _variable(fit: Fit, class_: str, group: str) -> Parameter:
    return next(row for row in parameters(fit.model) if row.class_ == class_ and row.group == group)
