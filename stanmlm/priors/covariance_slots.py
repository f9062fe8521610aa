"""Priors of covariances, term by term."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from stanmlm.base.errors import PriorError
from stanmlm.priors.distributions import DISTRIBUTIONS
from stanmlm.priors.prior_records import CovariancePrior, Prior
from stanmlm.priors.prior_slots import CovarianceInput, Slot, _elementwise, _no_group, not_such


def spread_covariance(given: CovarianceInput, slots: Sequence[Slot]) -> dict[Slot, Prior]:
    """The prior of each standard deviation and correlation that `given` speaks of.

    A joint prior stands at every standard deviation of its term.
    """
    if isinstance(given, str) and given == "default":
        return {}
    own = [slot for slot in slots if slot.address.group]
    if isinstance(given, CovariancePrior):
        return _covariance(given, own)
    if not isinstance(given, Mapping):
        raise PriorError(
            f"prior_covariance= takes decov() or lkj(), {not_such('prior_covariance=', given)};"
            ' for one standard deviation use set_prior(..., class_="sd")'
        )
    found: dict[Slot, Prior] = {}
    for group, covariance in given.items():
        mine = [slot for slot in own if slot.address.group == group]
        if not mine:
            raise PriorError(_no_group(group, own))
        found |= spread_covariance(covariance, mine)
    return found


def _covariance(covariance: CovariancePrior, slots: Sequence[Slot]) -> dict[Slot, Prior]:
    where = "prior_covariance="
    sds = [slot for slot in slots if slot.address.kind == "sd"]
    cors = [slot for slot in slots if slot.address.kind == "cor"]
    terms = list(dict.fromkeys(slot.address.term for slot in sds))
    several = [slot.address.term for slot in cors]
    cor = dict(zip(terms, _elementwise(_widen(covariance.cor, terms, several), len(terms), where), strict=True))
    if not DISTRIBUTIONS[covariance.sd.distribution].joint:
        single = dict(zip(sds, _elementwise(covariance.sd, len(sds), where), strict=True))
        return {**single, **{slot: cor[slot.address.term] for slot in cors}}
    joint = dict(zip(terms, _elementwise(_widen(covariance.sd, terms, several), len(terms), where), strict=True))
    return {**{slot: joint[slot.address.term] for slot in sds}, **{slot: cor[slot.address.term] for slot in cors}}


def _widen(prior: Prior, terms: Sequence[int], several: Sequence[int]) -> Prior:
    """rstanarm gives one regularization a term with a correlation: here it becomes one a term."""
    regularization, *rest = prior.arguments
    if len(regularization) < 2 or len(regularization) != len(several):
        return prior
    by_term = dict(zip(several, regularization, strict=True))
    return replace(prior, arguments=(tuple(by_term.get(term, 1.0) for term in terms), *rest))
