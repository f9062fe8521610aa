"""Draws of parameters by their place in the ledger, under the names of any package."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stanmlm.base.arrays import Floats
from stanmlm.data.coefficients import centred, intercepts
from stanmlm.data.design import predictors
from stanmlm.fit.fit import Fit, chains_of, draws_of, n_draws
from stanmlm.priors.parameter_names import names_of
from stanmlm.priors.parameters import THRESHOLDS, Element, Variable, named


def values_of(fit: Fit, elements: Sequence[Element]) -> Floats:
    """Draws of some numbers, (chains, draws, elements).

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams
    >>> fit = lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1)
    >>> values_of(fit, fit.model.ledger.few).shape[-1]
    4
    """
    used = {element.parameter.variable for element in elements} - {""}
    arrays = {name: np.moveaxis(chains_of(fit, name), (0, 1), (-2, -1)) for name in used}
    sizes = fit.posterior["posterior"].sizes
    values = np.empty((sizes["chain"], sizes["draw"], len(elements)))
    for k, element in enumerate(elements):
        name = element.parameter.variable
        values[..., k] = arrays[name][element.at] if name else _covariance(fit, element)
    return values


def _covariance(fit: Fit, element: Element) -> Floats:
    """The product of two standard deviations and their correlation."""
    address, book = element.parameter.address, fit.model.ledger
    own = [(row.address.dpar, str(row.address.coef), row) for row in book.of("sd", address.term)]
    sds = {coef if dpar == address.dpar else named(dpar, coef): row for dpar, coef, row in own}
    pairs = {frozenset(row.address.coef): row for row in book.of("cor", address.term)}
    factors = [sds[coef] for coef in address.coef]
    factors += [pairs[frozenset(address.coef)]] if factors[0] is not factors[1] else []
    return np.asarray(values_of(fit, [Element(row) for row in factors]).prod(axis=-1))


def coefficients_of(fit: Fit) -> Floats:
    """Draws of the fixed coefficients of all predictors, (draws, F), for columns as they are."""
    names = [variable.name for variable in fit.model.ledger.variables if variable.kind == "b"]
    return np.concatenate([draws_of(fit, name) for name in names], axis=1)


def of_columns(fit: Fit) -> Floats:
    """Draws of the coefficients of the design's columns, (draws, F); 0 of an intercept that is in thresholds."""
    b, family = coefficients_of(fit), fit.model.family
    thresholds = len(family.sums)
    return np.column_stack([np.zeros((len(b), family.in_thresholds)), b[:, thresholds:]]) if thresholds else b


def at_center(fit: Fit) -> Floats:
    """Draws of what intercepts are at the means of the predictors, (draws, I): thresholds first, where there are."""
    design = fit.model.design
    centers = centred(design, of_columns(fit))[:, intercepts(design)]
    if fit.model.family.shared is None:
        return centers
    if fit.model.family.items:  # their predictor has no intercept, and so no center
        return np.column_stack([draws_of(fit, THRESHOLDS), centers])
    return np.column_stack([draws_of(fit, THRESHOLDS) - centers[:, :1], centers[:, 1:]])


def coefficient_names(fit: Fit) -> tuple[str, ...]:
    """What R calls them; those of parameters beside the location have its name first, as in brms."""
    return names_of(fit.model.ledger, [Element(row) for row in fit.model.ledger.of("b")], "lme4")


def effects_of(fit: Fit, bar: int) -> Floats:
    """Draws of one bar's effects, (draws, J, K), as deviations from the fixed part."""
    name, columns = fit.model.ledger.span("r", bar)
    return draws_of(fit, name)[:, :, columns]


def scales_of(fit: Fit, bar: int) -> tuple[Floats, Floats]:
    """Draws of one bar's sds (draws, K) and of the Cholesky factor of its correlations (draws, K, K)."""
    name, columns = fit.model.ledger.span("sd", bar)
    sd = draws_of(fit, name)[:, columns]
    return sd, np.asarray(np.linalg.cholesky(correlations_of(fit, bar)), dtype=float)


def correlations_of(fit: Fit, bar: int) -> Floats:
    """Draws of the correlation matrix of one bar's coefficients, (draws, K, K)."""
    K = len(fit.model.design.terms[bar].coefs)
    correlations = np.broadcast_to(np.eye(K), (n_draws(fit), K, K)).copy()
    if K > 1:
        name, columns = fit.model.ledger.span("cor", bar)
        first, second = np.triu_indices(K, 1)
        pairs = draws_of(fit, name)[:, columns]
        correlations[:, first, second] = correlations[:, second, first] = pairs
    return correlations


def covariances_of(fit: Fit, bar: int) -> Floats:
    """Draws of the covariance matrix of one bar's coefficients, (draws, K, K)."""
    sd, L = scales_of(fit, bar)
    factor = sd[:, :, None] * L
    return factor @ factor.transpose(0, 2, 1)


def named_values(fit: Fit, elements: Sequence[Element], style: str) -> dict[str, Floats]:
    """Draws (chains, draws) of some numbers, under the names of a package."""
    names, values = names_of(fit.model.ledger, elements, style), values_of(fit, elements)
    return {name: values[..., k] for k, name in enumerate(names)}


def labelled_values(fit: Fit, variable: Variable) -> dict[str, Floats]:
    """Draws (chains, draws) of one variable, element by element, under ArviZ's labels."""
    values = chains_of(fit, variable.name)
    columns = values.reshape(*values.shape[:2], -1)
    return {label: columns[..., k] for k, label in enumerate(variable.flat)}


def coefficient_means(fit: Fit, add_dropped: bool = False) -> pd.Series:
    """Posterior means of the coefficients of all predictors by name; of dropped columns NaN, where they are wanted."""
    means = pd.Series(coefficients_of(fit).mean(axis=0), index=list(coefficient_names(fit)), name="Estimate")
    dropped = [named(of.dpar, name) for of in predictors(fit.model.design) for name in of.dropped]
    return means.reindex([*means.index, *dropped]) if add_dropped else means
