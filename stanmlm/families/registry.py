"""The families that there are, and the one that a user means."""

from collections.abc import Callable

from stanmlm.base.arguments import shown
from stanmlm.base.dialects import family_elsewhere
from stanmlm.base.errors import OptionError, did_you_mean
from stanmlm.families.beta import BETA
from stanmlm.families.binomial import BINOMIAL
from stanmlm.families.cumulative import CUMULATIVE
from stanmlm.families.exponential import EXPONENTIAL
from stanmlm.families.family import Family, FamilyLike
from stanmlm.families.gamma import GAMMA
from stanmlm.families.gaussian import GAUSSIAN
from stanmlm.families.inverse_gaussian import INVERSE_GAUSSIAN
from stanmlm.families.lognormal import LOGNORMAL
from stanmlm.families.negbinomial import NEGBINOMIAL
from stanmlm.families.poisson import POISSON
from stanmlm.families.sequential import ACAT, CRATIO, SRATIO
from stanmlm.families.student import STUDENT
from stanmlm.families.weibull import WEIBULL

_EVERY = (
    *(GAUSSIAN, STUDENT, LOGNORMAL, GAMMA, INVERSE_GAUSSIAN, WEIBULL, EXPONENTIAL, BETA),
    *(BINOMIAL, POISSON, NEGBINOMIAL),
    *(CUMULATIVE, SRATIO, CRATIO, ACAT),
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
            called = family.partition("(")[0].strip() in _SPELLINGS
            near = f"; write {family}, without quotes" if called else did_you_mean(family, FAMILIES)
            raise OptionError(family_elsewhere(family) or f"`{family}` is not a family{near}")
        return _SPELLINGS[family]
    made = _called(family) if callable(family) else family
    if not isinstance(made, Family):
        raise OptionError(
            f"family must be a family such as `binomial`, not {shown(family)}" + did_you_mean("", FAMILIES)
        )
    return made


def _called(family: Callable[[], Family]) -> object:
    try:
        return family()
    except Exception:  # whatever it is, it is not a family
        return None
