"""Counts of categories in no order."""

from dataclasses import replace

import numpy as np
from scipy import special

from stanmlm.base.arrays import Floats
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_link
from stanmlm.families.categories import category_parts
from stanmlm.families.common import from_zero, moderately, trials_of
from stanmlm.families.family import Family, Notation
from stanmlm.families.given import Given
from stanmlm.families.nominal import (
    PATTERN,
    Places,
    counts,
    log_probabilities,
    nominal_probabilities,
    one_each,
    reference_of,
    slopes_by_category,
)
from stanmlm.families.reductions import Extra, Reduction
from stanmlm.families.refusals import refuse
from stanmlm.families.responses import Response, fractional, weights_of_rows
from stanmlm.families.theta import Theta

# Trials may differ from the sum of counts by rounding alone.
ROUNDING = 1e-7


def multinomial(link: str = "logit", refcat: str | None = None) -> Family:
    """Counts of categories in no order, as brms has them: predictors and parameters are those of `categorical`.

    Responses are `cbind(a, b, c)`, a column of counts for each category, or a matrix; `| trials(n)` may say what the
    columns sum to, and new data then need not have the counts. Weights are exponents of the density.

    Parameters
    ----------
    link : str
        "logit".
    refcat : str, optional
        The category that others are counted from, a column; the first by default.

    Returns
    -------
    Family
        For `family=` of the verbs.

    Raises
    ------
    OptionError
        For a link that the parameter does not have.

    Examples
    --------
    >>> from stanmlm import multinomial
    >>> multinomial().bound(("a", "b", "c"), ()).locations
    ('mub', 'muc')
    """
    return replace(with_link(MULTINOMIAL, link), reference=reference_of(refcat))


def _read(raw: RawResponse, weights: Floats | None, categories: tuple[str, ...] = ()) -> Response:
    y, names = category_parts(raw, "multinomial", categories)
    odd = np.flatnonzero((fractional(y) | (y < 0)).any(axis=1))
    refuse(raw, odd, f"multinomial needs counts: `{raw.label}` has {{values}} that are not whole numbers from 0")
    y = np.round(y)
    trials = raw.added.get("trials", y.sum(axis=1))
    other = np.flatnonzero(~(np.abs(trials - y.sum(axis=1)) <= ROUNDING))
    refuse(raw, other, f"trials() has {{values}} that are not what the columns of `{raw.label}` sum to")
    return Response(raw.label, y, y.sum(axis=1), weights_of_rows(raw, weights), names)


def _log_density(of: Places, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """With the multinomial coefficient, weighted."""
    choose = special.gammaln(y.sum(axis=1) + 1) - special.gammaln(y + 1).sum(axis=1)
    return np.asarray(extra.weights * (choose + moderately(y, log_probabilities(of, theta)).sum(axis=-1)))


def _mean(of: Places, theta: Theta, extra: Extra) -> Floats:
    return np.asarray(extra.trials[:, None] * nominal_probabilities(of, theta, extra))


def _draw(of: Places, rng: np.random.Generator, theta: Theta, extra: Extra) -> Floats:
    """Out of `trials`, rounded to whole ones."""
    shares = nominal_probabilities(of, theta, extra)
    return rng.multinomial(np.round(extra.trials).astype(np.int64), shares).astype(float)


def _law(mean: str, size: str) -> str:
    return rf"\text{{Multinomial}}({size or 1}, {mean})"


MULTINOMIAL = Family(
    name="multinomial",
    spellings=(),
    parameters=(PATTERN,),
    kind="counts",
    read=_read,
    log_density=Given(_log_density),
    draw=Given(_draw),
    mean=Given(_mean),
    bounds=from_zero,
    notation=Notation(r"\pi", "n", trials_of, _law),
    reductions=(Reduction(("offset",), Given(counts)),),
    extras=("trials",),
    spread=one_each,
    by_category=Given(slopes_by_category),
)
