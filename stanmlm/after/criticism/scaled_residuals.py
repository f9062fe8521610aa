"""DHARMa's residuals: where each response lies among simulated ones, from 0 to 1."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stanmlm.after.criticism.log_lik import observed_rows
from stanmlm.after.predict.predict import posterior_epred
from stanmlm.after.predict.request import MAX_BYTES, Request
from stanmlm.after.predict.simulated import simulations
from stanmlm.after.predict.target import target_of, warn_of_weights
from stanmlm.base.arguments import check_arguments, numbers_of
from stanmlm.base.arrays import Floats
from stanmlm.base.errors import DataError, OptionError
from stanmlm.base.layout import format_fixed, html_table, table
from stanmlm.base.streams import Purpose, Source, stream
from stanmlm.families.responses import Response, some_rows
from stanmlm.fit.fit import Fit, source_of

QUARTILES = (0.05, 0.25, 0.5, 0.75, 0.95)  # of the print


@dataclass(frozen=True, eq=False)
class ScaledResiduals:
    """Residuals on the scale of probabilities, uniform where the model is right.

    Attributes
    ----------
    residuals
        (N,), between `lower` and `lower_or_equal`, at random where these differ.
    lower
        The share of simulations below the response, (N,).
    lower_or_equal
        The share of those that are not above it, (N,).
    simulations
        Responses that the model draws, (N, n).
    observed
        Responses, (N,).
    fitted
        Expected responses, (N,).
    integer
        Whether responses are whole numbers, which tie.
    source
        Of random numbers.

    Examples
    --------
    >>> from stanmlm import scaled_residuals
    >>> found = scaled_residuals([[1.0, 3.0, 4.0, 5.0]], [3.5])
    >>> found.lower.tolist(), found.residuals.tolist()
    ([0.5], [0.5])
    """

    residuals: Floats  # (N,) between `lower` and `lower_or_equal`, at random where these differ
    lower: Floats  # (N,) the share of simulations below the response
    lower_or_equal: Floats  # (N,) and of those that are not above it
    simulations: Floats  # (N, n)
    observed: Floats  # (N,)
    fitted: Floats  # (N,)
    integer: bool  # whether responses are whole numbers, which tie
    source: Source  # of random numbers

    def __repr__(self) -> str:
        shares = np.quantile(self.residuals, QUARTILES)
        cells = [(f"{100 * p:g}%", format_fixed([share], 2)) for p, share in zip(QUARTILES, shares, strict=True)]
        return f"{self._title}\n\n{table(['residuals', 'uniform'], _beside(cells))}"

    def _repr_html_(self) -> str:
        return html_table(self.to_frame().describe(), self._title)

    @property
    def _title(self) -> str:
        return f"Scaled residuals of {len(self.observed)} rows, from {self.simulations.shape[1]} simulations"

    def to_frame(self) -> pd.DataFrame:
        """A row each: `observed`, `fitted`, `residual`, `lower`, `lower_or_equal`."""
        columns = {"observed": self.observed, "fitted": self.fitted, "residual": self.residuals}
        return pd.DataFrame({**columns, "lower": self.lower, "lower_or_equal": self.lower_or_equal})


def _beside(cells: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """The quantiles of the uniform distribution below those of the residuals."""
    return [(name, [*own, f"{p:.2f}"]) for (name, own), p in zip(cells, QUARTILES, strict=True)]


def simulate_residuals(
    fit: Fit,
    n: int = 250,
    *,
    re_formula: object = None,
    seed: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> ScaledResiduals:
    """Scaled residuals of a fit: the share of simulated responses below each observed one (Hartig's DHARMa).

    Parameters
    ----------
    fit
        A fit whose responses are numbers, or categories in order, which go by their codes.
    n
        Simulations, each from one draw of the posterior.
    re_formula
        None simulates with the fitted group effects, DHARMa's "conditional"; "NA" draws them anew, "unconditional".
    seed
        Of the simulations and of the places of ties; the fit's own where None.
    max_bytes
        A larger array of simulations by rows is refused.

    Returns
    -------
    ScaledResiduals
        `.residuals` and what they are made of; `residual_tests` tests them, `plot_residuals` draws them. A censored
        response lies at random where it may be.

    Raises
    ------
    DataError
        For responses without an order, and arrays over `max_bytes`.
    OptionError
        For fewer than two simulations, and another `re_formula`.

    Examples
    --------
    >>> from stanmlm import lmer, simulate_exams, simulate_residuals
    >>> found = simulate_residuals(lmer("score ~ hours + (1 | student)", simulate_exams(seed=1), seed=1), n=100)
    >>> bool(((found.residuals >= 0) & (found.residuals <= 1)).all())
    True
    """
    check_arguments(simulate_residuals, locals())
    if not isinstance(re_formula, str | None) or re_formula not in (None, "NA"):
        raise OptionError('simulate_residuals keeps all group effects, re_formula=None, or draws them anew, "NA"')
    family = fit.model.family
    if family.parts or family.spread:
        raise DataError(f"scaled residuals are of responses in order, and {family.name} models have none")
    target, source = target_of(fit, request=Request(max_bytes=max_bytes)), source_of(fit, seed)
    rows = observed_rows(fit)
    warn_of_weights(fit, target)
    simulated = simulations(fit, target, n, re_formula is not None, source)[:, rows].T
    return placed(simulated, some_rows(fit.model.response, rows), _expected(fit)[rows], source)


def _expected(fit: Fit) -> Floats:
    """Posterior means of the rows, of codes where responses are categories."""
    table = posterior_epred(fit, scale="count", summary=True)["mean"].to_numpy()
    categories = len(fit.model.family.categories)
    return table.reshape(-1, categories) @ np.arange(1, categories + 1) if categories else np.asarray(table)


def scaled_residuals(
    simulations: object, observed: object, fitted: object = None, *, integer: bool = False, seed: int = 0
) -> ScaledResiduals:
    """The same of simulations from anywhere, as DHARMa's `createDHARMa`.

    Parameters
    ----------
    simulations
        (N, n) simulated responses, a row a row of the data.
    observed
        (N,) responses.
    fitted
        (N,) expected responses; the medians of the simulations where None.
    integer
        Whether responses are whole numbers; it decides which test of outliers is the usual one.
    seed
        Of the places of ties.

    Returns
    -------
    ScaledResiduals
        `residuals` are (N,), and what the tests and `plot_residuals` take.

    Raises
    ------
    DataError
        For shapes that do not agree, missing values, and fewer than two simulations.

    Examples
    --------
    >>> from stanmlm import scaled_residuals
    >>> scaled_residuals([[1.0, 3.0, 4.0, 5.0]], [3.5]).residuals.tolist()
    [0.5]
    """
    check_arguments(scaled_residuals, locals())
    drawn, y = numbers_of("simulations", simulations), numbers_of("observed", observed)
    if drawn.ndim != 2 or y.shape != drawn.shape[:1] or drawn.shape[1] < 2 or not len(y):
        raise DataError(f"simulations have shape {drawn.shape} and observed {y.shape}; they are (N, n), n at least 2, "
                        "and (N,)")  # fmt: skip
    mean = np.median(drawn, axis=1) if fitted is None else numbers_of("fitted", fitted)
    if mean.shape != y.shape:
        raise DataError(f"fitted has shape {mean.shape} and observed {y.shape}; they have a value a row")
    if any(np.isnan(values).any() for values in (drawn, y, mean)):
        raise DataError("simulations, observed and fitted have missing values; leave these rows out")
    return _scaled(bounds(drawn, y), drawn, y, mean, integer, Source(seed))


def placed(simulated: Floats, response: Response, fitted: Floats, source: Source) -> ScaledResiduals:
    """Where responses (N,) lie among simulated ones (N, n); censored ones at random where they can be."""
    y = response.y
    whole = bool(np.all(y == np.round(y)) and np.all(simulated == np.round(simulated)))
    return _scaled(_bounds_of(simulated, response), simulated, y, fitted, whole, source)


def _scaled(
    ends: tuple[Floats, Floats], simulated: Floats, y: Floats, fitted: Floats, integer: bool, source: Source
) -> ScaledResiduals:
    lower, upper = ends
    places = lower + stream(source, Purpose.SCALED, 0).random(len(y)) * (upper - lower)
    return ScaledResiduals(places, lower, upper, simulated, y, fitted, integer, source)


def bounds(simulated: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The shares of simulations (N, n) that are below y (N,), and that are not above it."""
    return (simulated < y[:, None]).mean(axis=1), (simulated <= y[:, None]).mean(axis=1)


def _bounds_of(simulated: Floats, response: Response) -> tuple[Floats, Floats]:
    """The same; a censored response may be anywhere beyond (Li, Wu and Feng 2021)."""
    lower, upper = bounds(simulated, response.y)
    if not np.any(response.censored):
        return lower, upper
    ends = bounds(simulated, np.broadcast_to(response.y2, response.y.shape))[1]
    code = np.broadcast_to(response.censored, response.y.shape)
    lower = np.select([code == -1, code > 0], [np.zeros_like(lower), upper], lower)
    return lower, np.select([code == 1, code == 2], [np.ones_like(upper), ends], upper)
