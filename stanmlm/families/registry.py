"""The families that there are, and the one that a user means."""

import re
from collections.abc import Callable

from stanmlm.base.arguments import shown
from stanmlm.base.dialects import family_elsewhere
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.families.asym_laplace import ASYM_LAPLACE
from stanmlm.families.beta import BETA
from stanmlm.families.beta_binomial import BETA_BINOMIAL
from stanmlm.families.binomial import BINOMIAL
from stanmlm.families.categorical import CATEGORICAL
from stanmlm.families.cumulative import CUMULATIVE
from stanmlm.families.dirichlet import DIRICHLET
from stanmlm.families.exgaussian import EXGAUSSIAN
from stanmlm.families.exponential import EXPONENTIAL
from stanmlm.families.family import Family, FamilyLike
from stanmlm.families.gamma import GAMMA
from stanmlm.families.gaussian import GAUSSIAN
from stanmlm.families.geometric import GEOMETRIC
from stanmlm.families.hurdles import HURDLE_GAMMA, HURDLE_LOGNORMAL, HURDLE_NEGBINOMIAL, HURDLE_POISSON
from stanmlm.families.inflated_beta import ZERO_INFLATED_BETA, ZERO_ONE_INFLATED_BETA
from stanmlm.families.inverse_gaussian import INVERSE_GAUSSIAN
from stanmlm.families.lognormal import LOGNORMAL
from stanmlm.families.multinomial import MULTINOMIAL
from stanmlm.families.nbinom1 import NBINOM1
from stanmlm.families.negbinomial import NEGBINOMIAL
from stanmlm.families.ordbeta import ORDBETA
from stanmlm.families.poisson import POISSON
from stanmlm.families.sequential import ACAT, CRATIO, SRATIO
from stanmlm.families.shifted_lognormal import SHIFTED_LOGNORMAL
from stanmlm.families.skew_normal import SKEW_NORMAL
from stanmlm.families.student import STUDENT
from stanmlm.families.von_mises import VON_MISES
from stanmlm.families.weibull import WEIBULL
from stanmlm.families.zero_inflated import (
    ZERO_INFLATED_BETA_BINOMIAL,
    ZERO_INFLATED_BINOMIAL,
    ZERO_INFLATED_NEGBINOMIAL,
    ZERO_INFLATED_POISSON,
)

_EVERY = (
    *(GAUSSIAN, STUDENT, SKEW_NORMAL, EXGAUSSIAN, ASYM_LAPLACE, VON_MISES, SHIFTED_LOGNORMAL),
    *(LOGNORMAL, GAMMA, INVERSE_GAUSSIAN, WEIBULL, EXPONENTIAL, BETA),
    *(BINOMIAL, POISSON, NEGBINOMIAL),
    *(CUMULATIVE, SRATIO, CRATIO, ACAT),
    *(CATEGORICAL, MULTINOMIAL, DIRICHLET),
    *(BETA_BINOMIAL, GEOMETRIC, NBINOM1),
    *(ZERO_INFLATED_POISSON, ZERO_INFLATED_NEGBINOMIAL, ZERO_INFLATED_BINOMIAL, ZERO_INFLATED_BETA_BINOMIAL),
    *(HURDLE_POISSON, HURDLE_NEGBINOMIAL, HURDLE_GAMMA, HURDLE_LOGNORMAL, ZERO_INFLATED_BETA, ZERO_ONE_INFLATED_BETA),
    ORDBETA,
)
FAMILIES: dict[str, Family] = {family.name: family for family in _EVERY}
_SPELLINGS = {name: family for family in FAMILIES.values() for name in (family.name, *family.spellings)}


def as_family(family: FamilyLike) -> Family:
    """Give the family that a user names in any of R's ways.

    Parameters
    ----------
    family : Family, str or function
        `binomial(link="probit")`, `"binomial"` or `binomial`.

    Returns
    -------
    Family

    Raises
    ------
    OptionError
        If it is none of these.

    Examples
    --------
    >>> from stanmlm.families import binomial
    >>> as_family("poisson").name, as_family(binomial).link.name
    ('poisson', 'logit')
    """
    if isinstance(family, Family):
        return family
    if isinstance(family, str):
        if family not in _SPELLINGS:
            raise OptionError(family_elsewhere(family) or f"`{family}` is not a family{_near(family)}")
        return _SPELLINGS[family]
    made = _called(family) if callable(family) else family
    if not isinstance(made, Family):
        raise OptionError(
            f"family must be a family such as `binomial`, not {shown(family)}" + did_you_mean("", FAMILIES)
        )
    return made


def _near(text: str) -> str:
    """What a text that names no family may mean; of `gaussian(link = log)` how Python calls it."""
    name, call, inside = text.partition("(")
    if not call or name.strip() not in _SPELLINGS:
        return did_you_mean(text, FAMILIES)
    given = re.fullmatch(r"\s*(?:link\s*=\s*)?[\"']?([\w/^]+)[\"']?\s*\)\s*", inside)
    made = f'{_SPELLINGS[name.strip()].name}(link="{given[1]}")' if given else text
    return f"; write {made}, without quotes around it"


def _called(family: Callable[[], Family]) -> object:
    try:
        return family()
    except Exception:  # whatever it is, it is not a family
        return None
