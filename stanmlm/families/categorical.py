"""Categories in no order."""

from dataclasses import replace

from stanmlm.base.arrays import Floats
from stanmlm.data.raw_response import RawResponse
from stanmlm.families.altered import with_link
from stanmlm.families.categories import codes_from_one, read_categories
from stanmlm.families.common import trials_of
from stanmlm.families.family import Family, Notation
from stanmlm.families.given import Given
from stanmlm.families.nominal import (
    PATTERN,
    counts,
    draw,
    log_density,
    nominal_probabilities,
    one_each,
    reference_of,
    slopes_by_category,
)
from stanmlm.families.reductions import Reduction
from stanmlm.families.responses import Response


def categorical(link: str = "logit", refcat: str | None = None) -> Family:
    """Categories in no order, as `nnet::multinom` and brms have them: a multinomial logit.

    Responses are a factor, or whole numbers from 1. Each category but one has a predictor, the logarithm of its odds
    against that one, and a parameter `mu` with its name's letters and digits, `mu2` or `muvirginica`. The right side of
    the formula is of all of them; `bf("y ~ x", "mu3 ~ z + (1 | g)")` gives one a formula of its own. Coefficients are
    `b_mu2[x]`; priors are told apart by `dpar="mu2"`. Weights are exponents of the density.

    Parameters
    ----------
    link : str
        "logit".
    refcat : str, optional
        The category that others are counted from; the first by default.

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
    >>> from stanmlm import categorical
    >>> categorical(refcat="setosa").reference
    'setosa'
    """
    return replace(with_link(CATEGORICAL, link), reference=reference_of(refcat))


def _read(raw: RawResponse, weights: Floats | None, categories: tuple[str, ...] = ()) -> Response:
    return read_categories(raw, weights, "categorical", ordered=False, categories=categories)


def _law(mean: str, _: str) -> str:
    return rf"\text{{Categorical}}({mean})"


CATEGORICAL = Family(
    name="categorical",
    spellings=("multinom", "mblogit"),
    parameters=(PATTERN,),
    kind="category",
    read=_read,
    log_density=Given(log_density),
    draw=Given(draw),
    mean=Given(nominal_probabilities),
    bounds=codes_from_one,
    notation=Notation(r"\pi", "", trials_of, _law),
    reductions=(Reduction(("offset",), Given(counts)),),
    spread=one_each,
    by_category=Given(slopes_by_category),
)
