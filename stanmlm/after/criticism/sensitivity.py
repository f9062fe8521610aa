"""How much the posterior leans on the prior and on the likelihood, without a refit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stanmlm.after.criticism.log_lik import observed_pieces, row_log_likelihood
from stanmlm.after.criticism.log_prior import log_prior
from stanmlm.after.predict.chunks import chunks_of
from stanmlm.after.predict.request import MAX_BYTES, USUAL, Request
from stanmlm.base.arguments import check_arguments
from stanmlm.base.arrays import Floats
from stanmlm.base.arviz_compat import power_scaling
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.base.layout import format_fixed, html_table, table
from stanmlm.fit.draws import named_values
from stanmlm.fit.fit import Fit, n_draws

THRESHOLD = 0.05  # Kallioinen et al. (2024), section 2.4
ALPHAS = (0.99, 1.01)  # powers between which the derivative is taken, as in priorsense

# (the prior's sensitivity is over the threshold, the likelihood's is): what that says.
DIAGNOSES = {
    (False, False): "-",
    (False, True): "-",
    (True, False): "potential strong prior / weak likelihood",
    (True, True): "potential prior-data conflict",
}


@dataclass(frozen=True)
class Sensitivity:
    """The derivative of each parameter's posterior with respect to powers of prior and likelihood.

    Attributes
    ----------
    frame
        A row a parameter: `prior`, `likelihood` and `diagnosis`, "-" where there is nothing to say.
    prior
        The classes of priors that were scaled.
    threshold
        Sensitivity that counts.

    Examples
    --------
    >>> from stanmlm import lm, powerscale, simulate_exams
    >>> found = powerscale(lm("score ~ hours", simulate_exams(seed=1), seed=1))
    >>> bool((found.frame["prior"] < found.threshold).all())
    True
    """

    frame: pd.DataFrame  # a row a parameter: prior, likelihood, diagnosis
    prior: tuple[str, ...]  # the classes of priors that were scaled
    threshold: float

    def __repr__(self) -> str:
        numbers = [(name, format_fixed(self.frame[name].tolist(), 3)) for name in ("prior", "likelihood")]
        diagnosis = self.frame["diagnosis"].tolist()
        width = max(map(len, diagnosis), default=0)
        columns = [*numbers, ("diagnosis", [text.ljust(width) for text in diagnosis])]
        head = (
            f"Sensitivity by power scaling (threshold {self.threshold:g})\nPriors scaled: {', '.join(self.prior)}\n\n"
        )
        return head + table(list(self.frame.index), columns)

    def _repr_html_(self) -> str:
        return html_table(self.frame, f"Sensitivity by power scaling (threshold {self.threshold:g})")

    def to_frame(self) -> pd.DataFrame:
        """`frame`."""
        return self.frame


def powerscale(
    fit: Fit, prior: str | Sequence[str] | None = None, threshold: float = THRESHOLD, max_bytes: int = MAX_BYTES
) -> Sensitivity:
    """Sensitivity of the posterior to powers of the priors and of the likelihood (Kallioinen et al. 2024).

    The posterior is reweighted, by Pareto-smoothed importance sampling, as if the prior or the likelihood were raised
    to powers a little under and over one; the sensitivity is the rate at which each marginal moves, by the cumulative
    Jensen-Shannon distance. The priors are those that `prior_summary` lists, not the group effects' own.

    Parameters
    ----------
    fit
        A fit.
    prior
        The classes of priors to scale, such as "b" or ["sd", "cor"]; all where None.
    threshold
        Sensitivity that counts.
    max_bytes
        Of the arrays that are held at once.

    Returns
    -------
    Sensitivity
        `frame` has a row a parameter, without the group effects.

    Raises
    ------
    OptionError
        For a class that has no proper prior in the model, and for a fit of the prior.

    Examples
    --------
    >>> from stanmlm import lm, powerscale, simulate_exams
    >>> powerscale(lm("score ~ hours", simulate_exams(seed=1), seed=1)).frame["diagnosis"].tolist()
    ['-', '-', '-']
    """
    check_arguments(powerscale, locals())
    if fit.model.prior_only:
        raise OptionError("power scaling needs a posterior, and this fit has prior_only=True")
    densities = log_prior(fit)
    scaled = _chosen(prior, list(densities))
    components = {
        "prior": sum((densities[class_] for class_ in scaled), np.zeros(n_draws(fit))),
        "likelihood": total_log_likelihood(fit, Request(max_bytes=max_bytes)),
    }
    names, draws = _parameters(fit)
    shape = (fit.sampling.chains, -1)
    found = {name: power_scaling(draws, density.reshape(shape), ALPHAS) for name, density in components.items()}
    over = zip(found["prior"] >= threshold, found["likelihood"] >= threshold, strict=True)
    diagnoses = [DIAGNOSES[bool(prior_over), bool(likelihood_over)] for prior_over, likelihood_over in over]
    frame = pd.DataFrame({**found, "diagnosis": diagnoses}, index=pd.Index(names))
    return Sensitivity(frame, scaled, threshold)


def _chosen(prior: str | Sequence[str] | None, known: list[str]) -> tuple[str, ...]:
    wanted = tuple(known) if prior is None else (prior,) if isinstance(prior, str) else tuple(prior)
    for class_ in wanted:
        if class_ not in known:
            raise OptionError(f"no proper prior has the class `{class_}`" + did_you_mean(class_, known))
    return wanted


def total_log_likelihood(fit: Fit, request: Request = USUAL) -> Floats:
    """(draws,), in pieces; rows that the likelihood cannot tell apart are computed once and counted."""
    pieces = observed_pieces(fit, request)
    counts = np.bincount(pieces.row, minlength=len(pieces.y))
    total = np.zeros(n_draws(fit))
    for at in chunks_of(pieces.target):
        total += row_log_likelihood(fit, pieces, at) @ counts[at]
    return total


def _parameters(fit: Fit) -> tuple[list[str], Floats]:
    """Names, and draws (chains, draws, parameters), of everything but group effects."""
    columns = named_values(fit, fit.model.ledger.few, "arviz")
    return list(columns), np.stack(list(columns.values()), axis=-1)
