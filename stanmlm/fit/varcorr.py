"""`VarCorr`: standard deviations and correlations of group effects, as a table, as matrices and as a frame."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
import pandas as pd

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, check_probability, did_you_mean
from stanmlm.base.layout import covariance_table, html_table
from stanmlm.data.factors import make_unique
from stanmlm.fit.draws import correlations_of, covariances_of, scales_of
from stanmlm.fit.fit import Fit, draws_of
from stanmlm.fit.posterior_summary import by_coefficient, check_probs, posterior_summary
from stanmlm.priors.parameters import SIGMA, coefs_named, groupings


@dataclass(frozen=True)
class VarCorrTerm:
    """One bar of `VarCorr`: posterior means of its standard deviations and correlations."""

    group: str  # a second bar of one factor is `g.1`, as in lme4
    coefs: tuple[str, ...]
    sd: Floats  # (K,)
    cor: Floats  # (K, K)
    draws: Floats  # (draws, K, K) of the covariance matrix


@dataclass(frozen=True)
class VarCorrTable:
    """Standard deviations and correlations of the group effects; prints as lme4's `VarCorr`.

    `table["student"]` is a covariance matrix of posterior means, `table.to_frame()` has every number with its interval.

    Attributes
    ----------
    terms
        One record a bar: `group`, `coefs`, `sd` (K,), `cor` (K, K) and `draws` (draws, K, K) of the covariance matrix.
    sigma
        The residual standard deviation of a gaussian model, else None.
    level
        Posterior probability of the intervals.
    residual
        Draws of sigma, (draws,).

    Examples
    --------
    >>> from stanmlm import VarCorr, lmer, simulate_exams
    >>> found = VarCorr(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1))
    >>> found.terms[0].group, round(found.sigma, 1)
    ('student', 0.2)
    """

    terms: tuple[VarCorrTerm, ...]
    sigma: float | None  # residual sd of a gaussian model
    level: float = 0.95  # posterior probability of the intervals
    residual: Floats = field(default_factory=lambda: np.empty(0))  # (draws,) of sigma

    def __repr__(self) -> str:
        return print_varcorr(self)

    def _repr_html_(self) -> str:
        return html_table(self.to_frame(), index=False)

    def __getitem__(self, group: str) -> pd.DataFrame:
        known = {term.group: term for term in self.terms}
        if group not in known:
            raise DataError(f"`{group}` is not a grouping factor of the model" + did_you_mean(group, known))
        return _covariance_frame(known[group], self.level)

    def __iter__(self) -> Iterator[str]:
        return (term.group for term in self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def to_frame(self) -> pd.DataFrame:
        """lme4's `grp var1 var2 vcov sdcor`, and the interval of each standard deviation or correlation."""
        frame = _varcorr_frame(self)
        columns = [draws for term in self.terms for draws in _sdcor_draws(term)]
        columns += [] if self.sigma is None else [self.residual]
        low, high = _bounds(np.stack(columns, axis=-1), self.level) if columns else (np.empty(0), np.empty(0))
        return frame.assign(**{"conf.low": low, "conf.high": high})


def _bounds(draws: Floats, level: float) -> Floats:
    """The ends of central intervals, (2, ...)."""
    return np.asarray(np.quantile(draws, ((1 - level) / 2, 1 - (1 - level) / 2), axis=0))


def _sdcor_draws(term: VarCorrTerm) -> list[Floats]:
    """Draws of the standard deviations, then of the correlations above the diagonal, (draws,) each."""
    sd = np.sqrt(np.diagonal(term.draws, axis1=1, axis2=2))
    pairs = zip(*np.triu_indices(len(term.coefs), 1), strict=True)
    return [*sd.T, *(term.draws[:, i, j] / (sd[:, i] * sd[:, j]) for i, j in pairs)]


def _covariance_frame(term: VarCorrTerm, level: float) -> pd.DataFrame:
    names, (low, high) = list(term.coefs), _bounds(term.draws, level)
    frame = pd.DataFrame(np.outer(term.sd, term.sd) * term.cor, index=names, columns=names)
    frame.attrs |= {"stddev": term.sd, "correlation": term.cor, "lower": low, "upper": high, "level": level}
    return frame


Tables = dict[str, dict[str, pd.DataFrame]]


@overload
def VarCorr(fit: Fit, level: float = 0.95, *, probs: None = None) -> VarCorrTable: ...


@overload
def VarCorr(fit: Fit, level: float = 0.95, *, probs: Sequence[float]) -> Tables: ...


def VarCorr(  # noqa: N802, lme4's name
    fit: Fit, level: float = 0.95, *, probs: Sequence[float] | None = None
) -> VarCorrTable | Tables:
    """Posterior means of group standard deviations and correlations (of them, not of variances).

    `VarCorr(fit)["Subject"]` is the covariance matrix that these make, a frame by coefficient; its `attrs` have lme4's
    `stddev` and `correlation`, and `lower` and `upper`, the ends of the posterior intervals of each (co)variance.
    `VarCorr(fit).to_frame()` has a row a standard deviation or correlation, with its interval; `as_data_frame` the
    columns of lme4's table alone, `grp var1 var2 vcov sdcor`.

    Parameters
    ----------
    fit
        A fit.
    level
        Posterior probability of the intervals.
    probs
        Quantiles: gives what brms's `VarCorr` does, by group the tables "sd", "cor" and "cov", the last two where there
        are several coefficients, with pairs of columns such as `("hours", "Q2.5")`; sigma is the sd of "residual__".

    Returns
    -------
    VarCorrTable or dict
        With `probs` a dict by group of dicts of pandas.DataFrame.

    Raises
    ------
    OptionError
        For a quantile that is no probability.

    Examples
    --------
    >>> from stanmlm import VarCorr, lmer, simulate_exams
    >>> found = VarCorr(lmer("score ~ hours + (hours | student)", simulate_exams(seed=1), seed=1))
    >>> found["student"].shape, found.to_frame()["vcov"].shape
    ((2, 2), (4,))
    """
    check_arguments(VarCorr, locals())
    check_probability("level", level)
    check_probs(probs)
    residual = draws_of(fit, "sigma") if fit.model.ledger.has(SIGMA) else np.empty(0)
    mean = float(residual.mean()) if residual.size else None
    if probs is not None:
        own = {"residual__": {"sd": posterior_summary(residual[:, None], probs, [""])}} if residual.size else {}
        return {term.group: _tables(term, probs) for term in _varcorr_terms(fit)} | own
    return VarCorrTable(tuple(_varcorr_terms(fit)), mean, level, residual)


def _tables(term: VarCorrTerm, probs: Sequence[float]) -> dict[str, pd.DataFrame]:
    """brms's tables of one term."""
    sd = np.sqrt(np.diagonal(term.draws, axis1=1, axis2=2))
    table = {"sd": posterior_summary(sd, probs, term.coefs)}
    if len(term.coefs) == 1:
        return table
    matrices = {"cor": term.draws / (sd[:, :, None] * sd[:, None, :]), "cov": term.draws}
    pairs = {
        name: by_coefficient(zip(term.coefs, np.moveaxis(draws, 2, 0), strict=True), probs, term.coefs)
        for name, draws in matrices.items()
    }
    return table | pairs


def _varcorr_terms(fit: Fit) -> list[VarCorrTerm]:
    return [_varcorr_term(fit, name, bar) for name, bar in bars_named(fit)]


def bars_named(fit: Fit) -> list[tuple[str, int]]:
    """Bars, group by group, by what lme4 calls their groups: a second bar of one factor is `g.1`."""
    known = groupings(fit.model.design)
    names = make_unique(
        each.group if place == 0 else f"{each.group}.{place}" for each in known for place in range(len(each.bars))
    )
    return list(zip(names, (bar for grouping in known for bar in grouping.bars), strict=True))


def _varcorr_term(fit: Fit, name: str, bar: int) -> VarCorrTerm:
    coefs, sd, cor = coefs_named(fit.model.design.terms[bar]), scales_of(fit, bar)[0], correlations_of(fit, bar)
    return VarCorrTerm(name, coefs, sd.mean(axis=0), cor.mean(axis=0), covariances_of(fit, bar))


def as_data_frame(table: VarCorrTable | Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """R's `as.data.frame` of `VarCorr(fit)` (grp var1 var2 vcov sdcor) or of `ranef(fit)` (with condsd).

    Parameters
    ----------
    table
        What `VarCorr` or `ranef` gives.

    Returns
    -------
    pandas.DataFrame
        Of `VarCorr` a row a standard deviation or correlation: `grp`, `var1`, `var2`, `vcov` (variance or covariance),
        `sdcor`. Of `ranef` a row a level and coefficient: `grpvar`, `term`, `grp`, `condval`, `condsd`.

    Raises
    ------
    OptionError
        For anything else.

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


def print_varcorr(table_: VarCorrTable, digits: int = 5) -> str:
    """The text of `VarCorr(fit)`, as lme4's `print.VarCorr.merMod`."""
    terms = [(term.group, term.coefs, term.sd, term.cor) for term in table_.terms]
    return covariance_table(terms, table_.sigma, digits)
