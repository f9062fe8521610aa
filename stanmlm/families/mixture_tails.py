"""Mixtures' chances of lying below numbers and above them, made of their bases', with their digits in both tails."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from stanmlm.base.arrays import Floats
from stanmlm.families.family import Family
from stanmlm.families.link_functions import log1m_exp
from stanmlm.families.reductions import Extra
from stanmlm.families.tails import LogTail, log_mass_of
from stanmlm.families.theta import Theta


def one_case(extra: Extra) -> Extra:
    """The same rows with weight one: a density that is a term in a mixture is not raised to a power."""
    return replace(extra, weights=np.ones_like(extra.weights))


def log_none(base: Family, theta: Theta, extra: Extra) -> Floats:
    """The logarithm of the base's chance of a zero."""
    return base.log_density(np.zeros_like(extra.trials), theta, one_case(extra))


def log_some(base: Family, theta: Theta, extra: Extra) -> Floats:
    """That of its chance of more, 0 where it has no zeros; all digits where that is next to nothing, or to one."""
    return log1m_exp(log_none(base, theta, extra)) if base.kind == "count" else np.zeros(1)


def inflated_log_cdf(base: Family, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """A zero beside the base's, or no more than y of the base."""
    assert base.log_cdf is not None
    own = theta.log1m("zi") + base.log_cdf(np.maximum(y, 0.0), theta, extra)
    return np.where(y < 0, -np.inf, np.logaddexp(theta.log("zi"), own))


def inflated_log_ccdf(base: Family, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """None of the zeros beside the base's, and more than y of the base."""
    assert base.log_ccdf is not None
    return np.where(y < 0, 0.0, theta.log1m("zi") + base.log_ccdf(np.maximum(y, 0.0), theta, extra))


def hurdle_log_cdf(base: Family, dpar: str, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """A zero, or one of the base's above 0 and not above y."""
    assert base.log_cdf is not None
    own = base.log_cdf(np.maximum(y, 0.0), theta, extra)
    with np.errstate(divide="ignore", invalid="ignore"):
        above = own + log1m_exp(log_none(base, theta, extra) - own) if base.kind == "count" else own
    least = 1.0 if base.kind == "count" else 0.0
    some = np.where((y < least) | (y <= 0), -np.inf, above - log_some(base, theta, extra))
    return np.where(y < 0, -np.inf, np.logaddexp(theta.log(dpar), theta.log1m(dpar) + some))


def hurdle_log_ccdf(base: Family, dpar: str, y: Floats, theta: Theta, extra: Extra) -> Floats:
    """No zero, and one of the base's above y, given that it is above 0."""
    assert base.log_ccdf is not None
    own = base.log_ccdf(np.maximum(y, 0.0), theta, extra) - log_some(base, theta, extra)
    return np.where(y < 0, 0.0, theta.log1m(dpar) + own)


def inflated_log_kept(theta: Theta, extra: Extra) -> Floats:
    """What a chance of the base's above 0 is times."""
    return theta.log1m("zi")


def hurdle_log_kept(base: Family, dpar: str, theta: Theta, extra: Extra) -> Floats:
    """What a chance of the base's above 0 is times."""
    return np.asarray(theta.log1m(dpar) - log_some(base, theta, extra))


def truncated_mean(
    base: Family,
    log_kept: Callable[[Theta, Extra], Floats],
    tails: tuple[LogTail, LogTail],
    low: Floats,
    high: Floats,
    theta: Theta,
    extra: Extra,
) -> Floats:
    """The base's, times the share of what is seen that is the base's own: zeros add nothing to a mean."""
    assert base.log_cdf is not None
    assert base.log_ccdf is not None
    assert base.truncated_mean is not None
    own = log_mass_of(base.log_cdf, base.log_ccdf, low, high, theta, extra)
    share = np.exp(log_kept(theta, extra) + own - log_mass_of(*tails, low, high, theta, extra))
    return np.asarray(share * base.truncated_mean(low, high, theta, extra))
