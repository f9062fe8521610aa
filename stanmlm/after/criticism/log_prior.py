"""The log density of the priors at each draw, by class of parameter."""

from collections.abc import Mapping

import numpy as np

from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.data.coefficients import slopes
from stanmlm.fit.draws import at_center, correlations_of, of_columns, scales_of
from stanmlm.fit.fit import Fit, draws_of, n_draws
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.parameters import class_name, class_of
from stanmlm.priors.priors import PriorRow


def log_prior(fit: Fit) -> dict[str, Floats]:
    """Log prior densities by class ("Intercept", "b", "sd", "cor", "sigma", ...).

    They are the densities of the priors that `prior_summary` lists, of the parameters that users see, up to a constant;
    group effects have none of their own, since the sds and correlations above them are what has a prior.

    Parameters
    ----------
    fit
        A fit.

    Returns
    -------
    dict
        By class an array (draws,); classes of another parameter's predictor have its name behind, "b_sigma".

    Raises
    ------
    OptionError
        For something else than a fit.

    Examples
    --------
    >>> from stanmlm import lm, log_prior, simulate_exams
    >>> sorted(log_prior(lm("score ~ hours", simulate_exams(seed=1), seed=1)))
    ['Intercept', 'b', 'sigma']
    """
    check_arguments(log_prior, locals())
    values = _values(fit)
    total: dict[str, Floats] = {}
    for row in fit.model.priors.rows:
        if row.distribution != "flat":
            name = class_name(row.address)
            total[name] = total.get(name, np.zeros(n_draws(fit))) + _of_row(fit, row, values)
    return total


def _values(fit: Fit) -> Mapping[str, Floats]:
    """Parameters as the priors see them, (draws, parameters)."""
    model = fit.model
    alone: dict[str, list[Floats]] = {}
    for row in model.ledger.of("dpar"):
        alone.setdefault(class_of(row.address), []).append(draws_of(fit, row.variable))
    values = {name: np.column_stack(columns) for name, columns in alone.items()}
    values |= {"b": of_columns(fit)[:, slopes(model.design)], "Intercept": at_center(fit)}
    if model.design.terms:
        values["sd"] = np.concatenate([scales_of(fit, bar)[0] for bar in range(len(model.design.terms))], axis=1)
    return values


def _of_row(fit: Fit, row: PriorRow, values: Mapping[str, Floats]) -> Floats:
    prior = DISTRIBUTIONS[row.distribution]
    if row.class_ == "cor":
        return np.asarray(prior.log_density(correlations_of(fit, row.term), row.arguments))
    size = len(fit.model.design.terms[row.term].coefs) if prior.joint else 1
    x = values[row.class_][:, row.position : row.position + size]
    scale = _scale(fit, values) if row.ratio else np.ones((len(x), 1))
    density = prior.log_density(x / scale if prior.joint else x[:, 0] / scale[:, 0], row.arguments)
    return np.asarray(density - size * np.log(scale[:, 0]))


def _scale(fit: Fit, values: Mapping[str, Floats]) -> Floats:
    """What the prior of a ratio divides a group's sd by."""
    return values[fit.model.family.scale]
